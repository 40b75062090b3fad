//! `windtunnel sweep SWEEP`: parameters times replications, resumable; and the same in shards.

mod emit;
mod merge;
mod outputs;
#[cfg(feature = "parquet")]
mod parquet;
mod planning;
mod progress;
mod report;
mod screening;
mod shared;
#[cfg(feature = "object-store")]
mod store;
mod stored;
mod work;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use windtunnel_sim::experiment::execute::{ExecuteError, Records, Simulator, Task, execute};
use windtunnel_sim::experiment::journal::{Found, Header, JOURNAL, Journal, JournalError, Keep};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::scenario::document::SharedFiles;

use crate::enforce::Objective;
use crate::error::{CliError, Kind};
use crate::flags::Format;
use crate::output::{Folder, slug};
use crate::{diagnostics, experiment, interrupt, json, terminal};

use planning::PlanFlags;
use progress::SweepBar;

/// Vary parameters of scenarios: frontier, sensitivity, tables; resumable
///
/// A sweep file names a scenario, keys with lists of values, and a design. Every finished run is on the disk before it is
/// counted: interrupted or killed, the same command goes on where it was, and the files it ends with are the same to
/// the byte. docs/sweeps.md shows how a sweep is written.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:
  windtunnel sweep configs/sweeps/ess-thresholds.toml
  windtunnel sweep configs/sweeps/ess-vs-hpa.toml --replications 10 --out results
  windtunnel sweep plan configs/sweeps/ess-thresholds.toml -o plan.jsonl
  windtunnel sweep work --plan plan.jsonl --shard 0/2 --out shards
  windtunnel sweep merge shards -o results"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    shard: Option<Shard>,
    #[command(flatten)]
    sweep: SweepArguments,
}

/// The same sweep in shards, on one machine or many.
#[derive(Debug, clap::Subcommand)]
enum Shard {
    Plan(planning::Arguments),
    Work(work::Arguments),
    Merge(merge::Arguments),
}

#[derive(Debug, clap::Args)]
struct SweepArguments {
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    run: RunFlags,
    #[command(flatten)]
    output: SweepOutputFlags,
    /// Throw away what an earlier sweep left in the output folder, and begin anew
    #[arg(long)]
    restart: bool,
}

/// How to carry a plan out.
#[derive(Debug, clap::Args)]
struct RunFlags {
    /// Use this many threads; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Show no progress and no notes; warnings and errors remain
    #[arg(long, short)]
    quiet: bool,
}

/// Where the results of a sweep go.
#[derive(Debug, clap::Args)]
struct SweepOutputFlags {
    /// Write files and plots to this folder [default: windtunnel-out/NAME of the sweep]
    #[arg(long, short, alias = "output", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say what is the cheapest point that meets this, such as 'slo_violating_request_fraction < 0.1%' [default: the
    /// sweep's]
    #[arg(long, value_name = "METRIC < VALUE")]
    objective: Option<Objective>,
    /// Write no plots
    #[arg(long)]
    no_plots: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Replace files in the output folder even if windtunnel did not write them
    #[arg(long)]
    force: bool,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    match &arguments.shard {
        Some(Shard::Plan(arguments)) => planning::run(arguments),
        Some(Shard::Work(arguments)) => work::run(arguments),
        Some(Shard::Merge(arguments)) => merge::run(arguments),
        None => sweep(&arguments.sweep),
    }
}

fn sweep(arguments: &SweepArguments) -> Result<(), CliError> {
    let files = SharedFiles::default();
    let plan = planning::plan(&arguments.plan, arguments.run.threads, &files)?;
    let root = folder_of(&arguments.output, &plan);
    let folder = Folder::prepare(&root, arguments.output.force)?;
    folder.claim(arguments.output.force)?;
    let is_quiet = arguments.run.quiet;
    let (mut journal, found) = open_journal(&root, &plan, arguments.restart)?;
    folder.tidy();
    note_found(&found, is_quiet);
    let mut work = Work { files: &files, journal: &mut journal, found: &found, flags: &arguments.run };
    if plan.fidelity != screening::SCREEN {
        let (records, replications) = work.complete(&plan, None)?;
        let results = Results { plan: &plan, records: &records, replications };
        return outputs::write(&results, folder, &arguments.output, is_quiet);
    }
    let screened = screening::at(&plan, "fluid");
    let (records, replications) = work.complete(&screened, None)?;
    let screened = Results { plan: &screened, records: &records, replications };
    let points = screening::candidates(&screened);
    let confirmed = screening::at(&plan, "requests");
    let (records, replications) = work.complete(&confirmed, Some(&points))?;
    let (table, document) = screening::compared(&screened, &records);
    let mut folder = folder;
    folder.add("screening.csv", table);
    folder.add("screening.json", json::bytes(&document));
    if !is_quiet {
        terminal::say(&format!("confirmed {} of {} points request by request", points.len(), plan.points.len()));
    }
    let results = Results { plan: &confirmed, records: &records, replications };
    outputs::write(&results, folder, &arguments.output, is_quiet)
}

/// What carrying a plan out needs.
struct Work<'a> {
    files: &'a SharedFiles,
    journal: &'a mut Journal,
    found: &'a Found,
    flags: &'a RunFlags,
}

impl Work<'_> {
    /// Runs what is missing of some or all points: what is known then, and the most replications of a point.
    fn complete(&mut self, plan: &Plan, points: Option<&BTreeSet<usize>>) -> Result<(Records, u32), CliError> {
        let mut records = Records::from_journal(plan, plan.sweep.most_replications(), &self.found.records);
        let mut wanted = first_wanted(plan);
        for (point, wanted) in wanted.iter_mut().enumerate() {
            if points.is_some_and(|points| !points.contains(&point)) {
                *wanted = 0;
            }
        }
        loop {
            let missing: Vec<Task> = tasks(&wanted).into_iter().filter(|&task| records.get(task).is_none()).collect();
            if !self.flags.quiet {
                terminal::say(&report::beginning(plan, tasks(&wanted).len() - missing.len(), missing.len()));
            }
            carry_out(plan, &missing, self.files, self.journal, &mut records, self.flags)?;
            let more = more_wanted(plan, &records, &wanted);
            if more == wanted {
                break;
            }
            wanted = more;
        }
        Ok((records, wanted.iter().copied().max().unwrap_or(0)))
    }
}

/// Replications of each point, before any result is known.
fn first_wanted(plan: &Plan) -> Vec<u32> {
    let replications = plan.sweep.until.as_ref().map_or(plan.sweep.replications, |until| until.wanted(|_| None, 0));
    vec![replications; plan.points.len()]
}

/// Replications of each point, after those that there are.
fn more_wanted(plan: &Plan, records: &Records, wanted: &[u32]) -> Vec<u32> {
    let Some(until) = &plan.sweep.until else { return wanted.to_vec() };
    let of = |(point, &replications): (usize, &u32)| {
        if replications == 0 {
            return 0;
        }
        let results = Results { plan, records, replications };
        until.wanted(|metric| results.samples(point, metric), replications)
    };
    wanted.iter().enumerate().map(of).collect()
}

/// The runs of all points, replication by replication.
fn tasks(wanted: &[u32]) -> Vec<Task> {
    let most = wanted.iter().copied().max().unwrap_or(0);
    let of = |replication: u32| {
        let has = wanted.iter().enumerate().filter(move |(_, wanted)| **wanted > replication);
        has.map(move |(point, _)| Task { point, replication })
    };
    (0..most).flat_map(of).collect()
}

/// Runs what is missing.
fn carry_out(
    plan: &Plan,
    missing: &[Task],
    files: &SharedFiles,
    keep: &mut dyn Keep,
    records: &mut Records,
    flags: &RunFlags,
) -> Result<(), CliError> {
    interrupt::listen();
    let bar = SweepBar::new(plan, records, flags.quiet);
    let simulator = Simulator::new(plan, files)?;
    let executed = experiment::in_pool(flags.threads, || execute(plan, missing, &simulator, keep, records, &bar))?;
    bar.finish();
    executed.map_err(|error| match error {
        ExecuteError::Cancelled => {
            let (done, all) = (records.len(), missing.len() + bar.before());
            let message = format!("interrupted; {done} of {all} runs are kept");
            CliError::new(Kind::Interrupted, message).hint("run the same command again to go on from there")
        }
        ExecuteError::Journal(error) => journal_error(&error),
    })
}

fn folder_of(flags: &SweepOutputFlags, plan: &Plan) -> PathBuf {
    flags.out.clone().unwrap_or_else(|| PathBuf::from("windtunnel-out").join(slug(&plan.sweep.name)))
}

fn open_journal(root: &Path, plan: &Plan, restarts: bool) -> Result<(Journal, Found), CliError> {
    let header = Header::new(&plan.digest(), &plan.sweep.name);
    match Journal::open(root, &header) {
        Err(error) if restarts && !matches!(error, JournalError::Locked { .. } | JournalError::Io { .. }) => {}
        Ok(opened) if !restarts => return Ok(opened),
        Ok(_) => {}
        Err(error) => return Err(journal_error(&error)),
    }
    let path = root.join(JOURNAL);
    std::fs::remove_file(&path).map_err(|error| CliError::file("remove", &path, &error))?;
    Journal::open(root, &header).map_err(|error| journal_error(&error))
}

/// Why a folder's journal cannot be used, and what to do.
pub(crate) fn journal_error(error: &JournalError) -> CliError {
    let hint = match error {
        JournalError::Locked { .. } => "wait for it, or name another folder with --out",
        JournalError::OtherPlan { .. } | JournalError::OtherVersion { .. } | JournalError::NoHeader { .. } => {
            "name another folder with --out, or begin anew with --restart"
        }
        JournalError::Io { .. } => "what was finished before is kept; make room or choose another folder with --out",
    };
    CliError::new(Kind::Input, error.to_string()).hint(hint)
}

fn note_found(found: &Found, is_quiet: bool) {
    if found.damaged_lines > 0 {
        let message = format!("{} lines of the journal are damaged; their runs are repeated", found.damaged_lines);
        diagnostics::warn(&message, None);
    }
    if found.torn_bytes > 0 && !is_quiet {
        terminal::say("the last line of the journal was not finished; its run is repeated");
    }
}
