//! Requests that were drawn once and are met by many runs: the points of a sweep share a seed, so they share requests.
//!
//! Nothing about a run changes by it: what is kept is what [`RequestStream`](super::requests::RequestStream) would have
//! drawn. It is kept only where it fits, as memory must not grow with the length of a trace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::requests::{BLOCK, Demands};
use windtunnel_traces::arrivals::Arrivals;

/// Bytes that all kept requests may take together. Those that runs still hold when they are dropped come on top: one
/// set per thread at most.
const BUDGET: u64 = 256 << 20;
/// Bytes of one set at most, so that a sweep's threads can be at work on different seeds.
const LARGEST: u64 = BUDGET / 2;
/// Bytes per request at most: four numbers.
const BYTES: u64 = 32;

/// Requests of one trace, one service and one seed, in order of arrival. Times in nanoseconds.
#[derive(Debug, Default)]
pub struct DrawnRequests {
    pub(super) arrival: Vec<u64>,
    pub(super) cpu: Vec<u64>,
    /// Empty where nobody waits.
    pub(super) wait: Vec<u64>,
    /// Empty where patience has no end.
    pub(super) patience: Vec<u64>,
}

impl DrawnRequests {
    /// Draws all requests, block by block as a stream does; nothing when they turn out to be more than fit.
    pub fn draw(mut arrivals: Arrivals, mut demands: Demands) -> Option<DrawnRequests> {
        let mut drawn = DrawnRequests::default();
        let (mut arrival, mut cpu, mut wait, mut patience) = ([0; BLOCK], [0; BLOCK], [0; BLOCK], [0; BLOCK]);
        let (waits, leaves) = (demands.waits(), demands.leaves());
        loop {
            let count = arrivals.fill(&mut arrival);
            demands.fill(&mut cpu[..count], &mut wait[..count], &mut patience[..count]);
            drawn.arrival.extend_from_slice(&arrival[..count]);
            drawn.cpu.extend_from_slice(&cpu[..count]);
            if waits {
                drawn.wait.extend_from_slice(&wait[..count]);
            }
            if leaves {
                drawn.patience.extend_from_slice(&patience[..count]);
            }
            if drawn.bytes() > LARGEST {
                return None;
            }
            if count < BLOCK {
                return Some(drawn);
            }
        }
    }

    fn bytes(&self) -> u64 {
        8 * (self.arrival.len() + self.cpu.len() + self.wait.len() + self.patience.len()) as u64
    }

    /// Copies the requests from the `from`-th on into a block, and returns how many there were.
    pub(super) fn copy(&self, from: usize, into: [&mut [u64]; 4]) -> usize {
        let [arrival, cpu, wait, patience] = into;
        let count = arrival.len().min(self.arrival.len() - from);
        let of = from..from + count;
        arrival[..count].copy_from_slice(&self.arrival[of.clone()]);
        cpu[..count].copy_from_slice(&self.cpu[of.clone()]);
        match self.wait.get(of.clone()) {
            Some(drawn) => wait[..count].copy_from_slice(drawn),
            None => wait[..count].fill(0),
        }
        match self.patience.get(of) {
            Some(drawn) => patience[..count].copy_from_slice(drawn),
            None => patience[..count].fill(u64::MAX),
        }
        count
    }
}

/// Requests by what they were drawn from. The first run that asks draws for itself: only what is asked for again is kept.
#[derive(Debug, Default)]
pub struct SharedRequests {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sets: BTreeMap<String, Set>,
    /// Counts the questions: the set that was asked for longest ago goes first.
    now: u64,
}

#[derive(Debug, Default)]
struct Set {
    asked: u64,
    slot: Arc<Mutex<Slot>>,
}

#[derive(Debug, Default)]
enum Slot {
    /// Asked for once, or being drawn.
    #[default]
    Wanted,
    Drawn(Arc<DrawnRequests>),
    /// More than fits.
    TooMany,
}

impl SharedRequests {
    /// Whether so many requests may be kept.
    pub fn fits(requests: f64) -> bool {
        requests * BYTES as f64 <= LARGEST as f64
    }

    /// The requests of a key. Nothing when they do not fit, or are asked for the first time: the run then draws for
    /// itself.
    pub fn get_or_draw(&self, key: &str, draw: impl FnOnce() -> Option<DrawnRequests>) -> Option<Arc<DrawnRequests>> {
        let slot = self.slot(key)?;
        // Drawing under the slot's lock: whoever else wants the same waits for it instead of drawing it too.
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Slot::Drawn(drawn) => return Some(Arc::clone(drawn)),
            Slot::TooMany => return None,
            Slot::Wanted => {}
        }
        let drawn = draw().map(Arc::new);
        *slot = drawn.as_ref().map_or(Slot::TooMany, |drawn| Slot::Drawn(Arc::clone(drawn)));
        drop(slot);
        self.make_room(key);
        drawn
    }

    /// The place of a key that was asked for before; nothing for one that is new.
    fn slot(&self, key: &str) -> Option<Arc<Mutex<Slot>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        if let Some(set) = kept.sets.get_mut(key) {
            set.asked = now;
            return Some(Arc::clone(&set.slot));
        }
        kept.sets.insert(key.to_string(), Set { asked: now, slot: Arc::default() });
        None
    }

    /// Drops sets, the longest unasked first, until the rest fits. The one of `key` stays.
    fn make_room(&self, key: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // A set that is being drawn is locked: it is counted when it is done.
            let bytes_of = |set: &Set| match set.slot.try_lock().as_deref() {
                Ok(Slot::Drawn(drawn)) => drawn.bytes(),
                _ => 0,
            };
            let sizes: Vec<(u64, u64, String)> =
                kept.sets.iter().map(|(key, set)| (set.asked, bytes_of(set), key.clone())).collect();
            let total: u64 = sizes.iter().map(|(_, bytes, _)| bytes).sum();
            let oldest = sizes.into_iter().filter(|(_, bytes, other)| *bytes > 0 && other != key).min();
            match oldest {
                Some((_, _, oldest)) if total > BUDGET => kept.sets.remove(&oldest),
                _ => return,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use windtunnel_traces::Streams;
    use windtunnel_traces::distribution::Sampler;
    use windtunnel_traces::segments::RateSegments;

    use super::super::requests::{ClassDemand, Request, RequestStream};
    use super::*;

    fn parts(seed: u64, wait: f64, patience: Option<f64>) -> (Arrivals, Demands) {
        let streams = Streams::new(seed);
        let class = ClassDemand { weight: 1.0, cpu: Sampler::constant(5e6), wait: Sampler::constant(wait) };
        // More than two blocks, and no whole number of them.
        let mut times = vec![0; 1100];
        assert_eq!(Arrivals::poisson(RateSegments::constant(50.0), streams).fill(&mut times), 1100);
        let demands = Demands::new(vec![class], patience.map(Sampler::constant), streams);
        (Arrivals::recorded(times.into_iter()), demands)
    }

    fn all(mut stream: RequestStream) -> Vec<Request> {
        let mut requests = Vec::new();
        while stream.next_arrival() != u64::MAX {
            requests.push(stream.take());
        }
        requests
    }

    #[test]
    fn what_is_kept_is_what_a_stream_draws() {
        for (wait, patience) in [(0.0, None), (3e6, None), (0.0, Some(1e9)), (2e6, Some(2e9))] {
            let (arrivals, demands) = parts(3, wait, patience);
            let streamed = all(RequestStream::open(arrivals, demands));
            let (arrivals, demands) = parts(3, wait, patience);
            let drawn = Arc::new(DrawnRequests::draw(arrivals, demands).unwrap());
            assert_eq!(streamed.len(), 1100);
            assert_eq!(streamed, all(RequestStream::drawn(drawn)), "wait {wait}, patience {patience:?}");
        }
    }

    #[test]
    fn only_what_is_asked_for_again_and_fits_is_kept() {
        let shared = SharedRequests::default();
        let draw = || {
            let (arrivals, demands) = parts(1, 0.0, None);
            DrawnRequests::draw(arrivals, demands)
        };
        assert!(shared.get_or_draw("a", draw).is_none(), "the first run draws for itself");
        let second = shared.get_or_draw("a", draw).unwrap();
        let third = shared.get_or_draw("a", || panic!("drawn twice")).unwrap();
        assert!(Arc::ptr_eq(&second, &third));
        for _ in 0..3 {
            assert!(shared.get_or_draw("b", || None).is_none(), "more than fits");
        }
        assert!(SharedRequests::fits(1e6) && !SharedRequests::fits(1e9));
    }

    #[test]
    fn the_set_that_was_asked_for_longest_ago_goes_first() {
        let shared = SharedRequests::default();
        // Three sets of more than a third of the budget each.
        let many = (BUDGET / 3 / 8 + 8) as usize;
        let set = || Some(DrawnRequests { arrival: vec![0; many], ..DrawnRequests::default() });
        for key in ["a", "b", "c"] {
            assert!(shared.get_or_draw(key, set).is_none());
        }
        for key in ["a", "b", "a", "c"] {
            assert!(shared.get_or_draw(key, set).is_some());
        }
        let keys: Vec<String> = shared.kept.lock().unwrap().sets.keys().cloned().collect();
        assert_eq!(keys, ["a", "c"]);
    }
}
