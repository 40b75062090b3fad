//! A rate over time as a stream of straight pieces, and what can be done to such a stream: cut, shift, scale, add.

use std::sync::Arc;

use crate::time::SimTime;

/// One straight piece of a rate in requests per second, on `start..end`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub start: SimTime,
    /// Where it ends, exclusive.
    pub end: SimTime,
    /// The rate at its beginning.
    pub from: f64,
    /// The rate that it approaches at its end.
    pub to: f64,
}

impl Segment {
    /// A piece of constant rate.
    pub const fn level(start: SimTime, end: SimTime, rate: f64) -> Self {
        Segment { start, end, from: rate, to: rate }
    }

    /// The rate at an instant within the piece.
    pub fn at(&self, time: SimTime) -> f64 {
        if self.from == self.to || self.end <= self.start {
            return self.from;
        }
        let along = (time.as_nanos() - self.start.as_nanos()) as f64 / self.nanos();
        self.from + (self.to - self.from) * along
    }

    /// The expected number of requests in the piece.
    pub fn requests(&self) -> f64 {
        (self.from + self.to) / 2.0 * (self.nanos() / 1e9)
    }

    /// The part between two instants, if there is any.
    pub fn within(&self, from: SimTime, to: SimTime) -> Option<Segment> {
        let (start, end) = (self.start.max(from), self.end.min(to));
        (start < end).then(|| Segment { start, end, from: self.at(start), to: self.at(end) })
    }

    /// The same piece, with every rate times a factor.
    pub fn times(self, factor: f64) -> Segment {
        Segment { from: self.from * factor, to: self.to * factor, ..self }
    }

    fn nanos(&self) -> f64 {
        (self.end.as_nanos() - self.start.as_nanos()) as f64
    }

    /// `start` and `end` moved by the same amount; the end of time stays where it is.
    fn moved(self, back: u64, forth: u64) -> Segment {
        let shift = |time: SimTime| match time {
            SimTime::NEVER => SimTime::NEVER,
            time => SimTime::from_nanos((time.as_nanos() - back).saturating_add(forth)),
        };
        Segment { start: shift(self.start), end: shift(self.end), ..self }
    }
}

/// A rate over time: straight pieces that follow each other without holes, from 0 on.
pub struct RateSegments {
    pieces: Pieces,
}

enum Pieces {
    /// Made one after the other.
    Streamed(Box<dyn Iterator<Item = Segment> + Send>),
    /// Made once for all who read them, and the place of the next one.
    Listed(Arc<[Segment]>, usize),
}

impl std::fmt::Debug for RateSegments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RateSegments")
    }
}

impl Iterator for RateSegments {
    type Item = Segment;

    #[inline]
    fn next(&mut self) -> Option<Segment> {
        match &mut self.pieces {
            Pieces::Streamed(pieces) => pieces.next(),
            Pieces::Listed(pieces, at) => {
                let piece = pieces.get(*at).copied();
                *at += 1;
                piece
            }
        }
    }
}

impl RateSegments {
    /// A rate from pieces that follow each other without holes, from 0 on.
    pub fn new(pieces: impl Iterator<Item = Segment> + Send + 'static) -> Self {
        RateSegments { pieces: Pieces::Streamed(Box::new(pieces)) }
    }

    /// The same of pieces that others read as well.
    pub(crate) fn listed(pieces: Arc<[Segment]>) -> Self {
        RateSegments { pieces: Pieces::Listed(pieces, 0) }
    }

    /// The same rate for ever.
    pub fn constant(rate: f64) -> Self {
        RateSegments::new(std::iter::once(Segment::level(SimTime::ZERO, SimTime::NEVER, rate)))
    }

    /// What lies between two instants, moved so that it starts at 0.
    #[must_use]
    pub fn window(self, from: SimTime, to: SimTime) -> Self {
        let inside = self
            .skip_while(move |piece| piece.end <= from)
            .map_while(move |piece| piece.within(from, to))
            .map(move |piece| piece.moved(from.as_nanos(), 0));
        RateSegments::new(inside)
    }

    /// What lies before an instant.
    #[must_use]
    pub fn until(self, end: SimTime) -> Self {
        RateSegments::new(self.map_while(move |piece| piece.within(SimTime::ZERO, end)))
    }

    /// Every rate times a factor.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        if factor == 1.0 { self } else { RateSegments::new(self.map(move |piece| piece.times(factor))) }
    }

    /// The pieces of one period over and over: `again` starts them anew, `period` is their length in nanoseconds.
    pub fn looped(period: u64, again: impl Fn() -> RateSegments + Send + 'static) -> Self {
        let cycle = move |count: u64| {
            let mut pieces = again();
            // A replay without pieces (a file that has gone) would loop for ever without yielding.
            let first = pieces.next()?;
            Some(std::iter::once(first).chain(pieces).map(move |piece| piece.moved(0, count.saturating_mul(period))))
        };
        RateSegments::new((0..).map_while(cycle).flatten())
    }

    /// The sum of several rates; it ends where the first of them ends.
    pub fn sum(parts: Vec<RateSegments>) -> Self {
        let mut parts = parts;
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let current = parts.iter_mut().filter_map(Iterator::next).collect();
        RateSegments::new(Sum { parts, current, at: SimTime::ZERO })
    }
}

/// Adds rates piece by piece, cutting wherever one of them bends.
struct Sum {
    parts: Vec<RateSegments>,
    current: Vec<Segment>,
    at: SimTime,
}

impl Iterator for Sum {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.current.len() < self.parts.len() {
            return None;
        }
        let start = self.at;
        let end = self.current.iter().map(|piece| piece.end).min()?;
        if end <= start {
            return None;
        }
        let at = |time| self.current.iter().map(|piece| piece.at(time)).sum();
        let sum = Segment { start, end, from: at(start), to: at(end) };
        for (index, part) in self.parts.iter_mut().enumerate() {
            if self.current[index].end == end {
                match part.next() {
                    Some(piece) => self.current[index] = piece,
                    // Leaves an empty piece behind, which ends the sum at the next call.
                    None => self.current[index] = Segment::level(end, end, 0.0),
                }
            }
        }
        self.at = end;
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> RateSegments {
        let line = Segment { start: SimTime::ZERO, end: SimTime::from_secs(10), from: 0.0, to: 10.0 };
        RateSegments::new([line, Segment::level(line.end, SimTime::NEVER, 10.0)].into_iter())
    }

    fn levels() -> RateSegments {
        let level = |second| Segment::level(SimTime::from_secs(second), SimTime::from_secs(second + 3), second as f64);
        RateSegments::new([0, 3, 6, 9].map(level).into_iter())
    }

    fn piece(start: u64, end: u64, from: f64, to: f64) -> Segment {
        Segment { start: SimTime::from_secs(start), end: SimTime::from_secs(end), from, to }
    }

    #[test]
    fn a_window_begins_at_zero() {
        let seen: Vec<_> = ramp().window(SimTime::from_secs(4), SimTime::from_secs(12)).collect();
        assert_eq!(seen, [piece(0, 6, 4.0, 10.0), piece(6, 8, 10.0, 10.0)]);
        let endless: Vec<_> = ramp().window(SimTime::from_secs(4), SimTime::NEVER).collect();
        assert_eq!(endless[1].end, SimTime::NEVER);
    }

    #[test]
    fn a_sum_bends_where_its_parts_do_and_ends_with_the_first() {
        let seen: Vec<_> = RateSegments::sum(vec![ramp(), levels()]).collect();
        let wanted = [
            piece(0, 3, 0.0, 3.0),
            piece(3, 6, 6.0, 9.0),
            piece(6, 9, 12.0, 15.0),
            piece(9, 10, 18.0, 19.0),
            piece(10, 12, 19.0, 19.0),
        ];
        assert_eq!(seen, wanted);
        assert_eq!(RateSegments::sum(vec![ramp(), ramp()]).last().map(|piece| piece.to), Some(20.0));
    }

    #[test]
    fn a_loop_begins_again() {
        let period = SimTime::from_secs(12).as_nanos();
        let seen: Vec<_> = RateSegments::looped(period, levels).until(SimTime::from_secs(16)).collect();
        assert_eq!(seen[3..], [piece(9, 12, 9.0, 9.0), piece(12, 15, 0.0, 0.0), piece(15, 16, 3.0, 3.0)]);
        let empty = RateSegments::looped(period, || RateSegments::new(std::iter::empty()));
        assert_eq!(empty.count(), 0, "a file that has gone must not loop for ever");
    }

    #[test]
    fn a_factor_is_a_factor() {
        assert_eq!(ramp().times(2.0).next(), Some(piece(0, 10, 0.0, 20.0)));
    }
}
