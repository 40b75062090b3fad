//! `windtunnel report RESULTS...`: one HTML page that answers the question and can be carried into a review, or its
//! summary in Markdown.

use std::path::PathBuf;

use clap::ValueEnum;
use windtunnel_plots::{
    PlotError, Report, ReportAssumption, ReportHazard, ReportPoint, ReportRun, ReportSweep, report_html,
    report_markdown,
};

use crate::charts::{self, Selection};
use crate::error::{CliError, Kind};
use crate::figures;
use crate::results::{self, Details, Stored, StoredPoint, StoredRun, StoredSweep, StoredTune, StoredVariant, VERSION};
use crate::{diagnostics, output, terminal};

/// Write a report of results: one HTML file that needs nothing else, or Markdown for a pull request
///
/// RESULTS are folders that run, compare, sweep or tune wrote; scenarios of several folders are compared, in pairs where
/// they share seeds and traffic. The HTML opens from disk, loads nothing from the network, and prints.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel report windtunnel-out -o report.html
  windtunnel report results/ess results/hpa results/sweep -o review.html
  windtunnel report windtunnel-out --format md")]
pub(crate) struct Arguments {
    /// Folders of results, or JSON documents
    #[arg(value_name = "RESULTS", required = true)]
    results: Vec<PathBuf>,
    /// Where to write it [default: report.html; Markdown is printed]
    #[arg(long, short, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// A page, or a summary
    #[arg(long, value_name = "FORMAT", default_value = "html")]
    format: PageFormat,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// What is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    /// One HTML file
    Html,
    /// Markdown
    #[value(alias = "markdown")]
    Md,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let file = match (&arguments.output, arguments.format) {
        (Some(file), _) => Some(file.clone()),
        (None, PageFormat::Html) => Some(PathBuf::from("report.html")),
        (None, PageFormat::Md) => None,
    };
    if let Some(file) = file.as_ref().filter(|file| !arguments.force && file.exists()) {
        let message = format!("`{}` is there already", file.display());
        return Err(CliError::new(Kind::Input, message).hint("name another file with -o, or replace it with --force"));
    }
    let mut report = Report { version: VERSION.to_string(), font: arguments.font.clone(), ..Report::default() };
    for path in &arguments.results {
        match results::open(path)? {
            Stored::Runs(runs) => report.runs.extend(runs.into_iter().map(report_run)),
            Stored::Sweep(stored) => report.sweeps.push(report_sweep(*stored)?),
            Stored::Tune(stored) => report.sweeps.push(report_tune(&stored)),
            Stored::Backtests(_) | Stored::Replays(_) | Stored::Traffic(..) => {
                let message = format!("`{}` has charts, but nothing that a report could weigh", path.display());
                return Err(CliError::new(Kind::Input, message).hint(
                    "a report takes what run, compare, sweep or tune wrote; for the charts there is windtunnel plot",
                ));
            }
        }
    }
    tell_apart(&mut report.runs);
    let failed = |error: PlotError| CliError::new(Kind::Input, format!("the report cannot be made: {error}"));
    let text = match arguments.format {
        PageFormat::Md => report_markdown(&report).map_err(failed)?,
        PageFormat::Html => {
            let page = report_html(&report).map_err(failed)?;
            for warning in &page.warnings {
                diagnostics::warn(warning, Some("give a font that has them with --font"));
            }
            page.text
        }
    };
    match file {
        None => terminal::print_raw(text.as_bytes()),
        Some(file) => {
            output::write_file(&file, text.as_bytes())?;
            terminal::say(&format!("wrote {}", file.display()));
            Ok(())
        }
    }
}

/// Scenarios of several folders may have the same name.
fn tell_apart(runs: &mut [ReportRun]) {
    let mut seen: Vec<String> = Vec::new();
    for run in runs {
        let mut candidate = run.name.clone();
        let mut number = 2;
        while seen.contains(&candidate) {
            candidate = format!("{} ({number})", run.name);
            number += 1;
        }
        seen.push(candidate.clone());
        run.name.clone_from(&candidate);
        run.outcome.name = candidate;
    }
}

fn report_run(stored: StoredRun) -> ReportRun {
    let StoredRun { outcome, name, details, .. } = stored;
    let Some(details) = details else {
        let samples = vec![outcome.metrics.clone()];
        let seeds = vec![outcome.seed];
        let command = String::new();
        return ReportRun {
            name,
            outcome,
            seeds,
            samples,
            exchange: None,
            command,
            scenario: String::new(),
            hazards: Vec::new(),
            assumptions: Vec::new(),
        };
    };
    let Details { seeds, samples, exchange, command, scenario, hazards, assumptions, .. } = details;
    ReportRun {
        name,
        outcome,
        seeds,
        samples,
        exchange: exchange.map(|exchange| (exchange.to, exchange.rate)),
        command,
        scenario,
        hazards: hazards
            .into_iter()
            .map(|one| ReportHazard {
                code: one.code,
                severity: one.severity,
                path: one.path,
                message: one.message,
                fix: one.fix,
            })
            .collect(),
        assumptions: assumptions
            .into_iter()
            .map(|one| ReportAssumption {
                key: one.key,
                value: one.value,
                is_default: one.is_default,
                question: one.question,
                source: one.source,
            })
            .collect(),
    }
}

// ---- sweeps

fn report_sweep(stored: StoredSweep) -> Result<ReportSweep, CliError> {
    let frontier = charts::of_sweep(&stored);
    let drawn: Vec<&StoredPoint> = charts::drawn_of_sweep(&stored);
    let points = drawn.iter().map(|point| report_point(&stored, point)).collect();
    let selection = Selection::default();
    let (answer, confidence) = sweep_answer(&stored);
    let facts = [
        ("design", stored.design.clone()),
        ("points", stored.points.len().to_string()),
        ("fidelity", stored.fidelity.clone()),
        ("seed", stored.seed.to_string()),
        ("replications", stored.replications.to_string()),
        ("digest of the plan", stored.plan.clone()),
        ("traffic", stored.traffic()),
    ];
    Ok(ReportSweep {
        question: match &stored.objective {
            Some(objective) => format!("{}: which settings hold {objective} for the least money?", stored.sweep),
            None => format!("{}: what does each step of violations cost?", stored.sweep),
        },
        answer,
        confidence,
        heat_map: charts::heat_map_of(&stored, &selection).ok(),
        main_effects: Some(charts::main_effects_of(&stored, &selection)?),
        tornado: Some(charts::tornado_of(&stored, &selection)?),
        facts: facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        name: stored.sweep,
        frontier,
        points,
    })
}

fn report_point(stored: &StoredSweep, point: &StoredPoint) -> ReportPoint {
    let cells = stored.columns.iter().zip(&point.cells).filter(|(_, cell)| !cell.is_empty());
    ReportPoint {
        parameters: cells.map(|(column, cell)| (column.clone(), cell.clone())).collect(),
        command: command(stored, point),
        verdict: point.verdict.clone().unwrap_or_default(),
    }
}

/// How a point is run again; results hold no paths, so the scenario's file is told by its name.
fn command(stored: &StoredSweep, point: &StoredPoint) -> String {
    let settings: String =
        point.settings.iter().map(|setting| format!(" --set {}", results::quoted(setting))).collect();
    let fidelity = if stored.fidelity == "fluid" { " --fidelity fluid" } else { "" };
    format!("windtunnel run <the file of {}>{settings} --seed {}{fidelity}", point.scenario, stored.seed)
}

/// A point's values with the ends of their keys, which tell them apart; its name where nothing varies.
fn settings(stored: &StoredSweep, point: &StoredPoint) -> String {
    let short = |column: &str| {
        let mut parts: Vec<&str> = column.rsplit('.').take(2).collect();
        parts.reverse();
        parts.join(".")
    };
    let cells = stored.columns.iter().zip(&point.cells).filter(|(_, cell)| !cell.is_empty());
    let all: Vec<String> = cells.map(|(column, cell)| format!("{} {cell}", short(column))).collect();
    if all.is_empty() { point.name() } else { all.join(", ") }
}

fn sweep_answer(stored: &StoredSweep) -> (String, String) {
    let cost = |point: &&StoredPoint| point.metric("cost_total").map_or(f64::INFINITY, |summary| summary.mean);
    let cheapest = |verdict: &str| {
        let holding =
            stored.points.iter().filter(|point| point.verdict.as_deref() == Some(verdict) && !point.is_baseline);
        holding.min_by(|a, b| cost(a).total_cmp(&cost(b)))
    };
    let told = |point: &StoredPoint| {
        let money = point
            .metric("cost_total")
            .map_or_else(String::new, |summary| figures::with_interval(summary, "currency", &point.currency));
        let share = point
            .metric("slo_violating_request_fraction")
            .map_or_else(String::new, |summary| figures::with_interval(summary, "1", ""));
        format!("{} costs {money}, {share} of requests violate", settings(stored, point))
    };
    let seeds = if stored.replications < 2 {
        "One seed per point: nothing is sure, and there are no intervals; sweep with replications.".to_string()
    } else {
        format!("By the whole 95 % interval over {} seeds.", stored.replications)
    };
    let mut confidence = seeds;
    for note in &stored.notes {
        confidence.push_str(&format!(" Note: {note}."));
    }
    let today = stored
        .points
        .iter()
        .find(|point| point.is_today)
        .map(|point| format!(" Today: {}.", told(point)))
        .unwrap_or_default();
    let answer = match (&stored.objective, cheapest("holds"), cheapest("not sure")) {
        (Some(_), Some(point), _) => format!("{}.{today}", told(point)),
        (Some(_), None, Some(point)) => format!("None for sure; by its mean {}.{today}", told(point)),
        (Some(_), None, None) => format!("None of {} points holds it.{today}", stored.points.len()),
        (None, ..) => {
            let count = stored.points.iter().filter(|point| point.is_on_frontier).count();
            let knee = stored
                .points
                .iter()
                .find(|point| point.is_knee)
                .map(|point| format!(" The knee: {}.", told(point)))
                .unwrap_or_default();
            format!("{count} of {} points are beaten by no other.{knee}{today}", stored.points.len())
        }
    };
    (answer, confidence)
}

// ---- tunings

fn report_tune(stored: &StoredTune) -> ReportSweep {
    let frontier = charts::of_tune(stored);
    let variants = std::iter::once(&stored.today).chain(&stored.recommended).chain(&stored.runners_up);
    let point = |variant: &StoredVariant| ReportPoint {
        parameters: variant
            .settings
            .iter()
            .filter_map(|setting| setting.split_once('='))
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        command: String::new(),
        verdict: variant.verdict.clone(),
    };
    let told = |variant: &StoredVariant| {
        let unit = if stored.minimize.starts_with("cost") { "currency" } else { "" };
        let settings = if variant.settings.is_empty() { "no change".to_string() } else { variant.settings.join(", ") };
        format!("{settings}: {} {}", stored.minimize, figures::with_interval(variant.cost, unit, &stored.currency))
    };
    let answer = match &stored.recommended {
        Some(best) => format!("{}. Today: {} ({}).", told(best), told(&stored.today), stored.today.verdict),
        None => format!("No variant holds it for sure. Today: {} ({}).", told(&stored.today), stored.today.verdict),
    };
    let facts = [
        ("objective", stored.objective.clone()),
        ("seed", stored.seed.to_string()),
        ("replications", stored.replications.to_string()),
        ("traffic", stored.traffic.clone()),
    ];
    ReportSweep {
        name: format!("{}, tuned", stored.scenario),
        question: format!(
            "{}: which settings hold {} for the least {}?",
            stored.scenario, stored.objective, stored.minimize
        ),
        answer,
        confidence: format!(
            "Confirmed by the whole 95 % interval over {} seeds that took no part in the search.",
            stored.replications
        ),
        frontier,
        points: variants.map(point).collect(),
        facts: facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        ..ReportSweep::default()
    }
}
