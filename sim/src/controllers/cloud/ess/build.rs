//! From the `[ess]` table to a controller.

use windtunnel_traces::Streams;

use super::config::{EssAlarm, EssAlarmKind, EssConfig, EssRule, EssRuleType, EssTarget};
use super::rules::{Ess, Rule, RuleKind, WORDS};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::{Alarm, AlarmSpec, Cadence, Judge, Scope};
use crate::controllers::cloud::defaults::one_minute;
use crate::controllers::cloud::evaluations::Evaluations;
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::Machine;
use crate::controllers::cloud::metric_names::{Provider, metric_of};
use crate::controllers::cloud::problem::{Invalid, Severity};
use crate::controllers::cloud::schedule::{Calendar, Schedule, entry};
use crate::controllers::cloud::words::{Adjust, Comparison};
use crate::controllers::decision::{Controller, Metric, Statistic};
use windtunnel_traces::SimDuration;

impl EssConfig {
    /// The group at work. `streams` is taken for symmetry with the other providers: nothing in ESS is drawn.
    pub fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
        let _ = streams;
        let errors: Vec<_> = self.validate().into_iter().filter(|p| p.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return Err(Invalid(errors));
        }
        let group = Group::new(self.min, self.max, self.initial_capacity(), WORDS);
        let rules = self.rule.iter().map(|rule| self.rule(rule)).collect();
        let alarms: Vec<Alarm> = self.alarms().into_iter().map(Alarm::new).collect();
        let schedule = self.schedule(calendar)?;
        let dialect = Ess::new(self, rules, alarms.len());
        Ok(Box::new(Machine { group, alarms, schedule, dialect, evaluations: Evaluations::default() }))
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
        };
        Rule {
            name: rule.name.clone(),
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

    fn cadence(&self, period: SimDuration) -> Cadence {
        let delay = self.assumptions.alarm_delay.unwrap_or_else(one_minute);
        Cadence { every: period, offset: delay, lag: delay, grid: period }
    }

    fn alarm(&self, alarm: &EssAlarm) -> AlarmSpec {
        let scope = match alarm.kind {
            EssAlarmKind::EventTriggeredTask => Scope::Group,
            EssAlarmKind::CmsRule => Scope::PerInstance { silence: alarm.silence_time },
        };
        AlarmSpec {
            name: alarm.name.clone(),
            metric: metric_of(Provider::Ess, &alarm.metric).unwrap_or(Metric::CpuUtilization),
            statistic: alarm.statistic.0,
            comparison: alarm.comparison,
            threshold: alarm.threshold,
            period: alarm.period,
            periods: alarm.times,
            judge: Judge::Consecutive,
            cadence: self.cadence(alarm.period),
            repeat: self.assumptions.alarm_repeat.into(),
            scope,
            actions: alarm.action.iter().filter_map(|name| self.rule.iter().position(|r| r.name == name)).collect(),
        }
    }

    /// The two alarms that ESS creates for a target tracking rule.
    fn managed_alarms(&self, rule: usize, name: &str, target: &EssTarget) -> Vec<AlarmSpec> {
        let low = target.value * self.assumptions.target_tracking_scale_in_ratio;
        let sides = [
            ("AlarmHigh", Comparison::Greater, target.value, target.scale_out_times),
            ("AlarmLow", Comparison::Less, low, target.scale_in_times),
        ];
        let wanted = if target.disable_scale_in { &sides[..1] } else { &sides[..] };
        let spec = |(side, comparison, threshold, periods): &(&str, Comparison, f64, u32)| AlarmSpec {
            name: format!("TargetTracking-{name}-{side}"),
            metric: metric_of(Provider::Ess, &target.metric).unwrap_or(Metric::CpuUtilization),
            statistic: Statistic::Average,
            comparison: *comparison,
            threshold: *threshold,
            period: target.period,
            periods: *periods,
            judge: Judge::Consecutive,
            cadence: self.cadence(target.period),
            repeat: self.assumptions.alarm_repeat.into(),
            scope: Scope::Group,
            actions: vec![rule],
        };
        wanted.iter().map(spec).collect()
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
        Ok(Schedule::new(calendar, entries))
    }
}
