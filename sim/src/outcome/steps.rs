//! Counts that hold until they change, such as replicas over time: their mean, their peak, and how far two are apart.

use super::Outcome;

/// A count over time: each value holds from its instant to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepSeries {
    /// Seconds and the value from then on, in order of time.
    pub steps: Vec<(f64, f64)>,
}

impl StepSeries {
    /// A series from its changes, which are sorted by time; of several at one instant the last one holds.
    #[must_use]
    pub fn new(mut steps: Vec<(f64, f64)>) -> Self {
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(steps.len());
        for step in steps {
            match kept.last_mut() {
                Some(last) if last.0 == step.0 => last.1 = step.1,
                _ => kept.push(step),
            }
        }
        StepSeries { steps: kept }
    }

    /// The pods (or instances) of a run that exist: launched, also when they do not serve yet, until they are gone. This
    /// is what a watch on the API server's objects sees.
    #[must_use]
    pub fn existing(outcome: &Outcome) -> Self {
        let launches = outcome.instances.iter().map(|life| (life.launched_seconds, 1.0));
        let ends = outcome.instances.iter().filter_map(|life| Some((life.ended_seconds?, -1.0)));
        let mut changes: Vec<(f64, f64)> = launches.chain(ends).collect();
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut count = 0.0;
        let counted = changes.into_iter().map(|(at, change)| {
            count += change;
            (at, count)
        });
        StepSeries::new(counted.collect())
    }

    /// The value at an instant; zero before the first.
    #[must_use]
    pub fn at(&self, seconds: f64) -> f64 {
        let after = self.steps.partition_point(|(at, _)| *at <= seconds);
        after.checked_sub(1).map_or(0.0, |index| self.steps[index].1)
    }

    /// The mean between two instants.
    #[must_use]
    pub fn mean(&self, from: f64, to: f64) -> f64 {
        self.integral_with(&StepSeries::default(), from, to, |value, _| value) / (to - from)
    }

    /// The time-weighted mean of the absolute difference to another series.
    #[must_use]
    pub fn mean_absolute_error(&self, other: &StepSeries, from: f64, to: f64) -> f64 {
        self.integral_with(other, from, to, |one, other| (one - other).abs()) / (to - from)
    }

    /// The largest value between two instants, and when it was first reached.
    #[must_use]
    pub fn peak(&self, from: f64, to: f64) -> (f64, f64) {
        self.extreme(from, to, |value, best| value > best)
    }

    /// The smallest value between two instants, and when it was first reached.
    #[must_use]
    pub fn trough(&self, from: f64, to: f64) -> (f64, f64) {
        self.extreme(from, to, |value, best| value < best)
    }

    fn extreme(&self, from: f64, to: f64, better: impl Fn(f64, f64) -> bool) -> (f64, f64) {
        let within = self.steps.iter().filter(|(at, _)| *at > from && *at < to);
        within.fold((from, self.at(from)), |best, &(at, value)| if better(value, best.1) { (at, value) } else { best })
    }

    fn integral_with(&self, other: &StepSeries, from: f64, to: f64, of: impl Fn(f64, f64) -> f64) -> f64 {
        let mut instants: Vec<f64> =
            self.steps.iter().chain(&other.steps).map(|step| step.0).filter(|at| *at > from && *at < to).collect();
        instants.extend([from, to]);
        instants.sort_by(f64::total_cmp);
        instants.windows(2).map(|pair| (pair[1] - pair[0]) * of(self.at(pair[0]), other.at(pair[0]))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_errors_are_weighted_by_time() {
        let one = StepSeries::new(vec![(0.0, 1.0), (10.0, 4.0), (30.0, 2.0)]);
        assert_eq!(one.mean(0.0, 40.0), (10.0 + 80.0 + 20.0) / 40.0);
        assert_eq!(one.mean(20.0, 40.0), 3.0);
        let other = StepSeries::new(vec![(0.0, 1.0), (20.0, 4.0)]);
        assert_eq!(one.mean_absolute_error(&other, 0.0, 40.0), (30.0 + 20.0) / 40.0);
        assert_eq!(one.mean_absolute_error(&one, 0.0, 40.0), 0.0);
    }

    #[test]
    fn peaks_and_troughs_have_their_instants() {
        let series = StepSeries::new(vec![(0.0, 1.0), (10.0, 4.0), (10.0, 5.0), (30.0, 2.0)]);
        assert_eq!(series.steps.len(), 3, "the last change of an instant holds");
        assert_eq!(series.peak(0.0, 40.0), (10.0, 5.0));
        assert_eq!(series.trough(15.0, 40.0), (30.0, 2.0));
        assert_eq!(series.at(-1.0), 0.0);
    }
}
