//! What the charts of a sweep need, for `points.json`.

use std::collections::BTreeMap;

use windtunnel_sim::experiment::analysis::{Report, Requirement, Verdict};
use windtunnel_sim::experiment::design::Place;
use windtunnel_sim::experiment::plan::{Plan, Point};
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::outcome::{Provider, Summary};
use windtunnel_sim::scenario::document::{SharedFiles, Written};

use crate::results::{StoredAxis, StoredBound, StoredPoint, StoredSweep, VERSION};

use super::outputs::Bound;

/// Every point with its figures, and what the report says about it.
pub(super) fn points(
    results: &Results<'_>,
    report: &Report,
    requirement: Option<&Requirement>,
    clairvoyants: &[Bound],
) -> StoredSweep {
    let plan = results.plan;
    let today = today(plan);
    let mut metrics = vec!["cost_total".to_string(), "slo_violating_request_fraction".to_string()];
    let weighed = plan.sweep.minimize.iter().cloned().chain(requirement.map(|requirement| requirement.metric.clone()));
    for metric in weighed {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let point = |(index, point): (usize, &Point)| {
        let figures: BTreeMap<String, Option<Summary>> =
            metrics.iter().map(|metric| (metric.clone(), results.summary(index, metric))).collect();
        StoredPoint {
            point: point.digest.clone(),
            scenario: plan.sweep.scenarios[point.scenario].name.clone(),
            policy: point.policy.clone(),
            currency: point.currency.clone(),
            traffic: point.traffic.clone(),
            cells: point.cells.clone(),
            settings: point.settings.clone(),
            metrics: figures,
            verdict: requirement.and_then(|requirement| {
                let samples = results.samples(index, &requirement.metric)?;
                Some(said(requirement.verdict(&samples)).to_string())
            }),
            is_on_frontier: report.frontier.contains(&index),
            is_knee: report.knee == Some(index),
            is_today: today.get(&(point.scenario, point.trace)).is_some_and(|digest| *digest == point.digest),
            is_baseline: is_baseline(point),
        }
    };
    let axis = |axis: &windtunnel_sim::experiment::axis::Axis| StoredAxis {
        name: axis.name().to_string(),
        levels: (0..axis.len().unwrap_or(0))
            .filter_map(|level| axis.level(level).first().map(Written::typed))
            .collect(),
    };
    let bound = |bound: &Bound| StoredBound {
        name: match &bound.trace {
            Some(trace) => format!("clairvoyant on {trace}"),
            None if clairvoyants.len() > 1 => format!("clairvoyant, {}", bound.scenario),
            None => "clairvoyant: nothing that meets the demand costs less".to_string(),
        },
        cost: bound.bound.cost,
        currency: bound.currency.clone(),
    };
    StoredSweep {
        version: VERSION.to_string(),
        sweep: plan.sweep.name.clone(),
        plan: plan.digest(),
        design: plan.sweep.design.name().to_string(),
        fidelity: plan.fidelity.clone(),
        seed: plan.seed,
        replications: results.replications,
        minimize: plan.sweep.minimize.clone(),
        objective: requirement.map(|requirement| {
            let sign = if requirement.is_upper { "<" } else { ">" };
            format!("{} {sign} {}", requirement.metric, requirement.bound)
        }),
        columns: plan.columns.clone(),
        axes: plan.sweep.axes.iter().map(axis).collect(),
        bounds: clairvoyants.iter().map(bound).collect(),
        effects: report.effects.clone(),
        notes: report.notes.clone(),
        points: plan.points.iter().enumerate().filter(|(_, point)| point.fault.is_none()).map(point).collect(),
    }
}

const fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Meets => "holds",
        Verdict::Unsure => "not sure",
        Verdict::Misses => "does not hold",
    }
}

fn is_baseline(point: &Point) -> bool {
    [Provider::Fixed, Provider::Baseline].iter().any(|provider| provider.title() == point.policy)
}

/// The digests that scenarios have when no axis moves them: the settings that are in use.
fn today(plan: &Plan) -> BTreeMap<(usize, Option<usize>), String> {
    let files = SharedFiles::default();
    let mut today = BTreeMap::new();
    for point in plan.points.iter().filter(|point| point.fault.is_none() && !is_baseline(point)) {
        let key = (point.scenario, point.trace);
        if today.contains_key(&key) {
            continue;
        }
        let unmoved = Point { row: vec![Place::Base; point.row.len()], ..point.clone() };
        if let Ok(scenario) = plan.scenario(&unmoved, &files) {
            today.insert(key, scenario.digest);
        }
    }
    today
}
