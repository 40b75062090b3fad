//! What an ESS scaling group lays down for its fleet.

use windtunnel_traces::SimDuration;

use super::config::{EssConfig, EssHealthCheck, EssProcess, EssScalingPolicy};
use crate::controllers::cloud::choices::BilledUntil;
use crate::controllers::cloud::lifecycle::fleet_hooks;
use crate::controllers::cloud::words::RemovalPolicy as Configured;
use crate::fleet::removal::RemovalPolicy;
use crate::fleet::rules::{GroupRules, HealthRules, Placement, PoolRules, Protection};
use crate::sensors::publication::PublicationDelays;

impl EssConfig {
    /// CloudMonitor's lateness is that of the evaluation: `assumptions.alarm_delay`.
    pub(crate) fn publication_delays(&self, _every: SimDuration) -> Option<PublicationDelays> {
        None
    }

    /// The rules of the group in the fleet's words.
    pub fn group_rules(&self) -> GroupRules {
        let balances = self.balances_zones();
        let checks = !self.suspends(EssProcess::HealthCheck);
        GroupRules {
            removal: self.removal.iter().flat_map(|policy| removal_policies(*policy)).copied().collect(),
            placement: if balances { Placement::Spread } else { Placement::InOrder },
            balances_removal: balances,
            rebalance: None,
            hooks: fleet_hooks(&self.hook),
            hooks_in_sequence: !self.assumptions.hooks_wait_together,
            health: HealthRules {
                replaces: checks && self.health_check != EssHealthCheck::None,
                heeds_balancer: checks && self.health_check == EssHealthCheck::LoadBalancer,
                grace: self.assumptions.load_balancer_health_grace,
                unhealthy_go_first: false,
            },
            adds_to_balancer: true,
            removes: !self.suspends(EssProcess::ScaleIn),
            silent_while_warming: if self.assumptions.warming_instances_report {
                SimDuration::ZERO
            } else {
                self.longest_warmup()
            },
            stop_timeout: self.stop_instance_timeout,
            billed_until_decision: self.assumptions.billed_until == BilledUntil::Decision,
            protection: Protection { first: self.protected, new: false, from_health_checks: true },
            pool: (self.recycles() || self.stopped > 0).then_some(PoolRules {
                first: self.stopped,
                running: false,
                takes_removed: self.recycles(),
                kept_full: false,
            }),
        }
    }

    /// Whether a scale-in stops instances instead of releasing them.
    pub(crate) fn recycles(&self) -> bool {
        matches!(self.scaling_policy, EssScalingPolicy::Recycle | EssScalingPolicy::ForceRecycle)
    }
}

/// A removal policy in the fleet's words; the default is its documented chain.
fn removal_policies(policy: Configured) -> &'static [RemovalPolicy] {
    match policy {
        Configured::OldestInstance => &[RemovalPolicy::Oldest],
        Configured::NewestInstance => &[RemovalPolicy::Newest],
        Configured::OldestConfiguration => &[RemovalPolicy::OldestConfiguration],
        // Not ESS's: validation refuses them, and lenient groups take the default.
        Configured::ClosestToNextInstanceHour | Configured::AllocationStrategy | Configured::Default => {
            &[RemovalPolicy::OldestConfiguration, RemovalPolicy::Oldest]
        }
    }
}
