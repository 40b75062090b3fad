//! What a sweep costs beyond its runs: a hundred short runs alone, with the requests that they share, and as a sweep with
//! its journal on one thread and on two. The ratios mean more than the times: see `docs/performance.md`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use windtunnel_sim::experiment::execute::{Records, Runner, Simulator, Task, Unwatched, all_tasks, execute};
use windtunnel_sim::experiment::journal::{Header, Journal};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::run::{self, simulate_with};
use windtunnel_sim::scenario::document::SharedFiles;

const SCENARIO: &str = "\
horizon = '30m'
trace = { shape = 'diurnal', base = '20rps', peak = '60rps', peak_at = '15m' }
service.cpu = { lognormal = { mean = '30ms', cv = 1.0 } }
instance.cores = 2
fixed.instances = 3
";
const SWEEP: &str = "\
base = 'scenario.toml'
[axes]
'instance.cores' = { from = 2, to = 11, step = 1 }
'fixed.instances' = { from = 3, to = 12, step = 1 }
";

fn sweep(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("scenario.toml"), SCENARIO).unwrap();
    std::fs::write(folder.path().join("sweep.toml"), SWEEP).unwrap();
    let files = SharedFiles::default();
    let read = || SweepFile::load(&folder.path().join("sweep.toml"), &files).unwrap();
    let plan = Plan::new(read(), "requests", &files).unwrap();
    let tasks = all_tasks(&plan, 1);
    let mut group = criterion.benchmark_group("sweep of a hundred runs");
    group.sample_size(10);
    group.bench_function("each draws its requests", |bencher| bencher.iter(|| alone(&plan, &tasks)));
    group.bench_function("requests drawn once", |bencher| bencher.iter(|| bare(&plan, &tasks)));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let header = Header::new(&plan.digest(), "bench");
        group.bench_function(format!("with a journal, {threads} threads"), |bencher| {
            let folder = || tempfile::tempdir().unwrap();
            bencher.iter_batched(
                folder,
                |folder| swept(&plan, &tasks, folder.path(), &header, &pool),
                BatchSize::PerIteration,
            );
        });
    }
    group.bench_function("planning", |bencher| bencher.iter(|| Plan::new(read(), "requests", &files).unwrap()));
    group.finish();
}

fn alone(plan: &Plan, tasks: &[Task]) {
    let files = SharedFiles::default();
    for &task in tasks {
        let scenario = plan.scenario(&plan.points[task.point], &files).unwrap();
        simulate_with(plan.run_options(), &scenario, plan.seed, &run::Unwatched).unwrap();
    }
}

fn bare(plan: &Plan, tasks: &[Task]) {
    let files = SharedFiles::default();
    let simulator = Simulator::new(plan, &files).unwrap();
    for &task in tasks {
        simulator.run(task, &|| false).unwrap();
    }
}

fn swept(plan: &Plan, tasks: &[Task], folder: &std::path::Path, header: &Header, pool: &rayon::ThreadPool) {
    let (mut journal, _) = Journal::open(folder, header).unwrap();
    let files = SharedFiles::default();
    let simulator = Simulator::new(plan, &files).unwrap();
    let mut records = Records::default();
    pool.install(|| execute(plan, tasks, &simulator, &mut journal, &mut records, &Unwatched)).unwrap();
}

criterion_group!(benches, sweep);
criterion_main!(benches);
