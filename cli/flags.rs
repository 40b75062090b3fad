//! Flags that several verbs share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use windtunnel_sim::experiment::statistics::sequential::Until;
use windtunnel_traces::SimDuration;

use crate::enforce::Objective;

/// Changes to a scenario.
#[derive(Debug, Default, Args)]
pub(crate) struct ScenarioFlags {
    /// Set any key of the scenario, such as `ess.rule.scale-out-cpu-high.cooldown=60s` (may be repeated)
    ///
    /// The value is TOML, or a text where it is not TOML. Elements of arrays are addressed by name, boot stages by
    /// stage. File names are relative to the working directory. With several scenarios, a key of one controller
    /// changes the scenarios that have it.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Use another seed: the same as --set seed=N
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Simulate another length: the same as --set horizon=2h
    #[arg(long, value_name = "DURATION")]
    pub(crate) horizon: Option<SimDuration>,
}

/// How to simulate.
#[derive(Debug, Args)]
pub(crate) struct ExperimentFlags {
    /// Run under this many seeds (seed, seed+1, ...) and report means with 95 % confidence intervals
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) replications: u32,
    /// Replicate until intervals are narrow enough, such as half-width=2% (of the mean); instead of --replications
    ///
    /// Looks after 10 replications and then after every 5, at cost_total and slo_violating_request_fraction unless
    /// `,of=METRIC` names others; stops at 200 unless `,cap=N`. A share is sure enough at 0.01 percentage points
    /// (`,absolute=0.0001`).
    #[arg(long, value_name = "RULE", conflicts_with = "replications")]
    pub(crate) until: Option<Until>,
    /// How exactly to simulate
    #[arg(long, value_name = "NAME", default_value = "requests")]
    pub(crate) fidelity: Fidelity,
    /// Use this many threads; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Exit with 3 unless this holds, such as 'slo_violating_request_fraction < 0.1%' (may be repeated)
    ///
    /// Names are those of `windtunnel metrics`; with replications the mean is held against the bound.
    #[arg(long, value_name = "METRIC < VALUE")]
    pub(crate) enforce: Vec<Objective>,
    /// Show no progress and no notes; warnings and errors remain
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Where results go.
#[derive(Debug, Args)]
pub(crate) struct OutputFlags {
    /// Write files and plots to this folder [default: windtunnel-out; with --format json: none]
    #[arg(long, alias = "output", value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write no plots
    #[arg(long)]
    pub(crate) no_plots: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: Format,
    /// Replace files in the output folder even if windtunnel did not write them
    #[arg(long)]
    pub(crate) force: bool,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Option<PathBuf>,
}

impl OutputFlags {
    /// The folder to write to, when there is one.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        match (&self.out, self.format) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Format::Table) => Some(PathBuf::from("windtunnel-out")),
            (None, Format::Json) => None,
        }
    }
}

/// What is printed on standard output.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// One JSON document
    Json,
}

/// How exactly to simulate.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fidelity {
    /// Every request is simulated
    Requests,
    /// Rates and expected numbers: a screening, much faster; docs/fluid.md has its errors
    Fluid,
}
