//! Alarms: windows of a metric held against a threshold, on the vendor's timetable.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

use super::choices::Gap;
use super::missing_data::{Premature, TreatMissing, cloudwatch_state_with};
use super::words::Comparison;
use crate::controllers::decision::{
    AlarmChange, AlarmEvaluation, AlarmState, AlarmView, Decisions, InstanceId, Metric, MetricSource, Statistic, common,
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
    CloudWatch { needed: u32, treat: TreatMissing, extra: u32, premature: Premature },
    /// CloudMonitor and Tencent: every one of the last datapoints, counted once per period.
    Consecutive { gap: Gap },
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
    pub(crate) name: Arc<str>,
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
    /// The rules it invokes, by index.
    pub(crate) actions: Actions,
    /// Further conditions beside the first, and how they are joined with it.
    pub(crate) also: Vec<Condition>,
    pub(crate) join: Join,
    /// Percentiles that rest on fewer samples than this leave the state as it is.
    pub(crate) low_samples: Option<LowSamples>,
    /// What an instance without data counts as, for alarms that look at each.
    pub(crate) no_data: NoData,
}

impl AlarmSpec {
    /// An alarm over the group's aggregate that invokes nothing.
    pub(crate) fn new(
        name: impl Into<Arc<str>>,
        (metric, statistic): (Metric, Statistic),
        (comparison, threshold): (Comparison, f64),
        (period, periods): (SimDuration, u32),
        judge: Judge,
        cadence: Cadence,
    ) -> Self {
        AlarmSpec {
            name: name.into(),
            metric,
            statistic,
            comparison,
            threshold,
            period,
            periods,
            judge,
            cadence,
            repeat: Repeat::Level,
            scope: Scope::Group,
            actions: Actions::default(),
            also: Vec::new(),
            join: Join::And,
            low_samples: None,
            no_data: NoData::Insufficient,
        }
    }
}

/// The rules that an alarm invokes in each state, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actions {
    pub(crate) alarm: Arc<[usize]>,
    pub(crate) ok: Arc<[usize]>,
    pub(crate) insufficient_data: Arc<[usize]>,
}

impl Actions {
    /// Invoked in ALARM only.
    pub(crate) fn in_alarm(rules: Vec<usize>) -> Self {
        Actions { alarm: rules.into(), ..Actions::default() }
    }

    fn of(&self, state: AlarmState) -> &Arc<[usize]> {
        match state {
            AlarmState::Alarm => &self.alarm,
            AlarmState::Ok => &self.ok,
            AlarmState::InsufficientData => &self.insufficient_data,
        }
    }
}

/// A further metric that an alarm holds against a threshold of its own, over the same periods.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) metric: Metric,
    pub(crate) statistic: Statistic,
    pub(crate) comparison: Comparison,
    pub(crate) threshold: f64,
}

/// How the conditions of an alarm are joined.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Join {
    /// All of them breach.
    #[default]
    And,
    /// One of them does.
    Or,
}

/// When a percentile rests on too few samples.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct LowSamples {
    /// Fewer samples than this are too few.
    pub(crate) fewer_than: f64,
    /// Any of the evaluated datapoints decides; else the newest alone.
    pub(crate) any: bool,
}

/// What an instance without data counts as.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum NoData {
    /// Its count of breaches stands still.
    Keep,
    /// Its count of breaches begins anew, and where nobody has data the state says so.
    #[default]
    Insufficient,
    /// As if it did not breach.
    Ok,
}

/// One evaluated window.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Datapoint {
    pub(crate) start: SimTime,
    pub(crate) value: Option<f64>,
    /// Whether the alarm's condition holds, where there is data to tell.
    pub(crate) breaches: Option<bool>,
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
    /// The newest values of the further conditions.
    others: Vec<Option<f64>>,
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
    pub(crate) name: Arc<str>,
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
    /// The state that invokes them.
    pub(crate) state: AlarmState,
    /// The rules that it invokes, by index.
    pub(crate) rules: Arc<[usize]>,
    others: String,
}

impl Firing {
    /// `71.3, 74.0, 78.9 > 70`
    pub(crate) fn reason(&self) -> String {
        reason(&self.values, self.comparison, self.threshold) + &self.others
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
    let mut words = String::with_capacity(8 * values.len() + 16);
    for (at, value) in values.iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(words, "{separator}{value:.1}");
    }
    let _ = write!(words, " {comparison} {threshold}");
    words
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
            others: Vec::new(),
            instances: BTreeMap::new(),
        }
    }

    pub(crate) fn view(&self) -> AlarmView {
        AlarmView {
            name: self.spec.name.to_string(),
            metric: self.spec.metric,
            threshold: self.spec.threshold,
            comparison: self.spec.comparison.sign(),
            state: self.state,
        }
    }

    /// The values that the last evaluation rested on, oldest first.
    pub(crate) fn values(&self) -> Vec<f64> {
        let real = || self.datapoints.iter().filter_map(|d| d.value);
        let surplus = real().count().saturating_sub(self.spec.periods as usize);
        let mut values = Vec::with_capacity(self.datapoints.len());
        values.extend(real().skip(surplus));
        values
    }

    /// The time that these values are about.
    fn window(&self) -> (SimTime, SimTime) {
        let real = || self.datapoints.iter().filter(|datapoint| datapoint.value.is_some());
        let first = real().nth(real().count().saturating_sub(self.spec.periods as usize));
        let (from, newest) = first.zip(real().next_back()).map_or_else(Default::default, |(a, b)| (a.start, b.start));
        (from, newest.saturating_add(self.spec.period))
    }

    /// Evaluates the alarm; if it invokes its rules, `firings` says so. `index` names it there.
    pub(crate) fn evaluate(
        &mut self,
        index: usize,
        now: SimTime,
        metrics: &dyn MetricSource,
        out: &mut Decisions,
        firings: &mut Vec<Firing>,
    ) {
        self.next = now.saturating_add(self.spec.cadence.every);
        let end = self.spec.cadence.window_end(now);
        if let Scope::PerInstance { silence } = self.spec.scope {
            firings.extend(self.evaluate_each(index, now, end, silence, metrics, out));
            return;
        }
        let state = match self.spec.judge {
            Judge::CloudWatch { needed, treat, extra, premature } => {
                self.read_range(end, extra, metrics);
                self.judge_range(needed, treat, premature, metrics)
            }
            Judge::Consecutive { gap } => self.judge_streak(end, gap, metrics),
        };
        self.enter(now, end, state.unwrap_or(self.state), out);
        if self.fires() {
            firings.push(self.firing(index));
        }
    }

    fn breaches(&self, value: f64) -> bool {
        self.spec.comparison.breached(value, self.spec.threshold)
    }

    /// CloudWatch looks at a sliding range each time, so late data still counts.
    fn read_range(&mut self, end: SimTime, extra: u32, metrics: &dyn MetricSource) {
        let slots = u64::from(self.spec.periods + extra);
        self.datapoints.clear();
        for slot in (0..slots).rev() {
            let to = end.saturating_sub(self.spec.period * slot);
            let from = to.saturating_sub(self.spec.period);
            // A window that began before the run sees what there is of it; one that ended before it is empty.
            let value = (from < to).then(|| metrics.statistic(self.spec.metric, self.spec.statistic, from, to));
            let value = value.flatten().filter(|v| v.is_finite());
            self.datapoints.push(Datapoint { start: from, value, breaches: value.map(|v| self.breaches(v)) });
        }
    }

    fn judge_range(
        &self,
        needed: u32,
        treat: TreatMissing,
        premature: Premature,
        metrics: &dyn MetricSource,
    ) -> Option<AlarmState> {
        if self.rests_on_too_few_samples(metrics) {
            return None;
        }
        let range: Vec<Option<bool>> = self.datapoints.iter().map(|d| d.breaches).collect();
        cloudwatch_state_with(&range, self.spec.periods as usize, needed as usize, treat, premature)
    }

    /// Whether the percentile that the alarm looks at is not statistically significant.
    fn rests_on_too_few_samples(&self, metrics: &dyn MetricSource) -> bool {
        let Some(low) = self.spec.low_samples else { return false };
        let real = self.datapoints.iter().rev().filter(|d| d.value.is_some());
        let looked_at = if low.any { self.spec.periods as usize } else { 1 };
        real.take(looked_at).any(|d| {
            let end = d.start.saturating_add(self.spec.period);
            let count = metrics.statistic(self.spec.metric, Statistic::SampleCount, d.start, end);
            count.is_some_and(|count| count < low.fewer_than)
        })
    }

    /// The alarm's condition over a period, with the further ones: unknown where what is missing could decide.
    fn joined(
        &mut self,
        first: Option<bool>,
        start: SimTime,
        end: SimTime,
        metrics: &dyn MetricSource,
    ) -> Option<bool> {
        self.others.clear();
        if self.spec.also.is_empty() {
            return first;
        }
        let mut all = vec![first];
        for condition in &self.spec.also {
            let value = metrics.statistic(condition.metric, condition.statistic, start, end).filter(|v| v.is_finite());
            self.others.push(value);
            all.push(value.map(|v| condition.comparison.breached(v, condition.threshold)));
        }
        match self.spec.join {
            Join::And if all.contains(&Some(false)) => Some(false),
            Join::Or if all.contains(&Some(true)) => Some(true),
            _ if all.contains(&None) => None,
            Join::And => Some(true),
            Join::Or => Some(false),
        }
    }

    /// ` && 80.0 > 75` for every further condition.
    fn others_in_words(&self) -> String {
        if self.spec.also.is_empty() {
            return String::new();
        }
        let word = match self.spec.join {
            Join::And => "&&",
            Join::Or => "||",
        };
        let conditions = self.spec.also.iter().zip(&self.others);
        let words = conditions.map(|(condition, value)| {
            let values: Vec<f64> = value.iter().copied().collect();
            format!(" {word} {}", reason(&values, condition.comparison, condition.threshold))
        });
        words.collect()
    }

    /// Every metric that the alarm looks at.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = Metric> + '_ {
        std::iter::once(self.spec.metric).chain(self.spec.also.iter().map(|condition| condition.metric))
    }

    /// Where its windows begin and end, if it reads averages, sums and counts of the group alone: at multiples of this.
    pub(crate) fn reads_whole(&self) -> Option<SimDuration> {
        let spec = &self.spec;
        let own = (spec.metric, spec.statistic);
        let read = spec.also.iter().map(|condition| (condition.metric, condition.statistic)).chain([own]);
        let adds_up = spec.scope == Scope::Group
            && read.into_iter().all(|(metric, statistic)| metric.adds_up() && statistic.adds_up());
        adds_up.then(|| common(spec.cadence.grid, spec.period))
    }

    /// CloudMonitor checks each period once, so one query per evaluation. Says nothing where the state stays.
    fn judge_streak(&mut self, end: SimTime, gap: Gap, metrics: &dyn MetricSource) -> Option<AlarmState> {
        let start = end.saturating_sub(self.spec.period);
        let value = metrics.statistic(self.spec.metric, self.spec.statistic, start, end).filter(|v| v.is_finite());
        let breaches = self.joined(value.map(|v| self.breaches(v)), start, end, metrics);
        if breaches.is_none() && gap == Gap::Skipped {
            return None;
        }
        if self.datapoints.len() == self.spec.periods as usize {
            self.datapoints.remove(0);
        }
        self.datapoints.push(Datapoint { start, value, breaches });
        let breached = |d: &Datapoint| d.breaches == Some(true);
        Some(match breaches {
            None => AlarmState::InsufficientData,
            Some(_) if self.datapoints.len() == self.spec.periods as usize && self.datapoints.iter().all(breached) => {
                AlarmState::Alarm
            }
            Some(_) => AlarmState::Ok,
        })
    }

    #[inline]
    fn enter(&mut self, now: SimTime, end: SimTime, state: AlarmState, out: &mut Decisions) {
        if state == self.state {
            return;
        }
        if state == AlarmState::Alarm {
            self.first_breach = self.datapoints.iter().find(|d| d.breaches == Some(true)).map(|d| d.start);
            // The newest period may have no data yet: what was seen ends before.
            let newest = self.datapoints.iter().rev().find(|d| d.value.is_some());
            self.breach_seen_until = Some(newest.map_or(end, |d| d.start.saturating_add(self.spec.period)));
        }
        if !out.without_words {
            out.alarm_changes.push(AlarmChange {
                at: now,
                alarm: self.spec.name.to_string(),
                from: self.state,
                to: state,
                reason: reason(&self.values(), self.spec.comparison, self.spec.threshold) + &self.others_in_words(),
            });
        }
        (self.state, self.since) = (state, now);
    }

    fn fires(&mut self) -> bool {
        if self.spec.actions.of(self.state).is_empty() {
            self.armed = true;
            return false;
        }
        if self.state != AlarmState::Alarm {
            // CloudWatch alone has actions on other states, and keeps invoking them as it does in ALARM.
            self.armed = true;
            return true;
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
            name: Arc::clone(&self.spec.name),
            threshold: self.spec.threshold,
            comparison: self.spec.comparison,
            metric: self.spec.metric,
            values: self.values(),
            window: self.window(),
            first_breach: self.first_breach.filter(|_| self.state == AlarmState::Alarm),
            breach_seen_until: self.breach_seen_until.filter(|_| self.state == AlarmState::Alarm),
            alarm_since: self.since,
            instance: None,
            state: self.state,
            rules: Arc::clone(self.spec.actions.of(self.state)),
            others: self.others_in_words(),
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
        out: &mut Decisions,
    ) -> Vec<Firing> {
        let start = end.saturating_sub(self.spec.period);
        let values = metrics.per_instance(self.spec.metric, self.spec.statistic, start, end);
        let mut streaks = if self.spec.no_data == NoData::Keep { self.instances.clone() } else { BTreeMap::new() };
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
        let worst = values.iter().filter_map(|(instance, _)| self.instances.get(instance)).map(|s| s.breaches).max();
        let state = match worst {
            None if self.spec.no_data == NoData::Keep => self.state,
            None if self.spec.no_data == NoData::Ok => AlarmState::Ok,
            None => AlarmState::InsufficientData,
            Some(breaches) if breaches >= self.spec.periods => AlarmState::Alarm,
            Some(_) => AlarmState::Ok,
        };
        let datapoint = |value: f64| Datapoint { start, value: Some(value), breaches: Some(self.breaches(value)) };
        self.datapoints = values.iter().map(|&(_, value)| datapoint(value)).collect();
        self.enter(now, end, state, out);
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
