//! One station of the recursion: the fate of each request from the state at its arrival.

use std::collections::VecDeque;

use super::{Deadlines, Rules};
use crate::outcome::recorder::{Failure, Recorder};
use crate::plant::requests::Request;
use crate::plant::{Coldness, StationSpec, stretched};

/// The fate of a request, decided at its arrival. All times in nanoseconds.
#[derive(Copy, Clone, Debug)]
pub(super) struct Fate {
    pub(super) arrival: u64,
    /// When it gets a worker; `u64::MAX` if it leaves before.
    pub(super) worker: u64,
    /// When it gets a core, and when it gives it back; equal if it leaves before.
    pub(super) start: u64,
    pub(super) finish: u64,
    /// When it gives its worker back: never before the outcome.
    pub(super) release: u64,
    /// When its client knows the outcome.
    pub(super) outcome_at: u64,
    pub(super) served: bool,
    /// It leaves the queue without having had a core.
    pub(super) leaves_early: bool,
    decided: bool,
}

impl Fate {
    #[inline]
    fn record(&self, recorder: &mut Recorder) {
        if self.served {
            recorder.served(self.outcome_at - self.arrival);
        } else {
            recorder.lost(Failure::TimedOut);
        }
    }
}

/// When a request inside gets its worker (`u64::MAX` if it leaves before) and when it leaves.
#[derive(Copy, Clone, Debug)]
struct Held {
    worker: u64,
    release: u64,
}

#[derive(Debug, Default)]
pub(super) struct Station {
    /// When each core becomes free, ascending.
    free: Vec<u64>,
    workers: usize,
    backlog: usize,
    pub(super) coldness: Coldness,
    pub(super) dead: bool,
    pub(super) sent: u64,
    pub(super) first_request: Option<u64>,
    /// Requests that may be inside, kept only where workers are limited.
    held: Vec<Held>,
    /// Requests about which nothing happens before the next control event, in order of arrival.
    queued: VecDeque<Fate>,
    /// Requests that are still inside then but have a core, or have had one, or whose client knows the outcome.
    open: Vec<Fate>,
    busy: u64,
}

impl Station {
    pub(super) fn new(spec: &StationSpec) -> Self {
        Station {
            free: vec![0; spec.cores.whole().unwrap_or(1) as usize],
            workers: spec.workers.map_or(usize::MAX, |n| n as usize),
            backlog: spec.backlog.map_or(usize::MAX, |n| n as usize),
            // A cold instance stays so until it gets its first traffic and starts to settle.
            coldness: if spec.warm { Coldness::default() } else { Coldness { since: 0, until: u64::MAX } },
            ..Station::default()
        }
    }

    /// The recursion: worker, core, finish, release, outcome.
    #[inline]
    pub(super) fn decide(&mut self, request: Request, worker: u64, wait: u64, rules: &Rules) -> Fate {
        let Request { arrival, cpu, patience, .. } = request;
        let Deadlines { outcome: deadline, quits: quits_at } = rules.deadlines(arrival);
        let leaves_queue_at = arrival.saturating_add(patience).min(quits_at);
        let start = worker.max(self.free[0]);
        if start > leaves_queue_at {
            return leaves_the_queue(arrival, worker, leaves_queue_at, deadline);
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

    /// When a request that arrives at `now` gets a worker; nothing if it is refused.
    #[inline]
    pub(super) fn next_worker(&mut self, now: u64, scratch: &mut Vec<u64>) -> Option<u64> {
        // Those who have left may still be counted, so this errs on one side only.
        if self.held.len() < self.workers { Some(now) } else { self.worker_in_line(now, scratch) }
    }

    /// The earliest free worker is the W-th latest release among the requests inside.
    #[cold]
    fn worker_in_line(&mut self, now: u64, releases: &mut Vec<u64>) -> Option<u64> {
        self.held.retain(|held| held.release > now);
        releases.clear();
        releases.extend(self.held.iter().filter(|held| held.worker != u64::MAX).map(|held| held.release));
        if releases.len() < self.workers {
            return Some(now);
        }
        let waiting = self.held.iter().filter(|held| held.worker > now).count();
        if waiting >= self.backlog {
            return None;
        }
        let rank = releases.len() - self.workers;
        let (_, release, _) = releases.select_nth_unstable(rank);
        Some((*release).max(now))
    }

    /// Takes a request in. What has happened by `until` is accounted for at once, since nothing comes between; the
    /// rest is remembered. Returns whether its outcome is known.
    #[inline]
    pub(super) fn enter(&mut self, fate: Fate, until: u64, recorder: &mut Recorder) -> bool {
        if self.workers != usize::MAX {
            self.held.push(Held { worker: fate.worker, release: fate.release });
        }
        if fate.release <= until {
            self.busy += fate.finish - fate.start;
            fate.record(recorder);
            return true;
        }
        // Who leaves the queue early may leave before those in front; only who gets a core stays in order.
        if fate.start <= fate.arrival || fate.leaves_early {
            self.open.push(fate);
        } else {
            self.queued.push_back(fate);
        }
        false
    }

    /// Records the outcomes known by `now` and forgets the requests that have left. Returns how many were decided.
    pub(super) fn settle(&mut self, now: u64, recorder: &mut Recorder) -> u64 {
        // Both times grow in order of arrival, so what can have happened is a prefix of the queue.
        while let Some(fate) = self.queued.front() {
            if fate.start.min(fate.outcome_at) > now {
                break;
            }
            self.open.push(*fate);
            self.queued.pop_front();
        }
        let mut decided = 0;
        let busy = &mut self.busy;
        self.open.retain_mut(|fate| {
            if !fate.decided && fate.outcome_at <= now {
                fate.decided = true;
                decided += 1;
                fate.record(recorder);
            }
            let stays = fate.release > now;
            *busy += if stays { 0 } else { fate.finish - fate.start };
            stays
        });
        decided
    }

    /// The instance dies: what is inside fails. Returns how many had no outcome yet.
    pub(super) fn die(&mut self, now: u64) -> u64 {
        self.busy += self.busy_inside(now);
        self.dead = true;
        self.held.clear();
        self.open.drain(..).chain(self.queued.drain(..)).filter(|fate| !fate.decided).count() as u64
    }

    /// It serves again, with all cores free.
    pub(super) fn revive(&mut self, now: u64) {
        self.dead = false;
        self.free.fill(now);
    }

    /// Gives its memory back.
    pub(super) fn clear(&mut self) {
        self.free = Vec::new();
        self.held = Vec::new();
        self.open = Vec::new();
        self.queued = VecDeque::new();
    }

    /// Requests inside.
    pub(super) fn inside(&self) -> usize {
        self.open.len() + self.queued.len()
    }

    /// Core time used up to `now`.
    pub(super) fn busy(&self, now: u64) -> u64 {
        self.busy + self.busy_inside(now)
    }

    /// Core time used up to `now` by requests that are still inside.
    fn busy_inside(&self, now: u64) -> u64 {
        self.open.iter().map(|fate| fate.finish.min(now).saturating_sub(fate.start)).sum()
    }
}

#[cold]
fn leaves_the_queue(arrival: u64, worker: u64, at: u64, deadline: u64) -> Fate {
    Fate {
        arrival,
        worker: if worker > at { u64::MAX } else { worker },
        start: at,
        finish: at,
        release: at,
        outcome_at: at.min(deadline),
        served: false,
        leaves_early: true,
        decided: false,
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
