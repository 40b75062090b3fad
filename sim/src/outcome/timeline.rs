//! One row of the timeline: what happened in one interval of the run.

use serde::{Deserialize, Serialize};

/// What happened between `start_seconds` (included) and `end_seconds` (excluded).
///
/// Requests are counted as arrived when they arrive, and under their outcome when the outcome is known to the client.
/// Counts of instances are means over the interval, weighted by time. Where the fleet is made of pods, they count pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// Start of the interval in seconds since the start of the run.
    pub start_seconds: f64,
    /// End of the interval in seconds since the start of the run.
    pub end_seconds: f64,
    /// Requests that arrived.
    pub arrived: u64,
    /// Attempts that reached the balancer: arrivals and retries.
    pub attempts: u64,
    /// Requests answered in time.
    pub served: u64,
    /// Requests whose client gave up: timeout or patience.
    pub timed_out: u64,
    /// Requests refused because workers and backlog were full.
    pub rejected: u64,
    /// Requests that found no healthy instance, or whose instance died.
    pub failed: u64,
    /// Requests slower than the objective, or not served.
    pub violating: u64,
    /// Windows of the objective that ended in this interval.
    pub windows: u32,
    /// Of those, the windows that violated the objective.
    pub violating_windows: u32,
    /// Requests inside the system at the end of the interval.
    pub in_flight: u64,
    /// The capacity that the controller wants, at the end of the interval.
    pub desired: f64,
    /// Instances that receive traffic.
    pub in_service: f64,
    /// Instances that are launched and do not receive traffic yet.
    pub booting: f64,
    /// Instances that finish their requests before they go.
    pub draining: f64,
    /// Instances that are paid for.
    pub billed: f64,
    /// Nodes that are paid for, where the fleet is made of pods.
    pub nodes: f64,
    /// The least instances that would hold the objective at this interval's load.
    pub demand: f64,
    /// Busy cores over the cores of instances in service, from 0 to 1. For pods: over the cores they requested, so it
    /// can exceed 1.
    pub cpu_utilization: f64,
    /// The same of the busiest instance.
    pub cpu_utilization_max: f64,
    /// Memory in use over the memory of instances in service (for pods: requested), from 0 to 1.
    pub memory_utilization: f64,
    /// Median latency of requests served, in seconds; zero where none was.
    pub latency_p50_seconds: f64,
    /// 95th percentile of latency, in seconds.
    pub latency_p95_seconds: f64,
    /// 99th percentile of latency, in seconds.
    pub latency_p99_seconds: f64,
    /// Cost since the start of the run.
    pub cost: f64,
}
