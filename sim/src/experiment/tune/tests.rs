//! A policy with an obvious flaw is mended; what cannot be had is not recommended; an interrupted search goes on.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::experiment::axis;
use crate::experiment::execute::Task;
use crate::experiment::journal::Header;
use crate::experiment::sweep_file::BaseScenario;
use crate::scenario::document::{Document, Written};

/// Two instances would do; five are kept. Their number is all there is to tune.
const SCENARIO: &str = "
horizon = '20m'
trace = { shape = 'constant', rate = '20rps' }
service.cpu = { lognormal = { mean = '50ms', cv = 0.5 } }
instance = { cores = 1, price = { per_hour = 1.0 } }
slo.latency = '2s'
fixed.instances = 5
";

fn request(bound: f64, values: &str) -> Request {
    let document = Document::parse("small.toml", SCENARIO).unwrap();
    let base = BaseScenario { name: "small".into(), path: "small.toml".into(), document, changes: Vec::new() };
    let mut sweep = SweepFile::of(base);
    let (key, written) = Written::assignment(&format!("fixed.instances={values}")).unwrap();
    sweep.axes.push(axis::read(&key, &written).unwrap());
    Request {
        sweep,
        requirement: Requirement { metric: "slo_violating_request_fraction".into(), bound, is_upper: true },
        minimize: "cost_total".into(),
        variants: 16,
        replications: 5,
        fidelity: "requests".into(),
        held_out: None,
    }
}

struct Counting(AtomicUsize);

impl SweepProgress for Counting {
    fn finished(&self, records: &[(Task, Record)], _: usize, _: usize) {
        self.0.fetch_add(records.len(), Ordering::Relaxed);
    }
}

fn run(request: &Request, folder: &std::path::Path) -> (Tuned, usize) {
    let files = SharedFiles::default();
    let header = Header::new(&request.digest(&files).unwrap(), "small");
    let (mut journal, found) = Journal::open(folder, &header).unwrap();
    let counting = Counting(AtomicUsize::new(0));
    let tuned = tune(request, &files, &mut journal, &found.records, &counting).unwrap();
    (tuned, counting.0.into_inner())
}

#[test]
fn the_cheapest_that_holds_for_sure_is_recommended_and_a_second_run_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // One instance is overloaded (20 rps x 50 ms is all of a core), two hold, more cost more.
    let request = request(0.01, "[1, 2, 3, 4]");
    let (tuned, runs) = run(&request, folder.path());
    let best = tuned.recommended.clone().unwrap();
    assert_eq!(best.settings, ["fixed.instances=2"]);
    assert_eq!(best.verdict, Verdict::Meets);
    assert!(best.against_today.0.high < 0.0, "it is cheaper for sure: {:?}", best.against_today);
    assert!(runs > 0 && tuned.reliefs.is_empty());
    assert_eq!(tuned.robustness.len(), 2, "{:?}", tuned.robustness);
    let (again, runs) = run(&request, folder.path());
    assert_eq!(runs, 0);
    assert_eq!(again.recommended, tuned.recommended);
    assert_eq!(again.robustness, tuned.robustness);
}

#[test]
fn what_does_not_hold_is_never_recommended() {
    let folder = tempfile::tempdir().unwrap();
    // Requests take 50 ms: nobody answers within one.
    let mut request = request(0.01, "[1, 2]");
    request.sweep.fixed.push(Written::assignment("slo.latency=\"1ms\"").unwrap());
    let (tuned, _) = run(&request, folder.path());
    assert!(tuned.recommended.is_none());
    assert!(!tuned.others.is_empty());
}
