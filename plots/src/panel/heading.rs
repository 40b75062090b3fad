//! The heading of a chart: what is shown, under which traffic, and the figures that matter.

use windtunnel_sim::outcome::Outcome;

use crate::canvas::{Canvas, Look};
use crate::number;
use crate::theme::size;

/// The height of title and subtitle.
pub(crate) const HEIGHT: f64 = 68.0;
/// The height of the line of figures.
pub(crate) const FIGURES_HEIGHT: f64 = 36.0;
const TOP: f64 = 30.0;

/// Draws title and subtitle, shortened to the width of the picture.
pub(crate) fn draw(canvas: &mut Canvas<'_>, title: &str, subtitle: &str, left: f64) {
    let width = canvas.width() - left - 20.0;
    canvas.text_within(title, Look::new(size::TITLE, canvas.theme.ink).bold(), (left, TOP), width);
    canvas.text_within(subtitle, Look::new(size::SUBTITLE, canvas.theme.muted), (left, TOP + 27.0), width);
}

/// What a run was: provider, traffic, seed. The traffic's own words are kept whole as long as possible, since they say
/// whether it is synthetic.
pub(crate) fn describe(outcome: &Outcome) -> String {
    format!("{}  ·  traffic: {}  ·  seed {}", outcome.provider.title(), outcome.traffic, outcome.seed)
}

/// A figure: what it is and its value.
pub(crate) type Figure<'a> = (&'a str, String);

/// The figures that matter most.
pub(crate) fn figures(outcome: &Outcome) -> Vec<Figure<'static>> {
    let metric = |name: &str| outcome.metrics.get(name).unwrap_or(f64::NAN);
    vec![
        ("cost", number::money(metric("cost_total"), &outcome.currency)),
        ("violating requests", number::percent(metric("slo_violating_request_fraction"))),
        ("p99 latency", number::seconds(metric("latency_p99_seconds"))),
        (mean_name(outcome), number::quantity(metric("mean_in_service"))),
    ]
}

fn mean_name(outcome: &Outcome) -> &'static str {
    if outcome.provider.unit() == "pods" { "mean pods" } else { "mean instances" }
}

/// Draws figures in one line.
pub(crate) fn draw_figures(canvas: &mut Canvas<'_>, figures: &[Figure<'_>], left: f64, middle: f64) {
    let name_look = Look::new(size::SUBTITLE, canvas.theme.muted);
    let value_look = Look::new(size::SUBTITLE, canvas.theme.ink).bold();
    let mut x = left;
    for (name, value) in figures {
        let width = canvas.measure(name, name_look) + 6.0 + canvas.measure(value, value_look);
        if x + width > canvas.width() - 12.0 {
            break;
        }
        let name = canvas.text(name, name_look, (x, middle));
        let value = canvas.text(value, value_look, (name.right + 6.0, middle));
        x = value.right + 28.0;
    }
}
