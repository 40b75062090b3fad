//! The panel of latency quantiles on a logarithmic axis, with the objective.

use windtunnel_sim::outcome::{Outcome, TimelineRow};

use super::Frame;
use super::legend::{Entry, Header, Key, Measure};
use super::violations;
use crate::axis::Scale;
use crate::canvas::{Canvas, Look, Stroke};
use crate::number;
use crate::series::{Place, curve, rows};
use crate::theme::{Theme, size};

type Quantile = (&'static str, fn(&TimelineRow) -> f64, f64);

/// Name, value, width of the line.
const QUANTILES: [Quantile; 3] = [
    ("p50", |row| row.latency_p50_seconds, 1.4),
    ("p95", |row| row.latency_p95_seconds, 1.4),
    ("p99", |row| row.latency_p99_seconds, 1.8),
];

/// Zero stands for "no request was served": there is no latency then.
fn or_gap(latency: f64) -> f64 {
    if latency > 0.0 { latency } else { f64::NAN }
}

/// The scale that holds the quantiles from `lowest` on (0 for p50, 2 for p99 only) and the objectives of all outcomes.
pub(crate) fn scale(outcomes: &[&Outcome], lowest: usize) -> Scale {
    let objectives = outcomes.iter().map(|outcome| outcome.objective.latency_seconds);
    let quantiles = outcomes.iter().flat_map(|outcome| {
        rows(outcome).flat_map(move |row| QUANTILES[lowest..].iter().map(move |(_, value, _)| value(&row)))
    });
    let (mut low, mut high) = (f64::INFINITY, 0.0f64);
    for value in objectives.chain(quantiles).filter(|value| value.is_finite() && *value > 0.0) {
        low = low.min(value);
        high = high.max(value);
    }
    Scale::log(low, high)
}

/// Title and key.
pub(crate) fn header(theme: &Theme) -> Header {
    let mut entries: Vec<Entry> = QUANTILES
        .iter()
        .zip(theme.quantiles)
        .map(|((name, _, width), color)| Entry::new(Key::Line(color, width + 0.4), *name))
        .collect();
    entries.push(violations::entry(theme));
    Header::new("Latency", "log scale", entries)
}

/// Draws the quantiles from `lowest` on, and the objective.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, lowest: usize) {
    let colors = canvas.theme.quantiles;
    for ((_, value, width), color) in QUANTILES.iter().zip(colors).skip(lowest) {
        let line = curve(outcome, frame, |row| or_gap(value(row)));
        frame.stroke(canvas, &line, Stroke::new(color, *width));
    }
    if outcome.objective.latency_seconds > 0.0 {
        let y = frame.y(outcome.objective.latency_seconds);
        canvas.line(
            &[(frame.area.left, y), (frame.area.right, y)],
            Stroke::new(canvas.theme.violation, 1.6).dashed(9.0, 4.0),
        );
    }
}

/// The label of the objective.
fn objective_label(outcome: &Outcome) -> (String, String) {
    let objective = &outcome.objective;
    (
        format!("objective {}", number::seconds(objective.latency_seconds)),
        format!(
            "for p{} of {}",
            number::quantity(objective.percentile),
            number::seconds(objective.window.as_secs_f64())
        ),
    )
}

/// Labels the objective right of the panel.
pub(crate) fn label_objective(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, right: f64) {
    let (value, rest) = objective_label(outcome);
    let left = frame.area.right + 10.0;
    let y = frame.y(outcome.objective.latency_seconds).clamp(frame.area.top + 6.0, frame.area.bottom - 20.0);
    canvas.text_within(&value, Look::new(size::SMALL, canvas.theme.violation).bold(), (left, y), right - left);
    canvas.text_within(&rest, Look::new(size::SMALL, canvas.theme.muted), (left, y + 15.0), right - left);
}

/// The room that the label wants right of the panel.
pub(crate) fn gutter(outcome: &Outcome, measure: &Measure<'_>) -> f64 {
    let (value, rest) = objective_label(outcome);
    10.0 + measure.bold(&value, size::SMALL).max(measure.regular(&rest, size::SMALL))
}
