//! What a sweep costs beyond its runs, and how well it uses two cores: `cargo run --release --example sweep_speed`.
//!
//! Prints ratios, which mean something on a machine whose clock is not steady; see docs/performance.md.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use windtunnel_sim::experiment::execute::{Records, Runner, Simulator, Task, Unwatched, all_tasks, execute};
use windtunnel_sim::experiment::journal::{Header, Journal};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::run::{self, simulate_with};
use windtunnel_sim::scenario::document::SharedFiles;

/// A thousand points of a hundredth of a second or so: small runs, where overhead would show.
const SCENARIO: &str = "\
horizon = '1h'
trace = { shape = 'diurnal', base = '20rps', peak = '60rps', peak_at = '30m' }
service.cpu = { lognormal = { mean = '30ms', cv = 1.0 } }
instance.cores = 2
fixed.instances = 3
";
const REQUESTS: &str = "\
base = 'scenario.toml'
[axes]
'instance.cores' = { from = 2, to = 11, step = 1 }
'fixed.instances' = { from = 3, to = 12, step = 1 }
'slo.latency' = ['100ms', '200ms', '300ms', '400ms', '500ms', '600ms', '700ms', '800ms', '900ms', '1s']
";
/// A thousand days of the guide's ESS group.
const FLUID: &str = "\
[axes]
'ess.alarm.cpu-high-alert.threshold' = { from = 50, to = 77, step = 3 }
'ess.alarm.cpu-low-alert.threshold' = { from = 20, to = 38, step = 2 }
'ess.rule.scale-out-cpu-high.cooldown' = ['60s', '120s', '180s', '240s', '300s', '360s', '420s', '480s', '540s', '600s']
";
/// Runs of a measurement: those that are compared follow each other within seconds, since a clock may change by the minute.
const SLICE: usize = 250;
/// How often each slice is measured.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("windtunnel-sweep-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("scenario.toml"), SCENARIO)?;
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/ess.toml");
    let measured = measure("requests", REQUESTS, &folder).and_then(|()| {
        measure("fluid", &format!("base = {:?}\nhorizon = '24h'\n{FLUID}", guide.display().to_string()), &folder)
    });
    std::fs::remove_dir_all(&folder)?;
    measured
}

/// Prints the ratios of a sweep at a fidelity.
fn measure(fidelity: &str, sweep: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join(format!("{fidelity}.toml"));
    std::fs::write(&path, sweep)?;
    let files = SharedFiles::default();
    let started = Instant::now();
    let plan = Plan::new(SweepFile::load(&path, &files)?, fidelity, &files)?;
    let planning = started.elapsed().as_secs_f64();
    let tasks = all_tasks(&plan, 1);
    println!("{fidelity}: {} points, planned in {planning:.3} s", tasks.len());
    let planned = planning / tasks.len() as f64 * SLICE as f64;
    let (mut apart, mut overheads, mut efficiencies, mut independent) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (at, slice) in tasks.chunks(SLICE).enumerate() {
            let folder = |threads: u32| folder.join(format!("{fidelity}-{round}-{at}-{threads}"));
            let bare = bare(&plan, slice)?;
            let one = swept(&plan, slice, &folder(1), 1)?;
            let two = swept(&plan, slice, &folder(2), 2)?;
            overheads.push((one + planned) / bare - 1.0);
            efficiencies.push(one / (2.0 * two));
            independent.push(halves(&plan, slice, [&folder(3), &folder(4)])? / two);
            if round == 0 {
                apart.push(bare / alone(&plan, slice)?);
            }
        }
    }
    println!("  with requests drawn once: {:.2} of the time", median(apart));
    println!("  start-up and journal: {:.1} % of the runs (mark: 2 %)", 100.0 * median(overheads));
    println!("  two threads against one, over two: {:.2} (mark: 0.95)", median(efficiencies));
    println!("  two threads against two sweeps of half each at the same time: {:.2} (mark: 0.95)", median(independent));
    Ok(())
}

/// The runs one after the other, each drawing its own requests.
fn alone(plan: &Plan, tasks: &[Task]) -> Result<f64, Box<dyn Error>> {
    let files = SharedFiles::default();
    let started = Instant::now();
    for &task in tasks {
        let scenario = plan.scenario(&plan.points[task.point], &files)?;
        simulate_with(plan.run_options(), &scenario, plan.seed, &run::Unwatched)?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// The runs one after the other, with what they share: neither journal nor threads.
fn bare(plan: &Plan, tasks: &[Task]) -> Result<f64, Box<dyn Error>> {
    let files = SharedFiles::default();
    let simulator = Simulator::new(plan, &files)?;
    let started = Instant::now();
    for &task in tasks {
        simulator.run(task, &|| false)?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Two sweeps at the same time that share nothing, each with a thread and half of the runs: what the machine has to give when two
/// cores slow each other down. The seconds until both are done.
fn halves(plan: &Plan, tasks: &[Task], folders: [&Path; 2]) -> Result<f64, Box<dyn Error>> {
    let (even, odd): (Vec<_>, Vec<_>) = tasks.iter().copied().enumerate().partition(|(at, _)| at % 2 == 0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let half = |tasks: Vec<(usize, Task)>, folder: &'_ Path| {
            let tasks: Vec<Task> = tasks.into_iter().map(|(_, task)| task).collect();
            swept(plan, &tasks, folder, 1).map(drop).map_err(|error| error.to_string())
        };
        let first = scope.spawn(move || half(even, folders[0]));
        let second = half(odd, folders[1]);
        first.join().unwrap_or_else(|_| Err("a thread panicked".into())).and(second)
    })?;
    Ok(started.elapsed().as_secs_f64())
}

fn swept(plan: &Plan, tasks: &[Task], folder: &Path, threads: usize) -> Result<f64, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let (mut journal, _) = Journal::open(folder, &Header::new(&plan.digest(), "speed"))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let files = SharedFiles::default();
    let simulator = Simulator::new(plan, &files)?;
    let mut records = Records::default();
    let started = Instant::now();
    pool.install(|| execute(plan, tasks, &simulator, &mut journal, &mut records, &Unwatched))?;
    Ok(started.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
