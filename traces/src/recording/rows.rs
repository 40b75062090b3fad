//! The rows of a recording: cells parsed exactly, every fault with its line and column.

use std::io::{BufRead, BufReader, Cursor, Read};

use super::binary::MAGIC;
use super::columns::{self, Columns, PLAIN};
use super::header::TraceHeader;
use crate::error::TraceError;
use crate::files::{self, Reopen};
use crate::packed;

/// One row of a recording.
#[derive(Copy, Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    /// Nanoseconds from whatever origin the file has.
    pub(super) time: i64,
    /// Zero when only times are read.
    pub(super) value: f64,
}

/// What is read from each row.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    TimeAndValue,
    TimeOnly,
}

/// A stream of rows.
pub(super) struct Rows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
    file: String,
    wanted: Wanted,
    pub(super) columns: Columns,
    /// What the comments of a trace of windtunnel's own say.
    pub(super) comments: TraceHeader,
    /// Lines of these comments.
    skipped: u64,
    /// The first record, when it turned out to be data.
    pending: bool,
    /// True when the first row said what the columns are.
    header: bool,
    started: bool,
}

impl Rows {
    pub(super) fn open(reopen: &Reopen, file: &str, wanted: Wanted) -> Result<Self, TraceError> {
        let raw = reopen().map_err(|error| TraceError::file(file, files::problem(&error)))?;
        let unreadable = |error: std::io::Error| TraceError::file(file, files::problem(&error));
        let mut content = BufReader::with_capacity(1 << 16, packed::unpacked(raw).map_err(unreadable)?);
        if content.fill_buf().map_err(unreadable)?.starts_with(MAGIC) {
            let problem = "it holds the times of single requests: name it as `arrivals`, not as `file`";
            return Err(TraceError::file(file, problem));
        }
        let Comments { header, lines, rest } = Comments::read(&mut content).map_err(unreadable)?;
        let content: Box<dyn Read + Send> = Box::new(Cursor::new(rest).chain(content));
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(content);
        let mut rows = Rows {
            reader,
            record: csv::ByteRecord::new(),
            file: file.to_string(),
            wanted,
            columns: PLAIN,
            comments: header,
            skipped: lines,
            pending: false,
            header: false,
            started: false,
        };
        rows.pending = rows.read()?;
        if rows.pending {
            rows.take_header()?;
        }
        Ok(rows)
    }

    fn read(&mut self) -> Result<bool, TraceError> {
        self.reader.read_byte_record(&mut self.record).map_err(|error| {
            let problem = match error.kind() {
                csv::ErrorKind::Io(error) => files::problem(error),
                _ => error.to_string(),
            };
            TraceError::file(&self.file, problem)
        })
    }

    /// Decides whether the first record is a header, and what it names.
    fn take_header(&mut self) -> Result<(), TraceError> {
        let cells = self.cells()?;
        let first = cells.first().map_or("", |cell| cell.trim_start_matches('\u{feff}'));
        let is_data = first.parse::<f64>().is_ok();
        if !is_data {
            let mut names = cells.clone();
            if let Some(name) = names.first_mut() {
                *name = first;
            }
            let found = match self.wanted {
                Wanted::TimeAndValue => columns::named(&names),
                Wanted::TimeOnly => Some(Columns { time: columns::time_column(&names).unwrap_or(0), ..PLAIN }),
            };
            let Some(columns) = found else {
                let names = names.join(",");
                let problem = format!("the header `{names}` does not name {}", columns::EXPECTED);
                return Err(self.fault(None, problem));
            };
            self.columns = columns;
            self.header = true;
            self.pending = false;
        }
        Ok(())
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, |position| position.line() + self.skipped)
    }

    fn fault(&self, column: Option<usize>, problem: impl Into<String>) -> TraceError {
        TraceError::Line {
            file: self.file.clone(),
            line: self.line(),
            column: column.map(|column| column + 1),
            problem: problem.into(),
        }
    }

    fn cells(&self) -> Result<Vec<&str>, TraceError> {
        (0..self.record.len()).map(|column| self.cell(column)).collect()
    }

    fn cell(&self, column: usize) -> Result<&str, TraceError> {
        let Some(bytes) = self.record.get(column) else {
            let problem = format!(
                "the row has {} of the {} columns that are needed; write `seconds,requests`",
                self.record.len(),
                column + 1
            );
            return Err(self.fault(None, problem));
        };
        std::str::from_utf8(bytes).map_err(|_| {
            let shown: String = String::from_utf8_lossy(bytes).chars().take(40).collect();
            self.fault(Some(column), format!("`{shown}` is not UTF-8 text; save the file as UTF-8 CSV"))
        })
    }

    fn row(&self) -> Result<Row, TraceError> {
        if !self.header && self.wanted == Wanted::TimeAndValue && self.record.len() > 2 {
            let problem = format!(
                "the row has {} columns and the file no header; name {} in a first line",
                self.record.len(),
                columns::EXPECTED
            );
            return Err(self.fault(None, problem));
        }
        let time = self.time()?;
        let value = if self.wanted == Wanted::TimeOnly { 0.0 } else { self.value()? };
        Ok(Row { line: self.line(), time, value })
    }

    fn time(&self) -> Result<i64, TraceError> {
        let column = self.columns.time;
        let text = self.cell(column)?.trim_start_matches('\u{feff}');
        nanos(text).map_err(|problem| self.fault(Some(column), problem))
    }

    fn value(&self) -> Result<f64, TraceError> {
        let column = self.columns.value;
        let text = self.cell(column)?;
        let problem = match text.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => return Ok(value),
            Ok(value) if value < 0.0 => format!("`{text}` is negative; a number of requests cannot be"),
            Ok(_) => format!("`{text}` is not a finite number; leave the row out and say what `gaps` means"),
            Err(_) if text.is_empty() => "the number of requests is missing".to_string(),
            Err(_) => format!("`{text}` is not a number of requests"),
        };
        Err(self.fault(Some(column), problem))
    }
}

impl Iterator for Rows {
    type Item = Result<Row, TraceError>;

    fn next(&mut self) -> Option<Result<Row, TraceError>> {
        if !self.pending || self.started {
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        self.started = true;
        Some(self.row())
    }
}

/// The comments at the beginning of a trace that windtunnel wrote.
struct Comments {
    header: TraceHeader,
    lines: u64,
    /// What was read and is no comment.
    rest: Vec<u8>,
}

impl Comments {
    fn read(content: &mut impl BufRead) -> std::io::Result<Comments> {
        /// Nobody writes longer comments; a file that is one endless line is not read as a whole.
        const LONGEST: u64 = 1 << 16;
        let mut comments = Comments { header: TraceHeader::default(), lines: 0, rest: Vec::new() };
        loop {
            comments.rest.clear();
            content.by_ref().take(LONGEST).read_until(b'\n', &mut comments.rest)?;
            let is_first = comments.lines == 0;
            let belongs = if is_first { TraceHeader::begins(&comments.rest) } else { comments.rest.starts_with(b"#") };
            if !belongs {
                return Ok(comments);
            }
            comments.header.read(&comments.rest);
            comments.lines += 1;
        }
    }
}

/// Seconds as they are written, in nanoseconds: exact for decimals, so that 0.1 s steps stay regular.
pub(super) fn nanos(text: &str) -> Result<i64, String> {
    // Half of what fits, so that any two times can be subtracted.
    const MOST: i64 = i64::MAX / 2;
    if let Some(nanos) = decimal_nanos(text).filter(|nanos| nanos.abs() <= MOST) {
        return Ok(nanos);
    }
    match text.parse::<f64>() {
        Ok(seconds) if (seconds * 1e9).abs() < MOST as f64 => Ok((seconds * 1e9) as i64),
        Ok(seconds) if seconds.is_finite() => {
            Err(format!("`{text}` is too large for seconds; is the column in milliseconds?"))
        }
        Ok(_) => Err(format!("`{text}` is not a finite number of seconds")),
        Err(_) if text.is_empty() => Err("the time is missing".to_string()),
        Err(_) => Err(format!("`{text}` is not a number of seconds")),
    }
}

fn decimal_nanos(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 10 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let mut part: i64 = 0;
    for position in 0..9 {
        part = part * 10 + fraction.as_bytes().get(position).map_or(0, |digit| i64::from(digit - b'0'));
    }
    let total = whole.checked_mul(1_000_000_000)?.checked_add(part)?;
    Some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn seconds_are_read_exactly() {
        assert_eq!(nanos("0.1"), Ok(100_000_000));
        assert_eq!(nanos("1700158623.4567890129"), Ok(1_700_158_623_456_789_012));
        assert_eq!(nanos("-2.5"), Ok(-2_500_000_000));
        assert!(nanos("-4611686019").is_err(), "differences must fit");
        assert_eq!(nanos("1e3"), Ok(1_000_000_000_000));
        assert!(nanos("1700158623456").is_err_and(|problem| problem.contains("milliseconds")));
        assert!(nanos("nan").is_err());
        assert!(nanos("").is_err_and(|problem| problem.contains("missing")));
        assert!(nanos("12:00").is_err());
    }
}
