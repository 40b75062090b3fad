//! Carrying out a plan: runs on all threads, a journal that is written by one, results in an order of their own.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rayon::prelude::*;
use windtunnel_traces::SimTime;

use super::journal::{JournalError, Keep, Record};
use super::plan::{Bases, Plan, run_id};
use crate::run::{Progress, SimulationError, simulate_sharing};
use crate::scenario::document::{ScenarioError, SharedFiles};

/// One run of a plan.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task {
    /// The point's index.
    pub point: usize,
    /// The replication: the seed is the plan's plus this.
    pub replication: u32,
}

/// Watches a sweep and may stop it.
pub trait SweepProgress: Sync {
    /// These runs are kept now: `done` of `total`.
    fn finished(&self, records: &[(Task, Record)], done: usize, total: usize) {
        let _ = (records, done, total);
    }

    /// True when no further run should begin and those that run should be given up.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Copy, Clone, Debug, Default)]
pub struct Unwatched;

impl SweepProgress for Unwatched {}

/// Carries out one run.
pub trait Runner: Sync {
    /// The figures of a run, in the order of the metric definitions; nothing when it was cancelled.
    ///
    /// # Errors
    /// Why the run failed, in one sentence.
    fn run(&self, task: Task, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<f64>>, String>;
}

/// Why a plan was not carried out to its end. What was finished is in the journal.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// It was stopped.
    #[error("interrupted")]
    Cancelled,
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Everything that is known of a plan's runs, by run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records(BTreeMap<Task, Record>);

impl Records {
    /// The record of a run.
    pub fn get(&self, task: Task) -> Option<&Record> {
        self.0.get(&task)
    }

    /// Adds a record.
    pub fn insert(&mut self, task: Task, record: Record) {
        self.0.insert(task, record);
    }

    /// All records, by point and replication.
    pub fn iter(&self) -> impl Iterator<Item = (Task, &Record)> {
        self.0.iter().map(|(task, record)| (*task, record))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the records of a journal that belong to the plan. Failures are not taken over: they are tried again.
    pub fn from_journal(plan: &Plan, replications: u32, found: &[Record]) -> Records {
        let tasks = tasks_by_id(plan, replications);
        let successes = found.iter().filter(|record| record.error.is_none());
        Records(successes.filter_map(|record| Some((*tasks.get(&record.id)?, record.clone()))).collect())
    }
}

/// The run of every id.
pub fn tasks_by_id(plan: &Plan, replications: u32) -> BTreeMap<String, Task> {
    all_tasks(plan, replications).into_iter().map(|task| (id_of(plan, task), task)).collect()
}

/// All runs of a plan, replication by replication: every point is met before any is met again.
pub fn all_tasks(plan: &Plan, replications: u32) -> Vec<Task> {
    (0..replications)
        .flat_map(|replication| (0..plan.points.len()).map(move |point| Task { point, replication }))
        .collect()
}

/// The id of a run.
pub fn id_of(plan: &Plan, task: Task) -> String {
    let seed = plan.seed.wrapping_add(u64::from(task.replication));
    // One resolved scenario under two names is two points: they are told apart.
    let scenario = plan.points[task.point].scenario;
    let id = run_id(&plan.points[task.point], seed, &plan.fidelity);
    if plan.sweep.compares_scenarios { format!("{id}-{scenario}") } else { id }
}

/// Carries out runs on the current rayon pool and adds what came of them to `records`.
///
/// # Errors
/// When it was stopped, or finished runs could not be kept. Runs that fail are records, not errors.
pub fn execute(
    plan: &Plan,
    tasks: &[Task],
    runner: &dyn Runner,
    keep: &mut dyn Keep,
    records: &mut Records,
    progress: &dyn SweepProgress,
) -> Result<(), ExecuteError> {
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let total = records.len() + tasks.len();
    let written = std::thread::scope(|scope| {
        let stop = &stop;
        let writer = scope.spawn(move || {
            let written = write_all(&receiver, keep, records, total, progress);
            if written.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            written
        });
        let cancelled = || stop.load(Ordering::Relaxed) || progress.cancelled();
        tasks.par_iter().with_max_len(1).for_each_with(sender, |sender, &task| {
            if cancelled() {
                return;
            }
            if let Some(record) = attempt(plan, task, runner, &cancelled) {
                // The writer goes away only with an error, which then stops everything.
                let _ = sender.send((task, record));
            }
        });
        writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    written?;
    if progress.cancelled() { Err(ExecuteError::Cancelled) } else { Ok(()) }
}

/// How long finished runs are gathered before the disk is waited for: short beside what somebody sees, long beside the shortest
/// runs, whose threads a wait for each would disturb.
const GATHERED: Duration = Duration::from_millis(5);

/// Writes what is waiting with one wait for the disk, and only then counts it.
fn write_all(
    receiver: &mpsc::Receiver<(Task, Record)>,
    keep: &mut dyn Keep,
    records: &mut Records,
    total: usize,
    progress: &dyn SweepProgress,
) -> Result<(), JournalError> {
    while let Ok(first) = receiver.recv() {
        std::thread::sleep(GATHERED);
        let batch: Vec<(Task, Record)> = std::iter::once(first).chain(receiver.try_iter()).collect();
        let lines: Vec<Record> = batch.iter().map(|(_, record)| record.clone()).collect();
        keep.append(&lines)?;
        for (task, record) in &batch {
            records.insert(*task, record.clone());
        }
        progress.finished(&batch, records.len(), total);
    }
    keep.finish()
}

/// Runs once; a panic is a failure of this run alone. Nothing when it was cancelled.
fn attempt(plan: &Plan, task: Task, runner: &dyn Runner, cancelled: &(dyn Fn() -> bool + Sync)) -> Option<Record> {
    let id = id_of(plan, task);
    let outcome = catch_unwind(AssertUnwindSafe(|| runner.run(task, cancelled)));
    let failed = |error| Record { id: id.clone(), metrics: Vec::new(), error: Some(error) };
    match outcome {
        Ok(Ok(Some(metrics))) => {
            let metrics = metrics.into_iter().map(|value| Some(value).filter(|value| value.is_finite())).collect();
            Some(Record { id, metrics, error: None })
        }
        Ok(Ok(None)) => None,
        Ok(Err(error)) => Some(failed(error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            Some(failed(format!("it panicked: {text}")))
        }
    }
}

/// Simulates the runs of a plan.
pub struct Simulator<'a> {
    plan: &'a Plan,
    bases: Bases,
    files: &'a SharedFiles,
}

impl<'a> Simulator<'a> {
    /// Traces that `files` has opened and requests that it keeps are shared by all runs.
    ///
    /// # Errors
    /// When the scenarios of the plan cannot be put together.
    pub fn new(plan: &'a Plan, files: &'a SharedFiles) -> Result<Simulator<'a>, ScenarioError> {
        Ok(Simulator { plan, bases: plan.bases()?, files })
    }
}

impl Runner for Simulator<'_> {
    fn run(&self, task: Task, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<f64>>, String> {
        let point = &self.plan.points[task.point];
        if let Some(fault) = &point.fault {
            return Err(fault.clone());
        }
        let scenario = self.plan.scenario_from(&self.bases, point, self.files).map_err(|error| error.to_string())?;
        let seed = self.plan.seed.wrapping_add(u64::from(task.replication));
        let (options, shared) = (self.plan.run_options(), Some(self.files.requests()));
        match simulate_sharing(options, &scenario, seed, &Watched { cancelled }, shared) {
            // What has no value is no number.
            Ok(outcome) => Ok(Some(outcome.metrics.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect())),
            Err(SimulationError::Cancelled) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

struct Watched<'a> {
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Progress for Watched<'_> {
    fn advanced(&self, _: SimTime, _: u64) {}

    fn cancelled(&self) -> bool {
        (self.cancelled)()
    }
}

#[cfg(test)]
mod tests;
