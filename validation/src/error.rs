//! What ends a validation early.

use windtunnel_sim::run::SimulationError;
use windtunnel_sim::scenario::ScenarioError;

/// Why the programme came to no end. A figure that disagrees is no error: it is a row.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    /// It was cancelled.
    #[error("the validation was cancelled")]
    Cancelled,
    /// A scenario of the programme is not valid: a fault of the programme.
    #[error("a scenario of the programme is refused: {0}")]
    Scenario(#[from] ScenarioError),
    /// A run came to no end.
    #[error("{0}")]
    Simulation(SimulationError),
    /// A reference value is not among the vectors: a fault of the programme.
    #[error("the reference vectors have no {0}")]
    Reference(String),
    /// A recording could not be read.
    #[error("{0}")]
    Recording(String),
    /// A temporary file could not be written, or a process not started.
    #[error("{doing}: {error}")]
    System {
        /// What was tried.
        doing: String,
        /// What the system says.
        error: std::io::Error,
    },
}

impl From<SimulationError> for ValidationError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Cancelled => ValidationError::Cancelled,
            other => ValidationError::Simulation(other),
        }
    }
}

impl ValidationError {
    /// The system refused what was tried.
    pub(crate) fn system(doing: impl Into<String>, error: std::io::Error) -> Self {
        ValidationError::System { doing: doing.into(), error }
    }
}
