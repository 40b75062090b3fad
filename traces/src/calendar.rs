//! When a trace begins, as a calendar sees it.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::error::TraceError;
use crate::time::SimTime;

/// The calendar time of the start of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    start: Zoned,
}

impl Calendar {
    /// From the `start` and `zone` of a trace; UTC unless a zone is named.
    pub fn parse(start: &str, zone: Option<&str>) -> Result<Self, TraceError> {
        let civil: DateTime = start.parse().map_err(|_| {
            TraceError::spec(format!("start = \"{start}\" is not a date and time; write \"2026-11-02T00:00:00\""))
        })?;
        let start = civil
            .to_zoned(zone_named(zone)?)
            .map_err(|error| TraceError::spec(format!("start = \"{start}\" cannot be used: {error}")))?;
        Ok(Calendar { start })
    }

    /// From Unix seconds as a recording has them.
    pub(crate) fn from_unix_nanos(nanos: i64, zone: Option<&str>) -> Result<Self, TraceError> {
        let stamp = Timestamp::from_nanosecond(i128::from(nanos))
            .map_err(|error| TraceError::spec(format!("the recording's time is out of range: {error}")))?;
        Ok(Calendar { start: stamp.to_zoned(zone_named(zone)?) })
    }

    /// The calendar time of the start.
    pub fn start(&self) -> &Zoned {
        &self.start
    }

    /// The calendar time of an instant of the run.
    pub fn at(&self, time: SimTime) -> Zoned {
        let length = jiff::SignedDuration::from_nanos(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
        // Past the year 9999 the calendar stands still.
        self.start.checked_add(length).unwrap_or_else(|_| self.start.clone())
    }

    /// The same calendar for a run that begins at `time` of this one.
    pub(crate) fn later(&self, time: SimTime) -> Calendar {
        Calendar { start: self.at(time) }
    }

    /// Nanoseconds from the midnight of the Monday before the start to the start, on the wall clock.
    pub(crate) fn since_monday(&self) -> u64 {
        let days = self.start.weekday().to_monday_zero_offset() as u64;
        let time = self.start.time();
        let seconds = (time.hour() as u64 * 60 + time.minute() as u64) * 60 + time.second() as u64;
        (days * 86_400 + seconds) * 1_000_000_000 + time.subsec_nanosecond() as u64
    }
}

/// A time zone by its name, or as an offset such as `+03:30`.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    zone_named(Some(name)).ok()
}

/// A time zone by its name.
pub(crate) fn zone_named(zone: Option<&str>) -> Result<TimeZone, TraceError> {
    let Some(name) = zone else { return Ok(TimeZone::UTC) };
    if let Some(offset) = fixed_offset(name) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| {
        TraceError::spec(format!(
            "zone = \"{name}\" is not a time zone; write a name such as \"Asia/Shanghai\" or \"UTC\", or an offset such as \
             \"+03:30\""
        ))
    })
}

/// `+03:30`, as logs write the offset of their times.
fn fixed_offset(name: &str) -> Option<Offset> {
    let (sign, clock) = match name.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten().map(i32::from);
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_knows_zone_and_weekday() {
        let calendar = Calendar::parse("2026-11-02T06:00:00", Some("Asia/Shanghai")).unwrap();
        assert_eq!(calendar.since_monday(), 6 * 3_600 * 1_000_000_000, "2 November 2026 is a Monday");
        let next = calendar.at(SimTime::from_secs(86_400));
        assert_eq!(next.to_string(), "2026-11-03T06:00:00+08:00[Asia/Shanghai]");
        assert!(Calendar::parse("tomorrow", None).is_err_and(|e| e.to_string().contains("2026-11-02T00:00:00")));
        let offset = Calendar::parse("2026-11-02T06:00:00", Some("-04:30")).unwrap();
        assert_eq!(offset.start().to_string(), "2026-11-02T06:00:00-04:30[-04:30]");
        assert!(Calendar::parse("2026-11-02", Some("+99:00")).is_err());
        assert!(Calendar::parse("2026-11-02", Some("Mars")).is_err_and(|e| e.to_string().contains("Mars")));
    }
}
