//! Numbers that none of the files tells: parameters without a default, variables of a script, values known after apply.

use super::super::draft::Draft;
use super::super::finding;
use super::super::node::Node;
use super::super::object::REFERENCE;
use super::Parts;
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// Fields that do without a value, or with an assumed one, when theirs is not known. Without the others, a rule or an alarm
/// is not taken over, and that is said there.
const NUMBERS: [&str; 10] = [
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "HealthCheckGracePeriod",
    "Cooldown",
    "EstimatedInstanceWarmup",
    "MinAdjustmentMagnitude",
    "DatapointsToAlarm",
];

/// A warning for each.
pub(super) fn values(draft: &Draft<'_>, parts: &Parts<'_>, findings: &mut Vec<Finding>) {
    let members = parts.rules.iter().chain(&parts.alarms).copied();
    for object in parts.group.iter().chain(members) {
        for key in NUMBERS {
            let Some(node) = object.node.get(key) else { continue };
            let Some(text) = node.text().filter(|text| !text.is_empty() && node.number().is_none()) else { continue };
            findings.push(one(draft, key, node, text));
        }
    }
}

fn one(draft: &Draft<'_>, key: &str, node: &Node, text: &str) -> Finding {
    let message = match text.strip_prefix(REFERENCE) {
        Some(name) => format!("{key} refers to `{name}`, whose value is in none of the files: it is left open"),
        None => format!("{key} is `{text}`, no number: it is left open"),
    };
    let fix = "--parameter NAME=VALUE gives parameters and variables their values; or put the number into the scenario";
    finding(Severity::Warning, "I04", draft.place(node), message, fix)
}
