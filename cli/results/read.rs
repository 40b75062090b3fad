//! Reading results: a folder that a verb wrote, or the JSON document that it printed.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use windtunnel_sim::outcome::{
    ActivityEntry, LatencyHistogram, MetricValues, Objective, Outcome, Provider, Reaction, Spool, Summary, Warning,
};
use windtunnel_sim::run::Fidelity;
use windtunnel_traces::SimDuration;
use windtunnel_traces::import::{ImportOptions, Recorded};

use crate::error::{CliError, Kind};
use crate::trace::input::read_any;

use super::{Details, StoredBacktests, StoredReplays, StoredSweep, StoredTune, parse};

/// Larger documents are not read into memory.
const LARGEST: u64 = 2 << 30;

/// What a folder or a document holds.
pub(crate) enum Stored {
    Runs(Vec<StoredRun>),
    Sweep(Box<StoredSweep>),
    Tune(Box<StoredTune>),
    Backtests(StoredBacktests),
    Replays(StoredReplays),
    /// A recording of traffic, and the name of its file.
    Traffic(Box<Recorded>, String),
}

/// A scenario as it was run.
pub(crate) struct StoredRun {
    /// The run under the first seed; from a JSON document without timeline.
    pub(crate) outcome: Outcome,
    /// What it was called, and everything else; a JSON document does not have it.
    pub(crate) name: String,
    pub(crate) details: Option<Details>,
    /// The figures over all seeds, where there are no details.
    summaries: Vec<(String, Option<Summary>)>,
}

impl StoredRun {
    /// A figure over all seeds: its mean and interval.
    pub(crate) fn summary(&self, metric: &str) -> Option<Summary> {
        match &self.details {
            Some(details) => {
                let samples: Vec<f64> = details.samples.iter().filter_map(|run| run.get(metric)).collect();
                (!samples.is_empty()).then(|| Summary::of(&samples))
            }
            None => self.summaries.iter().find(|(name, _)| name == metric).and_then(|(_, summary)| *summary),
        }
    }
}

/// Reads results.
pub(crate) fn open(path: &Path) -> Result<Stored, CliError> {
    let metadata = fs::metadata(path).map_err(|error| {
        CliError::file("read", path, &error).hint("name a folder that run, compare, sweep or tune wrote")
    })?;
    if metadata.is_dir() {
        return folder(path);
    }
    // A document inside a result folder stands for the folder, which has more.
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let parent = path.parent().unwrap_or(Path::new(""));
    if ["summary.json", "details.json", "sweep.json", "points.json", "tune.json", "backtest.json", "replays.json"]
        .contains(&name)
        && let Some(stored) = whole(parent)?
    {
        return Ok(stored);
    }
    if path.extension().is_some_and(|extension| extension == "json") {
        return document(path);
    }
    // No verb writes results under another extension; `trace` writes recordings.
    let recorded = read_any(vec![path.to_path_buf()], &ImportOptions::default(), true)?;
    Ok(Stored::Traffic(Box::new(recorded), name.to_string()))
}

fn folder(path: &Path) -> Result<Stored, CliError> {
    if let Some(stored) = whole(path)? {
        return Ok(stored);
    }
    for name in ["summary.json", "sweep.json", "tune.json"] {
        if path.join(name).is_file() {
            // Says which version wrote it, when that is why the rest is missing.
            document(&path.join(name))?;
        }
    }
    let message = format!("`{}` holds no results of windtunnel", path.display());
    Err(CliError::new(Kind::Input, message).hint("name the folder that run, compare, sweep or tune wrote"))
}

/// The results of a folder, where it has the files for them.
fn whole(path: &Path) -> Result<Option<Stored>, CliError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    if path.join("points.json").is_file() {
        return Ok(Some(Stored::Sweep(Box::new(load(&path.join("points.json"))?))));
    }
    if path.join("tune.json").is_file() {
        return Ok(Some(Stored::Tune(Box::new(load(&path.join("tune.json"))?))));
    }
    if path.join("backtest.json").is_file() {
        return Ok(Some(Stored::Backtests(load(&path.join("backtest.json"))?)));
    }
    if path.join("replays.json").is_file() {
        return Ok(Some(Stored::Replays(load(&path.join("replays.json"))?)));
    }
    if path.join("details.json").is_file() {
        return Ok(Some(Stored::Runs(vec![scenario(path)?])));
    }
    let entries = fs::read_dir(path).map_err(|error| CliError::file("read", path, &error))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("details.json").is_file());
    folders.sort();
    let mut runs = folders.iter().map(|folder| scenario(folder)).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by_key(|run| run.details.as_ref().map_or(0, |details| details.order));
    Ok((!runs.is_empty()).then_some(Stored::Runs(runs)))
}

fn scenario(folder: &Path) -> Result<StoredRun, CliError> {
    let details: Details = load(&folder.join("details.json"))?;
    let mut outcome = details.outcome.clone();
    outcome.timeline = table(&folder.join("timeline.csv"))?;
    outcome.alarms = table(&folder.join("alarms.csv"))?;
    outcome.latency.merge_sparse(&details.latency);
    outcome.name.clone_from(&details.name);
    Ok(StoredRun { name: details.name.clone(), outcome, details: Some(details), summaries: Vec::new() })
}

fn table<T>(path: &Path) -> Result<Spool<T>, CliError>
where
    T: serde::Serialize + DeserializeOwned + Clone,
{
    let damaged = |error: csv::Error| CliError::new(Kind::Input, format!("`{}` is damaged: {error}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(damaged)?;
    let mut rows = Spool::default();
    for row in reader.deserialize() {
        rows.push(row.map_err(damaged)?).map_err(|error| CliError::file("keep", path, &error))?;
    }
    Ok(rows)
}

fn load<T: DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    let bytes = read(path)?;
    parse(&bytes, &path.display().to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let length = fs::metadata(path).map_err(|error| CliError::file("read", path, &error))?.len();
    if length > LARGEST {
        return Err(CliError::new(Kind::Input, format!("`{}` is too large for results", path.display())));
    }
    fs::read(path).map_err(|error| CliError::file("read", path, &error))
}

// ---- the documents that verbs print

fn document(path: &Path) -> Result<Stored, CliError> {
    let bytes = read(path)?;
    let what = path.display().to_string();
    let value: Value = parse(&bytes, &what)?;
    if value.get("scenarios").is_some() {
        let printed: Printed = parse(&bytes, &what)?;
        return Ok(Stored::Runs(printed.scenarios.into_iter().map(PrintedScenario::run).collect()));
    }
    if value.get("provider").is_some() && value.get("metrics").is_some() {
        let printed: PrintedScenario = parse(&bytes, &what)?;
        return Ok(Stored::Runs(vec![printed.run()]));
    }
    if value.get("backtests").is_some() {
        return Ok(Stored::Backtests(parse(&bytes, &what)?));
    }
    if value.get("replays").is_some() {
        return Ok(Stored::Replays(parse(&bytes, &what)?));
    }
    if value.get("today").is_some() {
        return Ok(Stored::Tune(Box::new(parse(&bytes, &what)?)));
    }
    if value.get("sweep").is_some() && value.get("points").is_some_and(Value::is_array) {
        return Ok(Stored::Sweep(Box::new(parse(&bytes, &what)?)));
    }
    if value.get("sweep").is_some() {
        let message = format!("`{what}` says what the sweep found, but not its points");
        return Err(CliError::new(Kind::Input, message)
            .hint("name the sweep's folder, which has points.json; an older build did not write it"));
    }
    Err(CliError::new(Kind::Input, format!("`{what}` is not a result of run, compare, sweep or tune"))
        .hint("name their folder, or what they print with --format json"))
}

#[derive(Deserialize)]
struct Printed {
    scenarios: Vec<PrintedScenario>,
}

#[derive(Deserialize)]
struct PrintedScenario {
    name: String,
    provider: Provider,
    fidelity: Fidelity,
    seed: u64,
    digest: String,
    traffic: String,
    horizon_seconds: f64,
    currency: String,
    objective: Objective,
    metrics: serde_json::Map<String, Value>,
    warnings: Vec<Warning>,
    activities: Spool<ActivityEntry>,
    reaction: PrintedReaction,
}

#[derive(Deserialize)]
struct PrintedReaction {
    scale_outs: Spool<Reaction>,
}

impl PrintedScenario {
    fn run(self) -> StoredRun {
        let summary = |value: &Value| serde_json::from_value::<Option<Summary>>(value.clone()).ok().flatten();
        let summaries: Vec<(String, Option<Summary>)> =
            self.metrics.iter().map(|(name, value)| (name.clone(), summary(value))).collect();
        let mean = |metric: &str| {
            summaries.iter().find(|(name, _)| name == metric).and_then(|(_, summary)| summary.map(|s| s.mean))
        };
        let outcome = Outcome {
            name: self.name.clone(),
            provider: self.provider,
            fidelity: self.fidelity,
            seed: self.seed,
            digest: self.digest,
            traffic: self.traffic,
            horizon: SimDuration::from_secs_f64(self.horizon_seconds),
            calendar_start: None,
            time_zone: None,
            currency: self.currency,
            objective: self.objective,
            metrics: MetricValues::collect(mean),
            timeline: Spool::default(),
            activities: self.activities,
            reactions: self.reaction.scale_outs,
            alarms: Spool::default(),
            thresholds: Vec::new(),
            instances: Spool::default(),
            censored: Vec::new(),
            latency: LatencyHistogram::default(),
            warnings: self.warnings,
        };
        StoredRun { name: self.name, outcome, details: None, summaries }
    }
}
