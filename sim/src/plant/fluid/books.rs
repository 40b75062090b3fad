//! From expected numbers to whole requests: what arrives is served, lost, or still inside, and nothing else.

use super::latencies::PendingLatencies;
use super::station::Fates;
use super::windows::Outcomes;
use crate::outcome::recorder::{Failure, Recorder};

/// Fates that a request can be under way to.
const FATES: usize = 4;
/// The place of those that will be given up on.
const LATE: usize = 3;

/// An expected number that grows, and the whole requests that have been made of it. Whole numbers are exact as `f64` up to
/// 2^53, and nothing has to be converted.
#[derive(Copy, Clone, Debug, Default)]
struct Count {
    expected: f64,
    made: f64,
}

impl Count {
    /// Whole requests since the last call, up to `most`; what is more comes the next time.
    #[inline]
    fn make(&mut self, most: f64) -> f64 {
        let rounded = self.expected + 0.5;
        if rounded < self.made + 1.0 {
            return 0.0;
        }
        let more = (rounded as i64 as f64 - self.made).min(most);
        self.made += more;
        more
    }
}

/// Whole requests since the start.
#[derive(Copy, Clone, Debug, Default)]
struct Whole {
    arrived: f64,
    attempted: f64,
    outcomes: [f64; FATES],
    rejected: f64,
    broken: f64,
}

/// Requests by expected number, turned into whole ones without losing any.
#[derive(Debug, Default)]
pub(super) struct Books {
    arrived: Count,
    attempted: Count,
    /// Requests that are expected to have arrived in this step, and what became of their attempts: under way to each fate,
    /// refused, failed.
    came: f64,
    under_way: [f64; FATES],
    refused: f64,
    failed: f64,
    /// Requests inside, by the fate that they are under way to.
    inside: [f64; FATES],
    /// Requests that have come to each fate, were refused, and failed.
    outcomes: [Count; FATES],
    rejected: Count,
    broken: Count,
    /// Whole requests that have arrived and have no outcome.
    in_flight: f64,
    /// What has been recorded of the whole requests.
    recorded: Whole,
    latencies: PendingLatencies,
    /// Something has happened since whole numbers were made.
    open: bool,
}

impl Books {
    /// Whether nothing has happened since whole numbers were made.
    pub(super) fn is_settled(&self) -> bool {
        !self.open
    }

    /// Requests are expected to arrive, and attempts.
    pub(super) fn arrive(&mut self, requests: f64, attempts: f64) {
        self.came += requests;
        self.arrived.expected += requests;
        self.attempted.expected += attempts;
        self.open = true;
    }

    /// Requests are admitted and under way to their fates.
    pub(super) fn admit(&mut self, requests: f64, fates: &Fates) {
        for (sum, share) in self.under_way.iter_mut().zip([fates.fast, fates.slow, fates.frustrated, fates.late]) {
            *sum += requests * share;
        }
    }

    /// Requests are refused.
    pub(super) fn refuse(&mut self, requests: f64) {
        self.refused += requests;
    }

    /// Requests fail at once.
    pub(super) fn fail(&mut self, requests: f64) {
        self.failed += requests;
    }

    /// The share of this step's requests that were lost.
    pub(super) fn lost_share(&self) -> f64 {
        let all: f64 = self.under_way.iter().sum::<f64>() + self.refused + self.failed;
        if all > 0.0 { (self.under_way[LATE] + self.refused + self.failed) / all } else { 0.0 }
    }

    /// Turns lost requests of this step into tried-again ones: only a share of them stays lost.
    pub(super) fn retry(&mut self, stay_lost: f64) {
        let lost = self.under_way[LATE] + self.refused + self.failed;
        let served: f64 = self.under_way[..LATE].iter().sum();
        if lost <= 0.0 || served <= 0.0 {
            return;
        }
        let saved = lost * (1.0 - stay_lost);
        let factor = 1.0 + saved / served;
        self.under_way[..LATE].iter_mut().for_each(|served| *served *= factor);
        self.under_way[LATE] *= stay_lost;
        self.refused *= stay_lost;
        self.failed *= stay_lost;
    }

    /// Ends a step with `expected_inside` requests inside: the others leave, and whole requests are made of the numbers.
    pub(super) fn settle(&mut self, expected_inside: f64) {
        // Requests share the fates of their attempts, of which there may be more.
        let attempts: f64 = self.under_way.iter().sum::<f64>() + self.refused + self.failed;
        let each = if attempts > 0.0 { self.came / attempts } else { 0.0 };
        for (inside, attempts) in self.inside.iter_mut().zip(&self.under_way) {
            *inside += attempts * each;
        }
        self.rejected.expected += self.refused * each;
        self.broken.expected += self.failed * each;
        (self.came, self.under_way, self.refused, self.failed) = (0.0, [0.0; FATES], 0.0, 0.0);
        let all: f64 = self.inside.iter().sum();
        if all > expected_inside {
            // Whoever leaves is as any other inside.
            let stay = expected_inside.max(0.0) / all;
            for (inside, outcome) in self.inside.iter_mut().zip(&mut self.outcomes) {
                let left = *inside * (1.0 - stay);
                outcome.expected += left;
                *inside -= left;
            }
        }
        self.open = false;
        self.make_whole();
    }

    fn make_whole(&mut self) {
        let arrived = self.arrived.make(f64::INFINITY);
        self.attempted.make(f64::INFINITY);
        // Each number is rounded by itself; nobody leaves before having come.
        let mut left = self.in_flight + arrived;
        let mut make = |count: &mut Count| {
            left -= count.make(left);
        };
        make(&mut self.rejected);
        make(&mut self.broken);
        self.outcomes.iter_mut().rev().for_each(&mut make);
        self.in_flight = left;
    }

    /// Whole requests so far.
    fn whole(&self) -> Whole {
        Whole {
            arrived: self.arrived.made,
            attempted: self.attempted.made,
            outcomes: self.outcomes.map(|count| count.made),
            rejected: self.rejected.made,
            broken: self.broken.made,
        }
    }

    /// What has come of whole requests so far.
    #[inline]
    pub(super) fn outcomes(&self) -> Outcomes {
        let [fast, slow, frustrated, late] = self.outcomes.map(|count| count.made);
        let served = fast + slow + frustrated;
        let lost = late + self.rejected.made + self.broken.made;
        Outcomes { served, slow: slow + frustrated, decided: served + lost }
    }

    /// Records the whole requests that have been made since the last call.
    pub(super) fn record(&mut self, recorder: &mut Recorder) {
        let whole = self.whole();
        let before = std::mem::replace(&mut self.recorded, whole);
        let more = |whole: f64, before: f64| (whole - before) as u64;
        recorder.arrived(more(whole.arrived, before.arrived));
        recorder.attempted(more(whole.attempted, before.attempted));
        let outcome = |at: usize| more(whole.outcomes[at], before.outcomes[at]);
        let (fast, slow, frustrated) = (outcome(0), outcome(1), outcome(2));
        recorder.served_many(fast, slow, frustrated);
        recorder.lost_many(Failure::TimedOut, outcome(LATE));
        recorder.lost_many(Failure::Rejected, more(whole.rejected, before.rejected));
        recorder.lost_many(Failure::Failed, more(whole.broken, before.broken));
        self.latencies.count(fast + slow + frustrated);
    }

    /// So many of the requests inside fail.
    pub(super) fn fail_inside(&mut self, expected: f64, recorder: &mut Recorder) {
        let all: f64 = self.inside.iter().sum();
        if all > 0.0 {
            let share = (expected / all).min(1.0);
            for inside in &mut self.inside {
                self.broken.expected += *inside * share;
                *inside *= 1.0 - share;
            }
        }
        self.make_whole();
        self.record(recorder);
    }

    /// Requests that have arrived and have no outcome.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight as u64
    }

    /// Where latencies are gathered.
    pub(super) fn latencies(&mut self) -> &mut PendingLatencies {
        &mut self.latencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(parts: [f64; 4]) -> Fates {
        let total: f64 = parts.iter().sum();
        let [fast, slow, frustrated, late] = parts.map(|part| part / total);
        Fates { fast, slow, frustrated, late }
    }

    proptest::proptest! {
        /// Whatever comes and stays: every whole request is served, lost or inside, and no number is off by more than
        /// rounding.
        #[test]
        fn rounding_loses_nobody_and_does_not_drift(
            steps in proptest::collection::vec((0.0f64..50.0, 0.0f64..1.0, 0.0f64..3.0, 0.0f64..3.0), 1..200),
            parts in proptest::array::uniform4(0.01f64..1.0),
        ) {
            let (mut books, mut recorder) = (Books::default(), Recorder::new(1));
            let (mut arrived, mut inside, mut refused, mut failed) = (0.0, 0.0, 0.0, 0.0);
            for &(admitted, stays, turned_away, broken) in &steps {
                let came = admitted + turned_away + broken;
                books.arrive(came, came);
                books.admit(admitted, &fates(parts));
                books.refuse(turned_away);
                books.fail(broken);
                inside = (inside + admitted) * stays;
                (arrived, refused, failed) = (arrived + came, refused + turned_away, failed + broken);
                books.settle(inside);
                books.record(&mut recorder);
                let whole = recorder.segment();
                proptest::prop_assert_eq!(whole.arrived, whole.decided() + books.in_flight());
                // Seven numbers are rounded by themselves.
                proptest::prop_assert!((books.in_flight() as f64 - inside).abs() <= 3.5 + 1e-6);
            }
            let whole = recorder.segment();
            let served = arrived - inside - refused - failed;
            let expected = fates(parts);
            for (found, exact, what) in [
                (whole.arrived, arrived, "arrived"),
                (whole.rejected, refused, "rejected"),
                (whole.failed, failed, "failed"),
                (whole.timed_out, served * expected.late, "timed out"),
                (whole.frustrated, served * expected.frustrated, "frustrated"),
            ] {
                proptest::prop_assert!((found as f64 - exact).abs() <= 4.0, "{} {} for {}", found, what, exact);
            }
        }
    }
}
