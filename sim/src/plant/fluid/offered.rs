//! The offered rate, read forwards: expected arrivals from one instant to the next, never across a bend.

use windtunnel_traces::segments::{RateSegments, Segment};

/// Where the reading stands.
#[derive(Debug)]
pub(super) struct Offered {
    rate: RateSegments,
    piece: Option<Segment>,
}

impl Offered {
    pub(super) fn new(mut rate: RateSegments) -> Self {
        let piece = rate.next();
        Offered { rate, piece }
    }

    /// From `from` to `until` or to the end of the current piece, whichever is first: that end in nanoseconds, and the
    /// requests that are expected to arrive by then.
    pub(super) fn next(&mut self, from: u64, until: u64) -> (u64, f64) {
        while let Some(piece) = &self.piece {
            let end = piece.end.as_nanos();
            if end > from {
                let end = end.min(until);
                let span = super::seconds_of(end - from);
                let rate = if piece.from == piece.to {
                    piece.from
                } else {
                    let middle = from + (end - from) / 2;
                    piece.at(windtunnel_traces::SimTime::from_nanos(middle))
                };
                return (end, rate * span);
            }
            self.piece = self.rate.next();
        }
        (until, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windtunnel_traces::SimTime;

    #[test]
    fn pieces_are_cut_where_the_rate_bends_and_where_the_caller_stops() {
        let at = SimTime::from_secs;
        let ramp = Segment { start: at(0), end: at(10), from: 0.0, to: 10.0 };
        let level = Segment::level(at(10), at(20), 10.0);
        let mut offered = Offered::new(RateSegments::new([ramp, level].into_iter()));
        let second = 1_000_000_000;
        assert_eq!(offered.next(0, 4 * second), (4 * second, 8.0));
        assert_eq!(offered.next(4 * second, 15 * second), (10 * second, 42.0));
        assert_eq!(offered.next(10 * second, 15 * second), (15 * second, 50.0));
        assert_eq!(offered.next(15 * second, 30 * second), (20 * second, 50.0));
        assert_eq!(offered.next(20 * second, 30 * second), (30 * second, 0.0), "nothing comes after the trace");
    }
}
