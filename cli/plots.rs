//! Calls to the plots crate: the only place that knows it.

use windtunnel_plots::{ChartOptions, CostPoint, Format, Picture, PlotError, ReplicaChart};
use windtunnel_sim::outcome::{Outcome, Summary};
use windtunnel_validation::row::Replay;

use crate::currency::Exchange;
use crate::diagnostics;
use crate::error::{CliError, Kind};
use crate::experiment::Results;
use crate::flags::OutputFlags;
use crate::output::{Folder, slugs};

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
    match windtunnel_plots::reaction(outcome, &options) {
        // A run in which nothing breached, or nothing came of it, has no budget to draw.
        Err(PlotError::Nothing { .. }) => Ok(()),
        picture => add(&format!("{slug}-reaction"), picture, folder),
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
    let points: Vec<CostPoint> =
        results.iter().filter_map(|(name, replications)| cost_point(name, replications, exchange)).collect();
    match windtunnel_plots::comparison(outcomes, &options) {
        Err(PlotError::TooMany { .. }) => {
            diagnostics::warn("the comparison chart has room for eight scenarios; it is left out", None);
        }
        picture => add("comparison", picture, folder)?,
    }
    let traffic = outcomes.first().map_or("", |outcome| outcome.traffic.as_str());
    add("cost-against-violations", windtunnel_plots::cost_against_violations(&points, traffic, &options), folder)?;
    add("latency", windtunnel_plots::latency_distribution(outcomes, &options), folder)?;
    match windtunnel_plots::reaction_comparison(outcomes, &options) {
        Err(PlotError::Nothing { .. }) => Ok(()),
        picture => add("reaction", picture, folder),
    }
}

/// A scenario on the chart of cost against violations: in the common currency where there is one.
fn cost_point(name: &str, replications: &[Outcome], exchange: Option<&Exchange>) -> Option<CostPoint> {
    let first = replications.first()?;
    let samples =
        |metric: &str| -> Vec<f64> { replications.iter().filter_map(|run| run.metrics.get(metric)).collect() };
    let rate = exchange.and_then(|exchange| exchange.rate(&first.currency));
    let costs: Vec<f64> = samples("cost_total").iter().map(|cost| cost * rate.unwrap_or(1.0)).collect();
    Some(CostPoint {
        name: name.to_string(),
        label: first.provider.title().to_string(),
        cost: Summary::of(&costs),
        violations: Summary::of(&samples("slo_violating_request_fraction")),
        currency: exchange.map_or_else(|| first.currency.clone(), |exchange| exchange.to.clone()),
    })
}

/// Adds the chart of a sweep's points.
pub(crate) fn add_frontier(
    points: &[CostPoint],
    traffic: &str,
    font: Option<&std::path::Path>,
    folder: &mut Folder,
) -> Result<(), CliError> {
    let options = ChartOptions { font: font.map(Into::into), ..ChartOptions::default() };
    add("frontier", windtunnel_plots::cost_against_violations(points, traffic, &options), folder)
}

/// Adds a chart of each recorded run that has one, and says where.
pub(crate) fn add_replays(replays: &[Replay], folder: &mut Folder) -> Result<Vec<(String, String)>, CliError> {
    let mut added = Vec::new();
    let names: Vec<String> = replays.iter().map(|replay| replay.name.clone()).collect();
    for (replay, slug) in replays.iter().zip(slugs(&names)) {
        let chart = ReplicaChart {
            outcome: &replay.typical,
            recorded: &replay.recorded,
            simulated: &replay.simulated[replay.typical_at],
            others: &replay.simulated,
        };
        let failed =
            |error: PlotError| CliError::new(Kind::Input, format!("the chart {slug} cannot be drawn: {error}"));
        let picture = windtunnel_plots::recorded_against_simulated(&chart, &ChartOptions::default()).map_err(failed)?;
        let file = format!("validation/{slug}.svg");
        folder.add(file.clone(), picture.bytes(Format::Svg).map_err(failed)?);
        added.push((replay.name.clone(), file));
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
