//! The HTML document: everything in one file, nothing from the network.

use serde::Serialize;

use super::answer::{answer, cost_difference, holds, violation_difference};
use super::escape::{html, lines, script, short};
use super::timeline::{Timeline, timelines};
use super::{Page, Report, ReportRun, ReportSweep, Themed};
use crate::error::PlotError;
use crate::frontier::{CostPoint, Frontier, frontier};
use crate::number;
use crate::options::ChartOptions;
use crate::picture::Picture;
use crate::theme::{Color, Theme};
use crate::typeface::{Typeface, Weight, clean, style_sheet};
use windtunnel_sim::outcome::{Outcome, Provider, Summary};

const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");
const UPLOT: &str = include_str!("../../vendor/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../vendor/uplot/uPlot.min.css");
const UPLOT_LICENSE: &str = include_str!("../../vendor/uplot/LICENSE");
/// The width of drawn charts: they shrink with the page, and scroll where they would become illegible.
const WIDTH: u32 = 1000;
const LONGEST_NAME: usize = 80;

/// What the script reads.
#[derive(Serialize)]
struct Data<'r> {
    runs: Vec<Timeline>,
    frontiers: Vec<Vec<PointData<'r>>>,
}

/// What a point of a frontier tells when it is pointed at.
#[derive(Serialize)]
struct PointData<'r> {
    name: &'r str,
    label: &'r str,
    cost: String,
    violations: String,
    marks: Vec<&'static str>,
    verdict: &'r str,
    parameters: &'r [(String, String)],
    command: &'r str,
    /// The run that it is.
    run: Option<usize>,
}

pub(super) fn render(report: &Report) -> Result<Page, PlotError> {
    let mut page = Body { report, text: String::new(), warnings: Vec::new(), frontiers: Vec::new() };
    page.answer();
    page.timeline()?;
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
        variables(),
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

/// The colours of both themes as variables of the style sheet: the charts and the page have one palette.
fn variables() -> String {
    let block = |theme: &Theme| {
        let mut text = String::new();
        let mut set = |name: &str, Color(red, green, blue): Color| {
            text.push_str(&format!("--{name}:#{red:02x}{green:02x}{blue:02x};"));
        };
        set("background", theme.background);
        set("panel", theme.panel);
        set("ink", theme.ink);
        set("muted", theme.muted);
        set("grid", theme.grid);
        set("frame", theme.frame);
        set("served", theme.served);
        set("lost", theme.rejected);
        set("in-service", theme.in_service_edge);
        set("booting", theme.booting.toward(theme.ink, 0.35));
        set("draining", theme.draining);
        set("billed", theme.billed.toward(theme.ink, 0.3));
        set("demand", theme.demand);
        set("cpu", theme.utilization);
        set("cpu-max", theme.utilization_max);
        set("violation", theme.violation);
        set("out", theme.scale_out);
        set("in", theme.scale_in);
        for (index, color) in theme.quantiles.into_iter().enumerate() {
            set(&format!("quantile-{index}"), color);
        }
        for (index, color) in theme.categories.into_iter().enumerate() {
            set(&format!("category-{index}"), color);
        }
        text
    };
    let (light, dark) = (block(&Theme::light()), block(&Theme::dark()));
    format!(
        ":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         :root[data-theme=dark]{{{dark}}}\n@media print{{:root,:root[data-theme=dark],:root:not([data-theme=light]){{{light}}}}}"
    )
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

impl<'r> Body<'r> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn answer(&mut self) {
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

    fn timeline(&mut self) -> Result<(), PlotError> {
        let runs = &self.report.runs;
        if runs.is_empty() {
            return Ok(());
        }
        self.push("<section id=\"timeline\">\n<h2>Timeline</h2>\n");
        self.push(
            "<p class=\"hint\">Drag to zoom, double-click to see all; all charts move together. By keyboard: tab to a \
             chart, arrows move the cursor, + and − zoom, 0 shows all. Names above a chart switch its lines on and off.</p>\n",
        );
        self.push("<fieldset class=\"choice\" id=\"view\"><legend>Show</legend>");
        let count = runs.len();
        if count > 1 {
            self.push("<label><input type=\"radio\" name=\"view\" value=\"all\" checked> all policies</label>");
        }
        for (index, run) in runs.iter().enumerate() {
            let checked = if count == 1 { " checked" } else { "" };
            let label = html(&short(&run.name, LONGEST_NAME));
            self.push(&format!(
                "<label><input type=\"radio\" name=\"view\" value=\"{index}\"{checked}> {label}</label>"
            ));
        }
        self.push(
            "</fieldset>\n<div class=\"tools\" role=\"group\" aria-label=\"Zoom\">\
             <button type=\"button\" data-zoom=\"in\">Zoom in</button><button type=\"button\" data-zoom=\"out\">Zoom out</button>\
             <button type=\"button\" data-zoom=\"left\" aria-label=\"Earlier\">←</button>\
             <button type=\"button\" data-zoom=\"right\" aria-label=\"Later\">→</button>\
             <button type=\"button\" data-zoom=\"all\">Show all</button><output id=\"span\"></output></div>\n\
             <p id=\"empty\" hidden>This run has no intervals: there is nothing to show over time.</p>\n\
             <div id=\"charts\"></div>\n<noscript><p>The interactive charts need JavaScript; everything else does not.</p></noscript>\n\
             </section>\n<section id=\"log\">\n<h2>Decisions</h2>\n\
             <p class=\"hint\">Every decision with what the controller saw. A click moves the timeline there.</p>\n\
             <fieldset class=\"choice\" id=\"kinds\"><legend>Show</legend>\
             <label><input type=\"checkbox\" value=\"out\" checked> scale-outs</label>\
             <label><input type=\"checkbox\" value=\"in\" checked> scale-ins</label>\
             <label><input type=\"checkbox\" value=\"refused\" checked> refusals</label>\
             <label><input type=\"checkbox\" value=\"other\" checked> others</label></fieldset>\n\
             <div id=\"entries\" class=\"entries\" tabindex=\"0\" role=\"region\" aria-label=\"Decision log\"></div>\n</section>\n",
        );
        Ok(())
    }

    fn frontier_of_runs(&mut self) -> Result<(), PlotError> {
        let runs = &self.report.runs;
        if runs.len() < 2 {
            return Ok(());
        }
        let mut points = Vec::new();
        let mut data = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            let costs = run.costs();
            let Some(violations) = run.summary("slo_violating_request_fraction").filter(|_| !costs.is_empty()) else {
                continue;
            };
            let provider = run.outcome.provider;
            let point = CostPoint::new(&run.name, provider.title(), Summary::of(&costs), violations, run.currency());
            let point = CostPoint { is_baseline: matches!(provider, Provider::Fixed | Provider::Baseline), ..point };
            data.push(PointData {
                name: &run.name,
                label: provider.title(),
                cost: with_interval(point.cost, &|value| number::money(value, run.currency())),
                violations: with_interval(violations, &share),
                marks: Vec::new(),
                verdict: holds(run).word(run.seeds.len() > 1),
                parameters: &[],
                command: &run.command,
                run: Some(index),
            });
            points.push(point);
        }
        if points.is_empty() {
            return Ok(());
        }
        let chart = Frontier { traffic: runs[0].outcome.traffic.clone(), points, ..Frontier::default() };
        self.push("<section id=\"frontier\">\n<h2>Cost against violations</h2>\n");
        self.frontier(&chart, data)?;
        self.push("</section>\n");
        Ok(())
    }

    /// A frontier whose points can be pointed at, with what is known of the one that is.
    fn frontier(&mut self, chart: &Frontier, data: Vec<PointData<'r>>) -> Result<(), PlotError> {
        let drawn = self.themed(|options| frontier(chart, options))?;
        let place = self.frontiers.len();
        let (width, height) = drawn.light.size();
        let buttons: String = drawn
            .light
            .marks()
            .iter()
            .zip(&data)
            .enumerate()
            .filter_map(|(index, (mark, point))| {
                let (x, y) = (*mark)?;
                let (left, top) = (100.0 * x / f64::from(width), 100.0 * y / f64::from(height));
                let name = html(&short(&format!("{}: {}, {} violate", point.name, point.cost, point.violations), 200));
                Some(format!(
                    "<button type=\"button\" class=\"point\" data-frontier=\"{place}\" data-point=\"{index}\" \
                     style=\"left:{left:.3}%;top:{top:.3}%\" aria-label=\"{name}\"></button>"
                ))
            })
            .collect();
        self.push(&format!(
            "<p class=\"hint\">Point at a point, or tab to it, to see its parameters; a click keeps it.</p>\n\
             <div class=\"scroll\"><div class=\"frontier\">{}{buttons}</div></div>\n\
             <div class=\"details\" id=\"point-{place}\" aria-live=\"polite\"><p class=\"hint\">No point is selected.</p></div>\n",
            drawn.inline()
        ));
        self.frontiers.push(data);
        Ok(())
    }

    fn sweep(&mut self, sweep: &'r ReportSweep) -> Result<(), PlotError> {
        let id = if self.text.contains("<section id=\"frontier\"") { "" } else { " id=\"frontier\"" };
        self.push(&format!("<section{id}>\n<h2>{}</h2>\n", html(&short(&sweep.name, LONGEST_NAME))));
        let drawable =
            sweep.frontier.points.iter().any(|point| point.cost.mean.is_finite() && point.violations.mean.is_finite());
        if drawable {
            let data = sweep.frontier.points.iter().zip(&sweep.points).map(|(point, known)| PointData {
                name: &point.name,
                label: &point.label,
                cost: with_interval(point.cost, &|value| number::money(value, &point.currency)),
                violations: with_interval(point.violations, &share),
                marks: point.marks.iter().map(|mark| mark.title()).collect(),
                verdict: &known.verdict,
                parameters: &known.parameters,
                command: &known.command,
                run: None,
            });
            let data = data.collect();
            self.frontier(&sweep.frontier, data)?;
        } else {
            self.push("<p>No point has both a cost and a share of violating requests.</p>\n");
        }
        if let Some(map) = &sweep.heat_map {
            self.chart("Two parameters", |options| crate::heat_map(map, options))?;
        }
        if let Some(effects) = &sweep.main_effects {
            self.chart("What each parameter does", |options| crate::main_effects(effects, options))?;
        }
        if let Some(swings) = &sweep.tornado {
            self.chart("What moves the figures", |options| crate::tornado(swings, options))?;
        }
        self.push("</section>\n");
        Ok(())
    }

    fn reactions(&mut self) -> Result<(), PlotError> {
        let runs = &self.report.runs;
        if runs.is_empty() {
            return Ok(());
        }
        self.push("<section id=\"reaction\">\n<h2>Reaction budget</h2>\n<p class=\"hint\">From the first breaching sample to the first request on new capacity, under the first seed.</p>\n");
        let before = self.text.len();
        if runs.len() > 1 {
            let outcomes: Vec<&Outcome> = runs.iter().map(|run| &run.outcome).collect();
            self.chart("Side by side", |options| crate::reaction_comparison(&outcomes, options))?;
        }
        for run in runs {
            let name = short(&run.name, LONGEST_NAME);
            self.chart(&name, |options| crate::reaction(&run.outcome, options))?;
        }
        if self.text.len() == before {
            self.push("<p>No scale-out answered a breach.</p>\n");
        }
        self.push("</section>\n");
        Ok(())
    }

    fn latency(&mut self) -> Result<(), PlotError> {
        if self.report.runs.iter().all(|run| run.outcome.latency.count() == 0) {
            return Ok(());
        }
        let outcomes: Vec<&Outcome> = self.report.runs.iter().map(|run| &run.outcome).collect();
        self.push("<section id=\"latency\">\n<h2>Latency</h2>\n");
        self.chart("How slow is how likely", |options| crate::latency_distribution(&outcomes, options))?;
        for run in &self.report.runs {
            if !run.outcome.timeline.is_empty() {
                let name = format!("{}: what was missing, what was idle", short(&run.name, LONGEST_NAME));
                self.chart(&name, |options| crate::capacity_gap(&run.outcome, options))?;
            }
        }
        self.push("</section>\n");
        Ok(())
    }

    fn hazards(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"hazards\">\n<h2>Hazards</h2>\n<p class=\"hint\">What <code>windtunnel check</code> says about the policies, and what the runs warn of.</p>\n");
        for run in &self.report.runs {
            self.push(&format!("<h3>{}</h3>\n", html(&short(&run.name, LONGEST_NAME))));
            let warnings = run
                .outcome
                .warnings
                .iter()
                .filter(|warning| !run.hazards.iter().any(|hazard| hazard.message == warning.message));
            let mut items: Vec<String> = run
                .hazards
                .iter()
                .map(|hazard| {
                    let fix = if hazard.fix.is_empty() {
                        String::new()
                    } else {
                        format!("<br><span class=\"fix\">{}</span>", html(&hazard.fix))
                    };
                    let path = if hazard.path.is_empty() {
                        String::new()
                    } else {
                        format!(" <code>{}</code>", html(&hazard.path))
                    };
                    format!(
                        "<li class=\"{}\"><strong>{} {}</strong>{path}: {}{fix}</li>",
                        html(&hazard.severity),
                        html(&hazard.severity),
                        html(&hazard.code),
                        html(&hazard.message)
                    )
                })
                .collect();
            items.extend(warnings.map(|warning| {
                let hint = warning
                    .hint
                    .as_ref()
                    .map(|hint| format!("<br><span class=\"fix\">{}</span>", html(hint)))
                    .unwrap_or_default();
                format!("<li class=\"warning\"><strong>run</strong>: {}{hint}</li>", html(&warning.message))
            }));
            if items.is_empty() {
                self.push("<p>None were found.</p>\n");
            } else {
                self.push(&format!("<ul class=\"hazards\">{}</ul>\n", items.concat()));
            }
        }
        self.push("</section>\n");
    }

    fn assumptions(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"assumptions\">\n<h2>Assumptions</h2>\n<p class=\"hint\">Choices that no vendor documents: each is a key of the scenario, with what its value rests on.</p>\n");
        for run in &self.report.runs {
            let changed = run.assumptions.iter().filter(|one| !one.is_default).count();
            self.push(&format!(
                "<details><summary>{}: {} assumptions, {changed} changed from their default</summary>\n",
                html(&short(&run.name, LONGEST_NAME)),
                run.assumptions.len()
            ));
            if !run.assumptions.is_empty() {
                self.push("<div class=\"scroll\"><table><thead><tr><th>Key</th><th>Value</th><th>What is not documented</th><th>Rests on</th></tr></thead><tbody>");
            }
            for one in &run.assumptions {
                let mark = if one.is_default { "" } else { " <strong>changed</strong>" };
                self.push(&format!(
                    "<tr><td><code>{}</code></td><td><code>{}</code>{mark}</td><td>{}</td><td>{}</td></tr>",
                    html(&one.key),
                    html(&one.value),
                    html(&one.question),
                    linked(&one.source)
                ));
            }
            if !run.assumptions.is_empty() {
                self.push("</tbody></table></div>");
            }
            self.push("</details>\n");
        }
        self.push("</section>\n");
    }

    fn scenarios(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"scenario\">\n<h2>Scenario</h2>\n<p class=\"hint\">Every key with its value, as <code>windtunnel show</code> prints it; what nobody wrote is marked as a default.</p>\n");
        for run in &self.report.runs {
            self.push(&format!(
                "<details><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
                html(&short(&run.name, LONGEST_NAME)),
                lines(&run.scenario)
            ));
        }
        self.push("</section>\n");
    }

    fn provenance(&mut self) {
        let version = html(&self.report.version);
        self.push(&format!("<section id=\"provenance\">\n<h2>Provenance</h2>\n<p>Written by windtunnel {version}. The same scenarios and seeds give the same results on any machine.</p>\n"));
        for run in &self.report.runs {
            let outcome = &run.outcome;
            let seeds = match run.seeds[..] {
                [] => outcome.seed.to_string(),
                [only] => only.to_string(),
                [first, .., last] => format!("{first} to {last} ({}); timelines show {first}", run.seeds.len()),
            };
            let facts = [
                ("policy", outcome.provider.title().to_owned()),
                ("traffic", outcome.traffic.clone()),
                ("length", number::seconds(outcome.horizon.as_secs_f64())),
                ("fidelity", format!("{:?}", outcome.fidelity).to_lowercase()),
                ("seed", seeds),
                ("digest of scenario and trace", outcome.digest.clone()),
                ("to reproduce", run.command.clone()),
            ];
            let facts: Vec<(String, String)> =
                facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            self.facts(&run.name, &facts);
        }
        for sweep in &self.report.sweeps {
            self.facts(&sweep.name, &sweep.facts);
        }
        self.push("<p class=\"hint\">Interactive charts by uPlot (MIT licence); typeface Inter (SIL Open Font License).</p>\n</section>\n");
    }

    fn facts(&mut self, name: &str, facts: &[(String, String)]) {
        self.push(&format!("<h3>{}</h3>\n<dl>", html(&short(name, LONGEST_NAME))));
        for (name, value) in facts {
            self.push(&format!("<dt>{}</dt><dd>{}</dd>", html(name), html(value)));
        }
        self.push("</dl>\n");
    }

    /// A picture under a heading, in both themes; nothing where there is nothing to draw.
    fn chart(
        &mut self,
        title: &str,
        draw: impl Fn(&ChartOptions) -> Result<Picture, PlotError>,
    ) -> Result<(), PlotError> {
        match self.themed(draw) {
            Ok(drawn) => {
                self.push(&format!(
                    "<h3>{}</h3>\n<div class=\"scroll\"><div class=\"picture\">{}</div></div>\n",
                    html(title),
                    drawn.inline()
                ));
                Ok(())
            }
            Err(PlotError::Nothing { .. } | PlotError::TooMany { .. } | PlotError::EmptyTimeline { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn themed(&mut self, draw: impl Fn(&ChartOptions) -> Result<Picture, PlotError>) -> Result<Themed, PlotError> {
        let options =
            |theme| ChartOptions { width: WIDTH, theme, font: self.report.font.clone(), embed_typeface: false };
        let drawn = Themed { light: draw(&options(Theme::light()))?, dark: draw(&options(Theme::dark()))? };
        self.warnings.extend(drawn.light.warnings().iter().cloned());
        Ok(drawn)
    }
}

impl Themed {
    /// Both documents inline; the style sheet shows one.
    fn inline(&self) -> String {
        let one =
            |picture: &Picture, class: &str| picture.svg().replacen("<svg ", &format!("<svg class=\"{class}\" "), 1);
        format!("{}{}", one(&self.light, "light-only"), one(&self.dark, "dark-only"))
    }
}

/// Addresses in a text as links; the page loads nothing from them.
fn linked(text: &str) -> String {
    let word = |word: &str| match word.strip_prefix("https://") {
        Some(rest)
            if !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/?#=&%+:".contains(c)) =>
        {
            format!("<a href=\"https://{0}\" rel=\"noopener noreferrer\">{0}</a>", html(rest))
        }
        _ => html(word),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A share with three digits: its interval is told apart from it.
pub(super) fn share(share: f64) -> String {
    format!("{} %", number::quantity(share * 100.0))
}

pub(super) fn with_interval(summary: Summary, text: &dyn Fn(f64) -> String) -> String {
    if summary.low < summary.high {
        format!("{} ({} to {})", text(summary.mean), text(summary.low), text(summary.high))
    } else {
        text(summary.mean)
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
                let cost = said(cost_difference(run, &runs[winner]), &|value| number::money(value, run.currency()));
                let violations = said(violation_difference(run, &runs[winner]), &percent_points);
                text.push_str(&format!("<td>{}</td><td>{}</td>", html(&cost), html(&violations)));
            }
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

pub(super) fn percent_points(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{} % points", number::quantity(share * 100.0))
}
