//! The machine: cores, memory, how requests share it, and its price.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::{Bytes, Cores, SimDuration};

/// How an instance shares its cores among requests.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Discipline {
    /// First come, first served: a request has one core to itself until its burst is done.
    #[default]
    #[serde(alias = "FCFS")]
    Fcfs,
    /// All requests share the cores equally, none has more than one: what an operating system's scheduler does.
    #[serde(alias = "ps")]
    ProcessorSharing,
}

/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The vendor's name of the type, for labels.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Cores.
    pub cores: Cores,
    /// Memory, for memory utilization. Default: 32GiB.
    #[serde(default = "default_memory")]
    pub memory: Bytes,
    /// How cores are shared among requests.
    #[serde(default)]
    pub discipline: Discipline,
    /// Requests in service at once, waits included. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Requests that may wait for a worker; more are refused. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// What it costs. Default: one per hour, in units of "instance-hours".
    #[serde(default)]
    pub price: Price,
}

const fn default_memory() -> Bytes {
    Bytes::from_mib(32 * 1024)
}

/// What an instance (or node) costs, from launch to release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Price {
    /// Price of one hour.
    pub per_hour: f64,
    /// The currency, by its ISO code.
    pub currency: String,
    /// Time is billed in whole units of this.
    pub billed_per: SimDuration,
    /// The least time that is billed.
    pub minimum: SimDuration,
    /// Price of one hour of a stopped instance: its disks.
    pub stopped_per_hour: f64,
}

impl Default for Price {
    fn default() -> Self {
        Price {
            per_hour: 1.0,
            currency: "instance-hours".into(),
            billed_per: SimDuration::from_secs(1),
            minimum: SimDuration::from_secs(60),
            stopped_per_hour: 0.0,
        }
    }
}
