//! Random streams: one seed, an independent and portable stream for every purpose.
//!
//! Two policies that are compared under one seed meet the same requests and the same boots (common random numbers),
//! because each purpose draws from a stream of its own: a policy that launches one instance more takes nothing from the
//! stream of arrivals. ChaCha8 gives 2^64 independent streams for one key; each seeds a fast xoshiro256++ generator.
//! Both carry rand's reproducibility guarantee. Logarithms come from `libm`, so that results do not depend on the
//! platform's mathematics library.

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

/// Fills `draws` with exponential draws of mean 1. The loop over logarithms has no branch, so that it vectorises.
pub fn fill_exponential(generator: &mut Generator, draws: &mut [f64]) {
    for draw in draws.iter_mut() {
        *draw = uniform(generator);
    }
    for draw in draws.iter_mut() {
        *draw = -ln(*draw);
    }
}

/// The natural logarithm of a positive normal number: fdlibm's `e_log.c` without its branches for special values.
/// Differs from `libm::log` by at most one unit in the last place and is the same on every machine.
// The digits are fdlibm's own.
#[allow(clippy::excessive_precision)]
#[inline]
pub fn ln(x: f64) -> f64 {
    const LN2_HI: f64 = 6.931_471_803_691_238_164_90e-01;
    const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;
    const LG: [f64; 7] = [
        6.666_666_666_666_735_130e-01,
        3.999_999_999_940_941_908e-01,
        2.857_142_874_366_239_149e-01,
        2.222_219_843_214_978_396e-01,
        1.818_357_216_161_805_012e-01,
        1.531_383_769_920_937_332e-01,
        1.479_819_860_511_658_591e-01,
    ];
    // x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
    let bits = x.to_bits();
    let shifted = bits.wrapping_add(0x3ff0_0000_0000_0000 - 0x3fe6_a09e_0000_0000);
    let exponent = (shifted >> 52) as i32 - 0x3ff;
    let mantissa = (shifted & 0x000f_ffff_ffff_ffff) + 0x3fe6_a09e_0000_0000;
    let f = f64::from_bits(mantissa) - 1.0;
    let k = f64::from(exponent);
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    s * (half_square + (odd + even)) + k * LN2_LO - half_square + f + k * LN2_HI
}

/// The exponential function: fdlibm's `e_exp.c` without its branches, so that a loop over it vectorises. Differs from
/// `libm::exp` by at most one unit in the last place and is the same on every machine. What would leave the range of
/// normal numbers is held at its ends.
#[allow(clippy::excessive_precision)]
#[inline]
pub fn exp(x: f64) -> f64 {
    const LN2_HI: f64 = 6.931_471_803_691_238_164_90e-01;
    const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;
    const P: [f64; 5] = [
        1.666_666_666_666_660_190_37e-01,
        -2.777_777_777_701_559_338_42e-03,
        6.613_756_321_437_934_361_17e-05,
        -1.653_390_220_546_525_153_90e-06,
        4.138_136_797_057_238_460_39e-08,
    ];
    // Added and taken away again, it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let x = x.clamp(-708.0, 709.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let high = x - k * LN2_HI;
    let low = k * LN2_LO;
    let r = high - low;
    let z = r * r;
    let c = r - z * (P[0] + z * (P[1] + z * (P[2] + z * (P[3] + z * P[4]))));
    let y = 1.0 - ((low - r * c / (2.0 - c)) - high);
    f64::from_bits(y.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// The standard normal quantile: M. J. Wichura's algorithm AS 241 (PPND16), relative accuracy about 1e-16.
pub fn normal_quantile(p: f64) -> f64 {
    if is_central(p) {
        return central_quantile(p);
    }
    let q = p - 0.5;
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-ln(tail));
    let x = if r <= 5.0 { ratio(r - 1.6, &MIDDLE_TOP, &MIDDLE_BOTTOM) } else { ratio(r - 5.0, &FAR_TOP, &FAR_BOTTOM) };
    if q < 0.0 { -x } else { x }
}

/// Whether the quantile needs no logarithm.
#[inline]
fn is_central(p: f64) -> bool {
    (p - 0.5).abs() <= 0.425
}

/// The quantile of 85 % of all probabilities, those between 0.075 and 0.925.
#[inline]
fn central_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    q * ratio(0.180625 - q * q, &CENTRE_TOP, &CENTRE_BOTTOM)
}

/// Fills a block with standard normal draws: the same values as repeated [`normal`]. The loop for the common case has no
/// branch; the tails are mended afterwards.
pub fn fill_normal(generator: &mut Generator, draws: &mut [f64]) {
    const BLOCK: usize = 64;
    let mut centre = [0.0; BLOCK];
    for block in draws.chunks_mut(BLOCK) {
        for draw in block.iter_mut() {
            *draw = uniform(generator);
        }
        for (centre, p) in centre.iter_mut().zip(block.iter()) {
            *centre = central_quantile(*p);
        }
        for (draw, centre) in block.iter_mut().zip(&centre) {
            *draw = if is_central(*draw) { *centre } else { normal_quantile(*draw) };
        }
    }
}

#[inline]
fn ratio(x: f64, top: &[f64; 8], bottom: &[f64; 7]) -> f64 {
    let numerator = top.iter().rev().fold(0.0, |sum, c| sum * x + c);
    let denominator = bottom.iter().rev().fold(0.0, |sum, c| sum * x + c) * x + 1.0;
    numerator / denominator
}

const CENTRE_TOP: [f64; 8] = [
    3.387_132_872_796_366_5e0,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_BOTTOM: [f64; 7] = [
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_545e3,
];
const MIDDLE_TOP: [f64; 8] = [
    1.423_437_110_749_683_5e0,
    4.630_337_846_156_545e0,
    5.769_497_221_460_691e0,
    3.647_848_324_763_204_5e0,
    1.270_458_252_452_368_4e0,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const MIDDLE_BOTTOM: [f64; 7] = [
    2.053_191_626_637_759e0,
    1.676_384_830_183_803_8e0,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_TOP: [f64; 8] = [
    6.657_904_643_501_103e0,
    5.463_784_911_164_114e0,
    1.784_826_539_917_291_3e0,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BOTTOM: [f64; 7] = [
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

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
    fn ln_agrees_with_libm() {
        let mut generator = Streams::new(1).stream(Purpose::Noise);
        for _ in 0..200_000 {
            let x = uniform(&mut generator);
            let (ours, reference) = (ln(x), libm::log(x));
            let ulp = (ours.to_bits() as i64 - reference.to_bits() as i64).abs();
            assert!(ulp <= 1, "ln({x:e}) = {ours:e}, libm says {reference:e}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exp_agrees_with_libm() {
        let mut generator = Streams::new(1).stream(Purpose::Noise);
        for index in 0..200_000 {
            let range = if index % 2 == 0 { 2.0 } else { 1400.0 };
            let x = (uniform(&mut generator) - 0.5) * range;
            let (ours, reference) = (exp(x), libm::exp(x));
            let ulp = (ours.to_bits() as i64 - reference.to_bits() as i64).abs();
            assert!(ulp <= 1, "exp({x:e}) = {ours:e}, libm says {reference:e}");
        }
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        assert!(exp(-1e300) > 0.0 && exp(1e300).is_finite());
    }

    #[test]
    fn normal_quantile_agrees_with_statrs() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let reference = Normal::standard();
        for i in 1..2000 {
            let p = f64::from(i) / 2000.0;
            assert!((reference.cdf(normal_quantile(p)) - p).abs() < 1e-9, "p = {p}");
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((normal_quantile(1e-10) + 6.361_340_902_404_056).abs() < 1e-12);
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
