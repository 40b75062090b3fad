//! Alarms, and the rules that they invoke. One whose action cannot be resolved is kept, disabled.

use super::super::draft::{Draft, number, quoted, seconds};
use super::super::finding;
use super::super::node::Node;
use super::super::object::{Kind, Object, REFERENCE};
use super::super::write::aws;
use super::composite::KnownAlarm;
use super::dialect::Dialect;
use super::math::{self, Understood};
use super::rule::Written;
use super::{Names, Parts, count};
use crate::controllers::cloud::metric_of;
use crate::controllers::cloud::schedule::Window;
use crate::controllers::cloud::words::{Comparison, StatisticWord};
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// The group of an alarm: the one it names, the one whose rule it invokes, or the only one.
pub(super) fn group_of(
    alarm: &Object,
    objects: &[Object],
    all: &mut Vec<Parts<'_>>,
    dialect: &Dialect,
) -> Option<usize> {
    if alarm.kind == Kind::EssAlarm {
        return Some(super::member_of(all, alarm, dialect));
    }
    let actions = actions(&alarm.node);
    let invoked = all.iter().position(|parts| {
        parts.rules.iter().any(|rule| {
            let ids = dialect.rule_ids.iter().filter_map(|key| rule.text(key));
            let mut ids = ids.chain(rule.symbol.as_deref());
            ids.any(|id| actions.iter().any(|action| action.rsplit(['/', ':']).next() == Some(id) || action == id))
        })
    });
    if invoked.is_some() {
        return invoked;
    }
    let dimension = alarm.node.get("Dimensions").map(Node::list).unwrap_or_default().iter().find_map(|dimension| {
        let is_group = dimension.get("Name").and_then(Node::text) == Some("AutoScalingGroupName");
        dimension.get("Value").and_then(Node::text).filter(|_| is_group)
    });
    let named = dimension.and_then(|name| all.iter().position(|parts| parts.ids.iter().any(|id| id == name)));
    if named.is_some() || all.len() == 1 {
        return named.or(Some(0));
    }
    if all.is_empty() {
        let name = dimension.filter(|name| !name.starts_with(REFERENCE)).unwrap_or("imported").to_string();
        all.push(Parts { ids: dimension.map(str::to_string).into_iter().collect(), ..Parts::named(name) });
    }
    let _ = objects;
    Some(0)
}

/// What an alarm invokes, as it is written.
fn actions(node: &Node) -> Vec<String> {
    let list = node.get("AlarmActions").or(node.get("AlarmAction"));
    match list {
        Some(list) if list.is_list() => list.list().iter().filter_map(Node::text).map(str::to_string).collect(),
        Some(one) => one.text().map(str::to_string).into_iter().collect(),
        None => Vec::new(),
    }
}

pub(super) fn write(
    draft: &mut Draft<'_>,
    parts: &Parts<'_>,
    dialect: &Dialect,
    rules: &[Written],
    findings: &mut Vec<Finding>,
) -> Vec<KnownAlarm> {
    let mut names = Names::default();
    let mut known = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for alarm in &parts.alarms {
        let id = alarm.text("AlarmTaskId").or(alarm.text("AlarmArn")).map(str::to_string);
        if let Some(id) = id {
            if ids.contains(&id) {
                continue;
            }
            ids.push(id);
        }
        if let Some(name) = one(draft, parts, alarm, dialect, rules, &mut names, findings) {
            known.push(KnownAlarm { name, symbol: alarm.symbol.clone() });
        }
    }
    if dialect.table == "tencent" {
        for policy in parts.rules.iter().filter(|policy| policy.node.get("MetricAlarm").is_some()) {
            inner(draft, policy, dialect, rules, &mut names, findings);
        }
    }
    known
}

/// Names that the vendors give the alarms they manage themselves.
fn is_managed(name: &str) -> bool {
    name.starts_with("TargetTracking-")
}

fn one(
    draft: &mut Draft<'_>,
    parts: &Parts<'_>,
    alarm: &Object,
    dialect: &Dialect,
    rules: &[Written],
    names: &mut Names,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let fields = ["Name", "AlarmName", "RuleName"];
    let given = fields.iter().find_map(|key| alarm.text(key)).unwrap_or("alarm");
    if is_managed(given) {
        draft.blank();
        draft.comment(&format!(
            "{}: `{given}` is managed by target tracking: it follows from the rule.",
            draft.origin(&alarm.node)
        ));
        return None;
    }
    let name = names.unique(given);
    let wanted = actions(&alarm.node);
    let targets =
        parts.targets.iter().flat_map(|targets| targets.node.get("Targets").map(Node::list).unwrap_or_default());
    let targets = targets.filter_map(|target| target.get("Arn").and_then(Node::text)).map(str::to_string);
    let wanted: Vec<String> =
        if alarm.kind == Kind::CmsRule { wanted.into_iter().chain(targets).collect() } else { wanted };
    let resolved: Vec<&str> = rules
        .iter()
        .filter(|rule| wanted.iter().any(|action| rule.is_meant_by(action)))
        .map(|rule| rule.name.as_str())
        .collect();
    let understood = match alarm.kind {
        Kind::AwsAlarm => math::understood(&alarm.node),
        _ => Understood::Plain(alarm.node.clone()),
    };
    let stands_in = !matches!(understood, Understood::Plain(_));
    let node = match understood {
        Understood::Plain(node) | Understood::Equal(node) => node,
        Understood::Kept(node, expression) => {
            let message =
                format!("the metric math of `{name}`, `{expression}`, is not simulated: the alarm is kept, disabled");
            draft.blank();
            draft.comment(&format!(
                "WARNING: {}: {message}. It stands on one of its metrics.",
                draft.origin(&alarm.node)
            ));
            let fix = "give it a metric that the simulation has (`windtunnel metrics --policy`), and enabled = true";
            findings.push(finding(Severity::Warning, "I02", draft.place(&alarm.node), message, fix));
            node
        }
    };
    let further = further_actions(&node, rules);
    if !emit(draft, &node, alarm.kind, &name, &resolved, &further, dialect, findings) {
        return None;
    }
    let invokes = !resolved.is_empty() || further.iter().any(|(_, _, names)| !names.is_empty());
    if invokes && stands_in {
        draft.noted("export", "false", "the original has metric math: `export` leaves it as it is");
    } else if invokes && alarm.kind == Kind::AwsAlarm {
        beside(draft, &node, rules);
    }
    Some(name)
}

/// What an export needs of an alarm of AWS, and a simulation does not: topics, an unusual namespace, dimensions.
fn beside(draft: &mut Draft<'_>, node: &Node, rules: &[Written]) {
    let mut further = Vec::new();
    for (key, fields) in [
        ("alarm", &["AlarmActions"][..]),
        ("ok", &["OKActions", "OkActions"]),
        ("insufficient_data", &["InsufficientDataActions"]),
    ] {
        let listed = fields.iter().filter_map(|field| node.get(field)).flat_map(Node::list).filter_map(Node::text);
        let others: Vec<String> = listed
            .filter(|action| !action.is_empty() && !rules.iter().any(|rule| rule.is_meant_by(action)))
            .map(quoted)
            .collect();
        if !others.is_empty() {
            further.push(format!("{key} = [{}]", others.join(", ")));
        }
    }
    if !further.is_empty() {
        let value = format!("{{ {} }}", further.join(", "));
        draft.noted("further_actions", &value, "not simulated: exported as they are");
    }
    let metric = aws::vendor_name(node.get("MetricName").and_then(Node::text).unwrap_or_default());
    let usual = aws::namespace(metric);
    let namespace = node.get("Namespace").and_then(|from| Some((from.text()?, from)));
    let Some((namespace, from)) = namespace.filter(|(name, _)| !name.is_empty() && *name != usual) else {
        return dimensions(draft, node, false);
    };
    draft.key("namespace", &quoted(namespace), Some(("Namespace", from)));
    dimensions(draft, node, true);
}

/// Dimensions that the export would not write by itself: it names the group, and asks for load balancer and target group.
fn dimensions(draft: &mut Draft<'_>, node: &Node, is_unusual: bool) {
    let list = node.get("Dimensions").map(Node::list).unwrap_or_default();
    let pairs: Vec<(&str, &str)> =
        list.iter().filter_map(|one| Some((one.get("Name")?.text()?, one.get("Value")?.text()?))).collect();
    let is_asked_for = |value: &str| value.starts_with(REFERENCE) || value.contains('$');
    let is_usual = |(name, value): &(&str, &str)| {
        *name == "AutoScalingGroupName" || (["LoadBalancer", "TargetGroup"].contains(name) && is_asked_for(value))
    };
    if pairs.iter().all(is_usual) && !(is_unusual && pairs.is_empty()) {
        return;
    }
    let entries = pairs.iter().map(|(name, value)| ((*name).to_string(), toml::Value::from(*value)));
    let value = toml::Value::Table(entries.collect()).to_string();
    draft.key("dimensions", &value, node.get("Dimensions").map(|from| ("Dimensions", from)));
}

/// What an alarm of AWS invokes in its other states: the key, the field, the rules.
fn further_actions<'r>(node: &Node, rules: &'r [Written]) -> Vec<(&'static str, &'static str, Vec<&'r str>)> {
    [("ok_action", "OKActions"), ("ok_action", "OkActions"), ("insufficient_data_action", "InsufficientDataActions")]
        .into_iter()
        .filter_map(|(key, field)| {
            let wanted: Vec<&str> = node.get(field)?.list().iter().filter_map(Node::text).collect();
            let meant = rules.iter().filter(|rule| wanted.iter().any(|action| rule.is_meant_by(action)));
            Some((key, field, meant.map(|rule| rule.name.as_str()).collect()))
        })
        .collect()
}

/// An alarm inside of Tencent's policy.
fn inner(
    draft: &mut Draft<'_>,
    policy: &Object,
    dialect: &Dialect,
    rules: &[Written],
    names: &mut Names,
    findings: &mut Vec<Finding>,
) {
    let Some(alarm) = policy.node.get("MetricAlarm") else { return };
    let given = policy.text(dialect.rule_name).unwrap_or("policy");
    if !rules.iter().any(|rule| rule.name == given) {
        return;
    }
    let name = names.unique(given);
    emit(draft, alarm, Kind::TencentPolicy, &name, &[given], &[], dialect, findings);
}

/// Writes an alarm; false when it is not taken over.
#[expect(clippy::too_many_arguments, reason = "an alarm, where it goes, and what it is joined with")]
fn emit(
    draft: &mut Draft<'_>,
    node: &Node,
    kind: Kind,
    name: &str,
    resolved: &[&str],
    further: &[(&str, &str, Vec<&str>)],
    dialect: &Dialect,
    findings: &mut Vec<Finding>,
) -> bool {
    draft.blank();
    let before = (draft.text.len(), draft.places.len());
    let address = format!("{}.alarm.{name}", dialect.table);
    draft.table(&format!("[[{}.alarm]]", dialect.table), &address, Some(node));
    draft.noted("name", &quoted(name), "");
    if let Err(why) = body(draft, node, kind, dialect) {
        draft.text.truncate(before.0);
        draft.places.truncate(before.1);
        let message = format!("the alarm `{name}` is not taken over: {}", why.reason);
        draft.comment(&format!("{}: {message}", draft.origin(node)));
        findings.push(finding(Severity::Warning, why.code, draft.place(node), message, why.fix));
        return false;
    }
    let further: Vec<_> = further.iter().filter(|(_, _, names)| !names.is_empty()).collect();
    let enabled = ["Enable", "ActionsEnabled", "EnableState"].iter().find_map(|key| Some((*key, node.get(key)?)));
    let is_off = enabled.filter(|(_, node)| node.truth() == Some(false));
    let listed = |names: &[&str]| match names {
        [one] => quoted(one),
        several => format!("[{}]", several.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    };
    let action = listed(resolved);
    for (key, field, names) in &further {
        draft.key(key, &listed(names), node.get(field).map(|node| (*field, node)));
    }
    if resolved.is_empty() && further.is_empty() {
        let field = node.get("AlarmActions").or(node.get("AlarmAction"));
        draft.noted("action", "[]", "WARNING: its action names none of the rules: kept, disabled");
        draft.noted("enabled", "false", "set it to true once `action` names a rule");
        draft.noted("export", "false", "the original keeps its actions: `export` leaves it as it is");
        let message =
            format!("the action of `{name}` names none of the rules that were read: the alarm is kept, disabled");
        findings.push(finding(
            Severity::Warning,
            "I03",
            draft.place(field.unwrap_or(node)),
            message,
            "import the rules beside it, or name the rule as `action`",
        ));
    } else {
        let field = node.get("AlarmActions").or(node.get("AlarmAction"));
        if !resolved.is_empty() {
            draft.key("action", &action, field.map(|node| ("AlarmActions", node)));
        }
        if let Some((key, from)) = is_off {
            draft.key("enabled", "false", Some((key, from)));
        }
    }
    true
}

/// Why an alarm is not taken over.
struct NotTaken {
    code: &'static str,
    reason: String,
    fix: String,
}

impl From<String> for NotTaken {
    fn from(reason: String) -> NotTaken {
        NotTaken { code: "I02", reason, fix: String::new() }
    }
}

impl From<&str> for NotTaken {
    fn from(reason: &str) -> NotTaken {
        reason.to_string().into()
    }
}

/// A field that should be a number: perhaps its value is in none of the files.
fn no_number(field: &str, node: &Node, otherwise: &str) -> NotTaken {
    match node.text().and_then(|text| text.strip_prefix(REFERENCE)) {
        Some(name) => NotTaken {
            code: "I04",
            reason: format!("its {field} refers to `{name}`, whose value is in none of the files"),
            fix: format!("--parameter {name}=VALUE gives it"),
        },
        None => otherwise.into(),
    }
}

fn body(draft: &mut Draft<'_>, node: &Node, kind: Kind, dialect: &Dialect) -> Result<(), NotTaken> {
    if ["Metrics", "MetricQuery"].iter().any(|key| node.get(key).is_some_and(|metrics| !metrics.list().is_empty())) {
        return Err("metric math is not simulated, and it names no metric".into());
    }
    let expressions = node.get("Expressions").filter(|list| !list.list().is_empty());
    if kind == Kind::CmsRule {
        draft.noted("kind", "\"cms-rule\"", "CloudMonitor: every instance by itself");
    }
    // CloudMonitor holds thresholds in Escalations.Critical; a rule may also have been written with ESS's parameters.
    let critical = node.at("Escalations/Critical").filter(|_| kind == Kind::CmsRule).unwrap_or(node);
    // A task on several metrics has them in its expressions; the first is this alarm's own.
    let critical = expressions.and_then(|list| list.list().first()).unwrap_or(critical);
    let get = |key: &'static str| critical.get(key).or(node.get(key)).map(|node| (key, node));
    let (field, metric) = get("MetricName").ok_or("it has no MetricName")?;
    let metric_name = metric.text().unwrap_or_default();
    if metric_of(dialect.provider, metric_name).is_none() {
        return Err(format!("the simulation has no metric `{metric_name}`").into());
    }
    draft.key("metric", &quoted(metric_name), Some((field, metric)));
    if let Some((field, from)) = get("Statistics").or_else(|| get("Statistic")).or_else(|| get("ExtendedStatistic")) {
        let word = self::word(from)
            .ok_or_else(|| format!("its statistic `{}` is not simulated", from.text().unwrap_or_default()))?;
        draft.key("statistic", &quoted(&word), Some((field, from)));
    }
    if let Some((field, from)) = get("ComparisonOperator") {
        let comparison: Comparison = serde_json::from_value(from.json())
            .map_err(|_| format!("its comparison `{}` is not simulated", from.text().unwrap_or_default()))?;
        draft.key("comparison", &quoted(comparison.sign()), Some((field, from)));
    } else if dialect.table == "aws" {
        return Err("it has no ComparisonOperator".into());
    }
    let (field, threshold) = get("PreciseThreshold").or_else(|| get("Threshold")).ok_or("it has no Threshold")?;
    let value = threshold.number().ok_or_else(|| no_number(field, threshold, "its Threshold is no number"))?;
    draft.key("threshold", &number(value), Some((field, threshold)));
    if let Some((field, from)) = get("Period") {
        let value = from
            .whole()
            .filter(|value| *value > 0)
            .ok_or_else(|| no_number(field, from, "its Period is no number of seconds"))?;
        draft.key("period", &seconds(value), Some((field, from)));
    }
    if let Some((field, from)) = get("EvaluationCount")
        .or_else(|| get("EvaluationPeriods"))
        .or_else(|| get("ContinuousTime"))
        .or_else(|| get("Times"))
    {
        let value = from
            .whole()
            .filter(|value| (1..=100_000).contains(value))
            .ok_or_else(|| no_number(field, from, &format!("its {field} is no count")))?;
        draft.key("times", &value.to_string(), Some((field, from)));
    }
    if let (Some(value), Some(from), "aws") =
        (count(node, "DatapointsToAlarm"), node.get("DatapointsToAlarm"), dialect.table)
        && value > 0
    {
        draft.key("datapoints_to_alarm", &value.to_string(), Some(("DatapointsToAlarm", from)));
    }
    if let Some(from) = node.get("TreatMissingData").filter(|_| dialect.table == "aws") {
        let word = if from.text() == Some("notBreaching") { "not-breaching" } else { from.text().unwrap_or_default() };
        if ["missing", "ignore", "breaching", "not-breaching"].contains(&word) {
            draft.key("missing", &quoted(word), Some(("TreatMissingData", from)));
        }
    }
    if let Some(from) = node.get("EvaluateLowSampleCountPercentile").filter(|from| from.text() == Some("ignore")) {
        draft.key("low_samples", "\"ignore\"", Some(("EvaluateLowSampleCountPercentile", from)));
    }
    if let Some(list) = expressions {
        several(draft, node, list, dialect)?;
    }
    if let Some(from) = node.get("Effective").filter(|from| kind == Kind::EssAlarm && from.text() != Some("")) {
        let window = from.text().unwrap_or_default();
        window.parse::<Window>().map_err(|error| format!("its Effective `{window}` is not simulated: {error}"))?;
        draft.key("effective", &quoted(window), Some(("Effective", from)));
    }
    if let Some(from) = node.get("NoDataPolicy").filter(|_| kind == Kind::CmsRule) {
        let word = match from.text() {
            Some("INSUFFICIENT_DATA") => "insufficient-data",
            Some("OK") => "ok",
            _ => "keep-last-state",
        };
        draft.key("no_data", &quoted(word), Some(("NoDataPolicy", from)));
    }
    if kind == Kind::CmsRule {
        let text = |key: &'static str| node.get(key).and_then(|from| Some((from.text()?, from)));
        if let Some((id, from)) = text("RuleId").filter(|(id, _)| node.get("RuleName").and_then(Node::text) != Some(id))
        {
            draft.key("rule_id", &quoted(id), Some(("RuleId", from)));
        }
        // A text that holds JSON; command lines are read as the JSON itself.
        let scope = node
            .get("Resources")
            .map(|from| (from.text().map_or_else(|| from.json().to_string(), str::to_string), from));
        if let Some((scope, from)) = scope.filter(|(scope, _)| !scope.is_empty() && !scope.contains("\"_ALL\"")) {
            draft.key("resources", &quoted(&scope), Some(("Resources", from)));
        }
    }
    if let (Some(value), Some(from), Kind::CmsRule) = (count(node, "SilenceTime"), node.get("SilenceTime"), kind) {
        draft.key("silence_time", &seconds(value), Some(("SilenceTime", from)));
    }
    Ok(())
}

/// The further metrics of a task, and how they are joined.
fn several(draft: &mut Draft<'_>, node: &Node, list: &Node, dialect: &Dialect) -> Result<(), String> {
    let mut written = Vec::new();
    for expression in list.list().iter().skip(1) {
        let metric = expression.get("MetricName").and_then(Node::text).ok_or("an expression has no MetricName")?;
        if metric_of(dialect.provider, metric).is_none() {
            return Err(format!("the simulation has no metric `{metric}`"));
        }
        let mut parts = vec![format!("metric = {}", quoted(metric))];
        if let Some(from) = expression.get("Statistics") {
            let word = word(from).ok_or("the statistic of an expression is not simulated")?;
            parts.push(format!("statistic = {}", quoted(&word)));
        }
        if let Some(from) = expression.get("ComparisonOperator") {
            let comparison: Comparison =
                serde_json::from_value(from.json()).map_err(|_| "the comparison of an expression is not simulated")?;
            parts.push(format!("comparison = {}", quoted(comparison.sign())));
        }
        let threshold =
            expression.get("Threshold").and_then(Node::number).ok_or("the Threshold of an expression is no number")?;
        parts.push(format!("threshold = {}", number(threshold)));
        written.push(format!("{{ {} }}", parts.join(", ")));
    }
    if written.is_empty() {
        return Ok(());
    }
    draft.key("expression", &format!("[{}]", written.join(", ")), Some(("Expressions", list)));
    if let Some(from) = node.get("ExpressionsLogicOperator").filter(|from| from.text() == Some("||")) {
        draft.key("logic", "\"or\"", Some(("ExpressionsLogicOperator", from)));
    }
    Ok(())
}

/// A statistic in our words.
pub(super) fn statistic(node: &Node, key: &str) -> Option<String> {
    word(node.get(key)?)
}

fn word(node: &Node) -> Option<String> {
    serde_json::from_value::<StatisticWord>(node.json()).ok().map(|word| word.to_string())
}
