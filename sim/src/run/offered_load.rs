//! The offered load, row by row, for the demand curve.

use windtunnel_traces::SimTime;
use windtunnel_traces::segments::{RateSegments, Segment};

/// The offered load, row by row.
pub(super) struct OfferedLoad {
    /// Nothing for closed-loop clients.
    rate: Option<RateSegments>,
    /// The piece of the rate that is being read; none at the end of the trace.
    piece: Option<Segment>,
}

impl OfferedLoad {
    /// From the start of a rate; nothing for closed-loop clients.
    pub(super) fn new(mut rate: Option<RateSegments>) -> Self {
        let piece = rate.as_mut().and_then(Iterator::next);
        OfferedLoad { rate, piece }
    }

    /// The mean rate between two instants; calls move forward in time. Nothing for closed-loop clients.
    #[inline]
    pub(super) fn mean(&mut self, from: SimTime, to: SimTime) -> Option<f64> {
        let rate = self.rate.as_mut()?;
        let mut requests = 0.0;
        while let Some(piece) = &self.piece {
            if piece.end > from {
                if piece.start <= from && piece.end >= to && piece.from == piece.to {
                    return Some(piece.from);
                }
                if piece.start >= to {
                    break;
                }
                requests += piece.within(from, to).map_or(0.0, |part| part.requests());
                if piece.end > to {
                    break;
                }
            }
            self.piece = rate.next();
        }
        Some(requests / to.saturating_since(from).as_secs_f64().max(1e-9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_within_a_piece_across_pieces_and_after_the_trace() {
        let at = SimTime::from_secs;
        let level = Segment::level(at(0), at(100), 10.0);
        let ramp = Segment { start: at(100), end: at(200), from: 10.0, to: 30.0 };
        let mut offered = OfferedLoad::new(Some(RateSegments::new([level, ramp].into_iter())));
        let mut mean = |from, to| offered.mean(at(from), at(to));
        assert_eq!(mean(0, 60), Some(10.0));
        assert_eq!(mean(60, 100), Some(10.0), "to the very end of the piece");
        assert_eq!(mean(100, 150), Some(15.0));
        assert_eq!(mean(150, 250), Some(12.5), "half of it after the trace");
        assert_eq!(mean(250, 300), Some(0.0));
        assert_eq!(OfferedLoad::new(None).mean(at(0), at(60)), None, "clients offer what they send");
    }
}
