//! Many runs: replications of scenarios under common seeds.

pub mod replications;

pub use replications::{ExperimentProgress, RunId, Silent, paired, replicate, replicate_with, summarize};
