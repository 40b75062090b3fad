//! What all baselines share: a look per step, and activities that bring the group to what was said.

use windtunnel_traces::{SimDuration, SimTime};

use super::{BaselineConfig, Predictor, Step};
use crate::controllers::cloud::activity::StatusWords;
use crate::controllers::cloud::group::{Group, Settled};
use crate::controllers::decision::{AlarmView, Controller, Decisions, Metric, MetricSource, Notice, Statistic};

const WORDS: StatusWords = StatusWords {
    in_progress: "InProgress",
    successful: "Successful",
    partly: "PartlySuccessful",
    failed: "Failed",
    rejected: "Rejected",
    instance: ("Launch instance", "Remove instance"),
};

/// A baseline at work.
pub(super) struct Machine {
    group: Group,
    predictor: Box<dyn Predictor>,
    every: SimDuration,
    next: SimTime,
    /// Requests per second that one instance is worth.
    worth: f64,
}

impl Machine {
    pub(super) fn new(config: &BaselineConfig, worth: f64, predictor: Box<dyn Predictor>) -> Self {
        let group = Group::new(config.min, config.max, config.initial_capacity(), WORDS);
        Machine { group, predictor, every: config.every, next: SimTime::ZERO + config.every, worth }
    }

    fn go_to(&mut self, now: SimTime, target: u32, cause: String, out: &mut Decisions) {
        self.group.resize(now, target, self.predictor.name(), cause, out);
    }
}

impl Controller for Machine {
    fn next_wake(&self) -> SimTime {
        self.next
    }

    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        if now < self.next {
            return;
        }
        let from = SimTime::ZERO + (now - SimTime::ZERO).saturating_sub(self.every);
        self.next = now + self.every;
        let average = |metric| metrics.statistic(metric, Statistic::Average, from, now);
        // Without data there is nothing to decide on.
        let Some(rate) = average(Metric::RequestRate).filter(|_| self.worth > 0.0) else { return };
        let step = Step {
            now,
            need: rate / self.worth,
            capacity: self.group.settled(),
            in_service: self.group.in_service().saturating_sub(self.group.leaving()),
            utilization: average(Metric::CpuUtilization).map(|percent| percent / 100.0),
        };
        let target = self.group.clamp(self.predictor.capacity(&step));
        let cause = format!("{rate:.1} requests per second need {:.2} instances", step.need);
        self.go_to(now, target, cause, out);
    }

    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) {
        // What was lost, or failed to launch, is seen at the next step: capacity is what there is.
        match self.group.take(now, notice, out) {
            Settled::Replaced { .. }
            | Settled::StoodBy { .. }
            | Settled::Nothing
            | Settled::Ended(_)
            | Settled::Deregistered(_)
            | Settled::Lost => {}
        }
    }

    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions) {
        let target = self.group.clamp(i64::from(desired));
        self.go_to(now, target, "set by hand".to_string(), out);
    }

    fn desired(&self) -> u32 {
        self.group.desired
    }

    fn min(&self) -> u32 {
        self.group.min
    }

    fn max(&self) -> u32 {
        self.group.max
    }

    fn alarms(&self) -> Vec<AlarmView> {
        Vec::new()
    }

    fn reads_whole(&self) -> Option<SimDuration> {
        Some(self.every)
    }
}
