//! A recorded experiment and its simulation, as the chart of validation needs them.

use windtunnel_plots::{Validation, ValidationPanel};
use windtunnel_sim::outcome::StepSeries;
use windtunnel_validation::row::Replay;

use crate::figures::digits;

/// The load above, below it the replicas of both over time.
pub(crate) fn of_replay(replay: &Replay) -> Validation {
    let (outcome, end) = (&replay.typical, replay.seconds);
    let simulated = replay.simulated.get(replay.typical_at).cloned().unwrap_or_default();
    let unit = outcome.provider.unit();
    let figure = |name: &str, value: f64| (name.to_string(), format!("{} {unit}", digits(value)));
    let rows = outcome.timeline.iter().filter(|row| row.start_seconds < end && row.end_seconds > row.start_seconds);
    let load = rows.map(|row| (row.start_seconds, row.arrived as f64 / (row.end_seconds - row.start_seconds)));
    let load = load.filter(|row| row.1.is_finite());
    Validation {
        title: replay.name.clone(),
        subtitle: format!(
            "{}  ·  traffic: {}  ·  {} seeds, drawn: {}",
            outcome.provider.title(),
            outcome.traffic,
            replay.simulated.len(),
            outcome.seed
        ),
        figures: vec![
            figure("recorded mean", replay.recorded.mean(0.0, end)),
            figure("simulated mean", simulated.mean(0.0, end)),
            figure("mean absolute error", simulated.mean_absolute_error(&replay.recorded, 0.0, end)),
        ],
        calendar_start: outcome.calendar_start,
        time_zone: outcome.time_zone.clone(),
        panels: vec![
            ValidationPanel {
                name: "Load".to_string(),
                unit: "requests per second".to_string(),
                is_stepped: true,
                simulated: load.collect(),
                ..ValidationPanel::default()
            },
            ValidationPanel {
                name: "Replicas".to_string(),
                unit: format!("{unit} that exist"),
                is_stepped: true,
                recorded: steps(&replay.recorded, end),
                simulated: steps(&simulated, end),
                spread: if replay.simulated.len() > 1 { spread(&replay.simulated, end) } else { Vec::new() },
            },
        ],
    }
}

/// The values from the start to the end, both included.
fn steps(series: &StepSeries, end: f64) -> Vec<(f64, f64)> {
    let within = series.steps.iter().copied().filter(|step| step.0 > 0.0 && step.0 < end);
    std::iter::once((0.0, series.at(0.0))).chain(within).chain([(end, series.at(end))]).collect()
}

/// The smallest and the largest value of several series over time, each from its instant to the next.
fn spread(series: &[StepSeries], end: f64) -> Vec<(f64, f64, f64)> {
    let mut instants: Vec<f64> = series.iter().flat_map(|series| series.steps.iter().map(|step| step.0)).collect();
    instants.retain(|at| *at > 0.0 && *at < end);
    instants.push(0.0);
    instants.sort_by(f64::total_cmp);
    instants.dedup();
    let mut spread: Vec<(f64, f64, f64)> = Vec::new();
    for at in instants {
        let values = || series.iter().map(|series| series.at(at));
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if spread.last().is_none_or(|last| (last.1, last.2) != (low, high)) {
            spread.push((at, low, high));
        }
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_all_seeds_at_each_instant() {
        let one = StepSeries::new(vec![(0.0, 1.0), (10.0, 3.0)]);
        let other = StepSeries::new(vec![(0.0, 1.0), (5.0, 2.0), (20.0, 3.0), (99.0, 7.0)]);
        let all = spread(&[one, other], 30.0);
        assert_eq!(all, [(0.0, 1.0, 1.0), (5.0, 1.0, 2.0), (10.0, 2.0, 3.0), (20.0, 3.0, 3.0)]);
    }
}
