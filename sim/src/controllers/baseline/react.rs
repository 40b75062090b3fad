//! React: T. Chieu, A. Mohindra, A. Karve, A. Segal, "Dynamic Scaling of Web Applications in a Virtualized Cloud
//! Computing Environment", ICEBE 2009, as in the comparison of Ali-Eldin's group (github.com/ahmedaley/Autoscalers).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Predictor, Step};

/// When the need exceeds the capacity, a margin more than what is missing is added; when it falls clearly below, the
/// capacity becomes the need and a margin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct React {
    /// What is missing, times this, is added; the need, times this, is kept. The authors' program has 1.2.
    pub margin: f64,
    /// Capacity is taken away when it exceeds the need times this. The authors' program has 1.1.
    pub slack: f64,
}

impl Default for React {
    fn default() -> Self {
        React { margin: 1.2, slack: 1.1 }
    }
}

impl Predictor for React {
    fn name(&self) -> &'static str {
        "react"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        let capacity = f64::from(step.capacity);
        if step.need > capacity {
            i64::from(step.capacity) + (self.margin * (step.whole_need() - capacity)) as i64
        } else if self.slack * step.need < capacity {
            (self.margin * step.whole_need()) as i64
        } else {
            i64::from(step.capacity)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_step as step;
    use super::*;

    #[test]
    fn it_adds_a_fifth_more_than_is_missing_and_keeps_a_fifth_more_than_is_needed() {
        let mut react = React::default();
        assert_eq!(react.capacity(&step(14.5, 5)), 17, "5 + whole part of 1.2 x (15 - 5)");
        assert_eq!(react.capacity(&step(4.2, 20)), 6, "whole part of 1.2 x 5");
        assert_eq!(react.capacity(&step(9.5, 10)), 10, "1.1 x 9.5 is more than 10: it stays");
    }
}
