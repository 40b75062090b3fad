//! What must hold of every HPA, whatever its policy and its load.

use proptest::prelude::*;
use serde_json::json;
use windtunnel_sim::controllers::hpa::api::HpaSpec;
use windtunnel_sim::controllers::hpa::manifest::Manifest;
use windtunnel_sim::controllers::hpa::quantity::Quantity;
use windtunnel_sim::controllers::hpa::validation::Origin;
use windtunnel_sim::controllers::hpa::{
    Container, ControllerFlags, DefaultedSpec, Hpa, Instant, Observation, Path, Phase, Pod, PodSamples, PodTemplate,
    Reading, ReadyCondition, ReadyStatus, Requests, Sample, Span, SyncOutcome,
};

const SYNC_SECONDS: i64 = 15;

/// An HPA on one External metric with averageValue 1: `raw` is the load, unless the tolerance keeps the replicas.
fn policy(min: i32, max: i32, behavior: &serde_json::Value) -> DefaultedSpec {
    let mut spec = json!({
        "minReplicas": min,
        "maxReplicas": max,
        "metrics": [{"type": "External", "external": {
            "metric": {"name": "load"},
            "target": {"type": "AverageValue", "averageValue": "1"},
        }}],
    });
    if !behavior.is_null() {
        spec["behavior"] = behavior.clone();
    }
    let spec: HpaSpec = serde_json::from_value(spec).expect("a spec");
    DefaultedSpec::new(spec, ControllerFlags::default().gates, Origin::Recording).expect("valid")
}

fn rules() -> impl Strategy<Value = serde_json::Value> {
    let policies = prop::collection::vec((prop::bool::ANY, 1..200_i32, 1..300_i32), 1..3);
    let select = prop::sample::select(vec!["Max", "Max", "Min", "Disabled"]);
    (0..600_i32, select, policies).prop_map(|(window, select, policies)| {
        let policies: Vec<_> = policies
            .into_iter()
            .map(|(pods, value, period)| {
                let kind = if pods { "Pods" } else { "Percent" };
                json!({"type": kind, "value": value, "periodSeconds": period})
            })
            .collect();
        json!({"stabilizationWindowSeconds": window, "selectPolicy": select, "policies": policies})
    })
}

fn behavior() -> impl Strategy<Value = serde_json::Value> {
    let both = (rules(), rules()).prop_map(|(up, down)| json!({"scaleUp": up, "scaleDown": down}));
    prop_oneof![Just(serde_json::Value::Null), Just(json!({})), both]
}

fn bounds() -> impl Strategy<Value = (i32, i32)> {
    (1..10_i32, 0..30_i32).prop_map(|(min, more)| (min, min + more))
}

/// Syncs once under a load; the replicas follow at once.
fn sync(hpa: &mut Hpa, number: i64, replicas: i32, load: i64) -> SyncOutcome {
    let observation = Observation {
        spec_replicas: replicas,
        status_replicas: replicas,
        pods: &[],
        templates: &[],
        readings: &[Reading::Series(vec![load * 1_000])],
        fault: None,
    };
    let now = Instant::from_nanos(0).after(Span::from_whole_seconds(number * SYNC_SECONDS));
    hpa.sync(now, &observation).clone()
}

proptest! {
    #[test]
    fn a_decision_stays_within_the_bounds(
        (min, max) in bounds(),
        behavior in behavior(),
        start in 1..60_i32,
        loads in prop::collection::vec(0..80_i64, 1..120),
    ) {
        let mut hpa = Hpa::new(policy(min, max, &behavior), ControllerFlags::default());
        let mut replicas = start;
        for (number, &load) in loads.iter().enumerate() {
            let outcome = sync(&mut hpa, number as i64, replicas, load);
            prop_assert!((min..=max).contains(&outcome.desired), "{}", outcome.explain(hpa.spec()));
            replicas = outcome.desired;
        }
    }

    #[test]
    fn no_scale_down_within_the_window_of_a_higher_recommendation(
        (min, max) in bounds(),
        behavior in behavior(),
        start in 1..60_i32,
        loads in prop::collection::vec(0..80_i64, 1..120),
    ) {
        let policy = policy(min, max, &behavior);
        let window = policy.behavior.as_ref().and_then(|behavior| behavior.down.window_seconds);
        let window = i64::from(window.unwrap_or(300));
        let mut hpa = Hpa::new(policy, ControllerFlags::default());
        let mut replicas = start;
        // The first count seen is itself a recommendation.
        let mut recommendations = vec![(0_i64, start)];
        for (number, &load) in loads.iter().enumerate() {
            let number = number as i64;
            let outcome = sync(&mut hpa, number, replicas, load);
            if outcome.path == Path::Metrics {
                let raw = outcome.raw.unwrap_or_default();
                recommendations.push((number, raw));
                let recent = recommendations.iter().filter(|(at, _)| (number - at) * SYNC_SECONDS < window);
                let highest = recent.map(|(_, replicas)| *replicas).max().unwrap_or(raw);
                prop_assert!(outcome.desired >= replicas.min(highest), "{}", outcome.explain(hpa.spec()));
            } else {
                prop_assert!(replicas > max || replicas < min);
            }
            replicas = outcome.desired;
        }
    }

    #[test]
    fn a_constant_load_settles_and_then_nothing_changes(
        (min, max) in bounds(),
        behavior in behavior(),
        start in 1..60_i32,
        load in 0..80_i64,
    ) {
        let mut hpa = Hpa::new(policy(min, max, &behavior), ControllerFlags::default());
        let mut replicas = start;
        let mut number = 0;
        // Far longer than any window, and than one pod in each period takes.
        while number < 2_500 {
            replicas = sync(&mut hpa, number, replicas, load).desired;
            number += 1;
        }
        let settled = sync(&mut hpa, number, replicas, load);
        prop_assert_eq!(settled.scale, None);
        for again in 1..50 {
            let mut outcome = sync(&mut hpa, number + again, replicas, load);
            outcome.now = settled.now;
            prop_assert_eq!(&outcome, &settled);
        }
    }

    #[test]
    fn nothing_observed_makes_it_panic(
        pods in prop::collection::vec(pod(), 0..8),
        strays in prop::collection::vec(any::<i64>(), 0..3),
        series in prop::collection::vec(any::<i64>(), 0..3),
        replicas in (0..i32::MAX, 0..i32::MAX),
        now in any::<i64>(),
    ) {
        let (pods, samples): (Vec<Pod>, Vec<Option<Sample>>) = pods.into_iter().unzip();
        let samples = Reading::Pods(PodSamples { of_pods: samples, strays });
        let readings = vec![samples.clone(), samples.clone(), samples, Reading::Series(series.clone()), Reading::Series(series)];
        let observation = Observation {
            spec_replicas: replicas.0,
            status_replicas: replicas.1,
            pods: &pods,
            templates: &templates(),
            readings: &readings,
            fault: None,
        };
        let mut hpa = Hpa::new(every_metric(), ControllerFlags::default());
        for later in 0..3 {
            let now = Instant::from_nanos(now.saturating_add(later * 15_000_000_000));
            let outcome = hpa.sync(now, &observation).clone();
            prop_assert!(outcome.conditions.able_to_scale.is_some());
            prop_assert!(!outcome.explain(hpa.spec()).to_string().is_empty());
        }
    }

    /// Pods that are alike to the HPA, given as one with the sum of their samples, are what they are one by one: those of
    /// equal objects and sample times, and those whose start-up is over, whenever they started.
    #[test]
    fn pods_as_a_group_are_pods_one_by_one(
        kinds in prop::collection::vec((alike(), prop::collection::vec(0..3_000_i64, 1..6)), 1..6),
        replicas in 1..40_i32,
        target in 1..150_i32,
    ) {
        let now = Instant::from_seconds(10_000.0);
        let flags = ControllerFlags::default();
        let spec = two_resources(target);
        let (mut pods, mut samples) = (Vec::new(), Vec::new());
        let (mut grouped_pods, mut grouped_samples) = (Vec::new(), Vec::new());
        for ((pod, taken), values) in &kinds {
            for (number, &value) in (0_i64..).zip(values) {
                let mut pod = *pod;
                if pod.is_settled(now, &flags) {
                    // Each of them has started at another time.
                    pod.started = Some(Instant::from_seconds(100.0 + number as f64));
                    prop_assert!(pod.is_settled(now, &flags));
                }
                pods.push(pod);
                samples.push(taken.map(|(at, window)| Sample { value, at, window }));
            }
            grouped_pods.push(Pod { count: values.len() as u32, ..*pod });
            grouped_samples.push(taken.map(|(at, window)| Sample { value: values.iter().sum(), at, window }));
        }
        let sync = |pods: &[Pod], samples: &[Option<Sample>]| {
            let reading = Reading::Pods(PodSamples { of_pods: samples.to_vec(), strays: Vec::new() });
            let observation = Observation {
                spec_replicas: replicas,
                status_replicas: replicas,
                pods,
                templates: &[template(Some(1_000), Some(2_000))],
                readings: &[reading.clone(), reading],
                fault: None,
            };
            Hpa::new(spec.clone(), flags).sync(now, &observation).clone()
        };
        let (apart, together) = (sync(&pods, &samples), sync(&grouped_pods, &grouped_samples));
        prop_assert_eq!(format!("{apart:?}"), format!("{together:?}"));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[ -~\\n]{0,60}", number in "[-+]?[0-9.]{0,50}[a-zA-Z]{0,2}[-+0-9]{0,12}") {
        let _ = Manifest::parse(&text);
        if let Ok(quantity) = Quantity::parse(&number) {
            let _ = (quantity.milli(), quantity.approximate());
        }
    }
}

fn instant() -> impl Strategy<Value = Instant> {
    any::<i64>().prop_map(Instant::from_nanos)
}

fn pod() -> impl Strategy<Value = (Pod, Option<Sample>)> {
    let phase =
        prop::sample::select(vec![Phase::Pending, Phase::Running, Phase::Succeeded, Phase::Failed, Phase::Unknown]);
    let status = prop::sample::select(vec![ReadyStatus::True, ReadyStatus::False, ReadyStatus::Unknown]);
    let ready = prop::option::of((status, instant()).prop_map(|(status, since)| ReadyCondition { status, since }));
    let sample = (any::<i64>(), instant(), any::<i64>()).prop_map(|(value, at, window)| Sample {
        value,
        at,
        window: Span::from_nanos(window),
    });
    let started = prop::option::of(instant());
    (phase, ready, started, any::<bool>(), 0..3_u32, prop::option::of(sample)).prop_map(
        |(phase, ready, started, deleting, template, sample)| {
            let pod = Pod { phase, ready, started, deleting, template, count: 1 };
            (pod, sample)
        },
    )
}

/// A pod about the ten thousandth second, and when its sample was taken, if there is one.
fn alike() -> impl Strategy<Value = (Pod, Option<(Instant, Span)>)> {
    let phase =
        prop::sample::select(vec![Phase::Running, Phase::Running, Phase::Running, Phase::Pending, Phase::Failed]);
    let second = || (9_000..10_000_i64).prop_map(|second| Instant::from_seconds(second as f64));
    let status = prop::sample::select(vec![ReadyStatus::True, ReadyStatus::True, ReadyStatus::False]);
    let ready =
        prop::option::weighted(0.9, (status, second()).prop_map(|(status, since)| ReadyCondition { status, since }));
    let taken = prop::option::weighted(0.8, (second(), Just(Span::from_whole_seconds(30))));
    (phase, ready, prop::option::weighted(0.9, second()), prop::bool::weighted(0.1), taken).prop_map(
        |(phase, ready, started, deleting, taken)| {
            (Pod { phase, ready, started, deleting, template: 0, count: 1 }, taken)
        },
    )
}

fn two_resources(target: i32) -> DefaultedSpec {
    let of = |name: &str, target: serde_json::Value| json!({"type": "Resource", "resource": {"name": name, "target": target}});
    let metrics = [
        of("cpu", json!({"type": "Utilization", "averageUtilization": target})),
        of("memory", json!({"type": "AverageValue", "averageValue": format!("{target}m")})),
    ];
    let spec = serde_json::from_value(json!({"maxReplicas": 500, "metrics": metrics})).expect("a spec");
    DefaultedSpec::new(spec, ControllerFlags::default().gates, Origin::Recording).expect("valid")
}

fn template(cpu: Option<i64>, memory: Option<i64>) -> PodTemplate {
    PodTemplate {
        containers: vec![Container { name: "app".to_owned(), requests: Requests { cpu, memory } }],
        pod_level: None,
    }
}

fn templates() -> Vec<PodTemplate> {
    vec![template(Some(1), Some(1)), template(Some(i64::MAX), Some(0))]
}

fn every_metric() -> DefaultedSpec {
    let spec = json!({
        "maxReplicas": i32::MAX,
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 1}}},
            {"type": "ContainerResource", "containerResource": {
                "name": "memory", "container": "app", "target": {"type": "AverageValue", "averageValue": "1m"}}},
            {"type": "Pods", "pods": {"metric": {"name": "p"}, "target": {"type": "AverageValue", "averageValue": "1m"}}},
            {"type": "External", "external": {"metric": {"name": "e"}, "target": {"type": "Value", "value": "1m"}}},
            {"type": "Object", "object": {
                "describedObject": {"kind": "Service", "name": "s"},
                "metric": {"name": "o"}, "target": {"type": "AverageValue", "averageValue": "1m"}}},
        ],
        "behavior": {"scaleUp": {"policies": [{"type": "Percent", "value": i32::MAX, "periodSeconds": 1800}]}},
    });
    let spec: HpaSpec = serde_json::from_value(spec).expect("a spec");
    DefaultedSpec::new(spec, ControllerFlags::default().gates, Origin::Recording).expect("valid")
}
