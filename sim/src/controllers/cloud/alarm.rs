//! Alarms: windows of a metric held against a threshold, on the vendor's timetable.

use std::collections::BTreeMap;

use windtunnel_traces::{SimDuration, SimTime};

use super::missing_data::{TreatMissing, cloudwatch_state};
use super::words::Comparison;
use crate::controllers::decision::{
    AlarmChange, AlarmEvaluation, AlarmState, AlarmView, InstanceId, Metric, MetricSource, Statistic,
};

/// When an alarm is evaluated, and up to when it sees data.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Cadence {
    /// Evaluations are at `k * every + offset`.
    pub(crate) every: SimDuration,
    pub(crate) offset: SimDuration,
    /// The newest window ends at `now - lag`, floored to the grid.
    pub(crate) lag: SimDuration,
    pub(crate) grid: SimDuration,
}

impl Cadence {
    fn window_end(&self, now: SimTime) -> SimTime {
        now.saturating_sub(self.lag).floor_to(self.grid)
    }

    /// The first evaluation that can see anything.
    fn first(&self) -> SimTime {
        let mut at = SimTime::ZERO + self.offset;
        while self.window_end(at) == SimTime::ZERO && at < SimTime::NEVER {
            at = at.saturating_add(self.every);
        }
        at
    }
}

/// How the state follows from the datapoints.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum Judge {
    /// CloudWatch: `needed` of the newest datapoints within an evaluation range that is `extra` slots longer.
    CloudWatch { needed: u32, treat: TreatMissing, extra: u32 },
    /// CloudMonitor and Tencent: every one of the last datapoints, counted once per period; a gap breaks the streak.
    Consecutive,
}

/// How often an alarm that stays in ALARM invokes its rules.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// At every evaluation.
    Level,
    /// When it goes into ALARM, and not again before it has been out of it.
    Edge,
    /// At every evaluation, but the count of breaches starts anew after each.
    Reset,
}

/// Whose metric is watched.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum Scope {
    /// The aggregate over the group.
    Group,
    /// Every instance by itself; each invokes the rule, and again after the silence time.
    PerInstance { silence: SimDuration },
}

/// An alarm as it is configured.
#[derive(Clone, Debug)]
pub(crate) struct AlarmSpec {
    pub(crate) name: String,
    pub(crate) metric: Metric,
    pub(crate) statistic: Statistic,
    pub(crate) comparison: Comparison,
    pub(crate) threshold: f64,
    pub(crate) period: SimDuration,
    pub(crate) periods: u32,
    pub(crate) judge: Judge,
    pub(crate) cadence: Cadence,
    pub(crate) repeat: Repeat,
    pub(crate) scope: Scope,
    /// The rules it invokes in ALARM, by index.
    pub(crate) actions: Vec<usize>,
}

/// One evaluated window.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Datapoint {
    pub(crate) start: SimTime,
    pub(crate) value: Option<f64>,
}

/// An alarm at work.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub(crate) spec: AlarmSpec,
    pub(crate) state: AlarmState,
    pub(crate) next: SimTime,
    /// The datapoints of the last evaluation, oldest first.
    pub(crate) datapoints: Vec<Datapoint>,
    pub(crate) since: SimTime,
    pub(crate) first_breach: Option<SimTime>,
    pub(crate) breach_seen_until: Option<SimTime>,
    armed: bool,
    instances: BTreeMap<InstanceId, Streak>,
}

/// A CloudMonitor rule's view of one instance.
#[derive(Copy, Clone, Debug, Default)]
struct Streak {
    breaches: u32,
    first_breach: SimTime,
    silent_until: SimTime,
}

/// An alarm invokes its rules.
#[derive(Clone, Debug)]
pub(crate) struct Firing {
    /// The alarm, by index.
    pub(crate) alarm: usize,
    pub(crate) name: String,
    pub(crate) threshold: f64,
    pub(crate) comparison: Comparison,
    pub(crate) metric: Metric,
    /// The values that were evaluated, oldest first.
    pub(crate) values: Vec<f64>,
    /// The time that they are about.
    pub(crate) window: (SimTime, SimTime),
    pub(crate) first_breach: Option<SimTime>,
    pub(crate) breach_seen_until: Option<SimTime>,
    pub(crate) alarm_since: SimTime,
    /// The instance that breached, for rules that look at each.
    pub(crate) instance: Option<InstanceId>,
}

impl Firing {
    /// `71.3, 74.0, 78.9 > 70`
    pub(crate) fn reason(&self) -> String {
        reason(&self.values, self.comparison, self.threshold)
    }

    /// The evaluation, as the activity log joins it to what it caused.
    pub(crate) fn evaluation(&self) -> AlarmEvaluation {
        AlarmEvaluation {
            metric: self.metric,
            values: self.values.clone(),
            comparison: self.comparison.sign(),
            threshold: self.threshold,
            from: self.window.0,
            to: self.window.1,
        }
    }

    /// The newest value.
    pub(crate) fn newest(&self) -> Option<f64> {
        self.values.last().copied()
    }
}

fn reason(values: &[f64], comparison: Comparison, threshold: f64) -> String {
    if values.is_empty() {
        return "no datapoints".to_string();
    }
    let values: Vec<String> = values.iter().map(|v| format!("{v:.1}")).collect();
    format!("{} {comparison} {threshold}", values.join(", "))
}

impl Alarm {
    pub(crate) fn new(spec: AlarmSpec) -> Self {
        Alarm {
            next: spec.cadence.first(),
            spec,
            state: AlarmState::InsufficientData,
            datapoints: Vec::new(),
            since: SimTime::ZERO,
            first_breach: None,
            breach_seen_until: None,
            armed: true,
            instances: BTreeMap::new(),
        }
    }

    pub(crate) fn view(&self) -> AlarmView {
        AlarmView {
            name: self.spec.name.clone(),
            metric: self.spec.metric,
            threshold: self.spec.threshold,
            comparison: self.spec.comparison.sign(),
            state: self.state,
        }
    }

    /// The values that the last evaluation rested on, oldest first.
    pub(crate) fn values(&self) -> Vec<f64> {
        let real: Vec<f64> = self.datapoints.iter().filter_map(|d| d.value).collect();
        real[real.len().saturating_sub(self.spec.periods as usize)..].to_vec()
    }

    /// The time that these values are about.
    fn window(&self) -> (SimTime, SimTime) {
        let real = || self.datapoints.iter().filter(|datapoint| datapoint.value.is_some());
        let first = real().nth(real().count().saturating_sub(self.spec.periods as usize));
        let (from, newest) = first.zip(real().next_back()).map_or_else(Default::default, |(a, b)| (a.start, b.start));
        (from, newest.saturating_add(self.spec.period))
    }

    /// Evaluates the alarm and says whether it invokes its rules. `index` names it in the firing.
    pub(crate) fn evaluate(
        &mut self,
        index: usize,
        now: SimTime,
        metrics: &dyn MetricSource,
        changes: &mut Vec<AlarmChange>,
    ) -> Vec<Firing> {
        self.next = now.saturating_add(self.spec.cadence.every);
        let end = self.spec.cadence.window_end(now);
        if let Scope::PerInstance { silence } = self.spec.scope {
            return self.evaluate_each(index, now, end, silence, metrics, changes);
        }
        let state = match self.spec.judge {
            Judge::CloudWatch { needed, treat, extra } => self.judge_range(end, needed, treat, extra, metrics),
            Judge::Consecutive => Some(self.judge_streak(end, metrics)),
        };
        self.enter(now, end, state.unwrap_or(self.state), changes);
        if self.fires() { vec![self.firing(index)] } else { Vec::new() }
    }

    fn breaches(&self, value: f64) -> bool {
        self.spec.comparison.breached(value, self.spec.threshold)
    }

    /// CloudWatch looks at a sliding range each time, so late data still counts.
    fn judge_range(
        &mut self,
        end: SimTime,
        needed: u32,
        treat: TreatMissing,
        extra: u32,
        metrics: &dyn MetricSource,
    ) -> Option<AlarmState> {
        let slots = u64::from(self.spec.periods + extra);
        self.datapoints.clear();
        for slot in (0..slots).rev() {
            let to = end.saturating_sub(self.spec.period * slot);
            let from = to.saturating_sub(self.spec.period);
            // A window that began before the run sees what there is of it; one that ended before it is empty.
            let value = (from < to).then(|| metrics.statistic(self.spec.metric, self.spec.statistic, from, to));
            self.datapoints.push(Datapoint { start: from, value: value.flatten().filter(|v| v.is_finite()) });
        }
        let range: Vec<Option<bool>> = self.datapoints.iter().map(|d| d.value.map(|v| self.breaches(v))).collect();
        cloudwatch_state(&range, self.spec.periods as usize, needed as usize, treat)
    }

    /// CloudMonitor checks each period once, so one query per evaluation.
    fn judge_streak(&mut self, end: SimTime, metrics: &dyn MetricSource) -> AlarmState {
        let start = end.saturating_sub(self.spec.period);
        let value = metrics.statistic(self.spec.metric, self.spec.statistic, start, end).filter(|v| v.is_finite());
        if self.datapoints.len() == self.spec.periods as usize {
            self.datapoints.remove(0);
        }
        self.datapoints.push(Datapoint { start, value });
        let breached = |d: &Datapoint| d.value.is_some_and(|v| self.breaches(v));
        match value {
            None => AlarmState::InsufficientData,
            Some(_) if self.datapoints.len() == self.spec.periods as usize && self.datapoints.iter().all(breached) => {
                AlarmState::Alarm
            }
            Some(_) => AlarmState::Ok,
        }
    }

    fn enter(&mut self, now: SimTime, end: SimTime, state: AlarmState, changes: &mut Vec<AlarmChange>) {
        if state == self.state {
            return;
        }
        if state == AlarmState::Alarm {
            self.first_breach =
                self.datapoints.iter().find(|d| d.value.is_some_and(|v| self.breaches(v))).map(|d| d.start);
            // The newest period may have no data yet: what was seen ends before.
            let newest = self.datapoints.iter().rev().find(|d| d.value.is_some());
            self.breach_seen_until = Some(newest.map_or(end, |d| d.start.saturating_add(self.spec.period)));
        }
        changes.push(AlarmChange {
            at: now,
            alarm: self.spec.name.clone(),
            from: self.state,
            to: state,
            reason: reason(&self.values(), self.spec.comparison, self.spec.threshold),
        });
        (self.state, self.since) = (state, now);
    }

    fn fires(&mut self) -> bool {
        if self.state != AlarmState::Alarm {
            self.armed = true;
            return false;
        }
        match self.spec.repeat {
            Repeat::Level => true,
            Repeat::Edge => std::mem::replace(&mut self.armed, false),
            Repeat::Reset => true,
        }
    }

    fn firing(&mut self, index: usize) -> Firing {
        let firing = Firing {
            alarm: index,
            name: self.spec.name.clone(),
            threshold: self.spec.threshold,
            comparison: self.spec.comparison,
            metric: self.spec.metric,
            values: self.values(),
            window: self.window(),
            first_breach: self.first_breach,
            breach_seen_until: self.breach_seen_until,
            alarm_since: self.since,
            instance: None,
        };
        if self.spec.repeat == Repeat::Reset {
            self.datapoints.clear();
        }
        firing
    }

    /// A CloudMonitor rule: each instance counts its own breaches, and notifies once per silence time.
    fn evaluate_each(
        &mut self,
        index: usize,
        now: SimTime,
        end: SimTime,
        silence: SimDuration,
        metrics: &dyn MetricSource,
        changes: &mut Vec<AlarmChange>,
    ) -> Vec<Firing> {
        let start = end.saturating_sub(self.spec.period);
        let values = metrics.per_instance(self.spec.metric, self.spec.statistic, start, end);
        let mut streaks = BTreeMap::new();
        let mut firings = Vec::new();
        for &(instance, value) in &values {
            let mut streak = self.instances.get(&instance).copied().unwrap_or_default();
            if !self.breaches(value) {
                streak = Streak::default();
            } else {
                if streak.breaches == 0 {
                    streak.first_breach = start;
                }
                streak.breaches += 1;
            }
            if streak.breaches >= self.spec.periods && now >= streak.silent_until {
                streak.silent_until = now.saturating_add(silence);
                firings.push((instance, value, streak.first_breach));
            }
            streaks.insert(instance, streak);
        }
        self.instances = streaks;
        let worst = self.instances.values().map(|s| s.breaches).max();
        let state = match worst {
            None => AlarmState::InsufficientData,
            Some(breaches) if breaches >= self.spec.periods => AlarmState::Alarm,
            Some(_) => AlarmState::Ok,
        };
        self.datapoints = values.iter().map(|&(_, value)| Datapoint { start, value: Some(value) }).collect();
        self.enter(now, end, state, changes);
        let fired = firings.into_iter().map(|(instance, value, first)| {
            let mut firing = self.firing(index);
            firing.instance = Some(instance);
            firing.values = vec![value];
            firing.window = (start, end);
            firing.first_breach = Some(first);
            firing
        });
        fired.collect()
    }
}
