//! Peak memory of whole runs: `cargo run --release --example memory`, with `-- long` for thirty days at 400
//! requests per second as well (a thousand million requests, two minutes or so).
//!
//! Each run is a process of its own, so that its high-water mark is its own. Works where `/proc` does.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;

use support::{figure, guide, run};

/// A run of the guide's ESS scenario with other traffic.
struct Case {
    name: &'static str,
    long: bool,
    assignments: &'static [&'static str],
}

const BUSY: &str = "trace = { shape = \"diurnal\", base = \"200rps\", peak = \"600rps\" }";
const QUIET: &str = "trace = { shape = \"diurnal\", base = \"1rps\", peak = \"3rps\" }";

const CASES: [Case; 6] = [
    Case { name: "one hour, 400/s", long: false, assignments: &[BUSY, "horizon=\"1h\""] },
    Case { name: "one day, 400/s", long: false, assignments: &[BUSY, "horizon=\"24h\""] },
    Case { name: "a year, 2/s", long: false, assignments: &[QUIET, "horizon=\"365d\""] },
    Case {
        name: "a year, 2/s, rows of 60 s",
        long: false,
        assignments: &[QUIET, "horizon=\"365d\"", "timeline.interval=\"60s\""],
    },
    Case {
        name: "two days, alarm on latency",
        long: false,
        assignments: &[QUIET, "horizon=\"48h\"", "ess.alarm.cpu-high-alert.metric=\"ResponseTime\""],
    },
    Case { name: "thirty days, 400/s", long: true, assignments: &[BUSY, "horizon=\"720h\""] },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(index) = arguments.first().and_then(|argument| argument.parse::<usize>().ok()) {
        return report(&CASES[index]);
    }
    let long = arguments.iter().any(|argument| argument == "long");
    println!("run                            requests   activities     rows   peak memory");
    for (index, case) in CASES.iter().enumerate().filter(|(_, case)| long || !case.long) {
        let child = std::env::current_exe().and_then(|path| Command::new(path).arg(index.to_string()).status());
        if !child.is_ok_and(|status| status.success()) {
            println!("{}: did not finish", case.name);
        }
    }
}

fn report(case: &Case) {
    let outcome = run(&guide("ess", case.assignments), 7);
    println!(
        "{:<26} {:>12} {:>12} {:>8}   {}",
        case.name,
        figure(&outcome, "requests_arrived"),
        outcome.activities.len(),
        outcome.timeline.len(),
        peak().map_or("not known here".to_string(), |kib| format!("{:.1} MiB", kib / 1024.0)),
    );
}

/// The most memory that this process has had resident, in KiB.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
