//! What the three vendors call lifecycle hooks, with each vendor's spelling and defaults, and what a group lays down for
//! its fleet.

use serde::{Deserialize, Deserializer, Serialize};
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;

use super::checks;
use super::problem::Findings;
use crate::fleet::rules::{Completed, Hook, HookResult, Transition};

/// On which way a hook pauses an instance.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HookTransition {
    /// In: the machine runs and is not yet attached to the balancer.
    #[serde(alias = "autoscaling:EC2_INSTANCE_LAUNCHING", alias = "SCALE_OUT", alias = "INSTANCE_LAUNCHING")]
    Launching,
    /// Out: it is detached from the balancer and not yet stopped.
    #[serde(alias = "autoscaling:EC2_INSTANCE_TERMINATING", alias = "SCALE_IN", alias = "INSTANCE_TERMINATING")]
    Terminating,
}

/// What follows when nobody completes a hook in time.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultResult {
    /// The activity goes on.
    #[serde(alias = "CONTINUE")]
    Continue,
    /// A launched instance is released; one that leaves leaves.
    #[serde(alias = "ABANDON")]
    Abandon,
    /// ESS only: on the way in as `abandon`; on the way out the removal is rolled back, and the instance stays.
    #[serde(alias = "ROLLBACK")]
    Rollback,
}

/// A lifecycle hook. It ends when it is completed, or times out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleHook {
    /// Its name (`LifecycleHookName`).
    #[serde(alias = "LifecycleHookName")]
    pub name: String,
    /// `launching` or `terminating` (`LifecycleTransition`).
    #[serde(alias = "LifecycleTransition")]
    pub transition: HookTransition,
    /// How long it waits at most (`HeartbeatTimeout`). Default: 3600 s on AWS, 600 s in ESS, 300 s in Tencent AS.
    #[serde(default, alias = "HeartbeatTimeout", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// What follows a timeout (`DefaultResult`). Default: `abandon` on AWS, `continue` elsewhere.
    #[serde(default, alias = "DefaultResult", skip_serializing_if = "Option::is_none")]
    pub result: Option<DefaultResult>,
    /// How long the script takes that completes it. Without this and `until_booted` nobody completes the hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Distribution>,
    /// The last boot stage completes it: the start-up script ends with CompleteLifecycleAction.
    #[serde(default)]
    pub until_booted: bool,
}

/// What a vendor lays down about hooks.
pub(crate) struct HookLimits {
    pub(crate) timeout: (u64, u64),
    pub(crate) most: usize,
    pub(crate) rolls_back: bool,
}

fn filled<'de, D: Deserializer<'de>>(
    deserializer: D,
    timeout: u64,
    result: DefaultResult,
) -> Result<Vec<LifecycleHook>, D::Error> {
    let mut hooks = Vec::<LifecycleHook>::deserialize(deserializer)?;
    for hook in &mut hooks {
        hook.timeout.get_or_insert(SimDuration::from_secs(timeout));
        hook.result.get_or_insert(result);
    }
    Ok(hooks)
}

/// Hooks of AWS: 3600 s, then ABANDON.
pub(crate) fn aws_hooks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LifecycleHook>, D::Error> {
    filled(deserializer, 3600, DefaultResult::Abandon)
}

/// Hooks of ESS: 600 s, then CONTINUE.
pub(crate) fn ess_hooks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LifecycleHook>, D::Error> {
    filled(deserializer, 600, DefaultResult::Continue)
}

/// Hooks of Tencent AS: 300 s, then CONTINUE.
pub(crate) fn tencent_hooks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LifecycleHook>, D::Error> {
    filled(deserializer, 300, DefaultResult::Continue)
}

/// The hooks in the fleet's words.
pub(crate) fn fleet_hooks(hooks: &[LifecycleHook]) -> Vec<Hook> {
    let hook = |hook: &LifecycleHook| Hook {
        name: hook.name.clone(),
        transition: match hook.transition {
            HookTransition::Launching => Transition::Launching,
            HookTransition::Terminating => Transition::Terminating,
        },
        timeout: hook.timeout.unwrap_or(SimDuration::ZERO),
        result: match hook.result {
            Some(DefaultResult::Abandon) => HookResult::Abandon,
            Some(DefaultResult::Rollback) => HookResult::RollBack,
            Some(DefaultResult::Continue) | None => HookResult::Continue,
        },
        completed: match (&hook.takes, hook.until_booted) {
            (_, true) => Completed::ByBoot,
            (Some(law), false) => Completed::After(law.clone()),
            (None, false) => Completed::Never,
        },
    };
    hooks.iter().map(hook).collect()
}

/// What the vendor's API refuses about hooks, and what cannot be meant.
pub(crate) fn check_hooks(found: &mut Findings, hooks: &[LifecycleHook], limits: &HookLimits) {
    checks::names(found, "hook", hooks.iter().map(|hook| hook.name.as_str()));
    if hooks.len() > limits.most {
        found.refused("hook", format!("a group has at most {} lifecycle hooks, not {}", limits.most, hooks.len()));
    }
    for hook in hooks {
        let path = format!("hook.{}", hook.name);
        if let Some(timeout) = hook.timeout {
            checks::length(found, &format!("{path}.timeout"), timeout, limits.timeout.0, limits.timeout.1);
        }
        if hook.until_booted && hook.takes.is_some() {
            found.error(
                &path,
                "give one of `takes` and `until_booted`: either a script completes the hook or the boot does",
            );
        }
        if hook.until_booted && hook.transition == HookTransition::Terminating {
            found.error(&format!("{path}.until_booted"), "an instance that leaves does not boot; give `takes`");
        }
        if hook.result == Some(DefaultResult::Rollback) && !limits.rolls_back {
            found.refused(
                &format!("{path}.result"),
                "ROLLBACK is not accepted by the API; it takes continue, abandon; the nearest is abandon",
            );
        }
        if hook.takes.is_none() && !hook.until_booted {
            found.note(&path, "nobody completes this hook: every instance waits for its whole timeout");
        }
    }
}
