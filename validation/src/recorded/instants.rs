//! When pods were first added, or removed, after each change of the load.

use windtunnel_sim::outcome::StepSeries;

/// A change of the load.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// When, in seconds.
    pub at: f64,
    /// More load, or less.
    pub up: bool,
}

/// The mean distance in seconds between the first steps that answer changes of the load: steps up after more load, steps down after
/// less, before the next change. Changes that only one of the two answers are left out, for there is no instant to compare.
/// Nothing where there is none to compare.
pub(super) fn apart(
    recorded: &StepSeries,
    simulated: &StepSeries,
    changes: &[Change],
    end: f64,
    up: bool,
) -> Option<f64> {
    let mut distances = Vec::new();
    for (index, change) in changes.iter().enumerate().filter(|(_, change)| change.up == up) {
        let (from, to) = (change.at, changes.get(index + 1).map_or(end, |next| next.at));
        let direction = if up { 1.0 } else { -1.0 };
        if let (Some(one), Some(other)) = (first(recorded, from, to, direction), first(simulated, from, to, direction))
        {
            distances.push((one - other).abs());
        }
    }
    (!distances.is_empty()).then(|| distances.iter().sum::<f64>() / distances.len() as f64)
}

fn first(series: &StepSeries, from: f64, to: f64, direction: f64) -> Option<f64> {
    let mut before = series.at(from);
    for &(at, value) in series.steps.iter().filter(|(at, _)| *at > from && *at < to) {
        if (value - before) * direction > 0.0 {
            return Some(at);
        }
        before = value;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_that_both_answer_are_compared() {
        let recorded = StepSeries::new(vec![(0.0, 1.0), (40.0, 3.0), (400.0, 2.0), (650.0, 4.0)]);
        let simulated = StepSeries::new(vec![(0.0, 1.0), (30.0, 2.0), (60.0, 3.0), (420.0, 2.0)]);
        let changes = [(0.0, true), (300.0, false), (600.0, true)].map(|(at, up)| Change { at, up });
        assert_eq!(apart(&recorded, &simulated, &changes, 900.0, true), Some(10.0));
        assert_eq!(apart(&recorded, &simulated, &changes, 900.0, false), Some(20.0));
        assert_eq!(apart(&recorded, &recorded, &changes[2..], 640.0, true), None);
    }

    #[test]
    fn a_step_against_the_change_answers_nothing() {
        let falls = StepSeries::new(vec![(0.0, 4.0), (100.0, 3.0)]);
        assert_eq!(apart(&falls, &falls, &[Change { at: 0.0, up: true }], 900.0, false), None);
    }
}
