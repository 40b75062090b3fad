//! Scheduled actions: at an offset from the start, or by a five-field cron expression on the scenario's calendar.

use std::str::FromStr;

use jiff::civil::{self, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use windtunnel_traces::{SimDuration, SimTime};

use super::problem::{Invalid, Problem, Severity};

/// Which calendar time t = 0 is.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The instant of t = 0.
    pub start: Timestamp,
    /// The scenario's time zone.
    pub zone: TimeZone,
}

impl Default for Calendar {
    /// Monday, 5 January 2026, 00:00 UTC: a run without a calendar starts a week at midnight.
    fn default() -> Self {
        let start = civil::date(2026, 1, 5).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        Calendar { start: start.unwrap_or(Timestamp::UNIX_EPOCH), zone: TimeZone::UTC }
    }
}

impl Calendar {
    /// The calendar time of an instant of the run.
    pub fn timestamp(&self, at: SimTime) -> Timestamp {
        let nanos = i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
        self.start.checked_add(SignedDuration::from_nanos(nanos)).unwrap_or(Timestamp::MAX)
    }

    fn sim_time(&self, timestamp: Timestamp) -> Option<SimTime> {
        let since = timestamp.duration_since(self.start).as_nanos();
        u64::try_from(since).ok().map(SimTime::from_nanos)
    }
}

/// Why a text is not a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields.
    #[error("`{0}` has {1} fields; a cron expression has five: minute hour day-of-month month day-of-week")]
    Fields(String, usize),
    /// A window without its six fields.
    #[error(
        "`{0}` has {1} fields; it has six: second minute hour day-of-month month day-of-week, after `TZ=+yy` if need be"
    )]
    WindowFields(String, usize),
    /// A time zone that is none.
    #[error("`TZ={0}` is not a time zone; expected TZ=-12 to TZ=+14")]
    Zone(String),
    /// A field that cannot be read.
    #[error("`{0}` is not a {1} (expected {2} to {3}, `*`, `*/n`, `a-b` or a list)")]
    Field(String, &'static str, u32, u32),
}

/// A five-field cron expression. As in cron, when both days are restricted either may match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

fn field(text: &str, what: &'static str, low: u32, high: u32, names: &[&str], base: u32) -> Result<u64, CronError> {
    let wrong = || CronError::Field(text.to_string(), what, low, high);
    let number = |word: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(word)).map(|i| i as u32 + base);
        let value = named.or_else(|| word.parse().ok()).ok_or_else(wrong)?;
        if (low..=high).contains(&value) { Ok(value) } else { Err(wrong()) }
    };
    let mut set = 0u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|s| *s > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (low, high),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            (single, None) if part.contains('/') => (number(single)?, high),
            (single, None) => (number(single)?, number(single)?),
        };
        if from > to {
            return Err(wrong());
        }
        (from..=to).step_by(step as usize).for_each(|value| set |= 1 << value);
    }
    Ok(set)
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError::Fields(text.to_string(), fields.len()));
        };
        let mut weekdays = field(weekday, "day of the week", 0, 7, &WEEKDAYS, 0)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1; // 7 is Sunday too
        }
        Ok(Cron {
            minutes: field(minute, "minute", 0, 59, &[], 0)?,
            hours: field(hour, "hour", 0, 23, &[], 0)?,
            days: field(day, "day of the month", 1, 31, &[], 0)?,
            months: field(month, "month", 1, 12, &MONTHS, 1)?,
            weekdays,
            any_day: matches!(day, "*" | "?"),
            any_weekday: matches!(weekday, "*" | "?"),
        })
    }
}

impl Cron {
    fn matches_date(&self, date: civil::Date) -> bool {
        let day = self.days & (1 << date.day()) != 0;
        let weekday = self.weekdays & (1 << weekday_number(date.weekday())) != 0;
        let by_day = match (self.any_day, self.any_weekday) {
            (true, true) => true,
            (true, false) => weekday,
            (false, true) => day,
            (false, false) => day || weekday,
        };
        by_day && self.months & (1 << date.month()) != 0
    }

    /// The first match strictly after `after`, within five years.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut date = zone.to_datetime(after).date();
        for _ in 0..5 * 366 {
            if self.matches_date(date) {
                let found = self.on_date(date, after, zone);
                if found.is_some() {
                    return found;
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn on_date(&self, date: civil::Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let times = (0..24i8).filter(|hour| self.hours & (1 << hour) != 0).flat_map(|hour| {
            (0..60i8).filter(|minute| self.minutes & (1 << minute) != 0).map(move |minute| (hour, minute))
        });
        times
            .filter_map(|(hour, minute)| zone.to_timestamp(date.at(hour, minute, 0, 0)).ok())
            .find(|timestamp| *timestamp > after)
    }
}

fn weekday_number(weekday: Weekday) -> u32 {
    weekday.to_sunday_zero_offset() as u32
}

/// A recurring window, as ESS writes the `Effective` time of an event-triggered task: six cron fields from seconds to
/// the day of the week, in UTC+8 unless `TZ=+yy` comes first.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    seconds: u64,
    cron: Cron,
    zone: TimeZone,
}

impl FromStr for Window {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let (hours, rest) = match text.trim().strip_prefix("TZ=") {
            Some(zoned) => {
                let (zone, rest) = zoned.split_once(char::is_whitespace).unwrap_or((zoned, ""));
                let digits = zone.trim_start_matches('+').trim_end_matches(":00");
                let hours = digits.parse::<i8>().ok().filter(|hours| (-12..=14).contains(hours));
                (hours.ok_or_else(|| CronError::Zone(zone.to_string()))?, rest)
            }
            None => (8, text),
        };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let [second, minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError::WindowFields(text.to_string(), fields.len()));
        };
        Ok(Window {
            seconds: field(second, "second", 0, 59, &[], 0)?,
            cron: [minute, hour, day, month, weekday].join(" ").parse()?,
            zone: TimeZone::fixed(jiff::tz::Offset::constant(hours)),
        })
    }
}

impl Window {
    /// Whether an instant lies within it.
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        let time = self.zone.to_datetime(at);
        self.seconds & (1 << time.second()) != 0
            && self.cron.minutes & (1 << time.minute()) != 0
            && self.cron.hours & (1 << time.hour()) != 0
            && self.cron.matches_date(time.date())
    }
}

/// When an entry fires.
#[derive(Clone, Debug)]
pub(crate) enum When {
    Once(SimTime),
    Cron(Cron, TimeZone),
}

/// One scheduled action.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) when: When,
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
    pub(crate) desired: Option<u32>,
    pub(crate) rule: Option<usize>,
    /// How long a refused action is tried again.
    pub(crate) retry_for: SimDuration,
}

/// An entry without effects yet. `zone` is that of the cron expression; UTC when absent.
pub(crate) fn entry(
    provider: &str,
    name: &str,
    at: Option<SimDuration>,
    cron: Option<&str>,
    zone: Option<TimeZone>,
) -> Result<Entry, Invalid> {
    let invalid = |message: String| {
        let path = format!("{provider}.scheduled.{name}");
        Invalid(vec![Problem { path, message, severity: Severity::Error }])
    };
    let when = match (at, cron) {
        (Some(at), None) => When::Once(SimTime::ZERO + at),
        (None, Some(cron)) => {
            When::Cron(cron.parse().map_err(|e: CronError| invalid(e.to_string()))?, zone.unwrap_or(TimeZone::UTC))
        }
        _ => return Err(invalid("give exactly one of `at` and `cron`".to_string())),
    };
    let name = name.to_string();
    Ok(Entry { name, when, min: None, max: None, desired: None, rule: None, retry_for: SimDuration::ZERO })
}

/// A scheduled action that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) entry: Entry,
    index: usize,
    first: SimTime,
}

impl Due {
    /// True if this is the last attempt.
    pub(crate) fn is_last_try(&self, now: SimTime) -> bool {
        now + RETRY_EVERY > self.first + self.entry.retry_for
    }
}

/// Between attempts of an action that was refused.
const RETRY_EVERY: SimDuration = SimDuration::from_secs(60);

/// All scheduled actions of a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    calendar: Calendar,
    entries: Vec<Entry>,
    /// Per entry: the next attempt, and when the occurrence that it belongs to was due.
    next: Vec<(SimTime, SimTime)>,
    /// Of several that are due at once, the one that was created last comes first.
    pub(crate) last_created_first: bool,
}

impl Schedule {
    pub(crate) fn new(calendar: &Calendar, entries: Vec<Entry>) -> Self {
        let mut schedule = Schedule { calendar: calendar.clone(), entries, ..Schedule::default() };
        for index in 0..schedule.entries.len() {
            let first = schedule.occurrence(index, None);
            schedule.next.push((first, first));
        }
        schedule
    }

    /// The first occurrence after `after`; from the start, t = 0 counts.
    fn occurrence(&self, index: usize, after: Option<SimTime>) -> SimTime {
        match &self.entries[index].when {
            When::Once(at) => after.map_or(*at, |_| SimTime::NEVER),
            When::Cron(cron, zone) => {
                let after = match after {
                    Some(after) => self.calendar.timestamp(after),
                    None => self.calendar.start - SignedDuration::from_nanos(1),
                };
                let found = cron.next_after(after, zone).and_then(|t| self.calendar.sim_time(t));
                found.unwrap_or(SimTime::NEVER)
            }
        }
    }

    pub(crate) fn next(&self) -> SimTime {
        self.next.iter().map(|(at, _)| *at).min().unwrap_or(SimTime::NEVER)
    }

    /// The earliest entry that is due, first come first served; it must be settled before the next is taken.
    pub(crate) fn take_due(&mut self, now: SimTime) -> Option<Due> {
        let due = (0..self.entries.len()).filter(|i| self.next[*i].0 <= now);
        let created = |i: &usize| if self.last_created_first { usize::MAX - *i } else { *i };
        let index = due.min_by_key(|i| (self.next[*i].1, created(i)))?;
        Some(Due { entry: self.entries[index].clone(), index, first: self.next[index].1 })
    }

    /// Plans the next attempt or the next occurrence.
    pub(crate) fn settle(&mut self, now: SimTime, due: &Due, settled: bool) {
        self.next[due.index] = if settled || due.is_last_try(now) {
            let next = self.occurrence(due.index, Some(due.first.max(now)));
            (next, next)
        } else {
            (now + RETRY_EVERY, due.first)
        };
    }
}
