//! The files of a sweep, and what is printed at its end.

use serde_json::{Value, json};
use windtunnel_sim::experiment::analysis::{Report, Requirement};
use windtunnel_sim::experiment::clairvoyant::{Clairvoyant, clairvoyant};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::scenario::document::SharedFiles;

use crate::enforce::Objective;
use crate::error::{CliError, Kind};
use crate::flags::Format;
use crate::output::Folder;
use crate::results::Stored;
use crate::{json, plots, terminal};

use super::{SweepOutputFlags, report, stored};

/// Writes the folder, prints the end, and fails when runs failed.
pub(super) fn write(
    results: &Results<'_>,
    mut folder: Folder,
    flags: &SweepOutputFlags,
    is_quiet: bool,
) -> Result<(), CliError> {
    let requirement = requirement(results, flags)?;
    let report = Report::new(results, requirement.as_ref());
    let clairvoyants = clairvoyants(results.plan);
    let document = document(results, &report, &clairvoyants);
    let (runs, summary) = (results.runs_csv(), results.summary_csv());
    #[cfg(feature = "parquet")]
    {
        folder.add("results.parquet", super::parquet::of_csv(&runs)?);
        folder.add("summary.parquet", super::parquet::of_csv(&summary)?);
    }
    folder.add("results.csv", runs);
    folder.add("results.jsonl", results.runs_jsonl());
    folder.add("summary.csv", summary);
    folder.add("frontier.csv", results.points_csv(&report.frontier));
    folder.add("sweep.json", json::bytes(&document));
    let stored = stored::points(results, &report, requirement.as_ref(), &clairvoyants);
    folder.add("points.json", json::bytes(&stored));
    if !flags.no_plots {
        plots::add_available(&Stored::Sweep(Box::new(stored)), flags.font.as_deref(), &mut folder)?;
    }
    let said = format!("wrote {} files to {}", folder.len(), folder.root().display());
    folder.write(flags.force)?;
    if !is_quiet {
        terminal::say(&said);
    }
    match flags.format {
        Format::Json => terminal::print_raw(&json::bytes(&document))?,
        Format::Table => terminal::print(&report::ending(results, &report, &clairvoyants))?,
    }
    report::failures(results.plan, results.records)
}

/// The clairvoyant bound of a scenario under a trace.
pub(super) struct Bound {
    pub(super) scenario: String,
    pub(super) trace: Option<String>,
    pub(super) currency: String,
    pub(super) bound: Clairvoyant,
}

/// The bounds of all scenarios and traces, each with what is the same at all of its points; equal ones once.
fn clairvoyants(plan: &Plan) -> Vec<Bound> {
    let files = SharedFiles::default();
    let mut bounds: Vec<Bound> = Vec::new();
    for block in &plan.blocks {
        let Some(point) = block.rows.iter().filter_map(|(_, point)| *point).find(|&p| plan.points[p].fault.is_none())
        else {
            continue;
        };
        let Ok(scenario) = plan.scenario(&plan.points[point], &files) else { continue };
        let Some(bound) = clairvoyant(&scenario) else { continue };
        let trace = block.trace.map(|trace| plan.sweep.traces[trace].typed());
        if bounds.iter().any(|known| known.bound == bound && known.trace == trace) {
            continue;
        }
        let currency = plan.points[point].currency.clone();
        bounds.push(Bound { scenario: plan.sweep.scenarios[block.scenario].name.clone(), trace, currency, bound });
    }
    bounds
}

fn clairvoyant_json(bound: &Bound) -> Value {
    json!({
        "scenario": bound.scenario,
        "trace": bound.trace,
        "boot_seconds": bound.bound.boot_seconds,
        "instance_hours": bound.bound.instance_hours,
        "cost_instances": bound.bound.cost,
        "currency": bound.currency,
    })
}

/// What `--objective` or the sweep asks for.
fn requirement(results: &Results<'_>, flags: &SweepOutputFlags) -> Result<Option<Requirement>, CliError> {
    let written = results.plan.sweep.objective.as_ref();
    match (&flags.objective, written) {
        (Some(objective), _) => Ok(Some(objective.requirement())),
        (None, None) => Ok(None),
        (None, Some(text)) => {
            let objective: Objective = text
                .parse()
                .map_err(|message: String| CliError::new(Kind::Input, format!("the sweep's `objective`: {message}")))?;
            Ok(Some(objective.requirement()))
        }
    }
}

/// The sweep as one JSON document.
fn document(results: &Results<'_>, report: &Report, clairvoyants: &[Bound]) -> Value {
    let plan = results.plan;
    let failures: Vec<Value> = results
        .failures()
        .into_iter()
        .map(|(task, error)| {
            let command = plan.reproduction(&plan.points[task.point], task.replication);
            json!({
                "point": plan.points[task.point].digest,
                "replication": task.replication,
                "error": error,
                "command": command,
            })
        })
        .collect();
    let mut document = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sweep": plan.sweep.name,
        "plan": plan.digest(),
        "design": plan.sweep.design.name(),
        "fidelity": plan.fidelity,
        "seed": plan.seed,
        "replications": results.replications,
        "points": plan.points.len(),
        "excluded": plan.excluded,
        "repeated": plan.repeated,
    });
    if let Some(map) = document.as_object_mut() {
        map.insert("clairvoyant".into(), clairvoyants.iter().map(clairvoyant_json).collect());
        map.append(&mut report.to_json(results));
        map.insert("failures".into(), failures.into());
    }
    document
}
