//! A PID controller. The error is the logarithm of utilization over its target, so that twice too busy and half too idle
//! are equally far off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Predictor, Step};

/// Capacity is multiplied by exp(u) with u = kp e + ki sum(e) + kd (e - e before).
///
/// With kp = 1 and nothing else it is the rule of target tracking. On instances in service (`count_pending = true`) that
/// rule settles in one step; on capacity that includes what still boots, utilization lags behind by m steps, and the
/// roots of z^(m+1) - z^m + 1 say that it swings for ever from m = 1 on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pid {
    /// The utilization to hold, from 0 to 1.
    pub target: f64,
    /// The proportional gain.
    pub kp: f64,
    /// The integral gain, per step.
    pub ki: f64,
    /// The derivative gain, per step.
    pub kd: f64,
    /// Errors smaller than this are let be: utilization within a share of the target.
    pub tolerance: f64,
    /// True: what boots counts as capacity, and the step starts from what is in service. False: the step starts from
    /// all capacity, as if it served already; for showing why that is wrong.
    pub count_pending: bool,
}

impl Default for Pid {
    fn default() -> Self {
        Pid { target: 0.6, kp: 1.0, ki: 0.0, kd: 0.0, tolerance: 0.1, count_pending: true }
    }
}

impl Pid {
    pub(super) fn predictor(&self, min: u32, max: u32) -> Control {
        Control { config: self.clone(), bounds: (f64::from(min), f64::from(max)), integral: 0.0, before: None }
    }

    /// The law alone, without a fleet: from a utilization, the capacity that there is and how much of it serves, to the
    /// capacity that should be. For holding it against control theory.
    pub fn law(&self, min: u32, max: u32) -> impl FnMut(f64, u32, u32) -> i64 + use<> {
        let mut control = self.predictor(min, max);
        move |utilization, capacity, in_service| {
            let now = windtunnel_traces::SimTime::ZERO;
            control.capacity(&Step { now, need: 0.0, capacity, in_service, utilization: Some(utilization) })
        }
    }

    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !(self.target > 0.0 && self.target <= 1.0) {
            problems.push(("baseline.pid.target", format!("{} is no utilization above 0 and up to 1", self.target)));
        }
        if !(self.kp.is_finite() && self.ki.is_finite() && self.kd.is_finite()) {
            problems.push(("baseline.pid", "gains have to be finite".to_string()));
        }
        problems
    }
}

pub(super) struct Control {
    config: Pid,
    bounds: (f64, f64),
    integral: f64,
    before: Option<f64>,
}

impl Predictor for Control {
    fn name(&self) -> &'static str {
        "pid"
    }

    fn capacity(&mut self, step: &Step) -> i64 {
        let same = i64::from(step.capacity);
        let Some(utilization) = step.utilization else { return same };
        // Idle instances have no logarithm; a thousandth is idle enough.
        let error = libm::log(utilization.max(1e-3) / self.config.target);
        let derivative = error - self.before.unwrap_or(error);
        self.before = Some(error);
        let integral = self.integral + error;
        let u = self.config.kp * error + self.config.ki * integral + self.config.kd * derivative;
        let from = if self.config.count_pending { step.in_service } else { step.capacity };
        let wanted = f64::from(from) * libm::exp(u);
        // Anti-windup: while the bounds hold the output, the integral rests.
        if (self.bounds.0..=self.bounds.1).contains(&wanted) {
            self.integral = integral;
        }
        if libm::fabs(libm::expm1(error)) <= self.config.tolerance && self.config.ki == 0.0 {
            return same;
        }
        libm::ceil(wanted - 1e-9) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_step;
    use super::*;

    fn step(utilization: f64, in_service: u32, capacity: u32) -> Step {
        Step { utilization: Some(utilization), in_service, ..test_step(1.0, capacity) }
    }

    #[test]
    fn proportional_alone_is_the_rule_of_target_tracking() {
        let mut pid = Pid::default().predictor(1, 100);
        assert_eq!(pid.capacity(&step(0.9, 10, 10)), 15, "10 x 0.9 / 0.6");
        assert_eq!(pid.capacity(&step(0.9, 10, 15)), 15, "what boots counts: nothing more is asked for");
        assert_eq!(pid.capacity(&step(0.63, 10, 10)), 10, "within a tenth it stays");
        let mut blind = Pid { count_pending: false, ..Pid::default() }.predictor(1, 100);
        assert_eq!(blind.capacity(&step(0.9, 10, 15)), 23, "what boots is multiplied again");
    }

    /// `delayed_multiplicative_controller` of the reference: with utilization produced by the capacity ordered one period
    /// ago, the rule swings for ever with a period of six steps; counting what is pending it is there in one.
    #[test]
    fn without_counting_pending_it_swings_with_a_period_of_six() {
        let config = Pid { tolerance: 0.0, count_pending: false, ..Pid::default() };
        let load = 600.0;
        let mut pid = config.predictor(1, 1_000_000);
        let mut ordered = vec![1500u32, 1000];
        for _ in 0..24 {
            let serving = ordered[ordered.len() - 2];
            let capacity = *ordered.last().unwrap();
            let utilization = load / f64::from(serving);
            ordered.push(pid.capacity(&step(utilization, serving, capacity)) as u32);
        }
        for (now, later) in ordered.iter().zip(&ordered[6..]) {
            // Rounding up to whole instances drifts by a few in a thousand.
            assert!(now.abs_diff(*later) <= 30, "{ordered:?}");
        }
        assert!(ordered.iter().max() > Some(&1400) && ordered.iter().min() < Some(&700), "it swings: {ordered:?}");
    }

    #[test]
    fn the_integral_rests_at_the_bounds() {
        let mut pid = Pid { ki: 0.5, ..Pid::default() }.predictor(1, 5);
        for _ in 0..50 {
            pid.capacity(&step(1.0, 5, 5));
        }
        assert!(pid.integral.abs() < 1.0, "{}", pid.integral);
    }
}
