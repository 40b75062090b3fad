//! From objects to scenarios: which group they belong to, who invokes whom, what has to be assumed.

mod alarm;
mod composite;
mod dialect;
mod hpa;
mod lifecycle;
mod math;
mod rule;
mod schedule;
mod surroundings;
mod unknown;

use super::draft::{Draft, number, quoted, seconds};
use super::node::{Node, Source, Value};
use super::object::{Kind, Object, REFERENCE};
use super::read::Found;
use super::{ImportOptions, Imported, finding};
use crate::scenario::Loaded;
use crate::scenario::document::{DiskFiles, Document, Severity};
use crate::scenario::hazards::Finding;
use dialect::Dialect;

/// The objects of one scaling group.
struct Parts<'o> {
    name: String,
    /// Names and ids by which its members refer to it.
    ids: Vec<String>,
    group: Option<Object>,
    rules: Vec<&'o Object>,
    alarms: Vec<&'o Object>,
    schedules: Vec<&'o Object>,
    targets: Vec<&'o Object>,
    hooks: Vec<&'o Object>,
    pools: Vec<&'o Object>,
    suspensions: Vec<&'o Object>,
    composites: Vec<&'o Object>,
}

/// Joins objects into groups, and writes a scenario for each.
pub(super) fn scenarios(found: Found, sources: &[Source], options: &ImportOptions) -> super::Import {
    let Found { objects, mut findings, .. } = found;
    let mut scenarios = Vec::new();
    for dialect in dialect::ALL {
        for parts in collect(&objects, dialect) {
            scenarios.push(scenario(&parts, dialect, sources, options, &mut findings));
        }
    }
    let kubernetes: Vec<&Node> =
        objects.iter().filter(|object| object.kind == Kind::Kubernetes).map(|object| &object.node).collect();
    scenarios.extend(hpa::scenarios(&kubernetes, sources, options, &mut findings));
    super::Import { scenarios, findings }
}

fn collect<'o>(objects: &'o [Object], dialect: &Dialect) -> Vec<Parts<'o>> {
    let mut all: Vec<Parts<'o>> = Vec::new();
    for object in objects.iter().filter(|object| object.kind == dialect.group) {
        let ids: Vec<String> =
            dialect.group_ids.iter().filter_map(|key| object.text(key)).map(str::to_string).collect();
        let symbol = object.symbol.iter().map(|symbol| format!("{REFERENCE}{symbol}"));
        let ids: Vec<String> = ids.into_iter().chain(symbol).collect();
        match all.iter_mut().find(|parts| parts.ids.iter().any(|id| ids.contains(id))) {
            Some(parts) => {
                // A later call changes an earlier one: its fields come first, and the first of a name counts.
                if let Some(group) = &mut parts.group
                    && let (Value::Table(old), Value::Table(new)) = (&mut group.node.value, &object.node.value)
                {
                    old.splice(0..0, new.iter().cloned());
                }
                parts.ids.extend(ids);
            }
            None => {
                let name =
                    dialect.group_ids.iter().find_map(|key| object.text(key).filter(|id| !id.starts_with(REFERENCE)));
                let name = name.unwrap_or("imported").to_string();
                all.push(Parts { ids, group: Some(object.clone()), ..Parts::named(name) });
            }
        }
    }
    for object in objects.iter().filter(|object| object.kind == dialect.rule) {
        let place = member_of(&mut all, object, dialect);
        all[place].rules.push(object);
    }
    for object in objects.iter().filter(|object| object.kind == dialect.schedule) {
        let place = member_of(&mut all, object, dialect);
        all[place].schedules.push(object);
    }
    let alarms = objects.iter().filter(|object| dialect.alarms.contains(&object.kind));
    for object in alarms {
        if let Some(place) = alarm::group_of(object, objects, &mut all, dialect) {
            all[place].alarms.push(object);
        }
    }
    for object in objects {
        let is_ours = match object.kind {
            Kind::AwsWarmPool | Kind::AwsSuspension | Kind::AwsComposite => dialect.table == "aws",
            Kind::EssSuspension => dialect.table == "ess",
            kind => kind == dialect.hook,
        };
        if !is_ours {
            continue;
        }
        if object.kind == Kind::AwsComposite {
            composite::place(object, &mut all);
            continue;
        }
        let place = member_of(&mut all, object, dialect);
        match object.kind {
            Kind::AwsWarmPool => all[place].pools.push(object),
            Kind::AwsSuspension | Kind::EssSuspension => all[place].suspensions.push(object),
            _ => all[place].hooks.push(object),
        }
    }
    let targets = objects.iter().filter(|object| object.kind == Kind::CmsTargets);
    if dialect.table == "ess" {
        for object in targets {
            if let Some(parts) = all.first_mut() {
                parts.targets.push(object);
            }
        }
    }
    all
}

impl Parts<'_> {
    fn named(name: String) -> Self {
        Parts {
            name,
            ids: Vec::new(),
            group: None,
            rules: Vec::new(),
            alarms: Vec::new(),
            schedules: Vec::new(),
            targets: Vec::new(),
            hooks: Vec::new(),
            pools: Vec::new(),
            suspensions: Vec::new(),
            composites: Vec::new(),
        }
    }
}

/// The group that an object names; a new one when it is not known. A group that was made by a command has no id yet: what
/// names an unknown one belongs to it when there is no other.
fn member_of(all: &mut Vec<Parts<'_>>, object: &Object, dialect: &Dialect) -> usize {
    let named = dialect.member_keys.iter().find_map(|key| object.text(key));
    let Some(named) = named else {
        if all.is_empty() {
            all.push(Parts::named("imported".to_string()));
        }
        return 0;
    };
    if let Some(place) = all.iter().position(|parts| parts.ids.iter().any(|id| id == named)) {
        return place;
    }
    let without_id = |parts: &Parts<'_>| {
        parts.group.as_ref().is_some_and(|group| dialect.assigned_id.is_some_and(|key| group.text(key).is_none()))
    };
    let candidates: Vec<usize> = (0..all.len()).filter(|place| without_id(&all[*place])).collect();
    if let [only] = candidates.as_slice() {
        all[*only].ids.push(named.to_string());
        return *only;
    }
    let name = named.strip_prefix(REFERENCE).unwrap_or(named).to_string();
    all.push(Parts { ids: vec![named.to_string()], ..Parts::named(name) });
    all.len() - 1
}

/// Writes a group's scenario.
fn scenario(
    parts: &Parts<'_>,
    dialect: &Dialect,
    sources: &[Source],
    options: &ImportOptions,
    findings: &mut Vec<Finding>,
) -> Imported {
    let mut said = Vec::new();
    let strict = written(parts, dialect, sources, options, false, &mut said);
    if can_be_run(&strict) {
        findings.extend(said);
        return strict;
    }
    // The real service refuses some of it; simulated all the same, with a warning.
    let mut said_again = Vec::new();
    let lenient = written(parts, dialect, sources, options, true, &mut said_again);
    if can_be_run(&lenient) {
        findings.extend(said_again);
        return lenient;
    }
    findings.extend(said);
    strict
}

/// True when the scenario's own rules let it run. One with a base or a recording is judged where these are.
fn can_be_run(imported: &Imported) -> bool {
    let Ok(document) = Document::parse(&format!("{}.toml", imported.name), &imported.text) else { return true };
    match Loaded::from_document(document, &DiskFiles) {
        Ok(_) => true,
        Err(error) => error
            .diagnostics
            .iter()
            .all(|diagnostic| diagnostic.path.as_deref().is_some_and(|path| path.starts_with("trace"))),
    }
}

fn written(
    parts: &Parts<'_>,
    dialect: &Dialect,
    sources: &[Source],
    options: &ImportOptions,
    lenient: bool,
    findings: &mut Vec<Finding>,
) -> Imported {
    let mut draft = Draft::new(sources);
    surroundings::head(&mut draft, &parts.name, dialect.vendor, options);
    unknown::values(&draft, parts, findings);
    bounds(&mut draft, parts, dialect, lenient, findings);
    let mut names = Names::default();
    let rules = rule::write(&mut draft, parts, dialect, &mut names, findings);
    let alarms = alarm::write(&mut draft, parts, dialect, &rules, findings);
    composite::write(&mut draft, parts, alarms, findings);
    lifecycle::hooks(&mut draft, parts, dialect, findings);
    schedule::write(&mut draft, parts, dialect, &rules, findings);
    let instance_type = parts.group.as_ref().and_then(surroundings::instance_type);
    surroundings::write(&mut draft, dialect.table, instance_type.as_deref(), most(parts), options);
    let Draft { text, places, .. } = draft;
    Imported { name: parts.name.clone(), text, places }
}

/// Names that are given once only.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    /// The name, with a number where it is taken.
    fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_string();
        let mut number = 2;
        while self.0.contains(&candidate) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        self.0.push(candidate.clone());
        candidate
    }
}

fn most(parts: &Parts<'_>) -> i64 {
    parts.group.as_ref().and_then(|group| group.node.get("MaxSize")).and_then(Node::whole).unwrap_or(10).clamp(1, 2000)
}

/// The group's own keys.
fn bounds(draft: &mut Draft<'_>, parts: &Parts<'_>, dialect: &Dialect, lenient: bool, findings: &mut Vec<Finding>) {
    let table = dialect.table;
    let header = format!("[{table}]");
    draft.blank();
    let Some(group) = &parts.group else {
        draft.comment(&format!(
            "ASSUMED: the group `{}` itself is in none of the files; put in its bounds.",
            parts.name
        ));
        draft.table(&header, table, None);
        draft.noted("min", "1", "assumed");
        draft.noted("max", "10", "assumed");
        lifecycle::keys(draft, parts, dialect, findings);
        if lenient {
            draft.noted("lenient", "true", "what the real API refuses is run all the same");
        }
        return;
    };
    draft.table(&header, table, Some(&group.node));
    let whole =
        |key: &str| group.node.get(key).and_then(|node| Some((node.whole().filter(|number| *number >= 0)?, node)));
    for (key, field, default) in
        [("min", "MinSize", Some("1")), ("max", "MaxSize", Some("10")), ("desired", "DesiredCapacity", None)]
    {
        // ESS prints a desired capacity of 0 or -1 where the feature is off.
        let is_off = key == "desired" && group.node.get("EnableDesiredCapacity").and_then(Node::truth) == Some(false);
        match (whole(field).filter(|_| !is_off), default) {
            (Some((value, node)), _) => draft.key(key, &value.to_string(), Some((field, node))),
            (None, Some(default)) if group.node.get(field).is_some() => {
                draft.noted(key, default, &format!("ASSUMED: the value of {field} is not known"));
            }
            (None, Some(default)) => draft.noted(key, default, &format!("assumed: no {field}")),
            (None, None) => {}
        }
    }
    if let Some((value, node)) = whole("DefaultCooldown") {
        draft.key("default_cooldown", &seconds(value), Some(("DefaultCooldown", node)));
    }
    if let Some((value, node)) = whole("DefaultInstanceWarmup").filter(|_| table == "aws") {
        draft.key("default_instance_warmup", &seconds(value), Some(("DefaultInstanceWarmup", node)));
    }
    removal(draft, group, dialect, findings);
    if let Some(node) = group.node.get("RetryPolicy").filter(|_| table == "tencent") {
        let word = match node.text() {
            Some("INCREMENTAL_INTERVALS") => Some("incremental-intervals"),
            Some("NO_RETRY") => Some("none"),
            Some("IMMEDIATE_RETRY") => Some("immediate"),
            _ => None,
        };
        if let Some(word) = word {
            draft.key("retry", &quoted(word), Some(("RetryPolicy", node)));
        }
    }
    lifecycle::keys(draft, parts, dialect, findings);
    if lenient {
        draft.noted("lenient", "true", "what the real API refuses is run all the same: see the warnings of the import");
    }
    ignored(draft, &group.node, dialect.ignored);
}

/// Removal or termination policies.
fn removal(draft: &mut Draft<'_>, group: &Object, dialect: &Dialect, findings: &mut Vec<Finding>) {
    let Some((field, node)) =
        ["RemovalPolicies", "TerminationPolicies"].iter().find_map(|key| Some((*key, group.node.get(key)?)))
    else {
        return;
    };
    let mut words = Vec::new();
    for policy in node.list().iter().filter_map(Node::text) {
        let word = match policy {
            "OldestInstance" | "OLDEST_INSTANCE" => "oldest-instance",
            "NewestInstance" | "NEWEST_INSTANCE" => "newest-instance",
            "OldestScalingConfiguration" | "OldestLaunchConfiguration" | "OldestLaunchTemplate" => {
                "oldest-configuration"
            }
            "ClosestToNextInstanceHour" if dialect.table == "aws" => "closest-to-next-instance-hour",
            "Default" if dialect.table == "aws" => "default",
            other => {
                let message = format!("the removal policy `{other}` is not simulated: left out");
                findings.push(finding(Severity::Warning, "I02", draft.place(node), message, ""));
                continue;
            }
        };
        if !words.contains(&quoted(word)) {
            words.push(quoted(word));
        }
    }
    if !words.is_empty() {
        draft.key("removal", &format!("[{}]", words.join(", ")), Some((field, node)));
    }
}

/// Names what was there and says nothing to the simulation.
fn ignored(draft: &mut Draft<'_>, node: &Node, keys: &[&str]) {
    let there: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| node.get(key).is_some_and(|value| !value.is_list() || !value.list().is_empty()))
        .collect();
    if !there.is_empty() {
        draft.comment(&format!("ignored: {}", there.join(", ")));
    }
}

/// A whole number from zero.
fn count(node: &Node, key: &str) -> Option<i64> {
    node.get(key)?.whole().filter(|number| *number >= 0)
}

/// A finite number.
fn value_of(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.number().map(number)
}
