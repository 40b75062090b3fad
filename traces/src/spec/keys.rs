//! Which keys go together: the keys of a shape, checked and made into a [`Shape`].

use super::{PartSpec, TraceSpec};
use crate::error::TraceError;
use crate::quantity::Rate;
use crate::shape::{Diurnal, Shape, ShapeKind};
use crate::time::SimDuration;

/// Moves the keys of a shape out of a table that has others as well.
macro_rules! shape_keys {
    ($table:expr) => {
        PartSpec {
            shape: $table.shape,
            rate: $table.rate,
            base: $table.base,
            peak: $table.peak,
            at: $table.at,
            lasts: $table.lasts,
            from: $table.from,
            to: $table.to,
            over: $table.over,
            rise: $table.rise,
            hold: $table.hold,
            fall: $table.fall,
            peak_at: $table.peak_at,
            weekend: $table.weekend,
            noise: $table.noise,
        }
    };
}

impl TraceSpec {
    /// The keys that belong to the table's own shape.
    pub(super) fn own_shape(&self) -> PartSpec {
        shape_keys!(self)
    }
}

impl ShapeKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            ShapeKind::Constant => "constant",
            ShapeKind::Step => "step",
            ShapeKind::Ramp => "ramp",
            ShapeKind::Spike => "spike",
            ShapeKind::Diurnal => "diurnal",
            ShapeKind::Sum => "sum",
        }
    }

    /// Keys that it needs, and keys that it takes.
    const fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            ShapeKind::Constant => (&["rate"], &[]),
            ShapeKind::Step => (&["base", "peak", "at"], &["lasts"]),
            ShapeKind::Ramp => (&["from", "to", "over"], &["at"]),
            ShapeKind::Spike => (&["base", "peak", "at", "rise", "hold", "fall"], &[]),
            ShapeKind::Diurnal => (&["base", "peak"], &["peak_at", "weekend"]),
            ShapeKind::Sum => (&[], &[]),
        }
    }
}

impl PartSpec {
    /// The keys of a shape that are there, without `shape` and `noise`.
    pub(super) fn present(&self) -> Vec<&'static str> {
        let keys = [
            ("rate", self.rate.is_some()),
            ("base", self.base.is_some()),
            ("peak", self.peak.is_some()),
            ("at", self.at.is_some()),
            ("lasts", self.lasts.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("over", self.over.is_some()),
            ("rise", self.rise.is_some()),
            ("hold", self.hold.is_some()),
            ("fall", self.fall.is_some()),
            ("peak_at", self.peak_at.is_some()),
            ("weekend", self.weekend.is_some()),
        ];
        keys.into_iter().filter(|(_, there)| *there).map(|(key, _)| key).collect()
    }

    /// Checks that the keys are those of the shape.
    fn check(&self, kind: ShapeKind) -> Result<(), TraceError> {
        let (needed, optional) = kind.keys();
        let present = self.present();
        let missing: Vec<_> = needed.iter().filter(|key| !present.contains(key)).copied().collect();
        if !missing.is_empty() {
            return Err(TraceError::spec(format!("shape = \"{}\" needs {}", kind.name(), listed(&missing))));
        }
        let strangers: Vec<_> =
            present.iter().filter(|key| !needed.contains(key) && !optional.contains(key)).copied().collect();
        if !strangers.is_empty() {
            let takes: Vec<_> = needed.iter().chain(optional).copied().collect();
            return Err(TraceError::spec(format!(
                "shape = \"{}\" has no key {}; it takes {}",
                kind.name(),
                listed(&strangers),
                listed(&takes)
            )));
        }
        if let Some(weekend) = self.weekend.filter(|factor| !(factor.is_finite() && *factor >= 0.0)) {
            return Err(TraceError::spec(format!("weekend is {weekend}; it must be a factor of at least 0")));
        }
        Ok(())
    }

    /// The shape, for a trace that begins `since_monday` nanoseconds after a Monday's midnight.
    pub(super) fn compile(&self, since_monday: u64) -> Result<Shape, TraceError> {
        let Some(kind) = self.shape else {
            return Err(TraceError::spec("a part of `sum` needs `shape`: constant, step, ramp, spike or diurnal"));
        };
        self.check(kind)?;
        // `check` has seen that what a shape needs is there.
        let rate = |rate: Option<Rate>| rate.unwrap_or_default().as_per_second();
        let time = |length: Option<SimDuration>| length.unwrap_or_default().as_nanos();
        let (base, peak) = (rate(self.base), rate(self.peak));
        Ok(match kind {
            ShapeKind::Constant => Shape::constant(rate(self.rate)),
            ShapeKind::Step => Shape::step(base, peak, time(self.at), self.lasts.map(SimDuration::as_nanos)),
            ShapeKind::Ramp => Shape::ramp(rate(self.from), rate(self.to), time(self.at), time(self.over)),
            ShapeKind::Spike => {
                Shape::spike(base, peak, time(self.at), [time(self.rise), time(self.hold), time(self.fall)])
            }
            ShapeKind::Diurnal => Shape::Diurnal(Diurnal {
                base,
                peak,
                peak_at: self.peak_at.unwrap_or(SimDuration::from_hours(14)).as_nanos(),
                weekend: self.weekend.unwrap_or(1.0),
                since_monday,
            }),
            ShapeKind::Sum => return Err(TraceError::spec("a `sum` within a `sum`; list its parts in the outer one")),
        })
    }
}

/// `a`, `b`
pub(super) fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
