//! The emptier of two instances drawn at random: counts of requests inside, and departures in a wheel. First come, first
//! served inside. The same with one draw, which needs no counts.

use rand::Rng;
use rand_distr::{Distribution, Exp1};

use super::least_outstanding::Wheel;
use super::{Bare, CORES, Histogram, Work, generator, start};

/// A number below `bound`, by multiplication.
#[inline]
fn below(generator: &mut impl Rng, bound: usize) -> usize {
    (((generator.next_u64() >> 32) * bound as u64) >> 32) as usize
}

/// Two choices, lognormal core time and wait.
pub(crate) fn power_of_two(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut free = vec![[0.0; CORES]; work.instances];
    let mut inside = vec![0u32; work.instances];
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let mut wheel = Wheel::new(work.rate);
    let gap = 1.0 / work.rate;
    let mut now = 0.0;
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        wheel.pop_until(now, |instance| inside[instance] -= 1);
        let cpu = cpu_law.sample(&mut generator);
        let wait = wait_law.sample(&mut generator);
        let first = below(&mut generator, work.instances);
        let second = (first + 1 + below(&mut generator, work.instances - 1)) % work.instances;
        let pick = if inside[second] < inside[first] { second } else { first };
        inside[pick] += 1;
        let departure = start(&mut free[pick], now, cpu) + cpu + wait;
        wheel.push(departure, pick);
        histogram.record(departure - now);
    }
    histogram.report()
}

/// One choice.
pub(crate) fn random(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut free = vec![[0.0; CORES]; work.instances];
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let gap = 1.0 / work.rate;
    let mut now = 0.0;
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        let cpu = cpu_law.sample(&mut generator);
        let wait = wait_law.sample(&mut generator);
        let pick = below(&mut generator, work.instances);
        histogram.record(start(&mut free[pick], now, cpu) + cpu + wait - now);
    }
    histogram.report()
}
