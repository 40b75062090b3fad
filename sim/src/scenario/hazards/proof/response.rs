//! Proofs about alarms and limits: what comes too late, not at all, or the wrong way round. Each cure takes away just what
//! the finding complains of.

use super::super::numbers::Numbers;
use super::super::round;
use super::super::view::{Alarm, Group};
use super::{Plan, constant, horizon, max_key, step};
use crate::scenario::Scenario;

const SUFFERS: &str = "slo_violating_request_fraction";
const GROWS: &str = "mean_in_service";

/// The alarm that a finding's path names.
fn alarm_at<'g>(path: &str, group: &'g Group) -> Option<&'g Alarm> {
    group.alarms.iter().find(|alarm| path == alarm.path || path.starts_with(&format!("{}.", alarm.path)))
}

/// Two hours: a step from what the minimum serves at 40 % to what it cannot serve, and the maximum can.
fn rise(numbers: &Numbers, min: u32, max: u32) -> (String, String) {
    let least = f64::from(min.max(1));
    let base = 0.4 * least * numbers.limit_per_unit;
    let peak = (0.6 * f64::from(max)).min(1.8 * least).max(0.5 * least) * numbers.limit_per_unit;
    let setting = format!("2 hours; after 20 min a step from {} to {} requests/s", round(base), round(peak));
    (setting, step(base, peak, "20m", "10h"))
}

fn rising(group: &Group, numbers: &Numbers, metric: &'static str, cure: String, cured: Vec<String>) -> Plan {
    let (setting, trace) = rise(numbers, group.min, group.max);
    let both = vec![trace, horizon("2h"), format!("{}.desired={}", group.table, group.min)];
    Plan { metric, setting, both, cure, cured }
}

/// Constant traffic from a size on, which a policy in order keeps or leaves at once.
fn steady(group: &Group, numbers: &Numbers, share: f64, size: u32, cure: String, cured: Vec<String>) -> Plan {
    let rate = share * f64::from(size.max(1)) * numbers.limit_per_unit;
    let metric = if size == group.max { SUFFERS } else { GROWS };
    Plan {
        metric,
        setting: format!("4 hours of constant {} requests/s, from {size} {}s on", round(rate), numbers.unit),
        both: vec![constant(rate), horizon("4h"), format!("{}.desired={size}", group.table)],
        cure,
        cured,
    }
}

/// G01: the shortest period, once; where it is that already, headroom.
pub(super) fn late(path: &str, group: &Group, numbers: &Numbers) -> Plan {
    let slow = alarm_at(path, group).filter(|alarm| alarm.window().as_secs_f64() > 60.0);
    match slow {
        Some(alarm) => {
            let mut cured = vec![format!("{}.period=\"60s\"", alarm.path), format!("{}.times=1", alarm.path)];
            if group.table == "aws" {
                cured.push(format!("{}.datapoints_to_alarm=1", alarm.path));
            }
            rising(group, numbers, SUFFERS, "period = \"60s\", times = 1".to_string(), cured)
        }
        None => {
            let more = (2 * group.min.max(1)).min(group.max);
            let cured = vec![format!("{}.min={more}", group.table), format!("{}.desired={more}", group.table)];
            rising(group, numbers, SUFFERS, format!("headroom: min = {more}"), cured)
        }
    }
}

/// G05: as many attempts as the boot may ask for.
pub(super) fn patience(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let stage = scenario.laws.boot.iter().find(|stage| path == format!("boot.{}.poll", stage.name))?;
    let (every, _) = stage.poll?;
    let mean = stage.time.mean_nanos() / 1e9;
    let attempts = libm::ceil(mean * (1.0 + 3.0 * stage.time.cv()) / every.as_secs_f64()) + 1.0;
    let cured = vec![format!("{path}.attempts={attempts:.0}")];
    Some(rising(group, numbers, SUFFERS, format!("attempts = {attempts:.0}"), cured))
}

/// S24: a health check of the balancer.
pub(super) fn early(group: &Group, numbers: &Numbers) -> Plan {
    let cured = vec!["balancer.health={ every = \"5s\", healthy = 2 }".to_string()];
    rising(group, numbers, SUFFERS, "a health check of the balancer each 5 s".to_string(), cured)
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
pub(super) fn disabled(path: &str, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group).filter(|alarm| !alarm.is_enabled && !alarm.actions.is_empty())?;
    let cured = vec![format!("{}.enabled=true", alarm.path)];
    let metric = if alarm.comparison.is_upward() { SUFFERS } else { GROWS };
    Some(rising(group, numbers, metric, "enabled = true".to_string(), cured))
}

/// G13: at high load instances leave, at low load they come; without the alarm they do not.
pub(super) fn reversed(path: &str, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let (share, size) = if alarm.comparison.is_upward() { (0.85, group.max) } else { (0.05, group.min) };
    let cured = vec![format!("{}.enabled=false", alarm.path)];
    Some(steady(group, numbers, share, size, format!("`{}` disabled", alarm.name), cured))
}

/// G14: a threshold that utilization can reach, or one in percent.
pub(super) fn reachable(path: &str, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let is_share = alarm.threshold > 0.0 && alarm.threshold <= 1.0;
    let threshold = if is_share {
        100.0 * alarm.threshold
    } else if alarm.comparison.is_upward() {
        60.0
    } else {
        20.0
    };
    let cured = vec![format!("{}.threshold={threshold:.3}", alarm.path)];
    let cure = format!("a threshold of {}", round(threshold));
    Some(match (is_share, alarm.comparison.is_upward()) {
        (true, _) => steady(group, numbers, 0.2, group.min, cure, cured),
        (false, true) => rising(group, numbers, SUFFERS, cure, cured),
        (false, false) => {
            let plan = steady(group, numbers, 0.02, group.max, cure, cured);
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

/// S27: traffic in total above its threshold, on so many instances that the other metric is below its own.
pub(super) fn fight(path: &str, message: &str, group: &Group) -> Option<Plan> {
    let adds = alarm_at(path, group).filter(|alarm| alarm.comparison.is_upward())?;
    let named = |alarm: &&Alarm| message.contains(&format!("while `{}` (", alarm.name));
    let removes = group.alarms.iter().find(named)?;
    let per_second = match adds.metric {
        Some(crate::controllers::decision::Metric::RequestCount) => adds.threshold / adds.period.as_secs_f64(),
        _ => adds.threshold,
    };
    Some(Plan {
        metric: "scale_ins",
        setting: format!(
            "12 hours of constant {} requests/s, from {} instances on",
            round(1.1 * per_second),
            group.max
        ),
        both: vec![constant(1.1 * per_second), horizon("12h"), format!("{}.desired={}", group.table, group.max)],
        cure: format!("`{}` disabled", removes.name),
        cured: vec![format!("{}.enabled=false", removes.path)],
    })
}

/// A02: samples as often as the shortest period asks.
pub(super) fn sampled(group: &Group, numbers: &Numbers) -> Plan {
    rising(group, numbers, SUFFERS, "sensors.every = \"60s\"".to_string(), vec!["sensors.every=\"60s\"".to_string()])
}

/// A03: the metric is missing for half an hour.
pub(super) fn gap(path: &str, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = alarm_at(path, group)?;
    let upward = alarm.comparison.is_upward();
    let size = if upward { group.min } else { group.max };
    let cured = vec![format!("{}.missing=\"missing\"", alarm.path)];
    let mut plan = steady(group, numbers, 0.6, size, "missing = \"missing\"".to_string(), cured);
    plan.setting.push_str("; after an hour, the metrics are missing for half an hour");
    plan.both.push("event=[{ at = \"1h\", kind = \"metrics-outage\", lasts = \"30m\" }]".to_string());
    Some(plan)
}

/// H03, when the band ends beyond what a pod can use: a limit above it.
pub(super) fn band(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let node = scenario.file.instance.cores.as_f64();
    let limit = (2.0 * numbers.cores).min(node);
    if limit <= numbers.cores {
        return None;
    }
    let (setting, trace) = rise(numbers, min, max);
    Some(Plan {
        metric: SUFFERS,
        setting,
        both: vec![trace, horizon("2h")],
        cure: format!("a cpu limit of {}m", round(1000.0 * limit)),
        cured: vec![format!("pods.cpu.limit=\"{:.0}m\"", 1000.0 * limit)],
    })
}

/// H05: the default rules of scaleUp; the load rises as far as this traffic may.
pub(super) fn limits(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    scenario.file.hpa.as_ref()?.spec.as_ref()?;
    let base = 0.3 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let peak = 0.5 * f64::from(max) * numbers.limit_per_unit;
    let default = "{ stabilizationWindowSeconds = 0, policies = [{ type = \"Percent\", value = 100, periodSeconds = 15 }, \
                   { type = \"Pods\", value = 4, periodSeconds = 15 }] }";
    Some(Plan {
        metric: SUFFERS,
        setting: format!("2 hours; after 20 min a step from {} to {} requests/s", round(base), round(peak)),
        both: vec![step(base, peak, "20m", "10h"), horizon("2h")],
        cure: "the default rules of scaleUp".to_string(),
        cured: vec![format!("hpa.spec.behavior.scaleUp={default}")],
    })
}

/// H06: one dip of two minutes.
pub(super) fn dips(scenario: &Scenario, numbers: &Numbers, max: u32) -> Option<Plan> {
    scenario.file.hpa.as_ref()?.spec.as_ref()?;
    let rate = 0.1 * f64::from(max) * numbers.limit_per_unit;
    Some(Plan {
        metric: "scale_ins",
        setting: format!(
            "40 minutes of {} requests/s, but for two minutes of {} after 30",
            round(rate),
            round(0.4 * rate)
        ),
        both: vec![step(rate, 0.4 * rate, "30m", "2m"), horizon("40m")],
        cure: "stabilizationWindowSeconds = 300".to_string(),
        cured: vec!["hpa.spec.behavior.scaleDown.stabilizationWindowSeconds=300".to_string()],
    })
}

/// H08: nodes for all pods.
pub(super) fn pending(path: &str, numbers: &Numbers, max: u32) -> Plan {
    let rate = 0.7 * f64::from(max) * numbers.limit_per_unit;
    Plan {
        metric: SUFFERS,
        setting: format!("an hour of {} requests/s, which {max} pods serve at 70 %", round(rate)),
        both: vec![constant(rate), horizon("1h")],
        cure: format!("{max} nodes"),
        cured: vec![format!("{path}={max}")],
    }
}
