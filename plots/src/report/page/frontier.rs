//! Frontiers whose points can be pointed at, and the other charts of a sweep.

use serde::Serialize;
use windtunnel_sim::outcome::{Provider, Summary};

use super::super::ReportSweep;
use super::super::answer::holds;
use super::super::escape::{html, short};
use super::figures::{share, with_interval};
use super::{Body, LONGEST_NAME};
use crate::error::PlotError;
use crate::frontier::{CostPoint, Frontier, frontier};
use crate::number;

/// What a point of a frontier tells when it is pointed at.
#[derive(Serialize)]
pub(super) struct PointData<'r> {
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

impl<'r> Body<'r> {
    pub(super) fn frontier_of_runs(&mut self) -> Result<(), PlotError> {
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

    pub(super) fn sweep(&mut self, sweep: &'r ReportSweep) -> Result<(), PlotError> {
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
}
