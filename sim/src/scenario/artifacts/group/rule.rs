//! Rules (ESS) and policies (AWS, Tencent).

use super::super::draft::{Draft, number, quoted, seconds};
use super::super::finding;
use super::super::node::Node;
use super::super::object::{Object, REFERENCE};
use super::dialect::Dialect;
use super::{Names, Parts, count, value_of};
use crate::controllers::cloud::metric_of;
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// A rule that was written, and how alarms may name it.
pub(super) struct Written {
    pub(super) name: String,
    ids: Vec<String>,
    symbol: Option<String>,
}

impl Written {
    /// True when an alarm's action means this rule.
    pub(super) fn is_meant_by(&self, action: &str) -> bool {
        if let Some(symbol) = action.strip_prefix(REFERENCE) {
            return self.symbol.as_deref() == Some(symbol);
        }
        // ARNs and ARIs end in the name or the id of what they name.
        let last = action.rsplit(['/', ':']).next().unwrap_or(action);
        self.ids
            .iter()
            .any(|id| id == action || (action.contains(':') && (id == last || id.rsplit('/').next() == Some(last))))
    }
}

/// Longest names first would not help: a kind is told by what its vendor says, or by its fields.
enum Shape {
    Simple,
    Step,
    Track,
    Predict,
}

pub(super) fn write(
    draft: &mut Draft<'_>,
    parts: &Parts<'_>,
    dialect: &Dialect,
    names: &mut Names,
    findings: &mut Vec<Finding>,
) -> Vec<Written> {
    let mut written: Vec<Written> = Vec::new();
    for rule in &parts.rules {
        let ids: Vec<String> = dialect.rule_ids.iter().filter_map(|key| rule.text(key)).map(str::to_string).collect();
        // The same rule may be in several files.
        let again = ids
            .first()
            .filter(|id| id.contains(':') || dialect.rule_ids.len() == 3)
            .filter(|id| written.iter().any(|known| known.ids.contains(id)));
        if again.is_some() {
            continue;
        }
        let given = rule.text(dialect.rule_name).or_else(|| ids.first().map(String::as_str)).unwrap_or(dialect.rules);
        let name = names.unique(given);
        draft.blank();
        let before = (draft.text.len(), draft.places.len());
        draft.table(
            &format!("[[{}.{}]]", dialect.table, dialect.rules),
            &format!("{}.{}.{name}", dialect.table, dialect.rules),
            Some(&rule.node),
        );
        draft.key("name", &quoted(&name), rule.node.get(dialect.rule_name).map(|node| (dialect.rule_name, node)));
        match body(draft, rule, dialect) {
            Ok(()) => written.push(Written { name, ids, symbol: rule.symbol.clone() }),
            Err(why) => {
                draft.text.truncate(before.0);
                draft.places.truncate(before.1);
                let message = format!("`{name}` is not taken over: {why}");
                draft.comment(&format!("{}: {message}", draft.origin(&rule.node)));
                findings.push(finding(Severity::Warning, "I02", draft.place(&rule.node), message, ""));
            }
        }
    }
    written
}

fn shape(rule: &Object, dialect: &Dialect) -> Shape {
    let kind = rule.text(dialect.rule_type).unwrap_or_default();
    let has = |key: &str| rule.node.get(key).is_some_and(|node| !node.is_list() || !node.list().is_empty());
    match kind {
        "PredictiveScalingRule" | "PredictiveScaling" => Shape::Predict,
        "TargetTrackingScalingRule" | "TargetTrackingScaling" | "TARGET_TRACKING" => Shape::Track,
        "StepScalingRule" | "StepScaling" => Shape::Step,
        "SimpleScalingRule" | "SimpleScaling" | "SIMPLE" => Shape::Simple,
        _ if has("PredictiveScalingConfiguration") => Shape::Predict,
        _ if has("TargetTrackingConfiguration") || (has("TargetValue") && !has("AdjustmentType")) => Shape::Track,
        _ if has("StepAdjustments") => Shape::Step,
        _ => Shape::Simple,
    }
}

fn body(draft: &mut Draft<'_>, rule: &Object, dialect: &Dialect) -> Result<(), String> {
    let node = &rule.node;
    let shape = shape(rule, dialect);
    match shape {
        Shape::Simple => {
            let by = node.get(dialect.adjustment).ok_or_else(|| format!("it has no {}", dialect.adjustment))?;
            let adjust = adjustment(node, by)?;
            draft.key("adjust", &adjust, Some((dialect.adjustment, by)));
        }
        Shape::Step => steps(draft, node)?,
        Shape::Track => track(draft, node, dialect)?,
        Shape::Predict if dialect.table == "aws" => predict(draft, node, dialect)?,
        Shape::Predict if dialect.table == "ess" => predict_ess(draft, node, dialect)?,
        Shape::Predict => return Err("predictive rules of this vendor are not simulated".to_string()),
    }
    if let Some((value, from)) =
        count(node, "Cooldown").zip(node.get("Cooldown")).filter(|_| matches!(shape, Shape::Simple))
    {
        draft.key("cooldown", &seconds(value), Some(("Cooldown", from)));
    }
    let magnitude = ["MinAdjustmentMagnitude", "MinAdjustmentStep"]
        .iter()
        .find_map(|key| Some((*key, count(node, key)?, node.get(key)?)));
    // Answers hold it beside every kind of adjustment; it says something about percentages only.
    let is_percent = node.get("AdjustmentType").and_then(Node::text) == Some("PercentChangeInCapacity");
    if let Some((key, value, from)) = magnitude.filter(|(_, value, _)| *value > 0 && is_percent) {
        draft.key("min_adjustment_magnitude", &value.to_string(), Some((key, from)));
    }
    if let Some((value, from)) = count(node, "EstimatedInstanceWarmup")
        .zip(node.get("EstimatedInstanceWarmup"))
        .filter(|_| matches!(shape, Shape::Step | Shape::Track))
    {
        draft.key("warmup", &seconds(value), Some(("EstimatedInstanceWarmup", from)));
    }
    if let Some(from) = node.get("Enabled").filter(|from| dialect.table == "aws" && from.truth() == Some(false)) {
        draft.key("enabled", "false", Some(("Enabled", from)));
    }
    if let Some(from) =
        node.get("MetricAggregationType").filter(|_| matches!(shape, Shape::Step) && dialect.table == "aws")
    {
        let word = from.text().unwrap_or_default().to_lowercase();
        if ["average", "minimum", "maximum"].contains(&word.as_str()) {
            draft.key("metric_aggregation", &quoted(&word), Some(("MetricAggregationType", from)));
        }
    }
    Ok(())
}

/// `{ change = 2 }`, by the adjustment type beside the value.
fn adjustment(node: &Node, by: &Node) -> Result<String, String> {
    let kind = node.get("AdjustmentType").and_then(Node::text).unwrap_or("ChangeInCapacity");
    let whole = || by.whole().ok_or_else(|| "the adjustment is no whole number".to_string());
    Ok(match kind {
        "ChangeInCapacity" | "QuantityChangeInCapacity" | "CHANGE_IN_CAPACITY" => {
            format!("{{ change = {} }}", whole()?)
        }
        "PercentChangeInCapacity" | "PERCENT_CHANGE_IN_CAPACITY" => {
            let percent = by.number().ok_or("the adjustment is no number")?;
            format!("{{ percent = {} }}", number(percent))
        }
        "ExactCapacity" | "TotalCapacity" | "EXACT_CAPACITY" => format!("{{ exact = {} }}", whole()?),
        other => return Err(format!("its AdjustmentType `{other}` is not known")),
    })
}

/// ESS writes an open end as ±9.999999E18.
const OPEN_END: f64 = 1e18;

fn steps(draft: &mut Draft<'_>, node: &Node) -> Result<(), String> {
    let list = node.get("StepAdjustments").filter(|list| !list.list().is_empty()).ok_or("it has no StepAdjustments")?;
    let mut steps = Vec::new();
    for step in list.list() {
        let by = step.get("ScalingAdjustment").ok_or("a step has no ScalingAdjustment")?;
        let mut parts = Vec::new();
        for (key, field) in [("lower", "MetricIntervalLowerBound"), ("upper", "MetricIntervalUpperBound")] {
            if let Some(bound) = step.get(field).and_then(Node::number).filter(|bound| bound.abs() < OPEN_END) {
                parts.push(format!("{key} = {}", number(bound)));
            }
        }
        parts.push(format!("adjust = {}", adjustment(node, by)?));
        steps.push(format!("{{ {} }}", parts.join(", ")));
    }
    draft.key("step", &format!("[{}]", steps.join(", ")), Some(("StepAdjustments", list)));
    if steps.is_empty() {
        return Err("it has no steps".to_string());
    }
    Ok(())
}

fn track(draft: &mut Draft<'_>, node: &Node, dialect: &Dialect) -> Result<(), String> {
    let config = if dialect.table == "aws" {
        node.get("TargetTrackingConfiguration").ok_or("it has no TargetTrackingConfiguration")?
    } else {
        node
    };
    let predefined =
        config.at("PredefinedMetricSpecification/PredefinedMetricType").or(config.get("PredefinedMetricType"));
    let customized = config.get("CustomizedMetricSpecification");
    let metric = predefined
        .or(customized.and_then(|metric| metric.get("MetricName")))
        .or(config.get("MetricName"))
        .ok_or("its metric is an expression, or missing")?;
    let name = match metric.text().unwrap_or_default() {
        "ASGAverageCPUUtilization" => "CPUUtilization",
        "ALBRequestCountPerTarget" => "RequestCountPerTarget",
        "ASG_AVG_CPU_UTILIZATION" => "CPU_UTILIZATION",
        name => name,
    };
    if metric_of(dialect.provider, name).is_none() {
        return Err(format!("the simulation has no metric `{name}`"));
    }
    let value = value_of(config, "TargetValue").ok_or("it has no TargetValue")?;
    let mut parts = vec![format!("metric = {}", quoted(name)), format!("value = {value}")];
    if config.get("DisableScaleIn").and_then(Node::truth) == Some(true) {
        parts.push("disable_scale_in = true".to_string());
    }
    for (key, field) in [("scale_out_times", "ScaleOutEvaluationCount"), ("scale_in_times", "ScaleInEvaluationCount")] {
        if let Some(times) = count(config, field).filter(|times| *times > 0 && dialect.table == "ess") {
            parts.push(format!("{key} = {times}"));
        }
    }
    let period = customized
        .and_then(|metric| count(metric, "Period"))
        .or(config.get("AlarmOptions").and_then(|options| count(options, "Period")));
    if let Some(period) = period.filter(|period| *period > 0 && dialect.table != "tencent") {
        parts.push(format!("period = {}", seconds(period)));
    }
    if let Some(statistic) = customized.and_then(|metric| super::alarm::statistic(metric, "Statistic")) {
        parts.push(format!("statistic = {}", quoted(&statistic)));
    }
    draft.key("target", &format!("{{ {} }}", parts.join(", ")), Some(("TargetValue", config)));
    Ok(())
}

fn predict(draft: &mut Draft<'_>, node: &Node, dialect: &Dialect) -> Result<(), String> {
    let config = node.get("PredictiveScalingConfiguration").ok_or("it has no PredictiveScalingConfiguration")?;
    let spec = config
        .get("MetricSpecifications")
        .and_then(|specs| specs.list().first())
        .ok_or("it has no MetricSpecifications")?;
    let pair = spec.at("PredefinedMetricPairSpecification/PredefinedMetricType").and_then(Node::text);
    let metric = match pair {
        Some("ASGCPUUtilization") => "CPUUtilization",
        Some("ALBRequestCount") => "RequestCountPerTarget",
        _ => return Err("the simulation has no such pair of metrics".to_string()),
    };
    let value = value_of(spec, "TargetValue").ok_or("it has no TargetValue")?;
    if metric_of(dialect.provider, metric).is_none() {
        return Err(format!("the simulation has no metric `{metric}`"));
    }
    draft.key(
        "target",
        &format!("{{ metric = {}, value = {value} }}", quoted(metric)),
        Some(("MetricSpecifications", spec)),
    );
    let mut parts = Vec::new();
    if config.get("Mode").and_then(Node::text) == Some("ForecastAndScale") {
        parts.push("mode = \"forecast-and-scale\"".to_string());
    }
    if let Some(buffer) = count(config, "SchedulingBufferTime") {
        parts.push(format!("buffer = {}", seconds(buffer)));
    }
    let raises = config.get("MaxCapacityBreachBehavior").and_then(Node::text) == Some("IncreaseMaxCapacity");
    if let Some(buffer) = value_of(config, "MaxCapacityBuffer").filter(|_| raises) {
        parts.push(format!("max_capacity_buffer = {buffer}"));
    }
    draft.key("predictive", &format!("{{ {} }}", parts.join(", ")), Some(("PredictiveScalingConfiguration", config)));
    Ok(())
}

/// A predictive rule of ESS; its buffer is in minutes.
fn predict_ess(draft: &mut Draft<'_>, node: &Node, dialect: &Dialect) -> Result<(), String> {
    let metric = node.get("MetricName").and_then(Node::text).ok_or("it has no MetricName")?;
    if metric_of(dialect.provider, metric).is_none() {
        return Err(format!("the simulation has no metric `{metric}`"));
    }
    let value = value_of(node, "TargetValue").ok_or("it has no TargetValue")?;
    let target = format!("{{ metric = {}, value = {value} }}", quoted(metric));
    draft.key("target", &target, Some(("TargetValue", node)));
    let mut parts = Vec::new();
    if node.get("PredictiveScalingMode").and_then(Node::text) == Some("PredictOnly") {
        parts.push("mode = \"predict-only\"".to_string());
    }
    if let Some(minutes) = count(node, "PredictiveTaskBufferTime").filter(|minutes| (1..=60).contains(minutes)) {
        parts.push(format!("buffer = {}", seconds(minutes * 60)));
    }
    if let Some(most) = count(node, "InitialMaxSize") {
        parts.push(format!("initial_max = {most}"));
    }
    match node.get("PredictiveValueBehavior").and_then(Node::text) {
        Some("PredictiveValueOverrideMax") => parts.push("value_behavior = \"override-max\"".to_string()),
        Some("PredictiveValueOverrideMaxWithBuffer") => {
            parts.push("value_behavior = \"override-max-with-buffer\"".to_string());
        }
        _ => {}
    }
    if let Some(buffer) = value_of(node, "PredictiveValueBuffer") {
        parts.push(format!("value_buffer = {buffer}"));
    }
    let from = node.get("PredictiveScalingMode").unwrap_or(node);
    draft.key("predictive", &format!("{{ {} }}", parts.join(", ")), Some(("PredictiveScalingMode", from)));
    Ok(())
}
