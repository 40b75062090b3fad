//! Many runs: replications of scenarios under common seeds, and sweeps over their parameters.
//!
//! A sweep goes through these rooms in order: [`sweep_file`] (what was written) with [`axis`], [`constraint`] and
//! [`design`]; [`plan`] (every point with its digest); [`execute`] with [`journal`] (runs, durable one by one);
//! [`results`] (tables). [`shards`] does the same on many machines.
//! [`tune`] searches instead of listing. [`statistics`] says how sure a figure is, [`analysis`] what the figures of a sweep say.

pub mod analysis;
pub mod axis;
pub mod clairvoyant;
pub mod constraint;
pub mod design;
pub mod execute;
pub mod journal;
pub mod plan;
mod quantity;
pub mod replications;
pub mod results;
pub mod shards;
pub mod statistics;
pub mod sweep_file;
pub mod tune;

pub use replications::{
    ExperimentProgress, RunId, Silent, paired, replicate, replicate_keeping, replicate_with, summarize,
};
