//! Proofs: a short simulation of the scenario with the hazard, and one with its cure; one figure tells them apart.
//!
//! A proof is a change to the scenario itself: its service, boot, balancer and policy stay, the traffic becomes the
//! simplest that shows the hazard. What comes out is printed as it is, also when it shows nothing. For what no simulation
//! can show, [`why_not`] says why.

mod group;
mod load;
mod pods;
mod response;

use super::Finding;
use super::numbers::Numbers;
use super::view::Group;
use crate::controllers::hpa::spec::Select;
use crate::experiment::Silent;
use crate::run::{Fidelity, RunOptions, SimulationError, simulate_with};
use crate::scenario::document::{Document, ScenarioError, ScenarioFiles, Severity};
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

/// A cure that takes away less than this share of the figure shows nothing.
const LEAST_SHARE: f64 = 0.05;

impl Proof {
    /// True when the cure takes away more than a twentieth of the figure.
    pub fn shows(&self) -> bool {
        self.with - self.cured > LEAST_SHARE * self.with
    }
}

/// What `--prove` has to say about a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Two runs, side by side.
    Simulated(Proof),
    /// Why nothing was simulated.
    NotSimulated(String),
}

/// Why the runs of a proof did not end.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The simulation was stopped.
    #[error("{0}")]
    Simulation(#[from] SimulationError),
}

/// More requests than this are simulated as rates, where they can be: a proof is short.
const MANY_REQUESTS: f64 = 5e6;

/// Requests that are simulated one by one at most.
const MOST_REQUESTS: f64 = 500e6;

/// Codes that a simulation can show.
const PROVABLE: [&str; 31] = [
    "A01", "A02", "A03", "A05", "G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09", "G10", "G12", "G13",
    "G14", "G15", "H01", "H03", "H05", "H06", "H08", "H09", "S04", "S08", "S09", "S20", "S25", "S26", "S27",
];

/// True when a simulation can show the hazard.
pub fn exists(code: &str) -> bool {
    PROVABLE.contains(&code)
}

/// Why nothing is simulated for a code; empty for one that a simulation can show.
pub fn why_not(code: &str) -> &'static str {
    match code {
        "C00" => "it cannot be run, or the message says what a run does",
        "S01" | "S02" | "S03" | "S28" => {
            "the API refuses the alarm, so the group is without it: G12 shows a group that lacks a direction"
        }
        "S05" | "S06" | "S07" | "S12" | "S18" | "S22" | "S29" => {
            "the tool or the API refuses the call: there is nothing that would run"
        }
        "S10" | "S13" => "it is right as it is",
        "S11" => "both names stand for the same CPU; they differ in the agent that reports it",
        "S14" => "the simulated group has one scaling configuration: both orders remove the same instances",
        "S15" => "it decides what may run beside an alarm's activity: no load is served worse by it",
        "S16" => "the same 300 s, written, give the same run",
        "S17" => "an inactive group does nothing: [[event]] kind = \"group-disabled\" simulates one",
        "S19" => "what a command that is not there would create is not known",
        "S21" => "it is about memory and price, which the scenario gives itself",
        "S23" | "S30" => "it is about the names of tools and services",
        "S24" => {
            "the simulated balancer sends an instance nothing before its boot is over; a real one without health checks does, \
             and those requests fail"
        }
        "S31" => "what the alarm watches instead of the group is not part of the scenario",
        "A04" => {
            "the default cooldown is a warm-up as well: whether it is too long or too short depends on what the load does \
             next; `windtunnel compare` with default_instance_warmup shows it on your traffic"
        }
        "G11" => "a rule that nothing invokes does nothing; G12 shows a direction that is missing for it",
        "I01" | "I02" | "I03" | "I04" => "it is about what was read, not about what the policy does",
        _ => "",
    }
}

/// Why a hazard that can be shown is not shown for a scenario.
fn unfit(code: &str) -> &'static str {
    match code {
        "S04" => "there is no metric per instance to take its place in this group's service",
        "S20" => "no alarm adds and none removes on CPU here, or the one that adds is slower than the lock",
        "G05" => "it needs the poll of a boot stage, in a group",
        "G06" => "it needs an open trace and at least two zones",
        "G03" | "G07" => "it needs an open trace, and a maximum that the scenario itself gives",
        "H03" | "H05" | "H06" | "H08" | "H09" | "G08" | "G09" | "G12" => {
            "it needs a policy whose keys stand in the scenario itself, as in [hpa.spec]: a manifest is not changed"
        }
        _ => "this scenario has nothing to compare it with",
    }
}

/// A plan: the traffic and length of both runs, what the cured one changes, and what is looked at.
struct Plan {
    metric: &'static str,
    setting: String,
    both: Vec<String>,
    cure: String,
    cured: Vec<String>,
}

/// Runs the two simulations of a finding, or says why there are none.
///
/// # Errors
/// When a run ends early.
pub fn prove(finding: &Finding, loaded: &Loaded, files: &dyn ScenarioFiles) -> Result<Answer, ProofError> {
    let reason = why_not(finding.code);
    if !reason.is_empty() {
        return Ok(Answer::NotSimulated(reason.to_string()));
    }
    if finding.code == "H03" && finding.severity == Severity::Note {
        let reason = "within the tolerance nothing is meant to happen: what it costs is the utilization in the message";
        return Ok(Answer::NotSimulated(reason.to_string()));
    }
    if finding.code == "S27" && finding.severity == Severity::Note {
        return Ok(Answer::NotSimulated("the bound says that there is nothing to show".to_string()));
    }
    if !Numbers::of(&loaded.scenario).limit_per_unit.is_finite() {
        return Ok(Answer::NotSimulated("requests take no time here: nothing is ever overloaded".to_string()));
    }
    let Some(plan) = plan(finding, &loaded.scenario) else {
        return Ok(Answer::NotSimulated(unfit(finding.code).to_string()));
    };
    let (with, cured) = match changed(loaded, &plan, files) {
        Ok(both) => both,
        Err(error) => return Ok(Answer::NotSimulated(format!("the scenario cannot be changed for it: {error}"))),
    };
    // Single instances differ, by the requests that they happen to get and by their health: rates know little of it.
    let Some((with, cured, fidelity)) = figures(&with, &cured, plan.metric, ["S08", "S25"].contains(&finding.code))?
    else {
        let reason = "it would take more than 500 million requests, and what it needs is not simulated as rates";
        return Ok(Answer::NotSimulated(reason.to_string()));
    };
    let rates = if fidelity == Fidelity::Fluid { ", simulated as rates" } else { "" };
    let setting = plan.setting + rates;
    Ok(Answer::Simulated(Proof { metric: plan.metric, with, cured, setting, cure: plan.cure }))
}

/// The scenario with the hazard, and with its cure, under the traffic of the plan.
fn changed(loaded: &Loaded, plan: &Plan, files: &dyn ScenarioFiles) -> Result<(Scenario, Scenario), ScenarioError> {
    let mut with = loaded.document.clone();
    assign(&mut with, &plan.both)?;
    let mut cured = with.clone();
    assign(&mut cured, &plan.cured)?;
    Ok((Loaded::from_document(with, files)?.scenario, Loaded::from_document(cured, files)?.scenario))
}

/// The figure of both, at the same fidelity; nothing when that would take too long.
fn figures(
    with: &Scenario,
    cured: &Scenario,
    metric: &str,
    is_exact: bool,
) -> Result<Option<(f64, f64, Fidelity)>, ProofError> {
    let volume = |scenario: &Scenario| {
        Numbers::of(scenario).traffic.map_or(0.0, |traffic| traffic.mean) * scenario.horizon.as_secs_f64()
    };
    let volume = volume(with).max(volume(cured));
    let run = |scenario: &Scenario, fidelity: Fidelity| -> Result<f64, SimulationError> {
        let options = RunOptions { fidelity, timeline: false };
        let outcome = simulate_with(options, scenario, scenario.seed, &Silent)?;
        Ok(outcome.metrics.get(metric).unwrap_or(f64::NAN))
    };
    if volume > MANY_REQUESTS
        && !is_exact
        && let (Ok(before), Ok(after)) = (run(with, Fidelity::Fluid), run(cured, Fidelity::Fluid))
    {
        return Ok(Some((before, after, Fidelity::Fluid)));
    }
    if volume > MOST_REQUESTS {
        return Ok(None);
    }
    Ok(Some((run(with, Fidelity::Requests)?, run(cured, Fidelity::Requests)?, Fidelity::Requests)))
}

fn assign(document: &mut Document, assignments: &[String]) -> Result<(), ScenarioError> {
    assignments.iter().try_for_each(|assignment| document.set(assignment))
}

/// Constant traffic, under which any flapping or growing must come from the policy.
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

/// The group begins with so many instances, and is otherwise what it was: at ESS the key turns a feature on.
fn starting_with(scenario: &Scenario, instances: f64) -> Vec<String> {
    match &scenario.policy {
        Policy::Ess(config) => vec![
            format!("ess.desired={instances:.0}"),
            format!("ess.expected_capacity={}", config.has_expected_capacity()),
        ],
        Policy::Aws(_) => vec![format!("aws.desired={instances:.0}")],
        Policy::Tencent(_) => vec![format!("tencent.desired={instances:.0}")],
        Policy::Baseline(_) => vec![format!("baseline.desired={instances:.0}")],
        Policy::Hpa { .. } => vec![format!("pods.replicas={instances:.0}")],
        Policy::Fixed(_) => Vec::new(),
    }
}

fn plan(finding: &Finding, scenario: &Scenario) -> Option<Plan> {
    let numbers = Numbers::of(scenario);
    let (min, max) = bounds(scenario)?;
    match finding.code {
        "G03" => load::peak(scenario, &numbers, max),
        "G06" => load::zone(scenario, &numbers, min, max),
        "G07" => load::metastable(&numbers, max),
        "G08" => response::room(scenario, &numbers, min, max),
        "G15" => Some(response::objective(&numbers, min)),
        _ => match &scenario.policy {
            Policy::Hpa { spec, .. } => {
                let is_disabled = spec.behavior.as_ref().is_some_and(|behavior| behavior.up.select == Select::Disabled);
                pods::plan(finding, scenario, &numbers, is_disabled, min, max)
            }
            _ => in_group(finding, scenario, Group::of(scenario).as_ref()?, &numbers),
        },
    }
}

/// Hazards of a cloud's group: its alarms, rules and boots.
fn in_group(finding: &Finding, scenario: &Scenario, group: &Group, numbers: &Numbers) -> Option<Plan> {
    let path = finding.path.as_str();
    let (min, max) = (group.min, group.max);
    match finding.code {
        "S04" => load::total(finding, group, numbers, min, max),
        "S26" => load::overshoot(finding, scenario, group, numbers),
        "G02" => load::flapping(finding, scenario, group, numbers),
        "G04" => load::cut(scenario, numbers, min, max),
        "G12" => load::one_way(finding, scenario, group, numbers),
        "A01" => load::steps(finding, scenario, group, numbers),
        "G01" => response::late(path, scenario, group, numbers),
        "G05" => response::patience(path, scenario, group, numbers),
        "G10" => response::disabled(path, scenario, group, numbers),
        "G13" => response::reversed(path, scenario, group, numbers),
        "G14" => response::reachable(path, scenario, group, numbers),
        "S27" => response::fight(path, &finding.message, scenario, group, numbers),
        "A02" => Some(response::sampled(scenario, group, numbers)),
        "A03" => response::gap(path, scenario, group, numbers),
        "A05" => group::together(path, scenario, group, numbers),
        "S08" => group::each_instance(path, scenario, group, numbers),
        "S09" => group::silent(path, scenario, group, numbers),
        "S20" => group::locked(path, scenario, group, numbers),
        "S25" => group::unhealthy(scenario, group, numbers),
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

/// The key of the maximum; nothing where a manifest has it.
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
