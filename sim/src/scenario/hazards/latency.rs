//! How late a policy notices, against how long the objective may be missed.

use super::numbers::Numbers;
use super::view::Group;
use super::{Findings, round};
use crate::scenario::Scenario;

/// From the end of a period until an alarm on it may act: its publication and evaluation, in seconds.
fn delay(group: &Group, scenario: &Scenario) -> f64 {
    let laws = &scenario.laws;
    let published = [&laws.metric_delay, &laws.publication.instances];
    let published: f64 = published.into_iter().flatten().map(|law| law.mean_nanos() / 1e9).sum();
    group.alarm_delay.as_secs_f64() + published
}

/// How long the objective may be missed, in seconds.
fn budget(scenario: &Scenario) -> f64 {
    (1.0 - scenario.file.slo.available.as_f64()) * scenario.horizon.as_secs_f64()
}

/// True when an alarm on periods of so many seconds together comes later than the objective may be missed.
pub(super) fn is_late(window: f64, group: &Group, scenario: &Scenario) -> bool {
    window + delay(group, scenario) > budget(scenario)
}

/// From a rise of load until the alarm, at the earliest: periods that must breach and the delay of the evaluation.
pub(super) fn check(group: &Group, numbers: &Numbers, scenario: &Scenario, findings: &mut Findings<'_>) {
    let alarms = group.pairs().filter(|(alarm, rule)| alarm.comparison.is_upward() && rule.adds());
    let by_alarm = alarms.map(|(alarm, _)| (alarm.path.clone(), alarm.name.clone(), alarm.window().as_secs_f64()));
    let by_target = group.tracking().map(|(rule, track)| {
        let window = track.period * u64::from(track.out_times);
        (format!("{}.target", rule.path), rule.name.clone(), window.as_secs_f64())
    });
    let mut all: Vec<(String, String, f64)> = by_alarm.chain(by_target).collect();
    all.sort_by(|a, b| a.2.total_cmp(&b.2));
    // The quickest alarm decides; slower ones beside it do no harm.
    let Some((path, name, window)) = all.into_iter().next() else { return };
    if !is_late(window, group, scenario) {
        return;
    }
    let (latency, budget) = (window + delay(group, scenario), budget(scenario));
    findings.add(
        "G01",
        &path,
        format!(
            "`{name}` is raised {} s after load has risen at the earliest, and a new instance serves {} s later; the objective of \
             {} % allows {} s of failure in {}",
            round(latency),
            round(numbers.ready.serving),
            scenario.file.slo.available.as_f64() * 100.0,
            round(budget),
            scenario.horizon
        ),
        "shorter or fewer periods; or headroom (a lower threshold, a higher min) for what comes before the alarm",
    );
}
