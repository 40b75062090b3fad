//! `windtunnel sweep work`: one shard of a plan.

use std::fs;
use std::path::{Path, PathBuf};

use windtunnel_sim::experiment::execute::{Records, Task, all_tasks};
use windtunnel_sim::experiment::journal::{Header, Journal, JournalError};
use windtunnel_sim::experiment::shards::{self, PLAN, PlanFile, Shard, ShardError};
use windtunnel_sim::scenario::document::SharedFiles;

use crate::error::{CliError, Kind};
use crate::{output, terminal};

use super::{RunFlags, carry_out, note_found, planning, report};

/// Carry out one shard of a plan
///
/// Workers share a folder; each keeps a journal of its own in it. A worker that is started again goes on where it was, and
/// skips what any other shard has done. Exit code 1 means that the plan or a scenario is at fault, 75 that another
/// attempt may succeed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  windtunnel sweep work --plan plan.jsonl --shard 0/2 --out shards")]
pub(super) struct Arguments {
    /// The plan, as `sweep plan` wrote it
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Which part: i/n, from 0/n to n-1/n
    #[arg(long, value_name = "I/N")]
    shard: Shard,
    /// The folder that all workers share
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    run: RunFlags,
}

/// Runs `sweep work`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let text = fs::read_to_string(&arguments.plan).map_err(|error| CliError::file("read", &arguments.plan, &error))?;
    let written = PlanFile::read(&text).map_err(|error| plan_error(&arguments.plan, &error))?;
    let files = SharedFiles::default();
    let plan = planning::again(&written, &files)?;
    let folder = arguments.shard.folder(&arguments.out);
    fs::create_dir_all(&folder).map_err(|error| retry(format!("cannot create `{}`: {error}", folder.display())))?;
    keep_plan(&arguments.out, &text)?;
    let header = Header::new(&plan.digest(), &plan.sweep.name);
    let (mut journal, found) = Journal::open(&folder, &header).map_err(|error| journal_error(&error))?;
    note_found(&found, arguments.run.quiet);
    let mine = Records::from_journal(&plan, plan.sweep.replications, &found.records);
    let others = shards::collect(&arguments.out, &plan).map_err(|error| collect_error(&error))?.records;
    let is_done =
        |task: Task| mine.get(task).is_some() || others.get(task).is_some_and(|record| record.error.is_none());
    let tasks = arguments.shard.tasks(&all_tasks(&plan, plan.sweep.replications));
    let missing: Vec<Task> = tasks.iter().copied().filter(|&task| !is_done(task)).collect();
    if !arguments.run.quiet {
        terminal::say(&report::beginning(&plan, tasks.len() - missing.len(), missing.len()));
    }
    let mut records = mine;
    carry_out(&plan, &missing, &files, &mut journal, &mut records, &arguments.run)
        .map_err(|error| if error.kind == Kind::Input { CliError { kind: Kind::TryAgain, ..error } } else { error })?;
    report::failures(&plan, &records)
}

/// Copies the plan beside the shards, where `merge` finds it; another plan's folder is refused.
fn keep_plan(root: &Path, text: &str) -> Result<(), CliError> {
    let path = root.join(PLAN);
    match fs::read_to_string(&path) {
        Ok(kept) if kept == text => Ok(()),
        Ok(_) => {
            let message = format!("`{}` is another plan", path.display());
            Err(CliError::new(Kind::Input, message).hint("name another folder with --out"))
        }
        Err(_) => output::write_file(&path, text.as_bytes()),
    }
}

/// The plan of `--plan` or of a shared folder is at fault.
pub(super) fn plan_error(path: &Path, error: &ShardError) -> CliError {
    CliError::new(Kind::Input, format!("`{}`: {error}", path.display())).hint("make it with `windtunnel sweep plan`")
}

/// What was left behind by workers is at fault, or cannot be read just now.
pub(super) fn collect_error(error: &ShardError) -> CliError {
    match error {
        ShardError::Journal(error) => journal_error(error),
        other => CliError::new(Kind::Input, other.to_string()).hint("name another folder with --out"),
    }
}

fn journal_error(error: &JournalError) -> CliError {
    match error {
        JournalError::Locked { .. } => retry(error.to_string()).hint("another worker has this shard"),
        JournalError::Io { .. } => retry(error.to_string()),
        _ => CliError::new(Kind::Input, error.to_string()).hint("name another folder with --out"),
    }
}

fn retry(message: String) -> CliError {
    CliError::new(Kind::TryAgain, message)
}
