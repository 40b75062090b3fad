//! The lives of instances: a bar each, from launch over boot and service to drain and end.

use windtunnel_sim::outcome::{InstanceLife, Outcome};

use crate::axis::{Scale, TimeAxis};
use crate::canvas::{Canvas, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::options::ChartOptions;
use crate::panel::legend::{Entry, Header, Key, Measure};
use crate::panel::{Frame, LEFT_GUTTER, censored, heading, time_axis};
use crate::picture::Picture;
use crate::timeline::time_axis_of;
use crate::typeface::Typeface;

const RIGHT_EDGE: f64 = 28.0;
/// The height that bars share, until they would be thinner than [`THINNEST`].
const HEIGHT: f64 = 460.0;
const THICKEST: f64 = 16.0;
const THINNEST: f64 = 2.0;
/// More instances than this are not shown; the subtitle says so.
const MOST: usize = 400;

/// Draws the life of every instance or pod, in order of launch.
pub fn lives(outcome: &Outcome, options: &ChartOptions) -> Result<Picture, PlotError> {
    if outcome.instances.is_empty() {
        return Err(PlotError::Nothing { of: "launched instance" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let shown: Vec<InstanceLife> = outcome.instances.iter().take(MOST).collect();
    let (left, right) = (LEFT_GUTTER - 44.0, options.width() - RIGHT_EDGE);
    let header = header(outcome, shown.len(), options);
    let top = heading::HEIGHT + header.height(&Measure(&typeface), right - left);
    let thickness = (HEIGHT / shown.len() as f64).clamp(THINNEST, THICKEST);
    let area = Rect::new(left, top, right, top + thickness * shown.len() as f64);
    let time = time_axis_of(&[outcome]);
    let height = area.bottom + time_axis::height(&time, area.width());
    let subtitle = heading::describe(outcome);
    draw(options, typeface, height, (&outcome.name, &subtitle), |canvas| {
        heading::draw(canvas, &outcome.name, &subtitle, 20.0);
        header.draw(canvas, left, right, top);
        canvas.rect(area, canvas.theme.panel);
        time_axis::grid(canvas, area, &time);
        for (i, life) in shown.iter().enumerate() {
            let y = area.top + thickness * i as f64;
            let gap = if thickness > 4.0 { 1.0 } else { 0.0 };
            bar(canvas, Rect { top: y + gap, bottom: y + thickness - gap, ..area }, &time, life);
        }
        let lanes = Scale::from_zero(shown.len() as f64, 2);
        censored::shade(canvas, &Frame::new(area, &time, &lanes), outcome);
        canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
        time_axis::draw(canvas, area, &time);
    })
}

fn header(outcome: &Outcome, shown: usize, options: &ChartOptions) -> Header {
    let theme = &options.theme;
    let unit = outcome.provider.unit();
    let count = match outcome.instances.len() {
        all if all > shown => format!("the first {shown} of {all} {unit}, in order of launch"),
        all => format!("{all} {unit}, in order of launch"),
    };
    let mut entries = vec![
        Entry::new(Key::Area(theme.booting), "booting"),
        Entry::new(Key::Area(theme.in_service), "in service"),
        Entry::new(Key::Area(theme.draining), "draining"),
        Entry::new(Key::Line(theme.violation, 2.6), "lost (not by scaling in)"),
    ];
    entries.extend(censored::entry(outcome, theme));
    Header::new("Lives", count, entries)
}

/// A life in its phases; a phase that began lasts until the next, or until the end.
fn bar(canvas: &mut Canvas<'_>, lane: Rect, time: &TimeAxis, life: &InstanceLife) {
    let x = |seconds: f64| lane.left + time.share(seconds) * lane.width();
    let end = life.ended_seconds.unwrap_or(time.end);
    let phases = [
        (Some(life.launched_seconds), canvas.theme.booting),
        (life.in_service_seconds, canvas.theme.in_service),
        (life.draining_seconds, canvas.theme.draining),
    ];
    let begun: Vec<_> = phases.into_iter().filter_map(|(start, color)| start.map(|start| (start, color))).collect();
    for (i, &(start, color)) in begun.iter().enumerate() {
        let stop = begun.get(i + 1).map_or(end, |next| next.0);
        canvas.rect(Rect { left: x(start), right: x(stop), ..lane }, color);
    }
    let lost = life.ended_by.as_deref().is_some_and(|cause| cause != "scale-in");
    if lost && life.ended_seconds.is_some() {
        canvas.line(&[(x(end), lane.top), (x(end), lane.bottom)], Stroke::new(canvas.theme.violation, 2.6));
    }
}
