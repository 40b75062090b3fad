//! `windtunnel sweep merge`: the results of all shards, with the files and bytes of an ordinary sweep.

use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::experiment::shards::{PLAN, PlanFile};
use windtunnel_sim::scenario::document::SharedFiles;

use crate::error::{CliError, Kind};
use crate::output::Folder;
use crate::{diagnostics, terminal};

use super::{SweepOutputFlags, folder_of, outputs, planning, shared, work};

/// Runs that are named when some are missing.
const NAMED: usize = 5;

/// Merge what the shards left behind into the files of a sweep
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  windtunnel sweep merge shards -o results")]
pub(super) struct Arguments {
    /// The folder that the workers shared, or the URL of an object store
    #[arg(value_name = "DIR|URL")]
    shards: String,
    /// Print the ids of the runs that are missing, one per line, and write nothing
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    output: SweepOutputFlags,
    /// Say nothing but warnings and errors
    #[arg(long, short)]
    quiet: bool,
}

/// Runs `sweep merge`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let place = shared::open(&arguments.shards)?;
    let Some(text) = place.plan()? else {
        let message = format!("`{}` has no {PLAN}", arguments.shards);
        return Err(CliError::new(Kind::Input, message)
            .hint("name what was given to `windtunnel sweep work --out`; the first worker copies the plan there"));
    };
    let written = PlanFile::read(&text).map_err(|error| work::plan_error(&arguments.shards, &error))?;
    let plan = planning::again(&written, &SharedFiles::default())?;
    let collected = place.collect(&plan)?;
    if collected.damaged_lines > 0 {
        let message = format!("{} lines of the shards' journals are damaged and not used", collected.damaged_lines);
        diagnostics::warn(&message, None);
    }
    let results = Results { plan: &plan, records: &collected.records, replications: plan.sweep.replications };
    let missing = results.missing();
    if arguments.missing {
        return terminal::print(&missing.iter().map(|id| format!("{id}\n")).collect::<String>());
    }
    refuse_missing(&missing)?;
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
