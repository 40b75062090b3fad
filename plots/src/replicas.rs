//! A recorded experiment against its simulation: the load above, below it the replicas of both over time.

use windtunnel_sim::outcome::{Outcome, StepSeries};

use crate::axis::TimeAxis;
use crate::canvas::{Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::panel::heading::{self, Figure};
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{Frame, LEFT_GUTTER, load, ticks_for, time_axis};
use crate::picture::Picture;
use crate::series::{Line, Place};
use crate::theme::{Color, Theme};
use crate::timeline::{require_rows, time_axis_of};
use crate::typeface::Typeface;
use crate::{axis::Scale, number};

const LOAD: f64 = 90.0;
const REPLICAS: f64 = 260.0;
const RIGHT_EDGE: f64 = 28.0;
const GAP: f64 = 6.0;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaChart<'a> {
    /// The simulated run that is drawn in full.
    pub outcome: &'a Outcome,
    /// The replicas of the recording.
    pub recorded: &'a StepSeries,
    /// The replicas of the simulated run.
    pub simulated: &'a StepSeries,
    /// Runs under other seeds, drawn as the span between their smallest and largest value.
    pub others: &'a [StepSeries],
}

fn recorded_color(theme: &Theme) -> Color {
    theme.ink
}

fn simulated_color(theme: &Theme) -> Color {
    theme.in_service_edge
}

/// Draws recorded and simulated replicas over time, under the load that they had.
pub fn recorded_against_simulated(chart: &ReplicaChart<'_>, options: &ChartOptions) -> Result<Picture, PlotError> {
    let outcome = chart.outcome;
    require_rows(outcome)?;
    if chart.recorded.steps.is_empty() {
        return Err(PlotError::Nothing { of: "recorded value" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let (left, right) = (LEFT_GUTTER, options.width() - RIGHT_EDGE);
    let load_header = Header::new("Load", "requests per second, simulated", Vec::new());
    let header = header(chart, &options.theme);
    let load_top = heading::HEIGHT + heading::FIGURES_HEIGHT + load_header.height(&measure, right - left);
    let load_area = Rect::new(left, load_top, right, load_top + LOAD);
    let top = load_area.bottom + GAP + header.height(&measure, right - left);
    let area = Rect::new(left, top, right, top + REPLICAS);
    let time = time_axis_of(&[outcome]);
    let height = area.bottom + time_axis::height(&time, area.width());
    let subtitle = heading::describe(outcome);
    draw(options, typeface, height, (&outcome.name, &subtitle), |canvas| {
        heading::draw(canvas, &outcome.name, &subtitle, 20.0);
        heading::draw_figures(canvas, &figures(chart, &time), 20.0, heading::HEIGHT + 14.0);
        load_header.draw(canvas, left, right, load_area.top);
        let scale = load::scale(&[outcome], ticks_for(LOAD));
        let frame = Frame::new(load_area, &time, &scale);
        frame.ground(canvas, None);
        load::draw_offered(canvas, &frame, outcome);
        frame.edge(canvas);
        header.draw(canvas, left, right, area.top);
        let scale = Scale::counts_from_zero(most(chart, &time) + 0.5, ticks_for(REPLICAS));
        let frame = Frame::new(area, &time, &scale);
        frame.ground(canvas, None);
        let theme = canvas.theme;
        for (from, to, low, high) in spans(chart.others, &time) {
            let box_ = Rect::new(frame.x(from), frame.y(high), frame.x(to), frame.y(low));
            canvas.rect(box_, theme.in_service.toward(theme.panel, 0.45));
        }
        frame.stroke(canvas, &[line(chart.simulated, &frame)], Stroke::new(simulated_color(theme), 1.8));
        frame.stroke(canvas, &[line(chart.recorded, &frame)], Stroke::new(recorded_color(theme), 1.8));
        frame.edge(canvas);
        time_axis::draw(canvas, area, &time);
    })
}

fn header(chart: &ReplicaChart<'_>, theme: &Theme) -> Header {
    let mut entries = vec![
        Entry::new(Key::Line(recorded_color(theme), 1.8), "recorded"),
        Entry::new(Key::Line(simulated_color(theme), 1.8), "simulated"),
    ];
    if chart.others.len() > 1 {
        let label = format!("simulated, {} seeds", chart.others.len());
        entries.push(Entry::new(Key::Area(theme.in_service.toward(theme.panel, 0.45)), label));
    }
    Header::new("Replicas", format!("{} that exist", chart.outcome.provider.unit()), entries)
}

fn figures(chart: &ReplicaChart<'_>, time: &TimeAxis) -> Vec<Figure<'static>> {
    let (recorded, simulated) = (chart.recorded, chart.simulated);
    vec![
        ("recorded mean", number::quantity(recorded.mean(time.start, time.end))),
        ("simulated mean", number::quantity(simulated.mean(time.start, time.end))),
        ("mean absolute error", number::quantity(simulated.mean_absolute_error(recorded, time.start, time.end))),
    ]
}

fn most(chart: &ReplicaChart<'_>, time: &TimeAxis) -> f64 {
    let all = chart.others.iter().chain([chart.recorded, chart.simulated]);
    all.map(|series| series.peak(time.start, time.end).1).fold(0.0, f64::max)
}

/// A series as steps over the whole axis.
fn line(series: &StepSeries, frame: &Frame<'_>) -> Line {
    let (start, end) = (frame.time.start, frame.time.end);
    let mut value = series.at(start);
    let mut points = vec![(frame.x(start), frame.y(value))];
    for &(at, next) in series.steps.iter().filter(|(at, _)| *at > start && *at < end) {
        points.push((frame.x(at), frame.y(value)));
        points.push((frame.x(at), frame.y(next)));
        value = next;
    }
    points.push((frame.x(end), frame.y(value)));
    points
}

/// The smallest and the largest value of several series over time, where they differ.
fn spans(series: &[StepSeries], time: &TimeAxis) -> Vec<(f64, f64, f64, f64)> {
    let mut instants: Vec<f64> = series.iter().flat_map(|series| series.steps.iter().map(|step| step.0)).collect();
    instants.retain(|at| *at > time.start && *at < time.end);
    instants.extend([time.start, time.end]);
    instants.sort_by(f64::total_cmp);
    let span = |pair: &[f64]| {
        let values = || series.iter().map(|series| series.at(pair[0]));
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        (pair[0], pair[1], low, high)
    };
    let mut spans: Vec<(f64, f64, f64, f64)> = Vec::new();
    for next in instants.windows(2).map(span).filter(|span| span.1 > span.0 && span.3 > span.2) {
        match spans.last_mut() {
            Some(last) if last.1 == next.0 && (last.2, last.3) == (next.2, next.3) => last.1 = next.1,
            _ => spans.push(next),
        }
    }
    spans
}
