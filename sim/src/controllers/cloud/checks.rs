//! Checks that every provider's table needs: bounds, names, references, metrics.

use std::collections::BTreeSet;

use windtunnel_traces::SimDuration;

use super::metric_names::{Known, Provider, look_up, metric_names};
use super::problem::Findings;
use super::schedule::Cron;
use super::words::{Adjust, RemovalPolicy, Step};
use super::{step, words::Names};

/// `min <= desired <= max`, all within what the API takes, if it says.
pub(crate) fn bounds(
    found: &mut Findings,
    prefix: &str,
    min: u32,
    max: u32,
    desired: Option<u32>,
    greatest: Option<u32>,
) {
    let key = |name: &str| if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
    if min > max {
        found.error(&key("min"), format!("min = {min} is greater than max = {max}"));
    }
    if let Some(desired) = desired.filter(|d| min <= max && !(min..=max).contains(d)) {
        found.error(&key("desired"), format!("desired = {desired} is not between min = {min} and max = {max}"));
    }
    if max == 0 {
        found.warning(&key("max"), "max = 0: the group never has an instance");
    }
    if max > 1_000_000 {
        found.error(&key("max"), format!("max = {max} is more than can be simulated"));
    }
    if let Some(greatest) = greatest {
        found.range(&key("max"), max, 0, greatest);
    }
}

/// Every name once, and none empty.
pub(crate) fn names<'a>(found: &mut Findings, table: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() {
            found.error(table, "a name is empty; tables are addressed by name");
        } else if !seen.insert(name) {
            found.error(&format!("{table}.{name}"), format!("the name `{name}` is used twice"));
        }
    }
}

/// The rules that a list of actions (`path`) names exist. `word` is what the provider calls a rule.
pub(crate) fn actions(found: &mut Findings, path: &str, action: &Names, known: &[&str], word: &str) {
    if action.iter().count() > 5 {
        found.refused(path, format!("an alarm has at most 5 actions, not {}", action.iter().count()));
    }
    for name in action.iter().filter(|name| !known.contains(name)) {
        found.error(path, no_such(name, known, word));
    }
}

/// "there is no rule `x`", with the nearest name that there is.
pub(crate) fn no_such(name: &str, known: &[&str], word: &str) -> String {
    let nearest = known.iter().min_by_key(|k| strsim::damerau_levenshtein(k, name));
    match nearest {
        Some(nearest) => format!("there is no {word} `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no {word} `{name}`, nor any other"),
    }
}

/// The rules that no alarm names: legal, for they may be executed by hand or on schedule.
pub(crate) fn unused(found: &mut Findings, table: &str, known: &[&str], used: &BTreeSet<&str>, word: &str) {
    for name in known.iter().filter(|name| !used.contains(*name)) {
        found.note(&format!("{table}.{name}"), format!("no alarm and no schedule invokes this {word}"));
    }
}

/// A metric that the provider has.
pub(crate) fn metric(found: &mut Findings, path: &str, provider: Provider, name: &str) {
    let names = || metric_names(provider).iter().map(|m| m.name).collect::<Vec<_>>().join(", ");
    match look_up(provider, name) {
        Known::Exactly(_) => {}
        Known::As(_, vendor) => found.note(path, format!("`{name}` is understood as `{vendor}`, the vendor's name")),
        Known::Foreign(_) => {
            found.refused(path, format!("the provider has no metric `{name}`: its alarms take {}", names()));
        }
        Known::NotSimulated => {
            found.error(path, format!("the provider has `{name}`, but it is not simulated; there are {}", names()));
        }
        Known::Unknown(nearest) => {
            found.error(path, format!("there is no metric `{name}`; did you mean `{nearest}`? There are {}", names()));
        }
    }
}

/// A finite threshold.
pub(crate) fn finite(found: &mut Findings, path: &str, value: f64) {
    if !value.is_finite() {
        found.error(path, format!("{value} is not a number to compare with"));
    }
}

/// A target is a finite number above zero.
pub(crate) fn target(found: &mut Findings, path: &str, value: f64) {
    if !(value.is_finite() && value > 0.0) {
        found.error(path, format!("{value} is not a target; it must be above zero"));
    }
}

/// A length within what the API takes.
pub(crate) fn length(found: &mut Findings, path: &str, value: SimDuration, low: u64, high: u64) {
    if !value.as_nanos().is_multiple_of(1_000_000_000) {
        found.refused(path, format!("{value} is not accepted by the API; it takes whole seconds"));
    }
    if !(low..=high).contains(&value.as_secs()) {
        found.refused(path, format!("{value} is not accepted by the API; it takes {low} to {high} seconds"));
    }
}

/// A period that is one of a few, with the nearest pair that looks at the same window.
pub(crate) fn period(found: &mut Findings, path: &str, period: SimDuration, times: u32, allowed: &[u64]) {
    if allowed.iter().any(|s| period == SimDuration::from_secs(*s)) {
        return;
    }
    let window = period * u64::from(times);
    let fits = |s: &&u64| SimDuration::from_secs(**s) <= period && (window % SimDuration::from_secs(**s)).is_zero();
    let list = allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let hint = match allowed.iter().rev().find(fits) {
        Some(s) => format!("; nearest with the same window: {s} s × {}", window / SimDuration::from_secs(*s)),
        None => String::new(),
    };
    found.refused(path, format!("{period} is not accepted by the API; it takes {list} seconds{hint}"));
}

/// At least one datapoint of at least a second, and not so many that a window has no end.
pub(crate) fn window(found: &mut Findings, path: &str, period: SimDuration, times: u32) {
    if times == 0 {
        found.error(&format!("{path}.times"), "an alarm needs at least one period");
    }
    if times > 100_000 {
        found.error(&format!("{path}.times"), format!("{times} periods are more than can be held"));
    }
    if period < SimDuration::from_secs(1) {
        found.error(&format!("{path}.period"), format!("a period of {period} is too short; the least is a second"));
    }
    if period > SimDuration::from_hours(24 * 365) {
        found.error(&format!("{path}.period"), format!("a period of {period} is longer than a year"));
    }
}

/// What an API takes as adjustments.
#[derive(Copy, Clone, Debug)]
pub(crate) struct AdjustmentRanges {
    pub(crate) change: (i32, i32),
    pub(crate) percent: (f64, f64),
    pub(crate) exact: u32,
}

/// An adjustment within the API's ranges, if it has any.
pub(crate) fn adjust(found: &mut Findings, path: &str, adjust: Adjust, ranges: Option<AdjustmentRanges>) {
    match (adjust, ranges) {
        (Adjust::Change(0), _) => found.warning(path, "a change of 0 does nothing"),
        (Adjust::Percent(p), _) if !p.is_finite() => found.error(path, format!("{p} is not a percentage")),
        (Adjust::Change(n), Some(ranges)) => found.range(path, n, ranges.change.0, ranges.change.1),
        (Adjust::Percent(p), Some(ranges)) => found.range(path, p, ranges.percent.0, ranges.percent.1),
        (Adjust::Exact(n), Some(ranges)) => found.range(path, n, 0, ranges.exact),
        (_, None) => {}
    }
}

/// Steps without gaps and overlaps, at most `most`.
pub(crate) fn steps(found: &mut Findings, path: &str, steps: &[Step], most: usize, ranges: Option<AdjustmentRanges>) {
    if steps.len() > most {
        found.refused(path, format!("a rule has at most {most} steps, not {}", steps.len()));
    }
    for fault in step::faults(steps) {
        found.refused(path, fault);
    }
    steps.iter().for_each(|step| adjust_in_step(found, path, step.adjust, ranges));
}

/// A step may leave the capacity as it is.
fn adjust_in_step(found: &mut Findings, path: &str, change: Adjust, ranges: Option<AdjustmentRanges>) {
    if change != Adjust::Change(0) {
        adjust(found, path, change, ranges);
    }
}

/// A schedule with exactly one of `at` and `cron`, and something to do.
pub(crate) fn schedule(
    found: &mut Findings,
    path: &str,
    at: Option<SimDuration>,
    cron: Option<&str>,
    does_something: bool,
) {
    match (at, cron) {
        (Some(_), Some(_)) | (None, None) => found.error(path, "give exactly one of `at` and `cron`"),
        (None, Some(cron)) => {
            if let Err(e) = cron.parse::<Cron>() {
                found.error(&format!("{path}.cron"), e.to_string());
            }
        }
        (Some(_), None) => {}
    }
    if !does_something {
        found.error(path, "this schedule sets nothing");
    }
}

/// Removal policies that the provider has, each once.
pub(crate) fn removal(found: &mut Findings, policies: &[RemovalPolicy], allowed: &[RemovalPolicy], most: usize) {
    if policies.is_empty() {
        found.error("removal", "name at least one removal policy");
    }
    if policies.len() > most {
        found.refused("removal", format!("the API takes at most {most}, not {}", policies.len()));
    }
    for (index, policy) in policies.iter().enumerate() {
        if !allowed.contains(policy) {
            found.refused("removal", format!("the provider has no removal policy like {policy:?}"));
        }
        if policies[..index].contains(policy) {
            found.refused("removal", format!("{policy:?} is given twice"));
        }
    }
}
