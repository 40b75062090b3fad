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
/// Groups of measurements.
const GROUPS: usize = 5;

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
    let (mut alones, mut bares, mut ones, mut twos) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for group in 0..GROUPS {
        let alone = alone(&plan, &tasks)?;
        let bare = bare(&plan, &tasks)?;
        let one = swept(&plan, &tasks, &folder.join(format!("{fidelity}-one-{group}")), 1)?;
        let two = swept(&plan, &tasks, &folder.join(format!("{fidelity}-two-{group}")), 2)?;
        alones.push(alone);
        bares.push(bare);
        ones.push(one);
        twos.push(two);
        println!("  apart {alone:.2} s, sharing {bare:.2} s, swept on one thread {one:.2} s, on two {two:.2} s");
    }
    // Whatever else the machine does makes a measurement longer, never shorter: the least is the one that it disturbed least.
    let (alone, bare, one, two) = (least(&alones), least(&bares), least(&ones), least(&twos));
    println!("  with requests drawn once: {:.2} of the time", bare / alone);
    println!("  start-up and journal: {:.1} % of the runs (mark: 2 %)", 100.0 * ((one + planning) / bare - 1.0));
    println!("  parallel efficiency on two threads: {:.2} (mark: 0.95)", one / (2.0 * two));
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

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
