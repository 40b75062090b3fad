//! Main effects: the mean of a figure at every value of a parameter, over everything else that was varied.

use super::Unit;
use crate::axis::Scale;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::{LEFT_GUTTER, TICK_GAP, heading, ticks_for};
use crate::picture::Picture;
use crate::theme::size;
use crate::typeface::Typeface;

const RIGHT_EDGE: f64 = 28.0;
const BETWEEN: f64 = 18.0;
const HEIGHT: f64 = 170.0;
const ABOVE: f64 = 58.0;
const BELOW: f64 = 30.0;
const NARROWEST: f64 = 150.0;

/// The effect of each parameter on each figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MainEffects {
    /// The chart's title.
    pub title: String,
    /// What was averaged over, under which traffic.
    pub subtitle: String,
    /// The figures, from top to bottom.
    pub rows: Vec<EffectRow>,
}

/// The effects on one figure; their scale is shared, so that a flat line is a parameter that does not matter.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRow {
    /// The figure.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// The parameters, the one that matters most first.
    pub effects: Vec<Effect>,
}

/// The means of a figure over the values of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The parameter.
    pub name: String,
    /// The share of the variance that it explains by itself, where the design tells.
    pub share: Option<f64>,
    /// Its values in order, each with the mean.
    pub levels: Vec<(String, f64)>,
}

/// Draws the effects.
///
/// # Errors
/// When there is no effect, or a font cannot be read.
pub fn main_effects(chart: &MainEffects, options: &ChartOptions) -> Result<Picture, PlotError> {
    let has_level = |effect: &Effect| effect.levels.iter().any(|level| level.1.is_finite());
    let rows: Vec<&EffectRow> = chart.rows.iter().filter(|row| row.effects.iter().any(has_level)).collect();
    if rows.is_empty() {
        return Err(PlotError::Nothing { of: "parameter with two values and a figure" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let width = options.width() - LEFT_GUTTER - RIGHT_EDGE;
    let fitting = (((width + BETWEEN) / (NARROWEST + BETWEEN)).floor() as usize).max(1);
    let most = rows.iter().map(|row| row.effects.len()).max().unwrap_or(1);
    let columns = most.min(fitting);
    let lines: Vec<(&EffectRow, &[Effect])> =
        rows.iter().flat_map(|row| row.effects.chunks(columns).map(move |effects| (*row, effects))).collect();
    let panel = ((width + BETWEEN) / columns as f64 - BETWEEN).floor();
    let height = heading::HEIGHT + (ABOVE + HEIGHT + BELOW) * lines.len() as f64 + 6.0;
    draw(options, typeface, height, (&chart.title, &chart.subtitle), |canvas| {
        heading::draw(canvas, &chart.title, &chart.subtitle, 20.0);
        for (line, (row, effects)) in lines.iter().enumerate() {
            let top = heading::HEIGHT + (ABOVE + HEIGHT + BELOW) * line as f64 + ABOVE;
            let scale = scale(row);
            for (column, effect) in effects.iter().enumerate() {
                let left = LEFT_GUTTER + column as f64 * (panel + BETWEEN);
                let area = Rect::new(left, top, left + panel, top + HEIGHT);
                draw_effect(canvas, row, effect, &scale, area, column == 0);
            }
            let bold = Look::new(size::PANEL, canvas.theme.ink).bold();
            let from = if scale.starts_at_zero() { "" } else { ", axis does not start at zero" };
            let width = canvas.width() - 40.0;
            canvas.text_within(&format!("{} ({}{from})", row.name, row.unit.name()), bold, (20.0, top - 42.0), width);
        }
    })
}

/// From zero, unless the effects would vanish: then around them, and the heading says so.
fn scale(row: &EffectRow) -> Scale {
    let values = || row.effects.iter().flat_map(|effect| effect.levels.iter().map(|level| drawn(row, level.1)));
    let finite = || values().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let ticks = ticks_for(HEIGHT);
    if low < 0.0 || (high > low && low > 0.6 * high) {
        let margin = (high - low) * 0.06;
        Scale::around(low - margin, high + margin, ticks)
    } else {
        Scale::from_zero(high * 1.04, ticks)
    }
}

/// Shares are drawn in percent: then neighbouring ticks have the digits to differ.
fn drawn(row: &EffectRow, value: f64) -> f64 {
    if matches!(row.unit, Unit::Share | Unit::Holds) { value * 100.0 } else { value }
}

fn draw_effect(canvas: &mut Canvas<'_>, row: &EffectRow, effect: &Effect, scale: &Scale, area: Rect, is_first: bool) {
    canvas.rect(area, canvas.theme.panel);
    let look = Look::new(size::LABEL, canvas.theme.muted);
    let label: Option<fn(f64) -> String> = match row.unit {
        Unit::Seconds => Some(number::seconds),
        _ => None,
    };
    for tick in scale.ticks(6, label) {
        let y = area.bottom - scale.share(tick.value) * area.height();
        canvas.line(&[(area.left, y), (area.right, y)], Stroke::new(canvas.theme.grid, 1.0));
        if let (true, Some(text)) = (is_first, tick.label) {
            canvas.text(&text, look.align(Align::Right), (area.left - TICK_GAP, y));
        }
    }
    let count = effect.levels.len().max(1) as f64;
    let x = |index: usize| area.left + (index as f64 + 0.5) / count * area.width();
    let place = |(index, value): (usize, f64)| (x(index), area.bottom - scale.share(value) * area.height());
    let points: Vec<(f64, f64)> = effect
        .levels
        .iter()
        .enumerate()
        .filter(|(_, level)| level.1.is_finite())
        .map(|(i, level)| place((i, drawn(row, level.1))))
        .collect();
    let color = canvas.theme.in_service_edge;
    canvas.line(&points, Stroke::new(color, 2.0));
    for point in points {
        canvas.disc(point, 3.5, color);
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
    let share = effect.share.map(|share| format!("{} of the variance", number::percent(share))).unwrap_or_default();
    let note_width = canvas.measure(&share, look);
    let short = effect.name.rsplit('.').take(2).collect::<Vec<_>>();
    let short = short.into_iter().rev().collect::<Vec<_>>().join(".");
    let name_look = Look::new(size::LABEL, canvas.theme.ink);
    let name = canvas.text_within(&short, name_look, (area.left, area.top - 14.0), area.width());
    if !share.is_empty() && name.right + 10.0 + note_width < area.right {
        canvas.text(&share, look.align(Align::Right), (area.right, area.top - 14.0));
    }
    let mut free = area.left;
    for (index, level) in effect.levels.iter().enumerate() {
        let room = area.width() / count - 4.0;
        let text = if effect.levels.len() <= 3 { canvas.fit(&level.0, look, room.max(30.0)) } else { level.0.clone() };
        let half = canvas.measure(&text, look) / 2.0;
        if x(index) - half >= free - 2.0 && x(index) + half <= area.right + BETWEEN / 2.0 - 2.0 {
            free = canvas.text(&text, look.align(Align::Center), (x(index), area.bottom + 14.0)).right + 6.0;
        }
    }
}
