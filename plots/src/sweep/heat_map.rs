//! Heat maps of two parameters: a figure at every pair of their values, and where the objective holds.

use super::Unit;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::panel::heading;
use crate::panel::legend::Measure;
use crate::picture::Picture;
use crate::theme::{Color, Theme, size};
use crate::typeface::Typeface;

const EDGE: f64 = 20.0;
const BETWEEN: f64 = 26.0;
/// A map that is narrower is put under the others.
const NARROWEST_MAP: f64 = 330.0;
const LOWEST_CELL: f64 = 26.0;
const TALLEST_CELL: f64 = 54.0;
const TITLE: f64 = 52.0;
const BELOW: f64 = 52.0;
const WIDEST_LEVEL: f64 = 120.0;
/// More levels than this of one parameter are not legible.
const MOST_LEVELS: usize = 60;

/// Two parameters and the figures at every pair of their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatMap {
    /// The chart's title.
    pub title: String,
    /// What was averaged over, under which traffic.
    pub subtitle: String,
    /// The parameter on the horizontal axis and its values in order.
    pub across: (String, Vec<String>),
    /// The parameter on the vertical axis and its values in order, from the bottom up.
    pub up: (String, Vec<String>),
    /// The figures, each with a map of its own.
    pub maps: Vec<Map>,
}

/// One figure over both parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// What it is.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// One value for each pair, the row of the lowest vertical value first; nothing where no point was simulated.
    pub cells: Vec<Option<f64>>,
}

/// Draws the maps side by side, or under each other where the picture is narrow.
///
/// # Errors
/// When there is nothing to draw, more values than a picture can show, or a font cannot be read.
pub fn heat_map(chart: &HeatMap, options: &ChartOptions) -> Result<Picture, PlotError> {
    let (columns, rows) = (chart.across.1.len(), chart.up.1.len());
    let is_drawable =
        |map: &&Map| map.cells.len() == columns * rows && map.cells.iter().flatten().any(|v| v.is_finite());
    let maps: Vec<&Map> = chart.maps.iter().filter(is_drawable).collect();
    if maps.is_empty() {
        return Err(PlotError::Nothing { of: "pair of parameter values with a figure" });
    }
    if columns.max(rows) > MOST_LEVELS {
        return Err(PlotError::TooMany { count: columns.max(rows), most: MOST_LEVELS });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let widest = chart.up.1.iter().map(|level| measure.regular(level, size::LABEL)).fold(20.0, f64::max);
    let gutter = widest.min(WIDEST_LEVEL) + 10.0;
    let width = options.width() - 2.0 * EDGE;
    let needed = NARROWEST_MAP + gutter;
    let beside = (((width + BETWEEN) / (needed + BETWEEN)).floor() as usize).clamp(1, maps.len());
    let map_width = ((width + BETWEEN) / beside as f64 - BETWEEN).floor();
    let cell = Rect::new(
        0.0,
        0.0,
        (map_width - gutter) / columns as f64,
        (230.0 / rows as f64).clamp(LOWEST_CELL, TALLEST_CELL),
    );
    let map_height = TITLE + cell.height() * rows as f64 + BELOW;
    let height = heading::HEIGHT + map_height * maps.len().div_ceil(beside) as f64;
    draw(options, typeface, height, (&chart.title, &chart.subtitle), |canvas| {
        heading::draw(canvas, &chart.title, &chart.subtitle, EDGE);
        for (index, map) in maps.iter().enumerate() {
            let left = EDGE + (index % beside) as f64 * (map_width + BETWEEN);
            let top = heading::HEIGHT + (index / beside) as f64 * map_height;
            let area = Rect::new(left + gutter, top + TITLE, left + map_width, top + map_height - BELOW);
            draw_map(canvas, chart, map, left, area);
        }
    })
}

fn draw_map(canvas: &mut Canvas<'_>, chart: &HeatMap, map: &Map, left: f64, area: Rect) {
    let (columns, rows) = (chart.across.1.len(), chart.up.1.len());
    let title = Look::new(size::PANEL, canvas.theme.ink).bold();
    let note = Look::new(size::LABEL, canvas.theme.muted);
    let width = area.right - left;
    let placed = canvas.text_within(&map.name, title, (left, area.top - 40.0), width);
    if placed.width() + 8.0 + canvas.measure(map.unit.name(), note) < width {
        canvas.text(map.unit.name(), note, (placed.right + 8.0, area.top - 40.0));
    }
    canvas.text_within(&format!("upward: {}", chart.up.0), note, (left, area.top - 16.0), width);
    let range = range(map);
    let (cell_width, cell_height) = (area.width() / columns as f64, area.height() / rows as f64);
    for (index, value) in map.cells.iter().enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let place = Rect::new(
            area.left + column * cell_width,
            area.bottom - (row + 1.0) * cell_height,
            area.left + (column + 1.0) * cell_width,
            area.bottom - row * cell_height,
        );
        draw_cell(canvas, map, *value, range, place.grown(-0.75));
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
    draw_levels(canvas, chart, left, area);
}

fn draw_cell(canvas: &mut Canvas<'_>, map: &Map, value: Option<f64>, range: (f64, f64), place: Rect) {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        canvas.rect(place, canvas.theme.panel);
        // A cell without a point is crossed out: empty is not the same as little.
        canvas.line(&[(place.left, place.bottom), (place.right, place.top)], Stroke::new(canvas.theme.frame, 1.0));
        return;
    };
    let color = color(canvas.theme, map, value, range);
    canvas.rect(place, color);
    let text = match map.unit {
        Unit::Holds if value == 1.0 => "holds".to_owned(),
        Unit::Holds if value == 0.5 => "not sure".to_owned(),
        Unit::Holds if value == 0.0 => "no".to_owned(),
        _ => map.unit.text(value),
    };
    let look = Look::new(size::SMALL, legible(canvas.theme, color)).align(Align::Center);
    if canvas.measure(&text, look) < place.width() - 4.0 && place.height() > size::SMALL * 1.3 {
        canvas.text(&text, look, ((place.left + place.right) / 2.0, place.middle()));
    }
}

/// The values of both parameters beside the cells; those without room are left out.
fn draw_levels(canvas: &mut Canvas<'_>, chart: &HeatMap, left: f64, area: Rect) {
    let look = Look::new(size::LABEL, canvas.theme.ink);
    let width = area.width() / chart.across.1.len() as f64;
    let every = every(canvas, &chart.across.1, look, width);
    for (column, level) in chart.across.1.iter().enumerate().step_by(every) {
        let middle = area.left + (column as f64 + 0.5) * width;
        let room = width * every as f64 - 6.0;
        // Centred text near an edge has less room than the others.
        let room = room.min(2.0 * (middle - left)).min(2.0 * (area.right + BETWEEN / 2.0 - middle));
        canvas.text_within(level, look.align(Align::Center), (middle, area.bottom + 14.0), room);
    }
    let height = area.height() / chart.up.1.len() as f64;
    for (row, level) in chart.up.1.iter().enumerate() {
        let middle = area.bottom - (row as f64 + 0.5) * height;
        let at = (area.left - 8.0, middle);
        canvas.text_within(level, look.align(Align::Right), at, area.left - 8.0 - left);
    }
    let note = Look::new(size::LABEL, canvas.theme.muted);
    let name = canvas.fit(&format!("across: {}", chart.across.0), note, area.right - left);
    canvas.text(&name, note, (left, area.bottom + 36.0));
}

/// Every how many-th level has room for its label.
fn every(canvas: &Canvas<'_>, levels: &[String], look: Look, width: f64) -> usize {
    let widest = levels.iter().map(|level| canvas.measure(level, look)).fold(0.0, f64::max).min(90.0);
    ((widest + 8.0) / width).ceil().max(1.0) as usize
}

fn range(map: &Map) -> (f64, f64) {
    let values = || map.cells.iter().flatten().copied().filter(|value| value.is_finite());
    (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
}

/// More is darker (in the dark theme brighter); what holds is blue, what does not is orange.
fn color(theme: &Theme, map: &Map, value: f64, (low, high): (f64, f64)) -> Color {
    if map.unit == Unit::Holds {
        return match value {
            value if value >= 1.0 => theme.in_service_edge,
            value if value <= 0.0 => theme.violation.toward(theme.panel, 0.55),
            value => theme.booting.toward(theme.in_service_edge, (value - 0.5).max(0.0)),
        };
    }
    let share = if high > low { (value - low) / (high - low) } else { 0.5 };
    theme.panel.toward(theme.in_service_edge, 0.08 + 0.92 * share)
}

/// Ink or its opposite, whichever stands out from a colour; where neither does enough for small text, black or white.
fn legible(theme: &Theme, ground: Color) -> Color {
    let clearer = |one: Color, other: Color| if contrast(one, ground) >= contrast(other, ground) { one } else { other };
    let color = clearer(theme.ink, theme.background);
    if contrast(color, ground) >= AA { color } else { clearer(Color(0, 0, 0), Color(255, 255, 255)) }
}

/// The contrast that WCAG 2 asks of small text at level AA.
const AA: f64 = 4.5;

/// The contrast ratio of WCAG 2.
pub(crate) fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The relative luminance of WCAG 2.
fn luminance(Color(red, green, blue): Color) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_every_cell_has_the_contrast_of_aa() {
        for theme in [Theme::light(), Theme::dark()] {
            let map = |unit| Map { name: String::new(), unit, cells: Vec::new() };
            for step in 0..=20 {
                let value = f64::from(step) / 20.0;
                for map in [map(Unit::Share), map(Unit::Holds)] {
                    let ground = color(&theme, &map, value, (0.0, 1.0));
                    let ratio = contrast(legible(&theme, ground), ground);
                    assert!(ratio >= 4.5, "{ratio} at {value} of {:?}", map.unit);
                }
            }
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast(Color(0, 0, 0), Color(255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast(Color(119, 119, 119), Color(255, 255, 255)) - 4.478).abs() < 0.001);
    }
}
