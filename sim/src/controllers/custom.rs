//! A controller that somebody else wrote: a function of what is to be seen, asked once per step how many instances there
//! should be. It sees metrics as any policy does, published late and averaged over the step; never the plant.

use windtunnel_traces::{SimDuration, SimTime};

use super::cloud::activity::StatusWords;
use super::cloud::group::{Group, Settled};
use super::decision::{AlarmView, Controller, Decisions, Metric, MetricSource, Notice, Statistic};

const WORDS: StatusWords = StatusWords {
    in_progress: "InProgress",
    successful: "Successful",
    partly: "PartlySuccessful",
    failed: "Failed",
    rejected: "Rejected",
    instance: ("Launch instance", "Remove instance"),
};

/// What is to be seen at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The time of the step.
    pub now: SimTime,
    /// Every metric, averaged over what has been published of the last step, in its own unit (utilization and errors in
    /// percent, latencies in seconds); nothing where there is no data.
    pub metrics: Vec<(Metric, Option<f64>)>,
    /// Instances in service, without those that leave.
    pub in_service: u32,
    /// Instances on their way into service.
    pub pending: u32,
    /// Instances on their way out.
    pub leaving: u32,
    /// What was asked for last.
    pub desired: u32,
}

/// Says at every step how many instances there should be.
pub trait Decide: Send {
    /// The name in records.
    fn name(&self) -> &str;
    /// How many instances there should be, before the bounds; nothing to leave everything as it is.
    fn decide(&mut self, observation: &Observation) -> Option<i64>;
}

/// How far a controller may go, and how it begins.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The fewest instances.
    pub min: u32,
    /// The most instances.
    pub max: u32,
    /// Instances at t = 0.
    pub desired: u32,
}

/// A controller of one's own at work.
pub struct Custom {
    group: Group,
    decide: Box<dyn Decide>,
    every: SimDuration,
    next: SimTime,
}

impl Custom {
    /// It is asked every so often, first one step after the start. A step of zero is taken as one second.
    pub fn new(bounds: Bounds, every: SimDuration, decide: Box<dyn Decide>) -> Custom {
        let every = if every == SimDuration::ZERO { SimDuration::from_secs(1) } else { every };
        let max = bounds.max.max(bounds.min);
        let group = Group::new(bounds.min, max, bounds.desired.clamp(bounds.min, max), WORDS);
        Custom { group, decide, every, next: SimTime::ZERO + every }
    }

    fn observe(&self, now: SimTime, metrics: &dyn MetricSource) -> Observation {
        let from = SimTime::ZERO + (now - SimTime::ZERO).saturating_sub(self.every);
        let average = |metric| (metric, metrics.statistic(metric, statistic(metric), from, now));
        Observation {
            now,
            metrics: Metric::ALL.into_iter().map(average).collect(),
            in_service: self.group.in_service().saturating_sub(self.group.leaving()),
            pending: self.group.pending(),
            leaving: self.group.leaving(),
            desired: self.group.desired,
        }
    }
}

/// Requests of a step are counted, everything else is averaged.
fn statistic(metric: Metric) -> Statistic {
    match metric {
        Metric::RequestCount | Metric::RequestCountPerTarget => Statistic::Sum,
        _ => Statistic::Average,
    }
}

impl Controller for Custom {
    fn next_wake(&self) -> SimTime {
        self.next
    }

    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        if now < self.next {
            return;
        }
        let observation = self.observe(now, metrics);
        self.next = now + self.every;
        if let Some(capacity) = self.decide.decide(&observation) {
            let target = self.group.clamp(capacity);
            self.group.resize(now, target, self.decide.name(), format!("{capacity} instances were asked for"), out);
        }
    }

    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) {
        // What was lost, or failed to launch, is seen at the next step: capacity is what there is.
        match self.group.take(now, notice, out) {
            Settled::Nothing
            | Settled::Ended(_)
            | Settled::Deregistered(_)
            | Settled::Lost
            | Settled::Replaced { .. }
            | Settled::StoodBy { .. } => {}
        }
    }

    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions) {
        let target = self.group.clamp(i64::from(desired));
        self.group.resize(now, target, self.decide.name(), "set by hand".to_string(), out);
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

    fn metrics(&self) -> Vec<Metric> {
        Metric::ALL.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::decision::{ActivityId, Command, InstanceId};

    /// Forty requests per second and instance; nothing else is known.
    struct Metrics;

    impl MetricSource for Metrics {
        fn statistic(&self, metric: Metric, _: Statistic, from: SimTime, to: SimTime) -> Option<f64> {
            assert_eq!(to - from, SimDuration::from_secs(60), "the last step");
            (metric == Metric::RequestRate).then_some(120.0)
        }
    }

    /// One instance per forty requests a second.
    struct Proportional;

    impl Decide for Proportional {
        fn name(&self) -> &str {
            "proportional"
        }

        fn decide(&mut self, observation: &Observation) -> Option<i64> {
            let rate = observation.metrics.iter().find(|(metric, _)| *metric == Metric::RequestRate)?.1?;
            Some((rate / 40.0) as i64)
        }
    }

    fn custom(max: u32) -> (Custom, Decisions) {
        let bounds = Bounds { min: 1, max, desired: 1 };
        let mut custom = Custom::new(bounds, SimDuration::from_secs(60), Box::new(Proportional));
        let mut out = Decisions::default();
        let there = Notice::InService { instance: InstanceId(0), activity: None };
        custom.notice(SimTime::ZERO, &there, &mut out);
        custom.wake(SimTime::ZERO + SimDuration::from_secs(60), &Metrics, &mut out);
        (custom, out)
    }

    #[test]
    fn what_is_asked_for_is_launched_once() {
        let (mut custom, mut out) = custom(9);
        let launch = Command::Launch { activity: ActivityId(1), count: 2, reuse: true };
        assert_eq!(out.commands, std::slice::from_ref(&launch));
        assert_eq!(out.activities[0].policy.as_deref(), Some("proportional"));
        custom.wake(SimTime::ZERO + SimDuration::from_secs(120), &Metrics, &mut out);
        assert_eq!(out.commands, [launch], "two are on their way: nothing is missing");
        assert_eq!(custom.next_wake(), SimTime::ZERO + SimDuration::from_secs(180));
    }

    #[test]
    fn the_bounds_hold() {
        let (custom, out) = custom(2);
        assert_eq!(out.commands, [Command::Launch { activity: ActivityId(1), count: 1, reuse: true }]);
        assert_eq!(custom.desired(), 2);
    }
}
