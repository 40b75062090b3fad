//! `points.json`: every point of a sweep with the figures that its charts need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use windtunnel_sim::outcome::Summary;

/// A sweep as its charts need it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredSweep {
    pub(crate) version: String,
    pub(crate) sweep: String,
    pub(crate) plan: String,
    pub(crate) design: String,
    pub(crate) fidelity: String,
    pub(crate) seed: u64,
    pub(crate) replications: u32,
    pub(crate) minimize: Vec<String>,
    /// What the objective asks for, such as `slo_violating_request_fraction < 0.001`.
    pub(crate) objective: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) axes: Vec<StoredAxis>,
    pub(crate) bounds: Vec<StoredBound>,
    /// Which axes matter, as `sweep.json` has it.
    pub(crate) effects: Vec<Value>,
    pub(crate) notes: Vec<String>,
    pub(crate) points: Vec<StoredPoint>,
}

/// A key that was varied, with its values in order; none for a continuous range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAxis {
    pub(crate) name: String,
    pub(crate) levels: Vec<String>,
}

/// The clairvoyant's cost under one scenario and trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredBound {
    pub(crate) name: String,
    pub(crate) cost: f64,
    pub(crate) currency: String,
}

/// A point of the sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPoint {
    pub(crate) point: String,
    pub(crate) scenario: String,
    pub(crate) policy: String,
    pub(crate) currency: String,
    pub(crate) traffic: String,
    /// One per column.
    pub(crate) cells: Vec<String>,
    /// What differs from the scenario's file, as after `--set`.
    pub(crate) settings: Vec<String>,
    pub(crate) metrics: BTreeMap<String, Option<Summary>>,
    /// `holds`, `not sure` or `does not hold`, where there is an objective.
    pub(crate) verdict: Option<String>,
    pub(crate) is_on_frontier: bool,
    pub(crate) is_knee: bool,
    pub(crate) is_today: bool,
    pub(crate) is_baseline: bool,
}

impl StoredPoint {
    pub(crate) fn metric(&self, name: &str) -> Option<Summary> {
        self.metrics.get(name).copied().flatten()
    }

    /// The point in few words: its values, without the names of the keys.
    pub(crate) fn name(&self) -> String {
        let cells: Vec<&str> = self.cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() { self.scenario.clone() } else { cells.join(" · ") }
    }
}

impl StoredSweep {
    /// What arrives, in words.
    pub(crate) fn traffic(&self) -> String {
        let mut names: Vec<&str> = self.points.iter().map(|point| point.traffic.as_str()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        match names[..] {
            [] => "unknown".to_string(),
            [only] => only.to_string(),
            _ => "several".to_string(),
        }
    }
}
