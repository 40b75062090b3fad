//! `windtunnel check SCENARIO...`: what is wrong with a scenario, and what its author should know.

use std::path::PathBuf;

use windtunnel_sim::scenario::document::DiskFiles;

use crate::error::CliError;
use crate::flags::ScenarioFlags;
use crate::{diagnostics, loading, terminal};

/// Check scenarios without running them: errors, warnings and notes, each with its place
///
/// What the real API would refuse is an error; what it would take but hardly be meant is a warning, such as an HPA on CPU
/// utilization over pods without a CPU request, which refuses to act.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel check my.toml
  windtunnel check configs/ess.toml --set ess.alarm.cpu-low-alert.period=600s")]
pub(crate) struct Arguments {
    /// The scenarios, TOML files
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let loaded = loading::load(&arguments.scenarios, &DiskFiles, &arguments.scenario_flags)?;
    for loaded in &loaded {
        diagnostics::show_all(&loaded.notes);
        let found = match loaded.notes.len() {
            0 => "nothing to say".to_string(),
            1 => "1 finding".to_string(),
            count => format!("{count} findings"),
        };
        terminal::print(&format!("{}: can be run, {found}\n", loaded.scenario.name))?;
    }
    Ok(())
}
