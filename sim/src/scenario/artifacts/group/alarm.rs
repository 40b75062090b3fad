//! Alarms, and the rules that they invoke. One whose action cannot be resolved is kept, disabled.

use super::super::draft::{Draft, number, quoted, seconds};
use super::super::finding;
use super::super::node::Node;
use super::super::object::{Kind, Object, REFERENCE};
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
    let node = match understood {
        Understood::Plain(node) => node,
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
    emit(draft, &node, alarm.kind, &name, &resolved, &further, dialect, findings).then_some(name)
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
        let message = format!("the alarm `{name}` is not taken over: {why}");
        draft.comment(&format!("{}: {message}", draft.origin(node)));
        findings.push(finding(Severity::Warning, "I02", draft.place(node), message, ""));
        return false;
    }
    let further: Vec<_> = further.iter().filter(|(_, _, names)| !names.is_empty()).collect();
    let enabled = ["Enable", "ActionsEnabled"].iter().find_map(|key| Some((*key, node.get(key)?)));
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

fn body(draft: &mut Draft<'_>, node: &Node, kind: Kind, dialect: &Dialect) -> Result<(), String> {
    if ["Metrics", "MetricQuery"].iter().any(|key| node.get(key).is_some_and(|metrics| !metrics.list().is_empty())) {
        return Err("metric math is not simulated, and it names no metric".to_string());
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
        return Err(format!("the simulation has no metric `{metric_name}`"));
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
        return Err("it has no ComparisonOperator".to_string());
    }
    let (field, threshold) = get("PreciseThreshold").or_else(|| get("Threshold")).ok_or("it has no Threshold")?;
    let value = threshold.number().ok_or("its Threshold is no number")?;
    draft.key("threshold", &number(value), Some((field, threshold)));
    if let Some((field, from)) = get("Period") {
        let value = from.whole().filter(|value| *value > 0).ok_or("its Period is no number of seconds")?;
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
            .ok_or_else(|| format!("its {field} is no count"))?;
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
