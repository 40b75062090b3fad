//! Failures stay with their run; results do not depend on threads; what is cancelled is not recorded.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::experiment::journal::{Header, Journal};
use crate::experiment::sweep_file::SweepFile;
use crate::outcome::metric::DEFINITIONS;

fn plan(folder: &std::path::Path) -> Plan {
    let scenario = "horizon = '1m'\ntrace = { shape = 'constant', rate = '5rps' }\nservice.cpu = '10ms'\n\
                    instance.cores = 1\nfixed.instances = 1\n";
    std::fs::write(folder.join("one.toml"), scenario).unwrap();
    let path = folder.join("sweep.toml");
    std::fs::write(&path, "base = 'one.toml'\nreplications = 2\n[axes]\n'instance.cores' = [1, 2, 3]\n").unwrap();
    let files = SharedFiles::default();
    Plan::new(SweepFile::load(&path, &files).unwrap(), "requests", &files).unwrap()
}

/// Fails, panics or answers with numbers that tell runs apart.
struct Fickle {
    calls: AtomicUsize,
}

impl Runner for Fickle {
    fn run(&self, task: Task, _: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<f64>>, String> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match (task.point, task.replication) {
            (1, 0) => Err("no luck".into()),
            (1, _) => panic!("out of luck"),
            (point, replication) => Ok(Some(vec![(point * 10) as f64 + f64::from(replication); DEFINITIONS.len()])),
        }
    }
}

fn run(plan: &Plan, folder: &std::path::Path, threads: usize) -> (Records, usize) {
    let runner = Fickle { calls: AtomicUsize::new(0) };
    let (mut journal, found) = Journal::open(folder, &Header::new(&plan.digest(), "test")).unwrap();
    let mut records = Records::from_journal(plan, 2, &found.records);
    let missing: Vec<Task> = all_tasks(plan, 2).into_iter().filter(|&task| records.get(task).is_none()).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| execute(plan, &missing, &runner, &mut journal, &mut records, &Unwatched)).unwrap();
    (records, runner.calls.into_inner())
}

#[test]
fn failures_and_panics_stay_with_their_run() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let (records, calls) = run(&plan, folder.path(), 2);
    assert_eq!((records.len(), calls), (6, 6));
    let error = |point, replication| records.get(Task { point, replication }).unwrap().error.clone();
    assert_eq!(error(0, 0), None);
    assert_eq!(error(1, 0).as_deref(), Some("no luck"));
    assert_eq!(error(1, 1).as_deref(), Some("it panicked: out of luck"));
    let command = plan.reproduction(&plan.points[1], 1);
    assert!(command.ends_with("one.toml --set instance.cores=2 --seed 2"), "{command}");
    // A second time only what failed is tried again, and what comes of it is the same.
    let (again, calls) = run(&plan, folder.path(), 1);
    assert_eq!(calls, 2);
    assert_eq!(again, records);
}

#[test]
fn a_point_that_is_no_scenario_is_a_failure_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    plan(folder.path());
    let path = folder.path().join("sweep.toml");
    std::fs::write(&path, "base = 'one.toml'\n[axes]\n'instance.cores' = [0, 1]\n").unwrap();
    let files = SharedFiles::default();
    let plan = Plan::new(SweepFile::load(&path, &files).unwrap(), "requests", &files).unwrap();
    assert!(plan.points[0].fault.is_some() && plan.points[1].fault.is_none());
    let simulator = Simulator::new(&plan, &files).unwrap();
    assert!(simulator.run(Task { point: 0, replication: 0 }, &|| false).is_err());
    assert!(simulator.run(Task { point: 1, replication: 0 }, &|| false).unwrap().is_some());
    assert!(simulator.run(Task { point: 1, replication: 0 }, &|| true).unwrap().is_none(), "cancelled");
}
