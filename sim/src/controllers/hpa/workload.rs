//! The Deployment (or the like) beside an HPA: replicas, requests and limits.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::manifest::{ManifestError, text_at, typed};
use super::quantity::Quantity;
use super::requests::{Container, PodTemplate, Requests};

/// What is scaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Such as `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// `spec.replicas`
    pub replicas: Option<i32>,
    /// The pods' containers and their requests.
    pub template: PodTemplate,
    /// The containers' limits, in the order of the template's containers.
    pub limits: Vec<Requests>,
}

/// Reads a document that has `spec.template.spec.containers`.
pub(super) fn read_workload(document: &Value) -> Result<Workload, ManifestError> {
    let spec: WorkloadSpec = typed(document.get("spec").unwrap_or(&Value::Null), "spec")?;
    let pod = spec.template.spec;
    let sidecars =
        pod.init_containers.into_iter().filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let mut template =
        PodTemplate { containers: Vec::new(), pod_level: pod.resources.map(|resources| resources.requests()) };
    let mut limits = Vec::new();
    for container in pod.containers.into_iter().chain(sidecars) {
        limits.push(requests_of(&container.resources.limits));
        template.containers.push(Container { requests: container.resources.requests(), name: container.name });
    }
    Ok(Workload {
        kind: text_at(document, "/kind").to_owned(),
        name: text_at(document, "/metadata/name").to_owned(),
        replicas: spec.replicas,
        template,
        limits,
    })
}

#[derive(Debug, Deserialize)]
struct WorkloadSpec {
    replicas: Option<i32>,
    template: Template,
}

#[derive(Debug, Deserialize)]
struct Template {
    spec: PodSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSpec {
    containers: Vec<ContainerSpec>,
    #[serde(default)]
    init_containers: Vec<ContainerSpec>,
    resources: Option<Resources>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerSpec {
    name: String,
    #[serde(default)]
    resources: Resources,
    restart_policy: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Resources {
    #[serde(default)]
    requests: BTreeMap<String, Quantity>,
    #[serde(default)]
    limits: BTreeMap<String, Quantity>,
}

impl Resources {
    /// The requests; the API server takes the limit for one that is not given (pkg/apis/core/v1/defaults.go).
    fn requests(&self) -> Requests {
        let (given, limits) = (requests_of(&self.requests), requests_of(&self.limits));
        Requests { cpu: given.cpu.or(limits.cpu), memory: given.memory.or(limits.memory) }
    }
}

fn requests_of(quantities: &BTreeMap<String, Quantity>) -> Requests {
    let of = |name| quantities.get(name).map(Quantity::milli);
    Requests { cpu: of("cpu"), memory: of("memory") }
}
