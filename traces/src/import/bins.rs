//! Counts per interval, stored sparsely: memory goes with the intervals in which something happened, not with the span,
//! and has a limit. Beyond it the intervals are made coarser (unless their length was asked for).

use std::collections::BTreeMap;

/// Intervals of a chunk.
const CHUNK: i64 = 64;
/// Chunks that are held at most: some 64 MiB.
const MOST_CHUNKS: usize = 1 << 16;

/// Lengths of intervals, in nanoseconds, each a multiple of the one before: what a resolution is chosen from.
pub(super) const LADDER: [u64; 9] = {
    let mut ladder = [1, 5, 10, 30, 60, 300, 900, 3_600, 86_400];
    let mut index = 0;
    while index < ladder.len() {
        ladder[index] *= 1_000_000_000;
        index += 1;
    }
    ladder
};

/// What happened in one interval.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Bin {
    /// Requests.
    pub(super) count: f64,
    /// How many requests, or rows, this comes from: 0 for an interval of which nothing is known.
    pub(super) rows: u32,
    /// Requests that the recorded system refused or lost.
    pub(super) refused: f32,
}

impl Bin {
    pub(super) fn add(&mut self, other: Bin) {
        self.count += other.count;
        self.rows = self.rows.saturating_add(other.rows);
        self.refused += other.refused;
    }
}

type Chunk = Box<[Bin; CHUNK as usize]>;

/// Intervals from `phase` on, in steps of `step`, both in nanoseconds.
#[derive(Debug)]
pub(super) struct SparseBins {
    pub(super) step: u64,
    pub(super) phase: i64,
    can_coarsen: bool,
    /// The chunk that was used last: most lines of a log go where the line before went.
    current: (i64, Chunk),
    others: BTreeMap<i64, Chunk>,
}

/// More intervals than can be held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

fn empty() -> Chunk {
    Box::new([Bin::default(); CHUNK as usize])
}

impl SparseBins {
    pub(super) fn new(step: u64, phase: i64, can_coarsen: bool) -> Self {
        SparseBins { step, phase, can_coarsen, current: (0, empty()), others: BTreeMap::new() }
    }

    /// Adds to the interval that an instant lies in.
    pub(super) fn add(&mut self, at: i64, what: Bin) -> Result<(), TooMany> {
        let index = (at - self.phase).div_euclid(self.step as i64);
        let (chunk, within) = (index.div_euclid(CHUNK), index.rem_euclid(CHUNK) as usize);
        if self.current.0 != chunk {
            self.turn_to(chunk)?;
            if self.others.len() >= MOST_CHUNKS {
                return self.coarsened(at, what);
            }
        }
        self.current.1[within].add(what);
        Ok(())
    }

    fn turn_to(&mut self, chunk: i64) -> Result<(), TooMany> {
        let next = self.others.remove(&chunk).unwrap_or_else(empty);
        let (number, last) = std::mem::replace(&mut self.current, (chunk, next));
        if last.iter().any(|bin| bin.rows > 0) {
            self.others.insert(number, last);
        }
        Ok(())
    }

    /// Makes the intervals coarser until there is room again.
    fn coarsened(&mut self, at: i64, what: Bin) -> Result<(), TooMany> {
        if !self.can_coarsen {
            return Err(TooMany);
        }
        while self.others.len() >= MOST_CHUNKS / 2 {
            let Some(step) = LADDER.into_iter().find(|step| *step > self.step && step.is_multiple_of(self.step)) else {
                return Err(TooMany);
            };
            let mut coarse = SparseBins::new(step, self.phase, true);
            for (start, bin) in self.occupied() {
                coarse.add(start, bin)?;
            }
            *self = coarse;
        }
        self.add(at, what)
    }

    /// The intervals of which something is known, by their start, in order.
    pub(super) fn occupied(&self) -> impl Iterator<Item = (i64, Bin)> + '_ {
        let (number, current) = (&self.current.0, &self.current.1);
        let (step, phase) = (self.step as i64, self.phase);
        let before = self.others.range(..*number);
        let after = self.others.range(*number + 1..);
        let chunks = before.chain(std::iter::once((number, current))).chain(after);
        chunks.flat_map(move |(number, chunk)| {
            let first = number * CHUNK;
            let start = move |within: usize| (first + within as i64) * step + phase;
            chunk.iter().enumerate().filter(|(_, bin)| bin.rows > 0).map(move |(within, bin)| (start(within), *bin))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn one() -> Bin {
        Bin { count: 1.0, rows: 1, refused: 0.0 }
    }

    #[test]
    fn what_is_added_comes_back_in_order() {
        let mut bins = SparseBins::new(SECOND as u64, 0, true);
        for second in [5, 1_000_000, -3, 5, 63, 64, 5] {
            bins.add(second * SECOND + 17, one()).unwrap();
        }
        let seen: Vec<(i64, f64)> = bins.occupied().map(|(start, bin)| (start / SECOND, bin.count)).collect();
        assert_eq!(seen, [(-3, 1.0), (5, 3.0), (63, 1.0), (64, 1.0), (1_000_000, 1.0)]);
    }

    #[test]
    fn intervals_begin_at_the_phase() {
        let mut bins = SparseBins::new(300 * SECOND as u64, 53 * SECOND, true);
        bins.add(352 * SECOND, one()).unwrap();
        bins.add(353 * SECOND, one()).unwrap();
        let seen: Vec<i64> = bins.occupied().map(|(start, _)| start / SECOND).collect();
        assert_eq!(seen, [53, 353]);
    }

    #[test]
    fn too_many_intervals_are_made_coarser_and_nothing_is_lost() {
        let many = MOST_CHUNKS as i64 + 10;
        let mut bins = SparseBins::new(SECOND as u64, 0, true);
        for chunk in 0..many {
            bins.add(chunk * CHUNK * SECOND, one()).unwrap();
        }
        assert!(bins.step > SECOND as u64 && bins.others.len() < MOST_CHUNKS);
        assert_eq!(bins.occupied().map(|(_, bin)| bin.count).sum::<f64>(), many as f64);
        let mut fixed = SparseBins::new(SECOND as u64, 0, false);
        let failed = (0..many).find(|chunk| fixed.add(chunk * CHUNK * SECOND, one()).is_err());
        assert!(failed.is_some(), "a resolution that was asked for is not changed");
    }

    #[test]
    fn a_ladder_is_climbed_in_whole_steps() {
        assert!(LADDER.windows(2).all(|pair| pair[1].is_multiple_of(pair[0]) && pair[1] > pair[0]));
    }
}
