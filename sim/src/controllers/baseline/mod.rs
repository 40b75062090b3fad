//! Baselines: the autoscalers that the literature compares with. No vendor sells them; a frontier without them means
//! little. Each looks once per step at the load, in instances' worth of requests (`need`), and says how many instances
//! there should be. Where a paper and its authors' program differ, the program is followed.
//!
//! The capacity that they reason about counts instances that still boot: without that, every one of them overshoots.

mod adapt;
mod hist;
mod machine;
mod pid;
mod react;
mod reg;
mod seasonal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::{Rate, SimDuration, SimTime};

use crate::controllers::decision::Controller;

pub use adapt::Adapt;
pub use hist::Hist;
pub use pid::Pid;
pub use react::React;
pub use reg::Reg;
pub use seasonal::Seasonal;

/// A baseline autoscaler: exactly one of `react`, `adapt`, `hist`, `reg`, `pid`, `seasonal`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineConfig {
    /// The fewest instances.
    pub min: u32,
    /// The most instances.
    pub max: u32,
    /// Instances to begin with. Default: `min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Time between two looks.
    #[serde(default = "a_minute")]
    pub every: SimDuration,
    /// Requests per second that one instance is worth. Default: the most at which it holds the objective (by M/M/c).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_instance: Option<Rate>,
    /// Chieu et al. 2009.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub react: Option<React>,
    /// Ali-Eldin et al. 2012.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapt: Option<Adapt>,
    /// Urgaonkar et al. 2008.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hist: Option<Hist>,
    /// Iqbal et al. 2011.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reg: Option<Reg>,
    /// A PID controller on the logarithm of utilization over its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<Pid>,
    /// Seasonal-naive forecast plus a quantile of its residuals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seasonal: Option<Seasonal>,
}

const fn a_minute() -> SimDuration {
    SimDuration::from_secs(60)
}

/// What a baseline sees at a step.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Step {
    now: SimTime,
    /// The load, in instances: requests per second over what one instance is worth.
    need: f64,
    /// Instances in service and on their way, less those that leave.
    capacity: u32,
    /// Instances in service.
    in_service: u32,
    /// CPU utilization from 0 to 1, where it is known.
    utilization: Option<f64>,
}

impl Step {
    /// The need as whole instances.
    fn whole_need(&self) -> f64 {
        libm::ceil(self.need)
    }
}

/// Says how many instances there should be.
trait Predictor: Send {
    /// The name in records.
    fn name(&self) -> &'static str;
    /// The capacity that should be, before the bounds.
    fn capacity(&mut self, step: &Step) -> i64;
}

impl BaselineConfig {
    /// What is wrong with it: the key, and a sentence.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let given = self.predictors();
        if given.len() != 1 {
            let message = match given.as_slice() {
                [] => "no baseline is chosen: add one of react, adapt, hist, reg, pid, seasonal".to_string(),
                _ => format!("{} baselines are chosen; a scenario has one", given.len()),
            };
            problems.push(("baseline", message));
        }
        if self.min > self.max {
            problems.push(("baseline.min", format!("min is {}, above max ({})", self.min, self.max)));
        }
        if let Some(desired) = self.desired.filter(|desired| !(self.min..=self.max).contains(desired)) {
            problems.push(("baseline.desired", format!("{desired} is not between {} and {}", self.min, self.max)));
        }
        if self.max == 0 {
            problems.push(("baseline.max", "at least one instance has to be allowed".to_string()));
        }
        if self.every == SimDuration::ZERO {
            problems.push(("baseline.every", "a step takes some time".to_string()));
        }
        if self.per_instance.is_some_and(|rate| rate.as_per_second() <= 0.0) {
            problems.push(("baseline.per_instance", "an instance is worth some requests".to_string()));
        }
        if let Some(pid) = &self.pid {
            problems.extend(pid.problems());
        }
        if let Some(seasonal) = &self.seasonal {
            problems.extend(seasonal.problems());
        }
        problems
    }

    fn predictors(&self) -> Vec<Box<dyn Predictor>> {
        let mut predictors: Vec<Box<dyn Predictor>> = Vec::new();
        if let Some(config) = &self.react {
            predictors.push(Box::new(config.clone()));
        }
        if let Some(config) = &self.adapt {
            predictors.push(Box::new(config.predictor()));
        }
        if let Some(config) = &self.hist {
            predictors.push(Box::new(config.predictor()));
        }
        if let Some(config) = &self.reg {
            predictors.push(Box::new(config.predictor()));
        }
        if let Some(config) = &self.pid {
            predictors.push(Box::new(config.predictor(self.min, self.max)));
        }
        if let Some(config) = &self.seasonal {
            predictors.push(Box::new(config.predictor(self.every)));
        }
        predictors
    }

    /// Instances at t = 0.
    pub fn initial_capacity(&self) -> u32 {
        self.desired.unwrap_or(self.min)
    }

    /// The controller at work. `per_instance` is what an instance is worth, in requests per second, unless the
    /// configuration says.
    pub fn controller(&self, per_instance: f64) -> Option<Box<dyn Controller>> {
        let worth = self.per_instance.map_or(per_instance, Rate::as_per_second);
        let predictor = self.predictors().into_iter().next()?;
        Some(Box::new(machine::Machine::new(self, worth, predictor)))
    }
}

/// A step at t = 0 with a need and a capacity, all of it in service.
#[cfg(test)]
fn test_step(need: f64, capacity: u32) -> Step {
    Step { now: SimTime::ZERO, need, capacity, in_service: capacity, utilization: None }
}
