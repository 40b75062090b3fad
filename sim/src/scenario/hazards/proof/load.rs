//! Proofs about sizes and bounds: totals, overshoots, flapping, peaks, zones, retries, one-way policies.

use super::super::capacity;
use super::super::numbers::Numbers;
use super::super::view::{Does, Group};
use super::super::{Finding, round};
use super::{Plan, constant, horizon, max_key, starting_with, step};
use crate::controllers::cloud::Provider;
use crate::scenario::Scenario;

/// Constant traffic just above the threshold: the group goes to its maximum, whatever it needs.
pub(super) fn total(finding: &Finding, group: &Group, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let alarm = group.alarms.iter().find(|alarm| finding.path.starts_with(&alarm.path))?;
    let threshold = match alarm.metric {
        Some(crate::controllers::decision::Metric::RequestCount) => alarm.threshold / alarm.period.as_secs_f64(),
        _ => alarm.threshold,
    };
    let rate = threshold * 1.1;
    let per_instance = threshold / numbers.units_for(rate).max(f64::from(min)).max(1.0);
    let name = match group.provider {
        Provider::Tencent => return None,
        _ => "QPSPerInstance",
    };
    Some(Plan {
        metric: "mean_in_service",
        setting: format!(
            "4 hours of constant {} requests/s; {} {}s would do, {max} are allowed",
            round(rate),
            round(numbers.units_for(rate)),
            numbers.unit
        ),
        both: vec![constant(rate), horizon("4h")],
        cure: format!("QPSPerInstance > {} instead", round(per_instance * 1.2)),
        cured: vec![
            format!("{}.metric=\"{name}\"", alarm.path),
            format!("{}.threshold={:.3}", alarm.path, per_instance * 1.2),
            format!("{}.statistic=\"average\"", alarm.path),
        ],
    })
}

/// A step of load that one activity answers: what the cooldown adds beyond it is too much.
pub(super) fn overshoot(finding: &Finding, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let (min, max) = (group.min, group.max);
    let rule = group.rules.iter().find(|rule| finding.path.starts_with(&rule.path))?;
    let enough = rule.applied_to(min.max(1), true)?.min(f64::from(max));
    let base = 0.3 * f64::from(min.max(1)) * numbers.limit_per_unit;
    // At 60 % with the instances of one activity.
    let peak = (0.6 * enough * numbers.limit_per_unit).max(base * 1.5);
    Some(Plan {
        metric: "peak_in_service",
        setting: format!(
            "2 hours; after 20 min a step from {} to {} requests/s, which {} {}s serve at 60 %",
            round(base),
            round(peak),
            round(enough),
            numbers.unit
        ),
        both: [vec![step(base, peak, "20m", "10h"), horizon("2h")], starting_with(scenario, f64::from(min))].concat(),
        cure: format!("cooldown = \"{}s\"", round(libm::ceil(numbers.ready.serving * 2.0))),
        cured: vec![format!("{}.cooldown=\"{:.0}s\"", rule.path, libm::ceil(numbers.ready.serving * 2.0))],
    })
}

/// Constant traffic at which no size is right for both thresholds.
pub(super) fn flapping(finding: &Finding, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = group.alarms.iter().find(|alarm| finding.path.starts_with(&alarm.path))?;
    let other = group
        .alarms
        .iter()
        .find(|other| other.metric == alarm.metric && other.comparison.is_upward() != alarm.comparison.is_upward())?;
    let (low, high) = if alarm.comparison.is_upward() { (other, alarm) } else { (alarm, other) };
    if low.metric != Some(crate::controllers::decision::Metric::CpuUtilization) {
        return None;
    }
    let n = f64::from((group.min + 1).min(group.max));
    let rate = 0.97 * low.threshold.min(high.threshold) / 100.0 * n * numbers.cores / numbers.cpu;
    let safe = (low.threshold.min(high.threshold) * 0.4).max(1.0);
    Some(Plan {
        metric: "scale_outs",
        setting: format!(
            "12 hours of constant {} requests/s: {} % with {} {}s",
            round(rate),
            round(0.97 * low.threshold.min(high.threshold)),
            round(n),
            numbers.unit
        ),
        both: [vec![constant(rate), horizon("12h")], starting_with(scenario, n)].concat(),
        cure: format!("a scale-in threshold of {}", round(safe)),
        cured: vec![format!("{}.threshold={safe:.3}", low.path)],
    })
}

/// The peak as it is, held for an hour.
pub(super) fn peak(scenario: &Scenario, numbers: &Numbers, max: u32) -> Option<Plan> {
    let traffic = numbers.traffic.as_ref()?;
    let enough = numbers.units_for(traffic.peak) + 1.0;
    let key = max_key(scenario)?;
    let mut cured = vec![format!("{key}={enough:.0}")];
    let mut both = vec![constant(traffic.peak), horizon("1h")];
    both.extend(starting_with(scenario, f64::from(max)));
    cured.extend(starting_with(scenario, enough));
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "an hour of the peak, {} requests/s, from the start with all {max} {}s",
            round(traffic.peak),
            numbers.unit
        ),
        both,
        cure: format!("a maximum of {}", round(enough)),
        cured,
    })
}

/// Capacity is taken down by hand while requests are inside.
pub(super) fn cut(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    if min == max {
        return None;
    }
    let rate = 0.8 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let event = |turn: u32| {
        let desired = if turn.is_multiple_of(2) { min } else { max };
        format!("{{ at = \"{}m\", kind = \"set-capacity\", desired = {desired} }}", 10 * (turn + 1))
    };
    let events: Vec<String> = (0..5).map(event).collect();
    let longest =
        scenario.file.service.timeout.map_or(60.0, windtunnel_traces::SimDuration::as_secs_f64).clamp(1.0, 3600.0);
    let mut both = vec![constant(rate), horizon("1h"), format!("event=[{}]", events.join(", "))];
    both.extend(starting_with(scenario, f64::from(max)));
    Some(Plan {
        metric: "requests_failed",
        setting: format!(
            "an hour of {} requests/s; every ten minutes the capacity is set from {max} to {min} or back by hand",
            round(rate)
        ),
        both,
        cure: format!("balancer.drain = \"{longest:.0}s\""),
        cured: vec![format!("balancer.drain=\"{longest:.0}s\"")],
    })
}

/// A zone fails for ten minutes at the peak.
pub(super) fn zone(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let table = max_key(scenario)?.strip_suffix(".max")?;
    let traffic = numbers.traffic.as_ref()?;
    let zones = f64::from(scenario.file.fleet.zones);
    if zones < 2.0 {
        return None;
    }
    let usual = capacity::running_at(traffic.peak, scenario, numbers, min, max);
    let safe = libm::ceil(numbers.units_for(traffic.peak) * zones / (zones - 1.0));
    let mut cured = vec![format!("{table}.max={:.0}", safe.max(f64::from(max)))];
    cured.extend(starting_with(scenario, safe));
    let mut cure = format!("{} instances", round(safe));
    if let Some((key, spread)) = capacity::fills_one_zone(scenario) {
        cured.push(format!("{key}=\"{spread}\""));
        cure.push_str(", spread over the zones");
    }
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "40 minutes of the peak, {} requests/s, with {} instances; zone 0 fails after ten minutes, for ten",
            round(traffic.peak),
            round(usual)
        ),
        both: [
            vec![
                constant(traffic.peak),
                horizon("40m"),
                "event=[{ at = \"10m\", kind = \"zone-outage\", zone = 0, lasts = \"10m\" }]".to_string(),
            ],
            starting_with(scenario, usual),
        ]
        .concat(),
        cure,
        cured,
    })
}

/// Half an hour at the usual load, two minutes of three times as much, half an hour at the usual load again.
pub(super) fn metastable(numbers: &Numbers, max: u32) -> Option<Plan> {
    let traffic = numbers.traffic.as_ref()?;
    let rate = traffic.peak.min(0.7 * f64::from(max) * numbers.limit_per_unit);
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "40 minutes of {} requests/s, with three times as much for two minutes after ten",
            round(rate)
        ),
        both: vec![step(rate, 3.0 * rate, "10m", "2m"), horizon("40m")],
        cure: "no retries".to_string(),
        cured: vec!["service.retry.attempts=1".to_string()],
    })
}

/// Load that comes and goes: what never scales back stays, what never scales out suffers.
fn comes_and_goes(
    suffers: bool,
    scenario: &Scenario,
    group: &Group,
    numbers: &Numbers,
    (cure, cured): (String, Vec<String>),
) -> Plan {
    let peak = 0.7 * f64::from(group.max) * numbers.limit_per_unit;
    let base = 0.1 * f64::from(group.min.max(1)) * numbers.limit_per_unit;
    Plan {
        metric: if suffers { "slo_violating_request_fraction" } else { "mean_in_service" },
        setting: format!("4 hours: one of {} requests/s, from {} and back", round(peak), round(base)),
        both: [vec![step(base, peak, "30m", "1h"), horizon("4h")], starting_with(scenario, f64::from(group.min))]
            .concat(),
        cure,
        cured,
    }
}

/// G12: a rule for the way that is missing, and an alarm for it, beside those that there are.
pub(super) fn one_way(finding: &Finding, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let never_adds = finding.message.contains("ever adds");
    let (comparison, threshold, change) = if never_adds { (">", 60, 2) } else { ("<", 20, -1) };
    let (rules, metric) = match group.provider {
        Provider::Ess => ("rule", "CpuUtilization"),
        Provider::Aws => ("policy", "CPUUtilization"),
        Provider::Tencent => ("policy", "CPU_UTILIZATION"),
    };
    let rule = format!("name = \"cure\"\nadjust = {{ change = {change} }}\ncooldown = \"300s\"");
    let alarm = format!(
        "name = \"cure\"\nmetric = \"{metric}\"\ncomparison = \"{comparison}\"\nthreshold = {threshold}\nperiod = \"60s\"\n\
         times = 3\naction = \"cure\""
    );
    let cured = vec![appended(scenario, group.table, rules, &rule)?, appended(scenario, group.table, "alarm", &alarm)?];
    let cure = format!("an alarm on CPU {comparison} {threshold} % that changes the group by {change}");
    Some(comes_and_goes(never_adds, scenario, group, numbers, (cure, cured)))
}

/// An array of the policy's tables with one more, as an assignment.
fn appended(scenario: &Scenario, table: &str, key: &str, element: &str) -> Option<String> {
    let file = toml::Table::try_from(&scenario.file).ok()?;
    let mut elements = file.get(table)?.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    elements.push(toml::Value::Table(element.parse().ok()?));
    Some(format!("{table}.{key}={}", toml::Value::Array(elements)))
}

/// A01: the same adjustment, from the threshold on.
pub(super) fn steps(finding: &Finding, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let rule = group.rules.iter().find(|rule| finding.path.starts_with(&rule.path))?;
    let Does::Steps(steps) = &rule.does else { return None };
    let (alarm, _) = group.pairs().find(|(_, invoked)| invoked.name == rule.name)?;
    let bound = if alarm.comparison.is_upward() { "lower" } else { "upper" };
    let adjust = toml::Value::try_from(steps.first()?.adjust).ok()?;
    let cure = (
        format!("the step begins at the threshold: {bound} = 0"),
        vec![format!("{}.step=[{{ {bound} = 0, adjust = {adjust} }}]", rule.path)],
    );
    Some(comes_and_goes(rule.adds(), scenario, group, numbers, cure))
}
