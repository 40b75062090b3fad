//! What an EC2 Auto Scaling group lays down for its fleet.

use windtunnel_traces::SimDuration;

use super::config::{AwsConfig, AwsHealthCheck, AwsPoolState, AwsProcess};
use crate::controllers::cloud::lifecycle::fleet_hooks;
use crate::controllers::cloud::words::RemovalPolicy as Configured;
use crate::fleet::removal::RemovalPolicy;
use crate::fleet::rules::{GroupRules, HealthRules, Placement, PoolRules, Protection};
use crate::sensors::publication::PublicationDelays;

/// EC2's basic monitoring has a value every five minutes.
const BASIC_MONITORING: SimDuration = SimDuration::from_mins(5);

impl AwsConfig {
    /// The rules of the group in the fleet's words.
    pub fn group_rules(&self) -> GroupRules {
        use AwsProcess::{AddToLoadBalancer, AzRebalance, HealthCheck, Launch, ReplaceUnhealthy, Terminate};
        let goes_on = |processes: &[AwsProcess]| !processes.iter().any(|process| self.suspends(*process));
        GroupRules {
            removal: self.removal.iter().flat_map(|policy| removal_policies(*policy)).copied().collect(),
            placement: Placement::Spread,
            balances_removal: true,
            // Rebalancing launches first: it stops where nothing may be launched.
            rebalance: goes_on(&[AzRebalance, Launch]).then_some(self.assumptions.rebalance_interval),
            hooks: fleet_hooks(&self.hook),
            hooks_in_sequence: !self.assumptions.hooks_wait_together,
            health: HealthRules {
                // ReplaceUnhealthy is inactive where nothing may be terminated.
                replaces: goes_on(&[HealthCheck, ReplaceUnhealthy, Terminate]),
                heeds_balancer: self.health_check == AwsHealthCheck::Elb
                    && goes_on(&[HealthCheck, ReplaceUnhealthy, Terminate]),
                grace: self.health_check_grace,
                unhealthy_go_first: false,
            },
            adds_to_balancer: goes_on(&[AddToLoadBalancer]),
            removes: goes_on(&[Terminate]),
            // Without a default warm-up instances count in the group's metrics as soon as they are in service.
            silent_while_warming: self.default_instance_warmup.unwrap_or(SimDuration::ZERO),
            stop_timeout: None,
            billed_until_decision: false,
            protection: Protection { first: self.protected, new: self.protect_new, from_health_checks: false },
            pool: self.warm_pool.as_ref().map(|pool| PoolRules {
                first: 0,
                running: pool.state == AwsPoolState::Running,
                takes_removed: pool.reuse_on_scale_in,
                kept_full: true,
            }),
        }
    }

    /// How late CloudWatch has the metrics of each source.
    pub(crate) fn publication_delays(&self, every: SimDuration) -> Option<PublicationDelays> {
        let assumptions = &self.assumptions;
        let basic = every >= BASIC_MONITORING;
        let ec2 = if basic { &assumptions.publication_delay_ec2_basic } else { &assumptions.publication_delay_ec2 };
        Some(PublicationDelays {
            instances: ec2.clone(),
            balancer: assumptions.publication_delay_alb.clone(),
            application: assumptions.publication_delay_custom.clone(),
        })
    }

    /// Instances that the warm pool holds for a desired capacity: up to the prepared capacity, and never below its
    /// minimum.
    pub(crate) fn warm_pool_size(&self, desired: u32, max: u32) -> Option<u32> {
        let pool = self.warm_pool.as_ref()?;
        Some(pool.max_prepared.unwrap_or(max).saturating_sub(desired).max(pool.min))
    }
}

/// A termination policy in the fleet's words; the default one is its documented chain.
fn removal_policies(policy: Configured) -> &'static [RemovalPolicy] {
    match policy {
        Configured::OldestInstance => &[RemovalPolicy::Oldest],
        Configured::NewestInstance => &[RemovalPolicy::Newest],
        Configured::OldestConfiguration => &[RemovalPolicy::OldestConfiguration],
        Configured::ClosestToNextInstanceHour => &[RemovalPolicy::ClosestToNextHour],
        Configured::AllocationStrategy => &[],
        Configured::Default => &[RemovalPolicy::OldestConfiguration, RemovalPolicy::ClosestToNextHour],
    }
}
