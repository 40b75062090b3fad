//! Levels across a panel, such as the thresholds of alarms, with their labels in the gutter right of it.

use super::{Frame, spread};
use crate::canvas::{Canvas, Look, Stroke};
use crate::series::Place;
use crate::theme::{Theme, size};

/// The distance between labels in the gutter.
const GAP: f64 = 15.0;
/// Between the panel and its labels, and between value and name.
const APART: f64 = 10.0;
const BETWEEN: f64 = 6.0;

/// A level of a panel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    /// Whose it is; shortened where there is no room.
    pub(crate) name: String,
    /// Its value in words, such as `> 70 %`; always whole.
    pub(crate) value: String,
    /// Where it lies, in the panel's unit.
    pub(crate) at: f64,
    /// From when to when it holds, in seconds; all the time where nothing is told.
    pub(crate) span: Option<(f64, f64)>,
}

/// A comparison as it is typeset.
pub(crate) fn comparison(written: &str) -> &str {
    match written {
        ">=" => "≥",
        "<=" => "≤",
        "!=" => "≠",
        other => other,
    }
}

/// Draws dashed lines at the levels; their labels stand in the gutter up to `right`.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, levels: &[Level], right: f64) {
    let stroke = Stroke::new(canvas.theme.threshold, 1.2).dashed(5.0, 3.5);
    for level in levels {
        let y = frame.y(level.at);
        let (from, to) =
            level.span.map_or((frame.area.left, frame.area.right), |(from, to)| (frame.x(from), frame.x(to)));
        canvas.line(&[(from, y), (to, y)], stroke);
    }
    let room = (frame.area.height() / GAP) as usize;
    let wanted: Vec<f64> = levels.iter().take(room).map(|level| frame.y(level.at)).collect();
    let heights = spread(&wanted, GAP, frame.area.top, frame.area.bottom);
    for (level, (y, wanted)) in levels.iter().zip(heights.into_iter().zip(wanted)) {
        label(canvas, level, (frame.area.right, right), y, wanted);
    }
}

/// The value whole, the name as far as there is room.
fn label(canvas: &mut Canvas<'_>, level: &Level, (left, right): (f64, f64), y: f64, line: f64) {
    let start = left + APART;
    canvas.line(&[(left, line), (start - 3.0, y)], Stroke::new(canvas.theme.threshold, 1.0));
    let value = canvas.text(&level.value, value_look(canvas.theme), (start, y));
    let name_look = Look::new(size::SMALL, canvas.theme.muted);
    let room = right - value.right - BETWEEN;
    if room > 2.0 * size::SMALL {
        canvas.text_within(&level.name, name_look, (value.right + BETWEEN, y), room);
    }
}

fn value_look(theme: &Theme) -> Look {
    Look::new(size::SMALL, theme.ink).bold()
}

/// The room that the labels want right of the panel.
pub(crate) fn gutter(levels: &[Level], measure: &super::legend::Measure<'_>) -> f64 {
    let width = |level: &Level| {
        APART + measure.bold(&level.value, size::SMALL) + BETWEEN + measure.regular(&level.name, size::SMALL)
    };
    levels.iter().map(width).fold(0.0, f64::max)
}
