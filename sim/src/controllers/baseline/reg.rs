//! Reg: W. Iqbal, M. Dailey, D. Carrera, P. Janecek, "Adaptive resource provisioning for read intensive multi-tier
//! applications in the cloud", FGCS 2011, as in github.com/ahmedaley/Autoscalers.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Predictor, Step};

/// Reactive on the way up; on the way down a regression of second order over the last hour says how far.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reg {
    /// Samples of the regression. The authors' program has 60.
    pub history: usize,
    /// What the regression says, times this. The authors' program has 1.2.
    pub margin: f64,
    /// On the way up the need, times this. The authors' program has 1.05.
    pub reactive: f64,
}

impl Default for Reg {
    fn default() -> Self {
        Reg { history: 60, margin: 1.2, reactive: 1.05 }
    }
}

impl Reg {
    pub(super) fn predictor(&self) -> Regression {
        Regression { config: self.clone(), needs: VecDeque::new() }
    }
}

pub(super) struct Regression {
    config: Reg,
    needs: VecDeque<f64>,
}

impl Predictor for Regression {
    fn name(&self) -> &'static str {
        "reg"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        self.needs.push_back(step.need);
        if self.needs.len() > self.config.history.max(3) {
            self.needs.pop_front();
        }
        if f64::from(step.capacity) > step.whole_need() {
            match parabola_at_end(self.needs.make_contiguous()) {
                Some(forecast) => (libm::ceil(self.config.margin * forecast) as i64).min(i64::from(step.capacity)),
                None => i64::from(step.capacity),
            }
        } else {
            libm::ceil(self.config.reactive * step.need) as i64
        }
    }
}

/// The value at the last sample of the parabola that fits best (least squares); nothing for fewer than three samples.
fn parabola_at_end(samples: &[f64]) -> Option<f64> {
    let n = samples.len();
    if n < 3 {
        return None;
    }
    // Around the middle the odd sums vanish, and the equations of a and c stand apart from that of b.
    let middle = (n as f64 - 1.0) / 2.0;
    let t = |i: usize| i as f64 - middle;
    let sum = |of: &dyn Fn(usize) -> f64| (0..n).map(of).sum::<f64>();
    let (s0, s2, s4) = (n as f64, sum(&|i| t(i) * t(i)), sum(&|i| t(i) * t(i) * t(i) * t(i)));
    let (y0, y1, y2) = (sum(&|i| samples[i]), sum(&|i| samples[i] * t(i)), sum(&|i| samples[i] * t(i) * t(i)));
    let determinant = s0 * s4 - s2 * s2;
    let c = (s0 * y2 - s2 * y0) / determinant;
    let a = (y0 - c * s2) / s0;
    let b = y1 / s2;
    let end = t(n - 1);
    Some(a + b * end + c * end * end)
}

#[cfg(test)]
mod tests {
    use super::super::test_step as step;
    use super::*;

    #[test]
    fn a_parabola_is_found_again() {
        let samples: Vec<f64> = (0..10).map(|i| 3.0 + 2.0 * f64::from(i) - 0.1 * f64::from(i * i)).collect();
        let end = parabola_at_end(&samples).unwrap();
        assert!((end - (3.0 + 18.0 - 8.1)).abs() < 1e-9, "{end}");
        assert_eq!(parabola_at_end(&samples[..2]), None);
    }

    #[test]
    fn it_reacts_up_and_regresses_down() {
        let mut reg = Reg::default().predictor();
        assert_eq!(reg.capacity(&step(6.5, 5)), 7, "ceiling of 1.05 x 6.5");
        let mut reg = Reg::default().predictor();
        assert_eq!(reg.capacity(&step(4.0, 9)), 9, "too few samples for a parabola");
        reg.capacity(&step(4.0, 9));
        assert_eq!(reg.capacity(&step(4.0, 9)), 5, "ceiling of 1.2 x 4");
        assert_eq!(reg.capacity(&step(4.5, 5)), 5, "never up by the regression");
    }
}
