//! What holds whatever the configuration, the load and the fleet.

use proptest::prelude::*;
use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, Replay, replay_with_incidents};
use windtunnel_sim::controllers::decision::{ActivityOutcome, Controller, Notice};

use crate::support::*;

#[derive(Clone, Debug)]
struct Case {
    min: u32,
    spare: u32,
    above: u32,
    out: String,
    inward: String,
    cooldown: u64,
    launch: u64,
    removal: u64,
    loads: Vec<f64>,
    losses: Vec<(u64, u32)>,
}

fn adjustment(sign: i32) -> impl Strategy<Value = String> {
    prop_oneof![
        (1..8i32).prop_map(move |n| format!("change = {}", n * sign)),
        (1..90i32).prop_map(move |p| format!("percent = {}", p * sign)),
        (0..20u32).prop_map(|n| format!("exact = {n}")),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (0u32..5, 0u32..6, 0u32..6);
    let times = (0u64..700, 0u64..400, 0u64..400);
    let load = prop::collection::vec(0.0..100.0f64, 1..40);
    let losses = prop::collection::vec((0u64..7200, 0u32..12), 0..5);
    (sizes, adjustment(1), adjustment(-1), times, load, losses).prop_map(
        |((min, spare, above), out, inward, (cooldown, launch, removal), loads, losses)| Case {
            min,
            spare,
            above,
            out,
            inward,
            cooldown,
            launch,
            removal,
            loads,
            losses,
        },
    )
}

/// The same group in each dialect.
fn text(case: &Case, rule: &str, metric: &str) -> String {
    let (min, desired, max) = (case.min, case.min + case.spare, (case.min + case.spare + case.above).max(1));
    let mut text = format!("min = {min}\nmax = {max}\ndesired = {desired}\n");
    for (name, adjust, comparison, threshold) in [("out", &case.out, ">", 70), ("in", &case.inward, "<", 30)] {
        text += &format!(
            "[[{rule}]]\nname = \"{name}\"\nadjust = {{ {adjust} }}\ncooldown = \"{}s\"\n[[alarm]]\nname = \"{name}\"\n\
             metric = \"{metric}\"\ncomparison = \"{comparison}\"\nthreshold = {threshold}\nperiod = \"60s\"\ntimes = 2\n\
             action = \"{name}\"\n",
            case.cooldown
        );
    }
    text
}

fn run(case: &Case, controller: &mut dyn Controller) -> Replay {
    let loads = case.loads.clone();
    let metrics = At(move |from| Some(loads[(from / 300) as usize % loads.len()]));
    let fleet = OpenLoopFleet { launch: seconds(case.launch), removal: seconds(case.removal) };
    let incidents: Vec<_> = case.losses.iter().map(|(t, instance)| (at(*t), lost(*instance))).collect();
    replay_with_incidents(controller, &metrics, case.min + case.spare, fleet, at(7200), &incidents)
}

fn check(case: &Case, replay: &Replay, min: u32, max: u32) -> Result<(), TestCaseError> {
    for (t, desired) in &replay.desired {
        prop_assert!((min..=max).contains(desired), "desired {desired} at {t} outside of {min}..={max}");
    }
    for activity in replay.activities.iter().filter(|a| a.id.is_some()) {
        prop_assert!(activity.to <= max || activity.to < activity.from, "{activity:?}");
        prop_assert!(activity.to >= min || activity.to > activity.from, "{activity:?}");
        prop_assert!(activity.from != activity.to, "an activity that changes nothing: {activity:?}");
        if activity.end.is_some() {
            prop_assert_eq!(activity.status.outcome, ActivityOutcome::Successful);
        }
    }
    if case.losses.is_empty() {
        for (t, n) in &replay.in_service {
            prop_assert!(*n <= max && *n >= min, "{n} in service at {t} outside of {min}..={max}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn cloud_capacity_stays_within_its_bounds(case in cases()) {
        let (min, max) = (case.min, (case.min + case.spare + case.above).max(1));
        let config = ess(&text(&case, "rule", "CpuUtilization"));
        check(&case, &run(&case, &mut *ess_controller(&config)), min, max)?;
        let config = aws(&text(&case, "policy", "CPUUtilization"));
        check(&case, &run(&case, &mut *aws_controller(&config)), min, max)?;
        let mut config = tencent(&text(&case, "policy", "CPU_UTILIZATION"));
        config.lenient = true;
        check(&case, &run(&case, &mut *tencent_controller(&config)), min, max)?;
    }

    /// A controller is a state machine of its own: noise from the fleet about strangers does not disturb it.
    #[test]
    fn cloud_unknown_instances_are_ignored(instance in 100u32..200) {
        let config = ess("min = 1\nmax = 4\ndesired = 2");
        let incidents = [(at(10), lost(instance)), (at(20), Notice::Lost { instance: windtunnel_sim::controllers::decision::InstanceId(instance) })];
        let replay = replay_with_incidents(&mut *ess_controller(&config), &constant(0.0), 2, slow_fleet(), at(600), &incidents);
        prop_assert!(replay.activities.is_empty());
    }
}
