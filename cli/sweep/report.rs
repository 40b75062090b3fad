//! What a sweep says in the terminal.

use serde_json::Value;
use windtunnel_sim::experiment::analysis::{Answer, Report};
use windtunnel_sim::experiment::execute::{Records, Task};
use windtunnel_sim::experiment::journal::Record;
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::outcome::metric::DEFINITIONS;

use crate::error::{CliError, Kind};
use crate::figures;
use crate::text_table::{Cell, render};

use super::outputs::Bound;

/// Failures that are shown.
const SHOWN: usize = 5;
/// Points that are shown.
const ROWS: usize = 20;

/// What is about to be done.
pub(super) fn beginning(plan: &Plan, done: usize, missing: usize) -> String {
    let mut text = format!("{} points, {} runs", plan.points.len(), done + missing);
    if plan.excluded > 0 {
        text.push_str(&format!(", {} points excluded by constraints", plan.excluded));
    }
    if plan.repeated > 0 {
        text.push_str(&format!(", {} repeat another point and run once", plan.repeated));
    }
    if done > 0 {
        text.push_str(&format!("; {done} runs are done already"));
    }
    text
}

/// What came of it: the frontier, the answer to the objective, which keys matter, what is to be known.
pub(super) fn ending(results: &Results<'_>, report: &Report, clairvoyants: &[Bound]) -> String {
    let mut text = String::new();
    if !report.frontier.is_empty() {
        let count = report.frontier.len();
        let of = results.plan.points.len();
        text.push_str(&format!("The frontier: {count} of {of} points are beaten by no other\n\n"));
        text.push_str(&points(results, &report.frontier));
    }
    if let Some(knee) = report.knee {
        text.push_str(&format!("\nKnee: {}\n", parameters(results, knee)));
    }
    if let Some(answer) = &report.answer {
        text.push_str(&answered(results, answer));
    }
    for bound in clairvoyants {
        text.push_str(&format!(
            "\nClairvoyant bound ({}): {} instance hours, {} {}, for a boot of {} s\n",
            bound.trace.as_deref().unwrap_or(&bound.scenario),
            figures::digits(bound.bound.instance_hours),
            figures::digits(bound.bound.cost),
            bound.currency,
            figures::digits(bound.bound.boot_seconds),
        ));
    }
    for effects in &report.effects {
        text.push_str(&most_influential(effects));
    }
    for note in &report.notes {
        text.push_str(&format!("\nNote: {note}.\n"));
    }
    text
}

fn answered(results: &Results<'_>, answer: &Answer) -> String {
    let requirement = &answer.requirement;
    let sign = if requirement.is_upper { "<" } else { ">" };
    let mut text = format!("\nObjective: {} {sign} {}\n", requirement.metric, requirement.bound);
    let (meet, may, miss) = answer.counts;
    text.push_str(&format!("  {meet} points meet it with 95 % confidence, {may} by their mean only, {miss} miss it\n"));
    match (answer.cheapest, answer.cheapest_by_mean) {
        (Some(point), _) => text.push_str(&format!("  the cheapest that meets it: {}\n", parameters(results, point))),
        (None, Some(point)) => text.push_str(&format!(
            "  none is sure; the cheapest by its mean: {} (more replications may tell)\n",
            parameters(results, point)
        )),
        (None, None) => text.push_str("  no point of this sweep meets it\n"),
    }
    text
}

fn parameters(results: &Results<'_>, point: usize) -> String {
    let parameters = results.parameters(point);
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    parameters.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect::<Vec<_>>().join(", ")
}

/// One line per figure: the axes in order of influence.
fn most_influential(effects: &Value) -> String {
    let kind = effects["kind"].as_str().unwrap_or_default();
    let list = if kind == "variance" { &effects["axes"]["main"] } else { &effects["axes"] };
    let value = match kind {
        "variance" => "share_of_variance",
        "morris" => "mu_star",
        "sobol" => "total",
        _ => "high",
    };
    let axis = |axis: &Value| {
        let name = axis["axis"].as_str().unwrap_or_default();
        let number = axis[value].as_f64().unwrap_or(f64::NAN);
        let number = match kind {
            "variance" | "sobol" => format!("{:.0} %", number * 100.0),
            "tornado" => {
                format!("{} to {}", figures::digits(axis["low"].as_f64().unwrap_or(f64::NAN)), figures::digits(number))
            }
            _ => figures::digits(number),
        };
        format!("{name} {number}")
    };
    let listed: Vec<String> = list.as_array().into_iter().flatten().map(axis).collect();
    let together = strongest_interaction(effects);
    let (scenario, metric) =
        (effects["scenario"].as_str().unwrap_or_default(), effects["metric"].as_str().unwrap_or_default());
    format!("\nWhat moves {metric} of {scenario} ({kind}): {}{together}\n", listed.join(", "))
}

/// Interactions below this share of the variance are not worth a word.
const WORTH_A_WORD: f64 = 0.01;

/// The pair of axes that does most together beyond what each does alone, where that is worth a word.
fn strongest_interaction(effects: &Value) -> String {
    let strongest = &effects["axes"]["interactions"][0];
    match strongest["share_of_variance"].as_f64().filter(|share| *share >= WORTH_A_WORD) {
        Some(share) => {
            let axis = |index: usize| strongest["axes"][index].as_str().unwrap_or_default();
            format!("; {} and {} together {:.0} %", axis(0), axis(1), share * 100.0)
        }
        None => String::new(),
    }
}

/// Points as a table, each with what tells it apart and with the figures that the sweep weighs.
pub(super) fn points(results: &Results<'_>, points: &[usize]) -> String {
    let plan = results.plan;
    let header = plan.columns.iter().chain(&plan.sweep.minimize).map(Cell::new);
    let mut rows: Vec<Vec<Cell>> = vec![header.collect()];
    for &point in points.iter().take(ROWS) {
        let cells = plan.points[point].cells.iter().map(Cell::new);
        let figures = plan.sweep.minimize.iter().map(|metric| {
            let unit = DEFINITIONS.iter().find(|known| known.name == metric).map_or("", |known| known.unit);
            let summary = results.summary(point, metric);
            let text = summary.map(|summary| figures::with_interval(summary, unit, &plan.points[point].currency));
            Cell::new(text.unwrap_or_else(|| "-".into()))
        });
        rows.push(cells.chain(figures).collect());
    }
    let mut text = render(&rows);
    if points.len() > ROWS {
        text.push_str(&format!("... and {} more: see frontier.csv\n", points.len() - ROWS));
    }
    text
}

/// Fails when runs failed, naming some with a command that repeats each alone.
pub(super) fn failures(plan: &Plan, records: &Records) -> Result<(), CliError> {
    let failed: Vec<_> = records.iter().filter(|(_, record)| record.error.is_some()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let mut message = format!("{} of {} runs failed", failed.len(), records.len());
    // What is wrong with a point is wrong under every seed: one of them shows it.
    let mut shown: Vec<&(Task, &Record)> = Vec::new();
    for run in &failed {
        let is_known = |known: &&(Task, &Record)| known.0.point == run.0.point && known.1.error == run.1.error;
        if shown.len() < SHOWN && !shown.iter().any(is_known) {
            shown.push(run);
        }
    }
    for (task, record) in shown {
        let error = record.error.as_deref().unwrap_or_default();
        let command = plan.reproduction(&plan.points[task.point], task.replication);
        message.push_str(&format!("\n  {error}\n    {command}"));
    }
    if failed.len() > 1 {
        message.push_str("\n  all of them: the column `error` of results.csv");
    }
    Err(CliError::new(Kind::Input, message).hint("a constraint leaves points out that are no valid scenarios"))
}
