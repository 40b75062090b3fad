//! A Python callable that drives the fleet.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use windtunnel_sim::controllers::custom::{Decide, Observation};
use windtunnel_sim::controllers::decision::Metric;

use crate::supervise::Stop;

/// Asks a callable how many instances there should be. What it raises stops the run.
pub(crate) struct Callable {
    pub(crate) name: String,
    pub(crate) callable: Py<PyAny>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) raised: Arc<Mutex<Option<PyErr>>>,
}

impl Decide for Callable {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, observation: &Observation) -> Option<i64> {
        if self.stop.is_requested() {
            return None;
        }
        let answer = Python::attach(|py| self.ask(py, observation));
        answer.unwrap_or_else(|error| {
            if let Ok(mut raised) = self.raised.lock() {
                raised.get_or_insert(error);
            }
            self.stop.request();
            None
        })
    }
}

impl Callable {
    fn ask(&self, py: Python<'_>, observation: &Observation) -> PyResult<Option<i64>> {
        let metrics = PyDict::new(py);
        for (metric, value) in &observation.metrics {
            metrics.set_item(name_of(*metric), *value)?;
        }
        let seen = PyDict::new(py);
        seen.set_item("now", observation.now.as_nanos() as f64 / 1e9)?;
        seen.set_item("metrics", metrics)?;
        seen.set_item("in_service", observation.in_service)?;
        seen.set_item("pending", observation.pending)?;
        seen.set_item("leaving", observation.leaving)?;
        seen.set_item("desired", observation.desired)?;
        self.callable.call1(py, (seen,))?.extract(py)
    }
}

/// What a metric is called in Python.
const fn name_of(metric: Metric) -> &'static str {
    match metric {
        Metric::CpuUtilization => "cpu_utilization",
        Metric::MemoryUtilization => "memory_utilization",
        Metric::RequestRate => "request_rate",
        Metric::RequestRatePerInstance => "request_rate_per_instance",
        Metric::RequestCountPerTarget => "request_count_per_target",
        Metric::RequestCount => "request_count",
        Metric::LatencyMean => "latency_mean",
        Metric::LatencyP50 => "latency_p50",
        Metric::LatencyP95 => "latency_p95",
        Metric::LatencyP99 => "latency_p99",
        Metric::InFlight => "in_flight",
        Metric::InFlightPerInstance => "in_flight_per_instance",
        Metric::HealthyHosts => "healthy_hosts",
        Metric::ErrorRate => "error_rate",
    }
}
