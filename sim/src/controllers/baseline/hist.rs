//! Hist: B. Urgaonkar, P. Shenoy, A. Chandra, P. Goyal, T. Wood, "Agile dynamic provisioning of multi-tier Internet
//! applications", TAAS 2008, as in github.com/ahmedaley/Autoscalers.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Predictor, Step};

/// The need that this hour of the day rarely exceeds, corrected by recent errors, with a reactive repair.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hist {
    /// The quantile of the hour's needs. The authors' program has 0.9.
    pub quantile: f64,
    /// Samples kept per hour. The authors' program has 730.
    pub history: usize,
    /// A repair meets the need times this. The authors' program has 1.05.
    pub repair: f64,
    /// A shortage is repaired when it exceeds this share of the capacity. Ours: a hundredth.
    pub tolerance: f64,
}

impl Default for Hist {
    fn default() -> Self {
        Hist { quantile: 0.9, history: 730, repair: 1.05, tolerance: 0.01 }
    }
}

impl Hist {
    pub(super) fn predictor(&self) -> Histogram {
        Histogram { config: self.clone(), hours: vec![VecDeque::new(); 24], errors: VecDeque::new() }
    }
}

pub(super) struct Histogram {
    config: Hist,
    /// Whole needs by hour of the day, counted from the start of the run.
    hours: Vec<VecDeque<u32>>,
    /// Capacity minus need, the last ten.
    errors: VecDeque<f64>,
}

impl Histogram {
    fn quantile(&self, hour: usize) -> f64 {
        let mut sorted: Vec<u32> = self.hours[hour].iter().copied().collect();
        sorted.sort_unstable();
        let index = (self.config.quantile * sorted.len() as f64) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().map_or(0.0, f64::from)
    }
}

impl Predictor for Histogram {
    fn name(&self) -> &'static str {
        "hist"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        let hour = (step.now.as_nanos() / 3_600_000_000_000 % 24) as usize;
        self.hours[hour].push_back(step.whole_need() as u32);
        if self.hours[hour].len() > self.config.history.max(1) {
            self.hours[hour].pop_front();
        }
        self.errors.push_back(f64::from(step.capacity) - step.need);
        if self.errors.len() > 10 {
            self.errors.pop_front();
        }
        let shortage = step.need - f64::from(step.capacity);
        let negative = self.errors.iter().filter(|error| **error < 0.0).count();
        if negative > 5 && shortage > self.config.tolerance * f64::from(step.capacity) {
            self.errors.clear();
            return libm::ceil(self.config.repair * step.need) as i64;
        }
        let target = self.quantile(hour);
        let last: Vec<f64> = self.errors.iter().rev().take(5).copied().collect();
        let error = last.iter().sum::<f64>() / last.len() as f64;
        let corrected = if target - error > 0.0 { target - error } else { target - error / 5.0 };
        libm::ceil(corrected) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_step as step;
    use super::*;

    #[test]
    fn it_keeps_what_the_hour_rarely_exceeds() {
        let mut hist = Hist::default().predictor();
        hist.hours[0].extend([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        // With this sample ten: the one at index 9 of the sorted ones is 9; the error is 4 - 3.5.
        assert_eq!(hist.capacity(&step(3.5, 4)), 9, "ceiling of 9 - 0.5");
    }

    #[test]
    fn a_lasting_shortage_is_repaired() {
        let mut hist = Hist::default().predictor();
        hist.errors.extend([-1.0; 5]);
        assert_eq!(hist.capacity(&step(10.0, 5)), 11, "ceiling of 1.05 x 10");
        assert!(hist.errors.is_empty());
    }
}
