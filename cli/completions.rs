//! `windtunnel completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::error::CliError;
use crate::terminal;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel completions bash > ~/.local/share/bash-completion/completions/windtunnel
  windtunnel completions zsh > ~/.zfunc/_windtunnel
  windtunnel completions fish > ~/.config/fish/completions/windtunnel.fish")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::arguments::Arguments::command(), "windtunnel", &mut script);
    terminal::print_raw(&script)
}
