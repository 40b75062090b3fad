//! HPA syncs per second with ten pods, two metrics and `behavior`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "../tests/fixtures/hpa_loop.rs"]
mod hpa_loop;

use hpa_loop::Loop;

fn syncs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hpa");
    group.throughput(Throughput::Elements(1));
    group.bench_function("sync of 10 pods", |bencher| {
        let mut running = Loop::new();
        bencher.iter(|| running.sync());
    });
    group.finish();
}

criterion_group!(benches, syncs);
criterion_main!(benches);
