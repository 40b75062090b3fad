//! Days per second of the fluid fidelity: the guide's systems, beside the bare loop that a day of fluid cannot be faster
//! than. The ratios of a group mean more than its times: see `docs/performance.md`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use windtunnel_sim::run::{Fidelity, RunOptions, Unwatched, simulate_with};

use support::guide;

/// Epochs of 15 s in a day.
const EPOCHS: usize = 5_760;

/// The bare loop: one group of instances, one table of latencies, no control at all. Per epoch: the utilization, the
/// backlog, the violating share at that utilization, and the sums.
fn bare(rates: &[f64], tail: &[f64; 64]) -> (f64, f64, f64) {
    let (instances, capacity, seconds) = (5.0, 8.0 / 0.055, 15.0);
    let (mut backlog, mut busy, mut violating) = (0.0f64, 0.0, 0.0);
    for rate in rates {
        let offered = rate / instances * seconds + backlog;
        let served = offered.min(capacity * seconds);
        backlog = offered - served;
        let utilization = served / (capacity * seconds);
        busy += utilization;
        violating += tail[(utilization * 63.0) as usize] * served + backlog;
    }
    (busy, violating, backlog)
}

fn fluid(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fluid");
    let rates: Vec<f64> = (0..EPOCHS).map(|epoch| 400.0 + 200.0 * (epoch as f64 / 900.0).sin()).collect();
    let tail: [f64; 64] = std::array::from_fn(|at| (at as f64 / 4.0 - 16.0).exp());
    group.bench_function("bare loop, a day", |bencher| bencher.iter(|| bare(black_box(&rates), black_box(&tail))));
    for name in ["ess", "aws", "tencent", "hpa"] {
        let scenario = guide(name, &[]);
        for (what, timeline) in [("a day", true), ("a day, timeline off", false)] {
            let options = RunOptions { fidelity: Fidelity::Fluid, timeline };
            let run = || simulate_with(options, &scenario, 7, &Unwatched).unwrap_or_else(|error| panic!("{error}"));
            group.bench_function(format!("{name}, {what}"), |bencher| bencher.iter(run));
        }
    }
    group.finish();
}

criterion_group!(benches, fluid);
criterion_main!(benches);
