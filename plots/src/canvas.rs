//! The drawing surface: pixels and plain shapes on top of plotters' SVG backend.
//!
//! The backend knows whole units only, so the canvas draws in quarters of a pixel and lets the view box scale them back.
//! Texts are remembered with their boxes: a chart that puts text on text fails its tests.

use plotters::prelude::{
    DrawingBackend, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, SVGBackend, ShapeStyle, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::picture::{Label, Picture};
use crate::theme::{Color, Theme};
use crate::typeface::{Typeface, Weight, clean, style_sheet};

/// Units of the backend per pixel.
const FINE: f64 = 4.0;
/// plotters-svg divides every font size by this.
const FONT_DIVISOR: f64 = 1.24;
/// plotters-svg puts the baseline this many ems under the position, for text anchored at its top.
const TOP_TO_BASELINE: f64 = 0.76;
/// Half the height of capitals and digits, in ems.
const HALF_CAPITAL: f64 = 0.364;
/// What descends below the baseline, in ems.
const DESCENT: f64 = 0.22;
/// A dashed line more than this many times as long as the canvas is wide is drawn solid: nobody could see its dashes.
const DASHABLE: f64 = 4.0;
/// A line more than this many times as long as the canvas is wide fills its area: it is drawn thin.
const DENSE: f64 = 12.0;
const THIN: f64 = 0.75;
/// The stroke, in ems, that makes a borrowed glyph look bold.
const BOLDER: f64 = 0.03;

/// A colour with its opacity.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Paint {
    color: Color,
    alpha: f64,
}

impl From<Color> for Paint {
    fn from(color: Color) -> Paint {
        Paint { color, alpha: 1.0 }
    }
}

impl Color {
    /// The colour with an opacity from 0 to 1.
    pub(crate) fn alpha(self, alpha: f64) -> Paint {
        Paint { color: self, alpha }
    }
}

/// How a line is drawn.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Stroke {
    paint: Paint,
    width: f64,
    /// Lengths of dash and gap.
    dash: Option<(f64, f64)>,
}

impl Stroke {
    pub(crate) fn new(paint: impl Into<Paint>, width: f64) -> Stroke {
        Stroke { paint: paint.into(), width, dash: None }
    }

    pub(crate) fn dashed(self, dash: f64, gap: f64) -> Stroke {
        Stroke { dash: Some((dash, gap)), ..self }
    }
}

/// Where a text stands relative to its point.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// How a text looks.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Look {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) color: Color,
    pub(crate) align: Align,
}

impl Look {
    pub(crate) fn new(size: f64, color: Color) -> Look {
        Look { size, weight: Weight::Regular, color, align: Align::Left }
    }

    pub(crate) fn bold(self) -> Look {
        Look { weight: Weight::Bold, ..self }
    }

    pub(crate) fn align(self, align: Align) -> Look {
        Look { align, ..self }
    }
}

/// The drawing surface of one picture.
pub(crate) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    pub(crate) theme: &'a Theme,
    pub(crate) typeface: &'a Typeface,
    families: String,
    width: f64,
    labels: Vec<Label>,
    /// Texts that only the user's font can draw, as outlines.
    outlines: String,
    failure: Option<String>,
}

/// Draws a picture of `height` pixels; `title` and `description` are for readers who cannot see it.
pub(crate) fn draw(
    options: &ChartOptions,
    typeface: Typeface,
    height: f64,
    (title, description): (&str, &str),
    paint: impl FnOnce(&mut Canvas<'_>),
) -> Result<Picture, PlotError> {
    let (width, height) = (options.width().round(), height.ceil());
    let mut svg = String::new();
    let (labels, outlines) = fill(&mut svg, (width, height), &options.theme, &typeface, paint)?;
    let svg = finish(&svg, &outlines, (width, height), title, description, options.embed_typeface);
    let warnings = typeface.warnings();
    Ok(Picture { svg, size: (width as u32, height as u32), labels, marks: Vec::new(), warnings, typeface })
}

/// Runs the drawing; gives back where every text stands, and the outlines of borrowed glyphs.
fn fill(
    svg: &mut String,
    (width, height): (f64, f64),
    theme: &Theme,
    typeface: &Typeface,
    paint: impl FnOnce(&mut Canvas<'_>),
) -> Result<(Vec<Label>, String), PlotError> {
    let mut canvas = Canvas {
        backend: SVGBackend::with_string(svg, ((width * FINE) as u32, (height * FINE) as u32)),
        theme,
        typeface,
        families: typeface.families(),
        width,
        labels: Vec::new(),
        outlines: String::new(),
        failure: None,
    };
    canvas.rect(Rect::new(0.0, 0.0, width, height), theme.background);
    paint(&mut canvas);
    let presented = canvas.backend.present().map_err(|error| error.to_string());
    match canvas.failure.take().or(presented.err()) {
        Some(failure) => Err(PlotError::Draw(failure)),
        None => Ok((canvas.labels, canvas.outlines)),
    }
}

/// Puts the true size, a title for screen readers and the typeface in place of the backend's opening tag, and outlines
/// before its closing one.
fn finish(
    svg: &str,
    outlines: &str,
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    embed: bool,
) -> String {
    let body = svg.split_once('\n').map_or("", |(_, body)| body);
    let (body, end) = body.rfind("</svg>").map_or((body, ""), |at| body.split_at(at));
    let (fine_width, fine_height) = (width * FINE, height * FINE);
    let style = if embed { style_sheet() } else { String::new() };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {fine_width} {fine_height}\" role=\"img\" stroke-linejoin=\"round\">\n\
         <title>{}</title>\n<desc>{}</desc>\n{style}{body}{outlines}{end}",
        escape(title),
        escape(description),
    )
}

fn escape(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A pixel position in the backend's units. Positions off every screen or not numbers are pinned, never passed on.
fn fine((x, y): (f64, f64)) -> (i32, i32) {
    let unit = |value: f64| if value.is_finite() { (value * FINE).round().clamp(-1e6, 1e6) as i32 } else { 0 };
    (unit(x), unit(y))
}

fn style(paint: Paint, width: f64) -> ShapeStyle {
    let Color(red, green, blue) = paint.color;
    let stroke_width = (width * FINE).round().max(1.0) as u32;
    ShapeStyle { color: RGBAColor(red, green, blue, paint.alpha), filled: true, stroke_width }
}

impl Canvas<'_> {
    /// The width of the picture in pixels.
    pub(crate) fn width(&self) -> f64 {
        self.width
    }

    /// Writing to a string does not fail; should it ever, the first failure is reported when the picture is done.
    fn keep<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let (Err(error), None) = (result, &self.failure) {
            self.failure = Some(error.to_string());
        }
    }

    /// A filled rectangle.
    pub(crate) fn rect(&mut self, rect: Rect, paint: impl Into<Paint>) {
        let (upper_left, lower_right) = (fine((rect.left, rect.top)), fine((rect.right, rect.bottom)));
        if lower_right.0 > upper_left.0 && lower_right.1 > upper_left.1 {
            let drawn = self.backend.draw_rect(upper_left, lower_right, &style(paint.into(), 1.0), true);
            self.keep(drawn);
        }
    }

    /// The outline of a rectangle.
    pub(crate) fn outline(&mut self, rect: Rect, stroke: Stroke) {
        let Rect { left, top, right, bottom } = rect;
        self.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], stroke);
    }

    /// A line through points.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let length = length(points) / self.width;
        match stroke.dash {
            _ if length > DENSE => self.solid(points, Stroke { width: stroke.width.min(THIN), ..stroke }),
            Some((dash, gap)) if length <= DASHABLE => {
                for piece in dashes(points, dash, gap) {
                    self.solid(&piece, stroke);
                }
            }
            _ => self.solid(points, stroke),
        }
    }

    fn solid(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let mut path: Vec<_> = points.iter().copied().map(fine).collect();
        path.dedup();
        if path.len() > 1 {
            let drawn = self.backend.draw_path(path, &style(stroke.paint, stroke.width));
            self.keep(drawn);
        }
    }

    /// A filled polygon.
    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], paint: impl Into<Paint>) {
        let mut path: Vec<_> = points.iter().copied().map(fine).collect();
        path.dedup();
        if path.len() > 2 {
            let drawn = self.backend.fill_polygon(path, &style(paint.into(), 1.0));
            self.keep(drawn);
        }
    }

    /// A filled circle.
    pub(crate) fn disc(&mut self, center: (f64, f64), radius: f64, paint: impl Into<Paint>) {
        let radius = (radius * FINE).round() as u32;
        let drawn = self.backend.draw_circle(fine(center), radius, &style(paint.into(), 1.0), true);
        self.keep(drawn);
    }

    /// The width that a text would have.
    pub(crate) fn measure(&self, text: &str, look: Look) -> f64 {
        self.typeface.width(&clean(text), look.size, look.weight)
    }

    /// The text shortened to a width.
    pub(crate) fn fit(&self, text: &str, look: Look, width: f64) -> String {
        self.typeface.fit(text, look.size, look.weight, width)
    }

    /// The box that a text would fill, `at` being its left end, centre or right end at the middle of its capitals.
    pub(crate) fn text_box(&self, text: &str, look: Look, at: (f64, f64)) -> Rect {
        let width = self.measure(text, look);
        let left = match look.align {
            Align::Left => at.0,
            Align::Center => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        let (above, below) = (HALF_CAPITAL * look.size, (HALF_CAPITAL + DESCENT) * look.size);
        Rect::new(left, at.1 - above, left + width, at.1 + below)
    }

    /// A text, placed as [`Canvas::text_box`] says; gives back its box.
    pub(crate) fn text(&mut self, text: &str, look: Look, at: (f64, f64)) -> Rect {
        let text = clean(text);
        let place = self.text_box(&text, look, at);
        if text.is_empty() {
            return place;
        }
        if text.chars().any(|c| self.typeface.is_borrowed(c)) {
            self.mixed_text(&text, look, (place.left, at.1));
        } else {
            self.plain_text(&text, look, at);
        }
        self.labels.push(Label { text, place });
        place
    }

    /// A text of the embedded typeface.
    fn plain_text(&mut self, text: &str, look: Look, at: (f64, f64)) {
        let position = (at.0, at.1 + (HALF_CAPITAL - TOP_TO_BASELINE) * look.size);
        let h_pos = match look.align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let font = FontDesc::new(
            FontFamily::Name(&self.families),
            look.size * FINE * FONT_DIVISOR,
            if look.weight == Weight::Bold { FontStyle::Bold } else { FontStyle::Normal },
        );
        let Color(red, green, blue) = look.color;
        let color = RGBColor(red, green, blue);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(h_pos, VPos::Top));
        let drawn = self.backend.draw_text(text, &style, fine(position));
        self.keep(drawn);
    }

    /// A text with glyphs of the user's font: those as outlines, the others as text.
    fn mixed_text(&mut self, text: &str, look: Look, (left, middle): (f64, f64)) {
        let Color(red, green, blue) = look.color;
        // The user's font has one weight.
        let stroke = if look.weight == Weight::Bold { look.size * FINE * BOLDER } else { 0.0 };
        let label = escape(text).replace('"', "&quot;");
        self.outlines.push_str(&format!(
            "<g aria-label=\"{label}\" fill=\"#{red:02X}{green:02X}{blue:02X}\" stroke=\"#{red:02X}{green:02X}{blue:02X}\" \
             stroke-width=\"{stroke:.1}\">"
        ));
        let baseline = (middle + HALF_CAPITAL * look.size) * FINE;
        let characters: Vec<char> = text.chars().collect();
        let mut x = left;
        for run in characters.chunk_by(|a, b| self.typeface.is_borrowed(*a) == self.typeface.is_borrowed(*b)) {
            if self.typeface.is_borrowed(run[0]) {
                let mut at = x;
                for &c in run {
                    if let Some(glyph) = self.typeface.borrowed(c) {
                        let data = glyph.path((at * FINE, baseline), look.size * FINE);
                        self.outlines.push_str(&format!("<path d=\"{data}\"/>"));
                    }
                    at += self.measure_raw(&c.to_string(), look);
                }
            } else {
                // SVG drops blanks at the beginning of a text.
                let text: String = run.iter().collect();
                let text = text.trim_start();
                let blank = self.measure_raw(&run.iter().collect::<String>(), look) - self.measure_raw(text, look);
                if !text.is_empty() {
                    self.plain_text(text, look.align(Align::Left), (x + blank, middle));
                }
            }
            x += self.measure_raw(&run.iter().collect::<String>(), look);
        }
        self.outlines.push_str("</g>\n");
    }

    /// The width of a piece of a text that is clean already: its blanks count.
    fn measure_raw(&self, text: &str, look: Look) -> f64 {
        self.typeface.width(text, look.size, look.weight)
    }

    /// A text shortened to a width.
    pub(crate) fn text_within(&mut self, text: &str, look: Look, at: (f64, f64), width: f64) -> Rect {
        let fitted = self.fit(text, look, width);
        self.text(&fitted, look, at)
    }
}

fn length(points: &[(f64, f64)]) -> f64 {
    points.windows(2).map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum()
}

/// The dashes along a line.
fn dashes(points: &[(f64, f64)], dash: f64, gap: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = Vec::new();
    let mut piece = points.first().map(|&first| vec![first]).unwrap_or_default();
    let (mut drawing, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let rest = (to.0 - from.0).hypot(to.1 - from.1);
            if rest <= left {
                left -= rest;
                if drawing {
                    piece.push(to);
                }
                break;
            }
            let share = left / rest;
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if drawing {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawing = !drawing;
            left = if drawing { dash } else { gap };
        }
    }
    if drawing {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_follow_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], 6.0, 3.0);
        assert_eq!(
            pieces,
            [vec![(0.0, 0.0), (6.0, 0.0)], vec![(9.0, 0.0), (10.0, 0.0), (10.0, 5.0)], vec![(10.0, 8.0), (10.0, 10.0)]]
        );
    }

    #[test]
    fn what_is_no_number_never_reaches_the_document() {
        assert_eq!(fine((f64::NAN, f64::INFINITY)), (0, 0));
    }
}
