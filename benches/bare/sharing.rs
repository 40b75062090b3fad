//! (d) Processor sharing over eight cores, in virtual time: a heap of virtual finishes per instance, behind round-robin.
//! Instances do not touch each other, so each is brought up to date only when a request arrives at it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_distr::{Distribution, Exp1};

use super::{Bare, CORES, Histogram, Work, generator};

/// A request that runs: virtual finish as bits (which order like the positive number), arrival and wait.
type Running = Reverse<(u64, [u64; 2])>;

#[derive(Default)]
struct Instance {
    virtual_time: f64,
    updated: f64,
    running: BinaryHeap<Running>,
}

impl Instance {
    /// Real seconds per virtual second.
    #[inline]
    fn slowness(&self) -> f64 {
        (self.running.len() as f64 / CORES as f64).max(1.0)
    }

    /// Ends the bursts that are over by `now`.
    #[inline]
    fn advance(&mut self, now: f64, histogram: &mut Histogram) {
        while let Some(&Reverse((finish, [arrival, wait]))) = self.running.peek() {
            let slowness = self.slowness();
            let at = self.updated + (f64::from_bits(finish) - self.virtual_time) * slowness;
            if at > now {
                self.virtual_time += (now - self.updated) / slowness;
                break;
            }
            self.virtual_time = f64::from_bits(finish);
            self.updated = at;
            self.running.pop();
            histogram.record(at - f64::from_bits(arrival) + f64::from_bits(wait));
        }
        self.updated = now;
    }
}

/// Processor sharing behind round-robin, lognormal core time and wait.
pub(crate) fn processor_sharing(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut instances: Vec<Instance> = (0..work.instances).map(|_| Instance::default()).collect();
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let gap = 1.0 / work.rate;
    let (mut now, mut turn) = (0.0, 0);
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        let cpu = cpu_law.sample(&mut generator);
        let wait = wait_law.sample(&mut generator);
        let instance = &mut instances[turn];
        instance.advance(now, &mut histogram);
        let finish = instance.virtual_time + cpu;
        instance.running.push(Reverse((finish.to_bits(), [now.to_bits(), wait.to_bits()])));
        turn = if turn + 1 == work.instances { 0 } else { turn + 1 };
    }
    histogram.report()
}
