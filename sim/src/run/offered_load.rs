//! The offered load, row by row, for the demand curve.

use std::iter::Peekable;

use windtunnel_traces::SimTime;
use windtunnel_traces::segments::RateSegments;

/// The offered load, row by row.
pub(super) struct OfferedLoad {
    pub(super) segments: Option<Peekable<RateSegments>>,
}

impl OfferedLoad {
    /// The mean rate between two instants; calls move forward in time. Nothing for closed-loop clients.
    pub(super) fn mean(&mut self, from: SimTime, to: SimTime) -> Option<f64> {
        let segments = self.segments.as_mut()?;
        let mut requests = 0.0;
        while let Some(segment) = segments.peek() {
            if segment.start <= from && segment.end >= to && segment.from == segment.to {
                return Some(segment.from);
            }
            if segment.start >= to {
                break;
            }
            if let Some(part) = segment.within(from, to) {
                requests += part.requests();
            }
            if segment.end > to {
                break;
            }
            segments.next();
        }
        Some(requests / to.saturating_since(from).as_secs_f64().max(1e-9))
    }
}
