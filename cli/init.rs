//! `windtunnel init [PATH]`: a commented scenario to start from.

use std::path::PathBuf;

use crate::error::{CliError, Kind};
use crate::{output, terminal};

const STARTER: &str = include_str!("starter.toml");

/// Write a commented scenario to start from
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  windtunnel init my.toml && windtunnel run my.toml")]
pub(crate) struct Arguments {
    /// Where to write it; `-` prints it
    #[arg(default_value = "scenario.toml")]
    path: PathBuf,
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let path = &arguments.path;
    if path.as_os_str() == "-" {
        return terminal::print_raw(STARTER.as_bytes());
    }
    if path.is_dir() {
        return Err(CliError::new(Kind::Input, format!("`{}` is a directory", path.display()))
            .hint(format!("name a file, such as `{}`", path.join("scenario.toml").display())));
    }
    if path.exists() && !arguments.force {
        return Err(CliError::new(Kind::Input, format!("`{}` already exists", path.display()))
            .hint("name another file, or replace it with --force"));
    }
    output::write_file(path, STARTER.as_bytes())?;
    terminal::say(&format!("wrote {0}; try\n  windtunnel run {0}", path.display()));
    Ok(())
}
