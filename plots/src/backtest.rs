//! A backtest: recorded values with the thresholds they were held against, the states of alarms as a ribbon, what was
//! requested and what was refused, and the capacity that was wanted.

use serde::{Deserialize, Serialize};
use windtunnel_sim::outcome::{ActivityEntry, AlarmEntry, Spool};

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Canvas, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::heading::{self, Figure};
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::levels::{self, Level};
use crate::panel::{Frame, GAP, RIGHT_EDGE, activities, alarms, between_gutters, ticks_for, time_axis};
use crate::picture::Picture;
use crate::series::{Line, Place, decimate};
use crate::theme::{Theme, size};
use crate::typeface::{Typeface, Weight};

/// The heights that the panels of metrics share.
const ALL_METRICS: f64 = 360.0;
const TALLEST: f64 = 180.0;
const LOWEST: f64 = 90.0;
const CAPACITY: f64 = 150.0;
/// The share of a panel's width that its title and its unit may take.
const TITLE_SHARE: f64 = 0.4;
const UNIT_SHARE: f64 = 0.25;

/// What a backtest found, ready to be drawn or kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Backtest {
    /// The policy, or the recorded scenario.
    pub title: String,
    /// Where the values come from.
    pub subtitle: String,
    /// The figures that matter most: name and value with its unit.
    pub figures: Vec<(String, String)>,
    /// Seconds since 1970 at second zero, where the recording has a calendar.
    pub calendar_start: Option<i64>,
    /// The IANA time zone to show times in.
    pub time_zone: Option<String>,
    /// The end of the axis of time, in seconds.
    pub end_seconds: f64,
    /// The recorded metrics, from top to bottom.
    pub metrics: Vec<BacktestMetric>,
    /// The states of alarms; the first entry of each says what it began with. Empty for an HPA.
    pub alarms: Spool<AlarmEntry>,
    /// What was requested, accepted or not.
    pub activities: Spool<ActivityEntry>,
    /// What is counted: `instances` or `pods`.
    pub capacity_unit: String,
    /// The capacity that was wanted, and what it is held against.
    pub capacity: Vec<BacktestCapacity>,
}

/// A recorded metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestMetric {
    /// Its name.
    pub name: String,
    /// Its unit; `%` where it is a share of something that can be full, `s` where it is a time.
    pub unit: String,
    /// From when to when, in seconds, and the value. Where there is no entry there was no value.
    pub values: Vec<(f64, f64, f64)>,
    /// The thresholds or targets that it was held against.
    pub levels: Vec<BacktestLevel>,
}

/// A threshold or target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestLevel {
    /// The alarm; may be empty.
    pub name: String,
    /// How a value compares when it breaches: `>`, `>=`, `<`, `<=`, or `target`.
    pub comparison: String,
    /// The level, in the metric's unit.
    pub value: f64,
    /// From when to when it held, in seconds; all the time where nothing is told.
    pub span: Option<(f64, f64)>,
}

/// A count over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestCapacity {
    /// What it is.
    pub kind: CapacityKind,
    /// Seconds and the count from then on, in order of time.
    pub steps: Vec<(f64, f64)>,
}

/// What a count over time is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapacityKind {
    /// What existed, as it was recorded.
    Recorded,
    /// What the metrics proposed, before limits.
    Proposed,
    /// What the recorded controller wanted.
    RecordedDesired,
    /// What the policy under test wants.
    Desired,
}

impl CapacityKind {
    const fn name(self) -> &'static str {
        match self {
            CapacityKind::Recorded => "recorded",
            CapacityKind::Proposed => "proposed by the metrics",
            CapacityKind::RecordedDesired => "desired, recorded",
            CapacityKind::Desired => "desired",
        }
    }

    fn key(self, theme: &Theme) -> Key {
        match self {
            CapacityKind::Recorded => Key::EdgedArea(theme.in_service, theme.in_service_edge),
            CapacityKind::Proposed => Key::Line(theme.billed, 3.4),
            CapacityKind::RecordedDesired => Key::Dashed(theme.demand, 2.2),
            CapacityKind::Desired => Key::Line(theme.ink, 1.8),
        }
    }
}

/// Draws a backtest.
///
/// # Errors
/// When there is neither a value nor a count, or the font cannot be read.
pub fn backtest(data: &Backtest, options: &ChartOptions) -> Result<Picture, PlotError> {
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let metrics: Vec<Metric> =
        data.metrics.iter().filter_map(|metric| Metric::of(metric, &typeface, options.width())).collect();
    let capacity: Vec<&BacktestCapacity> = data.capacity.iter().filter(|count| is_finite(&count.steps)).collect();
    if metrics.is_empty() && capacity.is_empty() {
        return Err(PlotError::Nothing { of: "recorded value" });
    }
    let gutter = metrics.iter().map(|metric| levels::gutter(&metric.levels, &measure));
    let gutter = gutter.fold(alarms::gutter(&data.alarms, &measure), f64::max);
    let (left, right) = between_gutters(options.width(), gutter);
    let mut panels: Vec<Panel<'_>> = metrics.iter().map(Panel::Metric).collect();
    panels.extend((!data.alarms.is_empty()).then_some(Panel::Alarms));
    panels.push(Panel::Activities);
    panels.extend((!capacity.is_empty()).then_some(Panel::Capacity(&capacity)));
    let mut top = heading::HEIGHT + if data.figures.is_empty() { 0.0 } else { heading::FIGURES_HEIGHT };
    let mut areas = Vec::new();
    for panel in &panels {
        let from = top + panel.header(data, &options.theme).height(&measure, right - left);
        areas.push(Rect::new(left, from, right, from + panel.height(data, metrics.len())));
        top = from + panel.height(data, metrics.len()) + GAP;
    }
    let time = TimeAxis::new(end(data), data.calendar_start, data.time_zone.as_deref());
    let figures: Vec<Figure<'_>> = data.figures.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let height = top - GAP + time_axis::height(&time, right - left);
    draw(options, typeface, height, (&data.title, &data.subtitle), |canvas| {
        heading::draw(canvas, &data.title, &data.subtitle, 20.0);
        heading::draw_figures(canvas, &figures, 20.0, heading::HEIGHT + 14.0);
        for (panel, &area) in panels.iter().zip(&areas) {
            panel.header(data, canvas.theme).draw(canvas, area.left, area.right, area.top);
            panel.draw(canvas, area, &time, data);
        }
        if let Some(&last) = areas.last() {
            time_axis::draw(canvas, last, &time);
        }
    })
}

fn is_finite(steps: &[(f64, f64)]) -> bool {
    steps.iter().any(|step| step.0.is_finite() && step.1.is_finite())
}

/// The end of the axis: as it is told, or where the data ends.
fn end(data: &Backtest) -> f64 {
    let values = data.metrics.iter().flat_map(|metric| &metric.values).map(|value| value.1);
    let counts = data.capacity.iter().flat_map(|count| &count.steps).map(|step| step.0);
    values.chain(counts).chain([data.end_seconds]).filter(|at| at.is_finite()).fold(0.0, f64::max)
}

/// A metric with its texts shortened to their room.
struct Metric {
    name: String,
    unit: String,
    values: Vec<(f64, f64, f64)>,
    levels: Vec<Level>,
    is_share: bool,
    is_time: bool,
}

impl Metric {
    /// Nothing where there is no value.
    fn of(metric: &BacktestMetric, typeface: &Typeface, width: f64) -> Option<Metric> {
        let usable = |value: &&(f64, f64, f64)| value.0.is_finite() && value.1 > value.0 && value.2.is_finite();
        let values: Vec<_> = metric.values.iter().filter(usable).copied().collect();
        let (is_share, is_time) = (metric.unit.starts_with('%'), metric.unit == "s");
        let level = |level: &BacktestLevel| {
            let value = match metric.unit.as_str() {
                _ if is_share => format!("{} %", number::quantity(level.value)),
                "s" => number::seconds(level.value),
                _ => number::quantity(level.value),
            };
            let value = format!("{} {value}", levels::comparison(&level.comparison));
            Level { name: level.name.clone(), value, at: level.value, span: level.span }
        };
        let levels = metric.levels.iter().filter(|level| level.value.is_finite()).map(level).collect();
        (!values.is_empty()).then(|| Metric {
            name: typeface.fit(&metric.name, size::PANEL, Weight::Bold, width * TITLE_SHARE),
            unit: typeface.fit(&metric.unit, size::LABEL, Weight::Regular, width * UNIT_SHARE),
            values,
            levels,
            is_share,
            is_time,
        })
    }

    fn scale(&self, ticks: usize) -> Scale {
        // The reader looks for the distance from full.
        let least_top = if self.is_share { 100.0 } else { 0.0 };
        let all = || self.values.iter().map(|value| value.2).chain(self.levels.iter().map(|level| level.at));
        let (low, high) = (all().fold(0.0, f64::min), all().fold(least_top, f64::max));
        if low < 0.0 { Scale::around(low, high, ticks) } else { Scale::from_zero(high, ticks) }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, right: f64) {
        let scale = self.scale(ticks_for(area.height()));
        let frame = Frame::new(area, time, &scale);
        frame.ground(canvas, self.is_time.then_some(number::seconds as fn(f64) -> String));
        let lines: Vec<Line> = self
            .values
            .chunk_by(|before, next| next.0 <= before.1)
            .map(|piece| {
                let corners = |&(from, to, value): &(f64, f64, f64)| {
                    [(frame.x(from), frame.y(value)), (frame.x(to), frame.y(value))]
                };
                decimate(&piece.iter().flat_map(corners).collect::<Line>(), 1.0)
            })
            .collect();
        frame.stroke(canvas, &lines, Stroke::new(canvas.theme.utilization, 1.6));
        levels::draw(canvas, &frame, &self.levels, right);
        frame.edge(canvas);
    }
}

/// The panels, from top to bottom.
enum Panel<'a> {
    Metric(&'a Metric),
    Alarms,
    Activities,
    Capacity(&'a [&'a BacktestCapacity]),
}

impl Panel<'_> {
    fn height(&self, data: &Backtest, metrics: usize) -> f64 {
        match self {
            Panel::Metric(_) => (ALL_METRICS / metrics.max(1) as f64).clamp(LOWEST, TALLEST).floor(),
            Panel::Alarms => alarms::height(&data.alarms),
            Panel::Activities => activities::height(&data.activities),
            Panel::Capacity(_) => CAPACITY,
        }
    }

    fn header(&self, data: &Backtest, theme: &Theme) -> Header {
        match self {
            Panel::Metric(metric) => {
                let mut entries = vec![Entry::new(Key::Line(theme.utilization, 1.6), "recorded")];
                if !metric.levels.is_empty() {
                    let is_target = metric.levels.iter().all(|level| level.value.starts_with("target"));
                    let name = if is_target { "target" } else { "threshold" };
                    entries.push(Entry::new(Key::Dashed(theme.threshold, 1.2), name));
                }
                Header::new(&metric.name, &metric.unit, entries)
            }
            Panel::Alarms => alarms::header(&data.alarms, theme),
            Panel::Activities => activities::header(&data.activities),
            Panel::Capacity(counts) => {
                let entries = counts.iter().map(|count| Entry::new(count.kind.key(theme), count.kind.name()));
                Header::new("Capacity", &data.capacity_unit, entries.collect())
            }
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, data: &Backtest) {
        let right = canvas.width() - RIGHT_EDGE;
        match self {
            Panel::Metric(metric) => metric.draw(canvas, area, time, right),
            Panel::Alarms => alarms::draw(canvas, area, time, &data.alarms, right),
            Panel::Activities => activities::draw(canvas, area, time, &data.activities),
            Panel::Capacity(counts) => draw_capacity(canvas, area, time, counts),
        }
    }
}

fn draw_capacity(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, counts: &[&BacktestCapacity]) {
    let all = counts.iter().flat_map(|count| &count.steps).map(|step| step.1);
    let most = all.filter(|value| value.is_finite()).fold(1.0, f64::max);
    // No line runs along the top of the panel.
    let scale = Scale::counts_from_zero(most * 1.03, ticks_for(area.height()));
    let frame = Frame::new(area, time, &scale);
    frame.ground(canvas, None);
    for count in counts {
        let line = decimate(&steps(&count.steps, &frame), 1.0);
        match count.kind.key(canvas.theme) {
            Key::Area(fill) | Key::Shade(fill, _) => frame.fill(canvas, &[line], fill),
            Key::EdgedArea(fill, edge) => {
                frame.fill(canvas, std::slice::from_ref(&line), fill);
                frame.stroke(canvas, &[line], Stroke::new(edge, 1.0));
            }
            Key::Line(color, width) => frame.stroke(canvas, &[line], Stroke::new(color, width)),
            Key::Dashed(color, width) => frame.stroke(canvas, &[line], Stroke::new(color, width).dashed(6.0, 3.5)),
        }
    }
    frame.edge(canvas);
}

/// Each count holds until the next, the last to the end of the panel.
fn steps(steps: &[(f64, f64)], frame: &Frame<'_>) -> Line {
    let mut line = Line::new();
    for &(at, value) in steps.iter().filter(|step| step.0.is_finite() && step.1.is_finite()) {
        let (x, y) = (frame.x(at), frame.y(value));
        if let Some(&(_, before)) = line.last() {
            line.push((x, before));
        }
        line.push((x, y));
    }
    if let Some(&(_, y)) = line.last() {
        line.push((frame.area.right, y));
    }
    line
}
