//! A scaling group: its bounds, who is in it, and what is under way.

use std::collections::{BTreeMap, BTreeSet};

use windtunnel_traces::{SimDuration, SimTime};

use super::activity::{Activity, StatusWords, Trigger};
use super::adjustment;
use super::choices::WarmupStart;
use super::cooldown::Cooldown;
use crate::controllers::decision::{
    ActivityId, ActivityKind, ActivityOutcome, ActivityRecord, Command, Decisions, InstanceId, InstanceRecord, Notice,
    Refusal, RefusedRequest, Replacement,
};

/// The state that all three dialects work on.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) desired: u32,
    /// When each instance came into service; none for those that were warm at t = 0.
    members: BTreeMap<InstanceId, Option<SimTime>>,
    /// Instances in Standby.
    standby: BTreeSet<InstanceId>,
    /// Whether those count as capacity.
    pub(crate) counts_standby: bool,
    pub(crate) activities: Vec<Activity>,
    pub(crate) cooldown: Cooldown,
    words: StatusWords,
    started: u32,
    /// From when on instances warm up.
    pub(crate) warmup_from: WarmupStart,
}

/// An activity to start.
pub(crate) struct Start {
    pub(crate) kind: ActivityKind,
    pub(crate) adds: bool,
    pub(crate) count: u32,
    pub(crate) capacity: (u32, u32),
    pub(crate) description: String,
    pub(crate) cooldown: Option<SimDuration>,
    /// Nothing else may run beside it.
    pub(crate) exclusive: bool,
    /// Stopped or prepared instances are started first.
    pub(crate) reuse: bool,
}

/// What a notice meant for the group.
pub(crate) enum Settled {
    /// Nothing ended.
    Nothing,
    /// An activity has ended; its record is out.
    Ended(Box<Activity>),
    /// Every instance that an activity removes is out of the balancer.
    Deregistered(ActivityId),
    /// An instance left without being asked.
    Lost,
    /// An instance has entered Standby, or left it.
    StoodBy { instance: InstanceId, entered: bool },
    /// An instance has taken the place of another.
    Replaced { old: InstanceId, new: InstanceId, why: Replacement },
}

impl Group {
    pub(crate) fn new(min: u32, max: u32, desired: u32, words: StatusWords) -> Self {
        Group {
            min,
            max,
            desired,
            members: BTreeMap::new(),
            standby: BTreeSet::new(),
            counts_standby: false,
            activities: Vec::new(),
            cooldown: Cooldown::default(),
            words,
            started: 0,
            warmup_from: WarmupStart::InService,
        }
    }

    /// Instances in service, including those that are leaving but not yet gone, and those in Standby where they count.
    pub(crate) fn in_service(&self) -> u32 {
        let standby = if self.counts_standby { self.standby.len() } else { 0 };
        (self.members.len() + standby) as u32
    }

    /// Instances being launched.
    pub(crate) fn pending(&self) -> u32 {
        self.activities.iter().filter(|a| a.adds).map(Activity::remaining).sum()
    }

    /// Instances being removed.
    pub(crate) fn leaving(&self) -> u32 {
        self.activities.iter().filter(|a| !a.adds).map(Activity::remaining).sum()
    }

    /// Everything that counts as the group's capacity: in service and pending.
    pub(crate) fn total(&self) -> u32 {
        self.in_service() + self.pending()
    }

    /// What the group will have when everything under way has ended.
    pub(crate) fn settled(&self) -> u32 {
        self.total().saturating_sub(self.leaving())
    }

    /// Instances in service whose warm-up is over.
    pub(crate) fn warmed(&self, now: SimTime, warmup: SimDuration) -> u32 {
        self.members.values().filter(|since| since.is_none_or(|since| since.saturating_add(warmup) <= now)).count()
            as u32
    }

    /// Instances in service that still warm up.
    pub(crate) fn warming(&self, now: SimTime, warmup: SimDuration) -> u32 {
        self.members.len() as u32 - self.warmed(now, warmup)
    }

    pub(crate) fn is_scaling(&self) -> bool {
        !self.activities.is_empty()
    }

    /// True while an activity runs that nothing may run beside.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.activities.iter().any(|activity| activity.exclusive)
    }

    /// Sets the bounds and the desired capacity that are given; desired capacity follows a bound that passes it.
    pub(crate) fn set_bounds(&mut self, min: Option<u32>, max: Option<u32>, desired: Option<u32>) {
        self.min = min.unwrap_or(self.min);
        self.max = max.unwrap_or(self.max).max(self.min);
        self.desired = self.clamp(i64::from(desired.unwrap_or(self.desired)));
    }

    /// Whether a capacity lies within the bounds.
    pub(crate) fn allows(&self, capacity: u32) -> bool {
        (self.min..=self.max).contains(&capacity)
    }

    pub(crate) fn clamp(&self, capacity: i64) -> u32 {
        adjustment::clamp(capacity, self.min, self.max)
    }

    /// Brings the group to a capacity, by an activity where something is missing or too much.
    pub(crate) fn resize(&mut self, now: SimTime, target: u32, policy: &str, cause: String, out: &mut Decisions) {
        let from = self.settled();
        self.desired = target;
        if target == from {
            return;
        }
        let adds = target > from;
        let start = Start {
            kind: if adds { ActivityKind::ScaleOut } else { ActivityKind::ScaleIn },
            adds,
            count: target.abs_diff(from),
            capacity: (from, target),
            description: format!("{from} to {target} instances"),
            cooldown: None,
            exclusive: false,
            reuse: true,
        };
        let mut trigger = Trigger::plain(now, cause);
        trigger.policy = Some(policy.into());
        self.start(now, &trigger, start, out);
    }

    /// Starts an activity: gives the fleet its command and writes the first line of its record.
    pub(crate) fn start(&mut self, now: SimTime, trigger: &Trigger, start: Start, out: &mut Decisions) {
        self.started += 1;
        let id = ActivityId(self.started);
        let status = self.words.status(ActivityOutcome::InProgress);
        let mut record = trigger.record(now, start.kind, status, start.capacity);
        record.id = Some(id);
        record.description = start.description;
        out.activities.push(record.clone());
        out.commands.push(if start.adds {
            Command::Launch { activity: id, count: start.count, reuse: start.reuse }
        } else {
            Command::Terminate { activity: id, count: start.count }
        });
        self.activities.push(Activity {
            id,
            adds: start.adds,
            asked: start.count,
            done: 0,
            failed: 0,
            deregistered: 0,
            protected: 0,
            cooldown: start.cooldown,
            exclusive: start.exclusive,
            record,
        });
    }

    /// Writes the record of a request that is refused, with the vendor's message.
    pub(crate) fn reject(
        &self,
        now: SimTime,
        trigger: &Trigger,
        to: u32,
        (refusal, because): (Refusal, &str),
        out: &mut Decisions,
    ) {
        if out.without_words {
            out.refusals.push(RefusedRequest {
                at: now,
                alarm: trigger.alarm.clone().zip(trigger.alarm_since),
                reason: refusal,
            });
            return;
        }
        let from = self.settled();
        let kind = if to < from { ActivityKind::ScaleIn } else { ActivityKind::ScaleOut };
        let mut record = trigger.record(now, kind, self.words.status(ActivityOutcome::Rejected), (from, to));
        record.end = Some(now);
        record.rejected_because = Some(because.to_string());
        record.refusal = Some(refusal);
        out.activities.push(record);
    }

    /// Writes the record of something that is over at once.
    pub(crate) fn note(
        &self,
        now: SimTime,
        trigger: &Trigger,
        kind: ActivityKind,
        to: (u32, u32),
        out: &mut Decisions,
    ) {
        let mut record: ActivityRecord = trigger.record(now, kind, self.words.status(ActivityOutcome::Successful), to);
        record.end = Some(now);
        out.activities.push(record);
    }

    /// Writes the record of an instance that has taken another's place.
    pub(crate) fn note_replacement(
        &self,
        now: SimTime,
        cause: String,
        (old, new): (InstanceId, InstanceId),
        out: &mut Decisions,
    ) {
        let status = self.words.status(ActivityOutcome::Successful);
        let capacity = self.settled();
        let mut record = Trigger::plain(now, cause).record(now, ActivityKind::Move, status, (capacity, capacity));
        let (launched, removed) = self.words.instance;
        record.instances = [(new, launched), (old, removed)]
            .map(|(instance, what)| InstanceRecord {
                instance: Some(instance),
                end: now,
                status,
                description: format!("{what}: {}", instance.0),
            })
            .to_vec();
        record.description = record.instances.iter().map(|it| it.description.as_str()).collect::<Vec<_>>().join("; ");
        record.end = Some(now);
        out.activities.push(record);
    }

    /// Writes the record of an instance that has entered or left Standby. The capacity that an alarm works on stays.
    pub(crate) fn note_standby(&self, now: SimTime, cause: String, description: String, out: &mut Decisions) {
        let capacity = self.settled();
        let status = self.words.status(ActivityOutcome::Successful);
        let mut record = Trigger::plain(now, cause).record(now, ActivityKind::Move, status, (capacity, capacity));
        record.description = description;
        record.end = Some(now);
        out.activities.push(record);
    }

    /// Takes in what the fleet reports, and ends the activity that has nothing left to do.
    pub(crate) fn take(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) -> Settled {
        let (activity, instance, failed) = match notice {
            Notice::InService { instance, activity } => {
                let since = self.warms_from(now, *activity);
                self.members.insert(*instance, since);
                (*activity, Some(*instance), false)
            }
            Notice::LaunchFailed { activity } => (Some(*activity), None, true),
            Notice::NotRemoved { activity } => {
                if let Some(running) = self.activities.iter_mut().find(|running| running.id == *activity) {
                    running.protected += 1;
                }
                (Some(*activity), None, true)
            }
            Notice::RolledBack { instance, activity } => (Some(*activity), Some(*instance), true),
            Notice::Deregistered { activity, .. } => return self.deregistered(*activity),
            Notice::Terminated { instance, activity } => {
                self.members.remove(instance);
                (*activity, Some(*instance), false)
            }
            Notice::EnteredStandby { instance } => {
                self.members.remove(instance);
                self.standby.insert(*instance);
                return Settled::StoodBy { instance: *instance, entered: true };
            }
            Notice::LeftStandby { instance } => {
                self.standby.remove(instance);
                self.members.insert(*instance, Some(now));
                return Settled::StoodBy { instance: *instance, entered: false };
            }
            Notice::Replaced { old, new, why } => return Settled::Replaced { old: *old, new: *new, why: *why },
            Notice::Lost { instance } => {
                return if self.members.remove(instance).is_some() { Settled::Lost } else { Settled::Nothing };
            }
        };
        let Some(place) = activity.and_then(|id| self.activities.iter().position(|a| a.id == id)) else {
            return Settled::Nothing;
        };
        let running = &mut self.activities[place];
        running.instance_ended(failed);
        if !out.without_words {
            running.describe_instance(now, instance, failed, &self.words);
        }
        if running.remaining() > 0 {
            if !out.without_words {
                out.activities.push(running.record.clone());
            }
            return Settled::Nothing;
        }
        let mut ended = self.activities.remove(place);
        ended.record.status = self.words.status(ended.outcome());
        if ended.protected > 0 {
            ended.record.description =
                format!("{}: all remaining instances are protected from scale-in", ended.record.description);
        }
        ended.record.end = Some(now);
        if !out.without_words {
            out.activities.push(ended.record.clone());
        }
        Settled::Ended(Box::new(ended))
    }

    /// From when on an instance that comes into service now warms up; nothing for those of the start, which are warm.
    fn warms_from(&self, now: SimTime, activity: Option<ActivityId>) -> Option<SimTime> {
        let launched_by = activity.and_then(|id| self.activities.iter().find(|running| running.id == id));
        match (self.warmup_from, launched_by) {
            (WarmupStart::ActivityStart, Some(activity)) => Some(activity.record.at),
            _ => (now > SimTime::ZERO || activity.is_some()).then_some(now),
        }
    }

    fn deregistered(&mut self, activity: ActivityId) -> Settled {
        let Some(running) = self.activities.iter_mut().find(|running| running.id == activity) else {
            return Settled::Nothing;
        };
        running.deregistered += 1;
        if running.deregistered == running.asked { Settled::Deregistered(activity) } else { Settled::Nothing }
    }
}
