//! The bare loops that the kernels are measured against: the same queues as plain programs that do nothing else.
//!
//! Each is what one would write who needed only the mean and the histogram of one kind of station: no timeline, no
//! metrics, no timeouts, no limits, no fleet that changes. Times are seconds in `f64`; draws come from the generator
//! and the ziggurats of `rand` and `rand_distr`, one at a time.

#![allow(dead_code, reason = "each program that measures uses a part of it")]

pub(crate) mod closed_loop;
pub(crate) mod fluid;
pub(crate) mod kinds;
pub(crate) mod least_outstanding;
pub(crate) mod sharing;
pub(crate) mod two_choices;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Exp1, LogNormal};

/// Cores of every instance.
pub(crate) const CORES: usize = 8;

/// What a bare loop reports: enough to see that it did the same work as the simulator.
#[derive(Debug)]
pub(crate) struct Bare {
    /// Requests served.
    pub(crate) requests: u64,
    /// Their mean latency in seconds.
    pub(crate) mean: f64,
    /// Their 99th percentile.
    pub(crate) p99: f64,
}

/// The work: `requests` requests at a total `rate` per second, `cpu` seconds each in the mean.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Work {
    /// Requests to serve.
    pub(crate) requests: u64,
    /// Requests per second, over all instances.
    pub(crate) rate: f64,
    /// Mean core time in seconds.
    pub(crate) cpu: f64,
    /// Mean time off the core in seconds.
    pub(crate) wait: f64,
    /// Instances.
    pub(crate) instances: usize,
}

impl Work {
    /// The law of core time in the demo: lognormal with cv 1.
    pub(crate) fn lognormal_cpu(&self) -> LogNormal<f64> {
        LogNormal::from_mean_cv(self.cpu, 1.0).expect("a mean above zero")
    }

    /// The law of the wait in the demo: lognormal with cv 0.8.
    pub(crate) fn lognormal_wait(&self) -> LogNormal<f64> {
        LogNormal::from_mean_cv(self.wait, 0.8).expect("a mean above zero")
    }
}

/// The generator of all bare loops.
pub(crate) fn generator() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(7)
}

/// Counts in 64 buckets per octave, by the exponent and the first six bits of the mantissa.
pub(crate) struct Histogram {
    buckets: [u32; 64 * 64],
    count: u64,
    sum: f64,
}

impl Histogram {
    /// An empty histogram.
    pub(crate) fn new() -> Self {
        Histogram { buckets: [0; 64 * 64], count: 0, sum: 0.0 }
    }

    /// Counts a latency in seconds; the buckets begin at 2^-40.
    #[inline]
    pub(crate) fn record(&mut self, seconds: f64) {
        const FIRST: u64 = (1023 - 40) << 6;
        let index = (seconds.to_bits() >> 46).wrapping_sub(FIRST);
        self.buckets[(index as usize).min(64 * 64 - 1)] += 1;
        self.count += 1;
        self.sum += seconds;
    }

    /// What was counted.
    pub(crate) fn report(&self) -> Bare {
        let mut left = self.count - self.count / 100;
        let mut index = 0;
        while index + 1 < self.buckets.len() && left > u64::from(self.buckets[index]) {
            left -= u64::from(self.buckets[index]);
            index += 1;
        }
        let p99 = f64::from_bits((index as u64 + ((1023 - 40) << 6)) << 46);
        Bare { requests: self.count, mean: self.sum / self.count as f64, p99 }
    }
}

/// The recursion of Kiefer and Wolfowitz on one instance: when a request starts that arrives at `now`, with the sorted
/// free times updated. The insertion has no branch.
#[inline]
pub(crate) fn start(free: &mut [f64; CORES], now: f64, cpu: f64) -> f64 {
    let start = now.max(free[0]);
    let mut carry = start + cpu;
    for i in 0..CORES - 1 {
        let next = free[i + 1];
        free[i] = next.min(carry);
        carry = next.max(carry);
    }
    free[CORES - 1] = carry;
    start
}

/// (a) M/M/8: one instance, exponential gaps and core times.
pub(crate) fn mm8(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut free = [0.0; CORES];
    let gap = 1.0 / work.rate;
    let mut now = 0.0;
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        let unit: f64 = Exp1.sample(&mut generator);
        let cpu = work.cpu * unit;
        histogram.record(start(&mut free, now, cpu) + cpu - now);
    }
    histogram.report()
}

/// (b) Round-robin over the instances, lognormal core time and wait.
pub(crate) fn round_robin(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut free = vec![[0.0; CORES]; work.instances];
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let gap = 1.0 / work.rate;
    let (mut now, mut turn) = (0.0, 0);
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        let cpu = cpu_law.sample(&mut generator);
        let wait = wait_law.sample(&mut generator);
        histogram.record(start(&mut free[turn], now, cpu) + cpu + wait - now);
        turn = if turn + 1 == work.instances { 0 } else { turn + 1 };
    }
    histogram.report()
}
