//! What every design promises.

use super::*;
use crate::experiment::axis::read;
use crate::scenario::Document;

fn axes(texts: &[&str]) -> Vec<Axis> {
    let axis = |text: &&str| {
        let document = Document::parse_apart("sweep.toml", &format!("x = {text}")).unwrap();
        read("x", &document.written("x").unwrap()).unwrap()
    };
    texts.iter().map(axis).collect()
}

fn share(place: Place) -> f64 {
    match place {
        Place::Share(share) => share,
        other => panic!("{other:?} is no share"),
    }
}

#[test]
fn every_design_has_as_many_rows_as_it_counts() {
    let axes = axes(&["[1, 2, 3]", "['a', 'b']"]);
    for (design, rows) in [
        (Design::Grid, 6),
        (Design::LatinHypercube, 8),
        (Design::Sobol, 8),
        (Design::OneAtATime, 6),
        (Design::Morris, 24),
        (Design::Saltelli, 32),
    ] {
        assert_eq!(design.rows(&axes, 8, 1).unwrap().len(), rows, "{design:?}");
        assert_eq!(design.count(&axes, 8), rows as u128, "{design:?}");
        assert_eq!(Design::of(design.name()), Some(design));
    }
    let huge = axes_of_ten(9);
    assert_eq!(Design::Grid.count(&huge, 0), 1_000_000_000);
}

fn axes_of_ten(count: usize) -> Vec<Axis> {
    axes(&vec!["[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"; count])
}

#[test]
fn a_grid_needs_values_that_can_be_counted() {
    let error = Design::Grid.rows(&axes(&["{ from = 1.0, to = 2.0 }"]), 0, 1).unwrap_err();
    assert!(error.contains("`step` or `points`"), "{error}");
}

#[test]
fn a_latin_hypercube_meets_every_slice_of_every_axis_once() {
    let rows = Design::LatinHypercube.rows(&axes_of_ten(3), 50, 9).unwrap();
    for axis in 0..3 {
        let mut slices: Vec<usize> = rows.iter().map(|row| (share(row[axis]) * 50.0) as usize).collect();
        slices.sort_unstable();
        assert_eq!(slices, (0..50).collect::<Vec<_>>());
    }
}

/// The first 2^m points of a (scrambled) Sobol sequence meet every one of 2^m equal slices of every axis once.
#[test]
fn a_scrambled_sobol_sequence_is_evenly_spread() {
    let rows = Design::Sobol.rows(&axes_of_ten(5), 64, 3).unwrap();
    for axis in 0..5 {
        let mut slices: Vec<usize> = rows.iter().map(|row| (share(row[axis]) * 64.0) as usize).collect();
        slices.sort_unstable();
        assert_eq!(slices, (0..64).collect::<Vec<_>>(), "axis {axis}");
    }
    // And of the first two axes together every 8 x 8 cell: a (0, m, 2)-net.
    let mut cells: Vec<(usize, usize)> =
        rows.iter().map(|row| ((share(row[0]) * 8.0) as usize, (share(row[1]) * 8.0) as usize)).collect();
    cells.sort_unstable();
    cells.dedup();
    assert_eq!(cells.len(), 64);
}

#[test]
fn seeded_designs_repeat_and_differ_between_seeds() {
    let axes = axes_of_ten(2);
    for design in [Design::LatinHypercube, Design::Sobol, Design::Morris, Design::Saltelli] {
        assert_eq!(design.rows(&axes, 16, 5).unwrap(), design.rows(&axes, 16, 5).unwrap());
        assert_ne!(design.rows(&axes, 16, 5).unwrap(), design.rows(&axes, 16, 6).unwrap(), "{design:?}");
    }
}

#[test]
fn every_move_of_morris_changes_one_axis_by_two_thirds() {
    let rows = Design::Morris.rows(&axes_of_ten(4), 10, 2).unwrap();
    for trajectory in rows.chunks(5) {
        let mut moved = Vec::new();
        for pair in trajectory.windows(2) {
            let changes: Vec<usize> = (0..4).filter(|&axis| pair[0][axis] != pair[1][axis]).collect();
            assert_eq!(changes.len(), 1);
            let distance = (share(pair[1][changes[0]]) - share(pair[0][changes[0]])).abs();
            assert!((distance - MORRIS_STEP).abs() < 1e-12);
            moved.extend(changes);
        }
        moved.sort_unstable();
        assert_eq!(moved, [0, 1, 2, 3], "every axis moves once");
    }
}

#[test]
fn one_at_a_time_leaves_the_base_by_one_axis() {
    let rows = Design::OneAtATime.rows(&axes(&["[1, 2]", "{ from = 1.0, to = 2.0 }"]), 0, 1).unwrap();
    assert_eq!(rows[0], [Place::Base, Place::Base]);
    for row in &rows[1..] {
        assert_eq!(row.iter().filter(|place| **place != Place::Base).count(), 1);
    }
}

#[test]
fn saltelli_swaps_one_column_at_a_time() {
    let rows = Design::Saltelli.rows(&axes_of_ten(2), 4, 1).unwrap();
    let (a, rest) = rows.split_at(4);
    let (b, swapped) = rest.split_at(4);
    for i in 0..4 {
        assert_eq!(swapped[i], [b[i][0], a[i][1]]);
        assert_eq!(swapped[4 + i], [a[i][0], b[i][1]]);
    }
}
