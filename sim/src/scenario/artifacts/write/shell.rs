//! Command lines. What only the account knows (ids, groups of contacts) are variables that the script asks for; what a call
//! returns is kept in variables for the calls that refer to it.

use serde_json::{Map, Value};

use super::super::object::{Kind, REFERENCE};
use super::call::Call;

const HEAD: &str = "#!/usr/bin/env bash\n# Written by windtunnel export. It changes the group: read it before you run it.\nset -euo pipefail\n";

/// The lines of `aws`.
pub(super) fn aws(calls: &[Call]) -> String {
    script(calls, |call| {
        let (service, action, result) = match call.kind {
            Kind::AwsGroup => ("autoscaling", "update-auto-scaling-group", None),
            Kind::AwsPolicy => ("autoscaling", "put-scaling-policy", Some(" --query PolicyARN --output text")),
            Kind::AwsSchedule => ("autoscaling", "put-scheduled-update-group-action", None),
            Kind::AwsHook => ("autoscaling", "put-lifecycle-hook", None),
            Kind::AwsWarmPool => ("autoscaling", "put-warm-pool", None),
            Kind::AwsSuspension => ("autoscaling", "suspend-processes", None),
            Kind::AwsComposite => ("cloudwatch", "put-composite-alarm", None),
            _ => ("cloudwatch", "put-metric-alarm", None),
        };
        let mut line = format!("aws {service} {action}");
        for (key, value) in &call.fields {
            line.push_str(&aws_option(key, value));
        }
        (line, result)
    })
}

fn aws_option(key: &str, value: &Value) -> String {
    let name = kebab(key);
    match value {
        Value::Bool(truth) => format!(" \\\n  --{}{name}", if *truth { "" } else { "no-" }),
        Value::Array(elements) if elements.iter().all(Value::is_string) => {
            let words: Vec<String> = elements.iter().map(word).collect();
            format!(" \\\n  --{name} {}", words.join(" "))
        }
        value => option(&format!("--{name}"), value),
    }
}

/// `AutoScalingGroupName` to `auto-scaling-group-name`.
fn kebab(name: &str) -> String {
    // The one name that begins with an abbreviation.
    let name = name.strip_prefix("OK").map_or(name.to_string(), |rest| format!("Ok{rest}"));
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The lines of `aliyun`.
pub(super) fn aliyun(calls: &[Call]) -> String {
    script(calls, |call| {
        let (product, action, result) = match call.kind {
            Kind::EssGroup => ("ess", "ModifyScalingGroup", None),
            Kind::EssRule => ("ess", "CreateScalingRule", Some(" | jq -r .ScalingRuleAri")),
            Kind::EssSchedule => ("ess", "CreateScheduledTask", None),
            Kind::EssHook => ("ess", "CreateLifecycleHook", None),
            Kind::EssSuspension => ("ess", "SuspendProcesses", None),
            Kind::CmsRule => ("cms", "PutResourceMetricRule", None),
            Kind::CmsTargets => ("cms", "PutMetricRuleTargets", None),
            _ => ("ess", "CreateAlarm", None),
        };
        let mut line = format!("aliyun {product} {action}");
        for (key, value) in &call.fields {
            flat(key, value, &mut line);
        }
        (line, result)
    })
}

/// Lists are `--Key.1`, structures `--Key.Field`.
fn flat(key: &str, value: &Value, line: &mut String) {
    match value {
        Value::Array(elements) => {
            let singular = match key {
                "RemovalPolicies" => "RemovalPolicy",
                "Processes" => "Process",
                key => key.strip_suffix('s').unwrap_or(key),
            };
            // CloudMonitor's Targets are plural in the call as well.
            let name = if key == "Targets" { key } else { singular };
            for (index, element) in elements.iter().enumerate() {
                flat(&format!("{name}.{}", index + 1), element, line);
            }
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                flat(&format!("{key}.{field}"), value, line);
            }
        }
        value => line.push_str(&option(&format!("--{key}"), value)),
    }
}

/// The lines of `tccli`.
pub(super) fn tccli(calls: &[Call]) -> String {
    script(calls, |call| {
        let (action, result) = match call.kind {
            Kind::TencentGroup => ("ModifyAutoScalingGroup", None),
            Kind::TencentPolicy => ("CreateScalingPolicy", None),
            Kind::TencentHook => ("CreateLifecycleHook", None),
            _ => ("CreateScheduledAction", None),
        };
        let mut line = format!("tccli as {action}");
        for (key, value) in &call.fields {
            line.push_str(&option(&format!("--{key}"), value));
        }
        (line, result)
    })
}

/// An option; one whose value begins with a dash is joined with `=`, or the tools take it for a flag.
fn option(name: &str, value: &Value) -> String {
    let word = word(value);
    let joint = if word.starts_with('-') || word.starts_with("'-") { '=' } else { ' ' };
    format!(" \\\n  {name}{joint}{word}")
}

/// A value as a word of the shell.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => match text.strip_prefix(REFERENCE) {
            Some(symbol) => format!("\"${}\"", variable(symbol)),
            None => quoted(text),
        },
        Value::Array(_) | Value::Object(_) => json_word(value),
        plain => plain.to_string(),
    }
}

/// JSON in single quotes; a variable inside of it stands in double quotes between two stretches of single ones.
fn json_word(value: &Value) -> String {
    let text = value.to_string();
    let mut out = String::new();
    let mut rest = text.as_str();
    let mark = format!("\"{REFERENCE}");
    while let Some((before, after)) = rest.split_once(&mark) {
        let (symbol, tail) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(&before.replace('\'', "'\\''"));
        out.push_str(&format!("\"'\"${{{}}}\"'\"", variable(symbol)));
        rest = tail;
    }
    out.push_str(&rest.replace('\'', "'\\''"));
    format!("'{out}'")
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,@%+".contains(c))
        && !text.starts_with('-');
    if plain { text.to_string() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn variable(symbol: &str) -> String {
    symbol.to_ascii_uppercase()
}

/// A script: the variables that are asked for, then the calls.
fn script(calls: &[Call], spell: impl Fn(&Call) -> (String, Option<&'static str>)) -> String {
    let mut made: Vec<&str> = Vec::new();
    let mut body = String::new();
    let mut asked: Vec<String> = Vec::new();
    let mut used: Vec<String> = Vec::new();
    for call in calls {
        symbols(&Value::Object(call.fields.clone()), &mut used);
    }
    for call in calls {
        for remark in &call.remarks {
            body.push_str(&format!("\n# {remark}"));
        }
        let (line, result) = spell(call);
        match result.filter(|_| used.contains(&call.symbol)) {
            Some(result) => {
                body.push_str(&format!("\n{}=$({line}{result})\n", variable(&call.symbol)));
                made.push(&call.symbol);
            }
            None => body.push_str(&format!("\n{line}\n")),
        }
    }
    for symbol in used {
        if !made.contains(&symbol.as_str()) && !asked.contains(&symbol) {
            asked.push(symbol);
        }
    }
    let mut text = HEAD.to_string();
    for symbol in asked {
        text.push_str(&format!(": \"${{{}:?set it first}}\"\n", variable(&symbol)));
    }
    text + &body
}

fn symbols(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            if let Some(symbol) =
                text.strip_prefix(REFERENCE).filter(|symbol| !found.iter().any(|known| known == symbol))
            {
                found.push(symbol.to_string());
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| symbols(element, found)),
        Value::Object(fields) => fields_of(fields, found),
        _ => {}
    }
}

fn fields_of(fields: &Map<String, Value>, found: &mut Vec<String>) {
    for value in fields.values() {
        symbols(value, found);
    }
}
