//! Bursts that run on a station, by virtual finish: a sorted list while they are few, a binary heap when they are many.
//!
//! A list in ascending order is a heap, so growing costs nothing; a heap that has become short again is sorted. Bursts that
//! have ended stay in front of the list for a while, so that nothing moves up when one ends.

use std::cell::Cell;

/// A burst: its finish above, the order in which it started and its job below, so that one comparison decides, without a
/// branch.
type Burst = u128;
/// Bits below the finish.
const FINISH_BITS: u32 = 64;
/// The rest.
const STARTED: u128 = (1 << FINISH_BITS) - 1;

/// From here on a list is a heap.
const MANY: usize = 24;
/// From here down a heap becomes a list.
const FEW: usize = 12;
/// So many ended bursts are taken out together.
const ENDED: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Bursts {
    entries: Vec<Burst>,
    /// Entries in front whose bursts have ended: none in a heap.
    ended: usize,
    /// False while the entries are a heap that need not be sorted.
    is_heap: bool,
    /// Bursts that have started since there were none.
    started: u32,
}

impl Bursts {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.ended
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The jobs, in no particular order.
    pub(super) fn jobs(&self) -> impl Iterator<Item = u32> + '_ {
        self.entries.iter().skip(self.ended).map(|&burst| job(burst))
    }

    /// When the first of them ends, in virtual time.
    #[inline]
    pub(super) fn first_finish(&self) -> Option<u64> {
        self.entries.get(self.ended).map(|burst| (burst >> FINISH_BITS) as u64)
    }

    /// Starts a burst; of those that end together the first that started ends first.
    #[inline]
    pub(super) fn push(&mut self, finish: u64, job: u32) {
        self.started = if self.is_empty() { 0 } else { self.started.wrapping_add(1) };
        let burst = u128::from(finish) << FINISH_BITS | u128::from(self.started) << 32 | u128::from(job);
        if !self.is_heap && (self.ended >= ENDED || self.len() >= MANY) {
            self.entries.drain(..self.ended);
            self.ended = 0;
            self.is_heap = self.entries.len() >= MANY;
        }
        self.entries.push(burst);
        let running = &mut self.entries[self.ended..];
        if self.is_heap { rise(running, burst) } else { insert(running, burst) }
    }

    /// Takes the job whose burst ends first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u32> {
        let first = *self.entries.get(self.ended)?;
        if self.is_heap {
            self.take_from_heap(0);
        } else {
            self.ended += 1;
        }
        Some(job(first))
    }

    /// Takes a job before its burst has ended.
    pub(super) fn remove(&mut self, of: u32) {
        let Some(at) = self.jobs().position(|job| job == of) else { return };
        if self.is_heap {
            self.take_from_heap(at);
        } else {
            self.entries.remove(self.ended + at);
        }
    }

    /// All end earlier by so much virtual time.
    pub(super) fn end_earlier(&mut self, by: u64) {
        let by = u128::from(by) << FINISH_BITS;
        // Those that end just now may be as good as over; their order stays.
        self.entries[self.ended..]
            .iter_mut()
            .for_each(|burst| *burst = burst.checked_sub(by).unwrap_or(*burst & STARTED));
        self.entries[self.ended..].sort_unstable();
    }

    /// Forgets all, and gives their memory back.
    pub(super) fn clear(&mut self) {
        *self = Bursts::default();
    }

    fn take_from_heap(&mut self, at: usize) {
        self.entries.swap_remove(at);
        if self.entries.len() <= FEW {
            self.entries.sort_unstable();
            self.is_heap = false;
        } else if at < self.entries.len() {
            self.sift(at);
        }
    }

    /// Moves an entry that may belong above or below its place.
    fn sift(&mut self, at: usize) {
        let (mut hole, moved, count) = (at, self.entries[at], self.entries.len());
        while hole > 0 && moved < self.entries[(hole - 1) / 2] {
            self.entries[hole] = self.entries[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        loop {
            let mut child = 2 * hole + 1;
            if child >= count {
                break;
            }
            if child + 1 < count {
                child += usize::from(self.entries[child + 1] < self.entries[child]);
            }
            if moved < self.entries[child] {
                break;
            }
            self.entries[hole] = self.entries[child];
            hole = child;
        }
        self.entries[hole] = moved;
    }
}

/// Puts a burst into a list whose last place is free: those that end later move back by one.
#[inline]
fn insert(list: &mut [Burst], burst: Burst) {
    let list = Cell::from_mut(list).as_slice_of_cells();
    let mut hole = list.len() - 1;
    for neighbours in list.windows(2).rev() {
        if neighbours[0].get() < burst {
            break;
        }
        neighbours[1].set(neighbours[0].get());
        hole -= 1;
    }
    list[hole].set(burst);
}

/// Puts a burst into a heap whose last place is free.
#[cold]
fn rise(heap: &mut [Burst], burst: Burst) {
    let mut hole = heap.len() - 1;
    while hole > 0 && burst < heap[(hole - 1) / 2] {
        heap[hole] = heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap[hole] = burst;
}

#[inline]
fn job(burst: Burst) -> u32 {
    burst as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Against a sorted list, growing and shrinking past both limits, with many ties.
        #[test]
        fn bursts_end_by_finish_then_by_start(steps in proptest::collection::vec((0u32..30, 0u32..6), 0..400)) {
            let mut bursts = Bursts::default();
            let mut expected: Vec<(u32, u32)> = Vec::new();
            for (number, (finish, what)) in (0..).zip(steps) {
                // Mostly growing at first, mostly shrinking later.
                match (what, number < 200) {
                    (0, true) | (0..=3, false) => {
                        let first = expected.iter().copied().min();
                        expected.retain(|&burst| Some(burst) != first);
                        proptest::prop_assert_eq!(bursts.pop(), first.map(|(_, job)| job));
                    }
                    (1, true) | (4, false) if !expected.is_empty() => {
                        let (_, job) = expected.remove(finish as usize % expected.len());
                        bursts.remove(job);
                    }
                    _ => {
                        bursts.push(u64::from(finish), number);
                        expected.push((finish, number));
                    }
                }
                let first = expected.iter().min().map(|&(finish, _)| u64::from(finish));
                proptest::prop_assert_eq!((bursts.len(), bursts.first_finish()), (expected.len(), first));
            }
        }
    }
}
