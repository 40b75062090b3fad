//! A flash crowd: from a base the rate grows exponentially to a peak, stays there, and decays exponentially.

use serde::Deserialize;

use crate::error::TraceError;
use crate::quantity::Rate;
use crate::time::SimDuration;

/// When it comes, how high it is, how fast it comes and goes.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlashCrowd {
    /// The rate before, which must not be zero.
    pub base: Rate,
    /// The highest rate.
    pub peak: Rate,
    /// When it begins.
    pub at: SimDuration,
    /// How long it takes from the base to the peak.
    pub rise: SimDuration,
    /// How long the peak holds.
    #[serde(default)]
    pub hold: SimDuration,
    /// The time in which what is above the base falls to 37 % (1/e).
    pub decay: SimDuration,
}

/// Points in an interval at which the rate is taken.
const POINTS: usize = 8;

impl FlashCrowd {
    pub(super) fn counts(&self, step: SimDuration, intervals: usize) -> Result<Vec<f64>, TraceError> {
        if self.base.as_per_second() <= 0.0 || self.peak.as_per_second() < self.base.as_per_second() {
            return Err(TraceError::spec("flash-crowd: the base must be above zero and the peak above the base"));
        }
        if self.decay.is_zero() {
            return Err(TraceError::spec("flash-crowd: a decay of zero; say in what time the crowd goes away"));
        }
        let step = step.as_secs_f64();
        let point =
            |index: usize, point: usize| self.at_second((index as f64 + (point as f64 + 0.5) / POINTS as f64) * step);
        let count = |index: usize| (0..POINTS).map(|at| point(index, at)).sum::<f64>() / POINTS as f64 * step;
        Ok((0..intervals).map(count).collect())
    }

    fn at_second(&self, second: f64) -> f64 {
        let (base, peak) = (self.base.as_per_second(), self.peak.as_per_second());
        let since = second - self.at.as_secs_f64();
        let (rise, hold) = (self.rise.as_secs_f64(), self.hold.as_secs_f64());
        if since < 0.0 {
            base
        } else if since < rise {
            base * libm::pow(peak / base, since / rise)
        } else if since < rise + hold {
            peak
        } else {
            base + (peak - base) * libm::exp(-(since - rise - hold) / self.decay.as_secs_f64())
        }
    }
}
