//! A 4-ary heap of timed events: half the levels of a binary heap, and the four children share a cache line.

/// An event and when it is due; equal times come out in the order in which they were put in.
#[derive(Copy, Clone, Debug)]
struct Entry<T> {
    /// Time above, sequence below: compared as one number, without a branch.
    key: u128,
    event: T,
}

impl<T> Entry<T> {
    #[inline]
    fn time(&self) -> u64 {
        (self.key >> 64) as u64
    }
}

/// The bit of numbers of events that come late in their instant.
const LATE: u64 = 1 << 63;

/// Events in order of time, first in first out among equal times.
#[derive(Clone, Debug)]
pub(super) struct EventHeap<T> {
    entries: Vec<Entry<T>>,
    sequence: u64,
}

impl<T: Copy> EventHeap<T> {
    pub(super) fn new() -> Self {
        EventHeap { entries: Vec::new(), sequence: 0 }
    }

    /// When the next event is due; `u64::MAX` when there is none.
    #[inline]
    pub(super) fn next_time(&self) -> u64 {
        self.entries.first().map_or(u64::MAX, Entry::time)
    }

    /// Adds an event. Returns the number that it can be called off by.
    #[inline]
    pub(super) fn push(&mut self, time: u64, event: T) -> u64 {
        self.push_as(time, self.sequence, event)
    }

    /// Adds an event that comes after all others of its instant.
    #[inline]
    pub(super) fn push_late(&mut self, time: u64, event: T) -> u64 {
        self.push_as(time, LATE | self.sequence, event)
    }

    #[inline]
    fn push_as(&mut self, time: u64, number: u64, event: T) -> u64 {
        self.sequence += 1;
        self.insert(Entry { key: u128::from(time) << 64 | u128::from(number), event });
        number
    }

    /// Calls off the events with these numbers, which are in order, and returns them.
    pub(super) fn cancel(&mut self, numbers: &[u64]) -> Vec<T> {
        let mut off = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            match numbers.binary_search(&(entry.key as u64)) {
                Ok(_) => off.push(entry.event),
                Err(_) => self.insert(entry),
            }
        }
        off
    }

    #[inline]
    fn insert(&mut self, entry: Entry<T>) {
        let mut hole = self.entries.len();
        self.entries.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / 4;
            if self.entries[parent].key <= entry.key {
                break;
            }
            self.entries[hole] = self.entries[parent];
            hole = parent;
        }
        self.entries[hole] = entry;
    }

    /// Takes the next event.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(u64, T)> {
        let last = self.entries.pop()?;
        let Some(first) = self.entries.first().copied() else {
            return Some((last.time(), last.event));
        };
        let mut hole = 0;
        while let Some(least) = self.least_child(hole) {
            if last.key <= self.entries[least].key {
                break;
            }
            self.entries[hole] = self.entries[least];
            hole = least;
        }
        self.entries[hole] = last;
        Some((first.time(), first.event))
    }

    #[inline]
    fn least_child(&self, parent: usize) -> Option<usize> {
        let first = 4 * parent + 1;
        let children = self.entries.get(first..)?;
        if let [a, b, c, d, ..] = children {
            // Two pairs and their winners: which child is least cannot be guessed, so it is computed.
            let left = usize::from(b.key < a.key);
            let right = 2 + usize::from(d.key < c.key);
            let least = if children[right].key < children[left].key { right } else { left };
            return Some(first + least);
        }
        (0..children.len()).min_by_key(|&child| children[child].key).map(|child| first + child)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn cancelled_events_do_not_come_out(times in proptest::collection::vec(0u64..20, 0..100), every in 1u64..5) {
            let mut heap = EventHeap::new();
            let numbers: Vec<u64> = times.iter().enumerate().map(|(i, &time)| heap.push(time, i)).collect();
            let off: Vec<u64> = numbers.iter().copied().filter(|number| number % every == 0).collect();
            proptest::prop_assert_eq!(heap.cancel(&off).len(), off.len());
            let mut expected: Vec<(u64, usize)> = times.iter().copied().zip(0..).collect();
            expected.retain(|&(_, i)| !off.contains(&numbers[i]));
            expected.sort_unstable();
            let seen: Vec<(u64, usize)> = std::iter::from_fn(|| heap.pop()).collect();
            proptest::prop_assert_eq!(seen, expected);
        }

        #[test]
        fn events_come_out_in_order_of_time_then_of_entry(times in proptest::collection::vec(0u64..20, 0..200)) {
            let mut heap = EventHeap::new();
            for (i, &time) in times.iter().enumerate() {
                heap.push(time, i);
            }
            let mut expected: Vec<(u64, usize)> = times.iter().copied().zip(0..).collect();
            expected.sort_unstable();
            let mut seen = Vec::new();
            while let Some(event) = heap.pop() {
                seen.push(event);
            }
            proptest::prop_assert_eq!(seen, expected);
            proptest::prop_assert_eq!(heap.next_time(), u64::MAX);
        }
    }
}
