//! Running the scenarios of `run` and `compare`.

use windtunnel_sim::experiment::replicate_keeping;
use windtunnel_sim::experiment::statistics::sequential::Until;
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::plant::fluid::scope::obstacle;
use windtunnel_sim::run;
use windtunnel_sim::scenario::{Loaded, Scenario};

use crate::diagnostics;
use crate::error::{CliError, Kind};
use crate::flags::{ExperimentFlags, Fidelity};
use crate::interrupt;
use crate::progress::Bar;

/// Outcomes of scenarios, each under the same seeds. There is at least one of each.
pub(crate) struct Results {
    /// `outcomes[scenario][replication]`
    pub(crate) outcomes: Vec<Vec<Outcome>>,
    /// What to call each scenario: its name, told apart by a number where two have the same.
    pub(crate) names: Vec<String>,
}

impl Results {
    /// Every scenario: what to call it, and its replications.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[Outcome])> {
        self.names.iter().map(String::as_str).zip(self.outcomes.iter().map(Vec::as_slice))
    }

    /// The outcome under the first seed of every scenario: what is drawn and written as a timeline.
    pub(crate) fn firsts(&self) -> Vec<&Outcome> {
        self.outcomes.iter().filter_map(|replications| replications.first()).collect()
    }

    pub(crate) fn replications(&self) -> usize {
        self.outcomes.first().map_or(0, Vec::len)
    }
}

/// Runs every scenario under the seeds of the first: only under common seeds they meet the same requests.
pub(crate) fn run(loaded: &[Loaded], flags: &ExperimentFlags) -> Result<Results, CliError> {
    let scenarios: Vec<&Scenario> = loaded.iter().map(|loaded| &loaded.scenario).collect();
    let Some(first) = scenarios.first() else {
        return Err(CliError::new(Kind::Usage, "there is no scenario to run"));
    };
    let fidelity = match flags.fidelity {
        Fidelity::Requests => run::Fidelity::Requests,
        Fidelity::Fluid => run::Fidelity::Fluid,
    };
    if fidelity == run::Fidelity::Fluid {
        check_fluid(&scenarios)?;
    }
    note_other_seeds(&scenarios, flags);
    interrupt::listen();
    let mut outcomes: Vec<Vec<Outcome>> = scenarios.iter().map(|_| Vec::new()).collect();
    let mut done = 0;
    let mut wanted = flags.until.as_ref().map_or(flags.replications, |until| until.wanted(|_| None, 0));
    while done < wanted {
        let seeds: Vec<u64> = (done..wanted).map(|i| first.seed.wrapping_add(u64::from(i))).collect();
        // The first replication is drawn and listed; of the others only the figures are used.
        let whole = usize::from(done == 0);
        let more = batch(whole, fidelity, &scenarios, &seeds, flags)?;
        for (all, more) in outcomes.iter_mut().zip(more) {
            all.extend(more);
        }
        done = wanted;
        if let Some(until) = &flags.until {
            wanted = wanted_by_all(until, &outcomes, done);
        }
    }
    let names = told_apart(outcomes.iter().filter_map(|runs| runs.first()).map(|outcome| outcome.name.as_str()));
    Ok(Results { outcomes, names })
}

/// Refuses what rates and expected numbers cannot stand for, before anything is simulated.
fn check_fluid(scenarios: &[&Scenario]) -> Result<(), CliError> {
    for scenario in scenarios {
        if let Some(obstacle) = obstacle(scenario) {
            let message = format!("`{}` cannot be simulated with --fidelity fluid: {obstacle}", scenario.name);
            return Err(CliError::new(Kind::Input, message)
                .hint("leave --fidelity away for this scenario: every request is simulated"));
        }
    }
    Ok(())
}

fn batch(
    whole: usize,
    fidelity: run::Fidelity,
    scenarios: &[&Scenario],
    seeds: &[u64],
    flags: &ExperimentFlags,
) -> Result<Vec<Vec<Outcome>>, CliError> {
    let bar = Bar::new(scenarios, seeds.len(), flags.quiet);
    let outcomes = in_pool(flags.threads, || replicate_keeping(whole, fidelity.into(), scenarios, seeds, &bar))?;
    bar.finish();
    interrupt::check()?;
    outcomes.map_err(|error| CliError::new(Kind::Input, error.to_string()))
}

/// Scenarios are compared in pairs, so all of them get as many replications as the one that needs most.
fn wanted_by_all(until: &Until, outcomes: &[Vec<Outcome>], done: u32) -> u32 {
    let wanted = outcomes.iter().map(|replications| {
        let samples = |metric: &str| replications.iter().map(|outcome| outcome.metrics.get(metric)).collect();
        until.wanted(samples, done)
    });
    wanted.max().unwrap_or(done)
}

fn note_other_seeds(scenarios: &[&Scenario], flags: &ExperimentFlags) {
    let [first, others @ ..] = scenarios else { return };
    if !flags.quiet && others.iter().any(|other| other.seed != first.seed) {
        let message = format!("all scenarios run under the seed {} of `{}`", first.seed, first.name);
        diagnostics::warn(&message, Some("--seed N chooses another; only under one seed they meet the same requests"));
    }
}

/// Does work on a pool of that many threads.
pub(crate) fn in_pool<T: Send>(threads: Option<u16>, work: impl FnOnce() -> T + Send) -> Result<T, CliError> {
    // Zero lets rayon count the cores.
    let threads = threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| CliError::new(Kind::Input, format!("cannot start threads: {error}")))?.install(work))
}

/// Adds a number to names that were seen before.
fn told_apart<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        let mut candidate = name.to_string();
        let mut number = 2;
        while unique.contains(&candidate) {
            candidate = format!("{name} ({number})");
            number += 1;
        }
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_names_are_told_apart() {
        assert_eq!(super::told_apart(["a", "b", "a", "a"].into_iter()), ["a", "b", "a (2)", "a (3)"]);
    }
}
