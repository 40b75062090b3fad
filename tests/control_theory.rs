//! Controllers against control theory, and metrics against their published definitions: the short form of `windtunnel
//! validate`, with the cases and rules of the full one.

use windtunnel_validation::bench::{Bench, Effort, Unwatched};
use windtunnel_validation::{Row, Verdict, control, definitions};

const BENCH: Bench<'static> = Bench { effort: Effort::Short, first_seed: 1, eight: 8, watch: &Unwatched };

#[track_caller]
fn all_agree(rows: &[Row], least: usize) {
    assert!(rows.len() >= least, "there are only {} rows", rows.len());
    let other: Vec<&Row> = rows.iter().filter(|row| row.verdict != Verdict::Agrees).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn controllers_do_what_theory_predicts() {
    all_agree(&control::rows(&BENCH).unwrap(), 30);
}

#[test]
fn metrics_are_as_they_were_published() {
    all_agree(&definitions::rows(&BENCH).unwrap(), 40);
}
