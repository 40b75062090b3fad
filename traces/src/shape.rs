//! Shapes: rates that are drawn with a ruler. What is here is checked and ready; its keys are read in `spec`.

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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * MINUTE;

    fn rate_at(shape: &Shape, time: u64) -> f64 {
        let time = SimTime::from_nanos(time);
        shape.segments().find(|piece| piece.end > time).map_or(f64::NAN, |piece| piece.at(time))
    }

    fn day(weekend: f64, since_monday: u64) -> Shape {
        Shape::Diurnal(Diurnal { base: 300.0, peak: 900.0, peak_at: 14 * HOUR, weekend, since_monday })
    }

    #[test]
    fn the_wave_is_a_raised_cosine_to_within_what_is_said() {
        for second in (0..86_400).step_by(17) {
            let turn = (second as f64 / 3600.0 - 14.0) / 24.0;
            let cosine = 600.0 + 300.0 * (2.0 * std::f64::consts::PI * turn).cos();
            let seen = rate_at(&day(1.0, 0), second * 1_000_000_000);
            assert!((seen - cosine).abs() < 3e-6 * 600.0, "{second}: {seen} for {cosine}");
        }
    }

    #[test]
    fn the_wave_follows_the_calendar() {
        // From a Friday noon on: two hours to the peak, twelve to the weekend.
        let friday = day(0.5, (4 * 24 + 12) * HOUR);
        assert!((rate_at(&friday, 2 * HOUR) - 900.0).abs() < 1e-9);
        assert!((rate_at(&friday, 26 * HOUR) - 450.0).abs() < 1e-9);
        assert!((rate_at(&friday, 74 * HOUR) - 900.0).abs() < 1e-9, "Monday");
        // A start within a minute begins with the rest of the minute.
        let odd = day(1.0, 30_000_000_007);
        let first = odd.segments().next().unwrap();
        assert_eq!((first.start.as_nanos(), first.end.as_nanos()), (0, 29_999_999_993));
    }

    #[test]
    fn corners_stand_where_they_were_put() {
        let step = Shape::step(1.0, 5.0, 10 * MINUTE, Some(5 * MINUTE));
        let spike = Shape::spike(1.0, 5.0, 10 * MINUTE, [2 * MINUTE, 3 * MINUTE, 4 * MINUTE]);
        let ramp = Shape::ramp(2.0, 4.0, 10 * MINUTE, 10 * MINUTE);
        let seen = |shape: &Shape| [9, 10, 11, 12, 15, 17, 19, 30].map(|minute| rate_at(shape, minute * MINUTE));
        assert_eq!(seen(&step), [1.0, 5.0, 5.0, 5.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(seen(&spike), [1.0, 1.0, 3.0, 5.0, 5.0, 3.0, 1.0, 1.0]);
        assert_eq!(seen(&ramp), [2.0, 2.0, 2.2, 2.4, 3.0, 3.4, 3.8, 4.0]);
        assert_eq!(rate_at(&Shape::step(1.0, 5.0, 0, None), 0), 5.0);
    }

    #[test]
    fn every_shape_is_without_holes_and_without_end() {
        let spike = Shape::spike(1.0, 5.0, 0, [0, 3 * MINUTE, 0]);
        for shape in [Shape::constant(1.0), Shape::step(1.0, 2.0, 5, Some(5)), spike, day(0.7, 3 * HOUR + 1)] {
            let mut upto = SimTime::ZERO;
            for piece in shape.segments().take(20_000) {
                assert_eq!(piece.start, upto);
                assert!(piece.end > piece.start);
                upto = piece.end;
            }
            assert!(upto.as_secs_f64() > 86_400.0 * 10.0);
        }
    }
}
