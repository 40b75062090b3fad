//! Where pods run: a fixed pool of nodes or a cluster autoscaler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::{Ratio, SimDuration};

/// A fixed pool of nodes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// How many.
    pub count: u32,
}

/// The cluster autoscaler: adds a node when a pod does not fit, removes one that was not needed for a while.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterAutoscaler {
    /// The fewest nodes.
    pub min: u32,
    /// The most nodes.
    pub max: u32,
    /// `--scan-interval`.
    #[serde(default = "default_scan")]
    pub scan: SimDuration,
    /// `--scale-down-unneeded-time`.
    #[serde(default = "default_unneeded")]
    pub unneeded: SimDuration,
    /// `--scale-down-utilization-threshold`: a node with a smaller share of its CPU and memory requested is unneeded
    /// when its pods fit elsewhere.
    #[serde(default = "default_unneeded_share")]
    pub utilization_threshold: Ratio,
}

const fn default_scan() -> SimDuration {
    SimDuration::from_secs(10)
}

const fn default_unneeded() -> SimDuration {
    SimDuration::from_mins(10)
}

fn default_unneeded_share() -> Ratio {
    Ratio::new(0.5).unwrap_or_default()
}
