//! `windtunnel trace import FILE...`: recorded traffic to a trace.

use std::path::PathBuf;

use windtunnel_traces::SimDuration;
use windtunnel_traces::import::{self, Recorded};

use super::drawing::{DrawingFlags, title};
use super::input::{InputFlags, show_notes};
use crate::error::{CliError, Kind};
use crate::{output, terminal};

/// Import recorded traffic: access logs, exports of CloudWatch, CloudMonitor and Prometheus, results of load generators
///
/// The format is found out from the content, the resolution chosen from span and rate. Gaps stay gaps, damaged lines are
/// counted and shown, and stretches in which the recorded system turned requests away are marked. A picture of the trace is
/// drawn beside its file: traffic.csv.svg.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel trace import access.log -o traffic.csv
  windtunnel trace import 'logs/*.gz' --zone Europe/Berlin -o traffic.csv
  windtunnel trace import app.log --log-format '$remote_addr [$time_iso8601] \"$request\" $status $request_time' -o traffic.csv
  windtunnel trace import requests.csv --time when --value hits --values count -o traffic.csv
  windtunnel trace import access.log --stamps -o requests.stamps     exact times, for trace.arrivals
  aws cloudwatch get-metric-data ... | windtunnel trace import - -o traffic.csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    /// Where to write the trace; standard output unless told
    #[arg(long, short, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep the time of every request (compact binary, for exact replay by trace.arrivals) instead of counts
    #[arg(long)]
    stamps: bool,
    #[command(flatten)]
    drawing: DrawingFlags,
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
    /// List the input formats and end
    #[arg(long, exclusive = true)]
    list_formats: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.list_formats {
        let lines = import::formats().into_iter().map(|(name, about)| format!("{name:<24} {about}\n"));
        return terminal::print(&lines.collect::<String>());
    }
    refuse_existing(arguments.output.as_deref(), arguments.force)?;
    arguments.drawing.refuse_existing(arguments.output.as_deref(), arguments.force)?;
    let recorded = arguments.input.read(arguments.stamps)?;
    if !arguments.input.quiet {
        show_notes(&recorded);
        terminal::say(&summary(&recorded));
    }
    let picture = arguments.drawing.draw(&recorded, &title(&recorded), arguments.output.as_deref())?;
    let mut bytes = Vec::new();
    let written =
        if arguments.stamps { recorded.write_stamps(&mut bytes).map(|_| ()) } else { recorded.write_csv(&mut bytes) };
    written.map_err(|error| CliError::new(Kind::Input, format!("the trace cannot be written: {error}")))?;
    deliver(&bytes, arguments.output.as_deref())?;
    picture.map_or(Ok(()), |picture| picture.write())
}

/// Nothing is overwritten unless that was asked for; better to know before a long import than after it.
pub(super) fn refuse_existing(path: Option<&std::path::Path>, is_forced: bool) -> Result<(), CliError> {
    match path {
        Some(path) if path.is_dir() => Err(CliError::new(Kind::Input, format!("`{}` is a directory", path.display()))
            .hint("name a file with --output")),
        Some(path) if path.exists() && !is_forced => {
            Err(CliError::new(Kind::Input, format!("`{}` already exists", path.display()))
                .hint("name another file, or replace it with --force"))
        }
        _ => Ok(()),
    }
}

/// Writes to a file, or to standard output.
pub(super) fn deliver(bytes: &[u8], path: Option<&std::path::Path>) -> Result<(), CliError> {
    let Some(path) = path else { return terminal::print_raw(bytes) };
    output::write_file(path, bytes)?;
    terminal::say(&format!("wrote {}", path.display()));
    Ok(())
}

/// The recording in a few words.
fn summary(recorded: &Recorded) -> String {
    let sources = recorded.sources.iter();
    let formats: std::collections::BTreeSet<&str> = sources.clone().map(|source| source.format).collect();
    let files = match recorded.sources.len() {
        1 => "1 file".to_string(),
        count => format!("{count} files"),
    };
    let gaps = recorded.gaps();
    let missing: i64 = gaps.iter().map(|gap| gap.to - gap.from).sum();
    let gaps = match gaps.len() {
        0 => "no gaps".to_string(),
        1 => format!("1 gap of {}", SimDuration::from_nanos(missing as u64)),
        count => format!("{count} gaps, together {}", SimDuration::from_nanos(missing as u64)),
    };
    let censored = match recorded.censored.len() {
        0 => String::new(),
        count => format!(", {count} stretches marked as saturated"),
    };
    format!(
        "{files} ({}): {} requests from {} to {}, in intervals of {}, {gaps}{censored}",
        formats.into_iter().collect::<Vec<_>>().join(", "),
        whole(recorded.total()),
        recorded.written(recorded.start()),
        recorded.written(recorded.end()),
        recorded.resolution
    )
}

/// A count without decimals where it has none.
fn whole(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count}") } else { format!("{count:.1}") }
}
