//! The label of a point: its name, over its figures where there is room for them.

use super::CostPoint;
use crate::canvas::{Align, Canvas, Look};
use crate::geometry::Rect;
use crate::number;
use crate::theme::{Color, size};

/// The longest name, in pixels.
const WIDEST_NAME: f64 = 230.0;

/// The name of a point over its figures.
pub(super) struct PointLabel {
    name: String,
    figures: String,
    pub(super) width: f64,
}

impl PointLabel {
    const LINE: f64 = 17.0;

    pub(super) fn height(&self) -> f64 {
        if self.figures.is_empty() { Self::LINE } else { 2.0 * Self::LINE }
    }

    fn name_look(color: Color) -> Look {
        Look::new(size::PANEL, color).bold()
    }

    fn figures_look(color: Color) -> Look {
        Look::new(size::SMALL, color)
    }

    pub(super) fn new(canvas: &Canvas<'_>, point: &CostPoint, is_full: bool) -> PointLabel {
        let ink = canvas.theme.ink;
        let marks: String = point.marks.iter().map(|mark| format!("{}: ", mark.title())).collect();
        let name = canvas.fit(&format!("{marks}{}", point.name), Self::name_look(ink), WIDEST_NAME);
        let figures = format!(
            "{}  ·  {}  ·  {}",
            point.label,
            number::money(point.cost.mean, &point.currency),
            number::percent(point.violations.mean)
        );
        let figures = if is_full { figures } else { String::new() };
        let figures = canvas.fit(&figures, Self::figures_look(ink), WIDEST_NAME + 80.0);
        let width = canvas.measure(&name, Self::name_look(ink)).max(canvas.measure(&figures, Self::figures_look(ink)));
        PointLabel { name, figures, width }
    }

    /// Draws both lines flush with the side that faces the point.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, place: Rect, point: (f64, f64), color: Color) {
        let align = match (place.left + place.right) / 2.0 - point.0 {
            right if right > place.width() * 0.3 => Align::Left,
            left if left < -place.width() * 0.3 => Align::Right,
            _ => Align::Center,
        };
        let x = match align {
            Align::Left => place.left,
            Align::Center => (place.left + place.right) / 2.0,
            Align::Right => place.right,
        };
        let middle = place.top + Self::LINE / 2.0;
        let ink = canvas.theme.ink;
        let name_color = color.toward(ink, 0.25);
        canvas.text(&self.name, Self::name_look(name_color).align(align), (x, middle));
        let muted = canvas.theme.muted;
        canvas.text(&self.figures, Self::figures_look(muted).align(align), (x, middle + Self::LINE));
    }
}
