//! From the `[ess]` table to a controller.

use windtunnel_traces::Streams;

use super::config::{
    EssAlarm, EssAlarmKind, EssConfig, EssPredictiveMode, EssRule, EssRuleType, EssTarget, ExpressionsLogic,
    NoDataPolicy, PredictiveValueBehavior,
};
use super::rules::{Ess, Rule, RuleKind, WORDS};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::{Actions, Alarm, AlarmSpec, Cadence, Condition, Join, Judge, NoData, Scope};
use crate::controllers::cloud::choices::{AtThreshold, CmsRepeat, Precedence};
use crate::controllers::cloud::cloud_config::refuse_errors;
use crate::controllers::cloud::defaults::{fifteen_seconds, one_minute};
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::Machine;
use crate::controllers::cloud::managed::Managed;
use crate::controllers::cloud::metric_names::{Provider, comes_from_agent, metric_of};
use crate::controllers::cloud::predictive::Predictor;
use crate::controllers::cloud::problem::Invalid;
use crate::controllers::cloud::schedule::{Calendar, Schedule, entry};
use crate::controllers::cloud::words::Adjust;
use crate::controllers::decision::{Controller, Metric, Statistic};
use windtunnel_traces::SimDuration;

impl EssConfig {
    /// The group at work. `streams` is taken for symmetry with the other providers: nothing in ESS is drawn.
    pub fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
        let _ = streams;
        refuse_errors(self.validate())?;
        let mut group = Group::new(self.min, self.max, self.initial_capacity(), WORDS);
        group.warmup_from = self.assumptions.warmup_from;
        group.counts_standby = true;
        let rules = self.rule.iter().map(|rule| self.rule(rule)).collect();
        let alarms: Vec<Alarm> = self.alarms().into_iter().map(Alarm::new).collect();
        let schedule = self.schedule(calendar)?;
        let dialect = Ess::new(self, rules, self.predictors(), alarms.len(), calendar);
        Ok(Box::new(Machine::new(group, alarms, schedule, dialect)))
    }

    /// The forecasts of predictive rules.
    fn predictors(&self) -> Vec<Predictor> {
        let predictive = self.rule.iter().filter(|rule| rule.resolved_type() == EssRuleType::Predictive);
        let predictor = |rule: &EssRule| {
            let target = rule.target.as_ref()?;
            let settings = rule.predictive.clone().unwrap_or_default();
            let above = match settings.value_behavior {
                PredictiveValueBehavior::MaxOverrides => None,
                PredictiveValueBehavior::OverrideMax => Some(0.0),
                PredictiveValueBehavior::OverrideMaxWithBuffer => Some(settings.value_buffer),
            };
            let metric = metric_of(Provider::Ess, &target.metric)?;
            let scales = settings.mode == EssPredictiveMode::PredictAndScale;
            Some(Predictor::new(metric, target.value, settings.buffer, above, scales))
        };
        predictive.filter_map(predictor).collect()
    }

    fn rule(&self, rule: &EssRule) -> Rule {
        let adjustment = |adjust| Adjustment {
            adjust,
            min_magnitude: rule.min_adjustment_magnitude,
            rounding: self.assumptions.percent_rounding.into(),
        };
        let kind = match rule.resolved_type() {
            EssRuleType::Simple => RuleKind::Simple(adjustment(rule.adjust.unwrap_or(Adjust::Change(0)))),
            EssRuleType::Step => RuleKind::Step { steps: rule.step.clone(), like: adjustment(Adjust::Change(0)) },
            EssRuleType::TargetTracking => RuleKind::TargetTracking(rule.target.as_ref().map_or(f64::NAN, |t| t.value)),
            EssRuleType::Predictive => RuleKind::Predictive,
        };
        Rule {
            name: rule.name.as_str().into(),
            kind,
            cooldown: rule.cooldown.unwrap_or(self.default_cooldown),
            warmup: rule.warmup,
        }
    }

    fn alarms(&self) -> Vec<AlarmSpec> {
        let tracking = self.rule.iter().enumerate().filter_map(|(index, rule)| {
            let target = rule.target.as_ref().filter(|_| rule.resolved_type() == EssRuleType::TargetTracking)?;
            Some((index, rule, target))
        });
        let managed = tracking.flat_map(|(index, rule, target)| self.managed_alarms(index, &rule.name, target));
        self.alarm.iter().filter(|a| a.enabled).map(|a| self.alarm(a)).chain(managed).collect()
    }

    fn cadence(&self, metric: &str, period: SimDuration) -> Cadence {
        let assumptions = &self.assumptions;
        let delay = if comes_from_agent(metric) {
            assumptions.alarm_delay_agent.unwrap_or_else(fifteen_seconds)
        } else {
            assumptions.alarm_delay.unwrap_or_else(one_minute)
        };
        Cadence { every: period, offset: delay, lag: delay, grid: period }
    }

    fn alarm(&self, alarm: &EssAlarm) -> AlarmSpec {
        let scope = match alarm.kind {
            EssAlarmKind::EventTriggeredTask => Scope::Group,
            EssAlarmKind::CmsRule => Scope::PerInstance {
                silence: match self.assumptions.cms_repeat {
                    CmsRepeat::Silence => alarm.silence_time,
                    CmsRepeat::Period => SimDuration::ZERO,
                },
            },
        };
        let metric_named = |name: &str| metric_of(Provider::Ess, name).unwrap_or(Metric::CpuUtilization);
        let rules = alarm.action.iter().filter_map(|name| self.rule.iter().position(|r| r.name == name));
        let also = alarm.expression.iter().map(|expression| Condition {
            metric: metric_named(&expression.metric),
            statistic: expression.statistic.0,
            comparison: expression.comparison,
            threshold: expression.threshold,
        });
        AlarmSpec {
            repeat: self.assumptions.alarm_repeat.into(),
            scope,
            actions: Actions::in_alarm(rules.collect()),
            also: also.collect(),
            join: match alarm.logic {
                ExpressionsLogic::And => Join::And,
                ExpressionsLogic::Or => Join::Or,
            },
            no_data: match alarm.no_data {
                NoDataPolicy::KeepLastState => NoData::Keep,
                NoDataPolicy::InsufficientData => NoData::Insufficient,
                NoDataPolicy::Ok => NoData::Ok,
            },
            ..AlarmSpec::new(
                alarm.name.clone(),
                (metric_named(&alarm.metric), alarm.statistic.0),
                (alarm.comparison, alarm.threshold),
                (alarm.period, alarm.times),
                self.judge(),
                self.cadence(&alarm.metric, alarm.period),
            )
        }
    }

    /// The two alarms that ESS creates for a target tracking rule.
    fn managed_alarms(&self, rule: usize, name: &str, target: &EssTarget) -> Vec<AlarmSpec> {
        let managed = Managed {
            policy: rule,
            metric: metric_of(Provider::Ess, &target.metric).unwrap_or(Metric::CpuUtilization),
            statistic: Statistic::Average,
            target: target.value,
            low: target.value * self.assumptions.target_tracking_scale_in_ratio,
            period: target.period,
            times: (target.scale_out_times, target.scale_in_times),
            scales_in: !target.disable_scale_in,
            repeat: self.assumptions.alarm_repeat.into(),
            at_threshold: AtThreshold::Holds,
        };
        let names = (format!("TargetTracking-{name}-AlarmHigh"), format!("TargetTracking-{name}-AlarmLow"));
        managed.alarms(names, |_| self.cadence(&target.metric, target.period), |_| self.judge())
    }

    fn judge(&self) -> Judge {
        Judge::Consecutive { gap: self.assumptions.missing_data }
    }

    fn schedule(&self, calendar: &Calendar) -> Result<Schedule, Invalid> {
        let mut entries = Vec::new();
        for task in &self.scheduled {
            let mut entry = entry("ess", &task.name, task.at, task.cron.as_deref(), None)?;
            (entry.min, entry.max, entry.desired) = (task.min, task.max, task.desired);
            entry.rule = task.rule.as_ref().and_then(|name| self.rule.iter().position(|r| r.name == *name));
            entry.retry_for = task.retry_for;
            entries.push(entry);
        }
        let mut schedule = Schedule::new(calendar, entries);
        schedule.last_created_first = self.assumptions.simultaneous_tasks == Precedence::LastCreated;
        Ok(schedule)
    }
}
