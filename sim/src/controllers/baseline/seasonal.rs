//! Seasonal-naive forecast with a quantile of its residuals: tomorrow is like today, plus what it was usually off by.
//! What any claim of machine learning has to beat.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use super::{Predictor, Step};

/// The greatest need of the same time one period ago, as far ahead as an instance takes to boot, plus a quantile of the
/// residuals. Before the first period is over, and never below, the need itself with a margin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Seasonal {
    /// The period.
    pub period: SimDuration,
    /// How far ahead: what an instance takes from its launch until it serves.
    pub lead: SimDuration,
    /// The quantile of the residuals.
    pub quantile: f64,
    /// The reactive floor: the need, times this.
    pub margin: f64,
}

impl Default for Seasonal {
    fn default() -> Self {
        Seasonal { period: SimDuration::from_hours(24), lead: SimDuration::from_secs(300), quantile: 0.95, margin: 1.1 }
    }
}

impl Seasonal {
    pub(super) fn predictor(&self, every: SimDuration) -> Forecast {
        let steps = |duration: SimDuration| (duration.as_nanos() / every.as_nanos().max(1)) as usize;
        Forecast {
            config: self.clone(),
            period: steps(self.period).max(1),
            lead: steps(self.lead),
            needs: VecDeque::new(),
            residuals: VecDeque::new(),
        }
    }

    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.period == SimDuration::ZERO || self.lead >= self.period {
            problems.push(("baseline.seasonal.period", "the period has to be longer than the lead".to_string()));
        }
        if !(0.0..=1.0).contains(&self.quantile) {
            problems.push(("baseline.seasonal.quantile", format!("{} is no share from 0 to 1", self.quantile)));
        }
        problems
    }
}

pub(super) struct Forecast {
    config: Seasonal,
    /// In steps.
    period: usize,
    lead: usize,
    /// The last period's needs, the oldest first.
    needs: VecDeque<f64>,
    /// Need minus forecast, over the last period.
    residuals: VecDeque<f64>,
}

impl Forecast {
    fn margin(&self) -> f64 {
        let mut sorted: Vec<f64> = self.residuals.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let index = (self.config.quantile * sorted.len() as f64) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }
}

impl Predictor for Forecast {
    fn name(&self) -> &'static str {
        "seasonal"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        if self.needs.len() == self.period {
            // Exactly one period ago.
            let before = self.needs.pop_front().unwrap_or(0.0);
            self.residuals.push_back(step.need - before);
            if self.residuals.len() > self.period {
                self.residuals.pop_front();
            }
        }
        self.needs.push_back(step.need);
        let floor = libm::ceil(self.config.margin * step.need);
        if self.needs.len() < self.period {
            return floor as i64;
        }
        let ahead = self.needs.iter().take(self.lead + 1).copied().fold(0.0, f64::max);
        libm::ceil((ahead + self.margin()).max(floor)) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_step as step;
    use super::*;

    #[test]
    fn the_second_period_is_like_the_first() {
        let config =
            Seasonal { period: SimDuration::from_secs(600), lead: SimDuration::from_secs(120), ..Seasonal::default() };
        let mut forecast = config.predictor(SimDuration::from_secs(60));
        let day = [1.0, 1.0, 1.0, 1.0, 8.0, 8.0, 1.0, 1.0, 1.0, 1.0];
        let mut said = Vec::new();
        for need in day.into_iter().chain(day) {
            said.push(forecast.capacity(&step(need, 5)));
        }
        assert_eq!(said[0], 2, "reactive at first: ceiling of 1.1");
        assert_eq!(said[4], 9, "and too late");
        // Before the rise of the second period, at step 14, it is already there.
        assert_eq!(said[10..14], [2, 8, 8, 8], "{said:?}");
    }
}
