//! v01: k3s and kubespray (and other distributions), steps of the load of five minutes each.

use std::path::{Path, PathBuf};

use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded};

use super::files::{named, number, steps, table};
use super::instants::Change;
use super::{Counted, Recording};
use crate::bench::Bench;
use crate::error::ValidationError;

const CLUSTER: &str = include_str!("../../../configs/recorded/korvoj-cluster.toml");
const NOTE: &str = "cost of a request calibrated on k3s_02 alone (88 ms), the others predicted; HPA, requests and metrics-server as documented";
const LATENCY: &str = "recorded by hey, which drops requests that fail, through OpenFaaS' gateway, which is not modelled: an offset is expected";

pub(super) fn recordings(bench: &Bench<'_>, folders: &[PathBuf]) -> Result<Vec<Recording>, ValidationError> {
    let mut recordings = Vec::new();
    for folder in folders {
        for run in named(folder, "norm_", "_replicas.csv") {
            // Another study's folder has replicas without a load of this kind.
            let load = folder.join(format!("norm_{run}_load.csv"));
            if load.exists() {
                recordings.push(recording(bench, folder, &run, &load)?);
            }
        }
    }
    Ok(recordings)
}

fn recording(bench: &Bench<'_>, folder: &Path, run: &str, load: &Path) -> Result<Recording, ValidationError> {
    let mut steps_of_load = Vec::new();
    for row in table(load)? {
        steps_of_load.push((number(load, &row, "t_s")?, number(load, &row, "requests_per_second_offered")?));
    }
    let pods = steps(&folder.join(format!("norm_{run}_replicas.csv")), "replicas")?;
    let last = |series: &[(f64, f64)]| series.last().map_or(0.0, |step| step.0);
    // The load's last step has none; pods leave within the ten minutes after it.
    let seconds = length(folder, run)?.unwrap_or_else(|| last(&pods.steps).max(last(&steps_of_load)));
    let workers: Vec<String> =
        steps_of_load.iter().map(|(at, count)| format!("[\"{at}s\", {}]", count.round())).collect();
    let text = format!(
        "name = \"{run}\"\nhorizon = \"{seconds}s\"\n{CLUSTER}\n[trace.clients]\nevery = \"1s\"\nworkers = [{}]\n",
        workers.join(", ")
    );
    let document = Document::parse("korvoj-cluster.toml", &text)?;
    let scenario = Loaded::from_document(document, &DiskFiles)?.scenario;
    Ok(Recording {
        name: format!("v01 {run}"),
        scenario,
        seconds,
        pods,
        counted: Counted::Existing,
        changes: changes(&steps_of_load),
        patience: 75.0,
        latency: latency(folder, run)?.map(|latency| (latency, LATENCY)),
        seeds: bench.either(10, 3),
        draws: true,
        note: NOTE,
        traffic: "as many workers as recorded, one request a second each at most",
        _files: Vec::new(),
    })
}

fn changes(load: &[(f64, f64)]) -> Vec<Change> {
    let before = std::iter::once(0.0).chain(load.iter().map(|step| step.1));
    load.iter().zip(before).map(|(step, before)| Change { at: step.0, up: step.1 > before }).collect()
}

/// How long the run was watched, where the index says.
fn length(folder: &Path, run: &str) -> Result<Option<f64>, ValidationError> {
    let path = folder.join("norm_index.csv");
    if !path.exists() {
        return Ok(None);
    }
    for row in table(&path)? {
        let cell = |column: &str| row.get(column).map_or("", String::as_str);
        if format!("{}_{}", cell("platform"), cell("experiment")) == run {
            return Ok(Some(number(&path, &row, "timeline_s")?));
        }
    }
    Ok(None)
}

/// The mean over all requests of steps whose latencies were all recorded: a run that repeats a load kept the last only.
fn latency(folder: &Path, run: &str) -> Result<Option<f64>, ValidationError> {
    let path = folder.join(format!("norm_{run}_latency_by_step.csv"));
    let load = folder.join(format!("norm_{run}_load.csv"));
    if !path.exists() {
        return Ok(None);
    }
    let (rows, steps) = (table(&path)?, table(&load)?.len());
    // The load ends with a step of nothing.
    if rows.len() + 1 < steps {
        return Ok(None);
    }
    let (mut requests, mut seconds) = (0.0, 0.0);
    for row in &rows {
        let count = number(&path, row, "requests")?;
        requests += count;
        seconds += count * number(&path, row, "mean_s")?;
    }
    Ok((requests > 0.0).then(|| seconds / requests))
}
