//! Alarms and rules that are not what they look like: nothing invokes, nothing follows, the wrong way round.

use super::view::{Does, Group};
use super::{Findings, round};
use crate::controllers::decision::Metric;
use crate::scenario::document::Severity;

pub(super) fn check(group: &Group, findings: &mut Findings<'_>) {
    idle(group, findings);
    directions(group, findings);
    one_way(group, findings);
    out_of_reach(group, findings);
}

/// Alarms without effect, rules without cause.
fn idle(group: &Group, findings: &mut Findings<'_>) {
    for alarm in &group.alarms {
        if alarm.actions.is_empty() {
            findings.add(
                "G10",
                &alarm.path,
                format!(
                    "`{}` invokes nothing: when {} {} {} nothing happens",
                    alarm.name,
                    alarm.metric_name,
                    alarm.comparison,
                    round(alarm.threshold)
                ),
                "name the rule it is to invoke as `action`, or remove it",
            );
        } else if !alarm.is_enabled {
            findings.add(
                "G10",
                &alarm.path,
                format!("`{}` is disabled: it invokes nothing", alarm.name),
                "set enabled = true once its action is right",
            );
        }
    }
    for rule in group.rules.iter().filter(|rule| matches!(rule.does, Does::Adjust(_) | Does::Steps(_))) {
        if !group.alarms.iter().any(|alarm| alarm.actions.contains(&rule.name)) {
            findings.add_as(
                Severity::Note,
                "G11",
                &rule.path,
                format!("no alarm invokes `{}`", rule.name),
                "give it an alarm, or keep it for schedules and for use by hand",
            );
        }
    }
}

/// More load is met with fewer instances, or less load with more.
fn directions(group: &Group, findings: &mut Findings<'_>) {
    for (alarm, rule) in group.pairs() {
        let upward = alarm.comparison.is_upward();
        let wrong = match (upward, rule.adds(), rule.removes()) {
            (true, false, true) => Some("removes instances when load is high"),
            (false, true, false) => Some("adds instances when load is low"),
            _ => None,
        };
        // Fewer healthy hosts are a good reason for more of them.
        if let Some(wrong) = wrong.filter(|_| alarm.metric != Some(Metric::HealthyHosts)) {
            findings.add(
                "G13",
                &format!("{}.action", alarm.path),
                format!(
                    "`{}` ({} {} {}) {wrong}: `{}`",
                    alarm.name,
                    alarm.metric_name,
                    alarm.comparison,
                    round(alarm.threshold),
                    rule.name
                ),
                "turn the comparison or the adjustment round",
            );
        }
    }
}

/// A policy with only one direction ends at a bound and stays there.
fn one_way(group: &Group, findings: &mut Findings<'_>) {
    if group.min == group.max {
        return;
    }
    let managed = |removes: bool| group.tracking().any(|(_, track)| !removes || track.scales_in);
    let out = managed(false)
        || group.pairs().any(|(_, rule)| rule.adds())
        || group.rules.iter().any(|rule| matches!(rule.does, Does::Predict));
    let back = managed(true) || group.pairs().any(|(_, rule)| rule.removes());
    if out && !back {
        findings.add(
            "G12",
            group.table,
            format!(
                "nothing ever removes an instance: after the first peak the group stays where it is, up to max = {}",
                group.max
            ),
            "add an alarm on low load with a rule that removes, or a target tracking policy",
        );
    } else if back && !out {
        findings.add(
            "G12",
            group.table,
            format!("nothing ever adds an instance: the group sinks to min = {} and stays there", group.min),
            "add an alarm on high load with a rule that adds",
        );
    }
}

/// Utilization ends at 100 %.
fn out_of_reach(group: &Group, findings: &mut Findings<'_>) {
    for alarm in group.alarms.iter().filter(|alarm| alarm.metric == Some(Metric::CpuUtilization)) {
        let upward = alarm.comparison.is_upward();
        if (upward && !alarm.comparison.breached(100.0, alarm.threshold))
            || (!upward && !alarm.comparison.breached(0.0, alarm.threshold))
        {
            findings.add(
                "G14",
                &format!("{}.threshold", alarm.path),
                format!(
                    "{} is never {} {}: it lies between 0 and 100 %",
                    alarm.metric_name,
                    alarm.comparison,
                    round(alarm.threshold)
                ),
                "the threshold is in percent: 70 rather than 0.7 or 700",
            );
        } else if upward && alarm.threshold > 0.0 && alarm.threshold <= 1.0 {
            findings.add(
                "G14",
                &format!("{}.threshold", alarm.path),
                format!(
                    "{} {} {}: the threshold is in percent, and any load is above one",
                    alarm.metric_name, alarm.comparison, alarm.threshold
                ),
                format!("write {} when a share was meant", round(alarm.threshold * 100.0)),
            );
        }
    }
}
