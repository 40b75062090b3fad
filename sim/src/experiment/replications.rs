//! Scenarios × seeds, in parallel, in an order that does not depend on the number of threads.

use rayon::prelude::*;
use windtunnel_traces::SimTime;

use crate::outcome::{Outcome, Summary};
use crate::run::{Progress, RunOptions, SimulationError, simulate_with};
use crate::scenario::Scenario;

/// Which run of an experiment.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    /// The scenario's index.
    pub scenario: usize,
    /// The seed's index.
    pub replication: usize,
}

/// Watches all runs of an experiment, from many threads at once, and may stop it.
pub trait ExperimentProgress: Sync {
    /// The run has come as far as `simulated` and seen `requests` requests, both counted from its start.
    fn advanced(&self, run: RunId, simulated: SimTime, requests: u64) {
        let _ = (run, simulated, requests);
    }

    /// The run is done.
    fn finished(&self, run: RunId) {
        let _ = run;
    }

    /// True when the whole experiment should stop.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Copy, Clone, Debug, Default)]
pub struct Silent;

impl ExperimentProgress for Silent {}
impl Progress for Silent {}

/// Runs every scenario under every seed on the current rayon pool: `outcomes[scenario][replication]`. All scenarios
/// meet the same seeds, so that they can be compared in pairs.
pub fn replicate(
    scenarios: &[&Scenario],
    seeds: &[u64],
    progress: &dyn ExperimentProgress,
) -> Result<Vec<Vec<Outcome>>, SimulationError> {
    replicate_with(RunOptions::default(), scenarios, seeds, progress)
}

/// The same at a fidelity.
pub fn replicate_with(
    options: RunOptions,
    scenarios: &[&Scenario],
    seeds: &[u64],
    progress: &dyn ExperimentProgress,
) -> Result<Vec<Vec<Outcome>>, SimulationError> {
    replicate_keeping(usize::MAX, options, scenarios, seeds, progress)
}

/// The same, of which only the first `whole` replications keep more than their figures: a hundred timelines that nobody
/// draws would fill the memory.
pub fn replicate_keeping(
    whole: usize,
    options: RunOptions,
    scenarios: &[&Scenario],
    seeds: &[u64],
    progress: &dyn ExperimentProgress,
) -> Result<Vec<Vec<Outcome>>, SimulationError> {
    let runs: Vec<RunId> = (0..scenarios.len())
        .flat_map(|scenario| (0..seeds.len()).map(move |replication| RunId { scenario, replication }))
        .collect();
    // An indexed parallel iterator collects in order, whichever run ends first.
    let outcomes: Vec<Result<Outcome, SimulationError>> = runs
        .par_iter()
        .map(|&run| {
            let watched = OneRun { run, progress };
            let outcome = simulate_with(options, scenarios[run.scenario], seeds[run.replication], &watched)?;
            progress.finished(run);
            Ok(if run.replication < whole { outcome } else { outcome.figures() })
        })
        .collect();
    let mut grouped: Vec<Vec<Outcome>> = scenarios.iter().map(|_| Vec::with_capacity(seeds.len())).collect();
    // The error of the first run in order, not of the first in time: the same on every machine.
    for (run, outcome) in runs.iter().zip(outcomes) {
        grouped[run.scenario].push(outcome?);
    }
    Ok(grouped)
}

struct OneRun<'a> {
    run: RunId,
    progress: &'a dyn ExperimentProgress,
}

impl Progress for OneRun<'_> {
    fn advanced(&self, simulated: SimTime, requests: u64) {
        self.progress.advanced(self.run, simulated, requests);
    }

    fn cancelled(&self) -> bool {
        self.progress.cancelled()
    }
}

/// A figure over replications of one scenario, by its name: over those that have a value of it, nothing where none has.
pub fn summarize(replications: &[Outcome], metric: &str) -> Option<Summary> {
    let samples: Vec<f64> = replications.iter().filter_map(|outcome| outcome.metrics.get(metric)).collect();
    (!samples.is_empty()).then(|| Summary::of(&samples))
}

/// A figure of `other` minus that of `first`, replication by replication, over those in which both have it. Under
/// common seeds both meet the same requests and boots, so the interval of the difference is narrower than theirs.
pub fn paired(first: &[Outcome], other: &[Outcome], figure: impl Fn(&Outcome) -> Option<f64>) -> Option<Summary> {
    let differences: Vec<f64> = first.iter().zip(other).filter_map(|(a, b)| Some(figure(b)? - figure(a)?)).collect();
    (!differences.is_empty()).then(|| Summary::of(&differences))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, Loaded, document::DiskFiles};

    #[test]
    fn outcomes_come_in_order_whatever_the_threads() {
        let load = |text: &str| Loaded::from_document(Document::parse("x.toml", text).unwrap(), &DiskFiles).unwrap();
        let common = "horizon = '10m'\ntrace = { shape = 'constant', rate = '5rps' }\nservice.cpu = '10ms'\n";
        let one = load(&format!("name = 'one'\n{common}instance.cores = 1\nfixed.instances = 1\n"));
        let two = load(&format!("name = 'two'\n{common}instance.cores = 2\nfixed.instances = 2\n"));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let outcomes = pool.install(|| replicate(&[&one.scenario, &two.scenario], &[3, 4, 5], &Silent)).unwrap();
            let of = |outcome: &Outcome| (outcome.name.clone(), outcome.seed, outcome.metrics.clone());
            outcomes.iter().map(|runs| runs.iter().map(of).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let alone = run(1);
        let order: Vec<(&str, u64)> = alone.iter().flatten().map(|(name, seed, _)| (name.as_str(), *seed)).collect();
        assert_eq!(order, [("one", 3), ("one", 4), ("one", 5), ("two", 3), ("two", 4), ("two", 5)]);
        assert_eq!(alone, run(3));
    }
}
