//! From Rust's errors to the exceptions of `windtunnel.errors`, with their diagnostics.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use windtunnel_sim::scenario::document::{Diagnostic, ScenarioError};

/// An exception of `windtunnel.errors` by its name.
pub(crate) fn named(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let made = py.import("windtunnel.errors").and_then(|module| module.getattr(class)?.call1((message,)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// The input is at fault.
pub(crate) fn input(py: Python<'_>, error: impl std::fmt::Display) -> PyErr {
    named(py, "InputError", &error.to_string())
}

/// A scenario is at fault: everything that is wrong, each with its place.
pub(crate) fn scenario(py: Python<'_>, error: &ScenarioError) -> PyErr {
    scenario_error(py, error).unwrap_or_else(|error| error)
}

fn scenario_error(py: Python<'_>, error: &ScenarioError) -> PyResult<PyErr> {
    let list = diagnostics(py, &error.diagnostics)?;
    let class = py.import("windtunnel.errors")?.getattr("ScenarioError")?;
    Ok(PyErr::from_value(class.call1((list,))?))
}

/// Diagnostics as a list of dictionaries.
pub(crate) fn diagnostics<'py>(py: Python<'py>, all: &[Diagnostic]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for diagnostic in all {
        let dict = PyDict::new(py);
        dict.set_item("severity", diagnostic.severity.as_str())?;
        dict.set_item("message", &diagnostic.message)?;
        dict.set_item("path", diagnostic.path.as_deref())?;
        dict.set_item("help", diagnostic.help.as_deref())?;
        let place = diagnostic.location.as_ref();
        dict.set_item("file", place.map(|place| place.file.as_str()))?;
        dict.set_item("line", place.map(|place| place.line))?;
        dict.set_item("column", place.map(|place| place.column))?;
        dict.set_item("source", place.and_then(|place| place.source.lines().nth(place.line.saturating_sub(1))))?;
        list.append(dict)?;
    }
    Ok(list)
}
