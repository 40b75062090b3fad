//! A recording of traffic: its rate over time with gaps and saturated stretches, its day, and how bursty it is.

use windtunnel_traces::import::Recorded;
use windtunnel_traces::info::TraceInfo;

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::heading::{self, Figure};
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{Frame, LEFT_GUTTER, TICK_GAP, ticks_for, time_axis};
use crate::picture::Picture;
use crate::series::{Line, Place, decimate};
use crate::theme::{Theme, size};
use crate::typeface::Typeface;

const RATE: f64 = 300.0;
const SMALL: f64 = 200.0;
const RIGHT_EDGE: f64 = 28.0;
const BETWEEN: f64 = 44.0;
/// The width from which the small panels stand side by side.
const SIDE_BY_SIDE: f64 = 900.0;
/// Windows that people think in, in seconds, with their names.
const WINDOWS: [(f64, &str); 12] = [
    (0.001, "1 ms"),
    (0.01, "10 ms"),
    (0.1, "100 ms"),
    (1.0, "1 s"),
    (10.0, "10 s"),
    (60.0, "1 min"),
    (600.0, "10 min"),
    (3600.0, "1 h"),
    (21_600.0, "6 h"),
    (86_400.0, "1 day"),
    (604_800.0, "7 days"),
    (2_592_000.0, "30 days"),
];
const BELOW: f64 = 30.0;
/// Intervals that become points at a time: those of a long trace need not all be points in memory.
const MOST_POINTS: usize = 1 << 16;
/// How strong the shades are.
const SHADE: f64 = 0.16;

/// Draws a recording.
pub fn traffic(recorded: &Recorded, title: &str, options: &ChartOptions) -> Result<Picture, PlotError> {
    if recorded.intervals() == 0 {
        return Err(PlotError::Nothing { of: "interval" });
    }
    let info = TraceInfo::of(recorded);
    let typeface = Typeface::load(options.font.as_deref())?;
    let (left, right) = (LEFT_GUTTER, options.width() - RIGHT_EDGE);
    let header = header(recorded, &options.theme);
    let top = heading::HEIGHT + heading::FIGURES_HEIGHT + header.height(&Measure(&typeface), right - left);
    let area = Rect::new(left, top, right, top + RATE);
    let time = time_axis_of(recorded);
    let (day, bursts) = small(left, right, area.bottom + time_axis::height(&time, area.width()) + BETWEEN);
    let subtitle = subtitle(&info);
    draw(options, typeface, bursts.bottom + BELOW, (title, &subtitle), |canvas| {
        heading::draw(canvas, title, &subtitle, 20.0);
        heading::draw_figures(canvas, &figures(&info), 20.0, heading::HEIGHT + 14.0);
        header.draw(canvas, left, right, top);
        draw_rate(canvas, area, &time, recorded, &info);
        time_axis::draw(canvas, area, &time);
        draw_day(canvas, day, &info);
        draw_bursts(canvas, bursts, &info);
    })
}

/// The two small panels: side by side, or one below the other where that would press them.
fn small(left: f64, right: f64, top: f64) -> (Rect, Rect) {
    if right - left < SIDE_BY_SIDE {
        let day = Rect::new(left, top, right, top + SMALL);
        let below = day.bottom + BELOW + BETWEEN;
        return (day, Rect::new(left, below, right, below + SMALL));
    }
    let middle = ((left + right) / 2.0).floor();
    (Rect::new(left, top, middle - 20.0, top + SMALL), Rect::new(middle + LEFT_GUTTER, top, right, top + SMALL))
}

fn subtitle(info: &TraceInfo) -> String {
    let formats: Vec<&str> = info.sources.iter().map(|source| source.format.as_str()).take(1).collect();
    let zone = info.zone.as_deref().map_or(String::new(), |zone| format!("  ·  {zone}"));
    format!("{}  ·  {} to {}{zone}", formats.join(", "), info.start, info.end)
}

fn figures(info: &TraceInfo) -> Vec<Figure<'static>> {
    vec![
        ("requests", number::quantity(info.requests)),
        ("mean", format!("{}/s", number::quantity(info.mean_rps))),
        ("peak", format!("{}/s", number::quantity(info.peak_rps))),
        ("peak to mean", number::quantity(info.peak_to_mean)),
        ("interval", number::seconds(info.resolution_seconds)),
    ]
}

fn header(recorded: &Recorded, theme: &Theme) -> Header {
    let mut entries = vec![Entry::new(Key::EdgedArea(theme.served, theme.in_service_edge), "recorded")];
    if recorded.stretches.len() > 1 {
        entries.push(Entry::new(Key::Shade(theme.muted, SHADE * 1.6), "gaps: nothing is known"));
    }
    if !recorded.censored.is_empty() {
        entries.push(Entry::new(Key::Shade(theme.violation, SHADE * 1.6), "saturated: demand was higher"));
    }
    Header::new("Traffic", "requests per second, mean of each interval", entries)
}

fn time_axis_of(recorded: &Recorded) -> TimeAxis {
    let start = recorded.is_absolute.then(|| recorded.start().div_euclid(1_000_000_000));
    TimeAxis::new((recorded.end() - recorded.start()) as f64 / 1e9, start, recorded.zone.as_deref())
}

fn draw_rate(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, recorded: &Recorded, info: &TraceInfo) {
    let scale = Scale::from_zero(info.peak_rps, ticks_for(area.height()));
    let frame = Frame::new(area, time, &scale);
    frame.ground(canvas, None);
    let since = |at: i64| (at - recorded.start()) as f64 / 1e9;
    let lines: Vec<Line> = recorded
        .stretches
        .iter()
        .map(|stretch| {
            let step = info.resolution_seconds;
            let from = since(stretch.start);
            let corners = |(index, count): (usize, &f64)| {
                let (y, start) = (frame.y(count / step), from + index as f64 * step);
                [(frame.x(start), y), (frame.x(start + step), y)]
            };
            let mut line = Line::new();
            for (number, piece) in stretch.counts.chunks(MOST_POINTS).enumerate() {
                let numbered = piece.iter().enumerate().map(|(index, count)| (number * MOST_POINTS + index, count));
                line.extend(numbered.flat_map(corners));
                line = decimate(&line, 1.0);
            }
            line
        })
        .collect();
    let theme = canvas.theme;
    frame.fill(canvas, &lines, theme.served);
    frame.stroke(canvas, &lines, Stroke::new(theme.in_service_edge, 1.0));
    for gap in recorded.gaps() {
        shade(canvas, &frame, (since(gap.from), since(gap.to)), theme.muted);
    }
    for mark in &recorded.censored {
        shade(canvas, &frame, (since(mark.from), since(mark.to)), theme.violation);
    }
    frame.edge(canvas);
}

/// Shades a stretch, at least a pixel wide, with a strip at its foot that survives printing in grey.
fn shade(canvas: &mut Canvas<'_>, frame: &Frame<'_>, (from, to): (f64, f64), color: crate::theme::Color) {
    const STRIP: f64 = 4.0;
    let left = frame.x(from);
    let area = Rect { left, right: frame.x(to).max(left + 1.0).min(frame.area.right), ..frame.area };
    canvas.rect(area, color.alpha(SHADE));
    canvas.rect(Rect { top: area.bottom - STRIP, ..area }, color);
}

fn draw_day(canvas: &mut Canvas<'_>, area: Rect, info: &TraceInfo) {
    let unit = if info.zone.is_some() {
        "requests per second by hour of the day"
    } else {
        "requests per second by hour since the beginning"
    };
    Header::new("The day", unit, Vec::new()).draw(canvas, area.left, area.right, area.top);
    let hours = &info.profile.daily_profile;
    let most = hours.iter().map(|hour| hour.mean_rps).fold(0.0, f64::max);
    let scale = Scale::from_zero(most, ticks_for(area.height()));
    canvas.rect(area, canvas.theme.panel);
    value_axis(canvas, area, &scale);
    let width = area.width() / 24.0;
    let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Center);
    for hour in hours {
        let left = area.left + f64::from(hour.hour) * width;
        let top = area.bottom - scale.share(hour.mean_rps) * area.height();
        canvas.rect(Rect::new(left + 1.0, top, left + width - 1.0, area.bottom), canvas.theme.served);
    }
    for hour in [0, 6, 12, 18] {
        let x = area.left + f64::from(hour) * width;
        canvas.text(&format!("{hour}:00"), look, (x + width / 2.0, area.bottom + 14.0));
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
}

fn value_axis(canvas: &mut Canvas<'_>, area: Rect, scale: &Scale) {
    let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Right);
    for tick in scale.ticks((area.height() / 24.0) as usize, None) {
        let y = area.bottom - scale.share(tick.value) * area.height();
        canvas.line(&[(area.left, y), (area.right, y)], Stroke::new(canvas.theme.grid, 1.0));
        if let Some(text) = tick.label {
            canvas.text(&text, look, (area.left - TICK_GAP, y));
        }
    }
}

/// The index of dispersion over the scales, both logarithmic; 1 is Poisson.
fn draw_bursts(canvas: &mut Canvas<'_>, area: Rect, info: &TraceInfo) {
    Header::new("Burstiness", "variance over mean of counts, by window; 1 is Poisson", Vec::new())
        .draw(canvas, area.left, area.right, area.top);
    canvas.rect(area, canvas.theme.panel);
    let points: Vec<(f64, f64)> = info
        .dispersion
        .iter()
        .filter(|scale| scale.index > 0.0)
        .map(|scale| (scale.window_seconds, scale.index))
        .collect();
    let all = |of: fn(&(f64, f64)) -> f64| points.iter().map(of);
    let least = all(|point| point.1).fold(1.0, f64::min);
    let most = all(|point| point.1).fold(1.0, f64::max);
    let index = Scale::log(least, most);
    let windows =
        Scale::log(all(|point| point.0).fold(f64::INFINITY, f64::min), all(|point| point.0).fold(0.0, f64::max));
    value_axis(canvas, area, &index);
    let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Center);
    let mut free = f64::NEG_INFINITY;
    for (window, name) in WINDOWS {
        // Beyond the axis its share is that of an end.
        let x = area.left + windows.share(window) * area.width();
        if x <= area.left || x >= area.right {
            continue;
        }
        canvas.line(&[(x, area.top), (x, area.bottom)], Stroke::new(canvas.theme.grid, 1.0));
        let at = (x, area.bottom + 14.0);
        if canvas.text_box(name, look, at).left > free {
            free = canvas.text(name, look, at).right + 6.0;
        }
    }
    let place = |(window, value): (f64, f64)| {
        (area.left + windows.share(window) * area.width(), area.bottom - index.share(value) * area.height())
    };
    let poisson = area.bottom - index.share(1.0) * area.height();
    let dashed = Stroke::new(canvas.theme.muted, 1.2).dashed(6.0, 4.0);
    canvas.line(&[(area.left, poisson), (area.right, poisson)], dashed);
    let line: Line = points.iter().copied().map(place).collect();
    canvas.line(&line, Stroke::new(canvas.theme.in_service_edge, 1.8));
    for point in line {
        canvas.disc(point, 3.0, canvas.theme.in_service_edge);
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
}
