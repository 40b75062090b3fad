//! The rules of Tencent AS: policies move the desired capacity, one activity at a time matches it, and what comes in
//! between is cancelled.

use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

use super::config::{RetryPolicy, ScalingMode, TencentConfig};
use crate::controllers::cloud::activity::{Activity, StatusWords, Trigger};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::Firing;
use crate::controllers::cloud::choices::{BeyondBounds, CooldownStart, TrackedValue};
use crate::controllers::cloud::group::Start;
use crate::controllers::cloud::machine::{Dialect, Moment};
use crate::controllers::cloud::schedule::Due;
use crate::controllers::cloud::target_tracking;
use crate::controllers::decision::{ActivityKind, MetricSource, Refusal};

/// `StatusCode` of DescribeAutoScalingActivities.
pub(crate) const WORDS: StatusWords = StatusWords {
    in_progress: "RUNNING",
    successful: "SUCCESSFUL",
    partly: "PARTIALLY_SUCCESSFUL",
    failed: "FAILED",
    rejected: "CANCELLED",
    instance: ("Create instance", "Terminate instance"),
};

/// Why an activity is cancelled: the reasons are documented, the words are ours.
const IN_ACTIVITY: (Refusal, &str) =
    (Refusal::Busy, "Another scaling activity of the auto scaling group is in progress.");
const OUT_OF_BOUNDS: (Refusal, &str) =
    (Refusal::Bound, "The desired capacity must be between the minimum and the maximum.");
const IN_COOLDOWN: (Refusal, &str) = (Refusal::Cooldown, "The auto scaling group is in its cooldown period.");

/// A scaling policy, ready to execute.
pub(crate) struct Policy {
    pub(crate) name: Arc<str>,
    pub(crate) kind: PolicyKind,
    /// None: it neither waits for a cooldown nor starts one.
    pub(crate) cooldown: Option<SimDuration>,
    pub(crate) warmup: SimDuration,
}

/// What a policy does.
pub(crate) enum PolicyKind {
    Simple(Adjustment),
    TargetTracking(f64),
}

/// The dialect of Tencent AS.
pub(crate) struct Tencent {
    policies: Vec<Policy>,
    retry: RetryPolicy,
    tracked_value: TrackedValue,
    cooldown_blocks_scheduled: bool,
    cooldown_starts: CooldownStart,
    beyond_bounds: BeyondBounds,
    check_interval: SimDuration,
    next_check: SimTime,
    failures: u32,
    lost: u32,
    wakes_stopped: bool,
    /// Two scale-outs that match the desired capacity may run side by side; an alarm's too.
    concurrent: (bool, bool),
    /// Somebody has disabled the group.
    disabled: bool,
}

impl Tencent {
    pub(crate) fn new(config: &TencentConfig, policies: Vec<Policy>) -> Self {
        Tencent {
            policies,
            retry: config.retry,
            tracked_value: config.assumptions.target_tracking_value,
            cooldown_blocks_scheduled: config.assumptions.cooldown_blocks_scheduled,
            cooldown_starts: config.assumptions.cooldown_starts,
            beyond_bounds: config.assumptions.beyond_bounds,
            check_interval: config.assumptions.check_interval,
            next_check: SimTime::NEVER,
            failures: 0,
            lost: 0,
            concurrent: (
                config.concurrent_scale_out,
                config.concurrent_scale_out && config.assumptions.concurrent_scale_out_by_alarm,
            ),
            wakes_stopped: config.scaling_mode == ScalingMode::WakeUpStopped,
            disabled: false,
        }
    }

    /// The desired capacity that the policy asks for, if it asks for another.
    fn wanted(&self, moment: &Moment<'_>, policy: &Policy, firing: &Firing) -> Option<u32> {
        let group = &moment.group;
        let desired = i64::from(group.desired);
        let delta = match &policy.kind {
            PolicyKind::Simple(adjustment) => adjustment.delta(group.desired),
            PolicyKind::TargetTracking(target) => {
                let value = match self.tracked_value {
                    TrackedValue::Latest => firing.newest()?,
                    TrackedValue::Average => firing.values.iter().sum::<f64>() / firing.values.len().max(1) as f64,
                };
                let warmed = group.warmed(moment.now, policy.warmup);
                if firing.comparison.is_upward() {
                    (target_tracking::ceiling(warmed, value, *target) - desired).max(0)
                } else if group.warming(moment.now, policy.warmup) > 0 {
                    0
                } else {
                    (target_tracking::ceiling(warmed, value, *target) - desired).min(0)
                }
            }
        };
        let capacity = group.clamp(desired + delta);
        if self.beyond_bounds == BeyondBounds::Refuse && i64::from(capacity) != desired + delta {
            return None;
        }
        let turned = (delta > 0 && capacity < group.desired) || (delta < 0 && capacity > group.desired);
        (delta != 0 && capacity != group.desired && !turned).then_some(capacity)
    }

    fn invoke(&mut self, moment: &mut Moment<'_>, firing: &Firing, index: usize) {
        let policy = &self.policies[index];
        // A policy that changes nothing starts no activity, and none is recorded.
        let Some(capacity) = self.wanted(moment, policy, firing) else { return };
        let (now, before) = (moment.now, moment.group.desired);
        let cause = || {
            format!(
                "Alarm {} ({}) triggered scaling policy {}, changing the desired capacity from {before} to {capacity}.",
                firing.name,
                firing.reason(),
                policy.name
            )
        };
        let mut trigger = Trigger {
            cause: if moment.out.without_words { String::new() } else { cause() },
            policy: Some(Arc::clone(&policy.name)),
            alarm: Some(Arc::clone(&firing.name)),
            first_breach: firing.first_breach,
            breach_seen_until: firing.breach_seen_until,
            alarm_since: Some(firing.alarm_since),
            decided: now,
        };
        if is_busy(moment, capacity, self.concurrent.1) {
            return moment.group.reject(now, &trigger, capacity, IN_ACTIVITY, moment.out);
        }
        if policy.cooldown.is_some() && moment.group.cooldown.holds(now) {
            return moment.group.reject(now, &trigger, capacity, IN_COOLDOWN, moment.out);
        }
        if !moment.out.without_words {
            trigger.cause = cause();
        }
        let mut cooldown = policy.cooldown;
        if self.cooldown_starts == CooldownStart::ActivityStart
            && let Some(length) = cooldown.take()
        {
            moment.group.cooldown.start(now, length);
        }
        moment.group.desired = capacity;
        self.failures = 0;
        self.match_desired(moment, trigger, cooldown, None);
    }

    /// Starts the activity that matches the desired capacity. Nothing is ever concurrent.
    fn match_desired(
        &mut self,
        moment: &mut Moment<'_>,
        mut trigger: Trigger,
        cooldown: Option<SimDuration>,
        kind: Option<ActivityKind>,
    ) {
        let (from, to) = (moment.group.settled(), moment.group.desired);
        if from == to {
            return;
        }
        let adds = to > from;
        let count = from.abs_diff(to);
        let (verb, direction) = if adds { ("out", ActivityKind::ScaleOut) } else { ("in", ActivityKind::ScaleIn) };
        if !trigger.cause.is_empty() {
            trigger.cause += " ";
        }
        trigger.cause += &format!(
            "Activity was launched in response to a difference between desired capacity and actual capacity, \
             scale {verb} {count} instance(s)."
        );
        let start = Start {
            kind: kind.unwrap_or(direction),
            adds,
            count,
            capacity: (from, to),
            description: if adds { "SCALE_OUT".to_string() } else { "SCALE_IN".to_string() },
            cooldown,
            exclusive: true,
            // An alarm's scale-out creates instances even where others start stopped ones.
            reuse: self.wakes_stopped && trigger.alarm.is_none(),
        };
        moment.group.start(moment.now, &trigger, start, moment.out);
    }

    /// Brings the group to a desired capacity that a schedule or somebody has set; while something is in the way, the group
    /// keeps trying until its instances match.
    fn reach(&mut self, moment: &mut Moment<'_>, trigger: Trigger, cooling: bool) {
        let (now, desired) = (moment.now, moment.group.desired);
        self.failures = 0;
        if moment.group.settled() == desired {
            return;
        }
        if !(is_busy(moment, desired, self.concurrent.0) || cooling) {
            return self.match_desired(moment, trigger, None, None);
        }
        let because = if cooling { IN_COOLDOWN } else { IN_ACTIVITY };
        moment.group.reject(now, &trigger, desired, because, moment.out);
        let next = now.next_multiple(self.check_interval);
        self.next_check = self.next_check.min(if cooling { next.max(moment.group.cooldown.until()) } else { next });
    }

    /// When a failed scale-out is tried again.
    fn retry_at(&self, now: SimTime) -> SimTime {
        let later = |minutes| now + SimDuration::from_mins(minutes);
        match (self.retry, self.failures) {
            (RetryPolicy::Immediate, ..=5) | (RetryPolicy::IncrementalIntervals, ..=10) => now,
            (RetryPolicy::IncrementalIntervals, 11) => later(10),
            (RetryPolicy::IncrementalIntervals, 12) => later(30),
            (RetryPolicy::IncrementalIntervals, 13) => later(60),
            (RetryPolicy::IncrementalIntervals, _) => later(24 * 60),
            (RetryPolicy::Immediate | RetryPolicy::None, _) => SimTime::NEVER,
        }
    }
}

/// Whether an activity under way excludes one that takes the group to `capacity`. Nothing is ever concurrent, but for two
/// scale-outs where that is allowed (ConcurrentScaleOutForDesiredCapacity).
fn is_busy(moment: &Moment<'_>, capacity: u32, concurrent: bool) -> bool {
    let running = &moment.group.activities;
    let joins = concurrent && running.len() < 2 && running.iter().all(|activity| activity.adds);
    let joins = joins && capacity > moment.group.settled();
    !(running.is_empty() || joins)
}

impl Dialect for Tencent {
    fn alarms_fire(&mut self, moment: &mut Moment<'_>, firings: &[Firing]) {
        if self.disabled {
            // Not even a cancelled activity is recorded (8607).
            return;
        }
        for firing in firings {
            for action in firing.rules.iter() {
                self.invoke(moment, firing, *action);
            }
        }
    }

    fn scheduled(&mut self, moment: &mut Moment<'_>, due: &Due) -> bool {
        if self.disabled {
            return true;
        }
        let (entry, now) = (&due.entry, moment.now);
        let before = moment.group.desired;
        moment.group.set_bounds(entry.min, entry.max, entry.desired);
        let after = moment.group.desired;
        let trigger = Trigger::plain(
            now,
            format!(
                "Scheduled action {} set the minimum to {}, the maximum to {}, the desired capacity to {after}.",
                entry.name, moment.group.min, moment.group.max
            ),
        );
        moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, after), moment.out);
        let cooling = self.cooldown_blocks_scheduled && moment.group.cooldown.holds(now);
        self.reach(moment, trigger, cooling);
        true
    }

    /// ModifyDesiredCapacity: refused beyond the bounds; a cooldown does not stand in its way (HonorCooldown is false by
    /// default), nor does a disabled group.
    fn set_by_hand(&mut self, moment: &mut Moment<'_>, capacity: u32) {
        let (now, before) = (moment.now, moment.group.desired);
        let trigger = Trigger::plain(now, format!("A user set the desired capacity to {capacity}."));
        if !moment.group.allows(capacity) {
            return moment.group.reject(now, &trigger, capacity, OUT_OF_BOUNDS, moment.out);
        }
        moment.group.desired = capacity;
        moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, capacity), moment.out);
        self.reach(moment, trigger, false);
    }

    /// A disabled group reacts to no alarm and no schedule, matches no desired capacity and replaces nobody; what is done by
    /// hand is done.
    fn set_enabled(&mut self, moment: &mut Moment<'_>, enabled: bool) {
        self.disabled = !enabled;
        if enabled {
            self.next_check = self.next_check.min(moment.now.next_multiple(self.check_interval));
        }
    }

    fn next_check(&self) -> SimTime {
        self.next_check
    }

    fn reads_metrics(&self) -> bool {
        false
    }

    fn check(&mut self, moment: &mut Moment<'_>, _metrics: &dyn MetricSource) {
        self.next_check = SimTime::NEVER;
        if self.disabled || is_busy(moment, moment.group.desired, self.concurrent.0) {
            // The end of the activity looks again.
            return;
        }
        let replaces = std::mem::take(&mut self.lost) > 0 && moment.group.settled() < moment.group.desired;
        let kind = replaces.then_some(ActivityKind::Replace);
        self.match_desired(moment, Trigger::plain(moment.now, ""), None, kind);
    }

    fn ended(&mut self, moment: &mut Moment<'_>, activity: &Activity) {
        if let (Some(cooldown), true) = (activity.cooldown, activity.done > 0) {
            moment.group.cooldown.start(moment.now, cooldown);
        }
        self.failures = if activity.failed > 0 { self.failures + 1 } else { 0 };
        if moment.group.settled() != moment.group.desired {
            let soon = moment.now.next_multiple(self.check_interval);
            let next = if activity.failed > 0 { self.retry_at(moment.now) } else { soon };
            self.next_check = self.next_check.min(next);
        }
    }

    fn lost(&mut self, moment: &mut Moment<'_>) {
        self.lost += 1;
        let capacity = moment.group.settled();
        let trigger = Trigger::plain(moment.now, "TERMINATE_INSTANCES_UNEXPECTEDLY");
        moment.group.note(moment.now, &trigger, ActivityKind::Lost, (capacity + 1, capacity), moment.out);
        self.next_check = self.next_check.min(moment.now.next_multiple(self.check_interval));
    }
}
