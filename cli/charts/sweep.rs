//! The charts of a sweep, from its points.

use std::collections::BTreeMap;

use serde_json::Value;
use windtunnel_plots::{
    ChartOptions, Effect, EffectRow, HeatMap, MainEffects, Map, Swing, Swings, Tornado, Unit, heat_map, main_effects,
    tornado,
};
use windtunnel_sim::outcome::metric::DEFINITIONS;

use crate::error::{CliError, Kind};
use crate::results::{StoredAxis, StoredPoint, StoredSweep};

use super::{Chart, Named, of_sweep, unsuited};

/// Which part of the results is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// One scenario of several.
    pub(crate) scenario: Option<String>,
    /// The two keys of a heat map.
    pub(crate) axes: Option<(String, String)>,
}

pub(super) fn draw(
    stored: &StoredSweep,
    chart: Chart,
    selection: &Selection,
    options: &ChartOptions,
) -> Result<Vec<Named>, CliError> {
    if chart == Chart::Frontier {
        return Ok(vec![(chart.name(), windtunnel_plots::frontier(&of_sweep(stored), options))]);
    }
    let picture = match chart {
        Chart::HeatMap => heat_map(&heat_map_of(stored, selection)?, options),
        Chart::MainEffects => main_effects(&main_effects_of(stored, selection)?, options),
        Chart::Tornado => tornado(&tornado_of(stored, selection)?, options),
        _ => return Err(unsuited(chart, "sweep", "frontier, heat-map, main-effects, tornado")),
    };
    Ok(vec![(chart.name(), picture)])
}

/// Two parameters of a sweep.
pub(crate) fn heat_map_of(stored: &StoredSweep, selection: &Selection) -> Result<HeatMap, CliError> {
    maps(stored, &scenario(stored, selection)?, selection)
}

/// The mean of each figure at every value of every parameter.
pub(crate) fn main_effects_of(stored: &StoredSweep, selection: &Selection) -> Result<MainEffects, CliError> {
    Ok(effects(stored, &scenario(stored, selection)?))
}

/// How far each parameter moves the figures.
pub(crate) fn tornado_of(stored: &StoredSweep, selection: &Selection) -> Result<Tornado, CliError> {
    Ok(swings(stored, &scenario(stored, selection)?))
}

/// The scenario that is asked for, or the first that is no baseline.
fn scenario(stored: &StoredSweep, selection: &Selection) -> Result<String, CliError> {
    let mut names: Vec<&str> = stored.points.iter().map(|point| point.scenario.as_str()).collect();
    names.dedup();
    match &selection.scenario {
        Some(name) if names.contains(&name.as_str()) => Ok(name.clone()),
        Some(name) => Err(CliError::new(Kind::Usage, format!("there is no scenario `{name}` in this sweep"))
            .hint(format!("there are: {}", names.join(", ")))),
        None => {
            let first = stored.points.iter().find(|point| !point.is_baseline).or(stored.points.first());
            Ok(first.map_or_else(String::new, |point| point.scenario.clone()))
        }
    }
}

fn points<'s>(stored: &'s StoredSweep, scenario: &'s str) -> impl Iterator<Item = &'s StoredPoint> {
    stored.points.iter().filter(move |point| point.scenario == scenario)
}

fn subtitle(stored: &StoredSweep, scenario: &str, more: &str) -> String {
    let seeds = if stored.replications < 2 { "one seed".to_string() } else { format!("{} seeds", stored.replications) };
    format!("{scenario}  ·  traffic: {}  ·  {seeds}{more}", stored.traffic())
}

/// The figures that a sweep's charts show: those that it weighs.
fn figures(stored: &StoredSweep) -> Vec<(String, Unit)> {
    let currency = stored.points.first().map_or("", |point| point.currency.as_str());
    let of = |metric: &String| {
        let unit = DEFINITIONS.iter().find(|known| known.name == metric).map_or("", |known| known.unit);
        (metric.clone(), Unit::of_metric(unit, currency))
    };
    stored.minimize.iter().map(of).collect()
}

/// What a figure is called on a chart.
fn title(metric: &str) -> String {
    match metric {
        "cost_total" => "Cost".to_string(),
        "slo_violating_request_fraction" => "Requests that violate the objective".to_string(),
        other => other.replace('_', " "),
    }
}

/// The axes that have several values among the points of a scenario, with those values in order.
fn discrete(stored: &StoredSweep, scenario: &str) -> Vec<(StoredAxis, usize)> {
    let of = |axis: &StoredAxis| {
        let column = stored.columns.iter().position(|column| *column == axis.name)?;
        let present = |level: &&String| points(stored, scenario).any(|point| point.cells.get(column) == Some(level));
        let levels: Vec<String> = axis.levels.iter().filter(present).cloned().collect();
        (levels.len() > 1).then(|| (StoredAxis { name: axis.name.clone(), levels }, column))
    };
    stored.axes.iter().filter_map(of).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

// ---- heat maps

fn maps(stored: &StoredSweep, scenario: &str, selection: &Selection) -> Result<HeatMap, CliError> {
    let axes = discrete(stored, scenario);
    let ((across, across_column), (up, up_column)) = pair(stored, scenario, &axes, selection)?;
    let others: Vec<&str> = axes
        .iter()
        .map(|(axis, _)| axis.name.as_str())
        .filter(|name| *name != across.name && *name != up.name)
        .collect();
    let more = if others.is_empty() { String::new() } else { format!("  ·  mean over {}", others.join(", ")) };
    let cell = |of: &dyn Fn(&StoredPoint) -> Option<f64>| -> Vec<Option<f64>> {
        let mut cells = Vec::new();
        for high in &up.levels {
            for level in &across.levels {
                let here =
                    |point: &&StoredPoint| point.cells[across_column] == *level && point.cells[up_column] == *high;
                let values: Vec<f64> = points(stored, scenario).filter(here).filter_map(of).collect();
                cells.push(mean(&values));
            }
        }
        cells
    };
    let mut maps: Vec<Map> = figures(stored)
        .into_iter()
        .map(|(metric, unit)| {
            let cells = cell(&|point| point.metric(&metric).map(|summary| summary.mean));
            Map { name: title(&metric), unit, cells }
        })
        .collect();
    if let Some(objective) = &stored.objective {
        let holds = |point: &StoredPoint| match point.verdict.as_deref()? {
            "holds" => Some(1.0),
            "not sure" => Some(0.5),
            _ => Some(0.0),
        };
        maps.push(Map { name: format!("Holds {objective}"), unit: Unit::Holds, cells: cell(&holds) });
    }
    Ok(HeatMap {
        title: format!("{}: two parameters", stored.sweep),
        subtitle: subtitle(stored, scenario, &more),
        across: (across.name, across.levels),
        up: (up.name, up.levels),
        maps,
    })
}

type Column = (StoredAxis, usize);

/// The two axes of a heat map: those that were asked for, or those that matter most.
fn pair(
    stored: &StoredSweep,
    scenario: &str,
    axes: &[Column],
    selection: &Selection,
) -> Result<(Column, Column), CliError> {
    let known = || axes.iter().map(|(axis, _)| axis.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some((one, other)) = &selection.axes {
        let find = |name: &str| {
            let mut matching =
                axes.iter().filter(|(axis, _)| axis.name == name || axis.name.ends_with(&format!(".{name}")));
            match (matching.next(), matching.next()) {
                (Some(axis), None) => Ok(axis.clone()),
                _ => Err(CliError::new(
                    Kind::Usage,
                    format!("`{name}` is not one key that was varied over several values"),
                )
                .hint(format!("these were: {}", known()))),
            }
        };
        return Ok((find(one)?, find(other)?));
    }
    let order = importance(stored, scenario);
    let rank = |axis: &Column| order.iter().position(|name| *name == axis.0.name).unwrap_or(usize::MAX);
    let mut ranked: Vec<&Column> = axes.iter().collect();
    ranked.sort_by_key(|axis| rank(axis));
    match ranked[..] {
        [one, other, ..] => Ok((one.clone(), other.clone())),
        _ => Err(CliError::new(
            Kind::Input,
            format!("a heat map needs two keys with several values each; `{scenario}` has {}", axes.len()),
        )
        .hint("sweep a grid over two keys, or draw main-effects or tornado")),
    }
}

/// The axes in the order in which the sweep says they matter for its first figure.
fn importance(stored: &StoredSweep, scenario: &str) -> Vec<String> {
    let of = |effect: &&Value| effect["scenario"] == *scenario;
    let Some(effect) = stored.effects.iter().find(of) else { return Vec::new() };
    let axes = effect["axes"].as_array().or_else(|| effect["axes"]["main"].as_array());
    axes.into_iter().flatten().filter_map(|axis| axis["axis"].as_str().map(str::to_string)).collect()
}

// ---- main effects

fn effects(stored: &StoredSweep, scenario: &str) -> MainEffects {
    let axes = discrete(stored, scenario);
    let rows = figures(stored).into_iter().map(|(metric, unit)| {
        let shares = shares(stored, scenario, &metric);
        let mut effects: Vec<Effect> =
            axes.iter().map(|axis| effect(stored, scenario, axis, &metric, &shares)).collect();
        effects.sort_by(|a, b| swing_of(b).total_cmp(&swing_of(a)));
        EffectRow { name: title(&metric), unit, effects }
    });
    let rows: Vec<EffectRow> = rows.collect();
    let title = format!("{}: what each parameter does", stored.sweep);
    MainEffects { title, subtitle: subtitle(stored, scenario, "  ·  means over everything else"), rows }
}

fn effect(
    stored: &StoredSweep,
    scenario: &str,
    (axis, column): &Column,
    metric: &str,
    shares: &BTreeMap<String, f64>,
) -> Effect {
    let levels = axis.levels.iter().filter_map(|level| {
        let here = points(stored, scenario).filter(|point| point.cells[*column] == *level);
        let values: Vec<f64> = here.filter_map(|point| point.metric(metric)).map(|summary| summary.mean).collect();
        Some((level.clone(), mean(&values)?))
    });
    Effect { name: axis.name.clone(), share: shares.get(&axis.name).copied(), levels: levels.collect() }
}

fn swing_of(effect: &Effect) -> f64 {
    let values = || effect.levels.iter().map(|level| level.1);
    values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
}

/// The share of a figure's variance that each axis explains by itself, where the design tells.
fn shares(stored: &StoredSweep, scenario: &str, metric: &str) -> BTreeMap<String, f64> {
    let of = |effect: &&Value| effect["scenario"] == *scenario && effect["metric"] == *metric;
    let main = stored.effects.iter().find(of).and_then(|effect| effect["axes"]["main"].as_array());
    let share = |axis: &Value| Some((axis["axis"].as_str()?.to_string(), axis["share_of_variance"].as_f64()?));
    main.into_iter().flatten().filter_map(share).collect()
}

// ---- tornado

fn swings(stored: &StoredSweep, scenario: &str) -> Tornado {
    let units: BTreeMap<String, Unit> = figures(stored).into_iter().collect();
    let mut panels: Vec<Swings> = Vec::new();
    for effect in stored.effects.iter().filter(|effect| effect["scenario"] == *scenario) {
        let Some(metric) = effect["metric"].as_str() else { continue };
        let unit = units.get(metric).cloned().unwrap_or(Unit::Other(String::new()));
        panels.extend(panel(stored, scenario, effect, metric, unit));
    }
    let title = format!("{}: what moves the figures", stored.sweep);
    Tornado { title, subtitle: subtitle(stored, scenario, &format!("  ·  {}", stored.design)), panels }
}

fn panel(stored: &StoredSweep, scenario: &str, effect: &Value, metric: &str, unit: Unit) -> Option<Swings> {
    let axes = || effect["axes"].as_array().into_iter().flatten();
    let figure = |value: &Value, key: &str| value[key].as_f64();
    let from_zero = |key: &'static str| -> Vec<Swing> {
        let bar = |axis: &Value| {
            Some(Swing { name: axis["axis"].as_str()?.to_string(), low: 0.0, high: figure(axis, key)?.max(0.0) })
        };
        axes().filter_map(bar).collect()
    };
    let name = title(metric);
    match effect["kind"].as_str()? {
        "tornado" => {
            let base = axes().find_map(|axis| figure(axis, "base"))?;
            let bar = |axis: &Value| {
                Some(Swing {
                    name: axis["axis"].as_str()?.to_string(),
                    low: figure(axis, "low")?,
                    high: figure(axis, "high")?,
                })
            };
            Some(Swings {
                name,
                unit,
                base,
                base_name: "one key at a time, from the scenario as it is".to_string(),
                swings: axes().filter_map(bar).collect(),
            })
        }
        "variance" => {
            let all: Vec<f64> =
                points(stored, scenario).filter_map(|point| point.metric(metric)).map(|summary| summary.mean).collect();
            let shares = BTreeMap::new();
            let mut swings: Vec<Swing> = discrete(stored, scenario)
                .iter()
                .map(|axis| effect_swing(&self::effect(stored, scenario, axis, metric, &shares)))
                .collect();
            swings.sort_by(|a, b| (b.high - b.low).total_cmp(&(a.high - a.low)));
            Some(Swings {
                name,
                unit,
                base: mean(&all)?,
                base_name: "means at each key's values, around the mean of all points".to_string(),
                swings,
            })
        }
        "morris" => Some(Swings {
            name,
            unit,
            base: 0.0,
            base_name: "mean size of the elementary effects (mu*), over the whole range".to_string(),
            swings: from_zero("mu_star"),
        }),
        "sobol" => Some(Swings {
            name,
            unit: Unit::Share,
            base: 0.0,
            base_name: "of the variance, with all interactions (total Sobol index)".to_string(),
            swings: from_zero("total"),
        }),
        _ => None,
    }
}

fn effect_swing(effect: &Effect) -> Swing {
    let values = || effect.levels.iter().map(|level| level.1);
    Swing {
        name: effect.name.clone(),
        low: values().fold(f64::INFINITY, f64::min),
        high: values().fold(f64::NEG_INFINITY, f64::max),
    }
}
