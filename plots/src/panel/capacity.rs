//! The panel of capacity: instances by state, what is wanted, what is paid for, and what the load needs.

use windtunnel_sim::outcome::{Outcome, TimelineRow};

use super::Frame;
use super::legend::{Entry, Header, Key};
use crate::axis::Scale;
use crate::canvas::{Canvas, Stroke};
use crate::series::{envelope, largest, steps};
use crate::theme::Theme;

const DESIRED_WIDTH: f64 = 1.6;
/// Wide, so that it shows behind the desired capacity where both agree.
const BILLED_WIDTH: f64 = 4.0;
const DEMAND_WIDTH: f64 = 2.2;
/// No line runs along the top of the panel.
const HEADROOM: f64 = 1.03;
/// Demand that hops between two numbers within this many pixels is drawn at the higher: what it takes to hold the objective.
const DEMAND_COLUMN: f64 = 5.0;

/// Not a number counts as nothing: an area has no gaps.
pub(crate) fn or_zero(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

pub(crate) fn in_service(row: &TimelineRow) -> f64 {
    or_zero(row.in_service)
}

fn with_draining(row: &TimelineRow) -> f64 {
    in_service(row) + or_zero(row.draining)
}

fn with_booting(row: &TimelineRow) -> f64 {
    with_draining(row) + or_zero(row.booting)
}

/// What is paid for is drawn where it is counted in the same unit: pods are not billed, their nodes are.
fn shows_billed(outcome: &Outcome) -> bool {
    outcome.provider.unit() == "instances"
}

/// The scale that holds all outcomes. Demand may exceed every capacity; it is shown as far as twice the capacity.
pub(crate) fn scale(outcomes: &[&Outcome], ticks: usize) -> Scale {
    let most = |value: fn(&TimelineRow) -> f64| outcomes.iter().map(|o| largest(o, value)).fold(0.0, f64::max);
    let capacity = most(with_booting).max(most(|row| row.desired)).max(most(|row| row.billed));
    let demand = most(|row| row.demand);
    Scale::counts_from_zero(capacity.max(demand.min(capacity.max(1.0) * 2.0)) * HEADROOM, ticks)
}

/// Title and key.
pub(crate) fn header(outcome: &Outcome, theme: &Theme) -> Header {
    Header::new("Capacity", outcome.provider.unit(), entries(theme, true, shows_billed(outcome)))
}

/// The key: `lines` adds what is drawn as lines beside demand, and what demand is.
pub(crate) fn entries(theme: &Theme, lines: bool, billed: bool) -> Vec<Entry> {
    let mut entries = vec![
        Entry::new(Key::EdgedArea(theme.in_service, theme.in_service_edge), "in service"),
        Entry::new(Key::Area(theme.draining), "draining"),
        Entry::new(Key::Area(theme.booting), "booting"),
    ];
    if lines {
        entries.push(Entry::new(Key::Line(theme.ink, DESIRED_WIDTH), "desired"));
        if billed {
            entries.push(Entry::new(Key::Line(theme.billed, BILLED_WIDTH), "billed"));
        }
    }
    let demand = if lines { "demand (least that holds the objective)" } else { "demand" };
    entries.push(Entry::new(Key::Dashed(theme.demand, DEMAND_WIDTH), demand));
    entries
}

/// Draws the data; `lines` adds desired and billed.
pub(crate) fn draw(canvas: &mut Canvas<'_>, frame: &Frame<'_>, outcome: &Outcome, lines: bool) {
    let theme = canvas.theme;
    frame.fill(canvas, &steps(outcome, frame, with_booting), theme.booting);
    frame.fill(canvas, &steps(outcome, frame, with_draining), theme.draining);
    let serving = steps(outcome, frame, in_service);
    frame.fill(canvas, &serving, theme.in_service);
    frame.stroke(canvas, &serving, Stroke::new(theme.in_service_edge, 1.0));
    if lines {
        if shows_billed(outcome) {
            frame.stroke(canvas, &steps(outcome, frame, |row| row.billed), Stroke::new(theme.billed, BILLED_WIDTH));
        }
        frame.stroke(canvas, &steps(outcome, frame, |row| row.desired), Stroke::new(theme.ink, DESIRED_WIDTH));
    }
    let demand = envelope(outcome, frame, DEMAND_COLUMN, |row| row.demand);
    // A halo keeps the dashes apart from the edges they cross.
    frame.stroke(canvas, &demand, Stroke::new(theme.panel.alpha(0.65), DEMAND_WIDTH + 2.5));
    frame.stroke(canvas, &demand, Stroke::new(theme.demand, DEMAND_WIDTH).dashed(7.0, 4.0));
}
