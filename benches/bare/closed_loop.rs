//! Users who think between an answer and the next request: an event loop over a 4-ary heap, two events per request. First
//! come, first served behind round-robin.

use std::collections::VecDeque;

use rand_distr::{Distribution, Exp1};

use super::{Bare, CORES, Histogram, Work, generator};

/// How long users think, in seconds: exponential with this mean.
pub(crate) const THINK: f64 = 1.0;

/// What happens.
#[derive(Copy, Clone)]
enum Event {
    /// A user sends.
    Send,
    /// A burst ends on an instance.
    Done { instance: usize, sent: f64, wait: f64 },
}

/// A 4-ary heap by the bits of the time, which order like the positive number, and by sequence.
#[derive(Default)]
struct Heap {
    entries: Vec<(u128, Event)>,
    sequence: u64,
}

impl Heap {
    #[inline]
    fn push(&mut self, time: f64, event: Event) {
        self.sequence += 1;
        let entry = (u128::from(time.to_bits()) << 64 | u128::from(self.sequence), event);
        let mut at = self.entries.len();
        self.entries.push(entry);
        while at > 0 && entry.0 < self.entries[(at - 1) / 4].0 {
            self.entries[at] = self.entries[(at - 1) / 4];
            at = (at - 1) / 4;
        }
        self.entries[at] = entry;
    }

    #[inline]
    fn pop(&mut self) -> Option<(f64, Event)> {
        let last = self.entries.pop()?;
        let Some(&first) = self.entries.first() else { return Some((time(last.0), last.1)) };
        let mut at = 0;
        loop {
            let from = 4 * at + 1;
            let upto = (from + 4).min(self.entries.len());
            let Some(least) = (from..upto).min_by_key(|&child| self.entries[child].0) else { break };
            if self.entries[least].0 >= last.0 {
                break;
            }
            self.entries[at] = self.entries[least];
            at = least;
        }
        self.entries[at] = last;
        Some((time(first.0), first.1))
    }
}

fn time(key: u128) -> f64 {
    f64::from_bits((key >> 64) as u64)
}

/// An instance: cores that are idle, and who waits for one (when it was sent, core time, wait).
struct Instance {
    idle: usize,
    queue: VecDeque<(f64, f64, f64)>,
}

/// As many users as send at the rate of the work when nothing makes them wait.
pub(crate) fn users(work: Work) -> u64 {
    (work.rate * (THINK + work.cpu + work.wait)) as u64
}

/// Users behind round-robin, lognormal core time and wait.
pub(crate) fn closed_loop(work: Work) -> Bare {
    let mut generator = generator();
    let mut histogram = Histogram::new();
    let (cpu_law, wait_law) = (work.lognormal_cpu(), work.lognormal_wait());
    let mut instances: Vec<Instance> =
        (0..work.instances).map(|_| Instance { idle: CORES, queue: VecDeque::new() }).collect();
    let mut heap = Heap::default();
    for _ in 0..users(work) {
        let unit: f64 = Exp1.sample(&mut generator);
        heap.push(THINK * unit, Event::Send);
    }
    let (mut left, mut turn) = (work.requests, 0);
    while let Some((now, event)) = heap.pop() {
        match event {
            Event::Send if left == 0 => {}
            Event::Send => {
                left -= 1;
                let (cpu, wait) = (cpu_law.sample(&mut generator), wait_law.sample(&mut generator));
                let instance = &mut instances[turn];
                if instance.idle > 0 {
                    instance.idle -= 1;
                    heap.push(now + cpu, Event::Done { instance: turn, sent: now, wait });
                } else {
                    instance.queue.push_back((now, cpu, wait));
                }
                turn = if turn + 1 == work.instances { 0 } else { turn + 1 };
            }
            Event::Done { instance: number, sent, wait } => {
                histogram.record(now + wait - sent);
                let instance = &mut instances[number];
                match instance.queue.pop_front() {
                    Some((sent, cpu, wait)) => heap.push(now + cpu, Event::Done { instance: number, sent, wait }),
                    None => instance.idle += 1,
                }
                let unit: f64 = Exp1.sample(&mut generator);
                heap.push(now + wait + THINK * unit, Event::Send);
            }
        }
    }
    histogram.report()
}
