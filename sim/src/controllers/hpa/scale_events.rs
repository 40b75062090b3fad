//! What the controller itself did to the replica count, for the rate limits.

use super::instant::{Instant, Span};
use super::spec::{Behavior, Rules};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ScaleEvent {
    change: i32,
    at: Instant,
    outdated: bool,
}

/// Scale events of one HPA, a list for each direction. Changes made by others are not in them.
#[derive(Debug, Clone, Default)]
pub(super) struct ScaleEvents {
    up: Vec<ScaleEvent>,
    down: Vec<ScaleEvent>,
}

impl ScaleEvents {
    /// H storeScaleEvent: takes the place of the last outdated event of its list, else is appended.
    pub(super) fn store(&mut self, behavior: &Behavior, from: i32, to: i32, now: Instant) {
        let (events, rules) = if to > from { (&mut self.up, &behavior.up) } else { (&mut self.down, &behavior.down) };
        mark_outdated(events, longest_period(rules), now);
        let event = ScaleEvent { change: to.saturating_sub(from).saturating_abs(), at: now, outdated: false };
        match events.iter_mut().rev().find(|event| event.outdated) {
            Some(place) => *place = event,
            None => events.push(event),
        }
    }

    /// The replica count at the start of a period that ends now: both lists are read in both directions (H
    /// calculateScaleUpLimitWithScalingRules, calculateScaleDownLimitWithBehaviors).
    pub(super) fn replicas_at_start(&self, current: i32, period_seconds: i32, now: Instant) -> i32 {
        current.saturating_sub(change_in_period(&self.up, period_seconds, now)).saturating_add(change_in_period(
            &self.down,
            period_seconds,
            now,
        ))
    }
}

/// H getReplicasChangePerPeriod: an event exactly as old as the period is out.
fn change_in_period(events: &[ScaleEvent], period_seconds: i32, now: Instant) -> i32 {
    let cutoff = now.before(Span::from_whole_seconds(period_seconds.into()));
    events.iter().filter(|event| event.at > cutoff).fold(0, |sum: i32, event| sum.saturating_add(event.change))
}

/// H markScaleEventsOutdated. The mark sticks, also when the periods are lengthened later.
fn mark_outdated(events: &mut [ScaleEvent], period: Span, now: Instant) {
    let cutoff = now.before(period);
    for event in events.iter_mut().filter(|event| event.at < cutoff) {
        event.outdated = true;
    }
}

/// H getLongestPolicyPeriod, of this direction only.
fn longest_period(rules: &Rules) -> Span {
    let seconds = rules.policies.iter().map(|policy| policy.period_seconds).max();
    Span::from_whole_seconds(seconds.unwrap_or(0).into())
}
