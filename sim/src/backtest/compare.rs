//! Decisions against what the real controller did.

use std::collections::BTreeMap;
use std::fmt;

use super::observations::{CurrentMetric, Expected};
use super::replay::Decision;
use crate::controllers::hpa::SyncOutcome;

/// The first step that differs in a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The scenario.
    pub id: String,
    /// Index of the step.
    pub step: usize,
    /// Field, what was expected, what was decided.
    pub fields: Vec<(&'static str, String, String)>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} step {}:", self.id, self.step)?;
        for (field, expected, decided) in &self.fields {
            write!(f, " {field} {decided}, expected {expected};")?;
        }
        Ok(())
    }
}

/// The fields in which a decision differs from the expected one.
#[must_use]
pub fn differences(decision: &Decision, expected: &Expected) -> Vec<(&'static str, String, String)> {
    let some = |value: Option<i32>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let text = |value: &str| format!("{value:?}");
    [
        ("scale", some(expected.scale), some(decision.scale)),
        ("desired", expected.desired.to_string(), decision.desired.to_string()),
        ("raw", some(expected.raw), some(decision.raw)),
        ("err", expected.err.to_string(), decision.err.to_string()),
        ("able", text(&expected.able), text(&decision.able)),
        ("active", text(&expected.active), text(&decision.active)),
        ("limited", text(&expected.limited), text(&decision.limited)),
        ("zero", text(&expected.zero), text(&decision.zero)),
    ]
    .into_iter()
    .filter(|(_, expected, decided)| expected != decided)
    .collect()
}

/// The metrics of the status, as a recording writes them; none when they were not evaluated.
#[must_use]
pub fn current_metrics(outcome: &SyncOutcome) -> Option<Vec<CurrentMetric>> {
    let of = outcome.metrics.iter().map(|metric| match metric.proposal {
        Ok(_) => CurrentMetric { u: metric.utilization, a: metric.average, v: metric.value },
        Err(_) => CurrentMetric::default(),
    });
    (!outcome.metrics.is_empty()).then(|| of.collect())
}

/// How many steps agree, by category.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    categories: BTreeMap<String, Count>,
    first: Option<Difference>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    scenarios: usize,
    agreeing_scenarios: usize,
    steps: usize,
    agreeing_steps: usize,
}

impl Agreement {
    /// Adds a scenario: how many of its steps were compared, how many agree, and the first that does not.
    pub fn add(&mut self, category: &str, steps: usize, agreeing: usize, first: Option<Difference>) {
        let count = self.categories.entry(category.to_owned()).or_default();
        count.scenarios += 1;
        count.agreeing_scenarios += usize::from(steps == agreeing);
        count.steps += steps;
        count.agreeing_steps += agreeing;
        if self.first.is_none() {
            self.first = first;
        }
    }

    /// The first difference.
    #[must_use]
    pub fn first_difference(&self) -> Option<&Difference> {
        self.first.as_ref()
    }

    /// Scenarios compared.
    #[must_use]
    pub fn scenarios(&self) -> usize {
        self.total().scenarios
    }

    /// Steps compared, and those that agree.
    #[must_use]
    pub fn steps(&self) -> (usize, usize) {
        let total = self.total();
        (total.steps, total.agreeing_steps)
    }

    fn total(&self) -> Count {
        self.categories.values().fold(Count::default(), |sum, count| Count {
            scenarios: sum.scenarios + count.scenarios,
            agreeing_scenarios: sum.agreeing_scenarios + count.agreeing_scenarios,
            steps: sum.steps + count.steps,
            agreeing_steps: sum.agreeing_steps + count.agreeing_steps,
        })
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        for (category, count) in &self.categories {
            if !category.is_empty() {
                writeln!(f, "  {category}: {count}")?;
            }
        }
        write!(f, "agreement: {total}")?;
        if let Some(first) = &self.first {
            write!(f, "\nfirst difference: {first}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} scenarios, {} of {} steps",
            self.agreeing_scenarios, self.scenarios, self.agreeing_steps, self.steps
        )
    }
}
