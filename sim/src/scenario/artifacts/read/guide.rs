//! A Markdown guide: its fenced blocks, and what its prose and its other blocks get wrong about the real services.

use std::ops::Range;

use super::super::finding;
use super::super::node::{Node, Source};
use super::{Found, json};
use crate::scenario::document::Severity::{Error, Note, Warning};

/// A fenced block.
pub(super) struct Block {
    /// The word after the fence, in lower case; empty for none.
    pub(super) language: String,
    /// Its content.
    pub(super) span: Range<usize>,
}

impl Block {
    pub(super) fn is_shell(&self) -> bool {
        matches!(self.language.as_str(), "bash" | "sh" | "shell" | "console" | "zsh")
    }
}

/// The fenced blocks; nothing for a text without any, which is a script.
pub(super) fn blocks(text: &str) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(language) = trimmed.strip_prefix("```") {
            match open.take() {
                Some((language, start)) => blocks.push(Block { language, span: start..at }),
                None => open = Some((language.trim().to_lowercase(), at + line.len())),
            }
        }
        at += line.len();
    }
    if let Some((language, start)) = open {
        blocks.push(Block { language, span: start..text.len() });
    }
    (!blocks.is_empty()).then_some(blocks)
}

/// Sizes that vendors document, by family: cores and GiB (Alibaba ECS instance families; Tencent CVM S5).
const SIZES: &[(&str, u32, u32, &str)] = &[
    ("ecs.c6.2xlarge", 8, 16, "ecs.g6.2xlarge"),
    ("ecs.c6.xlarge", 4, 8, "ecs.g6.xlarge"),
    ("ecs.c7.2xlarge", 8, 16, "ecs.g7.2xlarge"),
    ("ecs.g6.2xlarge", 8, 32, "ecs.r6.2xlarge"),
    ("c5.2xlarge", 8, 16, "m5.2xlarge"),
];

pub(super) fn check(source: &Source, number: usize, blocks: &[Block], found: &mut Found) {
    let described = alarms(source, number, blocks, found);
    together(source, &described, found);
    sizes(source, found);
    python(source, blocks, found);
    start_script(source, blocks, found);
    tencent(source, found);
}

/// Alarms described as JSON with this guide's own words: name, metric, threshold, comparison, period, times, action.
fn alarms(source: &Source, number: usize, blocks: &[Block], found: &mut Found) -> Vec<Node> {
    let mut described = Vec::new();
    for block in blocks.iter().filter(|block| block.language == "json") {
        let Ok(node) = json::parse_text(source, number, &source.text[block.span.clone()], block.span.start) else {
            continue;
        };
        let (Some(metric), Some(action)) = (node.get("metric"), node.get("action")) else { continue };
        described_alarm(source, &node, metric, found);
        let name = action.text().unwrap_or_default();
        let creates = |object: &super::Object| {
            ["ScalingRuleName", "PolicyName", "ScalingPolicyName"].iter().any(|key| object.text(key) == Some(name))
        };
        if !found.objects.iter().any(creates) {
            let message = format!("no command creates the rule `{name}`");
            found.findings.push(finding(
                Warning,
                "S19",
                source.place(action.span.clone()),
                message,
                "add a CreateScalingRule for it",
            ));
        }
        let alarm = node.get("name").and_then(Node::text).unwrap_or_default().to_string();
        let is_made = |object: &super::Object| {
            ["Name", "RuleName", "AlarmName"].iter().any(|key| object.text(key) == Some(&alarm))
        };
        if !alarm.is_empty() && !found.objects.iter().any(is_made) {
            let message = format!("no command creates the alarm `{alarm}`");
            found.findings.push(finding(
                Warning,
                "S19",
                source.place(node.span.clone()),
                message,
                "add a CreateAlarm for it",
            ));
        }
        described.push(node);
    }
    described
}

/// Pairs of alarms, one that adds and one that removes: on one metric they must not undo each other at any size, on two
/// metrics they are not coordinated.
fn together(source: &Source, described: &[Node], found: &mut Found) {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_string();
    let looks = |node: &Node, sign: char| text(node, "comparison").starts_with(sign);
    let mut findings = Vec::new();
    for high in described.iter().filter(|node| looks(node, '>')) {
        for low in described.iter().filter(|node| looks(node, '<')) {
            let (above, below) = (text(high, "metric"), text(low, "metric"));
            let (up, down) =
                (high.get("threshold").and_then(Node::number), low.get("threshold").and_then(Node::number));
            let (Some(up), Some(down)) = (up, down) else { continue };
            if above != below {
                let message = format!(
                    "`{}` ({above} > {up}) adds while `{}` ({below} < {down}) removes: nothing keeps both from holding at once",
                    text(high, "name"),
                    text(low, "name")
                );
                let fix = "scale in on the metric that scales out";
                findings.push(finding(Warning, "S27", source.place(high.span.clone()), message, fix));
            } else if let Some(message) = bound(up, down, &text(high, "action"), &text(low, "action"), found) {
                findings.push(finding(Note, "S27", source.place(low.span.clone()), message, ""));
            }
        }
    }
    found.findings.extend(findings);
}

/// The values that one activity leads to, at the sizes where they are worst: arithmetic, whatever the load.
fn bound(up: f64, down: f64, adding: &str, removing: &str, found: &Found) -> Option<String> {
    let by = |name: &str| {
        let rule = found.objects.iter().find(|object| object.text("ScalingRuleName") == Some(name))?;
        rule.node.get("AdjustmentValue").and_then(Node::number)
    };
    let group = found.objects.iter().find(|object| object.kind == super::Kind::EssGroup)?;
    let size = |key: &str| group.node.get(key).and_then(Node::whole).filter(|size| (1..=2000).contains(size));
    let (min, max) = (size("MinSize")?, size("MaxSize")?);
    let (add, remove) = (by(adding)?, -by(removing)?);
    let sizes = || (min..=max).map(|n| n as f64);
    let lowest = sizes().filter(|n| n + add <= max as f64).map(|n| up * n / (n + add)).fold(f64::INFINITY, f64::min);
    let highest = sizes().filter(|n| n - remove >= min as f64).map(|n| down * n / (n - remove)).fold(0.0, f64::max);
    let verdict = if lowest >= down && highest <= up { "no flapping" } else { "flapping" };
    Some(format!(
        "{verdict} under load in proportion, with {min} to {max} instances: a scale-out above {up} leaves {lowest:.0} or more \
         (scale-in is below {down}), a scale-in below {down} leads to {highest:.0} at most (scale-out is above {up})"
    ))
}

fn described_alarm(source: &Source, node: &Node, metric: &Node, found: &mut Found) {
    let mut add = |severity, code, at: &Node, message: String, fix: &str| {
        found.findings.push(finding(severity, code, source.place(at.span.clone()), message, fix));
    };
    let times = node.get("times").and_then(Node::whole).unwrap_or(1);
    if let Some((period, seconds)) = node.get("period").and_then(|period| Some((period, period.whole()?)))
        && ![15, 60, 120, 300, 900].contains(&seconds)
    {
        let window = seconds.saturating_mul(times);
        let fix = if window % 300 == 0 {
            format!("the same window of {window} s: 300 s × {}", window / 300)
        } else {
            String::new()
        };
        add(
            Error,
            "S01",
            period,
            format!("ESS has no period of {seconds} s: CreateAlarm takes 15, 60, 120, 300 or 900 s"),
            &fix,
        );
    }
    let name = metric.text().unwrap_or_default();
    if name == "CPUUtilization" {
        let message =
            "ESS calls the metric `CpuUtilization`; `CPUUtilization` is CloudMonitor's and AWS's name".to_string();
        add(Error, "S02", metric, message, "CpuUtilization, or CpuUtilizationAgent");
    }
    if name.contains('.') {
        let message = format!(
            "`{name}` is no metric name: a custom task needs MetricType=custom, a GroupId, and a name of letters, digits and _"
        );
        add(
            Error,
            "S03",
            metric,
            message,
            "MetricName QPS with a GroupId, or LoadBalancerRealServerAverageQps behind an ALB",
        );
    }
    let upward = node.get("comparison").and_then(Node::text).is_some_and(|sign| sign.starts_with('>'));
    if upward
        && name.to_ascii_uppercase().contains("QPS")
        && !name.contains("PerInstance")
        && !name.contains("RealServer")
    {
        let message = format!(
            "`{name}`: when the total of the fleet is reported, more instances never lower it, and the group runs to its maximum"
        );
        add(Warning, "S04", metric, message, "report it per instance");
    }
}

/// An instance type with numbers beside it that it has not: "`ecs.c6.2xlarge`（8核32GB）".
fn sizes(source: &Source, found: &mut Found) {
    for (name, cores, gib, instead) in SIZES {
        for (at, _) in source.text.match_indices(name) {
            let line_end = source.text[at..].find('\n').map_or(source.text.len(), |end| at + end);
            let rest = &source.text[at + name.len()..line_end];
            let Some(said) = gigabytes(rest) else { continue };
            if said == *gib {
                continue;
            }
            let message = format!("{name} has {cores} vCPU and {gib} GiB, not {said} GB");
            found.findings.push(finding(
                Error,
                "S21",
                source.place(at..at + name.len()),
                message,
                format!("{instead} has the memory; say which is meant, the price differs"),
            ));
        }
    }
}

/// The number before `GB`, `GiB` or `G` in a text.
fn gigabytes(text: &str) -> Option<u32> {
    let end = text.find("GB").or_else(|| text.find("GiB"))?;
    let digits: String = text[..end].trim_end().chars().rev().take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().ok()
}

/// SDK methods that do not exist.
fn python(source: &Source, blocks: &[Block], found: &mut Found) {
    for block in blocks.iter().filter(|block| block.language == "python") {
        let text = &source.text[block.span.clone()];
        if !text.contains("PutCustomMetricRequest") {
            continue;
        }
        let Some(at) = ["set_MetricName", "set_Value", "set_Unit"].iter().filter_map(|name| text.find(name)).min()
        else {
            continue;
        };
        let at = block.span.start + at;
        let end = source.text[at..].find('(').map_or(at, |end| at + end);
        found.findings.push(finding(
            Error,
            "S22",
            source.place(at..end),
            "PutCustomMetricRequest has set_MetricLists only: set_MetricName, set_Value and set_Unit do not exist",
            "set_MetricLists([{\"GroupId\": …, \"MetricName\": \"QPS\", \"Dimensions\": \"{…}\", \"Type\": \"0\", \"Values\": \"{\\\"value\\\": …}\"}])",
        ));
    }
}

/// How long the start takes at least, against the cooldown of the rules that add.
fn start_script(source: &Source, blocks: &[Block], found: &mut Found) {
    let scripts = || blocks.iter().filter(|block| block.is_shell()).map(|block| &source.text[block.span.clone()]);
    let sleeps: u64 = scripts()
        .filter(|text| text.contains("docker") || text.contains("systemctl"))
        .flat_map(str::lines)
        .filter_map(seconds_slept)
        .sum();
    let loops: u64 = scripts().filter_map(polled).max().unwrap_or(0);
    let longest = sleeps + loops;
    let adding = found.objects.iter().filter(|object| {
        let by = object.node.get("AdjustmentValue").or(object.node.get("ScalingAdjustment")).and_then(Node::number);
        by.is_some_and(|by| by > 0.0)
    });
    let rules: Vec<(i64, Range<usize>, String)> = adding
        .filter_map(|object| {
            let cooldown = object.node.get("Cooldown")?;
            let name = ["ScalingRuleName", "PolicyName"].iter().find_map(|key| object.text(key))?.to_string();
            Some((cooldown.whole()?, cooldown.span.clone(), name))
        })
        .collect();
    for (cooldown, span, name) in rules.into_iter().filter(|(cooldown, ..)| longest > 0 && *cooldown < longest as i64) {
        let message = format!(
            "the cooldown of `{name}` is {cooldown} s, but the start scripts alone may take {longest} s ({sleeps} s asleep, up to {loops} s \
             of health checks), and the machine's boot comes before: the rule is executed again before the first instances serve"
        );
        found.findings.push(finding(
            Warning,
            "S26",
            source.place(span),
            message,
            format!("a cooldown above the boot: {} s or more", longest + 60),
        ));
    }
}

/// `sleep 30`, at the beginning of a line.
fn seconds_slept(line: &str) -> Option<u64> {
    line.trim().strip_prefix("sleep ")?.split_whitespace().next()?.parse().ok()
}

/// MAX_RETRIES × RETRY_INTERVAL of a loop.
fn polled(text: &str) -> Option<u64> {
    let of = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key))?;
        line.trim().parse::<u64>().ok()
    };
    Some(of("MAX_RETRIES=")?.saturating_mul(of("RETRY_INTERVAL=")?))
}

/// "As on Alibaba Cloud" is not possible, and object storage has another name.
fn tencent(source: &Source, found: &mut Found) {
    for phrase in ["配置同阿里云", "same as Alibaba", "same as on Alibaba"] {
        if let Some(at) = source.text.find(phrase) {
            found.findings.push(finding(
                Error,
                "S28",
                source.place(at..at + phrase.len()),
                "the alarms cannot be the same on Tencent: periods are 60 or 300 s (not 600), times at most 10, thresholds whole numbers, \
                 and there is no metric of requests, nor custom ones",
                "300 s × 6 for 600 s × 3; no alarm on QPS",
            ));
        }
    }
    for phrase in ["腾讯云OSS", "Tencent OSS", "Tencent Cloud OSS"] {
        if let Some(at) = source.text.find(phrase) {
            found.findings.push(finding(
                Note,
                "S30",
                source.place(at..at + phrase.len()),
                "Tencent's object storage is called COS; and a CLB takes ForwardLoadBalancers with listener and weight",
                "",
            ));
        }
    }
}
