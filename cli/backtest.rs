//! `windtunnel backtest`: recordings through a policy, open loop. What would it have decided, and why?

mod alarm_chart;
mod alarms;
mod delivery;
mod hpa;
mod hpa_chart;

use std::io::{ErrorKind, stderr, stdout};

use crate::error::{CliError, Kind};
use alarms::AlarmBacktestError;
use delivery::Kept;

/// Replay recorded observations through a policy: what would it have decided, and why?
///
/// An HPA's recording has the pods and metrics of every sync. It replays the policy in the recording, or that of a
/// manifest; where the recording says what the real controller did, the decisions are compared.
///
/// The alarms of a cloud need the values of their metrics: --scenario gives the policy, --metrics the values. Values are
/// visible at once and alarms are evaluated without a delay, unless the scenario's assumptions state one.
///
/// A chart goes to a folder: the values with their thresholds, the states of the alarms, what was requested, accepted and
/// rejected, and the desired capacity.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel backtest recording.jsonl.gz
  windtunnel backtest recording.jsonl --hpa hpa.yaml --explain
  windtunnel backtest --prometheus week.json --hpa hpa.yaml --format json
  windtunnel backtest --scenario ess.toml --metrics cpu.csv --until 7200
  windtunnel backtest --scenario ess.toml --metrics cpu.csv --out results && windtunnel plot results --theme dark")]
pub(crate) struct Arguments {
    #[command(flatten)]
    hpa: hpa::HpaBacktestArgs,

    #[command(flatten)]
    alarms: alarms::AlarmBacktestArgs,

    #[command(flatten)]
    delivery: delivery::DeliveryArgs,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    arguments.delivery.check()?;
    let is_json = matches!(arguments.hpa.format, hpa::Format::Json);
    let mut kept = arguments.delivery.is_wanted(is_json).then(Kept::default);
    let agrees = if arguments.alarms.scenario.is_some() {
        run_alarms(arguments, is_json, kept.as_mut())?;
        true
    } else {
        let replayed = hpa::backtest(&arguments.hpa, kept.as_mut(), &mut stdout().lock(), &mut stderr().lock());
        replayed.map_err(|error| CliError::new(Kind::Input, error.to_string()))? != hpa::DIFFERENT
    };
    if let Some(kept) = kept {
        arguments.delivery.deliver(kept, is_json)?;
    }
    if agrees { Ok(()) } else { Err(CliError::new(Kind::NotHeld, "decisions differ from the recording")) }
}

fn run_alarms(arguments: &Arguments, json: bool, kept: Option<&mut Kept>) -> Result<(), CliError> {
    match alarms::run(&arguments.alarms, json, kept, &mut stdout().lock(), &mut stderr().lock()) {
        Ok(()) => Ok(()),
        Err(AlarmBacktestError::Scenario(error)) => Err(error.into()),
        Err(AlarmBacktestError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
            Err(CliError::new(Kind::BrokenPipe, error.to_string()))
        }
        Err(error) => Err(CliError::new(Kind::Input, error.to_string())),
    }
}
