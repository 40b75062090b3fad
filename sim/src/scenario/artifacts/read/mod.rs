//! From files to API objects: what a file is, is told from its content.

pub(super) mod cloudformation;
pub(super) mod guide;
pub(super) mod json;
pub(super) mod shell;
pub(super) mod terraform;
pub(super) mod yaml;

pub(super) use terraform::pascal;

use super::node::{Node, Source, Value};
use super::object::{Kind, Object};
use super::{ArtifactError, finding};
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// Everything that was read.
#[derive(Default)]
pub(super) struct Found {
    pub(super) objects: Vec<Object>,
    pub(super) findings: Vec<Finding>,
    /// Values of CloudFormation parameters and Terraform variables that were given.
    pub(super) parameters: Vec<(String, String)>,
}

/// Lists of the vendors' answers: the key, whose objects it holds, and the key inside of a list that ESS's 2014 API wraps.
const LISTS: &[(&str, Kind, &str)] = &[
    ("AutoScalingGroups", Kind::AwsGroup, ""),
    ("ScalingPolicies", Kind::AwsPolicy, ""),
    ("MetricAlarms", Kind::AwsAlarm, ""),
    ("ScheduledUpdateGroupActions", Kind::AwsSchedule, ""),
    ("ScalingGroups", Kind::EssGroup, "ScalingGroup"),
    ("ScalingRules", Kind::EssRule, "ScalingRule"),
    ("AlarmList", Kind::EssAlarm, "Alarm"),
    ("ScheduledTasks", Kind::EssSchedule, "ScheduledTask"),
    ("Alarms", Kind::CmsRule, "Alarm"),
    ("AutoScalingGroupSet", Kind::TencentGroup, ""),
    ("ScalingPolicySet", Kind::TencentPolicy, ""),
    ("ScheduledActionSet", Kind::TencentSchedule, ""),
    ("LifecycleHookSet", Kind::TencentHook, ""),
    ("CompositeAlarms", Kind::AwsComposite, ""),
];

/// What belongs to a group but is no policy, or is a recording: named and left aside.
const ASIDE: &[(&str, &str)] = &[
    ("ScalingActivities", "scaling activities: what happened, not a policy"),
    ("Activities", "scaling activities: what happened, not a policy"),
    ("ActivitySet", "scaling activities: what happened, not a policy"),
    ("Datapoints", "measurements: `windtunnel trace import` reads such files"),
    ("MetricDataResults", "measurements: `windtunnel trace import` reads such files"),
];

/// Reads one file.
pub(super) fn read(source: &Source, number: usize, found: &mut Found) -> Result<(), ArtifactError> {
    let text = source.text.trim_start();
    if text.is_empty() {
        return Err(ArtifactError::whole(source, "the file is empty: a policy was expected")
            .help("save what `aws autoscaling describe-policies` and the like print, and import that"));
    }
    if text.contains('\0') {
        return Err(ArtifactError::whole(source, "this is a binary file: JSON or YAML was expected"));
    }
    let documents = if text.starts_with(['{', '[']) {
        vec![json::parse(source, number)?]
    } else {
        if let Some((what, help)) = looks_like(text) {
            return Err(ArtifactError::whole(source, format!("this looks like {what}, not like a policy")).help(help));
        }
        yaml::parse(source, number)?
    };
    let before = (found.objects.len(), found.findings.len());
    for document in documents {
        take(document, source, found)?;
    }
    if (found.objects.len(), found.findings.len()) == before {
        return Err(ArtifactError::whole(source, "no policy is recognised in this file").help(
            "known are the answers of describe-* (AWS), Describe* (ESS, Tencent, CloudMonitor), CloudFormation, \
             `terraform show -json`, .tf.json and Kubernetes manifests; command lines are read with --shell",
        ));
    }
    Ok(())
}

/// What a text is that is neither JSON nor YAML of ours.
fn looks_like(text: &str) -> Option<(&'static str, &'static str)> {
    let first =
        text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).unwrap_or_default();
    let words = |word: &str| text.lines().any(|line| line.trim_start().starts_with(word));
    if text.starts_with("#!")
        || words("aliyun ")
        || words("tccli ")
        || words("aws autoscaling")
        || words("aws cloudwatch")
    {
        return Some(("a shell script", "read its command lines with --shell"));
    }
    if text.starts_with("# ") && text.contains("```") {
        return Some(("a Markdown guide", "read its command blocks with --shell"));
    }
    if first.starts_with("resource \"") || first.starts_with("provider \"") || first.starts_with("terraform {") {
        return Some(("Terraform's HCL", "write it as JSON: terraform show -json > plan.json"));
    }
    if (first.starts_with('[') && first.ends_with(']')) || (first.contains(" = ") && !first.contains(": ")) {
        return Some(("TOML", "a scenario is run and checked as it is, without import"));
    }
    if first.matches(',').count() >= 1 && !first.contains(": ") {
        return Some(("a table of values", "recorded traffic is read by `windtunnel trace import`"));
    }
    if first.matches('"').count() >= 2 && first.contains(" HTTP/") {
        return Some(("an access log", "recorded traffic is read by `windtunnel trace import`"));
    }
    if first.starts_with('<') {
        return Some(("XML or HTML", "ask for JSON: --output json"));
    }
    None
}

/// Takes the objects out of one document.
fn take(node: Node, source: &Source, found: &mut Found) -> Result<(), ArtifactError> {
    if node.is_list() {
        let Value::List(elements) = node.value else { return Ok(()) };
        return elements.into_iter().try_for_each(|element| take(element, source, found));
    }
    if let Some(response) = node.get("Response") {
        if let Some(error) = response.get("Error") {
            let message = error.get("Message").and_then(Node::text).unwrap_or("an error");
            return Err(ArtifactError::at(source, error.span.clone(), format!("the call failed: {message}")));
        }
        return take(response.clone(), source, found);
    }
    if node.get("Resources").is_some_and(Node::is_table) {
        return cloudformation::take(&node, source, found);
    }
    if node.get("format_version").is_some() || node.get("resource").is_some() {
        return terraform::take(&node, source, found);
    }
    if node.get("kind").is_some() && node.get("apiVersion").is_some() {
        kubernetes(node, found);
        return Ok(());
    }
    lists(&node, source, found);
    skeleton(&node, found);
    Ok(())
}

fn kubernetes(node: Node, found: &mut Found) {
    let is_list = node.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
    if let Some(items) = node.get("items").filter(|_| is_list) {
        found.objects.extend(items.list().iter().map(|item| Object::new(Kind::Kubernetes, item.clone())));
    } else {
        found.objects.push(Object::new(Kind::Kubernetes, node));
    }
}

fn lists(node: &Node, source: &Source, found: &mut Found) {
    for (key, kind, wrapped) in LISTS {
        let Some(list) = node.get(key) else { continue };
        let elements = if list.is_list() { list } else { list.get(wrapped).unwrap_or(list) };
        for element in elements.list().iter().filter(|element| element.is_table()) {
            found.objects.push(Object::new(*kind, unwrapped(element)));
        }
        if elements.list().is_empty() {
            found.findings.push(finding(
                Severity::Note,
                "I01",
                source.place(list.span.clone()),
                format!("`{key}` is empty"),
                "",
            ));
        }
    }
    if let Some(list) = node.get("LifecycleHooks") {
        hooks(list, found);
    }
    if let Some(pool) = node.get("WarmPoolConfiguration").filter(|_| node.get("AutoScalingGroupName").is_none()) {
        found.objects.push(Object::new(Kind::AwsWarmPool, pool.clone()));
    }
    for (key, what) in ASIDE {
        if let Some(part) = node.get(key).filter(|part| !part.is_list() || !part.list().is_empty()) {
            let message = format!("left aside: {what}");
            found.findings.push(finding(
                Severity::Note,
                "I01",
                source.place(part.span.start..part.span.start),
                message,
                "",
            ));
        }
    }
}

/// Lifecycle hooks: AWS and ESS call the list the same, and tell apart by how a hook names its group.
fn hooks(list: &Node, found: &mut Found) {
    let elements = if list.is_list() { list } else { list.get("LifecycleHook").unwrap_or(list) };
    for hook in elements.list().iter().filter(|hook| hook.is_table()) {
        let is_aws = hook.get("AutoScalingGroupName").is_some();
        found.objects.push(Object::new(if is_aws { Kind::AwsHook } else { Kind::EssHook }, unwrapped(hook)));
    }
}

/// ESS's 2014 API wraps lists: `{"AlarmAction": [...]}`. Both shapes become plain lists.
pub(super) fn unwrapped(node: &Node) -> Node {
    let mut node = node.clone();
    if let Value::Table(entries) = &mut node.value {
        for (_, field) in entries.iter_mut() {
            let inner = match &field.value {
                Value::Table(inner) if inner.len() == 1 && inner[0].1.is_list() => Some(inner[0].1.clone()),
                _ => None,
            };
            if let Some(inner) = inner {
                *field = inner;
            }
        }
    }
    node
}

/// The input of one call, as `--generate-cli-skeleton` has it, told by its fields.
fn skeleton(node: &Node, found: &mut Found) {
    let has = |keys: &[&str]| keys.iter().all(|key| node.get(key).is_some());
    let kind = if has(&["AlarmName", "AlarmRule"]) {
        Kind::AwsComposite
    } else if has(&["LifecycleHookName", "AutoScalingGroupName"]) {
        Kind::AwsHook
    } else if has(&["LifecycleHookName", "ScalingGroupId"]) {
        Kind::EssHook
    } else if has(&["LifecycleHookName", "AutoScalingGroupId"]) {
        Kind::TencentHook
    } else if has(&["AutoScalingGroupName", "PoolState"]) {
        Kind::AwsWarmPool
    } else if has(&["AutoScalingGroupName", "ScalingProcesses"]) {
        Kind::AwsSuspension
    } else if has(&["AlarmName", "ComparisonOperator"]) {
        Kind::AwsAlarm
    } else if has(&["AutoScalingGroupName", "ScheduledActionName"]) {
        Kind::AwsSchedule
    } else if has(&["AutoScalingGroupName", "PolicyName"]) {
        Kind::AwsPolicy
    } else if has(&["AutoScalingGroupName", "LaunchConfigurationId"]) {
        Kind::TencentGroup
    } else if has(&["AutoScalingGroupName", "MinSize", "MaxSize"]) {
        Kind::AwsGroup
    } else if has(&["ScalingPolicyName"]) {
        Kind::TencentPolicy
    } else if has(&["ScalingGroupId", "ScalingRuleName"]) {
        Kind::EssRule
    } else if has(&["ScalingGroupId", "MetricName"]) {
        Kind::EssAlarm
    } else if has(&["ScalingGroupName", "MinSize", "MaxSize"]) {
        Kind::EssGroup
    } else if has(&["RuleName", "Namespace", "MetricName"]) {
        Kind::CmsRule
    } else {
        return;
    };
    found.objects.push(Object::new(kind, unwrapped(node)));
}
