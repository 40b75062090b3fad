//! `windtunnel backtest`: recorded observations through a policy, open loop.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use windtunnel_sim::backtest::prometheus::{PrometheusError, Recording};
use windtunnel_sim::backtest::reader::decompressed;
use windtunnel_sim::backtest::{
    Agreement, Comparison, Decided, Decision, PolicyError, ReadError, Record, Records, Replay, run,
};
use windtunnel_sim::controllers::hpa::manifest::{Manifest, ManifestError};
use windtunnel_sim::controllers::hpa::{ControllerFlags, DefaultedSpec};

use super::delivery::Kept;
use super::hpa_chart::HpaChart;

/// Exit code when a decision differs from the recorded one.
pub(crate) const DIFFERENT: u8 = 3;

/// Arguments of `windtunnel backtest` for HPAs.
#[derive(Debug, Clone, Args)]
pub(crate) struct HpaBacktestArgs {
    /// A recording: JSON lines, gzipped or not; `-` is standard input.
    #[arg(required_unless_present_any = ["prometheus", "scenario"], conflicts_with = "prometheus")]
    pub(crate) observations: Option<PathBuf>,

    /// The policy, as a manifest; else the one in the recording.
    #[arg(long, value_name = "MANIFEST")]
    pub(crate) hpa: Option<PathBuf>,

    /// Prometheus range-query JSON in place of a recording; needs --hpa.
    #[arg(long, value_name = "RANGE", requires = "hpa")]
    pub(crate) prometheus: Option<PathBuf>,

    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,

    /// Explain the first sync that differs from the recording; without expectations, every sync.
    #[arg(long)]
    pub(crate) explain: bool,
}

/// Output for people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One table for each scenario.
    Table,
    /// One JSON line for each scenario.
    Json,
}

/// Why a backtest could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BacktestError {
    /// A file that cannot be opened.
    #[error("{path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// A recording that cannot be read.
    #[error("{path}: {source}")]
    Recording {
        /// The file.
        path: String,
        /// Why not.
        source: ReadError,
    },
    /// A recorded policy that is invalid.
    #[error("{path}: {source}")]
    Policy {
        /// The file.
        path: String,
        /// Why.
        source: PolicyError,
    },
    /// A manifest that is no usable HPA.
    #[error("{path}: {source}")]
    Manifest {
        /// The file.
        path: String,
        /// Why not.
        source: ManifestError,
    },
    /// Prometheus data that cannot be used.
    #[error("{path}: {source}")]
    Prometheus {
        /// The file.
        path: String,
        /// Why not.
        source: PrometheusError,
    },
    /// The output cannot be written.
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the verb: results to `out`, notes and the agreement to `talk`, what is to be drawn is kept. Yields the exit code.
///
/// # Errors
/// When an input is at fault.
pub(crate) fn backtest(
    args: &HpaBacktestArgs,
    kept: Option<&mut Kept>,
    out: &mut dyn Write,
    talk: &mut dyn Write,
) -> Result<u8, BacktestError> {
    match backtest_to(args, kept, out, talk) {
        // Whoever reads has seen enough.
        Err(BacktestError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        result => result,
    }
}

fn backtest_to(
    args: &HpaBacktestArgs,
    kept: Option<&mut Kept>,
    out: &mut dyn Write,
    talk: &mut dyn Write,
) -> Result<u8, BacktestError> {
    let manifest = args.hpa.as_deref().map(read_manifest).transpose()?;
    for note in manifest.iter().flat_map(|manifest| &manifest.notes) {
        writeln!(talk, "note: {note}")?;
    }
    let mut printer = Printer { args, kept, out, talk };
    match (&args.prometheus, &manifest, &args.observations) {
        (Some(path), Some(manifest), _) => printer.prometheus(path, manifest),
        (_, _, Some(path)) => printer.recording(path, manifest.as_ref()),
        // The argument parser lets nothing else through.
        _ => Ok(0),
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn open(path: &Path) -> Result<Box<dyn Read>, BacktestError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|source| BacktestError::Open { path: name(path), source })?;
    Ok(Box::new(file))
}

fn read_text(path: &Path) -> Result<String, BacktestError> {
    let file = open(path)?;
    decompressed(file)
        .and_then(|(plain, _)| io::read_to_string(plain))
        .map_err(|source| BacktestError::Open { path: name(path), source })
}

fn read_manifest(path: &Path) -> Result<Manifest, BacktestError> {
    let refused = |source| BacktestError::Manifest { path: name(path), source };
    let manifest = Manifest::parse(&read_text(path)?).map_err(refused)?;
    // Says at once what is wrong, also when a recording has no scenario.
    policy(path, &manifest, &ControllerFlags::default())?;
    Ok(manifest)
}

fn policy(path: &Path, manifest: &Manifest, flags: &ControllerFlags) -> Result<DefaultedSpec, BacktestError> {
    manifest.policy(flags.gates).map_err(|errors| BacktestError::Manifest { path: name(path), source: errors.into() })
}

/// One line of JSON output.
#[derive(Serialize)]
struct JsonLine<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    assumptions: &'a [String],
    steps: &'a [Decision],
}

/// Where results go, and how.
struct Printer<'a> {
    args: &'a HpaBacktestArgs,
    kept: Option<&'a mut Kept>,
    out: &'a mut dyn Write,
    talk: &'a mut dyn Write,
}

impl Printer<'_> {
    fn recording(&mut self, path: &Path, manifest: Option<&Manifest>) -> Result<u8, BacktestError> {
        let unreadable = |source| BacktestError::Recording { path: name(path), source };
        let mut agreement = Agreement::default();
        for record in Records::new(open(path)?).map_err(unreadable)? {
            let (line, record) = record.map_err(unreadable)?;
            self.record(path, line, &record, manifest, &mut agreement)?;
        }
        if agreement.steps().0 > 0 {
            writeln!(self.talk, "{agreement}")?;
        }
        self.out.flush()?;
        let different = agreement.first_difference().is_some();
        Ok(if different { DIFFERENT } else { 0 })
    }

    fn record(
        &mut self,
        path: &Path,
        line: usize,
        record: &Record,
        manifest: Option<&Manifest>,
        agreement: &mut Agreement,
    ) -> Result<(), BacktestError> {
        let flags = record.controller.flags();
        let policy =
            manifest.map(|manifest| policy(self.args.hpa.as_deref().unwrap_or(path), manifest, &flags)).transpose()?;
        let mut page = Page::new(self.args, agreement.first_difference().is_none());
        page.line(&record.id);
        page.head();
        let mut chart = self.kept.is_some().then(HpaChart::default);
        let each = |decided: &Decided<'_>| {
            page.step(decided);
            if let Some(chart) = &mut chart {
                chart.step(decided);
            }
        };
        let comparison = run(line, record, policy.as_ref(), each)
            .map_err(|source| BacktestError::Policy { path: name(path), source })?;
        self.print(&record.id, &[], &page)?;
        self.keep(chart, &record.id, path);
        if comparison.compared > 0 {
            let Comparison { compared, agreeing, first } = comparison;
            agreement.add(&record.category, compared, agreeing, first);
        }
        Ok(())
    }

    fn prometheus(&mut self, path: &Path, manifest: &Manifest) -> Result<u8, BacktestError> {
        let flags = ControllerFlags::default();
        let policy = policy(self.args.hpa.as_deref().unwrap_or(path), manifest, &flags)?;
        let recording = Recording::parse(&read_text(path)?, manifest, &policy, &flags)
            .map_err(|source| BacktestError::Prometheus { path: name(path), source })?;
        let mut page = Page::new(self.args, true);
        page.line(&manifest.name);
        for assumption in recording.assumptions() {
            page.line(&format!("assumption: {assumption}"));
        }
        page.head();
        let mut replay = Replay::new(policy, flags, recording.template().clone());
        let mut chart = self.kept.is_some().then(HpaChart::default);
        for (index, step) in recording.steps().enumerate() {
            let decision = Decision::of(step.t, replay.step(&step, None));
            let decided = Decided {
                index,
                step: &step,
                decision,
                outcome: replay.hpa().outcome(),
                policy: replay.hpa().spec(),
                differences: Vec::new(),
            };
            page.step(&decided);
            if let Some(chart) = &mut chart {
                chart.step(&decided);
            }
        }
        self.print(&manifest.name, recording.assumptions(), &page)?;
        self.keep(chart, &manifest.name, path);
        self.out.flush()?;
        Ok(0)
    }

    /// Keeps what is to be drawn.
    fn keep(&mut self, chart: Option<HpaChart>, title: &str, path: &Path) {
        if let (Some(kept), Some(chart)) = (&mut self.kept, chart) {
            let differs = chart.differs();
            let file = path.file_name().map_or_else(|| name(path), |file| file.to_string_lossy().into_owned());
            kept.add(chart.finish(title, &format!("recording: {file}")), differs);
        }
    }

    /// JSON alone goes to `out`; prose then goes to `talk`.
    fn print(&mut self, id: &str, assumptions: &[String], page: &Page) -> Result<(), BacktestError> {
        if self.args.format == Format::Json {
            let line = JsonLine { id, assumptions, steps: &page.decisions };
            serde_json::to_writer(&mut *self.out, &line).map_err(io::Error::from)?;
            writeln!(self.out)?;
            write!(self.talk, "{}", page.explanations)?;
        } else {
            write!(self.out, "{}{}", page.table, page.explanations)?;
            writeln!(self.out)?;
        }
        Ok(())
    }
}

/// What is to be printed of one scenario.
struct Page {
    format: Format,
    explain: bool,
    /// Whether a difference is still to be explained.
    undiscovered: bool,
    decisions: Vec<Decision>,
    table: String,
    explanations: String,
}

impl Page {
    fn new(args: &HpaBacktestArgs, undiscovered: bool) -> Self {
        Self {
            format: args.format,
            explain: args.explain,
            undiscovered,
            decisions: Vec::new(),
            table: String::new(),
            explanations: String::new(),
        }
    }

    fn line(&mut self, text: &str) {
        if self.format == Format::Table {
            self.table.push_str(text.trim_end());
            self.table.push('\n');
        }
    }

    fn head(&mut self) {
        self.line(&row("t", "replicas", "raw", "desired", "why"));
    }

    fn step(&mut self, decided: &Decided<'_>) {
        match self.format {
            Format::Json => self.decisions.push(decided.decision.clone()),
            Format::Table => self.row(decided),
        }
        if self.explain {
            self.explain(decided);
        }
    }

    fn row(&mut self, decided: &Decided<'_>) {
        let Decided { step, decision, outcome, .. } = decided;
        let raw = decision.raw.map_or_else(|| "-".to_owned(), |raw| raw.to_string());
        let mut why = outcome.summary(decided.policy);
        for (field, expected, decided) in &decided.differences {
            why.push_str(&format!("; DIFFERS: {field} {decided}, expected {expected}"));
        }
        let cells = [step.t.to_string(), step.spec.to_string(), decision.desired.to_string()];
        self.line(&row(&cells[0], &cells[1], &raw, &cells[2], &why));
    }

    fn explain(&mut self, decided: &Decided<'_>) {
        let wanted = match &decided.step.exp {
            None => true,
            Some(_) => self.undiscovered && !decided.differences.is_empty(),
        };
        if !wanted {
            return;
        }
        if decided.step.exp.is_some() {
            self.undiscovered = false;
            self.explanations.push_str(&format!("first difference, step {}:", decided.index));
            for (field, expected, ours) in &decided.differences {
                self.explanations.push_str(&format!(" {field} {ours}, expected {expected};"));
            }
            self.explanations.push('\n');
        }
        let explanation = decided.outcome.explain(decided.policy).to_string();
        match (self.format, decided.step.exp.is_some()) {
            // Below its row.
            (Format::Table, false) => self.table.push_str(&explanation),
            _ => self.explanations.push_str(&explanation),
        }
    }
}

fn row(t: &str, replicas: &str, raw: &str, desired: &str, why: &str) -> String {
    format!("{t:>12} {replicas:>8} {raw:>6} {desired:>7}  {why}")
}
