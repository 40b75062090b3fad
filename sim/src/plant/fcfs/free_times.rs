//! When each core of a station becomes free, ascending: the state of the recursion.

/// The times of a station's cores. Up to eight stand in place, which is the common machine; those it lacks are never free.
#[derive(Debug)]
#[repr(C)]
pub(super) struct FreeTimes {
    eight: [u64; 8],
    /// All of them, where there are more than eight.
    many: Vec<u64>,
}

impl FreeTimes {
    /// So many cores, all free from the start.
    pub(super) fn new(cores: usize) -> Self {
        let eight = std::array::from_fn(|core| if core < cores { 0 } else { u64::MAX });
        FreeTimes { eight, many: if cores > eight.len() { vec![0; cores] } else { Vec::new() } }
    }

    /// All cores become free at an instant.
    pub(super) fn set_all(&mut self, at: u64) {
        let there = self.eight.iter_mut().filter(|time| **time != u64::MAX);
        there.chain(&mut self.many).for_each(|time| *time = at);
    }

    /// When the first core becomes free.
    #[inline(always)]
    pub(super) fn earliest(&self) -> u64 {
        self.many.first().copied().unwrap_or(self.eight[0])
    }

    /// The first core to become free does so again at `finish`.
    #[inline(always)]
    pub(super) fn replace_earliest(&mut self, finish: u64) {
        if self.many.is_empty() {
            insert(&mut self.eight, finish);
        } else {
            insert(&mut self.many, finish);
        }
    }
}

/// Replaces the first of ascending times by another and keeps them ascending, without a branch.
#[inline(always)]
fn insert(times: &mut [u64], time: u64) {
    let Some(last) = times.len().checked_sub(1) else { return };
    let mut carry = time;
    for at in 0..last {
        let next = times[at + 1];
        times[at] = next.min(carry);
        carry = next.max(carry);
    }
    times[last] = carry;
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_earliest_core_is_taken_each_time(cores in 1usize..12, lengths in proptest::collection::vec(0u64..100, 1..60)) {
            let mut free = FreeTimes::new(cores);
            let mut expected = vec![0; cores];
            for length in lengths {
                proptest::prop_assert_eq!(free.earliest(), expected[0]);
                let finish = expected[0] + length;
                free.replace_earliest(finish);
                expected[0] = finish;
                expected.sort_unstable();
            }
        }
    }
}
