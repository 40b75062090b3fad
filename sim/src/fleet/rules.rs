//! What a provider's group lays down for its fleet: lifecycle hooks, protection, health checks, zones, prepared
//! instances, who goes first. Plain data in the fleet's words; each dialect fills it in.

use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::{Distribution, Sampler};

use super::removal::RemovalPolicy;

/// The rules of a group. The default is a group without any: spread over zones, oldest first, the dead are replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRules {
    /// Who goes first.
    pub removal: Vec<RemovalPolicy>,
    /// Zones for launches.
    pub placement: Placement,
    /// Whether removal takes from the fullest zones before it looks at the policies.
    pub balances_removal: bool,
    /// How often zones are evened out by moving instances; never when absent.
    pub rebalance: Option<SimDuration>,
    /// Pauses on the way in and out.
    pub hooks: Vec<Hook>,
    /// Several hooks of one transition wait one after the other instead of together.
    pub hooks_in_sequence: bool,
    /// Health checks and what follows.
    pub health: HealthRules,
    /// New instances are added to the balancer.
    pub adds_to_balancer: bool,
    /// Instances may be removed; when not, a move between zones only adds.
    pub removes: bool,
    /// For so long after it came into service an instance reports no metrics: it warms up.
    pub silent_while_warming: SimDuration,
    /// An instance that has not stopped after so long is released all the same.
    pub stop_timeout: Option<SimDuration>,
    /// An instance that is removed is paid for until that is decided, not until it is released.
    pub billed_until_decision: bool,
    /// Who is never chosen by a scale-in.
    pub protection: Protection,
    /// Stopped or otherwise prepared instances.
    pub pool: Option<PoolRules>,
}

/// In which zone an instance is launched.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the one with the fewest instances.
    Spread,
    /// In the first that works.
    InOrder,
}

/// How the provider finds unhealthy instances, and what it does about them.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct HealthRules {
    /// Dead instances are taken out of the group.
    pub replaces: bool,
    /// So are those that the balancer's checks fail.
    pub heeds_balancer: bool,
    /// For so long after it has come into service an instance is not judged by the balancer's checks.
    pub grace: SimDuration,
    /// A scale-in takes unhealthy instances before all others.
    pub unhealthy_go_first: bool,
}

/// Who is protected.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// So many of the instances of t = 0.
    pub first: u32,
    /// Every instance from its coming into service.
    pub new: bool,
    /// Protected instances are not replaced when they are unhealthy either.
    pub from_health_checks: bool,
}

/// A pause of an instance on its way in or out.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// When it pauses.
    pub transition: Transition,
    /// How long it waits at most.
    pub timeout: SimDuration,
    /// What follows when nobody completes it in time.
    pub result: HookResult,
    /// Who completes it.
    pub completed: Completed,
}

/// On which way a hook lies.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// After the instance runs, before it is attached to the balancer.
    Launching,
    /// After it is detached from the balancer, before it is stopped.
    Terminating,
}

/// What follows a hook that times out.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum HookResult {
    /// As if it had been completed.
    Continue,
    /// A launched instance is released; a leaving one leaves.
    Abandon,
    /// A launched instance is released; a leaving one stays.
    RollBack,
}

/// Who completes a hook.
#[derive(Clone, Debug, PartialEq)]
pub enum Completed {
    /// Nobody: it times out.
    Never,
    /// A script that takes so long.
    After(Distribution),
    /// The end of the boot.
    ByBoot,
}

/// Prepared instances.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PoolRules {
    /// Instances in it at the start.
    pub first: u32,
    /// They keep running, and cost as much as those that serve.
    pub running: bool,
    /// Scale-ins put instances into it.
    pub takes_removed: bool,
    /// It is kept at the size that the controller asks for; else it holds whatever was put in.
    pub kept_full: bool,
}

/// How long hooks and starts take, ready to be drawn from.
#[derive(Clone, Debug, Default)]
pub struct RuleLaws {
    /// Per hook: the time of its script, where one completes it.
    pub hooks: Vec<Option<Sampler>>,
    /// From starting a stopped instance to its application's being up; at once when absent.
    pub start_stopped: Option<Sampler>,
}

impl Default for GroupRules {
    fn default() -> Self {
        GroupRules {
            removal: vec![RemovalPolicy::Oldest],
            placement: Placement::Spread,
            balances_removal: false,
            rebalance: None,
            hooks: Vec::new(),
            hooks_in_sequence: false,
            health: HealthRules::default(),
            adds_to_balancer: true,
            removes: true,
            silent_while_warming: SimDuration::ZERO,
            stop_timeout: None,
            billed_until_decision: false,
            protection: Protection::default(),
            pool: None,
        }
    }
}

impl Default for HealthRules {
    fn default() -> Self {
        HealthRules { replaces: true, heeds_balancer: false, grace: SimDuration::ZERO, unhealthy_go_first: false }
    }
}
