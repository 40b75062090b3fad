//! Checks that every provider's table needs: bounds, names, references, metrics.

use std::collections::BTreeSet;

use windtunnel_traces::SimDuration;

use super::metric_names::{Known, Provider, look_up, metric_names};
use super::problem::Findings;
use super::schedule::Cron;
use super::step::{self, Side};
use super::words::{Adjust, Comparison, Names, RemovalPolicy, Step};

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
    let whole = value.as_nanos().is_multiple_of(1_000_000_000);
    let (least, most) = (SimDuration::from_secs(low), SimDuration::from_secs(high));
    if (least..=most).contains(&value) && whole {
        return;
    }
    let nearest = SimDuration::from_secs_f64(libm::round(value.as_secs_f64())).clamp(least, most);
    let takes = if whole { "seconds" } else { "whole seconds" };
    found.refused(
        path,
        format!(
            "{value} is not accepted by the API; it takes {low} to {high} {takes}; the nearest is {}",
            in_seconds(nearest)
        ),
    );
}

/// `300 s`, as the APIs count.
fn in_seconds(time: SimDuration) -> String {
    format!("{} s", time.as_secs())
}

/// Periods that an alarm may have.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Periods {
    /// One of these, in seconds and ascending.
    pub(crate) one_of: &'static [u64],
    /// Or any multiple of this.
    pub(crate) multiples_of: Option<u64>,
    /// Periods in a row at most.
    pub(crate) most_times: u32,
}

impl Periods {
    /// One of a few.
    pub(crate) const fn one_of(one_of: &'static [u64]) -> Self {
        Periods { one_of, multiples_of: None, most_times: u32::MAX }
    }

    fn allows(&self, period: SimDuration) -> bool {
        let multiple = self.multiples_of.is_some_and(|s| (period % SimDuration::from_secs(s)).is_zero());
        self.one_of.iter().any(|s| period == SimDuration::from_secs(*s)) || (multiple && !period.is_zero())
    }

    /// `15, 60, 120 seconds or a multiple of 60 seconds`.
    fn in_words(&self) -> String {
        let list = self.one_of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.multiples_of {
            None => format!("{list} seconds"),
            Some(step) if list.is_empty() => format!("multiples of {step} seconds"),
            Some(step) => format!("{list} seconds or a multiple of {step}"),
        }
    }

    /// Those around a period, ascending.
    fn around(&self, period: SimDuration) -> Vec<SimDuration> {
        let mut all: Vec<SimDuration> = self.one_of.iter().map(|s| SimDuration::from_secs(*s)).collect();
        if let Some(step) = self.multiples_of {
            let step = SimDuration::from_secs(step);
            let below = period / step;
            // A window that is whole with a multiple far below is better told as it is.
            all.extend((below.saturating_sub(60).max(1)..=below + 1).map(|n| step * n));
        }
        all.sort();
        all
    }
}

/// A period that the API takes, with the nearest pair that looks at the same window.
pub(crate) fn period(found: &mut Findings, path: &str, period: SimDuration, times: u32, periods: &Periods) {
    if periods.allows(period) {
        return;
    }
    let window = period * u64::from(times);
    let most = u64::from(periods.most_times);
    let candidates = periods.around(period);
    let fits = |p: &&SimDuration| **p <= period && (window % **p).is_zero() && (1..=most).contains(&(window / **p));
    let hint = match candidates.iter().rev().find(fits) {
        Some(p) => format!("nearest with the same window: {} × {}", in_seconds(*p), window / *p),
        None => {
            let distance = |p: &&SimDuration| p.as_nanos().abs_diff(period.as_nanos());
            let nearest = candidates.iter().min_by_key(distance).copied().unwrap_or(SimDuration::from_mins(1));
            let times = libm::round(window.as_secs_f64() / nearest.as_secs_f64()) as u64;
            format!("the nearest is {} × {}", in_seconds(nearest), times.clamp(1, most))
        }
    };
    found.refused(path, format!("{period} is not accepted by the API; it takes {}; {hint}", periods.in_words()));
}

/// A rule none of whose steps lies on its alarm's side of the threshold silently does nothing.
pub(crate) fn step_side(found: &mut Findings, path: &str, steps: &[Step], alarm: (&str, Comparison), says: &str) {
    let (alarm, upward) = (alarm.0, alarm.1.is_upward());
    let (just_past, side) = if upward { (1e-9, Side::Above) } else { (-1e-9, Side::Below) };
    if !steps.is_empty() && step::step_for(steps, just_past, side).is_none() {
        let side = if upward { "upper" } else { "lower" };
        found.warning(path, format!("no step begins at the threshold of `{alarm}` on its {side} side: {says}"));
    }
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
