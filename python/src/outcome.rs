//! Runs and what comes of them.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use windtunnel_plots::{ChartOptions, Picture, PlotError};
use windtunnel_sim::controllers::custom::{Bounds, Custom};
use windtunnel_sim::experiment::{paired as paired_difference, replicate_with, summarize as summary_of};
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::outcome::{self, Summary};
use windtunnel_sim::run::{Fidelity, RunOptions, SimulationError, bounds, simulate_driven};
use windtunnel_sim::scenario;
use windtunnel_traces::SimDuration;

use crate::custom::Callable;
use crate::errors;
use crate::scenario::Scenario;
use crate::supervise::{Stop, pool, supervised};

/// All that is remembered of one scenario under one seed.
#[pyclass(frozen, module = "windtunnel._core")]
pub(crate) struct Outcome {
    outcome: outcome::Outcome,
}

/// Mean, and the ends of the 95 % interval.
type Three = (f64, f64, f64);

fn three(summary: Summary) -> Three {
    (summary.mean, summary.low, summary.high)
}

fn text(py: Python<'_>, json: serde_json::Result<String>) -> PyResult<String> {
    json.map_err(|error| errors::input(py, error))
}

pub(crate) fn svg(py: Python<'_>, picture: Result<Picture, PlotError>) -> PyResult<String> {
    picture.map(|picture| picture.svg().to_string()).map_err(|error| errors::input(py, error))
}

#[pymethods]
impl Outcome {
    #[getter]
    fn name(&self) -> &str {
        &self.outcome.name
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.outcome.seed
    }

    #[getter]
    fn digest(&self) -> &str {
        &self.outcome.digest
    }

    #[getter]
    fn policy(&self) -> &'static str {
        self.outcome.provider.title()
    }

    #[getter]
    fn traffic(&self) -> &str {
        &self.outcome.traffic
    }

    #[getter]
    fn currency(&self) -> &str {
        &self.outcome.currency
    }

    #[getter]
    fn horizon_seconds(&self) -> f64 {
        self.outcome.horizon.as_secs_f64()
    }

    /// Every figure by its name; `None` for what has no value.
    fn metrics(&self) -> Vec<(&'static str, Option<f64>)> {
        self.outcome.metrics.iter().map(|(metric, value)| (metric.name, value)).collect()
    }

    /// Warnings, each with what to do about it.
    fn warnings(&self) -> Vec<(String, Option<String>)> {
        self.outcome.warnings.iter().map(|warning| (warning.message.clone(), warning.hint.clone())).collect()
    }

    fn timeline_json(&self, py: Python<'_>) -> PyResult<String> {
        let rows: Vec<_> = self.outcome.timeline.iter().collect();
        text(py, serde_json::to_string(&rows))
    }

    fn activities_json(&self, py: Python<'_>) -> PyResult<String> {
        text(py, serde_json::to_string(&self.outcome.activities))
    }

    /// The chart of the timeline.
    fn timeline_svg(&self, py: Python<'_>) -> PyResult<String> {
        let picture = py.detach(|| windtunnel_plots::timeline(&self.outcome, &ChartOptions::default()));
        svg(py, picture)
    }
}

fn fidelity_of(py: Python<'_>, name: &str) -> PyResult<Fidelity> {
    match name {
        "requests" => Ok(Fidelity::Requests),
        "fluid" => Ok(Fidelity::Fluid),
        other => Err(errors::input(py, format!("there is no fidelity `{other}`: it is requests or fluid"))),
    }
}

fn failed(py: Python<'_>, error: &SimulationError) -> PyErr {
    match error {
        SimulationError::Cancelled => pyo3::exceptions::PyKeyboardInterrupt::new_err(()),
        other => errors::named(py, "SimulationError", &other.to_string()),
    }
}

fn seeds(first: u64, replications: u32) -> Vec<u64> {
    (0..replications).map(|replication| first.wrapping_add(u64::from(replication))).collect()
}

/// Runs every scenario under the same seeds: `outcomes[scenario][replication]`.
#[pyfunction]
pub(crate) fn run(
    py: Python<'_>,
    scenarios: Vec<Py<Scenario>>,
    seed: u64,
    replications: u32,
    fidelity: &str,
    threads: usize,
) -> PyResult<Vec<Vec<Outcome>>> {
    let options = RunOptions::from(fidelity_of(py, fidelity)?);
    let all: Vec<&scenario::Scenario> = scenarios.iter().map(|one| &one.get().loaded.scenario).collect();
    let pool = pool(py, threads)?;
    let stop = Stop::default();
    let seeds = seeds(seed, replications);
    let outcomes = supervised(py, &stop, || pool.install(|| replicate_with(options, &all, &seeds, &stop)))?;
    let outcomes = outcomes.map_err(|error| failed(py, &error))?;
    let wrapped = |runs: Vec<outcome::Outcome>| runs.into_iter().map(|outcome| Outcome { outcome }).collect();
    Ok(outcomes.into_iter().map(wrapped).collect())
}

/// Runs a scenario with callables in the place of its policy, one per replication: one after the other, as Python is.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the signature that Python calls; nobody else does")]
pub(crate) fn run_driven(
    py: Python<'_>,
    scenario: Py<Scenario>,
    seed: u64,
    fidelity: &str,
    name: String,
    callables: Vec<Py<PyAny>>,
    every: &str,
    limits: (Option<u32>, Option<u32>, Option<u32>),
) -> PyResult<Vec<Outcome>> {
    let options = RunOptions::from(fidelity_of(py, fidelity)?);
    let every = every.parse::<SimDuration>().map_err(|error| errors::input(py, format!("every: {error}")))?;
    if every == SimDuration::ZERO {
        return Err(errors::input(py, "every: a step takes some time"));
    }
    let scenario = &scenario.get().loaded.scenario;
    let own = bounds(scenario).ok_or_else(|| failed(py, &SimulationError::NotDriven))?;
    let (min, max, desired) =
        (limits.0.unwrap_or(own.min), limits.1.unwrap_or(own.max), limits.2.unwrap_or(own.desired));
    if min > max || max == 0 || !(min..=max).contains(&desired) {
        let message = format!("the bounds do not fit: minimum {min}, start {desired}, maximum {max}");
        return Err(errors::input(py, message));
    }
    let stop = Arc::new(Stop::default());
    let raised: Arc<Mutex<Option<PyErr>>> = Arc::default();
    let seeds = seeds(seed, callables.len() as u32);
    let work = || {
        let one = |(callable, seed): (Py<PyAny>, u64)| {
            let callable =
                Callable { name: name.clone(), callable, stop: Arc::clone(&stop), raised: Arc::clone(&raised) };
            let controller = Custom::new(Bounds { min, max, desired }, every, Box::new(callable));
            simulate_driven(options, scenario, seed, Box::new(controller), &*stop)
        };
        callables.into_iter().zip(seeds).map(one).collect::<Result<Vec<_>, _>>()
    };
    let outcomes = supervised(py, &stop, work)?;
    if let Some(error) = raised.lock().ok().and_then(|mut raised| raised.take()) {
        return Err(error);
    }
    let outcomes = outcomes.map_err(|error| failed(py, &error))?;
    Ok(outcomes.into_iter().map(|outcome| Outcome { outcome }).collect())
}

fn outcomes_of(runs: &[Py<Outcome>]) -> Vec<outcome::Outcome> {
    runs.iter().map(|run| run.get().outcome.clone()).collect()
}

/// Every figure over replications: mean and 95 % interval.
#[pyfunction]
pub(crate) fn summarize(runs: Vec<Py<Outcome>>) -> Vec<(&'static str, Option<Three>)> {
    let all = outcomes_of(&runs);
    DEFINITIONS.iter().map(|metric| (metric.name, summary_of(&all, metric.name).map(three))).collect()
}

/// Every figure of `other` minus that of `first`, in pairs. Amounts of money in different currencies have none.
#[pyfunction]
pub(crate) fn paired(first: Vec<Py<Outcome>>, other: Vec<Py<Outcome>>) -> Vec<(&'static str, Option<Three>)> {
    let (first, other) = (outcomes_of(&first), outcomes_of(&other));
    let currency = |runs: &[outcome::Outcome]| runs.first().map(|run| run.currency.clone());
    let is_one_currency = currency(&first) == currency(&other);
    let of = |metric: &windtunnel_sim::outcome::metric::MetricDefinition| {
        if metric.unit == "currency" && !is_one_currency {
            return None;
        }
        paired_difference(&first, &other, |outcome| outcome.metrics.get(metric.name)).map(three)
    };
    DEFINITIONS.iter().map(|metric| (metric.name, of(metric))).collect()
}

/// The chart that puts outcomes side by side.
#[pyfunction]
pub(crate) fn comparison_svg(py: Python<'_>, runs: Vec<Py<Outcome>>) -> PyResult<String> {
    let all: Vec<&outcome::Outcome> = runs.iter().map(|run| &run.get().outcome).collect();
    let picture = py.detach(|| windtunnel_plots::comparison(&all, &ChartOptions::default()));
    svg(py, picture)
}

/// Every metric: name, unit, definition.
#[pyfunction]
pub(crate) fn definitions() -> Vec<(&'static str, &'static str, &'static str)> {
    DEFINITIONS.iter().map(|metric| (metric.name, metric.unit, metric.definition)).collect()
}
