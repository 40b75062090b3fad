//! What the ESS API refuses (CreateScalingGroup, CreateScalingRule, CreateAlarm, CreateScheduledTask, and CloudMonitor's
//! PutResourceMetricRule), and what it takes but nobody means.

use std::collections::BTreeSet;

use windtunnel_traces::SimDuration;

use super::config::{
    EssAlarm, EssAlarmKind, EssConfig, EssHealthCheck, EssMultiAz, EssRule, EssRuleType, EssScalingPolicy,
};
use crate::controllers::cloud::balancer_limits::{BalancerLimits, HealthCheckLimits};
use crate::controllers::cloud::checks::{self, AdjustmentRanges, Periods};
use crate::controllers::cloud::lifecycle::{HookLimits, check_hooks};
use crate::controllers::cloud::metric_names::{Provider, comes_from_agent, metric_of};
use crate::controllers::cloud::problem::{Findings, Problem};
use crate::controllers::cloud::schedule::Window;
use crate::controllers::cloud::words::{Adjust, Comparison, RemovalPolicy};
use crate::controllers::decision::{Metric, Statistic};

/// A CLB listener's health checks: 1 to 50 s, 1 to 300 s, thresholds of 2 to 10.
pub(crate) const BALANCER: BalancerLimits = BalancerLimits {
    health: HealthCheckLimits { every: (1, 50), timeout: (1, 300), healthy: (2, 10), unhealthy: (2, 10) },
    drain: None,
    slow_start: None,
};
/// CreateLifecycleHook: 30 to 21600 s; 6 hooks per group.
const HOOKS: HookLimits = HookLimits { timeout: (30, 21_600), most: 6, rolls_back: true };
/// CreateScalingRule, AdjustmentValue.
const ADJUSTMENTS: AdjustmentRanges =
    AdjustmentRanges { change: (-1000, 1000), percent: (-100.0, 10_000.0), exact: 2000 };
const PERIODS: Periods = Periods::one_of(&[15, 60, 120, 300, 900]);
/// CloudMonitor's PutResourceMetricRule: basic metrics, and those of the agent.
const CMS_PERIODS: [Periods; 2] = [
    Periods { one_of: &[], multiples_of: Some(60), most_times: u32::MAX },
    Periods { one_of: &[], multiples_of: Some(15), most_times: u32::MAX },
];
const REMOVAL: [RemovalPolicy; 3] =
    [RemovalPolicy::OldestInstance, RemovalPolicy::NewestInstance, RemovalPolicy::OldestConfiguration];
const DAY: u64 = 86_400;

impl EssConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let mut found = Findings::new("ess", self.lenient);
        checks::bounds(&mut found, "", self.min, self.max, self.desired, Some(2000));
        checks::removal(&mut found, &self.removal, &REMOVAL, 3);
        checks::length(&mut found, "default_cooldown", self.default_cooldown, 0, DAY);
        if self.expected_capacity == Some(true) && self.desired.is_none() {
            found.error("expected_capacity", "the feature needs `desired`");
        }
        if self.has_expected_capacity() && self.expected_capacity.is_none() {
            found.note(
                "desired",
                "turns on the expected number of instances: an alarm's activity then excludes every other, a scheduled \
                 rule only moves the expected number",
            );
        }
        check_hooks(&mut found, &self.hook, &HOOKS);
        if let Some(timeout) = self.stop_instance_timeout {
            checks::length(&mut found, "stop_instance_timeout", timeout, 30, 240);
            if self.scaling_policy != EssScalingPolicy::Release {
                found.refused("stop_instance_timeout", "the API takes it with scaling_policy = \"release\" only");
            }
        }
        self.check_zones(&mut found);
        if self.health_check == EssHealthCheck::LoadBalancer {
            found.note(
                "health_check",
                "the API takes it for ALB and NLB; the health of a CLB's servers is not looked at",
            );
        }
        self.check_rules(&mut found);
        self.check_alarms(&mut found);
        self.check_schedule(&mut found);
        self.check_assumptions(&mut found);
        found.done()
    }

    fn check_zones(&self, found: &mut Findings) {
        if self.multi_az == EssMultiAz::CostOptimized {
            found.warning(
                "multi_az",
                "with one instance type at one price every zone is as cheap: this acts as `priority`",
            );
        }
        if self.az_balance && self.multi_az != EssMultiAz::Composable {
            found
                .warning("az_balance", "takes effect with multi_az = \"composable\" only; `balance` needs no such key");
        }
    }

    fn rule_names(&self) -> Vec<&str> {
        self.rule.iter().map(|r| r.name.as_str()).collect()
    }

    fn check_rules(&self, found: &mut Findings) {
        checks::names(found, "rule", self.rule.iter().map(|r| r.name.as_str()));
        for rule in &self.rule {
            check_rule(found, rule);
        }
        let by_alarm = self.alarm.iter().flat_map(|alarm| alarm.action.iter());
        let by_schedule = self.scheduled.iter().filter_map(|s| s.rule.as_deref());
        if self.rule.iter().filter(|r| r.resolved_type() == EssRuleType::Predictive).count() > 1 {
            found.refused("rule", "a group has at most one predictive rule");
        }
        let tracking = self
            .rule
            .iter()
            .filter(|r| matches!(r.resolved_type(), EssRuleType::TargetTracking | EssRuleType::Predictive));
        let used: BTreeSet<&str> = by_alarm.chain(by_schedule).chain(tracking.map(|r| r.name.as_str())).collect();
        checks::unused(found, "rule", &self.rule_names(), &used, "rule");
    }

    fn check_alarms(&self, found: &mut Findings) {
        checks::names(found, "alarm", self.alarm.iter().map(|a| a.name.as_str()));
        let rules = self.rule_names();
        for alarm in &self.alarm {
            let path = format!("alarm.{}", alarm.name);
            check_alarm(found, &path, alarm);
            checks::actions(found, &format!("{path}.action"), &alarm.action, &rules, "rule");
            if alarm.enabled && alarm.action.iter().count() == 0 {
                found.refused(&format!("{path}.action"), "an alarm has 1 to 5 actions");
            }
            for rule in alarm.action.iter().filter_map(|name| self.rule.iter().find(|r| r.name == name)) {
                if rule.resolved_type() == EssRuleType::Predictive {
                    found.error(
                        &format!("{path}.action"),
                        format!("`{}` is predictive: no alarm executes it", rule.name),
                    );
                }
                if rule.resolved_type() == EssRuleType::Step {
                    // DOC-ESS: the first step begins at the alarm's threshold.
                    let says = "a value there is in no step, and the activity is rejected";
                    let path = format!("rule.{}.step", rule.name);
                    checks::step_side(found, &path, &rule.step, (&alarm.name, alarm.comparison), says);
                }
                if rule.resolved_type() == EssRuleType::TargetTracking {
                    found.error(
                        &format!("{path}.action"),
                        format!("`{}` is a target tracking rule: ESS makes its alarms itself", rule.name),
                    );
                }
            }
        }
    }

    fn check_schedule(&self, found: &mut Findings) {
        checks::names(found, "scheduled", self.scheduled.iter().map(|s| s.name.as_str()));
        let rules = self.rule_names();
        for task in &self.scheduled {
            let path = format!("scheduled.{}", task.name);
            let sets = task.min.is_some() || task.max.is_some() || task.desired.is_some();
            checks::schedule(found, &path, task.at, task.cron.as_deref(), sets || task.rule.is_some());
            if sets && task.rule.is_some() {
                found.refused(&path, "a task executes a rule or sets capacities, not both");
            }
            if let Some(rule) = task.rule.as_deref().filter(|name| !rules.contains(name)) {
                found.error(&format!("{path}.rule"), checks::no_such(rule, &rules, "rule"));
            }
            let executed = self.rule.iter().find(|rule| Some(rule.name.as_str()) == task.rule.as_deref());
            if executed.is_some_and(|rule| rule.resolved_type() != EssRuleType::Simple) {
                found.refused(&format!("{path}.rule"), "the API takes a simple rule: the others need an alarm's value");
            }
            checks::bounds(found, &path, task.min.unwrap_or(0), task.max.unwrap_or(2000), task.desired, Some(2000));
            if task.at.is_some_and(|at| at > SimDuration::from_hours(24 * 90)) {
                found
                    .refused(&format!("{path}.at"), "the API takes times of at most 90 days ahead; the nearest is 90d");
            }
            checks::length(found, &format!("{path}.retry_for"), task.retry_for, 0, 1800);
        }
    }

    fn check_assumptions(&self, found: &mut Findings) {
        if self.assumptions.check_interval.is_zero() {
            found.error("assumptions.check_interval", "must be longer than zero");
        }
        checks::target(
            found,
            "assumptions.target_tracking_scale_in_ratio",
            self.assumptions.target_tracking_scale_in_ratio,
        );
    }
}

fn check_rule(found: &mut Findings, rule: &EssRule) {
    let path = format!("rule.{}", rule.name);
    let kind = rule.resolved_type();
    match (kind, rule.adjust) {
        (EssRuleType::Simple, None) => {
            found.error(&path, "a simple rule needs `adjust`, such as { change = 2 }");
        }
        (EssRuleType::Simple, Some(adjust)) => {
            checks::adjust(found, &format!("{path}.adjust"), adjust, Some(ADJUSTMENTS));
        }
        (_, Some(_)) => found.error(&format!("{path}.adjust"), "only a simple rule has one `adjust`"),
        (_, None) => {}
    }
    if kind == EssRuleType::Step {
        if rule.step.is_empty() {
            found.error(&format!("{path}.step"), "a step rule needs steps");
        }
        checks::steps(found, &format!("{path}.step"), &rule.step, 20, Some(ADJUSTMENTS));
    }
    match (kind, &rule.target) {
        (EssRuleType::TargetTracking, None) => found.error(&path, "a target tracking rule needs `target`"),
        (EssRuleType::Predictive, None) => {
            found.error(&path, "a predictive rule needs `target = { metric = ..., value = ... }`");
        }
        (EssRuleType::Predictive, Some(target)) => {
            checks::metric(found, &format!("{path}.target.metric"), Provider::Ess, &target.metric);
            checks::target(found, &format!("{path}.target.value"), target.value);
        }
        (EssRuleType::TargetTracking, Some(target)) => {
            let path = format!("{path}.target");
            checks::metric(found, &format!("{path}.metric"), Provider::Ess, &target.metric);
            checks::target(found, &format!("{path}.value"), target.value);
            checks::period(found, &format!("{path}.period"), target.period, target.scale_out_times, &PERIODS);
            for times in [target.scale_out_times, target.scale_in_times] {
                checks::window(found, &path, target.period, times);
            }
            if metric_of(Provider::Ess, &target.metric) == Some(Metric::RequestRate) {
                found.warning(&format!("{path}.metric"), FLEET_TOTAL);
            }
        }
        _ => {}
    }
    if let Some(cooldown) = rule.cooldown {
        checks::length(found, &format!("{path}.cooldown"), cooldown, 0, DAY);
        if kind != EssRuleType::Simple {
            found.refused(&format!("{path}.cooldown"), "only simple rules have a cooldown");
        }
    }
    if let Some(predictive) = &rule.predictive {
        checks::length(found, &format!("{path}.predictive.buffer"), predictive.buffer, 0, 3600);
        found.range(&format!("{path}.predictive.value_buffer"), predictive.value_buffer, 0.0, 100.0);
        if kind != EssRuleType::Predictive {
            found.error(&format!("{path}.predictive"), "only a predictive rule forecasts");
        }
    }
    if rule.min_adjustment_magnitude > 0 && !moves_by_percent(rule) {
        found.refused(
            &format!("{path}.min_adjustment_magnitude"),
            "the API takes it for percentages only (PercentChangeInCapacity)",
        );
    }
    if let Some(target) = &rule.target
        && target.value.is_finite()
        && decimals(target.value) > 3
    {
        found.refused(
            &format!("{path}.target.value"),
            format!(
                "{} has more than three decimals, which the API takes; the nearest is {}",
                target.value,
                (libm::round(target.value * 1000.0) / 1000.0).max(0.001)
            ),
        );
    }
    checks::length(found, &format!("{path}.warmup"), rule.warmup, 0, DAY);
}

/// Digits behind the point of the shortest text that stands for the value.
fn decimals(value: f64) -> usize {
    value.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
}

fn moves_by_percent(rule: &EssRule) -> bool {
    let percent = |adjust: &Adjust| matches!(adjust, Adjust::Percent(_));
    rule.adjust.as_ref().is_some_and(percent) || rule.step.iter().any(|step| percent(&step.adjust))
}

const FLEET_TOTAL: &str = "this is the total of the fleet: more instances do not lower it, so the group runs to its \
                           maximum; QPSPerInstance is what a rule can change";

fn check_alarm(found: &mut Findings, path: &str, alarm: &EssAlarm) {
    let key = |name: &str| format!("{path}.{name}");
    checks::metric(found, &key("metric"), Provider::Ess, &alarm.metric);
    checks::finite(found, &key("threshold"), alarm.threshold);
    checks::window(found, path, alarm.period, alarm.times);
    match alarm.kind {
        EssAlarmKind::EventTriggeredTask => {
            checks::period(found, &key("period"), alarm.period, alarm.times, &PERIODS);
            if !matches!(alarm.statistic.0, Statistic::Average | Statistic::Minimum | Statistic::Maximum) {
                found.refused(
                    &key("statistic"),
                    format!("{} is not accepted by the API; it takes average, minimum, maximum", alarm.statistic),
                );
            }
        }
        EssAlarmKind::CmsRule => {
            let periods = &CMS_PERIODS[usize::from(comes_from_agent(&alarm.metric))];
            checks::period(found, &key("period"), alarm.period, alarm.times, periods);
            checks::length(found, &key("silence_time"), alarm.silence_time, 300, DAY);
            found.note(
                &key("kind"),
                "a CloudMonitor rule looks at every instance by itself: one hot instance is enough",
            );
        }
    }
    for (number, expression) in alarm.expression.iter().enumerate() {
        let key = |name: &str| format!("{path}.expression.{number}.{name}");
        checks::metric(found, &key("metric"), Provider::Ess, &expression.metric);
        checks::finite(found, &key("threshold"), expression.threshold);
        if !matches!(expression.statistic.0, Statistic::Average | Statistic::Minimum | Statistic::Maximum) {
            found.refused(
                &key("statistic"),
                format!("{} is not accepted by the API; it takes average, minimum, maximum", expression.statistic),
            );
        }
        if matches!(expression.comparison, Comparison::Equal | Comparison::NotEqual) {
            found.refused(
                &key("comparison"),
                format!("{} is not accepted by the API; it takes >, >=, <, <=", expression.comparison),
            );
        }
    }
    if alarm.kind == EssAlarmKind::CmsRule && !alarm.expression.is_empty() {
        found.error(&key("expression"), "only event-triggered tasks have several metrics here");
    }
    if let Some(Err(error)) = alarm.effective.as_deref().map(str::parse::<Window>) {
        found.error(&key("effective"), error.to_string());
    }
    let task = alarm.kind == EssAlarmKind::EventTriggeredTask;
    if task && matches!(alarm.comparison, Comparison::Equal | Comparison::NotEqual) {
        found.refused(
            &key("comparison"),
            format!("{} is not accepted by the API; it takes >, >=, <, <=", alarm.comparison),
        );
    }
    let total = metric_of(Provider::Ess, &alarm.metric) == Some(Metric::RequestRate);
    if total && alarm.comparison.is_upward() {
        found.warning(&key("metric"), FLEET_TOTAL);
    }
}
