//! Terraform: what `terraform show -json` prints of a state or a plan, and configuration written as `.tf.json`.

mod plan;
mod variables;

use super::super::ArtifactError;
use super::super::node::{Node, Source, Value};
use super::super::object::{Kind, Object, REFERENCE};
use super::Found;
use variables::Variables;

/// A resource type, what it is, and where its attributes are called otherwise than the API's fields in snake case.
struct Type {
    name: &'static str,
    kind: Kind,
    renamed: &'static [(&'static str, &'static str)],
}

const TYPES: &[Type] = &[
    Type {
        name: "aws_autoscaling_group",
        kind: Kind::AwsGroup,
        renamed: &[
            ("name", "AutoScalingGroupName"),
            ("protect_from_scale_in", "NewInstancesProtectedFromScaleIn"),
            ("warm_pool", "WarmPoolConfiguration"),
            ("initial_lifecycle_hook", "LifecycleHookSpecificationList"),
        ],
    },
    Type {
        name: "aws_autoscaling_lifecycle_hook",
        kind: Kind::AwsHook,
        renamed: &[("name", "LifecycleHookName"), ("autoscaling_group_name", "AutoScalingGroupName")],
    },
    Type { name: "aws_cloudwatch_composite_alarm", kind: Kind::AwsComposite, renamed: &[] },
    Type {
        name: "aws_autoscaling_policy",
        kind: Kind::AwsPolicy,
        renamed: &[
            ("name", "PolicyName"),
            ("arn", "PolicyARN"),
            ("autoscaling_group_name", "AutoScalingGroupName"),
            ("step_adjustment", "StepAdjustments"),
        ],
    },
    Type {
        name: "aws_autoscaling_schedule",
        kind: Kind::AwsSchedule,
        renamed: &[("autoscaling_group_name", "AutoScalingGroupName")],
    },
    Type {
        name: "aws_cloudwatch_metric_alarm",
        kind: Kind::AwsAlarm,
        renamed: &[
            ("arn", "AlarmArn"),
            ("ok_actions", "OKActions"),
            ("evaluate_low_sample_count_percentiles", "EvaluateLowSampleCountPercentile"),
        ],
    },
    Type {
        name: "alicloud_ess_scaling_group",
        kind: Kind::EssGroup,
        renamed: &[("id", "ScalingGroupId"), ("multi_az_policy", "MultiAZPolicy")],
    },
    Type { name: "alicloud_ess_lifecycle_hook", kind: Kind::EssHook, renamed: &[("name", "LifecycleHookName")] },
    Type { name: "alicloud_ess_suspend_process", kind: Kind::EssSuspension, renamed: &[] },
    Type {
        name: "alicloud_ess_scaling_rule",
        kind: Kind::EssRule,
        renamed: &[("id", "ScalingRuleId"), ("ari", "ScalingRuleAri"), ("step_adjustment", "StepAdjustments")],
    },
    Type { name: "alicloud_ess_alarm", kind: Kind::EssAlarm, renamed: &[("id", "AlarmTaskId")] },
    Type { name: "alicloud_ess_scheduled_task", kind: Kind::EssSchedule, renamed: &[] },
    Type {
        name: "tencentcloud_as_scaling_group",
        kind: Kind::TencentGroup,
        renamed: &[
            ("id", "AutoScalingGroupId"),
            ("scaling_group_name", "AutoScalingGroupName"),
            ("lb_health_check_grace_period", "LoadBalancerHealthCheckGracePeriod"),
        ],
    },
    Type {
        name: "tencentcloud_as_lifecycle_hook",
        kind: Kind::TencentHook,
        renamed: &[("scaling_group_id", "AutoScalingGroupId")],
    },
    Type {
        name: "tencentcloud_as_scaling_policy",
        kind: Kind::TencentPolicy,
        renamed: &[("scaling_group_id", "AutoScalingGroupId"), ("policy_name", "ScalingPolicyName")],
    },
    Type {
        name: "tencentcloud_as_schedule",
        kind: Kind::TencentSchedule,
        renamed: &[("scaling_group_id", "AutoScalingGroupId"), ("schedule_action_name", "ScheduledActionName")],
    },
];

/// Blocks that may be repeated: singular here, plural in the API.
const REPEATED: [(&str, &str); 1] = [("metric_specification", "MetricSpecifications")];

/// Attributes that are blocks of one element.
const SINGLE: [&str; 8] = [
    "predefined_metric_pair_specification",
    "warm_pool",
    "instance_reuse_policy",
    "instance_maintenance_policy",
    "target_tracking_configuration",
    "predefined_metric_specification",
    "customized_metric_specification",
    "predictive_scaling_configuration",
];

pub(super) fn take(document: &Node, _source: &Source, found: &mut Found) -> Result<(), ArtifactError> {
    if let Some(resources) = document.get("resource") {
        let given = found.parameters.clone();
        let variables = Variables { document, given: &given };
        for (kind, named) in variables::blocks(resources).into_iter().flat_map(Node::entries) {
            for (name, body) in variables::blocks(named).into_iter().flat_map(Node::entries) {
                // A block may be written as a list of one.
                let body = body.list().first().unwrap_or(body);
                add(kind, &format!("{kind}.{name}"), &variables.resolved(body), found);
            }
        }
        return Ok(());
    }
    let values = document.get("values").or(document.get("planned_values"));
    if let Some(root) = values.and_then(|values| values.get("root_module")) {
        plan::take(root, document, found);
    }
    Ok(())
}

fn add(kind: &str, address: &str, body: &Node, found: &mut Found) {
    let Some(known) = TYPES.iter().find(|known| known.name == kind) else { return };
    let mut node = api(body, known.renamed);
    match known.kind {
        Kind::AwsAlarm => dimensions(&mut node),
        Kind::TencentPolicy => metric_alarm(&mut node),
        _ => {}
    }
    found.objects.push(Object::new(known.kind, node).named(address));
}

/// snake_case to the API's names, deeply; interpolations to references.
fn api(node: &Node, renamed: &[(&str, &str)]) -> Node {
    let value = match &node.value {
        Value::Table(entries) => Value::Table(
            entries
                .iter()
                .map(|(key, value)| {
                    let name = renamed
                        .iter()
                        .chain(&REPEATED)
                        .find(|(from, _)| from == key)
                        .map_or_else(|| pascal(key), |(_, to)| (*to).to_string());
                    let inner = match value.list().first() {
                        Some(first) if SINGLE.contains(&key.as_str()) => first,
                        _ => value,
                    };
                    (name, api(inner, &[]))
                })
                .collect(),
        ),
        Value::List(elements) => Value::List(elements.iter().map(|element| api(element, &[])).collect()),
        // A doubled dollar keeps Terraform from taking what follows for an interpolation.
        Value::Text(text) => Value::Text(reference(text).unwrap_or_else(|| text.replace("$${", "${"))),
        other => other.clone(),
    };
    Node::new(value, node.span.clone(), node.source)
}

/// `${aws_autoscaling_policy.out.arn}` refers to `aws_autoscaling_policy.out`.
fn reference(text: &str) -> Option<String> {
    let inner = text.strip_prefix("${")?.strip_suffix('}').filter(|inner| !inner.contains("${"))?.trim();
    let mut parts = inner.split('.');
    let (kind, name) = (parts.next()?, parts.next()?);
    Some(format!("{REFERENCE}{kind}.{}", name.split('[').next()?))
}

pub(in super::super) fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}

/// Terraform's map of dimensions becomes the API's list. Its names were put into the API's case: they are put back.
fn dimensions(node: &mut Node) {
    let Value::Table(entries) = &mut node.value else { return };
    for (_, field) in entries.iter_mut().filter(|(key, field)| key == "Dimensions" && field.is_table()) {
        let pairs = field.entries().to_vec();
        let (span, source) = (field.span.clone(), field.source);
        let element = |(name, value): (String, Node)| {
            let name = Node::new(Value::Text(name), value.span.clone(), source);
            Node::new(Value::Table(vec![("Name".into(), name), ("Value".into(), value)]), span.clone(), source)
        };
        field.value = Value::List(pairs.into_iter().map(element).collect());
    }
}

/// Tencent's provider spreads the alarm over the policy; the API has it in MetricAlarm.
fn metric_alarm(node: &mut Node) {
    const ALARM: [&str; 6] = ["MetricName", "ComparisonOperator", "Threshold", "Period", "ContinuousTime", "Statistic"];
    let (span, source) = (node.span.clone(), node.source);
    let Value::Table(entries) = &mut node.value else { return };
    if !entries.iter().any(|(key, node)| key == "MetricName" && node.value != Value::Null) {
        return;
    }
    let (alarm, rest): (Vec<_>, Vec<_>) = entries.drain(..).partition(|(key, _)| ALARM.contains(&key.as_str()));
    *entries = rest;
    entries.push(("MetricAlarm".into(), Node::new(Value::Table(alarm), span, source)));
}
