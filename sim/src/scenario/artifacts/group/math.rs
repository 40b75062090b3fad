//! Alarms of CloudWatch on several metrics. Where the list comes down to one metric, it is that metric; mathematics is not
//! simulated.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>

use super::super::node::{Node, Value};

/// What a list of metrics comes down to.
pub(super) enum Understood {
    /// An alarm on one metric.
    Plain(Node),
    /// The expression is what another metric measures: the alarm stands on that one.
    Equal(Node),
    /// The expression is not simulated. The alarm stands on one of its metrics, with its actions disabled.
    Kept(Node, String),
}

/// The alarm without its list of metrics, as far as that is possible.
pub(super) fn understood(alarm: &Node) -> Understood {
    let queries = alarm.get("Metrics").or(alarm.get("MetricQuery")).map(Node::list).unwrap_or_default();
    let returned: Vec<&Node> =
        queries.iter().filter(|query| query.get("ReturnData").and_then(Node::truth) != Some(false)).collect();
    // Where several return data, which one is watched is not said: what the list ends with.
    let Some(one) = returned.last().copied().or(queries.last()) else {
        return Understood::Plain(alarm.clone());
    };
    let Some(expression) = expression(one) else {
        return Understood::Plain(on(alarm, one, None));
    };
    let named =
        |id: &str| queries.iter().find(|query| text(query, "Id") == id.trim() && self::expression(query).is_none());
    if let Some(query) = named(&expression) {
        return Understood::Plain(on(alarm, query, None));
    }
    // Requests over the hosts that take them: this is a metric of its own.
    if let Some((requests, hosts)) = expression.split_once('/').and_then(|(a, b)| Some((named(a)?, named(b)?)))
        && metric_name(requests) == "RequestCount"
        && stat(requests, "Stat") == "Sum"
        && metric_name(hosts) == "HealthyHostCount"
    {
        return Understood::Equal(on(alarm, requests, Some("RequestCountPerTarget")));
    }
    let first = queries.iter().find(|query| self::expression(query).is_none());
    let kept = first.map_or_else(|| alarm.clone(), |query| disabled(on(alarm, query, None)));
    Understood::Kept(kept, expression)
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

/// The expression of a query; Terraform writes an empty one beside a metric.
fn expression(query: &Node) -> Option<String> {
    Some(text(query, "Expression").trim().to_string()).filter(|expression| !expression.is_empty())
}

/// The metric with its period and statistic. Terraform calls it `metric`, and writes the block as a list of one.
fn metric_stat(query: &Node) -> Option<&Node> {
    let stat = query.get("MetricStat").or(query.get("Metric"))?;
    Some(stat.list().first().unwrap_or(stat))
}

fn stat<'n>(query: &'n Node, key: &str) -> &'n str {
    metric_stat(query).map_or("", |stat| text(stat, key))
}

fn metric_name(query: &Node) -> &str {
    let Some(stat) = metric_stat(query) else { return "" };
    text(stat.get("Metric").filter(|metric| metric.is_table()).unwrap_or(stat), "MetricName")
}

/// The alarm on the metric of a query, or on another in its place.
fn on(alarm: &Node, query: &Node, instead: Option<&str>) -> Node {
    let mut plain = alarm.clone();
    let (Some(stat), Value::Table(entries)) = (metric_stat(query), &mut plain.value) else { return plain };
    entries.retain(|(key, _)| key != "Metrics" && key != "MetricQuery");
    let metric = stat.get("Metric").filter(|metric| metric.is_table()).unwrap_or(stat);
    let named = instead.map(|name| Node::new(Value::Text(name.to_string()), query.span.clone(), query.source));
    for (key, from) in [
        ("MetricName", named.as_ref().or(metric.get("MetricName"))),
        ("Dimensions", metric.get("Dimensions")),
        ("Period", stat.get("Period")),
        ("Statistic", stat.get("Stat")),
    ] {
        if let Some(from) = from {
            // Terraform's alarm has the fields empty beside the list.
            entries.retain(|(name, _)| name != key);
            entries.push((key.to_string(), from.clone()));
        }
    }
    plain
}

fn disabled(mut alarm: Node) -> Node {
    let (span, source) = (alarm.span.clone(), alarm.source);
    if let Value::Table(entries) = &mut alarm.value {
        entries.retain(|(key, _)| key != "ActionsEnabled");
        entries.push(("ActionsEnabled".to_string(), Node::new(Value::Bool(false), span, source)));
    }
    alarm
}
