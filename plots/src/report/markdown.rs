//! The summary for a pull request: question, answer, figures, hazards, how to reproduce.

use windtunnel_sim::outcome::Summary;

use super::answer::{answer, cost_difference, holds, violation_difference};
use super::escape::{markdown, short};
use super::page::{percent_points, share, with_interval};
use super::{Report, ReportRun};
use crate::number;

const LONGEST_NAME: usize = 80;

pub(super) fn render(report: &Report) -> String {
    let answer = answer(report);
    let mut text = format!(
        "## {}\n\n**{}**\n\n{}\n",
        markdown(&answer.question),
        markdown(&answer.answer),
        markdown(&answer.confidence)
    );
    if !report.runs.is_empty() {
        text.push_str(&table(&report.runs, answer.winner));
    }
    for sweep in report.sweeps.iter().skip(usize::from(report.runs.is_empty())) {
        text.push_str(&format!(
            "\n### {}\n\n**{}**\n\n{}\n",
            markdown(&sweep.question),
            markdown(&sweep.answer),
            markdown(&sweep.confidence)
        ));
    }
    text.push_str(&hazards(&report.runs));
    text.push_str(&provenance(report));
    text
}

fn table(runs: &[ReportRun], winner: Option<usize>) -> String {
    let mut text = "\n| policy | cost | violating requests | p99 latency | objective | cost against the winner | violations against the winner |\n| --- | ---: | ---: | ---: | --- | ---: | ---: |\n".to_owned();
    for (index, run) in runs.iter().enumerate() {
        let none = || "–".to_owned();
        let money = |value: f64| number::money(value, run.currency());
        let costs = run.costs();
        let cost = if costs.is_empty() { none() } else { with_interval(Summary::of(&costs), &money) };
        let figure = |metric: &str, said: &dyn Fn(f64) -> String| {
            run.summary(metric).map_or_else(none, |summary| with_interval(summary, said))
        };
        let against = |difference: Option<(Summary, bool)>, said: &dyn Fn(f64) -> String| match winner {
            Some(winner) if winner != index => difference
                .map_or_else(|| "not comparable".to_owned(), |(difference, _)| with_interval(difference, said)),
            _ => none(),
        };
        let other = winner.map_or(run, |winner| &runs[winner]);
        let name = markdown(&short(&run.name, LONGEST_NAME));
        let name = if winner == Some(index) { format!("**{name}**") } else { name };
        let cells = [
            markdown(&cost),
            figure("slo_violating_request_fraction", &share),
            figure("latency_p99_seconds", &number::seconds),
            holds(run).word(run.seeds.len() > 1).to_owned(),
            markdown(&against(cost_difference(run, other), &money)),
            against(violation_difference(run, other), &percent_points),
        ];
        text.push_str(&format!("| {name} ({}) | {} |\n", run.outcome.provider.title(), cells.join(" | ")));
    }
    text
}

fn hazards(runs: &[ReportRun]) -> String {
    let mut text = String::new();
    for run in runs {
        for hazard in run.hazards.iter().filter(|hazard| hazard.severity != "note") {
            text.push_str(&format!(
                "* {}: {} {} {}: {}\n",
                markdown(&short(&run.name, LONGEST_NAME)),
                markdown(&hazard.severity),
                markdown(&hazard.code),
                markdown(&hazard.path),
                markdown(&hazard.message)
            ));
        }
    }
    if text.is_empty() { text } else { format!("\n<details><summary>Hazards</summary>\n\n{text}\n</details>\n") }
}

fn provenance(report: &Report) -> String {
    let mut text = format!("\n<details><summary>To reproduce (windtunnel {})</summary>\n\n", markdown(&report.version));
    let mut commands: Vec<&str> =
        report.runs.iter().map(|run| run.command.as_str()).filter(|command| !command.is_empty()).collect();
    commands.dedup();
    for command in commands {
        text.push_str(&format!("<pre>{}</pre>\n", super::escape::html(command)));
    }
    for run in &report.runs {
        text.push_str(&format!(
            "* {}: digest {}, seed {}\n",
            markdown(&short(&run.name, LONGEST_NAME)),
            markdown(&run.outcome.digest),
            run.outcome.seed
        ));
    }
    for sweep in &report.sweeps {
        for (name, value) in &sweep.facts {
            text.push_str(&format!(
                "* {}: {} {}\n",
                markdown(&short(&sweep.name, LONGEST_NAME)),
                markdown(name),
                markdown(value)
            ));
        }
    }
    text.push_str("\n</details>\n");
    text
}
