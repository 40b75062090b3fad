//! Several runs under one load: the same panels on the same scales, stacked on one axis of time.

use windtunnel_sim::outcome::Outcome;

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Align, Canvas, Look, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::legend::{Entry, Header, Key, Measure, ROW};
use crate::panel::{Frame, LEFT_GUTTER, capacity, censored, heading, latency, load, ticks_for, time_axis, violations};
use crate::picture::Picture;
use crate::theme::{Theme, size};
use crate::timeline::{require_rows, time_axis_of};
use crate::typeface::Typeface;

/// More than this would not be legible on a page.
const MOST: usize = 8;
const LOAD: f64 = 64.0;
/// The width of the table of figures at the right.
const TABLE: f64 = 212.0;
const RIGHT_EDGE: f64 = 16.0;
/// Wide enough for the lowest tick label of one panel and the highest of the next.
const PANEL_GAP: f64 = 15.0;
const ROW_GAP: f64 = 12.0;
/// The share of a row that a name may take; what explains it gets the rest.
const NAME_SHARE: f64 = 0.62;
const P99: usize = 2;

/// The axes that all scenarios share.
struct Shared {
    time: TimeAxis,
    load: Scale,
    capacity: Scale,
    latency: Scale,
}

/// The areas of one scenario.
struct Row {
    capacity: Rect,
    latency: Rect,
}

/// Draws one to eight runs under one load panel. All share their scales and their axis of time.
pub fn comparison(outcomes: &[&Outcome], options: &ChartOptions) -> Result<Picture, PlotError> {
    let first = *outcomes.first().ok_or(PlotError::Nothing { of: "scenario" })?;
    if outcomes.len() > MOST {
        return Err(PlotError::TooMany { count: outcomes.len(), most: MOST });
    }
    outcomes.iter().try_for_each(|outcome| require_rows(outcome))?;
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let (left, right) = (LEFT_GUTTER, options.width() - TABLE - RIGHT_EDGE);
    let key = key(&options.theme);
    let key_bottom = heading::HEIGHT + key.height(&measure, options.width() - RIGHT_EDGE - 20.0);
    let load_area = Rect::new(left, key_bottom + 4.0 + ROW, right, key_bottom + 4.0 + ROW + LOAD);
    let rows = rows(outcomes.len(), load_area);
    let bottom = rows.last().map_or(load_area, |row| row.latency);
    let shared = shared_axes(outcomes, rows.first());
    let height = bottom.bottom + time_axis::height(&shared.time, right - left);
    let title = title(outcomes);
    let subtitle = format!("traffic: {}  ·  seed {}", traffic(outcomes), first.seed);
    draw(options, typeface, height, (&title, &description(outcomes)), |canvas| {
        heading::draw(canvas, &title, &subtitle, 20.0);
        key.draw(canvas, 20.0, canvas.width() - RIGHT_EDGE, key_bottom);
        draw_load(canvas, load_area, &shared, outcomes);
        let figures: Vec<_> = outcomes.iter().map(|outcome| heading::figures(outcome)).collect();
        for ((outcome, row), figures) in outcomes.iter().zip(&rows).zip(&figures) {
            draw_row(canvas, row, &shared, outcome);
            draw_table(canvas, row, outcomes, outcome, figures);
        }
        time_axis::draw(canvas, bottom, &shared.time);
    })
}

fn rows(count: usize, load: Rect) -> Vec<Row> {
    // Two scenarios may stretch; eight must fit a page.
    let (capacity, latency) = match count {
        0..=2 => (120.0, 84.0),
        3..=4 => (84.0, 58.0),
        5..=6 => (68.0, 50.0),
        _ => (58.0, 44.0),
    };
    let mut top = load.bottom + ROW_GAP;
    (0..count)
        .map(|_| {
            let area = Rect { top: top + ROW, bottom: top + ROW + capacity, ..load };
            let below = Rect { top: area.bottom + PANEL_GAP, bottom: area.bottom + PANEL_GAP + latency, ..load };
            top = below.bottom + ROW_GAP;
            Row { capacity: area, latency: below }
        })
        .collect()
}

fn shared_axes(outcomes: &[&Outcome], row: Option<&Row>) -> Shared {
    Shared {
        time: time_axis_of(outcomes),
        load: load::scale(outcomes, 2),
        capacity: capacity::scale(outcomes, row.map_or(2, |row| ticks_for(row.capacity.height()))),
        latency: latency::scale(outcomes, P99),
    }
}

fn title(outcomes: &[&Outcome]) -> String {
    match outcomes {
        [only] => only.name.clone(),
        [one, other] => format!("{} and {}", one.name, other.name),
        _ if same_load(outcomes) => format!("{} policies under the same load", outcomes.len()),
        _ => format!("{} policies", outcomes.len()),
    }
}

/// True when all runs were offered the same, but for what closed-loop clients answer to a slow service.
fn same_load(outcomes: &[&Outcome]) -> bool {
    let arrived = |outcome: &Outcome| outcome.timeline.iter().map(|row| row.arrived).sum::<u64>() as f64;
    outcomes.windows(2).all(|pair| {
        let (one, other) = (arrived(pair[0]), arrived(pair[1]));
        pair[0].traffic == pair[1].traffic && (one - other).abs() <= 0.01 * one.max(other)
    })
}

/// The traffic in words; all of it when the runs differ in it.
fn traffic(outcomes: &[&Outcome]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !names.contains(&outcome.traffic.as_str()) {
            names.push(&outcome.traffic);
        }
    }
    names.join(" / ")
}

/// The key to all panels.
fn key(theme: &Theme) -> Header {
    let mut entries = capacity::entries(theme, false, false);
    entries.push(Entry::new(Key::Line(theme.quantiles[P99], 2.2), "p99"));
    entries.push(Entry::new(Key::Dashed(theme.violation, 1.6), "objective"));
    entries.push(violations::entry(theme));
    Header::new("", "", entries)
}

fn draw_load(canvas: &mut Canvas<'_>, area: Rect, shared: &Shared, outcomes: &[&Outcome]) {
    let unit = if same_load(outcomes) { "requests per second" } else { "requests per second, of the first run" };
    let entries = outcomes.first().and_then(|first| censored::entry(first, canvas.theme));
    Header::new("Offered load", unit, entries.into_iter().collect()).draw(canvas, area.left, area.right, area.top);
    let frame = Frame::new(area, &shared.time, &shared.load);
    frame.ground(canvas, None);
    if let Some(first) = outcomes.first() {
        load::draw_offered(canvas, &frame, first);
    }
    frame.edge(canvas);
}

fn draw_row(canvas: &mut Canvas<'_>, row: &Row, shared: &Shared, outcome: &Outcome) {
    let area = row.capacity;
    let middle = area.top - ROW / 2.0;
    let provider_look = Look::new(size::LABEL, canvas.theme.muted);
    let provider = format!("{}  ·  {} above, p99 latency below", outcome.provider.title(), outcome.provider.unit());
    let name_look = Look::new(size::PANEL, canvas.theme.ink).bold();
    // Right of the panel nothing stands as high as its title.
    let right = canvas.width() - RIGHT_EDGE;
    let name = canvas.text_within(&outcome.name, name_look, (area.left, middle), (right - area.left) * NAME_SHARE);
    canvas.text_within(&provider, provider_look, (name.right + 10.0, middle), right - name.right - 10.0);

    let frame = Frame::new(area, &shared.time, &shared.capacity).coarse();
    frame.ground(canvas, None);
    capacity::draw(canvas, &frame, outcome, false);
    violations::shade(canvas, &frame, outcome);
    frame.edge(canvas);

    let frame = Frame::new(row.latency, &shared.time, &shared.latency).coarse();
    frame.ground(canvas, Some(number::seconds));
    latency::draw(canvas, &frame, outcome, P99);
    violations::shade(canvas, &frame, outcome);
    frame.edge(canvas);
}

/// The figures of one run; the best of all runs stands out.
fn draw_table(
    canvas: &mut Canvas<'_>,
    row: &Row,
    outcomes: &[&Outcome],
    outcome: &Outcome,
    figures: &[heading::Figure<'_>],
) {
    const COMPARED: [&str; 3] = ["cost_total", "slo_violating_request_fraction", "latency_p99_seconds"];
    let left = row.capacity.right + 22.0;
    let right = canvas.width() - RIGHT_EDGE;
    let line = ((row.latency.bottom - row.capacity.top) / figures.len() as f64).min(24.0);
    for (i, (name, value)) in figures.iter().enumerate() {
        let y = row.capacity.top + line * (i as f64 + 0.5);
        let name = name.strip_suffix(" requests").unwrap_or(name);
        // Amounts in different currencies have no order.
        let comparable = i > 0 || outcomes.iter().all(|other| other.currency == outcome.currency);
        let best = comparable && COMPARED.get(i).is_some_and(|metric| is_lowest(outcomes, outcome, metric));
        let look = Look::new(size::LABEL + 1.0, canvas.theme.ink).align(Align::Right);
        let look = if best { Look { color: canvas.theme.utilization, ..look.bold() } } else { look };
        let name_look = Look::new(size::LABEL, canvas.theme.muted);
        let name = canvas.text(name, name_look, (left, y));
        canvas.text_within(value, look, (right, y), right - name.right - 8.0);
    }
}

fn is_lowest(outcomes: &[&Outcome], outcome: &Outcome, metric: &str) -> bool {
    let value = |outcome: &Outcome| outcome.metrics.get(metric).unwrap_or(f64::NAN);
    let mine = value(outcome);
    outcomes.len() > 1
        && outcomes.iter().all(|other| value(other) >= mine)
        && outcomes.iter().any(|other| value(other) > mine)
}

fn description(outcomes: &[&Outcome]) -> String {
    let line = |outcome: &Outcome| {
        let figures: Vec<String> =
            heading::figures(outcome).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!("{} ({}): {}.", outcome.name, outcome.provider.title(), figures.join(", "))
    };
    outcomes.iter().map(|outcome| line(outcome)).collect::<Vec<_>>().join(" ")
}
