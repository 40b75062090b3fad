//! One sync from end to end.

use super::conditions::{Condition, Conditions, Reason};
use super::flags::ControllerFlags;
use super::instant::{Instant, Span};
use super::observation::{Fault, Observation};
use super::outcome::{MetricOutcome, Path, SyncOutcome};
use super::rate_limits::{Bounds, limit_with_behavior, limit_without_behavior};
use super::recommendation::Calculator;
use super::scale_events::ScaleEvents;
use super::spec::{Behavior, DefaultedSpec};
use super::stabilization::Recommendations;
use super::tolerance::Tolerance;

/// One HorizontalPodAutoscaler in a freshly started controller.
#[derive(Debug, Clone)]
pub struct Hpa {
    spec: DefaultedSpec,
    flags: ControllerFlags,
    recommendations: Recommendations,
    events: ScaleEvents,
    conditions: Conditions,
    desired: i32,
    outcome: SyncOutcome,
}

impl Hpa {
    /// An HPA without history.
    #[must_use]
    pub fn new(spec: DefaultedSpec, flags: ControllerFlags) -> Self {
        Self {
            spec,
            flags,
            recommendations: Recommendations::default(),
            events: ScaleEvents::default(),
            conditions: Conditions::default(),
            desired: 0,
            outcome: SyncOutcome::default(),
        }
    }

    /// The policy.
    #[must_use]
    pub fn spec(&self) -> &DefaultedSpec {
        &self.spec
    }

    /// The controller's flags.
    #[must_use]
    pub fn flags(&self) -> &ControllerFlags {
        &self.flags
    }

    /// The outcome of the last sync.
    #[must_use]
    pub fn outcome(&self) -> &SyncOutcome {
        &self.outcome
    }

    /// Puts another policy in place, as an edit of the object does: history and conditions are kept.
    pub fn edit(&mut self, spec: DefaultedSpec) {
        self.spec = spec;
    }

    /// Forgets what lives in the controller's memory, as a restart or a change of leader does. The status is in the API
    /// object and stays.
    pub fn restart_controller(&mut self) {
        self.recommendations = Recommendations::default();
        self.events = ScaleEvents::default();
    }

    /// One sync (H reconcileAutoscaler). Allocates nothing once its outcome has its size.
    pub fn sync(&mut self, now: Instant, observation: &Observation<'_>) -> &SyncOutcome {
        self.start(now, observation);
        if observation.fault == Some(Fault::GetScale) {
            self.conditions.able_to_scale = Some(Condition::no(Reason::FailedGetScale));
            self.outcome.path = Path::NoScale;
            return self.finish(true);
        }
        self.conditions.able_to_scale = Some(Condition::yes(Reason::SucceededGetScale));
        let current = observation.spec_replicas;
        self.recommendations.start_with(current, now);
        self.outcome.path = self.path(current);
        let wanted = match self.outcome.path {
            Path::AboveMax => self.spec.max,
            Path::BelowMin => self.spec.min,
            Path::Metrics => match self.decide_by_metrics(now, observation) {
                Some(wanted) => wanted,
                None => return self.finish(true),
            },
            Path::Disabled | Path::NotSynced | Path::NoScale | Path::MetricsFailed => {
                self.disable();
                current
            }
        };
        let err = self.outcome.err;
        if wanted == current {
            self.desired = current;
        } else if !self.rescale(current, wanted, now, observation.fault) {
            return self.finish(true);
        }
        self.finish(err)
    }

    fn start(&mut self, now: Instant, observation: &Observation<'_>) {
        let outcome = &mut self.outcome;
        outcome.now = now;
        outcome.current = observation.spec_replicas;
        outcome.existing = observation.status_replicas;
        outcome.scale = None;
        outcome.raw = None;
        outcome.err = false;
        outcome.metrics.clear();
        outcome.chosen = None;
        outcome.tolerance = Tolerance::of(&self.spec, &self.flags);
        outcome.stabilization = None;
        outcome.limit = None;
    }

    fn finish(&mut self, err: bool) -> &SyncOutcome {
        self.outcome.err = err;
        self.outcome.desired = self.desired;
        self.outcome.conditions = self.conditions;
        &self.outcome
    }

    /// Bounds overrule metrics, stabilization and rate limits.
    fn path(&self, current: i32) -> Path {
        if current == 0 {
            if self.may_leave_zero() { Path::Metrics } else { Path::Disabled }
        } else if current > self.spec.max {
            Path::AboveMax
        } else if current < self.spec.min {
            Path::BelowMin
        } else {
            Path::Metrics
        }
    }

    /// H shouldComputeMetricsForZeroReplicas: a zero that somebody else set stays.
    fn may_leave_zero(&self) -> bool {
        self.brought_to_zero() && (self.spec.min != 0 || self.spec.has_object_or_external_metric())
    }

    /// Whether the controller itself brought the workload to zero, and may know.
    fn brought_to_zero(&self) -> bool {
        self.flags.gates.scale_to_zero && self.conditions.is_scaled_to_zero()
    }

    fn disable(&mut self) {
        self.conditions.scaling_active = Some(Condition::no(Reason::ScalingDisabled));
        if !self.flags.gates.scale_to_zero {
            self.conditions.scaled_to_zero = None;
        }
    }

    /// The recommendation of the metrics, stabilized and limited; nothing when the sync aborts.
    fn decide_by_metrics(&mut self, now: Instant, observation: &Observation<'_>) -> Option<i32> {
        let raw = self.compute_replicas(now, observation)?;
        self.outcome.raw = Some(raw);
        let raw = raw.max(0);
        let current = observation.spec_replicas;
        let wanted = self.normalize(current, raw, now);
        // An edit may have raised minReplicas while the workload was at zero.
        if current == 0 && self.brought_to_zero() && wanted < self.spec.min {
            return Some(self.spec.min);
        }
        Some(wanted)
    }

    /// H computeReplicasForMetrics: the largest proposal. One failed metric may not scale down, several neither.
    fn compute_replicas(&mut self, now: Instant, observation: &Observation<'_>) -> Option<i32> {
        let unusable = match observation.fault {
            Some(Fault::NoSelector) => Some(Reason::InvalidSelector),
            Some(Fault::AmbiguousSelector) => Some(Reason::AmbiguousSelector),
            _ => None,
        };
        if let Some(reason) = unusable {
            self.conditions.scaling_active = Some(Condition::no(reason));
            self.outcome.path = Path::MetricsFailed;
            return None;
        }
        let (replicas, failed) = self.evaluate_metrics(now, observation);
        let all_failed = self.outcome.chosen.is_none();
        if let Some(reason) = failed {
            if all_failed || replicas < observation.spec_replicas {
                self.conditions.scaling_active = Some(Condition::no(reason));
                self.outcome.path = Path::MetricsFailed;
                return None;
            }
            self.outcome.err = true;
        }
        self.conditions.scaling_active = Some(Condition::yes(Reason::ValidMetricFound));
        Some(replicas)
    }

    /// Evaluates the metrics in order: the largest proposal, and the reason of the first failure.
    fn evaluate_metrics(&mut self, now: Instant, observation: &Observation<'_>) -> (i32, Option<Reason>) {
        let SyncOutcome { metrics, chosen, tolerance, .. } = &mut self.outcome;
        let calculator = Calculator { now, flags: &self.flags, tolerance: *tolerance, observation };
        let (mut replicas, mut failed) = (0, None);
        // Each is written where it stays from sync to sync.
        metrics.resize_with(self.spec.metrics.len(), MetricOutcome::unknown);
        for (index, (metric, result)) in self.spec.metrics.iter().zip(metrics).enumerate() {
            *result = MetricOutcome::unknown();
            calculator.evaluate(metric, observation.readings.get(index), result);
            match result.proposal {
                // Ties keep the earlier metric.
                Ok(proposal) if replicas == 0 || proposal > replicas => {
                    replicas = proposal;
                    *chosen = Some(index);
                }
                Ok(_) => {}
                Err(_) => {
                    failed.get_or_insert(metric.failure_reason());
                }
            }
        }
        (replicas, failed)
    }

    fn normalize(&mut self, current: i32, raw: i32, now: Instant) -> i32 {
        let bounds = Bounds { min: self.spec.min, max: self.spec.max };
        let (stabilization, limit) = match &self.spec.behavior {
            None => {
                let window = self.flags.downscale_stabilization;
                let stabilization = self.recommendations.stabilize(raw, now, window);
                let limit = limit_without_behavior(current, stabilization.stabilized, bounds);
                (stabilization, limit)
            }
            Some(behavior) => {
                let (up, down) = windows(behavior, &self.flags);
                let stabilization = self.recommendations.stabilize_both_ways(current, raw, now, up, down);
                let stabilized = stabilization.stabilized;
                let limit = limit_with_behavior(current, stabilized, bounds, behavior, &self.events, now);
                (stabilization, limit)
            }
        };
        let stabilized = stabilization.stabilized;
        let held_back = if self.spec.behavior.is_some() && raw >= current {
            Reason::ScaleUpStabilized
        } else {
            Reason::ScaleDownStabilized
        };
        self.conditions.able_to_scale =
            Some(Condition::yes(if stabilized == raw { Reason::ReadyForNewScale } else { held_back }));
        self.conditions.scaling_limited = Some(Condition { status: limit.result != stabilized, reason: limit.reason });
        self.outcome.stabilization = Some(stabilization);
        self.outcome.limit = Some(limit);
        limit.result
    }

    /// Writes the scale; false when that fails.
    fn rescale(&mut self, current: i32, wanted: i32, now: Instant, fault: Option<Fault>) -> bool {
        if fault == Some(Fault::UpdateScale) {
            self.conditions.able_to_scale = Some(Condition::no(Reason::FailedUpdateScale));
            return false;
        }
        self.conditions.able_to_scale = Some(Condition::yes(Reason::SucceededRescale));
        if let Some(behavior) = &self.spec.behavior {
            self.events.store(behavior, current, wanted, now);
        }
        self.conditions.scaled_to_zero = self.flags.gates.scale_to_zero.then(|| {
            let to_zero = current > 0 && wanted == 0 && self.spec.min == 0 && self.spec.has_object_or_external_metric();
            if to_zero { Condition::yes(Reason::ScaledToZero) } else { Condition::no(Reason::NotScaledToZero) }
        });
        self.outcome.scale = Some(wanted);
        self.desired = wanted;
        true
    }
}

/// The stabilization windows. An unset one for scale-down is the flag, in whole seconds
/// (H maybeInitScaleDownStabilizationWindow).
fn windows(behavior: &Behavior, flags: &ControllerFlags) -> (Span, Span) {
    let of = |seconds: Option<i32>, unset: i64| Span::from_whole_seconds(seconds.map_or(unset, i64::from));
    (of(behavior.up.window_seconds, 0), of(behavior.down.window_seconds, flags.downscale_stabilization.whole_seconds()))
}
