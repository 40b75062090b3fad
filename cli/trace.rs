//! `windtunnel trace`: recorded and generated traffic.

mod drawing;
mod generate;
mod import;
mod info;
pub(crate) mod input;
mod plot;

use crate::error::CliError;

/// Traffic: import logs and exports, look at them, draw them, generate more
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel trace import access.log.gz -o traffic.csv
  windtunnel trace info traffic.csv
  windtunnel trace generate --like traffic.csv --days 30 -o month.csv
  windtunnel run my.toml --set trace.file=traffic.csv")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Import(import::Arguments),
    Info(info::Arguments),
    Plot(plot::Arguments),
    Generate(generate::Arguments),
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    match &arguments.verb {
        Verb::Import(arguments) => import::run(arguments),
        Verb::Info(arguments) => info::run(arguments),
        Verb::Plot(arguments) => plot::run(arguments),
        Verb::Generate(arguments) => generate::run(arguments),
    }
}
