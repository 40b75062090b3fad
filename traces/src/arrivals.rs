//! Request arrivals as a stream: a non-homogeneous Poisson process by exact inversion of its cumulative rate.
//!
//! A unit exponential is spent on the area under the rate; where it is used up, a request arrives. What a piece of the
//! rate leaves over is carried into the next piece, so that the process is exact across bends and jumps, and rescaled
//! traces meet the same exponentials.

use crate::random::{Generator, Purpose, Streams, fill_exponential};
use crate::segments::{RateSegments, Segment};

/// Exponentials are drawn in blocks of this many: the loop over logarithms vectorises.
const BLOCK: usize = 256;

/// The times at which requests arrive.
#[derive(Debug)]
pub struct Arrivals {
    source: Source,
}

enum Source {
    Poisson(Box<Poisson>),
    Recorded(Box<dyn Iterator<Item = u64> + Send>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Source::Poisson(_) => "Poisson",
            Source::Recorded(_) => "Recorded",
        })
    }
}

impl Arrivals {
    /// A Poisson process with this rate, drawn from the stream for arrivals.
    pub fn poisson(rate: RateSegments, streams: Streams) -> Self {
        Arrivals { source: Source::Poisson(Box::new(Poisson::new(rate, streams.stream(Purpose::Arrivals)))) }
    }

    /// Exactly these times, in nanoseconds, in order.
    pub fn recorded(times: impl Iterator<Item = u64> + Send + 'static) -> Self {
        Arrivals { source: Source::Recorded(Box::new(times)) }
    }

    /// Writes the next arrival times in nanoseconds and returns how many: they never decrease. Fewer than the block
    /// holds (maybe none) means that the trace is over.
    pub fn fill(&mut self, block: &mut [u64]) -> usize {
        match &mut self.source {
            Source::Poisson(poisson) => poisson.fill(block),
            Source::Recorded(times) => {
                let mut filled = 0;
                for (slot, time) in block.iter_mut().zip(times) {
                    *slot = time;
                    filled += 1;
                }
                filled
            }
        }
    }
}

/// Where the process stands: `position` nanoseconds into a piece of the rate, with a block of unit exponentials.
struct Poisson {
    rate: RateSegments,
    generator: Generator,
    /// The piece, with its rate per nanosecond; `None` when the trace is over.
    piece: Option<Piece>,
    /// Offset from the start of the piece: precise whatever the time of day.
    position: f64,
    draws: [f64; BLOCK],
    next: usize,
}

#[derive(Copy, Clone)]
struct Piece {
    start: u64,
    length: f64,
    /// The rate at the start, per nanosecond.
    from: f64,
    /// The rate at the end, per nanosecond.
    to: f64,
}

impl Piece {
    fn new(segment: Segment) -> Self {
        let start = segment.start.as_nanos();
        let length = (segment.end.as_nanos() - start) as f64;
        Piece { start, length, from: segment.from / 1e9, to: segment.to / 1e9 }
    }
}

impl Poisson {
    fn new(mut rate: RateSegments, generator: Generator) -> Self {
        let piece = rate.next().map(Piece::new);
        Poisson { rate, generator, piece, position: 0.0, draws: [0.0; BLOCK], next: BLOCK }
    }

    fn fill(&mut self, block: &mut [u64]) -> usize {
        let mut filled = 0;
        while filled < block.len() {
            let Some(piece) = self.piece else { break };
            if self.next == BLOCK {
                fill_exponential(&mut self.generator, &mut self.draws);
                self.next = 0;
            }
            filled += if piece.from == piece.to {
                self.fill_level(piece, &mut block[filled..])
            } else {
                self.fill_sloped(piece, &mut block[filled..])
            };
        }
        filled
    }

    /// The next piece, with what is left of the current exponential.
    fn advance(&mut self, left: f64) {
        self.draws[self.next] = left;
        self.position = 0.0;
        self.piece = self.rate.next().map(Piece::new);
    }

    /// Arrivals at a constant rate until the block, the draws or the piece ends.
    fn fill_level(&mut self, piece: Piece, block: &mut [u64]) -> usize {
        if piece.from <= 0.0 {
            let untouched = self.draws[self.next];
            self.advance(untouched);
            return 0;
        }
        let gap = 1.0 / piece.from;
        let mut position = self.position;
        let mut filled = 0;
        for (slot, draw) in block.iter_mut().zip(&self.draws[self.next..]) {
            let at = position + draw * gap;
            if at >= piece.length {
                self.next += filled;
                self.advance((draw - (piece.length - position) * piece.from).max(0.0));
                return filled;
            }
            position = at;
            // Rounded down: a position below the length stays below the end.
            *slot = piece.start + at as i64 as u64;
            filled += 1;
        }
        self.next += filled;
        self.position = position;
        filled
    }

    /// Arrivals at a rate that rises or falls.
    fn fill_sloped(&mut self, piece: Piece, block: &mut [u64]) -> usize {
        let slope = (piece.to - piece.from) / piece.length;
        let mut position = self.position;
        let mut filled = 0;
        for (slot, draw) in block.iter_mut().zip(&self.draws[self.next..]) {
            let rate = piece.from + slope * position;
            let at = position + step(rate, slope, *draw);
            if at >= piece.length || at.is_nan() {
                self.next += filled;
                let area = (rate + piece.to) / 2.0 * (piece.length - position);
                self.advance((draw - area).max(0.0));
                return filled;
            }
            position = at;
            *slot = piece.start + at as i64 as u64;
            filled += 1;
        }
        self.next += filled;
        self.position = position;
        filled
    }
}

/// How far to go until `area` lies under a rate that starts at `rate` and changes by `slope`: the root of
/// `slope x^2 / 2 + rate x = area` in the form without cancellation, which also holds when the slope vanishes. Not a
/// number when a falling rate reaches zero before.
#[inline]
fn step(rate: f64, slope: f64, area: f64) -> f64 {
    2.0 * area / (rate + (rate * rate + 2.0 * slope * area).sqrt())
}

#[cfg(test)]
mod tests;
