//! Boot stages: what lies between a launch and the first request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::{Ratio, SimDuration};

use super::no_time;

/// What follows when a boot stage fails.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterFailure {
    /// The instance is released and another launched in its place.
    #[default]
    Replace,
    /// The instance is released; the activity ends with one instance less.
    GiveUp,
    /// The boot goes on, as a script without `set -e` does.
    Continue,
}

/// A stage of the boot.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootStage {
    /// Its name, shown in the reaction budget.
    #[serde(alias = "name")]
    pub stage: String,
    /// How long it takes. With `poll`: how long what is polled for takes.
    #[serde(default = "no_time")]
    pub time: Distribution,
    /// A loop that checks at once, then every so often, and fails after so many checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// The probability that the stage fails.
    #[serde(default)]
    pub fails: Ratio,
    /// What follows a failure.
    #[serde(default)]
    pub then: AfterFailure,
}

/// A loop of checks: the first at once, the others `every` so often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// Time between checks.
    pub every: SimDuration,
    /// Checks before the stage has failed.
    pub attempts: u32,
}
