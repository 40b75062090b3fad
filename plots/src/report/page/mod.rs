//! The HTML document: everything in one file, nothing from the network.
//!
//! ```text
//! mod.rs       the document and the order of its sections
//! palette      colours as variables of the style sheet
//! figures      the first screen: question, answer, figures
//! over_time    timelines and decision log, which the script fills
//! frontier     cost against violations, sweeps
//! charts       pictures in both themes: reaction, latency, capacity gap
//! rests_on     hazards, assumptions, scenarios, provenance
//! ```

mod charts;
mod figures;
mod frontier;
mod over_time;
mod palette;
mod rests_on;

use serde::Serialize;

use self::frontier::PointData;
use super::escape::{html, script, short};
use super::timeline::{Timeline, timelines};
use super::{Page, Report};
use crate::error::PlotError;
use crate::typeface::{Typeface, Weight, clean, style_sheet};

pub(super) use self::figures::{percent_points, share, with_interval};

const STYLE: &str = include_str!("../assets/report.css");
const SCRIPT: &str = include_str!("../assets/report.js");
const UPLOT: &str = include_str!("../../../vendor/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../../vendor/uplot/uPlot.min.css");
const UPLOT_LICENSE: &str = include_str!("../../../vendor/uplot/LICENSE");
const LONGEST_NAME: usize = 80;

/// What the script reads.
#[derive(Serialize)]
struct Data<'r> {
    runs: Vec<Timeline>,
    frontiers: Vec<Vec<PointData<'r>>>,
}

pub(in crate::report) fn render(report: &Report) -> Result<Page, PlotError> {
    let mut page = Body { report, text: String::new(), warnings: Vec::new(), frontiers: Vec::new() };
    page.answer();
    page.timeline();
    page.frontier_of_runs()?;
    for sweep in &report.sweeps {
        page.sweep(sweep)?;
    }
    page.reactions()?;
    page.latency()?;
    page.hazards();
    page.assumptions();
    page.scenarios();
    page.provenance();
    let title = html(&short(&title(report), LONGEST_NAME));
    let data = Data { runs: timelines(&report.runs), frontiers: std::mem::take(&mut page.frontiers) };
    let json = serde_json::to_string(&data).map_err(|error| PlotError::Draw(error.to_string()))?;
    // The whole page tells which glyphs are missing, once.
    let typeface = Typeface::load(report.font.as_deref())?;
    let of_runs = report.runs.iter().flat_map(|run| [&run.name, &run.outcome.traffic, &run.outcome.currency]);
    for text in of_runs.chain(report.sweeps.iter().flat_map(|sweep| [&sweep.name, &sweep.frontier.traffic])) {
        typeface.width(&clean(text), 1.0, Weight::Regular);
    }
    let mut warnings = typeface.warnings();
    warnings.extend(page.warnings.iter().filter(|warning| !warning.contains("has no glyphs")).cloned());
    warnings.dedup();
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; font-src data:; img-src data:\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n{}<style>{UPLOT_STYLE}\n{}\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#answer\">To the answer</a>\n\
         <header class=\"top\"><p class=\"brand\">windtunnel report</p>{}\
         <button type=\"button\" id=\"theme\">Dark or light</button></header>\n\
         <main>\n{}</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n\
         <script>/*! uPlot\n{}*/\n{UPLOT}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        style_sheet(),
        palette::variables(),
        navigation(report),
        page.text,
        script(&json),
        UPLOT_LICENSE.replace("*/", "* /"),
    );
    Ok(Page { text, warnings })
}

fn title(report: &Report) -> String {
    let names: Vec<&str> = report
        .runs
        .iter()
        .map(|run| run.name.as_str())
        .chain(report.sweeps.iter().map(|sweep| sweep.name.as_str()))
        .collect();
    format!("windtunnel: {}", names.join(", "))
}

fn navigation(report: &Report) -> String {
    let has_runs = !report.runs.is_empty();
    let links = [
        ("answer", "Answer", true),
        ("timeline", "Timeline", has_runs),
        ("log", "Decisions", has_runs),
        ("frontier", "Frontier", report.runs.len() > 1 || !report.sweeps.is_empty()),
        ("reaction", "Reaction", has_runs),
        ("hazards", "Hazards", has_runs),
        ("assumptions", "Assumptions", has_runs),
        ("scenario", "Scenario", has_runs),
        ("provenance", "Provenance", true),
    ];
    let link = |(id, name, _): &(&str, &str, bool)| format!("<a href=\"#{id}\">{name}</a>");
    format!("<nav aria-label=\"Sections\">{}</nav>", links.iter().filter(|link| link.2).map(link).collect::<String>())
}

struct Body<'r> {
    report: &'r Report,
    text: String,
    warnings: Vec<String>,
    frontiers: Vec<Vec<PointData<'r>>>,
}

impl Body<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}
