//! Latencies in a histogram of fixed size: logarithmic buckets whose index is read off the bits of the value.

use serde::{Deserialize, Serialize};

/// Sub-buckets per power of two. A bucket's width is at most 1/128 of its value, so a quantile reported at the middle
/// of its bucket is wrong by at most 0.4 %.
const SUB_BUCKETS: u64 = 128;
const SUB_BITS: u32 = SUB_BUCKETS.trailing_zeros();
/// Values are counted from 2^10 ns (1.024 microseconds, all below share the first octave) up to 2^42 ns (73 minutes).
const LOWEST_BITS: u32 = 10;
const OCTAVES: u32 = 32;
pub(crate) const BUCKETS: usize = (OCTAVES as u64 * SUB_BUCKETS) as usize;

/// The largest relative error of a quantile that [`LatencyHistogram::quantile`] reports, for latencies between 1.024
/// microseconds and 73 minutes.
pub const RELATIVE_ERROR: f64 = 0.5 / SUB_BUCKETS as f64;

/// Counts of latencies in logarithmic buckets, with the exact sum, smallest and largest. 32 KiB, whatever it holds.
#[derive(Clone, PartialEq)]
pub struct LatencyHistogram {
    buckets: Box<[u64]>,
    count: u64,
    sum_nanos: u128,
    smallest: u64,
    largest: u64,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        LatencyHistogram {
            buckets: vec![0; BUCKETS].into_boxed_slice(),
            count: 0,
            sum_nanos: 0,
            smallest: u64::MAX,
            largest: 0,
        }
    }
}

impl std::fmt::Debug for LatencyHistogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LatencyHistogram {{ count: {}, mean: {} s }}", self.count, self.mean_seconds())
    }
}

/// What a histogram holds without its empty buckets: a few kilobytes, to be kept by the thousand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseHistogram {
    /// Bucket and count, ascending.
    counts: Box<[(u16, u64)]>,
    sum_nanos: u128,
    smallest: u64,
    largest: u64,
}

/// The bucket of a latency in nanoseconds.
#[inline]
pub(crate) fn bucket(nanos: u64) -> usize {
    let value = nanos.max(1 << LOWEST_BITS);
    let octave = 63 - value.leading_zeros();
    let within = (value >> (octave - SUB_BITS)) - SUB_BUCKETS;
    let index = u64::from(octave - LOWEST_BITS) * SUB_BUCKETS + within;
    (index as usize).min(BUCKETS - 1)
}

/// The first latency in nanoseconds of a bucket.
pub(crate) fn lower_edge(index: usize) -> u64 {
    let octave = LOWEST_BITS + (index as u64 / SUB_BUCKETS) as u32;
    (SUB_BUCKETS + index as u64 % SUB_BUCKETS) << (octave - SUB_BITS)
}

impl LatencyHistogram {
    /// Counts one latency in nanoseconds.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.buckets[bucket(nanos)] += 1;
        self.count += 1;
        self.sum_nanos += u128::from(nanos);
        self.smallest = self.smallest.min(nanos);
        self.largest = self.largest.max(nanos);
    }

    /// Counts `count` latencies whose expected numbers by bucket are in proportion to `weights`, none beyond `limit`
    /// nanoseconds. Numbers are made whole at even steps of the cumulative weight, the first of them after a share
    /// `1 - phase` of a step. Returns false, and counts nothing, where there is no weight.
    pub fn record_expected(&mut self, count: u64, weights: &[f64], limit: f64, phase: f64) -> bool {
        let last = bucket(limit.max(0.0) as u64);
        let weights = &weights[..weights.len().min(last + 1)];
        let total: f64 = weights.iter().sum();
        if total <= 0.0 || count == 0 {
            return false;
        }
        let (mut sum, mut counted) = (0.0, 0);
        for (index, weight) in weights.iter().enumerate() {
            if *weight <= 0.0 {
                continue;
            }
            sum += weight;
            let upto = ((sum / total * count as f64 + phase) as u64).min(count);
            if upto > counted {
                let number = upto - counted;
                counted = upto;
                self.record_many(index, number, limit);
            }
        }
        if counted < count {
            let index = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0);
            self.record_many(index, count - counted, limit);
        }
        true
    }

    /// Counts latencies in the middle of a bucket.
    fn record_many(&mut self, index: usize, number: u64, limit: f64) {
        let nanos = ((lower_edge(index) + lower_edge(index + 1)) / 2).min(limit as u64);
        self.buckets[index] += number;
        self.count += number;
        self.sum_nanos += u128::from(nanos) * u128::from(number);
        self.smallest = self.smallest.min(nanos);
        self.largest = self.largest.max(nanos);
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &LatencyHistogram) {
        if other.count == 0 {
            return;
        }
        // Only the touched stretch, as below.
        let touched = bucket(other.smallest)..=bucket(other.largest);
        for (mine, theirs) in self.buckets[touched.clone()].iter_mut().zip(&other.buckets[touched]) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum_nanos += other.sum_nanos;
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
    }

    /// What it holds, in little memory.
    pub fn sparse(&self) -> SparseHistogram {
        let touched = if self.count == 0 { 0..0 } else { bucket(self.smallest)..bucket(self.largest) + 1 };
        let counts = touched.filter(|&index| self.buckets[index] > 0).map(|index| (index as u16, self.buckets[index]));
        SparseHistogram {
            counts: counts.collect(),
            sum_nanos: self.sum_nanos,
            smallest: self.smallest,
            largest: self.largest,
        }
    }

    /// Adds all that `other` holds.
    pub fn merge_sparse(&mut self, other: &SparseHistogram) {
        for &(index, count) in &other.counts {
            // One that was read from a file may say anything.
            let Some(bucket) = self.buckets.get_mut(usize::from(index)) else { continue };
            *bucket += count;
            self.count += count;
        }
        self.sum_nanos += other.sum_nanos;
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        if self.count == 0 {
            return;
        }
        // Only the touched stretch: the histogram of a quiet minute is cleared in a few hundred nanoseconds.
        self.buckets[bucket(self.smallest)..=bucket(self.largest)].fill(0);
        self.count = 0;
        self.sum_nanos = 0;
        self.smallest = u64::MAX;
        self.largest = 0;
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum in seconds.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_nanos as f64 * 1e-9
    }

    /// The exact mean in seconds; zero when nothing was counted.
    pub fn mean_seconds(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum_seconds() / self.count as f64 }
    }

    /// The largest latency in seconds, exact; zero when nothing was counted.
    pub fn max_seconds(&self) -> f64 {
        self.largest as f64 * 1e-9
    }

    /// The latency in seconds that a share `q` (0 to 1) of the counted latencies does not exceed; zero when nothing
    /// was counted. Within [`RELATIVE_ERROR`] of the order statistic of rank `ceil(q * count)`.
    pub fn quantile(&self, q: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let rank = (libm::ceil(q * self.count as f64) as u64).clamp(1, self.count);
        let (first, last) = (bucket(self.smallest), bucket(self.largest));
        let mut seen = 0;
        for index in first..=last {
            seen += self.buckets[index];
            if seen >= rank {
                let (low, high) = (lower_edge(index), lower_edge(index + 1));
                let middle = (low + high) / 2;
                return middle.clamp(self.smallest, self.largest) as f64 * 1e-9;
            }
        }
        self.largest as f64 * 1e-9
    }

    /// The share of counted latencies in each touched bucket, as (upper edge in seconds, cumulative share): the
    /// distribution function, ready to plot.
    pub fn cumulative(&self) -> Vec<(f64, f64)> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut seen = 0;
        let mut curve = Vec::new();
        for index in bucket(self.smallest)..=bucket(self.largest) {
            if self.buckets[index] > 0 {
                seen += self.buckets[index];
                curve.push((lower_edge(index + 1) as f64 * 1e-9, seen as f64 / self.count as f64));
            }
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_and_buckets_agree() {
        for index in 0..BUCKETS {
            assert_eq!(bucket(lower_edge(index)), index);
            assert_eq!(bucket(lower_edge(index + 1) - 1), index);
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest::proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error(mut latencies in proptest::collection::vec(1_024u64..1 << 41, 1..200), q in 0.0f64..=1.0) {
            let mut histogram = LatencyHistogram::default();
            for &nanos in &latencies {
                histogram.record(nanos);
            }
            latencies.sort_unstable();
            let rank = ((q * latencies.len() as f64).ceil() as usize).clamp(1, latencies.len());
            let exact = latencies[rank - 1] as f64 * 1e-9;
            let reported = histogram.quantile(q);
            proptest::prop_assert!((reported - exact).abs() <= RELATIVE_ERROR * exact * 1.000_001, "{reported} against {exact}");
        }

        #[test]
        fn clearing_forgets_everything(latencies in proptest::collection::vec(0u64..1 << 50, 0..50)) {
            let mut histogram = LatencyHistogram::default();
            for &nanos in &latencies {
                histogram.record(nanos);
            }
            histogram.clear();
            proptest::prop_assert!(histogram == LatencyHistogram::default());
        }
    }

    #[test]
    fn nothing_is_lost_without_the_empty_buckets() {
        let mut histogram = LatencyHistogram::default();
        let mut copy = LatencyHistogram::default();
        copy.merge_sparse(&histogram.sparse());
        assert!(copy == histogram);
        [0, 5_000, 5_001, 7_000_000_000, u64::MAX].into_iter().for_each(|nanos| histogram.record(nanos));
        copy.merge_sparse(&histogram.sparse());
        assert!(copy == histogram);
    }

    #[test]
    fn merging_counts_everything_once() {
        let (mut a, mut b) = (LatencyHistogram::default(), LatencyHistogram::default());
        a.record(1_000_000);
        b.record(3_000_000);
        a.merge(&b);
        assert_eq!(a.count(), 2);
        assert!((a.mean_seconds() - 0.002).abs() < 1e-15);
    }
}
