//! The command line of windtunnel.

mod backtest;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A wind tunnel for autoscaling policies.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Recorded observations through a policy: what would it have decided, and why?
    Backtest(backtest::HpaBacktestArgs),
}

fn main() -> ExitCode {
    let Verb::Backtest(args) = Cli::parse().verb;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut talk = io::stderr();
    match backtest::backtest(&args, &mut out, &mut talk) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let flushed = out.flush();
            let told = writeln!(talk, "error: {error}");
            debug_assert!(flushed.and(told).is_ok());
            ExitCode::FAILURE
        }
    }
}
