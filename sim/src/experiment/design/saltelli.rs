//! Saltelli's design (Saltelli et al. 2010): two samples A and B of a scrambled Sobol sequence and, for every axis, A with
//! that axis's column of B. Rows come in blocks: A, B, then A with column 1, 2, ... of B.

use super::{Place, Row, sobol};

pub(super) fn rows(axes: usize, points: usize, seed: u64) -> Result<Vec<Row>, String> {
    let sample = sobol::shares(2 * axes, points, seed)?;
    let row = |columns: &dyn Fn(usize) -> f64| (0..axes).map(|axis| Place::Share(columns(axis))).collect::<Row>();
    let mut rows: Vec<Row> = Vec::with_capacity(points * (axes + 2));
    rows.extend(sample.iter().map(|both| row(&|axis| both[axis])));
    rows.extend(sample.iter().map(|both| row(&|axis| both[axes + axis])));
    for swapped in 0..axes {
        rows.extend(sample.iter().map(|both| row(&|axis| both[if axis == swapped { axes + axis } else { axis }])));
    }
    Ok(rows)
}
