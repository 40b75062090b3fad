//! PLACEHOLDER until the simulation loop is merged: an outcome of the right form that depends on the seed only.

use windtunnel_traces::{SimDuration, SimTime};

use crate::outcome::{
    ActivityEntry, LatencyHistogram, MetricValues, Objective, Outcome, Provider, TimelineRow, metric::DEFINITIONS,
};
use crate::scenario::Scenario;

/// Watches a run, and may stop it.
pub trait Progress: Sync {
    /// The run has come as far as `simulated` and seen `requests` requests, both counted from its start.
    fn advanced(&self, simulated: SimTime, requests: u64) {
        let _ = (simulated, requests);
    }

    /// True when the run should stop.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Why a run gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// [`Progress::cancelled`] said so.
    #[error("the run was cancelled")]
    Cancelled,
}

/// PLACEHOLDER.
pub fn simulate(scenario: &Scenario, seed: u64, progress: &dyn Progress) -> Result<Outcome, SimulationError> {
    if progress.cancelled() {
        return Err(SimulationError::Cancelled);
    }
    let row = |i: u32| TimelineRow {
        start_seconds: f64::from(i) * 60.0,
        end_seconds: f64::from(i + 1) * 60.0,
        arrived: seed + u64::from(i),
        ..TimelineRow::default()
    };
    progress.advanced(SimTime::ZERO + scenario.horizon, 1_000);
    let level = (seed % 7) as f64 + scenario.provider as u8 as f64;
    let figure = |name: &str| level + DEFINITIONS.iter().position(|m| m.name == name).unwrap_or(0) as f64;
    let share = |name: &str| figure(name) / 1e4;
    let is_share = |name: &str| DEFINITIONS.iter().any(|m| m.name == name && m.unit == "1");
    Ok(Outcome {
        name: scenario.name.clone(),
        provider: scenario.provider,
        seed,
        digest: "0".repeat(16),
        traffic: "placeholder (synthetic)".into(),
        horizon: scenario.horizon,
        calendar_start: None,
        time_zone: None,
        currency: if scenario.provider == Provider::Aws { "USD".into() } else { "CNY".into() },
        objective: Objective {
            latency_seconds: 0.5,
            percentile: 99.0,
            available: 0.999,
            window: SimDuration::from_mins(1),
        },
        metrics: MetricValues::collect(|name| if is_share(name) { share(name) } else { figure(name) }),
        timeline: (0..3).map(row).collect(),
        activities: vec![ActivityEntry { cause: "placeholder".into(), ..ActivityEntry::default() }],
        alarms: Vec::new(),
        thresholds: Vec::new(),
        instances: Vec::new(),
        latency: LatencyHistogram::default(),
        warnings: Vec::new(),
    })
}
