//! The report: one HTML file that needs nothing else, and a summary in Markdown for a pull request.
//!
//! ```text
//! mod.rs        what goes in
//! answer        the question and the answer: who wins, by how much, how sure
//! log           the decision log in words
//! timeline      the timelines as the browser needs them, thinned out by extremes
//! page/         the HTML, section by section; escape: text that others wrote
//! markdown      the summary
//! assets/       style and script, beside uPlot in plots/vendor/
//! ```

mod answer;
mod escape;
mod log;
mod markdown;
mod page;
mod timeline;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use windtunnel_sim::outcome::{MetricValues, Outcome, Summary};

use crate::error::PlotError;
use crate::frontier::Frontier;
use crate::picture::Picture;
use crate::sweep::{HeatMap, MainEffects, Tornado};

/// Everything that a report shows.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The version that wrote it.
    pub version: String,
    /// The scenarios, in order.
    pub runs: Vec<ReportRun>,
    /// The sweeps and tunings.
    pub sweeps: Vec<ReportSweep>,
    /// A font file for glyphs that the embedded typeface lacks, such as Chinese.
    pub font: Option<PathBuf>,
}

/// A scenario as it was run.
#[derive(Clone, Debug)]
pub struct ReportRun {
    /// What it is called; names are told apart.
    pub name: String,
    /// The run under the first seed.
    pub outcome: Outcome,
    /// Its seeds, and the figures under each.
    pub seeds: Vec<u64>,
    /// The figures, one set for each seed.
    pub samples: Vec<MetricValues>,
    /// The currency that costs are compared in, and what one unit of the run's is worth in it.
    pub exchange: Option<(String, f64)>,
    /// The command that runs it again.
    pub command: String,
    /// The resolved scenario, with its defaults marked.
    pub scenario: String,
    /// What a check finds wrong with the policy.
    pub hazards: Vec<ReportHazard>,
    /// The modelling choices that no vendor documents.
    pub assumptions: Vec<ReportAssumption>,
}

/// A finding of `windtunnel check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportHazard {
    /// Its code, such as `G03`; may be empty.
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// The key it is about.
    pub path: String,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// A modelling choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportAssumption {
    /// Its key.
    pub key: String,
    /// Its value here.
    pub value: String,
    /// Whether nobody wrote it.
    pub is_default: bool,
    /// What is not documented.
    pub question: String,
    /// What the value rests on.
    pub source: String,
}

/// A sweep or a tuning.
#[derive(Clone, Debug, Default)]
pub struct ReportSweep {
    /// Its name.
    pub name: String,
    /// The question that it was to answer.
    pub question: String,
    /// The answer, in a sentence or two.
    pub answer: String,
    /// How sure it is.
    pub confidence: String,
    /// Its points on the axes of cost and violations.
    pub frontier: Frontier,
    /// One for each point of `frontier`, in its order.
    pub points: Vec<ReportPoint>,
    /// The charts that its design allows.
    pub heat_map: Option<HeatMap>,
    /// The mean of each figure at every value of every parameter.
    pub main_effects: Option<MainEffects>,
    /// The swings of the parameters.
    pub tornado: Option<Tornado>,
    /// Facts for the provenance: name and value.
    pub facts: Vec<(String, String)>,
}

/// What is known of a point beside its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportPoint {
    /// Its parameters: key and value.
    pub parameters: Vec<(String, String)>,
    /// The command that runs it.
    pub command: String,
    /// Whether it holds the objective, in words; may be empty.
    pub verdict: String,
}

/// A finished page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The text of the file.
    pub text: String,
    /// What the reader should be told, such as missing glyphs.
    pub warnings: Vec<String>,
}

/// The report as one HTML document.
///
/// # Errors
/// When there is nothing to report, or the font cannot be read.
pub fn report_html(report: &Report) -> Result<Page, PlotError> {
    if report.runs.is_empty() && report.sweeps.is_empty() {
        return Err(PlotError::Nothing { of: "run or sweep" });
    }
    page::render(report)
}

/// The report's answer and figures as Markdown.
///
/// # Errors
/// When there is nothing to report.
pub fn report_markdown(report: &Report) -> Result<String, PlotError> {
    if report.runs.is_empty() && report.sweeps.is_empty() {
        return Err(PlotError::Nothing { of: "run or sweep" });
    }
    Ok(markdown::render(report))
}

impl ReportRun {
    /// A figure under each seed that has it.
    fn values(&self, metric: &str) -> Vec<f64> {
        self.samples.iter().filter_map(|run| run.get(metric)).filter(|value| value.is_finite()).collect()
    }

    /// Its mean and interval; costs in the currency of comparison.
    fn summary(&self, metric: &str) -> Option<Summary> {
        let values = self.values(metric);
        (!values.is_empty()).then(|| Summary::of(&values))
    }

    /// The cost under each seed, in the currency of comparison.
    fn costs(&self) -> Vec<f64> {
        let rate = self.exchange.as_ref().map_or(1.0, |exchange| exchange.1);
        self.values("cost_total").iter().map(|cost| cost * rate).collect()
    }

    /// The currency of [`ReportRun::costs`].
    fn currency(&self) -> &str {
        self.exchange.as_ref().map_or(self.outcome.currency.as_str(), |exchange| exchange.0.as_str())
    }
}

/// A picture in both themes.
struct Themed {
    light: Picture,
    dark: Picture,
}
