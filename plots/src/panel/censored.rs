//! Stretches in which the recorded system could not keep up: the load that is shown there is less than what was asked for.

use windtunnel_sim::outcome::Outcome;

use super::Frame;
use super::legend::{Entry, Key};
use crate::canvas::Canvas;
use crate::geometry::Rect;
use crate::series::Place;
use crate::theme::Theme;

const SHADE: f64 = 0.2;
/// The height of the solid strip at the top of the panel, which survives printing in grey; that at its foot is taken.
const STRIP: f64 = 4.0;

/// The entry of the key, where there is such a stretch.
pub(crate) fn entry(outcome: &Outcome, theme: &Theme) -> Option<Entry> {
    let label = "recorded while saturated: demand was higher";
    (!outcome.censored.is_empty()).then(|| Entry::new(Key::Shade(theme.muted, SHADE * 1.6), label))
}

/// Shades the stretches, joined where the gap is below a pixel.
pub(crate) fn shade(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome) {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for stretch in &outcome.censored {
        let left = frame.x(stretch.from_seconds);
        let right = frame.x(stretch.to_seconds).max(left + 1.0).min(frame.area.right);
        match spans.last_mut() {
            Some(last) if left - last.1 < 1.0 => last.1 = last.1.max(right),
            _ => spans.push((left, right)),
        }
    }
    let color = canvas.theme.muted;
    for (left, right) in spans {
        let area = Rect { left, right, ..frame.area };
        canvas.rect(area, color.alpha(SHADE));
        canvas.rect(Rect { bottom: area.top + STRIP, ..area }, color);
    }
}
