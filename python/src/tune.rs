//! The search for the cheapest settings.

use pyo3::prelude::*;
use serde_json::{Value, json};
use windtunnel_sim::experiment::analysis::{Requirement, Verdict};
use windtunnel_sim::experiment::axis::{self, Axis};
use windtunnel_sim::experiment::constraint::Constraint;
use windtunnel_sim::experiment::execute::ExecuteError;
use windtunnel_sim::experiment::journal::{Header, Journal};
use windtunnel_sim::experiment::sweep_file::{BaseScenario, SweepFile};
use windtunnel_sim::experiment::tune::ranges::default_ranges;
use windtunnel_sim::experiment::tune::{self as search, Confirmed, Request, TuneError, Tuned};
use windtunnel_sim::outcome::Summary;
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::scenario::document::{ScenarioError, SharedFiles, Written};

use crate::errors;
use crate::scenario::Scenario;
use crate::supervise::{Stop, pool, supervised};

/// What was asked for, beside the scenario: metric, bound, whether it has to stay below, what is to be small.
type Aim = (String, f64, bool, String);
/// Variants, replications, threads.
type Size = (usize, u32, usize);

/// Searches, and says what came of it as JSON.
#[pyfunction]
pub(crate) fn tune(
    py: Python<'_>,
    scenario: Py<Scenario>,
    aim: Aim,
    vary: Vec<String>,
    constraints: Vec<String>,
    size: Size,
    fidelity: String,
) -> PyResult<String> {
    for metric in [&aim.0, &aim.3] {
        if !DEFINITIONS.iter().any(|known| known.name == metric) {
            return Err(errors::input(py, format!("there is no metric `{metric}`; wt.metrics() lists them")));
        }
    }
    if !["requests", "fluid"].contains(&fidelity.as_str()) {
        return Err(errors::input(py, format!("the fidelity is requests or fluid, not `{fidelity}`")));
    }
    let (variants, replications, threads) = (size.0.max(2), size.1.max(2), size.2);
    let sweep = sweep(scenario.get(), &vary).map_err(|error| errors::scenario(py, &error))?;
    let mut request = Request {
        sweep,
        requirement: Requirement { metric: aim.0, bound: aim.1, is_upper: aim.2 },
        minimize: aim.3,
        variants,
        replications,
        fidelity,
        held_out: None,
    };
    for text in &constraints {
        let constraint = Constraint::parse(text).map_err(|message| errors::input(py, message))?;
        let written = Written::assignment("constraint=true").map_err(|error| errors::scenario(py, &error))?.1;
        request.sweep.constraints.push((constraint, written));
    }
    let files = SharedFiles::default();
    let stop = Stop::default();
    let pool = pool(py, threads)?;
    let tuned = supervised(py, &stop, || pool.install(|| carry_out(&request, &files, &stop)))?;
    let tuned = tuned.map_err(|error| failed(py, error))?;
    Ok(document(&tuned).to_string())
}

/// Why there is no result.
enum Failure {
    Tune(TuneError),
    Place(String),
}

fn carry_out(request: &Request, files: &SharedFiles, stop: &Stop) -> Result<Tuned, Failure> {
    let place = |error: &dyn std::fmt::Display| Failure::Place(error.to_string());
    let folder = tempfile::tempdir().map_err(|error| place(&error))?;
    let digest = request.digest(files).map_err(Failure::Tune)?;
    let (mut journal, found) =
        Journal::open(folder.path(), &Header::new(&digest, &request.sweep.name)).map_err(|error| place(&error))?;
    search::tune(request, files, &mut journal, &found.records, stop).map_err(Failure::Tune)
}

fn failed(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Tune(TuneError::Scenario(error)) => errors::scenario(py, &error),
        Failure::Tune(TuneError::Execute(ExecuteError::Cancelled)) => {
            pyo3::exceptions::PyKeyboardInterrupt::new_err(())
        }
        Failure::Tune(other) => errors::input(py, other),
        Failure::Place(message) => errors::input(py, message),
    }
}

fn sweep(scenario: &Scenario, vary: &[String]) -> Result<SweepFile, ScenarioError> {
    let loaded = &scenario.loaded;
    let texts = if vary.is_empty() { default_ranges(&loaded.scenario, &loaded.document) } else { vary.to_vec() };
    let mut axes: Vec<Axis> = Vec::new();
    for text in &texts {
        let (key, written) = Written::assignment(text)?;
        axes.push(axis::read(&key, &written)?);
    }
    let mut sweep = SweepFile::of(BaseScenario {
        name: loaded.scenario.name.clone(),
        path: scenario.path.clone(),
        document: loaded.document.clone(),
        changes: Vec::new(),
    });
    sweep.axes = axes;
    Ok(sweep)
}

fn summary(summary: Summary) -> Value {
    json!({ "mean": summary.mean, "low": summary.low, "high": summary.high })
}

fn variant(tuned: &Tuned, variant: &Confirmed) -> Value {
    json!({
        "settings": variant.settings,
        "minimized": summary(variant.cost),
        "figure": summary(variant.figure),
        "verdict": match variant.verdict {
            Verdict::Meets => "holds",
            Verdict::Unsure => "not sure",
            Verdict::Misses => "does not hold",
        },
        "against_today": { "minimized": summary(variant.against_today.0), "figure": summary(variant.against_today.1) },
        "toml": tuned.scenario_toml(variant).ok(),
    })
}

fn document(tuned: &Tuned) -> Value {
    json!({
        "today": variant(tuned, &tuned.today),
        "recommended": tuned.recommended.as_ref().map(|best| variant(tuned, best)),
        "others": tuned.others.iter().map(|other| variant(tuned, other)).collect::<Vec<_>>(),
        "variants": tuned.variants,
        "excluded": tuned.excluded,
    })
}
