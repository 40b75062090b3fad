//! What a Tencent AS group lays down for its fleet.

use windtunnel_traces::SimDuration;

use super::config::{MultiZonePolicy, TencentConfig};
use crate::controllers::cloud::lifecycle::fleet_hooks;
use crate::controllers::cloud::words::RemovalPolicy as Configured;
use crate::fleet::removal::RemovalPolicy;
use crate::fleet::rules::{GroupRules, HealthRules, Placement, PoolRules, Protection};
use crate::sensors::publication::PublicationDelays;

impl TencentConfig {
    /// Tencent Cloud's lateness is that of the evaluation: `assumptions.alarm_delay`.
    pub(crate) fn publication_delays(&self, _every: SimDuration) -> Option<PublicationDelays> {
        None
    }

    /// The rules of the group in the fleet's words.
    pub fn group_rules(&self) -> GroupRules {
        let newest = self.removal.first() == Some(&Configured::NewestInstance);
        GroupRules {
            removal: vec![if newest { RemovalPolicy::Newest } else { RemovalPolicy::Oldest }],
            placement: match self.multi_zone {
                MultiZonePolicy::Priority => Placement::InOrder,
                MultiZonePolicy::Equality => Placement::Spread,
            },
            balances_removal: false,
            rebalance: None,
            hooks: fleet_hooks(&self.hook),
            hooks_in_sequence: true,
            health: HealthRules {
                replaces: self.replace_monitor_unhealthy,
                heeds_balancer: self.replace_load_balancer_unhealthy,
                grace: self.health_check_grace,
                unhealthy_go_first: self.priority_scale_in_unhealthy,
            },
            adds_to_balancer: true,
            removes: true,
            silent_while_warming: if self.assumptions.warming_instances_report {
                SimDuration::ZERO
            } else {
                self.longest_warmup()
            },
            stop_timeout: None,
            billed_until_decision: false,
            protection: Protection::default(),
            pool: (self.stopped > 0).then_some(PoolRules {
                first: self.stopped,
                running: false,
                takes_removed: false,
                kept_full: false,
            }),
        }
    }
}
