//! First come, first served, behind a balancer that does not look at the instances.
//!
//! A station with `c` cores keeps, sorted, the times at which its cores become free. A request that arrives at `t`
//! starts at `max(t, first free time)` and replaces that time by its finish: the recursion of Kiefer and Wolfowitz
//! (1955), exact for any arrivals and any service times. Workers are a second such recursion in front of the cores:
//! the earliest free worker is the W-th latest release among the requests inside. So the fate of a request is known when
//! it arrives, and there are no departure events; outcomes are recorded when simulated time has passed them.

use std::collections::VecDeque;

use windtunnel_traces::{Cores, SimDuration, SimTime};

use super::balancer::{Balance, Targets};
use super::requests::{Request, RequestStream};
use super::{ColdStart, Coldness, NodeId, Plant, StationSpec, Usage, stretched, stretched_wait};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::{Failure, Recorder};

/// Arrivals between two settlements of outcomes: keeps the requests inside in the first-level cache.
const SETTLE_EVERY: u32 = 512;

/// The fate of a request, decided at its arrival. All times in nanoseconds.
#[derive(Copy, Clone, Debug)]
struct Fate {
    arrival: u64,
    /// When it gets a worker; `u64::MAX` if it leaves before.
    worker: u64,
    /// When it gets a core, and when it gives it back; equal if it leaves before.
    start: u64,
    finish: u64,
    /// When it gives its worker back.
    release: u64,
    /// When its client knows the outcome.
    outcome_at: u64,
    served: bool,
    /// It leaves the queue without having had a core.
    leaves_early: bool,
    decided: bool,
}

/// The rules that decide a request's fate.
#[derive(Copy, Clone, Debug, Default)]
pub struct Rules {
    /// After this long the client gives up.
    pub timeout: Option<SimDuration>,
    /// Whether a request stops when its client gives up.
    pub cancel_on_timeout: bool,
    /// Slowness after the start.
    pub cold_start: Option<ColdStart>,
}

#[derive(Debug, Default)]
struct Station {
    /// When each core becomes free, ascending.
    free: Vec<u64>,
    workers: usize,
    backlog: usize,
    coldness: Coldness,
    dead: bool,
    /// Requests about which nothing happens yet, in order of arrival.
    queued: VecDeque<Fate>,
    /// Requests that have a core or have had one, or whose client knows the outcome.
    open: Vec<Fate>,
    busy: u64,
    sent: u64,
}

/// The plant of this discipline.
pub struct FcfsPlant<B> {
    requests: RequestStream,
    balance: B,
    targets: Targets,
    stations: Vec<Station>,
    rules: Rules,
    wait_factor: f64,
    scratch: Vec<u64>,
    /// Requests that have arrived, less those with an outcome.
    undecided: u64,
    /// The instant that outcomes have been settled up to.
    settled_at: u64,
}

impl<B: Balance> FcfsPlant<B> {
    /// An empty plant.
    pub fn new(requests: RequestStream, balance: B, rules: Rules) -> Self {
        FcfsPlant {
            requests,
            balance,
            targets: Targets::default(),
            stations: Vec::new(),
            rules,
            wait_factor: 1.0,
            scratch: Vec::new(),
            undecided: 0,
            settled_at: 0,
        }
    }

    /// Places one request and decides its fate.
    #[inline]
    fn serve(&mut self, request: Request, recorder: &mut Recorder) {
        if self.targets.stations.is_empty() {
            recorder.lost(Failure::Failed);
            return;
        }
        let number = self.balance.pick(&self.targets, &[]) as usize;
        let station = &mut self.stations[number];
        station.sent += 1;
        if station.dead {
            recorder.lost(Failure::Failed);
            return;
        }
        let arrival = request.arrival;
        let mut worker = arrival;
        if station.open.len() + station.queued.len() >= station.workers {
            self.undecided -= station.settle(arrival, recorder);
            match station.next_worker(arrival, &mut self.scratch) {
                Some(time) => worker = time,
                None => {
                    recorder.lost(Failure::Rejected);
                    return;
                }
            }
        }
        let wait = stretched_wait(request.wait, self.wait_factor);
        let fate = station.decide(request, worker, wait, &self.rules);
        self.undecided += 1;
        // Who leaves the queue early may leave before those in front; only who gets a core stays in order.
        if fate.start <= arrival || fate.leaves_early {
            station.open.push(fate);
        } else {
            station.queued.push_back(fate);
        }
    }

    fn settle_all(&mut self, now: u64, recorder: &mut Recorder) {
        self.settled_at = now;
        for station in &mut self.stations {
            self.undecided -= station.settle(now, recorder);
        }
    }
}

impl Station {
    /// The recursion: worker, core, finish, release, outcome.
    #[inline]
    fn decide(&mut self, request: Request, worker: u64, wait: u64, rules: &Rules) -> Fate {
        let Request { arrival, cpu, patience, .. } = request;
        let deadline = rules.timeout.map_or(u64::MAX, |timeout| arrival.saturating_add(timeout.as_nanos()));
        let quits_at = if rules.cancel_on_timeout { deadline } else { u64::MAX };
        let leaves_queue_at = arrival.saturating_add(patience).min(quits_at);
        let start = worker.max(self.free[0]);
        if start > leaves_queue_at {
            let worker = if worker > leaves_queue_at { u64::MAX } else { worker };
            let outcome_at = leaves_queue_at.min(deadline);
            return Fate {
                arrival,
                worker,
                start: leaves_queue_at,
                finish: leaves_queue_at,
                release: leaves_queue_at,
                outcome_at,
                served: false,
                leaves_early: true,
                decided: false,
            };
        }
        let length = stretched(cpu, start, self.coldness, rules.cold_start);
        let finish = (start + length).min(quits_at);
        replace_earliest(&mut self.free, finish);
        // When it would be complete if nobody stopped it: a burst that is cut short has not been served.
        let completion = (start + length).saturating_add(wait);
        Fate {
            arrival,
            worker,
            start,
            finish,
            release: completion.min(quits_at),
            outcome_at: completion.min(deadline),
            served: completion <= deadline,
            leaves_early: false,
            decided: false,
        }
    }

    /// When a request that arrives at `now` gets a worker, all being taken; nothing if it is refused. Everything up to
    /// `now` has been settled.
    fn next_worker(&self, now: u64, releases: &mut Vec<u64>) -> Option<u64> {
        releases.clear();
        let mut waiting = 0;
        for fate in self.open.iter().chain(&self.queued) {
            waiting += usize::from(fate.worker > now);
            if fate.worker != u64::MAX {
                releases.push(fate.release);
            }
        }
        if releases.len() < self.workers {
            return Some(now);
        }
        if waiting >= self.backlog {
            return None;
        }
        let rank = releases.len() - self.workers;
        let (_, release, _) = releases.select_nth_unstable(rank);
        Some((*release).max(now))
    }

    /// Records the outcomes known by `now` and forgets the requests that have left. Returns how many were decided.
    fn settle(&mut self, now: u64, recorder: &mut Recorder) -> u64 {
        // Both times grow in order of arrival, so what can have happened is a prefix of the queue.
        while let Some(fate) = self.queued.front() {
            if fate.start.min(fate.outcome_at) > now {
                break;
            }
            self.open.push(*fate);
            self.queued.pop_front();
        }
        let mut decided = 0;
        let mut kept = 0;
        for i in 0..self.open.len() {
            let mut fate = self.open[i];
            if !fate.decided && fate.outcome_at <= now {
                fate.decided = true;
                decided += 1;
                if fate.served {
                    recorder.served(fate.outcome_at - fate.arrival);
                } else {
                    recorder.lost(Failure::TimedOut);
                }
            }
            if fate.release <= now {
                self.busy += fate.finish - fate.start;
            } else {
                self.open[kept] = fate;
                kept += 1;
            }
        }
        self.open.truncate(kept);
        decided
    }

    /// Core time used up to `now` by requests that are still inside.
    fn busy_inside(&self, now: u64) -> u64 {
        self.open.iter().map(|fate| fate.finish.min(now).saturating_sub(fate.start)).sum()
    }
}

/// Replaces the earliest of the ascending times by `finish` and keeps them ascending, without a branch.
#[inline]
fn replace_earliest(free: &mut [u64], finish: u64) {
    match free {
        [] => {}
        // The common machine gets an unrolled loop.
        [a, b, c, d, e, f, g, h] => {
            let mut carry = finish;
            let mut pass = |next: u64| {
                let least = next.min(carry);
                carry = next.max(carry);
                least
            };
            *a = pass(*b);
            *b = pass(*c);
            *c = pass(*d);
            *d = pass(*e);
            *e = pass(*f);
            *f = pass(*g);
            *g = pass(*h);
            *h = carry;
        }
        _ => {
            let mut carry = finish;
            for i in 1..free.len() {
                let next = free[i];
                free[i - 1] = next.min(carry);
                carry = next.max(carry);
            }
            free[free.len() - 1] = carry;
        }
    }
}

impl<B: Balance> Plant for FcfsPlant<B> {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, _now: SimTime) {
        let index = id.0 as usize;
        if self.stations.len() <= index {
            self.stations.resize_with(index + 1, Station::default);
        }
        let cores = spec.cores.whole().unwrap_or(1) as usize;
        self.stations[index] = Station {
            free: vec![0; cores],
            workers: spec.workers.map_or(usize::MAX, |n| n as usize),
            backlog: spec.backlog.map_or(usize::MAX, |n| n as usize),
            // A cold instance stays so until it gets its first traffic and starts to settle.
            coldness: if spec.warm { Coldness::default() } else { Coldness { since: 0, until: u64::MAX } },
            ..Station::default()
        };
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        let station = &mut self.stations[id.0 as usize];
        if station.coldness.until == u64::MAX {
            let horizon = self.rules.cold_start.map_or(0, ColdStart::horizon);
            station.coldness = Coldness { since: now.as_nanos(), until: now.as_nanos() + horizon };
        }
        self.targets.set(id.0, weight);
    }

    fn detach(&mut self, id: InstanceId) {
        self.targets.unset(id.0);
    }

    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder) {
        let station = &mut self.stations[id.0 as usize];
        station.busy += station.busy_inside(now.as_nanos());
        for fate in station.open.drain(..).chain(station.queued.drain(..)) {
            if !fate.decided {
                recorder.lost(Failure::Failed);
                self.undecided -= 1;
            }
        }
        station.dead = true;
    }

    fn remove(&mut self, id: InstanceId) {
        self.targets.unset(id.0);
        let station = &mut self.stations[id.0 as usize];
        station.free = Vec::new();
        station.open = Vec::new();
        station.queued = VecDeque::new();
    }

    fn add_node(&mut self, _id: NodeId, _cores: Cores) {}

    fn slow_waits(&mut self, factor: f64) {
        self.wait_factor = factor;
    }

    fn advance(&mut self, until: SimTime, recorder: &mut Recorder) {
        let until = until.as_nanos();
        let mut since_settled = 0;
        loop {
            let arrival = self.requests.next_arrival();
            if arrival >= until {
                break;
            }
            let request = self.requests.take();
            recorder.arrived(1);
            recorder.attempted(1);
            self.serve(request, recorder);
            since_settled += 1;
            if since_settled == SETTLE_EVERY {
                since_settled = 0;
                self.settle_all(arrival, recorder);
            }
        }
        self.settle_all(until, recorder);
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        let station = &self.stations[id.0 as usize];
        let now = self.settled_at;
        Usage {
            busy_core_nanos: (station.busy + station.busy_inside(now)) as f64,
            inside: (station.open.len() + station.queued.len()) as u32,
            sent: station.sent,
        }
    }

    fn in_flight(&self) -> u64 {
        self.undecided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn core_times_stay_sorted_and_lose_only_the_earliest(mut free in proptest::collection::vec(0u64..100, 1..12), finish in 0u64..200) {
            free.sort_unstable();
            let mut expected = free.clone();
            expected[0] = finish;
            expected.sort_unstable();
            replace_earliest(&mut free, finish);
            proptest::prop_assert_eq!(free, expected);
        }
    }
}
