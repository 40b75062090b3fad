//! Confidence intervals hold what they promise: over 200 repetitions of an experiment, the 95 % interval of the mean
//! response time of M/M/8 covers the exact value in 91 to 98 % of cases.

mod support;

use windtunnel_sim::experiment::{Silent, replicate, summarize};

/// Half an hour's requests would be exacter, but coverage is about honesty, not about width.
const SCENARIO: &str = "
    horizon = '5m'
    trace = { shape = 'constant', rate = '40rps' }
    service.cpu = { exponential = { mean = '100ms' } }
    instance.cores = 8
    fixed.instances = 1
";
/// M/M/8 at a utilization of 0.5, in units of the mean service time: `mmc_fcfs` of the reference vectors.
const MEAN_RESPONSE: f64 = 1.014_761_0;
const REPETITIONS: u64 = 200;
const REPLICATIONS: u64 = 5;

#[test]
fn intervals_of_m_m_8_cover_the_exact_value_as_often_as_they_say() {
    let scenario = support::scenario(SCENARIO);
    let exact = 0.1 * MEAN_RESPONSE;
    let covers = |repetition: &u64| {
        let seeds: Vec<u64> = (0..REPLICATIONS).map(|r| repetition * REPLICATIONS + r).collect();
        let outcomes = replicate(&[&scenario], &seeds, &Silent).unwrap();
        let summary = summarize(&outcomes[0], "latency_mean_seconds").unwrap();
        summary.low <= exact && exact <= summary.high
    };
    let covered = (0..REPETITIONS).filter(covers).count();
    assert!((182..=196).contains(&covered), "{covered} of {REPETITIONS} intervals cover the exact value");
}
