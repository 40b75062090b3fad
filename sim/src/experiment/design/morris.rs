//! Morris's trajectories (Morris 1991): from a random corner of a grid of four levels every axis is moved once, in random
//! order, by two thirds of its length. The change of a figure over each move is an elementary effect.

use windtunnel_traces::{Purpose, Streams};

use super::latin_hypercube::{below, permutation};
use super::{Place, Row};

/// Levels of the grid.
pub const LEVELS: usize = 4;
/// The length of a move: levels / (2 (levels - 1)), which makes all levels equally likely.
pub const STEP: f64 = 2.0 / 3.0;

/// `trajectories` times one more row than there are axes.
pub(super) fn rows(axes: usize, trajectories: usize, seed: u64) -> Vec<Row> {
    let mut rows = Vec::with_capacity(trajectories * (axes + 1));
    for trajectory in 0..trajectories {
        let mut stream = Streams::new(seed).indexed(Purpose::Design, trajectory as u32);
        // A level of the grid in thirds; a move by two thirds stays inside in one direction.
        let mut thirds: Vec<usize> = (0..axes).map(|_| below(LEVELS, &mut stream)).collect();
        rows.push(row(&thirds));
        for axis in permutation(axes, &mut stream) {
            thirds[axis] = if thirds[axis] >= 2 { thirds[axis] - 2 } else { thirds[axis] + 2 };
            rows.push(row(&thirds));
        }
    }
    rows
}

fn row(thirds: &[usize]) -> Row {
    thirds.iter().map(|&third| Place::Share(third as f64 / (LEVELS - 1) as f64)).collect()
}
