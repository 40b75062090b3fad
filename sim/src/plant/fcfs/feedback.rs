//! First come, first served, where outcomes lead to further requests: clients in a closed loop, and retries.
//!
//! The recursion knows the outcome of an attempt when it is sent, and so when its client will send again: the only events
//! are sendings. (In a general event simulation each request costs at least two events, and each attempt a timeout that
//! may have to be called off.) A failure is an event of its own, since retries are drawn, and paid for from the common
//! budget, in the order of failures.

use windtunnel_traces::{Cores, SimTime};

use super::station::Tag;
use super::{Outcome, Rules, Service};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::{Failure, Recorder};
use crate::plant::balancer::Balance;
use crate::plant::clients::{AFTER_REFUSAL, Clients, Sending};
use crate::plant::heap::EventHeap;
use crate::plant::requests::{Request, RequestStream};
use crate::plant::retries::Retries;
use crate::plant::{NodeId, Plant, StationSpec, Usage};

/// One attempt of a request.
#[derive(Copy, Clone, Debug)]
struct Attempt {
    /// As it was sent first.
    request: Request,
    /// Counted from one.
    number: u32,
}

/// An attempt inside a station, with the number of the event that its outcome will cause; none if nothing follows.
#[derive(Copy, Clone, Debug)]
struct Inside {
    attempt: Attempt,
    event: Option<u64>,
}

impl Tag for Inside {
    const FAILURE_IS_LOSS: bool = false;

    #[inline]
    fn sent(&self, _attempt: u64) -> u64 {
        self.attempt.request.arrival
    }
}

#[derive(Copy, Clone, Debug)]
enum Event {
    /// So many new requests are sent.
    Send(u32),
    /// The client of an attempt gives up on it.
    Fail(Ticket),
    /// An attempt that failed is followed by another.
    Retry(Ticket),
}

/// The place of an attempt among those that events are about.
type Ticket = u32;

/// The plant of requests with consequences.
pub struct FeedbackPlant<B> {
    requests: RequestStream,
    service: Service<B, Inside>,
    sequel: Sequel,
    now: u64,
}

/// What follows outcomes.
struct Sequel {
    clients: Option<Clients>,
    retries: Option<Retries>,
    events: EventHeap<Event>,
    /// Attempts that events are about, and places not in use.
    attempts: Vec<Attempt>,
    unused: Vec<Ticket>,
    /// Requests between two attempts.
    between: u64,
}

impl<B: Balance> FeedbackPlant<B> {
    /// An empty plant. Clients who send in batches wait for each other: they need the general kernel.
    pub fn new(
        requests: RequestStream,
        balance: B,
        rules: Rules,
        clients: Option<Clients>,
        retries: Option<Retries>,
    ) -> Self {
        debug_assert!(!matches!(clients, Some(Clients::Batch { .. })), "batches wait for their last answer");
        let mut sequel =
            Sequel { clients, retries, events: EventHeap::new(), attempts: Vec::new(), unused: Vec::new(), between: 0 };
        let first = sequel.clients.as_mut().map(Clients::first).unwrap_or_default();
        for Sending { at, requests } in first {
            sequel.send(at, requests);
        }
        FeedbackPlant { requests, service: Service::new(balance, rules), sequel, now: 0 }
    }

    /// A new request.
    #[inline]
    fn arrive(&mut self, request: Request, until: u64, recorder: &mut Recorder) {
        recorder.arrived(1);
        if let Some(retries) = &mut self.sequel.retries {
            retries.earn();
        }
        self.attempt(Attempt { request, number: 1 }, until, recorder);
    }

    #[inline]
    fn attempt(&mut self, attempt: Attempt, until: u64, recorder: &mut Recorder) {
        recorder.attempted(1);
        let sent = Request { arrival: self.now, ..attempt.request };
        let sequel = &mut self.sequel;
        let tag = |outcome| Inside { attempt, event: sequel.follow(attempt, outcome) };
        if let Err(failure) = self.service.serve(sent, until, recorder, tag) {
            self.sequel.failed(attempt, failure, self.now, recorder);
        }
    }

    fn handle(&mut self, event: Event, until: u64, recorder: &mut Recorder) {
        match event {
            Event::Send(requests) => {
                for _ in 0..requests {
                    let think = self.sequel.clients.as_mut().map_or(0, Clients::think);
                    let request = Request { arrival: self.now, think, ..self.requests.take() };
                    self.arrive(request, until, recorder);
                }
            }
            Event::Fail(ticket) => {
                let attempt = self.sequel.take(ticket);
                self.sequel.failed(attempt, Failure::TimedOut, self.now, recorder);
            }
            Event::Retry(ticket) => {
                let attempt = self.sequel.take(ticket);
                self.sequel.between -= 1;
                self.attempt(attempt, until, recorder);
            }
        }
    }
}

impl Sequel {
    /// Schedules what an outcome leads to, and returns the number of the event.
    #[inline]
    fn follow(&mut self, attempt: Attempt, outcome: Outcome) -> Option<u64> {
        if outcome.served {
            return self.next(attempt.request, outcome.at, outcome.at);
        }
        let ticket = self.keep(attempt);
        Some(self.events.push(outcome.at, Event::Fail(ticket)))
    }

    /// The client of a request that got its outcome at `at` sends the next, not before `earliest`.
    #[inline]
    fn next(&mut self, request: Request, at: u64, earliest: u64) -> Option<u64> {
        let next = self.clients.as_ref()?.answered(request.arrival, request.think, at, 0)?;
        self.send(next.at.max(earliest), next.requests)
    }

    #[inline]
    fn send(&mut self, at: u64, requests: u32) -> Option<u64> {
        let until = self.clients.as_ref()?.until();
        // As in the general kernel: sendings come last in their instant, as arrivals do.
        (at < until).then(|| self.events.push_late(at, Event::Send(requests)))
    }

    /// An attempt has failed: another, or the request is lost.
    fn failed(&mut self, attempt: Attempt, failure: Failure, now: u64, recorder: &mut Recorder) {
        if let Some(backoff) = self.retries.as_mut().and_then(|retries| retries.after(attempt.number)) {
            self.between += 1;
            let ticket = self.keep(Attempt { number: attempt.number + 1, ..attempt });
            self.events.push_late(now.saturating_add(backoff), Event::Retry(ticket));
        } else {
            recorder.lost(failure);
            self.next(attempt.request, now, now.saturating_add(AFTER_REFUSAL));
        }
    }

    fn keep(&mut self, attempt: Attempt) -> Ticket {
        match self.unused.pop() {
            Some(ticket) => {
                self.attempts[ticket as usize] = attempt;
                ticket
            }
            None => {
                self.attempts.push(attempt);
                self.attempts.len() as u32 - 1
            }
        }
    }

    fn take(&mut self, ticket: Ticket) -> Attempt {
        self.unused.push(ticket);
        self.attempts[ticket as usize]
    }
}

impl<B: Balance> Plant for FeedbackPlant<B> {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, _now: SimTime) {
        self.service.add(id, spec);
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        self.service.attach(id, weight, now);
    }

    fn detach(&mut self, id: InstanceId) {
        self.service.targets.unset(id.0);
    }

    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder) {
        let mut failed = self.service.kill(id, now.as_nanos());
        failed.sort_by_key(|inside| inside.attempt.request.order());
        // What would have followed does not; what follows the failure does.
        let mut off: Vec<u64> = failed.iter().filter_map(|inside| inside.event).collect();
        off.sort_unstable();
        for event in self.sequel.events.cancel(&off) {
            if let Event::Fail(ticket) | Event::Retry(ticket) = event {
                self.sequel.take(ticket);
            }
        }
        for inside in failed {
            self.sequel.failed(inside.attempt, Failure::Failed, now.as_nanos(), recorder);
        }
    }

    fn revive(&mut self, id: InstanceId, now: SimTime) {
        self.service.station(id).revive(now.as_nanos());
    }

    fn remove(&mut self, id: InstanceId) {
        self.service.remove(id);
    }

    fn add_node(&mut self, _id: NodeId, _cores: Cores) {}

    fn slow_waits(&mut self, factor: f64) {
        self.service.wait_factor = factor;
    }

    fn advance(&mut self, until: SimTime, recorder: &mut Recorder) {
        let until = until.as_nanos();
        let closed = self.sequel.clients.is_some();
        loop {
            let event = self.sequel.events.next_time();
            let arrival = if closed { u64::MAX } else { self.requests.next_arrival() };
            if arrival < event && arrival < until {
                self.now = arrival;
                let request = self.requests.take();
                self.arrive(request, until, recorder);
            } else if event > until || event == u64::MAX {
                break;
            } else if let Some((at, event)) = self.sequel.events.pop() {
                self.now = at;
                self.handle(event, until, recorder);
            }
        }
        self.service.settle(until, recorder);
        self.now = until;
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        self.service.usage(id, self.now)
    }

    fn in_flight(&self) -> u64 {
        self.service.undecided + self.sequel.between
    }
}
