//! When pods were first added, or removed, after each change of the load.

use windtunnel_sim::outcome::StepSeries;

/// The mean distance in seconds between the first steps in a direction after each change of the load; changes after which
/// only one of the two moves are left out, for there is no instant to compare. Nothing where there is none to compare.
pub(super) fn apart(
    recorded: &StepSeries,
    simulated: &StepSeries,
    changes: &[f64],
    end: f64,
    direction: f64,
) -> Option<f64> {
    let mut distances = Vec::new();
    for (index, from) in changes.iter().enumerate() {
        let to = changes.get(index + 1).copied().unwrap_or(end);
        if let (Some(one), Some(other)) =
            (first(recorded, *from, to, direction), first(simulated, *from, to, direction))
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
        let changes = [0.0, 300.0, 600.0];
        assert_eq!(apart(&recorded, &simulated, &changes, 900.0, 1.0), Some(10.0));
        assert_eq!(apart(&recorded, &simulated, &changes, 900.0, -1.0), Some(20.0));
        assert_eq!(apart(&recorded, &recorded, &[700.0], 900.0, 1.0), None);
    }
}
