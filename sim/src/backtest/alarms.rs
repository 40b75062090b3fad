//! `backtest` of alarms: recorded values through a provider's alarms and rules. Prints the state of every alarm over time,
//! and every activity that would have been requested, accepted or rejected, and why.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use windtunnel_traces::{SimTime, Streams};

use super::metrics_file::{self, MetricsFileError};
use super::open_loop::{OpenLoopFleet, Replay, replay};
use super::recorded_metrics::RecordedMetrics;
use crate::controllers::cloud::words::StatisticWord;
use crate::controllers::cloud::{
    AwsConfig, Calendar, CloudConfig, EssConfig, Invalid, Problem, Provider, Severity, TencentConfig, metric_of,
    resolve_percentile,
};
use crate::controllers::decision::{ActivityKind, ActivityOutcome, AlarmState, Controller, Metric, Statistic};
use crate::scenario::document::{Diagnostic, Document, ScenarioError};

/// The policy to test: one provider's table of a scenario.
#[derive(Clone, Debug)]
pub enum CloudPolicy {
    /// `[ess]`
    Ess(EssConfig),
    /// `[aws]`
    Aws(AwsConfig),
    /// `[tencent]`
    Tencent(TencentConfig),
}

/// Why a backtest cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The policy is at fault.
    #[error(transparent)]
    Policy(#[from] Invalid),
    /// The recording is at fault.
    #[error("{path}: {source}")]
    Metrics {
        /// The file, as it was given.
        path: String,
        /// Why.
        source: MetricsFileError,
    },
}

/// The tables of a scenario that a backtest reads; the rest may be there or not.
#[derive(Deserialize)]
struct PolicyTables {
    ess: Option<EssConfig>,
    aws: Option<AwsConfig>,
    tencent: Option<TencentConfig>,
}

impl CloudPolicy {
    /// The policy of a scenario, checked.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn from_document(document: &Document) -> Result<CloudPolicy, ScenarioError> {
        let tables: PolicyTables = document.decode()?;
        let policy = match (tables.ess, tables.aws, tables.tencent) {
            (Some(config), None, None) => CloudPolicy::Ess(config),
            (None, Some(config), None) => CloudPolicy::Aws(config),
            (None, None, Some(config)) => CloudPolicy::Tencent(config),
            (None, None, None) => {
                return Err(document
                    .error_at("", "there is no [ess], [aws] or [tencent] table to take a policy from")
                    .into());
            }
            _ => return Err(document.error_at("", "there are several controllers; a backtest takes one").into()),
        };
        let errors = policy.group().validate().into_iter().filter(|p| p.severity == Severity::Error);
        let diagnostics: Vec<Diagnostic> = errors.map(|p| document.error_at(&p.path, p.message)).collect();
        if diagnostics.is_empty() { Ok(policy) } else { Err(ScenarioError { diagnostics }) }
    }

    fn provider(&self) -> Provider {
        match self {
            CloudPolicy::Ess(_) => Provider::Ess,
            CloudPolicy::Aws(_) => Provider::Aws,
            CloudPolicy::Tencent(_) => Provider::Tencent,
        }
    }

    /// By which statistic of which metric each alarm goes, by the alarm's name.
    fn statistics(&self) -> Vec<(String, Metric, Statistic)> {
        let provider = self.provider();
        let row = |name: &str, metric: &str, statistic: StatisticWord| {
            metric_of(provider, metric).map(|metric| (name.to_string(), metric, statistic.0))
        };
        match self {
            CloudPolicy::Ess(config) => {
                let expressions = config
                    .alarm
                    .iter()
                    .filter(|a| a.enabled)
                    .flat_map(|a| a.expression.iter().filter_map(move |e| row(&a.name, &e.metric, e.statistic)));
                let alarms = config.alarm.iter().filter(|a| a.enabled);
                alarms.filter_map(|a| row(&a.name, &a.metric, a.statistic)).chain(expressions).collect()
            }
            CloudPolicy::Aws(config) => {
                config.alarm.iter().filter_map(|a| row(&a.name, &a.metric, a.statistic)).collect()
            }
            CloudPolicy::Tencent(config) => {
                let alarms = config.all_alarms();
                alarms.iter().filter(|a| a.enabled).filter_map(|a| row(&a.name, &a.metric, a.statistic)).collect()
            }
        }
    }

    fn group(&self) -> &dyn CloudConfig {
        match self {
            CloudPolicy::Ess(config) => config,
            CloudPolicy::Aws(config) => config,
            CloudPolicy::Tencent(config) => config,
        }
    }

    /// The controller, evaluated without the delays that the scenario leaves open.
    fn controller(&self, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
        self.group().without_delays().controller(Streams::new(0), calendar)
    }
}

/// How a backtest is run.
#[derive(Clone, Debug, Default)]
pub struct BacktestOptions {
    /// The last evaluation; the end of the recording when absent.
    pub until: Option<SimTime>,
    /// How long the fleet takes to obey; nothing unless given.
    pub fleet: OpenLoopFleet,
    /// The calendar of schedules; that of the recording when absent.
    pub calendar: Option<Calendar>,
}

/// What the backtest found, as its JSON is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestReport {
    /// Version of the format.
    pub version: u32,
    /// The last evaluation, in seconds.
    pub until: f64,
    /// Every alarm with its state over time.
    pub alarms: Vec<AlarmReport>,
    /// Every composite alarm with its state over time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composites: Vec<CompositeReport>,
    /// Every decision in order of time.
    pub decisions: Vec<DecisionReport>,
    /// The desired capacity, whenever it changed.
    pub desired: Vec<Capacity>,
    /// Warnings about the policy.
    pub warnings: Vec<Problem>,
}

/// An alarm and its states.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmReport {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub metric: String,
    /// The same, for charts.
    #[serde(skip)]
    pub watched: Metric,
    /// How.
    pub comparison: &'static str,
    /// Against what.
    pub threshold: f64,
    /// Its state over time: one entry per change, the first at 0.
    pub state: Vec<StateReport>,
}

/// A composite alarm and its states.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompositeReport {
    /// Its name.
    pub name: String,
    /// Its state over time: one entry per change, the first at 0.
    pub state: Vec<StateReport>,
}

/// A state that an alarm went into.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateReport {
    /// When, in seconds.
    pub seconds: f64,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// The values that put it there.
    pub reason: String,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionReport {
    /// When the rule was invoked, in seconds.
    pub seconds: f64,
    /// `accepted` or `rejected`.
    pub decision: &'static str,
    /// The vendor's word for what came of it.
    pub status: String,
    /// `scale out`, `scale in`, `scheduled`, `replace`.
    pub kind: String,
    /// The rule or policy.
    pub policy: Option<String>,
    /// The alarm behind it.
    pub alarm: Option<String>,
    /// Capacity before.
    pub from: u32,
    /// Capacity after.
    pub to: u32,
    /// When its activity began, in seconds.
    pub started: Option<f64>,
    /// When its activity ended, in seconds.
    pub ended: Option<f64>,
    /// Why, in the vendor's words.
    pub cause: String,
    /// Why not, in the vendor's words.
    pub rejected_because: Option<String>,
}

/// The desired capacity from an instant on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacity {
    /// When, in seconds.
    pub seconds: f64,
    /// Instances wanted.
    pub desired: u32,
}

/// Reads a recording and runs a policy over it.
///
/// # Errors
/// When the policy or the recording is at fault.
pub fn backtest(
    policy: &CloudPolicy,
    metrics: &Path,
    options: &BacktestOptions,
) -> Result<BacktestReport, BacktestError> {
    let recorded = read_recording(policy, metrics, options)?;
    Ok(backtest_recorded(policy, &recorded, options)?)
}

/// Reads what a policy's alarms watch from a recording.
///
/// # Errors
/// When the policy or the recording is at fault.
pub fn read_recording(
    policy: &CloudPolicy,
    metrics: &Path,
    options: &BacktestOptions,
) -> Result<RecordedMetrics, BacktestError> {
    let watched = watched(policy)?;
    let recorded = metrics_file::read(metrics, policy.provider(), &watched)
        .map_err(|source| BacktestError::Metrics { path: metrics.display().to_string(), source })?;
    refuse_other_statistics(policy, &recorded)
        .map_err(|source| BacktestError::Metrics { path: metrics.display().to_string(), source })?;
    if recorded.is_empty() && options.until.is_none() {
        let source = MetricsFileError::Content("there is no value in it, so it has no end; say until when".to_string());
        return Err(BacktestError::Metrics { path: metrics.display().to_string(), source });
    }
    Ok(recorded)
}

/// An alarm is evaluated by the statistic that it names. Where a recording has statistics by name, that one must be there.
fn refuse_other_statistics(policy: &CloudPolicy, recorded: &RecordedMetrics) -> Result<(), MetricsFileError> {
    for (alarm, metric, statistic) in policy.statistics() {
        let (metric, statistic) = resolve_percentile(metric, statistic);
        if recorded.lacks(metric, statistic) {
            return Err(MetricsFileError::Content(format!(
                "alarm `{alarm}` goes by the {} of {metric:?}, and not every datapoint holds that; record it as well",
                StatisticWord(statistic)
            )));
        }
    }
    Ok(())
}

/// The metrics that the policy's alarms watch, each once.
pub fn watched(policy: &CloudPolicy) -> Result<Vec<Metric>, Invalid> {
    let mut metrics = policy.controller(&Calendar::default())?.metrics();
    metrics.sort();
    metrics.dedup();
    Ok(metrics)
}

/// Runs a policy over values that are already read.
pub fn backtest_recorded(
    policy: &CloudPolicy,
    recorded: &RecordedMetrics,
    options: &BacktestOptions,
) -> Result<BacktestReport, Invalid> {
    let own = || recorded.origin().map(|start| Calendar { start, ..Calendar::default() });
    let calendar = options.calendar.clone().or_else(own).unwrap_or_default();
    let mut controller = policy.controller(&calendar)?;
    let (views, composites) = (controller.alarms(), controller.composite_alarms());
    let until = options.until.unwrap_or_else(|| recorded.end());
    let replay = replay(&mut *controller, recorded, policy.group().initial_capacity(), options.fleet, until);
    let alarms = views.iter().map(|view| AlarmReport {
        name: view.name.clone(),
        metric: format!("{:?}", view.metric),
        watched: view.metric,
        comparison: view.comparison,
        threshold: view.threshold,
        state: states(&replay, &view.name),
    });
    Ok(BacktestReport {
        version: 1,
        until: until.as_secs_f64(),
        alarms: alarms.collect(),
        composites: composites
            .into_iter()
            .map(|name| CompositeReport { state: states(&replay, &name), name })
            .collect(),
        decisions: decisions(&replay),
        desired: replay.desired.iter().map(|(t, n)| Capacity { seconds: t.as_secs_f64(), desired: *n }).collect(),
        warnings: policy.group().validate().into_iter().filter(|p| p.severity == Severity::Warning).collect(),
    })
}

fn states(replay: &Replay, alarm: &str) -> Vec<StateReport> {
    let start = StateReport {
        seconds: 0.0,
        state: AlarmState::InsufficientData.to_string(),
        reason: "no evaluation yet".to_string(),
    };
    let changes = replay.alarm_changes.iter().filter(|c| c.alarm == alarm);
    let changes =
        changes.map(|c| StateReport { seconds: c.at.as_secs_f64(), state: c.to.to_string(), reason: c.reason.clone() });
    std::iter::once(start).chain(changes).collect()
}

fn decisions(replay: &Replay) -> Vec<DecisionReport> {
    let mut records: Vec<_> = replay.activities.iter().filter(|a| a.kind != ActivityKind::Lost).collect();
    records.sort_by_key(|a| a.decided);
    let report = records.into_iter().map(|a| {
        let rejected = a.status.outcome == ActivityOutcome::Rejected;
        DecisionReport {
            seconds: a.decided.as_secs_f64(),
            decision: if rejected { "rejected" } else { "accepted" },
            status: a.status.to_string(),
            kind: a.kind.to_string(),
            policy: a.policy.clone(),
            alarm: a.alarm.clone(),
            from: a.from,
            to: a.to,
            started: (!rejected).then_some(a.at.as_secs_f64()),
            ended: if rejected { None } else { a.end.map(SimTime::as_secs_f64) },
            cause: a.cause.clone(),
            rejected_because: a.rejected_because.clone(),
        }
    });
    report.collect()
}

impl fmt::Display for BacktestReport {
    /// The report for a terminal: alarms first, then decisions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alarm in &self.alarms {
            writeln!(f, "alarm {} ({} {} {})", alarm.name, alarm.metric, alarm.comparison, alarm.threshold)?;
            for state in &alarm.state {
                writeln!(f, "  {:>9} s  {:<17}  {}", state.seconds, state.state, state.reason)?;
            }
        }
        for composite in &self.composites {
            writeln!(f, "composite alarm {}", composite.name)?;
            for state in &composite.state {
                writeln!(f, "  {:>9} s  {:<17}  {}", state.seconds, state.state, state.reason)?;
            }
        }
        if self.decisions.is_empty() {
            return writeln!(f, "no decision until {} s", self.until);
        }
        writeln!(f, "decisions until {} s", self.until)?;
        for d in &self.decisions {
            let policy = d.policy.as_deref().unwrap_or("-");
            write!(f, "  {:>9} s  {:<12}  {} → {}  {policy}", d.seconds, d.status, d.from, d.to)?;
            writeln!(f, "  {}", d.rejected_because.as_deref().unwrap_or(&d.cause))?;
        }
        Ok(())
    }
}
