//! Recorded traffic in: access logs, exports of monitoring systems, results of load generators, published traces. Every
//! format streams: memory does not grow with the length of a file.

mod bins;
mod cells;
mod collect;
mod counter;
mod damage;
mod durations;
mod finish;
mod format;
mod formats;
mod lines;
mod number;
mod recorded;
mod rows;
mod saturation;
mod series;
mod sorter;
mod stamp;
mod write;

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use damage::{DamagedLine, LineCount};
pub use durations::{DurationFigures, Durations};
pub use recorded::{Gap, Recorded, SourceFile, Stretch};

use crate::calendar::zone_named;
use crate::packed::unpacked;
use crate::recording::Gaps;
use crate::recording::binary::{self, BinaryStamps};
use crate::time::SimDuration;
use collect::{Collector, Request};
use damage::Damage;
use format::{Importer, Reader, Sample};
use lines::{Line, Lines};
pub(crate) use stamp::Stamps;

/// What the numbers of an import are.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ImportedValues {
    /// Requests per interval.
    Count,
    /// Requests per second.
    Rate,
    /// A counter that only grows, and restarts from zero.
    Counter,
    /// No numbers: every row is a request.
    Request,
}

/// How to read recorded traffic. What is not told is found out from the content.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The format, by its name.
    pub format: Option<String>,
    /// nginx's `log_format`.
    pub log_format: Option<String>,
    /// The column or field of the time.
    pub time: Option<String>,
    /// The column or field of the number.
    pub value: Option<String>,
    /// The column or field of a request's duration.
    pub duration: Option<String>,
    /// The unit of the durations; unless told by the field's name (`_ms`, `_us`, `_ns`), seconds.
    pub duration_unit: Option<SimDuration>,
    /// True when a request is stamped at its end: it arrived its duration earlier.
    pub stamped_at_end: bool,
    /// A `strftime` pattern of the times.
    pub time_format: Option<String>,
    /// The unit of relative times; seconds unless told.
    pub time_unit: Option<SimDuration>,
    /// What separates columns.
    pub delimiter: Option<u8>,
    /// What the numbers are.
    pub values: Option<ImportedValues>,
    /// The series to take from a document with several; `all` adds them up.
    pub series: Option<String>,
    /// The statistic to take where there are several.
    pub statistic: Option<String>,
    /// The zone of times without one, and of the calendar; UTC for such times unless told.
    pub zone: Option<String>,
    /// How long an interval of a series is; the usual distance of its rows unless told.
    pub interval: Option<SimDuration>,
    /// How long an interval of the trace is to be.
    pub resolution: Option<SimDuration>,
    /// Silence up to this is a time without requests; beyond it, it is a gap in the recording.
    pub silence: Option<SimDuration>,
    /// What becomes of gaps.
    pub gaps: Gaps,
    /// The share of lines that may be damaged.
    pub max_bad: f64,
    /// The share of requests turned away from which an interval counts as saturated.
    pub refused_at: f64,
    /// The column of the processors' utilization, for marks; one that is called so unless told.
    pub utilization: Option<String>,
    /// The utilization, 0 to 1, from which an interval counts as saturated.
    pub saturated_at: f64,
    /// True to keep every request's time.
    pub stamps: bool,
    /// True to read values of any unit, such as a utilization: they are then no counts of requests.
    pub any_unit: bool,
    /// Only durations of requests that arrived in these stretches (nanoseconds, in order) are kept.
    pub durations_within: Option<Vec<(i64, i64)>>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        ImportOptions {
            format: None,
            log_format: None,
            time: None,
            value: None,
            duration: None,
            duration_unit: None,
            stamped_at_end: false,
            time_format: None,
            time_unit: None,
            delimiter: None,
            values: None,
            series: None,
            statistic: None,
            zone: None,
            interval: None,
            resolution: None,
            silence: None,
            gaps: Gaps::Keep,
            max_bad: 0.01,
            refused_at: 0.01,
            utilization: None,
            saturated_at: saturation::LIMIT,
            stamps: false,
            any_unit: false,
            durations_within: None,
        }
    }
}

impl ImportOptions {
    /// Seconds of one unit of a duration field.
    fn duration_scale(&self, field: &str) -> f64 {
        let lower = field.to_ascii_lowercase();
        match self.duration_unit {
            Some(unit) => unit.as_secs_f64(),
            None if lower.ends_with("_ms") || lower.ends_with("millis") || lower.ends_with("milliseconds") => 1e-3,
            None if lower.ends_with("_us") || lower.ends_with("micros") => 1e-6,
            None if lower.ends_with("_ns") || lower.ends_with("nanos") => 1e-9,
            None => 1.0,
        }
    }
}

/// A file to be read.
pub struct Input {
    /// Its name, for messages.
    pub name: String,
    /// Its content, as it is stored.
    pub content: Box<dyn Read + Send>,
}

/// How far an import is.
#[derive(Copy, Clone, Debug, Default)]
pub struct Progress {
    /// Bytes that were read, as they are stored.
    pub bytes: u64,
    /// Lines that were read.
    pub lines: u64,
}

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Something is wrong with the input, or with what was asked for: what, where, and what to do.
    #[error("{0}")]
    Refused(String),
    /// Whoever watches the progress wants no more.
    #[error("interrupted")]
    Interrupted,
}

fn refused(file: &str, problem: impl std::fmt::Display) -> ImportError {
    ImportError::Refused(format!("{file}: {problem}"))
}

/// The formats, by name and with a line about each.
pub fn formats() -> Vec<(&'static str, &'static str)> {
    let mut formats: Vec<_> = format::ALL.iter().map(|importer| (importer.name(), importer.about())).collect();
    formats.push((STAMPS, "request times as `windtunnel trace import --stamps` writes them"));
    formats
}

const STAMPS: &str = "stamps";

/// Reads all files as one recording. `progress` is called now and then; when it says false, the import ends.
pub fn import(
    inputs: Vec<Input>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Recorded, ImportError> {
    let zone = options.zone.as_deref().map(|name| zone_named(Some(name))).transpose();
    let zone = zone.map_err(|error| ImportError::Refused(error.to_string()))?;
    let unit = options.time_unit.map_or(1e9, |unit| unit.as_nanos() as f64);
    let mut session = Session {
        options,
        stamps: Stamps::new(zone, unit, options.time_format.clone()),
        collector: Collector::new(options),
        sources: Vec::new(),
        notes: Vec::new(),
        bytes: Arc::default(),
        lines: 0,
        progress,
    };
    for input in inputs {
        session.read(input)?;
    }
    finish::finish(session.collector, &session.stamps, session.sources, session.notes, options)
}

/// An import under way.
struct Session<'a> {
    options: &'a ImportOptions,
    stamps: Stamps,
    collector: Collector,
    sources: Vec<SourceFile>,
    notes: Vec<String>,
    bytes: Arc<AtomicU64>,
    lines: u64,
    progress: &'a mut dyn FnMut(Progress) -> bool,
}

/// How much of a file is looked at to find its format.
const SAMPLE: usize = 1 << 16;
/// The longest document that is read as a whole.
const LONGEST_DOCUMENT: u64 = 1 << 29;
/// Lines between two looks at the progress.
const BETWEEN: u64 = 1 << 16;

impl Session<'_> {
    fn read(&mut self, input: Input) -> Result<(), ImportError> {
        let name = input.name;
        let unreadable = |error: &io::Error| refused(&name, crate::files::problem(error));
        let counted = Counted { inner: input.content, bytes: Arc::clone(&self.bytes) };
        let mut content = unpacked(Box::new(counted)).map_err(|error| unreadable(&error))?;
        let mut start = Vec::with_capacity(SAMPLE);
        content.by_ref().take(SAMPLE as u64).read_to_end(&mut start).map_err(|error| unreadable(&error))?;
        if start.trim_ascii().is_empty() || start == b"\xef\xbb\xbf" {
            return Err(refused(
                &name,
                "it is empty, there is nothing to import; was another file meant, or an export cut off?",
            ));
        }
        if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
            return Err(refused(&name, "it is UTF-16 text; save it as UTF-8 and import that"));
        }
        let before = (self.collector.requests, self.collector.rows.count);
        let mut source = SourceFile { file: name.clone(), ..SourceFile::default() };
        if start.starts_with(binary::MAGIC) {
            source.format = STAMPS;
            self.request_times(&name, Cursor::new(start).chain(content))?;
        } else {
            let sample = Sample::new(&start, start.len() < SAMPLE, &name);
            if sample.is_binary() {
                return Err(refused(&name, format_args!("it looks like {}", format::looks_like(&sample))));
            }
            let importer = self.importer(&sample, &name)?;
            source.format = importer.name();
            let reader = importer
                .reader(&sample, self.options)
                .map_err(|damage| self.misread(&name, importer, &sample, &damage))?;
            let likely = likely(importer, &sample);
            let content = Cursor::new(start.clone()).chain(content);
            match reader {
                Reader::Lines(mut reader) => {
                    source.count = self.lines_of(&name, content, &mut *reader, &likely)?;
                    self.note(reader.notes());
                }
                Reader::Document(mut reader) => {
                    let mut text = Vec::new();
                    content.take(LONGEST_DOCUMENT).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
                    if text.len() as u64 == LONGEST_DOCUMENT {
                        return Err(refused(
                            &name,
                            "a document of over 512 MiB is not read as a whole; ask for a shorter span",
                        ));
                    }
                    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
                    let read = reader.document(text, &mut self.stamps, &mut self.collector);
                    let notes = read.map_err(|damage| refused(&name, format_args!("{damage}{likely}")))?;
                    self.note(notes);
                }
            }
        }
        if let Some(failure) = self.collector.failure.take() {
            return Err(refused(&name, failure));
        }
        source.requests = self.collector.requests - before.0;
        source.rows = self.collector.rows.count - before.1;
        if source.requests + source.rows == 0 {
            return Err(refused(&name, "it has no requests and no values in it"));
        }
        self.sources.push(source);
        Ok(())
    }

    fn note(&mut self, notes: Vec<String>) {
        for note in notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Who reads this content.
    fn importer(&self, sample: &Sample, name: &str) -> Result<&'static dyn Importer, ImportError> {
        if let Some(format) = &self.options.format {
            return format::named(format).ok_or_else(|| {
                let known: Vec<&str> = format::ALL.iter().map(|importer| importer.name()).collect();
                ImportError::Refused(format!("there is no input format `{format}`; there are {}", known.join(", ")))
            });
        }
        if self.options.log_format.is_some() {
            return format::named("log-format").ok_or(ImportError::Interrupted);
        }
        // Who names columns has a file with columns.
        let named = || self.options.time.as_ref().or(self.options.value.as_ref()).and_then(|_| format::named("csv"));
        format::detected(sample)
            .or_else(named)
            .ok_or_else(|| refused(name, format_args!("it looks like {}", format::looks_like(sample))))
    }

    fn misread(&self, name: &str, importer: &dyn Importer, sample: &Sample, damage: &Damage) -> ImportError {
        refused(name, format_args!("it cannot be read as {}: {damage}{}", importer.name(), likely(importer, sample)))
    }

    fn lines_of(
        &mut self,
        name: &str,
        content: impl Read,
        reader: &mut dyn format::LineReader,
        likely: &str,
    ) -> Result<LineCount, ImportError> {
        let mut lines = Lines::new(content);
        let mut count = LineCount::default();
        let mut next_look = BETWEEN;
        loop {
            let number = lines.number() + 1;
            match lines
                .next()
                .map_err(|error| refused(name, format_args!("line {number}: {}", crate::files::problem(&error))))?
            {
                None => break,
                Some(Line::TooLong) => {
                    count.lines += 1;
                    count.damaged(number, b"", &Damage::new("it is longer than a mebibyte"));
                }
                Some(Line::Text(line)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Some(Line::Text(line)) => {
                    count.lines += 1;
                    if let Err(damage) = reader.line(line, &mut self.stamps, &mut self.collector) {
                        count.damaged(number, line, &damage);
                    }
                }
            }
            if number >= next_look {
                next_look = number + BETWEEN;
                self.look(number)?;
                self.check(name, &count, likely, 0.5)?;
            }
        }
        reader.finish(&mut self.collector).map_err(|damage| refused(name, damage))?;
        self.lines += lines.number();
        self.check(name, &count, likely, self.options.max_bad)?;
        Ok(count)
    }

    fn look(&mut self, lines: u64) -> Result<(), ImportError> {
        let now = Progress { bytes: self.bytes.load(Ordering::Relaxed), lines: self.lines + lines };
        if !(self.progress)(now) {
            return Err(ImportError::Interrupted);
        }
        // More intervals than can be held, or a full disk, need not wait for the end.
        match self.collector.failure.take() {
            Some(failure) => Err(ImportError::Refused(failure)),
            None => Ok(()),
        }
    }

    /// Refuses a file of which too much is damaged.
    fn check(&self, name: &str, count: &LineCount, likely: &str, most: f64) -> Result<(), ImportError> {
        if count.damaged as f64 <= most.max(self.options.max_bad) * count.lines as f64 {
            return Ok(());
        }
        let (damaged, lines, share) = (count.damaged, count.lines, count.damaged as f64 / count.lines as f64 * 100.0);
        Err(refused(
            name,
            format_args!(
                "{damaged} of {lines} lines ({share:.1} %) cannot be read, more than --max-bad allows ({} %){likely}{}",
                self.options.max_bad * 100.0,
                count.listing()
            ),
        ))
    }

    fn request_times(&mut self, name: &str, content: impl Read) -> Result<(), ImportError> {
        let stamps =
            BinaryStamps::open(BufReader::with_capacity(1 << 16, content)).map_err(|problem| refused(name, problem))?;
        self.collector.header = Some(stamps.header.clone());
        for (index, at) in (1u64..).zip(stamps) {
            let at = at.map_err(|problem| refused(name, problem))?;
            self.stamps.absolute |= at >= stamp::UNIX_FROM;
            self.collector.request(Request { at, ..Request::default() });
            if index % BETWEEN == 0 {
                self.look(index)?;
            }
        }
        Ok(())
    }
}

/// A hint at the format that content has rather than the one it is read as.
fn likely(importer: &dyn Importer, sample: &Sample) -> String {
    match format::detected(sample) {
        Some(other) if other.name() != importer.name() => {
            format!(" (it looks like {}: {}; try --input-format {0})", other.name(), other.about())
        }
        Some(_) => String::new(),
        None => format!(" (it looks like {})", format::looks_like(sample)),
    }
}

/// Counts what is read.
struct Counted {
    inner: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
