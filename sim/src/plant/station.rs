//! One station of the event kernel: requests that run on its cores, in virtual time.
//!
//! With `n` requests running on capacity `c`, each proceeds at rate `min(1, c / n)`: processor sharing over cores. In
//! virtual time `v`, which advances at that rate, a burst of length `x` that starts at `v` ends at `v + x` whatever
//! happens in between, so an order by virtual finish is all the state there is. First come, first served is the
//! same with at most `ceil(c)` running at once and a queue in front.
//!
//! Virtual time is a whole number of ticks, of which a nanosecond has 256. While there are no more requests than whole
//! cores it advances as time does, exactly; where they share, it is rounded down to a tick.

use std::collections::VecDeque;

use super::Coldness;
use super::bursts::Bursts;

/// Virtual ticks in a nanosecond: a power of two.
const TICKS: u64 = 1 << TICK_BITS;
const TICK_BITS: u32 = 8;
/// Half a year in nanoseconds, and so many ticks: no burst is longer. Virtual time begins anew when it is this late.
const LONGEST: u64 = 1 << 54;
const LATE: u64 = LONGEST << TICK_BITS;

#[derive(Debug)]
pub(super) struct Station {
    /// Cores it may use at most.
    pub(super) limit: f64,
    /// Cores it gets now: less than `limit` while its node is contended.
    granted: f64,
    /// The whole ones among them: so many requests run unhindered.
    whole: usize,
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
    /// Core time used while nobody shared, and while some did, in nanoseconds.
    busy_alone: u64,
    busy_shared: f64,
    /// In ticks.
    virtual_time: u64,
    updated: u64,
    running: Bursts,
}

impl Station {
    pub(super) fn new(limit: f64, slots: usize, now: u64) -> Self {
        Station {
            limit,
            granted: limit,
            whole: limit as usize,
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
            busy_alone: 0,
            busy_shared: 0.0,
            virtual_time: 0,
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

    /// Cores it gets now.
    pub(super) fn granted(&self) -> f64 {
        self.granted
    }

    /// It gets so many cores from now on. Call after [`Station::progress`].
    pub(super) fn grant(&mut self, cores: f64) {
        (self.granted, self.whole) = (cores, cores as usize);
    }

    /// The progress of each running request per nanosecond where they share; nothing while each has a core.
    #[inline]
    fn shared_rate(&self) -> Option<f64> {
        let running = self.running.len();
        if running <= self.whole { None } else { Some(self.granted / float(running as u64)) }
    }

    /// Core time used between two instants if nothing changes: while nobody shares, and while some do.
    #[inline]
    fn used(&self, elapsed: u64) -> (u64, f64) {
        match self.running.len() {
            running if running <= self.whole => (elapsed * running as u64, 0.0),
            _ => (0, float(elapsed) * self.granted),
        }
    }

    /// Brings virtual time and used core time up to `now`. Virtual time means nothing while nothing runs.
    #[inline]
    pub(super) fn progress(&mut self, now: u64) {
        let elapsed = now - self.updated;
        self.updated = now;
        match self.shared_rate() {
            None => {
                self.virtual_time = self.virtual_time.wrapping_add(elapsed << TICK_BITS);
                self.busy_alone += elapsed * self.running.len() as u64;
            }
            Some(rate) => {
                self.virtual_time += whole(float(elapsed) * rate * float(TICKS));
                self.busy_shared += float(elapsed) * self.granted;
            }
        }
    }

    /// Core time used up to `now`, in nanoseconds. Looking changes nothing: a run does not depend on who measures it.
    pub(super) fn busy_at(&self, now: u64) -> f64 {
        let (alone, shared) = self.used(now - self.updated);
        float(self.busy_alone + alone) + (self.busy_shared + shared)
    }

    /// When the next burst ends if nothing changes; `u64::MAX` when nothing runs. Call after [`Station::progress`].
    #[inline]
    pub(super) fn due(&self) -> u64 {
        let Some(finish) = self.running.first_finish() else { return u64::MAX };
        let work = finish.saturating_sub(self.virtual_time);
        let left = match self.shared_rate() {
            None => (work + (TICKS - 1)) >> TICK_BITS,
            Some(rate) => round_up(float(work) / (rate * float(TICKS))),
        };
        self.updated.saturating_add(left)
    }

    /// Starts a burst of `length` nanoseconds. Call after [`Station::progress`].
    #[inline]
    pub(super) fn start(&mut self, job: u32, length: u64) {
        if self.running.is_empty() {
            self.virtual_time = 0;
        } else if self.virtual_time > LATE {
            self.begin_anew();
        }
        self.running.push(self.virtual_time + (length.min(LONGEST) << TICK_BITS), job);
    }

    /// Virtual time is zero again; what runs ends as much earlier.
    #[cold]
    fn begin_anew(&mut self) {
        self.running.end_earlier(self.virtual_time);
        self.virtual_time = 0;
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

/// The next whole number: rounding up keeps a burst from ending early. An infinite time, when no cores are granted, becomes
/// 292 years.
#[inline]
fn round_up(number: f64) -> u64 {
    let whole = number as i64;
    whole as u64 + u64::from((whole as f64) < number)
}

/// By way of a signed number, which processors convert directly. No number here comes near 2^63.
#[inline]
fn float(number: u64) -> f64 {
    number as i64 as f64
}

/// The other way round, rounded down.
#[inline]
fn whole(number: f64) -> u64 {
    number as i64 as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_sharing_bursts_end_when_what_is_left_is_done() {
        let mut station = Station::new(2.0, usize::MAX, 0);
        (0..4).for_each(|job| station.start(job, 101));
        assert_eq!(station.due(), 202, "half a core each");
        station.progress(51);
        assert_eq!(station.due(), 202, "looking later changes nothing");
        (2..4).for_each(|job| station.stop(job));
        assert_eq!(station.due(), 127, "75.5 of 101 are left, rounded up");
        station.progress(127);
        assert_eq!((station.finish_first(), station.finish_first(), station.due()), (Some(0), Some(1), u64::MAX));
    }

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

    #[test]
    fn virtual_time_begins_anew_and_nobody_notices() {
        const TENTH: u64 = LONGEST / 10;
        let mut station = Station::new(2.0, usize::MAX, 0);
        let mut starts = 0..;
        let mut start = |station: &mut Station, now: u64| {
            station.progress(now);
            station.start(starts.next().unwrap_or(0), 10 * TENTH);
        };
        start(&mut station, 0);
        start(&mut station, 9 * TENTH);
        assert_eq!(station.due(), 10 * TENTH);
        station.progress(10 * TENTH);
        assert_eq!(station.finish_first(), Some(0));
        start(&mut station, 18 * TENTH);
        assert!(station.virtual_time == 0, "it was late");
        assert_eq!(station.due(), 19 * TENTH);
        station.progress(19 * TENTH);
        assert_eq!((station.finish_first(), station.due()), (Some(1), 28 * TENTH));
        assert_eq!(station.busy_at(19 * TENTH), (19 + 2) as f64 * TENTH as f64);
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
