//! The first screen: the question, the answer, and the figures behind it.

use windtunnel_sim::outcome::Summary;

use super::super::ReportRun;
use super::super::answer::{answer, cost_difference, holds, violation_difference};
use super::super::escape::{html, short};
use super::{Body, LONGEST_NAME};
use crate::number;

impl Body<'_> {
    pub(super) fn answer(&mut self) {
        let answer = answer(self.report);
        self.push(&format!(
            "<section id=\"answer\">\n<h1>{}</h1>\n<p class=\"answer\">{}</p>\n<p class=\"sure\">{}</p>\n",
            html(&answer.question),
            html(&answer.answer),
            html(&answer.confidence),
        ));
        if !self.report.runs.is_empty() {
            let table = figures_table(&self.report.runs, answer.winner);
            self.push(&table);
        }
        for sweep in self.report.sweeps.iter().skip(usize::from(self.report.runs.is_empty())) {
            self.push(&format!(
                "<h2>{}</h2>\n<p class=\"answer\">{}</p>\n<p class=\"sure\">{}</p>\n",
                html(&sweep.question),
                html(&sweep.answer),
                html(&sweep.confidence)
            ));
        }
        self.push("</section>\n");
    }
}

/// The figures of all runs, and the difference of each to the winner.
fn figures_table(runs: &[ReportRun], winner: Option<usize>) -> String {
    let mut text = "<div class=\"scroll\"><table class=\"figures\"><thead><tr><th>Policy</th><th>Cost</th><th>Violating requests</th>\
                    <th>p99 latency</th><th>Objective</th>"
        .to_owned();
    if winner.is_some() {
        text.push_str("<th>Cost against the winner</th><th>Violations against the winner</th>");
    }
    text.push_str("</tr></thead><tbody>");
    for (index, run) in runs.iter().enumerate() {
        let none = || "–".to_owned();
        let costs = run.costs();
        let cost = if costs.is_empty() {
            none()
        } else {
            with_interval(Summary::of(&costs), &|value| number::money(value, run.currency()))
        };
        let figure = |metric: &str, said: &dyn Fn(f64) -> String| {
            run.summary(metric).map_or_else(none, |summary| with_interval(summary, said))
        };
        let class = if winner == Some(index) { " class=\"winner\"" } else { "" };
        let name = html(&short(&run.name, LONGEST_NAME));
        text.push_str(&format!(
            "<tr{class}><th scope=\"row\">{name}<br><span class=\"provider\">{}</span></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
            run.outcome.provider.title(),
            html(&cost),
            figure("slo_violating_request_fraction", &share),
            figure("latency_p99_seconds", &number::seconds),
            holds(run).word(run.seeds.len() > 1),
        ));
        if let Some(winner) = winner {
            if winner == index {
                text.push_str("<td>the winner</td><td></td>");
            } else {
                let said = |difference: Option<(Summary, bool)>, said: &dyn Fn(f64) -> String| {
                    difference
                        .map_or_else(|| "not comparable".to_owned(), |(difference, _)| with_interval(difference, said))
                };
                let more = |value: f64| {
                    format!("{}{}", if value > 0.0 { "+" } else { "" }, number::money(value, run.currency()))
                };
                let cost = said(cost_difference(run, &runs[winner]), &more);
                let violations = said(violation_difference(run, &runs[winner]), &percent_points);
                text.push_str(&format!("<td>{}</td><td>{}</td>", html(&cost), html(&violations)));
            }
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

/// A share with three digits: its interval is told apart from it.
pub(in crate::report) fn share(share: f64) -> String {
    format!("{} %", number::quantity(share * 100.0))
}

pub(in crate::report) fn with_interval(summary: Summary, text: &dyn Fn(f64) -> String) -> String {
    if summary.low < summary.high {
        format!("{} ({} to {})", text(summary.mean), text(summary.low), text(summary.high))
    } else {
        text(summary.mean)
    }
}

pub(in crate::report) fn percent_points(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{} % points", number::quantity(share * 100.0))
}
