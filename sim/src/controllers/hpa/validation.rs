//! The API server's rules (pkg/apis/autoscaling/validation/validation.go), in its words.

use std::fmt;

use super::api::{HpaSpec, MetricIdentifier, MetricSpec, MetricTarget, ObjectReference, ScalingPolicy, ScalingRules};
use super::flags::FeatureGates;
use super::quantity::Quantity;

const MAX_PERIOD_SECONDS: i32 = 1800;
const MAX_STABILIZATION_WINDOW_SECONDS: i32 = 3600;
const METRIC_TYPES: &str = r#""ContainerResource", "External", "Object", "Pods", "Resource""#;

/// One rule that a spec breaks, with the path of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Such as `spec.metrics[0].resource.target.averageUtilization`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Every rule that a spec breaks, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FieldErrors(pub Vec<FieldError>);

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

/// Where a spec comes from decides which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A manifest on its way to the API server: everything is checked.
    Manifest,
    /// Written inside a scenario: there is no scaleTargetRef, everything else is checked.
    Scenario,
    /// A recording of an object that exists: no scaleTargetRef either, and `minReplicas: 0` may stem from a time when the
    /// HPAScaleToZero gate was on (ValidateHorizontalPodAutoscalerUpdate).
    Recording,
}

/// Checks a completed spec (ValidateHorizontalPodAutoscaler).
///
/// # Errors
/// Every rule it breaks.
pub fn validate(spec: &HpaSpec, gates: FeatureGates, origin: Origin) -> Result<(), FieldErrors> {
    let mut errors = Errors::default();
    errors.bounds(spec, gates, origin);
    if origin == Origin::Manifest {
        errors.reference(spec.scale_target_ref.as_ref(), "spec.scaleTargetRef");
    }
    errors.metrics(spec, origin);
    if let Some(behavior) = &spec.behavior {
        errors.rules(behavior.scale_up.as_ref(), "spec.behavior.scaleUp");
        errors.rules(behavior.scale_down.as_ref(), "spec.behavior.scaleDown");
    }
    if errors.0.is_empty() { Ok(()) } else { Err(FieldErrors(errors.0)) }
}

#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(FieldError { path: path.to_owned(), message: message.into() });
    }

    /// Adds the message when the rule does not hold.
    fn require(&mut self, holds: bool, path: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.add(&path.into(), message);
        }
    }

    fn bounds(&mut self, spec: &HpaSpec, gates: FeatureGates, origin: Origin) {
        let lowest = i32::from(origin != Origin::Recording && !gates.scale_to_zero);
        let min = spec.min_replicas.unwrap_or(1);
        let max = spec.max_replicas;
        self.require(min >= lowest, "spec.minReplicas", format!("{min}: must be greater than or equal to {lowest}"));
        self.require(max >= 1, "spec.maxReplicas", format!("{max}: must be greater than 0"));
        self.require(
            max >= min,
            "spec.maxReplicas",
            format!("{max}: must be greater than or equal to `minReplicas` ({min})"),
        );
    }

    /// ValidateCrossVersionObjectReference
    fn reference(&mut self, reference: Option<&ObjectReference>, path: &str) {
        let (kind, name) = reference.map_or(("", ""), |r| (r.kind.as_str(), r.name.as_str()));
        self.segment(kind, &format!("{path}.kind"), "required");
        self.segment(name, &format!("{path}.name"), "required");
    }

    /// A name that must be there and fit into a path (IsValidPathSegmentName).
    fn segment(&mut self, name: &str, path: &str, when_empty: &str) {
        self.require(!name.is_empty(), path, when_empty);
        self.require(
            name != "." && name != ".." && !name.contains(['/', '%']),
            path,
            format!("\"{name}\": may not be '.' or '..' and may not contain '/' or '%'"),
        );
    }

    /// validateMetrics
    fn metrics(&mut self, spec: &HpaSpec, origin: Origin) {
        let metrics = spec.metrics.as_deref().unwrap_or_default();
        for (index, metric) in metrics.iter().enumerate() {
            self.metric(metric, &format!("spec.metrics[{index}]"));
        }
        let scales_from_zero = metrics.iter().any(|metric| metric.kind == "Object" || metric.kind == "External");
        self.require(
            spec.min_replicas != Some(0) || scales_from_zero || origin == Origin::Recording,
            "spec.metrics",
            "must specify at least one Object or External metric to support scaling to zero replicas",
        );
    }

    /// validateMetricSpec
    fn metric(&mut self, metric: &MetricSpec, path: &str) {
        let present = [
            ("Object", "object", metric.object.is_some()),
            ("External", "external", metric.external.is_some()),
            ("Pods", "pods", metric.pods.is_some()),
            ("Resource", "resource", metric.resource.is_some()),
            ("ContainerResource", "containerResource", metric.container_resource.is_some()),
        ];
        let Some((_, own, populated)) = present.iter().find(|(kind, ..)| *kind == metric.kind) else {
            let message = if metric.kind.is_empty() {
                "required: must specify a metric source type".to_owned()
            } else {
                format!("unsupported value \"{}\": supported values: {METRIC_TYPES}", metric.kind)
            };
            self.add(&format!("{path}.type"), message);
            return;
        };
        self.require(
            *populated,
            format!("{path}.{own}"),
            format!("required: must populate information for the metric source {}", metric.kind),
        );
        for (_, field, _) in present.iter().filter(|(_, field, given)| *given && field != own) {
            self.add(&format!("{path}.{field}"), "forbidden: must populate the given metric source only");
        }
        self.sources(metric, path);
    }

    fn sources(&mut self, metric: &MetricSpec, path: &str) {
        if let Some(source) = &metric.resource {
            let path = format!("{path}.resource");
            self.require(!source.name.is_empty(), format!("{path}.name"), "required: must specify a resource name");
            self.usage_target(&source.target, &format!("{path}.target"));
        }
        if let Some(source) = &metric.container_resource {
            let path = format!("{path}.containerResource");
            self.require(!source.name.is_empty(), format!("{path}.name"), "required: must specify a resource name");
            self.require(
                !source.container.is_empty(),
                format!("{path}.container"),
                "required: must specify a container",
            );
            self.usage_target(&source.target, &format!("{path}.target"));
        }
        if let Some(source) = &metric.pods {
            let path = format!("{path}.pods");
            self.identifier(&source.metric, &path);
            self.target(&source.target, &format!("{path}.target"));
            self.require(
                source.target.average_value.is_some(),
                format!("{path}.target.averageValue"),
                "required: must specify a positive target averageValue",
            );
        }
        if let Some(source) = &metric.object {
            let path = format!("{path}.object");
            self.reference(Some(&source.described_object), &format!("{path}.describedObject"));
            self.identifier(&source.metric, &path);
            self.value_target(&source.target, &format!("{path}.target"));
        }
        if let Some(source) = &metric.external {
            let path = format!("{path}.external");
            self.identifier(&source.metric, &path);
            self.value_target(&source.target, &format!("{path}.target"));
            self.require(
                source.target.value.is_none() || source.target.average_value.is_none(),
                format!("{path}.target.value"),
                "forbidden: may not set both a target value for metric and a per-pod target",
            );
        }
    }

    /// validateMetricIdentifier
    fn identifier(&mut self, metric: &MetricIdentifier, path: &str) {
        let path = format!("{path}.metric.name");
        self.segment(&metric.name, &path, "required: must specify a metric name");
    }

    /// validateResourceSource and validateContainerResourceSource
    fn usage_target(&mut self, target: &MetricTarget, path: &str) {
        self.target(target, path);
        let (value, utilization) = (target.average_value.is_some(), target.average_utilization.is_some());
        self.require(
            value || utilization,
            format!("{path}.averageUtilization"),
            "required: must set either a target raw value or a target utilization",
        );
        self.require(
            !(value && utilization),
            format!("{path}.averageValue"),
            "forbidden: may not set both a target raw value and a target utilization",
        );
    }

    /// What validateObjectSource and validateExternalSource share.
    fn value_target(&mut self, target: &MetricTarget, path: &str) {
        self.target(target, path);
        self.require(
            target.value.is_some() || target.average_value.is_some(),
            format!("{path}.averageValue"),
            "required: must set either a target value or averageValue",
        );
    }

    /// validateMetricTarget
    fn target(&mut self, target: &MetricTarget, path: &str) {
        let known = ["Utilization", "Value", "AverageValue"].contains(&target.kind.as_str());
        self.require(
            known,
            format!("{path}.type"),
            format!("\"{}\": must be either Utilization, Value, or AverageValue", target.kind),
        );
        self.positive(target.value.as_ref(), format!("{path}.value"));
        self.positive(target.average_value.as_ref(), format!("{path}.averageValue"));
        if let Some(percent) = target.average_utilization {
            self.require(
                percent >= 1,
                format!("{path}.averageUtilization"),
                format!("{percent}: must be greater than 0"),
            );
        }
    }

    fn positive(&mut self, quantity: Option<&Quantity>, path: String) {
        if let Some(quantity) = quantity {
            self.require(quantity.is_positive(), path, format!("{quantity}: must be positive"));
        }
    }

    /// validateScalingRules
    fn rules(&mut self, rules: Option<&ScalingRules>, path: &str) {
        let Some(rules) = rules else { return };
        if let Some(window) = rules.stabilization_window_seconds {
            self.require(
                (0..=MAX_STABILIZATION_WINDOW_SECONDS).contains(&window),
                format!("{path}.stabilizationWindowSeconds"),
                format!("{window}: must be from 0 to {MAX_STABILIZATION_WINDOW_SECONDS}"),
            );
        }
        if let Some(select) = &rules.select_policy {
            self.require(
                ["Max", "Min", "Disabled"].contains(&select.as_str()),
                format!("{path}.selectPolicy"),
                format!(r#"unsupported value "{select}": supported values: "Disabled", "Max", "Min""#),
            );
        }
        let policies = rules.policies.as_deref().unwrap_or_default();
        self.require(!policies.is_empty(), format!("{path}.policies"), "required: must specify at least one Policy");
        for (index, policy) in policies.iter().enumerate() {
            self.policy(policy, &format!("{path}.policies[{index}]"));
        }
        if let Some(tolerance) = &rules.tolerance {
            self.require(
                !tolerance.is_negative(),
                format!("{path}.tolerance"),
                format!("{tolerance}: must be greater than or equal to zero"),
            );
        }
    }

    /// validateScalingPolicy
    fn policy(&mut self, policy: &ScalingPolicy, path: &str) {
        self.require(
            policy.kind == "Pods" || policy.kind == "Percent",
            format!("{path}.type"),
            format!(r#"unsupported value "{}": supported values: "Percent", "Pods""#, policy.kind),
        );
        self.require(policy.value > 0, format!("{path}.value"), format!("{}: must be greater than zero", policy.value));
        self.require(
            (1..=MAX_PERIOD_SECONDS).contains(&policy.period_seconds),
            format!("{path}.periodSeconds"),
            format!("{}: must be from 1 to {MAX_PERIOD_SECONDS}", policy.period_seconds),
        );
    }
}
