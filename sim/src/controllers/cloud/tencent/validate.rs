//! What the Tencent AS API refuses (API 2018-04-19), and what it takes but nobody means.

use std::collections::BTreeSet;

use windtunnel_traces::SimDuration;

use super::config::{ScalingMode, TencentAlarm, TencentConfig, TencentPolicy, TencentPolicyType};
use crate::controllers::cloud::balancer_limits::{BalancerLimits, HealthCheckLimits};
use crate::controllers::cloud::checks::{self, Periods};
use crate::controllers::cloud::lifecycle::{HookLimits, check_hooks};
use crate::controllers::cloud::metric_names::Provider;
use crate::controllers::cloud::problem::{Findings, Problem};
use crate::controllers::cloud::words::RemovalPolicy;
use crate::controllers::decision::Statistic;

/// A CLB listener's health checks: 2 to 300 s, 2 to 60 s, thresholds of 2 to 10.
pub(crate) const BALANCER: BalancerLimits = BalancerLimits {
    health: HealthCheckLimits { every: (2, 300), timeout: (2, 60), healthy: (2, 10), unhealthy: (2, 10) },
    drain: None,
    slow_start: None,
};
/// CreateLifecycleHook: 30 to 7200 s; 10 hooks per group.
const HOOKS: HookLimits = HookLimits { timeout: (30, 7200), most: 10, rolls_back: false };
/// MetricAlarm: Period and ContinuousTime.
const PERIODS: Periods = Periods { one_of: &[60, 300], multiples_of: None, most_times: 10 };

impl TencentConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let mut found = Findings::new("tencent", self.lenient);
        checks::bounds(&mut found, "", self.min, self.max, self.desired, Some(2000));
        checks::removal(&mut found, &self.removal, &[RemovalPolicy::OldestInstance, RemovalPolicy::NewestInstance], 1);
        checks::length(&mut found, "default_cooldown", self.default_cooldown, 0, 3600);
        checks::length(&mut found, "health_check_grace", self.health_check_grace, 0, 7200);
        check_hooks(&mut found, &self.hook, &HOOKS);
        if self.stopped > 0 && self.scaling_mode == ScalingMode::Classic {
            found.note("stopped", "with `scaling_mode = \"classic\"` stopped instances are never started");
        }
        self.check_policies(&mut found);
        self.check_alarms(&mut found);
        checks::names(&mut found, "scheduled", self.scheduled.iter().map(|s| s.name.as_str()));
        for action in &self.scheduled {
            let path = format!("scheduled.{}", action.name);
            let sets = action.min.is_some() || action.max.is_some() || action.desired.is_some();
            checks::schedule(&mut found, &path, action.at, action.cron.as_deref(), sets);
            checks::bounds(
                &mut found,
                &path,
                action.min.unwrap_or(0),
                action.max.unwrap_or(2000),
                action.desired,
                Some(2000),
            );
            if sets && (action.min.is_none() || action.max.is_none() || action.desired.is_none()) {
                found.refused(&path, "the API wants all of `min`, `max` and `desired`");
            }
        }
        if self.assumptions.check_interval.is_zero() {
            found.error("assumptions.check_interval", "must be longer than zero");
        }
        found.done()
    }

    fn check_policies(&self, found: &mut Findings) {
        checks::names(found, "policy", self.policy.iter().map(|p| p.name.as_str()));
        for policy in &self.policy {
            check_policy(found, policy);
        }
        let tracking = |p: &&TencentPolicy| p.resolved_type() == TencentPolicyType::TargetTracking;
        if self.policy.iter().filter(tracking).count() > 1 {
            found.refused("policy", "a group has at most one target tracking policy");
        }
        let alarms = self.all_alarms();
        let by_alarm = alarms.iter().flat_map(|alarm| alarm.action.iter());
        let own = self.policy.iter().filter(tracking).map(|p| p.name.as_str());
        let used: BTreeSet<&str> = by_alarm.chain(own).collect();
        let known: Vec<&str> = self.policy.iter().map(|p| p.name.as_str()).collect();
        checks::unused(found, "policy", &known, &used, "policy");
    }

    fn check_alarms(&self, found: &mut Findings) {
        let known: Vec<&str> = self.policy.iter().map(|p| p.name.as_str()).collect();
        checks::names(found, "alarm", self.alarm.iter().map(|a| a.name.as_str()));
        let inner = self.policy.iter().filter_map(|p| Some((format!("policy.{}.alarm", p.name), p.alarm.as_ref()?)));
        let outer = self.alarm.iter().map(|a| (format!("alarm.{}", a.name), a));
        for (path, alarm) in inner.chain(outer) {
            check_alarm(found, &path, alarm);
            checks::actions(found, &format!("{path}.action"), &alarm.action, &known, "policy");
        }
        for alarm in self.alarm.iter().filter(|a| a.enabled && a.action.iter().count() == 0) {
            found.error(&format!("alarm.{}.action", alarm.name), "name the policy that the alarm invokes");
        }
    }
}

fn check_policy(found: &mut Findings, policy: &TencentPolicy) {
    let path = format!("policy.{}", policy.name);
    match (policy.resolved_type(), policy.adjust) {
        (TencentPolicyType::Simple, None) => {
            found.error(&path, "a simple policy needs `adjust`, such as { change = 2 }");
        }
        (TencentPolicyType::Simple, Some(adjust)) => checks::adjust(found, &format!("{path}.adjust"), adjust, None),
        (TencentPolicyType::TargetTracking, Some(_)) => {
            found.error(&format!("{path}.adjust"), "only a simple policy has `adjust`");
        }
        (TencentPolicyType::TargetTracking, None) => {}
    }
    match (policy.resolved_type(), &policy.target) {
        (TencentPolicyType::TargetTracking, None) => found.error(&path, "a target tracking policy needs `target`"),
        (TencentPolicyType::TargetTracking, Some(target)) => {
            checks::metric(found, &format!("{path}.target.metric"), Provider::Tencent, &target.metric);
            checks::target(found, &format!("{path}.target.value"), target.value);
            if target.metric.ends_with("CPU_UTILIZATION") && !(1.0..100.0).contains(&target.value) {
                found.refused(
                    &format!("{path}.target.value"),
                    format!(
                        "{} is not accepted by the API; it takes 1 to below 100; the nearest is {}",
                        target.value,
                        if target.value < 1.0 { 1 } else { 99 }
                    ),
                );
            }
            for times in [target.scale_out_times, target.scale_in_times] {
                checks::window(found, &path, SimDuration::from_mins(1), times);
            }
        }
        _ => {}
    }
    checks::length(found, &format!("{path}.cooldown"), policy.cooldown, 0, 3600);
    checks::length(found, &format!("{path}.warmup"), policy.warmup, 0, 3600);
}

fn check_alarm(found: &mut Findings, path: &str, alarm: &TencentAlarm) {
    let key = |name: &str| format!("{path}.{name}");
    checks::metric(found, &key("metric"), Provider::Tencent, &alarm.metric);
    checks::finite(found, &key("threshold"), alarm.threshold);
    if alarm.metric.ends_with("_UTILIZATION") {
        found.range(&key("threshold"), alarm.threshold, 1.0, 100.0);
    }
    if alarm.threshold.is_finite() && alarm.threshold != libm::trunc(alarm.threshold) {
        found.refused(
            &key("threshold"),
            format!(
                "{} is not accepted by the API; it takes whole numbers; the nearest is {}",
                alarm.threshold,
                libm::round(alarm.threshold)
            ),
        );
    }
    checks::period(found, &key("period"), alarm.period, alarm.times, &PERIODS);
    checks::window(found, path, alarm.period, alarm.times);
    found.range(&key("times"), alarm.times, 1, PERIODS.most_times);
    if !matches!(alarm.statistic.0, Statistic::Average | Statistic::Minimum | Statistic::Maximum) {
        found.refused(
            &key("statistic"),
            format!("{} is not accepted by the API; it takes average, minimum, maximum", alarm.statistic),
        );
    }
}
