//! How long requests took, in constant memory: exact mean and variance of the logarithm, quantiles to within 1 %.

use std::collections::BTreeMap;

use serde::Serialize;

/// Durations in seconds.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    count: u64,
    sum: f64,
    squares: f64,
    /// Counts by `round(ln(seconds) / WIDTH)`.
    buckets: BTreeMap<i32, u64>,
}

/// Width of a bucket in the logarithm: values of a bucket differ by at most 1 % from its middle.
const WIDTH: f64 = 0.02;
/// Shorter durations are counted as this: a nanosecond.
const SHORTEST: f64 = 1e-9;

/// The figures of durations.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct DurationFigures {
    /// How many requests have one.
    pub count: u64,
    /// Mean in seconds.
    pub mean_seconds: f64,
    /// Standard deviation over mean.
    pub coefficient_of_variation: f64,
    /// Median in seconds.
    pub p50_seconds: f64,
    /// 95th percentile in seconds.
    pub p95_seconds: f64,
    /// 99th percentile in seconds.
    pub p99_seconds: f64,
}

impl Durations {
    /// Adds a duration in seconds; what is negative or no number is left out.
    pub(crate) fn add(&mut self, seconds: f64) {
        if !(0.0..1e9).contains(&seconds) {
            return;
        }
        self.count += 1;
        self.sum += seconds;
        self.squares += seconds * seconds;
        let bucket = libm::round(libm::log(seconds.max(SHORTEST)) / WIDTH) as i32;
        *self.buckets.entry(bucket).or_default() += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean in seconds.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// Standard deviation in seconds.
    pub fn deviation(&self) -> f64 {
        let mean = self.mean();
        if self.count == 0 { 0.0 } else { (self.squares / self.count as f64 - mean * mean).max(0.0).sqrt() }
    }

    /// The value that a share of the durations does not exceed, to within 1 %.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = (share * self.count as f64).max(1.0);
        let mut upto = 0;
        for (bucket, count) in &self.buckets {
            upto += count;
            if upto as f64 >= wanted {
                return libm::exp(f64::from(*bucket) * WIDTH);
            }
        }
        0.0
    }

    /// The figures, unless there are none.
    pub fn figures(&self) -> Option<DurationFigures> {
        (self.count > 0).then(|| DurationFigures {
            count: self.count,
            mean_seconds: self.mean(),
            coefficient_of_variation: if self.mean() > 0.0 { self.deviation() / self.mean() } else { 0.0 },
            p50_seconds: self.quantile(0.5),
            p95_seconds: self.quantile(0.95),
            p99_seconds: self.quantile(0.99),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_durations() {
        let mut durations = Durations::default();
        assert_eq!(durations.figures(), None);
        for milliseconds in 1..=1000 {
            durations.add(f64::from(milliseconds) / 1000.0);
        }
        durations.add(-1.0);
        durations.add(f64::NAN);
        let figures = durations.figures().unwrap();
        assert_eq!(figures.count, 1000);
        assert!((figures.mean_seconds - 0.5005).abs() < 1e-9);
        assert!((figures.coefficient_of_variation - 0.5768).abs() < 1e-3, "uniform: 1 / sqrt(3), nearly");
        for (seen, wanted) in [(figures.p50_seconds, 0.5), (figures.p95_seconds, 0.95), (figures.p99_seconds, 0.99)] {
            assert!((seen / wanted - 1.0).abs() < 0.011, "{seen} for {wanted}");
        }
    }
}
