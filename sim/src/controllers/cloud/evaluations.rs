//! Joins an activity to the evaluation of the alarm that caused it.

use std::sync::Arc;

use windtunnel_traces::{SimDuration, SimTime};

use super::alarm::Firing;
use crate::controllers::decision::{ActivityRecord, AlarmEvaluation};

/// An activity begins this long after the alarm invoked its rule, at most.
const KEPT: SimDuration = SimDuration::from_hours(1);

/// The evaluations that have invoked rules lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluations {
    recent: Vec<Invocation>,
}

#[derive(Clone, Debug)]
struct Invocation {
    at: SimTime,
    alarm: Arc<str>,
    reason: String,
    evaluation: AlarmEvaluation,
}

impl Evaluations {
    /// Alarms invoke their rules now.
    pub(crate) fn remember(&mut self, now: SimTime, firings: &[Firing]) {
        self.recent.retain(|invocation| invocation.at.saturating_add(KEPT) >= now);
        self.recent.extend(firings.iter().map(|firing| Invocation {
            at: now,
            alarm: Arc::clone(&firing.name),
            reason: firing.reason(),
            evaluation: firing.evaluation(),
        }));
    }

    /// Adds to each record the evaluation that it goes back to. An alarm that watches each instance may have invoked the
    /// rule several times at once: then the record's cause tells which it was.
    pub(crate) fn join(&self, records: &mut [ActivityRecord]) {
        for record in records.iter_mut().filter(|record| record.evaluation.is_none()) {
            let Some(alarm) = &record.alarm else { continue };
            let candidates = || self.recent.iter().filter(|it| it.at == record.decided && *it.alarm == **alarm);
            let named = candidates().find(|it| record.cause.contains(&it.reason));
            record.evaluation = named.or_else(|| candidates().next()).map(|it| it.evaluation.clone());
        }
    }
}
