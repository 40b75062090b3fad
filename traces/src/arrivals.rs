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

/// Where the process stands: how much of the area under a piece of the rate is spent.
struct Poisson {
    rate: RateSegments,
    generator: Generator,
    /// `None` when the trace is over.
    piece: Option<Piece>,
    /// The area between the start of the piece and the latest arrival.
    spent: f64,
    /// The latest arrival, which the next must not precede.
    latest: u64,
    draws: [f64; BLOCK],
    next: usize,
}

/// A piece of the rate, ready to be inverted. Rates are per nanosecond.
#[derive(Copy, Clone)]
struct Piece {
    start: u64,
    /// The last nanosecond that belongs to it.
    last: u64,
    /// The expected number of requests.
    area: f64,
    rate: f64,
    slope: f64,
}

impl Piece {
    fn new(segment: Segment) -> Self {
        let (start, end) = (segment.start.as_nanos(), segment.end.as_nanos());
        let length = (end - start) as f64;
        let (from, to) = (segment.from / 1e9, segment.to / 1e9);
        Piece { start, last: end - 1, area: (from + to) / 2.0 * length, rate: from, slope: (to - from) / length }
    }
}

impl Poisson {
    fn new(mut rate: RateSegments, generator: Generator) -> Self {
        let piece = rate.next().map(Piece::new);
        Poisson { rate, generator, piece, spent: 0.0, latest: 0, draws: [0.0; BLOCK], next: BLOCK }
    }

    fn fill(&mut self, block: &mut [u64]) -> usize {
        let mut filled = 0;
        while filled < block.len() {
            let Some(piece) = self.piece else { break };
            if self.next == BLOCK {
                fill_exponential(&mut self.generator, &mut self.draws);
                self.next = 0;
            }
            filled += self.fill_from(piece, &mut block[filled..]);
        }
        filled
    }

    /// Arrivals in one piece until the block, the draws or the piece ends.
    fn fill_from(&mut self, piece: Piece, block: &mut [u64]) -> usize {
        let first = self.next;
        let upto = BLOCK.min(first + block.len());
        // First the areas, each in the place of its draw: a chain of nothing but additions.
        let mut spent = self.spent;
        let mut fitting = 0;
        for draw in &mut self.draws[first..upto] {
            let area = spent + *draw;
            if area >= piece.area {
                break;
            }
            *draw = area;
            spent = area;
            fitting += 1;
        }
        self.spent = spent;
        self.next += fitting;
        // Then where they are reached: no draw waits for the one before.
        let areas = &self.draws[first..first + fitting];
        if piece.slope == 0.0 {
            place_level(piece, areas, block);
        } else {
            self.latest = place_sloped(piece, self.latest, areas, block);
        }
        if self.next < upto {
            // The exponential that did not fit goes on in the next piece with what is left of it.
            self.draws[self.next] -= piece.area - self.spent;
            self.draws[self.next] = self.draws[self.next].max(0.0);
            self.spent = 0.0;
            self.piece = self.rate.next().map(Piece::new);
        }
        fitting
    }
}

/// Where areas are reached at a constant rate. Rounded down, so that what lies in the piece stays in it.
#[inline]
fn place_level(piece: Piece, areas: &[f64], block: &mut [u64]) {
    let gap = 1.0 / piece.rate;
    for (slot, area) in block.iter_mut().zip(areas) {
        *slot = (piece.start + (area * gap) as i64 as u64).min(piece.last);
    }
}

/// Where areas are reached when the rate rises or falls: the root of `slope x^2 / 2 + rate x = area` in the form without
/// cancellation, which also holds when the slope nearly vanishes. Returns the last.
#[inline]
fn place_sloped(piece: Piece, latest: u64, areas: &[f64], block: &mut [u64]) -> u64 {
    let (square, twice) = (piece.rate * piece.rate, 2.0 * piece.slope);
    let mut latest = latest;
    for (slot, area) in block.iter_mut().zip(areas) {
        // Where a falling rate ends at zero, rounding may take the square just below it.
        let root = (square + twice * area).max(0.0).sqrt();
        let at = 2.0 * area / (piece.rate + root);
        // Two roots that round differently must not swap their order.
        latest = latest.max((piece.start + at as i64 as u64).min(piece.last));
        *slot = latest;
    }
    latest
}

#[cfg(test)]
mod tests;
