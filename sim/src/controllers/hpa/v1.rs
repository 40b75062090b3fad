//! `autoscaling/v1`, converted as the API server does (pkg/apis/autoscaling/v1/conversion.go).
//!
//! v1 keeps what it has no field for in annotations: other metrics, in the old shape of v2beta1, and `behavior`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::api::{
    BehaviorSpec, ContainerResourceSource, ExternalSource, HpaSpec, MetricIdentifier, MetricSpec, MetricTarget,
    ObjectReference, ObjectSource, PodsSource, ResourceSource,
};
use super::quantity::Quantity;

/// Annotation with the metrics that v1 has no field for.
pub const METRICS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/metrics";
/// Annotation with `behavior`.
pub const BEHAVIOR_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// `spec` of a v1 HorizontalPodAutoscaler.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HpaSpecV1 {
    /// What is scaled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_target_ref: Option<ObjectReference>,
    /// The lower bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<i32>,
    /// The upper bound.
    pub max_replicas: i32,
    /// Percent of the requested CPU.
    #[serde(rename = "targetCPUUtilizationPercentage", default, skip_serializing_if = "Option::is_none")]
    pub target_cpu: Option<i32>,
}

/// An annotation that does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("metadata.annotations[{annotation}]: {message}")]
pub struct BadAnnotation {
    annotation: &'static str,
    message: String,
}

/// Converts a v1 spec, with the annotations of its object.
///
/// # Errors
/// When an annotation is not the JSON it should be.
pub fn convert(spec: HpaSpecV1, annotations: &Value) -> Result<HpaSpec, BadAnnotation> {
    let others: Option<Vec<OldMetric>> = read(annotations, METRICS_ANNOTATION)?;
    let behavior: Option<BehaviorSpec> = read(annotations, BEHAVIOR_ANNOTATION)?;
    let mut metrics: Vec<MetricSpec> = others.into_iter().flatten().map(OldMetric::convert).collect();
    metrics.extend(spec.target_cpu.map(cpu_utilization));
    Ok(HpaSpec {
        scale_target_ref: spec.scale_target_ref,
        min_replicas: spec.min_replicas,
        max_replicas: spec.max_replicas,
        metrics: Some(metrics),
        behavior,
    })
}

fn read<T: DeserializeOwned>(annotations: &Value, annotation: &'static str) -> Result<Option<T>, BadAnnotation> {
    let Some(text) = annotations.get(annotation).and_then(Value::as_str) else {
        return Ok(None);
    };
    serde_json::from_str(text).map(Some).map_err(|error| BadAnnotation { annotation, message: error.to_string() })
}

fn cpu_utilization(percent: i32) -> MetricSpec {
    MetricSpec {
        kind: "Resource".to_owned(),
        resource: Some(ResourceSource { name: "cpu".to_owned(), target: usage_target(Some(percent), None) }),
        ..MetricSpec::default()
    }
}

/// A metric in the shape of v1's annotation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldMetric {
    #[serde(rename = "type")]
    kind: String,
    resource: Option<OldResource>,
    container_resource: Option<OldResource>,
    pods: Option<OldSeries>,
    object: Option<OldSeries>,
    external: Option<OldSeries>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldResource {
    name: String,
    #[serde(default)]
    container: String,
    target_average_utilization: Option<i32>,
    target_average_value: Option<Quantity>,
}

/// Pods, Object and External metrics: each names a few of these fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldSeries {
    metric_name: String,
    selector: Option<Value>,
    metric_selector: Option<Value>,
    target: Option<ObjectReference>,
    target_value: Option<Quantity>,
    #[serde(alias = "averageValue")]
    target_average_value: Option<Quantity>,
}

impl OldMetric {
    fn convert(self) -> MetricSpec {
        MetricSpec {
            kind: self.kind,
            resource: self.resource.map(|old| ResourceSource {
                target: usage_target(old.target_average_utilization, old.target_average_value),
                name: old.name,
            }),
            container_resource: self.container_resource.map(|old| ContainerResourceSource {
                target: usage_target(old.target_average_utilization, old.target_average_value),
                name: old.name,
                container: old.container,
            }),
            pods: self.pods.map(|old| {
                let (metric, target, _) = old.convert();
                PodsSource { metric, target }
            }),
            object: self.object.map(|old| {
                let (metric, target, described_object) = old.convert();
                ObjectSource { described_object, metric, target }
            }),
            external: self.external.map(|old| {
                let (metric, target, _) = old.convert();
                ExternalSource { metric, target }
            }),
        }
    }
}

impl OldSeries {
    fn convert(self) -> (MetricIdentifier, MetricTarget, ObjectReference) {
        let kind = if self.target_average_value.is_some() { "AverageValue" } else { "Value" };
        // v1 objects write targetValue: "0" beside an averageValue.
        let value = self.target_value.filter(|_| self.target_average_value.is_none());
        let target = MetricTarget {
            kind: kind.to_owned(),
            value,
            average_value: self.target_average_value,
            average_utilization: None,
        };
        let metric = MetricIdentifier { name: self.metric_name, selector: self.selector.or(self.metric_selector) };
        (metric, target, self.target.unwrap_or_default())
    }
}

fn usage_target(percent: Option<i32>, value: Option<Quantity>) -> MetricTarget {
    let kind = if value.is_some() { "AverageValue" } else { "Utilization" };
    MetricTarget { kind: kind.to_owned(), value: None, average_value: value, average_utilization: percent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(target_cpu: Option<i32>) -> HpaSpecV1 {
        HpaSpecV1 { scale_target_ref: None, min_replicas: Some(2), max_replicas: 9, target_cpu }
    }

    #[test]
    fn the_cpu_target_becomes_a_metric() {
        let converted = convert(spec(Some(55)), &Value::Null).expect("converts");
        let metrics = converted.metrics.expect("metrics");
        let target = &metrics[0].resource.as_ref().expect("resource").target;
        assert_eq!(target.average_utilization, Some(55));
    }

    #[test]
    fn annotations_carry_the_rest() {
        let annotations = serde_json::json!({
            METRICS_ANNOTATION: r#"[{"type":"Pods","pods":{"metricName":"qps","targetAverageValue":"10"}}]"#,
            BEHAVIOR_ANNOTATION: r#"{"scaleUp":{"stabilizationWindowSeconds":30}}"#,
        });
        let converted = convert(spec(Some(55)), &annotations).expect("converts");
        let metrics = converted.metrics.expect("metrics");
        assert_eq!(metrics.len(), 2);
        assert_eq!(metrics[0].pods.as_ref().expect("pods").metric.name, "qps");
        let up = converted.behavior.and_then(|behavior| behavior.scale_up);
        assert_eq!(up.expect("scaleUp").stabilization_window_seconds, Some(30));

        let broken = serde_json::json!({ METRICS_ANNOTATION: "nope" });
        assert!(convert(spec(None), &broken).is_err());
    }
}
