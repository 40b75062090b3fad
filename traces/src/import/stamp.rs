//! Instants from the ways in which logs and exports write them, byte by byte: `01/Aug/1995:00:00:01 -0400`, ISO 8601 and
//! its looser relatives, Unix seconds to nanoseconds, seconds from a beginning.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::damage::Damage;
use super::number;

const SECOND: i64 = 1_000_000_000;
/// From here on (1980) a number of seconds is taken for Unix time; from a beginning it would be ten years.
pub(crate) const UNIX_FROM: i64 = 315_532_800 * SECOND;
/// 1 January 2200. A later stamp is a mistake: nobody has recorded it yet.
const LATEST: i64 = 7_258_118_400;

/// Reads stamps, and remembers what it has seen of zones.
pub(crate) struct Stamps {
    zone: Option<TimeZone>,
    /// Nanoseconds of one unit of a relative number.
    unit: f64,
    /// A `strftime` pattern, when told.
    pattern: Option<String>,
    civil: CivilClock,
    /// The minute that was read last: its text, and its instant in Unix seconds.
    minute: ([u8; 17], [u8; 6], i64),
    /// Offsets from UTC that stamps carried, in seconds: the first, and whether there were others.
    pub(super) offset: Option<i32>,
    pub(super) offsets_vary: bool,
    /// True once a stamp was civil time without an offset.
    pub(super) naive: bool,
    /// True once a stamp was a calendar time, false while all are numbers from some beginning.
    pub(super) absolute: bool,
}

impl Stamps {
    pub(crate) fn new(zone: Option<TimeZone>, unit: f64, pattern: Option<String>) -> Self {
        Stamps {
            civil: CivilClock::new(zone.clone().unwrap_or(TimeZone::UTC)),
            zone,
            unit,
            pattern,
            minute: ([0; 17], [0; 6], 0),
            offset: None,
            offsets_vary: false,
            naive: false,
            absolute: false,
        }
    }

    /// True when a zone was asked for.
    pub(super) fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// Civil stamps that occur twice, or never, because clocks were changed.
    pub(super) fn clock_changes(&self) -> (u64, u64) {
        (self.civil.repeated, self.civil.skipped)
    }

    /// Whatever it is: a number, or a date and time.
    pub(crate) fn any(&mut self, text: &[u8]) -> Result<i64, Damage> {
        let text = text.trim_ascii();
        if let Some(pattern) = &self.pattern {
            return self.by_pattern(&pattern.clone(), text);
        }
        match text.first() {
            None => Err(Damage::new("the time is missing")),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => {
                if text.len() > 4 && matches!(text[4], b'-' | b'/') && text[..4].iter().all(u8::is_ascii_digit) {
                    self.iso(text)
                } else if text.len() > 3 && text[2] == b'/' && text[3].is_ascii_alphabetic() {
                    self.common_log(text)
                } else {
                    self.number(text)
                }
            }
            Some(_) => Err(Damage::found("this is no time", text)),
        }
    }

    /// A number: seconds from a beginning, or Unix time in seconds, milli-, micro- or nanoseconds, told by its size.
    pub(super) fn number(&mut self, text: &[u8]) -> Result<i64, Damage> {
        let number = number::decimal(text).ok_or_else(|| Damage::found("this is no time", text))?;
        // 1e11 seconds is the year 5138; 1e11 milliseconds is 1973.
        let per_unit = match number.whole.unsigned_abs() {
            0..100_000_000_000 => SECOND,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        let nanos = number.scaled(per_unit);
        if nanos.is_some_and(|nanos| nanos < UNIX_FROM) && per_unit == SECOND {
            return self.relative(text);
        }
        self.absolute = true;
        let nanos = nanos.ok_or_else(|| Damage::found("this time is too far away", text))?;
        checked(nanos.div_euclid(SECOND), nanos.rem_euclid(SECOND))
    }

    /// A number of units from a beginning.
    pub(super) fn relative(&mut self, text: &[u8]) -> Result<i64, Damage> {
        let number = number::decimal(text).ok_or_else(|| Damage::found("this is no time", text))?;
        let nanos = if self.unit == SECOND as f64 {
            number.scaled(SECOND).map(|nanos| nanos as f64)
        } else {
            Some(number.as_f64() * self.unit)
        };
        nanos
            .filter(|nanos| nanos.abs() < LATEST as f64 * 1e9)
            .map(
                |nanos| {
                    if self.unit == SECOND as f64 { number.scaled(SECOND).unwrap_or_default() } else { nanos as i64 }
                },
            )
            .ok_or_else(|| Damage::found("this time is too far away", text))
    }

    /// `01/Aug/1995:00:00:01 -0400`, at the beginning of a text.
    #[inline]
    pub(super) fn common_log(&mut self, text: &[u8]) -> Result<i64, Damage> {
        let Some((stamp, _)) = text.split_first_chunk::<26>() else {
            return Err(Damage::new("the time is cut off"));
        };
        let (minute, offset) = (&stamp[..17], &stamp[20..26]);
        if minute != self.minute.0 || offset != self.minute.1 {
            self.read_minute(stamp)?;
        }
        match (stamp[17], number::two_digits(&stamp[18..20])) {
            (b':', Some(second)) if second <= 60 => Ok((self.minute.2 + i64::from(second)) * SECOND),
            _ => Err(Damage::found("this is no time", stamp)),
        }
    }

    /// Reads the date and the minute of a common log stamp, to be used again by the lines after it.
    #[cold]
    fn read_minute(&mut self, stamp: &[u8; 26]) -> Result<(), Damage> {
        let wrong = || Damage::found("this is no time", stamp);
        let [_, _, b'/', _, _, _, b'/', _, _, _, _, b':', _, _, b':', _, _, b':', _, _, b' ', ..] = stamp else {
            return Err(wrong());
        };
        let digits = |range: std::ops::Range<usize>| number::digits(&stamp[range]).ok_or_else(wrong);
        let month = month_named(&stamp[3..6]).ok_or_else(wrong)?;
        let days = days(digits(7..11)?, month, digits(0..2)?).ok_or_else(wrong)?;
        let (hour, minute) = (digits(12..14)?, digits(15..17)?);
        let offset = offset(&stamp[21..26]).ok_or_else(wrong)?;
        if hour > 23 || minute > 59 {
            return Err(wrong());
        }
        self.saw_offset(offset);
        let start = days * 86_400 + hour * 3_600 + minute * 60 - i64::from(offset);
        checked(start, 0)?;
        self.minute.0.copy_from_slice(&stamp[..17]);
        self.minute.1.copy_from_slice(&stamp[20..26]);
        self.minute.2 = start;
        Ok(())
    }

    /// `2018-07-02T22:22:48.364000Z`, `2014-04-10 00:04:00`, `2014/04/10 00:04`, with an offset or without.
    pub(super) fn iso(&mut self, text: &[u8]) -> Result<i64, Damage> {
        let text = text.trim_ascii();
        let wrong = || Damage::found("this is no time", text);
        let civil = Civil::read(text).ok_or_else(wrong)?;
        let rest = text[civil.length..].trim_ascii_start();
        let seconds = match rest {
            [] => {
                self.naive = true;
                self.civil.instant(civil.seconds)
            }
            b"Z" | b"z" | b"UTC" | b"GMT" | b"+0000 UTC" => {
                self.saw_offset(0);
                civil.seconds
            }
            _ => {
                let offset = offset(rest).ok_or_else(wrong)?;
                self.saw_offset(offset);
                civil.seconds - i64::from(offset)
            }
        };
        self.absolute = true;
        checked(seconds, civil.nanos)
    }

    fn by_pattern(&mut self, pattern: &str, text: &[u8]) -> Result<i64, Damage> {
        let text = std::str::from_utf8(text).map_err(|_| Damage::found("this is no time", text))?;
        let wrong =
            |_| Damage::new(format!("`{}` is not written as `{pattern}`", super::damage::shown(text.as_bytes())));
        let read = jiff::fmt::strtime::parse(pattern, text).map_err(wrong)?;
        self.absolute = true;
        if let Ok(stamp) = read.to_timestamp() {
            return checked(stamp.as_second(), i64::from(stamp.subsec_nanosecond()));
        }
        let civil = read.to_datetime().or_else(|_| read.to_date().map(|date| date.at(0, 0, 0, 0))).map_err(wrong)?;
        self.naive = true;
        checked(self.civil.instant(civil_seconds(civil)), i64::from(civil.subsec_nanosecond()))
    }

    fn saw_offset(&mut self, offset: i32) {
        self.absolute = true;
        self.offsets_vary |= *self.offset.get_or_insert(offset) != offset;
    }
}

/// Nanoseconds, refused outside the years that somebody can have recorded.
fn checked(seconds: i64, nanos: i64) -> Result<i64, Damage> {
    if (-LATEST..LATEST).contains(&seconds) {
        return Ok(seconds * SECOND + nanos);
    }
    Err(Damage::new("the time is after the year 2199 or long before 1970; is its unit right?"))
}

/// A civil date and time at the beginning of a text.
struct Civil {
    /// As if it were UTC.
    seconds: i64,
    nanos: i64,
    /// Bytes that it takes.
    length: usize,
}

impl Civil {
    fn read(text: &[u8]) -> Option<Civil> {
        let date = text.get(..10)?;
        let separated = matches!((date[4], date[7]), (b'-', b'-') | (b'/', b'/'));
        let days = days(number::digits(&date[..4])?, number::digits(&date[5..7])?, number::digits(&date[8..10])?)?;
        if !separated {
            return None;
        }
        let midnight = days * 86_400;
        if text.len() == 10 {
            return Some(Civil { seconds: midnight, nanos: 0, length: 10 });
        }
        if !matches!(text[10], b'T' | b't' | b' ') {
            return None;
        }
        let clock = &text[11..];
        let (hour, minute) = (number::two_digits(clock.get(..2)?)?, number::two_digits(clock.get(3..5)?)?);
        if clock[2] != b':' || hour > 23 || minute > 59 {
            return None;
        }
        let mut civil =
            Civil { seconds: midnight + i64::from(hour) * 3_600 + i64::from(minute) * 60, nanos: 0, length: 16 };
        if clock.get(5) == Some(&b':') {
            let second = number::two_digits(clock.get(6..8)?)?;
            if second > 60 {
                return None;
            }
            civil.seconds += i64::from(second);
            civil.length = 19;
            if matches!(clock.get(8), Some(b'.' | b',')) {
                let digits = clock[9..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                civil.nanos = number::fraction(&clock[9..9 + digits]);
                civil.length = 20 + digits;
            }
        }
        Some(civil)
    }
}

/// Civil times of a zone as instants. Where clocks are set back and an hour occurs twice, the order of the lines tells
/// which one is meant.
struct CivilClock {
    zone: TimeZone,
    /// The quarter of an hour that was asked for last, and its offset: no zone changes its clocks within one.
    quarter: Option<(i64, i64)>,
    last: i64,
    repeated: u64,
    skipped: u64,
}

impl CivilClock {
    fn new(zone: TimeZone) -> Self {
        CivilClock { zone, quarter: None, last: i64::MIN, repeated: 0, skipped: 0 }
    }

    /// Unix seconds.
    fn instant(&mut self, civil: i64) -> i64 {
        const QUARTER: i64 = 900;
        let quarter = civil.div_euclid(QUARTER);
        let instant = match self.quarter {
            Some((cached, offset)) if cached == quarter => civil - offset,
            _ => match self.offset(civil) {
                AmbiguousOffset::Unambiguous { offset } => {
                    self.quarter = Some((quarter, i64::from(offset.seconds())));
                    civil - i64::from(offset.seconds())
                }
                AmbiguousOffset::Gap { before, .. } => {
                    self.skipped += 1;
                    civil - i64::from(before.seconds())
                }
                AmbiguousOffset::Fold { before, after } => {
                    self.repeated += 1;
                    let (first, second) = (civil - i64::from(before.seconds()), civil - i64::from(after.seconds()));
                    // Whichever is nearer to the line before: lines are in order, or nearly so.
                    let is_second =
                        first < self.last && second.saturating_sub(self.last) <= self.last.saturating_sub(first);
                    if is_second { second } else { first }
                }
            },
        };
        self.last = instant;
        instant
    }

    fn offset(&self, civil: i64) -> AmbiguousOffset {
        let utc = jiff::tz::Offset::UTC;
        match jiff::Timestamp::from_second(civil) {
            Ok(stamp) => self.zone.to_ambiguous_timestamp(utc.to_datetime(stamp)).offset(),
            Err(_) => AmbiguousOffset::Unambiguous { offset: utc },
        }
    }
}

fn civil_seconds(civil: DateTime) -> i64 {
    jiff::tz::Offset::UTC.to_timestamp(civil).map_or(0, jiff::Timestamp::as_second)
}

/// Days since 1970 of a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = LENGTHS.get(usize::try_from(month - 1).ok()?)? + i64::from(month == 2 && is_leap);
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn month_named(name: &[u8]) -> Option<i64> {
    const NAMES: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    NAMES.iter().position(|month| month.eq_ignore_ascii_case(name)).map(|index| index as i64 + 1)
}

/// `-0400`, `+03:30` or `+05`, in seconds.
fn offset(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text.split_first()? {
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _] => (number::two_digits(digits)?, 0),
        [a, b, b':', c, d] | [a, b, c, d] => (number::two_digits(&[*a, *b])?, number::two_digits(&[*c, *d])?),
        _ => return None,
    };
    // The furthest zones are +14 and -12.
    (hours <= 15 && minutes < 60).then_some(sign * (i32::from(hours) * 3_600 + i32::from(minutes) * 60))
}

/// An offset as it is written: `-04:00`.
pub(super) fn written_offset(offset: i32) -> Cow<'static, str> {
    if offset == 0 {
        return "UTC".into();
    }
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc() -> Stamps {
        Stamps::new(None, 1e9, None)
    }

    fn seconds(text: &str) -> Option<f64> {
        utc().any(text.as_bytes()).ok().map(|nanos| nanos as f64 / 1e9)
    }

    #[test]
    fn the_same_instant_in_many_clothes() {
        for text in [
            "01/Aug/1995:00:00:01 -0400",
            "1995-08-01T04:00:01Z",
            "1995-08-01 04:00:01",
            "1995/08/01 04:00:01 UTC",
            "1995-08-01T00:00:01-04:00",
            "1995-08-01T07:30:01.000+0330",
            "807249601",
            "807249601000",
            "807249601000000",
            "807249601000000000",
            "807249601.000",
        ] {
            assert_eq!(seconds(text), Some(807_249_601.0), "{text}");
        }
        assert_eq!(utc().any(b"2018-07-02T22:22:48.364001Z").unwrap() % SECOND, 364_001_000);
        assert_eq!(utc().any(b"1700158623.4567890129").unwrap(), 1_700_158_623_456_789_012);
        assert_eq!(seconds("0.25"), Some(0.25), "a number of seconds from a beginning");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-",
            "tomorrow",
            "1995-02-29 00:00:00",
            "1995-13-01",
            "31/Jun/1995:00:00:00 +0000",
            "12:00",
            "01/Aug/1995:24:00:00 +0000",
            "01/Aug/1995:00:00:61 +0000",
            "2525-01-01T00:00:00Z",
            "99999999999999999999",
            "nan",
            "inf",
            "1e400",
            "01/Aug/1995:00:00:01",
            "1995-08-01T04:00:01+99:00",
        ] {
            assert!(utc().any(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_minute_that_was_read_is_used_again_and_no_other() {
        let mut stamps = utc();
        let mut read = |text: &str| stamps.common_log(text.as_bytes()).map(|nanos| nanos / SECOND).ok();
        assert_eq!(read("01/Aug/1995:00:00:01 +0000"), Some(807_235_201));
        assert_eq!(read("01/Aug/1995:00:00:59 +0000"), Some(807_235_259));
        assert_eq!(read("01/Aug/1995:00:00:59 +0100"), Some(807_231_659));
        assert_eq!(read("01/Aug/1995:00:00:5x +0100"), None);
        assert_eq!(read("01/Aug/1995:00:00-59 +0100"), None);
        assert!(stamps.offsets_vary);
    }

    #[test]
    fn clocks_that_are_set_back_repeat_an_hour_and_the_order_tells_which() {
        // America/New_York, 5 November 2023: 01:00 to 02:00 occurs twice, first at -04:00 (05:00 UTC), then at -05:00.
        let zone = TimeZone::get("America/New_York").unwrap();
        let mut stamps = Stamps::new(Some(zone), 1e9, None);
        let clock = ["00:30", "01:00", "01:59", "01:00", "01:30", "01:59", "02:00"];
        let seen: Vec<i64> = clock
            .iter()
            .map(|clock| stamps.any(format!("2023-11-05 {clock}:00").as_bytes()).unwrap() / SECOND - 1_699_156_800)
            .collect();
        let minutes: Vec<i64> = seen.iter().map(|second| second / 60).collect();
        assert_eq!(minutes, [30, 60, 119, 120, 150, 179, 180]);
        assert_eq!(stamps.clock_changes(), (5, 0));
        // 12 March 2023: there is no 02:30.
        let spring = stamps.any(b"2023-03-12 02:30:00").unwrap();
        assert_eq!(spring, stamps.any(b"2023-03-12 03:30:00").unwrap());
        assert_eq!(stamps.clock_changes(), (5, 1));
    }

    #[test]
    fn a_pattern_can_be_told() {
        let mut stamps = Stamps::new(None, 1e9, Some("%d.%m.%Y %H:%M".into()));
        assert_eq!(stamps.any(b"01.08.1995 04:00").unwrap() / SECOND, 807_249_600);
        assert!(stamps.any(b"1995-08-01 04:00").unwrap_err().to_string().contains("%d.%m.%Y"));
    }

    proptest::proptest! {
        #[test]
        fn days_are_those_of_the_calendar(day in -100_000i64..200_000) {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            proptest::prop_assert_eq!(days(date.year().into(), date.month().into(), date.day().into()), Some(day));
        }

        #[test]
        fn no_text_is_a_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let _ = utc().any(&text);
            let _ = utc().common_log(&text);
        }
    }
}
