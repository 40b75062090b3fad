//! The capacity gap: what was missing and what was idle, between the instances in service and the least that hold the
//! objective. The areas are what the elasticity figures measure.

use windtunnel_sim::outcome::{Outcome, TimelineRow};

use crate::canvas::{Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::capacity::{in_service, or_zero};
use crate::panel::heading::{self, Figure};
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{Frame, LEFT_GUTTER, capacity, censored, ticks_for, time_axis};
use crate::picture::Picture;
use crate::series::steps;
use crate::theme::{Color, Theme};
use crate::timeline::{require_rows, time_axis_of};
use crate::typeface::Typeface;

const HEIGHT: f64 = 300.0;
const RIGHT_EDGE: f64 = 28.0;

fn missing(theme: &Theme) -> Color {
    theme.violation.toward(theme.panel, 0.15)
}

fn demand(row: &TimelineRow) -> f64 {
    or_zero(row.demand)
}

/// Draws demand against supply for one run, with both gaps filled.
pub fn capacity_gap(outcome: &Outcome, options: &ChartOptions) -> Result<Picture, PlotError> {
    require_rows(outcome)?;
    let typeface = Typeface::load(options.font.as_deref())?;
    let theme = &options.theme;
    let mut entries = vec![
        Entry::new(Key::Area(theme.in_service), "used"),
        Entry::new(Key::Area(missing(theme)), "missing"),
        Entry::new(Key::Area(theme.booting), "idle"),
        Entry::new(Key::Line(theme.in_service_edge, 1.2), "supply (in service)"),
        Entry::new(Key::Line(theme.ink, 1.2), "demand (least that holds the objective)"),
    ];
    entries.extend(censored::entry(outcome, theme));
    let header = Header::new("Capacity gap", outcome.provider.unit(), entries);
    let (left, right) = (LEFT_GUTTER, options.width() - RIGHT_EDGE);
    let top = heading::HEIGHT + heading::FIGURES_HEIGHT + header.height(&Measure(&typeface), right - left);
    let area = Rect::new(left, top, right, top + HEIGHT);
    let time = time_axis_of(&[outcome]);
    let scale = capacity::scale(&[outcome], ticks_for(HEIGHT));
    let height = area.bottom + time_axis::height(&time, area.width());
    let subtitle = heading::describe(outcome);
    draw(options, typeface, height, (&outcome.name, &subtitle), |canvas| {
        heading::draw(canvas, &outcome.name, &subtitle, 20.0);
        heading::draw_figures(canvas, &figures(outcome), 20.0, heading::HEIGHT + 14.0);
        header.draw(canvas, left, right, top);
        let frame = Frame::new(area, &time, &scale);
        frame.ground(canvas, None);
        // Each area covers what the one before it has too much: only the gaps of both stay visible.
        let theme = canvas.theme;
        frame.fill(canvas, &steps(outcome, &frame, in_service), theme.booting);
        frame.fill(canvas, &steps(outcome, &frame, demand), missing(theme));
        frame.fill(canvas, &steps(outcome, &frame, |row| demand(row).min(in_service(row))), theme.in_service);
        frame.stroke(canvas, &steps(outcome, &frame, in_service), Stroke::new(theme.in_service_edge, 1.2));
        frame.stroke(canvas, &steps(outcome, &frame, demand), Stroke::new(theme.ink, 1.0));
        censored::shade(canvas, &frame, outcome);
        frame.edge(canvas);
        time_axis::draw(canvas, area, &time);
    })
}

/// The elasticity figures that the areas show.
fn figures(outcome: &Outcome) -> Vec<Figure<'static>> {
    let percent = |name: &str| number::percent(outcome.metrics.get(name).unwrap_or(f64::NAN) / 100.0);
    vec![
        ("time with too little", percent("under_provision_timeshare")),
        ("missing, of demand", percent("under_provision_accuracy")),
        ("time with too much", percent("over_provision_timeshare")),
        ("idle, of demand", percent("over_provision_accuracy")),
    ]
}
