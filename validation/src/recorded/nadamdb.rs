//! v03: arrivals and services that are known, on Kubernetes 1.13.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use windtunnel_sim::outcome::StepSeries;
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded};

use super::files::{named, number, table};
use super::instants::Change;
use super::numpy::RandomState;
use super::{Counted, Recording};
use crate::bench::Bench;
use crate::error::ValidationError;

const CLUSTER: &str = include_str!("../../scenarios/nadamdb.toml");
const NOTE: &str = "the window of the metric calibrated on 2_15s_r10_s1_seed0, the others predicted; arrivals regenerated, services drawn anew";
/// Runs of each set in the short form.
const SHORT: usize = 4;

type TableRow = BTreeMap<String, String>;

pub(super) fn recordings(bench: &Bench<'_>, folders: &[PathBuf]) -> Result<Vec<Recording>, ValidationError> {
    let mut recordings = Vec::new();
    for folder in folders {
        let sets = named(folder, "norm_measurement_", ".csv.gz");
        let index = folder.join("norm_index.csv");
        if sets.is_empty() || !index.exists() {
            continue;
        }
        let runs = table(&index)?;
        for set in sets {
            let path = folder.join(format!("norm_measurement_{set}.csv.gz"));
            let mut replicas: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
            for row in table(&path)? {
                let run = row.get("run").cloned().unwrap_or_default();
                replicas.entry(run).or_default().push((number(&path, &row, "t_s")?, number(&path, &row, "desired")?));
            }
            let measured = runs.iter().filter_map(|row| Some((row, replicas.get(row.get("run")?)?)));
            for (row, steps) in measured.take(bench.either(usize::MAX, SHORT)) {
                recordings.push(recording(bench, &index, row, steps)?);
            }
        }
    }
    Ok(recordings)
}

fn recording(
    bench: &Bench<'_>,
    index: &Path,
    row: &TableRow,
    steps: &[(f64, f64)],
) -> Result<Recording, ValidationError> {
    let of = |column: &str| number(index, row, column);
    let name = row.get("run").cloned().unwrap_or_default();
    let (period, serves, stretch) = (of("hpa_period_s")?, of("serve_rate_per_s")?, of("stretch_vs_nominal")?);
    let mut random = RandomState::new(of("seed")? as u32);
    let minutes = of("length_min")?;
    let rates = row.get("load_rate_rps").map_or("", String::as_str);
    let arrivals = match levels(rates) {
        Some(levels) => modulated(&mut random, levels, minutes * 60.0),
        None => poisson(&mut random, of("load_rate_rps")?, minutes * 60.0),
    };
    let failed = |error| ValidationError::system("cannot write a temporary file", error);
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    let mut text = String::new();
    for at in &arrivals {
        text.push_str(&format!("{:.6}\n", at * stretch));
    }
    let sent = arrivals.last().map_or(0.0, |at| at * stretch);
    let pods = StepSeries::new(steps.to_vec());
    let seconds = pods.steps.last().map_or(sent, |step| step.0);
    // One more at the very end, so that what was recorded after the last request is simulated too.
    if seconds > sent {
        text.push_str(&format!("{seconds}\n"));
    }
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    let text = format!(
        "name = \"{name}\"\nhorizon = \"{seconds}s\"\n{CLUSTER}\n[trace]\narrivals = {:?}\n",
        file.path().display().to_string()
    );
    let mut document = Document::parse("nadamdb.toml", &text)?;
    document.set(&format!("service.cpu={{ empirical = {{ values = [{}] }} }}", costs(serves).join(", ")))?;
    for flag in ["sync_period", "downscale_stabilization", "cpu_initialization_period", "initial_readiness_delay"] {
        document.set(&format!("hpa.controller.{flag}=\"{period}s\""))?;
    }
    Ok(Recording {
        scenario: Loaded::from_document(document, &DiskFiles)?.scenario,
        seconds,
        pods,
        counted: Counted::AskedFor,
        changes: vec![Change { at: 0.0, up: true }, Change { at: sent, up: false }],
        patience: 60.0 + period,
        latency: None,
        seeds: bench.either(3, 1),
        draws: name.ends_with("_r10_s1_seed0"),
        note: NOTE,
        traffic: "the recorded run's arrivals, regenerated",
        name: format!("v03 {name}"),
        _files: vec![file],
    })
}

/// The kernel's period of CPU bandwidth control (`cpu.cfs_period_us`) and what a tenth of a core may run of it, in seconds.
const PERIOD: f64 = 0.1;
const QUOTA: f64 = 0.01;
/// How finely the law of services is cut.
const CUTS: u32 = 2_000;

/// What requests cost, in equal parts of the law of services. A server is busy until the wall clock says so, which it can only see
/// while it runs: one whose time ends while its container is throttled ends when the next period begins.
fn costs(serves: f64) -> Vec<String> {
    let service = |cut: u32| -libm::log(1.0 - (f64::from(cut) + 0.5) / f64::from(CUTS)) / serves;
    (0..CUTS).map(|cut| format!("\"{:.0}us\"", 1e6 * QUOTA / PERIOD * until_it_runs(service(cut)))).collect()
}

/// When a request of this wall time ends that began with a period.
fn until_it_runs(seconds: f64) -> f64 {
    let begun = libm::floor(seconds / PERIOD) * PERIOD;
    if seconds - begun < QUOTA { seconds } else { begun + PERIOD }
}

fn poisson(random: &mut RandomState, rate: f64, seconds: f64) -> Vec<f64> {
    let (mut now, mut times) = (0.0, vec![0.0]);
    while now < seconds {
        now += random.exponential(1.0 / rate);
        times.push(now);
    }
    times
}

/// The rates of a run whose load has two levels, such as `15_5`, and the probability of the first.
fn levels(rates: &str) -> Option<([f64; 2], f64)> {
    let (first, second) = rates.split_once(['_', ',', '/'])?;
    let levels: [f64; 2] = [first.trim().parse().ok()?, second.trim().parse().ok()?];
    // Of the study: 10/7, 15/5 and 20/2 times the rate of service.
    let ratio = levels[0] / levels[1];
    let first = if ratio > 5.0 {
        0.25
    } else if ratio > 2.0 {
        0.75
    } else {
        0.5
    };
    Some((levels, first))
}

/// A level is drawn at the first arrival after each 90 s.
fn modulated(random: &mut RandomState, (rates, first): ([f64; 2], f64), seconds: f64) -> Vec<f64> {
    let (mut now, mut changed, mut level, mut times) = (0.0, 0.0, 0, vec![0.0]);
    while now < seconds {
        now += random.exponential(1.0 / rates[level]);
        times.push(now);
        if changed <= now - 90.0 {
            changed = now;
            level = usize::from(random.uniform() >= first);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_loop_ends_when_its_container_runs_again() {
        for (wall, ends) in [(0.005, 0.005), (0.05, 0.1), (0.1, 0.1), (0.205, 0.205), (0.25, 0.3)] {
            assert!((until_it_runs(wall) - ends).abs() < 1e-9, "{wall} s end after {} s", until_it_runs(wall));
        }
    }
}
