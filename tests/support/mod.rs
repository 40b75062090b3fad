//! What tests of the whole share: scenarios from text, run to their outcome.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::Path;

use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::run::{Unwatched, simulate};
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded, Scenario};

/// Reads a scenario from a text; what is wrong with it fails the test with the rendered diagnostics.
#[track_caller]
pub(crate) fn scenario(text: &str) -> Scenario {
    let document = Document::parse("test.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let loaded = Loaded::from_document(document, &DiskFiles).unwrap_or_else(|error| panic!("{error}\n{text}"));
    loaded.scenario
}

/// One of the guide's systems (`ess`, `aws`, `tencent`, `hpa`) with some keys set.
#[track_caller]
pub(crate) fn guide(name: &str, assignments: &[&str]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("configs/{name}.toml"));
    let mut document = Document::load(&path, &DiskFiles).unwrap_or_else(|error| panic!("{error}"));
    for assignment in assignments {
        document.set(assignment).unwrap_or_else(|error| panic!("{error}"));
    }
    Loaded::from_document(document, &DiskFiles).unwrap_or_else(|error| panic!("{error}")).scenario
}

/// Runs a scenario under a seed.
#[track_caller]
pub(crate) fn run(scenario: &Scenario, seed: u64) -> Outcome {
    simulate(scenario, seed, &Unwatched).unwrap_or_else(|error| panic!("{error}"))
}

/// A figure of an outcome.
#[track_caller]
pub(crate) fn figure(outcome: &Outcome, name: &str) -> f64 {
    outcome.metrics.get(name).unwrap_or_else(|| panic!("there is no metric {name}"))
}

/// Instances (or pods) that exist at an instant, in whatever state.
pub(crate) fn lives_at(outcome: &Outcome, at: f64) -> usize {
    let exists = |ended: Option<f64>| ended.is_none_or(|ended| ended > at);
    outcome.instances.iter().filter(|life| life.launched_seconds <= at && exists(life.ended_seconds)).count()
}
