//! How far a ratio may be from one before anything happens.

use super::flags::ControllerFlags;
use super::spec::DefaultedSpec;

/// Tolerances of each direction.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tolerance {
    /// Below one.
    pub down: f64,
    /// Above one.
    pub up: f64,
}

impl Tolerance {
    /// H tolerancesForHpa: the policy's own when the gate is on, else the flag.
    pub(super) fn of(spec: &DefaultedSpec, flags: &ControllerFlags) -> Self {
        let own = spec.behavior.as_ref().filter(|_| flags.gates.configurable_tolerance);
        Self {
            down: own.and_then(|behavior| behavior.down.tolerance).unwrap_or(flags.tolerance),
            up: own.and_then(|behavior| behavior.up.tolerance).unwrap_or(flags.tolerance),
        }
    }

    /// RC Tolerances.isWithin, inclusive on both sides. NaN is never within.
    #[must_use]
    pub fn allows(&self, ratio: f64) -> bool {
        (1.0 - self.down) <= ratio && ratio <= (1.0 + self.up)
    }
}
