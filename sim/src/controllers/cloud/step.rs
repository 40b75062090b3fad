//! Step rules: which step a metric value falls into.

use super::choices::StepAtThreshold;
use super::words::{Adjust, Comparison, Step};

/// A side of a threshold.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Above,
    Below,
}

/// The side that a value counts to which equals the threshold.
pub(crate) fn side_at_threshold(answer: StepAtThreshold, comparison: Comparison) -> Side {
    match answer {
        StepAtThreshold::Above => Side::Above,
        StepAtThreshold::Operator if comparison.is_upward() => Side::Above,
        StepAtThreshold::Below | StepAtThreshold::Operator => Side::Below,
    }
}

/// The step that holds the offset of a metric from its alarm's threshold. Above the threshold a step is closed below and
/// open above, below the threshold the other way round, so that the bound nearer to the threshold belongs to the step
/// (EC2 Auto Scaling API, StepAdjustment). At the threshold itself the document gives both; `at_threshold` says which.
pub(crate) fn step_for(steps: &[Step], offset: f64, at_threshold: Side) -> Option<Adjust> {
    let upward = if offset == 0.0 { at_threshold == Side::Above } else { offset > 0.0 };
    let holds = |step: &Step| {
        let lower = step.lower.unwrap_or(f64::NEG_INFINITY);
        let upper = step.upper.unwrap_or(f64::INFINITY);
        if upward { lower <= offset && offset < upper } else { lower < offset && offset <= upper }
    };
    steps.iter().find(|step| holds(step)).map(|step| step.adjust)
}

/// What is wrong with a list of steps, if anything: gaps, overlaps, a missing open end, mixed kinds of adjustment.
pub(crate) fn faults(steps: &[Step]) -> Vec<String> {
    let mut found = Vec::new();
    let mut sorted: Vec<&Step> = steps.iter().collect();
    sorted.sort_by(|a, b| a.lower.unwrap_or(f64::NEG_INFINITY).total_cmp(&b.lower.unwrap_or(f64::NEG_INFINITY)));
    for step in &sorted {
        match (step.lower, step.upper) {
            (None, None) => found.push("a step needs at least one of `lower` and `upper`".to_string()),
            (Some(lower), Some(upper)) if lower >= upper => {
                found.push(format!("the step from {lower} to {upper} is empty"));
            }
            _ => {}
        }
    }
    for pair in sorted.windows(2) {
        match (pair[0].upper, pair[1].lower) {
            (Some(upper), Some(lower)) if upper < lower => {
                found.push(format!("there is a gap between the steps, from {upper} to {lower}"));
            }
            (Some(upper), Some(lower)) if upper == lower => {}
            _ => found.push("two steps overlap".to_string()),
        }
    }
    if let (Some(first), Some(last)) = (sorted.first(), sorted.last()) {
        if first.lower.is_some_and(|lower| lower < 0.0) {
            found.push("with a negative lower bound, one step must have no lower bound".to_string());
        }
        if last.upper.is_some_and(|upper| upper > 0.0) {
            found.push("with a positive upper bound, one step must have no upper bound".to_string());
        }
    }
    let kind = |step: &Step| std::mem::discriminant(&step.adjust);
    if steps.windows(2).any(|pair| kind(&pair[0]) != kind(&pair[1])) {
        found.push("all steps of a rule have the same adjustment type".to_string());
    }
    found
}
