//! First come, first served: the fate of a request is known when it arrives.
//!
//! A station with `c` cores keeps, sorted, the times at which its cores become free. A request that arrives at `t`
//! starts at `max(t, first free time)` and replaces that time by its finish: the recursion of Kiefer and Wolfowitz
//! (1955), exact for any arrivals and any service times. Workers are a second such recursion in front of the cores:
//! the earliest free worker is the W-th latest release among the requests inside.
//!
//! So there are no events but arrivals. Between two control events nothing can change a fate, so what a request does
//! before the next one is accounted for at its arrival; only those still inside then are remembered. A balancer that
//! counts requests needs to know who has left by now, in whatever order: the departures wait in a wheel.

pub mod feedback;
mod free_times;
mod station;

use windtunnel_traces::{Cores, SimDuration, SimTime};

use self::station::{Station, Tag};
use super::balancer::{Balance, Targets};
use super::departures::Departures;
use super::requests::{Request, RequestStream};
use super::{ColdStart, NodeId, Plant, StationSpec, Usage, stretched_wait};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::{Failure, Recorder};

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

/// When the patience of a request's client, and of the request itself, is over at the latest.
#[derive(Copy, Clone, Debug)]
struct Deadlines {
    outcome: u64,
    quits: u64,
}

impl Rules {
    #[inline]
    fn deadlines(&self, arrival: u64) -> Deadlines {
        let outcome = self.timeout.map_or(u64::MAX, |timeout| arrival.saturating_add(timeout.as_nanos()));
        Deadlines { outcome, quits: if self.cancel_on_timeout { outcome } else { u64::MAX } }
    }
}

/// The plant of this discipline.
pub struct FcfsPlant<B> {
    requests: RequestStream,
    service: Service<B, ()>,
    /// The instant that outcomes have been settled up to.
    settled_at: u64,
}

/// What serves the requests. `T` is what the plant keeps with each attempt.
struct Service<B, T> {
    balance: B,
    targets: Targets,
    /// A long run has few of its many instances at a time: the places of those that were removed are taken again.
    stations: Vec<Station<T>>,
    vacant: Vec<u32>,
    /// Where an instance is among the stations; [`NOWHERE`] before it is added and after it was removed.
    places: Vec<u32>,
    departures: Departures,
    rules: Rules,
    wait_factor: f64,
    scratch: Vec<u64>,
    /// Attempts that were taken in, less those with an outcome.
    undecided: u64,
}

/// The place of an instance that is not there.
const NOWHERE: u32 = u32::MAX;

/// What the client of an attempt will learn, and when.
#[derive(Copy, Clone, Debug)]
struct Outcome {
    at: u64,
    served: bool,
}

impl<B: Balance> FcfsPlant<B> {
    /// An empty plant.
    pub fn new(requests: RequestStream, balance: B, rules: Rules) -> Self {
        FcfsPlant { requests, service: Service::new(balance, rules), settled_at: 0 }
    }
}

impl<B: Balance, T: Tag> Service<B, T> {
    fn new(balance: B, rules: Rules) -> Self {
        Service {
            balance,
            targets: Targets::default(),
            stations: Vec::new(),
            vacant: Vec::new(),
            places: Vec::new(),
            departures: Departures::new(),
            rules,
            wait_factor: 1.0,
            scratch: Vec::new(),
            undecided: 0,
        }
    }

    /// Places one attempt and decides its fate; nothing but arrivals happens before `until`. Its tag is asked for as soon
    /// as its outcome is known. Without a place it fails at once.
    #[inline]
    fn serve(
        &mut self,
        request: Request,
        until: u64,
        recorder: &mut Recorder,
        tag: impl FnOnce(Outcome) -> T,
    ) -> Result<(), Failure> {
        if self.targets.stations.is_empty() {
            return Err(Failure::Failed);
        }
        self.see_departures(request.arrival);
        let number = self.balance.pick(&self.targets);
        let station = &mut self.stations[self.places[number as usize] as usize];
        station.sent += 1;
        if station.dead {
            return Err(Failure::Failed);
        }
        let worker = station.next_worker(request.arrival, &mut self.scratch).ok_or(Failure::Rejected)?;
        station.first_request.get_or_insert(request.arrival);
        let wait = stretched_wait(request.wait, self.wait_factor);
        let fate = station.decide(request, worker, wait, &self.rules);
        if B::COUNTS_REQUESTS {
            if let Some(target) = self.targets.entered(number) {
                self.balance.entered(&self.targets, target);
            }
            self.departures.push(fate.release, number);
        }
        let tag = tag(Outcome { at: fate.outcome_at, served: fate.served });
        let decided = station.enter(fate.tagged(tag), until, recorder);
        self.undecided += u64::from(!decided);
        Ok(())
    }

    #[inline]
    fn see_departures(&mut self, now: u64) {
        if B::COUNTS_REQUESTS {
            let (targets, balance) = (&mut self.targets, &mut self.balance);
            self.departures.until(now, |station| {
                if let Some(target) = targets.left(station) {
                    balance.left(targets, target);
                }
            });
        }
    }

    fn settle(&mut self, now: u64, recorder: &mut Recorder) {
        self.see_departures(now);
        self.departures.fit(now);
        for station in &mut self.stations {
            self.undecided -= station.settle(now, recorder);
        }
    }

    fn add(&mut self, id: InstanceId, spec: &StationSpec) {
        let index = id.0 as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, NOWHERE);
        }
        let station = Station::new(spec);
        self.places[index] = match self.vacant.pop() {
            Some(place) => {
                self.stations[place as usize] = station;
                place
            }
            None => {
                self.stations.push(station);
                self.stations.len() as u32 - 1
            }
        };
    }

    fn station(&mut self, id: InstanceId) -> &mut Station<T> {
        &mut self.stations[self.places[id.0 as usize] as usize]
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        let cold_start = self.rules.cold_start;
        self.station(id).coldness.begin(now, cold_start);
        self.targets.set(id.0, weight);
    }

    /// What is inside an instance fails. Returns the attempts that had no outcome yet.
    fn kill(&mut self, id: InstanceId, now: u64) -> Vec<T> {
        let failed = self.station(id).die(now);
        self.undecided -= failed.len() as u64;
        self.departures.forget(id.0);
        self.targets.emptied(id.0);
        failed
    }

    fn remove(&mut self, id: InstanceId) {
        self.targets.unset(id.0);
        let place = std::mem::replace(&mut self.places[id.0 as usize], NOWHERE);
        self.stations[place as usize] = Station::default();
        self.vacant.push(place);
    }

    fn usage(&mut self, id: InstanceId, now: u64) -> Usage {
        let station = self.station(id);
        Usage {
            busy_core_nanos: station.busy(now) as f64,
            inside: station.inside() as u32,
            sent: station.sent,
            first_request: station.first_request.map(SimTime::from_nanos),
        }
    }
}

impl<B: Balance> Plant for FcfsPlant<B> {
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
        let failed = self.service.kill(id, now.as_nanos());
        failed.iter().for_each(|()| recorder.lost(Failure::Failed));
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
        loop {
            let batch = self.requests.batch(until);
            let count = batch.len() as u64;
            if count == 0 {
                break;
            }
            recorder.arrived(count);
            recorder.attempted(count);
            for request in batch {
                if let Err(failure) = self.service.serve(request, until, recorder, |_| ()) {
                    recorder.lost(failure);
                }
            }
        }
        self.service.settle(until, recorder);
        self.settled_at = until;
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        self.service.usage(id, self.settled_at)
    }

    fn in_flight(&self) -> u64 {
        self.service.undecided
    }
}
