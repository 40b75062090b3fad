//! The day and the week of a recording.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::import::Recorded;

/// The mean rate in an hour of the day.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct HourOfDay {
    /// From 0 to 23, on the calendar's clock; of a recording without a calendar, hours since its beginning modulo 24.
    pub hour: u8,
    /// Requests per second.
    pub mean_rps: f64,
}

/// The mean rate on a day of the week.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct Weekday {
    /// Its name.
    pub day: &'static str,
    /// Requests per second.
    pub mean_rps: f64,
}

/// The mean rates; hours and days that the recording does not reach are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Profile {
    /// By hour of the day.
    pub daily_profile: Vec<HourOfDay>,
    /// By day of the week; only where the recording has a calendar.
    pub weekly_profile: Vec<Weekday>,
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Where on the calendar an instant lies.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Nanoseconds since midnight, on the clock.
    pub(crate) of_day: i64,
    /// Days since Monday, 0 to 6.
    pub(crate) weekday: usize,
}

/// The calendar of a recording; one without a zone begins on a Monday at midnight.
pub(crate) struct Clock {
    zone: Option<TimeZone>,
    origin: i64,
    /// The quarter of an hour that was asked for last, and the offset in it: no zone changes its clocks within one.
    quarter: Option<(i64, i64)>,
}

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Clock {
    pub(crate) fn of(recorded: &Recorded) -> Clock {
        Clock { zone: recorded.calendar_zone(), origin: recorded.start(), quarter: None }
    }

    pub(crate) fn place(&mut self, at: i64) -> Place {
        let local = match &self.zone {
            None => at - self.origin,
            Some(zone) => {
                let quarter = at.div_euclid(900 * SECOND);
                let offset = match self.quarter {
                    Some((cached, offset)) if cached == quarter => offset,
                    _ => Timestamp::from_second(at.div_euclid(SECOND))
                        .map_or(0, |stamp| i64::from(zone.to_offset(stamp).seconds())),
                };
                self.quarter = Some((quarter, offset));
                // 1 January 1970 was a Thursday.
                at + offset * SECOND + 3 * DAY
            }
        };
        Place { of_day: local.rem_euclid(DAY), weekday: local.div_euclid(DAY).rem_euclid(7) as usize }
    }
}

impl Profile {
    pub(super) fn of(recorded: &Recorded) -> Profile {
        let mut hours = [(0.0, 0u64); 24];
        let mut days = [(0.0, 0u64); 7];
        let mut clock = Clock::of(recorded);
        for (start, count) in recorded.counts() {
            let place = clock.place(start);
            for (sum, intervals) in [&mut hours[(place.of_day / (3_600 * SECOND)) as usize], &mut days[place.weekday]] {
                *sum += count;
                *intervals += 1;
            }
        }
        let step = recorded.resolution.as_secs_f64();
        let rate = |(sum, intervals): (f64, u64)| (intervals > 0).then(|| sum / (intervals as f64 * step));
        let hour = |(hour, mean): (usize, (f64, u64))| Some(HourOfDay { hour: hour as u8, mean_rps: rate(mean)? });
        let day = |(day, mean): (usize, (f64, u64))| Some(Weekday { day: DAYS[day], mean_rps: rate(mean)? });
        let is_calendar = recorded.is_absolute;
        Profile {
            daily_profile: hours.into_iter().enumerate().filter_map(hour).collect(),
            weekly_profile: days.into_iter().enumerate().filter(|_| is_calendar).filter_map(day).collect(),
        }
    }
}
