//! Where variants are run: a plan that grows, with everything that is known about its runs.

use std::collections::BTreeMap;
use std::ops::Range;

use super::TuneError;
use crate::experiment::analysis::Requirement;
use crate::experiment::design::Row;
use crate::experiment::execute::{Records, Simulator, SweepProgress, Task, execute, id_of};
use crate::experiment::journal::{Journal, Record};
use crate::experiment::plan::Plan;
use crate::experiment::results::metric_index;
use crate::scenario::document::SharedFiles;

/// A figure so that smaller is better.
pub(super) fn signed(requirement: &Requirement, figure: f64) -> f64 {
    if requirement.is_upper { figure } else { -figure }
}

/// A plan, and what is known of its runs.
pub(super) struct Bench<'a> {
    pub(super) plan: Plan,
    pub(super) files: &'a SharedFiles,
    journal: &'a mut Journal,
    progress: &'a dyn SweepProgress,
    /// Every run by its id, whichever plan it belongs to.
    known: BTreeMap<String, Record>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        plan: Plan,
        files: &'a SharedFiles,
        journal: &'a mut Journal,
        found: &[Record],
        progress: &'a dyn SweepProgress,
    ) -> Self {
        let successes = found.iter().filter(|record| record.error.is_none());
        let known = successes.map(|record| (record.id.clone(), record.clone())).collect();
        Bench { plan, files, journal, progress, known }
    }

    /// The points of rows; nothing for those that a constraint excludes.
    pub(super) fn add(&mut self, rows: &[Row]) -> Result<Vec<Option<usize>>, TuneError> {
        Ok(self.plan.add(rows, self.files)?)
    }

    /// Makes sure that these points have been run under these seeds.
    pub(super) fn run(&mut self, points: &[usize], replications: Range<u32>) -> Result<(), TuneError> {
        let mut missing: Vec<Task> = Vec::new();
        for replication in replications {
            for &point in points {
                let task = Task { point, replication };
                if !self.known.contains_key(&id_of(&self.plan, task)) && !missing.contains(&task) {
                    missing.push(task);
                }
            }
        }
        let mut records = Records::default();
        let simulator = Simulator::new(&self.plan, self.files)?;
        execute(&self.plan, &missing, &simulator, self.journal, &mut records, self.progress)?;
        self.known.extend(records.iter().map(|(_, record)| (record.id.clone(), record.clone())));
        Ok(())
    }

    /// The figures of a point; nothing unless every run has one.
    pub(super) fn samples(&self, point: usize, metric: &str, replications: Range<u32>) -> Option<Vec<f64>> {
        let index = metric_index(metric)?;
        let of = |replication| {
            self.known.get(&id_of(&self.plan, Task { point, replication }))?.metrics.get(index).copied().flatten()
        };
        replications.map(of).collect()
    }

    pub(super) fn mean(&self, point: usize, metric: &str, replications: Range<u32>) -> Option<f64> {
        let samples = self.samples(point, metric, replications)?;
        Some(samples.iter().sum::<f64>() / samples.len() as f64)
    }

    /// Works on a variant of the plan for a while: another world, the same points.
    pub(super) fn elsewhere<T>(
        &mut self,
        plan: Plan,
        work: impl FnOnce(&mut Bench<'_>) -> Result<T, TuneError>,
    ) -> Result<T, TuneError> {
        let mut other = Bench {
            plan,
            files: self.files,
            journal: self.journal,
            progress: self.progress,
            known: std::mem::take(&mut self.known),
        };
        let result = work(&mut other);
        self.known = std::mem::take(&mut other.known);
        result
    }
}
