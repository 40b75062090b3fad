//! The panel of load: what was offered, what was served, what failed and why.

use windtunnel_sim::outcome::{Outcome, TimelineRow};

use super::Frame;
use super::censored;
use super::legend::{Entry, Header, Key};
use crate::axis::Scale;
use crate::canvas::{Canvas, Stroke};
use crate::series::{largest, length, rows, steps};
use crate::theme::{Color, Theme};

const OFFERED_WIDTH: f64 = 1.4;

/// A cause of failure: its name, its requests, its colour.
type Cause = (&'static str, fn(&TimelineRow) -> u64, fn(&Theme) -> Color);

const CAUSES: [Cause; 3] = [
    ("timed out", |row| row.timed_out, |theme| theme.timed_out),
    ("rejected", |row| row.rejected, |theme| theme.rejected),
    ("failed", |row| row.failed, |theme| theme.failed),
];

/// The causes that occur.
fn causes(outcome: &Outcome) -> Vec<&'static Cause> {
    CAUSES.iter().filter(|(_, count, _)| rows(outcome).any(|row| count(&row) > 0)).collect()
}

/// Offered requests per second.
pub(crate) fn offered(row: &TimelineRow) -> f64 {
    row.arrived as f64 / length(row)
}

/// The scale that holds all outcomes.
pub(crate) fn scale(outcomes: &[&Outcome], ticks: usize) -> Scale {
    let answered = |row: &TimelineRow| (row.served + row.timed_out + row.rejected + row.failed) as f64 / length(row);
    let most = outcomes.iter().map(|outcome| largest(outcome, |row| offered(row).max(answered(row))));
    Scale::from_zero(most.fold(0.0, f64::max), ticks)
}

/// Title and key.
pub(crate) fn header(outcome: &Outcome, theme: &Theme) -> Header {
    let mut entries =
        vec![Entry::new(Key::Line(theme.ink, OFFERED_WIDTH), "offered"), Entry::new(Key::Area(theme.served), "served")];
    entries.extend(causes(outcome).into_iter().map(|(name, _, color)| Entry::new(Key::Area(color(theme)), *name)));
    entries.extend(censored::entry(outcome, theme));
    Header::new("Load", "requests per second", entries)
}

/// Draws the data: the tallest stack first, so that each lower one covers what is not its own.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome) {
    let causes = causes(outcome);
    for above in (0..=causes.len()).rev() {
        let stacked = &causes[..above];
        let line = steps(outcome, frame, |row| {
            let failed: u64 = stacked.iter().map(|(_, count, _)| count(row)).sum();
            (row.served + failed) as f64 / length(row)
        });
        let color = stacked.last().map_or(canvas.theme.served, |(_, _, color)| color(canvas.theme));
        frame.fill(canvas, &line, color);
    }
    frame.stroke(canvas, &steps(outcome, frame, offered), Stroke::new(canvas.theme.ink, OFFERED_WIDTH));
    censored::shade(canvas, frame, outcome);
}

/// Draws only what was offered, as an area.
pub(crate) fn draw_offered(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome) {
    let line = steps(outcome, frame, offered);
    frame.fill(canvas, &line, canvas.theme.grid);
    frame.stroke(canvas, &line, Stroke::new(canvas.theme.ink, OFFERED_WIDTH));
    censored::shade(canvas, frame, outcome);
}
