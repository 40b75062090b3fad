//! Injected events: outages, updates, interruptions, slow-downs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

/// An injected event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, since the start of the run.
    pub at: SimDuration,
    /// What happens.
    pub kind: EventKind,
    /// How long it lasts (outages and slow-downs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<SimDuration>,
    /// The zone that fails, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<u32>,
    /// How many instances: of a spot interruption, or at once in a rolling update. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How many times slower (slow-downs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// The warning before a spot interruption. Default: 120s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<SimDuration>,
    /// Whether the desired capacity falls by as many (standby on AWS, `ShouldDecrementDesiredCapacity`). Default: true;
    /// false launches others in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrement: Option<bool>,
    /// The new capacity (set-capacity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
}

/// What an injected event does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// All instances of a zone die, and none can be launched there, while it lasts.
    ZoneOutage,
    /// No metric is published while it lasts.
    MetricsOutage,
    /// Every instance is replaced, `count` at a time: the new one is in service before the old one drains.
    RollingUpdate,
    /// `count` instances are taken away after a notice, during which they drain.
    SpotInterruption,
    /// Boot stages take `factor` times as long while it lasts.
    #[serde(alias = "slow-boots")]
    BootSlowdown,
    /// Waits (`service.wait` and `service.downstream`) take `factor` times as long while it lasts.
    #[serde(alias = "slow-downstream")]
    DownstreamSlowdown,
    /// Somebody sets the capacity by hand.
    SetCapacity,
    /// Somebody puts the `count` oldest instances into Standby while it lasts (AWS, ESS).
    Standby,
    /// Somebody disables the scaling group while it lasts (ESS, Tencent).
    GroupDisabled,
}
