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

mod station;

use windtunnel_traces::{Cores, SimDuration, SimTime};

use self::station::Station;
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
    service: Service<B>,
    /// The instant that outcomes have been settled up to.
    settled_at: u64,
}

/// What serves the requests.
struct Service<B> {
    balance: B,
    targets: Targets,
    stations: Vec<Station>,
    /// The stations that have not been removed: a long run has few of its many instances at a time.
    present: Vec<u32>,
    departures: Departures,
    rules: Rules,
    wait_factor: f64,
    scratch: Vec<u64>,
    /// Requests that have arrived, less those with an outcome.
    undecided: u64,
}

impl<B: Balance> FcfsPlant<B> {
    /// An empty plant.
    pub fn new(requests: RequestStream, balance: B, rules: Rules) -> Self {
        let service = Service {
            balance,
            targets: Targets::default(),
            stations: Vec::new(),
            present: Vec::new(),
            departures: Departures::new(),
            rules,
            wait_factor: 1.0,
            scratch: Vec::new(),
            undecided: 0,
        };
        FcfsPlant { requests, service, settled_at: 0 }
    }
}

impl<B: Balance> Service<B> {
    /// Places one request and decides its fate; nothing but arrivals happens before `until`.
    #[inline]
    fn serve(&mut self, request: Request, until: u64, recorder: &mut Recorder) {
        if self.targets.stations.is_empty() {
            return recorder.lost(Failure::Failed);
        }
        self.see_departures(request.arrival);
        let number = self.balance.pick(&self.targets);
        let station = &mut self.stations[number as usize];
        station.sent += 1;
        if station.dead {
            return recorder.lost(Failure::Failed);
        }
        let Some(worker) = station.next_worker(request.arrival, &mut self.scratch) else {
            return recorder.lost(Failure::Rejected);
        };
        station.first_request.get_or_insert(request.arrival);
        let wait = stretched_wait(request.wait, self.wait_factor);
        let fate = station.decide(request, worker, wait, &self.rules);
        if B::COUNTS_REQUESTS {
            self.targets.entered(number);
            self.balance.entered(&self.targets, number);
            self.departures.push(fate.release, number);
        }
        let decided = station.enter(fate, until, recorder);
        self.undecided += u64::from(!decided);
    }

    #[inline]
    fn see_departures(&mut self, now: u64) {
        if B::COUNTS_REQUESTS {
            let (targets, balance) = (&mut self.targets, &mut self.balance);
            self.departures.until(now, |station| {
                targets.left(station);
                balance.left(targets, station);
            });
        }
    }

    fn settle(&mut self, now: u64, recorder: &mut Recorder) {
        self.see_departures(now);
        self.departures.fit(now);
        for &number in &self.present {
            self.undecided -= self.stations[number as usize].settle(now, recorder);
        }
    }
}

impl<B: Balance> Plant for FcfsPlant<B> {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, _now: SimTime) {
        let index = id.0 as usize;
        let stations = &mut self.service.stations;
        if stations.len() <= index {
            stations.resize_with(index + 1, Station::default);
        }
        stations[index] = Station::new(spec);
        self.service.present.push(id.0);
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        self.service.stations[id.0 as usize].coldness.begin(now, self.service.rules.cold_start);
        self.service.targets.set(id.0, weight);
    }

    fn detach(&mut self, id: InstanceId) {
        self.service.targets.unset(id.0);
    }

    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder) {
        let service = &mut self.service;
        let failed = service.stations[id.0 as usize].die(now.as_nanos());
        (0..failed).for_each(|_| recorder.lost(Failure::Failed));
        service.undecided -= failed;
        service.departures.forget(id.0);
        service.targets.emptied(id.0);
    }

    fn revive(&mut self, id: InstanceId, now: SimTime) {
        self.service.stations[id.0 as usize].revive(now.as_nanos());
    }

    fn remove(&mut self, id: InstanceId) {
        self.service.targets.unset(id.0);
        self.service.stations[id.0 as usize].clear();
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
        self.service.settle(until, recorder);
        self.settled_at = until;
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        let station = &self.service.stations[id.0 as usize];
        Usage {
            busy_core_nanos: station.busy(self.settled_at) as f64,
            inside: station.inside() as u32,
            sent: station.sent,
            first_request: station.first_request.map(SimTime::from_nanos),
        }
    }

    fn in_flight(&self) -> u64 {
        self.service.undecided
    }
}
