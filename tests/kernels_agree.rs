//! The kernels against each other: on the same requests, the recursion and the event simulation give the same outcomes to
//! the nanosecond, whatever the instances go through, and so do shared cores followed instance by instance. Times lie on a grid of milliseconds half of the time,
//! so that everything that can happen at one instant does.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize as _;
use windtunnel_sim::controllers::decision::InstanceId;
use windtunnel_sim::outcome::recorder::Recorder;
use windtunnel_sim::plant::balancer::{Random, RoundRobin};
use windtunnel_sim::plant::events::{EventPlant, Extras};
use windtunnel_sim::plant::fcfs::{FcfsPlant, Rules};
use windtunnel_sim::plant::requests::{ClassDemand, Demands, RequestStream};
use windtunnel_sim::plant::sharing::SharingPlant;
use windtunnel_sim::plant::{ColdStart, Plant, StationSpec};
use windtunnel_sim::scenario::schema::Discipline;
use windtunnel_traces::arrivals::Arrivals;
use windtunnel_traces::distribution::{Distribution, Sampler};
use windtunnel_traces::{Cores, Purpose, SimDuration, SimTime, Streams};

const MILLISECOND: u64 = 1_000_000;
const INSTANCES: u32 = 5;

/// What is done to the plants at one instant.
#[derive(Copy, Clone, Debug)]
enum Control {
    Attach(u32, f64),
    Detach(u32),
    Kill(u32),
    Remove(u32),
    SlowWaits(f64),
    /// Nothing: time is only cut here.
    Look,
}

/// A stream of requests, the rules that they meet, and what happens to the instances meanwhile.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    cores: u32,
    workers: Option<u32>,
    backlog: Option<u32>,
    timeout: Option<u64>,
    cancel_on_timeout: bool,
    cpu: &'static str,
    wait: &'static str,
    patience: Option<&'static str>,
    cold_start: bool,
    at_random: bool,
    discipline: Discipline,
    /// Nanoseconds between arrivals; many are zero.
    gaps: Vec<u64>,
    /// Nanoseconds before each control, and the control.
    controls: Vec<(u64, Control)>,
}

fn law(text: &str) -> Sampler {
    let table: toml::Table = format!("law = {text}").parse().expect("a distribution is TOML");
    let law = Distribution::deserialize(table["law"].clone()).expect("a distribution");
    law.sampler(Path::new("")).expect("a possible distribution")
}

/// On the grid, off the grid, or at once.
fn time(longest: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => (0..=longest).prop_map(|ms| ms * MILLISECOND),
        1 => 0..=longest * MILLISECOND,
        1 => Just(0),
    ]
}

fn control() -> impl Strategy<Value = Control> {
    let id = 0..INSTANCES;
    let weight = prop_oneof![3 => Just(1.0), 1 => Just(0.5), 1 => Just(0.05)];
    prop_oneof![
        4 => (id.clone(), weight).prop_map(|(id, weight)| Control::Attach(id, weight)),
        2 => id.clone().prop_map(Control::Detach),
        1 => id.clone().prop_map(Control::Kill),
        1 => id.prop_map(Control::Remove),
        1 => prop_oneof![Just(1.0), Just(2.5), Just(0.5)].prop_map(Control::SlowWaits),
        3 => Just(Control::Look),
    ]
}

const LAWS: [&str; 6] = [
    "\"0s\"",
    "\"10ms\"",
    "\"3ms\"",
    "{ exponential = { mean = \"10ms\" } }",
    "{ lognormal = { mean = \"8ms\", cv = 2.0 } }",
    r#"{ mixture = [ { weight = 1, constant = "0s" }, { weight = 1, constant = "5ms" }, { weight = 1, constant = "20ms" } ] }"#,
];

fn case() -> impl Strategy<Value = Case> {
    let law = || proptest::sample::select(&LAWS[..]);
    let machine = (
        1u32..=16,
        proptest::option::of(1u32..24),
        proptest::option::of(0u32..12),
        proptest::option::of(prop_oneof![Just(10u64), Just(15), Just(40)]),
    );
    let requests = (law(), law(), proptest::option::of(law()), vec(time(4), 1..400));
    (machine, requests, any::<[bool; 3]>(), vec((time(60), control()), 1..40), any::<u64>()).prop_map(
        |(
            (cores, workers, backlog, timeout),
            (cpu, wait, patience, gaps),
            [cancel_on_timeout, cold_start, at_random],
            controls,
            seed,
        )| Case {
            seed,
            cores,
            workers,
            backlog,
            timeout: timeout.map(|ms| ms * MILLISECOND),
            cancel_on_timeout,
            cpu,
            wait,
            patience,
            cold_start,
            at_random,
            discipline: Discipline::Fcfs,
            gaps,
            controls,
        },
    )
}

/// The same where cores are shared, within what instances followed one by one can do.
fn shared(case: Case) -> Case {
    let discipline = Discipline::ProcessorSharing;
    Case { discipline, workers: None, backlog: None, cancel_on_timeout: false, ..case }
}

impl Case {
    fn requests(&self) -> RequestStream {
        let demand = ClassDemand { weight: 1.0, cpu: law(self.cpu), wait: law(self.wait) };
        let demands = Demands::new(vec![demand], self.patience.map(law), Streams::new(self.seed));
        let times = self.gaps.clone().into_iter().scan(0u64, |now, gap| {
            *now += gap;
            Some(*now)
        });
        RequestStream::open(Arrivals::recorded(times), demands)
    }

    fn plants(&self) -> [Box<dyn Plant>; 2] {
        let rules = Rules {
            timeout: self.timeout.map(SimDuration::from_nanos),
            cancel_on_timeout: self.cancel_on_timeout,
            cold_start: self.cold_start.then(|| ColdStart::new(3.0, SimDuration::from_millis(50))),
        };
        if self.discipline == Discipline::ProcessorSharing {
            return self.sharing_plants(rules);
        }
        if self.at_random {
            let balance = || Random(Streams::new(self.seed).stream(Purpose::Balancer));
            [
                Box::new(FcfsPlant::new(self.requests(), balance(), rules)),
                Box::new(EventPlant::new(self.requests(), balance(), rules, Extras::default())),
            ]
        } else {
            [
                Box::new(FcfsPlant::new(self.requests(), RoundRobin::default(), rules)),
                Box::new(EventPlant::new(self.requests(), RoundRobin::default(), rules, Extras::default())),
            ]
        }
    }

    fn sharing_plants(&self, rules: Rules) -> [Box<dyn Plant>; 2] {
        if self.at_random {
            let balance = || Random(Streams::new(self.seed).stream(Purpose::Balancer));
            [
                Box::new(SharingPlant::new(self.requests(), balance(), rules)),
                Box::new(EventPlant::new(self.requests(), balance(), rules, Extras::default())),
            ]
        } else {
            [
                Box::new(SharingPlant::new(self.requests(), RoundRobin::default(), rules)),
                Box::new(EventPlant::new(self.requests(), RoundRobin::default(), rules, Extras::default())),
            ]
        }
    }

    fn station(&self, warm: bool) -> StationSpec {
        StationSpec {
            cores: Cores::from_millis(self.cores * 1000),
            discipline: self.discipline,
            workers: self.workers,
            backlog: self.backlog,
            node: None,
            warm,
        }
    }
}

/// One plant with its recorder and what is left of its instances.
struct Driven {
    plant: Box<dyn Plant>,
    recorder: Recorder,
    removed: [bool; INSTANCES as usize],
    now: SimTime,
}

impl Driven {
    fn new(mut plant: Box<dyn Plant>, case: &Case) -> Self {
        for id in 0..INSTANCES {
            // The first two are in service and warm, the others cold and without traffic.
            plant.add(InstanceId(id), &case.station(id < 2), SimTime::ZERO);
            if id < 2 {
                plant.attach(InstanceId(id), 1.0, SimTime::ZERO);
            }
        }
        let recorder = Recorder::new(20 * MILLISECOND);
        Driven { plant, recorder, removed: [false; INSTANCES as usize], now: SimTime::ZERO }
    }

    fn advance(&mut self, by: u64) {
        self.now += SimDuration::from_nanos(by);
        self.plant.advance(self.now, &mut self.recorder);
    }

    fn control(&mut self, control: Control) {
        let (plant, now) = (&mut self.plant, self.now);
        match control {
            Control::SlowWaits(factor) => plant.slow_waits(factor),
            Control::Look => {}
            Control::Attach(id, _) | Control::Detach(id) | Control::Kill(id) | Control::Remove(id)
                if self.removed[id as usize] => {}
            Control::Attach(id, weight) => plant.attach(InstanceId(id), weight, now),
            Control::Detach(id) => plant.detach(InstanceId(id)),
            Control::Kill(id) => plant.kill(InstanceId(id), now, &mut self.recorder),
            Control::Remove(id) => {
                plant.kill(InstanceId(id), now, &mut self.recorder);
                plant.remove(InstanceId(id));
                self.removed[id as usize] = true;
            }
        }
    }
}

fn agree(case: &Case) -> Result<(), TestCaseError> {
    let [recursion, events] = case.plants();
    let (mut recursion, mut events) = (Driven::new(recursion, case), Driven::new(events, case));
    let long_after = (3600 * 1000 * MILLISECOND, Control::Look);
    for &(after, control) in case.controls.iter().chain(std::iter::once(&long_after)) {
        for driven in [&mut recursion, &mut events] {
            driven.advance(after);
        }
        same(&mut recursion, &mut events)?;
        for driven in [&mut recursion, &mut events] {
            driven.control(control);
        }
        same(&mut recursion, &mut events)?;
    }
    let left = recursion.plant.in_flight();
    prop_assert_eq!(left, 0, "an hour after the last arrival nobody is inside");
    Ok(())
}

fn same(recursion: &mut Driven, events: &mut Driven) -> Result<(), TestCaseError> {
    let at = recursion.now;
    prop_assert_eq!(recursion.recorder.segment(), events.recorder.segment(), "outcomes up to {}", at);
    for (name, driven) in [("recursion", &*recursion), ("events", &*events)] {
        let segment = driven.recorder.segment();
        let expected = segment.arrived - segment.decided();
        prop_assert_eq!(driven.plant.in_flight(), expected, "{}: arrived less decided at {}", name, at);
    }
    for id in (0..INSTANCES).filter(|&id| !recursion.removed[id as usize]) {
        let used = [recursion.plant.usage(InstanceId(id)), events.plant.usage(InstanceId(id))];
        prop_assert_eq!(used[0], used[1], "usage of instance {} at {}", id, at);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_recursion_and_the_events_give_the_same(case in case()) {
        agree(&case)?;
    }

    #[test]
    fn shared_cores_one_by_one_and_the_events_give_the_same(case in case()) {
        agree(&shared(case))?;
    }
}

/// One instance with one core that two requests meet at t = 0, each of 10 ms: what becomes of them.
fn two_requests(change: impl Fn(&mut Case)) -> [(u64, u64); 2] {
    let mut case = Case {
        seed: 1,
        cores: 1,
        workers: None,
        backlog: None,
        timeout: None,
        cancel_on_timeout: false,
        cpu: LAWS[1],
        wait: LAWS[0],
        patience: None,
        cold_start: false,
        at_random: false,
        discipline: Discipline::Fcfs,
        gaps: vec![0, 0],
        controls: vec![(0, Control::Detach(1)), (1000 * MILLISECOND, Control::Look)],
    };
    change(&mut case);
    case.plants().map(|plant| {
        let mut driven = Driven::new(plant, &case);
        for &(after, control) in &case.controls {
            driven.advance(after);
            driven.control(control);
        }
        let segment = driven.recorder.segment();
        (segment.served, segment.timed_out)
    })
}

#[test]
fn a_burst_that_its_client_cuts_short_is_not_served() {
    let cut = |case: &mut Case| (case.timeout, case.cancel_on_timeout) = (Some(9 * MILLISECOND), true);
    assert_eq!(two_requests(cut), [(0, 2); 2]);
}

#[test]
fn an_answer_at_the_very_deadline_is_in_time() {
    for cancel in [false, true] {
        let exact = |case: &mut Case| (case.timeout, case.cancel_on_timeout) = (Some(20 * MILLISECOND), cancel);
        assert_eq!(two_requests(exact), [(2, 0); 2], "cancel_on_timeout = {cancel}");
    }
}

#[test]
fn a_core_at_the_very_end_of_patience_is_taken() {
    assert_eq!(two_requests(|case| case.patience = Some(LAWS[1])), [(2, 0); 2]);
    assert_eq!(two_requests(|case| case.patience = Some(LAWS[2])), [(1, 1); 2], "3 ms are too short for the second");
}

/// Where cores are shared, a burst ends at a rounded time, and who arrives in that instant has it rounded anew. The
/// client's deadline in the same instant comes before.
#[test]
fn an_arrival_at_a_deadline_does_not_bring_the_answer_forward() {
    let millis = |count: u64| count * MILLISECOND;
    let case = Case {
        seed: 7_542_348_360_959_594_657,
        cores: 6,
        workers: None,
        backlog: None,
        timeout: Some(millis(10)),
        cancel_on_timeout: false,
        cpu: LAWS[1],
        wait: LAWS[0],
        patience: None,
        cold_start: false,
        at_random: true,
        discipline: Discipline::ProcessorSharing,
        gaps: [
            vec![0, 0, 0, 0, 218_501, 0, 0, 331_860, millis(4), 0, 0, 0, 1_386_450],
            [4, 2, 4, 1, 2, 1, 4, 3, 3, 4].map(millis).to_vec(),
        ]
        .concat(),
        controls: vec![(0, Control::Kill(1))],
    };
    agree(&case).expect("both kernels give the same");
}
