//! Self-similar traffic: the b-model (Wang et al., "Data Mining Meets Performance Evaluation: Fast Algorithms for Modeling
//! Bursty Traffic", ICDE 2002). The requests of a span are split between its halves in the ratio b : 1 - b, on a random
//! side, over and over down to the interval.

use serde::Deserialize;

use crate::error::TraceError;
use crate::quantity::Rate;
use crate::random::{Generator, Purpose, Streams, below};
use crate::time::SimDuration;

/// A mean and a bias.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BModel {
    /// The mean rate, which the trace has exactly.
    pub mean: Rate,
    /// b, from 0.5 (even) to 1 (all in one interval); 0.7 is bursty web traffic.
    pub bias: f64,
}

impl BModel {
    pub(super) fn counts(&self, step: SimDuration, intervals: usize, seed: u64) -> Result<Vec<f64>, TraceError> {
        super::check("b-model: bias", self.bias, 0.5..=1.0)?;
        let mut random = Streams::new(seed).stream(Purpose::Series);
        let mut counts = vec![0.0; intervals.next_power_of_two()];
        counts[0] = 1.0;
        self.split(&mut counts, &mut random);
        // Of a number of intervals that is no power of two the rest is cut off, and the mean set right.
        counts.truncate(intervals);
        let sum: f64 = counts.iter().sum();
        if sum <= 0.0 {
            return Err(TraceError::spec(
                "b-model: all requests fall after the end; take another seed or a lower bias",
            ));
        }
        let factor = self.mean.as_per_second() * step.as_secs_f64() * intervals as f64 / sum;
        counts.iter_mut().for_each(|count| *count *= factor);
        Ok(counts)
    }

    /// Splits level by level; what belongs to a span stands at its first interval.
    fn split(&self, counts: &mut [f64], random: &mut Generator) {
        let mut width = counts.len();
        while width > 1 {
            let half = width / 2;
            for span in counts.chunks_exact_mut(width) {
                let left = if below(random, 2) == 0 { self.bias } else { 1.0 - self.bias };
                span[half] = span[0] * (1.0 - left);
                span[0] *= left;
            }
            width = half;
        }
    }
}
