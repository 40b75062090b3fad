//! A rate over time as a stream of straight pieces, and what can be done to such a stream: cut, shift, scale, add.

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
    pieces: Box<dyn Iterator<Item = Segment> + Send>,
}

impl std::fmt::Debug for RateSegments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RateSegments")
    }
}

impl Iterator for RateSegments {
    type Item = Segment;
    fn next(&mut self) -> Option<Segment> {
        self.pieces.next()
    }
}

impl RateSegments {
    /// A rate from pieces that follow each other without holes, from 0 on.
    pub fn new(pieces: impl Iterator<Item = Segment> + Send + 'static) -> Self {
        RateSegments { pieces: Box::new(pieces) }
    }

    /// The same rate for ever.
    pub fn constant(rate: f64) -> Self {
        RateSegments::new(std::iter::once(Segment::level(SimTime::ZERO, SimTime::NEVER, rate)))
    }

    /// What lies between two instants, moved so that it starts at 0.
    #[must_use]
    pub fn window(self, from: SimTime, to: SimTime) -> Self {
        let inside = self
            .pieces
            .skip_while(move |piece| piece.end <= from)
            .map_while(move |piece| piece.within(from, to))
            .map(move |piece| piece.moved(from.as_nanos(), 0));
        RateSegments::new(inside)
    }

    /// What lies before an instant.
    #[must_use]
    pub fn until(self, end: SimTime) -> Self {
        RateSegments::new(self.pieces.map_while(move |piece| piece.within(SimTime::ZERO, end)))
    }

    /// Every rate times a factor.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        if factor == 1.0 { self } else { RateSegments::new(self.pieces.map(move |piece| piece.times(factor))) }
    }

    /// The pieces of one period over and over: `again` starts them anew, `period` is their length in nanoseconds.
    pub fn looped(period: u64, again: impl Fn() -> RateSegments + Send + 'static) -> Self {
        let cycle = move |count: u64| {
            let mut pieces = again().pieces;
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
