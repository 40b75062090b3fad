//! Adapt (AKTE): A. Ali-Eldin, J. Tordsson, E. Elmroth, "An adaptive hybrid elasticity controller for cloud
//! infrastructures", NOMS 2012, as in github.com/ahmedaley/Autoscalers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Predictor, Step};

/// Follows the change of the load at a rate that is estimated anew every step, down four times as slowly as up, and at
/// once where the capacity does not suffice. The program re-estimates every 5 D / (mean capacity) with D a hundredth of
/// the capacity, which is less than a step: here it is every step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adapt {
    /// On the way down the rate is divided by this. The authors' program has 4.
    pub down_slower: f64,
    /// A need above the capacity is met at once, times this. The authors' program has 1.1.
    pub margin: f64,
    /// Steps that the recent mean of the capacity is taken over (the program: since the last estimate). Ours: 5.
    pub recent: usize,
}

impl Default for Adapt {
    fn default() -> Self {
        Adapt { down_slower: 4.0, margin: 1.1, recent: 5 }
    }
}

impl Adapt {
    pub(super) fn predictor(&self) -> Adaptive {
        Adaptive { config: self.clone(), steps: 0.0, total: 0.0, recent: Vec::new(), pending: 0.0 }
    }
}

pub(super) struct Adaptive {
    config: Adapt,
    steps: f64,
    /// The sum of the capacity over all steps.
    total: f64,
    recent: Vec<f64>,
    /// Change that has not made up a whole instance yet.
    pending: f64,
}

impl Predictor for Adaptive {
    fn name(&self) -> &'static str {
        "adapt"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        let capacity = f64::from(step.capacity);
        self.steps += 1.0;
        self.total += capacity;
        self.recent.push(capacity);
        if self.recent.len() > self.config.recent.max(1) {
            self.recent.remove(0);
        }
        if step.need > capacity {
            self.pending = 0.0;
            return libm::ceil(self.config.margin * step.need) as i64;
        }
        let mean = self.total / self.steps;
        if mean <= 0.0 {
            return i64::from(step.capacity);
        }
        let recent = self.recent.iter().sum::<f64>() / self.recent.len() as f64;
        let (proportion, gain) = ((step.need - capacity) / mean, recent / mean);
        let rate = gain * proportion * mean;
        self.pending += if rate < 0.0 { rate / self.config.down_slower } else { rate };
        let whole = libm::trunc(self.pending);
        self.pending -= whole;
        (capacity + whole).max(step.whole_need()) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_step as step;
    use super::*;

    #[test]
    fn it_meets_a_shortage_at_once_and_leaves_slowly() {
        let mut adapt = Adapt::default().predictor();
        assert_eq!(adapt.capacity(&step(10.0, 5)), 11, "1.1 x 10");
        let mut adapt = Adapt::default().predictor();
        // Two too many: the rate is -2, a fourth of it per step; a whole instance after two steps.
        assert_eq!(adapt.capacity(&step(8.0, 10)), 10);
        assert_eq!(adapt.capacity(&step(8.0, 10)), 9);
        assert_eq!(adapt.capacity(&step(7.9, 8)), 8, "never below the need");
    }
}
