//! `windtunnel backtest --scenario FILE --metrics FILE`: recorded values through a cloud's alarms and rules, open loop.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use windtunnel_sim::backtest::alarms::{
    BacktestError, BacktestOptions, CloudPolicy, backtest_recorded, read_recording,
};
use windtunnel_sim::backtest::open_loop::OpenLoopFleet;
use windtunnel_sim::scenario::document::{DiskFiles, Document, ScenarioError};
use windtunnel_traces::{SimDuration, SimTime};

use super::alarm_chart;
use super::delivery::Kept;

/// Arguments of `windtunnel backtest` for the alarms of a cloud.
#[derive(Debug, Clone, Args)]
pub(crate) struct AlarmBacktestArgs {
    /// The policy: the ess, aws or tencent table of a scenario; nothing else of the scenario is needed.
    #[arg(long, value_name = "SCENARIO", requires = "metrics", conflicts_with_all = ["observations", "prometheus", "hpa", "explain"])]
    pub(crate) scenario: Option<PathBuf>,

    /// The recorded values of its alarms: CSV `seconds,<metric>,...`, or the JSON of get-metric-data,
    /// get-metric-statistics or DescribeMetricList.
    #[arg(long, value_name = "FILE", requires = "scenario")]
    pub(crate) metrics: Option<PathBuf>,

    /// The last evaluation, in seconds since the start; by default the end of the recording.
    #[arg(long, value_name = "SECONDS", requires = "scenario", value_parser = seconds)]
    pub(crate) until: Option<SimTime>,

    /// How long a launch takes, in seconds, until the instance is in service and the cooldown begins; nothing by default.
    #[arg(long, value_name = "SECONDS", requires = "scenario", value_parser = seconds)]
    pub(crate) launch: Option<SimTime>,

    /// How long a removal takes, in seconds; nothing by default.
    #[arg(long, value_name = "SECONDS", requires = "scenario", value_parser = seconds)]
    pub(crate) removal: Option<SimTime>,

    /// Set a key of the policy, as in `aws.alarm.cpu-high.threshold=60`.
    #[arg(long, value_name = "PATH=VALUE", requires = "scenario")]
    pub(crate) set: Vec<String>,
}

/// Seconds, with or without their unit.
fn seconds(text: &str) -> Result<SimTime, String> {
    let length = match text.parse::<f64>() {
        Ok(number) if (0.0..1e10).contains(&number) => SimDuration::from_secs_f64(number),
        Ok(_) => return Err("not a time that can be evaluated".to_string()),
        Err(_) => text.parse::<SimDuration>().map_err(|error| error.to_string())?,
    };
    Ok(SimTime::ZERO + length)
}

/// Why the verb failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AlarmBacktestError {
    /// The scenario cannot be read.
    #[error("the scenario is at fault")]
    Scenario(#[from] ScenarioError),
    /// The policy or the recording is at fault.
    #[error(transparent)]
    Input(#[from] BacktestError),
    /// The output cannot be written.
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the policy over the recording, up to and including the last evaluation, and prints a table, or one line of JSON.
/// Warnings about the policy go to `talk`; what is to be drawn is kept.
///
/// # Errors
/// When an input is at fault.
pub(crate) fn run(
    args: &AlarmBacktestArgs,
    json: bool,
    kept: Option<&mut Kept>,
    out: &mut dyn Write,
    talk: &mut dyn Write,
) -> Result<(), AlarmBacktestError> {
    let (Some(scenario), Some(metrics)) = (&args.scenario, &args.metrics) else { return Ok(()) };
    let mut document = Document::load(scenario, &DiskFiles)?;
    for assignment in &args.set {
        document.set(assignment)?;
    }
    let policy = CloudPolicy::from_document(&document)?;
    let takes = |time: Option<SimTime>| time.map_or(SimDuration::ZERO, |time| time - SimTime::ZERO);
    let fleet = OpenLoopFleet { launch: takes(args.launch), removal: takes(args.removal) };
    let options = BacktestOptions { until: args.until, fleet, ..BacktestOptions::default() };
    let recorded = read_recording(&policy, metrics, &options)?;
    let report = backtest_recorded(&policy, &recorded, &options).map_err(BacktestError::from)?;
    if let Some(kept) = kept {
        kept.add(alarm_chart::chart(&report, &recorded, scenario, metrics), false);
    }
    for warning in &report.warnings {
        writeln!(talk, "warning: {warning}")?;
    }
    if json {
        serde_json::to_writer(&mut *out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}
