//! The bench that cases are measured on: scenarios from texts, many seeds, and a figure of each run.

use std::ops::Range;

use rayon::prelude::*;
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::plant::fluid::scope::obstacle;
use windtunnel_sim::run::{Fidelity, Progress, RunOptions, simulate_with};
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded, Scenario};

use crate::error::ValidationError;

/// How far fresh seeds are from the first ones.
const FRESH: u64 = 1_000_000;

/// How much of the programme to run.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Effort {
    /// All of it: minutes.
    Full,
    /// A part of the cases with shorter runs: what `cargo test` runs.
    Short,
}

/// Watches a programme, and may stop it.
pub trait Watch: Sync {
    /// A case begins.
    fn begins(&self, case: &str) {
        let _ = case;
    }

    /// True when the programme should stop.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Copy, Clone, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// What cases are measured on.
pub struct Bench<'w> {
    /// How much of it.
    pub effort: Effort,
    /// The first seed; replications take those that follow.
    pub first_seed: u64,
    /// The cores that an instance labelled with eight really has. Anything but eight is a mistake that the programme has to
    /// notice: the test of the test.
    pub eight: u32,
    /// Who watches.
    pub watch: &'w dyn Watch,
}

struct Watched<'w>(&'w dyn Watch);

impl Progress for Watched<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

impl Bench<'_> {
    /// The cores that an instance with this label really has.
    pub fn cores(&self, labelled: u32) -> u32 {
        if labelled == 8 { self.eight } else { labelled }
    }

    /// Whether only a part is run.
    pub fn is_short(&self) -> bool {
        self.effort == Effort::Short
    }

    /// Of two settings the one for this effort.
    pub fn either<T>(&self, full: T, short: T) -> T {
        if self.is_short() { short } else { full }
    }

    /// Independent replications of a station: enough that four standard errors are that rare.
    pub fn replications(&self) -> u64 {
        self.either(32, 16)
    }

    /// The seeds that a case is measured under.
    pub fn seeds(&self) -> Range<u64> {
        self.first_seed..self.first_seed + self.replications()
    }

    /// Seeds that no case was measured under, four times as many: what a row that breaks its rule is measured again with.
    pub fn fresh_seeds(&self) -> Range<u64> {
        let first = self.first_seed + FRESH;
        first..first + 4 * self.replications()
    }

    /// A scenario from its text.
    ///
    /// # Errors
    /// When it is refused.
    pub fn scenario(&self, text: &str) -> Result<Scenario, ValidationError> {
        let document = Document::parse("validation.toml", text)?;
        Ok(Loaded::from_document(document, &DiskFiles)?.scenario)
    }

    /// Runs a scenario under `replications` seeds and takes figures of each; `figures[replication]`.
    ///
    /// # Errors
    /// When a run came to no end.
    pub fn measure<T: Send>(
        &self,
        scenario: &Scenario,
        replications: u64,
        timeline: bool,
        figures: impl Fn(&Outcome) -> T + Sync,
    ) -> Result<Vec<T>, ValidationError> {
        self.measure_under(self.first_seed..self.first_seed + replications, scenario, timeline, figures)
    }

    /// The same under these seeds.
    ///
    /// # Errors
    /// When a run came to no end.
    pub fn measure_under<T: Send>(
        &self,
        seeds: Range<u64>,
        scenario: &Scenario,
        timeline: bool,
        figures: impl Fn(&Outcome) -> T + Sync,
    ) -> Result<Vec<T>, ValidationError> {
        let of = |seed| Ok(figures(&self.run(scenario, seed, Fidelity::Requests, timeline)?));
        seeds.into_par_iter().map(of).collect()
    }

    /// Runs a scenario under a seed.
    ///
    /// # Errors
    /// When the run came to no end.
    pub fn run(
        &self,
        scenario: &Scenario,
        seed: u64,
        fidelity: Fidelity,
        timeline: bool,
    ) -> Result<Outcome, ValidationError> {
        Ok(simulate_with(RunOptions { fidelity, timeline }, scenario, seed, &Watched(self.watch))?)
    }

    /// The same at fluid fidelity, under one seed: the seed moves only what sensors read. Nothing where fluid does not know
    /// what the scenario asks for.
    ///
    /// # Errors
    /// When the run came to no end.
    pub fn fluid<T>(&self, scenario: &Scenario, figures: impl Fn(&Outcome) -> T) -> Result<Option<T>, ValidationError> {
        if obstacle(scenario).is_some() {
            return Ok(None);
        }
        Ok(Some(figures(&self.run(scenario, self.first_seed, Fidelity::Fluid, true)?)))
    }
}

/// A figure of an outcome by its name; no number where it has no value.
pub fn figure(outcome: &Outcome, name: &str) -> f64 {
    outcome.metrics.get(name).unwrap_or(f64::NAN)
}
