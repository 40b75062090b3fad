//! From the `[aws]` table to a controller.

use std::sync::Arc;

use jiff::tz::TimeZone;
use windtunnel_traces::{Purpose, SimDuration, Streams, random};

use super::config::{AwsAlarm, AwsConfig, AwsPolicy, AwsPolicyType, AwsTarget, LowSampleCount, PredictiveMode};
use super::rules::{Aws, Policy, PolicyKind, WORDS};
use crate::controllers::cloud::adjustment::{Adjustment, Rounding};
use crate::controllers::cloud::alarm::{Actions, Alarm, AlarmSpec, Cadence, Judge, LowSamples, Repeat};
use crate::controllers::cloud::choices::LowSampleDatapoints;
use crate::controllers::cloud::cloud_config::refuse_errors;
use crate::controllers::cloud::composite::{Composite, Rule};
use crate::controllers::cloud::defaults::three_minutes;
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::Machine;
use crate::controllers::cloud::managed::Managed;
use crate::controllers::cloud::metric_names::{Provider, metric_of, resolve_percentile};
use crate::controllers::cloud::missing_data::TreatMissing;
use crate::controllers::cloud::predictive::Predictor;
use crate::controllers::cloud::problem::{Invalid, Problem, Severity};
use crate::controllers::cloud::schedule::{Calendar, Schedule, entry};
use crate::controllers::cloud::words::{Adjust, Names};
use crate::controllers::decision::{Controller, Metric, Statistic};

/// The forecast of a predictive policy.
fn predictor(policy: &AwsPolicy) -> Option<Predictor> {
    if policy.resolved_type() != AwsPolicyType::Predictive || !policy.enabled {
        return None;
    }
    let target = policy.target.as_ref()?;
    let settings = policy.predictive.clone().unwrap_or_default();
    Some(Predictor::new(
        metric_of(Provider::Aws, &target.metric)?,
        target.value,
        settings.buffer,
        settings.max_capacity_buffer,
        settings.mode == PredictiveMode::ForecastAndScale,
    ))
}

impl AwsConfig {
    /// The group at work. The phases of its alarms and its reconcile lags are drawn from `streams`.
    pub fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
        refuse_errors(self.validate())?;
        let group = Group::new(self.min, self.max, self.initial_capacity(), WORDS);
        let policies = self.policy.iter().map(|policy| self.policy(policy)).collect();
        let alarms = self.alarms(streams).into_iter().map(Alarm::new).collect();
        let schedule = self.schedule(calendar)?;
        let predictors = self.policy.iter().filter_map(predictor).collect();
        let dialect = Aws::new(self, policies, predictors, streams.stream(Purpose::Controller));
        let mut machine = Machine::new(group, alarms, schedule, dialect);
        machine.composites = self.composites();
        Ok(Box::new(machine))
    }

    fn policy(&self, policy: &AwsPolicy) -> Policy {
        let adjustment = |adjust| Adjustment {
            adjust,
            min_magnitude: policy.min_adjustment_magnitude,
            rounding: Rounding::TowardZeroAtLeastOne,
        };
        let kind = match policy.resolved_type() {
            AwsPolicyType::Simple => PolicyKind::Simple(adjustment(policy.adjust.unwrap_or(Adjust::Change(0)))),
            AwsPolicyType::Step => PolicyKind::Step {
                steps: policy.step.clone(),
                like: adjustment(Adjust::Change(0)),
                aggregation: policy.metric_aggregation.0,
            },
            AwsPolicyType::TargetTracking => PolicyKind::TargetTracking {
                target: policy.target.as_ref().map_or(f64::NAN, |t| t.value),
                scales_in: policy.target.as_ref().is_some_and(|t| !t.disable_scale_in),
            },
            AwsPolicyType::Predictive => PolicyKind::Predictive,
        };
        Policy {
            name: policy.name.as_str().into(),
            kind,
            cooldown: policy.cooldown.unwrap_or(self.default_cooldown),
            warmup: self.warmup_of(policy),
            enabled: policy.enabled,
        }
    }

    fn alarms(&self, streams: Streams) -> Vec<AlarmSpec> {
        let tracking = self.policy.iter().enumerate().filter_map(|(index, policy)| {
            let target = policy.target.as_ref().filter(|_| policy.resolved_type() == AwsPolicyType::TargetTracking)?;
            Some((index, policy, target))
        });
        let managed = tracking.flat_map(|(index, policy, target)| self.managed_alarms(index, &policy.name, target));
        let mut specs: Vec<AlarmSpec> = self.alarm.iter().map(|alarm| self.alarm(alarm)).chain(managed).collect();
        for (index, spec) in (1..).zip(&mut specs) {
            // Each alarm has its own fixed second of the minute, whatever else the group has.
            let drawn = || random::uniform(&mut streams.indexed(Purpose::Controller, index));
            let offset = self.assumptions.alarm_phase.unwrap_or_else(|| spec.cadence.every.mul_f64(drawn()));
            spec.cadence.offset = offset % spec.cadence.every;
        }
        specs
    }

    fn cadence(&self, metric: Metric, period: SimDuration, periods: u32) -> Cadence {
        let balancer = matches!(
            metric,
            Metric::RequestCount
                | Metric::RequestCountPerTarget
                | Metric::LatencyMean
                | Metric::LatencyP50
                | Metric::LatencyP95
                | Metric::LatencyP99
                | Metric::HealthyHosts
        );
        let lag = if balancer {
            self.assumptions.evaluation_lag_alb.unwrap_or_else(three_minutes)
        } else {
            self.assumptions.evaluation_lag
        };
        let every = if period < SimDuration::from_mins(1) {
            SimDuration::from_secs(10)
        } else if period * u64::from(periods) > SimDuration::from_hours(24) {
            SimDuration::from_hours(1)
        } else {
            SimDuration::from_mins(1)
        };
        Cadence { every, offset: SimDuration::ZERO, lag, grid: every }
    }

    fn alarm(&self, alarm: &AwsAlarm) -> AlarmSpec {
        let known = metric_of(Provider::Aws, &alarm.metric).unwrap_or(Metric::CpuUtilization);
        let (metric, statistic) = resolve_percentile(known, alarm.statistic.0);
        let rules = |names: &Names| -> Arc<[usize]> {
            if !alarm.enabled {
                return Arc::default();
            }
            names.iter().filter_map(|name| self.policy.iter().position(|p| p.name == name)).collect()
        };
        let judge = Judge::CloudWatch {
            needed: alarm.datapoints_to_alarm.unwrap_or(alarm.times),
            treat: alarm.missing,
            extra: self.assumptions.evaluation_range_extra,
            premature: self.assumptions.premature(),
        };
        let cadence = self.cadence(metric, alarm.period, alarm.times);
        AlarmSpec {
            actions: Actions {
                alarm: rules(&alarm.action),
                ok: rules(&alarm.ok_action),
                insufficient_data: rules(&alarm.insufficient_data_action),
            },
            low_samples: self.low_samples(alarm),
            ..AlarmSpec::new(
                alarm.name.clone(),
                (metric, statistic),
                (alarm.comparison, alarm.threshold),
                (alarm.period, alarm.times),
                judge,
                cadence,
            )
        }
    }

    /// Below 10 / (1 − p) samples, for p from a half on, a percentile is not significant; below a half, 10 / p.
    fn low_samples(&self, alarm: &AwsAlarm) -> Option<LowSamples> {
        let Statistic::Percentile(percent) = alarm.statistic.0 else { return None };
        if alarm.low_samples == LowSampleCount::Evaluate {
            return None;
        }
        let share = percent / 100.0;
        let fewer_than = if share >= 0.5 { 10.0 / (1.0 - share) } else { 10.0 / share };
        Some(LowSamples { fewer_than, any: self.assumptions.low_sample_datapoints == LowSampleDatapoints::Any })
    }

    /// The two alarms that AWS creates for a target tracking policy.
    fn managed_alarms(&self, policy: usize, name: &str, target: &AwsTarget) -> Vec<AlarmSpec> {
        let metric = metric_of(Provider::Aws, &target.metric).unwrap_or(Metric::CpuUtilization);
        // A count per target is one per minute whatever the period, which is what the average of that metric says.
        let counted = metric == Metric::RequestCount;
        let managed = Managed {
            policy,
            metric,
            statistic: target.statistic.map_or(if counted { Statistic::Sum } else { Statistic::Average }, |s| s.0),
            target: target.value,
            low: target.value * self.assumptions.target_tracking_scale_in_ratio,
            period: target.period,
            times: (target.scale_out_times, target.scale_in_times),
            scales_in: !target.disable_scale_in,
            repeat: Repeat::Level,
            at_threshold: self.assumptions.target_tracking_at_threshold,
        };
        managed.alarms(
            (format!("TargetTracking-{name}-AlarmHigh"), format!("TargetTracking-{name}-AlarmLow")),
            |periods| self.cadence(metric, target.period, periods),
            |periods| Judge::CloudWatch {
                needed: periods,
                treat: TreatMissing::Missing,
                extra: self.assumptions.evaluation_range_extra,
                premature: self.assumptions.premature(),
            },
        )
    }

    /// The composite alarms, in an order in which each looks only at those before it.
    pub(super) fn composites(&self) -> Vec<Composite> {
        let rules = self.composite.iter().filter_map(|c| Some((c.name.as_str(), Rule::parse(&c.rule).ok()?)));
        let mut left: Vec<(&str, Rule)> = rules.collect();
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let waits = |rule: &Rule| rule.alarms().iter().any(|name| left.iter().any(|(other, _)| other == name));
            // Validation has refused circles; one that is left all the same is not evaluated.
            let Some(place) = left.iter().position(|(_, rule)| !waits(rule)) else { break };
            let (name, rule) = left.remove(place);
            ordered.push(Composite::new(name, rule));
        }
        ordered
    }

    fn schedule(&self, calendar: &Calendar) -> Result<Schedule, Invalid> {
        let mut entries = Vec::new();
        for action in &self.scheduled {
            let zone = action.zone.as_deref().map(TimeZone::get).transpose().map_err(|e| {
                let path = format!("aws.scheduled.{}.zone", action.name);
                Invalid(vec![Problem { path, message: e.to_string(), severity: Severity::Error }])
            })?;
            let mut entry = entry("aws", &action.name, action.at, action.cron.as_deref(), zone)?;
            (entry.min, entry.max, entry.desired) = (action.min, action.max, action.desired);
            entries.push(entry);
        }
        Ok(Schedule::new(calendar, entries))
    }
}
