//! How the load balancer picks an instance.

use windtunnel_traces::random::{Generator, below, uniform};

/// The instances that receive traffic, with their weights.
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
}

impl Targets {
    /// Adds a station, or changes its weight.
    pub fn set(&mut self, station: u32, weight: f64) {
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

    fn changed(&mut self) {
        self.even = self.weights.windows(2).all(|pair| pair[0] == pair[1]);
        self.version += 1;
    }
}

/// A balancing algorithm. `targets` is never empty; `outstanding` is indexed by station.
pub trait Balance: Send {
    /// Whether `outstanding` is looked at: without it the plant need not count.
    const COUNTS_REQUESTS: bool;

    /// The station that the next request goes to.
    fn pick(&mut self, targets: &Targets, outstanding: &[u32]) -> u32;
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
    fn pick(&mut self, targets: &Targets, _: &[u32]) -> u32 {
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
    fn pick(&mut self, targets: &Targets, _: &[u32]) -> u32 {
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
}

impl Balance for LeastOutstanding {
    const COUNTS_REQUESTS: bool = true;

    #[inline]
    fn pick(&mut self, targets: &Targets, outstanding: &[u32]) -> u32 {
        let count = targets.stations.len();
        let first = if self.next < count { self.next } else { 0 };
        let mut best = first;
        let mut least = load(targets, outstanding, first);
        for i in (first + 1..count).chain(0..first) {
            let candidate = load(targets, outstanding, i);
            if candidate < least {
                least = candidate;
                best = i;
            }
        }
        self.next = best + 1;
        targets.stations[best]
    }
}

/// Requests inside, counting the one to be placed, over the weight.
#[inline]
fn load(targets: &Targets, outstanding: &[u32], i: usize) -> f64 {
    let inside = f64::from(outstanding[targets.stations[i] as usize]);
    if targets.even { inside } else { (inside + 1.0) / targets.weights[i].max(1e-9) }
}

/// Two different instances at random, the one with fewer requests inside; a tie goes to the first drawn.
#[derive(Clone, Debug)]
pub struct PowerOfTwo(pub Generator);

impl Balance for PowerOfTwo {
    const COUNTS_REQUESTS: bool = true;

    #[inline]
    fn pick(&mut self, targets: &Targets, outstanding: &[u32]) -> u32 {
        let count = targets.stations.len() as u32;
        if count == 1 {
            return targets.stations[0];
        }
        let first = below(&mut self.0, count) as usize;
        let shift = 1 + below(&mut self.0, count - 1) as usize;
        let second = if first + shift < count as usize { first + shift } else { first + shift - count as usize };
        let pick = if load(targets, outstanding, second) < load(targets, outstanding, first) { second } else { first };
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

    fn shares(balance: &mut impl Balance, targets: &Targets, outstanding: &[u32], picks: usize) -> Vec<f64> {
        let mut counts = vec![0.0; targets.stations.len()];
        for _ in 0..picks {
            counts[balance.pick(targets, outstanding) as usize] += 1.0 / picks as f64;
        }
        counts
    }

    #[test]
    fn round_robin_takes_turns() {
        let (mut balance, targets) = (RoundRobin::default(), targets(&[1.0, 1.0, 1.0]));
        let picks: Vec<u32> = (0..6).map(|_| balance.pick(&targets, &[])).collect();
        assert_eq!(picks, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn weights_give_their_share() {
        let targets = targets(&[1.0, 0.5, 0.25]);
        let expected = [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0];
        let smooth = shares(&mut RoundRobin::default(), &targets, &[], 7_000);
        let mut random = Random(Streams::new(1).stream(Purpose::Balancer));
        let random = shares(&mut random, &targets, &[], 100_000);
        for i in 0..3 {
            assert!((smooth[i] - expected[i]).abs() < 1e-3, "smooth {smooth:?}");
            // Four standard errors of a share near one half over 100,000 picks.
            assert!((random[i] - expected[i]).abs() < 4.0 * 0.5 / 100_000f64.sqrt(), "random {random:?}");
        }
    }

    #[test]
    fn least_outstanding_takes_the_emptiest_and_ties_in_turn() {
        let (mut balance, targets) = (LeastOutstanding::default(), targets(&[1.0; 3]));
        assert_eq!(balance.pick(&targets, &[3, 1, 2]), 1);
        let ties: Vec<u32> = (0..3).map(|_| balance.pick(&targets, &[0, 0, 0])).collect();
        assert_eq!(ties, [2, 0, 1]);
    }

    #[test]
    fn power_of_two_never_takes_the_fullest() {
        let mut balance = PowerOfTwo(Streams::new(1).stream(Purpose::Balancer));
        let share = shares(&mut balance, &targets(&[1.0; 4]), &[9, 0, 0, 0], 10_000);
        assert_eq!(share[0], 0.0, "two different instances are drawn, so the fullest always loses");
    }
}
