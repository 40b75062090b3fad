//! What the providers' load balancers take as health checks.

use super::checks::length;
use super::problem::{Findings, Problem};
use crate::scenario::schema::HealthCheck;

/// The ranges of a load balancer's health checks, each from the least to the greatest.
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

/// What the provider's load balancer refuses about `[balancer.health]`.
pub(crate) fn check_health_checks(lenient: bool, limits: &HealthCheckLimits, health: &HealthCheck) -> Vec<Problem> {
    let mut found = Findings::new("balancer", lenient);
    length(&mut found, "health.every", health.every, limits.every.0, limits.every.1);
    length(&mut found, "health.timeout", health.timeout, limits.timeout.0, limits.timeout.1);
    found.range("health.healthy", health.healthy, limits.healthy.0, limits.healthy.1);
    found.range("health.unhealthy", health.unhealthy, limits.unhealthy.0, limits.unhealthy.1);
    found.done()
}
