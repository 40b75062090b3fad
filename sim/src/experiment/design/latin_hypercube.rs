//! Latin hypercube sampling (McKay, Beckman, Conover 1979): on every axis each of `points` equal slices holds one point.

use rand::RngExt as _;
use windtunnel_traces::random::{Generator, uniform};
use windtunnel_traces::{Purpose, Streams};

use super::{Place, Row};

pub(super) fn rows(axes: usize, points: usize, seed: u64) -> Vec<Row> {
    let columns: Vec<Vec<f64>> = (0..axes)
        .map(|axis| {
            let mut stream = Streams::new(seed).indexed(Purpose::Design, axis as u32);
            let slices = permutation(points, &mut stream);
            slices.into_iter().map(|slice| (slice as f64 + uniform(&mut stream)) / points as f64).collect()
        })
        .collect();
    (0..points).map(|point| columns.iter().map(|column| Place::Share(column[point])).collect()).collect()
}

/// 0 to `count` - 1 in a random order (Fisher and Yates).
pub(super) fn permutation(count: usize, stream: &mut Generator) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(last + 1, stream));
    }
    order
}

/// A number below `bound`, each equally likely.
pub(super) fn below(bound: usize, stream: &mut Generator) -> usize {
    stream.random_range(0..bound as u64) as usize
}
