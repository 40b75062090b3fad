//! `windtunnel validate`: theory, recordings and reality against the simulator, and the page that shows it.

use std::path::PathBuf;
use std::time::Duration;

use windtunnel_validation::live::Live;
use windtunnel_validation::live::worker::{Worker, serve};
use windtunnel_validation::page::{self, Picture};
use windtunnel_validation::recorded::calibrate;
use windtunnel_validation::{Bench, Effort, Programme, Report, Section, ValidationError, Verdict, Watch};

use crate::error::{CliError, Kind};
use crate::flags::Format;
use crate::output::Folder;
use crate::{experiment, interrupt, plots, terminal};

/// Measure the simulator against theory, recordings and reality, and write the page that says why to believe it
///
/// Every row is a comparison with a rule that was stated beforehand. Rows without data say "not run"; rows that fail are
/// shown as failing, and the exit code is then 3. `docs/validation.md` is the page of a full run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel validate --quick
  windtunnel validate --data recordings --out validation-results")]
pub(crate) struct Arguments {
    /// The folder of recorded experiments; without it their rows say "not run"
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Also run a small real system on loopback, in real time, and compare: HAProxy and worker processes, two minutes
    ///
    /// With --quick half a minute. Skipped where HAProxy is not installed.
    #[arg(long)]
    live: bool,
    /// Run a part of the cases with shorter runs: a minute instead of many
    #[arg(long)]
    quick: bool,
    /// Instead print what was calibrated on the recordings, and the error of every candidate
    #[arg(long, requires = "data")]
    calibrate: bool,
    /// Run this part only (may be repeated)
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// The first seed; replications take those that follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write validation.md, validation.json and plots to this folder [default: windtunnel-out; with --format json: none]
    #[arg(long, alias = "output", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write no plots
    #[arg(long)]
    no_plots: bool,
    /// What to print: a summary and the failing rows, or the JSON document
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Replace files in the output folder even if windtunnel did not write them
    #[arg(long)]
    force: bool,
    /// Use this many threads; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Do not name the cases as they run
    #[arg(long, short)]
    quiet: bool,
}

/// A part of the programme.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Queueing theory
    Queueing,
    /// Published definitions of metrics
    Definitions,
    /// Control theory
    Control,
    /// Recorded experiments
    Recorded,
    /// The live system
    Live,
    /// Fluid against requests
    Fluid,
}

impl Part {
    const fn section(self) -> Section {
        match self {
            Part::Queueing => Section::Queueing,
            Part::Definitions => Section::Definitions,
            Part::Control => Section::Control,
            Part::Recorded => Section::Recorded,
            Part::Live => Section::Live,
            Part::Fluid => Section::Fluid,
        }
    }
}

/// Names the cases as they run.
struct Watching {
    is_quiet: bool,
}

impl Watch for Watching {
    fn begins(&self, case: &str) {
        if !self.is_quiet {
            terminal::say(case);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    interrupt::listen();
    if let (true, Some(data)) = (arguments.calibrate, &arguments.data) {
        let watch = Watching { is_quiet: arguments.quiet };
        let bench = Bench { effort: Effort::Full, first_seed: arguments.seed, eight: 8, watch: &watch };
        let text = experiment::in_pool(arguments.threads, || calibrate(&bench, data))?.map_err(failed)?;
        return terminal::print(&text);
    }
    let folder = match (&arguments.out, arguments.format) {
        (Some(folder), _) => Some(folder.clone()),
        (None, Format::Table) => Some(PathBuf::from("windtunnel-out")),
        (None, Format::Json) => None,
    };
    let folder = folder.map(|folder| Folder::prepare(&folder, arguments.force)).transpose()?;
    let programme = Programme {
        data: arguments.data.clone(),
        live: live(arguments)?,
        only: arguments.only.iter().map(|part| part.section()).collect(),
        effort: if arguments.quick { Effort::Short } else { Effort::Full },
        first_seed: arguments.seed,
    };
    let watch = Watching { is_quiet: arguments.quiet };
    let report = experiment::in_pool(arguments.threads, || windtunnel_validation::run(&programme, &watch))?;
    let report = report.map_err(failed)?;
    let json = document(&report, arguments);
    if let Some(mut folder) = folder {
        let drawn = if arguments.no_plots { Vec::new() } else { plots::add_replays(&report.replays, &mut folder)? };
        let picture = |(title, file)| Picture { section: Section::Recorded, title, file };
        let pictures: Vec<Picture> = drawn.into_iter().map(picture).collect();
        folder.add("validation.md", page::markdown(&report, &pictures, &provenance(arguments)).into_bytes());
        folder.add("validation.json", json.clone());
        let said = format!("wrote {} files to {}", folder.len(), folder.root().display());
        folder.write(arguments.force)?;
        if !arguments.quiet {
            terminal::say(&said);
        }
    }
    match arguments.format {
        Format::Json => terminal::print_raw(&json)?,
        Format::Table => terminal::print(&format!("{}\n{}", page::summary(&report), page::failures(&report)))?,
    }
    match report.count(Verdict::Fails) {
        0 => Ok(()),
        failing => {
            let judged = failing + report.count(Verdict::Agrees);
            Err(CliError::new(Kind::NotHeld, format!("{failing} of {judged} rows fail")))
        }
    }
}

/// The live system: its workers are this very program.
fn live(arguments: &Arguments) -> Result<Option<Live>, CliError> {
    if !arguments.live {
        return Ok(None);
    }
    let program = std::env::current_exe();
    let program =
        program.map_err(|error| CliError::new(Kind::Input, format!("this program does not find itself: {error}")))?;
    Ok(Some(Live { program, is_smoke: arguments.quick }))
}

/// A worker of `validate --live`
#[derive(Debug, clap::Args)]
#[command(after_help = "Started by `windtunnel validate --live`.")]
pub(crate) struct WorkerArguments {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    places: u32,
    #[arg(long)]
    boot_millis: u64,
    #[arg(long)]
    number: u32,
}

/// Serves until its standard input ends.
pub(crate) fn worker(arguments: &WorkerArguments) -> Result<(), CliError> {
    let WorkerArguments { port, places, boot_millis, number } = *arguments;
    let served = serve(Worker { port, places, boot: Duration::from_millis(boot_millis), number });
    served.map_err(|error| CliError::new(Kind::Input, format!("a worker cannot serve: {error}")))
}

fn provenance(arguments: &Arguments) -> String {
    let form = if arguments.quick { "short form" } else { "full form" };
    format!("Made by windtunnel {}, {form}, first seed {}.", env!("CARGO_PKG_VERSION"), arguments.seed)
}

fn document(report: &Report, arguments: &Arguments) -> Vec<u8> {
    let document = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "form": if arguments.quick { "short" } else { "full" },
        "first_seed": arguments.seed,
        "rows": report.rows,
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn failed(error: ValidationError) -> CliError {
    match error {
        ValidationError::Cancelled => CliError::interrupted(),
        other => CliError::new(Kind::Input, other.to_string()),
    }
}
