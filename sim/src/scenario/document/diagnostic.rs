//! What is wrong with a scenario, where, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::source::COMMAND_LINE;

/// How bad it is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It runs, but probably not as it was meant.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word in front of the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file as it was named, or `--set` for an assignment on the command line.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of `source` that are meant. Empty at 0 when the file as a whole is.
    pub span: Range<usize>,
    /// The whole text.
    pub source: Arc<str>,
}

impl Location {
    /// The place of `span` in `source`; the span is cut to what exists.
    pub fn new(file: &str, source: &Arc<str>, span: Range<usize>) -> Location {
        let start = floor_to_char(source, span.start);
        let end = floor_to_char(source, span.end).max(start);
        let before = &source[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        Location { file: file.to_string(), line, column, span: start..end, source: Arc::clone(source) }
    }

    /// True when it is an assignment on the command line.
    pub fn is_command_line(&self) -> bool {
        self.file == COMMAND_LINE
    }

    /// True when the file as a whole is meant rather than a place in it.
    pub fn is_whole_file(&self) -> bool {
        self.span == (0..0)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_command_line() {
            write!(f, "--set {}", self.source)
        } else {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        }
    }
}

fn floor_to_char(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// One thing that is wrong or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The key it is about, as an address such as `ess.alarm.cpu-low.period`.
    pub path: Option<String>,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it was written.
    pub location: Option<Location>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, path: None, message: message.into(), help: None, location: None }
    }

    /// The same, less severe.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Diagnostic {
        Diagnostic { severity, ..self }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Diagnostic {
        Diagnostic { help: Some(help.into()), ..self }
    }

    /// The same with the key that it is about.
    #[must_use]
    pub fn with_path(self, path: impl Into<String>) -> Diagnostic {
        Diagnostic { path: Some(path.into()), ..self }
    }

    /// The same with the place where it was written.
    #[must_use]
    pub fn with_location(self, location: Location) -> Diagnostic {
        Diagnostic { location: Some(location), ..self }
    }
}

impl fmt::Display for Diagnostic {
    /// `file:line:column: message`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Why a scenario cannot be used: at least one [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// What is wrong, first things first.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl From<Diagnostic> for ScenarioError {
    fn from(diagnostic: Diagnostic) -> Self {
        ScenarioError { diagnostics: vec![diagnostic] }
    }
}

impl From<Vec<Diagnostic>> for ScenarioError {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        ScenarioError { diagnostics }
    }
}
