//! What is wrong with a configuration, and where.

use std::fmt;

use serde::Serialize;

/// How bad a problem is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what is meant, or refused by the real API and run all the same (`lenient`).
    Warning,
    /// Cannot be run.
    Error,
}

/// One finding about a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The key, with arrays addressed by name: `ess.alarm.cpu-low.period`.
    pub path: String,
    /// What is wrong and what is accepted.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A configuration that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid(pub Vec<Problem>);

/// Collects the problems of one provider's table.
pub(crate) struct Findings {
    provider: &'static str,
    lenient: bool,
    problems: Vec<Problem>,
}

impl Findings {
    pub(crate) fn new(provider: &'static str, lenient: bool) -> Self {
        Findings { provider, lenient, problems: Vec::new() }
    }

    fn push(&mut self, path: &str, message: String, severity: Severity) {
        let path = if path.is_empty() { self.provider.to_string() } else { format!("{}.{path}", self.provider) };
        self.problems.push(Problem { path, message, severity });
    }

    /// It makes no sense, here or in the real service.
    pub(crate) fn error(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, message.into(), Severity::Error);
    }

    /// The real API refuses it; `lenient` runs it all the same.
    pub(crate) fn refused(&mut self, path: &str, message: impl Into<String>) {
        let severity = if self.lenient { Severity::Warning } else { Severity::Error };
        self.push(path, message.into(), severity);
    }

    pub(crate) fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, message.into(), Severity::Warning);
    }

    pub(crate) fn note(&mut self, path: &str, message: impl Into<String>) {
        self.push(path, message.into(), Severity::Note);
    }

    /// Refuses a number outside of what the API accepts.
    pub(crate) fn range<T: Copy + PartialOrd + fmt::Display>(&mut self, path: &str, value: T, low: T, high: T) {
        if !(value >= low && value <= high) {
            let nearest = if value > high { high } else { low };
            let takes = format!("it takes {low} to {high}; the nearest is {nearest}");
            self.refused(path, format!("{value} is not accepted by the API; {takes}"));
        }
    }

    pub(crate) fn done(self) -> Vec<Problem> {
        self.problems
    }
}
