//! The machine that all three dialects share: what is due is done in a fixed order, alarms invoke rules, the fleet's
//! notices settle activities. A dialect says what an invoked rule, a check and a scheduled action mean.
//!
//! Order within an instant: notices of the fleet, scheduled actions, the dialect's checks, alarms in order of creation.

use windtunnel_traces::SimTime;

use super::activity::Activity;
use super::alarm::{Alarm, Firing};
use super::evaluations::Evaluations;
use super::group::{Group, Settled};
use super::schedule::{Due, Schedule};
use crate::controllers::decision::{AlarmView, Controller, Decisions, MetricSource, Notice};

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
    /// When the next check is due.
    fn next_check(&self) -> SimTime;
    /// The periodic check is due: compare what is with what should be.
    fn check(&mut self, moment: &mut Moment<'_>, metrics: &dyn MetricSource);
    /// An activity has ended.
    fn ended(&mut self, moment: &mut Moment<'_>, activity: &Activity);
    /// An instance left without being asked.
    fn lost(&mut self, moment: &mut Moment<'_>);
}

/// A controller of the alarm + rule + cooldown family.
pub(crate) struct Machine<D> {
    pub(crate) group: Group,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) schedule: Schedule,
    pub(crate) dialect: D,
    pub(crate) evaluations: Evaluations,
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
        let mut firings = Vec::new();
        for (index, alarm) in self.alarms.iter_mut().enumerate() {
            if alarm.next <= now {
                firings.extend(alarm.evaluate(index, now, metrics, &mut out.alarm_changes));
            }
        }
        if !firings.is_empty() {
            self.evaluations.remember(now, &firings);
            let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
            self.dialect.alarms_fire(&mut moment, &firings);
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
        self.evaluations.join(&mut out.activities);
    }

    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) {
        let settled = self.group.take(now, notice, out);
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        match settled {
            Settled::Ended(activity) => self.dialect.ended(&mut moment, &activity),
            Settled::Lost => self.dialect.lost(&mut moment),
            Settled::Nothing => {}
        }
        self.evaluations.join(&mut out.activities);
    }

    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions) {
        let mut moment = Moment { now, group: &mut self.group, alarms: &self.alarms, out };
        self.dialect.scheduled(&mut moment, &Due::by_hand(now, desired));
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
}
