//! The plant of expected numbers against theory, its books, and groups against one by one.

use std::path::Path;

use proptest::prelude::*;
use windtunnel_traces::{Cores, Distribution, RateSegments, SimDuration, SimTime, Streams};

use super::*;
use crate::plant::{ColdStart, StationSpec};
use crate::scenario::schema::Discipline;

const OBJECTIVE: SimDuration = SimDuration::from_millis(500);

fn law(law: &Distribution) -> windtunnel_traces::Sampler {
    law.sampler(Path::new(".")).unwrap()
}

fn exponential(millis: u64) -> Distribution {
    Distribution::Exponential { mean: SimDuration::from_millis(millis) }
}

fn spec(rate: f64, cpu: &Distribution, algorithm: Algorithm) -> FluidSpec {
    FluidSpec {
        rate: RateSegments::constant(rate),
        recorded: false,
        classes: vec![ClassDemand { weight: 1.0, cpu: law(cpu), wait: law(&Distribution::default()) }],
        rules: Rules::default(),
        algorithm,
        objective: OBJECTIVE,
        patience: None,
        retry: None,
    }
}

fn machine(cores: f64) -> StationSpec {
    StationSpec {
        cores: Cores::from_millis((cores * 1000.0) as u32),
        discipline: Discipline::Fcfs,
        workers: None,
        backlog: None,
        node: None,
        warm: true,
    }
}

fn plant(spec: FluidSpec, machines: &[StationSpec]) -> FluidPlant {
    let mut plant = FluidPlant::new(spec, Streams::new(7));
    for (id, machine) in (0..).zip(machines) {
        plant.add(InstanceId(id), machine, SimTime::ZERO);
        plant.attach(InstanceId(id), 1.0, SimTime::ZERO);
    }
    plant
}

/// `cpu_metric_noise` of the reference vectors: rho (1 + cv²) E[S] / (c w).
#[test]
fn measured_utilization_varies_as_the_formula_says() {
    const SAMPLES: u32 = 4000;
    let hyper = Distribution::Hyperexponential { mean: SimDuration::from_millis(200), cv: 2.0 };
    let (cores, window, utilization) = (8.0, 60.0, 0.5);
    let mut plant = plant(spec(utilization * cores / 0.2, &hyper, Algorithm::Random), &[machine(cores)]);
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    let (mut before, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for sample in 1..=SAMPLES {
        plant.advance(SimTime::from_secs(60 * u64::from(sample)), &mut recorder);
        let busy = plant.measured(InstanceId(0)).busy_core_nanos * 1e-9;
        let measured = (busy - before) / (window * cores);
        (before, sum, squares) = (busy, sum + measured, squares + measured * measured);
    }
    let count = f64::from(SAMPLES);
    let mean = sum / count;
    let deviation = (squares / count - mean * mean).sqrt();
    let expected = (utilization * 5.0 * 0.2 / (cores * window)).sqrt();
    // Four standard errors of a mean and of a standard deviation.
    assert!((mean - utilization).abs() < 4.0 * expected / count.sqrt(), "{mean}");
    assert!((deviation / expected - 1.0).abs() < 4.0 / (2.0 * count).sqrt(), "{deviation} against {expected}");
}

/// Pods on one node, noted every 15 s at an instant between two steps of the plant: each by itself at first, then together.
/// What was noted of the pods on a node that are read together.
fn together(plant: &mut FluidPlant, node: NodeId) -> Option<Reading> {
    let mut by_node = Vec::new();
    plant.noted_together(&mut by_node);
    by_node.get(node.0 as usize).copied().flatten()
}

/// The errors of the mean of k pods that are read together vary as those of k pods by themselves would, and what is noted
/// lies where a plant that stops there has it.
#[test]
fn pods_that_are_read_together_err_as_their_mean_would() {
    const PODS: u32 = 5;
    const NOTES: u32 = 4000;
    let (cores, window, utilization, mean) = (2.0, 15.0, 0.4, 0.1);
    let node = NodeId(0);
    let pod = StationSpec { node: Some((node, 1000)), ..machine(cores) };
    let rate = f64::from(PODS) * utilization * cores / mean;
    let mut plant = FluidPlant::new(spec(rate, &exponential(100), Algorithm::Random), Streams::new(7));
    plant.add_node(node, Cores::from_millis(16_000));
    for id in 0..PODS {
        plant.add(InstanceId(id), &pod, SimTime::ZERO);
        plant.attach(InstanceId(id), 1.0, SimTime::ZERO);
    }
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    let at = |note: u32| SimTime::from_secs(15 * u64::from(note) + 7);
    assert!(plant.note(node, at(0)));
    plant.advance(SimTime::from_secs(15), &mut recorder);
    for id in 0..PODS {
        let reading = plant.noted(InstanceId(id)).expect("every pod was noted");
        assert_eq!(reading.at, at(0));
        assert_eq!(plant.noted(InstanceId(id)), None, "each note is told once");
        assert!(plant.read_together(InstanceId(id)));
        assert!(!plant.read_together(InstanceId(id)), "it is already");
    }
    let (mut before, mut sum, mut squares) = (None, 0.0, 0.0);
    for note in 1..=NOTES {
        assert!(plant.note(node, at(note)));
        plant.advance(SimTime::from_secs(15 * u64::from(note) + 15), &mut recorder);
        let reading = together(&mut plant, node).expect("they are noted together");
        assert_eq!((reading.at, plant.noted(InstanceId(1))), (at(note), None));
        let busy = reading.busy_core_nanos * 1e-9;
        if let Some(before) = before.replace(busy) {
            let measured = (busy - before) / (window * cores);
            (sum, squares) = (sum + measured, squares + measured * measured);
        }
    }
    let count = f64::from(NOTES - 1);
    let (found, deviation) = (sum / count, (squares / count - (sum / count) * (sum / count)).sqrt());
    let expected = (utilization * 2.0 * mean / (cores * window) / f64::from(PODS)).sqrt();
    // Four standard errors of a mean and of a standard deviation.
    assert!((found - utilization).abs() < 4.0 * expected / count.sqrt(), "{found}");
    assert!((deviation / expected - 1.0).abs() < 4.0 / (2.0 * count).sqrt(), "{deviation} against {expected}");
}

/// Who leaves does not take the others' reading with it, who comes is read by itself first, and when nobody is left the next ones
/// begin anew.
#[test]
fn pods_come_to_those_that_are_read_together_and_leave_them() {
    let node = NodeId(0);
    let pod = StationSpec { node: Some((node, 1000)), ..machine(2.0) };
    let constant = Distribution::Constant(SimDuration::from_millis(100));
    let mut plant = FluidPlant::new(spec(12.0, &constant, Algorithm::Random), Streams::new(7));
    plant.add_node(node, Cores::from_millis(16_000));
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    let come = |plant: &mut FluidPlant, id: u32, now: u64| {
        plant.add(InstanceId(id), &pod, SimTime::from_secs(now));
        plant.attach(InstanceId(id), 1.0, SimTime::from_secs(now));
    };
    let noted = |plant: &mut FluidPlant, recorder: &mut Recorder, at: u64| {
        assert!(plant.note(node, SimTime::from_secs(at)));
        // In two steps: those that are alike at the end of one are one group from the next one on.
        plant.advance(SimTime::from_secs(at + 2), recorder);
        plant.advance(SimTime::from_secs(at + 3), recorder);
    };
    come(&mut plant, 0, 0);
    come(&mut plant, 1, 0);
    noted(&mut plant, &mut recorder, 10);
    for id in [0, 1] {
        assert!(plant.noted(InstanceId(id)).is_some() && plant.read_together(InstanceId(id)));
    }
    // The first goes: the other is read on.
    plant.detach(InstanceId(0));
    noted(&mut plant, &mut recorder, 20);
    let first = together(&mut plant, node).expect("one of them still serves");
    plant.remove(InstanceId(0));
    noted(&mut plant, &mut recorder, 30);
    let second = together(&mut plant, node).expect("one of them still serves");
    // All of the load is its own since the thirteenth second: 1.2 cores, and noise of 0.1 * sqrt(12 * 10) core-seconds.
    let used = (second.busy_core_nanos - first.busy_core_nanos) * 1e-9;
    assert!((used - 12.0).abs() < 4.0 * 0.1 * 120f64.sqrt(), "{used}");
    // Another comes: it cannot be read with those before it was noted as they were.
    come(&mut plant, 2, 33);
    assert!(!plant.read_together(InstanceId(2)));
    noted(&mut plant, &mut recorder, 40);
    assert!(together(&mut plant, node).is_some() && plant.noted(InstanceId(2)).is_some());
    assert!(plant.read_together(InstanceId(2)));
    noted(&mut plant, &mut recorder, 50);
    assert!(plant.noted(InstanceId(2)).is_none() && together(&mut plant, node).is_some());
    // All go, and others come.
    plant.detach(InstanceId(1));
    plant.detach(InstanceId(2));
    come(&mut plant, 3, 53);
    noted(&mut plant, &mut recorder, 60);
    assert!(together(&mut plant, node).is_none());
    assert!(plant.noted(InstanceId(3)).is_some() && plant.read_together(InstanceId(3)));
    noted(&mut plant, &mut recorder, 70);
    assert!(together(&mut plant, node).is_some());
}

/// `fluid_boot_backlog`: 800 requests per second on five machines of 100, five more after 180 s. Queues at the machines
/// and turns taken: the old ones keep their share and drain for 540 s.
#[test]
fn a_backlog_of_a_boot_drains_as_a_fluid() {
    let constant = Distribution::Constant(SimDuration::from_millis(10));
    let machines = vec![machine(1.0); 10];
    let mut plant = plant(spec(800.0, &constant, Algorithm::RoundRobin), &machines[..5]);
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    plant.advance(SimTime::from_secs(180), &mut recorder);
    plant.record(&mut recorder);
    // Less what the machines served while they filled up.
    assert!((plant.in_flight() as f64 / 54_000.0 - 1.0).abs() < 0.01, "{}", plant.in_flight());
    for id in 5..10 {
        plant.add(InstanceId(id), &machines[0], SimTime::from_secs(180));
        plant.attach(InstanceId(id), 1.0, SimTime::from_secs(180));
    }
    plant.advance(SimTime::from_secs(180 + 520), &mut recorder);
    let left = plant.usage(InstanceId(0)).inside;
    assert!((380..=440).contains(&left), "20 per second leave for 20 s more: {left}");
    plant.advance(SimTime::from_secs(180 + 560), &mut recorder);
    assert!(plant.usage(InstanceId(0)).inside < 10);
}

/// A full house refuses what it cannot serve, and its requests wait for all before them.
#[test]
fn an_overloaded_machine_with_limits_refuses_the_rest() {
    let machine = StationSpec { workers: Some(64), backlog: Some(256), ..machine(8.0) };
    let rate = 1.5 * 8.0 / 0.055;
    let mut plant = plant(spec(rate, &exponential(55), Algorithm::Random), &[machine]);
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    plant.advance(SimTime::from_secs(600), &mut recorder);
    plant.record(&mut recorder);
    recorder.clear();
    plant.advance(SimTime::from_secs(1200), &mut recorder);
    plant.record(&mut recorder);
    plant.write_latencies(&mut recorder);
    let segment = recorder.segment();
    let refused = segment.rejected as f64 / segment.arrived as f64;
    // M/M/8/320: what exceeds the capacity is refused, and 320 requests less a few are inside.
    assert!((refused - 1.0 / 3.0).abs() < 0.005, "{refused}");
    let latency = segment.latency.mean_seconds();
    let expected = 318.0 / (8.0 / 0.055);
    assert!((latency / expected - 1.0).abs() < 0.03, "{latency} against {expected}");
    assert_eq!(segment.slow, segment.served);
}

#[derive(Clone, Debug)]
enum Move {
    Advance(u64),
    Record,
    Attach(u32),
    Detach(u32),
    Kill(u32),
    Slow(bool),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        6 => (1u64..40_000).prop_map(Move::Advance),
        2 => Just(Move::Record),
        3 => (0u32..6).prop_map(Move::Attach),
        2 => (0u32..6).prop_map(Move::Detach),
        1 => (0u32..6).prop_map(Move::Kill),
        1 => any::<bool>().prop_map(Move::Slow),
    ];
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever happens, nothing is lost and nothing appears, and counters only grow.
    #[test]
    fn every_request_is_accounted_for(
        moves in moves(),
        rate in 1.0f64..600.0,
        limits in proptest::option::of((1u32..40, 0u32..80)),
        algorithm in prop_oneof![
            Just(Algorithm::RoundRobin), Just(Algorithm::Random), Just(Algorithm::LeastOutstanding), Just(Algorithm::PowerOfTwo)
        ],
        sharing in any::<bool>(),
    ) {
        let discipline = if sharing { Discipline::ProcessorSharing } else { Discipline::Fcfs };
        let machine = StationSpec {
            workers: limits.map(|limits| limits.0), backlog: limits.map(|limits| limits.1), discipline, warm: false, ..machine(4.0)
        };
        let rules = Rules {
            timeout: Some(SimDuration::from_secs(2)),
            cancel_on_timeout: sharing,
            cold_start: Some(ColdStart::new(3.0, SimDuration::from_secs(20))),
        };
        let retry = sharing.then_some((3, Some(0.1)));
        let mut plant = plant(FluidSpec { rules, retry, ..spec(rate, &exponential(30), algorithm) }, &[]);
        let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
        let mut now = SimTime::ZERO;
        (0..6).for_each(|id| plant.add(InstanceId(id), &machine, now));
        let mut read = [Usage::default(); 6];
        for one in moves {
            match one {
                Move::Advance(millis) => {
                    now += SimDuration::from_millis(millis);
                    plant.advance(now, &mut recorder);
                }
                Move::Record => plant.record(&mut recorder),
                Move::Attach(id) => plant.attach(InstanceId(id), f64::from(id + 1) / 3.0, now),
                Move::Detach(id) => plant.detach(InstanceId(id)),
                Move::Kill(id) => plant.kill(InstanceId(id), now, &mut recorder),
                Move::Slow(slow) => plant.slow_waits(if slow { 3.0 } else { 1.0 }),
            }
            for (id, before) in (0..).zip(&mut read) {
                let usage = plant.measured(InstanceId(id));
                prop_assert!(usage.busy_core_nanos >= before.busy_core_nanos - 1.0 && usage.sent >= before.sent);
                prop_assert!(usage.busy_core_nanos.is_finite());
                *before = usage;
            }
            // Also between two recordings, as of the last one.
            let segment = recorder.segment();
            prop_assert_eq!(segment.arrived, segment.decided() + plant.in_flight());
            prop_assert!(segment.slow >= segment.frustrated && segment.served >= segment.slow);
        }
        plant.record(&mut recorder);
        plant.write_latencies(&mut recorder);
        let expected = rate * now.as_secs_f64();
        let segment = recorder.segment();
        prop_assert!((segment.arrived as f64 - expected).abs() <= 1.0 + 1e-9 * expected);
        prop_assert_eq!(segment.latency.count(), segment.served);
    }

    /// Identical stations as one group are what they are one by one.
    #[test]
    fn a_group_is_its_stations_one_by_one(
        count in 1u32..20, rate in 1.0f64..900.0, steps in proptest::collection::vec(1u64..60, 1..30), on_node in any::<bool>(),
    ) {
        let node = on_node.then_some((NodeId(0), 1000));
        let machine = StationSpec { workers: Some(64), backlog: Some(256), node, ..machine(4.0) };
        let run = |alone: bool| {
            let mut plant = plant(spec(rate, &exponential(55), Algorithm::RoundRobin), &[]);
            plant.groups.alone = alone;
            plant.add_node(NodeId(0), Cores::from_millis(64_000));
            let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
            for id in 0..count {
                plant.add(InstanceId(id), &machine, SimTime::ZERO);
                plant.attach(InstanceId(id), 1.0, SimTime::ZERO);
            }
            let mut now = SimTime::ZERO;
            let mut read = Vec::new();
            for &step in &steps {
                now += SimDuration::from_secs(step);
                plant.advance(now, &mut recorder);
                plant.record(&mut recorder);
                read.extend((0..count).map(|id| plant.measured(InstanceId(id))));
            }
            (read, recorder.segment().clone(), plant.groups.list.len())
        };
        let ((together, counts, groups), (apart, counts_apart, groups_apart)) = (run(false), run(true));
        prop_assert_eq!((groups, groups_apart), (1, count as usize));
        for (a, b) in together.iter().zip(&apart) {
            prop_assert!((a.busy_core_nanos - b.busy_core_nanos).abs() <= 1e-9 * a.busy_core_nanos.max(1.0));
            prop_assert!(a.inside == b.inside && a.sent.abs_diff(b.sent) <= 1);
        }
        // Sums of many parts round differently in the last place: one request at a boundary.
        prop_assert_eq!(counts.arrived, counts_apart.arrived);
        prop_assert!(counts.served.abs_diff(counts_apart.served) <= 1 && counts.slow.abs_diff(counts_apart.slow) <= 1);
        prop_assert!(counts.rejected.abs_diff(counts_apart.rejected) <= 1);
    }
}

/// Joining the shortest queue keeps the numbers inside level: a machine that comes later gets what the others have too much, and from
/// then on its share. It must not be flooded by turns.
#[test]
fn a_new_machine_behind_least_outstanding_gets_its_share() {
    let machines = vec![machine(8.0); 7];
    let mut plant = plant(spec(460.0, &exponential(50), Algorithm::LeastOutstanding), &machines[..6]);
    let mut recorder = Recorder::new(OBJECTIVE.as_nanos());
    plant.advance(SimTime::from_secs(60), &mut recorder);
    plant.add(InstanceId(6), &machines[6], SimTime::from_secs(60));
    plant.attach(InstanceId(6), 1.0, SimTime::from_secs(60));
    plant.advance(SimTime::from_secs(65), &mut recorder);
    let before: Vec<u64> = (0..7).map(|id| plant.usage(InstanceId(id)).sent).collect();
    plant.advance(SimTime::from_secs(165), &mut recorder);
    for id in 0..7 {
        let usage = plant.usage(InstanceId(id));
        let sent = usage.sent - before[id as usize];
        // A seventh of 46,000, to within the rounding of two readings.
        assert!(sent.abs_diff(46_000 / 7) <= 2, "machine {id} got {sent} requests");
        assert!((3..=4).contains(&usage.inside), "machine {id} holds {}", usage.inside);
    }
}
