//! The charts that results can be drawn as, by name.

mod points;
mod replay;
mod sweep;

use clap::ValueEnum;
use windtunnel_plots::{Backtest, ChartOptions, Picture, PlotError, Validation};
use windtunnel_sim::outcome::Outcome;

use crate::error::{CliError, Kind};
use crate::output::slugs;
use crate::results::{Stored, StoredRun};

pub(crate) use points::{drawn_of_sweep, of_runs, of_sweep, of_tune};
pub(crate) use replay::of_replay;
pub(crate) use sweep::{Selection, heat_map_of, main_effects_of, tornado_of};

/// A chart by its name.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Chart {
    /// One run: load, capacity, utilization, alarms, latency, scaling activities on one axis of time
    Timeline,
    /// Several runs on the same scales
    Comparison,
    /// Cost against violations, with intervals, frontier, knee, today's setting, baselines
    Frontier,
    /// Two parameters of a sweep: cost, violations, and where the objective holds
    HeatMap,
    /// The mean of each figure at every value of every parameter of a sweep
    MainEffects,
    /// How far each parameter of a sweep moves the figures
    Tornado,
    /// Where the time of a scale-out goes: one run as a waterfall, several side by side
    Reaction,
    /// Demand against supply: what was missing, what was idle
    CapacityGap,
    /// How slow is how likely
    Latency,
    /// Every instance from launch to end: boots, service, drains
    Instances,
    /// What a policy makes of recorded values: thresholds, states of alarms, what was requested and refused
    Backtest,
    /// Recorded experiments against their simulation
    Validation,
    /// A recording of traffic: its rate, its day, its burstiness
    Traffic,
}

impl Chart {
    /// The name, as it is typed.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
    }
}

/// A picture with the name of its file, without extension.
pub(crate) type Named = (String, Result<Picture, PlotError>);

/// The pictures of a chart. A chart that these results cannot have is an error, told in words.
pub(crate) fn draw(
    stored: &Stored,
    chart: Chart,
    selection: &Selection,
    options: &ChartOptions,
) -> Result<Vec<Named>, CliError> {
    match stored {
        Stored::Runs(runs) => of_stored_runs(runs, chart, selection, options),
        Stored::Sweep(stored) => sweep::draw(stored, chart, selection, options),
        Stored::Tune(stored) => match chart {
            Chart::Frontier => Ok(vec![(chart.name(), windtunnel_plots::frontier(&of_tune(stored), options))]),
            _ => Err(unsuited(chart, "tune", "frontier")),
        },
        Stored::Backtests(stored) if chart == Chart::Backtest => {
            let draw = |one: &Backtest| windtunnel_plots::backtest(one, options);
            titled(&stored.backtests, chart, selection, |one| &one.title, draw)
        }
        Stored::Replays(stored) if chart == Chart::Validation => {
            let draw = |one: &Validation| windtunnel_plots::validation(one, options);
            titled(&stored.replays, chart, selection, |one| &one.title, draw)
        }
        Stored::Traffic(recorded, title) if chart == Chart::Traffic => {
            Ok(vec![(chart.name(), windtunnel_plots::traffic(recorded, title, options))])
        }
        Stored::Backtests(_) => Err(unsuited(chart, "backtest", "backtest")),
        Stored::Replays(_) => Err(unsuited(chart, "validate", "validation")),
        Stored::Traffic(..) => Err(unsuited(chart, "trace", "traffic")),
    }
}

/// Every chart that these results can have.
pub(crate) fn available(stored: &Stored) -> Vec<Chart> {
    match stored {
        Stored::Runs(runs) => {
            let mut charts = vec![Chart::Reaction];
            if runs.iter().any(|run| !run.outcome.timeline.is_empty()) {
                charts.extend([Chart::Timeline, Chart::CapacityGap, Chart::Latency, Chart::Instances]);
                charts.extend((runs.len() > 1).then_some(Chart::Comparison));
            }
            charts.extend((runs.len() > 1).then_some(Chart::Frontier));
            charts
        }
        Stored::Sweep(_) => vec![Chart::Frontier, Chart::HeatMap, Chart::MainEffects, Chart::Tornado],
        Stored::Tune(_) => vec![Chart::Frontier],
        Stored::Backtests(_) => vec![Chart::Backtest],
        Stored::Replays(_) => vec![Chart::Validation],
        Stored::Traffic(..) => vec![Chart::Traffic],
    }
}

fn unsuited(chart: Chart, verb: &str, others: &str) -> CliError {
    CliError::new(Kind::Input, format!("the results of {verb} have no chart `{}`", chart.name()))
        .hint(format!("these they have: {others}"))
}

/// A picture of each; of one alone it is called as the chart is.
fn titled<T>(
    all: &[T],
    chart: Chart,
    selection: &Selection,
    title: impl Fn(&T) -> &String,
    draw: impl Fn(&T) -> Result<Picture, PlotError>,
) -> Result<Vec<Named>, CliError> {
    let names: Vec<String> = all.iter().map(|one| title(one).clone()).collect();
    if let Some(name) = selection.scenario.as_ref().filter(|name| !names.contains(name)) {
        return Err(CliError::new(Kind::Usage, format!("there is no scenario `{name}` in these results"))
            .hint(format!("there are: {}", names.join(", "))));
    }
    let slugs = slugs(&names);
    let chosen =
        all.iter().zip(&slugs).filter(|(one, _)| selection.scenario.as_ref().is_none_or(|name| name == title(one)));
    let named = |(one, slug): (&T, &String)| {
        let name = if all.len() == 1 { chart.name() } else { format!("{}-{slug}", chart.name()) };
        (name, draw(one))
    };
    Ok(chosen.map(named).collect())
}

fn of_stored_runs(
    runs: &[StoredRun],
    chart: Chart,
    selection: &Selection,
    options: &ChartOptions,
) -> Result<Vec<Named>, CliError> {
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    if let Some(name) = selection.scenario.as_ref().filter(|name| !names.contains(name)) {
        return Err(CliError::new(Kind::Usage, format!("there is no scenario `{name}` in these results"))
            .hint(format!("there are: {}", names.join(", "))));
    }
    let slugs = slugs(&names);
    let chosen: Vec<(&StoredRun, &String)> = runs
        .iter()
        .zip(&slugs)
        .filter(|(run, _)| selection.scenario.as_ref().is_none_or(|name| *name == run.name))
        .collect();
    let outcomes: Vec<&Outcome> = chosen.iter().map(|(run, _)| &run.outcome).collect();
    let needs_timeline = !matches!(chart, Chart::Frontier | Chart::Reaction);
    if needs_timeline && chosen.iter().any(|(run, _)| run.details.is_none()) {
        return Err(CliError::new(
            Kind::Input,
            format!("a JSON document has no timeline, and so no chart `{}`", chart.name()),
        )
        .hint("name the folder that run or compare wrote (--out)"));
    }
    let each = |draw: fn(&Outcome, &ChartOptions) -> Result<Picture, PlotError>| {
        let of =
            |(run, slug): &(&StoredRun, &String)| (format!("{slug}-{}", chart.name()), draw(&run.outcome, options));
        Ok(chosen.iter().map(of).collect())
    };
    let one = |picture| Ok(vec![(chart.name(), picture)]);
    match chart {
        Chart::Timeline => each(windtunnel_plots::timeline),
        Chart::CapacityGap => each(windtunnel_plots::capacity_gap),
        Chart::Instances => each(windtunnel_plots::lives),
        Chart::Latency => one(windtunnel_plots::latency_distribution(&outcomes, options)),
        Chart::Reaction if chosen.len() == 1 => each(windtunnel_plots::reaction),
        Chart::Reaction => one(windtunnel_plots::reaction_comparison(&outcomes, options)),
        Chart::Comparison => one(windtunnel_plots::comparison(&outcomes, options)),
        Chart::Frontier => {
            let runs: Vec<&StoredRun> = chosen.iter().map(|(run, _)| *run).collect();
            one(windtunnel_plots::frontier(&of_runs(&runs), options))
        }
        Chart::HeatMap | Chart::MainEffects | Chart::Tornado | Chart::Backtest | Chart::Validation | Chart::Traffic => {
            Err(unsuited(
                chart,
                "run and compare",
                "timeline, comparison, frontier, reaction, capacity-gap, latency, instances",
            ))
        }
    }
}
