//! Distributions of durations, as a scenario writes them: a duration alone, or a table with one key that names the
//! family. A [`Distribution`] is what was written; [`Distribution::sampler`] checks it and compiles it to a [`Sampler`].

mod compile;
mod read;
mod sampler;
mod schema;
mod tables;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

pub use sampler::Sampler;

use crate::time::SimDuration;

/// How a duration is distributed, as a scenario writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same: `"12ms"`.
    Constant(SimDuration),
    /// `{ exponential = { mean = "5ms" } }`
    Exponential {
        /// The mean.
        mean: SimDuration,
    },
    /// `{ lognormal = { mean = "12ms", cv = 1.0 } }` or `{ lognormal = { median = "45s", p95 = "90s" } }`
    Lognormal(Lognormal),
    /// `{ gamma = { mean = "12ms", cv = 0.5 } }`; Erlang for cv = 1/sqrt(k).
    Gamma {
        /// The mean.
        mean: SimDuration,
        /// Standard deviation over mean.
        cv: f64,
    },
    /// `{ pareto = { mean = "12ms", alpha = 1.5, max = "10s" } }`, bounded when `max` is given.
    Pareto {
        /// The mean, of the bounded distribution when there is a bound.
        mean: SimDuration,
        /// The tail index; at most 1 only with a bound.
        alpha: f64,
        /// No draw is above this.
        max: Option<SimDuration>,
    },
    /// `{ weibull = { mean = "12ms", shape = 0.7 } }`
    Weibull {
        /// The mean.
        mean: SimDuration,
        /// The shape: below 1 a heavier tail than the exponential.
        shape: f64,
    },
    /// `{ uniform = { min = "1ms", max = "3ms" } }`
    Uniform {
        /// The least.
        min: SimDuration,
        /// The greatest.
        max: SimDuration,
    },
    /// `{ hyperexponential = { mean = "12ms", cv = 2.0 } }`: two exponentials with balanced means.
    Hyperexponential {
        /// The mean.
        mean: SimDuration,
        /// Standard deviation over mean, above 1.
        cv: f64,
    },
    /// `{ mixture = [ { weight = 0.9, exponential = { mean = "5ms" } }, { weight = 0.1, constant = "50ms" } ] }`
    Mixture(Vec<Weighted>),
    /// `{ quantiles = { min = "1ms", p50 = "40ms", p99 = "300ms", max = "1s" } }` or `[[0, "1ms"], [0.5, "40ms"], ...]`:
    /// straight lines between the given points of the inverse distribution function.
    Quantiles(Quantiles),
    /// `{ empirical = { file = "boots.csv" } }` or `{ empirical = { values = ["1s", "2s"] } }`: draws with replacement.
    Empirical(Empirical),
    /// `{ histogram = [ { from = "0ms", to = "10ms", count = 5 }, ... ] }`: uniform within each bin.
    Histogram(Vec<Bin>),
}

/// The two ways to give a lognormal distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum Lognormal {
    /// By its moments.
    Mean {
        /// The mean.
        mean: SimDuration,
        /// Standard deviation over mean.
        cv: f64,
    },
    /// By two quantiles.
    Median {
        /// The 50th percentile.
        median: SimDuration,
        /// The 95th percentile.
        p95: SimDuration,
    },
}

/// One part of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The share of draws that come from this part, relative to the other weights.
    pub weight: f64,
    /// What they are drawn from.
    pub of: Distribution,
}

/// Points of an inverse distribution function.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    /// Probability and value, in ascending order; the first probability is 0 and the last 1.
    pub points: Vec<(f64, SimDuration)>,
    /// Whether it was written with names (`p50 = ...`) rather than as pairs.
    pub named: bool,
}

/// Where recorded durations come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Empirical {
    /// One duration per line, in seconds or with a unit.
    File(PathBuf),
    /// Listed in the scenario.
    Values(Vec<SimDuration>),
}

/// One bin of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// The lower edge.
    pub from: SimDuration,
    /// The upper edge.
    pub to: SimDuration,
    /// How many fell into it.
    pub count: u64,
}

/// Why a distribution cannot be drawn from.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// A parameter that has no meaning for the family.
    #[error("{family}: {problem}")]
    Parameter {
        /// The family as it is written.
        family: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A file of recorded durations that cannot be read.
    #[error("empirical: cannot read {file}: {problem}")]
    File {
        /// The file as it is written.
        file: String,
        /// What the system said.
        problem: String,
    },
    /// A line of a file of recorded durations that is not one.
    #[error("empirical: {file}, line {line}: {problem}")]
    Line {
        /// The file as it is written.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Every family with the keys of its table, in the order they are shown. Families without keys are lists.
const FAMILIES: [(&str, &[&str]); 12] = [
    ("constant", &[]),
    ("exponential", &["mean"]),
    ("lognormal", &["mean", "cv", "median", "p95"]),
    ("gamma", &["mean", "cv"]),
    ("pareto", &["mean", "alpha", "max"]),
    ("weibull", &["mean", "shape"]),
    ("uniform", &["min", "max"]),
    ("hyperexponential", &["mean", "cv"]),
    ("mixture", &[]),
    ("quantiles", &[]),
    ("empirical", &["file", "values"]),
    ("histogram", &[]),
];

impl Distribution {
    /// The family, as it is written in a scenario.
    pub fn family(&self) -> &'static str {
        match self {
            Distribution::Constant(_) => "constant",
            Distribution::Exponential { .. } => "exponential",
            Distribution::Lognormal(_) => "lognormal",
            Distribution::Gamma { .. } => "gamma",
            Distribution::Pareto { .. } => "pareto",
            Distribution::Weibull { .. } => "weibull",
            Distribution::Uniform { .. } => "uniform",
            Distribution::Hyperexponential { .. } => "hyperexponential",
            Distribution::Mixture(_) => "mixture",
            Distribution::Quantiles(_) => "quantiles",
            Distribution::Empirical(_) => "empirical",
            Distribution::Histogram(_) => "histogram",
        }
    }
}

impl From<SimDuration> for Distribution {
    fn from(constant: SimDuration) -> Self {
        Distribution::Constant(constant)
    }
}

impl Default for Distribution {
    /// No time at all.
    fn default() -> Self {
        Distribution::Constant(SimDuration::ZERO)
    }
}
