//! Scenarios: read, changed, checked.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyList;
use windtunnel_sim::scenario::Loaded;
use windtunnel_sim::scenario::document::{Document, SharedFiles};

use crate::errors;

/// A scenario that can be simulated.
#[pyclass(frozen, module = "windtunnel._core")]
pub(crate) struct Scenario {
    pub(crate) path: PathBuf,
    pub(crate) loaded: Loaded,
}

#[pymethods]
impl Scenario {
    /// Reads a file and applies assignments such as `ess.max=20`.
    #[new]
    #[pyo3(signature = (path, assignments = Vec::new()))]
    fn new(py: Python<'_>, path: PathBuf, assignments: Vec<String>) -> PyResult<Scenario> {
        let loaded = py.detach(|| load(&path, &assignments)).map_err(|error| errors::scenario(py, &error))?;
        Ok(Scenario { path, loaded })
    }

    /// The same scenario with further assignments.
    fn with_set(&self, py: Python<'_>, assignments: Vec<String>) -> PyResult<Scenario> {
        let mut document = self.loaded.document.clone();
        let changed = assignments.iter().try_for_each(|assignment| document.set(assignment));
        let loaded = changed.and_then(|()| Loaded::from_document(document, &SharedFiles::default()));
        let loaded = loaded.map_err(|error| errors::scenario(py, &error))?;
        Ok(Scenario { path: self.path.clone(), loaded })
    }

    #[getter]
    fn name(&self) -> &str {
        &self.loaded.scenario.name
    }

    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.loaded.scenario.seed
    }

    #[getter]
    fn digest(&self) -> &str {
        &self.loaded.scenario.digest
    }

    #[getter]
    fn horizon_seconds(&self) -> f64 {
        self.loaded.scenario.horizon.as_secs_f64()
    }

    #[getter]
    fn policy(&self) -> &'static str {
        self.loaded.scenario.provider().title()
    }

    #[getter]
    fn traffic(&self) -> String {
        self.loaded.scenario.traffic()
    }

    /// Every key with its value, defaults filled in, as TOML.
    fn resolved_toml(&self, py: Python<'_>) -> PyResult<String> {
        toml::to_string(&self.loaded.scenario.file).map_err(|error| errors::input(py, error))
    }

    /// Warnings and notes about what was written.
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        errors::diagnostics(py, &self.loaded.notes)
    }

    fn __repr__(&self) -> String {
        let scenario = &self.loaded.scenario;
        format!("<Scenario {:?}: {}, {}, {}>", scenario.name, self.policy(), scenario.traffic(), scenario.horizon)
    }
}

fn load(path: &Path, assignments: &[String]) -> Result<Loaded, windtunnel_sim::scenario::ScenarioError> {
    let files = SharedFiles::default();
    let mut document = Document::load(path, &files)?;
    for assignment in assignments {
        document.set(assignment)?;
    }
    Loaded::from_document(document, &files)
}
