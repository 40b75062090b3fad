//! From a sweep file and flags to a plan; and `windtunnel sweep plan`, which writes it down.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use windtunnel_sim::experiment::design::Design;
use windtunnel_sim::experiment::execute::Task;
use windtunnel_sim::experiment::plan::{MOST_POINTS, Plan};
use windtunnel_sim::experiment::shards::{self, PlanFile, Request};
use windtunnel_sim::experiment::statistics::sequential::Until;
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::run::{Progress, simulate_with};
use windtunnel_sim::scenario::document::SharedFiles;
use windtunnel_traces::{SimDuration, SimTime};

use crate::error::{CliError, Kind};
use crate::flags::Fidelity;
use crate::{experiment, figures, output, terminal};

use super::emit::EmitFlags;
use super::screening;

/// Above this many runs a sweep has to be confirmed.
const UNASKED_RUNS: u128 = 100_000;
/// How long one run is tried to estimate the time of all.
const TRIAL: Duration = Duration::from_secs(2);

/// What to sweep.
#[derive(Debug, clap::Args)]
pub(super) struct PlanFlags {
    /// The sweep, a TOML file
    // Required, but not where a subcommand stands in its place.
    #[arg(value_name = "SWEEP", required = true)]
    sweep: Option<PathBuf>,
    /// Set any key of the scenarios that the sweep does not vary (may be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The first seed; replication r runs under seed + r at every point
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Simulate another length: the same as --set horizon=2h
    #[arg(long, value_name = "DURATION")]
    horizon: Option<SimDuration>,
    /// Run every point under this many seeds [default: the sweep's, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    replications: Option<u32>,
    /// Replicate every point until its intervals are narrow enough, such as half-width=2%; see `windtunnel help run`
    #[arg(long, value_name = "RULE", conflicts_with = "replications")]
    until: Option<Until>,
    /// How exactly to simulate [default: the sweep's, else requests]
    #[arg(long, value_name = "NAME")]
    fidelity: Option<Fidelity>,
    /// Run however many points there are
    #[arg(long)]
    yes: bool,
}

impl PlanFlags {
    /// The sweep file.
    fn path(&self) -> &Path {
        self.sweep.as_deref().unwrap_or(Path::new(""))
    }
}

/// Write the plan of a sweep: one line per run, with its id and estimated cost
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  windtunnel sweep plan configs/sweeps/ess-thresholds.toml -o plan.jsonl
  windtunnel sweep plan sweep.toml -o plan.jsonl --emit kubernetes --shards 64 > job.yaml")]
pub(super) struct Arguments {
    #[command(flatten)]
    plan: PlanFlags,
    /// Write the plan to this file
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    emit: EmitFlags,
}

/// Runs `sweep plan`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let plan = plan(&arguments.plan, None, &SharedFiles::default())?;
    if plan.sweep.until.is_some() {
        let message = "shards need to know their runs beforehand: `until` does not go with a plan";
        return Err(CliError::new(Kind::Usage, message).hint("give --replications N"));
    }
    if plan.fidelity == screening::SCREEN {
        let message = "shards need to know their runs beforehand: the fidelity `screen` does not go with a plan";
        return Err(CliError::new(Kind::Usage, message).hint("give --fidelity requests or fluid"));
    }
    let emitted = arguments.emit.rendered(&plan.sweep.name, &arguments.plan.path().display().to_string())?;
    let text = shards::written(&plan, &request(&arguments.plan, &plan));
    output::write_file(&arguments.out, text.as_bytes())?;
    let runs = plan.points.len() * plan.sweep.replications as usize;
    terminal::say(&format!("wrote {runs} runs of {} points to {}", plan.points.len(), arguments.out.display()));
    emitted.map_or(Ok(()), |text| terminal::print(&text))
}

/// What makes the same plan again.
fn request(flags: &PlanFlags, plan: &Plan) -> Request {
    let horizon = flags.horizon.map(|horizon| format!("horizon=\"{horizon}\""));
    Request {
        sweep: flags.path().display().to_string(),
        set: flags.set.iter().cloned().chain(horizon).collect(),
        seed: plan.seed,
        replications: plan.sweep.replications,
        fidelity: plan.fidelity.clone(),
    }
}

/// Makes a plan again, and makes sure that it is the same.
pub(super) fn again(written: &PlanFile, files: &SharedFiles) -> Result<Plan, CliError> {
    let request = &written.request;
    let mut sweep = SweepFile::load(request.sweep.as_ref(), files)?;
    for assignment in &request.set {
        sweep.set(assignment)?;
    }
    sweep.seed = Some(request.seed);
    sweep.replications = request.replications;
    let plan = Plan::new(sweep, known_fidelity(&request.fidelity)?, files)?;
    written.check(&plan).map_err(|error| CliError::new(Kind::Input, error.to_string()).hint("make a new plan"))?;
    Ok(plan)
}

/// Makes the plan that flags ask for.
pub(super) fn plan(flags: &PlanFlags, threads: Option<u16>, files: &SharedFiles) -> Result<Plan, CliError> {
    let mut sweep = SweepFile::load(flags.path(), files)?;
    for assignment in &flags.set {
        sweep.set(assignment)?;
    }
    if let Some(horizon) = flags.horizon {
        sweep.set(&format!("horizon=\"{horizon}\""))?;
    }
    sweep.seed = flags.seed.or(sweep.seed);
    if let Some(replications) = flags.replications {
        (sweep.replications, sweep.until) = (replications, None);
    }
    sweep.until = flags.until.clone().or(sweep.until);
    let fidelity = fidelity(flags, &sweep)?;
    let (points, replications) = (Plan::count(&sweep), u128::from(sweep.most_replications()));
    let runs = points.saturating_mul(replications);
    let fits = points <= MOST_POINTS;
    if fits && (runs <= UNASKED_RUNS || flags.yes) {
        return Ok(experiment::in_pool(threads, || Plan::new(sweep, fidelity, files))??);
    }
    let estimate = estimate(&sweep, fidelity, threads, runs, files)?;
    let message = format!("the sweep has {} points, {} runs; {estimate}", count(points), count(runs));
    let hint = if fits {
        "choose fewer values or design = \"sobol\" with `points`, or go ahead with --yes".to_string()
    } else {
        format!(
            "choose fewer values or design = \"sobol\" with `points`: more than {} points do not fit into memory, even with \
             --yes",
            count(MOST_POINTS)
        )
    };
    Err(CliError::new(Kind::Input, message).hint(hint))
}

fn count(number: u128) -> String {
    figures::digits(number as f64)
}

fn fidelity(flags: &PlanFlags, sweep: &SweepFile) -> Result<&'static str, CliError> {
    let name = match flags.fidelity {
        Some(Fidelity::Requests) => "requests",
        Some(Fidelity::Fluid) => "fluid",
        None => sweep.fidelity.as_deref().unwrap_or("requests"),
    };
    known_fidelity(name)
}

fn known_fidelity(name: &str) -> Result<&'static str, CliError> {
    match name {
        "requests" => Ok("requests"),
        "fluid" => Ok("fluid"),
        screening::SCREEN => Ok(screening::SCREEN),
        other => Err(CliError::new(Kind::Input, format!("there is no fidelity `{other}`"))
            .hint("write requests, fluid or screen")),
    }
}

/// How long all runs would take, measured on a part of the first.
fn estimate(
    sweep: &SweepFile,
    fidelity: &str,
    threads: Option<u16>,
    runs: u128,
    files: &SharedFiles,
) -> Result<String, CliError> {
    // The first scenario as it is: what the axes make of it may be no valid scenario.
    let mut one = sweep.clone();
    one.axes.clear();
    one.constraints.clear();
    one.traces.clear();
    one.design = Design::Grid;
    one.fixed.retain(|(key, _)| one.scenarios[0].concerned_by(key));
    one.scenarios.truncate(1);
    one.compares_scenarios = false;
    let plan = Plan::new(one, fidelity, files)?;
    let task = Task { point: 0, replication: 0 };
    let Ok(scenario) = plan.scenario(&plan.points[task.point], files) else {
        return Ok("no estimate of the time".into());
    };
    let trial = Trial { started: Instant::now(), simulated: Default::default(), is_over: AtomicBool::new(false) };
    let _ = simulate_with(plan.run_options(), &scenario, plan.seed, &trial);
    let elapsed = trial.started.elapsed().as_secs_f64();
    let share = if trial.is_over.load(Ordering::Relaxed) {
        (trial.simulated.load(Ordering::Relaxed) as f64 / scenario.horizon.as_nanos() as f64).max(1e-6)
    } else {
        1.0
    };
    let threads = threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let seconds = elapsed / share * runs as f64 / threads as f64;
    Ok(format!("about {} on {threads} threads", duration(seconds)))
}

/// A long time in words.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} seconds"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} hours", s / 3600.0),
        s if s < 2.0 * 31_557_600.0 => format!("{:.0} days", s / 86_400.0),
        s => format!("{} years", figures::digits((s / 31_557_600.0).round())),
    }
}

/// Stops a run after a while.
struct Trial {
    started: Instant,
    simulated: std::sync::atomic::AtomicU64,
    is_over: AtomicBool,
}

impl Progress for Trial {
    fn advanced(&self, simulated: SimTime, _: u64) {
        self.simulated.store(simulated.as_nanos(), Ordering::Relaxed);
        if self.started.elapsed() > TRIAL {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn cancelled(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}
