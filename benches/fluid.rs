//! Days per second of the fluid fidelity: the guide's systems, beside the bare loop that a day of fluid cannot be faster
//! than. The ratios of a group mean more than its times: see `docs/performance.md`.

mod bare;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use windtunnel_sim::run::{Fidelity, RunOptions, Unwatched, simulate_with};

use bare::fluid::{TAIL, bare_day, rates};
use support::guide;

fn fluid(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fluid");
    let rates = rates();
    group.bench_function("bare loop, a day", |bencher| bencher.iter(|| bare_day(black_box(&rates), black_box(&TAIL))));
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
