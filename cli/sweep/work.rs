//! `windtunnel sweep work`: one part of a plan.

use std::fs;
use std::path::{Path, PathBuf};

use windtunnel_sim::experiment::execute::{Records, Task};
use windtunnel_sim::experiment::journal::{self, Header};
use windtunnel_sim::experiment::shards::{Part, PlanFile, Shard, ShardError};
use windtunnel_sim::scenario::document::SharedFiles;

use crate::error::{CliError, Kind};
use crate::terminal;

use super::{RunFlags, carry_out, note_found, planning, report, shared};

/// Carry out one shard of a plan
///
/// Workers share a folder, or an object store; each keeps a journal of its own in it. A worker that is started again goes
/// on where it was, and skips what any other has done. Exit code 1 means that the plan or a scenario is at fault, 75
/// that another attempt may succeed.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("part").required(true).args(["shard", "runs"])),
    after_help = "Examples:
  windtunnel sweep work --plan plan.jsonl --shard 0/2 --out shards
  windtunnel sweep work --plan plan.jsonl --shard JOB_COMPLETION_INDEX/16 --out s3://bucket/shards"
)]
pub(super) struct Arguments {
    /// The plan, as `sweep plan` wrote it
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Which part: i/n, from 0/n to n-1/n; i may be the name of an environment variable that holds it
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// These runs instead: a file with an id of the plan per line
    #[arg(long, value_name = "FILE")]
    runs: Option<PathBuf>,
    /// With --runs: a name for this worker that no other has [default: made from the ids]
    #[arg(long = "as", value_name = "NAME", requires = "runs", value_parser = worker_name)]
    name: Option<String>,
    /// The folder that all workers share, or the URL of an object store
    #[arg(long, short, value_name = "DIR|URL")]
    out: String,
    #[command(flatten)]
    run: RunFlags,
}

/// Schedulers say the index by an environment variable, and not all of them through a shell.
fn shard(text: &str) -> Result<Shard, String> {
    let Some((index, of)) = text.split_once('/') else { return text.parse() };
    if !index.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        return text.parse();
    }
    match std::env::var(index) {
        Ok(value) => format!("{}/{of}", value.trim()).parse().map_err(|error| format!("{index} is `{value}`: {error}")),
        Err(_) => Err(format!("the environment variable {index} is not set")),
    }
}

fn worker_name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
        return Err("a name has letters, digits and `-`, at most 100".into());
    }
    Ok(format!("by-{text}"))
}

impl Arguments {
    fn part(&self) -> Result<Part, CliError> {
        if let Some(shard) = self.shard {
            return Ok(Part::Shard(shard));
        }
        let path = self.runs.as_deref().unwrap_or(Path::new(""));
        let text = fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
        let ids: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        let name = self.name.clone().unwrap_or_else(|| format!("of-{}", journal::digest(&ids.join("\n"))));
        Ok(Part::Runs { name, ids })
    }
}

/// Runs `sweep work`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let text = fs::read_to_string(&arguments.plan).map_err(|error| CliError::file("read", &arguments.plan, &error))?;
    let written = PlanFile::read(&text).map_err(|error| plan_error(&arguments.plan.display().to_string(), &error))?;
    let part = arguments.part()?;
    let files = SharedFiles::default();
    let plan = planning::again(&written, &files)?;
    let tasks = part.tasks(&plan).map_err(|error| CliError::new(Kind::Input, error.to_string()))?;
    let place = shared::open(&arguments.out)?;
    shared::keep_plan(&*place, &text)?;
    let (mut keep, found) = place.begin(&part, &Header::new(&plan.digest(), &plan.sweep.name))?;
    note_found(&found, arguments.run.quiet);
    let mine = Records::from_journal(&plan, plan.sweep.replications, &found.records);
    let others = place.collect(&plan)?.records;
    let is_done =
        |task: Task| mine.get(task).is_some() || others.get(task).is_some_and(|record| record.error.is_none());
    let missing: Vec<Task> = tasks.iter().copied().filter(|&task| !is_done(task)).collect();
    if !arguments.run.quiet {
        terminal::say(&report::beginning(&plan, tasks.len() - missing.len(), missing.len()));
    }
    let mut records = mine;
    carry_out(&plan, &missing, &files, &mut *keep, &mut records, &arguments.run)
        .map_err(|error| if error.kind == Kind::Input { CliError { kind: Kind::TryAgain, ..error } } else { error })?;
    report::failures(&plan, &records)
}

/// The plan of `--plan` or of a shared place is at fault.
pub(super) fn plan_error(name: &str, error: &ShardError) -> CliError {
    CliError::new(Kind::Input, format!("`{name}`: {error}")).hint("make it with `windtunnel sweep plan`")
}
