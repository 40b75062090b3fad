//! Points of cost and violations, from whatever was stored.

use windtunnel_plots::{CostBound, CostPoint, Frontier, Mark};
use windtunnel_sim::outcome::{Provider, Summary};

use crate::results::{StoredPoint, StoredRun, StoredSweep, StoredTune, StoredVariant};

const COST: &str = "cost_total";
const VIOLATIONS: &str = "slo_violating_request_fraction";

/// Scenarios that ran together.
pub(crate) fn of_runs(runs: &[&StoredRun]) -> Frontier {
    let points = runs.iter().filter_map(|run| {
        let exchange = run.details.as_ref().and_then(|details| details.exchange.as_ref());
        let rate = exchange.map_or(1.0, |exchange| exchange.rate);
        let cost = run.summary(COST)?;
        let cost = Summary { mean: cost.mean * rate, low: cost.low * rate, high: cost.high * rate };
        let currency = exchange.map_or(run.outcome.currency.as_str(), |exchange| exchange.to.as_str());
        let provider = run.outcome.provider;
        let point = CostPoint::new(&run.name, provider.title(), cost, run.summary(VIOLATIONS)?, currency);
        Some(CostPoint { is_baseline: matches!(provider, Provider::Fixed | Provider::Baseline), ..point })
    });
    let mut traffic: Vec<&str> = runs.iter().map(|run| run.outcome.traffic.as_str()).collect();
    traffic.dedup();
    Frontier { traffic: traffic.join(" / "), points: points.collect(), ..Frontier::default() }
}

/// More points than this are a cloud: then those that say something are drawn, and every so many-th of the others.
const MOST: usize = 4_000;

/// The points of a sweep that are drawn: those with both figures.
pub(crate) fn drawn_of_sweep(stored: &StoredSweep) -> Vec<&StoredPoint> {
    let has_both = |point: &&StoredPoint| point.metric(COST).is_some() && point.metric(VIOLATIONS).is_some();
    let all: Vec<&StoredPoint> = stored.points.iter().filter(has_both).collect();
    let says_something =
        |point: &StoredPoint| point.is_on_frontier || point.is_knee || point.is_today || point.is_baseline;
    let every = all.len().div_ceil(MOST).max(1);
    let chosen = all.iter().enumerate().filter(|(index, point)| index % every == 0 || says_something(point));
    chosen.map(|(_, point)| *point).collect()
}

/// The points of a sweep, with its clairvoyant bounds.
pub(crate) fn of_sweep(stored: &StoredSweep) -> Frontier {
    let point = |point: &StoredPoint| {
        let marks = [(point.is_knee, Mark::Knee), (point.is_today, Mark::Today)];
        let marks = marks.into_iter().filter_map(|(is_so, mark)| is_so.then_some(mark)).collect();
        let (cost, violations) = (point.metric(COST)?, point.metric(VIOLATIONS)?);
        let drawn = CostPoint::new(&point.name(), &point.policy, cost, violations, &point.currency);
        Some(CostPoint {
            marks,
            is_baseline: point.is_baseline,
            is_on_frontier: weighs_both(stored).then_some(point.is_on_frontier),
            ..drawn
        })
    };
    let points: Vec<CostPoint> = drawn_of_sweep(stored).into_iter().filter_map(point).collect();
    let is_common = |bound: &&crate::results::StoredBound| points.iter().all(|point| point.currency == bound.currency);
    let bounds = stored.bounds.iter().filter(is_common);
    let bounds = bounds.map(|bound| CostBound { name: bound.name.clone(), cost: bound.cost }).collect();
    let mut notes = Vec::new();
    if stored.replications < 2 {
        notes.push("one seed: no intervals".to_string());
    }
    if points.len() < stored.points.len() {
        notes.push(format!("{} of {} points are drawn", points.len(), stored.points.len()));
    }
    if !stored.points.iter().any(|point| point.is_today) {
        notes.push("today's settings are not among the points".to_string());
    }
    Frontier {
        title: format!("{}: cost against violations", stored.sweep),
        traffic: stored.traffic(),
        notes,
        points,
        bounds,
    }
}

/// True when the sweep's own frontier is that of cost and violations.
fn weighs_both(stored: &StoredSweep) -> bool {
    stored.minimize == [COST, VIOLATIONS]
}

/// Today, the recommendation and the other finalists of a tuning.
pub(crate) fn of_tune(stored: &StoredTune) -> Frontier {
    let label = if stored.policy.is_empty() { stored.scenario.as_str() } else { stored.policy.as_str() };
    let point = |variant: &StoredVariant, marks: Vec<Mark>| {
        let name = if variant.settings.is_empty() { "as it is".to_string() } else { values(&variant.settings) };
        let point = CostPoint::new(&name, label, variant.cost, variant.figure, &stored.currency);
        CostPoint { marks, ..point }
    };
    let mut points = vec![point(&stored.today, vec![Mark::Today])];
    points.extend(stored.recommended.iter().map(|variant| point(variant, vec![Mark::Recommended])));
    points.extend(stored.runners_up.iter().map(|variant| point(variant, Vec::new())));
    let is_plain = stored.minimize == COST && stored.objective.starts_with(VIOLATIONS);
    let mut notes = vec![format!("objective: {}", stored.objective)];
    if !is_plain {
        // Other figures stand on the same axes only when they are said.
        notes.push(format!("across: {}", stored.minimize));
    }
    let traffic = if stored.traffic.is_empty() { "unknown".to_string() } else { stored.traffic.clone() };
    Frontier { title: format!("{}: tuned", stored.scenario), traffic, notes, points, bounds: Vec::new() }
}

/// The values of settings, without their keys.
fn values(settings: &[String]) -> String {
    let value = |setting: &String| setting.split_once('=').map_or(setting.clone(), |(_, value)| value.to_string());
    settings.iter().map(value).collect::<Vec<_>>().join(" · ")
}
