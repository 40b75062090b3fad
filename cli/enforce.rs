//! `--enforce 'metric < value'`: an objective that the exit code answers for.

use std::str::FromStr;

use windtunnel_sim::experiment::analysis::Requirement;
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::scenario::document::nearest;
use windtunnel_traces::SimDuration;

use crate::error::{CliError, Kind};
use crate::experiment::Results;

/// A bound on a metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Objective {
    metric: &'static str,
    comparison: Comparison,
    bound: f64,
    /// As it was typed, for messages.
    text: String,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparison::Less => value < bound,
            Comparison::LessOrEqual => value <= bound,
            Comparison::Greater => value > bound,
            Comparison::GreaterOrEqual => value >= bound,
        }
    }
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Objective, String> {
        let operators = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (name, comparison, bound) = operators
            .iter()
            .find_map(|(operator, comparison)| {
                let (name, bound) = text.split_once(operator)?;
                Some((name.trim(), *comparison, bound.trim()))
            })
            .ok_or("write a metric, one of < <= > >=, and a bound, such as 'latency_p99_seconds < 500ms'")?;
        let names = DEFINITIONS.iter().map(|metric| metric.name);
        let Some(metric) = DEFINITIONS.iter().find(|metric| metric.name == name) else {
            let hint = nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("there is no metric `{name}`{hint} (`windtunnel metrics` lists them)"));
        };
        let bound = bound_in(metric.unit, bound).ok_or_else(|| {
            let example = match metric.unit {
                "1" => "0.001 or 0.1%",
                "seconds" => "0.5 or 500ms",
                _ => "10",
            };
            format!("`{bound}` is not a bound for `{name}`; write for example {example}")
        })?;
        Ok(Objective { metric: metric.name, comparison, bound, text: text.to_string() })
    }
}

fn bound_in(unit: &str, text: &str) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match unit {
        "1" => text.strip_suffix('%').map_or_else(|| number(text), |percent| Some(number(percent)? / 100.0)),
        "%" => number(text.strip_suffix('%').unwrap_or(text)),
        "seconds" => number(text).or_else(|| Some(text.parse::<SimDuration>().ok()?.as_secs_f64())),
        _ => number(text),
    }
}

impl Objective {
    /// As a requirement that points of a sweep meet or miss. The bound itself counts as missed.
    pub(crate) fn requirement(&self) -> Requirement {
        let is_upper = matches!(self.comparison, Comparison::Less | Comparison::LessOrEqual);
        Requirement { metric: self.metric.to_string(), bound: self.bound, is_upper }
    }
}

/// Fails when an objective does not hold for a scenario, naming all that do not.
pub(crate) fn check(objectives: &[Objective], results: &Results) -> Result<(), CliError> {
    let mut failures = Vec::new();
    for (name, replications) in results.iter() {
        for objective in objectives {
            let summary = windtunnel_sim::experiment::summarize(replications, objective.metric);
            let Some(value) = summary.map(|summary| summary.mean) else {
                failures.push(format!("`{name}` has no {}: {} cannot be held", objective.metric, objective.text));
                continue;
            };
            if !objective.comparison.holds(value, objective.bound) {
                failures.push(format!("`{name}` does not hold {}: it is {value}", objective.text));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(CliError::new(Kind::NotHeld, failures.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn bound(text: &str) -> f64 {
        text.parse::<Objective>().map(|objective| objective.bound).unwrap()
    }

    #[test]
    fn bounds_take_the_unit_of_their_metric() {
        assert_eq!(bound("slo_violating_request_fraction < 0.1%"), 0.001);
        assert_eq!(bound("slo_violating_request_fraction<=0.002"), 0.002);
        assert_eq!(bound("latency_p99_seconds < 500ms"), 0.5);
        assert_eq!(bound("under_provision_timeshare < 5%"), 5.0);
        assert_eq!(bound("cost_total < 12.5"), 12.5);
    }

    #[test]
    fn what_cannot_be_enforced_says_why() {
        let error = |text: &str| text.parse::<Objective>().unwrap_err();
        assert!(error("cost_total").starts_with("write a metric"));
        assert!(error("cost_totl < 3").contains("did you mean `cost_total`?"));
        assert!(error("cost_total < 3s").contains("`3s` is not a bound"));
        assert!(error("cost_total < nan").contains("is not a bound"));
    }
}
