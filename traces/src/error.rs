//! What can be wrong with a trace.

use crate::time::SimDuration;

/// Why a trace cannot be used: what was found, where, and what to do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TraceError {
    /// A file that cannot be read at all.
    #[error("{file}: {problem}")]
    File {
        /// The file, as the user knows it.
        file: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A line that is not what it should be.
    #[error("{file}, line {line}{}: {problem}", column_text(*.column))]
    Line {
        /// The file, as the user knows it.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// The column, counted from 1, when one is at fault.
        column: Option<usize>,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Keys of the `[trace]` table that do not go together or have impossible values.
    #[error("[trace] {0}")]
    Spec(String),
    /// A run that is longer than its trace.
    #[error(
        "[trace] the trace is {length} long and the horizon is {horizon}: write `repeat = true` to replay it in a loop, \
         or a horizon of at most {length}"
    )]
    TooShort {
        /// How long the trace is, after its window and repetitions.
        length: SimDuration,
        /// How long the run is.
        horizon: SimDuration,
    },
}

fn column_text(column: Option<usize>) -> String {
    column.map(|column| format!(", column {column}")).unwrap_or_default()
}

impl TraceError {
    pub(crate) fn spec(problem: impl Into<String>) -> Self {
        TraceError::Spec(problem.into())
    }

    pub(crate) fn file(file: &str, problem: impl Into<String>) -> Self {
        TraceError::File { file: file.to_string(), problem: problem.into() }
    }
}
