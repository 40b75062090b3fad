//! The decision log in words: when, which alarm saw what, what was done about it or why not.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use windtunnel_sim::outcome::{ActivityEntry, Outcome};

use super::escape::short;
use crate::number;

/// What an entry did.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Capacity grew.
    Out,
    /// Capacity shrank.
    In,
    /// It was refused.
    Refused,
    /// Nothing changed, or it is no scaling at all.
    Other,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Entry {
    /// Seconds since the start of the run.
    pub(super) at: f64,
    /// The clock.
    pub(super) time: String,
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The provider's own words, where they say more.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) more: String,
    /// How many refusals in a row this line stands for.
    pub(super) count: u32,
}

/// The longest text that one line keeps.
const LONGEST: usize = 400;

/// The log of a run: at most `most` lines, refusals in a row as one. Says how many were left out.
pub(super) fn entries(outcome: &Outcome, most: usize) -> (Vec<Entry>, usize) {
    let clock = Clock::of(outcome);
    let mut lines: Vec<Entry> = Vec::new();
    let mut last: Option<ActivityEntry> = None;
    for activity in &outcome.activities {
        let is_repeated = last.as_ref().is_some_and(|last| {
            !activity.accepted
                && !last.accepted
                && last.alarm == activity.alarm
                && last.policy == activity.policy
                && last.status == activity.status
        });
        match lines.last_mut() {
            Some(line) if is_repeated => line.count += 1,
            _ => lines.push(entry(&activity, &clock)),
        }
        last = Some(activity);
    }
    let all = lines.len();
    if all > most {
        // What changed capacity matters more than what was refused; the order of time stays.
        let accepted = lines.iter().filter(|line| line.kind != Kind::Refused).count();
        let mut refusals = most.saturating_sub(accepted);
        lines.retain(|line| {
            let is_kept = line.kind != Kind::Refused || refusals > 0;
            refusals = if line.kind == Kind::Refused { refusals.saturating_sub(1) } else { refusals };
            is_kept
        });
        lines.truncate(most);
    }
    let left_out = all - lines.len();
    (lines, left_out)
}

fn entry(activity: &ActivityEntry, clock: &Clock) -> Entry {
    let change = i64::from(activity.to) - i64::from(activity.from);
    let kind = match (activity.accepted, change) {
        (false, _) => Kind::Refused,
        (true, 1..) => Kind::Out,
        (true, ..=-1) => Kind::In,
        (true, 0) => Kind::Other,
    };
    let mut text = reason(activity);
    let signed = if change < 0 { format!("−{}", -change) } else { format!("+{change}") };
    match kind {
        Kind::Refused => text.push_str(&format!("rejected: {}", first_line(&activity.explanation, &activity.status))),
        Kind::Other => text.push_str(&first_line(&activity.explanation, &activity.status)),
        _ => {
            text.push_str(&format!("{signed} ({} to {})", activity.from, activity.to));
            if !is_success(&activity.status) {
                text.push_str(&format!(", {}", activity.status));
            }
        }
    }
    if let Some(policy) = &activity.policy {
        text.push_str(&format!("; {policy}"));
    }
    let more = if matches!(kind, Kind::Out | Kind::In) { activity.explanation.as_str() } else { "" };
    let more = if more.is_empty() { activity.cause.as_str() } else { more };
    Entry {
        at: activity.at_seconds,
        time: clock.text(activity.at_seconds),
        kind,
        text: short(&text, LONGEST),
        more: short(more, LONGEST),
        count: 1,
    }
}

/// What the alarm saw: `cpu-high-alert ALARM: 71.3, 74, 78.9 > 70 → `; the cause where there was no alarm.
fn reason(activity: &ActivityEntry) -> String {
    let Some(alarm) = &activity.alarm else {
        return if activity.cause.is_empty() {
            String::new()
        } else {
            format!("{} → ", first_line(&activity.cause, ""))
        };
    };
    match (&activity.alarm_comparison, activity.alarm_threshold) {
        (Some(comparison), Some(threshold)) if !activity.alarm_values.is_empty() => {
            let values: Vec<String> = activity.alarm_values.iter().map(|value| number::quantity(*value)).collect();
            format!("{alarm} ALARM: {} {comparison} {} → ", values.join(", "), number::quantity(threshold))
        }
        _ => format!("{alarm} → "),
    }
}

fn is_success(status: &str) -> bool {
    let status = status.to_ascii_lowercase();
    status.is_empty() || status.contains("success")
}

fn first_line(text: &str, otherwise: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or(otherwise);
    line.trim().to_owned()
}

/// The time of a run in words: of the calendar where it has one, else since the start.
pub(super) struct Clock {
    calendar: Option<(i64, TimeZone)>,
    has_days: bool,
}

impl Clock {
    pub(super) fn of(outcome: &Outcome) -> Clock {
        let zone =
            outcome.time_zone.as_deref().and_then(windtunnel_traces::calendar::time_zone).unwrap_or(TimeZone::UTC);
        Clock {
            calendar: outcome.calendar_start.map(|start| (start, zone)),
            has_days: outcome.horizon.as_secs_f64() > 86_400.0,
        }
    }

    pub(super) fn text(&self, seconds: f64) -> String {
        let whole = if seconds.is_finite() { seconds.round() as i64 } else { 0 };
        let dated = self.calendar.as_ref().and_then(|(start, zone)| {
            let zoned = Timestamp::from_second(start.checked_add(whole)?).ok()?.to_zoned(zone.clone());
            Some(zoned.strftime(if self.has_days { "%a %-d %b %H:%M:%S" } else { "%H:%M:%S" }).to_string())
        });
        dated.unwrap_or_else(|| {
            let (days, rest) = (whole.div_euclid(86_400), whole.rem_euclid(86_400));
            let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest % 3600 / 60, rest % 60);
            if self.has_days {
                format!("day {} {clock}", days + 1)
            } else {
                format!("{:02}:{}", days * 24 + rest / 3600, &clock[3..])
            }
        })
    }
}
