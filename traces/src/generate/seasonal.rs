//! Days and weeks, a trend, and noise that lasts: mean x day x week x trend x noise.

use serde::Deserialize;

use crate::error::TraceError;
use crate::quantity::Rate;
use crate::random::{Purpose, Streams, normal};
use crate::time::SimDuration;

/// The parts of a seasonal trace.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seasonal {
    /// The mean rate of a weekday at the beginning, without noise.
    pub mean: Rate,
    /// How far the day swings around the mean, as a share: 0.5 is from 50 % to 150 %.
    #[serde(default)]
    pub daily: f64,
    /// The time of day of the peak; 14h unless told.
    #[serde(default = "afternoon")]
    pub peak_at: SimDuration,
    /// A factor on the weekend; 1 unless told.
    #[serde(default = "one")]
    pub weekend: f64,
    /// Growth per week, as a share: 0.05 is 5 % more each week.
    #[serde(default)]
    pub trend: f64,
    /// Standard deviation of the noise's factor, which is lognormal of mean 1.
    #[serde(default)]
    pub noise: f64,
    /// How long a deviation lasts: the time in which the noise's correlation falls to 37 % (1/e). Independent from interval to
    /// interval unless told.
    #[serde(default)]
    pub noise_lasts: SimDuration,
}

fn afternoon() -> SimDuration {
    SimDuration::from_hours(14)
}

fn one() -> f64 {
    1.0
}

const DAY: f64 = 86_400.0;

impl Seasonal {
    /// `since_monday` is nanoseconds from a Monday's midnight to the beginning.
    pub(super) fn counts(
        &self,
        step: SimDuration,
        intervals: usize,
        since_monday: u64,
        seed: u64,
    ) -> Result<Vec<f64>, TraceError> {
        super::check("seasonal: daily", self.daily, 0.0..=1.0)?;
        super::check("seasonal: weekend", self.weekend, 0.0..=1e6)?;
        super::check("seasonal: trend", self.trend, -1.0..=1e3)?;
        super::check("seasonal: noise", self.noise, 0.0..=100.0)?;
        let mut random = Streams::new(seed).stream(Purpose::Series);
        let step = step.as_secs_f64();
        let lasts = self.noise_lasts.as_secs_f64();
        let kept = if lasts > 0.0 { libm::exp(-step / lasts) } else { 0.0 };
        let variance = libm::log1p(self.noise * self.noise);
        let mut deviation = normal(&mut random);
        let mut count = |index: usize| {
            let second = (index as f64 + 0.5) * step;
            let on_the_clock = second + since_monday as f64 / 1e9;
            let turn = (on_the_clock - self.peak_at.as_secs_f64()) / DAY;
            let day = 1.0 + self.daily * libm::cos(2.0 * std::f64::consts::PI * turn);
            let is_weekend = libm::fmod(on_the_clock / DAY, 7.0) >= 5.0;
            let week = if is_weekend { self.weekend } else { 1.0 };
            let trend = libm::pow(1.0 + self.trend, second / (7.0 * DAY));
            let noise = libm::exp(variance.sqrt() * deviation - variance / 2.0);
            deviation = kept * deviation + (1.0 - kept * kept).sqrt() * normal(&mut random);
            self.mean.as_per_second() * day * week * trend * noise * step
        };
        Ok((0..intervals).map(&mut count).collect())
    }
}
