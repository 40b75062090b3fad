//! Tencent AS: ModifyAutoScalingGroup, CreateScalingPolicy with its alarm inside, CreateScheduledAction.

use serde_json::json;

use super::super::object::Kind;
use super::ExportError;
use super::call::{Call, Symbols, adjustment, comparison, hook, number, reference, refuse, seconds, statistic};
use crate::controllers::cloud::TencentConfig;
use crate::controllers::cloud::tencent::{MultiZonePolicy, RetryPolicy, ScalingMode, TencentAlarm, TencentPolicyType};
use crate::controllers::cloud::words::RemovalPolicy;

const ADJUSTMENTS: [&str; 3] = ["CHANGE_IN_CAPACITY", "PERCENT_CHANGE_IN_CAPACITY", "EXACT_CAPACITY"];
const COMPARISONS: [&str; 4] = ["GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO"];

/// The group's id, which only the service knows.
const GROUP: &str = "auto_scaling_group_id";

pub(super) fn calls(config: &TencentConfig, name: &str) -> Result<Vec<Call>, ExportError> {
    let strict = TencentConfig { lenient: false, ..config.clone() };
    refuse(strict.validate())?;
    let mut symbols = Symbols::default();
    symbols.of(GROUP);
    let mut group = Call::new(Kind::TencentGroup, GROUP);
    group.set("AutoScalingGroupId", reference(GROUP));
    group.set("AutoScalingGroupName", name);
    group.set("MinSize", config.min);
    group.set("MaxSize", config.max);
    if let Some(desired) = config.desired {
        group.set("DesiredCapacity", desired);
    }
    group.set("DefaultCooldown", seconds(config.default_cooldown));
    let newest = config.removal.contains(&RemovalPolicy::NewestInstance);
    group.set("TerminationPolicies", json!([if newest { "NEWEST_INSTANCE" } else { "OLDEST_INSTANCE" }]));
    let retry = match config.retry {
        RetryPolicy::Immediate => "IMMEDIATE_RETRY",
        RetryPolicy::IncrementalIntervals => "INCREMENTAL_INTERVALS",
        RetryPolicy::None => "NO_RETRY",
    };
    group.set("RetryPolicy", retry);
    upkeep(config, &mut group);
    let mut calls = vec![group];
    for one in &config.hook {
        let group = ("AutoScalingGroupId", reference(GROUP));
        let transitions = ["INSTANCE_LAUNCHING", "INSTANCE_TERMINATING"];
        calls.push(hook(one, Kind::TencentHook, &mut symbols, group, transitions));
    }
    let alarms = config.all_alarms();
    for policy in &config.policy {
        let path = format!("tencent.policy.{}", policy.name);
        let mut call = Call::new(Kind::TencentPolicy, symbols.of(&policy.name));
        call.set("AutoScalingGroupId", reference(GROUP));
        call.set("ScalingPolicyName", policy.name.as_str());
        match (policy.resolved_type(), &policy.target) {
            (TencentPolicyType::TargetTracking, Some(target)) => {
                call.set("ScalingPolicyType", "TARGET_TRACKING");
                let metric =
                    if target.metric == "CPU_UTILIZATION" { "ASG_AVG_CPU_UTILIZATION" } else { target.metric.as_str() };
                call.set("PredefinedMetricType", metric);
                call.set("TargetValue", number(target.value));
                call.set("EstimatedInstanceWarmup", seconds(policy.warmup));
                call.set("DisableScaleIn", target.disable_scale_in);
            }
            _ => {
                call.set("ScalingPolicyType", "SIMPLE");
                if let Some(adjust) = policy.adjust {
                    let (kind, value) = adjustment(adjust, ADJUSTMENTS, &path)?;
                    call.set("AdjustmentType", kind);
                    call.set("AdjustmentValue", value);
                }
                call.set("Cooldown", seconds(policy.cooldown));
                let mut of_policy =
                    alarms.iter().filter(|alarm| alarm.action.iter().any(|action| action == policy.name));
                match of_policy.next().filter(|alarm| alarm.enabled) {
                    Some(alarm) => call.set("MetricAlarm", metric_alarm(alarm)),
                    None => call.remarks.push(format!("`{}` has no alarm, which the API requires", policy.name)),
                }
                for other in of_policy {
                    call.remarks.push(format!("a policy has one alarm: `{}` is not exported", other.name));
                }
            }
        }
        calls.push(call);
    }
    for action in &config.scheduled {
        let Some(cron) = &action.cron else {
            calls[0]
                .remarks
                .push(format!("the schedule `{}` happens once in the run and has no date: not exported", action.name));
            continue;
        };
        let mut call = Call::new(Kind::TencentSchedule, symbols.of(&format!("schedule {}", action.name)));
        call.set("AutoScalingGroupId", reference(GROUP));
        call.set("ScheduledActionName", action.name.as_str());
        call.set("MinSize", action.min.unwrap_or(config.min));
        call.set("MaxSize", action.max.unwrap_or(config.max));
        call.set("DesiredCapacity", action.desired.or(action.min).unwrap_or_else(|| config.initial_capacity()));
        call.set("Recurrence", cron.as_str());
        calls.push(call);
    }
    Ok(calls)
}

/// Fields of the group beside its bounds; what is at its default is left as it is in the account.
fn upkeep(config: &TencentConfig, group: &mut Call) {
    let mut settings = serde_json::Map::new();
    for (key, is_on) in [
        ("ReplaceMonitorUnhealthy", config.replace_monitor_unhealthy),
        ("ReplaceLoadBalancerUnhealthy", config.replace_load_balancer_unhealthy),
        ("PriorityScaleInUnhealthy", config.priority_scale_in_unhealthy),
    ] {
        if is_on {
            settings.insert(key.to_string(), true.into());
        }
    }
    if config.scaling_mode == ScalingMode::WakeUpStopped {
        settings.insert("ScalingMode".to_string(), "WAKE_UP_STOPPED_SCALING".into());
    }
    if !settings.is_empty() {
        group.set("ServiceSettings", settings);
    }
    if config.health_check_grace.as_secs() > 0 {
        group.set("LoadBalancerHealthCheckGracePeriod", seconds(config.health_check_grace));
    }
    if config.multi_zone == MultiZonePolicy::Equality {
        group.set("MultiZoneSubnetPolicy", "EQUALITY");
    }
    if config.concurrent_scale_out {
        group.set("ConcurrentScaleOutForDesiredCapacity", true);
    }
}

fn metric_alarm(alarm: &TencentAlarm) -> serde_json::Value {
    json!({
        "MetricName": alarm.metric,
        "ComparisonOperator": comparison(alarm.comparison, COMPARISONS),
        "Threshold": number(alarm.threshold),
        "Period": alarm.period.as_secs(),
        "ContinuousTime": alarm.times,
        "Statistic": statistic(alarm.statistic.0).to_uppercase(),
    })
}
