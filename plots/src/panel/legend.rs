//! The title of a panel and the key to what is drawn in it, above the data.

use crate::canvas::{Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::theme::{Color, size};

/// How an entry of the key is drawn.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Key {
    Area(Color),
    EdgedArea(Color, Color),
    Shade(Color, f64),
    Line(Color, f64),
    Dashed(Color, f64),
}

/// An entry of the key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) label: String,
}

impl Entry {
    pub(crate) fn new(key: Key, label: impl Into<String>) -> Entry {
        Entry { key, label: label.into() }
    }
}

const SWATCH: f64 = 20.0;
const SWATCH_GAP: f64 = 6.0;
const ENTRY_GAP: f64 = 18.0;
/// A unit is not shortened to less than this.
const LEAST_UNIT: f64 = 40.0;
/// The height of one row of title and key.
pub(crate) const ROW: f64 = 24.0;

/// What stands above a panel.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) title: String,
    pub(crate) unit: String,
    pub(crate) entries: Vec<Entry>,
}

impl Header {
    pub(crate) fn new(title: impl Into<String>, unit: impl Into<String>, entries: Vec<Entry>) -> Header {
        Header { title: title.into(), unit: unit.into(), entries }
    }

    fn title_look(canvas: &Canvas<'_>) -> Look {
        Look::new(size::PANEL, canvas.theme.ink).bold()
    }

    fn label_look(canvas: &Canvas<'_>) -> Look {
        Look::new(size::LABEL, canvas.theme.muted)
    }

    /// Draws title, unit and key in the rows above `bottom`.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, left: f64, right: f64, bottom: f64) {
        let rows = self.rows(&Measure::of(canvas), right - left);
        let top = bottom - ROW * rows.len() as f64;
        let middle = |row: usize| top + ROW * (row as f64 + 0.5) - 1.0;
        let title = canvas.text_within(&self.title, Self::title_look(canvas), (left, middle(0)), right - left);
        let room = right - title.right - 8.0;
        if !self.unit.is_empty() && room > LEAST_UNIT {
            canvas.text_within(&self.unit, Self::label_look(canvas), (title.right + 8.0, middle(0)), room);
        }
        for (row, entries) in rows.iter().enumerate() {
            let width: f64 = entries.iter().map(|entry| entry_width(&Measure::of(canvas), entry)).sum();
            let mut x = right - width - ENTRY_GAP * entries.len().saturating_sub(1) as f64;
            for entry in entries {
                swatch(canvas, entry.key, x, middle(row));
                let place = canvas.text(&entry.label, Self::label_look(canvas), (x + SWATCH + SWATCH_GAP, middle(row)));
                x = place.right + ENTRY_GAP;
            }
        }
    }

    /// The height it needs.
    pub(crate) fn height(&self, measure: &Measure<'_>, width: f64) -> f64 {
        ROW * self.rows(measure, width).len() as f64
    }

    /// The entries of each row: the first shares its row with the title.
    fn rows(&self, measure: &Measure<'_>, width: f64) -> Vec<Vec<&Entry>> {
        let title = measure.bold(&self.title, size::PANEL) + 8.0 + measure.regular(&self.unit, size::LABEL) + 24.0;
        let mut rows = vec![Vec::new()];
        let mut room = width - title;
        for entry in &self.entries {
            let needed = entry_width(measure, entry) + ENTRY_GAP;
            if needed - ENTRY_GAP > room {
                rows.push(Vec::new());
                room = width;
            }
            room -= needed;
            if let Some(row) = rows.last_mut() {
                row.push(entry);
            }
        }
        rows
    }
}

/// Measures texts before there is a canvas.
pub(crate) struct Measure<'a>(pub(crate) &'a crate::typeface::Typeface);

impl<'a> Measure<'a> {
    fn of(canvas: &Canvas<'a>) -> Measure<'a> {
        Measure(canvas.typeface)
    }

    pub(crate) fn regular(&self, text: &str, size: f64) -> f64 {
        self.0.width(text, size, crate::typeface::Weight::Regular)
    }

    pub(crate) fn bold(&self, text: &str, size: f64) -> f64 {
        self.0.width(text, size, crate::typeface::Weight::Bold)
    }
}

fn entry_width(measure: &Measure<'_>, entry: &Entry) -> f64 {
    SWATCH + SWATCH_GAP + measure.regular(&entry.label, size::LABEL)
}

/// Draws the sample of an entry.
fn swatch(canvas: &mut Canvas<'_>, key: Key, x: f64, middle: f64) {
    let area = Rect::new(x + 3.0, middle - 6.0, x + SWATCH - 1.0, middle + 6.0);
    let line = [(x, middle), (x + SWATCH, middle)];
    match key {
        Key::Area(color) => canvas.rect(area, color),
        Key::EdgedArea(color, edge) => {
            canvas.rect(area, color);
            canvas.line(&[(area.left, area.top), (area.right, area.top)], Stroke::new(edge, 1.5));
        }
        Key::Shade(color, alpha) => {
            canvas.rect(area, color.alpha(alpha));
            canvas.rect(Rect { top: area.bottom - 3.0, ..area }, color);
        }
        Key::Line(color, width) => canvas.line(&line, Stroke::new(color, width)),
        Key::Dashed(color, width) => canvas.line(&line, Stroke::new(color, width).dashed(6.0, 3.5)),
    }
}
