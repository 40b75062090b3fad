//! The scenario as it is read: what `show` prints is itself a scenario, and the same one; what the schema says is what
//! is accepted.

use std::path::{Path, PathBuf};

use serde_json::Value;
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded, schema};

/// Every scenario in `configs`: what other files take as their base has no controller, and is none.
fn configs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_scenario = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut files: Vec<PathBuf> = entries.filter(is_scenario).collect();
    files.sort();
    files
}

fn load(path: &Path, text: &str) -> Loaded {
    let shown = path.display();
    let document = Document::parse(path.to_str().unwrap(), text).unwrap_or_else(|error| panic!("{shown}: {error}"));
    Loaded::from_document(document, &DiskFiles).unwrap_or_else(|error| panic!("{shown}: {error}\n{text}"))
}

#[test]
fn a_resolved_scenario_is_the_same_scenario() {
    for path in configs() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name == "service" {
            continue;
        }
        let shown = std::process::Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .current_dir(path.parent().unwrap())
            .args(["show", path.file_name().unwrap().to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(shown.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&shown.stderr));
        let text = String::from_utf8(shown.stdout).unwrap();
        let written = Document::load(&path, &DiskFiles).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = Loaded::from_document(written, &DiskFiles).unwrap_or_else(|error| panic!("{name}: {error}"));
        let read_back = load(&path, &text);
        assert_eq!(read_back.scenario.digest, written.scenario.digest, "{name}");
        assert_eq!(read_back.resolved_toml(), written.resolved_toml(), "{name}: resolving is done in one step");
    }
}

/// Why a value is not what a schema allows; nothing when it is. Knows the keywords that the scenario's schema uses.
fn refusal(value: &Value, rule: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(name) = rule["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#'))?;
        return refusal(value, target, root, at);
    }
    if rule["const"].is_null() && rule.get("const").is_some() {
        return None;
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(choices) = rule[any].as_array() {
            let refusals: Vec<String> = choices.iter().filter_map(|choice| refusal(value, choice, root, at)).collect();
            if refusals.len() == choices.len() {
                return Some(refusals.join("; "));
            }
        }
    }
    if let Some(all) = rule["allOf"].as_array()
        && let Some(refused) = all.iter().find_map(|one| refusal(value, one, root, at))
    {
        return Some(refused);
    }
    if rule.get("const").is_some_and(|only| only != value) {
        return Some(format!("{at} is not {}", rule["const"]));
    }
    if rule["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        return Some(format!("{at} is not one of {}", rule["enum"]));
    }
    if !has_type(value, &rule["type"]) {
        return Some(format!("{at} is no {}", rule["type"]));
    }
    match value {
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let at = format!("{at}.{key}");
            match (&rule["properties"][key], &rule["additionalProperties"]) {
                (Value::Null, Value::Bool(false)) => Some(format!("{at} is no key")),
                (Value::Null, other @ Value::Object(_)) => refusal(member, other, root, &at),
                (Value::Null, _) => None,
                (property, _) => refusal(member, property, root, &at),
            }
        }),
        Value::Array(items) if rule["items"].is_object() => {
            items.iter().find_map(|item| refusal(item, &rule["items"], root, &format!("{at}[]")))
        }
        _ => None,
    }
}

fn has_type(value: &Value, allowed: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => false,
    };
    match allowed {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// The schema is checked against the files without `base`, which is a key of the file and not of the scenario.
#[test]
fn the_schema_accepts_every_config() {
    let schema = schema();
    for path in configs() {
        let text = std::fs::read_to_string(&path).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let mut value = serde_json::to_value(table).unwrap();
        value.as_object_mut().unwrap().remove("base");
        assert_eq!(refusal(&value, &schema, &schema, "scenario"), None, "{}", path.display());
        value["instanse"] = serde_json::json!({});
        let refused = refusal(&value, &schema, &schema, "scenario");
        assert_eq!(refused.as_deref(), Some("scenario.instanse is no key"), "what is unknown is refused");
    }
}
