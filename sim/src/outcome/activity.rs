//! The activity log: what the fleet was told, what it did, and why.

use serde::{Deserialize, Serialize};

use crate::controllers::decision::{AlarmEvaluation, InstanceRecord};

/// One entry of the provider's activity log, in the provider's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// When it was requested, in seconds since the start of the run.
    pub at_seconds: f64,
    /// When it ended; absent while it runs at the end of the run.
    pub end_seconds: Option<f64>,
    /// The provider's status, such as `Successful`, `Rejected`, `CANCELLED`.
    pub status: String,
    /// True when capacity was changed by it, false for a refusal.
    pub accepted: bool,
    /// Capacity before.
    pub from: u32,
    /// Capacity after.
    pub to: u32,
    /// The rule or policy, when one caused it.
    pub policy: Option<String>,
    /// The alarm, when one caused it.
    pub alarm: Option<String>,
    /// Why, in the provider's words.
    pub cause: String,
    /// What it did or why it was refused, in the provider's words; for an HPA the steps of its decision.
    pub explanation: String,
    /// The values of the alarm that caused it, one per period, oldest first. Utilization is in percent.
    pub alarm_values: Vec<f64>,
    /// How the alarm compares: `>`, `>=`, `<`, `<=`, `=` or `!=`.
    pub alarm_comparison: Option<String>,
    /// The alarm's threshold.
    pub alarm_threshold: Option<f64>,
    /// The start of the oldest of those periods.
    pub alarm_from_seconds: Option<f64>,
    /// The end of the newest.
    pub alarm_to_seconds: Option<f64>,
    /// What became of each instance: what AWS logs as an activity of its own, the others within the activity.
    #[serde(default)]
    pub instances: Vec<InstanceActivity>,
}

/// The part of an activity that is about one instance, in the provider's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceActivity {
    /// The instance's number; absent where it never came into service.
    pub instance: Option<u32>,
    /// When its part ended. It began with the activity.
    pub end_seconds: f64,
    /// The provider's status.
    pub status: String,
    /// What was done with it.
    pub description: String,
}

impl From<&InstanceRecord> for InstanceActivity {
    fn from(record: &InstanceRecord) -> Self {
        InstanceActivity {
            instance: record.instance.map(|instance| instance.0),
            end_seconds: record.end.as_secs_f64(),
            status: record.status.to_string(),
            description: record.description.clone(),
        }
    }
}

impl ActivityEntry {
    /// Takes over what the alarm saw.
    pub fn explained_by(&mut self, evaluation: &AlarmEvaluation) {
        self.alarm_values.clone_from(&evaluation.values);
        self.alarm_comparison = Some(evaluation.comparison.to_string());
        self.alarm_threshold = Some(evaluation.threshold);
        self.alarm_from_seconds = Some(evaluation.from.as_secs_f64());
        self.alarm_to_seconds = Some(evaluation.to.as_secs_f64());
    }

    /// Keeps what an earlier entry of the same activity knows of the alarm.
    pub fn keep_evaluation_of(&mut self, earlier: &ActivityEntry) {
        if self.alarm_threshold.is_none() {
            self.alarm_values.clone_from(&earlier.alarm_values);
            self.alarm_comparison.clone_from(&earlier.alarm_comparison);
            self.alarm_threshold = earlier.alarm_threshold;
            self.alarm_from_seconds = earlier.alarm_from_seconds;
            self.alarm_to_seconds = earlier.alarm_to_seconds;
        }
    }
}

/// A change of the state of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmEntry {
    /// When, in milliseconds since the start of the run.
    pub at_millis: u64,
    /// The alarm's name.
    pub alarm: String,
    /// The state before, in the provider's spelling.
    pub from: String,
    /// The state after.
    pub to: String,
    /// The values that decided.
    pub reason: String,
}

/// A level to draw on the chart of utilization: an alarm's threshold or an HPA's target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmLevel {
    /// The alarm or target.
    pub name: String,
    /// The metric it watches, in the provider's spelling.
    pub metric: String,
    /// How a value compares when it breaches: `>`, `>=`, `<`, `<=`, or `target`.
    pub comparison: String,
    /// The level; in percent where `is_cpu_utilization`.
    pub threshold: f64,
    /// True where the level belongs on the chart of CPU utilization.
    pub is_cpu_utilization: bool,
}

/// The life of one instance or pod. Times are seconds since the start of the run; absent where it did not come to that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceLife {
    /// Its number, in order of launch.
    pub id: u32,
    /// The zone it is in (for a pod: the node).
    pub zone: u32,
    /// When it was launched.
    pub launched_seconds: f64,
    /// When each boot stage ended, in order.
    pub stages: Vec<(String, f64)>,
    /// When it first received traffic.
    pub in_service_seconds: Option<f64>,
    /// When it began to drain.
    pub draining_seconds: Option<f64>,
    /// When it was gone.
    pub ended_seconds: Option<f64>,
    /// Why it is gone: `scale-in`, `crash`, `boot-failed`, `zone-outage`, `spot-interruption`, `rolling-update`, ...
    pub ended_by: Option<String>,
}
