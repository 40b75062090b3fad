//! The axis of time under the panels, and its grid lines through all of them.

use crate::axis::TimeAxis;
use crate::axis::time::TimeTick;
use crate::canvas::{Align, Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::theme::size;

/// The height of the axis with its title.
pub(crate) fn height(time: &TimeAxis, width: f64) -> f64 {
    if has_days(&time.ticks(width)) { TITLE + 14.0 } else { DAYS + 16.0 }
}

fn has_days(ticks: &[TimeTick]) -> bool {
    ticks.iter().any(|tick| tick.day.is_some())
}

const LABELS: f64 = 14.0;
const DAYS: f64 = 31.0;
const TITLE: f64 = 51.0;

/// Draws the grid lines of time through an area.
pub(crate) fn grid(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis) {
    for tick in time.ticks(area.width()) {
        let x = area.left + time.share(tick.seconds) * area.width();
        let color = if tick.day.is_some() { canvas.theme.frame } else { canvas.theme.grid };
        canvas.line(&[(x, area.top), (x, area.bottom)], Stroke::new(color, 1.0));
    }
}

/// Draws the labels of the axis under an area.
pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis) {
    let look = Look::new(size::LABEL, canvas.theme.ink).align(Align::Center);
    let day_look = Look::new(size::LABEL, canvas.theme.muted);
    let ticks = time.ticks(area.width());
    let place = |seconds: f64| area.left + time.share(seconds) * area.width();
    let mut free = f64::NEG_INFINITY;
    for tick in &ticks {
        let x = place(tick.seconds);
        canvas.line(&[(x, area.bottom), (x, area.bottom + 5.0)], Stroke::new(canvas.theme.frame, 1.0));
        let half = canvas.measure(&tick.label, look) / 2.0;
        let at = (x.min(canvas.width() - half - 2.0).max(half + 2.0), area.bottom + LABELS);
        if canvas.text_box(&tick.label, look, at).left > free {
            free = canvas.text(&tick.label, look, at).right + 6.0;
        }
    }
    days(canvas, area, &ticks, day_look, place);
    let below = if has_days(&ticks) { TITLE } else { DAYS + 3.0 };
    let middle = ((area.left + area.right) / 2.0, area.bottom + below);
    canvas.text(&time.title(&ticks), Look { color: canvas.theme.muted, ..look }, middle);
}

/// The second line: days. Where the first is too close to the next, the next is the better one: it begins a day.
fn days(canvas: &mut Canvas<'_>, area: Rect, ticks: &[TimeTick], look: Look, place: impl Fn(f64) -> f64) {
    let days: Vec<(f64, &str)> =
        ticks.iter().filter_map(|tick| tick.day.as_deref().map(|day| (place(tick.seconds), day))).collect();
    let mut free = f64::NEG_INFINITY;
    for (i, &(x, day)) in days.iter().enumerate() {
        let width = canvas.measure(day, look);
        // The label begins under the label of its tick, and never leaves the picture.
        let left = (x - 18.0).min(canvas.width() - width - 4.0);
        let in_the_way = i == 0 && days.get(1).is_some_and(|next| next.0 - 18.0 < left + width + 10.0);
        if left > free && !in_the_way {
            free = canvas.text(day, look, (left, area.bottom + DAYS)).right + 10.0;
        }
    }
}
