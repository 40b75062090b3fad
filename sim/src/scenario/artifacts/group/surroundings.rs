//! What a policy does not say and a simulation needs: traffic, service, instance, boot. Assumed, and marked so.

use super::super::ImportOptions;
use super::super::draft::{Draft, quoted};
use super::super::node::Node;
use super::super::object::Object;

/// The core time that is assumed of a request.
const CPU_SECONDS: f64 = 0.05;

/// The first lines of a scenario.
pub(super) fn head(draft: &mut Draft<'_>, name: &str, vendor: &str, options: &ImportOptions) {
    draft.comment(&format!(
        "Imported from {vendor}. Comments behind keys name the file, the line and the field they came from."
    ));
    if let Some(base) = &options.base {
        draft.noted("base", &quoted(base), "traffic, service, instance and boot");
    }
    draft.noted("name", &quoted(name), "");
}

/// The instance type of a group's first instance.
pub(super) fn instance_type(group: &Object) -> Option<String> {
    let first = group.node.get("Instances")?.list().first()?;
    first.get("InstanceType").and_then(Node::text).map(str::to_string)
}

/// Cores and GiB of a type, by the vendors' naming: the family's letter gives GiB per core (c 2, g and m 4, r 8), the size
/// the cores (large 2, xlarge 4, Nxlarge 4·N).
fn size(kind: &str) -> Option<(u32, u32)> {
    let name = kind.strip_prefix("ecs.").unwrap_or(kind);
    let (family, size) = name.split_once('.')?;
    let letters: String = family.chars().take_while(char::is_ascii_alphabetic).collect();
    let per_core = match letters.as_str() {
        "c" => 2,
        "g" | "m" => 4,
        "r" => 8,
        _ => return None,
    };
    let cores = match size {
        "large" => 2,
        "xlarge" => 4,
        size => size.strip_suffix("xlarge")?.parse::<u32>().ok().filter(|times| (2..=64).contains(times))? * 4,
    };
    Some((cores, cores * per_core))
}

/// The tables beside the policy.
pub(super) fn write(draft: &mut Draft<'_>, table: &str, kind: Option<&str>, most: i64, options: &ImportOptions) {
    draft.blank();
    if let Some(trace) = &options.trace {
        draft.text.push_str("[trace]\n");
        draft.noted("file", &quoted(trace), "");
    }
    if options.base.is_some() {
        return;
    }
    let (cores, memory, from) = match kind.and_then(|kind| Some((kind, size(kind)?))) {
        Some((kind, (cores, memory))) => (cores, memory, format!("by the name of {kind}")),
        None => (8, 32, "ASSUMED".to_string()),
    };
    if options.trace.is_none() {
        // Half of what all instances can serve, at the peak.
        let peak = libm::floor(0.5 * most as f64 * f64::from(cores) / CPU_SECONDS).max(1.0);
        draft.comment(
            "ASSUMED: a day of synthetic traffic that half of the largest group serves. Yours: file = \"my.csv\".",
        );
        draft.text.push_str("[trace]\n");
        draft.noted("shape", "\"diurnal\"", "");
        draft.noted("base", &quoted(&format!("{:.0}rps", libm::ceil(peak / 5.0))), "");
        draft.noted("peak", &quoted(&format!("{peak:.0}rps")), "");
    }
    draft.blank();
    draft.comment("ASSUMED: what a request asks. `windtunnel show` has all keys; measure cpu as utilization × cores / requests per second.");
    draft.text.push_str("[service]\n");
    draft.noted("cpu", &format!("{{ lognormal = {{ mean = \"{:.0}ms\", cv = 1.0 }} }}", CPU_SECONDS * 1000.0), "");
    draft.noted("timeout", "\"10s\"", "");
    draft.blank();
    draft.text.push_str("[instance]\n");
    if let Some(kind) = kind {
        draft.noted("type", &quoted(kind), "");
    }
    draft.noted("cores", &cores.to_string(), &from);
    draft.noted("memory", &quoted(&format!("{memory}GiB")), &from);
    if table == "hpa" {
        return;
    }
    draft.blank();
    draft.comment("ASSUMED: the boot, and a balancer with health checks.");
    for (stage, median, p95) in [("provision", "45s", "90s"), ("application", "60s", "120s")] {
        draft.text.push_str("[[boot]]\n");
        draft.noted("stage", &quoted(stage), "");
        draft.noted("time", &format!("{{ lognormal = {{ median = \"{median}\", p95 = \"{p95}\" }} }}"), "");
    }
    draft.text.push_str("[balancer]\n");
    let drain = if table == "aws" { "300s" } else { "60s" };
    draft.noted("drain", &quoted(drain), if table == "aws" { "the default deregistration delay" } else { "" });
    draft.noted("drain_ends_when_idle", "true", "");
    draft.noted("health", "{ every = \"5s\", healthy = 2 }", "");
    if table == "aws" {
        draft.text.push_str("[sensors]\n");
        draft.noted("every", "\"60s\"", "ASSUMED: detailed monitoring; basic monitoring is \"300s\"");
    }
}
