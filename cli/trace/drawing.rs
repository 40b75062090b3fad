//! The picture beside a trace: `traffic.csv.svg` for `traffic.csv`.

use std::path::{Path, PathBuf};

use windtunnel_plots::{ChartOptions, PlotError};
use windtunnel_traces::import::Recorded;

use super::import::refuse_existing;
use crate::error::{CliError, Kind};
use crate::{diagnostics, output, terminal};

/// Whether a trace gets a picture.
#[derive(Debug, clap::Args)]
pub(crate) struct DrawingFlags {
    /// Draw no picture beside the trace
    #[arg(long)]
    no_plots: bool,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
}

impl DrawingFlags {
    /// Where the picture of a trace goes: beside it. A trace on standard output has none.
    fn place(&self, trace: Option<&Path>) -> Option<PathBuf> {
        let trace = trace.filter(|_| !self.no_plots)?;
        // Nothing stands beside a pipe or a device.
        let is_file = std::fs::metadata(trace).map_or(true, |metadata| metadata.is_file());
        let mut name = trace.file_name()?.to_os_string();
        name.push(".svg");
        is_file.then(|| trace.with_file_name(name))
    }

    /// Nothing is overwritten unless that was asked for; better to know before a long import than after it.
    pub(crate) fn refuse_existing(&self, trace: Option<&Path>, is_forced: bool) -> Result<(), CliError> {
        refuse_existing(self.place(trace).as_deref(), is_forced)
            .map_err(|error| error.hint("it is the picture of the trace: replace both with --force, or --no-plots"))
    }

    /// Draws the picture that goes beside a trace's file, when there is to be one.
    pub(crate) fn draw(
        &self,
        recorded: &Recorded,
        title: &str,
        trace: Option<&Path>,
    ) -> Result<Option<Drawn>, CliError> {
        let Some(place) = self.place(trace) else { return Ok(None) };
        let options = ChartOptions { font: self.font.clone(), ..ChartOptions::default() };
        let picture = match windtunnel_plots::traffic(recorded, title, &options) {
            // A trace without an interval is one all the same.
            Err(PlotError::Nothing { .. }) => return Ok(None),
            drawn => drawn.map_err(|error| {
                CliError::new(Kind::Input, format!("the picture of the trace cannot be drawn: {error}"))
            })?,
        };
        for warning in picture.warnings() {
            diagnostics::warn(warning, Some("give a font that has them with --font"));
        }
        Ok(Some(Drawn { place, svg: picture.svg().to_string() }))
    }
}

/// A picture and where it goes, once the trace is written.
pub(crate) struct Drawn {
    place: PathBuf,
    svg: String,
}

impl Drawn {
    /// Writes it.
    pub(crate) fn write(&self) -> Result<(), CliError> {
        output::write_file(&self.place, self.svg.as_bytes())?;
        terminal::say(&format!("wrote {}", self.place.display()));
        Ok(())
    }
}

/// What a recording is called: by its file, or how many there are.
pub(crate) fn title(recorded: &Recorded) -> String {
    match &recorded.sources[..] {
        [source] => source.file.rsplit('/').next().unwrap_or(&source.file).to_string(),
        sources => format!("{} files", sources.len()),
    }
}
