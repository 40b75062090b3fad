//! The group of instances: zones, crashes, the provider's own checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;

/// The group of instances.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fleet {
    /// Zones; instances are spread evenly over them.
    pub zones: u32,
    /// The boot stage after which the provider regards an instance as created; the balancer attaches it then. Default:
    /// the first stage, since providers do not wait for what runs inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<String>,
    /// Time to stop and release an instance after it has drained.
    pub stop: SimDuration,
    /// From starting a stopped (or hibernated) instance to its application's being up. Default: no time.
    pub start_stopped: Distribution,
    /// Mean time between crashes of one instance (exponential). Default: instances do not crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_time_between_crashes: Option<SimDuration>,
    /// How often the provider checks its instances; a dead one is noticed at the next check.
    pub health_check: SimDuration,
}

impl Default for Fleet {
    fn default() -> Self {
        Fleet {
            zones: 1,
            created_after: None,
            stop: SimDuration::ZERO,
            start_stopped: Distribution::default(),
            mean_time_between_crashes: None,
            health_check: SimDuration::from_secs(60),
        }
    }
}
