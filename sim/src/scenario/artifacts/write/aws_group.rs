//! AWS: what a group lays down beside its bounds: health checks, protection, warm pool, lifecycle hooks, suspended processes.
//! What is at its default is left as it is in the account.

use serde_json::{Value, json};

use super::super::object::Kind;
use super::call::{Call, Symbols, hook, seconds};
use crate::controllers::cloud::AwsConfig;
use crate::controllers::cloud::aws::{AwsHealthCheck, AwsPoolState, AwsProcess};

const TRANSITIONS: [&str; 2] = ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"];

/// Fields of the group itself.
pub(super) fn fields(config: &AwsConfig, group: &mut Call) {
    if config.health_check == AwsHealthCheck::Elb {
        group.set("HealthCheckType", "ELB");
    }
    if config.health_check_grace.as_secs() > 0 {
        group.set("HealthCheckGracePeriod", seconds(config.health_check_grace));
    }
    if config.protect_new {
        group.set("NewInstancesProtectedFromScaleIn", true);
    }
    if let Some(policy) = config.maintenance {
        let policy = json!({ "MinHealthyPercentage": policy.min_healthy, "MaxHealthyPercentage": policy.max_healthy });
        group.set("InstanceMaintenancePolicy", policy);
    }
}

/// Calls of their own.
pub(super) fn calls(config: &AwsConfig, name: &str, symbols: &mut Symbols) -> Vec<Call> {
    let mut calls = Vec::new();
    for one in &config.hook {
        calls.push(hook(one, Kind::AwsHook, symbols, ("AutoScalingGroupName", name.into()), TRANSITIONS));
    }
    if let Some(pool) = &config.warm_pool {
        let mut call = Call::new(Kind::AwsWarmPool, symbols.of("warm pool of the group"));
        call.set("AutoScalingGroupName", name);
        call.set("MinSize", pool.min);
        if let Some(most) = pool.max_prepared {
            call.set("MaxGroupPreparedCapacity", most);
        }
        let state = match pool.state {
            AwsPoolState::Stopped => "Stopped",
            AwsPoolState::Running => "Running",
            AwsPoolState::Hibernated => "Hibernated",
        };
        call.set("PoolState", state);
        if pool.reuse_on_scale_in {
            call.set("InstanceReusePolicy", json!({ "ReuseOnScaleIn": true }));
        }
        calls.push(call);
    }
    if !config.suspended.is_empty() {
        let mut call = Call::new(Kind::AwsSuspension, symbols.of("suspended processes of the group"));
        call.set("AutoScalingGroupName", name);
        call.set("ScalingProcesses", config.suspended.iter().map(|one| process(*one).into()).collect::<Vec<Value>>());
        calls.push(call);
    }
    calls
}

const fn process(process: AwsProcess) -> &'static str {
    match process {
        AwsProcess::Launch => "Launch",
        AwsProcess::Terminate => "Terminate",
        AwsProcess::AddToLoadBalancer => "AddToLoadBalancer",
        AwsProcess::AlarmNotification => "AlarmNotification",
        AwsProcess::AzRebalance => "AZRebalance",
        AwsProcess::HealthCheck => "HealthCheck",
        AwsProcess::InstanceRefresh => "InstanceRefresh",
        AwsProcess::ReplaceUnhealthy => "ReplaceUnhealthy",
        AwsProcess::ScheduledActions => "ScheduledActions",
    }
}
