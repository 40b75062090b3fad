//! A recorded rate series. It is read twice: once to find its interval, once to check it; short ones are then held in
//! memory, long ones are read again for every replay, so that memory does not grow with length.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::rows::{Row, Rows, Wanted};
use super::{Censored, Digest, GapSummary, Gaps, Values};
use crate::error::TraceError;
use crate::files::Reopen;
use crate::segments::{RateSegments, Segment};
use crate::time::{SimDuration, SimTime};

/// Pieces that are held in memory; 24 bytes each. A recording with more is streamed.
const HELD: u64 = 500_000;

/// How to read a recording.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct SeriesOptions {
    pub(crate) gaps: Gaps,
    pub(crate) values: Option<Values>,
    pub(crate) interval: Option<SimDuration>,
}

/// A checked recording.
pub(crate) struct Series {
    /// Time of the first row, in nanoseconds of the file's own clock.
    pub(crate) origin: i64,
    pub(crate) length: u64,
    pub(crate) interval: u64,
    pub(crate) gaps: GapSummary,
    pub(crate) digest: Digest,
    /// The time zone, where the file says so.
    pub(crate) zone: Option<String>,
    /// Where the file says that the recorded system could not keep up.
    pub(crate) censored: Vec<Censored>,
    source: Source,
}

enum Source {
    /// The end of each piece, and its rate at both ends.
    Held(Arc<[(u64, f64, f64)]>),
    Streamed(Arc<Streamed>),
}

/// A recording that is read again for every replay, and what went wrong if it changed since it was checked.
struct Streamed {
    reopen: Reopen,
    layout: Layout,
    fault: OnceLock<TraceError>,
}

/// How rows become pieces.
#[derive(Clone, Debug)]
struct Layout {
    file: String,
    origin: i64,
    interval: u64,
    gaps: Gaps,
    values: Values,
}

impl Series {
    pub(crate) fn read(reopen: Reopen, file: &str, options: SeriesOptions) -> Result<Self, TraceError> {
        let survey = Survey::of(&reopen, file, options)?;
        let layout = survey.layout;
        let mut held = (survey.rows <= HELD).then(Vec::new);
        let mut length = 0;
        let mut pieces = Pieces::new(Rows::open(&reopen, file, Wanted::TimeAndValue)?, layout.clone());
        for piece in &mut pieces {
            let piece = piece?;
            length = piece.end.as_nanos();
            if held.as_ref().is_some_and(|held| held.len() as u64 >= HELD) {
                held = None;
            }
            if let Some(held) = &mut held {
                held.push((length, piece.from, piece.to));
            }
        }
        let gaps = pieces.summary;
        let (origin, interval) = (layout.origin, layout.interval);
        let source = match held {
            Some(held) => Source::Held(held.into()),
            None => Source::Streamed(Arc::new(Streamed { reopen, layout, fault: OnceLock::new() })),
        };
        let (zone, censored) = (survey.zone, survey.censored);
        Ok(Series { origin, length, interval, gaps, digest: survey.digest, zone, censored, source })
    }

    /// The recording as a rate, from 0 on.
    pub(crate) fn segments(&self) -> RateSegments {
        match &self.source {
            Source::Held(pieces) => {
                let pieces = Arc::clone(pieces);
                let mut start = SimTime::ZERO;
                let mut index = 0;
                RateSegments::new(std::iter::from_fn(move || {
                    let (end, from, to) = *pieces.get(index)?;
                    index += 1;
                    let end = SimTime::from_nanos(end);
                    let piece = Segment { start, end, from, to };
                    start = end;
                    Some(piece)
                }))
            }
            Source::Streamed(streamed) => RateSegments::new(Streamed::pieces(streamed)),
        }
    }

    /// What went wrong when the file was read again, if it did.
    pub(crate) fn fault(&self) -> Option<&TraceError> {
        match &self.source {
            Source::Held(_) => None,
            Source::Streamed(streamed) => streamed.fault.get(),
        }
    }
}

impl Streamed {
    fn pieces(this: &Arc<Self>) -> impl Iterator<Item = Segment> + Send + 'static {
        let this = Arc::clone(this);
        let rows = Rows::open(&this.reopen, &this.layout.file, Wanted::TimeAndValue);
        let mut pieces = match rows {
            Ok(rows) => Some(Pieces::new(rows, this.layout.clone())),
            Err(error) => {
                let _ = this.fault.set(error);
                None
            }
        };
        std::iter::from_fn(move || match pieces.as_mut()?.next()? {
            Ok(piece) => Some(piece),
            Err(error) => {
                // Only the first fault is kept; the replay ends here either way.
                let _ = this.fault.set(error);
                pieces = None;
                None
            }
        })
    }
}

/// What the first reading finds out.
struct Survey {
    rows: u64,
    layout: Layout,
    digest: Digest,
    zone: Option<String>,
    censored: Vec<Censored>,
}

impl Survey {
    fn of(reopen: &Reopen, file: &str, options: SeriesOptions) -> Result<Self, TraceError> {
        let mut rows = Rows::open(reopen, file, Wanted::TimeAndValue)?;
        let comments = std::mem::take(&mut rows.comments);
        let values = options.values.or(comments.values).unwrap_or(rows.columns.values);
        let mut digest = Digest::new();
        let mut distances: BTreeMap<u64, u64> = BTreeMap::new();
        let mut first: Option<Row> = None;
        let mut last: Option<Row> = None;
        let mut count = 0;
        for row in &mut rows {
            let row = row?;
            count += 1;
            digest.add_u64((row.time - first.get_or_insert(row).time) as u64);
            digest.add_u64(row.value.to_bits());
            if let Some(last) = last.replace(row) {
                let distance = ascending(file, last, row)?;
                // Irregular files have many distances; beyond some hundreds none of them can be the interval.
                if distances.len() < 512 || distances.contains_key(&distance) {
                    *distances.entry(distance).or_default() += 1;
                }
            }
        }
        let Some(first) = first else {
            return Err(TraceError::file(file, "it has no rows; write `seconds,requests` lines"));
        };
        let usual = distances.iter().rev().max_by_key(|(_, times)| **times).map(|(distance, _)| *distance);
        let written = options.interval.or(comments.resolution).map(SimDuration::as_nanos);
        let Some(interval) = written.or(usual) else {
            let problem = "a single row has no interval; say how long it is with `interval = \"1m\"`";
            return Err(TraceError::file(file, problem));
        };
        let layout = Layout { file: file.to_string(), origin: first.time, interval, gaps: options.gaps, values };
        Ok(Survey { rows: count, layout, digest, zone: comments.zone, censored: comments.censored })
    }
}

/// The distance between two rows, refused unless time goes on.
fn ascending(file: &str, last: Row, row: Row) -> Result<u64, TraceError> {
    if row.time > last.time {
        return Ok((row.time - last.time) as u64);
    }
    let what = if row.time == last.time { "is also the time of" } else { "is before the time of" };
    let advice = if row.time == last.time { "add such rows up to one" } else { "sort the file by time" };
    let problem = format!("its time ({} s) {what} line {}; {advice}", seconds(row.time), last.line);
    Err(TraceError::Line { file: file.to_string(), line: row.line, column: None, problem })
}

/// Nanoseconds as seconds, for messages.
pub(super) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// Rows as pieces of a rate, with gaps treated as asked.
struct Pieces {
    rows: Rows,
    layout: Layout,
    row: Option<Row>,
    /// What fills the gap after the latest piece.
    filler: Option<Segment>,
    done: bool,
    summary: GapSummary,
}

impl Pieces {
    fn new(rows: Rows, layout: Layout) -> Self {
        Pieces { rows, layout, row: None, filler: None, done: false, summary: GapSummary::default() }
    }

    fn rate(&self, value: f64) -> f64 {
        match self.layout.values {
            Values::Rate => value,
            Values::Count => value / (self.layout.interval as f64 / 1e9),
        }
    }

    fn level(&self, start: u64, length: u64, value: f64) -> Segment {
        let end = start.saturating_add(length);
        Segment::level(SimTime::from_nanos(start), SimTime::from_nanos(end), self.rate(value))
    }

    /// The piece of `row`, which `next` follows.
    fn piece(&mut self, row: Row, next: Option<Row>) -> Result<Segment, TraceError> {
        let interval = self.layout.interval;
        let start = (row.time - self.layout.origin) as u64;
        let Some(next) = next else { return Ok(self.level(start, interval, row.value)) };
        let distance = ascending(&self.layout.file, row, next)?;
        if distance == interval {
            return Ok(self.level(start, interval, row.value));
        }
        if self.layout.gaps == Gaps::Keep {
            if distance > interval {
                self.summary.add(SimDuration::from_nanos(distance - interval));
            }
            return Ok(self.level(start, distance, row.value));
        }
        let fault =
            |problem| TraceError::Line { file: self.layout.file.clone(), line: next.line, column: None, problem };
        let missing = (distance / interval).saturating_sub(1);
        let lengths = (SimDuration::from_nanos(distance), SimDuration::from_nanos(interval));
        if distance % interval != 0 {
            return Err(fault(format!(
                "this row is {} after the one before, which is no multiple of the interval of {}; correct it, or write \
                 `gaps = \"keep\"` to let every value hold until the next row",
                lengths.0, lengths.1
            )));
        }
        if self.layout.gaps == Gaps::Error {
            return Err(fault(format!(
                "a gap: {missing} intervals of {} are missing before this row; say what they mean with `gaps = \"zero\"`, \
                 \"interpolate\" or \"keep\"",
                lengths.1
            )));
        }
        self.summary.add(SimDuration::from_nanos(distance - interval));
        self.filler = Some(self.filler(start + interval, start + distance, row.value, next.value));
        Ok(self.level(start, interval, row.value))
    }

    /// What lies between two values, from the end of the one to the start of the other.
    fn filler(&self, start: u64, end: u64, value: f64, next: f64) -> Segment {
        let (from, to) = match self.layout.gaps {
            Gaps::Interpolate => {
                // Half a step in from both values, so that the count of each missing interval is that of a straight line.
                let half = (next - value) / ((end - start) / self.layout.interval + 1) as f64 / 2.0;
                (value + half, next - half)
            }
            _ => (0.0, 0.0),
        };
        let (from, to) = (self.rate(from), self.rate(to));
        Segment { start: SimTime::from_nanos(start), end: SimTime::from_nanos(end), from, to }
    }

    fn following(&mut self) -> Result<Option<Segment>, TraceError> {
        if let Some(filler) = self.filler.take() {
            return Ok(Some(filler));
        }
        if self.row.is_none() && !self.done {
            self.row = self.rows.next().transpose()?;
        }
        let Some(row) = self.row.take() else { return Ok(None) };
        self.row = self.rows.next().transpose()?;
        self.done = self.row.is_none();
        self.piece(row, self.row).map(Some)
    }
}

impl Iterator for Pieces {
    type Item = Result<Segment, TraceError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.following().transpose()
    }
}
