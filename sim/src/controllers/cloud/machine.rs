//! The machine that all three dialects share: what is due is done in a fixed order, alarms invoke rules, the fleet's
//! notices settle activities. A dialect says what an invoked rule, a check and a scheduled action mean.
//!
//! Order within an instant: notices of the fleet, scheduled actions, the dialect's checks, alarms in order of creation.

use windtunnel_traces::{SimDuration, SimTime};

use super::activity::Activity;
use super::alarm::{Alarm, Firing};
use super::composite::{self, Composite};
use super::evaluations::Evaluations;
use super::group::{Group, Settled};
use super::schedule::{Due, Schedule};
use crate::controllers::decision::{
    ActivityId, AlarmState, AlarmView, Command, Controller, Decisions, InstanceId, Metric, MetricSource, Notice,
    Replacement, StandbyRequest, common,
};

/// What a dialect may look at and write to while it decides.
pub(crate) struct Moment<'a> {
    pub(crate) now: SimTime,
    pub(crate) group: &'a mut Group,
    pub(crate) alarms: &'a [Alarm],
    pub(crate) out: &'a mut Decisions,
}

/// A vendor's rules.
pub(crate) trait Dialect: Send {
    /// These alarms invoke their rules, all at this instant, in order of creation.
    fn alarms_fire(&mut self, moment: &mut Moment<'_>, firings: &[Firing]);
    /// A scheduled action is due. Says whether it is settled; else it is tried again later.
    fn scheduled(&mut self, moment: &mut Moment<'_>, due: &Due) -> bool;
    /// Somebody sets the capacity by hand.
    fn set_by_hand(&mut self, moment: &mut Moment<'_>, capacity: u32);
    /// Somebody disables the group, or enables it again. Vendors without such a state ignore it.
    fn set_enabled(&mut self, moment: &mut Moment<'_>, enabled: bool) {
        let _ = (moment, enabled);
    }
    /// When the next check is due.
    fn next_check(&self) -> SimTime;
    /// Whether that check reads metrics.
    fn reads_metrics(&self) -> bool;
    /// The periodic check is due: compare what is with what should be.
    fn check(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource);
    /// An activity has ended.
    fn ended(&mut self, moment: &mut Moment<'_>, activity: &Activity);
    /// Everything that an activity removes is out of the balancer; hooks and stopping may still take their time.
    fn deregistered(&mut self, moment: &mut Moment<'_>, activity: ActivityId) {
        let _ = (moment, activity);
    }
    /// How many instances to keep prepared beside the group.
    fn warm_pool(&self, group: &Group) -> Option<u32> {
        let _ = group;
        None
    }
    /// Why an instance took another's place, in the vendor's words; the group has `capacity` instances, as before.
    fn why_replaced(&self, now: SimTime, why: Replacement, capacity: u32) -> String {
        let _ = (now, capacity);
        match why {
            Replacement::Rebalancing { from, to } => format!("Instances are moved from zone {from} to zone {to}."),
            Replacement::Update => "Instances are replaced by a rolling update.".to_string(),
        }
    }
    /// Somebody asks for a change of Standby. Vendors without such a state ignore it.
    fn standby(&mut self, moment: &mut Moment<'_>, request: StandbyRequest) {
        let _ = (moment, request);
    }
    /// An instance has entered Standby, or left it.
    fn stood_by(&mut self, moment: &mut Moment<'_>, instance: InstanceId, entered: bool) {
        let _ = (moment, instance, entered);
    }
    /// An instance left without being asked.
    fn lost(&mut self, moment: &mut Moment<'_>);
}

/// A controller of the alarm + rule + cooldown family.
pub(crate) struct Machine<D> {
    pub(crate) group: Group,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) schedule: Schedule,
    pub(crate) dialect: D,
    /// Alarms over the states of alarms. They invoke nothing.
    pub(crate) composites: Vec<Composite>,
    /// The size of the warm pool that was last asked for.
    pub(crate) prepared: Option<u32>,
    pub(crate) evaluations: Evaluations,
    /// Room for the alarms that fire at an instant.
    firings: Vec<Firing>,
}

impl<D: Dialect> Machine<D> {
    fn run_schedule(&mut self, now: SimTime, out: &mut Decisions) {
        while let Some(due) = self.schedule.take_due(now) {
            let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
            let settled = self.dialect.scheduled(&mut moment, &due);
            self.schedule.settle(now, &due, settled);
        }
    }

    fn run_checks(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        if self.dialect.next_check() <= now {
            let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
            self.dialect.check(&mut moment, metrics);
        }
    }

    fn run_alarms(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        let mut firings = std::mem::take(&mut self.firings);
        for (index, alarm) in self.alarms.iter_mut().enumerate() {
            if alarm.next <= now {
                alarm.evaluate(index, now, metrics, out, &mut firings);
            }
        }
        if !self.composites.is_empty() {
            let states: Vec<(&str, AlarmState)> = self.alarms.iter().map(|a| (&*a.spec.name, a.state)).collect();
            composite::evaluate_all(&mut self.composites, &states, now, &mut out.alarm_changes);
        }
        if !firings.is_empty() {
            if !out.without_words {
                self.evaluations.remember(now, &firings);
            }
            let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
            self.dialect.alarms_fire(&mut moment, &firings);
            firings.clear();
        }
        self.firings = firings;
    }
}

impl<D: Dialect> Machine<D> {
    pub(crate) fn new(group: Group, alarms: Vec<Alarm>, schedule: Schedule, dialect: D) -> Self {
        Machine {
            group,
            alarms,
            schedule,
            dialect,
            composites: Vec::new(),
            prepared: None,
            evaluations: Evaluations::default(),
            firings: Vec::new(),
        }
    }

    /// Tells the fleet when the warm pool shall have another size.
    fn size_warm_pool(&mut self, out: &mut Decisions) {
        let wanted = self.dialect.warm_pool(&self.group);
        if let Some(count) = wanted.filter(|_| wanted != self.prepared) {
            self.prepared = wanted;
            // Before the others: who is removed with it may go into the pool.
            out.commands.insert(0, Command::Prepare { count });
        }
    }
}

impl<D: Dialect> Controller for Machine<D> {
    fn next_wake(&self) -> SimTime {
        let alarms = self.alarms.iter().map(|alarm| alarm.next).min().unwrap_or(SimTime::NEVER);
        alarms.min(self.schedule.next()).min(self.dialect.next_check())
    }

    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        self.run_schedule(now, out);
        self.run_checks(now, metrics, out);
        self.run_alarms(now, metrics, out);
        // A rule without a lag acts within the instant.
        self.run_checks(now, metrics, out);
        self.size_warm_pool(out);
        self.evaluations.join(&mut out.activities);
    }

    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) {
        let settled = self.group.take(now, notice, out);
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        match settled {
            Settled::Ended(activity) => self.dialect.ended(&mut moment, &activity),
            Settled::Deregistered(activity) => self.dialect.deregistered(&mut moment, activity),
            Settled::Lost => self.dialect.lost(&mut moment),
            Settled::StoodBy { instance, entered } => self.dialect.stood_by(&mut moment, instance, entered),
            Settled::Replaced { old, new, why } => {
                let cause = self.dialect.why_replaced(now, why, moment.group.settled());
                moment.group.note_replacement(now, cause, (old, new), moment.out);
            }
            Settled::Nothing => {}
        }
        self.size_warm_pool(out);
        self.evaluations.join(&mut out.activities);
    }

    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions) {
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        self.dialect.set_by_hand(&mut moment, desired);
        self.size_warm_pool(out);
    }

    fn set_enabled(&mut self, now: SimTime, enabled: bool, out: &mut Decisions) {
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        self.dialect.set_enabled(&mut moment, enabled);
    }

    fn standby(&mut self, now: SimTime, request: StandbyRequest, out: &mut Decisions) {
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        self.dialect.standby(&mut moment, request);
    }

    fn desired(&self) -> u32 {
        self.group.desired
    }

    fn min(&self) -> u32 {
        self.group.min
    }

    fn max(&self) -> u32 {
        self.group.max
    }

    fn alarms(&self) -> Vec<AlarmView> {
        self.alarms.iter().map(Alarm::view).collect()
    }

    fn metrics(&self) -> Vec<Metric> {
        self.alarms.iter().flat_map(Alarm::metrics).collect()
    }

    fn reads_whole(&self) -> Option<SimDuration> {
        if self.dialect.reads_metrics() {
            return None;
        }
        // Nobody reads anything where there is no alarm.
        let mut windows = self.alarms.iter().map(Alarm::reads_whole);
        windows.try_fold(SimDuration::from_hours(1), |all, window| Some(common(all, window?)))
    }

    fn composite_alarms(&self) -> Vec<String> {
        self.composites.iter().map(|composite| composite.name.clone()).collect()
    }
}
