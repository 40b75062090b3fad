//! `windtunnel schema`: the JSON Schema of a scenario, for editors.

use crate::error::CliError;
use crate::{json, terminal};

/// Runs the verb.
pub(crate) fn run() -> Result<(), CliError> {
    terminal::print_raw(&json::bytes(&windtunnel_sim::scenario::schema()))
}
