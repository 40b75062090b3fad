//! The monitoring service: samples of the fleet, aggregated on demand over any window of whole sampling intervals.
//!
//! Every sampling interval leaves one slot. A slot can be read from its publication on; before, and where a sample was
//! lost or an outage swallowed it, there is no data.

use std::collections::VecDeque;
use std::ops::Range;

use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::decision::{InstanceId, Metric, MetricSource, Statistic};
use crate::outcome::LatencyHistogram;
use crate::outcome::latency::SparseHistogram;
use crate::sensors::publication::{PerSource, Source};

/// Slots older than this are forgotten: longer than any alarm may look back (one day at periods below an hour).
const KEPT: SimDuration = SimDuration::from_hours(26);

/// Slots that are looked at one by one before the rest is searched by halves.
const NEAR: usize = 16;

/// One sample of one instance.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct InstanceSample {
    /// The instance.
    pub instance: InstanceId,
    /// CPU in use, percent.
    pub cpu_percent: f64,
    /// Memory in use, percent.
    pub memory_percent: f64,
    /// Requests that were sent to it in the interval.
    pub requests: u64,
    /// Requests inside it at the end of the interval.
    pub inside: u32,
}

/// Several samples of several instances, taken together: what their averages, sums and counts follow from.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct FleetSample {
    /// How many samples of one instance it stands for.
    pub samples: u64,
    /// Their mean CPU in use, percent.
    pub cpu_percent: f64,
}

/// What was measured in one sampling interval, or in several that are taken together.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Start of the interval.
    pub start: SimTime,
    /// End of the interval.
    pub end: SimTime,
    /// Sampling intervals that it stands for.
    pub weight: u64,
    /// When it can be read.
    pub published: PerSource<SimTime>,
    /// Requests that arrived at the balancer in the interval.
    pub requests: u64,
    /// Of the requests with an outcome in the interval, those that were not served.
    pub errors: u64,
    /// Requests with an outcome in the interval.
    pub decided: u64,
    /// Requests in flight at the end.
    pub in_flight: u64,
    /// Instances that receive traffic at the end.
    pub healthy: u32,
    /// The instances' samples where they were taken together; else they are given one by one.
    pub fleet: Option<FleetSample>,
    /// Latencies of the interval, kept when a policy asks for them.
    pub latency: Option<SparseHistogram>,
}

/// Everything that was measured in the last day.
#[derive(Clone, Debug, Default)]
pub struct MetricStore {
    slots: VecDeque<Stored>,
    /// Samples of the instances that reported, slot after slot.
    samples: Vec<InstanceSample>,
    /// How many samples were forgotten before the first of these.
    forgotten: usize,
    now: SimTime,
}

/// A slot, and where its samples are among all that ever were.
#[derive(Clone, Debug)]
struct Stored {
    slot: Slot,
    samples: Range<usize>,
}

impl MetricStore {
    /// Adds the next slot, with the samples of the instances that report.
    pub fn record(&mut self, slot: Slot, samples: &[InstanceSample]) {
        let oldest = slot.end.saturating_sub(KEPT);
        while self.slots.front().is_some_and(|first| first.slot.end < oldest) {
            self.slots.pop_front();
        }
        let first = self.slots.front().map_or(self.forgotten + self.samples.len(), |first| first.samples.start);
        // In large pieces, so that moving the rest costs little.
        if first - self.forgotten > self.samples.len() / 2 {
            self.samples.drain(..first - self.forgotten);
            self.forgotten = first;
        }
        let start = self.forgotten + self.samples.len();
        self.samples.extend_from_slice(samples);
        self.slots.push_back(Stored { slot, samples: start..start + samples.len() });
    }

    /// Sets the instant that reads happen at.
    pub fn set_now(&mut self, now: SimTime) {
        self.now = now;
    }

    /// The first slot that begins at an instant or later. Most who read look at the newest: those are looked at one by one.
    fn first_from(&self, from: SimTime) -> usize {
        let mut first = self.slots.len();
        while first > 0 && self.slots[first - 1].slot.start >= from {
            first -= 1;
            if first + NEAR == self.slots.len() {
                return self.slots.partition_point(|stored| stored.slot.start < from);
            }
        }
        first
    }

    /// The slots that begin within a window (a sample is stamped with the start of its interval) and can be read now.
    fn readable(&self, source: Source, from: SimTime, to: SimTime) -> impl Iterator<Item = (&Slot, &[InstanceSample])> {
        let first = self.first_from(from);
        let now = self.now;
        let within = self.slots.range(first..).take_while(move |stored| stored.slot.start < to);
        let readable = within.filter(move |stored| *stored.slot.published.of(source) <= now);
        readable.map(|Stored { slot, samples }| {
            (slot, &self.samples[samples.start - self.forgotten..samples.end - self.forgotten])
        })
    }
}

/// Running sum, count and extremes of samples; the samples themselves only where a percentile is asked for.
#[derive(Debug)]
struct Aggregate {
    statistic: Statistic,
    count: u64,
    sum: f64,
    least: f64,
    greatest: f64,
    samples: Vec<f64>,
}

impl Aggregate {
    fn new(statistic: Statistic) -> Self {
        Aggregate {
            statistic,
            count: 0,
            sum: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            samples: Vec::new(),
        }
    }

    fn add(&mut self, sample: f64) {
        self.add_many(sample, 1);
    }

    /// Adds so many samples of this mean. Where they are not alike, their extremes and percentiles are not asked for.
    fn add_many(&mut self, sample: f64, count: u64) {
        if count == 0 {
            return;
        }
        self.count += count;
        self.sum += sample * count as f64;
        self.least = self.least.min(sample);
        self.greatest = self.greatest.max(sample);
        if matches!(self.statistic, Statistic::Percentile(_)) {
            self.samples.push(sample);
        }
    }

    fn result(mut self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        Some(match self.statistic {
            Statistic::Average => self.sum / self.count as f64,
            Statistic::Minimum => self.least,
            Statistic::Maximum => self.greatest,
            Statistic::Sum => self.sum,
            Statistic::SampleCount => self.count as f64,
            Statistic::Percentile(percent) => {
                self.samples.sort_by(f64::total_cmp);
                let rank = libm::ceil(percent / 100.0 * self.count as f64) as usize;
                self.samples[rank.clamp(1, self.samples.len()) - 1]
            }
        })
    }
}

impl MetricSource for MetricStore {
    fn statistic(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Option<f64> {
        if let Some(quantile) = latency_quantile(metric) {
            return self.latency(quantile, from, to);
        }
        let mut aggregate = Aggregate::new(statistic);
        for (slot, instances) in self.readable(Source::of(metric), from, to) {
            let seconds = (slot.end - slot.start).as_secs_f64();
            let weight = slot.weight;
            match metric {
                Metric::CpuUtilization if slot.fleet.is_some() => {
                    if let Some(fleet) = slot.fleet {
                        aggregate.add_many(fleet.cpu_percent, fleet.samples);
                    }
                }
                Metric::CpuUtilization => instances.iter().for_each(|s| aggregate.add(s.cpu_percent)),
                Metric::MemoryUtilization => instances.iter().for_each(|s| aggregate.add(s.memory_percent)),
                Metric::RequestRate => aggregate.add_many(slot.requests as f64 / seconds, weight),
                Metric::RequestRatePerInstance if slot.healthy > 0 => {
                    aggregate.add_many(slot.requests as f64 / seconds / f64::from(slot.healthy), weight);
                }
                // A count per target: Sum adds it up over the period, as the load balancer does; the other statistics are
                // per minute, the figure that target tracking compares.
                Metric::RequestCountPerTarget if slot.healthy > 0 => {
                    let scale = if statistic == Statistic::Sum { 1.0 / weight as f64 } else { 60.0 / seconds };
                    aggregate.add_many(slot.requests as f64 / f64::from(slot.healthy) * scale, weight);
                }
                Metric::RequestCount => aggregate.add_many(slot.requests as f64 / weight as f64, weight),
                Metric::InFlight => aggregate.add(slot.in_flight as f64),
                Metric::InFlightPerInstance if slot.healthy > 0 => {
                    aggregate.add(slot.in_flight as f64 / f64::from(slot.healthy));
                }
                Metric::HealthyHosts => aggregate.add_many(f64::from(slot.healthy), weight),
                Metric::ErrorRate if slot.decided > 0 => {
                    aggregate.add(100.0 * slot.errors as f64 / slot.decided as f64);
                }
                _ => {}
            }
        }
        aggregate.result()
    }

    fn per_instance(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Vec<(InstanceId, f64)> {
        let mut of_instance = std::collections::BTreeMap::new();
        for (slot, instances) in self.readable(Source::of(metric), from, to) {
            let seconds = (slot.end - slot.start).as_secs_f64();
            for sample in instances {
                let value = match metric {
                    Metric::CpuUtilization => sample.cpu_percent,
                    Metric::MemoryUtilization => sample.memory_percent,
                    Metric::RequestRate | Metric::RequestRatePerInstance => sample.requests as f64 / seconds,
                    Metric::InFlight | Metric::InFlightPerInstance => f64::from(sample.inside),
                    _ => continue,
                };
                of_instance.entry(sample.instance).or_insert_with(|| Aggregate::new(statistic)).add(value);
            }
        }
        of_instance.into_iter().filter_map(|(id, aggregate)| Some((id, aggregate.result()?))).collect()
    }
}

/// The quantile behind a metric of latency; a mean is marked by a quantile above one.
fn latency_quantile(metric: Metric) -> Option<f64> {
    match metric {
        Metric::LatencyMean => Some(2.0),
        Metric::LatencyP50 => Some(0.5),
        Metric::LatencyP95 => Some(0.95),
        Metric::LatencyP99 => Some(0.99),
        _ => None,
    }
}

/// Whether a metric needs the latencies of every slot.
pub fn needs_latency(metric: Metric) -> bool {
    latency_quantile(metric).is_some()
}

impl MetricStore {
    /// A quantile of the pooled latencies of a window: quantiles of slots cannot be averaged.
    fn latency(&self, quantile: f64, from: SimTime, to: SimTime) -> Option<f64> {
        let mut pooled = LatencyHistogram::default();
        for (slot, _) in self.readable(Source::Balancer, from, to) {
            if let Some(latency) = &slot.latency {
                pooled.merge_sparse(latency);
            }
        }
        if pooled.count() == 0 {
            return None;
        }
        Some(if quantile > 1.0 { pooled.mean_seconds() } else { pooled.quantile(quantile) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(store: &mut MetricStore, start: u64, published: u64, cpu: &[f64]) {
        let slot = Slot {
            start: SimTime::from_secs(start),
            end: SimTime::from_secs(start + 60),
            weight: 1,
            published: PerSource::default().map(|(): &()| SimTime::from_secs(published)),
            requests: 600,
            errors: 0,
            decided: 600,
            in_flight: 3,
            healthy: 2,
            fleet: None,
            latency: None,
        };
        let sample = |(i, &cpu_percent)| InstanceSample {
            instance: InstanceId(i),
            cpu_percent,
            memory_percent: 0.0,
            requests: 60,
            inside: 0,
        };
        let samples: Vec<InstanceSample> = (0..).zip(cpu).map(sample).collect();
        store.record(slot, &samples);
    }

    fn store() -> MetricStore {
        let mut store = MetricStore::default();
        record(&mut store, 0, 60, &[10.0, 30.0]);
        record(&mut store, 60, 180, &[50.0, 70.0, 90.0]);
        store
    }

    #[test]
    fn what_is_too_old_is_forgotten_with_its_samples() {
        let mut store = MetricStore::default();
        let minutes = 3 * KEPT.as_secs() / 60;
        for minute in 0..minutes {
            record(&mut store, 60 * minute, 60 * minute, &vec![minute as f64; (minute % 4) as usize]);
        }
        store.set_now(SimTime::NEVER);
        assert!(store.samples.len() < 6 * (KEPT.as_secs() / 60) as usize, "{}", store.samples.len());
        for minute in [minutes - 1, minutes - 600, minutes - KEPT.as_secs() / 60] {
            let (from, to) = (SimTime::from_secs(60 * minute), SimTime::from_secs(60 * minute + 60));
            let read = store.statistic(Metric::CpuUtilization, Statistic::Sum, from, to);
            assert_eq!(read, (minute % 4 > 0).then(|| (minute * (minute % 4)) as f64));
        }
        assert_eq!(store.statistic(Metric::RequestCount, Statistic::Sum, SimTime::ZERO, SimTime::from_secs(60)), None);
    }

    fn read(store: &MetricStore, metric: Metric, statistic: Statistic) -> Option<f64> {
        store.statistic(metric, statistic, SimTime::ZERO, SimTime::from_secs(120))
    }

    #[test]
    fn what_is_not_published_cannot_be_read() {
        let mut store = store();
        store.set_now(SimTime::from_secs(120));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::Average), Some(20.0));
        store.set_now(SimTime::from_secs(180));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::Average), Some(50.0));
        assert_eq!(
            store.statistic(Metric::CpuUtilization, Statistic::Average, SimTime::from_secs(120), SimTime::NEVER),
            None
        );
    }

    #[test]
    fn statistics_are_over_samples_of_instances() {
        let mut store = store();
        store.set_now(SimTime::from_secs(999));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::Maximum), Some(90.0));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::Minimum), Some(10.0));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::SampleCount), Some(5.0));
        assert_eq!(read(&store, Metric::CpuUtilization, Statistic::Percentile(50.0)), Some(50.0));
        assert_eq!(read(&store, Metric::RequestRate, Statistic::Average), Some(10.0), "the fleet's total");
        assert_eq!(read(&store, Metric::RequestRatePerInstance, Statistic::Average), Some(5.0));
        assert_eq!(read(&store, Metric::RequestCount, Statistic::Sum), Some(1200.0));
        let by_instance = store.per_instance(Metric::CpuUtilization, Statistic::Average, SimTime::ZERO, SimTime::NEVER);
        assert_eq!(by_instance, [(InstanceId(0), 30.0), (InstanceId(1), 50.0), (InstanceId(2), 90.0)]);
    }
}
