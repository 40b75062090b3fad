//! What a sweep costs beyond its runs, and how well it uses two cores: `cargo run --release --example sweep_speed`.
//!
//! Prints ratios, which mean something on a machine whose clock is not steady; see docs/performance.md.

use std::time::Instant;

use windtunnel_sim::experiment::execute::{Records, Runner, Simulator, Task, Unwatched, all_tasks, execute};
use windtunnel_sim::experiment::journal::{Header, Journal};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::scenario::document::SharedFiles;

/// A thousand points of a fifth of a second or so together: small runs, where overhead would show.
const SCENARIO: &str = "\
horizon = '1h'
trace = { shape = 'diurnal', base = '20rps', peak = '60rps', peak_at = '30m' }
service.cpu = { lognormal = { mean = '30ms', cv = 1.0 } }
instance.cores = 2
fixed.instances = 3
";
const SWEEP: &str = "\
base = 'scenario.toml'
[axes]
'instance.cores' = { from = 2, to = 11, step = 1 }
'fixed.instances' = { from = 3, to = 12, step = 1 }
'slo.latency' = ['100ms', '200ms', '300ms', '400ms', '500ms', '600ms', '700ms', '800ms', '900ms', '1s']
";
/// Pairs of measurements; the median of their ratios is shown.
const PAIRS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("windtunnel-sweep-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("scenario.toml"), SCENARIO)?;
    std::fs::write(folder.join("sweep.toml"), SWEEP)?;
    let files = SharedFiles::default();
    let started = Instant::now();
    let plan = Plan::new(SweepFile::load(&folder.join("sweep.toml"), &files)?, "requests", &files)?;
    let planning = started.elapsed().as_secs_f64();
    let tasks = all_tasks(&plan, 1);
    println!("{} points, planned in {planning:.3} s", tasks.len());
    let mut overheads = Vec::new();
    let mut efficiencies = Vec::new();
    for pair in 0..PAIRS {
        let bare = bare(&plan, &tasks, &files)?;
        let one = swept(&plan, &tasks, &files, &folder.join(format!("one-{pair}")), 1)?;
        let two = swept(&plan, &tasks, &files, &folder.join(format!("two-{pair}")), 2)?;
        overheads.push((one + planning) / bare - 1.0);
        efficiencies.push(one / (2.0 * two));
        println!("bare {bare:.2} s, one thread {one:.2} s, two threads {two:.2} s");
    }
    println!("start-up and journal: {:.1} % of the runs (mark: 2 %)", 100.0 * median(overheads));
    println!("parallel efficiency on two threads: {:.2} (mark: 0.95)", median(efficiencies));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The runs alone, one after the other: neither journal nor threads.
fn bare(plan: &Plan, tasks: &[Task], files: &SharedFiles) -> Result<f64, Box<dyn std::error::Error>> {
    let simulator = Simulator::new(plan, files)?;
    let started = Instant::now();
    for &task in tasks {
        simulator.run(task, &|| false)?;
    }
    Ok(started.elapsed().as_secs_f64())
}

fn swept(
    plan: &Plan,
    tasks: &[Task],
    files: &SharedFiles,
    folder: &std::path::Path,
    threads: usize,
) -> Result<f64, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let (mut journal, _) = Journal::open(folder, &Header::new(&plan.digest(), "speed"))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let simulator = Simulator::new(plan, files)?;
    let mut records = Records::default();
    let started = Instant::now();
    pool.install(|| execute(plan, tasks, &simulator, &mut journal, &mut records, &Unwatched))?;
    Ok(started.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
