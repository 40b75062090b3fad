//! One run: a row per stage, the median scale-out above the slowest, each bar where the one before ended.

use windtunnel_sim::outcome::reaction::{Began, Extremes, Phase};
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
const RIGHT_EDGE: f64 = 28.0;
/// The share of the picture's width that stage names may take.
const NAMES: f64 = 0.32;
const GAP: f64 = 10.0;
const ROW: f64 = 42.0;
const BAR: f64 = 15.0;
/// How far the slowest scale-out's bars fade into the ground.
const FADED: f64 = 0.55;

/// A stage with how long it took and when it began, for each reaction that is shown.
struct Row<'o> {
    phase: Phase,
    stage: &'o str,
    bars: Vec<(f64, f64)>,
}

/// Draws the median and the slowest scale-out of a run as a waterfall, stage by stage.
///
/// # Errors
/// When no scale-out answered a breach.
pub fn reaction(outcome: &Outcome, options: &ChartOptions) -> Result<Picture, PlotError> {
    let nothing = PlotError::Nothing { of: "scale-out that answered a breach" };
    let extremes = Extremes::of(&outcome.reactions).ok_or(nothing)?;
    let Extremes { median, worst } = &extremes;
    let shown: Vec<&Reaction> = if median == worst { vec![worst] } else { vec![median, worst] };
    let rows = rows(&extremes, &shown);
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let widest = rows.iter().map(|row| measure.regular(row.stage, size::LABEL)).fold(50.0, f64::max);
    let left = LEFT_EDGE + widest.min(options.width() * NAMES) + GAP;
    let right = options.width() - RIGHT_EDGE;
    let header = header(outcome, &shown, &options.theme);
    let top = heading::HEIGHT + header.height(&measure, right - LEFT_EDGE) + 4.0;
    // One row more for the whole.
    let area = Rect::new(left, top, right, top + ROW * (rows.len() + 1) as f64);
    let axis = ReactionAxis::new(total(worst), area);
    let subtitle = heading::describe(outcome);
    draw(options, typeface, area.bottom + axis::HEIGHT, (&outcome.name, &description(&rows, &shown)), |canvas| {
        heading::draw(canvas, &outcome.name, &subtitle, LEFT_EDGE);
        header.draw(canvas, LEFT_EDGE, right, top - 4.0);
        axis.ground(canvas);
        for (row, place) in rows.iter().zip(0..) {
            draw_row(canvas, &axis, band(area, place), row);
        }
        draw_whole(canvas, &axis, band(area, rows.len()), &shown);
        axis.edge(canvas);
    })
}

fn rows<'o>(extremes: &'o Extremes, shown: &[&Reaction]) -> Vec<Row<'o>> {
    let bar = |reaction: &Reaction, phase: Phase, stage: &str| {
        let part = reaction.parts.iter().find(|part| part.phase == phase && part.stage == stage);
        part.map_or((0.0, 0.0), |part| {
            (part.start.saturating_since(reaction.start).as_secs_f64(), part.lasts.as_secs_f64())
        })
    };
    let all = extremes.stages().into_iter().map(|(phase, stage)| Row {
        phase,
        stage,
        bars: shown.iter().map(|reaction| bar(reaction, phase, stage)).collect(),
    });
    all.filter(|row| row.bars.iter().any(|bar| bar.1 > 0.0)).collect()
}

/// Which scale-out it is; one that asks for more of what is breached still is counted from what came before.
fn labelled(word: &str, reaction: &Reaction) -> String {
    let more = if reaction.began == Began::EarlierCapacity { ", counted from earlier capacity" } else { "" };
    format!("{word}{more}")
}

fn header(outcome: &Outcome, shown: &[&Reaction], theme: &Theme) -> Header {
    let answered = outcome.reactions.iter().filter(|reaction| reaction.total.is_some()).count();
    let unit = format!("{answered} of {} scale-outs served a request", outcome.reactions.len());
    let sample = color(theme, Phase::Evaluation);
    let entries = if shown.len() < 2 {
        Vec::new()
    } else {
        vec![
            Entry::new(Key::Area(sample), labelled("median scale-out", shown[0])),
            Entry::new(Key::Area(sample.toward(theme.panel, FADED)), labelled("slowest scale-out", shown[1])),
        ]
    };
    Header::new("Reaction budget", unit, entries)
}

/// The band of a row.
fn band(area: Rect, place: usize) -> Rect {
    let top = area.top + ROW * place as f64;
    Rect { top, bottom: top + ROW, ..area }
}

/// The middle of each reaction's bar in a row.
fn lanes(band: Rect, count: usize) -> Vec<f64> {
    match count {
        1 => vec![band.middle()],
        _ => vec![band.middle() - BAR / 2.0 - 1.5, band.middle() + BAR / 2.0 + 1.5],
    }
}

fn draw_row(canvas: &mut Canvas<'_>, axis: &ReactionAxis, band: Rect, row: &Row<'_>) {
    name(canvas, band, row.stage, false);
    let full = color(canvas.theme, row.phase);
    let lanes = lanes(band, row.bars.len());
    for ((place, &(start, length)), middle) in row.bars.iter().enumerate().zip(lanes) {
        let paint = if place == 0 { full } else { full.toward(canvas.theme.panel, FADED) };
        let bar = Rect::new(axis.x(start), middle - BAR / 2.0, axis.x(start + length), middle + BAR / 2.0);
        // What takes no time to see is a line.
        let bar = Rect { right: bar.right.max(bar.left + 1.5), ..bar };
        if length > 0.0 {
            canvas.rect(bar, paint);
        }
        value(canvas, band, bar, length, false);
        // The step down to the next stage.
        canvas.line(&[(bar.right, bar.bottom), (bar.right, middle + ROW - BAR / 2.0)], Stroke::new(paint, 0.75));
    }
}

fn draw_whole(canvas: &mut Canvas<'_>, axis: &ReactionAxis, band: Rect, shown: &[&Reaction]) {
    canvas.line(&[(band.left, band.top), (band.right, band.top)], Stroke::new(canvas.theme.frame, 1.0));
    name(canvas, band, "in all", true);
    for ((place, reaction), middle) in shown.iter().enumerate().zip(lanes(band, shown.len())) {
        let ink = canvas.theme.muted;
        let paint = if place == 0 { ink } else { ink.toward(canvas.theme.panel, FADED) };
        let bar = Rect::new(axis.x(0.0), middle - BAR / 2.0, axis.x(total(reaction)), middle + BAR / 2.0);
        canvas.rect(bar, paint);
        value(canvas, band, bar, total(reaction), true);
    }
}

fn name(canvas: &mut Canvas<'_>, band: Rect, text: &str, bold: bool) {
    let look = Look::new(size::LABEL, canvas.theme.ink).align(Align::Right);
    let look = if bold { look.bold() } else { look };
    canvas.text_within(text, look, (band.left - GAP, band.middle()), band.left - GAP - LEFT_EDGE);
}

/// How long a stage took: right of its bar, else left of it, else on it.
fn value(canvas: &mut Canvas<'_>, band: Rect, bar: Rect, seconds: f64, bold: bool) {
    let text = number::seconds(seconds);
    let look = Look::new(size::SMALL, canvas.theme.ink);
    let look = if bold { look.bold() } else { look };
    let width = canvas.measure(&text, look);
    if bar.right + 6.0 + width <= band.right - 4.0 {
        canvas.text(&text, look, (bar.right + 6.0, bar.middle()));
    } else if bar.left - 6.0 - width >= band.left + 4.0 {
        canvas.text(&text, look.align(Align::Right), (bar.left - 6.0, bar.middle()));
    } else {
        let place = canvas.text_box(&text, look.align(Align::Right), (bar.right - 6.0, bar.middle())).grown(2.0);
        canvas.rect(place, canvas.theme.panel);
        canvas.text(&text, look.align(Align::Right), (bar.right - 6.0, bar.middle()));
    }
}

fn description(rows: &[Row<'_>], shown: &[&Reaction]) -> String {
    let of = |place: usize, reaction: &Reaction| {
        let parts: Vec<String> =
            rows.iter().map(|row| format!("{} {}", row.stage, number::seconds(row.bars[place].1))).collect();
        format!("{} in all: {}.", number::seconds(total(reaction)), parts.join(", "))
    };
    shown.iter().enumerate().map(|(place, reaction)| of(place, reaction)).collect::<Vec<_>>().join(" ")
}
