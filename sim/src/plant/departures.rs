//! Departures that are known in advance: a wheel of buckets, one per tick of time.
//!
//! Whoever counts the requests inside the instances has to know who has left by now, not in which order they left. So
//! departures need no heap: each falls into the bucket of its tick, and the buckets that time has passed are emptied.
//! (G. Varghese and T. Lauck, "Hashed and hierarchical timing wheels", 1987, scheme 6.) The tick follows the traffic:
//! one or two departures each, so that neither walking empty buckets nor searching full ones costs more than the rest. So
//! does the number of buckets.

/// Buckets at least, a power of two.
const FEWEST_BUCKETS: usize = 1 << 10;
/// Buckets at most: with more of them than that, finding a bucket in memory costs more than looking into it.
const MOST_BUCKETS: usize = 1 << 16;
/// Buckets for each departure to come. With ticks of one or two departures each, a turn of the wheel is four to eight
/// mean stays, and hardly anybody is looked at in a turn before the own.
const BUCKETS_EACH: usize = 4;
/// The end of a list.
const NONE: u32 = u32::MAX;
/// A tick is a power of two of nanoseconds; this is the first guess: about a millisecond.
const FIRST_SHIFT: u32 = 20;

#[derive(Copy, Clone, Debug)]
struct Departure {
    time: u64,
    station: u32,
    /// The next in the same bucket, or the next unused entry.
    next: u32,
}

/// Departures to come.
#[derive(Debug)]
pub(super) struct Departures {
    /// The first departure of each bucket.
    heads: Vec<u32>,
    entries: Vec<Departure>,
    unused: u32,
    waiting: u32,
    shift: u32,
    /// The tick up to which everything has been taken out, itself maybe in part.
    tick: u64,
    /// When the tick was last fitted to the traffic, and the departures since.
    fitted_at: u64,
    since_fitted: u64,
}

impl Departures {
    pub(super) fn new() -> Self {
        Departures {
            heads: vec![NONE; FEWEST_BUCKETS],
            entries: Vec::new(),
            unused: NONE,
            waiting: 0,
            shift: FIRST_SHIFT,
            tick: 0,
            fitted_at: 0,
            since_fitted: 0,
        }
    }

    /// A request leaves a station at `time`, which is not before what was last asked for.
    #[inline]
    pub(super) fn push(&mut self, time: u64, station: u32) {
        self.since_fitted += 1;
        self.waiting += 1;
        let bucket = self.bucket(time);
        let entry = Departure { time, station, next: self.heads[bucket] };
        if let Some(place) = self.entries.get_mut(self.unused as usize) {
            self.heads[bucket] = self.unused;
            self.unused = place.next;
            *place = entry;
        } else {
            self.heads[bucket] = self.entries.len() as u32;
            self.entries.push(entry);
        }
    }

    /// Takes out everybody who leaves at or before `now`, in no particular order.
    #[inline]
    pub(super) fn until(&mut self, now: u64, mut left: impl FnMut(u32)) {
        let last = now >> self.shift;
        if self.waiting > 0 {
            // A whole turn of the wheel passes every bucket once; more would find nothing new.
            for tick in self.tick.max(last.saturating_sub(self.heads.len() as u64 - 1))..=last {
                self.empty_bucket(self.bucket_of_tick(tick), now, &mut left);
            }
        }
        self.tick = last;
    }

    #[inline]
    fn empty_bucket(&mut self, bucket: usize, now: u64, left: &mut impl FnMut(u32)) {
        let mut before = NONE;
        let mut at = self.heads[bucket];
        while let Some(entry) = self.entries.get_mut(at as usize) {
            let next = entry.next;
            if entry.time <= now {
                left(entry.station);
                entry.next = self.unused;
                self.unused = at;
                self.waiting -= 1;
                match self.entries.get_mut(before as usize) {
                    Some(before) => before.next = next,
                    None => self.heads[bucket] = next,
                }
            } else {
                before = at;
            }
            at = next;
        }
    }

    /// Forgets everybody at a station.
    pub(super) fn forget(&mut self, station: u32) {
        self.rebuild(self.shift, |departure| departure.station != station);
    }

    /// Fits the tick to the traffic since the last call.
    pub(super) fn fit(&mut self, now: u64) {
        // Few departures say little about the traffic.
        if self.since_fitted < FEWEST_BUCKETS as u64 {
            return;
        }
        let gap = (now - self.fitted_at) / self.since_fitted;
        let shift = (gap.max(1).ilog2() + 1).clamp(4, 40);
        let buckets = (BUCKETS_EACH * self.waiting as usize).next_power_of_two().clamp(FEWEST_BUCKETS, MOST_BUCKETS);
        // Within a factor of two above it pays to stay: longer ticks cost less than shorter ones.
        if !(shift..=shift + 1).contains(&self.shift) || buckets > self.heads.len() {
            self.tick = now >> shift;
            self.heads.resize(buckets.max(self.heads.len()), NONE);
            self.rebuild(shift, |_| true);
        }
        self.fitted_at = now;
        self.since_fitted = 0;
    }

    fn rebuild(&mut self, shift: u32, keep: impl Fn(&Departure) -> bool) {
        let mut kept = Vec::with_capacity(self.waiting as usize);
        for &head in &self.heads {
            let mut at = head;
            while let Some(entry) = self.entries.get(at as usize) {
                if keep(entry) {
                    kept.push(*entry);
                }
                at = entry.next;
            }
        }
        self.heads.fill(NONE);
        self.entries.clear();
        (self.unused, self.waiting, self.shift) = (NONE, 0, shift);
        for departure in kept {
            self.push(departure.time, departure.station);
        }
    }

    #[inline]
    fn bucket(&self, time: u64) -> usize {
        self.bucket_of_tick(time >> self.shift)
    }

    /// The number of buckets is a power of two.
    #[inline]
    fn bucket_of_tick(&self, tick: u64) -> usize {
        tick as usize & (self.heads.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Against a plain list, with stays from nothing to many turns of the wheel.
        #[test]
        fn everybody_leaves_in_time(stays in proptest::collection::vec((0u64..1 << 22, 0u32..34, 0u32..5), 1..3000), forgotten in 0u32..5) {
            let mut departures = Departures::new();
            let mut inside: Vec<(u64, u32)> = Vec::new();
            let mut now = 0;
            for (i, &(gap, magnitude, station)) in stays.iter().enumerate() {
                now += gap;
                let mut seen = Vec::new();
                departures.until(now, |station| seen.push(station));
                seen.sort_unstable();
                let mut expected: Vec<u32> = inside.iter().filter(|(time, _)| *time <= now).map(|(_, s)| *s).collect();
                expected.sort_unstable();
                proptest::prop_assert_eq!(seen, expected);
                inside.retain(|(time, _)| *time > now);
                let time = now + (gap >> 3 << magnitude >> 4);
                departures.push(time, station);
                inside.push((time, station));
                if i % 200 == 199 {
                    departures.fit(now);
                }
                if i == 150 {
                    departures.forget(forgotten);
                    inside.retain(|(_, station)| *station != forgotten);
                }
            }
        }
    }
}
