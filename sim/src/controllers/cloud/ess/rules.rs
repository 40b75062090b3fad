//! The rules of ESS: who excludes whom, what the cooldown refuses, how the expected number of instances moves.

use std::borrow::Cow;
use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

use super::assumptions::CooldownStartedBy;
use super::config::{EssAlarm, EssConfig, EssProcess};
use crate::controllers::cloud::activity::{Activity, StatusWords, Trigger};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::Firing;
use crate::controllers::cloud::choices::{BeyondBounds, CapacityBase, Precedence, StepAtThreshold};
use crate::controllers::cloud::group::Start;
use crate::controllers::cloud::machine::{Dialect, Moment};
use crate::controllers::cloud::predictive::Predictor;
use crate::controllers::cloud::schedule::{Calendar, Due, Window};
use crate::controllers::cloud::step::{side_at_threshold, step_for};
use crate::controllers::cloud::target_tracking;
use crate::controllers::cloud::words::Step;
use crate::controllers::decision::{ActivityKind, Command, InstanceId, MetricSource, Refusal, StandbyRequest};

/// `StatusCode` of DescribeScalingActivities.
pub(crate) const WORDS: StatusWords = StatusWords {
    in_progress: "InProgress",
    successful: "Successful",
    partly: "Warning",
    failed: "Failed",
    rejected: "Rejected",
    instance: ("Create ECS instance", "Remove ECS instance"),
};

/// The documented messages of rejected activities.
const NO_CHANGE: (Refusal, &str) =
    (Refusal::Bound, "To execute the specified scaling rule, the total capacity will not change.");
const IN_PROGRESS: (Refusal, &str) = (
    Refusal::Busy,
    "You cannot delete a scaling group or launch a new scaling activity while there is scaling activity in progress for \
     the specified scaling group.",
);
/// Instances that one activity adds or removes at most (CreateScalingRule, AdjustmentValue).
const MOST_PER_ACTIVITY: u32 = 1000;
/// After so long without a success ESS suspends the group (DescribeScalingGroups, SystemSuspended).
const GIVES_UP_AFTER: SimDuration = SimDuration::from_hours(7 * 24);

const NOT_SUPPORTED: (Refusal, &str) =
    (Refusal::Other, "The current status of the specified scaling group does not support this action.");
/// These two are our words for what the API refuses with error codes.
const OUT_OF_BOUNDS: (Refusal, &str) =
    (Refusal::Bound, "The expected number of instances must be between the minimum and the maximum.");
const TOO_MANY: (Refusal, &str) = (Refusal::Bound, "A scaling activity adds or removes at most 1000 instances.");
const COOLDOWN: (Refusal, &str) =
    (Refusal::Cooldown, "You cannot launch a new scaling activity during the cooldown period.");

/// A scaling rule, ready to execute.
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) kind: RuleKind,
    pub(crate) cooldown: SimDuration,
    pub(crate) warmup: SimDuration,
}

/// What a rule does.
pub(crate) enum RuleKind {
    Simple(Adjustment),
    Step {
        steps: Vec<Step>,
        like: Adjustment,
    },
    TargetTracking(f64),
    /// Moves minimum and maximum by itself; nobody executes it.
    Predictive,
}

/// What executing a rule would come to.
enum Outcome {
    /// This capacity.
    Capacity(u32),
    /// Nothing, and nothing is recorded.
    Silent,
    /// Nothing, and the request is rejected for this reason.
    Rejected(String),
}

/// The dialect of ESS.
pub(crate) struct Ess {
    rules: Vec<Rule>,
    /// The "expected number of instances" feature.
    expected: bool,
    default_cooldown: SimDuration,
    any_activity_cools: bool,
    step_and_tracking_cool: bool,
    check_interval: SimDuration,
    checks_wait_for_alarms: bool,
    percent_base: CapacityBase,
    step_at_threshold: StepAtThreshold,
    simultaneous_alarms: Precedence,
    next_check: SimTime,
    trigger_lock: SimDuration,
    /// Per alarm task: until when it executes nothing.
    locked_until: Vec<SimTime>,
    /// Instances that left without being asked and are not yet replaced.
    lost: u32,
    suspended: Vec<EssProcess>,
    predictors: Vec<Predictor>,
    /// The minimum and maximum that forecasts are held against.
    initial: (u32, u32),
    keeps_min: bool,
    /// Since when nothing could be created.
    failing_since: Option<SimTime>,
    /// ESS has given up (`SystemSuspended`).
    system_suspended: bool,
    /// Per alarm task: when it executes rules, if not always.
    effective: Vec<Option<Window>>,
    calendar: Calendar,
    /// Nothing can be removed: all instances that are left are protected.
    all_protected: bool,
    /// Somebody has disabled the group.
    disabled: bool,
    /// What becomes of a change of more instances than one activity may have.
    beyond_activity_limit: BeyondBounds,
    /// A task that sets the bounds moves the expected number into them.
    bounds_move_expected: bool,
}

impl Ess {
    pub(crate) fn new(
        config: &EssConfig,
        rules: Vec<Rule>,
        predictors: Vec<Predictor>,
        alarms: usize,
        calendar: &Calendar,
    ) -> Self {
        let initial_max = config.rule.iter().find_map(|rule| rule.predictive.as_ref()?.initial_max);
        let assumptions = &config.assumptions;
        Ess {
            rules,
            expected: config.has_expected_capacity(),
            default_cooldown: config.default_cooldown,
            any_activity_cools: assumptions.cooldown_started_by == CooldownStartedBy::Any,
            step_and_tracking_cool: assumptions.cooldown_after_step_and_target_tracking,
            check_interval: assumptions.check_interval,
            checks_wait_for_alarms: assumptions.checks_wait_for_alarms,
            percent_base: assumptions.percent_base,
            step_at_threshold: assumptions.step_at_threshold,
            simultaneous_alarms: assumptions.simultaneous_alarms,
            next_check: SimTime::NEVER,
            trigger_lock: assumptions.trigger_lock,
            locked_until: vec![SimTime::ZERO; alarms],
            lost: 0,
            suspended: config.suspended.clone(),
            predictors,
            initial: (config.min, initial_max.unwrap_or(config.max)),
            keeps_min: assumptions.predictive_keeps_min,
            failing_since: None,
            system_suspended: false,
            effective: config.alarm.iter().filter(|alarm| alarm.enabled).map(EssAlarm::window).collect(),
            calendar: calendar.clone(),
            all_protected: false,
            disabled: false,
            beyond_activity_limit: assumptions.beyond_activity_limit,
            bounds_move_expected: assumptions.bounds_move_expected_number,
        }
    }

    /// The capacity that the rule asks for, starting from `total` and within the bounds.
    fn outcome(&self, rule: &Rule, moment: &Moment<'_>, total: u32, firing: Option<&Firing>) -> Outcome {
        let group = &moment.group;
        let towards = |delta: i64| {
            let capacity = group.clamp(i64::from(total) + delta);
            // Out of bounds already, the clamp would turn a rule around; it does nothing then.
            let turned = (delta > 0 && capacity < total) || (delta < 0 && capacity > total);
            Outcome::Capacity(if turned { total } else { capacity })
        };
        let warmed = || group.warmed(moment.now, rule.warmup).min(total);
        match (&rule.kind, firing) {
            (RuleKind::Simple(adjustment), _) => {
                let hundred_percent = match self.percent_base {
                    CapacityBase::Total => group.settled(),
                    CapacityBase::InService => group.in_service().saturating_sub(group.leaving()),
                };
                towards(adjustment.delta_of(total, hundred_percent))
            }
            (RuleKind::Step { steps, like }, Some(firing)) => {
                let Some(value) = firing.newest() else { return Outcome::Silent };
                let offset = value - firing.threshold;
                match step_for(steps, offset, side_at_threshold(self.step_at_threshold, firing.comparison)) {
                    None => Outcome::Rejected(format!(
                        "no step adjustment for the metric value {value} and the threshold {}",
                        firing.threshold
                    )),
                    Some(adjust) => {
                        let warmed = warmed();
                        let delta = Adjustment { adjust, ..*like }.delta(warmed);
                        // Instances that warm up are not existing capacity: they answer the same breach.
                        if delta > 0 {
                            towards((i64::from(warmed) + delta - i64::from(total)).max(0))
                        } else {
                            towards(delta)
                        }
                    }
                }
            }
            (RuleKind::TargetTracking(target), Some(firing)) => {
                let Some(value) = firing.newest() else { return Outcome::Silent };
                let warmed = warmed();
                let wanted = target_tracking::ceiling(warmed, value, *target) - i64::from(warmed);
                if firing.comparison.is_upward() {
                    towards((i64::from(warmed) + wanted - i64::from(total)).max(0))
                } else if wanted < 0 {
                    towards(wanted)
                } else {
                    // Less than one instance: the alert goes on, nothing is removed.
                    Outcome::Silent
                }
            }
            (RuleKind::Predictive, _) => Outcome::Rejected("a predictive rule is not executed".to_string()),
            (_, None) => Outcome::Rejected("the rule needs an event-triggered task".to_string()),
        }
    }

    fn cooldown_after(&self, rule: &Rule, by_alarm: bool) -> Option<SimDuration> {
        let starts = match rule.kind {
            RuleKind::Simple(_) => by_alarm || self.any_activity_cools,
            _ => self.step_and_tracking_cool,
        };
        starts.then_some(rule.cooldown)
    }

    /// An event-triggered task executes a rule.
    fn execute(&mut self, moment: &mut Moment<'_>, firing: &Firing, index: usize) {
        let rule = &self.rules[index];
        let total = moment.group.settled();
        let cause = || {
            let resource = firing.instance.map(|i| format!(" of instance {}", i.0)).unwrap_or_default();
            format!(
                "The event-triggered task \"{}\"{resource} ({}) executed scaling rule \"{}\"",
                firing.name,
                firing.reason(),
                rule.name
            )
        };
        let mut trigger = Trigger {
            cause: if moment.out.without_words { String::new() } else { cause() },
            policy: Some(Arc::clone(&rule.name)),
            alarm: Some(Arc::clone(&firing.name)),
            first_breach: firing.first_breach,
            breach_seen_until: firing.breach_seen_until,
            alarm_since: Some(firing.alarm_since),
            decided: moment.now,
        };
        let (capacity, refusal) = match self.outcome(rule, moment, total, Some(firing)) {
            Outcome::Silent => return,
            Outcome::Rejected(because) => (total, Some((Refusal::Other, because.into()))),
            Outcome::Capacity(capacity) if capacity == total => (total, Some((NO_CHANGE.0, Cow::from(NO_CHANGE.1)))),
            Outcome::Capacity(capacity) => match self.within_activity(total, capacity) {
                Some(capacity) => (capacity, None),
                None => (capacity, Some((Refusal::Bound, TOO_MANY.1.into()))),
            },
        };
        // An alarm's activity is of the non-parallel class: it excludes everything, and everything excludes it.
        if self.disabled {
            return moment.group.reject(moment.now, &trigger, capacity, NOT_SUPPORTED, moment.out);
        }
        if moment.group.is_scaling() {
            return moment.group.reject(moment.now, &trigger, capacity, IN_PROGRESS, moment.out);
        }
        if let Some((refusal, because)) = refusal {
            return moment.group.reject(moment.now, &trigger, capacity, (refusal, &because), moment.out);
        }
        if self.forbids(total, capacity) {
            return moment.group.reject(moment.now, &trigger, capacity, NOT_SUPPORTED, moment.out);
        }
        if moment.group.cooldown.holds(moment.now) {
            return moment.group.reject(moment.now, &trigger, capacity, COOLDOWN, moment.out);
        }
        if !moment.out.without_words {
            trigger.cause = format!("{}, changing the Total Capacity from \"{total}\" to \"{capacity}\".", cause());
        }
        let cooldown = self.cooldown_after(rule, true);
        if self.expected {
            moment.group.desired = capacity;
        }
        start(moment, &trigger, (total, capacity), cooldown, true, None);
    }

    /// A scheduled task executes a rule. Says whether it is settled, for good or ill; else it is tried again.
    fn execute_scheduled(&mut self, moment: &mut Moment<'_>, due: &Due, index: usize) -> bool {
        let rule = &self.rules[index];
        // Only the expected number moves, where there is one: stable ± N.
        let from = if self.expected { stable(moment) } else { moment.group.settled() };
        let mut trigger = Trigger::plain(
            moment.now,
            format!("The scheduled task \"{}\" executed scaling rule \"{}\"", due.entry.name, rule.name),
        );
        trigger.policy = Some(Arc::clone(&rule.name));
        let to = match self.outcome(rule, moment, from, None) {
            Outcome::Capacity(capacity) => capacity,
            Outcome::Silent | Outcome::Rejected(_) => from,
        };
        if let Some(in_the_way) = self.in_the_way_of_a_request(moment) {
            if due.is_last_try(moment.now) {
                moment.group.reject(moment.now, &trigger, to, in_the_way, moment.out);
            }
            return false;
        }
        let cooldown = self.cooldown_after(rule, false);
        self.request(moment, trigger, (from, to), cooldown);
        true
    }

    /// What keeps a scheduled task, or somebody who executes a rule by hand, from changing the capacity now. A cooldown
    /// does not.
    fn in_the_way_of_a_request(&self, moment: &Moment<'_>) -> Option<(Refusal, &'static str)> {
        let blocked = if self.expected { moment.group.is_exclusive() } else { moment.group.is_scaling() };
        match (self.disabled, blocked) {
            (true, _) => Some(NOT_SUPPORTED),
            (false, true) => Some(IN_PROGRESS),
            (false, false) => None,
        }
    }

    /// A request that nothing is in the way of: moves the expected number, and the next check does the work; or, in a group
    /// without it, starts the activity.
    fn request(
        &mut self,
        moment: &mut Moment<'_>,
        mut trigger: Trigger,
        (from, to): (u32, u32),
        cooldown: Option<SimDuration>,
    ) {
        let (now, before) = (moment.now, moment.group.desired);
        let unchanged = if self.expected { to == before } else { to == from };
        if unchanged {
            return moment.group.reject(now, &trigger, to, NO_CHANGE, moment.out);
        }
        if !self.expected && self.forbids(from, to) {
            return moment.group.reject(now, &trigger, to, NOT_SUPPORTED, moment.out);
        }
        // Checks reach an expected number in as many activities as it takes.
        let reachable = if self.expected { Some(to) } else { self.within_activity(from, to) };
        let Some(to) = reachable else {
            return moment.group.reject(now, &trigger, to, TOO_MANY, moment.out);
        };
        trigger.cause += &format!(", changing the Total Capacity from \"{from}\" to \"{to}\".");
        if self.expected {
            moment.group.desired = to;
            moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, to), moment.out);
            self.check_soon(now);
        } else {
            start(moment, &trigger, (from, to), cooldown, true, None);
        }
    }

    /// The capacity that one activity may bring the group to on its way to another; none where more is refused.
    fn within_activity(&self, from: u32, to: u32) -> Option<u32> {
        let reached = to.clamp(from.saturating_sub(MOST_PER_ACTIVITY), from.saturating_add(MOST_PER_ACTIVITY));
        (reached == to || self.beyond_activity_limit == BeyondBounds::Clamp).then_some(reached)
    }

    /// Whether a suspended process stands between one capacity and another.
    fn forbids(&self, from: u32, to: u32) -> bool {
        let process = if to > from { EssProcess::ScaleOut } else { EssProcess::ScaleIn };
        from != to && (self.system_suspended || self.suspended.contains(&process))
    }

    fn check_soon(&mut self, now: SimTime) {
        self.next_check = self.next_check.min(now.next_multiple(self.check_interval));
    }
}

/// Instances that are neither on their way in nor out: InService, Protected and Standby (146231).
fn stable(moment: &Moment<'_>) -> u32 {
    moment.group.in_service().saturating_sub(moment.group.leaving())
}

/// Starts the activity that takes the group from one capacity to another.
fn start(
    moment: &mut Moment<'_>,
    trigger: &Trigger,
    capacity: (u32, u32),
    cooldown: Option<SimDuration>,
    exclusive: bool,
    kind: Option<ActivityKind>,
) {
    let adds = capacity.1 > capacity.0;
    let count = capacity.0.abs_diff(capacity.1);
    let (verb, direction) = if adds { ("Add", ActivityKind::ScaleOut) } else { ("Remove", ActivityKind::ScaleIn) };
    let words = || format!("{verb} \"{count}\" ECS instance");
    let description = if moment.out.without_words { String::new() } else { words() };
    let kind = kind.unwrap_or(direction);
    let start = Start { kind, adds, count, capacity, description, cooldown, exclusive, reuse: true };
    moment.group.start(moment.now, trigger, start, moment.out);
}

impl Dialect for Ess {
    fn alarms_fire(&mut self, moment: &mut Moment<'_>, firings: &[Firing]) {
        if self.suspended.contains(&EssProcess::AlarmNotification) {
            return;
        }
        let last_first = self.simultaneous_alarms == Precedence::LastCreated;
        for turn in 0..firings.len() {
            let firing = &firings[if last_first { firings.len() - 1 - turn } else { turn }];
            let effective = self.effective.get(firing.alarm).and_then(Option::as_ref);
            if effective.is_some_and(|window| !window.contains(self.calendar.timestamp(moment.now))) {
                continue;
            }
            if moment.now < self.locked_until[firing.alarm] && firing.instance.is_none() {
                continue;
            }
            self.locked_until[firing.alarm] = moment.now + self.trigger_lock;
            for action in firing.rules.iter() {
                self.execute(moment, firing, *action);
            }
        }
    }

    fn scheduled(&mut self, moment: &mut Moment<'_>, due: &Due) -> bool {
        if self.suspended.contains(&EssProcess::ScheduledAction) {
            return true;
        }
        match due.entry.rule {
            Some(rule) => self.execute_scheduled(moment, due, rule),
            None => self.set_bounds(moment, due),
        }
    }

    /// ModifyScalingGroup (DesiredCapacity), or in a group without the expected number a rule of the type TotalCapacity
    /// that somebody executes by hand. No cooldown stands in its way (25912).
    fn set_by_hand(&mut self, moment: &mut Moment<'_>, capacity: u32) {
        let now = moment.now;
        let trigger = Trigger::plain(now, "A user changed the number of instances by hand");
        if self.expected {
            if !moment.group.allows(capacity) {
                return moment.group.reject(now, &trigger, capacity, OUT_OF_BOUNDS, moment.out);
            }
            let before = moment.group.desired;
            return self.request(moment, trigger, (before, capacity), None);
        }
        let (from, to) = (moment.group.settled(), moment.group.clamp(i64::from(capacity)));
        if let Some(in_the_way) = self.in_the_way_of_a_request(moment) {
            return moment.group.reject(now, &trigger, to, in_the_way, moment.out);
        }
        let cooldown = self.any_activity_cools.then_some(self.default_cooldown);
        self.request(moment, trigger, (from, to), cooldown);
    }

    /// A disabled group finishes what is under way and begins nothing. Enabling it ends a cooldown (25912).
    fn set_enabled(&mut self, moment: &mut Moment<'_>, enabled: bool) {
        self.disabled = !enabled;
        if enabled {
            moment.group.cooldown.clear();
            self.check_soon(moment.now);
        }
    }

    fn next_check(&self) -> SimTime {
        let forecast = self.predictors.iter().map(Predictor::next).min().unwrap_or(SimTime::NEVER);
        self.next_check.min(forecast)
    }

    fn reads_metrics(&self) -> bool {
        !self.predictors.is_empty()
    }

    fn check(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource) {
        self.run_forecasts(moment, metrics);
        if self.next_check <= moment.now {
            self.check_numbers(moment);
        }
    }

    fn ended(&mut self, moment: &mut Moment<'_>, activity: &Activity) {
        if let (Some(cooldown), true) = (activity.cooldown, activity.done > 0) {
            moment.group.cooldown.start(moment.now, cooldown);
        }
        self.all_protected = activity.protected > 0 || (self.all_protected && !activity.adds);
        self.note_failures(moment.now, activity);
        // What could not be created is left to the next check.
        self.check_soon(moment.now);
    }

    /// Standby instances belong to the group's capacity (146231: stable = InService + Protected + Standby): no check
    /// makes up for them.
    fn standby(&mut self, moment: &mut Moment<'_>, request: StandbyRequest) {
        moment.out.commands.push(match request {
            StandbyRequest::Enter { count, request, .. } => Command::EnterStandby { count, request },
            StandbyRequest::Leave { request } => Command::LeaveStandby { request },
        });
    }

    fn stood_by(&mut self, moment: &mut Moment<'_>, instance: InstanceId, entered: bool) {
        let what = if entered { "enters the Standby state" } else { "exits the Standby state" };
        let cause = format!("A user executed {}.", if entered { "EnterStandby" } else { "ExitStandby" });
        let description = format!("ECS instance \"{}\" {what}", instance.0);
        moment.group.note_standby(moment.now, cause, description, moment.out);
    }

    fn lost(&mut self, moment: &mut Moment<'_>) {
        self.lost += 1;
        let capacity = moment.group.settled();
        let trigger = Trigger::plain(moment.now, "The health check removed an unhealthy instance.");
        moment.group.note(moment.now, &trigger, ActivityKind::Lost, (capacity + 1, capacity), moment.out);
        self.check_soon(moment.now);
    }
}

impl Ess {
    /// Predictive rules set the minimum to their forecast, and the maximum where they may, by hourly tasks.
    fn run_forecasts(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource) {
        let now = moment.now;
        for index in 0..self.predictors.len() {
            if self.predictors[index].next() > now {
                continue;
            }
            let (own_min, own_max) = self.initial;
            let in_service = moment.group.in_service();
            let Some(forecast) = self.predictors[index].run(now, in_service, own_max, metrics) else { continue };
            let min = if self.keeps_min { forecast.floor.max(own_min) } else { forecast.floor };
            let max = forecast.max.unwrap_or(own_max);
            if self.disabled || (min, max) == (moment.group.min, moment.group.max) {
                continue;
            }
            let before = moment.group.desired;
            moment.group.set_bounds(Some(min), Some(max), None);
            let trigger = Trigger::plain(
                now,
                format!("The predictive scaling task set the minimum to {min} and the maximum to {max}."),
            );
            moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, moment.group.desired), moment.out);
            self.check_soon(now);
        }
    }

    /// After seven days on which nothing could be created ESS suspends the group.
    fn note_failures(&mut self, now: SimTime, activity: &Activity) {
        if activity.done > 0 {
            self.failing_since = None;
        } else if activity.adds && activity.failed > 0 {
            let since = *self.failing_since.get_or_insert(activity.record.at);
            self.system_suspended = now >= since + GIVES_UP_AFTER;
        }
    }

    /// A scheduled task sets minimum, maximum and expected number. Says whether it is settled; else it is tried again.
    fn set_bounds(&mut self, moment: &mut Moment<'_>, due: &Due) -> bool {
        let (entry, now) = (&due.entry, moment.now);
        let before = moment.group.desired;
        let trigger = |min: u32, max: u32, desired: u32| {
            Trigger::plain(
                now,
                format!(
                    "The scheduled task \"{}\" set the minimum to {min}, the maximum to {max}, the expected number to {desired}.",
                    entry.name
                ),
            )
        };
        let (min, max) = (entry.min.unwrap_or(moment.group.min), entry.max.unwrap_or(moment.group.max));
        let desired = entry.desired.unwrap_or(before);
        if self.disabled {
            if due.is_last_try(now) {
                moment.group.reject(now, &trigger(min, max, desired), desired, NOT_SUPPORTED, moment.out);
            }
            return false;
        }
        // Minimum and maximum that the expected number does not fit between are refused unless it is changed too (146231).
        let moves = self.expected && entry.desired.is_none() && self.bounds_move_expected;
        if self.expected && !moves && !(min..=max).contains(&desired) {
            moment.group.reject(now, &trigger(min, max, desired), desired, OUT_OF_BOUNDS, moment.out);
            return true;
        }
        moment.group.set_bounds(entry.min, entry.max, entry.desired);
        let after = moment.group.desired;
        let trigger = trigger(moment.group.min, moment.group.max, after);
        moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, after), moment.out);
        self.check_soon(now);
        true
    }

    /// The check of the expected, minimum and maximum number of instances.
    fn check_numbers(&mut self, moment: &mut Moment<'_>) {
        self.next_check = SimTime::NEVER;
        if self.disabled {
            return;
        }
        let blocked = match (self.expected, self.checks_wait_for_alarms) {
            (true, waits) => waits && moment.group.is_exclusive(),
            (false, _) => moment.group.is_scaling(),
        };
        let capacity = moment.group.settled();
        let (wanted, what) = if self.expected {
            (moment.group.clamp(i64::from(moment.group.desired)), "expected number of instances")
        } else if capacity < moment.group.min {
            (moment.group.min, "minimum number of instances")
        } else {
            (capacity.min(moment.group.max), "maximum number of instances")
        };
        if wanted == capacity || self.forbids(capacity, wanted) {
            self.lost = 0;
            return;
        }
        if wanted < capacity && self.all_protected {
            return;
        }
        if blocked {
            return self.check_soon(moment.now);
        }
        // More than one activity may have is left to the next check.
        let wanted =
            wanted.clamp(capacity.saturating_sub(MOST_PER_ACTIVITY), capacity.saturating_add(MOST_PER_ACTIVITY));
        let trigger = Trigger::plain(
            moment.now,
            format!(
                "The check of the {what} found {capacity} instead of {wanted}, changing the Total Capacity from \
                 \"{capacity}\" to \"{wanted}\"."
            ),
        );
        let kind = (self.lost > 0 && wanted > capacity).then_some(ActivityKind::Replace);
        self.lost = 0;
        let cooldown = self.any_activity_cools.then_some(self.default_cooldown);
        start(moment, &trigger, (capacity, wanted), cooldown, !self.expected, kind);
    }
}
