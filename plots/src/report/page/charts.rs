//! Pictures in the page, in both themes: reaction budgets, latency, capacity gaps.

use windtunnel_sim::outcome::Outcome;

use super::super::Themed;
use super::super::escape::{html, short};
use super::{Body, LONGEST_NAME};
use crate::error::PlotError;
use crate::options::ChartOptions;
use crate::picture::Picture;
use crate::theme::Theme;

/// The width of drawn charts: they shrink with the page, and scroll where they would become illegible.
const WIDTH: u32 = 1000;

impl Body<'_> {
    pub(super) fn reactions(&mut self) -> Result<(), PlotError> {
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

    pub(super) fn latency(&mut self) -> Result<(), PlotError> {
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

    /// A picture under a heading, in both themes; nothing where there is nothing to draw.
    pub(super) fn chart(
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

    pub(super) fn themed(
        &mut self,
        draw: impl Fn(&ChartOptions) -> Result<Picture, PlotError>,
    ) -> Result<Themed, PlotError> {
        let options =
            |theme| ChartOptions { width: WIDTH, theme, font: self.report.font.clone(), embed_typeface: false };
        let drawn = Themed { light: draw(&options(Theme::light()))?, dark: draw(&options(Theme::dark()))? };
        self.warnings.extend(drawn.light.warnings().iter().cloned());
        Ok(drawn)
    }
}

impl Themed {
    /// Both documents inline; the style sheet shows one.
    pub(super) fn inline(&self) -> String {
        let one =
            |picture: &Picture, class: &str| picture.svg().replacen("<svg ", &format!("<svg class=\"{class}\" "), 1);
        format!("{}{}", one(&self.light, "light-only"), one(&self.dark, "dark-only"))
    }
}
