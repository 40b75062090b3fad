//! The activity log: what the fleet was told, what it did, and why.

use serde::{Deserialize, Serialize};

/// One entry of the provider's activity log, in the provider's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    /// The numbers behind it: values of the alarm, or the steps of the HPA's decision.
    pub explanation: String,
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
