//! CloudFormation templates, YAML or JSON: references are resolved, so that alarms find their policies.

use super::super::ArtifactError;
use super::super::node::{Node, Source, Value};
use super::super::object::{Kind, Object, REFERENCE};
use super::Found;

const TYPES: &[(&str, Kind)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", Kind::AwsGroup),
    ("AWS::AutoScaling::ScalingPolicy", Kind::AwsPolicy),
    ("AWS::AutoScaling::ScheduledAction", Kind::AwsSchedule),
    ("AWS::CloudWatch::Alarm", Kind::AwsAlarm),
    ("AWS::AutoScaling::LifecycleHook", Kind::AwsHook),
    ("AWS::AutoScaling::WarmPool", Kind::AwsWarmPool),
    ("AWS::CloudWatch::CompositeAlarm", Kind::AwsComposite),
];

pub(super) fn take(template: &Node, _source: &Source, found: &mut Found) -> Result<(), ArtifactError> {
    let Some(resources) = template.get("Resources") else { return Ok(()) };
    for (id, resource) in resources.entries() {
        let kind =
            resource.get("Type").and_then(Node::text).and_then(|kind| TYPES.iter().find(|(name, _)| *name == kind));
        let Some((_, kind)) = kind else { continue };
        let empty = Node::new(Value::Table(Vec::new()), resource.span.clone(), resource.source);
        let mut node = resolved(resource.get("Properties").unwrap_or(&empty), template);
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

/// The value with references resolved: to a parameter's default, or to `ref:` and the logical id.
fn resolved(node: &Node, template: &Node) -> Node {
    let text = |text: String| Node::new(Value::Text(text), node.span.clone(), node.source);
    if let Some(tag) = &node.tag {
        let bare = Node { tag: None, ..node.clone() };
        return call(tag, &bare, template).unwrap_or(bare);
    }
    if let [(key, argument)] = node.entries() {
        let name = key.strip_prefix("Fn::").or((key == "Ref").then_some("Ref"));
        if let Some(value) = name.and_then(|name| call(name, argument, template)) {
            return Node { span: node.span.clone(), ..value };
        }
    }
    match &node.value {
        Value::List(elements) => {
            let elements = elements.iter().map(|element| resolved(element, template)).collect();
            Node::new(Value::List(elements), node.span.clone(), node.source)
        }
        Value::Table(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.clone(), resolved(node, template))).collect();
            Node::new(Value::Table(entries), node.span.clone(), node.source)
        }
        Value::Text(plain) => text(plain.clone()),
        _ => node.clone(),
    }
}

/// An intrinsic function with its argument.
fn call(name: &str, argument: &Node, template: &Node) -> Option<Node> {
    let text = |text: String| Node::new(Value::Text(text), argument.span.clone(), argument.source);
    match name {
        "Ref" => {
            let id = argument.text()?;
            let default = template
                .get("Parameters")
                .and_then(|parameters| parameters.get(id))
                .and_then(|parameter| parameter.get("Default"));
            Some(match default {
                Some(default) => Node { span: argument.span.clone(), ..default.clone() },
                None => text(format!("{REFERENCE}{id}")),
            })
        }
        "GetAtt" => {
            let id = match argument.list().first() {
                Some(first) => first.text()?.to_string(),
                None => argument.text()?.split('.').next()?.to_string(),
            };
            Some(text(format!("{REFERENCE}{id}")))
        }
        "Sub" => {
            let pattern = argument.list().first().unwrap_or(argument).text()?;
            let whole =
                pattern.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|id| !id.contains("${"));
            match whole {
                Some(id) => call("Ref", &text(id.split('.').next()?.to_string()), template),
                None => Some(text(substituted(pattern, template))),
            }
        }
        _ => None,
    }
}

/// `${Name}` of parameters with a default, replaced; others stay as they are.
fn substituted(pattern: &str, template: &Node) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((id, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let default = template.get("Parameters").and_then(|all| all.get(id)).and_then(|one| one.get("Default"));
        match default.and_then(Node::text) {
            Some(default) => out.push_str(default),
            None => {
                out.push_str("${");
                out.push_str(id);
                out.push('}');
            }
        }
        rest = tail;
    }
    out + rest
}
