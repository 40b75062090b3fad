//! `tune.json`, read back.

use serde::Deserialize;
use windtunnel_sim::outcome::Summary;

/// A tuning as its charts need it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredTune {
    pub(crate) scenario: String,
    pub(crate) objective: String,
    pub(crate) minimize: String,
    pub(crate) seed: u64,
    pub(crate) replications: u32,
    #[serde(default)]
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) traffic: String,
    #[serde(default)]
    pub(crate) policy: String,
    pub(crate) today: StoredVariant,
    pub(crate) recommended: Option<StoredVariant>,
    pub(crate) runners_up: Vec<StoredVariant>,
}

/// A variant under the seeds that confirm.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredVariant {
    pub(crate) settings: Vec<String>,
    pub(crate) cost: Summary,
    pub(crate) figure: Summary,
    pub(crate) verdict: String,
}
