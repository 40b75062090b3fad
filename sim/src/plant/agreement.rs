//! The kernels against each other: where two apply they give the same outcomes to the nanosecond. Only a slow
//! dependency is left out: it stretches the waits of those who arrive in one kernel, of those who begin to wait in the
//! other.

use std::path::Path;

use proptest::prelude::*;
use windtunnel_traces::arrivals::Arrivals;
use windtunnel_traces::distribution::{Distribution, Sampler};
use windtunnel_traces::segments::RateSegments;
use windtunnel_traces::{Cores, Purpose, SimDuration, SimTime, Streams};

use super::balancer::{Balance, LeastOutstanding, PowerOfTwo, Random, RoundRobin};
use super::events::{EventPlant, Extras};
use super::fcfs::{FcfsPlant, Rules};
use super::requests::{ClassDemand, Demands, RequestStream};
use super::sharing::SharingPlant;
use super::{ColdStart, Plant, StationSpec};
use crate::controllers::decision::InstanceId;
use crate::outcome::recorder::Recorder;
use crate::scenario::schema::Discipline;

const INSTANCES: u32 = 4;

/// A plant, the rules of its requests, and what happens to it.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    /// Offered load over the cores in traffic at the start.
    load: f64,
    cores: u32,
    workers: Option<u32>,
    backlog: Option<u32>,
    timeout: Option<u64>,
    cancel: bool,
    patience: Option<u64>,
    cold: bool,
    /// Milliseconds to the next action, and the action.
    script: Vec<(u64, u32)>,
}

fn cases() -> impl Strategy<Value = Case> {
    let limits = (1u32..5, proptest::option::of(1u32..12), proptest::option::of(0u32..12));
    let rules = (proptest::option::of(30u64..400), any::<bool>(), proptest::option::of(5u64..200), any::<bool>());
    let script = proptest::collection::vec((1u64..400, 0u32..32), 5..25);
    (any::<u64>(), 0.3f64..1.6, limits, rules, script).prop_map(
        |(seed, load, (cores, workers, backlog), (timeout, cancel, patience, cold), script)| Case {
            seed,
            load,
            cores,
            workers,
            backlog,
            timeout,
            cancel,
            patience,
            cold,
            script,
        },
    )
}

fn law(mean: u64) -> Sampler {
    let law = Distribution::Exponential { mean: SimDuration::from_millis(mean) };
    law.sampler(Path::new(".")).expect("a mean above zero")
}

impl Case {
    fn requests(&self) -> RequestStream {
        let streams = Streams::new(self.seed);
        let class = ClassDemand { weight: 1.0, cpu: law(20), wait: law(30) };
        let demands = Demands::new(vec![class], self.patience.map(law), streams);
        let rate = self.load * f64::from(self.cores * INSTANCES) / 0.02;
        RequestStream::open(Arrivals::poisson(RateSegments::constant(rate), streams), demands)
    }

    fn rules(&self) -> Rules {
        Rules {
            timeout: self.timeout.map(SimDuration::from_millis),
            cancel_on_timeout: self.cancel,
            cold_start: self.cold.then(|| ColdStart::new(3.0, SimDuration::from_millis(200))),
        }
    }

    fn spec(&self) -> StationSpec {
        StationSpec {
            cores: Cores::from_millis(self.cores * 1000),
            discipline: Discipline::Fcfs,
            workers: self.workers,
            backlog: self.backlog,
            node: None,
            warm: !self.cold,
        }
    }

    /// Plays the script and notes what can be seen after each step.
    fn play(&self, spec: &StationSpec, mut plant: impl Plant) -> Vec<String> {
        let mut recorder = Recorder::new(100_000_000);
        let mut now = SimTime::ZERO;
        for id in (0..INSTANCES).map(InstanceId) {
            plant.add(id, spec, now);
            plant.attach(id, 1.0, now);
        }
        let mut dead = Vec::new();
        let mut seen = Vec::new();
        for &(millis, action) in &self.script {
            now += SimDuration::from_millis(millis);
            plant.advance(now, &mut recorder);
            let id = InstanceId(action % INSTANCES);
            match action / INSTANCES {
                0 if !dead.contains(&id) => {
                    plant.kill(id, now, &mut recorder);
                    dead.push(id);
                }
                0 => {
                    plant.revive(id, now);
                    dead.retain(|other| *other != id);
                }
                1 => plant.detach(id),
                2 if !dead.contains(&id) => plant.attach(id, 1.0, now),
                3 if !dead.contains(&id) => plant.attach(id, 0.5, now),
                _ => {}
            }
            let usage: Vec<_> = (0..INSTANCES).map(|id| plant.usage(InstanceId(id))).collect();
            let segment = recorder.segment();
            let latency: Vec<_> = segment.latency.cumulative();
            seen.push(format!("{now:?} {usage:?} {} {segment:?} {latency:?}", plant.in_flight()));
        }
        seen
    }

    fn compare<B: Balance>(&self, balance: impl Fn() -> B) -> Result<(), TestCaseError> {
        let by_recursion = self.play(&self.spec(), FcfsPlant::new(self.requests(), balance(), self.rules()));
        let by_events = self.play(&self.spec(), self.events(balance()));
        same(&by_recursion, &by_events)
    }

    /// Instances brought up to date one by one against the events of all of them in order.
    fn compare_one_by_one<B: Balance>(&self, balance: impl Fn() -> B) -> Result<(), TestCaseError> {
        let case = Case { cancel: false, ..self.clone() };
        let discipline = Discipline::ProcessorSharing;
        let spec = StationSpec { discipline, workers: None, backlog: None, ..case.spec() };
        let one_by_one = case.play(&spec, SharingPlant::new(case.requests(), balance(), case.rules()));
        same(&one_by_one, &case.play(&spec, case.events(balance())))
    }

    fn events<B: Balance>(&self, balance: B) -> EventPlant<B> {
        EventPlant::new(self.requests(), balance, self.rules(), Extras::default())
    }

    /// Under processor sharing, answers that are known ahead are no events where workers are not limited: a limit that
    /// is never reached makes them events and changes nothing.
    fn compare_sharing(&self) -> Result<(), TestCaseError> {
        let spec = StationSpec { discipline: Discipline::ProcessorSharing, backlog: None, ..self.spec() };
        let [ahead, by_events] = [None, Some(1_000_000)].map(|workers| {
            let spec = StationSpec { workers, ..spec.clone() };
            self.play(&spec, self.events(RoundRobin::default()))
        });
        same(&ahead, &by_events)
    }
}

fn same(one: &[String], other: &[String]) -> Result<(), TestCaseError> {
    for (one, other) in one.iter().zip(other) {
        prop_assert_eq!(one, other);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn round_robin(case in cases()) {
        case.compare(RoundRobin::default)?;
    }

    #[test]
    fn answers_ahead_of_time(case in cases()) {
        case.compare_sharing()?;
    }

    #[test]
    fn sharing_one_by_one(case in cases()) {
        case.compare_one_by_one(RoundRobin::default)?;
        case.compare_one_by_one(|| Random(Streams::new(case.seed).stream(Purpose::Balancer)))?;
    }

    #[test]
    fn random(case in cases()) {
        case.compare(|| Random(Streams::new(case.seed).stream(Purpose::Balancer)))?;
    }

    #[test]
    fn least_outstanding(case in cases()) {
        case.compare(LeastOutstanding::default)?;
    }

    #[test]
    fn power_of_two(case in cases()) {
        case.compare(|| PowerOfTwo(Streams::new(case.seed).stream(Purpose::Balancer)))?;
    }
}
