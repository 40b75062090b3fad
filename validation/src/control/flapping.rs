//! Thresholds that are too close: removing one of n instances multiplies the load of the rest by n / (n - 1), adding one
//! divides it by (n + 1) / n. Beyond the bound the group changes for ever, within it never.

use windtunnel_sim::run::Fidelity;

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference::family;
use crate::row::{Row, Rule, Section};

/// How far a threshold is put beyond its bound and within it, and how far the load beyond the threshold, in points: four standard
/// errors of a minute's utilization at 4 ms a request and 60 % are 2.5 points, and the load after a change is at least 2 points off.
const APART: f64 = 6.0;
const BEYOND: f64 = 2.0;

/// What is set: thresholds and loads in percent.
struct Setting {
    /// Instances to begin with, and when one is added or removed.
    begin: f64,
    other: f64,
    out: f64,
    inward: f64,
    /// The load of each instance to begin with.
    load: f64,
}

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("flapping_bound_scale_in")? {
        let (n, out) = (record.number("n_after_scale_in_from")?, record.number("scale_out_threshold")?);
        let bound = record.number("max_safe_scale_in_threshold")?;
        let name = |side: &str| {
            format!("from {n} to {} instances, out above {out} %, in {side} the bound of {bound:.1} %", n - 1.0)
        };
        if n > bench.either(5.0, 2.0) {
            continue;
        }
        let set = |inward: f64| Setting { begin: n, other: n - 1.0, out, inward, load: inward - BEYOND };
        rows.push(flaps(bench, &name("beyond"), &set(bound + APART), true)?);
        rows.push(flaps(bench, &name("within"), &set(bound - APART), false)?);
    }
    for record in family("flapping_bound_scale_out")? {
        let (n, inward) = (record.number("n")?, record.number("scale_in_threshold")?);
        let bound = record.number("min_safe_scale_out_threshold")?;
        let name = |side: &str| {
            format!("from {n} to {} instances, in below {inward} %, out {side} the bound of {bound:.1} %", n + 1.0)
        };
        // A threshold has to be below what cores can be busy.
        if n > bench.either(4.0, 1.0) || bound + APART + BEYOND > 95.0 {
            continue;
        }
        let set = |out: f64| Setting { begin: n, other: n + 1.0, out, inward, load: out + BEYOND };
        rows.push(flaps(bench, &name("beyond"), &set(bound - APART), true)?);
        rows.push(flaps(bench, &name("within"), &set(bound + APART), false)?);
    }
    Ok(rows)
}

fn flaps(bench: &Bench<'_>, name: &str, setting: &Setting, is_beyond: bool) -> Result<Row, ValidationError> {
    bench.watch.begins(&format!("flapping, {name}"));
    let Setting { begin, other, out, inward, load } = setting;
    let text = format!(
        "horizon = \"1230s\"\ntrace = {{ shape = \"constant\", rate = \"{}rps\" }}\nservice.cpu = \"4ms\"\ninstance.cores = 1\n\
         sensors.report_delay = \"0s\"\n[ess]\nmin = {}\nmax = {}\ndesired = {begin}\n[ess.assumptions]\nalarm_delay = \"0s\"\n{}{}",
        begin * load / 100.0 / 0.004,
        begin.min(*other),
        begin.max(*other),
        alarm("out", 1, ">", *out),
        alarm("in", -1, "<", *inward),
    );
    let outcome = bench.run(&bench.scenario(&text)?, bench.first_seed, Fidelity::Requests, false)?;
    let row =
        Row::compare(Section::Control, "flapping (ESS)", name, "changes that reverse the one before, in 20 periods");
    let measured = figure(&outcome, "flaps");
    // Beyond the bound: a change at the end of every period or every other.
    Ok(if is_beyond {
        row.value(Rule::AtLeast { bound: 8.0 }, measured)
    } else {
        row.reference(0.0).value(Rule::EXACT, measured)
    })
}

fn alarm(name: &str, change: i32, comparison: &str, threshold: f64) -> String {
    format!(
        "[[ess.rule]]\nname = \"{name}\"\nadjust = {{ change = {change} }}\ncooldown = \"0s\"\n\
         [[ess.alarm]]\nname = \"alarm-{name}\"\nmetric = \"CpuUtilization\"\nstatistic = \"average\"\n\
         comparison = \"{comparison}\"\nthreshold = {threshold}\nperiod = \"60s\"\ntimes = 1\naction = \"{name}\"\n"
    )
}
