//! One kernel, so many times, and nothing else: what instructions are counted of, under `valgrind --tool=callgrind`.
//!
//! `instructions` alone lists the kernels; `instructions KERNEL SIZE` runs one. A size is a number of requests, or of
//! days for the kernels of fluid. The instructions of two sizes differ by those of the work alone.

#[path = "../benches/bare/mod.rs"]
mod bare;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::process::ExitCode;

use windtunnel_sim::run::{Fidelity, RunOptions, Unwatched, simulate_with};

use bare::fluid::{TAIL, bare_day, rates};
use bare::kinds::KINDS;
use support::{guide, run, scenario};

/// The guide's systems.
const GUIDE: [&str; 4] = ["ess", "aws", "tencent", "hpa"];
/// Requests, or days, that a kernel is run for.
const REQUESTS: u64 = 50_000;
const DAYS: u64 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => list(),
        [kernel, size] => {
            let size = size.parse().unwrap_or(0);
            if size == 0 || !measure(kernel, size) {
                eprintln!("no kernel `{kernel}`, or no size; without arguments the kernels are listed");
                return ExitCode::FAILURE;
            }
        }
        _ => {
            eprintln!("usage: instructions [KERNEL SIZE]");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Each kernel with its bare loop and the size to run both for.
fn list() {
    for kind in KINDS {
        println!("{} {} {REQUESTS}", kind.kernel(), kind.bare_kernel());
    }
    for name in GUIDE {
        println!("fluid/{name} bare/fluid {DAYS}");
    }
}

fn measure(kernel: &str, size: u64) -> bool {
    if let Some(kind) = KINDS.iter().find(|kind| kind.kernel() == kernel) {
        let scenario = scenario(&kind.scenario(size));
        black_box(run(&scenario, 7));
    } else if let Some(kind) = KINDS.iter().find(|kind| kind.bare_kernel() == kernel) {
        black_box((kind.bare)(kind.work(size)));
    } else if let Some(name) = GUIDE.iter().find(|name| format!("fluid/{name}") == kernel) {
        let scenario = guide(name, &[]);
        let options = RunOptions { fidelity: Fidelity::Fluid, timeline: false };
        for seed in 1..=size {
            black_box(simulate_with(options, &scenario, seed, &Unwatched).unwrap_or_else(|error| panic!("{error}")));
        }
    } else if kernel == "bare/fluid" {
        let rates = rates();
        for _ in 0..size {
            black_box(bare_day(black_box(&rates), black_box(&TAIL)));
        }
    } else {
        return false;
    }
    true
}
