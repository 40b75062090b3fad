//! Proofs about the HPA and its pods.

use super::super::numbers::Numbers;
use super::super::{Finding, round};
use super::response::{GROWS, SUFFERS, rise};
use super::{Plan, constant, horizon, step};
use crate::controllers::hpa::spec::{Goal, Source};
use crate::scenario::document::Severity;
use crate::scenario::{Policy, Scenario};

pub(super) fn plan(
    finding: &Finding,
    scenario: &Scenario,
    numbers: &Numbers,
    never_adds: bool,
    min: u32,
    max: u32,
) -> Option<Plan> {
    match finding.code {
        "H01" => requests(numbers, min, max),
        "G04" => cut(scenario, numbers, min, max),
        "G09" => idle(scenario),
        "G12" => one_way(scenario, numbers, never_adds, min, max),
        "H03" if finding.severity != Severity::Note => band(finding, scenario, numbers, min, max),
        "H05" => limits(scenario, numbers, min, max),
        "H06" => dips(scenario, numbers, max),
        "H08" => Some(pending(&finding.path, numbers, max)),
        "H09" => reapplied(scenario, numbers, min, max),
        _ => None,
    }
}

/// Only what stands in the scenario can be changed, not a manifest beside it.
fn has_inline_spec(scenario: &Scenario) -> bool {
    scenario.file.hpa.as_ref().is_some_and(|hpa| hpa.spec.is_some())
}

/// H01: load for which the minimum is not enough.
fn requests(numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let enough = (f64::from(min) * 2.0).min(f64::from(max));
    let rate = 0.8 * enough * numbers.limit_per_unit;
    Some(Plan {
        metric: SUFFERS,
        setting: format!("an hour of {} requests/s, which {} pods serve at 80 %", round(rate), round(enough)),
        both: vec![constant(rate), horizon("1h")],
        cure: "requests of 1000m and 2Gi".to_string(),
        cured: vec!["pods.cpu.request=\"1000m\"".to_string(), "pods.memory.request=\"2GiB\"".to_string()],
    })
}

/// G04: somebody scales the Deployment down by hand while requests are inside; the HPA brings it back.
fn cut(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    if min == max {
        return None;
    }
    let rate = 0.8 * f64::from(max) / 2.0 * numbers.limit_per_unit;
    let event = |turn: u32| format!("{{ at = \"{}m\", kind = \"set-capacity\", desired = {min} }}", 10 * (turn + 1));
    let events: Vec<String> = (0..5).map(event).collect();
    let longest =
        scenario.file.service.timeout.map_or(60.0, windtunnel_traces::SimDuration::as_secs_f64).clamp(1.0, 3600.0);
    Some(Plan {
        metric: "requests_failed",
        setting: format!(
            "an hour of {} requests/s; every ten minutes somebody scales the Deployment to {min} pods",
            round(rate)
        ),
        both: vec![
            constant(rate),
            horizon("1h"),
            format!("pods.replicas={max}"),
            format!("event=[{}]", events.join(", ")),
        ],
        cure: format!("termination_grace = \"{longest:.0}s\""),
        cured: vec![format!("pods.termination_grace=\"{longest:.0}s\"")],
    })
}

/// G09: next to no traffic, under which a policy that follows the load goes down to its minimum.
fn idle(scenario: &Scenario) -> Option<Plan> {
    let pods = scenario.file.pods.as_ref()?;
    let mib = |bytes: f64| libm::ceil(bytes / 1_048_576.0);
    let request = mib(scenario.file.service.memory.base.as_u64() as f64 * 4.0);
    let limit = pods.memory.limit.map_or(0.0, |limit| mib(limit.as_u64() as f64)).max(request);
    Some(Plan {
        metric: GROWS,
        setting: "an hour of 1 request/s".to_string(),
        both: vec![constant(1.0), horizon("1h")],
        cure: "a memory request of four times what an idle pod uses".to_string(),
        cured: vec![format!("pods.memory.request=\"{request:.0}MiB\""), format!("pods.memory.limit=\"{limit:.0}MiB\"")],
    })
}

/// G12: load that comes and goes, with the direction that is disabled.
fn one_way(scenario: &Scenario, numbers: &Numbers, never_adds: bool, min: u32, max: u32) -> Option<Plan> {
    if !has_inline_spec(scenario) {
        return None;
    }
    let base = 0.2 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let peak = 0.6 * f64::from(max) * numbers.limit_per_unit;
    let (metric, side) = if never_adds { (SUFFERS, "scaleUp") } else { (GROWS, "scaleDown") };
    Some(Plan {
        metric,
        setting: format!("3 hours: half an hour of {} requests/s after 20 min, else {}", round(peak), round(base)),
        both: vec![step(base, peak, "20m", "30m"), horizon("3h")],
        cure: format!("{side}.selectPolicy = \"Max\""),
        cured: vec![format!("hpa.spec.behavior.{side}.selectPolicy=\"Max\"")],
    })
}

/// H03, when the band ends beyond what a pod can use: a smaller request, of which the same target is less.
fn band(finding: &Finding, scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let Policy::Hpa { spec, .. } = &scenario.policy else { return None };
    let index: usize = finding.path.rsplit('.').next()?.parse().ok()?;
    let target = match &spec.metrics.get(index)?.source {
        Source::Resource(_, Goal::Utilization(target)) | Source::ContainerResource(_, _, Goal::Utilization(target)) => {
            target
        }
        _ => return None,
    };
    // The target then stands for 60 % of what a pod can use.
    let request = libm::floor(1000.0 * 0.6 * numbers.cores / (f64::from(*target) / 100.0)).max(1.0);
    let (setting, trace) = rise(numbers, min, max);
    Some(Plan {
        metric: SUFFERS,
        setting,
        both: vec![trace, horizon("2h")],
        cure: format!("a cpu request of {request:.0}m"),
        cured: vec![format!("pods.cpu.request=\"{request:.0}m\"")],
    })
}

/// H05: the default rules of scaleUp; the load rises as far as this traffic may.
fn limits(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    if !has_inline_spec(scenario) {
        return None;
    }
    let base = 0.3 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let peak = 0.5 * f64::from(max) * numbers.limit_per_unit;
    let default = "{ stabilizationWindowSeconds = 0, policies = [{ type = \"Percent\", value = 100, periodSeconds = 15 }, \
                   { type = \"Pods\", value = 4, periodSeconds = 15 }] }";
    Some(Plan {
        metric: SUFFERS,
        setting: format!("2 hours; after 20 min a step from {} to {} requests/s", round(base), round(peak)),
        both: vec![step(base, peak, "20m", "10h"), horizon("2h")],
        cure: "the default rules of scaleUp".to_string(),
        cured: vec![format!("hpa.spec.behavior.scaleUp={default}")],
    })
}

/// H06: one dip of two minutes.
fn dips(scenario: &Scenario, numbers: &Numbers, max: u32) -> Option<Plan> {
    if !has_inline_spec(scenario) {
        return None;
    }
    let rate = 0.3 * f64::from(max) * numbers.limit_per_unit;
    Some(Plan {
        metric: "scale_ins",
        setting: format!(
            "40 minutes of {} requests/s, but for two minutes of {} after 30",
            round(rate),
            round(0.4 * rate)
        ),
        both: vec![step(rate, 0.4 * rate, "30m", "2m"), horizon("40m")],
        cure: "stabilizationWindowSeconds = 300".to_string(),
        cured: vec!["hpa.spec.behavior.scaleDown.stabilizationWindowSeconds=300".to_string()],
    })
}

/// H08: nodes for all pods.
fn pending(path: &str, numbers: &Numbers, max: u32) -> Plan {
    let rate = 0.7 * f64::from(max) * numbers.limit_per_unit;
    Plan {
        metric: SUFFERS,
        setting: format!("an hour of {} requests/s, which {max} pods serve at 70 %", round(rate)),
        both: vec![constant(rate), horizon("1h")],
        cure: format!("{max} nodes"),
        cured: vec![format!("{path}={max}")],
    }
}

/// H09: the Deployment is applied four times, as a pipeline does, under a load that needs more than it says.
fn reapplied(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let replicas = scenario.file.pods.as_ref()?.replicas?;
    if replicas >= max {
        return None;
    }
    let rate = 0.5 * f64::from(max) * numbers.limit_per_unit;
    let event = |turn: u32| format!("{{ at = \"{}m\", kind = \"set-capacity\", desired = {replicas} }}", 10 * turn);
    let events: Vec<String> = (2..6).map(event).collect();
    let _ = min;
    Some(Plan {
        metric: SUFFERS,
        setting: format!(
            "an hour of {} requests/s; every ten minutes from the 20th on the Deployment with its {replicas} replicas is applied",
            round(rate)
        ),
        both: vec![
            constant(rate),
            horizon("1h"),
            format!("pods.replicas={max}"),
            format!("event=[{}]", events.join(", ")),
        ],
        cure: "a Deployment without spec.replicas".to_string(),
        cured: vec!["event=[]".to_string()],
    })
}
