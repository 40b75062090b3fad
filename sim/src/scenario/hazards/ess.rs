//! What ESS refuses, or takes but means otherwise: periods, metric names, defaults that set in silently.

use super::Findings;
use crate::controllers::cloud::ess::{EssAlarm, EssAlarmKind, EssConfig, EssRuleType};
use crate::scenario::document::Severity;

/// Periods of `CreateAlarm` (API 2022-02-22).
const PERIODS: [u64; 5] = [15, 60, 120, 300, 900];

/// Metrics of ours that an ESS group has only as custom ones.
const CUSTOM: [&str; 4] = ["QPS", "QPSPerInstance", "ResponseTime", "InFlight"];

pub(super) fn check(config: &EssConfig, findings: &mut Findings<'_>) {
    for alarm in &config.alarm {
        let path = format!("ess.alarm.{}", alarm.name);
        if alarm.kind == EssAlarmKind::EventTriggeredTask {
            period(alarm, &path, findings);
        }
        metric(alarm, &path, findings);
        if alarm.kind == EssAlarmKind::CmsRule {
            cloudmonitor(alarm, &path, findings);
        }
    }
    defaults(config, findings);
}

/// A rule of CloudMonitor in the place of an event-triggered task.
fn cloudmonitor(alarm: &EssAlarm, path: &str, findings: &mut Findings<'_>) {
    findings.add(
        "S08",
        &format!("{path}.kind"),
        format!(
            "`{}` is a rule of CloudMonitor: it watches every instance by itself, not the mean of the group, and one hot instance \
             executes the scaling rule",
            alarm.name
        ),
        "kind = \"event-triggered-task\" (ess CreateAlarm), which looks at the group",
    );
    if !findings.document.is_given(&format!("{path}.silence_time")) {
        findings.add(
            "S09",
            path,
            format!(
                "`{}` has no silence time: the default is a day, in which an instance that stays above notifies, and scales, once",
                alarm.name
            ),
            "silence_time = \"300s\" or more, or an event-triggered task",
        );
    }
}

fn period(alarm: &EssAlarm, path: &str, findings: &mut Findings<'_>) {
    let seconds = alarm.period.as_secs();
    if PERIODS.contains(&seconds) || seconds == 0 {
        return;
    }
    let window = seconds.saturating_mul(u64::from(alarm.times));
    // The longest period that is not longer than the given one and that the window is a multiple of.
    let same = PERIODS.iter().rev().filter(|period| **period <= seconds).find(|period| window.is_multiple_of(**period));
    let fix = match same {
        Some(period) => format!("the same window of {window} s: period = \"{period}s\", times = {}", window / period),
        None => "use one of 15, 60, 120, 300, 900 seconds".to_string(),
    };
    findings.add(
        "S01",
        &format!("{path}.period"),
        format!("ESS has no period of {seconds} s: CreateAlarm takes 15, 60, 120, 300 or 900 s"),
        fix,
    );
}

fn metric(alarm: &EssAlarm, path: &str, findings: &mut Findings<'_>) {
    let path = format!("{path}.metric");
    let name = alarm.metric.as_str();
    if name == "CPUUtilization" {
        match alarm.kind {
            EssAlarmKind::EventTriggeredTask => findings.add(
                "S02",
                &path,
                "`CPUUtilization` is CloudMonitor's and AWS's name; ESS calls the metric `CpuUtilization`",
                "write CpuUtilization, or CpuUtilizationAgent (the agent's, each 15 s)",
            ),
            EssAlarmKind::CmsRule => findings.add(
                "S11",
                &path,
                "CloudMonitor marks `CPUUtilization` of acs_ecs_dashboard as not recommended",
                "cpu_total, from the agent each 15 s, is recommended",
            ),
        }
    } else if name.contains('.') {
        findings.add(
            "S03",
            &path,
            format!("`{name}` is no metric name: a custom metric has letters, digits and _ only, and belongs to an application group"),
            "report `QPS` with PutCustomMetric and give the alarm MetricType=custom and its GroupId; or use \
             LoadBalancerRealServerAverageQps behind an ALB",
        );
    } else if CUSTOM.contains(&name) {
        findings.add_as(
            Severity::Note,
            "S03",
            &path,
            format!("`{name}` is a custom metric: the alarm needs MetricType=custom and the GroupId of a CloudMonitor application group"),
            "report it with PutCustomMetric; behind an ALB, LoadBalancerRealServerAverageQps needs no reporting",
        );
    }
}

fn defaults(config: &EssConfig, findings: &mut Findings<'_>) {
    if !findings.document.is_given("ess.removal") {
        findings.add(
            "S14",
            "ess",
            "no removal policy is given: the default removes instances of the oldest scaling configuration first, then the oldest",
            "write removal = [\"oldest-instance\"] when the oldest instance is to leave first",
        );
    }
    if config.has_expected_capacity() && config.expected_capacity.is_none() {
        findings.add(
            "S15",
            "ess.desired",
            format!(
                "desired = {} turns on the expected number of instances: an alarm's activity then excludes every other, and a \
                 manual or scheduled rule only moves that number",
                config.initial_capacity()
            ),
            "leave it if it is meant; write expected_capacity = false to start with so many instances without it",
        );
    }
    let uses_default = |rule: &&crate::controllers::cloud::ess::EssRule| {
        rule.resolved_type() == EssRuleType::Simple && rule.cooldown.is_none()
    };
    let silent: Vec<&str> = config.rule.iter().filter(uses_default).map(|rule| rule.name.as_str()).collect();
    if !silent.is_empty() && !findings.document.is_given("ess.default_cooldown") {
        findings.add(
            "S16",
            "ess",
            format!("no default cooldown is given: 300 s hold after {}", silent.join(", ")),
            "give the group a default_cooldown, or these rules a cooldown",
        );
    }
}
