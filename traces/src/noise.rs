//! Noise over a rate: each interval times a lognormal factor of mean 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::TraceError;
use crate::random::{Generator, Purpose, Streams, normal};
use crate::segments::{RateSegments, Segment};
use crate::time::{SimDuration, SimTime};

/// Multiplicative noise: every interval has a lognormal factor of mean 1, independent of the others.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Standard deviation of the factor.
    pub cv: f64,
    /// How long a factor holds.
    #[serde(default = "a_minute")]
    pub every: SimDuration,
}

fn a_minute() -> SimDuration {
    SimDuration::from_mins(1)
}

impl Noise {
    pub(crate) fn check(&self) -> Result<(), TraceError> {
        if !(self.cv.is_finite() && self.cv >= 0.0) {
            return Err(TraceError::spec(format!("noise.cv is {}; it must be a number of at least 0", self.cv)));
        }
        if self.every.is_zero() {
            return Err(TraceError::spec("noise.every is zero; say how long a factor holds, such as \"1m\""));
        }
        Ok(())
    }

    /// Lays the noise over a rate. `part` tells the noises of one trace apart.
    pub(crate) fn over(self, rate: RateSegments, seed: u64, part: u32) -> RateSegments {
        let generator = Streams::new(seed).indexed(Purpose::Noise, part);
        let variance = libm::log1p(self.cv * self.cv);
        let noisy = Noisy {
            rate,
            every: self.every,
            generator,
            sigma: variance.sqrt(),
            variance,
            factor: 1.0,
            upto: SimTime::ZERO,
            rest: None,
        };
        RateSegments::new(noisy)
    }
}

struct Noisy {
    rate: RateSegments,
    every: SimDuration,
    generator: Generator,
    sigma: f64,
    variance: f64,
    factor: f64,
    /// The end of the interval that `factor` holds for.
    upto: SimTime,
    rest: Option<Segment>,
}

impl Iterator for Noisy {
    type Item = Segment;
    fn next(&mut self) -> Option<Segment> {
        let piece = self.rest.take().or_else(|| self.rate.next())?;
        while self.upto <= piece.start {
            self.factor = libm::exp(self.sigma * normal(&mut self.generator) - self.variance / 2.0);
            self.upto = self.upto.saturating_add(self.every);
        }
        self.rest = piece.within(self.upto, piece.end);
        Some(piece.within(piece.start, self.upto)?.times(self.factor))
    }
}
