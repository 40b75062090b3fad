//! Proofs about what a vendor's group does with alarms: each instance by itself, silence, one lock for both directions,
//! health that nobody looks at, policies that wait for each other.

use super::super::numbers::Numbers;
use super::super::round;
use super::super::view::{Alarm, Group};
use super::response::{GROWS, SUFFERS, alarm_at, rising};
use super::{Plan, constant, horizon, starting_with, step};
use crate::controllers::decision::Metric;
use crate::scenario::{Policy, Scenario};

/// Alarms of ESS that CloudMonitor evaluates; the one at `path`, or else the first.
fn of_cloudmonitor<'g>(path: &str, scenario: &Scenario, group: &'g Group) -> Option<&'g Alarm> {
    let Policy::Ess(config) = &scenario.policy else { return None };
    let is_rule = |alarm: &&Alarm| {
        config.alarm.iter().any(|known| {
            known.name == alarm.name && known.kind == crate::controllers::cloud::ess::EssAlarmKind::CmsRule
        })
    };
    alarm_at(path, group).or_else(|| group.alarms.iter().find(is_rule)).filter(|alarm| alarm.is_enabled)
}

/// S08: a load at which the mean of the group stays below the threshold, and single instances do not. The mean of n
/// instances scatters by 1/√n of what one does; so many of its standard deviations below that `times` periods in a row
/// above are never met in a day, single instances meet them.
pub(super) fn each_instance(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = of_cloudmonitor(path, scenario, group)?;
    if alarm.metric != Some(Metric::CpuUtilization) || !alarm.comparison.is_upward() || alarm.threshold > 100.0 {
        return None;
    }
    let size = f64::from(group.max.saturating_sub(1).min(20).max(group.min));
    let each = alarm.threshold / 100.0 * numbers.cores / numbers.cpu;
    let scatter = libm::sqrt((1.0 + squared_cv(scenario)) / (each * alarm.period.as_secs_f64()).max(8.0));
    let deviations = 4.2 / libm::sqrt(f64::from(alarm.times.max(1)) * size);
    let share = 1.0 - deviations * scatter;
    let rate = each * size * share;
    let hours = (MANY / rate / 3_600.0).clamp(2.0, 24.0);
    Some(Plan {
        metric: "scale_outs",
        setting: format!(
            "{} hours of constant {} requests/s, balanced at random over {size} instances: {} % of CPU in the mean",
            round(libm::round(hours)),
            round(rate),
            round(alarm.threshold * share)
        ),
        both: [
            vec![constant(rate), horizon(&format!("{hours:.0}h")), "balancer.algorithm=\"random\"".to_string()],
            starting_with(scenario, size),
        ]
        .concat(),
        cure: "kind = \"event-triggered-task\", which looks at the mean of the group".to_string(),
        cured: vec![format!("{}.kind=\"event-triggered-task\"", alarm.path)],
    })
}

/// Requests of a run that are simulated one by one.
const MANY: f64 = 20e6;

/// How much the core time of requests scatters, over their classes.
fn squared_cv(scenario: &Scenario) -> f64 {
    let classes = &scenario.laws.classes;
    let weights: f64 = classes.iter().map(|class| class.weight).sum();
    classes.iter().map(|class| class.weight * class.cpu.cv() * class.cpu.cv()).sum::<f64>() / weights
}

/// S09: two rises of load within a day. The instances that were there at the first have spoken, and keep silent at the
/// second.
pub(super) fn silent(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = of_cloudmonitor(path, scenario, group)?;
    let cure = ("silence_time = \"300s\"".to_string(), vec![format!("{}.silence_time=\"300s\"", alarm.path)]);
    let mut plan = rising(scenario, group, numbers, SUFFERS, cure);
    let base = 0.3 * f64::from(group.min.max(1)) * numbers.limit_per_unit;
    let peak = (0.8 * f64::from(group.max) * numbers.limit_per_unit).max(1.2 * base);
    plan.setting = format!("6 hours; after 20 min a step from {} to {} requests/s", round(base), round(peak));
    plan.both[0] = step(base, peak, "20m", "10h");
    plan.both[1] = horizon("6h");
    Some(plan)
}

/// S20: load is low until a scale-in has just begun its cooldown, then more than the group can serve.
pub(super) fn locked(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let cpu = |alarm: &Alarm| alarm.metric == Some(Metric::CpuUtilization);
    let rule = group.rules.iter().find(|rule| rule.path == path)?;
    let (removes, _) = group
        .pairs()
        .find(|(alarm, invoked)| invoked.name == rule.name && !alarm.comparison.is_upward() && cpu(alarm))?;
    let (adds, _) =
        group.pairs().find(|(alarm, invoked)| invoked.adds() && alarm.comparison.is_upward() && cpu(alarm))?;
    let delay = group.alarm_delay.as_secs_f64();
    let lock = rule.cooldown?.as_secs_f64();
    let size = f64::from(group.max.min(group.min + 1));
    let left = rule.applied_to(size as u32, false)?.max(f64::from(group.min));
    if lock <= adds.window().as_secs_f64() || size >= f64::from(group.max) || left >= size {
        return None;
    }
    // The first period begins with the run; the alarm is raised at the end of the last, and seen after the delay.
    let turn = removes.window().as_secs_f64() + 2.0 * delay;
    let base = 0.5 * removes.threshold / 100.0 * size * numbers.limit_per_unit;
    let peak = 1.3 * left.max(1.0) * numbers.limit_per_unit;
    Some(Plan {
        metric: SUFFERS,
        setting: format!(
            "{} requests/s until `{}` has removed an instance, then {} for an hour",
            round(base),
            removes.name,
            round(peak)
        ),
        both: [
            vec![step(base, peak, &format!("{turn:.0}s"), "10h"), format!("horizon=\"{:.0}s\"", turn + 3_600.0)],
            starting_with(scenario, size),
        ]
        .concat(),
        cure: format!("cooldown = \"0s\" for `{}`", rule.name),
        cured: vec![format!("{path}.cooldown=\"0s\"")],
    })
}

/// S25: start scripts that fail in four of five boots, and leave the machine running. A boot of fewer than two stages has
/// no script after the machine's own start: then it is a minute of each.
pub(super) fn unhealthy(scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let Policy::Ess(_) = &scenario.policy else { return None };
    let created = scenario.file.fleet.created_after.as_ref();
    let stages = &scenario.laws.boot;
    let created = created.and_then(|name| stages.iter().position(|stage| &stage.name == name)).unwrap_or(0);
    let cure = ("health_check = \"load-balancer\"".to_string(), vec!["ess.health_check=\"load-balancer\"".to_string()]);
    let mut plan = rising(scenario, group, numbers, SUFFERS, cure);
    let script = match stages.iter().skip(created + 1).last() {
        Some(script) => script.name.clone(),
        None => {
            let stages = "boot=[{ stage = \"machine\", time = \"60s\" }, { stage = \"script\", time = \"60s\" }]";
            plan.both.push(stages.to_string());
            "script".to_string()
        }
    };
    plan.setting.push_str(&format!("; `{script}` fails in four of five boots, and the machine stays"));
    plan.both.extend([
        format!("boot.{script}.fails=\"80%\""),
        format!("boot.{script}.then=\"give-up\""),
        "balancer.health={ every = \"5s\", healthy = 2 }".to_string(),
    ]);
    Some(plan)
}

/// A05: load that comes and goes. The group goes back when all policies want it.
pub(super) fn together(path: &str, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let tracking: Vec<&str> =
        group.tracking().filter(|(_, track)| track.scales_in).map(|(rule, _)| rule.path.as_str()).collect();
    let (first, others) = tracking.split_first()?;
    if others.is_empty() || !tracking.contains(&path) {
        return None;
    }
    let base = 0.2 * f64::from(group.min.max(1)) * numbers.limit_per_unit;
    let peak = 0.5 * f64::from(group.max) * numbers.limit_per_unit;
    Some(Plan {
        metric: GROWS,
        setting: format!("4 hours: one of {} requests/s after half an hour, else {}", round(peak), round(base)),
        both: [vec![step(base, peak, "30m", "1h"), horizon("4h")], starting_with(scenario, f64::from(group.min))]
            .concat(),
        cure: format!("disable_scale_in on all but {first}"),
        cured: others.iter().map(|other| format!("{other}.target.disable_scale_in=true")).collect(),
    })
}
