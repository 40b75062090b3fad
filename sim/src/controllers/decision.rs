//! The words that controllers, sensors and the fleet share: metrics asked for, commands given, notices received, and the
//! records that explain a decision.

use std::fmt;
use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

/// What a controller may ask the sensors for. Utilization is in percent (0 to 100), because thresholds are.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// CPU in use, percent of the instance's cores.
    CpuUtilization,
    /// Memory in use, percent.
    MemoryUtilization,
    /// Requests per second over the whole fleet ("QPS").
    RequestRate,
    /// Requests per second and instance ("QPSPerInstance").
    RequestRatePerInstance,
    /// Requests per minute and target, as AWS counts them.
    RequestCountPerTarget,
    /// Requests in the period, over the whole fleet.
    RequestCount,
    /// Mean response time, in seconds.
    LatencyMean,
    /// Median response time, in seconds.
    LatencyP50,
    /// 95th percentile of the response time, in seconds.
    LatencyP95,
    /// 99th percentile of the response time, in seconds.
    LatencyP99,
    /// Requests in service or waiting, over the whole fleet.
    InFlight,
    /// Requests in service or waiting, per instance.
    InFlightPerInstance,
    /// Instances that pass the balancer's health check.
    HealthyHosts,
    /// Share of the requests that failed, percent.
    ErrorRate,
}

impl Metric {
    /// Whether samples of several intervals and instances can be read as one: their sum is what matters, not one of them.
    pub const fn adds_up(self) -> bool {
        match self {
            Metric::CpuUtilization
            | Metric::RequestRate
            | Metric::RequestRatePerInstance
            | Metric::RequestCountPerTarget
            | Metric::RequestCount
            | Metric::HealthyHosts
            | Metric::LatencyMean
            | Metric::LatencyP50
            | Metric::LatencyP95
            | Metric::LatencyP99 => true,
            // Levels at the end of an interval, and shares whose weights differ.
            Metric::MemoryUtilization | Metric::InFlight | Metric::InFlightPerInstance | Metric::ErrorRate => false,
        }
    }

    /// Every metric.
    pub const ALL: [Metric; 14] = [
        Metric::CpuUtilization,
        Metric::MemoryUtilization,
        Metric::RequestRate,
        Metric::RequestRatePerInstance,
        Metric::RequestCountPerTarget,
        Metric::RequestCount,
        Metric::LatencyMean,
        Metric::LatencyP50,
        Metric::LatencyP95,
        Metric::LatencyP99,
        Metric::InFlight,
        Metric::InFlightPerInstance,
        Metric::HealthyHosts,
        Metric::ErrorRate,
    ];
}

/// How the samples of a period become one datapoint.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Statistic {
    /// Sum divided by count.
    Average,
    /// The smallest sample.
    Minimum,
    /// The largest sample.
    Maximum,
    /// The sum of the samples.
    Sum,
    /// The number of samples.
    SampleCount,
    /// A percentile of the samples, 0 to 100.
    Percentile(f64),
}

impl Statistic {
    /// Whether it follows from the sum and the number of samples.
    pub const fn adds_up(self) -> bool {
        matches!(self, Statistic::Average | Statistic::Sum | Statistic::SampleCount)
    }
}

/// The longest time that both are multiples of.
pub(crate) fn common(a: SimDuration, b: SimDuration) -> SimDuration {
    if b.is_zero() { a } else { common(b, a % b) }
}

/// Where a controller reads metrics: the sensors of a simulation, or a recording.
pub trait MetricSource {
    /// The statistic over `[from, to)` of what had been published by now; `None` where there is no data.
    fn statistic(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Option<f64>;

    /// The same for every instance by itself, in order of instance. (CloudMonitor rules evaluate per resource.)
    fn per_instance(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Vec<(InstanceId, f64)> {
        let _ = (metric, statistic, from, to);
        Vec::new()
    }
}

/// An instance of the fleet.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

/// A scaling activity, numbered from 1 by its controller.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActivityId(pub u32);

/// What a controller asks of the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Create `count` instances. Each ends in exactly one [`Notice::InService`] or [`Notice::LaunchFailed`].
    Launch {
        /// The activity to name in the notices.
        activity: ActivityId,
        /// How many.
        count: u32,
        /// Stopped or prepared instances are started first, where the group has any.
        reuse: bool,
    },
    /// Keep so many instances prepared beside the group (a warm pool).
    Prepare {
        /// How many.
        count: u32,
    },
    /// Put `count` instances in service into Standby.
    EnterStandby {
        /// How many.
        count: u32,
        /// The request, by which they come back.
        request: usize,
    },
    /// Bring the instances of a request back into service.
    LeaveStandby {
        /// The request.
        request: usize,
    },
    /// Remove `count` instances, chosen by the group's removal policy among those in service and not yet leaving. Each
    /// ends in exactly one [`Notice::Terminated`], also if it crashes on the way, in one [`Notice::NotRemoved`] when there
    /// is nobody that may be removed, or in one [`Notice::RolledBack`] when a hook keeps it.
    Terminate {
        /// The activity to name in the notices.
        activity: ActivityId,
        /// How many.
        count: u32,
    },
}

/// What somebody asks for by hand.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum StandbyRequest {
    /// Instances go into Standby.
    Enter {
        /// How many.
        count: u32,
        /// The number of the request.
        request: usize,
        /// The desired capacity falls by as many (AWS, `ShouldDecrementDesiredCapacity`); else others are launched.
        decrement: bool,
    },
    /// Those of a request come back.
    Leave {
        /// The number of the request.
        request: usize,
    },
}

/// What the fleet tells a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The provider regards the instance as in service: created and attached. The application may still boot.
    InService {
        /// The instance.
        instance: InstanceId,
        /// The activity that launched it; none for the instances of t = 0.
        activity: Option<ActivityId>,
    },
    /// One of the activity's instances could not be launched.
    LaunchFailed {
        /// The activity.
        activity: ActivityId,
    },
    /// The instance is gone, as asked.
    Terminated {
        /// The instance.
        instance: InstanceId,
        /// The activity that removed it.
        activity: Option<ActivityId>,
    },
    /// The instance is out of the balancer and has drained; what follows (hooks, stopping) does not touch traffic.
    Deregistered {
        /// The instance.
        instance: InstanceId,
        /// The activity that removes it.
        activity: ActivityId,
    },
    /// An instance has taken the place of another, and the capacity is what it was. It follows [`Notice::Terminated`] of
    /// the one and [`Notice::InService`] of the other.
    Replaced {
        /// The one that went.
        old: InstanceId,
        /// The one that came.
        new: InstanceId,
        /// Why.
        why: Replacement,
    },
    /// One of those that the activity should have removed stays: all that are left are protected.
    NotRemoved {
        /// The activity.
        activity: ActivityId,
    },
    /// The instance that the activity should have removed is in service again: a lifecycle hook rolled its removal back.
    RolledBack {
        /// The instance.
        instance: InstanceId,
        /// The activity.
        activity: ActivityId,
    },
    /// The instance is in Standby: it belongs to the group and is not in service.
    EnteredStandby {
        /// The instance.
        instance: InstanceId,
    },
    /// It is in service again.
    LeftStandby {
        /// The instance.
        instance: InstanceId,
    },
    /// The instance left the group without being asked: it crashed, or failed its health check.
    Lost {
        /// The instance.
        instance: InstanceId,
    },
}

/// Why an instance takes the place of another.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Replacement {
    /// To even out the zones.
    Rebalancing {
        /// The zone that had too many.
        from: u32,
        /// The zone that had too few.
        to: u32,
    },
    /// A rolling update.
    Update,
}

/// What came of an activity, in one vocabulary for all providers.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActivityOutcome {
    /// Still running.
    InProgress,
    /// Everything that was asked happened.
    Successful,
    /// Some of it happened.
    PartlySuccessful,
    /// None of it happened.
    Failed,
    /// Refused before it began.
    Rejected,
}

/// The status of an activity: the common outcome, and the vendor's word for it, which is what is displayed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ActivityStatus {
    /// The outcome in the common vocabulary.
    pub outcome: ActivityOutcome,
    /// The vendor's word.
    pub word: &'static str,
}

impl fmt::Display for ActivityStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

/// What an activity does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// Adds instances.
    ScaleOut,
    /// Removes instances.
    ScaleIn,
    /// Makes up for instances that were lost or failed to launch.
    Replace,
    /// Puts an instance in the place of another.
    Move,
    /// Changes the bounds or the desired capacity, by a scheduled action.
    Scheduled,
    /// An instance left without being asked.
    Lost,
}

impl fmt::Display for ActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ActivityKind::ScaleOut => "scale out",
            ActivityKind::ScaleIn => "scale in",
            ActivityKind::Replace => "replace",
            ActivityKind::Move => "move",
            ActivityKind::Scheduled => "scheduled",
            ActivityKind::Lost => "lost",
        })
    }
}

/// What stands in the way of a request.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Another activity is under way.
    Busy,
    /// A cooldown.
    Cooldown,
    /// A bound: the capacity would not change.
    Bound,
    /// Anything else.
    Other,
}

/// What became of one instance of an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceRecord {
    /// The instance; none where it never came into service.
    pub instance: Option<InstanceId>,
    /// When its part of the activity ended.
    pub end: SimTime,
    /// Its status, in the vendor's word.
    pub status: ActivityStatus,
    /// What was done with it, in the vendor's words.
    pub description: String,
}

/// One line of the activity log. A running activity is recorded when it starts and again, with the same id, when it
/// ends; a rejected one is recorded once and has no id.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRecord {
    /// The activity, if it began.
    pub id: Option<ActivityId>,
    /// When it began, or was refused.
    pub at: SimTime,
    /// When it ended.
    pub end: Option<SimTime>,
    /// Its status, in the vendor's word.
    pub status: ActivityStatus,
    /// What it does.
    pub kind: ActivityKind,
    /// Why it began, in the vendor's words.
    pub cause: String,
    /// What it did, in the vendor's words.
    pub description: String,
    /// Capacity before.
    pub from: u32,
    /// Capacity after, as intended.
    pub to: u32,
    /// The vendor's message, if it was refused.
    pub rejected_because: Option<String>,
    /// What stood in the way, if it was refused.
    pub refusal: Option<Refusal>,
    /// What became of each instance so far, in order of their ends.
    pub instances: Vec<InstanceRecord>,
    /// The rule or policy.
    pub policy: Option<String>,
    /// The alarm that invoked it.
    pub alarm: Option<String>,
    /// The start of the first breaching datapoint of the alarm: where the reaction budget begins.
    pub first_breach: Option<SimTime>,
    /// The end of the data that put the alarm into ALARM.
    pub breach_seen_until: Option<SimTime>,
    /// When the alarm went into ALARM.
    pub alarm_since: Option<SimTime>,
    /// When the rule was accepted (the activity may begin a little later).
    pub decided: SimTime,
    /// The evaluation of the alarm that invoked it.
    pub evaluation: Option<AlarmEvaluation>,
}

/// A request that was refused, where nobody reads the log.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedRequest {
    /// When it was.
    pub at: SimTime,
    /// The alarm behind it, and since when that is in ALARM.
    pub alarm: Option<(Arc<str>, SimTime)>,
    /// What stood in the way.
    pub reason: Refusal,
}

/// What an alarm saw when it invoked a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmEvaluation {
    /// What it watches.
    pub metric: Metric,
    /// The values, one per period, oldest first; for an alarm on each instance the one of that instance.
    pub values: Vec<f64>,
    /// `>`, `>=`, `<`, `<=`, `=` or `!=`.
    pub comparison: &'static str,
    /// The threshold, in the metric's unit (percent for utilization).
    pub threshold: f64,
    /// The start of the oldest period.
    pub from: SimTime,
    /// The end of the newest.
    pub to: SimTime,
}

/// The state of an alarm, as all three vendors call it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// The threshold is not breached.
    Ok,
    /// The threshold is breached for long enough.
    Alarm,
    /// Too little data to tell.
    InsufficientData,
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

/// An alarm changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmChange {
    /// When.
    pub at: SimTime,
    /// The alarm.
    pub alarm: String,
    /// The state before.
    pub from: AlarmState,
    /// The state after.
    pub to: AlarmState,
    /// Why, with the values: `71.3, 74.0, 78.9 > 70`.
    pub reason: String,
}

/// An alarm as a chart or a report shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmView {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub metric: Metric,
    /// The threshold, in the metric's unit (percent for utilization).
    pub threshold: f64,
    /// `>`, `>=`, `<`, `<=`, `=` or `!=`.
    pub comparison: &'static str,
    /// Its state now.
    pub state: AlarmState,
}

/// What a controller decided in one call: commands for the fleet, and the records that explain them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// Nobody reads the log: what begins and what is refused needs no words, and neither how it goes on nor what alarms do
    /// is told.
    pub without_words: bool,
    /// What the fleet shall do, in order.
    pub commands: Vec<Command>,
    /// Activities that began, changed, ended or were refused.
    pub activities: Vec<ActivityRecord>,
    /// What was refused, without words.
    pub refusals: Vec<RefusedRequest>,
    /// Alarms that changed their state.
    pub alarm_changes: Vec<AlarmChange>,
}

/// A policy at work: a pure state machine, driven by a simulation or by a recording.
pub trait Controller: Send {
    /// When it next wants to look. Never earlier than the last time it was called.
    fn next_wake(&self) -> SimTime;
    /// It is `now`: look at the metrics and decide.
    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions);
    /// The fleet reports. Notices of an instant come before the wake of that instant.
    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions);
    /// Somebody sets the desired capacity by hand.
    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions);
    /// Somebody asks for a change of Standby. Controllers without such a state ignore it.
    fn standby(&mut self, now: SimTime, request: StandbyRequest, out: &mut Decisions) {
        let _ = (now, request, out);
    }
    /// Somebody disables the group, or enables it again. Controllers without such a state ignore it.
    fn set_enabled(&mut self, now: SimTime, enabled: bool, out: &mut Decisions) {
        let _ = (now, enabled, out);
    }
    /// The capacity it wants.
    fn desired(&self) -> u32;
    /// The least capacity allowed now.
    fn min(&self) -> u32;
    /// The greatest capacity allowed now.
    fn max(&self) -> u32;
    /// Its alarms, in order of creation.
    fn alarms(&self) -> Vec<AlarmView>;
    /// Every metric that it looks at.
    fn metrics(&self) -> Vec<Metric> {
        self.alarms().iter().map(|alarm| alarm.metric).collect()
    }
    /// Where all that it reads are averages, sums and counts over the whole fleet, of metrics that add up, and of windows
    /// that begin and end at multiples of some time: that time. Samples of such a time may then be taken together.
    fn reads_whole(&self) -> Option<SimDuration> {
        None
    }
    /// Alarms over the states of other alarms, by name.
    fn composite_alarms(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_measure_of_two_times() {
        let seconds = SimDuration::from_secs;
        assert_eq!(common(seconds(300), seconds(60)), seconds(60));
        assert_eq!(common(seconds(300), seconds(3600)), seconds(300));
        assert_eq!(common(seconds(60), seconds(25)), seconds(5));
    }
}
