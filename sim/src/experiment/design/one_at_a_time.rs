//! One axis at a time: the base, then every level of every axis while the others stay at the base.

use super::{Place, Row};
use crate::experiment::axis::{Axis, Levels};

pub(super) fn rows(axes: &[Axis]) -> Vec<Row> {
    let base = vec![Place::Base; axes.len()];
    let mut rows = vec![base.clone()];
    for (index, axis) in axes.iter().enumerate() {
        let places: Vec<Place> = match &axis.levels {
            Levels::Listed(levels) => (0..levels.len()).map(Place::Level).collect(),
            // Of a continuous axis the two ends.
            Levels::Continuous(_) => vec![Place::Share(0.0), Place::Share(1.0)],
        };
        for place in places {
            let mut row = base.clone();
            row[index] = place;
            rows.push(row);
        }
    }
    rows
}
