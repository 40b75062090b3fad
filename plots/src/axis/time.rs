//! The axis of time: hours since the start, or the dates of a calendar where the trace has one.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// Up to this length in seconds hours are counted through; beyond, days are named.
const ONE_DAY: f64 = 25.0 * 3600.0;
/// Steps between ticks, in seconds; from a day on they follow the calendar.
const STEPS: [i64; 22] = [
    1,
    2,
    5,
    10,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    MONTH,
    3 * MONTH,
];
const MONTH: i64 = 30 * DAY;

/// A tick of the axis of time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeTick {
    pub(crate) seconds: f64,
    pub(crate) label: String,
    /// The day that begins here, for a second line.
    pub(crate) day: Option<String>,
}

/// From when to when, and which calendar.
#[derive(Clone, Debug)]
pub(crate) struct TimeAxis {
    pub(crate) start: f64,
    pub(crate) end: f64,
    calendar: Option<Zoned>,
}

impl TimeAxis {
    /// From the start of the run to `end` seconds; `calendar_start` is in seconds since 1970.
    pub(crate) fn new(end: f64, calendar_start: Option<i64>, time_zone: Option<&str>) -> TimeAxis {
        let zone = time_zone.and_then(windtunnel_traces::calendar::time_zone).unwrap_or(TimeZone::UTC);
        let calendar = calendar_start
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(|timestamp| timestamp.to_zoned(zone));
        let end = if end.is_finite() && end > 0.0 { end } else { 1.0 };
        TimeAxis { start: 0.0, end, calendar }
    }

    /// Where a time lies: 0 at the start, 1 at the end, never beyond.
    pub(crate) fn share(&self, seconds: f64) -> f64 {
        ((seconds - self.start) / (self.end - self.start)).clamp(0.0, 1.0)
    }

    /// What the axis shows, with the unit of its ticks.
    pub(crate) fn title(&self, ticks: &[TimeTick]) -> String {
        let Some(start) = &self.calendar else {
            let unit = match ticks.first() {
                _ if self.end > ONE_DAY => "",
                Some(tick) if tick.label.matches(':').count() > 1 => " (h:min:s)",
                _ => " (h:min)",
            };
            return format!("Time since the start{unit}");
        };
        let zone = start.time_zone().iana_name().map_or_else(|| start.strftime("%:z").to_string(), str::to_owned);
        format!("Time ({zone})")
    }

    /// The ticks of an axis `width` pixels wide.
    pub(crate) fn ticks(&self, width: f64) -> Vec<TimeTick> {
        let span = self.end - self.start;
        let room = |step: i64| width * step as f64 / span;
        let needed = |step: i64| if (MINUTE..MONTH).contains(&step) { 62.0 } else { 84.0 };
        let step = STEPS.into_iter().find(|&step| room(step) >= needed(step));
        let step = step.unwrap_or_else(|| 12 * MONTH * (needed(MONTH) / room(12 * MONTH)).ceil() as i64);
        let dated = self.calendar.as_ref().map(|start| self.calendar_ticks(start, step));
        // A run that outlasts the calendar has no dates.
        dated.filter(|ticks| !ticks.is_empty()).unwrap_or_else(|| self.plain_ticks(step))
    }

    fn plain_ticks(&self, step: i64) -> Vec<TimeTick> {
        let one_day = self.end <= ONE_DAY;
        let count = ((self.end - self.start) / step as f64 + 1e-9).floor() as i64;
        (0..=count)
            .map(|i| {
                let seconds = i * step;
                let day = format!("day {}", seconds / DAY + 1);
                let (label, day) = match step {
                    _ if step >= DAY => (day, None),
                    _ if one_day => (clock(seconds, step), None),
                    _ => (clock(seconds % DAY, step), (seconds % DAY == 0).then_some(day)),
                };
                TimeTick { seconds: seconds as f64, label, day }
            })
            .collect()
    }

    fn calendar_ticks(&self, start: &Zoned, step: i64) -> Vec<TimeTick> {
        let mut ticks: Vec<TimeTick> = Vec::new();
        let mut place = first_before(start.datetime(), step);
        // More than any picture is wide; the calendar's end stops the loop too.
        for _ in 0..5000 {
            let Ok(zoned) = place.to_zoned(start.time_zone().clone()) else { break };
            let seconds = zoned.timestamp().duration_since(start.timestamp()).as_secs_f64();
            if seconds > self.end * (1.0 + 1e-9) {
                break;
            }
            // An hour that a clock change skips or repeats would stand twice.
            if seconds >= 0.0 && ticks.last().is_none_or(|last| seconds > last.seconds) {
                let first = ticks.is_empty();
                ticks.push(label_of(place, step, seconds, first));
            }
            let Some(next) = next_after(place, step) else { break };
            place = next;
        }
        ticks
    }
}

/// Hours and minutes, and seconds where the ticks are that close.
fn clock(seconds: i64, step: i64) -> String {
    let (hours, minutes) = (seconds / HOUR, seconds % HOUR / MINUTE);
    if step < MINUTE {
        format!("{hours:02}:{minutes:02}:{:02}", seconds % MINUTE)
    } else {
        format!("{hours:02}:{minutes:02}")
    }
}

/// The last round civil time that is not after the start.
fn first_before(start: DateTime, step: i64) -> DateTime {
    let date = start.date();
    if step < DAY {
        let second = i64::from(start.hour()) * HOUR + i64::from(start.minute()) * MINUTE + i64::from(start.second());
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        return midnight.checked_add((second / step * step).seconds()).unwrap_or(midnight);
    }
    let round = if step >= MONTH {
        let months = (step / MONTH).clamp(1, 12) as i8;
        Date::new(date.year(), (date.month() - 1) / months * months + 1, 1).unwrap_or(date)
    } else if step >= 7 * DAY {
        let since_monday = i64::from(date.weekday().to_monday_zero_offset());
        date.checked_sub(since_monday.days()).unwrap_or(date)
    } else {
        date
    };
    round.to_datetime(jiff::civil::Time::midnight())
}

fn next_after(place: DateTime, step: i64) -> Option<DateTime> {
    let span = match step {
        _ if step >= MONTH => (step / MONTH).months(),
        _ if step >= DAY => (step / DAY).days(),
        _ => step.seconds(),
    };
    place.checked_add(span).ok()
}

fn label_of(place: DateTime, step: i64, seconds: f64, first: bool) -> TimeTick {
    let format = |pattern: &str| place.strftime(pattern).to_string();
    let (label, day) = match step {
        _ if step >= MONTH => (format("%b"), (first || place.month() == 1).then(|| format("%Y"))),
        _ if step >= DAY => {
            (format("%-d %b"), (first || place.day_of_year() <= (step / DAY) as i16).then(|| format("%Y")))
        }
        _ => {
            let second =
                i64::from(place.hour()) * HOUR + i64::from(place.minute()) * MINUTE + i64::from(place.second());
            let day = if first { Some(format("%a %-d %b %Y")) } else { (second == 0).then(|| format("%a %-d %b")) };
            (clock(second, step), day)
        }
    };
    TimeTick { seconds, label, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &TimeAxis, width: f64) -> Vec<String> {
        axis.ticks(width).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_day_without_a_calendar() {
        let axis = TimeAxis::new(86_400.0, None, None);
        assert_eq!(
            labels(&axis, 560.0),
            ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "24:00"]
        );
    }

    #[test]
    fn a_week_without_a_calendar_names_its_days() {
        let axis = TimeAxis::new(7.0 * 86_400.0, None, None);
        let ticks = axis.ticks(1000.0);
        assert_eq!((ticks[0].label.as_str(), ticks[0].day.as_deref()), ("00:00", Some("day 1")));
        assert_eq!((ticks[2].label.as_str(), ticks[2].day.as_deref()), ("00:00", Some("day 2")));
    }

    #[test]
    fn a_calendar_starts_ticks_at_round_local_times() {
        // 2026-03-28 10:17 in Berlin; the clock goes forward that night.
        let axis = TimeAxis::new(86_400.0, Some(1_774_689_420), Some("Europe/Berlin"));
        let ticks = axis.ticks(600.0);
        assert_eq!(ticks[0].label, "12:00");
        assert_eq!(ticks[0].day.as_deref(), Some("Sat 28 Mar 2026"));
        assert_eq!(ticks[0].seconds, 6180.0);
        let midnight = ticks.iter().find(|tick| tick.label == "00:00").expect("midnight has a tick");
        assert_eq!(midnight.day.as_deref(), Some("Sun 29 Mar"));
        let six = ticks.iter().find(|tick| tick.label == "06:00").expect("six o'clock has a tick");
        assert_eq!(six.seconds - midnight.seconds, 5.0 * 3600.0);
    }

    #[test]
    fn every_length_has_few_ticks() {
        for exponent in 0..40 {
            let end = 1.7f64.powi(exponent);
            for calendar in [None, Some(1_774_689_420)] {
                let count = TimeAxis::new(end, calendar, None).ticks(900.0).len();
                assert!(count <= 16, "{count} ticks for {end} seconds");
            }
        }
    }

    #[test]
    fn odd_calendars_do_not_matter() {
        assert!(TimeAxis::new(f64::NAN, Some(i64::MAX), Some("Mars/Olympus")).ticks(500.0).len() > 1);
        assert!(!TimeAxis::new(1e12, Some(253_000_000_000), None).ticks(500.0).is_empty());
    }
}
