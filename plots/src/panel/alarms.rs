//! The states of alarms over time, as a ribbon with one lane for each alarm.

use windtunnel_sim::outcome::{AlarmEntry, Spool};

use crate::axis::TimeAxis;
use crate::canvas::{Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::panel::legend::{Entry, Header, Key};
use crate::theme::{Color, Theme, size};

/// The height of a lane, with the gap to the next.
pub(crate) const LANE: f64 = 17.0;
/// More lanes than this are not shown; a line says how many.
const MOST_LANES: usize = 6;

/// In order of what a reader must not miss.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Ok,
    Unknown,
    Alarm,
}

impl State {
    /// Providers spell their states differently: `ALARM`, `OK`, `INSUFFICIENT_DATA`, ...
    fn of(text: &str) -> State {
        let text = text.to_ascii_lowercase();
        match () {
            () if text.contains("insufficient") || text.contains("unknown") || text.contains("no_data") => {
                State::Unknown
            }
            () if text.contains("ok") || text.contains("normal") => State::Ok,
            () if text.contains("alarm") || text.contains("alert") => State::Alarm,
            () => State::Unknown,
        }
    }

    fn color(self, theme: &Theme) -> Color {
        match self {
            State::Ok => theme.alarm_ok,
            State::Alarm => theme.violation,
            State::Unknown => theme.alarm_unknown,
        }
    }
}

/// The alarms that changed state, in order of appearance, and those with a threshold that never did.
fn names(changes: &Spool<AlarmEntry>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in changes {
        if !names.contains(&entry.alarm) {
            names.push(entry.alarm);
        }
    }
    names
}

fn hidden(changes: &Spool<AlarmEntry>) -> usize {
    names(changes).len().saturating_sub(MOST_LANES)
}

/// The height of all lanes; zero without alarms.
pub(crate) fn height(changes: &Spool<AlarmEntry>) -> f64 {
    LANE * names(changes).len().min(MOST_LANES) as f64
}

/// Title and key.
pub(crate) fn header(changes: &Spool<AlarmEntry>, theme: &Theme) -> Header {
    let entries = vec![
        Entry::new(Key::Area(State::Ok.color(theme)), "ok"),
        Entry::new(Key::Area(State::Alarm.color(theme)), "alarm"),
        Entry::new(Key::Area(State::Unknown.color(theme)), "not enough data"),
    ];
    let unit = match hidden(changes) {
        0 => String::new(),
        more => format!("{more} more not shown"),
    };
    Header::new("Alarm states", unit, entries)
}

/// Draws the lanes into an area, their names in the gutter up to `right`.
pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, changes: &Spool<AlarmEntry>, right: f64) {
    let look = Look::new(size::SMALL, canvas.theme.muted);
    for (i, name) in names(changes).into_iter().take(MOST_LANES).enumerate() {
        let top = area.top + LANE * i as f64;
        let lane = Rect { top: top + 1.5, bottom: top + LANE - 1.5, ..area };
        draw_lane(canvas, lane, time, changes, &name);
        canvas.text_within(&name, look, (area.right + 10.0, lane.middle()), right - area.right - 10.0);
    }
}

fn draw_lane(canvas: &mut Canvas<'_>, lane: Rect, time: &TimeAxis, changes: &Spool<AlarmEntry>, name: &str) {
    let x = |seconds: f64| lane.left + time.share(seconds) * lane.width();
    let mut changes = changes.iter().filter(|entry| entry.alarm == name).peekable();
    let mut state = changes.peek().map_or(State::Unknown, |entry| State::of(&entry.from));
    let mut left = lane.left;
    // What is narrower than a pixel joins what follows, and shows its worst state.
    let mut pending: Option<(f64, f64, State)> = None;
    let ends = changes.map(|entry| (x(entry.at_millis as f64 / 1000.0), State::of(&entry.to)));
    for (right, next) in ends.chain(std::iter::once((lane.right, State::Unknown))) {
        pending = match pending {
            Some((start, _, worst)) if right - start < 1.0 => Some((start, right, worst.max(state))),
            before => {
                before.into_iter().for_each(|span| fill_span(canvas, lane, span));
                Some((left, right, state))
            }
        };
        (left, state) = (right, next);
    }
    pending.into_iter().for_each(|span| fill_span(canvas, lane, span));
}

fn fill_span(canvas: &mut Canvas<'_>, lane: Rect, (left, right, state): (f64, f64, State)) {
    fill(canvas, Rect { left, right, ..lane }, state);
}

/// An alarm is visible however short it was.
fn fill(canvas: &mut Canvas<'_>, rect: Rect, state: State) {
    if state == State::Alarm && rect.width() < 1.5 {
        let middle = (rect.left + rect.right) / 2.0;
        canvas.line(&[(middle, rect.top), (middle, rect.bottom)], Stroke::new(state.color(canvas.theme), 1.5));
    } else {
        canvas.rect(rect, state.color(canvas.theme));
    }
}

/// The room that the names want right of the lanes.
pub(crate) fn gutter(changes: &Spool<AlarmEntry>, measure: &super::legend::Measure<'_>) -> f64 {
    let widths = names(changes).into_iter().take(MOST_LANES).map(|name| measure.regular(&name, size::SMALL) + 10.0);
    widths.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_every_provider() {
        for (text, state) in [
            ("ALARM", State::Alarm),
            ("OK", State::Ok),
            ("INSUFFICIENT_DATA", State::Unknown),
            ("Insufficient_Data", State::Unknown),
            ("alerting", State::Alarm),
            ("", State::Unknown),
        ] {
            assert_eq!(State::of(text), state, "{text}");
        }
    }
}
