//! Which files are read, and how: what `trace import`, `trace info` and their kin have in common.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use windtunnel_traces::import::{self, ImportError, ImportOptions, ImportedValues, Input, Progress, Recorded};
use windtunnel_traces::recording::Gaps;
use windtunnel_traces::{Ratio, SimDuration};

use crate::error::{CliError, Kind};
use crate::{interrupt, terminal};

/// How to read recorded traffic; what is not told is found out from the content.
#[derive(Debug, clap::Args)]
pub(crate) struct InputFlags {
    /// Files, in any order; gzip, zstd and xz by content; patterns such as `logs/*.gz`; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The format, instead of finding it out; `windtunnel trace import --list-formats` lists them
    #[arg(long, value_name = "FORMAT", value_parser = format_names())]
    input_format: Option<String>,
    /// The lines of a log of your own, as nginx's log_format describes them
    #[arg(long, value_name = "STRING")]
    log_format: Option<String>,
    /// The column or JSON field of the time, by name or (columns) by number from 1
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// The column or JSON field of the number of requests
    #[arg(long, value_name = "NAME")]
    value: Option<String>,
    /// The column or JSON field of a request's duration
    #[arg(long, value_name = "NAME")]
    duration: Option<String>,
    /// The unit of the durations, such as 1ms; told by the name (_ms, _us, _ns) unless given, else 1s
    #[arg(long, value_name = "UNIT")]
    duration_unit: Option<SimDuration>,
    /// Requests are stamped at their end: they arrived their duration earlier
    #[arg(long)]
    stamped_at_end: bool,
    /// How times are written, as strftime has it, such as "%d.%m.%Y %H:%M:%S"
    #[arg(long, value_name = "PATTERN")]
    time_format: Option<String>,
    /// The unit of relative times, such as 1h for a LIMBO file of hourly rates; 1s unless told
    #[arg(long, value_name = "UNIT")]
    time_unit: Option<SimDuration>,
    /// What separates columns; found out unless told
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
    /// What the numbers are: requests per interval (the default), requests per second, a counter that only grows, or
    /// nothing: every row is a request
    #[arg(long, value_enum)]
    values: Option<ValuesFlag>,
    /// The series to take where a document has several; `all` adds them up
    #[arg(long, value_name = "NAME")]
    series: Option<String>,
    /// The statistic to take where there are several, such as Sum
    #[arg(long, value_name = "NAME")]
    statistic: Option<String>,
    /// The time zone, such as America/New_York: of times without one, and of the calendar
    #[arg(long)]
    zone: Option<String>,
    /// How long the interval of a row is; the usual distance of rows unless told
    #[arg(long, value_name = "LENGTH")]
    interval: Option<SimDuration>,
    /// How long the intervals of the trace are to be; chosen from span and rate unless told
    #[arg(long, value_name = "LENGTH")]
    resolution: Option<SimDuration>,
    /// Silence up to this long is a time without requests, longer silence a gap in the recording. Logs: 1h, or 20 times the
    /// usual distance of requests, unless told. Counts: every missing row is a gap unless told
    #[arg(long, value_name = "LENGTH")]
    silence: Option<SimDuration>,
    /// What becomes of gaps: they stay gaps, become zeros, a straight line, or an error
    #[arg(long, value_enum, default_value = "keep")]
    gaps: GapsFlag,
    /// The share of lines that may be damaged
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    max_bad: Ratio,
    /// The share of requests turned away (429, 503, 504, failures) from which an interval is marked as saturated
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    refused_at: Ratio,
    /// A recording of the service's CPU utilization, in percent or from 0 to 1, in any format: where it was at its limit,
    /// the traffic is marked as saturated
    #[arg(long, value_name = "FILE")]
    utilization: Option<PathBuf>,
    /// The column of a utilization beside the numbers of requests; one that is called so (cpu, CPUUtilization) unless told
    #[arg(long, value_name = "NAME")]
    utilization_column: Option<String>,
    /// The utilization from which an interval is marked as saturated
    #[arg(long, value_name = "SHARE", default_value = "95%")]
    saturated_at: Ratio,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

fn format_names() -> clap::builder::PossibleValuesParser {
    let formats = import::formats();
    formats
        .into_iter()
        .map(|(name, about)| clap::builder::PossibleValue::new(name).help(about))
        .collect::<Vec<_>>()
        .into()
}

#[derive(Copy, Clone, Debug, clap::ValueEnum)]
enum ValuesFlag {
    Count,
    Rate,
    Counter,
    Request,
}

#[derive(Copy, Clone, Debug, clap::ValueEnum)]
enum GapsFlag {
    Keep,
    Zero,
    Interpolate,
    Error,
}

impl InputFlags {
    /// Reads the files as one recording.
    pub(crate) fn read(&self, stamps: bool) -> Result<Recorded, CliError> {
        let options = self.options(stamps)?;
        let mut recorded = read_any(self.paths()?, &options, self.quiet)?;
        if let Some(path) = &self.utilization {
            let measured = ImportOptions { any_unit: true, zone: self.zone.clone(), ..ImportOptions::default() };
            let measured = read_any(vec![path.clone()], &measured, self.quiet)?;
            recorded
                .mark_saturated(&measured, self.saturated_at.as_f64())
                .map_err(|problem| CliError::new(Kind::Input, format!("{}: {problem}", path.display())))?;
        }
        Ok(recorded)
    }

    fn options(&self, stamps: bool) -> Result<ImportOptions, CliError> {
        let delimiter = match self.delimiter {
            Some(letter) => Some(
                u8::try_from(letter)
                    .map_err(|_| CliError::new(Kind::Usage, format!("--delimiter `{letter}` is no ASCII character")))?,
            ),
            None => None,
        };
        for (flag, length) in
            [("--interval", self.interval), ("--resolution", self.resolution), ("--time-unit", self.time_unit)]
        {
            if length.is_some_and(SimDuration::is_zero) {
                return Err(CliError::new(Kind::Usage, format!("{flag} is zero")).hint("write a length such as 1m"));
            }
        }
        Ok(ImportOptions {
            format: self.input_format.clone(),
            log_format: self.log_format.clone(),
            time: self.time.clone(),
            value: self.value.clone(),
            duration: self.duration.clone(),
            duration_unit: self.duration_unit,
            stamped_at_end: self.stamped_at_end,
            time_format: self.time_format.clone(),
            time_unit: self.time_unit,
            delimiter,
            values: self.values.map(|values| match values {
                ValuesFlag::Count => ImportedValues::Count,
                ValuesFlag::Rate => ImportedValues::Rate,
                ValuesFlag::Counter => ImportedValues::Counter,
                ValuesFlag::Request => ImportedValues::Request,
            }),
            series: self.series.clone(),
            statistic: self.statistic.clone(),
            zone: self.zone.clone(),
            interval: self.interval,
            resolution: self.resolution,
            silence: self.silence,
            gaps: match self.gaps {
                GapsFlag::Keep => Gaps::Keep,
                GapsFlag::Zero => Gaps::Zero,
                GapsFlag::Interpolate => Gaps::Interpolate,
                GapsFlag::Error => Gaps::Error,
            },
            max_bad: self.max_bad.as_f64(),
            refused_at: self.refused_at.as_f64(),
            utilization: self.utilization_column.clone(),
            saturated_at: self.saturated_at.as_f64(),
            stamps,
            any_unit: false,
            durations_within: None,
        })
    }

    /// The files that are named, patterns resolved.
    fn paths(&self) -> Result<Vec<PathBuf>, CliError> {
        let mut paths = Vec::new();
        for name in &self.files {
            if !name.contains(['*', '?', '[']) || PathBuf::from(name).exists() {
                paths.push(PathBuf::from(name));
                continue;
            }
            let wrong = |problem: String| CliError::new(Kind::Input, format!("`{name}`: {problem}"));
            let found = glob::glob(name).map_err(|error| wrong(format!("this is no pattern: {error}")))?;
            let before = paths.len();
            for path in found {
                paths.push(path.map_err(|error| wrong(error.to_string()))?);
            }
            if paths.len() == before {
                return Err(wrong("no file is called like this".into()));
            }
        }
        Ok(paths)
    }
}

/// Reads one file as a recording, whatever its format.
pub(crate) fn read_one(path: &Path, is_quiet: bool) -> Result<Recorded, CliError> {
    read_any(vec![path.to_path_buf()], &ImportOptions::default(), is_quiet)
}

/// Reads files as one recording.
pub(crate) fn read_any(paths: Vec<PathBuf>, options: &ImportOptions, is_quiet: bool) -> Result<Recorded, CliError> {
    interrupt::listen();
    let (inputs, bytes) = opened(paths)?;
    let mut bar = Bar::new(bytes, is_quiet);
    let recorded = import::import(inputs, options, &mut |progress| bar.show(progress));
    bar.finish();
    recorded.map_err(|error| match error {
        ImportError::Interrupted => CliError::interrupted(),
        ImportError::Refused(problem) => CliError::new(Kind::Input, problem),
    })
}

/// The files, opened when their turn comes, and how long they are together.
fn opened(paths: Vec<PathBuf>) -> Result<(Vec<Input>, u64), CliError> {
    let mut bytes = 0;
    let mut inputs = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        if name == "-" {
            inputs.push(Input { name: "standard input".into(), content: Box::new(io::stdin()) });
            continue;
        }
        let metadata = std::fs::metadata(&path).map_err(|error| CliError::file("read", &path, &error))?;
        if metadata.is_dir() {
            return Err(CliError::new(Kind::Input, format!("`{name}` is a directory"))
                .hint(format!("name the files in it, such as '{name}/*.gz'")));
        }
        // A file that cannot be opened is known before hours are spent on those before it.
        drop(File::open(&path).map_err(|error| CliError::file("read", &path, &error))?);
        bytes += metadata.len();
        inputs.push(Input { name, content: Box::new(Later { path, file: None }) });
    }
    Ok((inputs, bytes))
}

/// A file that is opened when it is read: a thousand logs are not open at once.
struct Later {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Later {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.read(buffer),
            None => self.file.insert(File::open(&self.path)?).read(buffer),
        }
    }
}

/// The progress bar, on standard error, once an import takes over a second.
struct Bar {
    started: Instant,
    bytes: u64,
    is_quiet: bool,
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(bytes: u64, is_quiet: bool) -> Bar {
        Bar { started: Instant::now(), bytes, is_quiet, bar: None }
    }

    fn show(&mut self, progress: Progress) -> bool {
        let elapsed = self.started.elapsed();
        if !self.is_quiet && elapsed > Duration::from_secs(1) {
            let bar = self.bar.get_or_insert_with(|| {
                let style = ProgressStyle::with_template("{bar:16} {percent:>3} %  {msg}, {eta} left");
                ProgressBar::new(self.bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            });
            let per_second = progress.lines as f64 / elapsed.as_secs_f64();
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} lines, {:.2} million/s", progress.lines, per_second / 1e6));
        }
        !interrupt::requested()
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Says what is to be known about a recording that was read.
pub(crate) fn show_notes(recorded: &Recorded) {
    for source in &recorded.sources {
        if source.count.damaged > 0 {
            let message = format!(
                "{}: {} of {} lines could not be read{}",
                source.file,
                source.count.damaged,
                source.count.lines,
                source.count.listing()
            );
            crate::diagnostics::warn(&message, None);
        }
    }
    for note in &recorded.notes {
        terminal::say(&format!("note: {note}"));
    }
}
