//! The axes of cost and violations, as honesty wants them.

use windtunnel_sim::outcome::Summary;

use super::{CostBound, CostPoint};
use crate::axis::Scale;

/// The violations span this factor before the axis turns logarithmic.
const LOG_FROM: f64 = 30.0;

/// The interval of a summary as far as it is one, never below zero.
pub(super) fn interval(summary: Summary) -> (f64, f64) {
    let or_mean = |value: f64| if value.is_finite() { value } else { summary.mean };
    (or_mean(summary.low).min(summary.mean).max(0.0), or_mean(summary.high).max(summary.mean))
}

/// From zero, unless that would press all points into the right third: then around them, and the axis says so.
pub(super) fn cost_scale(data: &[&CostPoint], bounds: &[&CostBound]) -> Scale {
    let bounds = || bounds.iter().map(|bound| bound.cost);
    let low = data.iter().map(|point| interval(point.cost).0).chain(bounds()).fold(f64::INFINITY, f64::min);
    let high = data.iter().map(|point| interval(point.cost).1).chain(bounds()).fold(0.0, f64::max);
    if low > high * 0.66 && high > low {
        let margin = (high - low) * 0.25;
        Scale::around((low - margin).max(0.0), high + margin, 7)
    } else {
        Scale::from_zero(high * 1.12, 7)
    }
}

/// In percent. Linear from zero, logarithmic where shares differ by more than [`LOG_FROM`], with a place for zero.
pub(super) fn violation_scale(data: &[&CostPoint]) -> Scale {
    let means = || data.iter().map(|point| point.violations.mean * 100.0);
    let least = means().filter(|mean| *mean > 0.0).fold(f64::INFINITY, f64::min);
    let most = means().fold(0.0, f64::max);
    let highest = data.iter().map(|point| interval(point.violations).1 * 100.0).fold(0.0, f64::max);
    if most <= least * LOG_FROM || !least.is_finite() {
        return Scale::from_zero(if highest > 0.0 { highest * 1.08 } else { 1.0 }, 6);
    }
    // Whiskers that reach down to zero must not add decades without data.
    let lowest = data.iter().map(|point| interval(point.violations).0 * 100.0);
    let lowest = lowest.filter(|low| *low > least / 10.0).fold(least, f64::min);
    let has_zero = means().any(|mean| mean <= 0.0);
    if has_zero { Scale::log_above_zero(lowest, highest * 1.2) } else { Scale::log(lowest * 0.8, highest * 1.2) }
}
