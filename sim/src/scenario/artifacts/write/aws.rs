//! AWS: the group's bounds, put-scaling-policy, put-metric-alarm, put-scheduled-update-group-action.

use serde_json::{Map, Value, json};

use super::super::object::Kind;
use super::ExportError;
use super::aws_group;
use super::call::{
    Call, Symbols, adjustment, comparison, left_out, number, reference, refuse, removal, seconds, statistic, steps,
};
use crate::controllers::cloud::AwsConfig;
use crate::controllers::cloud::Provider;
use crate::controllers::cloud::aws::{AwsAlarm, AwsPolicy, AwsPolicyType, AwsTarget, LowSampleCount, PredictiveMode};
use crate::controllers::cloud::metric_names;
use crate::controllers::cloud::missing_data::TreatMissing;
use crate::controllers::decision::Statistic;

const ADJUSTMENTS: [&str; 3] = ["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"];
const COMPARISONS: [&str; 4] =
    ["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"];

pub(super) fn calls(config: &AwsConfig, name: &str) -> Result<Vec<Call>, ExportError> {
    let strict = AwsConfig { lenient: false, ..config.clone() };
    refuse(strict.validate())?;
    let mut symbols = Symbols::default();
    let mut group = Call::new(Kind::AwsGroup, symbols.of("group"));
    group.set("AutoScalingGroupName", name);
    group.set("MinSize", config.min);
    group.set("MaxSize", config.max);
    if let Some(desired) = config.desired {
        group.set("DesiredCapacity", desired);
    }
    group.set("DefaultCooldown", seconds(config.default_cooldown));
    if let Some(warmup) = config.default_instance_warmup {
        group.set("DefaultInstanceWarmup", seconds(warmup));
    }
    group.set("TerminationPolicies", removal(&config.removal, "OldestLaunchTemplate"));
    aws_group::fields(config, &mut group);
    let mut calls = vec![group];
    calls.extend(aws_group::calls(config, name, &mut symbols));
    for policy in &config.policy {
        calls.push(self::policy(policy, symbols.of(&policy.name), name)?);
    }
    for alarm in &config.alarm {
        if alarm.export {
            calls.push(self::alarm(alarm, &mut symbols, name));
        } else {
            calls[0].remarks.push(left_out(&alarm.name));
        }
    }
    for composite in &config.composite {
        let mut call = Call::new(Kind::AwsComposite, symbols.of(&format!("composite {}", composite.name)));
        call.set("AlarmName", composite.name.as_str());
        call.set("AlarmRule", composite.rule.as_str());
        calls.push(call);
    }
    for action in &config.scheduled {
        let Some(cron) = &action.cron else {
            calls[0]
                .remarks
                .push(format!("the schedule `{}` happens once in the run and has no date: not exported", action.name));
            continue;
        };
        let mut call = Call::new(Kind::AwsSchedule, symbols.of(&format!("schedule {}", action.name)));
        call.set("AutoScalingGroupName", name);
        call.set("ScheduledActionName", action.name.as_str());
        call.set("Recurrence", cron.as_str());
        if let Some(zone) = &action.zone {
            call.set("TimeZone", zone.as_str());
        }
        for (key, value) in [("MinSize", action.min), ("MaxSize", action.max), ("DesiredCapacity", action.desired)] {
            if let Some(value) = value {
                call.set(key, value);
            }
        }
        calls.push(call);
    }
    Ok(calls)
}

fn policy(policy: &AwsPolicy, symbol: String, group: &str) -> Result<Call, ExportError> {
    let path = format!("aws.policy.{}", policy.name);
    let mut call = Call::new(Kind::AwsPolicy, symbol);
    call.set("AutoScalingGroupName", group);
    call.set("PolicyName", policy.name.as_str());
    match policy.resolved_type() {
        AwsPolicyType::Simple => {
            call.set("PolicyType", "SimpleScaling");
            if let Some(adjust) = policy.adjust {
                let (kind, value) = adjustment(adjust, ADJUSTMENTS, &path)?;
                call.set("AdjustmentType", kind);
                call.set("ScalingAdjustment", value);
            }
            if let Some(cooldown) = policy.cooldown {
                call.set("Cooldown", seconds(cooldown));
            }
        }
        AwsPolicyType::Step => {
            call.set("PolicyType", "StepScaling");
            let (kind, list) = steps(&policy.step, ADJUSTMENTS, &path)?;
            call.set("AdjustmentType", kind);
            call.set("StepAdjustments", list);
            call.set("MetricAggregationType", statistic(policy.metric_aggregation.0));
        }
        AwsPolicyType::TargetTracking => {
            call.set("PolicyType", "TargetTrackingScaling");
            if let Some(target) = &policy.target {
                call.set("TargetTrackingConfiguration", tracking(target));
                if (target.scale_out_times, target.scale_in_times) != (3, 15) {
                    call.remarks.push(format!("`{}`: AWS chooses the periods of its alarms itself", policy.name));
                }
            }
        }
        AwsPolicyType::Predictive => predictive(policy, &mut call, &path)?,
    }
    if policy.min_adjustment_magnitude > 0 {
        call.set("MinAdjustmentMagnitude", policy.min_adjustment_magnitude);
    }
    if let Some(warmup) = policy.warmup {
        call.set("EstimatedInstanceWarmup", seconds(warmup));
    }
    if !policy.enabled {
        call.set("Enabled", false);
    }
    Ok(call)
}

/// The vendor's own name of a metric.
pub(in super::super) fn vendor_name(name: &str) -> &str {
    let known = metric_names(Provider::Aws).iter().find(|metric| metric.name == name || metric.aliases.contains(&name));
    known.map_or(name, |metric| metric.name)
}

fn tracking(target: &AwsTarget) -> Value {
    let mut fields = Map::new();
    fields.insert("TargetValue".into(), number(target.value));
    let name = vendor_name(&target.metric);
    let is_plain = target.statistic.is_none() && target.period.as_secs() == 60;
    match name {
        "CPUUtilization" if is_plain => {
            fields.insert(
                "PredefinedMetricSpecification".into(),
                json!({ "PredefinedMetricType": "ASGAverageCPUUtilization" }),
            );
        }
        "RequestCountPerTarget" if is_plain => {
            let metric = json!({ "PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": reference("resource_label") });
            fields.insert("PredefinedMetricSpecification".into(), metric);
        }
        _ => {
            let mut metric = Map::new();
            metric.insert("MetricName".into(), name.into());
            metric.insert("Namespace".into(), namespace(name).into());
            let word = target.statistic.map_or(Statistic::Average, |word| word.0);
            if target.statistic.is_some() || name != "RequestCount" {
                metric.insert("Statistic".into(), statistic(word).into());
            }
            if target.period.as_secs() != 60 {
                metric.insert("Period".into(), seconds(target.period));
            }
            fields.insert("CustomizedMetricSpecification".into(), metric.into());
        }
    }
    if target.disable_scale_in {
        fields.insert("DisableScaleIn".into(), true.into());
    }
    fields.into()
}

fn predictive(policy: &AwsPolicy, call: &mut Call, path: &str) -> Result<(), ExportError> {
    call.set("PolicyType", "PredictiveScaling");
    let refused = |message: &str| ExportError::Refused(vec![format!("{path}: {message}")]);
    let target = policy.target.as_ref().ok_or_else(|| refused("no target"))?;
    let pair = match vendor_name(&target.metric) {
        "CPUUtilization" => json!({ "PredefinedMetricType": "ASGCPUUtilization" }),
        "RequestCountPerTarget" => {
            json!({ "PredefinedMetricType": "ALBRequestCount", "ResourceLabel": reference("resource_label") })
        }
        other => return Err(refused(&format!("there is no predefined pair of metrics for {other}"))),
    };
    let settings = policy.predictive.clone().unwrap_or_default();
    let mut fields = Map::new();
    let spec = json!([{ "TargetValue": number(target.value), "PredefinedMetricPairSpecification": pair }]);
    fields.insert("MetricSpecifications".into(), spec);
    let mode = if settings.mode == PredictiveMode::ForecastAndScale { "ForecastAndScale" } else { "ForecastOnly" };
    fields.insert("Mode".into(), mode.into());
    fields.insert("SchedulingBufferTime".into(), seconds(settings.buffer));
    if let Some(buffer) = settings.max_capacity_buffer {
        fields.insert("MaxCapacityBreachBehavior".into(), "IncreaseMaxCapacity".into());
        fields.insert("MaxCapacityBuffer".into(), number(buffer));
    }
    call.set("PredictiveScalingConfiguration", fields);
    Ok(())
}

/// The usual namespace of a metric.
pub(in super::super) fn namespace(metric: &str) -> &'static str {
    match metric {
        "CPUUtilization" => "AWS/EC2",
        "RequestCount" | "RequestCountPerTarget" | "TargetResponseTime" | "HealthyHostCount" => "AWS/ApplicationELB",
        "MemoryUtilization" => "CWAgent",
        _ => "Custom",
    }
}

fn alarm(alarm: &AwsAlarm, symbols: &mut Symbols, group: &str) -> Call {
    let mut call = Call::new(Kind::AwsAlarm, symbols.of(&format!("alarm {}", alarm.name)));
    let metric = vendor_name(&alarm.metric);
    call.set("AlarmName", alarm.name.as_str());
    call.set("MetricName", metric);
    call.set("Namespace", alarm.namespace.as_deref().unwrap_or(namespace(metric)));
    let usual = match namespace(metric) {
        "AWS/ApplicationELB" if metric == "RequestCountPerTarget" => {
            json!([{ "Name": "TargetGroup", "Value": reference("target_group") }])
        }
        "AWS/ApplicationELB" => json!([{ "Name": "LoadBalancer", "Value": reference("load_balancer") }]),
        _ => json!([{ "Name": "AutoScalingGroupName", "Value": group }]),
    };
    let dimensions = alarm.dimensions.as_ref().map(|given| {
        given.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect::<Vec<Value>>().into()
    });
    let dimensions = dimensions.unwrap_or(usual);
    if dimensions.as_array().is_none_or(|list| !list.is_empty()) {
        call.set("Dimensions", dimensions);
    }
    match alarm.statistic.0 {
        Statistic::Percentile(_) => call.set("ExtendedStatistic", statistic(alarm.statistic.0)),
        plain => call.set("Statistic", statistic(plain)),
    }
    call.set("ComparisonOperator", comparison(alarm.comparison, COMPARISONS));
    call.set("Threshold", number(alarm.threshold));
    call.set("Period", seconds(alarm.period));
    call.set("EvaluationPeriods", alarm.times);
    if let Some(needed) = alarm.datapoints_to_alarm {
        call.set("DatapointsToAlarm", needed);
    }
    let missing = match alarm.missing {
        TreatMissing::Missing => "missing",
        TreatMissing::Ignore => "ignore",
        TreatMissing::Breaching => "breaching",
        TreatMissing::NotBreaching => "notBreaching",
    };
    call.set("TreatMissingData", missing);
    if alarm.low_samples == LowSampleCount::Ignore {
        call.set("EvaluateLowSampleCountPercentile", "ignore");
    }
    for (key, names, further) in [
        ("AlarmActions", &alarm.action, &alarm.further_actions.alarm),
        ("OKActions", &alarm.ok_action, &alarm.further_actions.ok),
        ("InsufficientDataActions", &alarm.insufficient_data_action, &alarm.further_actions.insufficient_data),
    ] {
        let mut actions: Vec<Value> = names.iter().map(|name| reference(&symbols.of(name))).collect();
        actions.extend(further.iter().map(|action| Value::from(action.as_str())));
        if !actions.is_empty() {
            call.set(key, actions);
        }
    }
    if !alarm.enabled {
        call.set("ActionsEnabled", false);
    }
    call
}
