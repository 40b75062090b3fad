//! Everything that a sweep says, as plain data: for the terminal, for JSON and for charts.

use serde_json::{Map, Value, json};

use super::frontier::{Figures, frontier, knee};
use super::requirement::{Requirement, Verdict};
use super::{hypervolume, morris_effects, sensitivity, tornado, variance};
use crate::experiment::design::{Design, Place};
use crate::experiment::plan::Block;
use crate::experiment::results::Results;

/// What a sweep says.
#[derive(Clone, Debug)]
pub struct Report {
    /// Points that none beats for sure, in order of the first figure that is weighed.
    pub frontier: Vec<usize>,
    /// The point of the frontier where more of the first figure begins to buy little of the second.
    pub knee: Option<usize>,
    /// What the frontier beats, before the worst of all points in each figure.
    pub hypervolume: Option<f64>,
    /// The cheapest point that meets the objective for sure, and how many meet it, may meet it, miss it.
    pub answer: Option<Answer>,
    /// Which axes matter, per scenario (and trace), as the design tells.
    pub effects: Vec<Value>,
    /// What the reader should know about the figures above.
    pub notes: Vec<String>,
}

/// What it would take to meet an objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The objective.
    pub requirement: Requirement,
    /// The cheapest point that meets it with at least 95 % confidence.
    pub cheapest: Option<usize>,
    /// The cheapest point that meets it by its mean.
    pub cheapest_by_mean: Option<usize>,
    /// Points that meet it, may meet it, miss it.
    pub counts: (usize, usize, usize),
}

impl Report {
    /// Looks at the results of a sweep. `requirement` is what "what would it take" is asked for.
    pub fn new(results: &Results<'_>, requirement: Option<&Requirement>) -> Report {
        let minimize = &results.plan.sweep.minimize;
        let points: Vec<Option<Figures>> = (0..results.plan.points.len())
            .map(|point| minimize.iter().map(|metric| results.samples(point, metric)).collect())
            .collect();
        let mean = |point: usize, metric: &str| results.summary(point, metric).map_or(f64::NAN, |summary| summary.mean);
        let mut notes = notes(results);
        let is_comparable = one_currency(results) || !minimize.iter().any(|metric| metric.starts_with("cost"));
        let mut front = if is_comparable { frontier(&points) } else { Vec::new() };
        if !is_comparable {
            notes.push("costs are in different currencies: there is no common frontier".to_string());
        }
        front.sort_by(|&a, &b| mean(a, &minimize[0]).total_cmp(&mean(b, &minimize[0])).then(a.cmp(&b)));
        let plane: Vec<(f64, f64)> =
            front.iter().map(|&point| (mean(point, &minimize[0]), mean(point, &minimize[1]))).collect();
        let knee = if minimize.len() == 2 { knee(&plane).map(|index| front[index]) } else { None };
        Report {
            knee,
            hypervolume: hypervolume_of(results, &front),
            answer: requirement.filter(|_| is_comparable).map(|requirement| answer(results, requirement)),
            effects: results.plan.blocks.iter().flat_map(|block| block_effects(results, block)).collect(),
            frontier: front,
            notes,
        }
    }

    /// The report as JSON; points are told by their digest and parameters.
    pub fn to_json(&self, results: &Results<'_>) -> Map<String, Value> {
        let point = |index: usize| point_json(results, index);
        let mut map = Map::new();
        map.insert("minimize".into(), json!(results.plan.sweep.minimize));
        map.insert("frontier".into(), self.frontier.iter().map(|&index| point(index)).collect());
        map.insert("knee".into(), self.knee.map_or(Value::Null, point));
        map.insert("hypervolume".into(), json!(self.hypervolume));
        if let Some(answer) = &self.answer {
            let sign = if answer.requirement.is_upper { "<" } else { ">" };
            map.insert(
                "objective".into(),
                json!({
                    "requirement": format!("{} {sign} {}", answer.requirement.metric, answer.requirement.bound),
                    "cheapest": answer.cheapest.map(point),
                    "cheapest_by_mean": answer.cheapest_by_mean.map(point),
                    "points_that_meet_it": answer.counts.0,
                    "points_that_may_meet_it": answer.counts.1,
                    "points_that_miss_it": answer.counts.2,
                }),
            );
        }
        map.insert("effects".into(), json!(self.effects));
        map.insert("notes".into(), json!(self.notes));
        map
    }
}

fn point_json(results: &Results<'_>, index: usize) -> Value {
    let metrics: Map<String, Value> = results
        .plan
        .sweep
        .minimize
        .iter()
        .map(|metric| (metric.clone(), json!(results.summary(index, metric))))
        .collect();
    json!({
        "point": results.plan.points[index].digest,
        "policy": results.plan.points[index].policy,
        "parameters": results.parameters(index),
        "metrics": metrics,
    })
}

/// True when the costs of all points are in one currency.
fn one_currency(results: &Results<'_>) -> bool {
    let mut currencies = results.plan.points.iter().filter(|point| point.fault.is_none()).map(|point| &point.currency);
    let first = currencies.next();
    currencies.all(|currency| Some(currency) == first)
}

fn notes(results: &Results<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if results.replications < 2 {
        notes.push("one run per point: there are no intervals, and the frontier is that of single figures".to_string());
    }
    if results.plan.excluded > 0 && results.plan.sweep.design == Design::Grid {
        notes.push("constraints exclude points: the grid is not balanced, shares of the variance overlap".to_string());
    }
    notes
}

/// Before the worst figure of all points, a hundredth of the span further out so that the ends of the front count.
fn hypervolume_of(results: &Results<'_>, front: &[usize]) -> Option<f64> {
    let minimize = &results.plan.sweep.minimize;
    let means = |metric: &str| -> Vec<f64> {
        let all = 0..results.plan.points.len();
        all.filter_map(|point| results.summary(point, metric)).map(|summary| summary.mean).collect()
    };
    let reference: Vec<f64> = minimize
        .iter()
        .map(|metric| {
            let means = means(metric);
            let least = means.iter().copied().fold(f64::INFINITY, f64::min);
            let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            most + (most - least) / 100.0
        })
        .collect();
    let mean = |point: usize, figure: usize| {
        results.summary(point, &minimize[figure]).map_or(f64::NAN, |summary| summary.mean)
    };
    let volume = match reference.as_slice() {
        [x, y] => {
            let points: Vec<(f64, f64)> = front.iter().map(|&point| (mean(point, 0), mean(point, 1))).collect();
            hypervolume::area(&points, (*x, *y))
        }
        [x, y, z] => {
            let points: Vec<[f64; 3]> =
                front.iter().map(|&point| [mean(point, 0), mean(point, 1), mean(point, 2)]).collect();
            hypervolume::volume(&points, [*x, *y, *z])
        }
        _ => return None,
    };
    Some(volume).filter(|volume| volume.is_finite())
}

fn answer(results: &Results<'_>, requirement: &Requirement) -> Answer {
    let mut answer =
        Answer { requirement: requirement.clone(), cheapest: None, cheapest_by_mean: None, counts: (0, 0, 0) };
    let mut sure = f64::INFINITY;
    let mut by_mean = f64::INFINITY;
    for point in 0..results.plan.points.len() {
        let (Some(samples), Some(cost)) =
            (results.samples(point, &requirement.metric), results.summary(point, "cost_total"))
        else {
            continue;
        };
        let verdict = requirement.verdict(&samples);
        match verdict {
            Verdict::Meets => answer.counts.0 += 1,
            Verdict::Unsure => answer.counts.1 += 1,
            Verdict::Misses => answer.counts.2 += 1,
        }
        if verdict == Verdict::Meets && cost.mean < sure {
            (sure, answer.cheapest) = (cost.mean, Some(point));
        }
        if verdict != Verdict::Misses && cost.mean < by_mean {
            (by_mean, answer.cheapest_by_mean) = (cost.mean, Some(point));
        }
    }
    answer
}

// ---- which axes matter

fn block_effects(results: &Results<'_>, block: &Block) -> Vec<Value> {
    let minimize = &results.plan.sweep.minimize;
    minimize.iter().filter_map(|metric| effects_on(results, block, metric)).collect()
}

fn effects_on(results: &Results<'_>, block: &Block, metric: &str) -> Option<Value> {
    let sweep = &results.plan.sweep;
    let name = |axis: usize| sweep.axes[block.axes[axis]].name();
    let axes = block.axes.len();
    let figure =
        |point: Option<usize>| point.and_then(|point| results.summary(point, metric)).map(|summary| summary.mean);
    let (kind, effects): (&str, Value) = match sweep.design {
        Design::Grid => ("variance", grid_effects(block, &figure, &name)?),
        Design::OneAtATime => {
            let rows: Vec<(Option<usize>, Option<f64>)> = block
                .rows
                .iter()
                .map(|(row, point)| (row.iter().position(|place| *place != Place::Base), figure(*point)))
                .collect();
            let swings = tornado::swings(axes, &rows)?;
            let swing = |swing: &tornado::Swing| json!({ "axis": name(swing.axis), "base": swing.base, "low": swing.low, "high": swing.high });
            ("tornado", swings.iter().map(swing).collect())
        }
        Design::Morris => {
            let rows: Vec<_> = block.rows.iter().map(|(row, point)| (row.clone(), figure(*point))).collect();
            let effect = |effect: &morris_effects::Effect| {
                json!({ "axis": name(effect.axis), "mu": effect.mu, "mu_star": effect.mu_star, "sigma": effect.sigma,
                        "moves": effect.count })
            };
            ("morris", morris_effects::effects(axes, &rows).iter().map(effect).collect())
        }
        Design::Saltelli => {
            let figures: Vec<Option<f64>> = block.rows.iter().map(|(_, point)| figure(*point)).collect();
            let indices = sensitivity::indices(axes, sweep.points, &figures)?;
            let index = |index: &sensitivity::Indices| json!({ "axis": name(index.axis), "first_order": index.first_order, "total": index.total });
            ("sobol", indices.iter().map(index).collect())
        }
        Design::Sobol | Design::LatinHypercube => return None,
    };
    let scenario = &sweep.scenarios[block.scenario].name;
    let trace = block.trace.map(|trace| sweep.traces[trace].typed());
    Some(json!({ "scenario": scenario, "trace": trace, "metric": metric, "kind": kind, "axes": effects }))
}

fn grid_effects<'n>(
    block: &Block,
    figure: &dyn Fn(Option<usize>) -> Option<f64>,
    name: &dyn Fn(usize) -> &'n str,
) -> Option<Value> {
    let level = |place: &Place| match place {
        Place::Level(level) => Some(*level),
        _ => None,
    };
    let points: Vec<(Vec<usize>, f64)> = block
        .rows
        .iter()
        .filter_map(|(row, point)| Some((row.iter().map(level).collect::<Option<_>>()?, figure(*point)?)))
        .collect();
    let effects = variance::effects(&points)?;
    let mut main = effects.main.clone();
    main.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.axis.cmp(&b.axis)));
    let main: Vec<Value> = main
        .iter()
        .map(|effect| json!({ "axis": name(effect.axis), "share_of_variance": effect.share, "means": effect.means }))
        .collect();
    let interactions: Vec<Value> = effects
        .interactions
        .iter()
        .map(|pair| json!({ "axes": [name(pair.axes.0), name(pair.axes.1)], "share_of_variance": pair.share }))
        .collect();
    Some(json!({ "main": main, "interactions": interactions }))
}
