//! Random streams: one seed, an independent and portable stream for every purpose.
//!
//! Two policies that are compared under one seed meet the same requests and the same boots (common random numbers),
//! because each purpose draws from a stream of its own: a policy that launches one instance more takes nothing from the
//! stream of arrivals. ChaCha8 gives 2^64 independent streams for one key; each seeds a fast xoshiro256++ generator.
//! Both carry rand's reproducibility guarantee. Logarithms and exponentials are our own (`elementary`), so that results do
//! not depend on the platform's mathematics library.

mod elementary;
mod normal;
mod widest;

pub use elementary::{exp, ln};
pub use normal::normal_quantile;
pub(crate) use widest::map;

use rand::rngs::{ChaCha8Rng, Xoshiro256PlusPlus};
use rand::{Rng, SeedableRng};

/// The generator that draws are made from.
pub type Generator = Xoshiro256PlusPlus;

/// What a stream is for. The numbers are part of the format of a result: they never change, new ones are added.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Purpose {
    /// When requests arrive.
    Arrivals = 1,
    /// Core time that a request asks for, by index of the request.
    ServiceCpu = 2,
    /// Time off the core that a request asks for, by index of the request.
    ServiceWait = 3,
    /// The class of a request.
    RequestClass = 4,
    /// Random choices of the balancer.
    Balancer = 5,
    /// Boot stages, by index of the launch.
    Boot = 6,
    /// The phase of health checks, by index of the launch.
    ProbePhase = 7,
    /// Publication delays of metrics.
    MetricDelay = 8,
    /// Noise laid over a shape.
    Noise = 9,
    /// Think times of closed-loop clients.
    Think = 10,
    /// How long a request is willing to queue.
    Patience = 11,
    /// Delays before retries.
    Backoff = 12,
    /// Instances that crash while in service, by index of the launch.
    Crash = 13,
    /// Random choices of a removal policy.
    Removal = 14,
    /// Phases of a controller (alarm offsets, reconcile lag).
    Controller = 15,
    /// Core time of a request's wait at a shared dependency.
    Downstream = 16,
    /// Generated rate series.
    Series = 17,
    /// How far what a sensor measures lies from what is expected, by index of the launch (fluid fidelity).
    Measurement = 24,
    /// Scripts that complete lifecycle hooks, by index of the launch.
    Hook = 25,
    /// The points of a sweep's design.
    Design = 32,
}

/// All the random streams of one run.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of `seed`.
    pub const fn new(seed: u64) -> Self {
        Streams { seed }
    }

    /// The seed they all come from.
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The stream for a purpose.
    pub fn stream(self, purpose: Purpose) -> Generator {
        self.indexed(purpose, 0)
    }

    /// The `index`-th stream for a purpose, for what is numbered: the boots of the fifth launch are always the same.
    pub fn indexed(self, purpose: Purpose, index: u32) -> Generator {
        let mut key = ChaCha8Rng::seed_from_u64(self.seed);
        key.set_stream(u64::from(purpose as u32) << 32 | u64::from(index));
        Generator::from_rng(&mut key)
    }
}

/// A uniform draw from the open interval (0, 1), on a grid of 2^-52 offset by half a step: never 0, never 1.
#[inline]
pub fn uniform(generator: &mut Generator) -> f64 {
    // With 53 bits the half step would not fit the mantissa, and the largest draw would round up to 1.
    const STEP: f64 = 1.0 / (1u64 << 52) as f64;
    ((generator.next_u64() >> 12) as f64 + 0.5) * STEP
}

/// A draw from the exponential distribution of mean 1, by inversion.
#[inline]
pub fn exponential(generator: &mut Generator) -> f64 {
    -ln(uniform(generator))
}

/// A draw from the standard normal distribution, by inversion: one uniform gives one draw.
#[inline]
pub fn normal(generator: &mut Generator) -> f64 {
    normal_quantile(uniform(generator))
}

/// A uniform draw from `0..bound`, by multiplication (bias below 2^-32 for the fleets simulated here).
#[inline]
pub fn below(generator: &mut Generator, bound: u32) -> u32 {
    (((generator.next_u64() >> 32) * u64::from(bound)) >> 32) as u32
}

/// Fills a block with uniform draws.
pub(crate) fn fill_uniform(generator: &mut Generator, draws: &mut [f64]) {
    draws.iter_mut().for_each(|draw| *draw = uniform(generator));
}

/// Fills a block with exponential draws of mean 1: the same values as repeated [`exponential`], faster.
pub fn fill_exponential(generator: &mut Generator, draws: &mut [f64]) {
    fill_uniform(generator, draws);
    map(draws, |u| -ln(u));
}

/// Fills a block with standard normal draws: the same values as repeated [`normal`], faster.
pub fn fill_normal(generator: &mut Generator, draws: &mut [f64]) {
    fill_uniform(generator, draws);
    normal::quantiles(draws);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_the_same_on_every_machine() {
        // Golden values: a change here changes every published result.
        let mut arrivals = Streams::new(7).stream(Purpose::Arrivals);
        let mut boots = Streams::new(7).indexed(Purpose::Boot, 3);
        let seen = [arrivals.next_u64(), arrivals.next_u64(), boots.next_u64(), boots.next_u64()];
        assert_eq!(seen, GOLDEN, "the streams have changed: {seen:?}");
    }
    const GOLDEN: [u64; 4] = [9749011252780192368, 11075209240935906261, 13751029951161236036, 7221624101166795759];

    #[test]
    fn streams_differ_by_purpose_index_and_seed() {
        let first = |streams: Streams, purpose, index| streams.indexed(purpose, index).next_u64();
        let base = first(Streams::new(1), Purpose::Boot, 1);
        assert_ne!(base, first(Streams::new(2), Purpose::Boot, 1));
        assert_ne!(base, first(Streams::new(1), Purpose::Crash, 1));
        assert_ne!(base, first(Streams::new(1), Purpose::Boot, 2));
    }

    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let mut generator = Streams::new(5).stream(Purpose::ServiceCpu);
        let n = 1_000_000;
        let mut draws = vec![0.0; n];
        fill_exponential(&mut generator, &mut draws);
        let mean = draws.iter().sum::<f64>() / n as f64;
        let square = draws.iter().map(|x| x * x).sum::<f64>() / n as f64;
        // Four standard errors: sd 1 for the mean, sqrt(20) for the second moment.
        assert!((mean - 1.0).abs() < 4.0 / (n as f64).sqrt(), "mean {mean}");
        assert!((square - 2.0).abs() < 4.0 * 20f64.sqrt() / (n as f64).sqrt(), "second moment {square}");
        let normal_mean = (0..n).map(|_| normal(&mut generator)).sum::<f64>() / n as f64;
        assert!(normal_mean.abs() < 4.0 / (n as f64).sqrt(), "normal mean {normal_mean}");
    }

    #[test]
    fn below_stays_below() {
        let mut generator = Streams::new(5).stream(Purpose::Balancer);
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[below(&mut generator, 7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (9_500..10_500).contains(&n)), "{seen:?}");
    }
}
