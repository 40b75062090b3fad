//! Overload that feeds itself: clients give up and try again, and the attempts keep the servers busy.

use super::numbers::Numbers;
use super::{Findings, round};
use crate::scenario::{Policy, Scenario};

/// With `a` attempts for each request, load λ becomes up to λ·a. Once that is more than all instances can serve, timeouts
/// cause attempts which cause timeouts: the service stays down after the cause has gone (Bronson et al., HotOS 2021).
pub(super) fn check(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    let service = &scenario.file.service;
    let (Some(retry), Some(timeout), Some(traffic)) = (&service.retry, service.timeout, &numbers.traffic) else {
        return;
    };
    if retry.attempts < 2 || service.cancel_on_timeout {
        return;
    }
    let factor = match &retry.budget {
        Some(budget) => (1.0 + budget.as_f64()).min(f64::from(retry.attempts)),
        None => f64::from(retry.attempts),
    };
    let max = match &scenario.policy {
        Policy::Ess(config) => config.max,
        Policy::Aws(config) => config.max,
        Policy::Tencent(config) => config.max,
        Policy::Hpa { spec, .. } => u32::try_from(spec.max).unwrap_or(0),
        Policy::Baseline(config) => config.max,
        Policy::Fixed(instances) => *instances,
    };
    let capacity = f64::from(max) * numbers.limit_per_unit;
    if traffic.mean * factor <= capacity || traffic.mean > capacity {
        // Either all attempts can be served, or the load is too much without any.
        if traffic.peak * factor <= capacity || traffic.peak > capacity {
            return;
        }
    }
    findings.add(
        "G07",
        "service.retry",
        format!(
            "with {} attempts each, {} requests/s become up to {}/s; all {max} {}s serve {}/s: after an overload longer than the \
             timeout of {timeout} the attempts alone keep it up (utilization {} % before it, above 1/{} is enough)",
            retry.attempts, round(traffic.peak), round(traffic.peak * factor), numbers.unit, round(capacity),
            round(100.0 * traffic.peak / capacity), round(factor)
        ),
        "a retry budget (budget = \"10%\"), fewer attempts, or servers that stop when their client has gone (cancel_on_timeout)",
    );
}
