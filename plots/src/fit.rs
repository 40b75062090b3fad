//! A straight line through points, and a distribution beside the one that was fitted to it: what a calibration rests on.

use crate::axis::Scale;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::heading;
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{LEFT_GUTTER, TICK_GAP};
use crate::picture::Picture;
use crate::theme::size;
use crate::typeface::Typeface;

const HEIGHT: f64 = 380.0;
const RIGHT_EDGE: f64 = 28.0;
const BELOW: f64 = 62.0;
/// Points that are drawn at most; beyond, every so many-th.
const MOST_POINTS: usize = 4_000;

/// What a fit looks like: points that were measured, and the line that was fitted.
#[derive(Clone, Debug)]
pub struct FitChart {
    /// What was fitted.
    pub title: String,
    /// The figures in words.
    pub subtitle: String,
    /// What lies on the horizontal axis, with its unit.
    pub across: String,
    /// What lies on the vertical axis, with its unit.
    pub up: String,
    /// What was measured.
    pub points: Vec<(f64, f64)>,
    /// The line that was fitted: from, to.
    pub line: [(f64, f64); 2],
    /// What the line is called.
    pub line_name: String,
}

/// Draws points and the line that was fitted to them.
pub fn fit(chart: &FitChart, options: &ChartOptions) -> Result<Picture, PlotError> {
    if chart.points.is_empty() {
        return Err(PlotError::Nothing { of: "measured point" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let (left, right) = (LEFT_GUTTER + 12.0, options.width() - RIGHT_EDGE);
    let entries = vec![
        Entry::new(Key::Area(options.theme.served), "measured"),
        Entry::new(Key::Line(options.theme.violation, 2.0), chart.line_name.clone()),
    ];
    let header = Header::new(chart.up.clone(), "", entries);
    let top = heading::HEIGHT + 8.0 + header.height(&Measure(&typeface), right - 20.0);
    let area = Rect::new(left, top, right, top + HEIGHT);
    draw(options, typeface, area.bottom + BELOW, (&chart.title, &chart.subtitle), |canvas| {
        heading::draw(canvas, &chart.title, &chart.subtitle, 20.0);
        header.draw(canvas, 20.0, right, top - 4.0);
        draw_points(canvas, area, chart);
    })
}

fn draw_points(canvas: &mut Canvas<'_>, area: Rect, chart: &FitChart) {
    let all = || chart.points.iter().chain(&chart.line).filter(|point| point.0.is_finite() && point.1.is_finite());
    let across = Scale::from_zero(all().map(|point| point.0).fold(0.0, f64::max), 10);
    let up = Scale::from_zero(all().map(|point| point.1).fold(0.0, f64::max), 8);
    let place = |point: &(f64, f64)| {
        (area.left + across.share(point.0) * area.width(), area.bottom - up.share(point.1) * area.height())
    };
    canvas.rect(area, canvas.theme.panel);
    let grid = Stroke::new(canvas.theme.grid, 1.0);
    let look = Look::new(size::LABEL, canvas.theme.muted);
    for tick in up.ticks(8, Some(number::quantity)) {
        let (_, y) = place(&(0.0, tick.value));
        canvas.line(&[(area.left, y), (area.right, y)], grid);
        if let Some(text) = tick.label {
            canvas.text(&text, look.align(Align::Right), (area.left - TICK_GAP, y));
        }
    }
    for tick in across.ticks(10, Some(number::quantity)) {
        let (x, _) = place(&(tick.value, 0.0));
        canvas.line(&[(x, area.top), (x, area.bottom)], grid);
        if let Some(text) = tick.label {
            canvas.text(&text, look.align(Align::Center), (x, area.bottom + 15.0));
        }
    }
    let every = chart.points.len().div_ceil(MOST_POINTS);
    for point in chart.points.iter().step_by(every.max(1)) {
        canvas.disc(place(point), 2.5, canvas.theme.in_service_edge.alpha(0.45));
    }
    let line: Vec<(f64, f64)> = chart.line.iter().map(place).collect();
    canvas.line(&line, Stroke::new(canvas.theme.violation, 2.0));
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
    let title = Look::new(size::PANEL, canvas.theme.ink).bold().align(Align::Center);
    canvas.text(&chart.across, title, ((area.left + area.right) / 2.0, area.bottom + 42.0));
}
