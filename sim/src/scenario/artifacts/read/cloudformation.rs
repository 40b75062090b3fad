//! CloudFormation templates, YAML or JSON: functions are resolved, so that alarms find their policies.

mod functions;

use super::super::node::{Node, Source, Value};
use super::super::object::{Kind, Object};
use super::super::{ArtifactError, finding};
use super::Found;
use crate::scenario::document::Severity;
use functions::Template;

const TYPES: &[(&str, Kind)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", Kind::AwsGroup),
    ("AWS::AutoScaling::ScalingPolicy", Kind::AwsPolicy),
    ("AWS::AutoScaling::ScheduledAction", Kind::AwsSchedule),
    ("AWS::CloudWatch::Alarm", Kind::AwsAlarm),
    ("AWS::AutoScaling::LifecycleHook", Kind::AwsHook),
    ("AWS::AutoScaling::WarmPool", Kind::AwsWarmPool),
    ("AWS::CloudWatch::CompositeAlarm", Kind::AwsComposite),
];

pub(super) fn take(root: &Node, source: &Source, found: &mut Found) -> Result<(), ArtifactError> {
    let Some(resources) = root.get("Resources") else { return Ok(()) };
    let given = found.parameters.clone();
    let template = Template::new(root, &given);
    for (id, resource) in resources.entries() {
        let kind =
            resource.get("Type").and_then(Node::text).and_then(|kind| TYPES.iter().find(|(name, _)| *name == kind));
        let Some((_, kind)) = kind else { continue };
        if let Some(condition) = resource.get("Condition")
            && let Some(name) = condition.text().filter(|name| template.condition(name) == Some(false))
        {
            let message = format!("left aside: `{id}` is not made, its condition `{name}` does not hold");
            let fix = "--parameter NAME=VALUE gives a parameter another value than its default";
            found.findings.push(finding(Severity::Note, "I01", source.place(condition.span.clone()), message, fix));
            continue;
        }
        let empty = Node::new(Value::Table(Vec::new()), resource.span.clone(), resource.source);
        let mut node = template.resolved(resource.get("Properties").unwrap_or(&empty));
        // What this program writes keeps the names there that CloudFormation would make itself.
        let name = resource.at("Metadata/windtunnel/Name").and_then(Node::text).unwrap_or(id);
        default_names(&mut node, *kind, name);
        // What CloudFormation has no property for is kept there as well.
        if let (Some(suspended), Value::Table(entries)) =
            (resource.at("Metadata/windtunnel/SuspendedProcesses"), &mut node.value)
        {
            entries.push(("SuspendedProcesses".to_string(), suspended.clone()));
        }
        found.objects.push(Object::new(*kind, node).named(id));
    }
    Ok(())
}

/// A resource without a name is called by its logical id; the group's cooldown has another name here than in the API.
fn default_names(node: &mut Node, kind: Kind, id: &str) {
    let (span, source) = (node.span.clone(), node.source);
    let name = match kind {
        Kind::AwsGroup => "AutoScalingGroupName",
        Kind::AwsPolicy => "PolicyName",
        Kind::AwsSchedule => "ScheduledActionName",
        Kind::AwsHook => "LifecycleHookName",
        Kind::AwsWarmPool => return,
        _ => "AlarmName",
    };
    let is_named = node.get(name).is_some();
    if let Value::Table(entries) = &mut node.value {
        if !is_named {
            entries.push((name.to_string(), Node::new(Value::Text(id.to_string()), span.start..span.start, source)));
        }
        if kind == Kind::AwsGroup {
            for (key, _) in entries.iter_mut().filter(|(key, _)| key == "Cooldown") {
                *key = "DefaultCooldown".to_string();
            }
        }
    }
}
