//! What the providers' load balancers take: health checks, deregistration, slow start.

use super::checks::length;
use super::problem::{Findings, Problem};
use crate::scenario::schema::{Algorithm, Balancer};

/// The ranges of a load balancer's keys, each from the least to the greatest.
#[derive(Copy, Clone, Debug)]
pub(crate) struct BalancerLimits {
    pub(crate) health: HealthCheckLimits,
    /// Seconds of deregistration (draining), where the provider says.
    pub(crate) drain: Option<(u64, u64)>,
    /// Seconds of a slow start, where the provider has it.
    pub(crate) slow_start: Option<(u64, u64)>,
}

/// The ranges of a load balancer's health checks.
#[derive(Copy, Clone, Debug)]
pub(crate) struct HealthCheckLimits {
    /// Seconds between checks.
    pub(crate) every: (u64, u64),
    /// Seconds until a check without an answer fails.
    pub(crate) timeout: (u64, u64),
    /// Checks in a row that make a server healthy.
    pub(crate) healthy: (u32, u32),
    /// Failed checks in a row that make it unhealthy.
    pub(crate) unhealthy: (u32, u32),
}

/// What the provider's load balancer refuses about `[balancer]`.
pub(crate) fn check_balancer(lenient: bool, limits: &BalancerLimits, balancer: &Balancer) -> Vec<Problem> {
    let mut found = Findings::new("balancer", lenient);
    if let Some(health) = &balancer.health {
        let limits = &limits.health;
        length(&mut found, "health.every", health.every, limits.every.0, limits.every.1);
        length(&mut found, "health.timeout", health.timeout, limits.timeout.0, limits.timeout.1);
        found.range("health.healthy", health.healthy, limits.healthy.0, limits.healthy.1);
        found.range("health.unhealthy", health.unhealthy, limits.unhealthy.0, limits.unhealthy.1);
    }
    if let Some((least, most)) = limits.drain {
        length(&mut found, "drain", balancer.drain, least, most);
    }
    if let Some((least, most)) = limits.slow_start
        && !balancer.slow_start.is_zero()
    {
        length(&mut found, "slow_start", balancer.slow_start, least, most);
        if balancer.algorithm == Algorithm::LeastOutstanding {
            found.warning("slow_start", "an ALB has no slow start with algorithm = \"least-outstanding\"");
        }
    }
    found.done()
}
