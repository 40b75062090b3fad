//! Processor sharing where instances do not touch each other: each is brought up to date when a request arrives at it, and
//! at control events, and not in between.
//!
//! That needs a balancer that does not look at the instances, no limits, no retries, no node that is shared, and servers
//! that work on when a client has given up; then the events at one instance happen in the same order, whatever the
//! others do, and nobody has to find the earliest of all. The station is that of the event kernel (virtual time, see
//! `station`), so that both agree to the nanosecond, and a test holds them against each other. While there are no more
//! bursts than cores, virtual time is time.

use windtunnel_traces::{Cores, SimDuration, SimTime};

use super::balancer::{Balance, Targets};
use super::fcfs::Rules;
use super::requests::{Request, RequestStream};
use super::station::Station;
use super::{Coldness, NodeId, Plant, StationSpec, Usage, stretched, stretched_wait};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::{Failure, Recorder};

/// A request inside an instance. Times in nanoseconds.
#[derive(Copy, Clone, Debug)]
struct Job {
    /// When it arrived; [`NOBODY`] once its client waits no longer for an answer.
    arrival: u64,
    /// While its burst runs, its time off the core; then when that is over.
    wait: u64,
}

/// No arrival.
const NOBODY: u64 = u64::MAX;

/// An instance.
#[derive(Debug)]
struct Instance {
    station: Station,
    /// When the next burst ends.
    due: u64,
    /// When the last burst started.
    last_start: u64,
    /// Requests whose bursts run, by the number that the station knows them by.
    jobs: Vec<Job>,
    unused: Vec<u32>,
    /// Requests off the core that are still inside at the next control event.
    off_core: Vec<Job>,
}

impl Instance {
    fn new(spec: &StationSpec, now: u64) -> Self {
        let mut station = Station::new(spec.cores.as_f64(), usize::MAX, now);
        if !spec.warm {
            station.coldness = Coldness { since: 0, until: u64::MAX };
        }
        Instance {
            station,
            due: u64::MAX,
            last_start: u64::MAX,
            jobs: Vec::new(),
            unused: Vec::new(),
            off_core: Vec::new(),
        }
    }

    /// A burst starts.
    #[inline]
    fn start(&mut self, now: u64, length: u64, wait: u64) {
        self.station.progress(now);
        let job = Job { arrival: now, wait };
        let number = match self.unused.pop() {
            Some(number) => {
                self.jobs[number as usize] = job;
                number
            }
            None => {
                self.jobs.push(job);
                self.jobs.len() as u32 - 1
            }
        };
        self.station.start(number, length);
        self.due = self.station.due();
        self.last_start = now;
    }

    /// Ends the bursts that are over by `now`; what happens by `until` is accounted for at once, since nothing comes
    /// between. Clients wait for `timeout`. Returns how many requests got their outcome.
    #[inline]
    fn catch_up(&mut self, now: u64, until: u64, timeout: u64, recorder: &mut Recorder) -> u64 {
        let mut decided = 0;
        while self.due <= now {
            let at = self.due;
            self.station.progress(at);
            let Some(number) = self.station.finish_first() else { break };
            self.due = self.station.due();
            let mut job = self.jobs[number as usize];
            self.unused.push(number);
            job.wait = at.saturating_add(job.wait);
            // Clients give up before anybody arrives in the same instant. A burst that ends in it was not over then: a
            // share of a core is rounded up to whole nanoseconds anew with every arrival.
            let patience = timeout - u64::from(self.last_start == at && job.deadline(timeout) == at);
            decided += u64::from(job.settle(until, patience, recorder));
            if job.wait > until {
                self.off_core.push(job);
            }
        }
        decided
    }

    /// Brings everything up to `now`. Clients wait for `timeout`. Returns how many requests got their outcome.
    fn settle(&mut self, now: u64, timeout: u64, recorder: &mut Recorder) -> u64 {
        // Those first, since those that leave their core now are settled as they do.
        let mut decided = 0;
        self.off_core.retain_mut(|job| {
            decided += u64::from(job.settle(now, timeout, recorder));
            job.wait > now
        });
        decided += self.catch_up(now, now, timeout, recorder);
        for number in self.station.jobs() {
            let job = &mut self.jobs[number as usize];
            if job.is_awaited() && job.deadline(timeout) <= now {
                job.arrival = NOBODY;
                decided += 1;
                recorder.lost(Failure::TimedOut);
            }
        }
        decided
    }

    /// Requests inside whose clients wait.
    fn awaited(&self) -> u64 {
        let running = self.station.jobs().map(|number| &self.jobs[number as usize]);
        running.chain(&self.off_core).filter(|job| job.is_awaited()).count() as u64
    }

    /// Forgets everything that is inside.
    fn clear(&mut self) {
        self.station.clear();
        self.due = u64::MAX;
        (self.jobs, self.unused, self.off_core) = (Vec::new(), Vec::new(), Vec::new());
    }

    fn inside(&self) -> usize {
        self.station.running() + self.off_core.len()
    }
}

impl Job {
    /// Whether its client still waits for an answer.
    #[inline]
    fn is_awaited(&self) -> bool {
        self.arrival != NOBODY
    }

    /// When its client gives up.
    #[inline]
    fn deadline(&self, timeout: u64) -> u64 {
        self.arrival.saturating_add(timeout)
    }

    /// Records the outcome of a request off its core if it is known by `now`; says whether it did.
    #[inline]
    fn settle(&mut self, now: u64, timeout: u64, recorder: &mut Recorder) -> bool {
        let deadline = self.deadline(timeout);
        if !self.is_awaited() || self.wait.min(deadline) > now {
            return false;
        }
        if self.wait <= deadline {
            recorder.served(self.wait - self.arrival);
        } else {
            recorder.lost(Failure::TimedOut);
        }
        self.arrival = NOBODY;
        true
    }
}

/// The plant of this discipline.
pub struct SharingPlant<B> {
    requests: RequestStream,
    service: Service<B>,
    now: u64,
}

/// What serves the requests.
struct Service<B> {
    balance: B,
    targets: Targets,
    instances: Vec<Instance>,
    /// The instances that have not been removed.
    present: Vec<u32>,
    rules: Rules,
    /// How long clients wait for an answer, in nanoseconds.
    timeout: u64,
    wait_factor: f64,
    /// Requests that have arrived, less those with an outcome.
    undecided: u64,
}

impl<B: Balance> SharingPlant<B> {
    /// An empty plant. The balancer must not count requests, and the rules must not cancel.
    pub fn new(requests: RequestStream, balance: B, rules: Rules) -> Self {
        let service = Service {
            balance,
            targets: Targets::default(),
            instances: Vec::new(),
            present: Vec::new(),
            timeout: rules.timeout.map_or(u64::MAX, SimDuration::as_nanos),
            rules,
            wait_factor: 1.0,
            undecided: 0,
        };
        SharingPlant { requests, service, now: 0 }
    }
}

impl<B: Balance> Service<B> {
    #[inline]
    fn serve(&mut self, request: Request, until: u64, recorder: &mut Recorder) {
        if self.targets.stations.is_empty() {
            return recorder.lost(Failure::Failed);
        }
        let Request { arrival, cpu, wait, .. } = request;
        let number = self.balance.pick(&self.targets);
        let instance = &mut self.instances[number as usize];
        instance.station.sent += 1;
        if instance.station.dead {
            return recorder.lost(Failure::Failed);
        }
        instance.station.first_request.get_or_insert(arrival);
        self.undecided += 1;
        self.undecided -= instance.catch_up(arrival, until, self.timeout, recorder);
        let wait = stretched_wait(wait, self.wait_factor);
        let length = stretched(cpu, arrival, instance.station.coldness, self.rules.cold_start);
        instance.start(arrival, length, wait);
    }
}

impl<B: Balance> Plant for SharingPlant<B> {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, now: SimTime) {
        let index = id.0 as usize;
        while self.service.instances.len() < index {
            self.service.instances.push(Instance::new(spec, self.now));
        }
        let instance = Instance::new(spec, now.as_nanos());
        match self.service.instances.get_mut(index) {
            Some(place) => *place = instance,
            None => self.service.instances.push(instance),
        }
        self.service.present.push(id.0);
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        self.service.instances[id.0 as usize].station.coldness.begin(now, self.service.rules.cold_start);
        self.service.targets.set(id.0, weight);
    }

    fn detach(&mut self, id: InstanceId) {
        self.service.targets.unset(id.0);
    }

    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder) {
        let instance = &mut self.service.instances[id.0 as usize];
        let failed = instance.awaited();
        (0..failed).for_each(|_| recorder.lost(Failure::Failed));
        self.service.undecided -= failed;
        instance.station.progress(now.as_nanos());
        instance.station.dead = true;
        instance.clear();
        self.service.targets.emptied(id.0);
    }

    fn revive(&mut self, id: InstanceId, now: SimTime) {
        let station = &mut self.service.instances[id.0 as usize].station;
        station.progress(now.as_nanos());
        station.dead = false;
    }

    fn remove(&mut self, id: InstanceId) {
        self.service.targets.unset(id.0);
        self.service.instances[id.0 as usize].clear();
        self.service.present.retain(|&other| other != id.0);
    }

    fn add_node(&mut self, _id: NodeId, _cores: Cores) {}

    fn slow_waits(&mut self, factor: f64) {
        self.service.wait_factor = factor;
    }

    fn advance(&mut self, until: SimTime, recorder: &mut Recorder) {
        let until = until.as_nanos();
        loop {
            let batch = self.requests.batch(until);
            let count = batch.len() as u64;
            if count == 0 {
                break;
            }
            recorder.arrived(count);
            recorder.attempted(count);
            for request in batch {
                self.service.serve(request, until, recorder);
            }
        }
        let Service { instances, present, undecided, timeout, .. } = &mut self.service;
        for &number in present.iter() {
            *undecided -= instances[number as usize].settle(until, *timeout, recorder);
        }
        self.now = until;
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        let instance = &self.service.instances[id.0 as usize];
        let station = &instance.station;
        Usage {
            busy_core_nanos: station.busy_at(self.now),
            inside: instance.inside() as u32,
            sent: station.sent,
            first_request: station.first_request.map(SimTime::from_nanos),
        }
    }

    fn in_flight(&self) -> u64 {
        self.service.undecided
    }
}
