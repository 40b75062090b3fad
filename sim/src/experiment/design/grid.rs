//! The full grid.

use super::{Place, Row};
use crate::experiment::axis::Axis;

/// Every combination; the last axis changes fastest.
pub(super) fn rows(axes: &[Axis]) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = vec![Vec::new()];
    for axis in axes {
        let Some(levels) = axis.len() else {
            return Err(format!("a grid needs a `step` or `points` for `{}`: it has no end of values", axis.name()));
        };
        let longer = |row: &Row, level| row.iter().copied().chain([Place::Level(level)]).collect();
        rows = rows.iter().flat_map(|row| (0..levels).map(move |level| longer(row, level))).collect();
    }
    Ok(rows)
}
