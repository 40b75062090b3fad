//! How fast the simulator is, as a ratio that holds on any machine: `cargo run --release --example speed`.
//!
//! Clocks of shared machines vary by a factor of two from minute to minute, so a bare loop and the simulator take turns
//! in one process, and the median of the ratios of neighbours is reported against its mark.

#[path = "../benches/bare/mod.rs"]
mod bare;

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use bare::kinds::{KINDS, Kind};
use support::{run, scenario};

/// Requests in each turn.
const REQUESTS: u64 = 1_000_000;
/// Requests of a day at 400 per second.
const DAY: f64 = 34_560_000.0;

fn main() {
    let pairs: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(9);
    println!("{pairs} pairs of {REQUESTS} requests; ns per request are medians, ratios are medians of pairs\n");
    println!("kind                 bare ns    sim ns   ratio   mark      a day at 400/s   mean latency bare / sim");
    for kind in KINDS {
        report(&kind, pairs);
    }
}

fn report(kind: &Kind, pairs: usize) {
    let scenario = scenario(&kind.scenario(REQUESTS));
    let work = kind.work(REQUESTS);
    let (mut bare, mut simulated, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bare_mean, mut mean) = (0.0, 0.0);
    // The first turn warms caches and is not counted.
    for pair in 0..=pairs {
        let (one, report) = timed(|| (kind.bare)(work));
        let (other, outcome) = timed(|| run(&scenario, 7));
        let served = outcome.latency.count().max(1);
        bare_mean = report.mean;
        mean = outcome.latency.mean_seconds();
        if pair > 0 {
            let (one, other) = (one / report.requests as f64, other / served as f64);
            bare.push(one);
            simulated.push(other);
            ratios.push(other / one);
        }
    }
    let (bare, simulated, ratio) = (median(bare), median(simulated), median(ratios));
    let verdict = if ratio <= kind.mark { "kept" } else { "MISSED" };
    println!(
        "{:<18}  {:>7.1}   {:>7.1}   {ratio:>5.2}   {:>4.1} {verdict:<7} {:>6.2} s   {:>8.2} / {:.2} ms",
        kind.name,
        bare * 1e9,
        simulated * 1e9,
        kind.mark,
        simulated * DAY,
        bare_mean * 1e3,
        mean * 1e3,
    );
}

/// The seconds that something takes, and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed().as_secs_f64(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
