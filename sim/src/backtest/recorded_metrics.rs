//! Recorded metric values as a source for alarms. A value stands for the period that begins at its stamp, is visible at
//! once, and where there is none data is missing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::decision::{InstanceId, Metric, MetricSource, Statistic};

/// What one period of one series holds. A recording of one value per period has all statistics alike.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Sample {
    /// The mean of the period.
    pub average: f64,
    /// Its smallest sample.
    pub minimum: f64,
    /// Its largest sample.
    pub maximum: f64,
    /// The sum of its samples.
    pub sum: f64,
    /// The number of its samples.
    pub count: f64,
    /// The percentile that was asked for, where one was.
    pub percentile: Option<f64>,
}

/// Which statistics a recording of several holds. What it does not hold is not there to be evaluated.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) average: bool,
    pub(crate) minimum: bool,
    pub(crate) maximum: bool,
    pub(crate) sum: bool,
    pub(crate) count: bool,
    pub(crate) percentile: bool,
}

impl Held {
    /// What both hold.
    fn and(self, other: Held) -> Held {
        Held {
            average: self.average && other.average,
            minimum: self.minimum && other.minimum,
            maximum: self.maximum && other.maximum,
            sum: self.sum && other.sum,
            count: self.count && other.count,
            percentile: self.percentile && other.percentile,
        }
    }

    fn has(self, statistic: Statistic) -> bool {
        match statistic {
            Statistic::Average => self.average,
            Statistic::Minimum => self.minimum,
            Statistic::Maximum => self.maximum,
            Statistic::Sum => self.sum,
            Statistic::SampleCount => self.count,
            Statistic::Percentile(_) => self.percentile,
        }
    }
}

impl Sample {
    /// A period of which one value is known.
    pub fn of(value: f64) -> Self {
        Sample { average: value, minimum: value, maximum: value, sum: value, count: 1.0, percentile: None }
    }
}

/// Values in order of time.
type Series = BTreeMap<SimTime, Sample>;

/// Recorded values of several metrics, perhaps of several instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedMetrics {
    group: BTreeMap<Metric, Series>,
    instances: BTreeMap<Metric, BTreeMap<InstanceId, Series>>,
    held: BTreeMap<Metric, Held>,
    last: SimTime,
    period: Option<SimDuration>,
    origin: Option<Timestamp>,
}

impl RecordedMetrics {
    /// Adds a value of the group. Gives the one that was there before, if any.
    pub fn insert(&mut self, metric: Metric, at: SimTime, sample: Sample) -> Option<Sample> {
        self.last = self.last.max(at);
        self.group.entry(metric).or_default().insert(at, sample)
    }

    /// Adds a value of one instance; the group's value is aggregated by [`RecordedMetrics::aggregate_instances`].
    pub fn insert_instance(
        &mut self,
        metric: Metric,
        instance: InstanceId,
        at: SimTime,
        sample: Sample,
    ) -> Option<Sample> {
        self.last = self.last.max(at);
        self.instances.entry(metric).or_default().entry(instance).or_default().insert(at, sample)
    }

    /// Derives the group's values: the mean of the instances' means, the least minimum, the greatest maximum.
    pub fn aggregate_instances(&mut self) {
        for (metric, instances) in &self.instances {
            let mut by_time: BTreeMap<SimTime, Vec<Sample>> = BTreeMap::new();
            for series in instances.values() {
                series.iter().for_each(|(at, sample)| by_time.entry(*at).or_default().push(*sample));
            }
            let group = self.group.entry(*metric).or_default();
            group.extend(by_time.into_iter().filter_map(|(at, samples)| Some((at, fold_instances(&samples)?))));
        }
    }

    /// Makes sure that the metric is known, though it may have no value.
    pub fn declare(&mut self, metric: Metric) {
        self.group.entry(metric).or_default();
    }

    /// Remembers which statistics a datapoint of the metric holds.
    pub(crate) fn note_held(&mut self, metric: Metric, held: Held) {
        let both = self.held.get(&metric).map_or(held, |before| before.and(held));
        self.held.insert(metric, both);
    }

    /// True where the recording has statistics by name, and not this one. One value per period stands for any.
    pub fn lacks(&self, metric: Metric, statistic: Statistic) -> bool {
        self.held.get(&metric).is_some_and(|held| !held.has(statistic))
    }

    /// Has a percentile of a metric stand as a metric of its own.
    pub(crate) fn make_percentile(&mut self, metric: Metric, percentile: Metric) {
        let Some(series) = self.group.remove(&metric) else { return };
        let value = |sample: Sample| Sample::of(sample.percentile.unwrap_or(sample.average));
        self.group.insert(percentile, series.into_iter().map(|(at, sample)| (at, value(sample))).collect());
        if let Some(held) = self.held.remove(&metric) {
            self.held.insert(percentile, Held { average: held.percentile, ..held });
        }
    }

    /// The metrics that were recorded.
    pub fn metrics(&self) -> Vec<Metric> {
        self.group.keys().copied().collect()
    }

    /// Remembers the period that the recording states.
    pub fn set_period(&mut self, period: SimDuration) {
        self.period = Some(period);
    }

    /// Remembers which calendar time t = 0 is.
    pub fn set_origin(&mut self, origin: Timestamp) {
        self.origin = Some(origin);
    }

    /// The means of a metric, each from its stamp to the end of its period, or to the next stamp where that comes first.
    pub fn averages(&self, metric: Metric) -> Vec<(SimTime, SimTime, f64)> {
        let Some(series) = self.group.get(&metric) else { return Vec::new() };
        let period = self.period();
        let nexts = series.keys().skip(1).copied().chain([SimTime::NEVER]);
        series
            .iter()
            .zip(nexts)
            .map(|((at, sample), next)| (*at, at.saturating_add(period).min(next), sample.average))
            .collect()
    }

    /// The calendar time of t = 0, if the recording has one.
    pub fn origin(&self) -> Option<Timestamp> {
        self.origin
    }

    /// True when there is not one value.
    pub fn is_empty(&self) -> bool {
        self.group.values().all(Series::is_empty)
    }

    /// When the last recorded period ends: its stamp and the period.
    pub fn end(&self) -> SimTime {
        self.last.saturating_add(self.period())
    }

    /// How long a value stands for: the least distance of two stamps unless the recording states it.
    fn period(&self) -> SimDuration {
        let apart = |series: &Series| {
            let times: Vec<SimTime> = series.keys().copied().collect();
            times.windows(2).map(|pair| pair[1] - pair[0]).min()
        };
        let period = self.period.or_else(|| self.group.values().filter_map(apart).min());
        period.unwrap_or(SimDuration::from_mins(1))
    }
}

fn fold_instances(samples: &[Sample]) -> Option<Sample> {
    let count = samples.len() as f64;
    let first = *samples.first()?;
    Some(Sample {
        average: samples.iter().map(|s| s.average).sum::<f64>() / count,
        minimum: samples.iter().map(|s| s.minimum).fold(first.minimum, f64::min),
        maximum: samples.iter().map(|s| s.maximum).fold(first.maximum, f64::max),
        sum: samples.iter().map(|s| s.sum).sum(),
        count: samples.iter().map(|s| s.count).sum(),
        percentile: None,
    })
}

fn condense(series: &Series, statistic: Statistic, from: SimTime, to: SimTime) -> Option<f64> {
    if from >= to {
        return None;
    }
    let samples: Vec<&Sample> = series.range(from..to).map(|(_, sample)| sample).collect();
    let first = samples.first()?;
    Some(match statistic {
        Statistic::Average => {
            let count: f64 = samples.iter().map(|s| s.count).sum();
            samples.iter().map(|s| s.average * s.count).sum::<f64>() / count
        }
        Statistic::Minimum => samples.iter().map(|s| s.minimum).fold(first.minimum, f64::min),
        Statistic::Maximum => samples.iter().map(|s| s.maximum).fold(first.maximum, f64::max),
        Statistic::Sum => samples.iter().map(|s| s.sum).sum(),
        Statistic::SampleCount => samples.iter().map(|s| s.count).sum(),
        Statistic::Percentile(p) => {
            // Nearest rank over the recorded values: all that a recording of one value per period allows.
            let mut values: Vec<f64> = samples.iter().map(|s| s.percentile.unwrap_or(s.average)).collect();
            values.sort_by(f64::total_cmp);
            let rank = libm::ceil(p / 100.0 * values.len() as f64) as usize;
            values[rank.clamp(1, values.len()) - 1]
        }
    })
}

impl MetricSource for RecordedMetrics {
    fn statistic(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Option<f64> {
        condense(self.group.get(&metric)?, statistic, from, to)
    }

    fn per_instance(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Vec<(InstanceId, f64)> {
        let Some(instances) = self.instances.get(&metric) else {
            // A recording of the group alone stands for one instance.
            let value = self.statistic(metric, statistic, from, to);
            return value.map(|v| (InstanceId(0), v)).into_iter().collect();
        };
        instances.iter().filter_map(|(id, series)| Some((*id, condense(series, statistic, from, to)?))).collect()
    }
}
