//! Requests per second: one station beside the bare loop of its kind, balancers by size of the fleet, and the guide's
//! four scenarios. The ratios of a group mean more than its times: see `docs/performance.md`.

mod bare;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use bare::kinds::KINDS;
use support::{figure, guide, run, scenario};

/// Requests in one measured run of a station.
const REQUESTS: u64 = 1_000_000;

fn station(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("station");
    group.throughput(Throughput::Elements(REQUESTS)).sample_size(10).warm_up_time(Duration::from_millis(500));
    for kind in KINDS {
        let work = kind.work(REQUESTS);
        group.bench_function(BenchmarkId::new("bare", kind.name), |bencher| bencher.iter(|| (kind.bare)(work)));
        let scenario = scenario(&kind.scenario(REQUESTS));
        group.bench_function(BenchmarkId::new("simulator", kind.name), |bencher| bencher.iter(|| run(&scenario, 7)));
    }
    group.finish();
}

fn balancers(criterion: &mut Criterion) {
    const REQUESTS: f64 = 200_000.0;
    let mut group = criterion.benchmark_group("balancers");
    group.throughput(Throughput::Elements(REQUESTS as u64)).sample_size(10).warm_up_time(Duration::from_millis(500));
    for algorithm in ["round-robin", "random", "power-of-two", "least-outstanding"] {
        for instances in [5, 20, 100] {
            // 70 % of eight cores each, 40 ms of core time per request.
            let rate = 140.0 * f64::from(instances);
            let text = format!(
                "horizon = \"{}s\"\ntrace = {{ shape = \"constant\", rate = \"{rate}rps\" }}\n\
                 service.cpu = {{ lognormal = {{ mean = \"40ms\", cv = 1.0 }} }}\ninstance.cores = 8\n\
                 fixed.instances = {instances}\nbalancer.algorithm = \"{algorithm}\"\ntimeline.interval = \"60s\"\n",
                (REQUESTS / rate).ceil()
            );
            let scenario = scenario(&text);
            let id = BenchmarkId::new(algorithm, instances);
            group.bench_function(id, |bencher| bencher.iter(|| run(&scenario, 7)));
        }
    }
    group.finish();
}

fn scenarios(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scenarios");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    for name in ["ess", "aws", "tencent", "hpa"] {
        let scenario = guide(name, &["horizon=\"1h\""]);
        let requests = figure(&run(&scenario, 7), "requests_arrived");
        group.throughput(Throughput::Elements(requests as u64));
        group.bench_function(name, |bencher| bencher.iter(|| run(&scenario, 7)));
    }
    group.finish();
}

criterion_group!(benches, station, balancers, scenarios);
criterion_main!(benches);
