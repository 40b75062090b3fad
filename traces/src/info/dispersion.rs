//! Burstiness: the variance of counts over their mean, at several scales (Cox and Lewis, "The Statistical Analysis of Series
//! of Events", 1966). 1 for Poisson traffic at every scale; where it grows with the scale, bursts last.

use serde::Serialize;

use crate::import::Recorded;

/// The index of dispersion at one scale.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// How long the windows are in which requests are counted.
    pub window_seconds: f64,
    /// How many there are.
    pub windows: usize,
    /// Variance over mean of their counts.
    pub index: f64,
}

/// Multiples of the resolution.
const SCALES: [usize; 12] = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400];
/// Fewer windows say nothing about a variance.
const FEWEST: usize = 10;

/// The index at every scale at which there are enough windows. Windows do not reach over gaps.
pub(super) fn at_scales(recorded: &Recorded) -> Vec<Dispersion> {
    let step = recorded.resolution.as_secs_f64();
    SCALES.iter().filter_map(|scale| at(recorded, *scale, step)).collect()
}

fn at(recorded: &Recorded, scale: usize, step: f64) -> Option<Dispersion> {
    let windows = || {
        let stretches = recorded.stretches.iter();
        stretches.flat_map(move |stretch| stretch.counts.chunks_exact(scale).map(|window| window.iter().sum::<f64>()))
    };
    let count = windows().count();
    let mean = windows().sum::<f64>() / count as f64;
    if count < FEWEST || mean <= 0.0 {
        return None;
    }
    let variance = windows().map(|requests| (requests - mean) * (requests - mean)).sum::<f64>() / (count - 1) as f64;
    Some(Dispersion { window_seconds: scale as f64 * step, windows: count, index: variance / mean })
}
