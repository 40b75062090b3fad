//! The question and the answer: who wins, by how much, how sure.
//!
//! A policy holds the objective here when its requests do over the whole run: no more of them may violate it than the
//! percentile lets be slow (1 % for p99), and no more may go unanswered than the availability lets. Of those that hold it
//! the cheapest wins. With replications the mean decides, its 95 % interval says how sure that is, and differences are
//! taken in pairs, seed by seed.

use windtunnel_sim::outcome::Summary;

use super::{Report, ReportRun};
use crate::number;

const VIOLATIONS: &str = "slo_violating_request_fraction";

/// Whether a run holds its objective.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// The whole interval does.
    Surely,
    /// The mean does; the interval, if there is one, does not.
    ByMean,
    /// The mean does not.
    No,
    /// There is no figure to tell by.
    Unknown,
}

impl Holds {
    pub(super) const fn word(self, has_interval: bool) -> &'static str {
        match (self, has_interval) {
            (Holds::Surely, _) => "holds",
            (Holds::ByMean, true) => "holds by its mean, not for sure",
            (Holds::ByMean, false) => "holds (one seed)",
            (Holds::No, _) => "does not hold",
            (Holds::Unknown, _) => "unknown: no requests",
        }
    }
}

/// The first screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) question: String,
    pub(super) answer: String,
    /// How sure it is, and by which rule.
    pub(super) confidence: String,
    /// The index of the winner.
    pub(super) winner: Option<usize>,
}

/// The answer of a report.
pub(super) fn answer(report: &Report) -> Answer {
    match (report.runs.as_slice(), report.sweeps.as_slice()) {
        ([], [sweep, ..]) => Answer {
            question: sweep.question.clone(),
            answer: sweep.answer.clone(),
            confidence: sweep.confidence.clone(),
            winner: None,
        },
        ([only], _) => of_one(only),
        (runs, _) => of_several(runs),
    }
}

/// The rule in words.
fn rule(run: &ReportRun) -> String {
    let objective = &run.outcome.objective;
    format!(
        "A policy holds the objective here when, over the whole run, at most {} of its requests are slower than {} or \
         fail (p{}), and at least {} are answered.",
        number::percent(allowed(run)),
        number::seconds(objective.latency_seconds),
        number::quantity(objective.percentile),
        number::percent(objective.available),
    )
}

/// The share of requests that may violate the objective.
fn allowed(run: &ReportRun) -> f64 {
    1.0 - run.outcome.objective.percentile / 100.0
}

/// Requests without an answer over requests with an outcome, under each seed.
fn unanswered(run: &ReportRun) -> Vec<f64> {
    run.samples
        .iter()
        .filter_map(|sample| {
            let count = |name: &str| sample.get(name);
            let lost = count("requests_timed_out")? + count("requests_rejected")? + count("requests_failed")?;
            let all = lost + count("requests_served")?;
            (all > 0.0).then(|| lost / all)
        })
        .collect()
}

pub(super) fn holds(run: &ReportRun) -> Holds {
    let judged = [(run.values(VIOLATIONS), allowed(run)), (unanswered(run), 1.0 - run.outcome.objective.available)];
    let verdict = |(values, bound): &(Vec<f64>, f64)| {
        if values.is_empty() {
            return Holds::Unknown;
        }
        let summary = Summary::of(values);
        // Shares are ratios of counts: a bound that is met exactly is met.
        let meets = |value: f64| value <= bound + 1e-12;
        match (meets(summary.mean), values.len() > 1 && meets(summary.high)) {
            (true, true) => Holds::Surely,
            (true, false) => Holds::ByMean,
            _ => Holds::No,
        }
    };
    let verdicts = judged.each_ref().map(verdict);
    let worst = [Holds::Unknown, Holds::No, Holds::ByMean];
    worst.into_iter().find(|holds| verdicts.contains(holds)).unwrap_or(Holds::Surely)
}

/// `run` minus `other` in the cost, in pairs where they have the same seeds and traffic; and whether they are pairs.
pub(super) fn cost_difference(run: &ReportRun, other: &ReportRun) -> Option<(Summary, bool)> {
    difference(&run.costs(), &other.costs(), are_paired(run, other) && run.currency() == other.currency())
        .filter(|_| run.currency() == other.currency())
}

/// The same in the share of violating requests.
pub(super) fn violation_difference(run: &ReportRun, other: &ReportRun) -> Option<(Summary, bool)> {
    difference(&run.values(VIOLATIONS), &other.values(VIOLATIONS), are_paired(run, other))
}

fn are_paired(run: &ReportRun, other: &ReportRun) -> bool {
    run.seeds == other.seeds
        && run.outcome.traffic == other.outcome.traffic
        && run.outcome.horizon == other.outcome.horizon
}

fn difference(one: &[f64], other: &[f64], is_paired: bool) -> Option<(Summary, bool)> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    if is_paired && one.len() == other.len() {
        let pairs: Vec<f64> = one.iter().zip(other).map(|(one, other)| one - other).collect();
        return Some((Summary::of(&pairs), one.len() > 1));
    }
    let mean = Summary::of(one).mean - Summary::of(other).mean;
    Some((Summary { mean, low: f64::NAN, high: f64::NAN }, false))
}

fn of_one(run: &ReportRun) -> Answer {
    let figures = figures(run);
    let verdict = match holds(run) {
        Holds::Surely | Holds::ByMean => format!("Yes: {figures}."),
        Holds::No => format!("No: {figures}."),
        Holds::Unknown => "That cannot be told: no request had an outcome.".to_owned(),
    };
    Answer {
        question: format!("Does {} hold its objective, and what does it cost?", run.name),
        answer: verdict,
        confidence: format!("{} {}", seeds_said(run), rule(run)),
        winner: None,
    }
}

fn figures(run: &ReportRun) -> String {
    let violations = run.summary(VIOLATIONS).map_or("no requests".to_owned(), |summary| {
        format!("{} of requests violate it", number::percent(summary.mean))
    });
    let costs = run.costs();
    if costs.is_empty() {
        return violations;
    }
    format!("{violations}, at a cost of {}", number::money(Summary::of(&costs).mean, run.currency()))
}

fn seeds_said(run: &ReportRun) -> String {
    match run.seeds.len() {
        0 | 1 => {
            "One seed: there is no interval, so nobody knows how much of this is chance; run it with --replications 10."
                .to_owned()
        }
        count => format!("Means over {count} seeds, with 95 % intervals by Student's t."),
    }
}

fn of_several(runs: &[ReportRun]) -> Answer {
    let is_common = runs.windows(2).all(|pair| pair[0].currency() == pair[1].currency());
    let question = if runs.iter().all(|run| run.outcome.traffic == runs[0].outcome.traffic) {
        format!("Which of {} policies serves this traffic for the least money and holds the objective?", runs.len())
    } else {
        format!("Which of {} policies holds the objective for the least money? Their traffic differs.", runs.len())
    };
    let verdicts: Vec<Holds> = runs.iter().map(holds).collect();
    let holding: Vec<usize> =
        (0..runs.len()).filter(|&i| matches!(verdicts[i], Holds::Surely | Holds::ByMean)).collect();
    let mean_cost = |i: usize| Summary::of(&runs[i].costs()).mean;
    let mut ranked: Vec<usize> = holding.iter().copied().filter(|&i| !runs[i].costs().is_empty()).collect();
    ranked.sort_by(|&a, &b| mean_cost(a).total_cmp(&mean_cost(b)));
    let rule = rule(&runs[0]);
    if !is_common && holding.len() > 1 {
        let names: Vec<&str> = holding.iter().map(|&i| runs[i].name.as_str()).collect();
        return Answer {
            question,
            answer: format!(
                "{} hold the objective. Their costs are in different currencies and are not compared.",
                listed(&names)
            ),
            confidence: format!("Give exchange rates to compare costs. {} {rule}", seeds_said(&runs[0])),
            winner: None,
        };
    }
    let Some(&winner) = ranked.first() else {
        return Answer {
            question,
            answer: none_holds(runs),
            confidence: format!("{} {rule}", seeds_said(&runs[0])),
            winner: None,
        };
    };
    let best = &runs[winner];
    let mut answer = format!("{} wins: {}.", best.name, figures(best));
    let mut confidence = seeds_said(best);
    match ranked.get(1) {
        Some(&second) => {
            let other = &runs[second];
            if let Some((difference, is_paired)) = cost_difference(best, other) {
                answer.push_str(&by_how_much(best, other, difference.mean));
                confidence = how_sure(best, &other.name, difference, is_paired);
            }
        }
        None => {
            answer.push_str(" No other policy holds the objective.");
            let cheaper = (0..runs.len()).filter(|&i| i != winner && is_common && !runs[i].costs().is_empty());
            if let Some(cheapest) = cheaper.min_by(|&a, &b| mean_cost(a).total_cmp(&mean_cost(b))) {
                answer.push_str(&format!(
                    " The cheapest of the others, {}, does not: {}.",
                    runs[cheapest].name,
                    figures(&runs[cheapest])
                ));
            }
        }
    }
    if verdicts[winner] == Holds::ByMean && best.seeds.len() > 1 {
        confidence.push_str(" The winner holds the objective by its mean, but not by its whole interval.");
    }
    Answer { question, answer, confidence: format!("{confidence} {rule}"), winner: Some(winner) }
}

fn by_how_much(best: &ReportRun, other: &ReportRun, difference: f64) -> String {
    let base = Summary::of(&other.costs()).mean;
    let share = if base > 0.0 { format!(" ({})", number::percent(-difference / base)) } else { String::new() };
    if difference == 0.0 {
        return format!(" {} costs the same.", other.name);
    }
    format!(
        " That is {}{share} less than the next that holds it, {}.",
        number::money(-difference, best.currency()),
        other.name
    )
}

fn how_sure(best: &ReportRun, other: &str, difference: Summary, is_paired: bool) -> String {
    if !is_paired {
        return if best.seeds.len() > 1 {
            format!("The runs do not share seeds and traffic: the difference to {other} has no paired interval.")
        } else {
            seeds_said(best)
        };
    }
    let interval = format!(
        "over {} seeds the 95 % interval of the paired difference to {other} is {} to {}",
        best.seeds.len(),
        number::money(difference.low, best.currency()),
        number::money(difference.high, best.currency())
    );
    if difference.high < 0.0 {
        format!("Sure: {interval}.")
    } else {
        format!("Not sure: {interval}, which includes zero; more replications may tell.")
    }
}

fn none_holds(runs: &[ReportRun]) -> String {
    let violations = |run: &ReportRun| run.summary(VIOLATIONS).map(|summary| summary.mean);
    let nearest = runs
        .iter()
        .filter(|run| violations(run).is_some())
        .min_by(|a, b| violations(a).unwrap_or(f64::INFINITY).total_cmp(&violations(b).unwrap_or(f64::INFINITY)));
    match nearest {
        Some(run) => format!("None holds the objective. {} comes nearest: {}.", run.name, figures(run)),
        None => "None: no run had a request with an outcome.".to_owned(),
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
