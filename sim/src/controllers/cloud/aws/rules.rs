//! The rules of EC2 Auto Scaling: policies move the desired capacity, and the group follows it.

mod proposals;
mod reconcile;
mod standby;

use std::collections::BTreeMap;
use std::sync::Arc;

use windtunnel_traces::random::Generator;
use windtunnel_traces::{SimDuration, SimTime};

use self::proposals::Proposal;
use self::reconcile::FailedLaunches;
use super::config::{AwsConfig, AwsProcess};
use crate::controllers::cloud::activity::{Activity, StatusWords, Trigger};
use crate::controllers::cloud::adjustment::Adjustment;
use crate::controllers::cloud::alarm::Firing;
use crate::controllers::cloud::choices::IdleLog;
use crate::controllers::cloud::defaults::observed_lags;
use crate::controllers::cloud::group::Group;
use crate::controllers::cloud::machine::{Dialect, Moment};
use crate::controllers::cloud::predictive::Predictor;
use crate::controllers::cloud::schedule::Due;
use crate::controllers::cloud::words::Step;
use crate::controllers::decision::{
    ActivityId, ActivityKind, InstanceId, MetricSource, Refusal, Replacement, StandbyRequest, Statistic,
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
    pub(crate) name: Arc<str>,
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
            policy: Some(Arc::clone(&policy.name)),
            alarm: Some(Arc::clone(&firing.name)),
            first_breach: firing.first_breach,
            breach_seen_until: firing.breach_seen_until,
            alarm_since: Some(firing.alarm_since),
            decided: now,
        }
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
            for &index in firing.rules.iter() {
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
        if self.config.suspends(AwsProcess::ScheduledActions) {
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

    /// SetDesiredCapacity: refused beyond the bounds, and not held up by a cooldown (HonorCooldown is false by default).
    fn set_by_hand(&mut self, moment: &mut Moment<'_>, capacity: u32) {
        let (now, before) = (moment.now, moment.group.desired);
        let (min, max) = (moment.group.min, moment.group.max);
        let trigger = Trigger::plain(
            now,
            format!(
                "At {now} a user request update of AutoScalingGroup constraints to min: {min}, max: {max}, desired: {capacity}"
            ),
        );
        if !moment.group.allows(capacity) {
            let bound =
                if capacity > max { format!("above max value {max}") } else { format!("below min value {min}") };
            let because = format!("New SetDesiredCapacity value {capacity} is {bound} for the AutoScalingGroup.");
            return moment.group.reject(now, &trigger, capacity, (Refusal::Bound, &because), moment.out);
        }
        moment.group.note(now, &trigger, ActivityKind::Scheduled, (before, capacity), moment.out);
        if capacity != before {
            self.set_desired(moment, capacity, trigger, None);
        }
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
        self.change_standby(moment, request);
    }

    fn stood_by(&mut self, moment: &mut Moment<'_>, instance: InstanceId, entered: bool) {
        self.note_standby(moment, instance, entered);
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
}
