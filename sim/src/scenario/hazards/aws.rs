//! What EC2 Auto Scaling and CloudWatch take but nobody means.

use super::{Findings, round};
use crate::controllers::cloud::aws::{AwsAlarm, AwsConfig, AwsPolicy, AwsPolicyType};
use crate::controllers::cloud::missing_data::TreatMissing;
use crate::scenario::document::Severity;
use crate::scenario::schema::ScenarioFile;

pub(super) fn check(config: &AwsConfig, file: &ScenarioFile, findings: &mut Findings<'_>) {
    for alarm in &config.alarm {
        let policies = alarm.action.iter().filter_map(|name| config.policy.iter().find(|policy| policy.name == name));
        for policy in policies {
            step_bounds(alarm, policy, findings);
            missing_data(alarm, policy, findings);
        }
    }
    warm_up(config, findings);
    tracking(config, findings);
    let _ = file;
}

/// Steps lie beside the threshold on one side; an alarm looks at one side.
fn step_bounds(alarm: &AwsAlarm, policy: &AwsPolicy, findings: &mut Findings<'_>) {
    if policy.resolved_type() != AwsPolicyType::Step || policy.step.is_empty() {
        return;
    }
    let upward = alarm.comparison.is_upward();
    let meets = policy.step.iter().any(|step| {
        if upward {
            step.upper.is_none_or(|upper| upper > 0.0) && step.lower.is_none_or(|lower| lower <= 0.0)
        } else {
            step.lower.is_none_or(|lower| lower < 0.0) && step.upper.is_none_or(|upper| upper >= 0.0)
        }
    });
    if meets {
        return;
    }
    let (side, bound) = if upward { ("above", "lower = 0") } else { ("below", "upper = 0") };
    findings.add(
        "A01",
        &format!("aws.policy.{}.step", policy.name),
        format!(
            "`{}` acts {side} {}, and no step begins there: AWS reports \"No step adjustment found\" and does nothing",
            alarm.name,
            round(alarm.threshold)
        ),
        format!("bounds are offsets from the threshold: begin the steps with {bound}"),
    );
}

/// "breaching" turns a gap of the metric into a reason to act.
fn missing_data(alarm: &AwsAlarm, policy: &AwsPolicy, findings: &mut Findings<'_>) {
    if alarm.missing != TreatMissing::Breaching {
        return;
    }
    let removes = !alarm.comparison.is_upward();
    let what = if removes { "removes instances" } else { "adds instances" };
    findings.add_as(
        if removes { Severity::Warning } else { Severity::Note },
        "A03",
        &format!("aws.alarm.{}.missing", alarm.name),
        format!(
            "missing data counts as breaching: {} periods of {} without a datapoint (an outage of the metric, no traffic) and \
             `{}` {what}",
            alarm.datapoints_to_alarm.unwrap_or(alarm.times),
            alarm.period,
            policy.name
        ),
        "use missing = \"missing\", or \"not-breaching\"",
    );
}

fn warm_up(config: &AwsConfig, findings: &mut Findings<'_>) {
    let needs = |policy: &&AwsPolicy| {
        matches!(policy.resolved_type(), AwsPolicyType::Step | AwsPolicyType::TargetTracking) && policy.warmup.is_none()
    };
    let silent: Vec<&str> = config.policy.iter().filter(needs).map(|policy| policy.name.as_str()).collect();
    if config.default_instance_warmup.is_none() && !silent.is_empty() {
        findings.add(
            "A04",
            "aws",
            format!(
                "no instance warm-up is given: the default cooldown of {} stands in for it, for {}, and holds back scale-in",
                config.default_cooldown,
                silent.join(", ")
            ),
            "set default_instance_warmup to the time from in service to usual load",
        );
    }
}

fn tracking(config: &AwsConfig, findings: &mut Findings<'_>) {
    let tracking: Vec<&AwsPolicy> = config
        .policy
        .iter()
        .filter(|policy| policy.enabled && policy.target.as_ref().is_some_and(|target| !target.disable_scale_in))
        .filter(|policy| policy.resolved_type() == AwsPolicyType::TargetTracking)
        .collect();
    if tracking.len() > 1 {
        let names: Vec<&str> = tracking.iter().map(|policy| policy.name.as_str()).collect();
        findings.add(
            "A05",
            &format!("aws.policy.{}", names[1]),
            format!(
                "{} target tracking policies: any of them scales out, but the group scales in only when all of them ({}) want it",
                tracking.len(),
                names.join(", ")
            ),
            "set disable_scale_in on all but the one that follows the load",
        );
    }
}
