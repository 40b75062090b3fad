//! Logarithm and exponential function without a branch: the same bits on every machine, and loops over them vectorise.

/// The natural logarithm of a positive normal number: fdlibm's `e_log.c` without its branches for special values.
/// Differs from `libm::log` by at most one unit in the last place and is the same on every machine.
// The digits are fdlibm's own.
#[allow(clippy::excessive_precision)]
#[inline(always)]
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
#[inline(always)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams, uniform};

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
}
