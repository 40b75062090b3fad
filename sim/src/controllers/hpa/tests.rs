//! Single rules, worked by hand. The whole is held against the real controller's decisions in `tests/hpa_conformance.rs`.

use serde_json::json;

use super::api::HpaSpec;
use super::validation::Origin;
use super::*;

/// An External metric with averageValue 1: `raw` is the load.
fn hpa(max: i32, behavior: serde_json::Value, flags: ControllerFlags) -> Hpa {
    let mut spec = json!({
        "maxReplicas": max,
        "metrics": [{"type": "External", "external": {
            "metric": {"name": "load"},
            "target": {"type": "AverageValue", "averageValue": "1"},
        }}],
    });
    if !behavior.is_null() {
        spec["behavior"] = behavior;
    }
    let spec: HpaSpec = serde_json::from_value(spec).expect("a spec");
    Hpa::new(DefaultedSpec::new(spec, flags.gates, Origin::Scenario).expect("valid"), flags)
}

fn sync(hpa: &mut Hpa, seconds: i64, replicas: i32, load: i64, fault: Option<Fault>) -> SyncOutcome {
    let observation = Observation {
        spec_replicas: replicas,
        status_replicas: replicas,
        pods: &[],
        templates: &[],
        readings: &[Reading::Series(vec![load * 1_000])],
        fault,
    };
    let now = Instant::from_nanos(0).after(Span::from_whole_seconds(seconds));
    hpa.sync(now, &observation).clone()
}

fn percent(up: i32, down: i32) -> serde_json::Value {
    let rules = |value| {
        json!({"stabilizationWindowSeconds": 0,
               "policies": [{"type": "Percent", "value": value, "periodSeconds": 15}]})
    };
    json!({"scaleUp": rules(up), "scaleDown": rules(down)})
}

#[test]
fn percentages_are_binary64() {
    let flags = ControllerFlags::default();
    // 365 × (1 + 120/100) is 803.0000000000001 there, and rounds up.
    let mut up = hpa(2_000, percent(120, 68), flags);
    assert_eq!(sync(&mut up, 0, 365, 1_999, None).scale, Some(804));
    // 275 × (1 - 68/100) is 87.99999999999999 there, and is cut off.
    let mut down = hpa(2_000, percent(120, 68), flags);
    sync(&mut down, 0, 275, 275, None);
    assert_eq!(sync(&mut down, 15, 275, 1, None).scale, Some(87));
}

#[test]
fn without_behavior_a_recommendation_as_old_as_the_window_still_counts() {
    let flags = ControllerFlags::default();
    let lasts = |behavior| {
        let mut hpa = hpa(50, behavior, flags);
        let replicas = |seconds| sync(&mut hpa, seconds, 20, if seconds == 0 { 20 } else { 1 }, None).scale;
        let scaled: Vec<Option<i32>> = (0..=21).map(|number| number * 15).map(replicas).collect();
        scaled.iter().position(Option::is_some).map(|number| number * 15)
    };
    assert_eq!(lasts(serde_json::Value::Null), Some(315));
    assert_eq!(lasts(json!({})), Some(300));
}

#[test]
fn faults_leave_upstreams_conditions() {
    let flags = ControllerFlags::default();
    let reasons = |fault| {
        let mut hpa = hpa(50, json!({}), flags);
        let outcome = sync(&mut hpa, 0, 5, 8, Some(fault));
        assert!(outcome.err);
        assert_eq!((outcome.scale, outcome.desired), (None, 0));
        let able = outcome.conditions.able_to_scale.map(|condition| condition.to_string());
        let active = outcome.conditions.scaling_active.map(|condition| condition.to_string());
        (able.unwrap_or_default(), active.unwrap_or_default())
    };
    assert_eq!(reasons(Fault::GetScale).0, "False/FailedGetScale");
    assert_eq!(reasons(Fault::UpdateScale).0, "False/FailedUpdateScale");
    assert_eq!(reasons(Fault::NoSelector).1, "False/InvalidSelector");
    assert_eq!(reasons(Fault::AmbiguousSelector).1, "False/AmbiguousSelector");
}

#[test]
fn a_failed_write_leaves_no_scale_event() {
    let behavior = json!({"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 600}]}});
    let mut hpa = hpa(50, behavior, ControllerFlags::default());
    assert_eq!(sync(&mut hpa, 0, 5, 9, Some(Fault::UpdateScale)).scale, None);
    assert_eq!(sync(&mut hpa, 15, 5, 9, None).scale, Some(7));
    assert_eq!(sync(&mut hpa, 30, 7, 9, None).scale, None);
}

#[test]
fn a_restart_forgets_the_rate_limit_and_remembers_the_replicas() {
    let behavior = json!({"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 600}]}});
    let mut hpa = hpa(50, behavior, ControllerFlags::default());
    assert_eq!(sync(&mut hpa, 0, 5, 40, None).scale, Some(7));
    hpa.restart_controller();
    assert_eq!(sync(&mut hpa, 15, 7, 40, None).scale, Some(9));
    // The count seen after the restart is a recommendation again: no scale-down for the window.
    hpa.restart_controller();
    let held = sync(&mut hpa, 1_000, 9, 1, None);
    assert_eq!((held.scale, held.raw), (None, Some(1)));
}

#[test]
fn zero_that_somebody_else_set_stays() {
    let flags = ControllerFlags {
        gates: FeatureGates { scale_to_zero: true, ..FeatureGates::default() },
        ..ControllerFlags::default()
    };
    let outcome = sync(&mut hpa(9, json!({}), flags), 0, 0, 8, None);
    assert_eq!((outcome.path, outcome.scale), (Path::Disabled, None));
}

#[test]
fn the_explanation_has_every_step() {
    let mut hpa = hpa(50, serde_json::Value::Null, ControllerFlags::default());
    sync(&mut hpa, 0, 12, 38, None);
    let text = hpa.outcome().explain(hpa.spec()).to_string();
    for expected in [
        "12 replicas asked for",
        "external metric load",
        "proposes 38 (the largest)",
        "recommendation: 38",
        "highest of the last 300 s is 38",
        "at most 24 (no behavior: twice the replicas, or 4)",
        "scale from 12 to 24",
        "ScalingLimited=True/ScaleUpLimit",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
