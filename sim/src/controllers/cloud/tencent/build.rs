//! From the `[tencent]` table to a controller.

use jiff::tz::{Offset, TimeZone};
use windtunnel_traces::{SimDuration, Streams};

use super::config::{TencentAlarm, TencentConfig, TencentPolicyType, TencentTarget};
use super::rules::{Policy, PolicyKind, Tencent, WORDS};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::{Actions, Alarm, AlarmSpec, Cadence, Judge};
use crate::controllers::cloud::choices::AtThreshold;
use crate::controllers::cloud::cloud_config::refuse_errors;
use crate::controllers::cloud::defaults::one_minute;
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::Machine;
use crate::controllers::cloud::managed::Managed;
use crate::controllers::cloud::metric_names::{Provider, metric_of};
use crate::controllers::cloud::problem::Invalid;
use crate::controllers::cloud::schedule::{Calendar, Schedule, entry};
use crate::controllers::cloud::words::Adjust;
use crate::controllers::decision::{Controller, Metric, Statistic};

/// Target tracking scales in below this share of the target (documented).
const SCALE_IN_RATIO: f64 = 0.8;

impl TencentConfig {
    /// The group at work. `streams` is taken for symmetry with the other providers: nothing in Tencent AS is drawn.
    pub fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
        let _ = streams;
        refuse_errors(self.validate())?;
        let group = Group::new(self.min, self.max, self.initial_capacity(), WORDS);
        let alarms = self.alarms().into_iter().map(Alarm::new).collect();
        let schedule = self.schedule(calendar)?;
        let dialect = Tencent::new(self, self.policies());
        Ok(Box::new(Machine::new(group, alarms, schedule, dialect)))
    }

    fn policies(&self) -> Vec<Policy> {
        let rounding = self.assumptions.percent_rounding.into();
        let policy = |policy: &super::TencentPolicy| Policy {
            name: policy.name.as_str().into(),
            kind: match policy.resolved_type() {
                TencentPolicyType::Simple => PolicyKind::Simple(Adjustment {
                    adjust: policy.adjust.unwrap_or(Adjust::Change(0)),
                    min_magnitude: 0,
                    rounding,
                }),
                TencentPolicyType::TargetTracking => {
                    PolicyKind::TargetTracking(policy.target.as_ref().map_or(f64::NAN, |t| t.value))
                }
            },
            cooldown: match policy.resolved_type() {
                TencentPolicyType::Simple => Some(policy.cooldown),
                // A target tracking policy has no cooldown of its own.
                TencentPolicyType::TargetTracking => {
                    self.assumptions.cooldown_of_target_tracking.then_some(self.default_cooldown)
                }
            },
            warmup: policy.warmup,
        };
        self.policy.iter().map(policy).collect()
    }

    fn alarms(&self) -> Vec<AlarmSpec> {
        let tracking = self.policy.iter().enumerate().filter_map(|(index, policy)| {
            let target =
                policy.target.as_ref().filter(|_| policy.resolved_type() == TencentPolicyType::TargetTracking)?;
            Some((index, policy, target))
        });
        let managed = tracking.flat_map(|(index, policy, target)| self.managed_alarms(index, &policy.name, target));
        self.all_alarms().iter().filter(|a| a.enabled).map(|a| self.alarm(a)).chain(managed).collect()
    }

    fn cadence(&self, period: SimDuration) -> Cadence {
        let delay = self.assumptions.alarm_delay.unwrap_or_else(one_minute);
        Cadence { every: period, offset: delay, lag: delay, grid: period }
    }

    fn alarm(&self, alarm: &TencentAlarm) -> AlarmSpec {
        let metric = metric_of(Provider::Tencent, &alarm.metric).unwrap_or(Metric::CpuUtilization);
        let policies = alarm.action.iter().filter_map(|name| self.policy.iter().position(|p| p.name == name));
        AlarmSpec {
            repeat: self.assumptions.alarm_repeat.into(),
            actions: Actions::in_alarm(policies.collect()),
            ..AlarmSpec::new(
                alarm.name.clone(),
                (metric, alarm.statistic.0),
                (alarm.comparison, alarm.threshold),
                (alarm.period, alarm.times),
                self.judge(),
                self.cadence(alarm.period),
            )
        }
    }

    /// The two alarms of a target tracking policy: 3 minutes above the target, 15 below 80 % of it.
    fn managed_alarms(&self, policy: usize, name: &str, target: &TencentTarget) -> Vec<AlarmSpec> {
        let period = SimDuration::from_mins(1);
        let managed = Managed {
            policy,
            metric: metric_of(Provider::Tencent, &target.metric).unwrap_or(Metric::CpuUtilization),
            statistic: Statistic::Average,
            target: target.value,
            low: target.value * SCALE_IN_RATIO,
            period,
            times: (target.scale_out_times, target.scale_in_times),
            scales_in: !target.disable_scale_in,
            repeat: self.assumptions.alarm_repeat.into(),
            at_threshold: AtThreshold::Holds,
        };
        let names = (format!("{name}-high"), format!("{name}-low"));
        managed.alarms(names, |_| self.cadence(period), |_| self.judge())
    }

    fn judge(&self) -> Judge {
        Judge::Consecutive { gap: self.assumptions.missing_data }
    }

    fn schedule(&self, calendar: &Calendar) -> Result<Schedule, Invalid> {
        let mut entries = Vec::new();
        for action in &self.scheduled {
            let beijing = Some(TimeZone::fixed(Offset::constant(8)));
            let mut entry = entry("tencent", &action.name, action.at, action.cron.as_deref(), beijing)?;
            (entry.min, entry.max, entry.desired) = (action.min, action.max, action.desired);
            entries.push(entry);
        }
        Ok(Schedule::new(calendar, entries))
    }
}
