//! Terraform's JSON configuration. What only the account knows are variables.

use serde_json::{Map, Value, json};

use super::super::object::{Kind, REFERENCE};
use super::call::Call;

/// The type of a resource, and where attributes are called otherwise than the API's fields in snake case.
fn resource(kind: Kind) -> (&'static str, &'static [(&'static str, &'static str)]) {
    match kind {
        Kind::AwsGroup => (
            "aws_autoscaling_group",
            &[("AutoScalingGroupName", "name"), ("NewInstancesProtectedFromScaleIn", "protect_from_scale_in")],
        ),
        Kind::AwsPolicy => (
            "aws_autoscaling_policy",
            &[
                ("PolicyName", "name"),
                ("AutoScalingGroupName", "autoscaling_group_name"),
                ("StepAdjustments", "step_adjustment"),
            ],
        ),
        Kind::AwsSchedule => ("aws_autoscaling_schedule", &[("AutoScalingGroupName", "autoscaling_group_name")]),
        Kind::AwsAlarm => (
            "aws_cloudwatch_metric_alarm",
            &[
                ("OKActions", "ok_actions"),
                ("EvaluateLowSampleCountPercentile", "evaluate_low_sample_count_percentiles"),
            ],
        ),
        Kind::AwsHook => (
            "aws_autoscaling_lifecycle_hook",
            &[("LifecycleHookName", "name"), ("AutoScalingGroupName", "autoscaling_group_name")],
        ),
        Kind::AwsComposite => ("aws_cloudwatch_composite_alarm", &[]),
        Kind::EssGroup => ("alicloud_ess_scaling_group", &[("MultiAZPolicy", "multi_az_policy")]),
        Kind::EssHook => ("alicloud_ess_lifecycle_hook", &[("LifecycleHookName", "name")]),
        Kind::EssSuspension => ("alicloud_ess_suspend_process", &[]),
        Kind::EssRule => ("alicloud_ess_scaling_rule", &[("StepAdjustments", "step_adjustment")]),
        Kind::EssSchedule => ("alicloud_ess_scheduled_task", &[]),
        Kind::CmsRule => ("alicloud_cms_alarm", &[]),
        Kind::TencentGroup => (
            "tencentcloud_as_scaling_group",
            &[
                ("AutoScalingGroupName", "scaling_group_name"),
                ("LoadBalancerHealthCheckGracePeriod", "lb_health_check_grace_period"),
            ],
        ),
        Kind::TencentHook => ("tencentcloud_as_lifecycle_hook", &[("AutoScalingGroupId", "scaling_group_id")]),
        Kind::TencentPolicy => (
            "tencentcloud_as_scaling_policy",
            &[("AutoScalingGroupId", "scaling_group_id"), ("ScalingPolicyName", "policy_name")],
        ),
        Kind::TencentSchedule => (
            "tencentcloud_as_schedule",
            &[("AutoScalingGroupId", "scaling_group_id"), ("ScheduledActionName", "schedule_action_name")],
        ),
        _ => ("alicloud_ess_alarm", &[]),
    }
}

/// Attributes that a group needs and a policy does not know.
fn required(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::AwsGroup => &[("vpc_zone_identifier", "subnets")],
        Kind::EssGroup => &[("vswitch_ids", "vswitch_ids"), ("launch_template_id", "launch_template_id")],
        Kind::TencentGroup => {
            &[("configuration_id", "configuration_id"), ("vpc_id", "vpc_id"), ("subnet_ids", "subnet_ids")]
        }
        _ => &[],
    }
}

/// Writes the configuration.
pub(super) fn write(calls: &[Call]) -> String {
    let mut resources: Map<String, Value> = Map::new();
    let mut variables: Map<String, Value> = Map::new();
    let kinds: Vec<(&str, Kind)> = calls.iter().map(|call| (call.symbol.as_str(), call.kind)).collect();
    let mut remarks: Vec<String> = vec!["Written by windtunnel export".to_string()];
    for call in calls {
        remarks.extend(call.remarks.iter().cloned());
        if call.kind == Kind::CmsTargets || call.kind == Kind::CmsRule {
            remarks.push(format!("CloudMonitor's rule `{}` is not exported: write it with aliyun-cli", call.symbol));
            continue;
        }
        if matches!(call.kind, Kind::AwsWarmPool | Kind::AwsSuspension) {
            within_group(call, &mut resources);
            continue;
        }
        if call.kind == Kind::EssSuspension {
            one_by_one(call, &kinds, &mut variables, &mut resources);
            continue;
        }
        let (kind, renamed) = resource(call.kind);
        let mut body = Map::new();
        for (key, value) in &call.fields {
            // The group's own id is what the resource exports, not what it is given.
            if matches!(call.kind, Kind::EssGroup | Kind::TencentGroup) && key.ends_with("GroupId") {
                continue;
            }
            let name =
                renamed.iter().find(|(from, _)| from == key).map_or_else(|| snake(key), |(_, to)| (*to).to_string());
            let value = attribute(value, &kinds, &mut variables);
            match (call.kind, key.as_str(), &value) {
                // Tencent's provider spreads the alarm over the policy.
                (Kind::TencentPolicy, "MetricAlarm", Value::Object(alarm)) => body.extend(alarm.clone()),
                (Kind::TencentGroup, "ServiceSettings", Value::Object(settings)) => body.extend(settings.clone()),
                (Kind::AwsAlarm, "Dimensions", Value::Array(list)) => {
                    body.insert(name, dimensions(list));
                }
                // A text in this provider.
                (Kind::EssAlarm, "Threshold", number) => {
                    body.insert(name, number.to_string().into());
                }
                _ => {
                    body.insert(name, value);
                }
            }
        }
        for (attribute, variable) in required(call.kind) {
            variables.insert((*variable).to_string(), json!({}));
            body.insert((*attribute).to_string(), format!("${{var.{variable}}}").into());
        }
        if call.kind == Kind::AwsGroup {
            variables.insert("launch_template_id".into(), json!({}));
            body.insert("launch_template".into(), json!([{ "id": "${var.launch_template_id}", "version": "$Latest" }]));
        }
        let of_kind = resources.entry(kind).or_insert_with(|| json!({}));
        if let Some(of_kind) = of_kind.as_object_mut() {
            of_kind.insert(call.symbol.clone(), body.into());
        }
    }
    let mut document = Map::new();
    document.insert("//".into(), remarks.join("; ").into());
    if !variables.is_empty() {
        document.insert("variable".into(), variables.into());
    }
    document.insert("resource".into(), resources.into());
    serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default() + "\n"
}

/// What has a call of its own in the API, and is part of the group here.
fn within_group(call: &Call, resources: &mut Map<String, Value>) {
    let group = resources
        .get_mut(resource(Kind::AwsGroup).0)
        .and_then(Value::as_object_mut)
        .and_then(|groups| groups.values_mut().next()?.as_object_mut());
    let Some(group) = group else { return };
    if call.kind == Kind::AwsSuspension {
        group.insert("suspended_processes".into(), call.fields.get("ScalingProcesses").cloned().unwrap_or_default());
        return;
    }
    let fields = call.fields.iter().filter(|(key, _)| *key != "AutoScalingGroupName");
    let pool = fields.map(|(key, value)| (snake(key), attribute(value, &[], &mut Map::new())));
    group.insert("warm_pool".into(), pool.collect::<Map<String, Value>>().into());
}

/// A resource for each suspended process.
fn one_by_one(
    call: &Call,
    kinds: &[(&str, Kind)],
    variables: &mut Map<String, Value>,
    resources: &mut Map<String, Value>,
) {
    let group = attribute(call.fields.get("ScalingGroupId").unwrap_or(&Value::Null), kinds, variables);
    let processes = call.fields.get("Processes").and_then(Value::as_array).into_iter().flatten();
    let all = processes
        .filter_map(Value::as_str)
        .map(|process| (snake(process), json!({ "scaling_group_id": group, "process": process })));
    resources.insert(resource(call.kind).0.into(), all.collect::<Map<String, Value>>().into());
}

/// Values with their keys in snake case, and references as interpolations.
fn attribute(value: &Value, kinds: &[(&str, Kind)], variables: &mut Map<String, Value>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix(REFERENCE) {
            Some(symbol) => match kinds.iter().find(|(known, _)| *known == symbol) {
                Some((_, kind)) => {
                    let exported = match kind {
                        Kind::EssRule => "ari",
                        Kind::AwsPolicy => "arn",
                        _ => "id",
                    };
                    format!("${{{}.{symbol}.{exported}}}", resource(*kind).0).into()
                }
                None => {
                    variables.insert(symbol.to_string(), json!({}));
                    format!("${{var.{symbol}}}").into()
                }
            },
            // A dollar before a brace would be an interpolation.
            None => text.replace("${", "$${").into(),
        },
        Value::Array(elements) => elements.iter().map(|element| attribute(element, kinds, variables)).collect(),
        Value::Object(fields) => {
            let one = |(key, value): (&String, &Value)| {
                // A block that may be repeated has the singular.
                let name = if key == "MetricSpecifications" { "metric_specification".into() } else { snake(key) };
                (name, attribute(value, kinds, variables))
            };
            fields.iter().map(one).collect::<Map<String, Value>>().into()
        }
        plain => plain.clone(),
    }
}

/// `[{name, value}]` to Terraform's map.
fn dimensions(list: &[Value]) -> Value {
    let pair = |one: &Value| Some((one.get("name")?.as_str()?.to_string(), one.get("value")?.clone()));
    list.iter().filter_map(pair).collect::<Map<String, Value>>().into()
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
