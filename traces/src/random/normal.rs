//! The normal quantile: M. J. Wichura's algorithm AS 241 (PPND16), relative accuracy about 1e-16.
//!
//! A block is done in two loops without a branch: the polynomials of the centre for all, and those of the tails for the
//! 15 % that lie there, gathered first. Who lies beyond them (one draw in 10^10) is done alone.

use super::elementary::ln;
use super::widest::{Work, by_widest_registers};

/// The standard normal quantile of a probability in (0, 1).
pub fn normal_quantile(p: f64) -> f64 {
    if is_central(p) {
        central(p)
    } else if is_far(p) {
        far(p)
    } else {
        tail(p)
    }
}

/// Turns a block of probabilities into their quantiles: the same bits as [`normal_quantile`].
pub(super) fn quantiles(block: &mut [f64]) {
    for block in block.chunks_mut(BLOCK) {
        by_widest_registers(Quantiles(block));
    }
}

/// Probabilities in one go.
const BLOCK: usize = 512;
/// Loops over the tails go on to a multiple of this, which spares them a remainder done one by one.
const LANES: usize = 8;

struct Quantiles<'a>(&'a mut [f64]);

impl Work for Quantiles<'_> {
    #[inline(always)]
    fn run(self) {
        let block = self.0;
        let mut place = [0u16; BLOCK];
        let mut tails = [0.5; BLOCK];
        let mut count = 0;
        for (index, p) in block.iter().enumerate() {
            // Written in any case, kept only if it counts: no branch to guess.
            place[count] = index as u16;
            tails[count] = *p;
            count += usize::from(!is_central(*p));
        }
        block.iter_mut().for_each(|p| *p = central(*p));

        let mut results = [0.0; BLOCK];
        let mut any_far = false;
        for (result, p) in results.iter_mut().zip(&tails[..count.next_multiple_of(LANES)]) {
            any_far |= is_far(*p);
            *result = tail(*p);
        }
        if any_far {
            mend_far(&tails[..count], &mut results);
        }
        for (place, result) in place[..count].iter().zip(&results) {
            block[usize::from(*place)] = *result;
        }
    }
}

#[cold]
fn mend_far(probabilities: &[f64], results: &mut [f64]) {
    for (result, p) in results.iter_mut().zip(probabilities) {
        *result = normal_quantile(*p);
    }
}

/// Whether the quantile needs no logarithm: 85 % of all probabilities, those between 0.075 and 0.925.
#[inline(always)]
fn is_central(p: f64) -> bool {
    (p - 0.5).abs() <= 0.425
}

#[inline(always)]
fn central(p: f64) -> f64 {
    let q = p - 0.5;
    q * ratio(0.180625 - q * q, &CENTRE_TOP, &CENTRE_BOTTOM)
}

/// The root of minus the logarithm of the probability beyond.
#[inline(always)]
fn depth(p: f64) -> f64 {
    // The same root on every machine: IEEE 754 rounds it correctly.
    (-ln(if p < 0.5 { p } else { 1.0 - p })).sqrt()
}

/// Whether a probability lies beyond the polynomials of the tails.
#[inline(always)]
fn is_far(p: f64) -> bool {
    depth(p) > 5.0
}

#[inline(always)]
fn tail(p: f64) -> f64 {
    let x = ratio(depth(p) - 1.6, &MIDDLE_TOP, &MIDDLE_BOTTOM);
    if p < 0.5 { -x } else { x }
}

fn far(p: f64) -> f64 {
    let x = ratio(depth(p) - 5.0, &FAR_TOP, &FAR_BOTTOM);
    if p < 0.5 { -x } else { x }
}

#[inline(always)]
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
    use crate::random::{Purpose, Streams, uniform};

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
    fn a_block_has_the_bits_of_single_quantiles() {
        let mut generator = Streams::new(9).stream(Purpose::Noise);
        // Lengths around those of blocks and of registers; then nothing but the centre, the tails, and beyond.
        let mut blocks: Vec<Vec<f64>> = [0, 1, 7, 8, 9, 511, 512, 513, 1029]
            .map(|length| (0..length).map(|_| uniform(&mut generator)).collect())
            .to_vec();
        blocks.push((0..600).map(|_| 0.1 + 0.8 * uniform(&mut generator)).collect());
        blocks.push((0..600).map(|_| 0.07 * uniform(&mut generator)).collect());
        blocks.push((0..600).map(|i| if i % 50 == 3 { 1e-13 } else { uniform(&mut generator) }).collect());
        blocks.push(vec![1e-15, 0.5, 1.0 - 1e-12, 0.075, 0.925, 1.388e-11, 1.389e-11]);
        for block in blocks {
            let alone: Vec<u64> = block.iter().map(|p| normal_quantile(*p).to_bits()).collect();
            let mut together = block.clone();
            quantiles(&mut together);
            let together: Vec<u64> = together.iter().map(|x| x.to_bits()).collect();
            assert_eq!(together, alone, "a block of {}", block.len());
        }
    }
}
