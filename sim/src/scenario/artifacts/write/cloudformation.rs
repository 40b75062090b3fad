//! A CloudFormation template: the group, its policies, alarms and scheduled actions. What only the account knows are
//! parameters. The resource types want some numbers as strings.

use serde_json::{Map, Value, json};

use super::super::object::{Kind, REFERENCE};
use super::call::Call;

/// Properties that are strings in CloudFormation and numbers in the API.
const STRINGS: [(&str, &str); 5] = [
    ("AWS::AutoScaling::AutoScalingGroup", "MinSize"),
    ("AWS::AutoScaling::AutoScalingGroup", "MaxSize"),
    ("AWS::AutoScaling::AutoScalingGroup", "DesiredCapacity"),
    ("AWS::AutoScaling::AutoScalingGroup", "Cooldown"),
    ("AWS::AutoScaling::ScalingPolicy", "Cooldown"),
];

/// Writes the template.
pub(super) fn write(calls: &[Call]) -> String {
    let mut parameters = Map::new();
    parameters.insert("LaunchTemplateId".into(), json!({ "Type": "String" }));
    parameters.insert("LaunchTemplateVersion".into(), json!({ "Type": "String" }));
    parameters.insert("Subnets".into(), json!({ "Type": "List<AWS::EC2::Subnet::Id>" }));
    let mut resources = Map::new();
    let known: Vec<&str> = calls.iter().map(|call| call.symbol.as_str()).collect();
    let group = calls.iter().find(|call| call.kind == Kind::AwsGroup);
    let group_name = group.and_then(|call| call.fields.get("AutoScalingGroupName")).cloned().unwrap_or_default();
    let suspension = calls.iter().find(|call| call.kind == Kind::AwsSuspension);
    let suspended = suspension.and_then(|call| call.fields.get("ScalingProcesses"));
    for call in calls {
        // CloudFormation cannot suspend processes: the group remembers them.
        if call.kind == Kind::AwsSuspension {
            continue;
        }
        let kind = match call.kind {
            Kind::AwsGroup => "AWS::AutoScaling::AutoScalingGroup",
            Kind::AwsPolicy => "AWS::AutoScaling::ScalingPolicy",
            Kind::AwsSchedule => "AWS::AutoScaling::ScheduledAction",
            Kind::AwsHook => "AWS::AutoScaling::LifecycleHook",
            Kind::AwsWarmPool => "AWS::AutoScaling::WarmPool",
            Kind::AwsComposite => "AWS::CloudWatch::CompositeAlarm",
            _ => "AWS::CloudWatch::Alarm",
        };
        let mut properties = Map::new();
        for (key, value) in &call.fields {
            let name = if call.kind == Kind::AwsGroup && key == "DefaultCooldown" { "Cooldown" } else { key.as_str() };
            // Names of policies and scheduled actions are made by CloudFormation from the logical id.
            if (call.kind == Kind::AwsPolicy && ["PolicyName", "Enabled"].contains(&key.as_str()))
                || key == "ScheduledActionName"
            {
                continue;
            }
            let refers_to_group = key == "AutoScalingGroupName" && call.kind != Kind::AwsGroup;
            let value = if refers_to_group {
                json!({ "Ref": "Group" })
            } else {
                resolved(value, &known, &group_name, &mut parameters)
            };
            let is_string = STRINGS.contains(&(kind, name));
            properties.insert(
                name.to_string(),
                if is_string && value.is_number() { value.to_string().into() } else { value },
            );
        }
        if call.kind == Kind::AwsGroup {
            properties.insert(
                "LaunchTemplate".into(),
                json!({ "LaunchTemplateId": { "Ref": "LaunchTemplateId" }, "Version": { "Ref": "LaunchTemplateVersion" } }),
            );
            properties.insert("VPCZoneIdentifier".into(), json!({ "Ref": "Subnets" }));
        }
        let mut resource = Map::new();
        resource.insert("Type".into(), kind.into());
        let mut metadata = Map::new();
        let mut remarks = call.remarks.clone();
        if let Some(name) = call.fields.get("PolicyName").or(call.fields.get("ScheduledActionName")) {
            metadata.insert("windtunnel".into(), json!({ "Name": name }));
        }
        if let Some(suspended) = suspended.filter(|_| call.kind == Kind::AwsGroup) {
            metadata.insert("windtunnel".into(), json!({ "SuspendedProcesses": suspended }));
            remarks.push("CloudFormation cannot suspend processes: aws autoscaling suspend-processes does".into());
        }
        if !remarks.is_empty() {
            metadata.insert("Remarks".into(), remarks.into());
        }
        if !metadata.is_empty() {
            resource.insert("Metadata".into(), metadata.into());
        }
        resource.insert("Properties".into(), properties.into());
        resources.insert(logical(&call.symbol), resource.into());
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Written by windtunnel export",
        "Parameters": parameters,
        "Resources": resources,
    });
    serde_json::to_string_pretty(&template).unwrap_or_default() + "\n"
}

/// References to other resources, or to a parameter for what is none.
fn resolved(value: &Value, known: &[&str], group: &Value, parameters: &mut Map<String, Value>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix(REFERENCE) {
            Some(symbol) => {
                let id = logical(symbol);
                if !known.contains(&symbol) {
                    parameters.insert(id.clone(), json!({ "Type": "String" }));
                }
                json!({ "Ref": id })
            }
            None => value.clone(),
        },
        Value::Array(elements) => elements.iter().map(|element| resolved(element, known, group, parameters)).collect(),
        Value::Object(fields) => {
            let is_group = fields.get("Name").and_then(Value::as_str) == Some("AutoScalingGroupName");
            let one = |(key, value): (&String, &Value)| {
                let value = if is_group && key == "Value" && value == group {
                    json!({ "Ref": "Group" })
                } else {
                    resolved(value, known, group, parameters)
                };
                (key.clone(), value)
            };
            fields.iter().map(one).collect::<Map<String, Value>>().into()
        }
        plain => plain.clone(),
    }
}

/// A logical id: letters and digits only.
fn logical(symbol: &str) -> String {
    super::super::read::pascal(symbol)
}
