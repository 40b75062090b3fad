//! The HPA in the loop: what it sees, when it syncs, what follows.

use windtunnel_traces::SimDuration;

use super::reaction::MetricBreach;
use super::{Control, Group, World};
use crate::agenda::Event;
use crate::controllers::hpa::spec::Source;
use crate::controllers::hpa::{Condition, ControllerFlags, DefaultedSpec, Hpa, Instant, Observation, SyncOutcome};
use crate::fleet::pods::observe::PodObservation;
use crate::outcome::ActivityEntry;
use crate::scenario::schema::ScenarioFile;

/// The controller with its buffers.
pub(super) struct HpaControl {
    hpa: Hpa,
    spec: DefaultedSpec,
    seen: PodObservation,
    sync_period: SimDuration,
    sync_latency: SimDuration,
    /// It looks at nothing but the resource metrics.
    pub(super) reads_resources_alone: bool,
    /// Syncs whose proposal was held back by a limit or a window.
    pub(super) held_back: u64,
    was_held_back: bool,
    /// The metric that proposes more replicas, since it began to.
    breach: Option<MetricBreach>,
    /// ScalingActive as the log has it.
    active: Option<Condition>,
    /// Syncs that ended without a decision because metrics failed, by why.
    pub(super) failed: Option<(u64, String)>,
}

impl HpaControl {
    pub(super) fn new(spec: DefaultedSpec, flags: ControllerFlags, latency: SimDuration) -> Self {
        let is_resource = |source: &Source| matches!(source, Source::Resource(..) | Source::ContainerResource(..));
        HpaControl {
            reads_resources_alone: spec.metrics.iter().all(|metric| is_resource(&metric.source)),
            hpa: Hpa::new(spec.clone(), flags),
            spec,
            seen: PodObservation::default(),
            sync_period: SimDuration::from_secs_f64(flags.sync_period.seconds()),
            sync_latency: latency,
            held_back: 0,
            was_held_back: false,
            breach: None,
            active: None,
            failed: None,
        }
    }

    /// Time between syncs: the period, and the time that a sync takes.
    fn period(&self) -> SimDuration {
        self.sync_period + self.sync_latency
    }

    /// The first sync comes a period after the controller has seen the HPA. The first pods have run for long when the
    /// run begins, so there are `metrics` of them: syncs before those of the run are there would see what was before it.
    pub(super) fn first_sync(&self, metrics: SimDuration) -> SimDuration {
        let mut at = self.sync_period;
        while at < metrics {
            at = at + self.period().max(SimDuration::from_secs(1));
        }
        at
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
        self.site.agenda.at(now + control.period(), Event::Sync);
        pods.observe(&mut self.site, &control.spec, control.hpa.flags(), &mut control.seen);
        if self.monitoring.outages > 0 {
            control.seen.readings.iter_mut().for_each(PodObservation::fail);
        }
        let observation = Observation {
            spec_replicas: pods.replicas() as i32,
            status_replicas: pods.observed_replicas() as i32,
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
        let span = outcome.chosen.and_then(|metric| control.seen.spans.get(metric)).copied();
        let proposes_more = outcome.raw.is_some_and(|raw| raw > outcome.current);
        control.breach = MetricBreach::next(control.breach, now, proposes_more, span);
        let entry = |status: String, to: u32, cause: String| ActivityEntry {
            at_seconds: now.as_secs_f64(),
            end_seconds: Some(now.as_secs_f64()),
            status,
            accepted: true,
            from: pods.replicas(),
            to,
            policy: None,
            alarm: None,
            cause,
            explanation: outcome.explain(&control.spec).to_string(),
            ..ActivityEntry::default()
        };
        if let Some((status, cause)) = condition_changed(&mut control.active, outcome, &control.spec) {
            let number = self.activities.push(entry(status, pods.replicas(), cause));
            self.activities.done(number);
        }
        if outcome.is_abort() {
            let failed = control.failed.get_or_insert_with(|| (0, outcome.summary(&control.spec)));
            failed.0 += 1;
        }
        let Some(replicas) = outcome.scale else {
            if let Some(breach) = &mut control.breach {
                breach.hold_back();
            }
            return;
        };
        let from = pods.replicas();
        let to = u32::try_from(replicas).unwrap_or(0);
        let (reason, summary) = (outcome.rescale_reason(&control.spec), outcome.summary(&control.spec));
        let cause = format!("New size: {replicas}; reason: {reason} ({summary})");
        let number = self.activities.push(entry("SuccessfulRescale".into(), to, cause));
        self.activities.done(number);
        self.site.plant.advance(now, &mut self.site.recorder);
        self.served_until = now;
        let created = self.site.ledger.lives.len() as u32;
        pods.scale(&mut self.site, to);
        if to > from {
            let created = created..self.site.ledger.lives.len() as u32;
            self.scale_outs.of_hpa(now, control.breach.as_ref(), (from, to), created);
        }
    }
}

/// What the log says when ScalingActive changes: the failure as `kubectl describe hpa` words its event, or that the
/// metrics are back. The first healthy sync is nothing to tell.
fn condition_changed(
    known: &mut Option<Condition>,
    outcome: &SyncOutcome,
    spec: &DefaultedSpec,
) -> Option<(String, String)> {
    let seen = outcome.conditions.scaling_active?;
    let before = known.replace(seen);
    if before == Some(seen) || (before.is_none() && seen.status) {
        return None;
    }
    let cause = if seen.status {
        "ScalingActive is True again: the HPA was able to compute the replica count".to_owned()
    } else {
        format!("ScalingActive is False: {}", outcome.summary(spec))
    };
    Some((seen.reason.to_string(), cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::hpa::Reason;

    fn control() -> HpaControl {
        let spec = serde_json::from_value(serde_json::json!({ "maxReplicas": 10 })).expect("a spec");
        let flags = ControllerFlags::default();
        let spec = DefaultedSpec::new(spec, flags.gates, crate::controllers::hpa::validation::Origin::Scenario);
        HpaControl::new(spec.expect("valid"), flags, SimDuration::from_millis(50))
    }

    #[test]
    fn the_first_sync_comes_after_a_period_and_later_ones_take_their_time() {
        let control = control();
        assert_eq!(control.first_sync(SimDuration::from_secs(12)), SimDuration::from_secs(15));
        assert_eq!(control.period(), SimDuration::from_millis(15_050));
        assert_eq!(control.first_sync(SimDuration::from_secs(20)), SimDuration::from_millis(30_050));
    }

    #[test]
    fn a_condition_is_told_when_it_changes() {
        let spec = control().spec;
        let mut known = None;
        let mut tell = |condition: Condition| {
            let mut outcome = SyncOutcome::default();
            outcome.conditions.scaling_active = Some(condition);
            condition_changed(&mut known, &outcome, &spec).map(|(status, _)| status)
        };
        assert_eq!(tell(Condition::yes(Reason::ValidMetricFound)), None);
        let failed = Condition::no(Reason::FailedGetResourceMetric);
        assert_eq!(tell(failed).as_deref(), Some("FailedGetResourceMetric"));
        assert_eq!(tell(failed), None, "once");
        assert_eq!(tell(Condition::yes(Reason::ValidMetricFound)).as_deref(), Some("ValidMetricFound"));
    }
}
