//! What EC2 Auto Scaling and CloudWatch refuse (the ranges of their API models), and what they take but nobody means.

use std::collections::BTreeSet;

use windtunnel_traces::SimDuration;

use super::config::{AwsAlarm, AwsConfig, AwsPolicy, AwsPolicyType, AwsProcess, AwsScheduled, AwsTarget};
use crate::controllers::cloud::balancer_limits::{BalancerLimits, HealthCheckLimits};
use crate::controllers::cloud::checks::{self, Periods};
use crate::controllers::cloud::composite::Rule;
use crate::controllers::cloud::lifecycle::{HookLimits, check_hooks};
use crate::controllers::cloud::metric_names::{Provider, metric_of};
use crate::controllers::cloud::problem::{Findings, Problem};
use crate::controllers::cloud::words::{Adjust, Comparison, Names, RemovalPolicy};
use crate::controllers::decision::{Metric, Statistic};

/// An Application Load Balancer's health checks: 5 to 300 s, 2 to 120 s, thresholds of 2 to 10; but one passing check makes
/// a newly registered target healthy, which is what `healthy = 1` says here.
/// Deregistration takes 0 to 3600 s; a slow start 30 to 900 s, and not with the fewest outstanding requests (elbv2,
/// ModifyTargetGroupAttributes).
pub(crate) const BALANCER: BalancerLimits = BalancerLimits {
    health: HealthCheckLimits { every: (5, 300), timeout: (2, 120), healthy: (1, 10), unhealthy: (2, 10) },
    drain: Some((0, 3600)),
    slow_start: Some((30, 900)),
};
/// PutMetricAlarm, Period.
const PERIODS: Periods = Periods { one_of: &[10, 20, 30], multiples_of: Some(60), most_times: u32::MAX };
/// TargetTrackingConfiguration, Period of a customized metric.
const TRACKED_PERIODS: Periods = Periods::one_of(&[10, 30, 60]);
/// PutLifecycleHook: 30 to 7200 s; 50 hooks per group.
const HOOKS: HookLimits = HookLimits { timeout: (30, 7200), most: 50, rolls_back: false };

const REMOVAL: [RemovalPolicy; 6] = [
    RemovalPolicy::OldestInstance,
    RemovalPolicy::NewestInstance,
    RemovalPolicy::OldestConfiguration,
    RemovalPolicy::ClosestToNextInstanceHour,
    RemovalPolicy::AllocationStrategy,
    RemovalPolicy::Default,
];

impl AwsConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let mut found = Findings::new("aws", self.lenient);
        checks::bounds(&mut found, "", self.min, self.max, self.desired, None);
        checks::removal(&mut found, &self.removal, &REMOVAL, REMOVAL.len());
        let default = self.removal.iter().position(|p| *p == RemovalPolicy::Default);
        if default.is_some_and(|place| place + 1 != self.removal.len()) {
            found.refused("removal", "`default` must be the last termination policy");
        }
        if let Some(warmup) = self.default_instance_warmup {
            checks::length(&mut found, "default_instance_warmup", warmup, 0, 3600);
        }
        checks::length(&mut found, "health_check_grace", self.health_check_grace, 0, u64::from(i32::MAX as u32));
        check_hooks(&mut found, &self.hook, &HOOKS);
        self.check_pool(&mut found);
        self.check_policies(&mut found);
        self.check_alarms(&mut found);
        self.check_composites(&mut found);
        self.check_schedule(&mut found);
        self.check_assumptions(&mut found);
        found.done()
    }

    fn check_pool(&self, found: &mut Findings) {
        if let Some(pool) = &self.warm_pool
            && let Some(prepared) = pool.max_prepared
        {
            if prepared < self.min {
                found.refused(
                    "warm_pool.max_prepared",
                    format!("{prepared} is not accepted by the API; it takes at least the group's min = {}", self.min),
                );
            }
            if pool.min > prepared {
                found.refused("warm_pool.min", format!("{} is more than max_prepared = {prepared}", pool.min));
            }
        }
        if let Some(maintenance) = &self.maintenance {
            found.range("maintenance.min_healthy", maintenance.min_healthy, 0, 100);
            found.range("maintenance.max_healthy", maintenance.max_healthy, 100, 200);
            let spread = maintenance.max_healthy.saturating_sub(maintenance.min_healthy);
            if maintenance.min_healthy == 100 && maintenance.max_healthy == 100 {
                found.refused("maintenance", "100 to 100 leaves nothing to replace with; the API wants a difference");
            } else if spread > 100 {
                found.refused(
                    "maintenance",
                    format!("{spread} between the two is not accepted; the API takes at most 100"),
                );
            }
        }
        if self.suspends(AwsProcess::InstanceRefresh) {
            found.note(
                "suspended",
                "nothing is refreshed here: a rolling-update event is the operator's own and goes on",
            );
        }
    }

    fn policy_names(&self) -> Vec<&str> {
        self.policy.iter().map(|p| p.name.as_str()).collect()
    }

    fn check_policies(&self, found: &mut Findings) {
        checks::names(found, "policy", self.policy.iter().map(|p| p.name.as_str()));
        if self.policy.len() > 50 {
            found.refused("policy", format!("a group has at most 50 policies, not {}", self.policy.len()));
        }
        for policy in &self.policy {
            check_policy(found, policy);
        }
        let by_alarm = self.alarm.iter().flat_map(|alarm| {
            [&alarm.action, &alarm.ok_action, &alarm.insufficient_data_action].into_iter().flat_map(Names::iter)
        });
        let own = self
            .policy
            .iter()
            .filter(|p| matches!(p.resolved_type(), AwsPolicyType::TargetTracking | AwsPolicyType::Predictive));
        let used: BTreeSet<&str> = by_alarm.chain(own.map(|p| p.name.as_str())).collect();
        checks::unused(found, "policy", &self.policy_names(), &used, "policy");
    }

    fn check_alarms(&self, found: &mut Findings) {
        checks::names(found, "alarm", self.alarm.iter().map(|a| a.name.as_str()));
        let policies = self.policy_names();
        for alarm in &self.alarm {
            let path = format!("alarm.{}", alarm.name);
            check_alarm(found, &path, alarm);
            let lists = [
                ("action", &alarm.action),
                ("ok_action", &alarm.ok_action),
                ("insufficient_data_action", &alarm.insufficient_data_action),
            ];
            for (key, names) in lists {
                checks::actions(found, &format!("{path}.{key}"), names, &policies, "policy");
            }
            let all = lists.into_iter().flat_map(|(_, names)| names.iter());
            for policy in all.filter_map(|name| self.policy.iter().find(|p| p.name == name)) {
                match policy.resolved_type() {
                    AwsPolicyType::TargetTracking => found.error(
                        &format!("{path}.action"),
                        format!("`{}` tracks a target: AWS makes its alarms itself", policy.name),
                    ),
                    AwsPolicyType::Predictive => found
                        .error(&format!("{path}.action"), format!("`{}` is predictive and has no alarm", policy.name)),
                    AwsPolicyType::Step => {
                        let path = format!("policy.{}.step", policy.name);
                        let says = "AWS then reports \"No step adjustment found\" and does nothing";
                        checks::step_side(found, &path, &policy.step, (&alarm.name, alarm.comparison), says);
                    }
                    AwsPolicyType::Simple => {}
                }
            }
        }
    }

    fn check_composites(&self, found: &mut Findings) {
        let own = self.alarm.iter().map(|alarm| alarm.name.clone());
        let managed = self
            .policy
            .iter()
            .filter(|p| p.resolved_type() == AwsPolicyType::TargetTracking)
            .flat_map(|p| ["High", "Low"].map(|side| format!("TargetTracking-{}-Alarm{side}", p.name)));
        let known: BTreeSet<String> = own.chain(managed).chain(self.composite.iter().map(|c| c.name.clone())).collect();
        checks::names(found, "composite", self.composite.iter().map(|c| c.name.as_str()));
        for composite in &self.composite {
            let path = format!("composite.{}", composite.name);
            if self.alarm.iter().any(|alarm| alarm.name == composite.name) {
                found.error(&path, "an alarm has this name already");
            }
            if composite.rule.chars().count() > 10_240 {
                found.refused(&format!("{path}.rule"), "the API takes rules of at most 10240 characters");
            }
            match Rule::parse(&composite.rule) {
                Err(error) => found.error(&format!("{path}.rule"), error.to_string()),
                Ok(rule) => {
                    let names: BTreeSet<&str> = rule.alarms().into_iter().collect();
                    if names.len() > 100 {
                        found.refused(
                            &format!("{path}.rule"),
                            format!("the API takes at most 100 alarms, not {}", names.len()),
                        );
                    }
                    let listed: Vec<&str> = known.iter().map(String::as_str).collect();
                    for name in names.into_iter().filter(|name| !known.contains(*name)) {
                        found.error(&format!("{path}.rule"), checks::no_such(name, &listed, "alarm"));
                    }
                }
            }
        }
        let parsed = self.composite.iter().filter(|c| Rule::parse(&c.rule).is_ok()).count();
        if self.composites().len() < parsed {
            found.error("composite", "the rules of composite alarms go round in a circle");
        }
    }

    fn check_schedule(&self, found: &mut Findings) {
        checks::names(found, "scheduled", self.scheduled.iter().map(|s| s.name.as_str()));
        if self.scheduled.len() > 125 {
            found.refused(
                "scheduled",
                format!("a group has at most 125 scheduled actions, not {}", self.scheduled.len()),
            );
        }
        for (number, action) in self.scheduled.iter().enumerate() {
            let same = |other: &&AwsScheduled| other.at.is_some() && other.at == action.at;
            if let Some(other) = self.scheduled[..number].iter().find(same) {
                found.refused(
                    &format!("scheduled.{}.at", action.name),
                    format!("`{}` has this start time; the API wants each to have its own", other.name),
                );
            }
            let path = format!("scheduled.{}", action.name);
            let sets = action.min.is_some() || action.max.is_some() || action.desired.is_some();
            checks::schedule(found, &path, action.at, action.cron.as_deref(), sets);
            checks::bounds(
                found,
                &path,
                action.min.unwrap_or(0),
                action.max.unwrap_or(1_000_000),
                action.desired,
                None,
            );
            if let Some(Err(e)) = action.zone.as_deref().map(jiff::tz::TimeZone::get) {
                found.error(&format!("{path}.zone"), e.to_string());
            }
        }
    }

    fn check_assumptions(&self, found: &mut Findings) {
        let assumptions = &self.assumptions;
        if assumptions.health_check_interval.is_zero() {
            found.error("assumptions.health_check_interval", "must be longer than zero");
        }
        if assumptions.rebalance_interval.is_zero() {
            found.error("assumptions.rebalance_interval", "must be longer than zero");
        }
        checks::target(found, "assumptions.target_tracking_scale_in_ratio", assumptions.target_tracking_scale_in_ratio);
    }
}

fn check_policy(found: &mut Findings, policy: &AwsPolicy) {
    let path = format!("policy.{}", policy.name);
    let kind = policy.resolved_type();
    match (kind, policy.adjust) {
        (AwsPolicyType::Simple, None) => {
            found.error(&path, "a simple policy needs `adjust`, such as { change = 2 }");
        }
        (AwsPolicyType::Simple, Some(adjust)) => checks::adjust(found, &format!("{path}.adjust"), adjust, None),
        (_, Some(_)) => found.error(&format!("{path}.adjust"), "only a simple policy has one `adjust`"),
        (_, None) => {}
    }
    if kind == AwsPolicyType::Step {
        if policy.step.is_empty() {
            found.error(&format!("{path}.step"), "a step policy needs steps");
        }
        checks::steps(found, &format!("{path}.step"), &policy.step, 20, None);
    }
    match (kind, &policy.target) {
        (AwsPolicyType::TargetTracking | AwsPolicyType::Predictive, None) => {
            found.error(&path, "the policy needs `target = { metric = ..., value = ... }`");
        }
        (_, Some(target)) => check_target(found, &format!("{path}.target"), target),
        _ => {}
    }
    let percent = |adjust: &Adjust| matches!(adjust, Adjust::Percent(_));
    let by_percent =
        policy.adjust.as_ref().is_some_and(percent) || policy.step.iter().any(|step| percent(&step.adjust));
    if policy.min_adjustment_magnitude > 0 && !by_percent {
        found.refused(
            &format!("{path}.min_adjustment_magnitude"),
            "the API takes it for percentages only (PercentChangeInCapacity)",
        );
    }
    if policy.cooldown.is_some() && kind != AwsPolicyType::Simple {
        found.refused(&format!("{path}.cooldown"), "only simple policies have a cooldown");
    }
    if kind == AwsPolicyType::Step
        && !matches!(policy.metric_aggregation.0, Statistic::Average | Statistic::Minimum | Statistic::Maximum)
    {
        found.refused(
            &format!("{path}.metric_aggregation"),
            format!("{} is not accepted by the API; it takes average, minimum, maximum", policy.metric_aggregation),
        );
    }
    if policy.warmup.is_some() && kind == AwsPolicyType::Simple {
        found.refused(&format!("{path}.warmup"), "only step and target tracking policies have a warm-up");
    }
    if let Some(buffer) = policy.predictive.as_ref().map(|p| p.buffer) {
        checks::length(found, &format!("{path}.predictive.buffer"), buffer, 0, 3599);
    }
    if let Some(buffer) = policy.predictive.as_ref().and_then(|p| p.max_capacity_buffer) {
        found.range(&format!("{path}.predictive.max_capacity_buffer"), buffer, 0.0, 100.0);
    }
}

fn check_target(found: &mut Findings, path: &str, target: &AwsTarget) {
    checks::metric(found, &format!("{path}.metric"), Provider::Aws, &target.metric);
    checks::target(found, &format!("{path}.value"), target.value);
    checks::period(found, &format!("{path}.period"), target.period, target.scale_out_times, &TRACKED_PERIODS);
    for times in [target.scale_out_times, target.scale_in_times] {
        checks::window(found, path, target.period, times);
    }
    if matches!(
        metric_of(Provider::Aws, &target.metric),
        Some(Metric::RequestCount | Metric::RequestRate | Metric::LatencyMean)
    ) {
        found.warning(
            &format!("{path}.metric"),
            "target tracking needs a metric that falls in proportion as instances are added; this one does not",
        );
    }
}

fn check_alarm(found: &mut Findings, path: &str, alarm: &AwsAlarm) {
    let key = |name: &str| format!("{path}.{name}");
    if alarm.name.chars().count() > 255 {
        found.refused(&key("name"), "the API takes names of at most 255 characters");
    }
    checks::metric(found, &key("metric"), Provider::Aws, &alarm.metric);
    checks::finite(found, &key("threshold"), alarm.threshold);
    checks::window(found, path, alarm.period, alarm.times);
    checks::period(found, &key("period"), alarm.period, alarm.times, &PERIODS);
    let window = alarm.period * u64::from(alarm.times);
    let most = |back: SimDuration| (back / alarm.period.max(SimDuration::from_secs(1))).max(1);
    if alarm.period < SimDuration::from_hours(1) && window > SimDuration::from_hours(24) {
        found.refused(
            &key("times"),
            format!(
                "{} × {} = {window}: with periods below an hour the API looks back at most one day; the nearest is {}",
                alarm.times,
                alarm.period,
                most(SimDuration::from_hours(24))
            ),
        );
    } else if window > SimDuration::from_hours(7 * 24) {
        found.refused(
            &key("times"),
            format!(
                "{} × {} = {window}: the API looks back at most seven days; the nearest is {}",
                alarm.times,
                alarm.period,
                most(SimDuration::from_hours(7 * 24))
            ),
        );
    }
    if let Some(needed) = alarm.datapoints_to_alarm.filter(|m| *m == 0 || *m > alarm.times) {
        found.error(&key("datapoints_to_alarm"), format!("{needed} is not between 1 and times = {}", alarm.times));
    }
    if matches!(alarm.comparison, Comparison::Equal | Comparison::NotEqual) {
        found.refused(
            &key("comparison"),
            format!("{} is not accepted by the API; it takes >, >=, <, <=", alarm.comparison),
        );
    }
    let counted =
        matches!(metric_of(Provider::Aws, &alarm.metric), Some(Metric::RequestCount | Metric::RequestCountPerTarget));
    if counted && alarm.statistic.0 != Statistic::Sum {
        found.warning(&key("statistic"), "request counts are meaningful as `sum`");
    }
}
