//! A tornado: how far a figure swings when one parameter leaves its place, the widest swing at the top.

use super::Unit;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::panel::heading;
use crate::panel::legend::Measure;
use crate::picture::Picture;
use crate::theme::size;
use crate::typeface::Typeface;

const EDGE: f64 = 20.0;
const ROW: f64 = 34.0;
const BAR: f64 = 18.0;
const TITLE: f64 = 44.0;
const BELOW: f64 = 26.0;
/// The share of the width that names may take.
const NAMES: f64 = 0.34;
/// More parameters are left out, the least important first; the heading says so.
const MOST: usize = 24;

/// Swings of several figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tornado {
    /// The chart's title.
    pub title: String,
    /// What was varied, under which traffic.
    pub subtitle: String,
    /// The figures, from top to bottom.
    pub panels: Vec<Swings>,
}

/// The swings of one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Swings {
    /// The figure, or the measure of importance.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Where the bars begin: the figure with everything in its place, or zero.
    pub base: f64,
    /// What `base` is, in words.
    pub base_name: String,
    /// The parameters, the widest swing first.
    pub swings: Vec<Swing>,
}

/// How far one parameter moves a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Swing {
    /// The parameter.
    pub name: String,
    /// The least figure over its values.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// Draws the swings.
///
/// # Errors
/// When there is none, or a font cannot be read.
pub fn tornado(chart: &Tornado, options: &ChartOptions) -> Result<Picture, PlotError> {
    let is_drawable = |swings: &&Swings| swings.base.is_finite() && swings.swings.iter().any(is_finite);
    let panels: Vec<&Swings> = chart.panels.iter().filter(is_drawable).collect();
    if panels.is_empty() {
        return Err(PlotError::Nothing { of: "parameter that moves a figure" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let names = panels.iter().flat_map(|panel| &panel.swings).map(|swing| measure.regular(&swing.name, size::LABEL));
    let gutter = EDGE + names.fold(60.0, f64::max).min(options.width() * NAMES) + 12.0;
    let height_of = |panel: &Swings| TITLE + ROW * shown(panel).len() as f64 + BELOW;
    let height = heading::HEIGHT + panels.iter().map(|panel| height_of(panel)).sum::<f64>();
    draw(options, typeface, height, (&chart.title, &chart.subtitle), |canvas| {
        heading::draw(canvas, &chart.title, &chart.subtitle, EDGE);
        let mut top = heading::HEIGHT;
        for panel in &panels {
            let area = Rect::new(gutter, top + TITLE, options.width() - EDGE, top + height_of(panel) - BELOW);
            draw_panel(canvas, panel, area);
            top += height_of(panel);
        }
    })
}

fn is_finite(swing: &Swing) -> bool {
    swing.low.is_finite() && swing.high.is_finite()
}

fn shown(panel: &Swings) -> Vec<&Swing> {
    panel.swings.iter().filter(|swing| is_finite(swing)).take(MOST).collect()
}

fn draw_panel(canvas: &mut Canvas<'_>, panel: &Swings, area: Rect) {
    let title = Look::new(size::PANEL, canvas.theme.ink).bold();
    let note = Look::new(size::LABEL, canvas.theme.muted);
    let left_out = panel.swings.len() - shown(panel).len();
    let more = if left_out > 0 { format!(", {left_out} more not shown") } else { String::new() };
    let placed = canvas.text_within(&panel.name, title, (EDGE, area.top - 26.0), area.width() * 0.6);
    let unit = format!("{}; {}{more}", panel.unit.name(), panel.base_name);
    canvas.text_within(&unit, note, (placed.right + 8.0, area.top - 26.0), area.right - placed.right - 8.0);
    canvas.rect(area, canvas.theme.panel);
    let swings = shown(panel);
    let low = swings.iter().map(|swing| swing.low).fold(panel.base, f64::min);
    let high = swings.iter().map(|swing| swing.high).fold(panel.base, f64::max);
    let figures = swings.iter().flat_map(|swing| [swing.low, swing.high]).map(|value| panel.unit.text(value));
    // Both ends keep room for their figures.
    let room = figures.map(|text| canvas.measure(&text, note)).fold(0.0, f64::max) + 12.0;
    let span = if high > low { high - low } else { 1.0 };
    let x = |value: f64| area.left + room + (value - low) / span * (area.width() - 2.0 * room);
    for (row, swing) in swings.iter().enumerate() {
        let middle = area.top + ROW * (row as f64 + 0.5);
        let look = Look::new(size::LABEL, canvas.theme.ink).align(Align::Right);
        canvas.text_within(&swing.name, look, (area.left - 10.0, middle), area.left - 10.0 - EDGE);
        let (from, to) = (x(swing.low.min(panel.base)), x(swing.high.max(panel.base)));
        let bar = |left: f64, right: f64| Rect::new(left, middle - BAR / 2.0, right.max(left), middle + BAR / 2.0);
        canvas.rect(bar(from, x(panel.base)), canvas.theme.in_service_edge);
        canvas.rect(bar(x(panel.base), to), canvas.theme.demand);
        // Rounding errors of equal means are no effect.
        let least = panel.base.abs() * 1e-9;
        let (falls, rises) = (panel.base - swing.low > least, swing.high - panel.base > least);
        if falls {
            canvas.text(&panel.unit.text(swing.low), note.align(Align::Right), (from - 6.0, middle));
        }
        if rises {
            canvas.text(&panel.unit.text(swing.high), note, (to + 6.0, middle));
        }
        if !falls && !rises {
            canvas.text("no effect", note, (x(panel.base) + 6.0, middle));
        }
    }
    canvas.line(&[(x(panel.base), area.top), (x(panel.base), area.bottom)], Stroke::new(canvas.theme.ink, 1.2));
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
    let base = canvas.fit(&panel.unit.text(panel.base), note, 160.0);
    canvas.text(&base, note.align(Align::Center), (x(panel.base), area.bottom + 13.0));
}
