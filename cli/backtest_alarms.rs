//! `windtunnel backtest --scenario FILE --metrics FILE`: recorded values through a cloud's alarms and rules, open loop.

use std::io::{self, Write};
use std::path::Path;

use windtunnel_sim::backtest::alarms::{BacktestError, BacktestOptions, CloudPolicy, backtest};
use windtunnel_traces::SimTime;

/// Why the verb failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AlarmBacktestError {
    /// The policy or the recording is at fault.
    #[error(transparent)]
    Input(#[from] BacktestError),
    /// The output cannot be written.
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the policy over the recording, up to and including `until`, and prints a table, or one line of JSON.
/// Warnings about the policy go to `talk`.
///
/// # Errors
/// When an input is at fault.
pub(crate) fn backtest_alarms(
    policy: &CloudPolicy,
    metrics: &Path,
    until: Option<SimTime>,
    json: bool,
    out: &mut dyn Write,
    talk: &mut dyn Write,
) -> Result<(), AlarmBacktestError> {
    let options = BacktestOptions { until, ..BacktestOptions::default() };
    let report = backtest(policy, metrics, &options)?;
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
