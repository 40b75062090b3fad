//! Command lines of the vendors' tools, in a script or in the fenced blocks of a Markdown guide. Arguments are read;
//! nothing is executed.

mod command;
mod lint;
mod words;

use std::ops::Range;

use super::super::ArtifactError;
use super::super::node::{Node, Source, Value};
use super::super::object::{Kind, Object};
use super::{Found, guide, kubernetes, yaml};
use command::Command;

/// Reads a script or a guide.
pub(in super::super) fn read(source: &Source, number: usize, found: &mut Found) -> Result<(), ArtifactError> {
    if source.text.trim().is_empty() {
        return Err(ArtifactError::whole(source, "the file is empty: command lines were expected"));
    }
    if source.text.contains('\0') {
        return Err(ArtifactError::whole(source, "this is a binary file: a script or a Markdown guide was expected"));
    }
    let blocks = guide::blocks(&source.text);
    let shell: Vec<Range<usize>> = match &blocks {
        Some(blocks) => blocks.iter().filter(|block| block.is_shell()).map(|block| block.span.clone()).collect(),
        None => std::iter::once(0..source.text.len()).collect(),
    };
    let mut commands = Vec::new();
    let mut known = words::Known::default();
    for span in shell {
        let lines = words::lines(&source.text, span, &mut known);
        commands.extend(lines.iter().filter_map(|line| command::parse(line, &known.files, number)));
    }
    for command in &commands {
        if let Some(kind) = kind_of(command) {
            let object = Object::new(kind, command.node.clone());
            found.objects.push(match &command.assigned_to {
                Some(variable) => object.named(variable),
                None => object,
            });
        }
    }
    for block in blocks.iter().flatten().filter(|block| block.language == "yaml" || block.language == "yml") {
        let text = Source::new(source.name.clone(), &source.text[block.span.clone()]);
        // A block that is no YAML is the guide's business: nothing is taken from it.
        for mut document in yaml::parse(&text, number).unwrap_or_default() {
            if document.get("kind").is_some() && document.get("apiVersion").is_some() {
                shift(&mut document, block.span.start);
                kubernetes(document, found);
            }
        }
    }
    lint::check(&commands, source, found);
    if let Some(blocks) = &blocks {
        guide::check(source, number, blocks, found);
    }
    Ok(())
}

/// Places within a block, counted in the whole text.
fn shift(node: &mut Node, by: usize) {
    node.span = node.span.start + by..node.span.end + by;
    match &mut node.value {
        Value::List(elements) => elements.iter_mut().for_each(|element| shift(element, by)),
        Value::Table(entries) => entries.iter_mut().for_each(|(_, element)| shift(element, by)),
        _ => {}
    }
}

/// Which object a command makes.
fn kind_of(command: &Command) -> Option<Kind> {
    Some(match (command.tool.as_str(), command.service.as_str(), command.action.as_str()) {
        ("aliyun", "ess", "CreateScalingGroup" | "ModifyScalingGroup") => Kind::EssGroup,
        ("aliyun", "ess", "CreateScalingRule" | "ModifyScalingRule") => Kind::EssRule,
        ("aliyun", "ess", "CreateAlarm" | "ModifyAlarm") => Kind::EssAlarm,
        ("aliyun", "ess", "CreateScheduledTask" | "ModifyScheduledTask") => Kind::EssSchedule,
        ("aliyun", "ess", "CreateLifecycleHook" | "ModifyLifecycleHook") => Kind::EssHook,
        ("aliyun", "ess", "SuspendProcesses") => Kind::EssSuspension,
        ("aliyun", "cms", "PutResourceMetricRule") => Kind::CmsRule,
        ("aliyun", "cms", "PutMetricRuleTargets") => Kind::CmsTargets,
        ("tccli", "as", "CreateAutoScalingGroup" | "ModifyAutoScalingGroup") => Kind::TencentGroup,
        ("tccli", "as", "CreateScalingPolicy" | "ModifyScalingPolicy") => Kind::TencentPolicy,
        ("tccli", "as", "CreateScheduledAction" | "ModifyScheduledAction") => Kind::TencentSchedule,
        ("tccli", "as", "CreateLifecycleHook" | "ModifyLifecycleHook" | "UpgradeLifecycleHook") => Kind::TencentHook,
        ("aws", "autoscaling", "put-lifecycle-hook") => Kind::AwsHook,
        ("aws", "autoscaling", "put-warm-pool") => Kind::AwsWarmPool,
        ("aws", "autoscaling", "suspend-processes") => Kind::AwsSuspension,
        ("aws", "cloudwatch", "put-composite-alarm") => Kind::AwsComposite,
        ("aws", "autoscaling", "create-auto-scaling-group" | "update-auto-scaling-group") => Kind::AwsGroup,
        ("aws", "autoscaling", "put-scaling-policy") => Kind::AwsPolicy,
        ("aws", "autoscaling", "put-scheduled-update-group-action") => Kind::AwsSchedule,
        ("aws", "cloudwatch", "put-metric-alarm") => Kind::AwsAlarm,
        _ => return None,
    })
}
