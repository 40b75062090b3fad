//! Recorded HPA experiments: the recorded load through the modelled cluster, pods against pods.
//!
//! Whatever recordings of the three studies the folder has are replayed, by the names of their files. What is documented,
//! calibrated and assumed stands in the scenario of each study. The bounds are not taken from results: a first rough model by
//! others came within -7 % to +16 % of the mean replicas, with a mean absolute error of 0.8 to 2.9 pods; the mean has to keep to
//! the better side of the former, the error to the better half of the latter. Peaks may differ by what the HPA's tolerance of a tenth
//! hides, at least a pod; instants by one renewal of usage and one sync, whose phases nobody recorded.

mod calibration;
mod files;
mod instants;
mod jthomperoo;
mod korvoj;
mod nadamdb;
mod numpy;

use std::path::{Path, PathBuf};

pub use calibration::calibrate;
use instants::Change;
use rayon::prelude::*;
use windtunnel_sim::outcome::{Outcome, StepSeries};
use windtunnel_sim::run::Fidelity;
use windtunnel_sim::scenario::Scenario;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::row::{Replay, Report, Row, Rule, Section};

/// The largest relative error of the mean number of pods.
pub const MEAN: f64 = 0.07;
/// The largest mean absolute error over time, in pods.
pub const ERROR: f64 = 1.45;
/// What the HPA's tolerance hides of a peak.
const TOLERANCE: f64 = 0.1;

/// A recorded run, and how it is simulated.
pub struct Recording {
    /// The study and the run, such as `v01 k3s_04`.
    pub name: String,
    /// What is simulated.
    pub scenario: Scenario,
    /// Seconds that are compared.
    pub seconds: f64,
    /// Pods over time.
    pub pods: StepSeries,
    /// Which pods those are.
    pub counted: Counted,
    /// When the load changes.
    changes: Vec<Change>,
    /// One renewal of usage and one sync, in seconds.
    patience: f64,
    /// Mean latency in seconds, where it was recorded, and what should be known about it.
    latency: Option<(f64, &'static str)>,
    /// Simulations, each under a seed of its own.
    seeds: u64,
    /// Whether a chart is drawn of it.
    draws: bool,
    /// What should be known about the run.
    note: &'static str,
    /// What its traffic is: scenarios of recordings read it from temporary files, whose names say nothing.
    traffic: &'static str,
    /// Temporary files that the scenario reads its arrivals from.
    _files: Vec<tempfile::NamedTempFile>,
}

/// What was counted over time.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Pods that exist, also while they start or terminate.
    Existing,
    /// Replicas as the HPA asks for them.
    AskedFor,
}

impl Counted {
    /// The count over time of a simulation that began with one pod.
    pub fn of(self, outcome: &Outcome) -> StepSeries {
        match self {
            Counted::Existing => StepSeries::existing(outcome),
            Counted::AskedFor => {
                let changes = outcome.activities.iter().map(|entry| (entry.at_seconds, f64::from(entry.to)));
                StepSeries::new(std::iter::once((0.0, 1.0)).chain(changes).collect())
            }
        }
    }
}

/// All recordings that are found below a folder, study by study.
///
/// # Errors
/// When a recording cannot be read.
pub fn recordings(bench: &Bench<'_>, data: &Path) -> Result<Vec<Recording>, ValidationError> {
    let folders = files::folders(data)?;
    let mut recordings = korvoj::recordings(bench, &folders)?;
    recordings.extend(jthomperoo::recordings(bench, &folders)?);
    recordings.extend(nadamdb::recordings(bench, &folders)?);
    Ok(recordings)
}

/// Replays all recordings of a folder; without one there is nothing to compare with.
///
/// # Errors
/// When a recording cannot be read, or a run came to no end.
pub fn rows(bench: &Bench<'_>, data: Option<&PathBuf>, report: &mut Report) -> Result<(), ValidationError> {
    let Some(data) = data else {
        for study in ["v01 korvoj: k3s and kubespray", "v02 jthomperoo: EKS", "v03 nadamdb: known arrivals"] {
            let row = Row::compare(Section::Recorded, study, "", "pods over time");
            report
                .rows
                .push(row.not_run(Rule::WithinShare { share: MEAN }, "no recordings: --data DIR names their folder"));
        }
        return Ok(());
    };
    let recordings = recordings(bench, data)?;
    if recordings.is_empty() {
        let message = format!("`{}` and the folders in it have no recording that is known", data.display());
        return Err(ValidationError::Recording(message));
    }
    for recording in recordings {
        bench.watch.begins(&recording.name);
        let outcomes = recording.simulate(bench)?;
        compare(&recording, outcomes, report);
    }
    Ok(())
}

impl Recording {
    /// Simulates it under its seeds.
    ///
    /// # Errors
    /// When a run came to no end.
    pub fn simulate(&self, bench: &Bench<'_>) -> Result<Vec<Outcome>, ValidationError> {
        let seeds = bench.first_seed..bench.first_seed + self.seeds;
        seeds.into_par_iter().map(|seed| bench.run(&self.scenario, seed, Fidelity::Requests, self.draws)).collect()
    }

    /// The mean absolute error over time of each simulation, in pods.
    pub fn errors(&self, outcomes: &[Outcome]) -> Vec<f64> {
        let error = |outcome: &Outcome| self.counted.of(outcome).mean_absolute_error(&self.pods, 0.0, self.seconds);
        outcomes.iter().map(error).collect()
    }
}

fn compare(recording: &Recording, outcomes: Vec<Outcome>, report: &mut Report) {
    let seconds = recording.seconds;
    let simulated: Vec<StepSeries> = outcomes.iter().map(|outcome| recording.counted.of(outcome)).collect();
    let of = |figure: &dyn Fn(&StepSeries) -> f64| -> Vec<f64> { simulated.iter().map(figure).collect() };
    let compare = |what: &str| Row::compare(Section::Recorded, "", &recording.name, what).note(recording.note);
    let mut rows = Vec::new();
    rows.push(
        compare("mean pods")
            .reference(recording.pods.mean(0.0, seconds))
            .judge(Rule::WithinShare { share: MEAN }, &of(&|pods| pods.mean(0.0, seconds))),
    );
    let errors = recording.errors(&outcomes);
    rows.push(compare("mean absolute error over time, pods").judge(Rule::AtMost { bound: ERROR }, &errors));
    let peak = recording.pods.peak(0.0, seconds).1;
    let bound = (TOLERANCE * peak).ceil().max(1.0);
    rows.push(
        compare("peak, pods").reference(peak).judge(Rule::Within { bound }, &of(&|pods| pods.peak(0.0, seconds).1)),
    );
    let bound = recording.patience;
    for (what, up) in [("up after more", true), ("down after less", false)] {
        let apart = |pods: &StepSeries| instants::apart(&recording.pods, pods, &recording.changes, seconds, up);
        let apart: Vec<f64> = simulated.iter().filter_map(apart).collect();
        if !apart.is_empty() {
            let what = format!("first step {what} load: mean distance in time, s");
            rows.push(compare(&what).judge(Rule::AtMost { bound }, &apart));
        }
    }
    if let Some((latency, why)) = recording.latency {
        let simulated: Vec<f64> = outcomes.iter().map(|outcome| outcome.latency.mean_seconds()).collect();
        rows.push(compare("mean latency, s").reference(latency).note(why).judge(Rule::Shown, &simulated));
    }
    for row in &mut rows {
        row.group = recording.name.split(' ').next().unwrap_or("").to_string();
        row.case = recording.name.split_once(' ').map_or("", |(_, run)| run).to_string();
    }
    report.rows.extend(rows);
    let mut order: Vec<usize> = (0..errors.len()).collect();
    order.sort_by(|&a, &b| errors[a].total_cmp(&errors[b]));
    let typical_at = order[order.len() / 2];
    if let Some(mut typical) = outcomes.into_iter().nth(typical_at).filter(|_| recording.draws) {
        typical.traffic = recording.traffic.into();
        report.replays.push(Replay {
            name: recording.name.clone(),
            seconds,
            recorded: recording.pods.clone(),
            simulated,
            typical: Box::new(typical),
            typical_at,
        });
    }
}
