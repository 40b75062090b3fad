//! `windtunnel backtest`: recordings through a policy, open loop. What would it have decided, and why?

mod hpa;

use std::io::{stderr, stdout};

use crate::error::{CliError, Kind};

/// Replay recorded observations through a policy: what would it have decided, and why?
///
/// An HPA's recording has the pods and metrics of every sync. It replays the policy in the recording, or that of a
/// manifest; where the recording says what the real controller did, the decisions are compared.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel backtest recording.jsonl.gz
  windtunnel backtest recording.jsonl --hpa hpa.yaml --explain
  windtunnel backtest --prometheus week.json --hpa hpa.yaml --format json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    hpa: hpa::HpaBacktestArgs,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    match hpa::backtest(&arguments.hpa, &mut stdout().lock(), &mut stderr().lock()) {
        Ok(hpa::DIFFERENT) => Err(CliError::new(Kind::NotHeld, "decisions differ from the recording")),
        Ok(_) => Ok(()),
        Err(error) => Err(CliError::new(Kind::Input, error.to_string())),
    }
}
