//! A Markov-modulated Poisson process: the rate jumps between levels and stays on each for an exponential time.

use serde::Deserialize;

use crate::error::TraceError;
use crate::quantity::Rate;
use crate::random::{Purpose, Streams, below, exponential, uniform};
use crate::time::SimDuration;

/// Levels and how long the rate stays on them on the mean; from each it jumps to any other with equal probability.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mmpp {
    /// The rate of each level.
    pub rates: Vec<Rate>,
    /// The mean stay on each level.
    pub stays: Vec<SimDuration>,
}

impl Mmpp {
    pub(super) fn counts(&self, step: SimDuration, intervals: usize, seed: u64) -> Result<Vec<f64>, TraceError> {
        let levels = self.rates.len();
        if levels < 2 || self.stays.len() != levels {
            let problem =
                format!("mmpp needs two rates or more and as many stays; there are {levels} and {}", self.stays.len());
            return Err(TraceError::spec(problem));
        }
        if self.stays.iter().any(|stay| stay.is_zero()) {
            return Err(TraceError::spec("mmpp: a stay is zero"));
        }
        let mut random = Streams::new(seed).stream(Purpose::Series);
        let (step, end) = (step.as_secs_f64(), intervals as f64 * step.as_secs_f64());
        let mut level = self.first_level(uniform(&mut random));
        let mut counts = vec![0.0; intervals];
        let mut from = 0.0;
        while from < end {
            let to = (from + self.stays[level].as_secs_f64() * exponential(&mut random)).min(end);
            let rate = self.rates[level].as_per_second();
            let first = (from / step) as usize;
            for (index, count) in counts.iter_mut().enumerate().skip(first) {
                let overlap = to.min((index + 1) as f64 * step) - from.max(index as f64 * step);
                if overlap <= 0.0 && index > first {
                    break;
                }
                *count += rate * overlap.max(0.0);
            }
            from = to;
            let other = below(&mut random, levels as u32 - 1) as usize;
            level = if other >= level { other + 1 } else { other };
        }
        Ok(counts)
    }

    /// In the long run the share of time on a level is its stay's share of all stays: that is how it begins.
    fn first_level(&self, drawn: f64) -> usize {
        let all: f64 = self.stays.iter().map(|stay| stay.as_secs_f64()).sum();
        let mut upto = 0.0;
        let found = self.stays.iter().position(|stay| {
            upto += stay.as_secs_f64() / all;
            drawn < upto
        });
        found.unwrap_or(self.stays.len() - 1)
    }
}
