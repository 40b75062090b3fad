//! The wait beside the CPU, and how service times scatter: from latencies at low load, where hardly anything queues.

use statrs::distribution::{ContinuousCDF, LogNormal};

use super::{CalibrationError, Estimate, impossible};
use crate::import::Durations;

/// Fewer requests say too little.
const FEWEST: u64 = 30;

/// What latencies at low load tell.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyFit {
    /// Mean latency in seconds.
    pub latency: Estimate,
    /// What of it is not CPU time: waits for databases, caches, other services.
    pub wait: f64,
    /// The coefficient of variation that CPU time and wait share. Which of them scatters cannot be told from their sum.
    pub variation: f64,
    /// The largest distance between the distribution of the latencies and the lognormal one of their mean and variation.
    pub distance: f64,
    /// Requests that it rests on.
    pub requests: u64,
    /// Quantiles of the latencies, of the fitted distribution and as measured, in seconds.
    pub quantiles: Vec<(f64, f64)>,
}

/// Fits latencies at low load, given the CPU time per request in seconds.
pub fn latency_at_low_load(durations: &Durations, cpu: f64) -> Result<LatencyFit, CalibrationError> {
    let count = durations.count();
    if count < FEWEST {
        return impossible(format!("{count} requests with a duration at low load are too few; {FEWEST} are the least"));
    }
    let (mean, deviation) = (durations.mean(), durations.deviation());
    let wait = (mean - cpu).max(0.0);
    // The sum of two independent times of one variation: their variances add up.
    let variation = deviation / (cpu * cpu + wait * wait).sqrt();
    let squared = (deviation / mean) * (deviation / mean);
    let sigma = squared.ln_1p().sqrt().max(1e-6);
    let fitted = LogNormal::new(mean.ln() - sigma * sigma / 2.0, sigma)
        .map_err(|_| CalibrationError("the durations are all zero".to_string()))?;
    let shares = (1..200).map(|step| f64::from(step) / 200.0);
    let quantiles: Vec<(f64, f64)> =
        shares.clone().map(|share| (fitted.inverse_cdf(share), durations.quantile(share))).collect();
    let distance =
        shares.zip(&quantiles).map(|(share, (_, seen))| (fitted.cdf(*seen) - share).abs()).fold(0.0, f64::max);
    Ok(LatencyFit {
        latency: Estimate::with_error(mean, deviation / (count as f64).sqrt(), count as f64 - 1.0),
        wait,
        variation,
        distance,
        requests: count,
        quantiles,
    })
}
