//! What of a policy is worth tuning, and over which values, when nobody says: thresholds, periods, cooldowns (in boot
//! times), steps, the least capacity; for the HPA its targets and windows.

use crate::scenario::Scenario;
use crate::scenario::document::Document;

/// Multiples of the mean boot that a cooldown is tried at.
const COOLDOWNS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];

/// The axes of a scenario's policy, as `path=values`.
pub fn default_ranges(scenario: &Scenario, document: &Document) -> Vec<String> {
    let clouds = [("ess", "rule"), ("aws", "policy"), ("tencent", "policy")];
    for (table, rules) in clouds {
        if document.is_given(table) {
            return cloud(table, rules, document, scenario);
        }
    }
    if document.is_given("hpa") {
        return hpa(scenario);
    }
    Vec::new()
}

fn cloud(table: &str, rules: &str, document: &Document, scenario: &Scenario) -> Vec<String> {
    let mut axes = Vec::new();
    let min = document.get_f64(&format!("{table}.min")).unwrap_or(1.0).max(1.0);
    let desired = document.get_f64(&format!("{table}.desired")).unwrap_or(min).max(min);
    if desired > 1.0 {
        axes.push(format!("{table}.min={{ from = 1, to = {desired}, step = 1 }}"));
    }
    let boot = crate::experiment::clairvoyant::boot_seconds(scenario);
    for rule in named(document, &format!("{table}.{rules}")) {
        let path = format!("{table}.{rules}.{}", quoted(&rule));
        if document.is_given(&format!("{path}.cooldown")) && boot > 0.0 {
            // Whole tens of seconds read better, and no provider's rule depends on less.
            let seconds = COOLDOWNS.map(|factor| (libm::round(factor * boot / 10.0) * 10.0).max(10.0));
            axes.push(format!("{path}.cooldown=[{}]", seconds.map(|s| format!("\"{s}s\"")).join(", ")));
        }
        if let Some(change) = document.get_f64(&format!("{path}.adjust.change")) {
            let values = if change > 0.0 { "[1, 2, 3, 4]" } else { "[-1, -2]" };
            axes.push(format!("{path}.adjust.change={values}"));
        }
        if document.is_given(&format!("{path}.target.value")) {
            axes.push(format!("{path}.target.value={{ from = 40, to = 80, step = 5 }}"));
        }
    }
    for alarm in named(document, &format!("{table}.alarm")) {
        let path = format!("{table}.alarm.{}", quoted(&alarm));
        let is_cpu =
            document.get_str(&format!("{path}.metric")).is_some_and(|metric| metric.to_lowercase().contains("cpu"));
        let is_high = document.get_str(&format!("{path}.comparison")).is_some_and(|sign| sign.starts_with('>'));
        if is_cpu && is_high {
            axes.push(format!("{path}.threshold={{ from = 50, to = 85, step = 5 }}"));
            axes.push(format!("{path}.period=[\"60s\", \"300s\"]"));
            axes.push(format!("{path}.times=[1, 2, 3, 5]"));
        } else if is_cpu {
            axes.push(format!("{path}.threshold={{ from = 20, to = 45, step = 5 }}"));
        }
    }
    axes
}

fn hpa(scenario: &Scenario) -> Vec<String> {
    let Some(spec) = scenario.file.hpa.as_ref().and_then(|hpa| hpa.spec.as_ref()) else { return Vec::new() };
    let Ok(spec) = toml::Value::try_from(spec) else { return Vec::new() };
    let mut axes = Vec::new();
    let metrics = spec.get("metrics").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    for (index, metric) in metrics.iter().enumerate() {
        let utilization = metric.get("resource").and_then(|resource| resource.get("target")?.get("averageUtilization"));
        if utilization.is_some() {
            let path = format!("hpa.spec.metrics.{index}.resource.target.averageUtilization");
            axes.push(format!("{path}={{ from = 40, to = 80, step = 5 }}"));
        }
    }
    axes.push("hpa.spec.behavior.scaleDown.stabilizationWindowSeconds=[0, 60, 120, 300, 600]".into());
    axes.push("hpa.spec.behavior.scaleUp.stabilizationWindowSeconds=[0, 30, 60]".into());
    if let Some(min) = spec.get("minReplicas").and_then(toml::Value::as_integer) {
        axes.push(format!("hpa.spec.minReplicas={{ from = 1, to = {}, step = 1 }}", min.max(2) * 2));
    }
    axes
}

/// The names of an array of tables, in order.
fn named(document: &Document, array: &str) -> Vec<String> {
    let elements = document.written(array).and_then(|written| written.elements()).unwrap_or_default();
    elements
        .iter()
        .filter_map(|element| {
            let entries = element.entries()?;
            entries.iter().find(|(key, _)| key == "name").and_then(|(_, name)| name.as_str().map(str::to_string))
        })
        .collect()
}

fn quoted(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_string() }
}
