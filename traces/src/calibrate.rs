//! What a service asks for, from recordings of it: CPU time per request, the wait beside it, and how long instances boot.

mod boot;
mod demand;
mod latency;

pub use boot::{BootFit, boot_times};
pub use demand::{DemandFit, Machines, Observation, cpu_per_request, observations};
pub use latency::{LatencyFit, latency_at_low_load};

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A figure with its 95 % confidence interval.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// A value with a standard error, at so many degrees of freedom.
    fn with_error(value: f64, error: f64, freedom: f64) -> Estimate {
        let reach = error * students_t(freedom);
        Estimate { value, low: value - reach, high: value + reach }
    }
}

/// The 97.5 % quantile of Student's distribution.
pub(crate) fn students_t(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom.max(1.0)).map_or(f64::INFINITY, |distribution| distribution.inverse_cdf(0.975))
}

/// Why a calibration is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CalibrationError(pub(crate) String);

fn impossible<T>(problem: impl Into<String>) -> Result<T, CalibrationError> {
    Err(CalibrationError(problem.into()))
}

#[cfg(test)]
mod tests;
