//! The axis of a reaction: seconds or minutes since it began.

use crate::axis::Scale;
use crate::canvas::{Align, Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::theme::size;

/// The height of the labels and the title under the data.
pub(super) const HEIGHT: f64 = 52.0;
/// From here on an axis counts minutes.
const MINUTES_FROM: f64 = 600.0;
/// The room that a tick label needs.
const TICK: f64 = 70.0;

/// The time since a reaction began, across an area.
pub(super) struct ReactionAxis {
    scale: Scale,
    /// Seconds per unit of the axis.
    unit: f64,
    area: Rect,
}

impl ReactionAxis {
    /// From zero to what holds `longest` seconds, across `area`.
    pub(super) fn new(longest: f64, area: Rect) -> ReactionAxis {
        let unit = if longest >= MINUTES_FROM { 60.0 } else { 1.0 };
        let ticks = (area.width() / TICK).clamp(2.0, 10.0) as usize;
        ReactionAxis { scale: Scale::from_zero(longest / unit, ticks), unit, area }
    }

    /// Where an instant lies, in seconds since the beginning.
    pub(super) fn x(&self, seconds: f64) -> f64 {
        self.area.left + self.scale.share(seconds / self.unit) * self.area.width()
    }

    /// Draws the ground and the grid, before the data.
    pub(super) fn ground(&self, canvas: &mut Canvas<'_>) {
        canvas.rect(self.area, canvas.theme.panel);
        for tick in self.scale.ticks(10, None) {
            let x = self.x(tick.value * self.unit);
            canvas.line(&[(x, self.area.top), (x, self.area.bottom)], Stroke::new(canvas.theme.grid, 1.0));
        }
    }

    /// Draws the edge, the labels and the title, after the data.
    pub(super) fn edge(&self, canvas: &mut Canvas<'_>) {
        canvas.outline(self.area, Stroke::new(canvas.theme.frame, 1.0));
        let look = Look::new(size::LABEL, canvas.theme.ink).align(Align::Center);
        for tick in self.scale.ticks(10, None) {
            let Some(label) = tick.label else { continue };
            let x = self.x(tick.value * self.unit);
            let half = canvas.measure(&label, look) / 2.0;
            canvas.text(&label, look, (x.min(canvas.width() - half - 2.0), self.area.bottom + 14.0));
        }
        let unit = if self.unit > 1.0 { "minutes" } else { "seconds" };
        let title = format!("{unit} since the first breaching sample");
        let middle = ((self.area.left + self.area.right) / 2.0, self.area.bottom + 36.0);
        canvas.text(&title, Look { color: canvas.theme.muted, ..look }, middle);
    }
}
