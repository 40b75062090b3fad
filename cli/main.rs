//! The command line of windtunnel: arguments, terminal output, files, exit codes. No simulation logic.

mod arguments;
mod artifacts;
mod backtest;
mod calibrate;
mod check;
mod compare;
mod completions;
mod currency;
mod demo;
mod diagnostics;
mod enforce;
mod error;
mod experiment;
mod export;
mod export_policy;
mod figures;
mod flags;
mod import;
mod init;
mod interrupt;
mod json;
mod loading;
mod man;
mod metrics;
mod output;
mod plots;
mod progress;
mod reaction;
mod report;
mod run;
mod schema;
mod show;
mod sweep;
mod terminal;
mod text_table;
mod trace;
mod tune;
mod validate;
mod vocabulary;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Verb};
use error::CliError;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help on a closed pipe is no failure: nobody is left to read about it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { error::USAGE } else { error::DONE });
        }
    };
    match dispatch(arguments) {
        Ok(()) => ExitCode::from(error::DONE),
        Err(error) => {
            diagnostics::show_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), CliError> {
    // Another verb: a file of its own, a variant in `arguments.rs`, a line here.
    match arguments.verb {
        None => terminal::print(arguments::INTRODUCTION),
        Some(Verb::Run(arguments)) => run::run(&arguments),
        Some(Verb::Compare(arguments)) => compare::run(&arguments),
        Some(Verb::Sweep(arguments)) => sweep::run(&arguments),
        Some(Verb::Tune(arguments)) => tune::run(&arguments),
        Some(Verb::Show(arguments)) => show::run(&arguments),
        Some(Verb::Trace(arguments)) => trace::run(&arguments),
        Some(Verb::Calibrate(arguments)) => calibrate::run(&arguments),
        Some(Verb::Check(arguments)) => check::run(&arguments),
        Some(Verb::Backtest(arguments)) => backtest::run(&arguments),
        Some(Verb::Metrics(arguments)) => metrics::run(&arguments),
        Some(Verb::Import(arguments)) => import::run(&arguments),
        Some(Verb::Export(arguments)) => export_policy::run(&arguments),
        Some(Verb::Validate(arguments)) => validate::run(&arguments),
        Some(Verb::LiveWorker(arguments)) => validate::worker(&arguments),
        Some(Verb::Init(arguments)) => init::run(&arguments),
        Some(Verb::Schema) => schema::run(),
        Some(Verb::Completions(arguments)) => completions::run(&arguments),
        Some(Verb::Man) => man::run(),
    }
}
