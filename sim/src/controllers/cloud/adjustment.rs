//! From an adjustment to a capacity: rounding of percentages, the minimum magnitude, and the clamp to the bounds.

use super::words::Adjust;

/// How a percentage of the capacity becomes a whole number of instances.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// Toward zero, but never to zero: 12.7 to 12, 0.67 to 1, -0.58 to -1, -6.67 to -6 (AWS).
    TowardZeroAtLeastOne,
    /// To the nearest, half away from zero; may become zero (ESS).
    Nearest,
    /// To the nearest, at least one in the direction of the sign (Tencent).
    NearestAtLeastOne,
}

impl Rounding {
    /// The whole number of instances that `raw` stands for.
    pub(crate) fn round(self, raw: f64) -> i64 {
        let at_least_one = |rounded: f64| if raw == 0.0 || rounded != 0.0 { rounded } else { raw.signum() };
        let rounded = match self {
            Rounding::TowardZeroAtLeastOne => at_least_one(libm::trunc(raw)),
            Rounding::Nearest => libm::round(raw),
            Rounding::NearestAtLeastOne => at_least_one(libm::round(raw)),
        };
        rounded as i64
    }
}

/// How a rule changes the capacity.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Adjustment {
    pub(crate) adjust: Adjust,
    /// The least change of a percentage that is not zero.
    pub(crate) min_magnitude: u32,
    pub(crate) rounding: Rounding,
}

impl Adjustment {
    /// The change of capacity that is wanted, starting from `base`; not yet clamped.
    pub(crate) fn delta(&self, base: u32) -> i64 {
        self.delta_of(base, base)
    }

    /// The same where a percentage is of something else than the capacity that is changed.
    pub(crate) fn delta_of(&self, base: u32, hundred_percent: u32) -> i64 {
        match self.adjust {
            Adjust::Change(n) => i64::from(n),
            Adjust::Exact(n) => i64::from(n) - i64::from(base),
            Adjust::Percent(p) => {
                let whole = self.rounding.round(f64::from(hundred_percent) * p / 100.0);
                // The floor lifts a percentage that rounds to nothing too, but a step of 0 % means "leave it".
                let sign = if p > 0.0 { 1 } else { -1 };
                if p == 0.0 { 0 } else { sign * whole.abs().max(i64::from(self.min_magnitude)) }
            }
        }
    }
}

/// `capacity` within `[min, max]`.
pub(crate) fn clamp(capacity: i64, min: u32, max: u32) -> u32 {
    // min <= max is validated; a scheduled action keeps it so.
    capacity.clamp(i64::from(min), i64::from(max).max(i64::from(min))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_each_vendor_documents() {
        // AWS: "Scaling adjustment types", EC2 Auto Scaling user guide; ESS: CreateScalingRule, "rounded to the nearest
        // integer"; Tencent: undocumented, assumption A18.
        let table = [
            (12.7, 12, 13, 13),
            (0.67, 1, 1, 1),
            (-0.58, -1, -1, -1),
            (-6.67, -6, -7, -7),
            (0.3, 1, 0, 1),
            (-0.2, -1, 0, -1),
            (2.5, 2, 3, 3),
            (-2.5, -2, -3, -3),
            (0.0, 0, 0, 0),
        ];
        for (raw, aws, ess, tencent) in table {
            assert_eq!(Rounding::TowardZeroAtLeastOne.round(raw), aws, "AWS {raw}");
            assert_eq!(Rounding::Nearest.round(raw), ess, "ESS {raw}");
            assert_eq!(Rounding::NearestAtLeastOne.round(raw), tencent, "Tencent {raw}");
        }
    }

    #[test]
    fn the_minimum_magnitude_lifts_a_percentage_but_not_zero_percent() {
        let rule = |p, m| Adjustment { adjust: Adjust::Percent(p), min_magnitude: m, rounding: Rounding::Nearest };
        assert_eq!(rule(25.0, 2).delta(4), 2);
        assert_eq!(rule(-10.0, 2).delta(4), -2);
        assert_eq!(rule(10.0, 0).delta(4), 0);
        assert_eq!(rule(0.0, 2).delta(4), 0);
    }
}
