//! `windtunnel sweep merge`: the results of all shards, with the files and bytes of an ordinary sweep.

use std::fs;
use std::path::PathBuf;

use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::experiment::shards::{self, PLAN, PlanFile};
use windtunnel_sim::scenario::document::SharedFiles;

use crate::diagnostics;
use crate::error::{CliError, Kind};
use crate::output::Folder;

use super::{SweepOutputFlags, folder_of, outputs, planning, work};

/// Runs that are named when some are missing.
const NAMED: usize = 5;

/// Merge what the shards left behind into the files of a sweep
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  windtunnel sweep merge shards -o results")]
pub(super) struct Arguments {
    /// The folder that the workers shared
    #[arg(value_name = "DIR")]
    shards: PathBuf,
    #[command(flatten)]
    output: SweepOutputFlags,
    /// Say nothing but warnings and errors
    #[arg(long, short)]
    quiet: bool,
}

/// Runs `sweep merge`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let path = arguments.shards.join(PLAN);
    let text = fs::read_to_string(&path).map_err(|error| {
        CliError::file("read", &path, &error).hint("name the folder that was given to `windtunnel sweep work --out`")
    })?;
    let written = PlanFile::read(&text).map_err(|error| work::plan_error(&path, &error))?;
    let plan = planning::again(&written, &SharedFiles::default())?;
    let collected = shards::collect(&arguments.shards, &plan).map_err(|error| work::collect_error(&error))?;
    if collected.damaged_lines > 0 {
        let message = format!("{} lines of the shards' journals are damaged and not used", collected.damaged_lines);
        diagnostics::warn(&message, None);
    }
    let results = Results { plan: &plan, records: &collected.records, replications: plan.sweep.replications };
    refuse_missing(&results.missing())?;
    let folder = Folder::prepare(&folder_of(&arguments.output, &plan), arguments.output.force)?;
    outputs::write(&results, folder, &arguments.output, arguments.quiet)
}

fn refuse_missing(missing: &[String]) -> Result<(), CliError> {
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = missing.iter().take(NAMED).map(String::as_str).collect();
    let more = if missing.len() > NAMED { format!(" and {} more", missing.len() - NAMED) } else { String::new() };
    let message = format!("{} runs are missing: {}{more}", missing.len(), named.join(", "));
    Err(CliError::new(Kind::TryAgain, message).hint("run `windtunnel sweep work` for the shards that are not finished"))
}
