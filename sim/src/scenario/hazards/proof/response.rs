//! Proofs about alarms and limits: what comes too late, not at all, or the wrong way round. Each cure takes away just what
//! the finding complains of.

use super::super::latency;
use super::super::numbers::Numbers;
use super::super::round;
use super::super::view::{Alarm, Group};
use super::{Plan, constant, horizon, max_key, starting_with, step};
use crate::controllers::decision::Metric;
use crate::scenario::Scenario;

pub(super) const SUFFERS: &str = "slo_violating_request_fraction";
pub(super) const GROWS: &str = "mean_in_service";

/// The alarm that a finding's path names.
pub(super) fn alarm_at<'g>(path: &str, group: &'g Group) -> Option<&'g Alarm> {
    group.alarms.iter().find(|alarm| path == alarm.path || path.starts_with(&format!("{}.", alarm.path)))
}

/// Two hours: a step from what the minimum serves at 40 % to what it cannot serve, and the maximum can.
pub(super) fn rise(numbers: &Numbers, min: u32, max: u32) -> (String, String) {
    let least = f64::from(min.max(1));
    let base = 0.4 * least * numbers.limit_per_unit;
    let peak = (0.6 * f64::from(max)).min(1.8 * least).max(0.5 * least) * numbers.limit_per_unit;
    let setting = format!("2 hours; after 20 min a step from {} to {} requests/s", round(base), round(peak));
    (setting, step(base, peak, "20m", "10h"))
}

/// The rise, met by the smallest group.
pub(super) fn rising(
    scenario: &Scenario,
    group: &Group,
    numbers: &Numbers,
    metric: &'static str,
    (cure, cured): (String, Vec<String>),
) -> Plan {
    let (setting, trace) = rise(numbers, group.min, group.max);
    let both = [vec![trace, horizon("2h")], starting_with(scenario, f64::from(group.min))].concat();
    Plan { metric, setting, both, cure, cured }
}

/// Constant traffic from a size on, which a policy in order keeps or leaves at once.
fn steady(
    scenario: &Scenario,
    group: &Group,
    numbers: &Numbers,
    (share, size): (f64, u32),
    (cure, cured): (String, Vec<String>),
) -> Plan {
    let rate = share * f64::from(size.max(1)) * numbers.limit_per_unit;
    let metric = if size == group.max { SUFFERS } else { GROWS };
    Plan {
        metric,
        setting: format!("4 hours of constant {} requests/s, from {size} {}s on", round(rate), numbers.unit),
        both: [vec![constant(rate), horizon("4h")], starting_with(scenario, f64::from(size))].concat(),
        cure,
        cured,
    }
}

/// G01: the shortest period, once; where it is that already, headroom.
pub(super) fn late(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let slow = alarm_at(path, group).filter(|alarm| alarm.window().as_secs_f64() > 60.0);
    let cure = match slow {
        Some(alarm) => {
            let mut cured = vec![format!("{}.period=\"60s\"", alarm.path), format!("{}.times=1", alarm.path)];
            if group.table == "aws" {
                cured.push(format!("{}.datapoints_to_alarm=1", alarm.path));
            }
            ("period = \"60s\", times = 1".to_string(), cured)
        }
        None if !latency::is_late(60.0, group, scenario) => return None,
        None => {
            let more = (2 * group.min.max(1)).min(group.max);
            let mut cured = vec![format!("{}.min={more}", group.table)];
            cured.extend(starting_with(scenario, f64::from(more)));
            (format!("headroom: min = {more}"), cured)
        }
    };
    Some(rising(scenario, group, numbers, SUFFERS, cure))
}

/// G05: as many attempts as the boot may ask for.
pub(super) fn patience(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let stage = scenario.laws.boot.iter().find(|stage| path == format!("boot.{}.poll", stage.name))?;
    let (every, _) = stage.poll?;
    let mean = stage.time.mean_nanos() / 1e9;
    let attempts = libm::ceil(mean * (1.0 + 3.0 * stage.time.cv()) / every.as_secs_f64()) + 1.0;
    let cured = vec![format!("{path}.attempts={attempts:.0}")];
    Some(rising(scenario, group, numbers, SUFFERS, (format!("attempts = {attempts:.0}"), cured)))
}

/// G08: room to grow.
pub(super) fn room(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let key = max_key(scenario)?;
    let more = 3 * max.max(1);
    let (setting, trace) = rise(numbers, min, more);
    Some(Plan {
        metric: SUFFERS,
        setting,
        both: vec![trace, horizon("2h")],
        cure: format!("a maximum of {more}"),
        cured: vec![format!("{key}={more}")],
    })
}

/// G10: the same alarm, enabled.
pub(super) fn disabled(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group).filter(|alarm| !alarm.actions.is_empty())?;
    let cure = ("enabled = true".to_string(), vec![format!("{}.enabled=true", alarm.path)]);
    Some(if alarm.comparison.is_upward() {
        rising(scenario, group, numbers, SUFFERS, cure)
    } else {
        let plan = steady(scenario, group, numbers, (0.05, group.max), cure);
        Plan { metric: GROWS, ..plan }
    })
}

/// G13: at high load instances leave, at low load they come; without the alarm they do not.
pub(super) fn reversed(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let at = if alarm.comparison.is_upward() { (0.85, group.max) } else { (0.05, group.min) };
    let cure = (format!("`{}` disabled", alarm.name), vec![format!("{}.enabled=false", alarm.path)]);
    Some(steady(scenario, group, numbers, at, cure))
}

/// G14: a threshold that utilization can reach, or one in percent.
pub(super) fn reachable(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let is_share = alarm.threshold > 0.0 && alarm.threshold <= 1.0;
    let threshold = if is_share {
        100.0 * alarm.threshold
    } else if alarm.comparison.is_upward() {
        60.0
    } else {
        20.0
    };
    let cure =
        (format!("a threshold of {}", round(threshold)), vec![format!("{}.threshold={threshold:.3}", alarm.path)]);
    Some(match (is_share, alarm.comparison.is_upward()) {
        (true, _) => steady(scenario, group, numbers, (0.2, group.min), cure),
        (false, true) => rising(scenario, group, numbers, SUFFERS, cure),
        (false, false) => {
            let plan = steady(scenario, group, numbers, (0.02, group.max), cure);
            Plan { metric: GROWS, ..plan }
        }
    })
}

/// G15: next to no load, so that the objective alone decides.
pub(super) fn objective(numbers: &Numbers, min: u32) -> Plan {
    let rate = 0.1 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let longer = 4.0 * (numbers.cpu + numbers.wait);
    Plan {
        metric: SUFFERS,
        setting: format!("half an hour of {} requests/s, a tenth of what the minimum serves", round(rate)),
        both: vec![constant(rate), horizon("30m")],
        cure: format!("an objective of {} ms", round(1000.0 * longer)),
        cured: vec![format!("slo.latency=\"{:.0}ms\"", libm::ceil(1000.0 * longer))],
    }
}

/// S27: traffic above the threshold that adds, on so many instances that CPU is below the one that removes. From the
/// maximum nothing can be added before something was removed: each scale-out is a turn of the fight.
pub(super) fn fight(path: &str, message: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let adds = alarm_at(path, group).filter(|alarm| alarm.comparison.is_upward())?;
    let named = |alarm: &&Alarm| message.contains(&format!("while `{}` (", alarm.name));
    let removes = group.alarms.iter().find(named)?;
    let most = f64::from(group.max);
    let threshold = match adds.metric? {
        Metric::RequestCount => adds.threshold / adds.period.as_secs_f64(),
        Metric::RequestRatePerInstance => adds.threshold * most,
        Metric::RequestCountPerTarget => adds.threshold * most / 60.0,
        _ => adds.threshold,
    };
    // The middle of the band where both alarms hold, and not further than a tenth above the threshold that adds.
    let band = match removes.metric? {
        Metric::CpuUtilization => removes.threshold / numbers.utilization(1.0, most) - threshold,
        _ => f64::INFINITY,
    };
    let above = if band > 0.0 { (0.5 * band).min(0.1 * threshold) } else { 0.1 * threshold };
    let rate = threshold + above;
    Some(Plan {
        metric: "scale_outs",
        setting: format!("12 hours of constant {} requests/s, from all {} instances on", round(rate), group.max),
        both: [vec![constant(rate), horizon("12h")], starting_with(scenario, most)].concat(),
        cure: format!("`{}` disabled", removes.name),
        cured: vec![format!("{}.enabled=false", removes.path)],
    })
}

/// A02: samples as often as the shortest period asks.
pub(super) fn sampled(scenario: &Scenario, group: &Group, numbers: &Numbers) -> Plan {
    let often = "sensors.every=\"60s\"".to_string();
    rising(scenario, group, numbers, SUFFERS, ("sensors.every = \"60s\"".to_string(), vec![often]))
}

/// A03: the metric is missing for half an hour, at a load at which the alarm has nothing to say.
pub(super) fn gap(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let threshold = alarm.threshold / 100.0;
    let upward = alarm.comparison.is_upward();
    let at =
        if upward { ((0.6 * threshold).min(0.6), group.min) } else { ((1.5 * threshold).clamp(0.6, 0.9), group.max) };
    let cure = ("missing = \"missing\"".to_string(), vec![format!("{}.missing=\"missing\"", alarm.path)]);
    let plan = steady(scenario, group, numbers, at, cure);
    let mut plan = Plan { metric: if upward { "scale_outs" } else { "scale_ins" }, ..plan };
    plan.setting.push_str("; after an hour, the metrics are missing for half an hour");
    plan.both.push("event=[{ at = \"1h\", kind = \"metrics-outage\", lasts = \"30m\" }]".to_string());
    Some(plan)
}
