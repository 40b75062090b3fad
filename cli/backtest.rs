//! `windtunnel backtest`: recordings through a policy, open loop. What would it have decided, and why?

mod alarms;
mod hpa;

use std::io::{ErrorKind, stderr, stdout};

use crate::error::{CliError, Kind};
use alarms::AlarmBacktestError;

/// Replay recorded observations through a policy: what would it have decided, and why?
///
/// An HPA's recording has the pods and metrics of every sync. It replays the policy in the recording, or that of a
/// manifest; where the recording says what the real controller did, the decisions are compared.
///
/// The alarms of a cloud need the values of their metrics: --scenario gives the policy, --metrics the values. Values are
/// visible at once and alarms are evaluated without a delay, unless the scenario's assumptions state one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel backtest recording.jsonl.gz
  windtunnel backtest recording.jsonl --hpa hpa.yaml --explain
  windtunnel backtest --prometheus week.json --hpa hpa.yaml --format json
  windtunnel backtest --scenario ess.toml --metrics cpu.csv --until 7200")]
pub(crate) struct Arguments {
    #[command(flatten)]
    hpa: hpa::HpaBacktestArgs,

    #[command(flatten)]
    alarms: alarms::AlarmBacktestArgs,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.alarms.scenario.is_some() {
        return run_alarms(arguments);
    }
    match hpa::backtest(&arguments.hpa, &mut stdout().lock(), &mut stderr().lock()) {
        Ok(hpa::DIFFERENT) => Err(CliError::new(Kind::NotHeld, "decisions differ from the recording")),
        Ok(_) => Ok(()),
        Err(error) => Err(CliError::new(Kind::Input, error.to_string())),
    }
}

fn run_alarms(arguments: &Arguments) -> Result<(), CliError> {
    let json = matches!(arguments.hpa.format, hpa::Format::Json);
    match alarms::run(&arguments.alarms, json, &mut stdout().lock(), &mut stderr().lock()) {
        Ok(()) => Ok(()),
        Err(AlarmBacktestError::Scenario(error)) => Err(error.into()),
        Err(AlarmBacktestError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
            Err(CliError::new(Kind::BrokenPipe, error.to_string()))
        }
        Err(error) => Err(CliError::new(Kind::Input, error.to_string())),
    }
}
