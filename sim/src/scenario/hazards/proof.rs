//! Proofs: a short simulation of the scenario with the hazard, and one with its cure; one figure tells them apart.
//!
//! A proof is a change to the scenario itself: its service, boot, balancer and policy stay, the traffic becomes the
//! simplest that shows the hazard. What comes out is printed as it is, also when it shows nothing.

use super::capacity;
use super::numbers::Numbers;
use super::view::{Does, Group};
use super::{Finding, round};
use crate::run::{SimulationError, simulate};
use crate::scenario::document::{Document, ScenarioError, ScenarioFiles};
use crate::scenario::{Loaded, Policy, Scenario};

/// What two short runs show.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The figure by its name, as `windtunnel metrics` lists it.
    pub metric: &'static str,
    /// Its value with the hazard.
    pub with: f64,
    /// Its value with the cure.
    pub cured: f64,
    /// What was simulated.
    pub setting: String,
    /// What the cure changes.
    pub cure: String,
}

impl Proof {
    /// True when the cure lowers the figure.
    pub fn shows(&self) -> bool {
        self.cured < self.with
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The changed scenario is refused.
    #[error("the scenario cannot be changed for a proof: {0}")]
    Scenario(#[from] ScenarioError),
    /// The simulation was stopped.
    #[error("{0}")]
    Simulation(#[from] SimulationError),
}

/// Codes that a simulation can show.
const PROVABLE: [&str; 11] = ["A01", "G02", "G03", "G04", "G06", "G07", "G09", "G12", "H01", "S04", "S26"];

/// True when a simulation can show the hazard.
pub fn exists(code: &str) -> bool {
    PROVABLE.contains(&code)
}

/// A plan: the traffic and length of both runs, what the cured one changes, and what is looked at.
struct Plan {
    metric: &'static str,
    setting: String,
    both: Vec<String>,
    cure: String,
    cured: Vec<String>,
}

/// Runs the two simulations of a finding; nothing when its hazard cannot be shown that way.
///
/// # Errors
/// When the changed scenario is refused, or the run ends early.
pub fn prove(finding: &Finding, loaded: &Loaded, files: &dyn ScenarioFiles) -> Result<Option<Proof>, ProofError> {
    let Some(plan) = plan(finding, &loaded.scenario) else { return Ok(None) };
    let mut with = loaded.document.clone();
    assign(&mut with, &plan.both)?;
    let mut cured = with.clone();
    assign(&mut cured, &plan.cured)?;
    let figure = |document: Document| -> Result<f64, ProofError> {
        let scenario = Loaded::from_document(document, files)?.scenario;
        let outcome = simulate(&scenario, scenario.seed, &crate::experiment::Silent)?;
        Ok(outcome.metrics.get(plan.metric).unwrap_or(f64::NAN))
    };
    Ok(Some(Proof {
        metric: plan.metric,
        with: figure(with)?,
        cured: figure(cured)?,
        setting: plan.setting,
        cure: plan.cure,
    }))
}

fn assign(document: &mut Document, assignments: &[String]) -> Result<(), ScenarioError> {
    assignments.iter().try_for_each(|assignment| document.set(assignment))
}

/// Constant traffic, which any flapping or growing must come from the policy.
fn constant(rate: f64) -> String {
    format!("trace={{ shape = \"constant\", rate = \"{rate:.3}rps\" }}")
}

fn step(base: f64, peak: f64, at: &str, lasts: &str) -> String {
    format!(
        "trace={{ shape = \"step\", base = \"{base:.3}rps\", peak = \"{peak:.3}rps\", at = \"{at}\", lasts = \"{lasts}\" }}"
    )
}

fn horizon(length: &str) -> String {
    format!("horizon=\"{length}\"")
}

fn plan(finding: &Finding, scenario: &Scenario) -> Option<Plan> {
    let numbers = Numbers::of(scenario);
    let group = Group::of(scenario);
    let (min, max) = bounds(scenario)?;
    match finding.code {
        "S04" => total(finding, group.as_ref()?, &numbers, min, max),
        "S26" => overshoot(finding, group.as_ref()?, &numbers, min, max),
        "G02" => flapping(finding, group.as_ref()?, &numbers),
        "G03" => peak(scenario, &numbers, max),
        "G04" => cut(scenario, &numbers, min),
        "G06" => zone(scenario, &numbers, min, max),
        "G07" => metastable(&numbers, max),
        "G09" => idle(scenario),
        "G12" | "A01" => stuck(finding, scenario, &numbers, max),
        "H01" => requests(&numbers, min, max),
        _ => None,
    }
}

fn bounds(scenario: &Scenario) -> Option<(u32, u32)> {
    match &scenario.policy {
        Policy::Ess(config) => Some((config.min, config.max)),
        Policy::Aws(config) => Some((config.min, config.max)),
        Policy::Tencent(config) => Some((config.min, config.max)),
        Policy::Hpa { spec, .. } => Some((u32::try_from(spec.min).ok()?, u32::try_from(spec.max).ok()?)),
        Policy::Baseline(config) => Some((config.min, config.max)),
        Policy::Fixed(instances) => Some((*instances, *instances)),
    }
}

/// Constant traffic just above the threshold: the group goes to its maximum, whatever it needs.
fn total(finding: &Finding, group: &Group, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let alarm = group.alarms.iter().find(|alarm| finding.path.starts_with(&alarm.path))?;
    let threshold = match alarm.metric {
        Some(crate::controllers::decision::Metric::RequestCount) => alarm.threshold / alarm.period.as_secs_f64(),
        _ => alarm.threshold,
    };
    let rate = threshold * 1.1;
    let per_instance = threshold / numbers.units_for(rate).max(f64::from(min)).max(1.0);
    let name = match group.provider {
        crate::controllers::cloud::Provider::Tencent => return None,
        _ => "QPSPerInstance",
    };
    Some(Plan {
        metric: "mean_in_service",
        setting: format!(
            "4 hours of constant {} requests/s; {} {}s would do, {max} are allowed",
            round(rate),
            round(numbers.units_for(rate)),
            numbers.unit
        ),
        both: vec![constant(rate), horizon("4h")],
        cure: format!("QPSPerInstance > {} instead", round(per_instance * 1.2)),
        cured: vec![
            format!("{}.metric=\"{name}\"", alarm.path),
            format!("{}.threshold={:.3}", alarm.path, per_instance * 1.2),
            format!("{}.statistic=\"average\"", alarm.path),
        ],
    })
}

/// A step of load that one activity answers: what the cooldown adds beyond it is too much.
fn overshoot(finding: &Finding, group: &Group, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let rule = group.rules.iter().find(|rule| finding.path.starts_with(&rule.path))?;
    let enough = rule.applied_to(min.max(1), true)?.min(f64::from(max));
    let base = 0.3 * f64::from(min.max(1)) * numbers.limit_per_unit;
    // At 60 % with the instances of one activity.
    let peak = (0.6 * enough * numbers.limit_per_unit).max(base * 1.5);
    Some(Plan {
        metric: "peak_in_service",
        setting: format!(
            "2 hours; after 20 min a step from {} to {} requests/s, which {} {}s serve at 60 %",
            round(base),
            round(peak),
            round(enough),
            numbers.unit
        ),
        both: vec![step(base, peak, "20m", "10h"), horizon("2h"), format!("{}.desired={min}", group.table)],
        cure: format!("cooldown = \"{}s\"", round(libm::ceil(numbers.ready.serving * 2.0))),
        cured: vec![format!("{}.cooldown=\"{:.0}s\"", rule.path, libm::ceil(numbers.ready.serving * 2.0))],
    })
}

/// Constant traffic at which no size is right for both thresholds.
fn flapping(finding: &Finding, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let alarm = group.alarms.iter().find(|alarm| finding.path.starts_with(&alarm.path))?;
    let other = group
        .alarms
        .iter()
        .find(|other| other.metric == alarm.metric && other.comparison.is_upward() != alarm.comparison.is_upward())?;
    let (low, high) = if alarm.comparison.is_upward() { (other, alarm) } else { (alarm, other) };
    if low.metric != Some(crate::controllers::decision::Metric::CpuUtilization) {
        return None;
    }
    let n = f64::from((group.min + 1).min(group.max));
    let rate = 0.97 * low.threshold.min(high.threshold) / 100.0 * n * numbers.cores / numbers.cpu;
    let safe = (low.threshold.min(high.threshold) * 0.4).max(1.0);
    Some(Plan {
        metric: "scale_outs",
        setting: format!(
            "12 hours of constant {} requests/s: {} % with {} {}s",
            round(rate),
            round(0.97 * low.threshold.min(high.threshold)),
            round(n),
            numbers.unit
        ),
        both: vec![constant(rate), horizon("12h"), format!("{}.desired={}", group.table, n)],
        cure: format!("a scale-in threshold of {}", round(safe)),
        cured: vec![format!("{}.threshold={safe:.3}", low.path)],
    })
}

fn max_key(scenario: &Scenario) -> Option<&'static str> {
    match &scenario.policy {
        Policy::Ess(_) => Some("ess.max"),
        Policy::Aws(_) => Some("aws.max"),
        Policy::Tencent(_) => Some("tencent.max"),
        Policy::Hpa { .. } => scenario.file.hpa.as_ref()?.spec.as_ref().map(|_| "hpa.spec.maxReplicas"),
        Policy::Baseline(_) => Some("baseline.max"),
        Policy::Fixed(_) => Some("fixed.instances"),
    }
}

/// The peak as it is, held for an hour.
fn peak(scenario: &Scenario, numbers: &Numbers, max: u32) -> Option<Plan> {
    let traffic = numbers.traffic.as_ref()?;
    let enough = numbers.units_for(traffic.peak) + 1.0;
    let key = max_key(scenario)?;
    let mut cured = vec![format!("{key}={enough:.0}")];
    let mut both = vec![constant(traffic.peak), horizon("1h")];
    if let Some(table) = key.strip_suffix(".max") {
        both.push(format!("{table}.desired={max}"));
        cured.push(format!("{table}.desired={enough:.0}"));
    }
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "an hour of the peak, {} requests/s, from the start with all {max} {}s",
            round(traffic.peak),
            numbers.unit
        ),
        both,
        cure: format!("a maximum of {}", round(enough)),
        cured,
    })
}

/// Capacity is taken down by hand while requests are inside.
fn cut(scenario: &Scenario, numbers: &Numbers, min: u32) -> Option<Plan> {
    if matches!(scenario.policy, Policy::Hpa { .. } | Policy::Fixed(_)) {
        return None;
    }
    let table = max_key(scenario)?.strip_suffix(".max")?;
    let (_, max) = bounds(scenario)?;
    let rate = 0.8 * f64::from(min.max(1)) * numbers.limit_per_unit;
    let event = |turn: u32| {
        let desired = if turn.is_multiple_of(2) { min } else { max };
        format!("{{ at = \"{}m\", kind = \"set-capacity\", desired = {desired} }}", 10 * (turn + 1))
    };
    let events: Vec<String> = (0..5).map(event).collect();
    let longest =
        scenario.file.service.timeout.map_or(60.0, windtunnel_traces::SimDuration::as_secs_f64).clamp(1.0, 3600.0);
    Some(Plan {
        metric: "requests_failed",
        setting: format!(
            "an hour of {} requests/s; every ten minutes the capacity is set from {max} to {min} or back by hand",
            round(rate)
        ),
        both: vec![
            constant(rate),
            horizon("1h"),
            format!("{table}.desired={max}"),
            format!("event=[{}]", events.join(", ")),
        ],
        cure: format!("balancer.drain = \"{}s\"", round(longest)),
        cured: vec![format!("balancer.drain=\"{longest:.0}s\"")],
    })
}

/// A zone fails for ten minutes at the peak.
fn zone(scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let table = max_key(scenario)?.strip_suffix(".max")?;
    let traffic = numbers.traffic.as_ref()?;
    let zones = f64::from(scenario.file.fleet.zones);
    let usual = capacity::running_at(traffic.peak, scenario, numbers, min, max);
    let safe = libm::ceil(numbers.units_for(traffic.peak) * zones / (zones - 1.0));
    let mut cured = vec![format!("{table}.max={:.0}", safe.max(f64::from(max))), format!("{table}.desired={safe:.0}")];
    let mut cure = format!("{} instances", round(safe));
    if let Some((key, spread)) = capacity::fills_one_zone(scenario) {
        cured.push(format!("{key}=\"{spread}\""));
        cure.push_str(", spread over the zones");
    }
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "40 minutes of the peak, {} requests/s, with {} instances; zone 0 fails after ten minutes, for ten",
            round(traffic.peak),
            round(usual)
        ),
        both: vec![
            constant(traffic.peak),
            horizon("40m"),
            format!("{table}.desired={usual:.0}"),
            "event=[{ at = \"10m\", kind = \"zone-outage\", zone = 0, lasts = \"10m\" }]".to_string(),
        ],
        cure,
        cured,
    })
}

/// Half an hour at the usual load, two minutes of three times as much, half an hour at the usual load again.
fn metastable(numbers: &Numbers, max: u32) -> Option<Plan> {
    let traffic = numbers.traffic.as_ref()?;
    let rate = traffic.peak.min(0.7 * f64::from(max) * numbers.limit_per_unit);
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!(
            "40 minutes of {} requests/s, with three times as much for two minutes after ten",
            round(rate)
        ),
        both: vec![step(rate, 3.0 * rate, "10m", "2m"), horizon("40m")],
        cure: "no retries".to_string(),
        cured: vec!["service.retry.attempts=1".to_string()],
    })
}

/// Next to no traffic: a policy that follows the load goes down to its minimum.
fn idle(scenario: &Scenario) -> Option<Plan> {
    let request = scenario.file.service.memory.base.as_u64() as f64 * 4.0;
    Some(Plan {
        metric: "mean_in_service",
        setting: "an hour of 1 request/s".to_string(),
        both: vec![constant(1.0), horizon("1h")],
        cure: "a memory request of four times what an idle pod uses".to_string(),
        cured: vec![
            format!("pods.memory.request=\"{}MiB\"", round(libm::ceil(request / 1_048_576.0))),
            "pods.memory.limit=\"31GiB\"".to_string(),
        ],
    })
}

/// Load that comes and goes: what never scales back stays, what never scales out suffers.
fn stuck(finding: &Finding, scenario: &Scenario, numbers: &Numbers, max: u32) -> Option<Plan> {
    if matches!(scenario.policy, Policy::Hpa { .. }) {
        return None;
    }
    let group = Group::of(scenario)?;
    let never_adds = finding.message.contains("ever adds") || finding.code == "A01";
    let peak = 0.7 * f64::from(max) * numbers.limit_per_unit;
    let base = 0.1 * f64::from(group.min.max(1)) * numbers.limit_per_unit;
    let table = group.table;
    let rules = if table == "ess" { "rule" } else { "policy" };
    if group.rules.iter().any(|rule| rule.name == "cure")
        || matches!(group.rules.first().map(|rule| &rule.does), Some(Does::Predict))
    {
        return None;
    }
    let metric = if table == "ess" {
        "CpuUtilization"
    } else if table == "aws" {
        "CPUUtilization"
    } else {
        "CPU_UTILIZATION"
    };
    Some(Plan {
        metric: if never_adds { "slo_violating_request_fraction" } else { "mean_in_service" },
        setting: format!("4 hours: one of {} requests/s, from {} and back", round(peak), round(base)),
        both: vec![step(base, peak, "30m", "1h"), horizon("4h"), format!("{table}.desired={}", group.min)],
        cure: "a target tracking policy at 60 % CPU instead".to_string(),
        cured: vec![
            format!("{table}.{rules}=[{{ name = \"cure\", target = {{ metric = \"{metric}\", value = 60 }} }}]"),
            format!("{table}.alarm=[]"),
        ],
    })
}

/// Load for which the minimum is not enough.
fn requests(numbers: &Numbers, min: u32, max: u32) -> Option<Plan> {
    let enough = (f64::from(min) * 2.0).min(f64::from(max));
    let rate = 0.8 * enough * numbers.limit_per_unit;
    Some(Plan {
        metric: "slo_violating_request_fraction",
        setting: format!("an hour of {} requests/s, which {} pods serve at 80 %", round(rate), round(enough)),
        both: vec![constant(rate), horizon("1h")],
        cure: "requests of 1000m and 2Gi".to_string(),
        cured: vec!["pods.cpu.request=\"1000m\"".to_string(), "pods.memory.request=\"2GiB\"".to_string()],
    })
}
