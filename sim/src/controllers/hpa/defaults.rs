//! What the API server fills in (pkg/apis/autoscaling/v2/defaults.go), and what it drops.

use super::api::{BehaviorSpec, HpaSpec, MetricSpec, MetricTarget, ResourceSource, ScalingPolicy, ScalingRules};
use super::flags::FeatureGates;

/// Utilization that an HPA without metrics aims at (autoscaling.DefaultCPUUtilization).
const DEFAULT_CPU_UTILIZATION: i32 = 80;

/// Completes a spec as the API server does (SetDefaults_HorizontalPodAutoscaler), and drops the fields of disabled
/// feature gates.
pub fn apply(spec: &mut HpaSpec, gates: FeatureGates) {
    spec.min_replicas.get_or_insert(1);
    let metrics = spec.metrics.get_or_insert_default();
    if metrics.is_empty() {
        metrics.push(default_metric());
    }
    if let Some(behavior) = &mut spec.behavior {
        complete_behavior(behavior);
        if !gates.configurable_tolerance {
            drop_tolerances(behavior);
        }
    }
}

fn default_metric() -> MetricSpec {
    MetricSpec {
        kind: "Resource".to_owned(),
        resource: Some(ResourceSource {
            name: "cpu".to_owned(),
            target: MetricTarget {
                kind: "Utilization".to_owned(),
                average_utilization: Some(DEFAULT_CPU_UTILIZATION),
                ..MetricTarget::default()
            },
        }),
        ..MetricSpec::default()
    }
}

/// SetDefaults_HorizontalPodAutoscalerBehavior
fn complete_behavior(behavior: &mut BehaviorSpec) {
    let up = behavior.scale_up.get_or_insert_default();
    up.stabilization_window_seconds.get_or_insert(0);
    complete_rules(up, &[("Pods", 4), ("Percent", 100)]);
    // The window of scaleDown stays unset: the controller puts its flag there at each sync.
    let down = behavior.scale_down.get_or_insert_default();
    complete_rules(down, &[("Percent", 100)]);
}

/// copyHPAScalingRules: a list that is given replaces the default list as a whole.
fn complete_rules(rules: &mut ScalingRules, policies: &[(&str, i32)]) {
    rules.select_policy.get_or_insert_with(|| "Max".to_owned());
    rules.policies.get_or_insert_with(|| {
        policies
            .iter()
            .map(|&(kind, value)| ScalingPolicy { kind: kind.to_owned(), value, period_seconds: 15 })
            .collect()
    });
}

/// A field whose gate is off is dropped on create (registry strategy PrepareForCreate), not refused.
fn drop_tolerances(behavior: &mut BehaviorSpec) {
    for rules in [&mut behavior.scale_up, &mut behavior.scale_down].into_iter().flatten() {
        rules.tolerance = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(json: &str) -> serde_json::Value {
        let mut spec: HpaSpec = serde_json::from_str(json).expect("a spec");
        apply(&mut spec, FeatureGates::default());
        serde_json::to_value(spec).expect("JSON")
    }

    #[test]
    fn an_empty_behavior_is_filled_in_and_an_absent_one_is_not() {
        let without = completed(r#"{"maxReplicas":3}"#);
        assert_eq!(without["minReplicas"], 1);
        assert_eq!(without["metrics"][0]["resource"]["target"]["averageUtilization"], 80);
        assert!(without.get("behavior").is_none());

        let with = completed(r#"{"maxReplicas":3,"behavior":{}}"#);
        assert_eq!(with["behavior"]["scaleUp"]["stabilizationWindowSeconds"], 0);
        assert_eq!(with["behavior"]["scaleUp"]["policies"].as_array().map(Vec::len), Some(2));
        assert_eq!(with["behavior"]["scaleDown"]["selectPolicy"], "Max");
        assert!(with["behavior"]["scaleDown"].get("stabilizationWindowSeconds").is_none());
    }

    #[test]
    fn a_tolerance_without_its_gate_is_dropped() {
        let json = r#"{"maxReplicas":3,"behavior":{"scaleUp":{"tolerance":"0.3"}}}"#;
        let mut spec: HpaSpec = serde_json::from_str(json).expect("a spec");
        let gates = FeatureGates { configurable_tolerance: false, ..FeatureGates::default() };
        apply(&mut spec, gates);
        let up = spec.behavior.and_then(|behavior| behavior.scale_up);
        assert_eq!(up.expect("scaleUp").tolerance, None);
    }
}
