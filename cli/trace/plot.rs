//! `windtunnel trace plot FILE...`: a picture of a recording.

use std::path::PathBuf;

use windtunnel_plots::{ChartOptions, Format};

use super::drawing::title;
use super::import::refuse_existing;
use super::input::{InputFlags, show_notes};
use crate::error::{CliError, Kind};
use crate::{diagnostics, output, terminal};

/// Draw a recording: its rate with gaps and saturated stretches, its day, its burstiness
///
/// It takes whatever `trace import` takes, and the traces that it writes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel trace plot traffic.csv -o traffic.svg
  windtunnel trace plot access.log.gz -o traffic.png")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    /// Where to draw it: an .svg or a .png
    #[arg(long, short, visible_alias = "out", value_name = "FILE", default_value = "traffic.svg")]
    output: PathBuf,
    /// A font file for glyphs that the built-in typeface lacks
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let format = match arguments.output.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Format::Svg,
        Some("png") => Format::Png,
        _ => {
            return Err(CliError::new(
                Kind::Usage,
                format!("`{}` is neither .svg nor .png", arguments.output.display()),
            )
            .hint("name a file such as traffic.svg"));
        }
    };
    refuse_existing(Some(&arguments.output), arguments.force)?;
    let recorded = arguments.input.read(false)?;
    if !arguments.input.quiet {
        show_notes(&recorded);
    }
    let options = ChartOptions { font: arguments.font.clone(), ..ChartOptions::default() };
    let failed = |error| CliError::new(Kind::Input, format!("the picture cannot be drawn: {error}"));
    let picture = windtunnel_plots::traffic(&recorded, &title(&recorded), &options).map_err(failed)?;
    for warning in picture.warnings() {
        diagnostics::warn(warning, Some("give a font that has them with --font"));
    }
    output::write_file(&arguments.output, &picture.bytes(format).map_err(failed)?)?;
    terminal::say(&format!("wrote {}", arguments.output.display()));
    Ok(())
}
