//! `windtunnel man`: the manual page, in roff.

use clap::CommandFactory;

use crate::error::{CliError, Kind};
use crate::terminal;

/// Runs the verb: the page of the program, then a page for each verb.
pub(crate) fn run() -> Result<(), CliError> {
    let mut command = crate::arguments::Arguments::command();
    command.build();
    let mut page = Vec::new();
    let mut render = |command: clap::Command| clap_mangen::Man::new(command).render(&mut page);
    let pages = std::iter::once(command.clone())
        .chain(command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned());
    for command in pages {
        // A page calls itself by its whole name, such as windtunnel-run.
        let name = command.get_display_name().unwrap_or(command.get_name()).to_string();
        render(command.name(name))
            .map_err(|error| CliError::new(Kind::Input, format!("cannot make the manual page: {error}")))?;
    }
    terminal::print_raw(&page)
}
