//! A scaling activity from its start to its end, and the record of it in the vendor's words.

use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::decision::{
    ActivityId, ActivityKind, ActivityOutcome, ActivityRecord, ActivityStatus, InstanceId, InstanceRecord,
};

/// The vendor's words for what came of an activity.
#[derive(Copy, Clone, Debug)]
pub(crate) struct StatusWords {
    pub(crate) in_progress: &'static str,
    pub(crate) successful: &'static str,
    pub(crate) partly: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) rejected: &'static str,
    /// What is said of each instance that is launched, and of each that is removed.
    pub(crate) instance: (&'static str, &'static str),
}

impl StatusWords {
    pub(crate) fn status(&self, outcome: ActivityOutcome) -> ActivityStatus {
        let word = match outcome {
            ActivityOutcome::InProgress => self.in_progress,
            ActivityOutcome::Successful => self.successful,
            ActivityOutcome::PartlySuccessful => self.partly,
            ActivityOutcome::Failed => self.failed,
            ActivityOutcome::Rejected => self.rejected,
        };
        ActivityStatus { outcome, word }
    }
}

/// Why an activity begins: what its record says about the alarm and the rule behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trigger {
    pub(crate) cause: String,
    pub(crate) policy: Option<Arc<str>>,
    pub(crate) alarm: Option<Arc<str>>,
    pub(crate) first_breach: Option<SimTime>,
    pub(crate) breach_seen_until: Option<SimTime>,
    pub(crate) alarm_since: Option<SimTime>,
    pub(crate) decided: SimTime,
}

impl Trigger {
    /// A trigger that no alarm is behind.
    pub(crate) fn plain(now: SimTime, cause: impl Into<String>) -> Self {
        Trigger { cause: cause.into(), decided: now, ..Trigger::default() }
    }

    /// The record of this trigger; status, ids and capacities are filled in.
    pub(crate) fn record(
        &self,
        now: SimTime,
        kind: ActivityKind,
        status: ActivityStatus,
        capacity: (u32, u32),
    ) -> ActivityRecord {
        ActivityRecord {
            id: None,
            at: now,
            end: None,
            status,
            kind,
            cause: self.cause.clone(),
            description: String::new(),
            from: capacity.0,
            to: capacity.1,
            rejected_because: None,
            refusal: None,
            instances: Vec::new(),
            policy: self.policy.as_deref().map(str::to_string),
            alarm: self.alarm.as_deref().map(str::to_string),
            first_breach: self.first_breach,
            breach_seen_until: self.breach_seen_until,
            alarm_since: self.alarm_since,
            decided: self.decided,
            evaluation: None,
        }
    }
}

/// An activity that is running.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    pub(crate) id: ActivityId,
    pub(crate) adds: bool,
    pub(crate) asked: u32,
    pub(crate) done: u32,
    pub(crate) failed: u32,
    /// Of those that it removes: out of the balancer.
    pub(crate) deregistered: u32,
    /// Of those that failed: could not be removed since all that are left are protected.
    pub(crate) protected: u32,
    /// The cooldown that begins when it ends, if it changed anything.
    pub(crate) cooldown: Option<SimDuration>,
    /// Nothing else may run beside it.
    pub(crate) exclusive: bool,
    pub(crate) record: ActivityRecord,
}

impl Activity {
    /// Instances still on their way in or out.
    pub(crate) fn remaining(&self) -> u32 {
        self.asked.saturating_sub(self.done + self.failed)
    }

    /// One of its instances has come to its end: `failed` where it did not become what it should.
    pub(crate) fn instance_ended(&mut self, failed: bool) {
        self.failed += u32::from(failed);
        self.done += u32::from(!failed);
    }

    /// Writes down what became of that instance.
    pub(crate) fn describe_instance(
        &mut self,
        now: SimTime,
        instance: Option<InstanceId>,
        failed: bool,
        words: &StatusWords,
    ) {
        let outcome = if failed { ActivityOutcome::Failed } else { ActivityOutcome::Successful };
        let what = if self.adds { words.instance.0 } else { words.instance.1 };
        let description = match instance {
            Some(instance) => format!("{what}: {}", instance.0),
            None => what.to_string(),
        };
        self.record.instances.push(InstanceRecord { instance, end: now, status: words.status(outcome), description });
    }

    /// What came of it, once nothing remains.
    pub(crate) fn outcome(&self) -> ActivityOutcome {
        match (self.remaining(), self.done, self.failed) {
            (1.., _, _) => ActivityOutcome::InProgress,
            (0, _, 0) => ActivityOutcome::Successful,
            (0, 0, _) => ActivityOutcome::Failed,
            (0, _, _) => ActivityOutcome::PartlySuccessful,
        }
    }
}
