//! What a group lays down beside its bounds: health checks, protection, warm pool, suspended processes, lifecycle hooks.

use super::super::draft::{Draft, quoted, seconds};
use super::super::finding;
use super::super::node::Node;
use super::super::object::Object;
use super::dialect::Dialect;
use super::{Names, Parts, count};
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// A field with one of a few words: the API's, and ours.
type Words = &'static [(&'static str, &'static str)];

const AWS_HEALTH: Words = &[("EC2", "ec2"), ("ELB", "elb")];
const ESS_HEALTH: Words = &[("NONE", "none"), ("ECS", "ecs"), ("LOAD_BALANCER", "load-balancer")];
const ESS_SCALING: Words = &[
    ("release", "release"),
    ("recycle", "recycle"),
    ("forcerelease", "forcerelease"),
    ("forcerecycle", "forcerecycle"),
];
const ESS_ZONES: Words = &[
    ("PRIORITY", "priority"),
    ("BALANCE", "balance"),
    ("COST_OPTIMIZED", "cost-optimized"),
    ("COMPOSABLE", "composable"),
];
const TENCENT_ZONES: Words = &[("PRIORITY", "priority"), ("EQUALITY", "equality")];
const TENCENT_MODES: Words = &[("CLASSIC_SCALING", "classic"), ("WAKE_UP_STOPPED_SCALING", "wake-up-stopped")];
const POOL_STATES: Words = &[("Stopped", "stopped"), ("Running", "running"), ("Hibernated", "hibernated")];
const AWS_PROCESSES: Words = &[
    ("Launch", "launch"),
    ("Terminate", "terminate"),
    ("AddToLoadBalancer", "add-to-load-balancer"),
    ("AlarmNotification", "alarm-notification"),
    ("AZRebalance", "az-rebalance"),
    ("HealthCheck", "health-check"),
    ("InstanceRefresh", "instance-refresh"),
    ("ReplaceUnhealthy", "replace-unhealthy"),
    ("ScheduledActions", "scheduled-actions"),
];
const ESS_PROCESSES: Words = &[
    ("ScaleIn", "scale-in"),
    ("ScaleOut", "scale-out"),
    ("HealthCheck", "health-check"),
    ("AlarmNotification", "alarm-notification"),
    ("ScheduledAction", "scheduled-action"),
];

/// The group's keys.
pub(super) fn keys(draft: &mut Draft<'_>, parts: &Parts<'_>, dialect: &Dialect, findings: &mut Vec<Finding>) {
    if let Some(group) = &parts.group {
        match dialect.table {
            "aws" => aws(draft, &group.node),
            "ess" => ess(draft, &group.node),
            _ => tencent(draft, &group.node),
        }
    }
    suspended(draft, parts, dialect, findings);
    if dialect.table == "aws" {
        warm_pool(draft, parts);
    }
}

fn aws(draft: &mut Draft<'_>, node: &Node) {
    if let Some(from) = node.get("HealthCheckType")
        && let Some(text) = from.text()
    {
        // Several may be listed: `EC2,ELB`.
        let word = AWS_HEALTH.iter().rev().find(|(word, _)| text.contains(word));
        if let Some((_, ours)) = word {
            draft.key("health_check", &quoted(ours), Some(("HealthCheckType", from)));
        }
    }
    length(draft, node, "health_check_grace", "HealthCheckGracePeriod");
    truth(draft, node, "protect_new", "NewInstancesProtectedFromScaleIn");
    if let Some(policy) = node.get("InstanceMaintenancePolicy")
        && let (Some(least), Some(most)) =
            (count(policy, "MinHealthyPercentage"), count(policy, "MaxHealthyPercentage"))
    {
        let value = format!("{{ min_healthy = {least}, max_healthy = {most} }}");
        draft.key("maintenance", &value, Some(("InstanceMaintenancePolicy", policy)));
    }
}

fn ess(draft: &mut Draft<'_>, node: &Node) {
    word(draft, node, "health_check", "HealthCheckType", ESS_HEALTH);
    word(draft, node, "scaling_policy", "ScalingPolicy", ESS_SCALING);
    word(draft, node, "multi_az", "MultiAZPolicy", ESS_ZONES);
    truth(draft, node, "az_balance", "AzBalance");
}

/// Tencent's answer has a part of them in ServiceSettings, its Terraform provider beside the others.
fn tencent(draft: &mut Draft<'_>, node: &Node) {
    let settings = node.get("ServiceSettings").unwrap_or(node);
    truth(draft, settings, "replace_monitor_unhealthy", "ReplaceMonitorUnhealthy");
    truth(draft, settings, "replace_load_balancer_unhealthy", "ReplaceLoadBalancerUnhealthy");
    truth(draft, settings, "priority_scale_in_unhealthy", "PriorityScaleInUnhealthy");
    word(draft, settings, "scaling_mode", "ScalingMode", TENCENT_MODES);
    length(draft, node, "health_check_grace", "LoadBalancerHealthCheckGracePeriod");
    word(draft, node, "multi_zone", "MultiZoneSubnetPolicy", TENCENT_ZONES);
    truth(draft, node, "concurrent_scale_out", "ConcurrentScaleOutForDesiredCapacity");
}

fn word(draft: &mut Draft<'_>, node: &Node, key: &str, field: &str, words: Words) {
    let Some(from) = node.get(field) else { return };
    let text = from.text().unwrap_or_default();
    if let Some((_, ours)) = words.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(text)) {
        draft.key(key, &quoted(ours), Some((field, from)));
    }
}

fn truth(draft: &mut Draft<'_>, node: &Node, key: &str, field: &str) {
    if let Some(from) = node.get(field).filter(|from| from.truth() == Some(true)) {
        draft.key(key, "true", Some((field, from)));
    }
}

fn length(draft: &mut Draft<'_>, node: &Node, key: &str, field: &str) {
    if let (Some(value), Some(from)) = (count(node, field).filter(|value| *value > 0), node.get(field)) {
        draft.key(key, &seconds(value), Some((field, from)));
    }
}

/// Suspended processes: the group's own list, and calls that suspend some.
fn suspended(draft: &mut Draft<'_>, parts: &Parts<'_>, dialect: &Dialect, findings: &mut Vec<Finding>) {
    let known = match dialect.table {
        "aws" => AWS_PROCESSES,
        "ess" => ESS_PROCESSES,
        _ => return,
    };
    let own =
        parts.group.iter().filter_map(|group| Some(("SuspendedProcesses", group.node.get("SuspendedProcesses")?)));
    let calls = parts.suspensions.iter().filter_map(|call| {
        ["ScalingProcesses", "Processes", "Process"].iter().find_map(|key| Some((*key, call.node.get(key)?)))
    });
    let mut first = None;
    let mut words: Vec<String> = Vec::new();
    for (field, list) in own.chain(calls) {
        let elements = if list.is_list() { list.list() } else { std::slice::from_ref(list) };
        for element in elements {
            let name = element.get("ProcessName").unwrap_or(element).text().unwrap_or_default();
            let Some((_, ours)) = known.iter().find(|(theirs, _)| *theirs == name) else {
                let message = format!("the suspended process `{name}` is not simulated: left out");
                findings.push(finding(Severity::Warning, "I02", draft.place(element), message, ""));
                continue;
            };
            first.get_or_insert((field, list));
            if !words.contains(&quoted(ours)) {
                words.push(quoted(ours));
            }
        }
    }
    if !words.is_empty() {
        draft.key("suspended", &format!("[{}]", words.join(", ")), first);
    }
}

fn warm_pool(draft: &mut Draft<'_>, parts: &Parts<'_>) {
    let own = parts.group.as_ref().and_then(|group| group.node.get("WarmPoolConfiguration"));
    let Some(pool) = parts.pools.last().map(|pool| &pool.node).or(own) else { return };
    let mut keys = vec![format!("min = {}", count(pool, "MinSize").unwrap_or(0))];
    if let Some(most) = count(pool, "MaxGroupPreparedCapacity") {
        keys.push(format!("max_prepared = {most}"));
    }
    let state = pool.get("PoolState").and_then(Node::text).unwrap_or_default();
    if let Some((_, ours)) = POOL_STATES.iter().find(|(theirs, _)| *theirs == state) {
        keys.push(format!("state = {}", quoted(ours)));
    }
    if pool.at("InstanceReusePolicy/ReuseOnScaleIn").and_then(Node::truth) == Some(true) {
        keys.push("reuse_on_scale_in = true".to_string());
    }
    draft.key("warm_pool", &format!("{{ {} }}", keys.join(", ")), Some(("WarmPoolConfiguration", pool)));
}

/// Lifecycle hooks. The API does not know who completes them: that is assumed, and said so.
pub(super) fn hooks(draft: &mut Draft<'_>, parts: &Parts<'_>, dialect: &Dialect, findings: &mut Vec<Finding>) {
    let inner = parts
        .group
        .iter()
        .flat_map(|group| group.node.get("LifecycleHookSpecificationList").map(Node::list).unwrap_or_default());
    let nodes: Vec<&Node> = parts.hooks.iter().map(|hook: &&Object| &hook.node).chain(inner).collect();
    let mut names = Names::default();
    for node in nodes {
        let name = ["LifecycleHookName", "Name"].iter().find_map(|key| node.get(key)?.text()).unwrap_or("hook");
        let Some((from, is_launching)) = node.get("LifecycleTransition").and_then(|from| {
            let text = from.text()?;
            let is_launching = text.ends_with("LAUNCHING") || text == "SCALE_OUT";
            (is_launching || text.ends_with("TERMINATING") || text == "SCALE_IN").then_some((from, is_launching))
        }) else {
            let message = format!("the lifecycle hook `{name}` is not taken over: it has no transition that is known");
            draft.comment(&format!("{}: {message}", draft.origin(node)));
            findings.push(finding(Severity::Warning, "I02", draft.place(node), message, ""));
            continue;
        };
        let name = names.unique(name);
        draft.blank();
        let address = format!("{}.hook.{name}", dialect.table);
        draft.table(&format!("[[{}.hook]]", dialect.table), &address, Some(node));
        draft.noted("name", &quoted(&name), "");
        let transition = if is_launching { "launching" } else { "terminating" };
        draft.key("transition", &quoted(transition), Some(("LifecycleTransition", from)));
        length(draft, node, "timeout", "HeartbeatTimeout");
        const RESULTS: Words = &[("CONTINUE", "continue"), ("ABANDON", "abandon"), ("ROLLBACK", "rollback")];
        word(draft, node, "result", "DefaultResult", RESULTS);
        if is_launching {
            draft.noted("until_booted", "true", "ASSUMED: the start-up script completes it when the boot is over");
        } else {
            draft.noted("takes", "\"10s\"", "ASSUMED: how long the script takes that completes it");
        }
    }
}
