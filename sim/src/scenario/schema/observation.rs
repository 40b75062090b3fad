//! How a run is observed: the objective, the sensors, the rows of the timeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::{Ratio, SimDuration};

use super::no_time;
use crate::sensors::metrics_server::CpuRate;

/// What requests and windows are judged by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Slo {
    /// A request slower than this violates.
    pub latency: SimDuration,
    /// A window violates when this percentile of its latencies is slower.
    pub percentile: f64,
    /// A window violates when a smaller share of its requests was served.
    pub available: Ratio,
    /// The length of a window.
    pub window: SimDuration,
    /// Two activities in opposite directions within this time are a flap.
    pub flap_window: SimDuration,
}

impl Default for Slo {
    fn default() -> Self {
        Slo {
            latency: SimDuration::from_millis(500),
            percentile: 99.0,
            available: Ratio::new(0.999).unwrap_or_default(),
            window: SimDuration::from_mins(1),
            flap_window: SimDuration::from_mins(30),
        }
    }
}

/// How metrics come about: sampled, aggregated, published late, sometimes lost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sensors {
    /// The monitoring agent's sampling interval; 15s, 60s, or what divides 60s. AWS basic monitoring is 300s.
    pub every: SimDuration,
    /// Delay from the end of a sampling interval until its value can be read.
    pub delay: Distribution,
    /// A new instance reports nothing for this long after the provider has created it.
    pub report_delay: SimDuration,
    /// The probability that a sample is lost.
    pub loss: Ratio,
    /// Metrics-server resolution, for the HPA.
    pub metrics_server: SimDuration,
    /// Whose rate of CPU usage metrics-server answers with: between its last two readings (0.5 and later), or the
    /// kubelet's own over ten seconds (0.3 and 0.4).
    pub metrics_server_rate: CpuRate,
    /// The window of `rate()` behind custom metrics, for the HPA.
    pub rate_window: SimDuration,
}

impl Default for Sensors {
    fn default() -> Self {
        Sensors {
            every: SimDuration::from_secs(15),
            delay: no_time(),
            report_delay: SimDuration::from_secs(60),
            loss: Ratio::default(),
            metrics_server: SimDuration::from_secs(15),
            metrics_server_rate: CpuRate::default(),
            rate_window: SimDuration::from_secs(60),
        }
    }
}

/// The rows of the timeline.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeline {
    /// The length of a row. Default: chosen so that a run has at most 1440 rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<SimDuration>,
}
