//! The general kernel: a discrete-event simulation of every request.
//!
//! Ties are broken in a fixed order: ends of CPU bursts (lowest station first), then ends of waits in the order in which
//! they were scheduled, then timeouts, then ends of patience, then what clients in a closed loop send and what is tried
//! again, then arrivals. So an answer at the very deadline is in
//! time, who gets a core at the very end of its patience takes it, and a request that arrives when a core becomes free
//! gets it.

use std::collections::VecDeque;

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::Generator;
use windtunnel_traces::{Cores, SimTime};

use super::balancer::{Balance, Targets};
use super::clients::{AFTER_REFUSAL, Clients, Sending};
use super::fcfs::Rules;
use super::heap::EventHeap;
use super::jobs::{Job, JobRef, Jobs, Place};
use super::requests::{Request, RequestStream};
use super::retries::Retries;
use super::station::Station;
use super::tournament::Tournament;
use super::{Coldness, NodeId, Plant, StationSpec, Usage, stretched, stretched_wait};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::{Failure, Recorder};
use crate::scenario::schema::Discipline;

/// A dependency that all instances share.
pub struct SharedDependency {
    /// Requests inside it at once.
    pub limit: u32,
    /// How long one is inside.
    pub wait: Sampler,
    /// The stream of those times.
    pub stream: Generator,
}

/// Everything about requests that only this kernel knows.
#[derive(Default)]
pub struct Extras {
    /// Clients in a closed loop, instead of arrivals by themselves.
    pub clients: Option<Clients>,
    /// Retries.
    pub retry: Option<Retries>,
    /// The shared dependency.
    pub downstream: Option<SharedDependency>,
}

#[derive(Copy, Clone, Debug)]
enum Event {
    WaitOver(JobRef),
    DownstreamOver(JobRef),
}

/// What follows an outcome.
#[derive(Copy, Clone, Debug)]
enum Sequel {
    Retry(JobRef),
    Send(u32),
}

#[derive(Debug, Default)]
struct Node {
    cores: f64,
    stations: Vec<u32>,
    contended: bool,
}

/// The plant of this kernel.
pub struct EventPlant<B> {
    now: u64,
    /// The next control event: nothing from outside happens before.
    until: u64,
    /// True when the end of a wait matters to nobody but the client, as long as workers are not limited.
    waits_are_private: bool,
    requests: RequestStream,
    extras: Extras,
    rules: Rules,
    balance: B,
    targets: Targets,
    stations: Vec<Station>,
    nodes: Vec<Node>,
    due: Tournament,
    events: EventHeap<Event>,
    sequels: EventHeap<Sequel>,
    patience: EventHeap<JobRef>,
    jobs: Jobs,
    wait_factor: f64,
    downstream_inside: u32,
    downstream_queue: VecDeque<JobRef>,
    /// Requests that have arrived and have no outcome.
    undecided: u64,
}

impl<B: Balance> EventPlant<B> {
    /// An empty plant.
    pub fn new(requests: RequestStream, balance: B, rules: Rules, mut extras: Extras) -> Self {
        let mut sequels = EventHeap::new();
        if let Some(clients) = &mut extras.clients {
            let until = clients.until();
            for Sending { at, requests } in clients.first() {
                if at < until {
                    sequels.push(at, Sequel::Send(requests));
                }
            }
        }
        let is_plain = extras.clients.is_none() && extras.retry.is_none() && extras.downstream.is_none();
        EventPlant {
            now: 0,
            until: 0,
            waits_are_private: is_plain && !B::COUNTS_REQUESTS,
            requests,
            extras,
            rules,
            balance,
            targets: Targets::default(),
            stations: Vec::new(),
            nodes: Vec::new(),
            due: Tournament::new(),
            events: EventHeap::new(),
            sequels,
            patience: EventHeap::new(),
            jobs: Jobs::new(),
            wait_factor: 1.0,
            downstream_inside: 0,
            downstream_queue: VecDeque::new(),
            undecided: 0,
        }
    }

    // ---- requests and attempts

    fn arrive(&mut self, request: Request, recorder: &mut Recorder) {
        recorder.arrived(1);
        self.undecided += 1;
        if let Some(retry) = &mut self.extras.retry {
            retry.earn();
        }
        let slot = self.jobs.add(request, 1);
        self.send(slot, recorder);
    }

    /// Sends an attempt to the balancer.
    fn send(&mut self, slot: u32, recorder: &mut Recorder) {
        recorder.attempted(1);
        if self.targets.stations.is_empty() {
            return self.attempt_lost(slot, Failure::Failed, recorder);
        }
        let number = self.balance.pick(&self.targets);
        let station = &mut self.stations[number as usize];
        station.sent += 1;
        if station.dead {
            return self.attempt_lost(slot, Failure::Failed, recorder);
        }
        let has_worker = station.holding < station.workers;
        if !has_worker && station.backlog.len() >= station.backlog_limit {
            return self.attempt_lost(slot, Failure::Rejected, recorder);
        }
        let now = self.now;
        station.first_request.get_or_insert(now);
        let wait = stretched_wait(self.jobs[slot].request.wait, self.wait_factor);
        let job = &mut self.jobs[slot];
        job.station = number;
        job.wait = wait;
        let leaves_queue_at = now.saturating_add(job.request.patience);
        if let Some(timeout) = self.rules.timeout {
            self.jobs.times_out(slot, now.saturating_add(timeout.as_nanos()));
        }
        if B::COUNTS_REQUESTS
            && let Some(target) = self.targets.entered(number)
        {
            self.balance.entered(&self.targets, target);
        }
        if has_worker {
            station.holding += 1;
            self.want_core(slot);
        } else {
            self.jobs[slot].place = Place::Backlog;
            station.backlog.push_back(slot);
        }
        if leaves_queue_at != u64::MAX && self.jobs[slot].place != Place::Running {
            self.patience.push(leaves_queue_at, self.jobs.reference(slot));
        }
    }

    /// An attempt has a worker and wants to run.
    fn want_core(&mut self, slot: u32) {
        let number = self.jobs[slot].station;
        let station = &mut self.stations[number as usize];
        if station.has_slot() {
            station.progress(self.now);
            self.run(slot);
            self.cores_changed(number);
        } else {
            station.ready.push_back(slot);
            self.jobs[slot].place = Place::Ready;
        }
    }

    #[inline]
    fn run(&mut self, slot: u32) {
        let job = &mut self.jobs[slot];
        job.place = Place::Running;
        let station = &mut self.stations[job.station as usize];
        let length = stretched(job.request.cpu, self.now, station.coldness, self.rules.cold_start);
        station.start(slot, length);
    }

    /// A burst has ended at a station.
    fn burst_over(&mut self, number: u32, recorder: &mut Recorder) {
        let station = &mut self.stations[number as usize];
        station.progress(self.now);
        let Some(slot) = station.finish_first() else {
            self.due.set(number, u64::MAX);
            return;
        };
        if let Some(next) = station.ready.pop_front() {
            self.run(next);
        }
        self.cores_changed(number);
        let wait = self.jobs[slot].wait;
        if wait == 0 {
            return self.wait_over(slot, recorder);
        }
        let over = self.now.saturating_add(wait);
        if self.is_answered_for_sure(slot, over) {
            self.answer(slot, over, recorder);
        } else {
            self.jobs[slot].place = Place::Waiting;
            let reference = self.jobs.reference(slot);
            self.events.push(over, Event::WaitOver(reference));
        }
    }

    /// Whether nothing can come between a job and its answer at `over`, which nobody else would notice: then the answer
    /// need not be an event.
    #[inline]
    fn is_answered_for_sure(&self, slot: u32, over: u64) -> bool {
        self.waits_are_private
            && over <= self.until
            && self.jobs.is_patient_until(slot, over)
            && self.stations[self.jobs[slot].station as usize].workers == usize::MAX
    }

    fn wait_over(&mut self, slot: u32, recorder: &mut Recorder) {
        let Some(downstream) = &self.extras.downstream else {
            return self.answer(slot, self.now, recorder);
        };
        if self.downstream_inside < downstream.limit {
            self.enter_downstream(slot);
        } else {
            self.jobs[slot].place = Place::DownstreamQueue;
            let reference = self.jobs.reference(slot);
            self.downstream_queue.push_back(reference);
        }
    }

    fn enter_downstream(&mut self, slot: u32) {
        let Some(downstream) = &mut self.extras.downstream else { return };
        let inside = (downstream.wait.sample(&mut downstream.stream) * self.wait_factor + 0.5) as u64;
        self.downstream_inside += 1;
        self.jobs[slot].place = Place::Downstream;
        let reference = self.jobs.reference(slot);
        self.events.push(self.now.saturating_add(inside), Event::DownstreamOver(reference));
    }

    /// Lets the next in line into the shared dependency.
    fn leave_downstream(&mut self) {
        self.downstream_inside -= 1;
        while let Some(next) = self.downstream_queue.pop_front() {
            if self.jobs.is_current(next) {
                self.enter_downstream(next.slot);
                return;
            }
        }
    }

    /// An attempt is complete at an instant, now or known ahead.
    fn answer(&mut self, slot: u32, at: u64, recorder: &mut Recorder) {
        let job = self.jobs[slot];
        self.give_back_worker(job.station);
        self.jobs.free(slot);
        if job.awaited {
            recorder.served(at - job.request.arrival);
            self.decided(job.request, at);
        }
    }

    /// A request has left a station: the balancer counts it out.
    fn left(&mut self, number: u32) {
        if let Some(target) = self.targets.left(number) {
            self.balance.left(&self.targets, target);
        }
    }

    /// A worker is free: the backlog moves up.
    fn give_back_worker(&mut self, number: u32) {
        if B::COUNTS_REQUESTS {
            self.left(number);
        }
        let station = &mut self.stations[number as usize];
        match station.backlog.pop_front() {
            Some(next) => self.want_core(next),
            None => station.holding -= 1,
        }
    }

    /// An attempt that is at no station has failed: another attempt, or the request is lost.
    fn attempt_lost(&mut self, slot: u32, failure: Failure, recorder: &mut Recorder) {
        let Job { request, attempt, .. } = self.jobs[slot];
        self.jobs.free(slot);
        self.retry_or_lose(request, attempt, failure, recorder);
    }

    fn retry_or_lose(&mut self, request: Request, attempt: u32, failure: Failure, recorder: &mut Recorder) {
        if let Some(backoff) = self.extras.retry.as_mut().and_then(|retry| retry.after(attempt)) {
            let slot = self.jobs.add(request, attempt + 1);
            let reference = self.jobs.reference(slot);
            self.sequels.push(self.now.saturating_add(backoff), Sequel::Retry(reference));
        } else {
            recorder.lost(failure);
            self.decided(request, self.now.saturating_add(AFTER_REFUSAL));
        }
    }

    /// A request has its outcome: its client may send the next, not before `earliest`.
    fn decided(&mut self, request: Request, earliest: u64) {
        self.undecided -= 1;
        let Request { arrival, think, .. } = request;
        let clients = self.extras.clients.as_ref();
        let next = clients.and_then(|clients| clients.answered(arrival, think, self.now, self.undecided));
        self.send_next(next, earliest);
    }

    /// Clients send a number of requests. None of them is answered before all are sent.
    fn send_all(&mut self, requests: u32, recorder: &mut Recorder) {
        self.undecided += 1;
        for _ in 0..requests {
            let think = self.extras.clients.as_mut().map_or(0, Clients::think);
            let request = Request { arrival: self.now, think, ..self.requests.take() };
            self.arrive(request, recorder);
        }
        self.undecided -= 1;
        let next = self.extras.clients.as_ref().and_then(|clients| clients.sent(self.now, self.undecided));
        self.send_next(next, self.now.saturating_add(AFTER_REFUSAL));
    }

    fn send_next(&mut self, next: Option<Sending>, earliest: u64) {
        let Some((clients, next)) = self.extras.clients.as_ref().zip(next) else { return };
        let at = next.at.max(earliest);
        if at < clients.until() {
            self.sequels.push(at, Sequel::Send(next.requests));
        }
    }

    /// The client of an attempt gives up on it.
    fn time_out(&mut self, slot: u32, recorder: &mut Recorder) {
        let Job { request, attempt, .. } = self.jobs[slot];
        if self.rules.cancel_on_timeout {
            self.withdraw(slot);
        } else {
            self.jobs[slot].awaited = false;
        }
        self.retry_or_lose(request, attempt, Failure::TimedOut, recorder);
    }

    fn patience_over(&mut self, reference: JobRef, recorder: &mut Recorder) {
        let job = self.jobs[reference.slot];
        if !self.jobs.is_current(reference) || !matches!(job.place, Place::Backlog | Place::Ready) {
            return;
        }
        self.withdraw(reference.slot);
        if job.awaited {
            self.retry_or_lose(job.request, job.attempt, Failure::TimedOut, recorder);
        }
    }

    /// Takes an attempt out of wherever it is.
    fn withdraw(&mut self, slot: u32) {
        let job = self.jobs[slot];
        let station = &mut self.stations[job.station as usize];
        match job.place {
            Place::Nowhere | Place::Backoff => return,
            Place::Backlog => {
                station.backlog.retain(|&other| other != slot);
                if B::COUNTS_REQUESTS {
                    self.left(job.station);
                }
                self.jobs.free(slot);
                return;
            }
            Place::Ready => station.ready.retain(|&other| other != slot),
            Place::Running => {
                station.progress(self.now);
                station.stop(slot);
                if let Some(next) = station.ready.pop_front() {
                    self.run(next);
                }
                self.cores_changed(job.station);
            }
            // Its place in the queue is skipped when its turn comes.
            Place::Waiting | Place::DownstreamQueue => {}
            Place::Downstream => self.leave_downstream(),
        }
        self.jobs.free(slot);
        self.give_back_worker(job.station);
    }

    // ---- cores and nodes

    /// Reschedules a station, and those that share its node, after the number of its running requests has changed.
    fn cores_changed(&mut self, number: u32) {
        if let Some(node) = self.stations[number as usize].node {
            self.share_node(node);
        }
        let station = &self.stations[number as usize];
        self.due.set(number, station.due());
    }

    /// Shares a node's cores among its pods in proportion to their weights; nobody gets more than it can use.
    fn share_node(&mut self, node: u32) {
        let Node { cores, stations, contended } = &self.nodes[node as usize];
        let (cores, was_contended) = (*cores, *contended);
        let wanted = |station: &Station| (station.running() as f64).min(station.limit);
        let total: f64 = stations.iter().map(|&s| wanted(&self.stations[s as usize])).sum();
        if total <= cores && !was_contended {
            return;
        }
        let members = std::mem::take(&mut self.nodes[node as usize].stations);
        let level = if total <= cores { f64::INFINITY } else { self.fair_level(&members, cores) };
        for &member in &members {
            let station = &mut self.stations[member as usize];
            let granted = station.limit.min(level * station.node_weight);
            if granted != station.granted() {
                station.progress(self.now);
                station.grant(granted);
                let due = station.due();
                self.due.set(member, due);
            }
        }
        self.nodes[node as usize].stations = members;
        self.nodes[node as usize].contended = total > cores;
    }

    /// The cores per unit of weight at which the node is just used up: water-filling.
    fn fair_level(&self, members: &[u32], cores: f64) -> f64 {
        let mut wants: Vec<(f64, f64)> = members
            .iter()
            .map(|&m| &self.stations[m as usize])
            .filter(|station| station.running() > 0)
            .map(|station| ((station.running() as f64).min(station.limit), station.node_weight))
            .collect();
        wants.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let mut left = cores;
        let mut weight: f64 = wants.iter().map(|want| want.1).sum();
        for (want, share) in wants {
            if want / share >= left / weight {
                break;
            }
            left -= want;
            weight -= share;
        }
        left / weight
    }

    // ---- events

    fn handle(&mut self, event: Event, recorder: &mut Recorder) {
        match event {
            Event::WaitOver(job) if self.jobs.is_current(job) => self.wait_over(job.slot, recorder),
            Event::DownstreamOver(job) if self.jobs.is_current(job) => {
                self.leave_downstream();
                self.answer(job.slot, self.now, recorder);
            }
            _ => {}
        }
    }

    fn handle_sequel(&mut self, sequel: Sequel, recorder: &mut Recorder) {
        match sequel {
            Sequel::Retry(job) if self.jobs.is_current(job) => self.send(job.slot, recorder),
            Sequel::Retry(_) => {}
            Sequel::Send(requests) => self.send_all(requests, recorder),
        }
    }
}

impl<B: Balance> Plant for EventPlant<B> {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, now: SimTime) {
        let index = id.0 as usize;
        while self.stations.len() <= index {
            self.stations.push(Station::new(0.0, 0, self.now));
        }
        let cores = spec.cores.as_f64();
        let slots = match spec.discipline {
            Discipline::Fcfs => libm::ceil(cores) as usize,
            Discipline::ProcessorSharing => usize::MAX,
        };
        let mut station = Station::new(cores, slots, now.as_nanos());
        station.workers = spec.workers.map_or(usize::MAX, |n| n as usize);
        station.backlog_limit = spec.backlog.map_or(usize::MAX, |n| n as usize);
        if !spec.warm {
            station.coldness = Coldness { since: 0, until: u64::MAX };
        }
        if let Some((node, weight)) = spec.node {
            station.node = Some(node.0);
            station.node_weight = f64::from(weight.max(1)) / 1000.0;
            self.nodes[node.0 as usize].stations.push(id.0);
        }
        self.stations[index] = station;
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        self.stations[id.0 as usize].coldness.begin(now, self.rules.cold_start);
        self.targets.set(id.0, weight);
    }

    fn detach(&mut self, id: InstanceId) {
        self.targets.unset(id.0);
    }

    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder) {
        self.now = now.as_nanos();
        let station = &mut self.stations[id.0 as usize];
        station.progress(self.now);
        station.clear();
        station.dead = true;
        self.targets.emptied(id.0);
        self.cores_changed(id.0);
        let is_inside = |job: &Job| job.station == id.0 && !matches!(job.place, Place::Nowhere | Place::Backoff);
        let mut inside: Vec<u32> = (0..self.jobs.slots()).filter(|&slot| is_inside(&self.jobs[slot])).collect();
        inside.sort_by_key(|&slot| self.jobs[slot].request.order());
        for slot in inside {
            let job = self.jobs[slot];
            if job.place == Place::Downstream {
                self.leave_downstream();
            }
            self.jobs.free(slot);
            if job.awaited {
                self.retry_or_lose(job.request, job.attempt, Failure::Failed, recorder);
            }
        }
    }

    fn revive(&mut self, id: InstanceId, now: SimTime) {
        let station = &mut self.stations[id.0 as usize];
        station.progress(now.as_nanos());
        station.dead = false;
    }

    fn remove(&mut self, id: InstanceId) {
        self.targets.unset(id.0);
        self.due.set(id.0, u64::MAX);
        let station = &mut self.stations[id.0 as usize];
        if let Some(node) = station.node.take() {
            self.nodes[node as usize].stations.retain(|&other| other != id.0);
        }
        station.clear();
    }

    fn add_node(&mut self, id: NodeId, cores: Cores) {
        let index = id.0 as usize;
        if self.nodes.len() <= index {
            self.nodes.resize_with(index + 1, Node::default);
        }
        self.nodes[index].cores = cores.as_f64();
    }

    fn slow_waits(&mut self, factor: f64) {
        self.wait_factor = factor;
    }

    fn advance(&mut self, until: SimTime, recorder: &mut Recorder) {
        let until = until.as_nanos();
        self.until = until;
        let closed = self.extras.clients.is_some();
        loop {
            let (burst, station) = self.due.first();
            let event = self.events.next_time();
            let timeout = self.jobs.next_timeout();
            let arrival = if closed { u64::MAX } else { self.requests.next_arrival() };
            let patience = self.patience.next_time();
            let departure = burst.min(event).min(timeout).min(patience);
            let sequel = self.sequels.next_time();
            if sequel < departure && sequel <= arrival && sequel <= until {
                self.now = sequel;
                if let Some((_, sequel)) = self.sequels.pop() {
                    self.handle_sequel(sequel, recorder);
                }
            } else if arrival < departure && arrival < until {
                self.now = arrival;
                let request = self.requests.take();
                self.arrive(request, recorder);
            } else if departure > until || departure == u64::MAX {
                break;
            } else if burst == departure {
                self.now = burst;
                self.burst_over(station, recorder);
            } else if event == departure {
                self.now = event;
                if let Some((_, event)) = self.events.pop() {
                    self.handle(event, recorder);
                }
            } else if timeout == departure {
                self.now = timeout;
                if let Some(slot) = self.jobs.pop_timeout() {
                    self.time_out(slot, recorder);
                }
            } else {
                self.now = patience;
                if let Some((_, job)) = self.patience.pop() {
                    self.patience_over(job, recorder);
                }
            }
        }
        self.now = until;
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        let station = &self.stations[id.0 as usize];
        Usage {
            busy_core_nanos: station.busy_at(self.now),
            inside: station.inside() as u32,
            sent: station.sent,
            first_request: station.first_request.map(SimTime::from_nanos),
        }
    }

    fn in_flight(&self) -> u64 {
        self.undecided
    }
}
