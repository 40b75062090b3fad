//! What a policy wants of one invocation, by its kind. Each computes by itself.

use windtunnel_traces::{SimDuration, SimTime};

use super::{Aws, Policy, PolicyKind};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::{Alarm, Firing};
use crate::controllers::cloud::choices::{AggregationPoints, ScaleInWaits, SimpleBase, TrackedValue};
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::Moment;
use crate::controllers::cloud::step::{side_at_threshold, step_for};
use crate::controllers::cloud::target_tracking;
use crate::controllers::decision::{AlarmState, Refusal, Statistic};

/// What a policy wants of one invocation.
pub(super) enum Proposal {
    /// This desired capacity.
    Capacity(u32),
    /// Nothing, for this reason.
    Nothing(Refusal, String),
}

impl Aws {
    pub(super) fn propose(&self, moment: &Moment<'_>, policy: &Policy, firing: &Firing) -> Proposal {
        let (group, now) = (&*moment.group, moment.now);
        if !policy.enabled {
            return Proposal::Nothing(Refusal::Other, "the policy is disabled".to_string());
        }
        match &policy.kind {
            PolicyKind::Simple(adjustment) => self.propose_simple(group, now, adjustment),
            PolicyKind::Step { steps, like, aggregation } => {
                let Some(value) = self.step_value(firing, *aggregation) else {
                    return Proposal::Nothing(Refusal::Other, "no datapoints".to_string());
                };
                let side = side_at_threshold(self.config.assumptions.step_at_threshold, firing.comparison);
                match step_for(steps, value - firing.threshold, side) {
                    None => Proposal::Nothing(
                        Refusal::Other,
                        format!(
                            "No step adjustment found for metric value [{value}] and breach threshold {}",
                            firing.threshold
                        ),
                    ),
                    Some(adjust) => self.propose_step(group, now, policy.warmup, Adjustment { adjust, ..*like }),
                }
            }
            PolicyKind::TargetTracking { target, .. } if firing.comparison.is_upward() => {
                let Some(value) = self.tracked(firing.newest(), &firing.values) else {
                    return Proposal::Nothing(Refusal::Other, "no datapoints".to_string());
                };
                let wanted = target_tracking::ceiling(group.warmed(now, policy.warmup), value, *target);
                Proposal::Capacity(group.desired.max(group.clamp(wanted)))
            }
            PolicyKind::TargetTracking { .. } => self.propose_tracking_in(moment),
            PolicyKind::Predictive => Proposal::Nothing(Refusal::Other, "a predictive policy has no alarm".to_string()),
        }
    }

    /// Simple scaling waits for the activity in progress and for the cooldown.
    fn propose_simple(&self, group: &Group, now: SimTime, adjustment: &Adjustment) -> Proposal {
        if group.is_scaling() || self.reconcile_at != SimTime::NEVER {
            return Proposal::Nothing(Refusal::Busy, "a scaling activity is in progress".to_string());
        }
        if group.cooldown.holds(now) {
            let until = group.cooldown.until();
            return Proposal::Nothing(Refusal::Cooldown, format!("the cooldown holds until {until}"));
        }
        let current = match self.config.assumptions.simple_scaling_base {
            SimpleBase::Current => group.in_service(),
            SimpleBase::Desired => group.desired,
        };
        let delta = adjustment.delta(current);
        let capacity = group.clamp(i64::from(current) + delta);
        // Outside of the bounds already, the clamp does not turn the policy around.
        let turned = (delta > 0 && capacity < group.desired) || (delta < 0 && capacity > group.desired);
        Proposal::Capacity(if turned { group.desired } else { capacity })
    }

    fn step_value(&self, firing: &Firing, aggregation: Statistic) -> Option<f64> {
        if self.config.assumptions.metric_aggregation_points == AggregationPoints::Latest {
            return firing.newest();
        }
        let values = firing.values.iter().copied();
        match aggregation {
            Statistic::Minimum => values.reduce(f64::min),
            Statistic::Maximum => values.reduce(f64::max),
            _ => mean(&firing.values),
        }
    }

    fn tracked(&self, newest: Option<f64>, values: &[f64]) -> Option<f64> {
        match self.config.assumptions.target_tracking_value {
            TrackedValue::Latest => newest,
            TrackedValue::Average => mean(values),
        }
    }

    /// Target tracking scales in only when all its policies want it, and nothing warms up.
    fn propose_tracking_in(&self, moment: &Moment<'_>) -> Proposal {
        let (group, now) = (&*moment.group, moment.now);
        let mut wanted = 0;
        for (index, policy) in self.policies.iter().enumerate() {
            let PolicyKind::TargetTracking { target, scales_in: true } = policy.kind else { continue };
            if !policy.enabled {
                continue;
            }
            let low = |alarm: &&Alarm| *alarm.spec.actions.alarm == [index] && !alarm.spec.comparison.is_upward();
            let Some(alarm) = moment.alarms.iter().find(low) else { continue };
            if alarm.state != AlarmState::Alarm {
                let reason = format!("target tracking policy {} does not want it", policy.name);
                return Proposal::Nothing(Refusal::Other, reason);
            }
            if let Some(reason) = self.scale_in_blocked(group, now, policy.warmup) {
                return Proposal::Nothing(Refusal::Busy, reason);
            }
            let values = alarm.values();
            let Some(value) = self.tracked(values.last().copied(), &values) else { continue };
            wanted = wanted.max(target_tracking::ceiling(group.in_service(), value, target));
        }
        Proposal::Capacity(group.desired.min(group.clamp(wanted)))
    }

    /// Step and target tracking policies do not scale in while instances launch or warm up.
    fn scale_in_blocked(&self, group: &Group, now: SimTime, warmup: SimDuration) -> Option<String> {
        let warming = match self.config.assumptions.scale_in_waits_for {
            ScaleInWaits::Warming => group.warming(now, warmup),
            ScaleInWaits::Launching => 0,
        };
        match (group.pending(), warming) {
            (0, 0) => None,
            (0, _) => Some("instances are still warming up".to_string()),
            _ => Some("a scale-out is in progress".to_string()),
        }
    }

    /// Out: from the warmed capacity, so that instances on their way answer the same breach. In: from everything in
    /// service, terminating instances included, so that the same breach does not remove twice.
    fn propose_step(&self, group: &Group, now: SimTime, warmup: SimDuration, adjustment: Adjustment) -> Proposal {
        let warmed = group.warmed(now, warmup);
        let delta = adjustment.delta(warmed);
        if delta >= 0 {
            return Proposal::Capacity(group.desired.max(group.clamp(i64::from(warmed) + delta)));
        }
        if let Some(reason) = self.scale_in_blocked(group, now, warmup) {
            return Proposal::Nothing(Refusal::Busy, reason);
        }
        let current = group.in_service();
        let capacity = group.clamp(i64::from(current) + adjustment.delta(current));
        Proposal::Capacity(group.desired.min(capacity))
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
