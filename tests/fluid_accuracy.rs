//! Fluid against requests, against theory, and against itself.
//!
//! The bounds are those of `docs/fluid.md`. A scenario that misses them has to be named there as not to be trusted; its
//! bound is not widened.

#[path = "support/fluid.rs"]
mod fluid;
mod support;

use std::path::Path;

use serde_json::Value;
use std::sync::{Arc, Mutex};

use windtunnel_sim::controllers::decision::{
    AlarmView, Controller, Decisions, Metric, MetricSource, Notice, Statistic,
};
use windtunnel_sim::experiment::replications::{Silent, replicate_with};
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::plant::fluid::scope::obstacle;
use windtunnel_sim::run::{Fidelity, RunOptions, SimulationError, Unwatched, simulate_driven, simulate_with};
use windtunnel_sim::scenario::Scenario;
use windtunnel_traces::{SimDuration, SimTime};

use fluid::{Case, GUIDE, Part, VARIATIONS, compare};
use support::{figure, guide, scenario};

fn run_fluid(scenario: &Scenario, seed: u64) -> Outcome {
    simulate_with(Fidelity::Fluid.into(), scenario, seed, &Unwatched).unwrap_or_else(|error| panic!("{error}"))
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fluid.md");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"))
}

/// The verdict that the page has for a scenario and a part of the day.
fn verdict(page: &str, name: &str, part: Part) -> bool {
    let row = page.lines().find(|line| line.starts_with(&format!("| {name} | {} |", part.name())));
    let row = row.unwrap_or_else(|| panic!("docs/fluid.md has no row for {name}, {}", part.name()));
    match row.trim_end_matches(['|', ' ']).rsplit('|').next().map(str::trim) {
        Some("yes") => true,
        Some("**not to be trusted**") => false,
        other => panic!("{name}: {other:?} is no verdict"),
    }
}

/// The evening of each of the guide's systems: those that the page trusts keep the bounds.
#[test]
fn trusted_scenarios_keep_their_bounds() {
    let page = page();
    for case in &GUIDE {
        let compared = compare(case, Part::Evening);
        assert!(
            compared.is_trusted() || !verdict(&page, case.name, Part::Evening),
            "{}: cost {:?}, in service {:?}, violating {:?}",
            case.name,
            compared.cost,
            compared.in_service,
            compared.violating,
        );
    }
}

#[test]
fn every_scenario_of_configs_is_simulated_or_refused_with_its_reason() {
    for case in &GUIDE {
        let scenario = guide(case.base, &["horizon=\"1h\""]);
        assert_eq!(obstacle(&scenario), None, "{}", case.name);
        let outcome = run_fluid(&scenario, 7);
        let of = |name: &str| figure(&outcome, name);
        let outcomes = ["requests_served", "requests_timed_out", "requests_rejected", "requests_failed"].map(of);
        assert_eq!(
            of("requests_arrived"),
            outcomes.iter().sum::<f64>() + of("requests_in_flight_at_end"),
            "{}",
            case.name
        );
        assert_eq!(outcome.latency.count() as f64, of("requests_served"), "{}", case.name);
        assert!(!outcome.timeline.is_empty() && of("cost_total") > 0.0 && of("cpu_utilization_mean") > 0.0);
    }
    for name in ["stress-test", "recorded/korvoj-k3s-01"] {
        let refused = simulate_with(Fidelity::Fluid.into(), &guide(name, &[]), 7, &Unwatched);
        let Err(SimulationError::NotFluid(obstacle)) = refused else { panic!("{name} is not refused") };
        assert_eq!(obstacle.key, "trace.clients", "{name}");
    }
}

/// What a screening leaves out (rows, words, stops at the ends of windows) changes no figure. Latencies are rounded to whole
/// requests once instead of row by row: they agree to a bucket of the histogram. Integrals over time are added up row by
/// row or at once: they agree but for the rounding of the sums.
#[test]
fn a_run_without_its_rows_has_the_same_figures() {
    let hard: [(&str, &[&str]); 6] = [
        ("ess", &["slo.window=\"45s\"", "timeline.interval=\"70s\""]),
        ("ess", &["sensors.every=\"15s\"", "slo.window=\"2m\"", "timeline.interval=\"30s\"", "sensors.delay=\"20s\""]),
        (
            "ess",
            &["event=[{ at = \"90m\", kind = \"zone-outage\", zone = 0, lasts = \"20m\" }, \
                  { at = \"3h\", kind = \"downstream-slowdown\", factor = 3, lasts = \"30m\" }, \
                  { at = \"5h\", kind = \"rolling-update\", count = 2 }]"],
        ),
        (
            "aws",
            &[
                "aws.default_instance_warmup=\"60s\"",
                "event=[{ at = \"2h\", kind = \"metrics-outage\", lasts = \"1h\" }]",
            ],
        ),
        ("tencent", &["slo.available=0.99999", "service.timeout=\"700ms\""]),
        (
            "hpa",
            &[
                "nodes.count=6",
                "event=[{ at = \"2h\", kind = \"zone-outage\", zone = 0, lasts = \"30m\" }, \
                  { at = \"4h\", kind = \"rolling-update\", count = 3 }]",
            ],
        ),
    ];
    let cases = GUIDE.iter().chain(&VARIATIONS).map(|case| (case.base, case.set)).chain(hard);
    for (base, set) in cases {
        let scenario = guide(base, &[set, &["horizon=\"8h\""]].concat());
        let run = |timeline: bool| {
            let options = RunOptions { fidelity: Fidelity::Fluid, timeline };
            simulate_with(options, &scenario, 7, &Unwatched).unwrap_or_else(|error| panic!("{base} {set:?}: {error}"))
        };
        let (whole, screened) = (run(true), run(false));
        assert!(screened.timeline.is_empty() && !whole.timeline.is_empty());
        for ((metric, expected), (_, found)) in whole.metrics.iter().zip(screened.metrics.iter()) {
            let name = metric.name;
            assert_eq!(found.is_some(), expected.is_some(), "{base} {set:?}: {name}");
            let (expected, found) = (expected.unwrap_or(0.0), found.unwrap_or(0.0));
            let bound = match name {
                // Which of the rarest latencies is met is a matter of rounding.
                "latency_max_seconds" => 0.1,
                _ if name.starts_with("latency_") => 0.01,
                _ => 1e-12,
            };
            let error = (found - expected).abs();
            assert!(error <= bound * expected.abs(), "{base} {set:?}: {name} {found} for {expected}");
        }
        let accepted = |outcome: &Outcome| {
            let accepted = outcome.activities.iter().filter(|entry| entry.accepted);
            accepted.map(|entry| (entry.at_seconds, entry.from, entry.to)).collect::<Vec<_>>()
        };
        assert_eq!(accepted(&screened), accepted(&whole), "{base} {set:?}");
    }
}

/// Whether metrics-server looks at the newest of the kubelet's points or at each, the HPA follows the load as far: an old
/// version, and one that reads more often than kubelets take points, bring the same day but for the noise.
#[test]
fn every_metrics_server_sees_the_pods() {
    let day = |set: &[&str]| run_fluid(&guide("hpa", set), 7);
    let usual = day(&[]);
    for set in ["sensors.metrics_server_rate=\"kubelet\"", "sensors.metrics_server=\"5s\""] {
        let other = day(&[set]);
        let (found, expected) = (figure(&other, "mean_in_service"), figure(&usual, "mean_in_service"));
        assert!((found - expected).abs() < 0.02 * expected, "{set}: {found} pods in the mean, usually {expected}");
        let (found, expected) = (figure(&other, "scale_ins"), figure(&usual, "scale_ins"));
        assert!(found >= 0.5 * expected && expected > 0.0, "{set}: {found} scale-ins, usually {expected}");
    }
}

#[test]
fn equal_seeds_give_equal_outcomes_for_any_number_of_threads() {
    let scenarios = ["ess", "hpa"].map(|name| guide(name, &["horizon=\"3h\""]));
    let scenarios: Vec<&Scenario> = scenarios.iter().collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcomes =
            pool.install(|| replicate_with(Fidelity::Fluid.into(), &scenarios, &[1, 2, 3], &Silent)).unwrap();
        serde_json::to_string(&outcomes).unwrap()
    };
    let alone = run(1);
    assert_eq!(alone, run(3));
    let outcomes: Value = serde_json::from_str(&alone).unwrap();
    let first = |seed: usize| &outcomes[0][seed]["timeline"];
    assert_ne!(first(0), first(1), "seeds differ in their noise");
}

/// `mmc_fcfs` of the reference vectors, eight cores, in service times: the steady state is what the formulas say, within
/// 1 % for the mean and 2 % for percentiles (the buckets of the histogram alone are 0.8 % wide).
#[test]
fn the_many_server_queue_matches_theory() {
    for (utilization, mean, p50, p95, p99) in [
        (0.5, 1.0147610, 0.710343, 3.01522, 4.62466),
        (0.6, 1.043607, 0.742943, 3.05716, 4.66667),
        (0.7, 1.112751, 0.816862, 3.17053, 4.78168),
        (0.8, 1.286028, 0.986334, 3.50844, 5.15218),
        (0.875, 1.635316, f64::NAN, f64::NAN, 6.202668),
        (0.9, 1.876916, 1.48936, 4.92515, 7.08735),
        (0.95, 3.110422, 2.41005, 8.33802, 12.3660),
    ] {
        let rate = utilization * 8.0 / 0.1;
        let text = format!(
            "horizon = '2h'\ntrace = {{ shape = 'constant', rate = '{rate}rps' }}\n\
             service.cpu = {{ exponential = {{ mean = '100ms' }} }}\ninstance.cores = 8\nfixed.instances = 1\n"
        );
        let outcome = run_fluid(&scenario(&text), 7);
        let near = |name: &str, expected: f64, bound: f64| {
            let found = figure(&outcome, name) * 10.0;
            assert!(expected.is_nan() || (found / expected - 1.0).abs() < bound, "{utilization} {name}: {found}");
        };
        near("latency_mean_seconds", mean, 0.01);
        near("latency_p50_seconds", p50, 0.02);
        near("latency_p95_seconds", p95, 0.02);
        near("latency_p99_seconds", p99, 0.02);
        assert!((figure(&outcome, "cpu_utilization_mean") - utilization).abs() < 1e-3);
    }
}

/// Random > round-robin > shortest queue > pooled: the order of `lb_*` in the reference vectors, and round-robin's mean.
#[test]
fn balancers_are_told_apart() {
    let mean = |algorithm: &str| {
        let text = format!(
            "horizon = '1h'\ntrace = {{ shape = 'constant', rate = '288rps' }}\n\
             service.cpu = {{ exponential = {{ mean = '100ms' }} }}\ninstance.cores = 8\nfixed.instances = 4\n\
             balancer.algorithm = '{algorithm}'\n"
        );
        figure(&run_fluid(&scenario(&text), 7), "latency_mean_seconds") * 10.0
    };
    let (random, turns, two, least) =
        (mean("random"), mean("round-robin"), mean("power-of-two"), mean("least-outstanding"));
    assert!((random - 1.876916).abs() < 0.01 * random, "{random}");
    assert!((turns - 1.486907).abs() < 0.01 * turns, "{turns}");
    assert!(random > turns && turns > least && two < turns, "{random} {turns} {two} {least}");
}

#[test]
fn where_it_is_known_to_be_wrong_it_says_so() {
    let warned = |set: &[&str]| {
        let case = Case { name: "", base: "ess", set: &[] };
        let mut set = set.to_vec();
        set.push("horizon=\"30m\"");
        let outcome = run_fluid(&guide(case.base, &set), 7);
        outcome.warnings.iter().filter(|warning| warning.message.starts_with("fluid: ")).count()
    };
    assert_eq!(warned(&[]), 0);
    assert_eq!(warned(&["service.cpu={lognormal={mean=\"55ms\",cv=4.0}}"]), 1);
    assert_eq!(warned(&["service.cold_start={slowdown=3.0,settle=\"60s\"}"]), 1);
    assert_eq!(warned(&["service.retry={attempts=3,backoff=\"200ms\"}"]), 1);
}

/// What an alarm of five minutes reads at each of its evaluations.
#[derive(Clone, Debug, Default)]
struct Readings {
    cpu: Vec<f64>,
    rate: Vec<f64>,
    /// Samples of instances behind the first.
    counts: Vec<f64>,
}

/// Watches a fleet without touching it, and says whether its samples may be taken together.
struct Watcher {
    together: bool,
    next: SimTime,
    readings: Arc<Mutex<Readings>>,
}

const WINDOW: SimDuration = SimDuration::from_secs(300);

impl Controller for Watcher {
    fn next_wake(&self) -> SimTime {
        self.next
    }

    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, _: &mut Decisions) {
        self.next = now + WINDOW;
        let from = now.saturating_sub(WINDOW);
        let read = |metric, statistic| metrics.statistic(metric, statistic, from, now).expect("there are samples");
        let mut readings = self.readings.lock().unwrap();
        readings.cpu.push(read(Metric::CpuUtilization, Statistic::Average));
        readings.rate.push(read(Metric::RequestRate, Statistic::Average));
        readings.counts.push(read(Metric::CpuUtilization, Statistic::SampleCount));
    }

    fn notice(&mut self, _: SimTime, _: &Notice, _: &mut Decisions) {}

    fn set_desired(&mut self, _: SimTime, _: u32, _: &mut Decisions) {}

    fn desired(&self) -> u32 {
        5
    }

    fn min(&self) -> u32 {
        5
    }

    fn max(&self) -> u32 {
        5
    }

    fn alarms(&self) -> Vec<AlarmView> {
        Vec::new()
    }

    fn reads_whole(&self) -> Option<SimDuration> {
        self.together.then_some(WINDOW)
    }
}

fn watched(together: bool, seed: u64) -> Readings {
    let text = "horizon = '240h'\ntrace = { shape = 'constant', rate = '400rps' }\n\
                service.cpu = { lognormal = { mean = '55ms', cv = 1.0 } }\ninstance.cores = 8\nfixed.instances = 5\n";
    let readings = Arc::new(Mutex::new(Readings::default()));
    let watcher = Watcher { together, next: SimTime::ZERO + WINDOW, readings: Arc::clone(&readings) };
    simulate_driven(Fidelity::Fluid.into(), &scenario(text), seed, Box::new(watcher), &Unwatched)
        .unwrap_or_else(|error| panic!("{error}"));
    readings.lock().unwrap().clone()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

/// What an alarm reads has the same law whether the samples of its window are taken one by one or together: the mean, the
/// variance of the formula (rho (1 + cv²) E[S] / (n c t) for the utilization of n instances, rate / t for a rate), the
/// extremes of so many normal readings, and the number of samples.
#[test]
fn samples_taken_together_have_the_law_of_samples_one_by_one() {
    let (instances, cores, service, rate, window) = (5.0, 8.0, 0.055, 400.0, WINDOW.as_secs_f64());
    let load = rate * service / (instances * cores);
    let spread = load * 2.0 * service / (instances * cores * window);
    for together in [false, true] {
        let read = watched(together, 7);
        let count = read.cpu.len() as f64;
        assert_eq!(read.cpu.len(), 240 * 12);
        let near = |values: &[f64], mean: f64, variance: f64| {
            let (found_mean, found_variance) = moments(values);
            // Four standard errors of each.
            assert!((found_mean - mean).abs() < 4.0 * (variance / count).sqrt(), "{together}: mean {found_mean}");
            let ratio = found_variance / variance;
            assert!((ratio - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "{together}: variance {ratio} of the formula's");
            // The greatest of n normal draws is below a with probability Phi(a)^n: between these with 99.98 %.
            let greatest = values.iter().copied().fold(f64::MIN, f64::max);
            let deviations = (greatest - mean) / variance.sqrt();
            let bound = |probability: f64| windtunnel_traces::random::normal_quantile((probability.ln() / count).exp());
            assert!((bound(1e-4)..bound(1.0 - 1e-4)).contains(&deviations), "{together}: the greatest {deviations}");
        };
        // The first windows hold the start, when nobody is busy yet.
        let settled: Vec<f64> = read.cpu.iter().map(|percent| percent / 100.0).collect();
        near(&settled, load, spread);
        near(&read.rate, rate, rate / window);
        assert!(read.counts.iter().all(|count| *count == 5.0 * 20.0), "{together}: {:?}", &read.counts[..3]);
    }
}
