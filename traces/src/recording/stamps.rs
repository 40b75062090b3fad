//! Recorded request times, replayed exactly. Short ones are held in memory, long ones are read again for every replay.

use std::io::{self, BufRead, BufReader};
use std::sync::{Arc, OnceLock};

use super::Digest;
use super::binary::{BinaryStamps, MAGIC};
use super::rows::{Rows, Wanted};
use super::series::seconds;
use crate::error::TraceError;
use crate::files::{self, Reopen};
use crate::packed;

/// Stamps that are held in memory; 8 bytes each.
const HELD: usize = 500_000;

/// Checked request times.
pub(crate) struct Stamps {
    /// Time of the first request, in nanoseconds of the file's own clock.
    pub(crate) origin: i64,
    pub(crate) count: u64,
    /// From the first request to the last, rounded up to a whole second beyond it.
    pub(crate) length: u64,
    pub(crate) digest: Digest,
    source: Source,
}

enum Source {
    Held(Arc<[u64]>),
    Streamed(Arc<Streamed>),
}

struct Streamed {
    reopen: Reopen,
    file: String,
    origin: i64,
    fault: OnceLock<TraceError>,
}

impl Stamps {
    pub(crate) fn read(reopen: Reopen, file: &str) -> Result<Self, TraceError> {
        let mut digest = Digest::new();
        let mut held = Some(Vec::new());
        let (mut origin, mut last, mut count) = (None, 0u64, 0u64);
        for time in times(&reopen, file, None)? {
            let (first, time) = time?;
            origin.get_or_insert(first);
            digest.add_u64(time);
            (last, count) = (time, count + 1);
            if held.as_ref().is_some_and(|held| held.len() >= HELD) {
                held = None;
            }
            if let Some(held) = &mut held {
                held.push(time);
            }
        }
        let Some(origin) = origin else {
            return Err(TraceError::file(file, "it has no rows; write one request time in seconds per line"));
        };
        let source = match held {
            Some(held) => Source::Held(held.into()),
            None => {
                let file = file.to_string();
                Source::Streamed(Arc::new(Streamed { reopen, file, origin, fault: OnceLock::new() }))
            }
        };
        const SECOND: u64 = 1_000_000_000;
        Ok(Stamps { origin, count, length: (last / SECOND + 1) * SECOND, digest, source })
    }

    /// The request times in nanoseconds since the first.
    pub(crate) fn times(&self) -> Box<dyn Iterator<Item = u64> + Send> {
        match &self.source {
            Source::Held(times) => {
                let times = Arc::clone(times);
                Box::new((0..times.len()).map(move |index| times[index]))
            }
            Source::Streamed(streamed) => Box::new(streamed_times(Arc::clone(streamed))),
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

fn streamed_times(streamed: Arc<Streamed>) -> impl Iterator<Item = u64> + Send {
    let mut reading = times(&streamed.reopen, &streamed.file, Some(streamed.origin));
    std::iter::from_fn(move || {
        let next = match &mut reading {
            Ok(times) => times.next()?,
            Err(error) => Err(error.clone()),
        };
        // A file that changed since it was checked ends the replay; the first fault is kept.
        next.map(|(_, time)| time).map_err(|error| streamed.fault.set(error)).ok()
    })
}

/// The origin and the time since it, request by request.
type Times = Box<dyn Iterator<Item = Result<(i64, u64), TraceError>> + Send>;

/// The origin and the time since it of each request: from compact binary, or from rows of text.
fn times(reopen: &Reopen, file: &str, origin: Option<i64>) -> Result<Times, TraceError> {
    let unreadable = |error: io::Error| TraceError::file(file, files::problem(&error));
    let content = packed::unpacked(reopen().map_err(unreadable)?).map_err(unreadable)?;
    let mut content = BufReader::with_capacity(1 << 16, content);
    if !content.fill_buf().map_err(unreadable)?.starts_with(MAGIC) {
        return Ok(Box::new(times_of_rows(reopen, file, origin)?));
    }
    let stamps = BinaryStamps::open(content).map_err(|problem| TraceError::file(file, problem))?;
    let file = file.to_string();
    let mut first = origin;
    Ok(Box::new(stamps.map(move |time| {
        let time = time.map_err(|problem| TraceError::file(&file, problem))?;
        let first = *first.get_or_insert(time);
        u64::try_from(time - first)
            .map(|since| (first, since))
            .map_err(|_| TraceError::file(&file, "the file changed while it was replayed"))
    })))
}

/// The same from rows of text, refused when time runs backwards.
fn times_of_rows(
    reopen: &Reopen,
    file: &str,
    origin: Option<i64>,
) -> Result<impl Iterator<Item = Result<(i64, u64), TraceError>> + Send + use<>, TraceError> {
    let rows = Rows::open(reopen, file, Wanted::TimeOnly)?;
    let file = file.to_string();
    let mut first = origin;
    let mut last: Option<super::rows::Row> = None;
    Ok(rows.map(move |row| {
        let row = row?;
        let first = *first.get_or_insert(row.time);
        if let Some(last) = last.replace(row).filter(|last| last.time > row.time) {
            let (now, then) = (seconds(row.time), seconds(last.time));
            let problem = format!("{now} s is before {then} s on line {}; sort the file by time", last.line);
            return Err(TraceError::Line { file: file.clone(), line: row.line, column: None, problem });
        }
        u64::try_from(row.time - first).map(|time| (first, time)).map_err(|_| TraceError::Line {
            file: file.clone(),
            line: row.line,
            column: None,
            problem: "the file changed while it was replayed".to_string(),
        })
    }))
}
