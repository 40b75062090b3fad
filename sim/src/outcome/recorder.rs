//! Counts outcomes of requests as they become known.
//!
//! The plant records into one *segment*; the loop cuts it at every boundary that something is reported for (timeline
//! rows, SLO windows, sensor samples) and adds it to each of them. So the request path pays for one histogram, however
//! many are kept.

use super::latency::LatencyHistogram;

/// Why a request was not served.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its client gave up: timeout, or patience in the queue.
    TimedOut,
    /// Workers and backlog were full.
    Rejected,
    /// No healthy instance, or its instance died.
    Failed,
}

/// Outcomes between two cuts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Requests that arrived.
    pub arrived: u64,
    /// Attempts that reached the balancer.
    pub attempts: u64,
    /// Requests answered in time.
    pub served: u64,
    /// Requests whose client gave up.
    pub timed_out: u64,
    /// Requests refused.
    pub rejected: u64,
    /// Requests that found no instance, or whose instance died.
    pub failed: u64,
    /// Served requests slower than the objective.
    pub slow: u64,
    /// Served requests slower than four times the objective.
    pub frustrated: u64,
    /// Latencies of served requests.
    pub latency: LatencyHistogram,
}

impl Segment {
    /// Requests with an outcome.
    pub fn decided(&self) -> u64 {
        self.served + self.timed_out + self.rejected + self.failed
    }

    /// Requests that violate the objective: slow, or not served.
    pub fn violating(&self) -> u64 {
        self.slow + self.timed_out + self.rejected + self.failed
    }

    /// Adds all that `other` holds.
    pub fn add(&mut self, other: &Segment) {
        self.arrived += other.arrived;
        self.attempts += other.attempts;
        self.served += other.served;
        self.timed_out += other.timed_out;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.slow += other.slow;
        self.frustrated += other.frustrated;
        self.latency.merge(&other.latency);
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        // Field by field: a default segment would allocate a histogram, only to drop it.
        let Segment { arrived, attempts, served, timed_out, rejected, failed, slow, frustrated, latency } = self;
        for count in [arrived, attempts, served, timed_out, rejected, failed, slow, frustrated] {
            *count = 0;
        }
        latency.clear();
    }
}

/// Counts outcomes into the current segment.
#[derive(Clone, Debug)]
pub struct Recorder {
    segment: Segment,
    objective_nanos: u64,
    frustrating_nanos: u64,
}

impl Recorder {
    /// A recorder that judges requests by an objective in nanoseconds.
    pub fn new(objective_nanos: u64) -> Self {
        let frustrating_nanos = objective_nanos.saturating_mul(4);
        Recorder { segment: Segment::default(), objective_nanos, frustrating_nanos }
    }

    /// `count` requests arrived.
    #[inline]
    pub fn arrived(&mut self, count: u64) {
        self.segment.arrived += count;
    }

    /// `count` attempts reached the balancer.
    #[inline]
    pub fn attempted(&mut self, count: u64) {
        self.segment.attempts += count;
    }

    /// A request was answered after `latency` nanoseconds.
    #[inline]
    pub fn served(&mut self, latency: u64) {
        self.segment.served += 1;
        self.segment.slow += u64::from(latency > self.objective_nanos);
        self.segment.frustrated += u64::from(latency > self.frustrating_nanos);
        self.segment.latency.record(latency);
    }

    /// A request was not served.
    #[inline]
    pub fn lost(&mut self, failure: Failure) {
        match failure {
            Failure::TimedOut => self.segment.timed_out += 1,
            Failure::Rejected => self.segment.rejected += 1,
            Failure::Failed => self.segment.failed += 1,
        }
    }

    /// Requests were answered: within the objective, within four times the objective, and later. Their latencies follow
    /// in [`Recorder::latencies`].
    pub fn served_many(&mut self, fast: u64, slow: u64, frustrated: u64) {
        self.segment.served += fast + slow + frustrated;
        self.segment.slow += slow + frustrated;
        self.segment.frustrated += frustrated;
    }

    /// Requests were not served.
    pub fn lost_many(&mut self, failure: Failure, count: u64) {
        match failure {
            Failure::TimedOut => self.segment.timed_out += count,
            Failure::Rejected => self.segment.rejected += count,
            Failure::Failed => self.segment.failed += count,
        }
    }

    /// Latencies of `count` requests by the weights of the histogram's buckets, up to `limit` nanoseconds. Returns
    /// whether there was any weight.
    pub fn latencies(&mut self, count: u64, weights: &[f64], limit: f64, phase: f64) -> bool {
        self.segment.latency.record_expected(count, weights, limit, phase)
    }

    /// What has been counted since the last call of [`Recorder::clear`].
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Starts a new segment.
    pub fn clear(&mut self) {
        self.segment.clear();
    }
}
