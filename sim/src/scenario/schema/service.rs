//! What one request asks of an instance, and what its client does when it does not get it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::{Bytes, Ratio, SimDuration};

use super::no_time;

/// What one request asks of an instance: a burst of CPU, then a wait during which no core is held.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Core time of one request.
    pub cpu: Distribution,
    /// Time after the CPU burst that holds a worker but no core: databases, other services.
    #[serde(default = "no_time")]
    pub wait: Distribution,
    /// Memory of an instance or pod: a base and a part for each request inside.
    #[serde(default)]
    pub memory: Memory,
    /// After this long the client gives up; the request is bad. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// True: when its client gives up, a request stops and frees its core. False: it burns on, as most servers do.
    #[serde(default)]
    pub cancel_on_timeout: bool,
    /// How long a request queues for a core before it leaves. Default: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
    /// What clients do when an attempt fails. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// A dependency that all instances share and that scaling out does not widen, such as a database pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downstream: Option<Downstream>,
    /// Slowness of a freshly started instance or pod: caches and compilers are cold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold_start: Option<ColdStart>,
    /// Classes of requests with their own demands; `cpu` and `wait` above are then the default of each class.
    #[serde(default, rename = "class", skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<RequestClass>,
}

/// Memory of an instance or pod.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// In use when idle.
    pub base: Bytes,
    /// In use for each request inside.
    pub per_request: Bytes,
}

/// Retries by clients.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts of one request, the first included.
    pub attempts: u32,
    /// Wait before the next attempt.
    #[serde(default = "no_time")]
    pub backoff: Distribution,
    /// Retries may be at most this share of requests (a token bucket that starts full with ten). Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Ratio>,
}

/// A shared dependency.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Downstream {
    /// Requests inside it at once; more queue for it in order of arrival.
    pub limit: u32,
    /// How long a request is inside it. It comes after `service.wait`.
    pub wait: Distribution,
}

/// Slowness after the start: a CPU burst that begins at age `a` takes `1 + (slowdown - 1) * exp(-a / settle)` times as
/// long. The age counts from the first traffic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// How many times as long the first bursts take.
    pub slowdown: f64,
    /// The time constant by which it settles.
    pub settle: SimDuration,
}

/// A class of requests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestClass {
    /// Its name.
    pub name: String,
    /// Its share of requests, relative to the other classes.
    pub weight: f64,
    /// Core time; default: `service.cpu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Distribution>,
    /// Time off the core; default: `service.wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Distribution>,
}
