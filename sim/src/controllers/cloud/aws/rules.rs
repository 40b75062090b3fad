//! The rules of EC2 Auto Scaling: policies move the desired capacity, and the group follows it.

use std::collections::BTreeMap;

use windtunnel_traces::random::{Generator, below};
use windtunnel_traces::{SimDuration, SimTime};

use super::config::{AwsConfig, AwsProcess};
use crate::controllers::cloud::activity::{Activity, StatusWords, Trigger};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::{Alarm, Firing};
use crate::controllers::cloud::choices::{AggregationPoints, IdleLog, ScaleInWaits, SimpleBase, TrackedValue};
use crate::controllers::cloud::defaults::observed_lags;
use crate::controllers::cloud::group::{Group, Start};
use crate::controllers::cloud::machine::{Dialect, Moment};
use crate::controllers::cloud::predictive::Predictor;
use crate::controllers::cloud::schedule::Due;
use crate::controllers::cloud::step::{side_at_threshold, step_for};
use crate::controllers::cloud::target_tracking;
use crate::controllers::cloud::words::Step;
use crate::controllers::decision::{
    ActivityId, ActivityKind, AlarmState, Command, InstanceId, MetricSource, Refusal, Replacement, StandbyRequest,
    Statistic,
};

/// `StatusCode` of DescribeScalingActivities. AWS logs no activity for an invocation that does nothing; the word for it
/// is ours.
pub(crate) const WORDS: StatusWords = StatusWords {
    in_progress: "InProgress",
    successful: "Successful",
    partly: "Successful",
    failed: "Failed",
    rejected: "NotStarted",
    instance: ("Launching a new EC2 instance", "Terminating EC2 instance"),
};

/// A scaling policy, ready to execute.
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) kind: PolicyKind,
    pub(crate) cooldown: SimDuration,
    pub(crate) warmup: SimDuration,
    pub(crate) enabled: bool,
}

/// What a policy does.
pub(crate) enum PolicyKind {
    Simple(Adjustment),
    Step { steps: Vec<Step>, like: Adjustment, aggregation: Statistic },
    TargetTracking { target: f64, scales_in: bool },
    Predictive,
}

/// What a policy wants of one invocation.
enum Proposal {
    /// This desired capacity.
    Capacity(u32),
    /// Nothing, for this reason.
    Nothing(Refusal, String),
}

/// The dialect of AWS.
pub(crate) struct Aws {
    config: AwsConfig,
    policies: Vec<Policy>,
    lags: Vec<SimDuration>,
    generator: Generator,
    health_check_interval: SimDuration,
    /// When the group next compares desired with actual capacity.
    reconcile_at: SimTime,
    /// What moved the desired capacity since it last did, and the cooldown that follows.
    moved: Option<(Trigger, Option<SimDuration>)>,
    /// Lost instances that are not yet being replaced.
    lost: u32,
    /// Until when the last replacements warm up, while others wait for them.
    replaced_until: SimTime,
    /// Nothing can be removed: all instances that are left are protected.
    all_protected: bool,
    predictors: Vec<Predictor>,
    /// Per policy: why the last invocation did nothing, and since when its alarm was in its state.
    idle: Vec<Option<(String, SimTime)>>,
    failed_launches: FailedLaunches,
    /// Whether the last request for Standby takes places out of the desired capacity.
    standby_decrements: bool,
    /// How many instances each request has put into Standby.
    in_standby: BTreeMap<usize, u32>,
}

impl Aws {
    pub(crate) fn new(
        config: &AwsConfig,
        policies: Vec<Policy>,
        predictors: Vec<Predictor>,
        generator: Generator,
    ) -> Self {
        Aws {
            config: config.clone(),
            all_protected: false,
            idle: vec![None; policies.len()],
            policies,
            predictors,
            lags: config.assumptions.reconcile_lag.clone().unwrap_or_else(observed_lags),
            generator,
            health_check_interval: config.assumptions.health_check_interval,
            reconcile_at: SimTime::NEVER,
            moved: None,
            lost: 0,
            replaced_until: SimTime::ZERO,
            failed_launches: FailedLaunches::default(),
            standby_decrements: true,
            in_standby: BTreeMap::new(),
        }
    }

    fn reconcile_soon(&mut self, now: SimTime) {
        let lag = match self.lags.len() {
            0 => SimDuration::ZERO,
            n => self.lags[below(&mut self.generator, n as u32) as usize],
        };
        self.reconcile_at = self.reconcile_at.min(now + lag);
    }

    fn propose(&self, moment: &Moment<'_>, policy: &Policy, firing: &Firing) -> Proposal {
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
            let low = |alarm: &&Alarm| alarm.spec.actions.alarm == [index] && !alarm.spec.comparison.is_upward();
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

    /// Moves the desired capacity, and plans the group's reaction.
    fn set_desired(
        &mut self,
        moment: &mut Moment<'_>,
        capacity: u32,
        mut trigger: Trigger,
        cooldown: Option<SimDuration>,
    ) {
        let before = std::mem::replace(&mut moment.group.desired, capacity);
        trigger.cause += &format!(" changing the desired capacity from {before} to {capacity}.");
        self.moved = Some(match self.moved.take() {
            // Several changes before the group acts: one activity, every cause.
            Some((earlier, earlier_cooldown)) => {
                trigger.cause = format!("{}  {}", earlier.cause, trigger.cause);
                (trigger, cooldown.or(earlier_cooldown))
            }
            None => (trigger, cooldown),
        });
        self.reconcile_soon(moment.now);
    }

    /// Writes down that an invocation did nothing: a reason once, not each minute.
    fn record_idle(
        &mut self,
        moment: &mut Moment<'_>,
        firing: &Firing,
        index: usize,
        (refusal, reason): (Refusal, &str),
    ) {
        let known = self.idle[index].as_ref();
        let is_known = known.is_some_and(|(known, since)| known == reason && *since == firing.alarm_since);
        match self.config.assumptions.idle_invocations {
            IdleLog::Once if is_known => return,
            IdleLog::Never => return,
            IdleLog::Once | IdleLog::Each => {}
        }
        self.idle[index] = Some((reason.to_string(), firing.alarm_since));
        let trigger = self.trigger(moment.now, firing, index);
        moment.group.reject(moment.now, &trigger, moment.group.desired, (refusal, reason), moment.out);
    }

    fn trigger(&self, now: SimTime, firing: &Firing, index: usize) -> Trigger {
        let policy = &self.policies[index];
        Trigger {
            cause: format!(
                "At {now} a monitor alarm {} in state {} ({}) triggered policy {}",
                firing.name,
                firing.state,
                firing.reason(),
                policy.name
            ),
            policy: Some(policy.name.clone()),
            alarm: Some(firing.name.clone()),
            first_breach: firing.first_breach,
            breach_seen_until: firing.breach_seen_until,
            alarm_since: Some(firing.alarm_since),
            decided: now,
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl Aws {
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

/// Launches that failed without one that succeeded in between.
#[derive(Clone, Debug, Default)]
struct FailedLaunches {
    count: u32,
    /// When the first of them began.
    since: SimTime,
    /// Until when the group launches nothing.
    wait_until: SimTime,
}

impl FailedLaunches {
    /// An activity that launches has ended: one that launched nothing at all makes the group wait, longer each time.
    fn take(&mut self, now: SimTime, activity: &Activity, first: SimDuration, most: SimDuration) {
        if activity.done > 0 {
            *self = FailedLaunches::default();
            return;
        }
        if self.count == 0 {
            self.since = activity.record.at;
        }
        // Beyond 2^16 any first wait is longer than the longest.
        let factor = 1_u64 << self.count.min(16);
        self.count += 1;
        self.wait_until =
            now.saturating_add(SimDuration::from_nanos(first.as_nanos().saturating_mul(factor)).min(most));
    }

    /// Whether nothing has been launched for so long that AWS suspends launches ("administrative suspension").
    fn suspend(&self, now: SimTime, after: SimDuration) -> bool {
        self.count > 0 && now >= self.since.saturating_add(after)
    }
}

impl Dialect for Aws {
    /// Each policy computes by itself; the largest capacity wins, for scale-out and for scale-in.
    fn alarms_fire(&mut self, moment: &mut Moment<'_>, firings: &[Firing]) {
        if self.config.suspends(AwsProcess::AlarmNotification) {
            return;
        }
        let mut best: Option<(u32, usize, &Firing)> = None;
        let mut at_bound = Vec::new();
        for firing in firings {
            for &index in &firing.rules {
                match self.propose(moment, &self.policies[index], firing) {
                    Proposal::Nothing(refusal, reason) => {
                        self.record_idle(moment, firing, index, (refusal, &reason));
                    }
                    Proposal::Capacity(capacity) => {
                        if capacity == moment.group.desired {
                            at_bound.push((firing, index));
                        }
                        if best.is_none_or(|(largest, _, _)| capacity > largest) {
                            best = Some((capacity, index, firing));
                        }
                    }
                }
            }
        }
        let Some((capacity, index, firing)) = best else { return };
        // A forecast is one more policy: the largest capacity wins.
        let forecast = self.predictors.iter().map(Predictor::floor).max().unwrap_or(0);
        let capacity = capacity.max(moment.group.clamp(i64::from(forecast)));
        if capacity == moment.group.desired {
            for (firing, index) in at_bound {
                self.record_idle(moment, firing, index, (Refusal::Bound, "the desired capacity does not change"));
                if self.config.assumptions.cooldown_without_activity
                    && let PolicyKind::Simple(_) = self.policies[index].kind
                {
                    moment.group.cooldown.start(moment.now, self.policies[index].cooldown);
                }
            }
            return;
        }
        self.idle[index] = None;
        let trigger = self.trigger(moment.now, firing, index);
        let policy = &self.policies[index];
        let cooldown = matches!(policy.kind, PolicyKind::Simple(_)).then_some(policy.cooldown);
        self.set_desired(moment, capacity, trigger, cooldown);
    }

    fn scheduled(&mut self, moment: &mut Moment<'_>, due: &Due) -> bool {
        if self.config.suspends(AwsProcess::ScheduledActions) && !due.by_hand {
            // What is missed is missed: it does not run when the process resumes.
            return true;
        }
        let entry = &due.entry;
        let before = moment.group.desired;
        moment.group.set_bounds(entry.min, entry.max, entry.desired);
        let (group, now) = (&mut *moment.group, moment.now);
        let after = std::mem::replace(&mut group.desired, before);
        let trigger = Trigger::plain(
            now,
            format!(
                "At {now} scheduled action {} set group min: {}, max: {}, desired: {after}",
                entry.name, group.min, group.max
            ),
        );
        group.note(now, &trigger, ActivityKind::Scheduled, (before, after), moment.out);
        if after != before {
            self.set_desired(moment, after, trigger, None);
        }
        true
    }

    fn next_check(&self) -> SimTime {
        let forecast = self.predictors.iter().map(Predictor::next).min().unwrap_or(SimTime::NEVER);
        self.reconcile_at.min(forecast)
    }

    fn reads_metrics(&self) -> bool {
        !self.predictors.is_empty()
    }

    fn check(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource) {
        self.run_forecasts(moment, metrics);
        if self.reconcile_at <= moment.now {
            self.reconcile(moment);
        }
    }

    fn ended(&mut self, moment: &mut Moment<'_>, activity: &Activity) {
        if let (Some(cooldown), true) = (activity.cooldown, activity.done > 0) {
            moment.group.cooldown.start(moment.now, cooldown);
        }
        if activity.record.kind == ActivityKind::Replace && self.lost > 0 {
            let warmup = self.config.default_instance_warmup.unwrap_or(SimDuration::ZERO);
            self.replaced_until = moment.now + warmup;
            self.reconcile_at = self.reconcile_at.min(self.replaced_until);
        }
        if activity.adds {
            let assumptions = &self.config.assumptions;
            let (first, most) = (assumptions.launch_backoff, assumptions.launch_backoff_most);
            self.failed_launches.take(moment.now, activity, first, most);
        }
        // The desired capacity stays below what protected instances allow, until there are others.
        self.all_protected = activity.protected > 0 || (self.all_protected && !activity.adds);
        if moment.group.settled() != moment.group.desired {
            self.reconcile_soon(moment.now);
        }
    }

    /// Behind a load balancer the cooldown of a scale-in begins when the instances are deregistered: it does not wait
    /// for the termination hooks.
    fn deregistered(&mut self, moment: &mut Moment<'_>, activity: ActivityId) {
        let running = moment.group.activities.iter_mut().find(|running| running.id == activity);
        if let Some(cooldown) = running.and_then(|running| running.cooldown.take()) {
            moment.group.cooldown.start(moment.now, cooldown);
        }
    }

    fn warm_pool(&self, group: &Group) -> Option<u32> {
        // What is about to be launched comes out of the pool, and what is about to be removed may go into it: the group
        // counts as what it will be when everything under way has ended, which is the desired capacity once it has acted.
        self.config.warm_pool_size(group.settled(), group.max)
    }

    fn standby(&mut self, moment: &mut Moment<'_>, request: StandbyRequest) {
        let now = moment.now;
        let capacity = moment.group.settled();
        let trigger = Trigger::plain(now, format!("At {now} a user asked for a change of Standby."));
        match request {
            StandbyRequest::Enter { count, request, decrement } => {
                let least = moment.group.min + count;
                if decrement && moment.group.desired < least {
                    let because = format!(
                        "AutoScalingGroup minSize={}, desiredCapacity={}; putting {count} in Standby would take the \
                         desired capacity below the minimum",
                        moment.group.min, moment.group.desired
                    );
                    return moment.group.reject(now, &trigger, capacity, (Refusal::Bound, &because), moment.out);
                }
                self.standby_decrements = decrement;
                self.in_standby.insert(request, count.min(moment.group.in_service()));
                moment.out.commands.push(Command::EnterStandby { count, request });
            }
            StandbyRequest::Leave { request } => {
                let count = self.in_standby.get(&request).copied().unwrap_or(0);
                if moment.group.desired + count > moment.group.max {
                    let because = format!(
                        "AutoScalingGroup maxSize={}, desiredCapacity={}; {count} out of Standby would take the desired \
                         capacity above the maximum",
                        moment.group.max, moment.group.desired
                    );
                    return moment.group.reject(now, &trigger, capacity, (Refusal::Bound, &because), moment.out);
                }
                moment.out.commands.push(Command::LeaveStandby { request });
            }
        }
    }

    /// An instance that enters Standby takes its place in the desired capacity along, unless others are to be launched;
    /// one that leaves it brings a place in any case (EC2 Auto Scaling user guide, "Temporarily removing instances").
    fn stood_by(&mut self, moment: &mut Moment<'_>, instance: InstanceId, entered: bool) {
        let (now, group) = (moment.now, &mut *moment.group);
        let desired = group.desired;
        group.desired = match (entered, self.standby_decrements) {
            (true, true) => desired.saturating_sub(1),
            (true, false) => desired,
            (false, _) => desired + 1,
        };
        let after = group.settled();
        let (before, way) = if entered { (after + 1, "to") } else { (after.saturating_sub(1), "out of") };
        let verb = if entered { "shrinking" } else { "increasing" };
        let cause = format!(
            "At {now} instance {} was moved {way} standby in response to a user request, {verb} the capacity from {before} to \
             {after}.",
            instance.0
        );
        let description = format!("Moving EC2 instance {way} Standby: {}", instance.0);
        group.note_standby(now, cause, description, moment.out);
        if group.settled() != group.desired {
            self.reconcile_soon(now);
        }
    }

    fn why_replaced(&self, now: SimTime, why: Replacement, capacity: u32) -> String {
        let difference = format!(
            "At {now} an instance was started in response to a difference between desired and actual capacity, increasing \
             the capacity from {capacity} to {}.  At {now} an instance was taken out of service in response to a \
             difference between desired and actual capacity, shrinking the capacity from {} to {capacity}.",
            capacity + 1,
            capacity + 1
        );
        match why {
            Replacement::Rebalancing { from, to } => format!(
                "At {now} instances were launched to balance instances in zones {to} with other zones ({from}) resulting in \
                 more than desired number of instances in the group.  {difference}"
            ),
            Replacement::Update => format!("At {now} an instance was replaced by an instance refresh.  {difference}"),
        }
    }

    fn lost(&mut self, moment: &mut Moment<'_>) {
        self.lost += 1;
        let capacity = moment.group.settled();
        let now = moment.now;
        let trigger = Trigger::plain(
            now,
            format!("At {now} an instance was taken out of service in response to an EC2 health check."),
        );
        moment.group.note(now, &trigger, ActivityKind::Lost, (capacity + 1, capacity), moment.out);
        self.reconcile_at = self.reconcile_at.min(now.next_multiple(self.health_check_interval));
    }
}

impl Aws {
    /// Predictive policies raise the desired capacity to their forecast, and never lower it.
    fn run_forecasts(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource) {
        let now = moment.now;
        for index in 0..self.predictors.len() {
            if self.predictors[index].next() > now {
                continue;
            }
            let (in_service, max) = (moment.group.in_service(), moment.group.max);
            let Some(forecast) = self.predictors[index].run(now, in_service, max, metrics) else { continue };
            // The new maximum stays, as AWS's does.
            moment.group.max = forecast.max.unwrap_or(max);
            let capacity = moment.group.clamp(i64::from(forecast.floor));
            if capacity > moment.group.desired {
                let trigger = Trigger::plain(now, format!("At {now} predictive scaling raised the desired capacity,"));
                self.set_desired(moment, capacity, trigger, None);
            }
        }
    }

    /// How many lost instances may be replaced now: a tenth of the group at a time unless a maintenance policy says
    /// otherwise, at least one, and the next ones when these are in service and warm.
    fn may_replace(&self, moment: &Moment<'_>) -> u32 {
        if moment.now < self.replaced_until {
            return 0;
        }
        let percent = self.config.maintenance.map_or(10, |maintenance| {
            100u32.saturating_sub(maintenance.min_healthy).max(maintenance.max_healthy.saturating_sub(100))
        });
        let at_once = u32::try_from(u64::from(moment.group.desired) * u64::from(percent) / 100).unwrap_or(u32::MAX);
        let replacing = moment.group.activities.iter().filter(|activity| activity.record.kind == ActivityKind::Replace);
        at_once.max(1).saturating_sub(replacing.map(Activity::remaining).sum())
    }

    /// The group compares desired with actual capacity and closes the gap.
    fn reconcile(&mut self, moment: &mut Moment<'_>) {
        self.reconcile_at = SimTime::NEVER;
        let now = moment.now;
        let actual = moment.group.settled();
        let desired = moment.group.desired;
        if desired > actual {
            if now < self.failed_launches.wait_until {
                self.reconcile_at = self.failed_launches.wait_until;
                return;
            }
            if self.failed_launches.suspend(now, self.config.assumptions.suspends_launches_after) {
                return;
            }
        }
        let moved = self.moved.take();
        let moves = moved.is_some();
        let (mut trigger, cooldown) = moved.unwrap_or_default();
        let staying = moment.group.in_service().saturating_sub(moment.group.leaving());
        let adds = desired > actual;
        let missing = desired.saturating_sub(actual);
        self.lost = self.lost.min(missing);
        let replaced = self.lost.min(self.may_replace(moment));
        let count = if adds { missing - (self.lost - replaced) } else { (actual - desired).min(staying) };
        if self.lost > replaced && now < self.replaced_until {
            self.reconcile_at = self.replaced_until;
        }
        let forbidden = if adds { AwsProcess::Launch } else { AwsProcess::Terminate };
        if count == 0 || self.config.suspends(forbidden) || (!adds && self.all_protected) {
            return;
        }
        self.lost -= replaced;
        let replaces = replaced > 0 && !moves;
        if trigger.cause.is_empty() {
            trigger = Trigger::plain(now, "");
        } else {
            trigger.cause += "  ";
        }
        let to = if adds { actual + count } else { actual - count };
        trigger.cause += &if adds {
            format!(
                "At {now} an instance was started in response to a difference between desired and actual capacity, \
                 increasing the capacity from {actual} to {to}."
            )
        } else {
            format!(
                "At {now} an instance was taken out of service in response to a difference between desired and actual \
                 capacity, shrinking the capacity from {actual} to {to}."
            )
        };
        let (verb, direction) =
            if adds { ("Launching", ActivityKind::ScaleOut) } else { ("Terminating", ActivityKind::ScaleIn) };
        let kind = if replaces && adds { ActivityKind::Replace } else { direction };
        let description =
            if count == 1 { format!("{verb} a new EC2 instance") } else { format!("{verb} {count} EC2 instances") };
        let capacity = (actual, to);
        let start = Start { kind, adds, count, capacity, description, cooldown, exclusive: false, reuse: true };
        moment.group.start(now, &trigger, start, moment.out);
    }
}
