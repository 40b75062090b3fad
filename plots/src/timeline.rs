//! The timeline of one run: load, scaling activities, capacity, utilization, alarms and latency on one axis of time.

use windtunnel_sim::outcome::Outcome;

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Canvas, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::legend::{Header, Measure};
use crate::panel::{
    Frame, GAP, RIGHT_EDGE, activities, alarms, between_gutters, capacity, heading, latency, load, ticks_for,
    time_axis, utilization, violations,
};
use crate::picture::Picture;
use crate::series::rows;
use crate::theme::Theme;
use crate::typeface::Typeface;

const LOAD: f64 = 100.0;
const CAPACITY: f64 = 150.0;
const UTILIZATION: f64 = 96.0;
const LATENCY: f64 = 120.0;

/// The panels, from top to bottom.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Panel {
    Load,
    Activities,
    Capacity,
    Utilization,
    Alarms,
    Latency,
}

impl Panel {
    const ALL: [Panel; 6] =
        [Panel::Load, Panel::Activities, Panel::Capacity, Panel::Utilization, Panel::Alarms, Panel::Latency];

    fn height(self, outcome: &Outcome) -> f64 {
        match self {
            Panel::Load => LOAD,
            Panel::Activities => activities::height(&outcome.activities),
            Panel::Capacity => CAPACITY,
            Panel::Utilization => UTILIZATION,
            Panel::Alarms => alarms::height(&outcome.alarms),
            Panel::Latency => LATENCY,
        }
    }

    fn header(self, outcome: &Outcome, theme: &Theme) -> Header {
        match self {
            Panel::Load => load::header(outcome, theme),
            Panel::Activities => activities::header(&outcome.activities),
            Panel::Capacity => capacity::header(outcome, theme),
            Panel::Utilization => utilization::header(outcome, theme),
            Panel::Alarms => alarms::header(&outcome.alarms, theme),
            Panel::Latency => latency::header(theme),
        }
    }
}

/// The axis of time that holds all of an outcome.
pub(crate) fn time_axis_of(outcomes: &[&Outcome]) -> TimeAxis {
    let end = |outcome: &Outcome| {
        let rows_end = outcome.timeline.last().map_or(0.0, |row| row.end_seconds);
        outcome.horizon.as_secs_f64().max(if rows_end.is_finite() { rows_end } else { 0.0 })
    };
    let end = outcomes.iter().map(|outcome| end(outcome)).fold(0.0, f64::max);
    let first = outcomes.iter().find(|outcome| outcome.calendar_start.is_some()).or(outcomes.first());
    TimeAxis::new(
        end,
        first.and_then(|outcome| outcome.calendar_start),
        first.and_then(|outcome| outcome.time_zone.as_deref()),
    )
}

/// An outcome without a single interval cannot be drawn.
pub(crate) fn require_rows(outcome: &Outcome) -> Result<(), PlotError> {
    match rows(outcome).next() {
        Some(_) => Ok(()),
        None => Err(PlotError::EmptyTimeline { name: outcome.name.clone() }),
    }
}

/// Draws the timeline of one run.
pub fn timeline(outcome: &Outcome, options: &ChartOptions) -> Result<Picture, PlotError> {
    require_rows(outcome)?;
    let typeface = Typeface::load(options.font.as_deref())?;
    let measure = Measure(&typeface);
    let gutter = utilization::gutter(outcome, &measure)
        .max(alarms::gutter(&outcome.alarms, &measure))
        .max(latency::gutter(outcome, &measure));
    let (left, right) = between_gutters(options.width(), gutter);
    let (areas, bottom) = layout(outcome, &options.theme, &measure, left, right);
    let time = time_axis_of(&[outcome]);
    let height = bottom + time_axis::height(&time, right - left);
    let description = description(outcome);
    draw(options, typeface, height, (&outcome.name, &description), |canvas| {
        heading::draw(canvas, &outcome.name, &heading::describe(outcome), 20.0);
        heading::draw_figures(canvas, &heading::figures(outcome), 20.0, heading::HEIGHT + 14.0);
        for &(panel, area) in &areas {
            panel.header(outcome, canvas.theme).draw(canvas, area.left, area.right, area.top);
            draw_panel(canvas, panel, area, &time, outcome);
        }
        if let Some((_, last)) = areas.last() {
            time_axis::draw(canvas, *last, &time);
        }
    })
}

/// Where each panel goes, and where the last one ends.
fn layout(outcome: &Outcome, theme: &Theme, measure: &Measure<'_>, left: f64, right: f64) -> (Vec<(Panel, Rect)>, f64) {
    let mut y = heading::HEIGHT + heading::FIGURES_HEIGHT;
    let mut areas = Vec::new();
    for panel in Panel::ALL {
        let height = panel.height(outcome);
        if height > 0.0 {
            let top = y + panel.header(outcome, theme).height(measure, right - left);
            areas.push((panel, Rect::new(left, top, right, top + height)));
            y = top + height + GAP;
        }
    }
    (areas, y - GAP)
}

fn draw_panel(canvas: &mut Canvas<'_>, panel: Panel, area: Rect, time: &TimeAxis, outcome: &Outcome) {
    let right = canvas.width() - RIGHT_EDGE;
    let ticks = ticks_for(area.height());
    match panel {
        Panel::Activities => activities::draw(canvas, area, time, &outcome.activities),
        Panel::Alarms => alarms::draw(canvas, area, time, &outcome.alarms, right),
        Panel::Load => {
            framed(canvas, area, time, &load::scale(&[outcome], ticks), None, outcome, |canvas, frame| {
                load::draw(canvas, frame, outcome);
            });
        }
        Panel::Capacity => {
            framed(canvas, area, time, &capacity::scale(&[outcome], ticks), None, outcome, |canvas, frame| {
                capacity::draw(canvas, frame, outcome, true);
            });
        }
        Panel::Utilization => {
            framed(canvas, area, time, &utilization::scale(outcome, ticks), None, outcome, |canvas, frame| {
                utilization::draw(canvas, frame, outcome, right);
            });
        }
        Panel::Latency => {
            let label = Some(number::seconds as fn(f64) -> String);
            framed(canvas, area, time, &latency::scale(&[outcome], 0), label, outcome, |canvas, frame| {
                latency::draw(canvas, frame, outcome, 0);
                latency::label_objective(canvas, frame, outcome, right);
            });
        }
    }
}

/// Draws ground, data, shade and edge of a panel in this order.
fn framed(
    canvas: &mut Canvas<'_>,
    area: Rect,
    time: &TimeAxis,
    scale: &Scale,
    label: Option<fn(f64) -> String>,
    outcome: &Outcome,
    data: impl FnOnce(&mut Canvas<'_>, &Frame<'_>),
) {
    let frame = Frame::new(area, time, scale);
    frame.ground(canvas, label);
    data(canvas, &frame);
    violations::shade(canvas, &frame, outcome);
    frame.edge(canvas);
}

/// The chart in words, for readers who cannot see it.
fn description(outcome: &Outcome) -> String {
    let figures: Vec<String> =
        heading::figures(outcome).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!("Timeline of one run. {}. {}.", heading::describe(outcome), figures.join(", "))
}
