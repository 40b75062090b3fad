//! One station of the event kernel: requests that run on its cores, in virtual time.
//!
//! With `n` requests running on capacity `c`, each proceeds at rate `min(1, c / n)`: processor sharing over cores. In
//! virtual time `v`, which advances at that rate, a burst of length `x` that starts at `v` ends at `v + x` whatever
//! happens in between, so an order by virtual finish is all the state there is. First come, first served is the
//! same with at most `ceil(c)` running at once and a queue in front.

use std::collections::VecDeque;

use super::Coldness;
use super::bursts::Bursts;

#[derive(Debug)]
pub(super) struct Station {
    /// Cores it may use at most.
    pub(super) limit: f64,
    /// Cores it gets now: less than `limit` while its node is contended.
    pub(super) granted: f64,
    /// The node it shares.
    pub(super) node: Option<u32>,
    /// Its weight on that node.
    pub(super) node_weight: f64,
    /// Requests that may run at once.
    slots: usize,
    pub(super) workers: usize,
    pub(super) backlog_limit: usize,
    /// Workers taken.
    pub(super) holding: usize,
    /// Requests without a worker.
    pub(super) backlog: VecDeque<u32>,
    /// Requests with a worker that wait to run.
    pub(super) ready: VecDeque<u32>,
    pub(super) coldness: Coldness,
    pub(super) dead: bool,
    pub(super) sent: u64,
    pub(super) first_request: Option<u64>,
    busy: f64,
    virtual_time: f64,
    updated: u64,
    running: Bursts,
}

impl Station {
    pub(super) fn new(limit: f64, slots: usize, now: u64) -> Self {
        Station {
            limit,
            granted: limit,
            node: None,
            node_weight: 1.0,
            slots,
            workers: usize::MAX,
            backlog_limit: usize::MAX,
            holding: 0,
            backlog: VecDeque::new(),
            ready: VecDeque::new(),
            coldness: Coldness::default(),
            dead: false,
            sent: 0,
            first_request: None,
            busy: 0.0,
            virtual_time: 0.0,
            updated: now,
            running: Bursts::default(),
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// The requests that run.
    pub(super) fn jobs(&self) -> impl Iterator<Item = u32> + '_ {
        self.running.jobs()
    }

    /// True when one more request may run.
    #[inline]
    pub(super) fn has_slot(&self) -> bool {
        self.running.len() < self.slots
    }

    /// Requests inside, with or without a worker.
    pub(super) fn inside(&self) -> usize {
        self.holding + self.backlog.len()
    }

    /// Cores in use.
    #[inline]
    pub(super) fn cores_in_use(&self) -> f64 {
        float(self.running.len() as u64).min(self.granted)
    }

    /// The progress of each running request per nanosecond where they share; nothing while each has a core.
    #[inline]
    fn shared_rate(&self) -> Option<f64> {
        let running = float(self.running.len() as u64);
        if running <= self.granted { None } else { Some(self.granted / running) }
    }

    /// Brings virtual time and used core time up to `now`.
    #[inline]
    pub(super) fn progress(&mut self, now: u64) {
        let elapsed = float(now - self.updated);
        self.updated = now;
        if !self.running.is_empty() {
            self.virtual_time += match self.shared_rate() {
                None => elapsed,
                Some(rate) => elapsed * rate,
            };
            self.busy += elapsed * self.cores_in_use();
        }
    }

    /// Core time used up to `now`, in nanoseconds. Looking changes nothing: a run does not depend on who measures it.
    pub(super) fn busy_at(&self, now: u64) -> f64 {
        self.busy + float(now - self.updated) * self.cores_in_use()
    }

    /// When the next burst ends if nothing changes; `u64::MAX` when nothing runs. Call after [`Station::progress`].
    #[inline]
    pub(super) fn due(&self) -> u64 {
        match self.running.first_finish() {
            None => u64::MAX,
            Some(finish) => {
                let work = (finish - self.virtual_time).max(0.0);
                // No division while nothing is shared: that is most of the time.
                let left = match self.shared_rate() {
                    None => work,
                    Some(rate) => work / rate,
                };
                self.updated.saturating_add(round_up(left))
            }
        }
    }

    /// Starts a burst of `length` nanoseconds. Call after [`Station::progress`].
    #[inline]
    pub(super) fn start(&mut self, job: u32, length: u64) {
        if self.running.is_empty() {
            // Starting from zero keeps virtual times exact integers while nothing is shared.
            self.virtual_time = 0.0;
        }
        self.running.push(self.virtual_time + float(length), job);
    }

    /// Takes the request whose burst ends first.
    #[inline]
    pub(super) fn finish_first(&mut self) -> Option<u32> {
        self.running.pop()
    }

    /// Takes a request off its core before its burst has ended.
    pub(super) fn stop(&mut self, job: u32) {
        self.running.remove(job);
    }

    /// Forgets everything that runs or waits, and gives its memory back: a year has thousands of instances.
    pub(super) fn clear(&mut self) {
        self.running.clear();
        self.ready = VecDeque::new();
        self.backlog = VecDeque::new();
        self.holding = 0;
    }
}

/// The next whole number of nanoseconds: rounding up keeps a burst from ending early. An infinite time, when no cores are
/// granted, becomes 292 years.
#[inline]
fn round_up(nanos: f64) -> u64 {
    let whole = nanos as i64;
    whole as u64 + u64::from((whole as f64) < nanos)
}

/// By way of a signed number, which processors convert directly. No number here comes near 2^63.
#[inline]
fn float(number: u64) -> f64 {
    number as i64 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_the_core_count_nothing_is_shared() {
        let mut station = Station::new(2.0, usize::MAX, 0);
        station.start(0, 100);
        station.start(1, 60);
        assert_eq!(station.due(), 60);
        station.progress(60);
        assert_eq!(station.finish_first(), Some(1));
        assert_eq!(station.due(), 100);
        station.progress(100);
        assert!((station.busy_at(100) - 160.0).abs() < 1e-9);
    }

    #[test]
    fn above_the_core_count_all_slow_down_alike() {
        let mut station = Station::new(1.0, usize::MAX, 0);
        station.start(0, 100);
        station.start(1, 100);
        assert_eq!(station.due(), 200, "two bursts of 100 share one core");
        station.progress(200);
        assert_eq!((station.finish_first(), station.due()), (Some(0), 200));
    }

    proptest::proptest! {
        #[test]
        fn bursts_end_in_order_of_virtual_finish(lengths in proptest::collection::vec(1u64..50, 1..40), stopped in 0usize..40) {
            let mut station = Station::new(4.0, usize::MAX, 0);
            for (job, &length) in (0..).zip(&lengths) {
                station.start(job, length);
            }
            station.stop(stopped as u32);
            let mut seen = Vec::new();
            while let Some(job) = station.finish_first() {
                seen.push((lengths[job as usize], job));
            }
            let mut expected: Vec<(u64, u32)> = lengths.iter().copied().zip(0..).filter(|(_, job)| *job as usize != stopped).collect();
            expected.sort_unstable();
            proptest::prop_assert_eq!(seen, expected);
        }
    }
}
