//! Findings for machines: one JSON document, or SARIF 2.1.0.

use serde_json::{Value, json};
use windtunnel_sim::scenario::document::{Location, Severity};
use windtunnel_sim::scenario::hazards::catalogue;
use windtunnel_sim::scenario::hazards::proof::Answer;

use super::{Checked, Shown};

/// Where the format is defined.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn json(checked: &[Checked]) -> Value {
    let inputs: Vec<Value> = checked
        .iter()
        .map(|input| {
            json!({
                "name": input.name,
                "can_be_run": input.can_be_run,
                "findings": input.findings.iter().map(finding).collect::<Vec<Value>>(),
            })
        })
        .collect();
    json!({ "version": env!("CARGO_PKG_VERSION"), "checked": inputs })
}

fn finding(shown: &Shown) -> Value {
    let finding = &shown.finding;
    let mut value = json!({
        "code": finding.code,
        "severity": finding.severity.as_str(),
        "path": finding.path,
        "message": finding.message,
        "fix": finding.fix,
    });
    let Some(object) = value.as_object_mut() else { return value };
    if let Some(location) = &finding.location {
        object.insert("file".into(), location.file.clone().into());
        object.insert("line".into(), location.line.into());
        object.insert("column".into(), location.column.into());
    }
    if let Some(answer) = &shown.proof {
        let (key, answer) = proof(answer);
        object.insert(key.into(), answer);
    }
    value
}

/// Two runs, or why there are none.
fn proof(answer: &Answer) -> (&'static str, Value) {
    match answer {
        Answer::Simulated(proof) => (
            "proof",
            json!({
                "metric": proof.metric, "with": proof.with, "cured": proof.cured, "shows": proof.shows(),
                "setting": proof.setting, "cure": proof.cure,
            }),
        ),
        Answer::NotSimulated(reason) => ("no_proof", reason.clone().into()),
    }
}

pub(super) fn sarif(checked: &[Checked]) -> Value {
    let rules: Vec<Value> = catalogue::HAZARDS
        .iter()
        .map(|hazard| {
            json!({
                "id": hazard.code,
                "name": hazard.title,
                "shortDescription": { "text": hazard.title },
                "fullDescription": { "text": hazard.why },
                "help": { "text": hazard.fix },
                "defaultConfiguration": { "level": level(hazard.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = checked.iter().flat_map(|input| &input.findings).map(result).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "windtunnel", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

/// The words of SARIF happen to be ours.
fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

fn result(shown: &Shown) -> Value {
    let finding = &shown.finding;
    let text = if finding.fix.is_empty() {
        finding.message.clone()
    } else {
        format!("{}. Fix: {}", finding.message, finding.fix)
    };
    let mut value = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": text },
    });
    let Some(object) = value.as_object_mut() else { return value };
    if let Some(location) = &finding.location {
        object.insert("locations".into(), json!([place(location)]));
    }
    if let Some(answer) = &shown.proof {
        let (key, answer) = proof(answer);
        object.insert("properties".into(), json!({ key: answer }));
    }
    value
}

fn place(location: &Location) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&location.file) },
            "region": { "startLine": location.line, "startColumn": location.column },
        }
    })
}

/// A path as a URI reference (RFC 3986): with slashes, and everything else than its unreserved characters in percent.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
