//! The plan of a sweep: every point with its scenario's digest, every run with its id. Equal files give equal plans.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::axis::Axis;
use super::design::{Place, Row};
use super::sweep_file::{BaseScenario, SweepFile, concerns};
use crate::run::{Fidelity, RunOptions};
use crate::scenario::document::{Diagnostic, Document, ScenarioError, ScenarioFiles, Written};
use crate::scenario::{Loaded, Scenario, schema};

/// More points than this do not fit into memory together with their results.
pub const MOST_POINTS: u128 = 10_000_000;

/// Rows that are resolved before the next are looked at: what is wrong with the first of millions is told soon.
const ROWS_AT_ONCE: usize = 4096;

/// A sweep, taken apart into points.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The sweep.
    pub sweep: SweepFile,
    /// The names of the columns that tell points apart: `scenario`, `trace`, then every key that varies.
    pub columns: Vec<String>,
    /// The points in the order of the design, each resolved scenario once.
    pub points: Vec<Point>,
    /// The rows of the design, by scenario and trace, for analyses that need its structure.
    pub blocks: Vec<Block>,
    /// The first seed; replication r runs under `seed + r` at every point.
    pub seed: u64,
    /// How exactly is simulated, by name.
    pub fidelity: String,
    /// Rows that a constraint excludes.
    pub excluded: usize,
    /// Rows that resolve to a scenario which another row has already.
    pub repeated: usize,
}

/// The rows of a design on one scenario and trace.
#[derive(Clone, Debug)]
pub struct Block {
    /// The scenario's index.
    pub scenario: usize,
    /// The trace's index, where traces are a dimension.
    pub trace: Option<usize>,
    /// The indices of the axes that concern the scenario.
    pub axes: Vec<usize>,
    /// Where each row stands, and its point; nothing for a row that a constraint excludes.
    pub rows: Vec<(Row, Option<usize>)>,
}

/// One variant of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The digest of the resolved scenario and its trace; of what was written, when that is no scenario.
    pub digest: String,
    /// The scenario's index.
    pub scenario: usize,
    /// The trace's index, where traces are a dimension.
    pub trace: Option<usize>,
    /// One cell per column of the plan; empty where a column does not concern the scenario.
    pub cells: Vec<String>,
    /// What differs from the scenario's file, as one would type it after `--set`.
    pub settings: Vec<String>,
    /// What a run costs, roughly: expected requests; simulated seconds where clients form a closed loop.
    pub cost: f64,
    /// What arrives, in words.
    pub traffic: String,
    /// The policy, in words.
    pub policy: String,
    /// The currency of its costs.
    pub currency: String,
    /// Why it cannot be run, when it cannot.
    pub fault: Option<String>,
    /// Where it stands on each axis of its block.
    #[serde(skip)]
    pub row: Row,
}

/// The id of a run: a digest of the resolved scenario, the seed and the fidelity.
pub fn run_id(point: &Point, seed: u64, fidelity: &str) -> String {
    short_digest(&format!("{} {seed} {fidelity}", point.digest))
}

pub(super) fn short_digest(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Plan {
    /// How its runs are simulated. Nobody draws the timelines of a sweep, and fluid is faster without them.
    pub fn run_options(&self) -> RunOptions {
        match self.fidelity.as_str() {
            "fluid" => RunOptions { fidelity: Fidelity::Fluid, timeline: false },
            _ => RunOptions::default(),
        }
    }

    /// How many rows the design has, before constraints, without making them.
    pub fn count(sweep: &SweepFile) -> u128 {
        let traces = sweep.traces.len().max(1) as u128;
        let of = |scenario: &BaseScenario| {
            let axes: Vec<Axis> = sweep.axes.iter().filter(|axis| sweep.concerns(axis, scenario)).cloned().collect();
            sweep.design.count(&axes, sweep.points)
        };
        sweep.scenarios.iter().map(of).fold(0u128, u128::saturating_add).saturating_mul(traces)
    }

    /// Makes the plan: every row is put into its scenario and resolved.
    ///
    /// # Errors
    /// When a key names nothing or a value is of the wrong kind, whatever the point; a combination that is no valid
    /// scenario is a point with a fault instead.
    pub fn new(sweep: SweepFile, fidelity: &str, files: &dyn ScenarioFiles) -> Result<Plan, ScenarioError> {
        let mut plan = Plan::empty(sweep, fidelity)?;
        let bases = plan.bases()?;
        let mut known = BTreeMap::new();
        for scenario in 0..plan.sweep.scenarios.len() {
            for trace in traces(&plan.sweep) {
                let block = plan.block(scenario, trace, &bases, files, &mut known)?;
                plan.blocks.push(block);
            }
        }
        if plan.points.is_empty() {
            let message = format!("the constraints exclude all {} points", plan.excluded);
            let place = plan.sweep.constraints.first();
            return Err(place
                .map_or_else(|| Diagnostic::error(&message), |(_, written)| written.error(&message))
                .into());
        }
        Ok(plan)
    }

    fn block(
        &mut self,
        scenario: usize,
        trace: Option<usize>,
        bases: &Bases,
        files: &dyn ScenarioFiles,
        known: &mut BTreeMap<(String, usize), usize>,
    ) -> Result<Block, ScenarioError> {
        let base = &self.sweep.scenarios[scenario];
        let axes: Vec<usize> =
            (0..self.sweep.axes.len()).filter(|&axis| self.sweep.concerns(&self.sweep.axes[axis], base)).collect();
        let of_block: Vec<Axis> = axes.iter().map(|&axis| self.sweep.axes[axis].clone()).collect();
        let rows = self.sweep.design.rows(&of_block, self.sweep.points, self.seed).map_err(Diagnostic::error)?;
        let mut points = Vec::with_capacity(rows.len());
        for some in rows.chunks(ROWS_AT_ONCE) {
            points.extend(self.offer((scenario, trace), &axes, some, bases, files, known)?);
        }
        Ok(Block { scenario, trace, axes, rows: rows.into_iter().zip(points).collect() })
    }

    /// The point of each row, a new one or a known one; nothing where a constraint excludes it. Rows are resolved by all threads,
    /// and numbered in their order.
    fn offer(
        &mut self,
        (scenario, trace): (usize, Option<usize>),
        axes: &[usize],
        rows: &[Row],
        bases: &Bases,
        files: &dyn ScenarioFiles,
        known: &mut BTreeMap<(String, usize), usize>,
    ) -> Result<Vec<Option<usize>>, ScenarioError> {
        let resolved: Vec<Result<Option<Point>, ScenarioError>> =
            rows.par_iter().map(|row| self.resolve((scenario, trace), axes, row, bases, files)).collect();
        let mut places = Vec::with_capacity(rows.len());
        for point in resolved {
            let Some(point) = point? else {
                self.excluded += 1;
                places.push(None);
                continue;
            };
            // The scenario belongs to the key: what one of them calls a failure is not what another does.
            let key = (point.digest.clone(), scenario);
            let next = self.points.len();
            let place = *known.entry(key).or_insert(next);
            if place == next {
                self.points.push(point);
            } else {
                self.repeated += 1;
            }
            places.push(Some(place));
        }
        Ok(places)
    }

    /// A row put into its scenario; nothing when a constraint excludes it.
    fn resolve(
        &self,
        (scenario, trace): (usize, Option<usize>),
        axes: &[usize],
        row: &[Place],
        bases: &Bases,
        files: &dyn ScenarioFiles,
    ) -> Result<Option<Point>, ScenarioError> {
        let settings = self.settings(trace, axes, row);
        let document = bases.with(scenario, &settings)?;
        if !self.is_admitted(&document, bases, scenario)? {
            return Ok(None);
        }
        Ok(Some(self.point(scenario, trace, row, &settings, document, files)))
    }

    /// Adds points of the first scenario, for a search that finds out as it goes: the index of each row's point, nothing
    /// for a row that a constraint excludes.
    ///
    /// # Errors
    /// When a value of an axis cannot be put into the scenario.
    pub(super) fn add(&mut self, rows: &[Row], files: &dyn ScenarioFiles) -> Result<Vec<Option<usize>>, ScenarioError> {
        let bases = Bases::new(&self.sweep)?;
        let mut known: BTreeMap<(String, usize), usize> = BTreeMap::new();
        for (index, point) in self.points.iter().enumerate() {
            known.entry((point.digest.clone(), point.scenario)).or_insert(index);
        }
        let axes: Vec<usize> = (0..self.sweep.axes.len()).collect();
        self.offer((0, None), &axes, rows, &bases, files, &mut known)
    }

    /// A plan without points, for a search.
    ///
    /// # Errors
    /// When a key names nothing.
    pub(super) fn empty(sweep: SweepFile, fidelity: &str) -> Result<Plan, ScenarioError> {
        let bases = Bases::new(&sweep)?;
        bases.check(&sweep)?;
        let first_seed = bases.documents[0].decode::<schema::ScenarioFile>().map_or(1, |file| file.seed);
        Ok(Plan {
            columns: columns(&sweep),
            points: Vec::new(),
            blocks: Vec::new(),
            seed: sweep.seed.unwrap_or(first_seed),
            fidelity: fidelity.to_string(),
            excluded: 0,
            repeated: 0,
            sweep,
        })
    }

    /// What a row puts into its scenario, beyond what all have in common.
    fn settings(&self, trace: Option<usize>, axes: &[usize], row: &[Place]) -> Vec<(String, Written)> {
        let mut settings = Vec::new();
        if let Some(written) = trace.map(|trace| &self.sweep.traces[trace]) {
            let key = if written.as_str().is_some() { "trace.file" } else { "trace" };
            settings.push((key.to_string(), written.clone()));
        }
        for (&axis, place) in axes.iter().zip(row) {
            let axis = &self.sweep.axes[axis];
            let values = match place {
                Place::Base => continue,
                Place::Level(level) => axis.level(*level),
                Place::Share(share) => axis.at(*share),
            };
            settings.extend(axis.keys.iter().cloned().zip(values));
        }
        settings
    }

    fn is_admitted(&self, document: &Document, bases: &Bases, scenario: usize) -> Result<bool, ScenarioError> {
        for (constraint, written) in &self.sweep.constraints {
            if !constraint.keys().iter().all(|key| concerns(key, &self.sweep.scenarios[scenario])) {
                continue;
            }
            let value_of = |key: &str| {
                let given = document.written(key).map(|written| written.to_toml());
                given.or_else(|| bases.resolved[scenario].as_ref()?.written(key).map(|written| written.to_toml()))
            };
            if !constraint.holds(&value_of).map_err(|message| written.error(message))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn point(
        &self,
        scenario: usize,
        trace: Option<usize>,
        row: &[Place],
        settings: &[(String, Written)],
        document: Document,
        files: &dyn ScenarioFiles,
    ) -> Point {
        let base = &self.sweep.scenarios[scenario];
        let mut cells: Vec<String> = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            cells.push(match column.as_str() {
                "scenario" if self.sweep.compares_scenarios => base.name.clone(),
                "trace" if !self.sweep.traces.is_empty() => {
                    trace.map(|trace| self.sweep.traces[trace].typed()).unwrap_or_default()
                }
                key if concerns(key, base) => document.written(key).map(|value| value.typed()).unwrap_or_default(),
                _ => String::new(),
            });
        }
        let fixed = self.sweep.fixed.iter().filter(|(key, _)| concerns(key, base));
        let typed: Vec<String> = base.changes.iter().chain(fixed).chain(settings).map(typed).collect();
        let mut point = Point {
            digest: String::new(),
            scenario,
            trace,
            cells,
            settings: typed,
            cost: 0.0,
            traffic: String::new(),
            policy: String::new(),
            currency: String::new(),
            fault: None,
            row: row.to_vec(),
        };
        match Loaded::from_document(document, files) {
            Ok(Loaded { scenario, .. }) => {
                let seconds = scenario.horizon.as_secs_f64();
                let requests = |trace: &windtunnel_traces::OpenTrace| {
                    trace.expected_requests(windtunnel_traces::SimTime::ZERO, scenario.end())
                };
                point.cost = scenario.open_trace().map_or(seconds, requests);
                point.traffic = scenario.traffic();
                point.policy = scenario.provider().title().to_string();
                point.currency = scenario.file.instance.price.currency.clone();
                point.digest = scenario.digest;
            }
            Err(error) => {
                point.digest = short_digest(&format!("{} {:?}", base.name, point.settings));
                point.fault = Some(error.diagnostics.first().map_or_else(String::new, |first| first.message.clone()));
            }
        }
        point
    }

    /// The scenario of a point, resolved again.
    ///
    /// # Errors
    /// When it cannot be, as when a file has vanished since the plan was made.
    pub fn scenario(&self, point: &Point, files: &dyn ScenarioFiles) -> Result<Scenario, ScenarioError> {
        let bases = Bases::new(&self.sweep)?;
        self.scenario_from(&bases, point, files)
    }

    pub(super) fn scenario_from(
        &self,
        bases: &Bases,
        point: &Point,
        files: &dyn ScenarioFiles,
    ) -> Result<Scenario, ScenarioError> {
        let axes: Vec<usize> = (0..self.sweep.axes.len())
            .filter(|&axis| self.sweep.concerns(&self.sweep.axes[axis], &self.sweep.scenarios[point.scenario]))
            .collect();
        let settings = self.settings(point.trace, &axes, &point.row);
        Ok(Loaded::again(bases.with(point.scenario, &settings)?, files, &point.digest)?.scenario)
    }

    /// What tells a point apart from its scenario, as keys and values.
    pub(super) fn varied(&self, point: usize) -> Vec<(String, Written)> {
        let axes: Vec<usize> = (0..self.sweep.axes.len()).collect();
        self.settings(self.points[point].trace, &axes, &self.points[point].row)
    }

    /// The scenario of a point as it would be written into one file: every written key, its bases merged, file names
    /// absolute.
    ///
    /// # Errors
    /// When it cannot be put together.
    pub(super) fn written_scenario(&self, point: usize) -> Result<toml::Table, ScenarioError> {
        let bases = Bases::new(&self.sweep)?;
        let mut document = bases.with(self.points[point].scenario, &self.varied(point))?;
        for key in FILE_KEYS {
            let Some(file) = document.get_str(key).map(str::to_string) else { continue };
            let path = document.base_dir_of(key).join(file);
            let path = std::path::absolute(&path).unwrap_or(path);
            document.set(&format!("{key}={}", toml::Value::String(path.display().to_string())))?;
        }
        Ok(document.to_toml())
    }

    /// The scenarios with what all points have in common.
    pub(super) fn bases(&self) -> Result<Bases, ScenarioError> {
        Bases::new(&self.sweep)
    }

    /// Identifies the plan: its runs, and how each is simulated.
    pub fn digest(&self) -> String {
        let replications = match &self.sweep.until {
            Some(until) => format!("{until:?}"),
            None => self.sweep.replications.to_string(),
        };
        let mut text = format!("{} {replications} {}\n", self.seed, self.fidelity);
        for point in &self.points {
            text.push_str(&point.digest);
            text.push('\n');
        }
        short_digest(&text)
    }

    /// A command that runs one point by itself.
    pub fn reproduction(&self, point: &Point, replication: u32) -> String {
        let path = self.sweep.scenarios[point.scenario].path.display().to_string();
        let mut command = format!("windtunnel run {}", shell_quoted(&path));
        for setting in &point.settings {
            command.push_str(&format!(" --set {}", shell_quoted(setting)));
        }
        let seed = self.seed.wrapping_add(u64::from(replication));
        command.push_str(&format!(" --seed {seed}"));
        if self.fidelity != "requests" {
            command.push_str(&format!(" --fidelity {}", self.fidelity));
        }
        command
    }
}

fn traces(sweep: &SweepFile) -> Vec<Option<usize>> {
    if sweep.traces.is_empty() { vec![None] } else { (0..sweep.traces.len()).map(Some).collect() }
}

fn columns(sweep: &SweepFile) -> Vec<String> {
    let scenario = sweep.compares_scenarios.then(|| "scenario".to_string());
    let trace = (!sweep.traces.is_empty()).then(|| "trace".to_string());
    scenario.into_iter().chain(trace).chain(sweep.axes.iter().flat_map(|axis| axis.keys.clone())).collect()
}

/// Keys of a scenario that name a file.
const FILE_KEYS: [&str; 3] = ["trace.file", "trace.arrivals", "hpa.manifest"];

/// `key=value` as after `--set`. A file name there is relative to the working directory, in a sweep to the sweep.
fn typed((key, written): &(String, Written)) -> String {
    let is_file = FILE_KEYS.contains(&key.as_str());
    match written.as_str().filter(|_| is_file) {
        Some(file) => format!("{key}={}", written.directory().join(file).display()),
        None => format!("{key}={}", written.typed()),
    }
}

fn shell_quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:%+,".contains(c);
    if text.chars().all(is_plain) { text.to_string() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The scenarios with what all points have in common.
#[derive(Clone, Debug)]
pub(super) struct Bases {
    documents: Vec<Document>,
    /// The same with every default, for constraints on what nobody wrote.
    resolved: Vec<Option<Document>>,
}

impl Bases {
    fn new(sweep: &SweepFile) -> Result<Bases, ScenarioError> {
        let mut documents = Vec::new();
        for scenario in &sweep.scenarios {
            let mut document = scenario.document.clone();
            for (key, written) in sweep.fixed.iter().filter(|(key, _)| concerns(key, scenario)) {
                document.place(key, written)?;
            }
            documents.push(document);
        }
        let resolved = documents.iter().map(with_defaults).collect();
        Ok(Bases { documents, resolved })
    }

    /// The first scenario.
    pub(super) fn first(&self) -> &Document {
        &self.documents[0]
    }

    fn with(&self, scenario: usize, settings: &[(String, Written)]) -> Result<Document, ScenarioError> {
        let mut document = self.documents[scenario].clone();
        for (key, written) in settings {
            document.place(key, written)?;
        }
        Ok(document)
    }

    /// Puts the first value of every axis into its scenarios: a key that names nothing is found before anything runs.
    fn check(&self, sweep: &SweepFile) -> Result<(), ScenarioError> {
        for (scenario, document) in self.documents.iter().enumerate() {
            document.decode::<schema::ScenarioFile>().map(|_| ())?;
            for axis in sweep.axes.iter().filter(|axis| sweep.concerns(axis, &sweep.scenarios[scenario])) {
                let levels = axis.len().unwrap_or(1);
                for level in 0..levels.min(CHECKED_LEVELS) {
                    let settings: Vec<_> = axis.keys.iter().cloned().zip(axis.level(level)).collect();
                    self.with(scenario, &settings)?.decode::<schema::ScenarioFile>().map(|_| ())?;
                }
            }
        }
        let concerns_none = |key: &str| !sweep.scenarios.iter().any(|scenario| concerns(key, scenario));
        if let Some(axis) = sweep.axes.iter().find(|axis| concerns_none(axis.name())) {
            let message = format!("`{}` concerns none of the scenarios", axis.name());
            return Err(axis.written.error(message).with_help("they have another controller").into());
        }
        if let Some((key, written)) = sweep.fixed.iter().find(|(key, _)| concerns_none(key)) {
            let message = format!("`{key}` concerns none of the scenarios");
            return Err(written.error(message).with_help("they have another controller").into());
        }
        Ok(())
    }
}

/// Levels of one axis whose kind is looked at before anything runs.
const CHECKED_LEVELS: usize = 1000;

fn with_defaults(document: &Document) -> Option<Document> {
    let file = document.decode::<schema::ScenarioFile>().ok()?;
    Document::parse_apart("defaults", &toml::to_string(&file).ok()?).ok()
}
