//! The HPA in the loop: what it sees, when it syncs, what follows.

use windtunnel_traces::SimDuration;

use super::{Control, Group, World};
use crate::agenda::Event;
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, Hpa, Instant, Observation};
use crate::fleet::pods::observe::PodObservation;
use crate::outcome::ActivityEntry;
use crate::scenario::schema::ScenarioFile;

/// The controller with its buffers.
pub(super) struct HpaControl {
    hpa: Hpa,
    spec: DefaultedSpec,
    seen: PodObservation,
    period: SimDuration,
    /// Syncs whose proposal was held back by a limit or a window.
    pub(super) held_back: u64,
    was_held_back: bool,
}

impl HpaControl {
    pub(super) fn new(spec: DefaultedSpec, flags: ControllerFlags, latency: SimDuration) -> Self {
        let period = SimDuration::from_secs_f64(flags.sync_period.seconds()) + latency;
        HpaControl {
            hpa: Hpa::new(spec.clone(), flags),
            spec,
            seen: PodObservation::default(),
            period,
            held_back: 0,
            was_held_back: false,
        }
    }

    /// Time between syncs: the period, and the time that a sync takes.
    pub(super) fn period(&self) -> SimDuration {
        self.period
    }

    /// Replicas at the start: the Deployment's, else the HPA's minimum.
    pub(super) fn first_replicas(&self, file: &ScenarioFile) -> u32 {
        let least = u32::try_from(self.spec.min).unwrap_or(1);
        file.pods.as_ref().and_then(|pods| pods.replicas).unwrap_or(least)
    }

    pub(super) fn spec(&self) -> &DefaultedSpec {
        &self.spec
    }
}

impl World<'_> {
    /// One sync of the HPA.
    pub(super) fn sync(&mut self) {
        let (Control::Hpa(control), Group::Pods(pods)) = (&mut self.control, &mut self.group) else { return };
        let now = self.site.now;
        self.site.agenda.at(now + control.period, Event::Sync);
        pods.observe(&mut self.site, &control.spec, &mut control.seen);
        if self.monitoring.outages > 0 {
            control.seen.readings.iter_mut().for_each(PodObservation::fail);
        }
        let observation = Observation {
            spec_replicas: pods.replicas() as i32,
            status_replicas: pods.existing() as i32,
            pods: &control.seen.pods,
            templates: &control.seen.templates,
            readings: &control.seen.readings,
            fault: None,
        };
        let outcome = control.hpa.sync(Instant::from_nanos(now.as_nanos() as i64), &observation);
        let held_back = outcome.raw.is_some_and(|raw| raw != outcome.desired);
        // A proposal held back over many syncs is one refusal, not one per sync.
        control.held_back += u64::from(held_back && !control.was_held_back);
        control.was_held_back = held_back;
        let Some(replicas) = outcome.scale else { return };
        let entry = ActivityEntry {
            at_seconds: now.as_secs_f64(),
            end_seconds: Some(now.as_secs_f64()),
            status: "SuccessfulRescale".into(),
            accepted: true,
            from: pods.replicas(),
            to: replicas as u32,
            policy: None,
            alarm: None,
            cause: format!("New size: {replicas}; reason: {}", outcome.summary(&control.spec)),
            explanation: outcome.explain(&control.spec).to_string(),
        };
        self.activities.push(entry);
        pods.scale(&mut self.site, u32::try_from(replicas).unwrap_or(0));
    }
}
