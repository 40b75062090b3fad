//! Designs: which combinations of the axes' values are tried. A design yields places, not values; what a place means is
//! the axis's business.

mod grid;
mod latin_hypercube;
mod morris;
mod one_at_a_time;
mod saltelli;
mod sobol;

use serde::{Deserialize, Serialize};

use super::axis::Axis;

pub use morris::{LEVELS as MORRIS_LEVELS, STEP as MORRIS_STEP};

/// Where a row of a design stands on one axis.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Place {
    /// The value of the base scenario.
    Base,
    /// One of the listed levels.
    Level(usize),
    /// A share of the way through the axis, from 0 to 1.
    Share(f64),
}

/// One place per axis.
pub type Row = Vec<Place>;

/// How combinations are chosen.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Every combination.
    #[default]
    Grid,
    /// Every axis is cut into as many slices as there are points, each slice is met once (McKay, Beckman, Conover 1979).
    LatinHypercube,
    /// A Sobol sequence, Owen-scrambled by the seed: evenly spread, whatever the number of points.
    Sobol,
    /// The base, and every value of every axis alone: what a tornado chart needs.
    OneAtATime,
    /// Trajectories that change one axis at a time (Morris 1991): which of many axes matter at all.
    Morris,
    /// Saltelli's design for Sobol indices (Saltelli et al. 2010): how much of the variance each axis explains.
    Saltelli,
}

impl Design {
    /// The name in a sweep file.
    pub const fn name(self) -> &'static str {
        match self {
            Design::Grid => "grid",
            Design::LatinHypercube => "latin-hypercube",
            Design::Sobol => "sobol",
            Design::OneAtATime => "one-at-a-time",
            Design::Morris => "morris",
            Design::Saltelli => "saltelli",
        }
    }

    /// All names, for messages.
    pub const NAMES: [&'static str; 6] = ["grid", "latin-hypercube", "sobol", "one-at-a-time", "morris", "saltelli"];

    /// The design of a name.
    pub fn of(name: &str) -> Option<Design> {
        [Design::Grid, Design::LatinHypercube, Design::Sobol, Design::OneAtATime, Design::Morris, Design::Saltelli]
            .into_iter()
            .find(|design| design.name() == name)
    }

    /// True when `points` says how large the design is.
    pub const fn needs_points(self) -> bool {
        !matches!(self, Design::Grid | Design::OneAtATime)
    }

    /// How many rows there are, without making them.
    pub fn count(self, axes: &[Axis], points: usize) -> u128 {
        let (points, axes_count) = (points as u128, axes.len() as u128);
        match self {
            Design::Grid => axes.iter().map(|axis| axis.len().unwrap_or(1) as u128).fold(1, u128::saturating_mul),
            Design::LatinHypercube | Design::Sobol => points,
            Design::OneAtATime => 1 + axes.iter().map(|axis| axis.len().unwrap_or(2) as u128).sum::<u128>(),
            Design::Morris => points * (axes_count + 1),
            Design::Saltelli => points * (axes_count + 2),
        }
    }

    /// The rows, in an order that depends on nothing but the arguments.
    ///
    /// # Errors
    /// When the design and the axes do not go together.
    pub fn rows(self, axes: &[Axis], points: usize, seed: u64) -> Result<Vec<Row>, String> {
        match self {
            Design::Grid => grid::rows(axes),
            Design::LatinHypercube => Ok(latin_hypercube::rows(axes.len(), points, seed)),
            Design::Sobol => sobol::rows(axes.len(), points, seed),
            Design::OneAtATime => Ok(one_at_a_time::rows(axes)),
            Design::Morris => Ok(morris::rows(axes.len(), points, seed)),
            Design::Saltelli => saltelli::rows(axes.len(), points, seed),
        }
    }
}

#[cfg(test)]
mod tests;
