//! A HorizontalPodAutoscaler manifest, `autoscaling/v2`.

use serde_json::json;

use super::ExportError;
use crate::scenario::{Policy, Scenario};

pub(super) fn manifest(scenario: &Scenario) -> Result<String, ExportError> {
    let refused = |message: String| ExportError::Refused(vec![message]);
    // As it was written, where it was written inline; otherwise as the API server completes it.
    let written = scenario.file.hpa.as_ref().and_then(|hpa| hpa.spec.clone());
    let Policy::Hpa { spec, .. } = &scenario.policy else { return Err(refused("there is no HPA".to_string())) };
    let mut spec = written.unwrap_or_else(|| spec.stored.clone());
    let target = spec.scale_target_ref.get_or_insert_default();
    if target.name.is_empty() {
        // The API requires a target; a scenario does without.
        target.kind = "Deployment".to_string();
        target.name.clone_from(&scenario.name);
        target.api_version = Some("apps/v1".to_string());
    }
    let mut metadata = json!({ "name": label(&scenario.name) });
    let mut spec = serde_json::to_value(spec).map_err(|error| refused(error.to_string()))?;
    if let Some(table) = &scenario.file.hpa {
        if let Some(namespace) = &table.namespace {
            metadata["namespace"] = namespace.as_str().into();
        }
        if !table.further_metrics.is_empty() {
            let simulated = spec["metrics"].as_array().cloned().unwrap_or_default();
            spec["metrics"] = simulated.into_iter().chain(table.further_metrics.iter().cloned()).collect();
        }
    }
    let manifest = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": spec,
    });
    serde_saphyr::to_string(&manifest).map_err(|error| refused(error.to_string()))
}

/// A name that Kubernetes takes: lower case letters, digits and dashes.
fn label(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "hpa".to_string() } else { plain.chars().take(63).collect() }
}
