//! How fast the replica count may change, and within which bounds.

use super::conditions::Reason;
use super::instant::Instant;
use super::outcome::Limit;
use super::ratio::ceil;
use super::scale_events::ScaleEvents;
use super::spec::{Behavior, Policy, PolicyKind, Rules, Select};

/// minReplicas and maxReplicas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) min: i32,
    pub(super) max: i32,
}

/// Without `behavior` one sync may double the count, or reach this.
const SCALE_UP_LIMIT_MINIMUM: i32 = 4;

/// H convertDesiredReplicasWithRules and calculateScaleUpLimit, without `behavior`: a limit per sync, not per period,
/// and none on the way down.
pub(super) fn limit_without_behavior(current: i32, stabilized: i32, bounds: Bounds) -> Limit {
    let rate = current.saturating_mul(2).max(SCALE_UP_LIMIT_MINIMUM);
    let (highest, reason) =
        if bounds.max > rate { (rate, Reason::ScaleUpLimit) } else { (bounds.max, Reason::TooManyReplicas) };
    let (result, reason) = if stabilized < bounds.min {
        (bounds.min, Reason::TooFewReplicas)
    } else if stabilized > highest {
        (highest, reason)
    } else {
        (stabilized, Reason::DesiredWithinRange)
    };
    Limit { result, reason, rate: (stabilized > current).then_some(rate) }
}

/// H convertDesiredReplicasWithBehaviorRate: the policies of the direction of travel, then the bound.
pub(super) fn limit_with_behavior(
    current: i32,
    stabilized: i32,
    bounds: Bounds,
    behavior: &Behavior,
    events: &ScaleEvents,
    now: Instant,
) -> Limit {
    let start = |policy: &Policy| events.replicas_at_start(current, policy.period_seconds, now);
    let (rate, end, reason) = if stabilized > current {
        let rate = scale_up_limit(current, &behavior.up, start).max(current);
        let reason = if bounds.max > rate { Reason::ScaleUpLimit } else { Reason::TooManyReplicas };
        (Some(rate), stabilized.min(rate.min(bounds.max)), reason)
    } else if stabilized < current {
        let rate = scale_down_limit(current, &behavior.down, start).min(current);
        let reason = if bounds.min < rate { Reason::ScaleDownLimit } else { Reason::TooFewReplicas };
        (Some(rate), stabilized.max(rate.max(bounds.min)), reason)
    } else {
        (None, stabilized, Reason::DesiredWithinRange)
    };
    Limit { result: end, reason: if end == stabilized { Reason::DesiredWithinRange } else { reason }, rate }
}

/// H calculateScaleUpLimitWithScalingRules
fn scale_up_limit(current: i32, rules: &Rules, start: impl Fn(&Policy) -> i32) -> i32 {
    let limits = rules.policies.iter().map(|policy| {
        let start = start(policy);
        match policy.kind {
            PolicyKind::Pods => start.saturating_add(policy.value),
            // Rounded up, else a small percentage would never add a pod.
            PolicyKind::Percent => ceil(f64::from(start) * (1.0 + f64::from(policy.value) / 100.0)),
        }
    });
    match rules.select {
        Select::Disabled => current,
        Select::Min => limits.min().unwrap_or(i32::MAX),
        Select::Max => limits.max().unwrap_or(i32::MIN),
    }
}

/// H calculateScaleDownLimitWithBehaviors: the largest change is the smallest count.
fn scale_down_limit(current: i32, rules: &Rules, start: impl Fn(&Policy) -> i32) -> i32 {
    let limits = rules.policies.iter().map(|policy| {
        let start = start(policy);
        match policy.kind {
            PolicyKind::Pods => start.saturating_sub(policy.value),
            // Truncated by the conversion to an integer.
            PolicyKind::Percent => (f64::from(start) * (1.0 - f64::from(policy.value) / 100.0)) as i32,
        }
    });
    match rules.select {
        Select::Disabled => current,
        Select::Min => limits.max().unwrap_or(i32::MIN),
        Select::Max => limits.min().unwrap_or(i32::MAX),
    }
}
