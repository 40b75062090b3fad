//! Windows of the objective, judged by the plant itself while it goes on: nobody has to stop it at their ends.

use windtunnel_traces::SimDuration;

use crate::outcome::Objective;

/// Whole requests with an outcome since the start.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Outcomes {
    /// Those that were answered.
    pub(super) served: f64,
    /// Of those, the ones that took longer than the objective.
    pub(super) slow: f64,
    /// All of them.
    pub(super) decided: f64,
}

/// The windows of a run, one after the other, and the ends of rows, where books are settled as well.
#[derive(Debug)]
pub(super) struct Windows {
    objective: Objective,
    row: u64,
    /// When the window and the row that go on will end, in nanoseconds.
    window_ends: u64,
    row_ends: u64,
    /// What had come out when the window began.
    before: Outcomes,
    judged: u64,
    violating: u64,
}

impl Windows {
    /// The first of each begins now, at the start of the run.
    pub(super) fn new(objective: Objective, row: SimDuration) -> Self {
        let (window, row) = (objective.window.as_nanos().max(1), row.as_nanos().max(1));
        Windows {
            objective,
            row,
            window_ends: window,
            row_ends: row,
            before: Outcomes::default(),
            judged: 0,
            violating: 0,
        }
    }

    /// Where the next of them ends, in nanoseconds.
    #[inline]
    pub(super) fn next_end(&self) -> u64 {
        self.window_ends.min(self.row_ends)
    }

    /// What ends at an instant ends.
    #[inline]
    pub(super) fn end(&mut self, now: u64, outcomes: Outcomes) {
        if self.row_ends == now {
            self.row_ends += self.row;
        }
        if self.window_ends != now {
            return;
        }
        self.window_ends += self.objective.window.as_nanos().max(1);
        let before = std::mem::replace(&mut self.before, outcomes);
        let (served, slow) = (outcomes.served - before.served, outcomes.slow - before.slow);
        if let Some(violates) = self.objective.is_violated(served, slow, outcomes.decided - before.decided) {
            self.judged += 1;
            self.violating += u64::from(violates);
        }
    }

    /// Windows with an outcome since the last call, and those of them that violated the objective.
    pub(super) fn take(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.judged), std::mem::take(&mut self.violating))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_is_judged_by_what_came_out_in_it() {
        let window = SimDuration::from_secs(60);
        let objective = Objective { latency_seconds: 0.5, percentile: 99.0, available: 0.999, window };
        let mut windows = Windows::new(objective, SimDuration::from_secs(90));
        let of = |served, slow, decided| Outcomes { served, slow, decided };
        let second = 1_000_000_000;
        assert_eq!(windows.next_end(), 60 * second);
        windows.end(60 * second, of(1000.0, 10.0, 1000.0));
        assert_eq!(windows.next_end(), 90 * second, "a row ends within the second window");
        windows.end(90 * second, of(1500.0, 25.0, 1500.0));
        assert_eq!(windows.take(), (1, 0), "one percent may be slow");
        windows.end(120 * second, of(2000.0, 25.0, 2000.0));
        assert_eq!(windows.take(), (1, 1), "15 of the second thousand were slow");
        assert_eq!(windows.next_end(), 180 * second, "both end there");
        windows.end(180 * second, of(2000.0, 25.0, 2000.0));
        assert_eq!(windows.take(), (0, 0), "nothing came out");
        windows.end(240 * second, of(2998.0, 25.0, 3000.0));
        assert_eq!(windows.take(), (1, 1), "two of a thousand were not answered");
    }
}
