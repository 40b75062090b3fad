//! Validation: what was recorded against what was simulated, quantity by quantity on one axis of time.
//!
//! [`Validation`] is plain data; [`validation`] draws it. Whoever validates computes the errors and hands them over as
//! text: a chart shows figures, it does not judge them.

use serde::{Deserialize, Serialize};

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Canvas, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::panel::heading::{self, Figure};
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{Frame, LEFT_GUTTER, ticks_for, time_axis};
use crate::picture::Picture;
use crate::series::{Line, Place, decimate};
use crate::theme::{Color, Theme};
use crate::typeface::Typeface;

const RIGHT_EDGE: f64 = 28.0;
const GAP: f64 = 8.0;
/// No line runs along the top of a panel.
const HEADROOM: f64 = 1.03;
/// The heights that the panels of a chart share.
const ALL_PANELS: f64 = 560.0;
const TALLEST: f64 = 240.0;
const LOWEST: f64 = 90.0;

/// What a validation shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// What was validated, such as the recording's name.
    pub title: String,
    /// Where the recording comes from, and what was fitted beforehand.
    pub subtitle: String,
    /// The figures that matter most: name and value with its unit.
    pub figures: Vec<(String, String)>,
    /// Seconds since 1970 at second zero of the series, where the recording has a calendar.
    pub calendar_start: Option<i64>,
    /// The IANA time zone to show times in.
    pub time_zone: Option<String>,
    /// The quantities, from top to bottom.
    pub panels: Vec<ValidationPanel>,
}

/// A quantity as it was recorded and as it was simulated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValidationPanel {
    /// Its name, such as "Replicas".
    pub name: String,
    /// Its unit, such as "pods" or "requests per second".
    pub unit: String,
    /// Values are held until the next one (replicas) rather than joined by straight lines (rates).
    pub is_stepped: bool,
    /// Seconds and values of the recording. A value that is no number breaks the line. May be empty where a quantity is
    /// only shown, such as the load.
    pub recorded: Vec<(f64, f64)>,
    /// Seconds and values of the simulation. May be empty as well.
    pub simulated: Vec<(f64, f64)>,
    /// The span of the simulation over several seeds: seconds, low, high. Each holds until the next.
    pub spread: Vec<(f64, f64, f64)>,
}

impl ValidationPanel {
    fn has_recorded(&self) -> bool {
        self.recorded.iter().any(|point| point.1.is_finite())
    }

    fn has_values(&self) -> bool {
        self.values().any(f64::is_finite)
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let spread = self.spread.iter().flat_map(|&(_, low, high)| [low, high]);
        self.recorded.iter().chain(&self.simulated).map(|point| point.1).chain(spread)
    }

    fn times(&self) -> impl Iterator<Item = f64> + '_ {
        self.recorded.iter().chain(&self.simulated).map(|point| point.0).chain(self.spread.iter().map(|span| span.0))
    }

    fn header(&self, theme: &Theme) -> Header {
        let mut entries = Vec::new();
        if !self.recorded.is_empty() {
            entries.push(Entry::new(Key::Line(recorded_color(theme), 1.8), "recorded"));
        }
        if !self.simulated.is_empty() {
            entries.push(Entry::new(Key::Line(simulated_color(theme), 1.8), "simulated"));
        }
        if !self.spread.is_empty() {
            entries.push(Entry::new(Key::Area(spread_color(theme)), "simulated, all seeds"));
        }
        let short = |text: &str| text.chars().take(24).collect::<String>();
        Header::new(short(&self.name), short(&self.unit), entries)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis) {
        let most = self.values().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let least = self.values().filter(|value| value.is_finite()).fold(0.0, f64::min);
        let ticks = ticks_for(area.height());
        let scale =
            if least < 0.0 { Scale::around(least, most, ticks) } else { Scale::from_zero(most * HEADROOM, ticks) };
        let frame = Frame::new(area, time, &scale);
        frame.ground(canvas, None);
        let theme = canvas.theme;
        for (index, &(from, low, high)) in self.spread.iter().enumerate() {
            let to = self.spread.get(index + 1).map_or(time.end, |next| next.0);
            if low.is_finite() && high.is_finite() {
                canvas.rect(Rect::new(frame.x(from), frame.y(high), frame.x(to), frame.y(low)), spread_color(theme));
            }
        }
        let simulated = lines(&self.simulated, self.is_stepped, &frame);
        frame.stroke(canvas, &simulated, Stroke::new(simulated_color(theme), 1.8));
        let recorded = lines(&self.recorded, self.is_stepped, &frame);
        frame.stroke(canvas, &recorded, Stroke::new(recorded_color(theme), 1.8));
        frame.edge(canvas);
    }
}

fn recorded_color(theme: &Theme) -> Color {
    theme.ink
}

fn simulated_color(theme: &Theme) -> Color {
    theme.in_service_edge
}

fn spread_color(theme: &Theme) -> Color {
    theme.in_service.toward(theme.panel, 0.45)
}

/// Lines through points, or steps; broken where a value is no number, thinned out by extremes.
fn lines(points: &[(f64, f64)], is_stepped: bool, frame: &Frame<'_>) -> Vec<Line> {
    points
        .chunk_by(|a, b| a.1.is_finite() == b.1.is_finite())
        .filter(|piece| piece[0].1.is_finite())
        .map(|piece| {
            let mut line = Line::new();
            for &(at, value) in piece.iter().filter(|point| point.0.is_finite()) {
                let (x, y) = (frame.x(at), frame.y(value));
                if let (true, Some(&(_, before))) = (is_stepped, line.last()) {
                    line.push((x, before));
                }
                line.push((x, y));
            }
            // A value between two gaps, or a last step, has to be seen too.
            if let (true, Some(&(x, y))) = (is_stepped || line.len() == 1, line.last()) {
                let reaches_end = std::ptr::eq(piece.as_ptr_range().end, points.as_ptr_range().end);
                line.push((if is_stepped && reaches_end { frame.area.right } else { x + 2.0 }, y));
            }
            decimate(&line, 1.0)
        })
        .filter(|line| !line.is_empty())
        .collect()
}

/// Draws every quantity of a validation, recorded against simulated.
///
/// # Errors
/// When no panel has a recorded value, or a font cannot be read.
pub fn validation(data: &Validation, options: &ChartOptions) -> Result<Picture, PlotError> {
    let panels: Vec<&ValidationPanel> = data.panels.iter().filter(|panel| panel.has_values()).collect();
    if !panels.iter().any(|panel| panel.has_recorded()) {
        return Err(PlotError::Nothing { of: "recorded value" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let (left, right) = (LEFT_GUTTER, options.width() - RIGHT_EDGE);
    let height = (ALL_PANELS / panels.len() as f64).clamp(LOWEST, TALLEST);
    let figures_height = if data.figures.is_empty() { 0.0 } else { heading::FIGURES_HEIGHT };
    let mut y = heading::HEIGHT + figures_height;
    let mut areas = Vec::new();
    for panel in &panels {
        let top = y + panel.header(&options.theme).height(&Measure(&typeface), right - left);
        areas.push(Rect::new(left, top, right, top + height));
        y = top + height + GAP;
    }
    let end = panels.iter().flat_map(|panel| panel.times()).filter(|at| at.is_finite()).fold(0.0, f64::max);
    let time = TimeAxis::new(end, data.calendar_start, data.time_zone.as_deref());
    let bottom = y - GAP;
    let figures: Vec<Figure> = data.figures.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let picture_height = bottom + time_axis::height(&time, right - left);
    draw(options, typeface, picture_height, (&data.title, &data.subtitle), |canvas| {
        heading::draw(canvas, &data.title, &data.subtitle, 20.0);
        heading::draw_figures(canvas, &figures, 20.0, heading::HEIGHT + 14.0);
        for (panel, &area) in panels.iter().zip(&areas) {
            panel.header(canvas.theme).draw(canvas, area.left, area.right, area.top);
            panel.draw(canvas, area, &time);
        }
        if let Some(&last) = areas.last() {
            time_axis::draw(canvas, last, &time);
        }
    })
}
