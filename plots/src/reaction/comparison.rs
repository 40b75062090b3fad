//! Several runs: the median and the slowest scale-out of each as one bar of phases.

use windtunnel_sim::outcome::reaction::{Extremes, Phase};
use windtunnel_sim::outcome::{Outcome, Reaction};

use super::axis::{self, ReactionAxis};
use super::{color, total};
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::heading;
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::picture::Picture;
use crate::theme::{Theme, size};
use crate::typeface::Typeface;

const LEFT_EDGE: f64 = 20.0;
/// The room for what a bar comes to.
const RIGHT_EDGE: f64 = 134.0;
/// The share of the picture's width that names may take.
const NAMES: f64 = 0.26;
const GAP: f64 = 12.0;
const ROW: f64 = 68.0;
const BAR: f64 = 22.0;

/// Draws where the reaction time of each run went, phase by phase: its median scale-out above its slowest.
///
/// # Errors
/// When no scale-out of any run answered a breach.
pub fn reaction_comparison(outcomes: &[&Outcome], options: &ChartOptions) -> Result<Picture, PlotError> {
    let extremes: Vec<Option<Extremes>> = outcomes.iter().map(|outcome| Extremes::of(&outcome.reactions)).collect();
    let longest = extremes.iter().flatten().map(|extremes| total(&extremes.worst)).reduce(f64::max);
    let longest = longest.ok_or(PlotError::Nothing { of: "scale-out that answered a breach" })?;
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let width = |outcome: &&Outcome| {
        measure.bold(&outcome.name, size::PANEL).max(measure.regular(outcome.provider.title(), size::LABEL))
    };
    let widest = outcomes.iter().map(width).fold(60.0, f64::max);
    let left = LEFT_EDGE + widest.min(options.width() * NAMES) + GAP;
    let header = header(&options.theme, &extremes);
    let edge = options.width() - 20.0;
    let top = heading::HEIGHT + header.height(&measure, edge - LEFT_EDGE) + 4.0;
    let area = Rect::new(left, top, options.width() - RIGHT_EDGE, top + ROW * outcomes.len() as f64);
    let axis = ReactionAxis::new(longest, area);
    let title = "Where the reaction time goes";
    let subtitle = subtitle(outcomes);
    let description = description(outcomes, &extremes);
    draw(options, typeface, area.bottom + axis::HEIGHT, (title, &description), |canvas| {
        heading::draw(canvas, title, &subtitle, LEFT_EDGE);
        header.draw(canvas, LEFT_EDGE, edge, top - 4.0);
        axis.ground(canvas);
        for ((outcome, extremes), place) in outcomes.iter().zip(&extremes).zip(0..) {
            let band =
                Rect { top: area.top + ROW * f64::from(place), bottom: area.top + ROW * f64::from(place + 1), ..area };
            draw_run(canvas, &axis, band, outcome, extremes.as_ref());
        }
        axis.edge(canvas);
    })
}

/// The key to the phases that take any time.
fn header(theme: &Theme, extremes: &[Option<Extremes>]) -> Header {
    let takes_time = |phase: &Phase| {
        let reactions = extremes.iter().flatten().flat_map(|extremes| [&extremes.median, &extremes.worst]);
        reactions.into_iter().any(|reaction| !reaction.phase(*phase).is_zero())
    };
    let phases = Phase::ALL.into_iter().filter(takes_time);
    let entries = phases.map(|phase| Entry::new(Key::Area(color(theme, phase)), title_of(phase))).collect();
    Header::new("Reaction budget", "", entries)
}

const fn title_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Evaluation => "alarm periods (HPA: next sync)",
        Phase::MetricDelay => "metric delay",
        Phase::Wait => "lock, cooldown, stabilization",
        Phase::Provisioning => "launch (HPA: pod pending)",
        Phase::Boot => "boot",
        Phase::Attach => "attach",
        Phase::HealthCheck => "health check, readiness",
        Phase::FirstRequest => "first request",
    }
}

fn subtitle(outcomes: &[&Outcome]) -> String {
    let traffic = outcomes.first().map_or("", |outcome| outcome.traffic.as_str());
    let seed = outcomes.first().map_or(0, |outcome| outcome.seed);
    format!("median and slowest scale-out of each policy  ·  traffic: {traffic}  ·  seed {seed}")
}

fn draw_run(canvas: &mut Canvas<'_>, axis: &ReactionAxis, band: Rect, outcome: &Outcome, extremes: Option<&Extremes>) {
    let right = band.left - GAP;
    let look = Look::new(size::PANEL, canvas.theme.ink).bold().align(Align::Right);
    canvas.text_within(&outcome.name, look, (right, band.middle() - 9.0), right - LEFT_EDGE);
    let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Right);
    canvas.text_within(outcome.provider.title(), look, (right, band.middle() + 11.0), right - LEFT_EDGE);
    canvas.line(&[(band.left, band.bottom), (band.right, band.bottom)], Stroke::new(canvas.theme.frame, 1.0));
    let Some(extremes) = extremes else {
        let look = Look::new(size::LABEL, canvas.theme.muted);
        let text = "none: no scale-out answered a breach";
        canvas.text_within(text, look, (band.left + 10.0, band.middle()), band.width() - 20.0);
        return;
    };
    let middles = [band.middle() - BAR / 2.0 - 2.0, band.middle() + BAR / 2.0 + 2.0];
    for ((reaction, word), middle) in
        [(&extremes.median, "median"), (&extremes.worst, "slowest")].into_iter().zip(middles)
    {
        draw_bar(canvas, axis, middle, reaction);
        let text = format!("{word} {}", number::seconds(total(reaction)));
        let look = Look::new(size::LABEL, canvas.theme.ink);
        let at = (axis.x(total(reaction)) + 8.0, middle);
        canvas.text_within(&text, look, at, canvas.width() - 6.0 - at.0);
    }
}

/// The parts of a reaction one after the other; neighbours of one phase are one piece.
fn draw_bar(canvas: &mut Canvas<'_>, axis: &ReactionAxis, middle: f64, reaction: &Reaction) {
    let mut begun = 0.0;
    for parts in reaction.parts.chunk_by(|one, other| one.phase == other.phase) {
        let length: f64 = parts.iter().map(|part| part.lasts.as_secs_f64()).sum();
        let piece = Rect::new(axis.x(begun), middle - BAR / 2.0, axis.x(begun + length), middle + BAR / 2.0);
        begun += length;
        let paint = color(canvas.theme, parts[0].phase);
        canvas.rect(piece, paint);
        canvas.line(&[(piece.right, piece.top), (piece.right, piece.bottom)], Stroke::new(canvas.theme.panel, 1.0));
        let text = number::seconds(length);
        let look = Look::new(size::SMALL, canvas.theme.panel).bold().align(Align::Center);
        if canvas.measure(&text, look) + 8.0 <= piece.width() {
            canvas.text(&text, look, ((piece.left + piece.right) / 2.0, middle));
        }
    }
}

fn description(outcomes: &[&Outcome], extremes: &[Option<Extremes>]) -> String {
    let line = |(outcome, extremes): (&&Outcome, &Option<Extremes>)| match extremes {
        None => format!("{}: none.", outcome.name),
        Some(extremes) => {
            let parts: Vec<String> = Phase::ALL
                .into_iter()
                .map(|phase| {
                    format!("{} {}", title_of(phase), number::seconds(extremes.median.phase(phase).as_secs_f64()))
                })
                .collect();
            let (median, worst) = (total(&extremes.median), total(&extremes.worst));
            let (median, worst) = (number::seconds(median), number::seconds(worst));
            format!("{}: median {median} ({}), slowest {worst}.", outcome.name, parts.join(", "))
        }
    };
    outcomes.iter().zip(extremes).map(line).collect::<Vec<_>>().join(" ")
}
