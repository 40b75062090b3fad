//! The stretches of time in which the objective was missed, shaded.

use windtunnel_sim::outcome::Outcome;

use super::Frame;
use crate::canvas::Canvas;
use crate::geometry::Rect;
use crate::panel::legend::{Entry, Key};
use crate::series::{Place, violating_spans};

/// How strong the shade over the data is.
const SHADE: f64 = 0.13;
/// The height of the solid strip at the foot of the panel, which survives printing in grey.
const STRIP: f64 = 3.0;

/// Shades a panel where windows violated the objective. Drawn over the data, so that filled areas do not hide it.
pub(crate) fn shade(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome) {
    let color = canvas.theme.violation;
    for (left, right) in pixel_spans(outcome, frame) {
        let area = Rect { left, right, ..frame.area };
        canvas.rect(area, color.alpha(SHADE));
        canvas.rect(Rect { top: area.bottom - STRIP, ..area }, color);
    }
}

/// The entry of the key.
pub(crate) fn entry(canvas: &crate::theme::Theme) -> Entry {
    Entry::new(Key::Shade(canvas.violation, SHADE * 1.6), "windows that miss the objective")
}

/// At least a pixel wide, joined where the gap is below a pixel.
fn pixel_spans(outcome: &Outcome, frame: &Frame<'_>) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for (from, to) in violating_spans(outcome) {
        let left = frame.x(from);
        let right = frame.x(to).max(left + 1.0).min(frame.area.right);
        match spans.last_mut() {
            Some(last) if left - last.1 < 1.0 => last.1 = last.1.max(right),
            _ => spans.push((left, right)),
        }
    }
    spans
}
