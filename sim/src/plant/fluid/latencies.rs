//! Latencies of served requests, kept as weights of laws until somebody asks for them.
//!
//! Each request has the law of the spot at which its station was, behind a delay where there was a backlog. A spot's law is
//! a mixture of few laws of the service (`law`), the same for all kinds of stations, so that only as many laws have to be
//! written into buckets as there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::law::{DELAYS, LAWS, ServiceLaw, Weights, delay_of, levels_beside};
use super::station::{Spot, Station};
use crate::outcome::latency::BUCKETS;
use crate::outcome::recorder::Recorder;

/// Latencies that have been gathered.
#[derive(Debug, Default)]
pub(super) struct PendingLatencies {
    served: u64,
    /// What was served at each kind of station, in the order in which they came.
    kinds: Vec<OfKind>,
    /// The kind that was asked for last.
    latest: usize,
    /// Weight by bucket.
    buckets: Vec<f64>,
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
    delayed: BTreeMap<(usize, usize), f64>,
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
        let (below, above) = levels_beside(delay);
        for (level, share) in [below, above] {
            let part = weight * share;
            *self.delayed.entry((level, spot.at)).or_default() += part * (1.0 - spot.share);
            *self.delayed.entry((level, spot.at + 1)).or_default() += part * spot.share;
        }
    }

    /// Turns weights of grid points into those of laws: undisturbed, and behind each level of the delay.
    fn gather(&mut self, free: &mut Weights, behind: &mut BTreeMap<usize, Vec<f64>>) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        for (at, weight) in self.weights.iter_mut().enumerate() {
            let weight = std::mem::take(weight);
            if weight > 0.0 {
                self.station.law(at).iter().for_each(|&(level, share)| free[level.place()] += weight * share);
            }
        }
        for ((level, at), weight) in std::mem::take(&mut self.delayed) {
            if self.station.shares() {
                // Who shares the cores is stretched by a backlog, not held up.
                free[self.station.stretch(delay_of(level)).place()] += weight;
                continue;
            }
            for &(law, share) in self.station.law(at) {
                behind.entry(law.place()).or_insert_with(|| vec![0.0; DELAYS + 1])[level] += weight * share;
            }
        }
    }
}

impl PendingLatencies {
    /// So many whole requests have been served.
    pub(super) fn count(&mut self, served: u64) {
        self.served += served;
    }

    /// Whether whole requests have been served since their latencies were written.
    pub(super) fn is_due(&self) -> bool {
        self.served > 0
    }

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
        let (mut free, mut behind) = ([0.0; LAWS], BTreeMap::new());
        for kind in &mut self.kinds {
            kind.gather(&mut free, &mut behind);
        }
        law.add(&free, &mut self.buckets);
        law.add_behind(&behind, &mut self.buckets);
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
