//! Calls to the plots crate: the only place that knows it.

use windtunnel_plots::{ChartOptions, CostPoint, Format, Picture, PlotError, Validation};
use windtunnel_sim::outcome::{Outcome, Provider, Summary};
use windtunnel_validation::row::Replay;

use crate::charts::{self, Selection};
use crate::currency::Exchange;
use crate::error::{CliError, Kind};
use crate::experiment::Results;
use crate::flags::OutputFlags;
use crate::output::{Folder, slugs};
use crate::results::{Stored, StoredReplays};
use crate::{diagnostics, json};

/// Adds the charts of one scenario as SVG and PNG.
pub(crate) fn add_timeline(
    outcome: &Outcome,
    slug: &str,
    flags: &OutputFlags,
    folder: &mut Folder,
) -> Result<(), CliError> {
    if flags.no_plots || outcome.timeline.is_empty() {
        return Ok(());
    }
    let options = options(flags);
    add(&format!("{slug}-timeline"), windtunnel_plots::timeline(outcome, &options), folder)?;
    add(&format!("{slug}-capacity-gap"), windtunnel_plots::capacity_gap(outcome, &options), folder)?;
    // A run in which nothing breached, or nothing came of it, has no budget to draw; one without requests no latency.
    add_if_any(&format!("{slug}-reaction"), windtunnel_plots::reaction(outcome, &options), folder)?;
    add_if_any(&format!("{slug}-latency"), windtunnel_plots::latency_distribution(&[outcome], &options), folder)?;
    add_if_any(&format!("{slug}-instances"), windtunnel_plots::lives(outcome, &options), folder)
}

/// Adds a picture unless there is nothing to be seen.
fn add_if_any(name: &str, picture: Result<Picture, PlotError>, folder: &mut Folder) -> Result<(), CliError> {
    match picture {
        Err(PlotError::Nothing { .. }) => Ok(()),
        picture => add(name, picture, folder),
    }
}

/// Adds the charts that compare scenarios.
pub(crate) fn add_comparison(
    results: &Results,
    exchange: Option<&Exchange>,
    flags: &OutputFlags,
    folder: &mut Folder,
) -> Result<(), CliError> {
    let outcomes = &results.firsts();
    if flags.no_plots || outcomes.iter().any(|outcome| outcome.timeline.is_empty()) {
        return Ok(());
    }
    let options = options(flags);
    let of = |(name, replications): (&str, &[Outcome])| cost_point(name, replications, exchange);
    let points: Vec<CostPoint> = results.iter().filter_map(of).collect();
    match windtunnel_plots::comparison(outcomes, &options) {
        Err(PlotError::TooMany { .. }) => {
            diagnostics::warn("the comparison chart has room for eight scenarios; it is left out", None);
        }
        picture => add("comparison", picture, folder)?,
    }
    let traffic = outcomes.first().map_or("", |outcome| outcome.traffic.as_str());
    add("cost-against-violations", windtunnel_plots::cost_against_violations(&points, traffic, &options), folder)?;
    add_if_any("latency", windtunnel_plots::latency_distribution(outcomes, &options), folder)?;
    add_if_any("reaction", windtunnel_plots::reaction_comparison(outcomes, &options), folder)
}

/// A scenario on the chart of cost against violations: in the common currency where there is one.
fn cost_point(name: &str, replications: &[Outcome], exchange: Option<&Exchange>) -> Option<CostPoint> {
    let first = replications.first()?;
    let samples =
        |metric: &str| -> Vec<f64> { replications.iter().filter_map(|run| run.metrics.get(metric)).collect() };
    let rate = exchange.and_then(|exchange| exchange.rate(&first.currency));
    let costs: Vec<f64> = samples("cost_total").iter().map(|cost| cost * rate.unwrap_or(1.0)).collect();
    let (cost, violations) = (Summary::of(&costs), Summary::of(&samples("slo_violating_request_fraction")));
    let currency = exchange.map_or(first.currency.as_str(), |exchange| exchange.to.as_str());
    let is_baseline = matches!(first.provider, Provider::Fixed | Provider::Baseline);
    Some(CostPoint { is_baseline, ..CostPoint::new(name, first.provider.title(), cost, violations, currency) })
}

/// Adds every chart that results have.
pub(crate) fn add_available(
    stored: &Stored,
    font: Option<&std::path::Path>,
    folder: &mut Folder,
) -> Result<(), CliError> {
    let options = ChartOptions { font: font.map(Into::into), ..ChartOptions::default() };
    for chart in charts::available(stored) {
        // A sweep that is no grid has no heat map: nobody asked for one.
        let Ok(pictures) = charts::draw(stored, chart, &Selection::default(), &options) else { continue };
        for (name, picture) in pictures {
            match picture {
                Err(PlotError::Nothing { .. } | PlotError::TooMany { .. }) => {}
                picture => add(&name, picture, folder)?,
            }
        }
    }
    Ok(())
}

/// Adds a chart of each recorded run that has one, what draws it again, and says where.
pub(crate) fn add_replays(replays: &[Replay], folder: &mut Folder) -> Result<Vec<(String, String)>, CliError> {
    let charts: Vec<Validation> = replays.iter().map(charts::of_replay).collect();
    let names: Vec<String> = replays.iter().map(|replay| replay.name.clone()).collect();
    let mut added = Vec::new();
    for ((chart, name), slug) in charts.iter().zip(names.clone()).zip(slugs(&names)) {
        let failed =
            |error: PlotError| CliError::new(Kind::Input, format!("the chart {slug} cannot be drawn: {error}"));
        let picture = windtunnel_plots::validation(chart, &ChartOptions::default()).map_err(failed)?;
        let file = format!("validation/{slug}.svg");
        folder.add(file.clone(), picture.bytes(Format::Svg).map_err(failed)?);
        added.push((name, file));
    }
    if !charts.is_empty() {
        folder.add("replays.json", json::bytes(&StoredReplays::new(charts)));
    }
    Ok(added)
}

fn options(flags: &OutputFlags) -> ChartOptions {
    ChartOptions { font: flags.font.clone(), ..ChartOptions::default() }
}

fn add(name: &str, picture: Result<Picture, PlotError>, folder: &mut Folder) -> Result<(), CliError> {
    let failed = |error: PlotError| CliError::new(Kind::Input, format!("the chart {name} cannot be drawn: {error}"));
    let picture = picture.map_err(failed)?;
    for warning in picture.warnings() {
        diagnostics::warn(&format!("{name}: {warning}"), Some("give a font that has them with --font"));
    }
    for format in [Format::Svg, Format::Png] {
        folder.add(format!("{name}.{}", format.extension()), picture.bytes(format).map_err(failed)?);
    }
    Ok(())
}
