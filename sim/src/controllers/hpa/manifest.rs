//! Manifests: the HPA in a YAML or JSON file, and the workload beside it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::api::HpaSpec;
use super::flags::FeatureGates;
use super::spec::DefaultedSpec;
use super::v1::{self, BadAnnotation};
use super::validation::{FieldErrors, Origin};
use super::workload::{Workload, read_workload};

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `metadata.name` of the HPA, empty if it has none.
    pub name: String,
    /// The HPA's spec in terms of v2, as the user wrote it.
    pub spec: HpaSpec,
    /// The workload that the HPA scales, if it is in the file.
    pub workload: Option<Workload>,
    /// What a reader of the result should know: which document was picked, what was converted.
    pub notes: Vec<String>,
}

/// A file that is not a usable HPA.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not YAML.
    #[error("not YAML: {0}")]
    Yaml(String),
    /// No document at all.
    #[error("the file is empty: a HorizontalPodAutoscaler was expected")]
    Empty,
    /// Documents, but none of them an HPA.
    #[error("the file has no HorizontalPodAutoscaler, only {0}")]
    NoHpa(String),
    /// A document without a kind.
    #[error("document {0} has no `kind`: apiVersion, kind, metadata and spec were expected")]
    NoKind(usize),
    /// An API version that the API server no longer serves, or never did.
    #[error("apiVersion {0}: autoscaling/v2 or autoscaling/v1 was expected{1}")]
    Version(String, &'static str),
    /// A field that is missing or of the wrong type.
    #[error("{path}: {message}")]
    Shape {
        /// The field.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A field that the API does not have.
    #[error("{0}: unknown field")]
    UnknownField(String),
    /// An annotation of a v1 object.
    #[error(transparent)]
    Annotation(#[from] BadAnnotation),
    /// A rule of the API server.
    #[error(transparent)]
    Invalid(#[from] FieldErrors),
}

impl Manifest {
    /// Reads a file's text: any number of YAML documents, or JSON.
    ///
    /// # Errors
    /// When there is no HPA in it, or one that cannot be read. The API server's rules are checked by [`Self::policy`].
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let documents = documents(text)?;
        let kinds = kinds(&documents)?;
        let is_hpa = |kind: &&str| *kind == "HorizontalPodAutoscaler";
        let Some(picked) = kinds.iter().position(|kind| is_hpa(&kind.as_str())) else {
            return Err(match kinds.as_slice() {
                [] => ManifestError::Empty,
                kinds => ManifestError::NoHpa(kinds.join(", ")),
            });
        };
        let hpas = kinds.iter().filter(|kind| is_hpa(&kind.as_str())).count();
        let document = &documents[picked];
        let name = text_at(document, "/metadata/name").to_owned();
        let mut notes = Vec::new();
        if documents.len() > 1 {
            let others =
                if hpas > 1 { format!("the first of {hpas} HorizontalPodAutoscalers, ") } else { String::new() };
            notes.push(format!("document {} of {} is taken: {others}`{name}`", picked + 1, documents.len()));
        }
        let spec = read_hpa(document, &mut notes)?;
        let workload = find_workload(&documents, &spec, &mut notes)?;
        Ok(Self { name, spec, workload, notes })
    }

    /// The policy after the API server's defaulting and validation.
    ///
    /// # Errors
    /// Every rule that the spec breaks, by field.
    pub fn policy(&self, gates: FeatureGates) -> Result<DefaultedSpec, FieldErrors> {
        DefaultedSpec::new(self.spec.clone(), gates, Origin::Manifest)
    }
}

/// Every document, those of a `List` one by one.
fn documents(text: &str) -> Result<Vec<Value>, ManifestError> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(text).map_err(|error| ManifestError::Yaml(error.without_snippet().to_string()))?;
    Ok(documents
        .into_iter()
        .flat_map(|document| match document.get("items") {
            Some(Value::Array(items)) if text_at(&document, "/kind").ends_with("List") => items.clone(),
            _ => vec![document],
        })
        .collect())
}

fn kinds(documents: &[Value]) -> Result<Vec<String>, ManifestError> {
    documents
        .iter()
        .enumerate()
        .map(|(index, document)| match text_at(document, "/kind") {
            "" => Err(ManifestError::NoKind(index + 1)),
            kind => Ok(kind.to_owned()),
        })
        .collect()
}

pub(super) fn text_at<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn read_hpa(document: &Value, notes: &mut Vec<String>) -> Result<HpaSpec, ManifestError> {
    let version = text_at(document, "/apiVersion");
    let spec = document.get("spec").unwrap_or(&Value::Null);
    match version {
        "autoscaling/v2" => strictly(spec),
        "autoscaling/v1" => {
            notes.push("autoscaling/v1 was converted to autoscaling/v2".to_owned());
            let annotations = document.pointer("/metadata/annotations").unwrap_or(&Value::Null);
            Ok(v1::convert(strictly(spec)?, annotations)?)
        }
        "autoscaling/v2beta1" | "autoscaling/v2beta2" => Err(ManifestError::Version(
            version.to_owned(),
            " (Kubernetes 1.26 removed the beta versions; `kubectl convert` rewrites the file)",
        )),
        _ => Err(ManifestError::Version(version.to_owned(), "")),
    }
}

/// Reads a spec and refuses fields that the API does not have, as `kubectl apply` does.
fn strictly<T: DeserializeOwned + Serialize>(spec: &Value) -> Result<T, ManifestError> {
    let typed: T = typed(spec, "spec")?;
    let known = serde_json::to_value(&typed).unwrap_or_default();
    match unknown_field(spec, &known) {
        Some(path) => Err(ManifestError::UnknownField(format!("spec{path}"))),
        None => Ok(typed),
    }
}

/// Reads a value; an error names the field.
pub(super) fn typed<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, ManifestError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inner = error.path().to_string();
        ManifestError::Shape {
            path: if inner == "." { path.to_owned() } else { format!("{path}.{inner}") },
            message: error.inner().to_string(),
        }
    })
}

/// The first field that was given but did not survive reading.
fn unknown_field(given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => given.iter().find_map(|(key, value)| match known.get(key) {
            None if value.is_null() => None,
            None => Some(format!(".{key}")),
            Some(known) => unknown_field(value, known).map(|path| format!(".{key}{path}")),
        }),
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(index, (given, known))| unknown_field(given, known).map(|path| format!("[{index}]{path}"))),
        _ => None,
    }
}

/// The workload that the HPA points to.
fn find_workload(
    documents: &[Value],
    spec: &HpaSpec,
    notes: &mut Vec<String>,
) -> Result<Option<Workload>, ManifestError> {
    let Some(target) = &spec.scale_target_ref else {
        return Ok(None);
    };
    let mut found = None;
    for document in documents {
        if document.pointer("/spec/template/spec/containers").is_none() {
            continue;
        }
        let (kind, name) = (text_at(document, "/kind"), text_at(document, "/metadata/name"));
        if found.is_none() && kind == target.kind && name == target.name {
            found = Some(read_workload(document)?);
        } else {
            notes.push(format!(
                "{kind} `{name}` is not what the HPA scales ({} `{}`): left aside",
                target.kind, target.name
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HPA: &str = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
";
    const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 250m}, limits: {cpu: 1, memory: 1Gi}}
";

    fn message(text: &str) -> String {
        match Manifest::parse(text) {
            Ok(manifest) => manifest.policy(FeatureGates::default()).expect_err("refused").to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_hpa_is_picked_and_said_so() {
        let manifest = Manifest::parse(&format!("{DEPLOYMENT}---{HPA}")).expect("a manifest");
        assert_eq!(manifest.name, "web");
        assert!(manifest.notes[0].contains("document 2 of 2"), "{:?}", manifest.notes);
        let workload = manifest.workload.expect("the Deployment");
        assert_eq!(workload.replicas, Some(3));
        let requests = workload.template.containers[0].requests;
        assert_eq!(requests.cpu, Some(250));
        // The API server takes the limit for a request that is not given.
        assert_eq!(requests.memory, Some(1 << 30).map(|bytes: i64| bytes * 1_000));
    }

    #[test]
    fn v1_is_converted() {
        let text = "
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  maxReplicas: 10
  targetCPUUtilizationPercentage: 60
";
        let manifest = Manifest::parse(text).expect("a manifest");
        assert!(manifest.notes.iter().any(|note| note.contains("converted")));
        assert!(manifest.policy(FeatureGates::default()).is_ok());
    }

    #[test]
    fn other_kinds_and_versions_are_refused() {
        assert!(message(DEPLOYMENT).contains("only Deployment"));
        assert!(message("").contains("empty"));
        assert!(message("a: b").contains("no `kind`"));
        assert!(message("a: [").contains("not YAML"));
        assert!(message(&HPA.replace("/v2", "/v2beta2")).contains("v2beta2"));
        assert!(message(&HPA.replace("autoscaling/v2", "keda.sh/v1")).contains("keda.sh/v1"));
    }

    #[test]
    fn errors_name_the_field() {
        let cases = [
            (
                "averageUtilization: 70",
                "averageUtilization: -5",
                "spec.metrics[0].resource.target.averageUtilization: -5",
            ),
            ("averageUtilization: 70", "averageUtilisation: 70", "spec.metrics[0].resource.target.averageUtilisation"),
            (
                "type: Utilization, averageUtilization: 70",
                "type: AverageValue, averageValue: -1",
                "spec.metrics[0].resource.target.averageValue: -1",
            ),
            (
                "averageUtilization: 70",
                "averageUtilization: lots",
                "spec.metrics[0].resource.target.averageUtilization",
            ),
            ("type: Resource", "type: Cpu", "spec.metrics[0].type: unsupported value \"Cpu\""),
            ("maxReplicas: 9", "minReplicas: 3\n  maxReplicas: 2", "spec.maxReplicas: 2"),
            ("maxReplicas: 9", "minReplicas: 0\n  maxReplicas: 2", "spec.minReplicas: 0"),
            ("  maxReplicas: 9\n", "", "maxReplicas"),
            (
                "maxReplicas: 9",
                "maxReplicas: 9\n  behavior: {scaleUp: {policies: []}}",
                "spec.behavior.scaleUp.policies",
            ),
            (
                "maxReplicas: 9",
                "maxReplicas: 9\n  behavior: {scaleDown: {stabilizationWindowSeconds: 3601}}",
                "spec.behavior.scaleDown.stabilizationWindowSeconds: 3601",
            ),
            ("kind: Deployment, name: web", "kind: Deployment", "spec.scaleTargetRef.name"),
        ];
        for (from, to, expected) in cases {
            let text = HPA.replace(from, to);
            assert_ne!(text, HPA, "{from}");
            let message = message(&text);
            assert!(message.contains(expected), "{to}: {message}");
        }
    }
}
