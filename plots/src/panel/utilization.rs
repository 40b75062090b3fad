//! The panel of CPU utilization with the thresholds of its alarms.

use windtunnel_sim::outcome::Outcome;

use super::Frame;
use super::legend::{Entry, Header, Key, Measure};
use super::levels::{self, Level};
use crate::axis::Scale;
use crate::canvas::{Canvas, Stroke};
use crate::number;
use crate::series::{curve, largest};
use crate::theme::Theme;

const MEAN_WIDTH: f64 = 1.8;
const MAX_WIDTH: f64 = 1.0;

/// The levels to draw: those of CPU utilization that are numbers.
fn levels_of(outcome: &Outcome) -> Vec<Level> {
    let drawn = outcome.thresholds.iter().filter(|level| level.is_cpu_utilization && level.threshold.is_finite());
    let level = |level: &windtunnel_sim::outcome::AlarmLevel| Level {
        name: level.name.clone(),
        value: format!("{} {} %", levels::comparison(&level.comparison), number::quantity(level.threshold)),
        at: level.threshold,
        span: None,
    };
    drawn.map(level).collect()
}

/// In percent; up to 100 at least, since the reader looks for the distance from full. Pods exceed 100 % of what they
/// requested.
pub(crate) fn scale(outcome: &Outcome, ticks: usize) -> Scale {
    let busiest = largest(outcome, |row| row.cpu_utilization.max(row.cpu_utilization_max) * 100.0);
    let highest = levels_of(outcome).iter().map(|level| level.at).fold(100.0, f64::max);
    Scale::from_zero(busiest.max(highest), ticks)
}

/// Title and key.
pub(crate) fn header(outcome: &Outcome, theme: &Theme) -> Header {
    let of = if outcome.provider.unit() == "pods" { "% of requested cores" } else { "% of cores in service" };
    let entries = vec![
        Entry::new(Key::Line(theme.utilization, MEAN_WIDTH), "mean"),
        Entry::new(Key::Line(theme.utilization_max, MAX_WIDTH * 1.6), "busiest"),
        Entry::new(Key::Dashed(theme.threshold, 1.2), "threshold"),
    ];
    Header::new("CPU utilization", of, entries)
}

/// Draws the data and the levels, whose labels stand in the gutter up to `right`.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, right: f64) {
    let theme = canvas.theme;
    let idle_is_gap = |share: f64, in_service: f64| if in_service > 0.0 { share * 100.0 } else { f64::NAN };
    let max = curve(outcome, frame, |row| idle_is_gap(row.cpu_utilization_max, row.in_service));
    frame.stroke(canvas, &max, Stroke::new(theme.utilization_max, MAX_WIDTH));
    let mean = curve(outcome, frame, |row| idle_is_gap(row.cpu_utilization, row.in_service));
    frame.stroke(canvas, &mean, Stroke::new(theme.utilization, MEAN_WIDTH));
    levels::draw(canvas, frame, &levels_of(outcome), right);
}

/// The room that the labels want right of the panel.
pub(crate) fn gutter(outcome: &Outcome, measure: &Measure<'_>) -> f64 {
    levels::gutter(&levels_of(outcome), measure)
}
