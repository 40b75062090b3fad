//! The panel of CPU utilization with the thresholds of its alarms.

use windtunnel_sim::outcome::{AlarmLevel, Outcome};

use super::legend::{Entry, Header, Key};
use super::{Frame, spread};
use crate::axis::Scale;
use crate::canvas::{Canvas, Look, Stroke};
use crate::number;
use crate::series::{Place, curve, largest};
use crate::theme::{Theme, size};

const MEAN_WIDTH: f64 = 1.8;
const MAX_WIDTH: f64 = 1.0;

/// The levels to draw: those of CPU utilization that are numbers.
pub(crate) fn levels(outcome: &Outcome) -> impl Iterator<Item = &AlarmLevel> {
    outcome.thresholds.iter().filter(|level| level.is_cpu_utilization && level.threshold.is_finite())
}

/// In percent; up to 100 at least, since the reader looks for the distance from full. Pods exceed 100 % of what they
/// requested.
pub(crate) fn scale(outcome: &Outcome, ticks: usize) -> Scale {
    let busiest = largest(outcome, |row| row.cpu_utilization.max(row.cpu_utilization_max) * 100.0);
    let highest = levels(outcome).map(|level| level.threshold).fold(100.0, f64::max);
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

/// The label of a level, for the gutter right of the panel.
fn level_label(level: &AlarmLevel) -> (String, String) {
    let comparison = match level.comparison.as_str() {
        ">=" => "≥",
        "<=" => "≤",
        "target" => "target",
        other => other,
    };
    (level.name.clone(), format!("{comparison} {} %", number::quantity(level.threshold)))
}

/// Draws the data and the levels, whose labels stand in the gutter up to `right`.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, right: f64) {
    let theme = canvas.theme;
    let idle_is_gap = |share: f64, in_service: f64| if in_service > 0.0 { share * 100.0 } else { f64::NAN };
    let max = curve(outcome, frame, |row| idle_is_gap(row.cpu_utilization_max, row.in_service));
    frame.stroke(canvas, &max, Stroke::new(theme.utilization_max, MAX_WIDTH));
    let mean = curve(outcome, frame, |row| idle_is_gap(row.cpu_utilization, row.in_service));
    frame.stroke(canvas, &mean, Stroke::new(theme.utilization, MEAN_WIDTH));
    draw_levels(canvas, frame, outcome, right);
}

fn draw_levels(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, right: f64) {
    let stroke = Stroke::new(canvas.theme.threshold, 1.2).dashed(5.0, 3.5);
    let levels: Vec<&AlarmLevel> = levels(outcome).collect();
    for level in &levels {
        let y = frame.y(level.threshold);
        canvas.line(&[(frame.area.left, y), (frame.area.right, y)], stroke);
    }
    let room = (frame.area.height() / GAP) as usize;
    let wanted: Vec<f64> = levels.iter().take(room).map(|level| frame.y(level.threshold)).collect();
    let heights = spread(&wanted, GAP, frame.area.top, frame.area.bottom);
    for (level, (y, wanted)) in levels.iter().zip(heights.into_iter().zip(wanted)) {
        let label = LevelLabel::new(canvas, level);
        label.draw(canvas, frame.area.right, right, y, wanted);
    }
}

/// The distance between labels in the gutter.
const GAP: f64 = 15.0;

/// The label of a level: its value whole, its name as far as there is room.
struct LevelLabel {
    name: String,
    value: String,
    value_width: f64,
}

impl LevelLabel {
    fn new(canvas: &Canvas<'_>, level: &AlarmLevel) -> LevelLabel {
        let (name, value) = level_label(level);
        let value_width = canvas.measure(&value, value_look(canvas.theme));
        LevelLabel { name, value, value_width }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, left: f64, right: f64, y: f64, level: f64) {
        let start = left + 10.0;
        canvas.line(&[(left, level), (start - 3.0, y)], Stroke::new(canvas.theme.threshold, 1.0));
        let value = canvas.text(&self.value, value_look(canvas.theme), (start, y));
        let name_look = Look::new(size::SMALL, canvas.theme.muted);
        canvas.text_within(&self.name, name_look, (value.right + 6.0, y), right - start - self.value_width - 6.0);
    }
}

fn value_look(theme: &Theme) -> Look {
    Look::new(size::SMALL, theme.ink).bold()
}

/// The room that the labels want right of the panel.
pub(crate) fn gutter(outcome: &Outcome, measure: &super::legend::Measure<'_>) -> f64 {
    levels(outcome)
        .map(|level| {
            let (name, value) = level_label(level);
            10.0 + measure.bold(&value, size::SMALL) + 6.0 + measure.regular(&name, size::SMALL)
        })
        .fold(0.0, f64::max)
}
