//! The activity log: an entry for what began, and for what was refused.

use windtunnel_traces::SimTime;

use super::{World, keeps_log};
use crate::controllers::decision::ActivityRecord;
use crate::outcome::{ActivityEntry, InstanceActivity};

/// Refused activities that the log lists. A group at its limit refuses one every few minutes for as long as the run
/// lasts; the rest is counted, so that the log of a year stays small. What changes capacity is always listed.
const REFUSALS_LISTED: u64 = 10_000;

impl World<'_> {
    /// Keeps the activity log: an activity is recorded when it begins, and completed when it ends.
    pub(super) fn log(&mut self, record: ActivityRecord) {
        let accepted = record.rejected_because.is_none();
        self.scale_outs.take(&record);
        if !keeps_log(self.options) {
            return self.count(&record);
        }
        let evaluation = record.evaluation;
        let mut entry = ActivityEntry {
            at_seconds: record.at.as_secs_f64(),
            end_seconds: record.end.map(SimTime::as_secs_f64),
            status: record.status.to_string(),
            accepted,
            from: record.from,
            to: record.to,
            policy: record.policy,
            alarm: record.alarm,
            cause: record.cause,
            explanation: record.rejected_because.unwrap_or(record.description),
            instances: record.instances.iter().map(InstanceActivity::from).collect(),
            ..ActivityEntry::default()
        };
        if let Some(evaluation) = evaluation {
            entry.explained_by(&evaluation);
        }
        let known = record.id.and_then(|id| self.running.iter().position(|(other, _)| *other == id));
        match (known, record.id) {
            (Some(at), _) => {
                let (_, number) = self.running[at];
                if let Some(known) = self.activities.get_mut(number) {
                    // The end of an activity comes long after what caused it; the alarm's values stay.
                    entry.keep_evaluation_of(known);
                    *known = entry;
                }
                if record.end.is_some() {
                    self.running.remove(at);
                    self.activities.done(number);
                }
            }
            (None, Some(id)) if record.end.is_none() => {
                let number = self.activities.push(entry);
                self.running.push((id, number));
            }
            _ if !accepted && self.refusals_listed >= REFUSALS_LISTED => self.refusals_unlisted += 1,
            _ => {
                self.refusals_listed += u64::from(!accepted);
                self.list(entry);
            }
        }
    }

    /// Keeps of an activity what figures are made of.
    fn count(&mut self, record: &ActivityRecord) {
        if record.rejected_because.is_some() {
            self.refusals_counted += 1;
        } else if record.id.is_none() || record.end.is_none() {
            let (at_seconds, from, to) = (record.at.as_secs_f64(), record.from, record.to);
            self.list(ActivityEntry { at_seconds, accepted: true, from, to, ..ActivityEntry::default() });
        }
    }

    /// Adds an entry to the activity log that is as it will stay.
    fn list(&mut self, entry: ActivityEntry) {
        let number = self.activities.push(entry);
        self.activities.done(number);
    }
}
