//! A recording as a trace file: CSV that a person can read, or request times as compact binary.

use std::fmt::Write as _;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::recorded::Recorded;
use crate::calendar::zone_named;
use crate::recording::{binary, header};

impl Recorded {
    /// Writes `seconds,requests` rows, and what is known about them as comments. The `[trace]` table reads it.
    pub fn write_csv(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "{}", header::FIRST_LINE)?;
        to.write_all(self.comments().as_bytes())?;
        let zone = self.calendar_zone();
        writeln!(to, "seconds,requests{}", if zone.is_some() { ",time" } else { "" })?;
        for (start, count) in self.counts() {
            write!(to, "{},{}", seconds(start), tidy(count))?;
            match &zone {
                Some(zone) => writeln!(to, ",{}", calendar(start, zone))?,
                None => writeln!(to)?,
            }
        }
        Ok(())
    }

    /// Writes every request's time. Refused unless they were kept.
    pub fn write_stamps(self, to: &mut impl Write) -> io::Result<u64> {
        let comments = self.comments();
        let Some(sorter) = self.sorter else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the input has no times of single requests"));
        };
        let (count, times) = sorter.sorted()?;
        binary::write(&comments, count, times, to)?;
        Ok(count)
    }

    /// What is known, as comment lines.
    fn comments(&self) -> String {
        let mut text = String::new();
        for source in &self.sources {
            let what = match (source.requests, source.rows) {
                (0, rows) => format!("{rows} rows"),
                (requests, _) => format!("{requests} requests"),
            };
            let damaged = match source.count.damaged {
                0 => String::new(),
                damaged => format!(", {damaged} damaged lines of {}", source.count.lines),
            };
            let file = source.file.rsplit(['/', '\\']).next().unwrap_or_default();
            let _ = writeln!(text, "# source: {file} ({}): {what}{damaged}", source.format);
        }
        if let Some(zone) = &self.zone {
            let _ = writeln!(text, "# zone: {zone}");
        }
        let _ = writeln!(text, "# resolution: {}\n# values: count", self.resolution);
        let gaps = self.gaps();
        let _ = match gaps.len() {
            0 => writeln!(text, "# gaps: none"),
            count => writeln!(text, "# gaps: {count}; no rows stand for them"),
        };
        // A file of holes is no place to list them all.
        for gap in gaps.iter().take(100) {
            let _ = writeln!(text, "# gap: {} to {}", seconds(gap.from), seconds(gap.to));
        }
        for mark in &self.censored {
            let _ = writeln!(text, "# censored: {} to {}: {}", seconds(mark.from), seconds(mark.to), mark.reason);
        }
        text
    }

    /// An instant as it is to be read: a calendar time, or seconds from the beginning.
    pub fn written(&self, at: i64) -> String {
        match self.calendar_zone() {
            Some(zone) => calendar(at, &zone),
            None => format!("{}s", seconds(at)),
        }
    }

    /// The zone that calendar times are written in; none where times are relative.
    pub(crate) fn calendar_zone(&self) -> Option<TimeZone> {
        self.is_absolute.then(|| zone_named(self.zone.as_deref()).unwrap_or(TimeZone::UTC))
    }
}

/// Nanoseconds as seconds, exactly.
pub(crate) fn seconds(nanos: i64) -> String {
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let (whole, part) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{part:09}").trim_end_matches('0'))
}

/// Without the dust of binary fractions: to a billionth.
fn tidy(count: f64) -> f64 {
    if count.abs() < 1e6 { libm::round(count * 1e9) / 1e9 } else { count }
}

/// A calendar time as `2019-01-22T03:56:14+03:30`.
pub(crate) fn calendar(nanos: i64, zone: &TimeZone) -> String {
    match Timestamp::from_nanosecond(i128::from(nanos)) {
        Ok(stamp) => stamp.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
        Err(_) => String::new(),
    }
}
