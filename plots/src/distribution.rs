//! The distribution of latency: which share of requests was slower than any given time, down to one in a million.

use windtunnel_sim::outcome::Outcome;

use crate::axis::Scale;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{LEFT_GUTTER, TICK_GAP, heading};
use crate::picture::Picture;
use crate::series::decimate;
use crate::theme::size;
use crate::typeface::Typeface;

const HEIGHT: f64 = 400.0;
const RIGHT_EDGE: f64 = 28.0;
const BELOW: f64 = 62.0;
/// The rarest share that is drawn.
const RAREST: f64 = 1e-6;
const WIDEST_NAME: usize = 40;

/// Draws, for each run, the share of served requests that took longer than a time. Both axes are logarithmic: the
/// tail, which hurts, gets the room.
pub fn latency_distribution(outcomes: &[&Outcome], options: &ChartOptions) -> Result<Picture, PlotError> {
    let first = outcomes.iter().find(|o| o.latency.count() > 0).ok_or(PlotError::Nothing { of: "served request" })?;
    let typeface = Typeface::load(options.font.as_deref())?;
    let (left, right) = (LEFT_GUTTER + 12.0, options.width() - RIGHT_EDGE);
    let entries = entries(outcomes, options);
    let header = Header::new("Requests that take longer", "share of served requests, log scales", entries);
    let top = heading::HEIGHT + 8.0 + header.height(&Measure(&typeface), right - 20.0);
    let area = Rect::new(left, top, right, top + HEIGHT);
    let title = "Latency distribution";
    let subtitle = format!("traffic: {}  ·  seed {}", first.traffic, first.seed);
    draw(options, typeface, area.bottom + BELOW, (title, &subtitle), |canvas| {
        heading::draw(canvas, title, &subtitle, 20.0);
        header.draw(canvas, 20.0, right, top - 4.0);
        draw_curves(canvas, area, outcomes);
    })
}

fn entries(outcomes: &[&Outcome], options: &ChartOptions) -> Vec<Entry> {
    let colors = options.theme.categories;
    let named = outcomes.iter().enumerate().map(|(i, outcome)| {
        let short: String = outcome.name.chars().take(WIDEST_NAME).collect();
        let name = if short == outcome.name { short } else { format!("{short}…") };
        Entry::new(Key::Line(colors[i % colors.len()], 2.2), name)
    });
    named.chain([Entry::new(Key::Dashed(options.theme.violation, 1.6), "objective")]).collect()
}

fn draw_curves(canvas: &mut Canvas<'_>, area: Rect, outcomes: &[&Outcome]) {
    let curves: Vec<Vec<(f64, f64)>> = outcomes.iter().map(|outcome| exceedance(outcome)).collect();
    let all = || curves.iter().flatten();
    let objectives = || outcomes.iter().map(|outcome| outcome.objective.latency_seconds).filter(|o| *o > 0.0);
    let low = all().map(|point| point.0).chain(objectives()).fold(f64::INFINITY, f64::min);
    let high = all().map(|point| point.0).chain(objectives()).fold(0.0, f64::max);
    let latency = Scale::log(low, high);
    let rarest = all().map(|point| point.1).filter(|share| *share > 0.0).fold(1.0, f64::min).clamp(RAREST, 0.1);
    let share = Scale::log(rarest, 1.0);
    let x = |seconds: f64| area.left + latency.share(seconds) * area.width();
    let y = |part: f64| area.bottom - share.share(part) * area.height();
    axes(canvas, area, &latency, &share);
    for objective in objectives() {
        let stroke = Stroke::new(canvas.theme.violation, 1.6).dashed(9.0, 4.0);
        canvas.line(&[(x(objective), area.top), (x(objective), area.bottom)], stroke);
    }
    for (i, curve) in curves.iter().enumerate() {
        let line: Vec<(f64, f64)> = curve.iter().map(|&(seconds, part)| (x(seconds), y(part))).collect();
        let color = canvas.theme.categories[i % canvas.theme.categories.len()];
        canvas.line(&decimate(&line, 1.0), Stroke::new(color, 2.0));
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
}

/// (latency, share of requests that are slower), from the fastest on.
fn exceedance(outcome: &Outcome) -> Vec<(f64, f64)> {
    let curve = outcome.latency.cumulative();
    let slower = curve.iter().map(|&(seconds, share)| (seconds, 1.0 - share));
    let start = curve.first().map(|&(seconds, _)| (seconds * 0.999, 1.0));
    start.into_iter().chain(slower.filter(|(_, share)| *share >= RAREST)).collect()
}

fn axes(canvas: &mut Canvas<'_>, area: Rect, latency: &Scale, share: &Scale) {
    canvas.rect(area, canvas.theme.panel);
    let grid = Stroke::new(canvas.theme.grid, 1.0);
    let look = Look::new(size::LABEL, canvas.theme.muted);
    for tick in share.ticks(8, Some(number::percent)) {
        let y = area.bottom - share.share(tick.value) * area.height();
        canvas.line(&[(area.left, y), (area.right, y)], grid);
        if let Some(text) = tick.label {
            canvas.text(&text, look.align(Align::Right), (area.left - TICK_GAP, y));
        }
    }
    let mut free = f64::NEG_INFINITY;
    for tick in latency.ticks(12, Some(number::seconds)) {
        let x = area.left + latency.share(tick.value) * area.width();
        canvas.line(&[(x, area.top), (x, area.bottom)], grid);
        let Some(text) = tick.label else { continue };
        let (look, at) = (look.align(Align::Center), (x, area.bottom + 15.0));
        if canvas.text_box(&text, look, at).left > free {
            free = canvas.text(&text, look, at).right + 8.0;
        }
    }
    let title = Look::new(size::PANEL, canvas.theme.ink).bold().align(Align::Center);
    canvas.text("Latency", title, ((area.left + area.right) / 2.0, area.bottom + 42.0));
}
