//! The load balancer and its health checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

/// How the balancer picks an instance.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// In turn.
    #[default]
    RoundRobin,
    /// At random.
    Random,
    /// The instance with the fewest requests inside.
    LeastOutstanding,
    /// Two at random, the one with fewer requests inside.
    PowerOfTwo,
}

/// The load balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Balancer {
    /// How it picks an instance.
    pub algorithm: Algorithm,
    /// Time from the provider's "attach" until it may send traffic.
    pub attach: SimDuration,
    /// Time that an instance is given to finish its requests before it is stopped.
    pub drain: SimDuration,
    /// True: draining ends as soon as no request is left inside.
    pub drain_ends_when_idle: bool,
    /// Health checks. Default: none, an instance is healthy when it has booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// A new instance's share of traffic grows linearly over this time. Default: none.
    pub slow_start: SimDuration,
    /// True: all instances get equal shares. False: all zones do, so that an instance's share is that of its zone over the
    /// instances there; for pods that of their nodes' zones.
    pub cross_zone: bool,
    /// What the balancer costs per hour.
    pub price_per_hour: f64,
    /// What it costs per million requests.
    pub price_per_million: f64,
}

impl Default for Balancer {
    fn default() -> Self {
        Balancer {
            algorithm: Algorithm::default(),
            attach: SimDuration::ZERO,
            drain: SimDuration::ZERO,
            drain_ends_when_idle: false,
            health: None,
            slow_start: SimDuration::ZERO,
            cross_zone: true,
            price_per_hour: 0.0,
            price_per_million: 0.0,
        }
    }
}

/// Health checks of the balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// Time between checks.
    #[serde(alias = "interval")]
    pub every: SimDuration,
    /// A check without an answer fails after this.
    #[serde(default = "default_health_timeout")]
    pub timeout: SimDuration,
    /// Checks in a row that make an instance healthy.
    #[serde(default = "default_threshold")]
    pub healthy: u32,
    /// Failed checks in a row that make it unhealthy.
    #[serde(default = "default_threshold")]
    pub unhealthy: u32,
}

const fn default_health_timeout() -> SimDuration {
    SimDuration::from_secs(5)
}

const fn default_threshold() -> u32 {
    3
}
