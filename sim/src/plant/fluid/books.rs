//! From expected numbers to whole requests: what arrives is served, lost, or still inside, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::law::ServiceLaw;
use super::station::{Fates, Spot, Station, add_behind, gather, spread};
use crate::outcome::latency::{BUCKETS, bucket, lower_edge};
use crate::outcome::recorder::{Failure, Recorder};

/// Fates that a request can be under way to.
const FATES: usize = 4;
/// The place of those that will be given up on.
const LATE: usize = 3;

/// Buckets of the histogram between two levels of delays: 3 % apart.
const DELAY_STEP: usize = 4;

/// The delay of a level in nanoseconds.
fn delay_of(level: u32) -> f64 {
    lower_edge(level as usize * DELAY_STEP) as f64
}

/// Requests by expected number, turned into whole ones without losing any.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Expected arrivals so far, and whole ones.
    expected: f64,
    arrived: u64,
    attempts: f64,
    attempted: u64,
    /// Expected numbers of this step: under way to each fate, refused, failed.
    under_way: [f64; FATES],
    refused: f64,
    failed: f64,
    /// Requests inside, by the fate that they are under way to.
    inside: [u64; FATES],
    /// What rounding owes to each fate, to those refused and to those failed.
    owed: [f64; FATES + 2],
    owed_outcomes: [f64; FATES],
    latencies: PendingLatencies,
    /// Something has happened since whole numbers were made.
    open: bool,
}

impl Books {
    /// Whether nothing has happened since whole numbers were made.
    pub(super) fn is_settled(&self) -> bool {
        !self.open
    }

    /// Requests are expected to arrive, and attempts.
    pub(super) fn arrive(&mut self, requests: f64, attempts: f64) {
        self.expected += requests;
        self.attempts += attempts;
        self.open = true;
    }

    /// Requests are admitted and under way to their fates.
    pub(super) fn admit(&mut self, requests: f64, fates: &Fates) {
        for (sum, share) in self.under_way.iter_mut().zip([fates.fast, fates.slow, fates.frustrated, fates.late]) {
            *sum += requests * share;
        }
    }

    /// Requests are refused.
    pub(super) fn refuse(&mut self, requests: f64) {
        self.refused += requests;
    }

    /// Requests fail at once.
    pub(super) fn fail(&mut self, requests: f64) {
        self.failed += requests;
    }

    /// The share of this step's requests that were lost.
    pub(super) fn lost_share(&self) -> f64 {
        let all: f64 = self.under_way.iter().sum::<f64>() + self.refused + self.failed;
        if all > 0.0 { (self.under_way[LATE] + self.refused + self.failed) / all } else { 0.0 }
    }

    /// Turns lost requests of this step into tried-again ones: only a share of them stays lost.
    pub(super) fn retry(&mut self, stay_lost: f64) {
        let lost = self.under_way[LATE] + self.refused + self.failed;
        let served: f64 = self.under_way[..LATE].iter().sum();
        if lost <= 0.0 || served <= 0.0 {
            return;
        }
        let saved = lost * (1.0 - stay_lost);
        let factor = 1.0 + saved / served;
        self.under_way[..LATE].iter_mut().for_each(|served| *served *= factor);
        self.under_way[LATE] *= stay_lost;
        self.refused *= stay_lost;
        self.failed *= stay_lost;
    }

    /// Ends a step with `expected_inside` requests inside: whole requests arrive and leave.
    pub(super) fn settle(&mut self, expected_inside: f64, recorder: &mut Recorder) {
        let arrived = whole(self.expected) - self.arrived;
        let attempted = whole(self.attempts) - self.attempted;
        self.arrived += arrived;
        self.attempted += attempted;
        recorder.arrived(arrived);
        recorder.attempted(attempted);
        self.assign(arrived, recorder);
        let all: u64 = self.inside.iter().sum();
        let stay = whole(expected_inside).min(all);
        self.release(all - stay, recorder);
        self.open = false;
    }

    /// Gives each of the arrived requests a fate.
    fn assign(&mut self, arrived: u64, recorder: &mut Recorder) {
        let [a, b, c, d] = self.under_way;
        let shares = [a, b, c, d, self.refused, self.failed];
        let numbers = apportion(arrived, &shares, &mut self.owed, &[u64::MAX; FATES + 2]);
        for (inside, number) in self.inside.iter_mut().zip(numbers) {
            *inside += number;
        }
        recorder.lost_many(Failure::Rejected, numbers[FATES]);
        recorder.lost_many(Failure::Failed, numbers[FATES + 1]);
        self.under_way = [0.0; FATES];
        (self.refused, self.failed) = (0.0, 0.0);
    }

    /// Some of those inside reach their fates.
    fn release(&mut self, number: u64, recorder: &mut Recorder) {
        let shares = self.inside.map(|inside| inside as f64);
        let [fast, slow, frustrated, late] = apportion(number, &shares, &mut self.owed_outcomes, &self.inside);
        for (inside, left) in self.inside.iter_mut().zip([fast, slow, frustrated, late]) {
            *inside -= left;
        }
        recorder.served_many(fast, slow, frustrated);
        recorder.lost_many(Failure::TimedOut, late);
        self.latencies.served += fast + slow + frustrated;
    }

    /// Requests inside fail.
    pub(super) fn fail_inside(&mut self, expected: f64, recorder: &mut Recorder) {
        let all: u64 = self.inside.iter().sum();
        let number = whole(expected).min(all);
        let shares = self.inside.map(|inside| inside as f64);
        let failed = apportion(number, &shares, &mut [0.0; FATES], &self.inside);
        for (inside, failed) in self.inside.iter_mut().zip(failed) {
            *inside -= failed;
        }
        recorder.lost_many(Failure::Failed, number);
    }

    /// Requests that have arrived and have no outcome.
    pub(super) fn in_flight(&self) -> u64 {
        self.inside.iter().sum()
    }

    /// Where latencies are gathered.
    pub(super) fn latencies(&mut self) -> &mut PendingLatencies {
        &mut self.latencies
    }
}

/// The nearest whole number.
fn whole(expected: f64) -> u64 {
    (expected + 0.5) as u64
}

/// Splits a whole number in proportion to shares, carrying what rounding owes over to the next time, and giving nobody
/// more than there is room for.
fn apportion<const N: usize>(number: u64, shares: &[f64; N], owed: &mut [f64; N], room: &[u64; N]) -> [u64; N] {
    let mut parts = [0; N];
    if number == 0 {
        return parts;
    }
    let total: f64 = shares.iter().sum();
    let mut left = number;
    if total > 0.0 {
        let each = number as f64 / total;
        for at in 0..N {
            if shares[at] == 0.0 && owed[at] == 0.0 {
                continue;
            }
            let exact = each * shares[at] + owed[at];
            parts[at] = (exact.max(0.0) as u64).min(left).min(room[at]);
            owed[at] = (exact - parts[at] as f64).clamp(-1.0, 1.0);
            left -= parts[at];
        }
    }
    // What is left goes to whom most is owed, as long as there is room.
    while left > 0 {
        let mut most = None;
        for at in (0..N).filter(|&at| parts[at] < room[at]) {
            if most.is_none_or(|most: usize| owed[at] > owed[most]) {
                most = Some(at);
            }
        }
        let Some(at) = most else { break };
        // A few are left by rounding; many only where rooms are full.
        let more = if left <= 2 * N as u64 { 1 } else { left.min(room[at] - parts[at]) };
        parts[at] += more;
        owed[at] = (owed[at] - more as f64).max(-1.0);
        left -= more;
    }
    parts
}

/// Latencies of served requests, as laws with weights until somebody asks for them.
#[derive(Debug, Default)]
pub(super) struct PendingLatencies {
    served: u64,
    /// What was served at each kind of station, in the order in which they came.
    kinds: Vec<OfKind>,
    /// The kind that was asked for last.
    latest: usize,
    /// Weight by bucket.
    buckets: Vec<f64>,
    /// Room for laws that are about to be moved; empty otherwise.
    scratch: Vec<f64>,
    /// Where in its bucket the first of the next requests is put.
    phase: f64,
}

/// Latencies at the stations of one kind.
#[derive(Debug)]
pub(super) struct OfKind {
    station: Arc<Station>,
    /// Whether there is any weight.
    touched: bool,
    /// Weight by grid point.
    weights: Vec<f64>,
    /// Weight behind a delay, by level of the delay and grid point.
    delayed: BTreeMap<(u32, usize), f64>,
}

impl OfKind {
    fn new(station: &Arc<Station>) -> Self {
        OfKind { station: Arc::clone(station), touched: false, weights: Vec::new(), delayed: BTreeMap::new() }
    }

    /// Requests served at a spot.
    #[inline]
    pub(super) fn add(&mut self, spot: Spot, weight: f64) {
        self.touched = true;
        if self.weights.len() < spot.at + 2 {
            self.weights.resize(spot.at + 2, 0.0);
        }
        self.weights[spot.at] += weight * (1.0 - spot.share);
        self.weights[spot.at + 1] += weight * spot.share;
    }

    /// Requests served behind a delay in nanoseconds: shared out between the two levels beside it, so that the mean delay
    /// is exact.
    pub(super) fn add_delayed(&mut self, spot: Spot, delay: f64, weight: f64) {
        self.touched = true;
        let level = (bucket(delay as u64) / DELAY_STEP).min(BUCKETS / DELAY_STEP - 1) as u32;
        let (low, high) = (delay_of(level), delay_of(level + 1));
        let above = ((delay - low) / (high - low)).clamp(0.0, 1.0);
        for (level, part) in [(level, weight * (1.0 - above)), (level + 1, weight * above)] {
            *self.delayed.entry((level, spot.at)).or_default() += part * (1.0 - spot.share);
            *self.delayed.entry((level, spot.at + 1)).or_default() += part * spot.share;
        }
    }

    /// Turns weights of grid points into those of buckets.
    /// `scratch` is empty before and after.
    fn expand(&mut self, law: &ServiceLaw, scratch: &mut [f64], buckets: &mut [f64]) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        for at in 0..self.weights.len() {
            let weight = std::mem::take(&mut self.weights[at]);
            if weight > 0.0 {
                spread(&self.station, law, at, weight, buckets);
            }
        }
        // One delay after the other: its laws are gathered before they are moved, since moving is what costs.
        let mut delayed = std::mem::take(&mut self.delayed).into_iter().peekable();
        let mut laws = Vec::new();
        while let Some(((level, at), weight)) = delayed.next() {
            let delay = delay_of(level);
            gather(&self.station, at, delay, weight, &mut laws);
            if delayed.peek().is_none_or(|((next, _), _)| *next != level) {
                add_behind(law, &laws, delay, self.station.shares(), scratch, buckets);
                laws.clear();
            }
        }
    }
}

impl PendingLatencies {
    /// Where the latencies of a kind of station are gathered.
    #[inline]
    pub(super) fn of(&mut self, station: &Arc<Station>) -> &mut OfKind {
        let is_it = |kind: &OfKind| Arc::ptr_eq(&kind.station, station);
        if !self.kinds.get(self.latest).is_some_and(is_it) {
            self.latest = self.kinds.iter().position(is_it).unwrap_or_else(|| {
                self.kinds.push(OfKind::new(station));
                self.kinds.len() - 1
            });
        }
        &mut self.kinds[self.latest]
    }

    /// Turns all weights into those of buckets, to be read.
    pub(super) fn expand(&mut self, law: &ServiceLaw) {
        self.buckets.resize(BUCKETS, 0.0);
        self.scratch.resize(BUCKETS, 0.0);
        for kind in &mut self.kinds {
            kind.expand(law, &mut self.scratch, &mut self.buckets);
        }
    }

    /// The same before the laws change and all kinds of station with them.
    pub(super) fn retire(&mut self, law: &ServiceLaw) {
        self.expand(law);
        self.kinds.clear();
    }

    /// Writes the latencies of all that was served into the histogram. What lies beyond `timeout` nanoseconds was not
    /// served.
    pub(super) fn write(&mut self, timeout: f64, recorder: &mut Recorder) {
        // The fractional parts of the multiples of the golden ratio are spread evenly, so that rare latencies are met as
        // often as they should be over many calls.
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        if self.served == 0 || self.buckets.is_empty() {
            return;
        }
        self.phase = (self.phase + GOLDEN) % 1.0;
        if recorder.latencies(self.served, &self.buckets, timeout, self.phase) {
            self.served = 0;
        }
        self.buckets.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn parts_make_the_whole(number in 0u64..10_000, shares in proptest::array::uniform4(0.0f64..1.0), room in proptest::array::uniform4(0u64..9_000)) {
            let fits: u64 = room.iter().sum();
            let number = number.min(fits);
            let parts = apportion(number, &shares, &mut [0.0; 4], &room);
            proptest::prop_assert_eq!(parts.iter().sum::<u64>(), number);
            for at in 0..4 {
                proptest::prop_assert!(parts[at] <= room[at]);
            }
        }

        #[test]
        fn rounding_does_not_drift(numbers in proptest::collection::vec(0u64..50, 1..200), shares in proptest::array::uniform4(0.01f64..1.0)) {
            let total: f64 = shares.iter().sum();
            let mut owed = [0.0; 4];
            let mut sums = [0u64; 4];
            for &number in &numbers {
                let parts = apportion(number, &shares, &mut owed, &[u64::MAX; 4]);
                for at in 0..4 {
                    sums[at] += parts[at];
                }
            }
            let all: u64 = numbers.iter().sum();
            for at in 0..4 {
                let exact = all as f64 * shares[at] / total;
                proptest::prop_assert!((sums[at] as f64 - exact).abs() <= 4.0, "{} against {exact}", sums[at]);
            }
        }
    }
}
