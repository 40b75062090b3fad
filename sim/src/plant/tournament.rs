//! The earliest of a few dozen changing times: a winner tree. Changing one time costs a walk to the root.

/// Times by index, with the earliest at hand; equal times go to the lower index.
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    leaves: usize,
    /// Node 1 is the root; node `leaves + i` is the leaf of index `i`. Each holds its winner.
    nodes: Vec<Contender>,
}

/// Time above, index below: compared as one number, without a branch.
type Contender = u128;

fn contender(time: u64, index: u32) -> Contender {
    u128::from(time) << 32 | u128::from(index)
}

fn time_and_index(contender: Contender) -> (u64, u32) {
    ((contender >> 32) as u64, contender as u32)
}

impl Tournament {
    pub(super) fn new() -> Self {
        Tournament::with_leaves(1)
    }

    fn with_leaves(leaves: usize) -> Self {
        let mut nodes = vec![contender(u64::MAX, 0); 2 * leaves];
        for (index, node) in (0..).zip(&mut nodes[leaves..]) {
            *node = contender(u64::MAX, index);
        }
        Tournament { leaves, nodes }
    }

    /// The earliest time and its index; `u64::MAX` when every time is.
    #[inline]
    pub(super) fn first(&self) -> (u64, u32) {
        time_and_index(self.nodes[1])
    }

    /// Changes the time of an index.
    #[inline]
    pub(super) fn set(&mut self, index: u32, time: u64) {
        if index as usize >= self.leaves {
            self.grow(index as usize + 1);
        }
        let mut node = self.leaves + index as usize;
        let mut winner = contender(time, index);
        self.nodes[node] = winner;
        while node > 1 {
            winner = winner.min(self.nodes[node ^ 1]);
            node /= 2;
            self.nodes[node] = winner;
        }
    }

    fn grow(&mut self, leaves: usize) {
        let mut larger = Tournament::with_leaves(leaves.next_power_of_two());
        for leaf in &self.nodes[self.leaves..] {
            let (time, index) = time_and_index(*leaf);
            larger.set(index, time);
        }
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_first_is_the_least(changes in proptest::collection::vec((0u32..50, 0u64..100), 1..200)) {
            let mut tournament = Tournament::new();
            let mut times = [u64::MAX; 50];
            for (index, time) in changes {
                tournament.set(index, time);
                times[index as usize] = time;
                let least = *times.iter().min().expect("fifty times");
                proptest::prop_assert_eq!(tournament.first().0, least);
                proptest::prop_assert_eq!(times[tournament.first().1 as usize], least);
            }
        }
    }
}
