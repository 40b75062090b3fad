//! Shapes: rates that are drawn with a ruler. A [`Shape`] is checked and ready; its keys are read in `spec`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::segments::{RateSegments, Segment};
use crate::time::SimTime;

const MINUTE: u64 = 60 * 1_000_000_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// The names of the shapes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeKind {
    /// The same rate always: `rate`.
    Constant,
    /// A jump at `at` from `base` to `peak`, and back after `lasts` (never, when absent).
    Step,
    /// A straight line `from` one rate `to` another `over` a length, beginning at `at` (0); then level.
    Ramp,
    /// A flash crowd: from `at` on, `rise` from `base` to `peak`, `hold`, `fall` back.
    Spike,
    /// A day with one wave, from `base` at night to `peak` at `peak_at` (14h), times `weekend` on days 6 and 7.
    Diurnal,
    /// Nothing but what `sum` adds up.
    Sum,
}

/// A rate over endless time. Times are nanoseconds from the start, rates are requests per second.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Straight lines between corners `(time, rate)`; level before the first and after the last. Two corners at one
    /// time make a jump.
    Corners(Vec<(u64, f64)>),
    Diurnal(Diurnal),
}

/// A raised cosine with a period of a day. It is *defined* as straight lines between its values at whole minutes of the
/// day, which differ from the cosine by less than 3e-6 of the difference between peak and base, and which can be
/// inverted exactly.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Diurnal {
    pub(crate) base: f64,
    pub(crate) peak: f64,
    /// Time of day of the peak.
    pub(crate) peak_at: u64,
    /// Factor on Saturday and Sunday.
    pub(crate) weekend: f64,
    /// Where in the week, counted from Monday's midnight, the trace begins.
    pub(crate) since_monday: u64,
}

impl Shape {
    pub(crate) fn constant(rate: f64) -> Self {
        Shape::Corners(vec![(0, rate)])
    }

    pub(crate) fn step(base: f64, peak: f64, at: u64, lasts: Option<u64>) -> Self {
        let mut corners = vec![(at, base), (at, peak)];
        if let Some(lasts) = lasts {
            let end = at.saturating_add(lasts);
            corners.extend([(end, peak), (end, base)]);
        }
        Shape::Corners(corners)
    }

    pub(crate) fn ramp(from: f64, to: f64, at: u64, over: u64) -> Self {
        Shape::Corners(vec![(at, from), (at.saturating_add(over), to)])
    }

    pub(crate) fn spike(base: f64, peak: f64, at: u64, lengths: [u64; 3]) -> Self {
        let [rise, hold, fall] = lengths;
        let top = at.saturating_add(rise);
        let down = top.saturating_add(hold);
        Shape::Corners(vec![(at, base), (top, peak), (down, peak), (down.saturating_add(fall), base)])
    }

    /// The rate as straight pieces without end.
    pub(crate) fn segments(&self) -> RateSegments {
        match self {
            Shape::Corners(corners) => RateSegments::new(lines(corners).into_iter()),
            Shape::Diurnal(diurnal) => diurnal.segments(),
        }
    }
}

/// The pieces between corners. Pieces without length (jumps) are left out.
fn lines(corners: &[(u64, f64)]) -> Vec<Segment> {
    let (Some(first), Some(last)) = (corners.first(), corners.last()) else { return Vec::new() };
    let line = |a: (u64, f64), b: (u64, f64)| Segment {
        start: SimTime::from_nanos(a.0),
        end: SimTime::from_nanos(b.0),
        from: a.1,
        to: b.1,
    };
    let before = line((0, first.1), *first);
    let after = line(*last, (u64::MAX, last.1));
    let between = corners.windows(2).map(|pair| line(pair[0], pair[1]));
    std::iter::once(before).chain(between).chain([after]).filter(|piece| piece.start < piece.end).collect()
}

impl Diurnal {
    /// The rate at each whole minute of a working day, the last knot being the first of the next day.
    fn knots(&self) -> Vec<f64> {
        let knot = |minute: u64| {
            let turn = ((minute * MINUTE + DAY - self.peak_at % DAY) % DAY) as f64 / DAY as f64;
            self.base + (self.peak - self.base) * (1.0 + libm::cos(2.0 * std::f64::consts::PI * turn)) / 2.0
        };
        (0..=DAY / MINUTE).map(knot).collect()
    }

    fn segments(&self) -> RateSegments {
        let knots: Arc<[f64]> = self.knots().into();
        let (offset, weekend) = (self.since_monday, self.weekend);
        let first = offset / MINUTE;
        let piece = move |minute: u64| {
            let (day, of_day) = (minute / (DAY / MINUTE), (minute % (DAY / MINUTE)) as usize);
            let factor = if day % 7 >= 5 { weekend } else { 1.0 };
            let whole = Segment {
                start: SimTime::from_nanos(minute * MINUTE),
                end: SimTime::from_nanos((minute + 1) * MINUTE),
                from: knots[of_day] * factor,
                to: knots[of_day + 1] * factor,
            };
            let start = whole.start.max(SimTime::from_nanos(offset));
            Segment {
                start: SimTime::from_nanos(start.as_nanos() - offset),
                end: SimTime::from_nanos(whole.end.as_nanos() - offset),
                from: whole.at(start),
                to: whole.to,
            }
        };
        // The end of time lies within this many minutes.
        RateSegments::new((first..u64::MAX / MINUTE - 1).map(piece))
    }
}
