//! The parts of a chart, one per file, and the frame that holds them.

pub(crate) mod activities;
pub(crate) mod alarms;
pub(crate) mod capacity;
pub(crate) mod censored;
pub(crate) mod heading;
pub(crate) mod latency;
pub(crate) mod legend;
pub(crate) mod levels;
pub(crate) mod load;
pub(crate) mod time_axis;
pub(crate) mod utilization;
pub(crate) mod violations;

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Align, Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::series::{Line, Place, down_to};
use crate::theme::{Color, size};

/// The room for tick labels left of the data.
pub(crate) const LEFT_GUTTER: f64 = 68.0;
/// Between a panel and the title of the next.
pub(crate) const GAP: f64 = 6.0;
/// Right of the names beside the panels.
pub(crate) const RIGHT_EDGE: f64 = 12.0;
/// The widest gutter right of the panels, and the share of a narrow picture that it may take; names are shortened to it.
const WIDEST_GUTTER: f64 = 190.0;
const GUTTER_SHARE: f64 = 0.28;

/// From where to where panels go in a picture of this width, beside names that want so much room.
pub(crate) fn between_gutters(width: f64, names: f64) -> (f64, f64) {
    let gutter = names.min(WIDEST_GUTTER.min(width * GUTTER_SHARE));
    (LEFT_GUTTER, (width - gutter - RIGHT_EDGE).floor())
}
/// The distance between a panel and its tick labels.
pub(crate) const TICK_GAP: f64 = 8.0;

/// Where the data of a panel goes: an area of the picture with its two axes.
pub(crate) struct Frame<'a> {
    pub(crate) area: Rect,
    pub(crate) time: &'a TimeAxis,
    pub(crate) scale: &'a Scale,
    /// Pixels per column that keeps only its extremes.
    pub(crate) column: f64,
}

impl Place for Frame<'_> {
    fn x(&self, seconds: f64) -> f64 {
        self.area.left + self.time.share(seconds) * self.area.width()
    }

    fn y(&self, value: f64) -> f64 {
        self.area.bottom - self.scale.share(value) * self.area.height()
    }

    fn column(&self) -> f64 {
        self.column
    }
}

impl<'a> Frame<'a> {
    pub(crate) fn new(area: Rect, time: &'a TimeAxis, scale: &'a Scale) -> Frame<'a> {
        Frame { area, time, scale, column: 1.0 }
    }

    /// The same with coarser columns, for pictures of many panels.
    pub(crate) fn coarse(self) -> Frame<'a> {
        Frame { column: 2.0, ..self }
    }

    /// Draws what lies behind the data: the ground, and the ticks of both axes.
    pub(crate) fn ground(&self, canvas: &mut Canvas<'_>, label: Option<fn(f64) -> String>) {
        canvas.rect(self.area, canvas.theme.panel);
        time_axis::grid(canvas, self.area, self.time);
        let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Right);
        let line = Stroke::new(canvas.theme.grid, 1.0);
        let mut below = f64::INFINITY;
        for tick in self.scale.ticks((self.area.height() / 24.0) as usize, label) {
            let y = self.y(tick.value);
            canvas.line(&[(self.area.left, y), (self.area.right, y)], line);
            let Some(text) = tick.label else { continue };
            if below - y >= size::LABEL * 1.1 {
                canvas.text(&text, look, (self.area.left - TICK_GAP, y));
                below = y;
            }
        }
    }

    /// Draws the edge of the panel, after the data.
    pub(crate) fn edge(&self, canvas: &mut Canvas<'_>) {
        canvas.outline(self.area, Stroke::new(canvas.theme.frame, 1.0));
    }

    /// Fills the area between lines and the foot of the panel.
    pub(crate) fn fill(&self, canvas: &mut Canvas<'_>, lines: &[Line], color: Color) {
        for line in lines {
            canvas.polygon(&down_to(line, self.area.bottom), color);
        }
    }

    /// Draws lines.
    pub(crate) fn stroke(&self, canvas: &mut Canvas<'_>, lines: &[Line], stroke: Stroke) {
        for line in lines {
            canvas.line(line, stroke);
        }
    }
}

/// The ticks that a linear axis of this height has room for.
pub(crate) fn ticks_for(height: f64) -> usize {
    ((height / 28.0) as usize).clamp(2, 8)
}

/// Pushes heights apart until neighbours are `gap` away from each other, within `top` and `bottom` as far as possible.
/// The heights come back in the order in which they were given.
pub(crate) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed = wanted.to_vec();
    let mut floor = top;
    for &i in &order {
        placed[i] = placed[i].max(floor);
        floor = placed[i] + gap;
    }
    let mut ceiling = bottom;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(ceiling);
        ceiling = placed[i] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_pushed_apart() {
        assert_eq!(spread(&[50.0, 52.0, 10.0], 10.0, 0.0, 100.0), [50.0, 60.0, 10.0]);
        assert_eq!(spread(&[99.0, 98.0], 10.0, 0.0, 100.0), [100.0, 90.0]);
    }
}
