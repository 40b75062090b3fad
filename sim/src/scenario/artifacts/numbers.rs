//! Numbers that a field cannot hold, such as half an instance or more than fit: the file is damaged or was edited by hand,
//! and whatever stood in their place would be a guess.

use super::node::Node;
use super::object::{Kind, Object};
use super::{ArtifactError, Source};

/// Fields with whole numbers from zero. Some APIs print -1 for what is not set.
const COUNTS: [&str; 19] = [
    "DesiredCapacity",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "HealthCheckGracePeriod",
    "Cooldown",
    "EstimatedInstanceWarmup",
    "InstanceWarmup",
    "MinAdjustmentMagnitude",
    "DatapointsToAlarm",
    "Period",
    "EvaluationPeriods",
    "EvaluationCount",
    "ContinuousTime",
    "Times",
    "Interval",
    "SilenceTime",
    "HeartbeatTimeout",
    "ScaleOutEvaluationCount",
    "ScaleInEvaluationCount",
];
/// The same without -1.
const SIZES: [&str; 2] = ["MinSize", "MaxSize"];
/// Whole numbers of either sign.
const CHANGES: [&str; 2] = ["AdjustmentValue", "ScalingAdjustment"];
/// Any finite numbers.
const LEVELS: [&str; 3] = ["Threshold", "TargetValue", "MetricValue"];
/// The largest of all: in instances or seconds, more than anybody has.
const MOST: f64 = u32::MAX as f64;

/// Refuses the first number that its field cannot hold.
pub(super) fn check(objects: &[Object], sources: &[Source]) -> Result<(), ArtifactError> {
    objects.iter().filter(|object| object.kind != Kind::Kubernetes).try_for_each(|object| fields(&object.node, sources))
}

fn fields(node: &Node, sources: &[Source]) -> Result<(), ArtifactError> {
    node.list().iter().try_for_each(|element| fields(element, sources))?;
    for (key, value) in node.entries() {
        if let Some(expected) = wrong(key, value)
            && let Some(source) = sources.get(value.source)
        {
            let message = format!("{key} is {}: {expected} was expected", shortened(value.text().unwrap_or_default()));
            return Err(ArtifactError::at(source, value.span.clone(), message)
                .help("mend the number there, or save what the API prints once more"));
        }
        fields(value, sources)?;
    }
    Ok(())
}

/// What a field wants instead of the number that it has. What is no number at all may be a reference.
fn wrong(key: &str, value: &Node) -> Option<String> {
    let number: f64 = value.text()?.trim().parse().ok()?;
    let is_whole = number.fract() == 0.0;
    let between = |least: f64| (!is_whole || number < least || number > MOST).then_some(());
    let counts = || format!("a whole number from 0 to {MOST}");
    if SIZES.contains(&key) {
        between(0.0).map(|()| counts())
    } else if COUNTS.contains(&key) {
        between(-1.0).map(|()| counts())
    } else if CHANGES.contains(&key) {
        between(-MOST).map(|()| format!("a whole number of at most {MOST}"))
    } else if LEVELS.contains(&key) {
        (!number.is_finite()).then(|| "a finite number".to_string())
    } else {
        None
    }
}

fn shortened(text: &str) -> String {
    const MOST_SHOWN: usize = 40;
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
