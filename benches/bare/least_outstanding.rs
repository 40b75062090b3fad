//! (c) Least-outstanding, exactly: the instances of each level of occupation are a bit mask, so the emptiest is found
//! without asking every instance, and departures wait in a wheel of linked lists. First come, first served inside.

use rand_distr::{Distribution, Exp1};

use super::{Bare, CORES, Histogram, Work, generator, start};

/// Slots of the wheel, a power of two.
const SLOTS: usize = 4096;
/// The end of a linked list.
const NONE: u32 = u32::MAX;

/// Instances by the number of requests inside: at most 64 instances.
struct Levels {
    inside: Vec<u32>,
    /// The instances at each level.
    masks: Vec<u64>,
    /// No level below this has an instance.
    lowest: usize,
}

impl Levels {
    fn new(instances: usize) -> Self {
        let mut masks = vec![0; 1 << 16];
        masks[0] = if instances == 64 { u64::MAX } else { (1 << instances) - 1 };
        Levels { inside: vec![0; instances], masks, lowest: 0 }
    }

    /// One request more for one of the emptiest, in turn from `from` on.
    #[inline]
    fn enter_emptiest(&mut self, from: u32) -> usize {
        while self.masks[self.lowest] == 0 {
            self.lowest += 1;
        }
        let mask = self.masks[self.lowest];
        let ahead = mask & (u64::MAX << from);
        let pick = if ahead != 0 { ahead } else { mask }.trailing_zeros() as usize;
        self.masks[self.lowest] ^= 1 << pick;
        self.masks[self.lowest + 1] ^= 1 << pick;
        self.inside[pick] += 1;
        pick
    }

    #[inline]
    fn leave(&mut self, instance: usize) {
        let level = self.inside[instance] as usize;
        self.masks[level] ^= 1 << instance;
        self.masks[level - 1] ^= 1 << instance;
        self.inside[instance] -= 1;
        self.lowest = self.lowest.min(level - 1);
    }
}

/// Departures to come, hashed by time into slots.
pub(crate) struct Wheel {
    heads: Vec<u32>,
    /// Time, instance, next in the slot (or next free entry).
    entries: Vec<(f64, u32, u32)>,
    free: u32,
    per_second: f64,
    /// The tick that has been emptied up to, in part.
    tick: u64,
}

impl Wheel {
    pub(crate) fn new(per_second: f64) -> Self {
        Wheel { heads: vec![NONE; SLOTS], entries: Vec::new(), free: NONE, per_second, tick: 0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, time: f64, instance: usize) {
        let slot = (time * self.per_second) as usize % SLOTS;
        let entry = (time, instance as u32, self.heads[slot]);
        if self.free == NONE {
            self.entries.push(entry);
            self.heads[slot] = self.entries.len() as u32 - 1;
        } else {
            let at = self.free;
            self.free = self.entries[at as usize].2;
            self.entries[at as usize] = entry;
            self.heads[slot] = at;
        }
    }

    /// Takes out all departures up to `now`, in any order.
    #[inline]
    pub(crate) fn pop_until(&mut self, now: f64, mut left: impl FnMut(usize)) {
        let last = (now * self.per_second) as u64;
        for tick in self.tick..=last {
            let slot = tick as usize % SLOTS;
            let (mut before, mut at) = (NONE, self.heads[slot]);
            while at != NONE {
                let (time, instance, next) = self.entries[at as usize];
                if time <= now {
                    left(instance as usize);
                    if before == NONE {
                        self.heads[slot] = next;
                    } else {
                        self.entries[before as usize].2 = next;
                    }
                    self.entries[at as usize].2 = self.free;
                    self.free = at;
                } else {
                    before = at;
                }
                at = next;
            }
        }
        self.tick = last;
    }
}

/// Least-outstanding over the instances, lognormal core time and wait.
pub(crate) fn least_outstanding(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let mut free = vec![[0.0; CORES]; work.instances];
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let mut levels = Levels::new(work.instances);
    // About one tick per arrival.
    let mut wheel = Wheel::new(work.rate);
    let gap = 1.0 / work.rate;
    let (mut now, mut turn) = (0.0, 0);
    for _ in 0..work.requests {
        let unit: f64 = Exp1.sample(&mut generator);
        now += gap * unit;
        wheel.pop_until(now, |instance| levels.leave(instance));
        let cpu = cpu_law.sample(&mut generator);
        let wait = wait_law.sample(&mut generator);
        let pick = levels.enter_emptiest(turn);
        turn = if pick + 1 == work.instances { 0 } else { pick as u32 + 1 };
        let departure = start(&mut free[pick], now, cpu) + cpu + wait;
        wheel.push(departure, pick);
        histogram.record(departure - now);
    }
    histogram.report()
}
