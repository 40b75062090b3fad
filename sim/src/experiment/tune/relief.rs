//! Other worlds: how the recommendation does when traffic or boots are not as they were, and, where nothing holds the
//! objective, which limit it is that binds.

use super::bench::{Bench, signed};
use super::{CHECK_SEEDS, FRESH, Request, Robustness, TuneError};
use crate::experiment::analysis::Verdict;
use crate::experiment::plan::Plan;
use crate::experiment::sweep_file::SweepFile;
use crate::outcome::Summary;
use crate::scenario::document::Document;
use windtunnel_traces::SimDuration;

/// A limit that is lifted to see whether it is the one that binds.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Relief {
    /// Twice the greatest capacity.
    MaxSize,
    /// Instances that are ready at once.
    BootTime,
    /// Alarms of one minute that need one breach.
    AlarmPeriod,
}

impl Relief {
    /// What it is, in words.
    pub const fn title(self) -> &'static str {
        match self {
            Relief::MaxSize => "twice the maximum size",
            Relief::BootTime => "instances that boot at once",
            Relief::AlarmPeriod => "alarms that look every minute and need one breach",
        }
    }
}

/// What a relief would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Which limit was lifted.
    pub relief: Relief,
    /// The objective's figure before.
    pub before: Summary,
    /// And with the relief.
    pub after: Summary,
    /// Whether the objective then holds.
    pub verdict: Verdict,
}

/// The variant in other worlds. A world that the scenario cannot be put into is left out.
pub(super) fn robustness(request: &Request, bench: &mut Bench<'_>, point: usize) -> Result<Vec<Robustness>, TuneError> {
    let document = bench.plan.bases()?.first().clone();
    let mut worlds = Vec::new();
    for (factor, name) in [(1.2, "20 % more traffic"), (0.8, "20 % less traffic")] {
        worlds.extend(traffic(&document, factor).map(|set| (name, vec![set])));
    }
    if document.is_given("boot") && !document.is_given("event") {
        let lasts = "lasts = \"87600h\"";
        let event = format!("event=[{{ at = \"0s\", kind = \"boot-slowdown\", factor = 1.5, {lasts} }}]");
        worlds.push(("boots half as long again", vec![event]));
    }
    if let Some((from, length)) = request.held_out {
        worlds.push(("the days held out", vec![window_from(&document, from), format!("horizon=\"{length}\"")]));
    }
    let mut found = Vec::new();
    for (world, set) in worlds {
        let Some((cost, figure)) = figures(request, bench, point, &set)? else { continue };
        let verdict = request.requirement.verdict(&figure);
        let (cost, figure) = (Summary::of(&cost), Summary::of(&figure));
        found.push(Robustness { world: world.to_string(), cost, figure, verdict });
    }
    Ok(found)
}

/// The trace from an instant of the run on: its window may have begun later already, and ends where it ended.
fn window_from(document: &Document, from: SimDuration) -> String {
    let begins: Option<SimDuration> = document.get_str("trace.window.from").and_then(|from| from.parse().ok());
    let from = begins.unwrap_or(SimDuration::ZERO) + from;
    let ends = document.written("trace.window.to").map(|to| format!(", to = {}", to.to_toml())).unwrap_or_default();
    format!("trace.window={{ from = \"{from}\"{ends} }}")
}

/// More or less of the same traffic, whichever way it is scaled already. Nothing for closed-loop clients.
fn traffic(document: &Document, factor: f64) -> Option<String> {
    if document.is_given("trace.clients") {
        return None;
    }
    for key in ["mean", "peak", "factor"] {
        let path = format!("trace.rescale.{key}");
        let Some(written) = document.written(&path) else { continue };
        let value = crate::experiment::quantity::number(&written.to_toml())?;
        let unit = if key == "factor" { "" } else { "rps" };
        let value = value * factor;
        return Some(if unit.is_empty() { format!("{path}={value}") } else { format!("{path}=\"{value}{unit}\"") });
    }
    Some(format!("trace.rescale.factor={factor:?}"))
}

/// What lifting each limit would do for the variant.
pub(super) fn reliefs(request: &Request, bench: &mut Bench<'_>, point: usize) -> Result<Vec<Tried>, TuneError> {
    let document = bench.plan.bases()?.first().clone();
    let Some((_, before)) = figures(request, bench, point, &[])? else { return Ok(Vec::new()) };
    let mut tried = Vec::new();
    for (relief, set) in lifted(&document) {
        let Some((_, after)) = figures(request, bench, point, &set)? else { continue };
        let verdict = request.requirement.verdict(&after);
        tried.push(Tried { relief, before: Summary::of(&before), after: Summary::of(&after), verdict });
    }
    tried.sort_by(|a, b| {
        let key = |tried: &Tried| signed(&request.requirement, tried.after.mean);
        key(a).total_cmp(&key(b))
    });
    Ok(tried)
}

fn lifted(document: &Document) -> Vec<(Relief, Vec<String>)> {
    let mut lifted = Vec::new();
    let mut sizes = Vec::new();
    for path in ["ess.max", "aws.max", "tencent.max", "hpa.spec.maxReplicas", "nodes.count", "cluster_autoscaler.max"] {
        if let Some(max) = document.get_f64(path) {
            sizes.push(format!("{path}={}", 2.0 * max));
        }
    }
    if !sizes.is_empty() {
        lifted.push((Relief::MaxSize, sizes));
    }
    if document.is_given("boot") {
        lifted.push((Relief::BootTime, vec!["boot=[]".to_string()]));
    }
    let mut alarms = Vec::new();
    for table in ["ess", "aws", "tencent"] {
        let elements =
            document.written(&format!("{table}.alarm")).and_then(|alarms| alarms.elements()).unwrap_or_default();
        for index in 0..elements.len() {
            alarms.push(format!("{table}.alarm.{index}.period=\"60s\""));
            alarms.push(format!("{table}.alarm.{index}.times=1"));
        }
    }
    if !alarms.is_empty() {
        lifted.push((Relief::AlarmPeriod, alarms));
    }
    lifted
}

/// Samples of the cost, and of the objective's figure.
type Pair = (Vec<f64>, Vec<f64>);

/// Cost and the objective's figure of a point in a world with other keys; nothing where it cannot be run.
fn figures(request: &Request, bench: &mut Bench<'_>, point: usize, set: &[String]) -> Result<Option<Pair>, TuneError> {
    let mut sweep: SweepFile = bench.plan.sweep.clone();
    let varied: Vec<(String, crate::scenario::document::Written)> = bench.plan.varied(point);
    // The variant becomes the base: its own settings first, then what is different in this world.
    sweep.axes.clear();
    sweep.constraints.clear();
    sweep.fixed.extend(varied);
    for assignment in set {
        sweep.replace(assignment)?;
    }
    let seed = bench.plan.seed;
    sweep.seed = Some(seed);
    let mut plan = Plan::empty(sweep, &bench.plan.fidelity)?;
    let row: crate::experiment::design::Row = Vec::new();
    // A world that is no valid scenario is none.
    let Ok(points) = plan.add(&[row], bench.files) else { return Ok(None) };
    if points.first().copied().flatten().is_none() || plan.points[0].fault.is_some() {
        return Ok(None);
    }
    let seeds = FRESH..FRESH + CHECK_SEEDS;
    bench.elsewhere(plan, |bench| {
        bench.run(&[0], seeds.clone())?;
        let cost = bench.samples(0, &request.minimize, seeds.clone());
        Ok(cost.zip(bench.samples(0, &request.requirement.metric, seeds)))
    })
}
