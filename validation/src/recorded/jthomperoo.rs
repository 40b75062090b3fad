//! v02: php-apache on EKS, 72 hours of three loads, and half an hour with bursts.

use std::path::{Path, PathBuf};

use windtunnel_sim::outcome::StepSeries;
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded, Scenario};

use super::files::{number, steps, table};
use super::instants::Change;
use super::{Counted, Recording};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::theory::rate_file;

const CLUSTER: &str = include_str!("../../scenarios/jthomperoo.toml");
const LONG: &str = "cost of a request and metrics-server's period calibrated on the first nine hours of this run; the load is the recorded rate, as open-loop arrivals";
const SHORT: &str = "predicted with what was calibrated on the long run; pods were recorded every 30 s";
const LATENCY: &str = "mean of the runs' means; network and the load generator's own time are not modelled";

pub(super) fn recordings(bench: &Bench<'_>, folders: &[PathBuf]) -> Result<Vec<Recording>, ValidationError> {
    let mut recordings = Vec::new();
    for folder in folders {
        let long = folder.join("norm_long_hpa_load_5min.csv");
        if long.exists() {
            recordings.push(long_run(bench, folder, &long)?);
        }
        let short = folder.join("norm_short_30s.csv");
        if short.exists() {
            recordings.push(short_run(bench, &short)?);
        }
    }
    Ok(recordings)
}

fn scenario(file: &Path, seconds: f64, sets: &[&str]) -> Result<Scenario, ValidationError> {
    let text = format!("horizon = \"{seconds}s\"\n{CLUSTER}\n[trace]\nfile = {:?}\n", file.display().to_string());
    let mut document = Document::parse("jthomperoo.toml", &text)?;
    for set in sets {
        document.set(set)?;
    }
    Ok(Loaded::from_document(document, &DiskFiles)?.scenario)
}

fn long_run(bench: &Bench<'_>, folder: &Path, load: &Path) -> Result<Recording, ValidationError> {
    // Requests of a run of five minutes that begins at the row's time; runs that a plot has merged are like the one before.
    let runs = steps(load, "requests_in_5min_run")?;
    let pods = steps(&folder.join("norm_long_hpa_replicas.csv"), "replicas")?;
    let seconds = pods.steps.last().map_or(0.0, |step| step.0).floor();
    let first = runs.steps.first().map_or(0.0, |step| step.1);
    let rate = |second: f64| if runs.at(second) > 0.0 { runs.at(second) } else { first } / 300.0;
    let rates: Vec<f64> = (0..(seconds / 15.0) as u32 + 1).map(|step| rate(15.0 * f64::from(step))).collect();
    let file = rate_file(&rates, 15.0)?;
    let average = folder.join("norm_long_hpa_avg_latency_5min.csv");
    let latency = if average.exists() { Some((mean(&average, "avg_ms")? / 1e3, LATENCY)) } else { None };
    Ok(Recording {
        name: "v02 long, HPA".into(),
        scenario: scenario(file.path(), seconds, &[])?,
        seconds,
        pods,
        counted: Counted::AskedFor,
        changes: changes(&runs),
        patience: 75.0,
        latency,
        seeds: bench.either(5, 1),
        draws: true,
        note: LONG,
        traffic: "the recorded rate, arrivals at random",
        _files: vec![file],
    })
}

fn short_run(bench: &Bench<'_>, path: &Path) -> Result<Recording, ValidationError> {
    let (mut rates, mut pods, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    for row in table(path)? {
        let at = 60.0 * number(path, &row, "t_min")?;
        let requests = number(path, &row, "hpa_requests")?;
        rates.push(requests / 30.0);
        pods.push((at, number(path, &row, "hpa_replicas")?));
        latencies.push((requests, number(path, &row, "hpa_avg_ms")? / 1e3));
    }
    let seconds = 30.0 * rates.len() as f64;
    let file = rate_file(&rates, 30.0)?;
    let all: f64 = latencies.iter().map(|(requests, _)| requests).sum();
    let latency = latencies.iter().map(|(requests, mean)| requests * mean).sum::<f64>() / all;
    let sets = ["hpa.spec.maxReplicas=12", "hpa.controller.downscale_stabilization=\"0s\""];
    let load = StepSeries::new(rates.iter().enumerate().map(|(index, rate)| (30.0 * index as f64, *rate)).collect());
    Ok(Recording {
        name: "v02 short, HPA".into(),
        scenario: scenario(file.path(), seconds, &sets)?,
        seconds,
        pods: StepSeries::new(pods),
        counted: Counted::AskedFor,
        changes: changes(&load),
        patience: 75.0,
        latency: Some((latency, LATENCY)),
        seeds: bench.either(10, 3),
        draws: true,
        note: SHORT,
        traffic: "the recorded rate, arrivals at random",
        _files: vec![file],
    })
}

/// When the load moves by more than a fifth, twice the HPA's tolerance.
fn changes(load: &StepSeries) -> Vec<Change> {
    let mut changes = vec![Change { at: 0.0, up: true }];
    for pair in load.steps.windows(2) {
        if (pair[1].1 / pair[0].1 - 1.0).abs() > 0.2 {
            changes.push(Change { at: pair[1].0, up: pair[1].1 > pair[0].1 });
        }
    }
    changes
}

fn mean(path: &Path, column: &str) -> Result<f64, ValidationError> {
    let rows = table(path)?;
    let mut sum = 0.0;
    for row in &rows {
        sum += number(path, row, column)?;
    }
    Ok(sum / rows.len() as f64)
}
