//! How the load balancer picks an instance.

use windtunnel_traces::random::{Generator, below, uniform};

use super::levels::Levels;

/// The instances that receive traffic, with their weights and the requests inside them.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Station numbers, in the order in which they joined.
    pub stations: Vec<u32>,
    /// Their weights, 1 for a full share.
    pub weights: Vec<f64>,
    /// True when all weights are equal: the common case, and the fast one.
    pub even: bool,
    /// Counts changes, so that a balancer can notice them.
    pub version: u64,
    /// Requests inside each target, side by side for whoever compares them all.
    inside: Vec<u32>,
    /// Requests inside by station number, also of those that get no more.
    outstanding: Vec<u32>,
    /// Where in the lists a station is; [`NOWHERE`] when it gets no traffic.
    places: Vec<u32>,
}

/// A target and the requests inside it.
#[derive(Copy, Clone, Debug)]
pub struct Count {
    place: usize,
    inside: u32,
}

/// The place of a station that is no target.
const NOWHERE: u32 = u32::MAX;

impl Targets {
    /// Adds a station, or changes its weight.
    pub fn set(&mut self, station: u32, weight: f64) {
        self.know(station);
        match self.stations.iter().position(|&s| s == station) {
            Some(i) => self.weights[i] = weight,
            None => {
                self.stations.push(station);
                self.weights.push(weight);
            }
        }
        self.changed();
    }

    /// Takes a station out.
    pub fn unset(&mut self, station: u32) {
        if let Some(i) = self.stations.iter().position(|&s| s == station) {
            self.stations.remove(i);
            self.weights.remove(i);
            self.changed();
        }
    }

    /// A request has entered a station, which has been a target before.
    #[inline]
    pub fn entered(&mut self, station: u32) -> Option<Count> {
        self.count(station, 1)
    }

    /// A request has left a station.
    #[inline]
    pub fn left(&mut self, station: u32) -> Option<Count> {
        self.count(station, u32::MAX)
    }

    /// Counts by wrapping addition.
    #[inline]
    fn count(&mut self, station: u32, more: u32) -> Option<Count> {
        let (outstanding, place) = self.outstanding.get_mut(station as usize).zip(self.places.get(station as usize))?;
        *outstanding = outstanding.wrapping_add(more);
        let place = *place as usize;
        let inside = self.inside.get_mut(place)?;
        *inside = *outstanding;
        Some(Count { place, inside: *inside })
    }

    /// All requests inside a station have gone.
    pub fn emptied(&mut self, station: u32) {
        self.know(station);
        self.outstanding[station as usize] = 0;
        self.changed();
    }

    fn know(&mut self, station: u32) {
        let count = self.outstanding.len().max(station as usize + 1);
        self.outstanding.resize(count, 0);
        self.places.resize(count, NOWHERE);
    }

    fn changed(&mut self) {
        self.even = self.weights.windows(2).all(|pair| pair[0] == pair[1]);
        self.version += 1;
        self.inside = self.stations.iter().map(|&station| self.outstanding[station as usize]).collect();
        self.places.fill(NOWHERE);
        for (place, &station) in (0..).zip(&self.stations) {
            self.places[station as usize] = place;
        }
    }
}

/// A balancing algorithm.
pub trait Balance: Send {
    /// Whether it looks at the requests inside the targets: otherwise the plant need not count them.
    const COUNTS_REQUESTS: bool;

    /// The station that the next request goes to. There is a target.
    fn pick(&mut self, targets: &Targets) -> u32;

    /// A request has entered a target, which has counted it.
    #[inline]
    fn entered(&mut self, targets: &Targets, target: Count) {
        let _ = (targets, target);
    }

    /// A request has left a target, which has counted it.
    #[inline]
    fn left(&mut self, targets: &Targets, target: Count) {
        let _ = (targets, target);
    }
}

/// In turn; by weight with the smooth weighted round-robin of nginx.
#[derive(Clone, Debug, Default)]
pub struct RoundRobin {
    next: usize,
    credit: Vec<f64>,
    version: u64,
}

impl Balance for RoundRobin {
    const COUNTS_REQUESTS: bool = false;

    #[inline]
    fn pick(&mut self, targets: &Targets) -> u32 {
        if !targets.even {
            return self.pick_by_weight(targets);
        }
        let at = if self.next < targets.stations.len() { self.next } else { 0 };
        self.next = at + 1;
        targets.stations[at]
    }
}

impl RoundRobin {
    /// Every target earns its weight in credit; the richest is picked and pays the total.
    // Apart, so that the common pick is short enough to stand in the loop of requests.
    #[inline(never)]
    fn pick_by_weight(&mut self, targets: &Targets) -> u32 {
        if self.version != targets.version {
            self.credit.resize(targets.stations.len(), 0.0);
            self.version = targets.version;
        }
        let mut best = 0;
        let mut total = 0.0;
        for (i, weight) in targets.weights.iter().enumerate() {
            self.credit[i] += weight;
            total += weight;
            if self.credit[i] > self.credit[best] {
                best = i;
            }
        }
        self.credit[best] -= total;
        targets.stations[best]
    }
}

/// At random, by weight.
#[derive(Clone, Debug)]
pub struct Random(pub Generator);

impl Balance for Random {
    const COUNTS_REQUESTS: bool = false;

    #[inline]
    fn pick(&mut self, targets: &Targets) -> u32 {
        targets.stations[random_index(&mut self.0, targets)]
    }
}

#[inline]
fn random_index(generator: &mut Generator, targets: &Targets) -> usize {
    if targets.even {
        return below(generator, targets.stations.len() as u32) as usize;
    }
    let total: f64 = targets.weights.iter().sum();
    let mut rest = uniform(generator) * total;
    for (i, weight) in targets.weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            return i;
        }
    }
    targets.stations.len() - 1
}

/// The fewest requests inside (for its weight); ties in turn.
#[derive(Clone, Debug, Default)]
pub struct LeastOutstanding {
    next: usize,
    /// Targets by the requests inside them, while `version` is that of the targets.
    levels: Levels,
    version: u64,
}

impl Balance for LeastOutstanding {
    const COUNTS_REQUESTS: bool = true;

    #[inline]
    fn pick(&mut self, targets: &Targets) -> u32 {
        let count = targets.stations.len();
        let first = if self.next < count { self.next } else { 0 };
        let best = if targets.even {
            if self.version != targets.version {
                self.levels.rebuild(&targets.inside);
                self.version = targets.version;
            }
            self.levels.emptiest(&targets.inside, first)
        } else {
            least_loaded(targets, first)
        };
        self.next = best + 1;
        targets.stations[best]
    }

    #[inline]
    fn entered(&mut self, targets: &Targets, target: Count) {
        if self.version == targets.version {
            self.levels.rise(target.place, target.inside);
        }
    }

    #[inline]
    fn left(&mut self, targets: &Targets, target: Count) {
        if self.version == targets.version {
            self.levels.fall(target.place, target.inside);
        }
    }
}

/// The place of the least load for its weight, the first from `first` on among equals.
fn least_loaded(targets: &Targets, first: usize) -> usize {
    let mut best = first;
    let mut least = load(targets, first);
    for i in (first + 1..targets.stations.len()).chain(0..first) {
        let candidate = load(targets, i);
        if candidate < least {
            least = candidate;
            best = i;
        }
    }
    best
}

/// Requests inside, counting the one to be placed, over the weight.
#[inline]
fn load(targets: &Targets, i: usize) -> f64 {
    let inside = f64::from(targets.inside[i]);
    if targets.even { inside } else { (inside + 1.0) / targets.weights[i].max(1e-9) }
}

/// Two different instances at random, the one with fewer requests inside; a tie goes to the first drawn.
#[derive(Clone, Debug)]
pub struct PowerOfTwo(pub Generator);

impl Balance for PowerOfTwo {
    const COUNTS_REQUESTS: bool = true;

    #[inline]
    fn pick(&mut self, targets: &Targets) -> u32 {
        let count = targets.stations.len() as u32;
        if count == 1 {
            return targets.stations[0];
        }
        let first = below(&mut self.0, count) as usize;
        let shift = 1 + below(&mut self.0, count - 1) as usize;
        let second = if first + shift < count as usize { first + shift } else { first + shift - count as usize };
        let pick = if load(targets, second) < load(targets, first) { second } else { first };
        targets.stations[pick]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windtunnel_traces::{Purpose, Streams};

    fn targets(weights: &[f64]) -> Targets {
        let mut targets = Targets::default();
        for (i, &weight) in weights.iter().enumerate() {
            targets.set(i as u32, weight);
        }
        targets
    }

    fn occupied(inside: &[u32]) -> Targets {
        let mut targets = targets(&vec![1.0; inside.len()]);
        for (station, &count) in (0..).zip(inside) {
            for _ in 0..count {
                targets.entered(station);
            }
        }
        targets
    }

    fn shares(balance: &mut impl Balance, targets: &Targets, picks: usize) -> Vec<f64> {
        let mut counts = vec![0.0; targets.stations.len()];
        for _ in 0..picks {
            counts[balance.pick(targets) as usize] += 1.0 / picks as f64;
        }
        counts
    }

    #[test]
    fn round_robin_takes_turns() {
        let (mut balance, targets) = (RoundRobin::default(), targets(&[1.0, 1.0, 1.0]));
        let picks: Vec<u32> = (0..6).map(|_| balance.pick(&targets)).collect();
        assert_eq!(picks, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn weights_give_their_share() {
        let targets = targets(&[1.0, 0.5, 0.25]);
        let expected = [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0];
        let smooth = shares(&mut RoundRobin::default(), &targets, 7_000);
        let mut random = Random(Streams::new(1).stream(Purpose::Balancer));
        let random = shares(&mut random, &targets, 100_000);
        for i in 0..3 {
            assert!((smooth[i] - expected[i]).abs() < 1e-3, "smooth {smooth:?}");
            // Four standard errors of a share near one half over 100,000 picks.
            assert!((random[i] - expected[i]).abs() < 4.0 * 0.5 / 100_000f64.sqrt(), "random {random:?}");
        }
    }

    #[test]
    fn least_outstanding_takes_the_emptiest_and_ties_in_turn() {
        let mut balance = LeastOutstanding::default();
        assert_eq!(balance.pick(&occupied(&[3, 1, 2])), 1);
        // A balance belongs to its targets, which tell it of every request.
        let (mut balance, idle) = (LeastOutstanding::default(), occupied(&[0, 0, 0]));
        let ties: Vec<u32> = (0..4).map(|_| balance.pick(&idle)).collect();
        assert_eq!(ties, [0, 1, 2, 0]);
    }

    proptest::proptest! {
        /// The masks against the comparison of loads, which agree where all weights are one, while requests come and
        /// go and stations join and leave.
        #[test]
        fn both_comparisons_agree(
            inside in proptest::collection::vec(0u32..4, 1..20),
            turns in 0usize..25,
            moves in proptest::collection::vec((0u32..22, 0u32..10), 0..60),
        ) {
            let mut targets = occupied(&inside);
            let mut balance = LeastOutstanding { next: turns, ..LeastOutstanding::default() };
            for (station, what) in moves {
                match what {
                    0 => targets.unset(station),
                    1 => targets.set(station, 1.0),
                    2..6 if targets.outstanding.get(station as usize).is_some_and(|&inside| inside > 0) => {
                        if let Some(target) = targets.left(station) {
                            balance.left(&targets, target);
                        }
                    }
                    _ => {}
                }
                if targets.stations.is_empty() {
                    continue;
                }
                let first = if balance.next < targets.stations.len() { balance.next } else { 0 };
                let expected = targets.stations[least_loaded(&targets, first)];
                let picked = balance.pick(&targets);
                proptest::prop_assert_eq!(picked, expected);
                if let Some(target) = targets.entered(picked) {
                    balance.entered(&targets, target);
                }
            }
        }
    }

    #[test]
    fn counts_follow_a_station_out_and_in_again() {
        let mut targets = occupied(&[1, 2]);
        targets.unset(0);
        targets.entered(1);
        targets.left(0);
        targets.set(0, 1.0);
        assert_eq!((&targets.stations[..], &targets.inside[..]), (&[1, 0][..], &[3, 0][..]));
    }

    #[test]
    fn power_of_two_never_takes_the_fullest() {
        let mut balance = PowerOfTwo(Streams::new(1).stream(Purpose::Balancer));
        let share = shares(&mut balance, &occupied(&[9, 0, 0, 0]), 10_000);
        assert_eq!(share[0], 0.0, "two different instances are drawn, so the fullest always loses");
    }
}
