//! Kubernetes' resource metrics: the kubelet keeps a point of each pod's usage every ten seconds, metrics-server reads
//! the kubelet at its resolution and answers with a rate: of the last two points that it read or, in old versions, the
//! kubelet's own.
//!
//! Sources: metrics-server `pkg/storage/pod.go`, `pkg/storage/types.go`; kubelet `pkg/kubelet/cadvisor`. Old versions
//! (v0.3.6): `pkg/sources/summary/summary.go`, `pkg/provider/sink/sinkprov.go`; kubelet `pkg/kubelet/stats`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::{SimDuration, SimTime};

/// Whose rate of CPU usage metrics-server answers with.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CpuRate {
    /// Its own, between the points of its last two readings: metrics-server 0.5 and later.
    #[default]
    Readings,
    /// The kubelet's, between its last two points when it was read: metrics-server 0.3 and 0.4. However long the
    /// resolution, a reading covers ten seconds.
    Kubelet,
}

/// What old versions say their window is: "the max window used by cAdvisor" (`kubernetesCadvisorWindow`).
const CADVISOR_WINDOW: SimDuration = SimDuration::from_secs(30);

/// The kubelet's housekeeping interval.
pub const HOUSEKEEPING: SimDuration = SimDuration::from_secs(10);

/// A fresh container's start may stand in for its first point when the first sample finds it at least this old
/// (`freshContainerMinMetricsResolution`).
const FRESH_CONTAINER_LEAST_AGE: SimDuration = SimDuration::from_secs(10);

/// Usage of a pod at an instant.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: SimTime,
    /// Core time used since the start of the container, in nanoseconds.
    pub busy_core_nanos: f64,
    /// Memory in use, in bytes.
    pub memory: u64,
}

/// The usage that metrics-server answers with.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PodMetrics {
    /// The time of the last point.
    pub at: SimTime,
    /// The time between the two points.
    pub window: SimDuration,
    /// Cores in use over the window, in billionths of a core, rounded down.
    pub cpu_nanocores: u64,
    /// Memory in use at the last point.
    pub memory: u64,
}

/// What the kubelet and metrics-server know of one pod.
#[derive(Copy, Clone, Debug)]
pub struct PodUsage {
    started: SimTime,
    /// The kubelet's last point, and the one before.
    kubelet: Option<Point>,
    kubelet_before: Option<Point>,
    last: Option<Point>,
    previous: Option<Point>,
    /// What a query is answered with since the last scrape.
    answer: Option<PodMetrics>,
}

impl PodUsage {
    /// A pod whose container starts now.
    pub fn new(started: SimTime) -> Self {
        PodUsage { started, kubelet: None, kubelet_before: None, last: None, previous: None, answer: None }
    }

    /// A pod that has been running for long when the run begins: its first point is the start of the run.
    pub fn warm(now: SimTime) -> Self {
        let point = Point { at: now, busy_core_nanos: 0.0, memory: 0 };
        PodUsage { kubelet: Some(point), last: Some(point), ..PodUsage::new(now) }
    }

    /// The kubelet takes a point.
    pub fn housekeeping(&mut self, point: Point) {
        self.kubelet_before = self.kubelet;
        self.kubelet = Some(point);
    }

    /// metrics-server reads the kubelet. The same point as before changes nothing.
    pub fn scrape(&mut self, resolution: SimDuration, rate: CpuRate) {
        let Some(point) = self.kubelet else { return };
        if rate == CpuRate::Kubelet {
            (self.previous, self.last) = (self.kubelet_before, self.kubelet);
            self.answer = self.metrics_of(rate);
            return;
        }
        if self.last.is_some_and(|last| last.at == point.at) {
            return;
        }
        let age = point.at.saturating_since(self.started);
        self.previous = match self.last {
            Some(last) => Some(last),
            None if age >= FRESH_CONTAINER_LEAST_AGE && age < resolution => {
                Some(Point { at: self.started, busy_core_nanos: 0.0, memory: 0 })
            }
            None => None,
        };
        self.last = Some(point);
        self.answer = self.metrics_of(rate);
    }

    /// What a query is answered with; nothing before there are two points.
    #[inline]
    pub fn metrics(&self) -> Option<PodMetrics> {
        self.answer
    }

    fn metrics_of(&self, rate: CpuRate) -> Option<PodMetrics> {
        let metrics = PodMetrics::between(&self.previous?, &self.last?);
        Some(if rate == CpuRate::Kubelet { PodMetrics { window: CADVISOR_WINDOW, ..metrics } } else { metrics })
    }
}

impl PodMetrics {
    #[inline]
    fn between(previous: &Point, last: &Point) -> PodMetrics {
        let window = last.at - previous.at;
        let cores = (last.busy_core_nanos - previous.busy_core_nanos) / window.as_nanos() as i64 as f64;
        PodMetrics { at: last.at, window, cpu_nanocores: (cores * 1e9) as i64 as u64, memory: last.memory }
    }
}

/// What metrics-server knows of pods that it reads together: each of them uses the same, and the rate is its own.
#[derive(Copy, Clone, Debug)]
pub struct SharedUsage {
    previous: SimTime,
    last: Point,
    answer: PodMetrics,
}

impl SharedUsage {
    /// What is known of this pod is known of others; nothing before there is an answer about it.
    pub fn of(usage: &PodUsage) -> Option<SharedUsage> {
        Some(SharedUsage { previous: usage.previous?.at, last: usage.last?, answer: usage.answer? })
    }

    /// Whether a pod's points are of the same instants, so that from now on it can be told by these.
    pub fn covers_the_time_of(&self, usage: &PodUsage) -> bool {
        let is_at = |point: Option<Point>, at: SimTime| point.is_some_and(|point| point.at == at);
        is_at(usage.last, self.last.at) && is_at(usage.previous, self.previous)
    }

    /// metrics-server reads the kubelet, which has taken this point since the last time.
    #[inline]
    pub fn read(&mut self, point: Point) {
        if self.last.at == point.at {
            return;
        }
        self.answer = PodMetrics::between(&self.last, &point);
        (self.previous, self.last) = (self.last.at, point);
    }

    /// What a query is answered with.
    #[inline]
    pub fn metrics(&self) -> PodMetrics {
        self.answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: u64, busy_seconds: f64) -> Point {
        Point { at: SimTime::from_secs(seconds), busy_core_nanos: busy_seconds * 1e9, memory: 5 }
    }

    const RESOLUTION: SimDuration = SimDuration::from_secs(15);

    #[test]
    fn usage_is_the_difference_of_two_points() {
        let mut usage = PodUsage::new(SimTime::ZERO);
        usage.housekeeping(point(20, 5.0));
        usage.scrape(RESOLUTION, CpuRate::Readings);
        assert_eq!(usage.metrics(), None, "one point, and too old for a fresh container");
        usage.housekeeping(point(30, 8.0));
        usage.scrape(RESOLUTION, CpuRate::Readings);
        let metrics = usage.metrics().expect("two points");
        assert_eq!((metrics.cpu_nanocores, metrics.window), (300_000_000, SimDuration::from_secs(10)));
    }

    #[test]
    fn a_fresh_container_counts_from_its_start() {
        let mut usage = PodUsage::new(SimTime::from_secs(100));
        usage.housekeeping(point(112, 6.0));
        usage.scrape(RESOLUTION, CpuRate::Readings);
        let metrics = usage.metrics().expect("the start is the first point");
        assert_eq!((metrics.cpu_nanocores, metrics.window), (500_000_000, SimDuration::from_secs(12)));
    }

    #[test]
    fn the_same_point_repeats_the_same_answer() {
        let mut usage = PodUsage::new(SimTime::ZERO);
        for seconds in [20, 30] {
            usage.housekeeping(point(seconds, seconds as f64));
            usage.scrape(RESOLUTION, CpuRate::Readings);
        }
        let before = usage.metrics();
        usage.scrape(RESOLUTION, CpuRate::Readings);
        assert_eq!(usage.metrics(), before);
    }

    #[test]
    fn pods_that_are_read_together_have_the_metrics_of_each() {
        let mut usage = PodUsage::new(SimTime::ZERO);
        assert!(SharedUsage::of(&usage).is_none(), "nothing is known yet");
        for seconds in [20, 30] {
            usage.housekeeping(point(seconds, seconds as f64));
            usage.scrape(RESOLUTION, CpuRate::Readings);
        }
        let mut shared = SharedUsage::of(&usage).expect("two points");
        assert!(shared.covers_the_time_of(&usage));
        for (seconds, busy) in [(50, 31.0), (50, 31.0), (60, 36.5)] {
            shared.read(point(seconds, busy));
            usage.housekeeping(point(seconds, busy));
            usage.scrape(RESOLUTION, CpuRate::Readings);
            assert_eq!(Some(shared.metrics()), usage.metrics(), "at {seconds} s");
            assert!(shared.covers_the_time_of(&usage));
        }
        shared.read(point(70, 37.0));
        assert!(!shared.covers_the_time_of(&usage));
    }

    #[test]
    fn old_versions_answer_with_the_kubelets_rate_however_long_the_resolution() {
        let mut usage = PodUsage::new(SimTime::ZERO);
        usage.housekeeping(point(10, 1.0));
        usage.scrape(RESOLUTION, CpuRate::Kubelet);
        assert_eq!(usage.metrics(), None, "the kubelet has no rate yet");
        for (seconds, busy) in [(20, 1.0), (60, 1.0), (70, 9.0)] {
            usage.housekeeping(point(seconds, busy));
        }
        usage.scrape(SimDuration::from_secs(60), CpuRate::Kubelet);
        let metrics = usage.metrics().expect("two points of the kubelet");
        assert_eq!((metrics.cpu_nanocores, metrics.window), (800_000_000, SimDuration::from_secs(30)));
    }
}
