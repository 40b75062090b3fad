//! What this fidelity can simulate, and where it is known to be wrong.

use crate::outcome::{MetricValues, Warning};
use crate::scenario::Scenario;
use crate::scenario::schema::Discipline;

/// Why a scenario cannot be simulated at this fidelity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct NotFluid {
    /// The key of the scenario.
    pub key: &'static str,
    /// What cannot be done, and why.
    pub why: &'static str,
}

/// What stands in the way of simulating a scenario with rates and expected numbers; nothing if it can be done.
pub fn obstacle(scenario: &Scenario) -> Option<NotFluid> {
    if scenario.clients().is_some() {
        return Some(NotFluid {
            key: "trace.clients",
            why: "clients that wait for their answers have no offered rate: it follows from the latencies, batch by \
                  batch, and fluid knows only mean flows",
        });
    }
    if scenario.file.service.downstream.is_some() {
        return Some(NotFluid {
            key: "service.downstream",
            why: "a dependency that all instances share couples their queues, and fluid evaluates each kind of instance \
                  on its own",
        });
    }
    None
}

/// Above this coefficient of variation, the formulas for queues in order of arrival are off by more than they should be.
const HEAVY: f64 = 1.5;
/// A share of requests that is worth a warning.
const NOTABLE: f64 = 0.01;

/// Where the outcome of this fidelity is known to be wrong for this scenario. `crowded` is the share of requests that met a node
/// with hardly a core left.
pub fn warnings(scenario: &Scenario, metrics: &MetricValues, crowded: f64) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message: String| {
        warnings.push(Warning { message, hint: Some("compare with --fidelity requests before relying on it".into()) });
    };
    let service = &scenario.file.service;
    let discipline = scenario.file.pods.as_ref().map_or(scenario.file.instance.discipline, |pods| pods.discipline);
    let spread = scenario.laws.classes.iter().map(|class| class.cpu.cv()).fold(0.0, f64::max);
    let mixed = scenario.laws.classes.len() > 1;
    if discipline == Discipline::Fcfs && (spread > HEAVY || mixed) {
        warn(format!(
            "fluid: core times vary much (coefficient of variation {spread:.1}{}) and are served in order of arrival; the \
             formulas for such queues are approximations",
            if mixed { ", several classes" } else { "" }
        ));
    }
    if service.cold_start.is_some() {
        warn("fluid: cold instances are taken as slower ones; the tail of their latencies is not".into());
    }
    if service.retry.is_some() {
        warn(
            "fluid: retries are taken as more attempts at the same time; storms of them look milder than they are"
                .into(),
        );
    }
    if service.patience.is_some() {
        warn("fluid: patience is taken as its mean".into());
    }
    let share = |name: &str| {
        let arrived = metrics.get("requests_arrived").unwrap_or(0.0);
        if arrived > 0.0 { metrics.get(name).unwrap_or(0.0) / arrived } else { 0.0 }
    };
    if service.timeout.is_some() && share("requests_timed_out") > NOTABLE {
        warn("fluid: more than one in a hundred requests timed out; timeouts under overload are approximations".into());
    }
    if crowded > NOTABLE {
        warn(format!(
            "fluid: {:.0} % of the requests met pods whose node was nearly out of cores; how pods wait for each other there is an \
             approximation, and violations look fewer than they are",
            100.0 * crowded
        ));
    }
    warnings
}
