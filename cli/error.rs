//! What ends the program, and with which exit code.

use std::io;

use windtunnel_sim::scenario::document::{Diagnostic, ScenarioError};

/// Exit code: done.
pub(crate) const DONE: u8 = 0;
/// Exit code: the input is at fault, or a file could not be written.
const INPUT: u8 = 1;
/// Exit code: the arguments are wrong.
pub(crate) const USAGE: u8 = 2;
/// Exit code: a check that was asked for did not hold.
const NOT_HELD: u8 = 3;
/// Exit code: nothing is wrong with the input, another attempt may succeed (EX_TEMPFAIL of sysexits).
const TRY_AGAIN: u8 = 75;
/// Exit code: interrupted, as a shell reports it (128 + SIGINT).
pub(crate) const INTERRUPTED: u8 = 130;

/// Whose fault it is; decides the exit code.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A scenario or another input.
    Input,
    /// The arguments.
    Usage,
    /// `--enforce`.
    NotHeld,
    /// The disk, or somebody else who works there: another attempt may succeed.
    TryAgain,
    /// Ctrl-C.
    Interrupted,
    /// Whoever reads standard output has enough: a success that says nothing.
    BrokenPipe,
}

/// Why a verb ended early.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) kind: Kind,
    /// What is wrong: at least one, in order.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl CliError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> CliError {
        CliError { kind, diagnostics: vec![Diagnostic::error(message)] }
    }

    /// The same with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CliError {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(hint.into());
        }
        self
    }

    pub(crate) fn interrupted() -> CliError {
        CliError::new(Kind::Interrupted, "interrupted; nothing was written")
    }

    /// A file could not be read or written.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> CliError {
        CliError::new(Kind::Input, format!("cannot {doing} `{}`: {error}", path.display()))
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Input => INPUT,
            Kind::Usage => USAGE,
            Kind::NotHeld => NOT_HELD,
            Kind::TryAgain => TRY_AGAIN,
            Kind::Interrupted => INTERRUPTED,
            Kind::BrokenPipe => DONE,
        }
    }
}

impl From<ScenarioError> for CliError {
    fn from(error: ScenarioError) -> CliError {
        CliError { kind: Kind::Input, diagnostics: error.diagnostics }
    }
}
