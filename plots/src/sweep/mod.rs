//! What a sweep found: [`heat_map`] of two parameters, [`main_effects`] of each, and a [`tornado`] of their swings.

mod heat_map;
mod main_effects;
mod tornado;

pub(crate) use heat_map::contrast;
pub use heat_map::{HeatMap, Map, heat_map};
pub use main_effects::{Effect, EffectRow, MainEffects, main_effects};
pub use tornado::{Swing, Swings, Tornado, tornado};

use crate::number;

/// What a figure is measured in, and so how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Money, with the currency.
    Money(String),
    /// A share from 0 to 1, written in percent.
    Share,
    /// Seconds, written in whatever suits.
    Seconds,
    /// A share of points from 0 to 1 that hold an objective; in a heat map of single points 1 holds, 0.5 is not sure.
    Holds,
    /// Anything else, with its name.
    Other(String),
}

impl Unit {
    /// The unit of a metric, as `windtunnel metrics` names it.
    pub fn of_metric(unit: &str, currency: &str) -> Unit {
        match unit {
            "currency" => Unit::Money(currency.to_owned()),
            "1" => Unit::Share,
            "seconds" => Unit::Seconds,
            other => Unit::Other(other.to_owned()),
        }
    }

    /// A value with its unit where one is written beside it.
    pub(crate) fn text(&self, value: f64) -> String {
        match self {
            Unit::Share | Unit::Holds => format!("{} %", number::quantity(value * 100.0)),
            Unit::Seconds => number::seconds(value),
            Unit::Money(_) | Unit::Other(_) => number::quantity(value),
        }
    }

    /// What stands in the heading: the unit of values that are written without it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Unit::Money(name) | Unit::Other(name) => name,
            Unit::Share => "%",
            Unit::Seconds => "time",
            Unit::Holds => "of points",
        }
    }
}
