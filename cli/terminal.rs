//! The only place that writes to standard output and standard error.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::error::{CliError, Kind};

/// Prints data on standard output. Colours go where nobody can see them: to no pipe, and to none who set NO_COLOR.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    write_all(&mut anstream::stdout().lock(), text.as_bytes())
}

/// Prints bytes as they are, such as a JSON document.
pub(crate) fn print_raw(bytes: &[u8]) -> Result<(), CliError> {
    write_all(&mut io::stdout().lock(), bytes)
}

/// Says something to the person, on standard error. Nobody listening is no failure.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Prints a JSON document of any length, as it comes about.
pub(crate) fn print_json(document: &impl Serialize) -> Result<(), CliError> {
    let mut to = BufWriter::new(io::stdout().lock());
    crate::json::write(document, &mut to).and_then(|()| to.flush()).map_err(|error| unwritten(&error))
}

fn write_all(to: &mut impl Write, bytes: &[u8]) -> Result<(), CliError> {
    to.write_all(bytes).and_then(|()| to.flush()).map_err(|error| unwritten(&error))
}

fn unwritten(error: &io::Error) -> CliError {
    match error.kind() {
        // `windtunnel metrics | head` has seen enough.
        io::ErrorKind::BrokenPipe => CliError::new(Kind::BrokenPipe, ""),
        _ => CliError::new(Kind::Input, format!("cannot write to standard output: {error}")),
    }
}
