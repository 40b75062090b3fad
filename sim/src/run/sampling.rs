//! The monitoring agent: what it samples, and how many of its samples are taken together.
//!
//! The agent samples every `sensors.every`. Requests leave something different in each sample, so each is taken at its
//! own time. A fluid does not: as long as the fleet stays as it is, the samples of some minutes are one expected value and
//! independent noise, and a policy that reads nothing but their averages, sums and counts over whole windows cannot tell
//! them from one sample of all that time, whose noise has the variance of the sum. So they are taken together: up to the
//! next boundary of a window (`step`), and up to now before anything happens that may change what they are of.

use windtunnel_traces::{SimDuration, SimTime};

use super::{Control, Fidelity, Group, RunOptions, World};
use crate::agenda::Event;
use crate::controllers::decision::{Controller, common};
use crate::outcome::recorder::Segment;
use crate::scenario::Scenario;
use crate::sensors::publication::{MINUTE, published};
use crate::sensors::store::{FleetSample, InstanceSample, Slot};
use windtunnel_traces::random::uniform;

/// What the monitoring agent remembers between samples.
#[derive(Default)]
pub(super) struct Monitoring {
    /// The interval of the agent's samples.
    every: SimDuration,
    /// The longest time whose samples are taken together: one interval, or a multiple of it.
    step: SimDuration,
    last_sample: SimTime,
    arrived: u64,
    decided: u64,
    errors: u64,
    /// Outages of the metrics that go on.
    pub(super) outages: u32,
    /// Latencies since the last sample, where a policy looks at them.
    pub(super) latency: Option<Segment>,
    /// Samples of the instances, kept for their room.
    samples: Vec<InstanceSample>,
}

impl Monitoring {
    /// An agent for a controller's eyes.
    pub(super) fn new(scenario: &Scenario, options: RunOptions, control: &Control, latency: Option<Segment>) -> Self {
        let every = scenario.file.sensors.every;
        let step = match control {
            Control::Cloud(controller) if options.fidelity == Fidelity::Fluid => {
                step(scenario, controller.as_ref()).unwrap_or(every)
            }
            _ => every,
        };
        Monitoring { every, step, latency, ..Monitoring::default() }
    }

    fn takes_together(&self) -> bool {
        self.step > self.every
    }
}

/// The longest time whose samples can be taken together, if any can.
fn step(scenario: &Scenario, controller: &dyn Controller) -> Option<SimDuration> {
    let (file, laws) = (&scenario.file, &scenario.laws);
    let sensors = &file.sensors;
    // Each sample has a delay of its own, or its own chance to be lost.
    if laws.metric_delay.is_some() || sensors.loss.as_f64() > 0.0 {
        return None;
    }
    let mut step = controller.reads_whole()?;
    // Samples of one interval of a service that publishes late are published together.
    if !laws.publication.is_all(Option::is_none) {
        step = common(step, sensors.every.max(MINUTE));
    }
    let whole = |length: SimDuration| !length.is_zero() && (length % sensors.every).is_zero();
    // Time must not have passed a sample when it is found to be due.
    let between = whole(file.slo.window) && whole(super::setup::row_length(scenario));
    (between && whole(step)).then_some(step)
}

impl World<'_> {
    /// Before an event that may read samples or change what they are of: those that have come to their end are taken.
    #[inline]
    pub(super) fn catch_up(&mut self, at: SimTime) {
        if self.monitoring.takes_together() && self.clock.sample != SimTime::NEVER {
            let due = at.floor_to(self.monitoring.every);
            if due > self.monitoring.last_sample {
                self.advance(due);
                self.sample();
            }
        }
    }

    /// Whether a sample ends at an instant.
    #[inline]
    pub(super) fn ends_a_sample(&self, at: SimTime) -> bool {
        at.floor_to(self.monitoring.every) == at
    }

    /// After such an event: when the samples from the last one on have come to their end.
    #[inline]
    pub(super) fn schedule_sample(&mut self) {
        if self.clock.sample == SimTime::NEVER {
            return;
        }
        let monitoring = &self.monitoring;
        let last = monitoring.last_sample;
        self.clock.sample = if monitoring.takes_together() {
            let end = last.next_multiple(monitoring.step);
            // Somebody who begins to report is no part of the samples before.
            match &self.group {
                Group::Instances(instances) => {
                    let report = instances.next_report(last, self.scenario.file.sensors.report_delay);
                    let before = report.saturating_sub(SimDuration::from_nanos(1)).floor_to(monitoring.every);
                    if before > last { end.min(before) } else { end }
                }
                Group::Pods(_) => end,
            }
        } else {
            last + monitoring.every
        };
    }

    /// Takes the sample that ends now, or several together.
    pub(super) fn sample(&mut self) {
        self.absorb();
        let now = self.site.now;
        let start = self.monitoring.last_sample;
        let together = self.monitoring.takes_together();
        let seconds = (now - start).as_secs_f64();
        let Group::Instances(instances) = &mut self.group else { return };
        let sensors = &self.scenario.file.sensors;
        let weight = if together { (now - start) / self.monitoring.every } else { 1 };
        let fleet = if together {
            self.monitoring.samples.clear();
            instances
                .fleet_sample(&mut self.site, seconds, sensors.report_delay)
                .map(|(instances, cpu_percent)| FleetSample { samples: u64::from(instances) * weight, cpu_percent })
        } else {
            instances.samples(&mut self.site, seconds, sensors.report_delay, &mut self.monitoring.samples);
            None
        };
        let delay = self.scenario.laws.metric_delay.as_ref().map_or(0.0, |law| law.sample(&mut self.delay_stream));
        let published = published(&self.scenario.laws.publication, now, sensors.every, self.site.streams);
        let lost = sensors.loss.as_f64() > 0.0 && uniform(&mut self.delay_stream) < sensors.loss.as_f64();
        let arrived = self.site.ledger.arrived_so_far();
        let (decided, errors) = self.site.ledger.outcomes_so_far();
        let monitoring = &mut self.monitoring;
        let latency = monitoring.latency.as_ref().map(|segment| segment.latency.sparse());
        if let Some(segment) = &mut monitoring.latency {
            segment.clear();
        }
        let slot = Slot {
            start,
            end: now,
            weight,
            published: published.map(|at| *at + SimDuration::from_nanos((delay + 0.5) as u64)),
            requests: self.site.plant.measured_arrivals(arrived - monitoring.arrived),
            errors: errors - monitoring.errors,
            decided: decided - monitoring.decided,
            in_flight: self.site.plant.in_flight(),
            healthy: instances.in_traffic(),
            fleet,
            latency,
        };
        monitoring.last_sample = now;
        monitoring.arrived = arrived;
        monitoring.decided = decided;
        monitoring.errors = errors;
        if !lost && monitoring.outages == 0 {
            self.metrics.record(slot, &monitoring.samples);
        }
        self.schedule_sample();
    }
}

/// Whether an event can neither read samples nor change what they are of.
pub(super) fn leaves_samples_alone(event: Event) -> bool {
    matches!(event, Event::WindowEnds | Event::RowEnds | Event::Sample)
}
