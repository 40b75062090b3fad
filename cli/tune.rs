//! `windtunnel tune SCENARIO --objective ...`: the cheapest settings that hold an objective for sure.

mod export;
mod hold_out;
mod progress;

use std::path::PathBuf;

use serde_json::{Value, json};
use windtunnel_sim::experiment::analysis::Verdict;
use windtunnel_sim::experiment::axis::{self, Axis};
use windtunnel_sim::experiment::constraint::Constraint;
use windtunnel_sim::experiment::execute::ExecuteError;
use windtunnel_sim::experiment::journal::{Header, Journal};
use windtunnel_sim::experiment::sweep_file::{BaseScenario, SweepFile};
use windtunnel_sim::experiment::tune::ranges::default_ranges;
use windtunnel_sim::experiment::tune::{Confirmed, Request, SCREEN, TuneError, Tuned, tune};
use windtunnel_sim::outcome::Summary;
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::plant::fluid::scope::obstacle;
use windtunnel_sim::scenario::Scenario;
use windtunnel_sim::scenario::document::{SharedFiles, Written};
use windtunnel_traces::SimDuration;

use crate::enforce::Objective;
use crate::error::{CliError, Kind};
use crate::flags::{Format, ScenarioFlags};
use crate::output::{Folder, slug};
use crate::results::Stored;
use crate::{experiment, export_policy, figures, interrupt, json as documents, loading, plots, sweep, terminal};

use export::Export;
use progress::Watch;

/// Search for the cheapest settings that hold an objective for sure
///
/// Varies the policy's own settings within ranges (shown, and set by --vary), and ends with a recommendation that was
/// confirmed under seeds that took no part in the search, against today's settings in pairs. What does not hold the
/// objective for sure is never recommended; then the exit code is 3, and the limit that binds is looked for. An
/// interrupted search goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel tune configs/ess.toml --objective 'slo_violating_request_fraction < 0.1%'
  windtunnel tune configs/hpa.toml --objective 'latency_p99_seconds < 500ms' --variants 128
  windtunnel tune configs/ess.toml --objective 'slo_violating_request_fraction < 1%' \\
    --vary 'ess.rule.scale-out-cpu-high.cooldown=[\"60s\", \"300s\"]'
  windtunnel tune configs/aws.toml --objective 'slo_violating_request_fraction < 1%' \\
    --fidelity screen --export policy.tf.json")]
pub(crate) struct Arguments {
    /// The scenario, a TOML file
    scenario: PathBuf,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    /// What has to hold, such as 'slo_violating_request_fraction < 0.1%'
    #[arg(long, value_name = "METRIC < VALUE")]
    objective: Objective,
    /// What is to be small
    #[arg(long, value_name = "METRIC", default_value = "cost_total")]
    minimize: String,
    /// Vary this instead of the policy's default ranges (may be repeated): a list, or { from, to, step }
    #[arg(long, value_name = "PATH=RANGE")]
    vary: Vec<String>,
    /// Leave out what breaks this, such as 'ess.min < ess.max' (may be repeated)
    #[arg(long, value_name = "A < B")]
    constraint: Vec<String>,
    /// Look at this many variants
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=60_000))]
    variants: u32,
    /// Confirm the finalists under this many seeds of their own
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    replications: u32,
    /// Keep the end of the trace from the search, such as 24h of a week, and try the recommendation on it
    #[arg(long, value_name = "DURATION")]
    hold_out: Option<SimDuration>,
    /// How exactly to simulate
    #[arg(long, value_name = "NAME", default_value = "requests")]
    fidelity: SearchFidelity,
    /// Use this many threads; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Show no progress and no notes; warnings and errors remain
    #[arg(long, short)]
    quiet: bool,
    /// Write results to this folder [default: windtunnel-out/tune-NAME]
    #[arg(long, short, alias = "output", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write no plots
    #[arg(long)]
    no_plots: bool,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Replace files in the output folder even if windtunnel did not write them, and the file of --export
    #[arg(long)]
    force: bool,
    /// Write the recommendation to this file too: a scenario (.toml) or what the vendor's tool takes (.yaml for an HPA,
    /// .sh, .tf.json, .json for CloudFormation)
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// The format of --export, as of `windtunnel export` [default: what the file's ending says]
    #[arg(long, value_name = "FORMAT", requires = "export")]
    to: Option<export_policy::Format>,
}

/// How exactly a search simulates.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
enum SearchFidelity {
    /// Every request is simulated
    Requests,
    /// Rates and expected numbers, the confirmation too
    Fluid,
    /// The search by rates and expected numbers, the best and the confirmation request by request
    Screen,
}

impl SearchFidelity {
    const fn name(self) -> &'static str {
        match self {
            SearchFidelity::Requests => "requests",
            SearchFidelity::Fluid => "fluid",
            SearchFidelity::Screen => SCREEN,
        }
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let files = SharedFiles::default();
    let (request, export) = request(arguments, &files)?;
    if !arguments.quiet {
        terminal::say(&ranges_said(&request));
    }
    let name = &request.sweep.name;
    let default = || PathBuf::from("windtunnel-out").join(format!("tune-{}", slug(name)));
    let root = arguments.out.clone().unwrap_or_else(default);
    let mut folder = Folder::prepare(&root, arguments.force)?;
    folder.claim(arguments.force)?;
    let header = Header::new(&request.digest(&files).map_err(failed)?, name);
    let (mut journal, found) = Journal::open(&root, &header).map_err(|error| sweep::journal_error(&error))?;
    folder.tidy();
    interrupt::listen();
    let watch = Watch::new(&request, arguments.quiet);
    let tuned =
        experiment::in_pool(arguments.threads, || tune(&request, &files, &mut journal, &found.records, &watch))?
            .map_err(failed)?;
    let document = document(&request, &tuned);
    folder.add("tune.json", documents::bytes(&document));
    if !arguments.no_plots {
        // Drawn from what is written, as `windtunnel plot` will draw it again.
        if let Ok(stored) = serde_json::from_value(document.clone()) {
            plots::add_available(&Stored::Tune(Box::new(stored)), arguments.font.as_deref(), &mut folder)?;
        }
    }
    if let Some(best) = &tuned.recommended {
        let scenario = tuned.scenario_toml(best).map_err(failed)?;
        folder.add("recommended.toml", scenario.clone().into_bytes());
        folder.write(arguments.force)?;
        export.as_ref().map_or(Ok(()), |export| export.write(&scenario))?;
    } else {
        folder.write(arguments.force)?;
    }
    match arguments.format {
        Format::Json => terminal::print_raw(&documents::bytes(&document))?,
        Format::Table => terminal::print(&said(&request, &tuned))?,
    }
    if tuned.recommended.is_some() {
        Ok(())
    } else {
        Err(CliError::new(Kind::NotHeld, format!("no variant holds {} for sure", objective(&request))))
    }
}

fn failed(error: TuneError) -> CliError {
    match error {
        TuneError::Scenario(error) => error.into(),
        TuneError::Execute(ExecuteError::Cancelled) => {
            CliError::new(Kind::Interrupted, "interrupted; what was run is kept")
                .hint("run the same command again to go on from there")
        }
        TuneError::Execute(ExecuteError::Journal(error)) => sweep::journal_error(&error),
        TuneError::NothingToVary => CliError::new(Kind::Input, error.to_string()).hint("say what to vary with --vary"),
        TuneError::Today(_) => CliError::new(Kind::Input, error.to_string()),
    }
}

fn request(arguments: &Arguments, files: &SharedFiles) -> Result<(Request, Option<Export>), CliError> {
    if !DEFINITIONS.iter().any(|metric| metric.name == arguments.minimize) {
        let message = format!("there is no metric `{}`", arguments.minimize);
        return Err(CliError::new(Kind::Usage, message).hint("`windtunnel metrics` lists them"));
    }
    let paths = std::slice::from_ref(&arguments.scenario);
    let mut loaded = loading::load(paths, files, &arguments.scenario_flags)?;
    loading::show_notes(&loaded, arguments.quiet);
    let Some(loaded) = loaded.pop() else { return Err(CliError::new(Kind::Usage, "which scenario?")) };
    if arguments.fidelity != SearchFidelity::Requests {
        check_fluid(&loaded.scenario, arguments.fidelity)?;
    }
    let export = arguments.export.as_ref();
    let export = export.map(|file| Export::new(file, arguments.to, &loaded.scenario, arguments.force)).transpose()?;
    let texts = if arguments.vary.is_empty() {
        default_ranges(&loaded.scenario, &loaded.document)
    } else {
        arguments.vary.clone()
    };
    let mut axes: Vec<Axis> = Vec::new();
    for text in &texts {
        let (key, written) = Written::assignment(text)?;
        axes.push(axis::read(&key, &written)?);
    }
    let base = BaseScenario {
        name: loaded.scenario.name.clone(),
        path: arguments.scenario.clone(),
        document: loaded.document.clone(),
        changes: Vec::new(),
    };
    let mut sweep = SweepFile::of(base);
    sweep.axes = axes;
    let held_out =
        arguments.hold_out.map(|length| hold_out::hold_out(length, &loaded, &mut sweep, files)).transpose()?;
    for text in &arguments.constraint {
        let constraint = Constraint::parse(text).map_err(|message| CliError::new(Kind::Usage, message))?;
        sweep.constraints.push((constraint, Written::assignment("constraint=true")?.1));
    }
    let request = Request {
        sweep,
        requirement: arguments.objective.requirement(),
        minimize: arguments.minimize.clone(),
        variants: arguments.variants as usize,
        replications: arguments.replications,
        fidelity: arguments.fidelity.name().into(),
        held_out,
    };
    Ok((request, export))
}

/// Refuses what rates and expected numbers cannot stand for, before anything is searched.
fn check_fluid(scenario: &Scenario, fidelity: SearchFidelity) -> Result<(), CliError> {
    let Some(obstacle) = obstacle(scenario) else { return Ok(()) };
    let message = format!("`{}` cannot be searched with --fidelity {}: {obstacle}", scenario.name, fidelity.name());
    Err(CliError::new(Kind::Input, message).hint("leave --fidelity away: every request is simulated"))
}

fn ranges_said(request: &Request) -> String {
    let mut text = "varies\n".to_string();
    for axis in &request.sweep.axes {
        let values = match axis.len() {
            Some(levels) => {
                let values: Vec<String> =
                    (0..levels).flat_map(|level| axis.level(level)).map(|value| value.typed()).collect();
                values.join(", ")
            }
            None => axis.written.typed(),
        };
        text.push_str(&format!("  {}: {values}\n", axis.name()));
    }
    text.push_str(&format!("looks at {} variants", request.variants));
    text
}

fn objective(request: &Request) -> String {
    let sign = if request.requirement.is_upper { "<" } else { ">" };
    format!("{} {sign} {}", request.requirement.metric, request.requirement.bound)
}

// ---- what is said

struct Words<'a> {
    request: &'a Request,
    currency: String,
}

impl Words<'_> {
    fn figure(&self, metric: &str, summary: Summary) -> String {
        figures::with_interval(summary, unit(metric), &self.currency)
    }

    fn difference(&self, metric: &str, summary: Summary) -> String {
        figures::difference(summary, unit(metric), &self.currency)
    }

    fn variant(&self, variant: &Confirmed) -> String {
        let (cost, metric) = (&self.request.minimize, &self.request.requirement.metric);
        let mut text = format!(
            "  {cost} {}, {metric} {} ({})\n",
            self.figure(cost, variant.cost),
            self.figure(metric, variant.figure),
            verdict(variant.verdict)
        );
        for setting in &variant.settings {
            text.push_str(&format!("    {setting}\n"));
        }
        text
    }
}

fn unit(metric: &str) -> &'static str {
    DEFINITIONS.iter().find(|known| known.name == metric).map_or("", |known| known.unit)
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Meets => "holds",
        Verdict::Unsure => "not sure",
        Verdict::Misses => "does not hold",
    }
}

fn said(request: &Request, tuned: &Tuned) -> String {
    let currency = tuned.plan.points.first().map_or_else(String::new, |point| point.currency.clone());
    let words = Words { request, currency };
    let mut text =
        format!("Objective: {}, by the whole 95 % interval over {} seeds\n", objective(request), tuned.selection.seeds);
    text.push_str(&format!("\nToday\n{}", words.variant(&tuned.today)));
    match &tuned.recommended {
        Some(best) if best.settings.is_empty() => text.push_str("\nRecommended: leave it as it is\n"),
        Some(best) => {
            text.push_str(&format!("\nRecommended\n{}", words.variant(best)));
            text.push_str("  against today, in pairs\n");
            for beside in &tuned.beside {
                text.push_str(&format!(
                    "    {}: {} instead of {} ({})\n",
                    beside.metric,
                    words.figure(&beside.metric, beside.recommended),
                    words.figure(&beside.metric, beside.today),
                    words.difference(&beside.metric, beside.difference)
                ));
            }
            text.push_str(&differences(tuned, best));
        }
        None => text.push_str("\nNo recommendation: no variant holds the objective for sure\n"),
    }
    text.push_str(&chosen(&words, tuned));
    if !tuned.others.is_empty() {
        text.push_str("\nRunners-up\n");
        for variant in &tuned.others {
            text.push_str(&words.variant(variant));
        }
    }
    if !tuned.robustness.is_empty() {
        let of = if tuned.recommended.is_some() { "recommendation" } else { "variant that comes nearest" };
        text.push_str(&format!("\nThe {of} in other worlds\n"));
        for world in &tuned.robustness {
            let metric = &request.requirement.metric;
            text.push_str(&format!(
                "  {}: {} {}, {metric} {} ({})\n",
                world.world,
                request.minimize,
                words.figure(&request.minimize, world.cost),
                words.figure(metric, world.figure),
                verdict(world.verdict)
            ));
        }
    }
    text.push_str(&binding(&words, tuned));
    text.push_str(&format!("\n{} variants were looked at", tuned.variants));
    if tuned.excluded > 0 {
        text.push_str(&format!(", {} combinations excluded by constraints", tuned.excluded));
    }
    text.push('\n');
    text
}

/// How clear the choice was, and how far the screening was off.
fn chosen(words: &Words<'_>, tuned: &Tuned) -> String {
    let selection = tuned.selection;
    let mut text = String::new();
    if selection.candidates > 1 {
        let (cost, tolerance) = (&words.request.minimize, selection.indifference);
        let tolerance = words.figure(cost, Summary { mean: tolerance, low: tolerance, high: tolerance });
        let (candidates, seeds) = (selection.candidates, selection.seeds);
        text.push_str(&match selection.remaining {
            0 | 1 => format!(
                "\n{candidates} variants hold the objective; that this one has the least {cost}, to within {tolerance}, is \
                 95 % sure (Kim and Nelson, {seeds} seeds)\n"
            ),
            remaining => format!(
                "\n{candidates} variants hold the objective; {remaining} of them could not be told apart to within \
                 {tolerance} of {cost} by {seeds} seeds: the least mean is taken\n"
            ),
        });
    }
    for error in &tuned.screening {
        let of = |value: f64| words.figure(&error.metric, Summary { mean: value, low: value, high: value });
        text.push_str(&format!(
            "\nScreening: {} was off by {} on average, at most {}, of {} ({} variants simulated both ways)\n",
            error.metric,
            of(error.bias),
            of(error.largest),
            of(error.mean),
            error.variants
        ));
    }
    text
}

/// The settings that change, from today's to the recommended.
fn differences(tuned: &Tuned, best: &Confirmed) -> String {
    let mut text = "  the change\n".to_string();
    let document = &tuned.plan.sweep.scenarios[0].document;
    for setting in &best.settings {
        let Some((key, value)) = setting.split_once('=') else { continue };
        let today = document.written(key).map_or_else(|| "(default)".into(), |written| written.typed());
        if today != value {
            text.push_str(&format!("  - {key} = {today}\n  + {key} = {value}\n"));
        }
    }
    text
}

fn binding(words: &Words<'_>, tuned: &Tuned) -> String {
    let Some(first) = tuned.reliefs.first() else { return String::new() };
    let metric = &words.request.requirement.metric;
    let mut text = "\nWhich limit binds? The variant that comes nearest, with one limit lifted at a time\n".to_string();
    for tried in &tuned.reliefs {
        text.push_str(&format!(
            "  {}: {} instead of {} ({})\n",
            tried.relief.title(),
            words.figure(metric, tried.after),
            words.figure(metric, tried.before),
            verdict(tried.verdict)
        ));
    }
    text.push_str(&match first.verdict {
        Verdict::Misses => "  none of them alone would do\n".to_string(),
        Verdict::Meets => format!("  the binding limit: {} would do\n", first.relief.title()),
        Verdict::Unsure => format!("  the binding limit may be this: {}\n", first.relief.title()),
    });
    text
}

// ---- JSON

fn document(request: &Request, tuned: &Tuned) -> Value {
    let today = tuned.plan.points.first();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": request.sweep.name,
        "objective": objective(request),
        "minimize": request.minimize,
        "seed": tuned.plan.seed,
        "fidelity": request.fidelity,
        "replications": request.replications,
        "policy": today.map(|point| point.policy.as_str()),
        "traffic": today.map(|point| point.traffic.as_str()),
        "currency": today.map(|point| point.currency.as_str()),
        "variants": tuned.variants,
        "excluded": tuned.excluded,
        "today": variant(&tuned.today),
        "recommended": tuned.recommended.as_ref().map(variant),
        "beside_today": tuned.beside.iter().map(|beside| (beside.metric.clone(), json!({
            "today": beside.today, "recommended": beside.recommended, "difference": beside.difference,
        }))).collect::<serde_json::Map<String, Value>>(),
        "selection": {
            "procedure": "kim-nelson",
            "seeds": tuned.selection.seeds,
            "candidates": tuned.selection.candidates,
            "remaining": tuned.selection.remaining,
            "indifference": tuned.selection.indifference,
        },
        "screening": tuned.screening.iter().map(|error| json!({
            "metric": error.metric, "variants": error.variants, "bias": error.bias, "largest": error.largest,
            "mean": error.mean,
        })).collect::<Vec<Value>>(),
        "runners_up": tuned.others.iter().map(variant).collect::<Vec<Value>>(),
        "robustness": tuned.robustness.iter().map(|world| json!({
            "world": world.world, "cost": world.cost, "figure": world.figure, "verdict": verdict(world.verdict),
        })).collect::<Vec<Value>>(),
        "reliefs": tuned.reliefs.iter().map(|tried| json!({
            "relief": tried.relief.title(), "before": tried.before, "after": tried.after, "verdict": verdict(tried.verdict),
        })).collect::<Vec<Value>>(),
    })
}

fn variant(variant: &Confirmed) -> Value {
    json!({
        "settings": variant.settings,
        "cost": variant.cost,
        "figure": variant.figure,
        "verdict": verdict(variant.verdict),
        "cost_against_today": variant.against_today.0,
        "figure_against_today": variant.against_today.1,
    })
}
