//! Drives a controller with a recording and a fleet that always obeys, after fixed times. Nothing that the controller
//! does changes what it sees: that is what makes the loop open.

use std::collections::{BTreeMap, VecDeque};

use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::decision::{
    ActivityRecord, AlarmChange, AlarmState, Command, Controller, Decisions, InstanceId, MetricSource, Notice,
};

/// How long the fleet takes to obey; nothing, unless it is told otherwise.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenLoopFleet {
    /// From a launch to the instance's being in service.
    pub launch: SimDuration,
    /// From a removal to the instance's being gone.
    pub removal: SimDuration,
}

/// What came of a replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// Every activity once, as it stood at the end, in order of its start.
    pub activities: Vec<ActivityRecord>,
    /// Every change of an alarm's state.
    pub alarm_changes: Vec<AlarmChange>,
    /// The names of the alarms, in order of creation.
    pub alarms: Vec<String>,
    /// Instances in service, whenever their number changed.
    pub in_service: Vec<(SimTime, u32)>,
    /// Desired capacity, whenever it changed.
    pub desired: Vec<(SimTime, u32)>,
}

impl Replay {
    /// The state of an alarm at an instant: what it changed to last, INSUFFICIENT_DATA before.
    pub fn state_at(&self, alarm: &str, at: SimTime) -> AlarmState {
        let mut changes = self.alarm_changes.iter().filter(|change| change.alarm == alarm && change.at <= at);
        changes.next_back().map_or(AlarmState::InsufficientData, |change| change.to)
    }

    fn take(&mut self, decisions: &mut Decisions) {
        self.alarm_changes.append(&mut decisions.alarm_changes);
        for record in decisions.activities.drain(..) {
            // A refused request has no id, and nothing before it to complete.
            let known = record.id.and_then(|id| self.activities.iter_mut().rev().find(|known| known.id == Some(id)));
            match known {
                Some(known) => *known = record,
                None => self.activities.push(record),
            }
        }
    }
}

/// The obedient fleet at work.
struct Fleet {
    times: OpenLoopFleet,
    members: VecDeque<InstanceId>,
    leaving: u32,
    next_id: u32,
    notices: BTreeMap<(SimTime, u32), Notice>,
    next_notice: u32,
}

impl Fleet {
    fn plan(&mut self, at: SimTime, notice: Notice) {
        self.next_notice += 1;
        self.notices.insert((at, self.next_notice), notice);
    }

    fn obey(&mut self, now: SimTime, commands: &mut Vec<Command>) {
        for command in commands.drain(..) {
            match command {
                Command::Launch { activity, count, .. } => {
                    for _ in 0..count {
                        let instance = InstanceId(self.next_id);
                        self.next_id += 1;
                        self.plan(now + self.times.launch, Notice::InService { instance, activity: Some(activity) });
                    }
                }
                // Nothing is prepared here: every launch takes as long. And nobody is there who asks for Standby.
                Command::Prepare { .. } | Command::EnterStandby { .. } | Command::LeaveStandby { .. } => {}
                Command::Terminate { activity, count } => {
                    for _ in 0..count {
                        // The oldest leaves first.
                        let Some(instance) = self.members.pop_front() else {
                            self.plan(now, Notice::NotRemoved { activity });
                            continue;
                        };
                        self.leaving += 1;
                        self.plan(now + self.times.removal, Notice::Terminated { instance, activity: Some(activity) });
                    }
                }
            }
        }
    }

    fn happens(&mut self, notice: &Notice) {
        match notice {
            Notice::InService { instance, .. } => self.members.push_back(*instance),
            Notice::Terminated { .. } => self.leaving -= 1,
            Notice::Lost { instance } => self.members.retain(|member| member != instance),
            Notice::LaunchFailed { .. }
            | Notice::NotRemoved { .. }
            | Notice::RolledBack { .. }
            | Notice::Deregistered { .. }
            | Notice::EnteredStandby { .. }
            | Notice::LeftStandby { .. }
            | Notice::Replaced { .. } => {}
        }
    }

    fn in_service(&self) -> u32 {
        self.members.len() as u32 + self.leaving
    }
}

/// Runs the controller from t = 0 with `initial` instances up to and including `until`.
pub fn replay(
    controller: &mut dyn Controller,
    metrics: &dyn MetricSource,
    initial: u32,
    times: OpenLoopFleet,
    until: SimTime,
) -> Replay {
    replay_with_incidents(controller, metrics, initial, times, until, &[])
}

/// The same, with notices that happen by themselves: instances that are lost.
pub fn replay_with_incidents(
    controller: &mut dyn Controller,
    metrics: &dyn MetricSource,
    initial: u32,
    times: OpenLoopFleet,
    until: SimTime,
    incidents: &[(SimTime, Notice)],
) -> Replay {
    let mut fleet = Fleet {
        times,
        members: VecDeque::new(),
        leaving: 0,
        next_id: initial,
        notices: BTreeMap::new(),
        next_notice: 0,
    };
    for instance in 0..initial {
        fleet.plan(SimTime::ZERO, Notice::InService { instance: InstanceId(instance), activity: None });
    }
    for (at, notice) in incidents {
        fleet.plan(*at, notice.clone());
    }
    let mut replay = Replay { alarms: controller.alarms().into_iter().map(|a| a.name).collect(), ..Replay::default() };
    let mut decisions = Decisions::default();
    loop {
        let notice_at = fleet.notices.first_key_value().map_or(SimTime::NEVER, |((at, _), _)| *at);
        let now = notice_at.min(controller.next_wake());
        if now > until || now == SimTime::NEVER {
            return replay;
        }
        if notice_at == now {
            if let Some((_, notice)) = fleet.notices.pop_first() {
                fleet.happens(&notice);
                controller.notice(now, &notice, &mut decisions);
            }
        } else {
            controller.wake(now, metrics, &mut decisions);
        }
        fleet.obey(now, &mut decisions.commands);
        replay.take(&mut decisions);
        note_change(&mut replay.in_service, now, fleet.in_service());
        note_change(&mut replay.desired, now, controller.desired());
    }
}

/// Appends a value to a step function, unless nothing changed; within an instant only the last value counts.
fn note_change(series: &mut Vec<(SimTime, u32)>, now: SimTime, value: u32) {
    if series.last().is_some_and(|(at, _)| *at == now) {
        series.pop();
    }
    if series.last().is_none_or(|(_, last)| *last != value) {
        series.push((now, value));
    }
}
