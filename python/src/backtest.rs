//! Recordings through a policy, open loop.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use serde_json::{Value, json};
use windtunnel_sim::backtest::alarms::{BacktestOptions, CloudPolicy, backtest};
use windtunnel_sim::backtest::reader::decompressed;
use windtunnel_sim::backtest::{Agreement, Records, run};
use windtunnel_sim::controllers::hpa::manifest::Manifest;
use windtunnel_sim::scenario::document::{DiskFiles, Document, ScenarioError};
use windtunnel_traces::{SimDuration, SimTime};

use crate::errors;

/// Why there is no answer.
enum Failure {
    Scenario(ScenarioError),
    Input(String),
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Failure {
        Failure::Scenario(error)
    }
}

fn input(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

fn answered(py: Python<'_>, answer: Result<Value, Failure>) -> PyResult<String> {
    match answer {
        Ok(value) => Ok(value.to_string()),
        Err(Failure::Scenario(error)) => Err(errors::scenario(py, &error)),
        Err(Failure::Input(message)) => Err(errors::input(py, message)),
    }
}

/// Recorded values through a cloud's alarms and rules; the report as JSON.
#[pyfunction]
pub(crate) fn backtest_alarms(
    py: Python<'_>,
    scenario: PathBuf,
    metrics: PathBuf,
    assignments: Vec<String>,
    until_seconds: Option<f64>,
) -> PyResult<String> {
    if until_seconds.is_some_and(|until| !(0.0..1e10).contains(&until)) {
        return Err(errors::input(py, "until is not a time that can be evaluated"));
    }
    let until = until_seconds.map(|until| SimTime::ZERO + SimDuration::from_secs_f64(until));
    let answer = py.detach(|| {
        let mut document = Document::load(&scenario, &DiskFiles)?;
        for assignment in &assignments {
            document.set(assignment)?;
        }
        let policy = CloudPolicy::from_document(&document)?;
        let options = BacktestOptions { until, ..BacktestOptions::default() };
        let report = backtest(&policy, &metrics, &options).map_err(|error| Failure::Input(error.to_string()))?;
        serde_json::to_value(&report).map_err(|error| input(&metrics, error))
    });
    answered(py, answer)
}

/// Recorded observations through an HPA: every decision, and how many are those of the recording; as JSON.
#[pyfunction]
pub(crate) fn backtest_hpa(py: Python<'_>, recording: PathBuf, manifest: Option<PathBuf>) -> PyResult<String> {
    let answer = py.detach(|| through_an_hpa(&recording, manifest.as_deref()));
    answered(py, answer)
}

fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    let file = File::open(path).map_err(|error| input(path, error))?;
    let text =
        decompressed(file).and_then(|(plain, _)| io::read_to_string(plain)).map_err(|error| input(path, error))?;
    Manifest::parse(&text).map_err(|error| input(path, error))
}

fn through_an_hpa(recording: &Path, manifest: Option<&Path>) -> Result<Value, Failure> {
    let given = manifest.map(read_manifest).transpose()?;
    let file = File::open(recording).map_err(|error| input(recording, error))?;
    let mut agreement = Agreement::default();
    let mut scenarios = Vec::new();
    for record in Records::new(file).map_err(|error| input(recording, error))? {
        let (line, record) = record.map_err(|error| input(recording, error))?;
        let gates = record.controller.flags().gates;
        let policy = given.as_ref().map(|manifest| manifest.policy(gates)).transpose();
        let policy = policy.map_err(|errors| {
            let error = windtunnel_sim::controllers::hpa::manifest::ManifestError::from(errors);
            input(manifest.unwrap_or(recording), error)
        })?;
        let mut steps = Vec::new();
        let comparison = run(line, &record, policy.as_ref(), |decided| steps.push(decided.decision.clone()))
            .map_err(|error| input(recording, error))?;
        scenarios.push(json!({
            "id": record.id,
            "steps": steps,
            "compared": comparison.compared,
            "agreeing": comparison.agreeing,
        }));
        if comparison.compared > 0 {
            agreement.add(&record.category, comparison.compared, comparison.agreeing, comparison.first);
        }
    }
    let (compared, agreeing) = agreement.steps();
    Ok(json!({ "scenarios": scenarios, "compared": compared, "agreeing": agreeing }))
}
