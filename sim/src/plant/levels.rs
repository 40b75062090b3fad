//! Who has the fewest requests inside, however many instances there are: a mask of instances for each number of requests.
//!
//! A request that comes or goes moves one bit to the mask above or below; the emptiest are the first mask that is not
//! empty. Masks are kept for a window of numbers from the least on, in a ring; whoever has more requests than that cannot
//! be the emptiest before the window has moved, and is only counted.

/// Numbers of requests that have a mask, a power of two.
const WINDOW: u32 = 64;
/// Bits of a word.
const BITS: usize = u64::BITS as usize;

/// Instances by the number of requests inside them.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// Words of one mask.
    words: usize,
    masks: Vec<u64>,
    /// Instances in each mask.
    population: [u32; WINDOW as usize],
    /// Nobody has fewer requests.
    least: u32,
    /// Instances beyond the window.
    above: u32,
}

impl Default for Levels {
    fn default() -> Self {
        Levels { words: 0, masks: Vec::new(), population: [0; WINDOW as usize], least: 0, above: 0 }
    }
}

impl Levels {
    /// Starts anew with the requests inside each instance. There is one.
    pub(super) fn rebuild(&mut self, inside: &[u32]) {
        self.words = inside.len().div_ceil(BITS);
        self.masks.clear();
        self.masks.resize(self.words * WINDOW as usize, 0);
        self.population = [0; WINDOW as usize];
        self.least = inside.iter().copied().min().unwrap_or(0);
        self.above = 0;
        for (place, &level) in inside.iter().enumerate() {
            self.arrive(place, level);
        }
    }

    /// An instance has one request more, `level` now.
    #[inline]
    pub(super) fn rise(&mut self, place: usize, level: u32) {
        self.leave(place, level - 1);
        self.arrive(place, level);
    }

    /// An instance has one request less, `level` now.
    #[inline]
    pub(super) fn fall(&mut self, place: usize, level: u32) {
        self.leave(place, level + 1);
        if level < self.least {
            self.widen_down();
        }
        self.arrive(place, level);
    }

    /// The first of the emptiest instances from `from` on, going round.
    #[inline]
    pub(super) fn emptiest(&mut self, inside: &[u32], from: usize) -> usize {
        while self.population[slot(self.least)] == 0 {
            self.narrow_up(inside);
        }
        let first = slot(self.least) * self.words;
        let mask = &self.masks[first..first + self.words];
        let (word, bit) = (from / BITS, from % BITS);
        let ahead = mask[word] & (u64::MAX << bit);
        if ahead != 0 {
            return word * BITS + ahead.trailing_zeros() as usize;
        }
        let others = (word + 1..mask.len()).chain(0..=word);
        let found = others.into_iter().find(|&word| mask[word] != 0).unwrap_or(word);
        found * BITS + mask[found].trailing_zeros() as usize
    }

    #[inline]
    fn has_mask(&self, level: u32) -> bool {
        level - self.least < WINDOW
    }

    #[inline]
    fn arrive(&mut self, place: usize, level: u32) {
        if self.has_mask(level) {
            self.masks[slot(level) * self.words + place / BITS] |= 1 << (place % BITS);
            self.population[slot(level)] += 1;
        } else {
            self.above += 1;
        }
    }

    #[inline]
    fn leave(&mut self, place: usize, level: u32) {
        if self.has_mask(level) {
            self.masks[slot(level) * self.words + place / BITS] &= !(1 << (place % BITS));
            self.population[slot(level)] -= 1;
        } else {
            self.above -= 1;
        }
    }

    /// The window begins one lower: its highest level leaves it, whose place in the ring is the new one's.
    fn widen_down(&mut self) {
        self.least -= 1;
        let freed = slot(self.least);
        self.above += std::mem::take(&mut self.population[freed]);
        self.masks[freed * self.words..(freed + 1) * self.words].fill(0);
    }

    /// Nobody has so few requests any more: the window begins one higher, and whoever has as many as its new highest
    /// level gets into it.
    fn narrow_up(&mut self, inside: &[u32]) {
        if self.above as usize == inside.len() {
            return self.rebuild(inside);
        }
        self.least += 1;
        if self.above > 0 {
            let highest = self.least + (WINDOW - 1);
            for (place, _) in inside.iter().enumerate().filter(|(_, level)| **level == highest) {
                self.above -= 1;
                self.arrive(place, highest);
            }
        }
    }
}

/// The place of a level in the ring.
#[inline]
fn slot(level: u32) -> usize {
    (level % WINDOW) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Against a look at all of them, with few and many instances, close together and far apart.
        #[test]
        fn the_emptiest_is_found(
            start in proptest::collection::vec(0u32..200, 1..150),
            moves in proptest::collection::vec((0usize..150, 1u32..90, proptest::bool::ANY, 0usize..150), 1..200),
        ) {
            let mut inside = start;
            let mut levels = Levels::default();
            levels.rebuild(&inside);
            for (place, many, up, from) in moves {
                let (place, from) = (place % inside.len(), from % inside.len());
                for _ in 0..many {
                    if up {
                        inside[place] += 1;
                        levels.rise(place, inside[place]);
                    } else if inside[place] > 0 {
                        inside[place] -= 1;
                        levels.fall(place, inside[place]);
                    }
                }
                let least = *inside.iter().min().unwrap();
                let around = (from..inside.len()).chain(0..from);
                let expected = around.into_iter().find(|&place| inside[place] == least).unwrap();
                proptest::prop_assert_eq!(levels.emptiest(&inside, from), expected);
            }
        }
    }
}
