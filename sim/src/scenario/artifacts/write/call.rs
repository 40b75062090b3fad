//! Calls of a vendor's API, before they are spelled in a format.

use serde_json::{Map, Value};
use windtunnel_traces::SimDuration;

use super::super::object::{Kind, REFERENCE};
use super::ExportError;
use crate::controllers::cloud::lifecycle::{DefaultResult, HookTransition, LifecycleHook};
use crate::controllers::cloud::words::{Adjust, Comparison, RemovalPolicy};
use crate::controllers::cloud::{Problem, Severity};
use crate::controllers::decision::Statistic;

/// A call with its fields, by the API's names.
pub(super) struct Call {
    pub(super) kind: Kind,
    /// A name of letters, digits and `_`, by which other calls refer to it.
    pub(super) symbol: String,
    pub(super) fields: Map<String, Value>,
    /// What could not be said in the API's terms.
    pub(super) remarks: Vec<String>,
}

impl Call {
    pub(super) fn new(kind: Kind, symbol: impl Into<String>) -> Call {
        Call { kind, symbol: symbol.into(), fields: Map::new(), remarks: Vec::new() }
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.fields.insert(key.to_string(), value.into());
    }
}

/// A reference to another call.
pub(super) fn reference(symbol: &str) -> Value {
    Value::String(format!("{REFERENCE}{symbol}"))
}

/// Symbols for names, each once.
#[derive(Default)]
pub(super) struct Symbols(Vec<(String, String)>);

impl Symbols {
    pub(super) fn of(&mut self, name: &str) -> String {
        if let Some((_, symbol)) = self.0.iter().find(|(known, _)| known == name) {
            return symbol.clone();
        }
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let plain = if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("r_{plain}") };
        let mut symbol = plain.clone();
        let mut number = 2;
        while self.0.iter().any(|(_, taken)| taken.replace('_', "") == symbol.replace('_', "")) {
            symbol = format!("{plain}_{number}");
            number += 1;
        }
        self.0.push((name.to_string(), symbol.clone()));
        symbol
    }
}

/// The problems that keep a policy from the API, as an error.
pub(super) fn refuse(problems: Vec<Problem>) -> Result<(), ExportError> {
    let errors: Vec<String> = problems
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.to_string())
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(ExportError::Refused(errors)) }
}

/// Whole seconds; lengths were checked to be such.
pub(super) fn seconds(length: SimDuration) -> Value {
    length.as_secs().into()
}

/// A number without a needless fraction.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

/// The adjustment's type in one of three vendors' words, and its value.
pub(super) fn adjustment(adjust: Adjust, words: [&str; 3], path: &str) -> Result<(String, Value), ExportError> {
    match adjust {
        Adjust::Change(by) => Ok((words[0].to_string(), by.into())),
        Adjust::Percent(percent) if percent.fract() == 0.0 => Ok((words[1].to_string(), number(percent))),
        Adjust::Percent(percent) => {
            Err(ExportError::Refused(vec![format!("{path}: {percent} %: the API takes whole percents")]))
        }
        Adjust::Exact(exact) => Ok((words[2].to_string(), exact.into())),
    }
}

/// Steps must be of one kind: the adjustment type is the rule's.
pub(super) fn steps(
    steps: &[crate::controllers::cloud::words::Step],
    words: [&str; 3],
    path: &str,
) -> Result<(String, Value), ExportError> {
    let mut kind = None;
    let mut list = Vec::new();
    for step in steps {
        let (of_step, by) = adjustment(step.adjust, words, path)?;
        if *kind.get_or_insert_with(|| of_step.clone()) != of_step {
            return Err(ExportError::Refused(vec![format!(
                "{path}: steps of different kinds: the API has one AdjustmentType for all"
            )]));
        }
        let mut fields = Map::new();
        if let Some(lower) = step.lower {
            fields.insert("MetricIntervalLowerBound".into(), number(lower));
        }
        if let Some(upper) = step.upper {
            fields.insert("MetricIntervalUpperBound".into(), number(upper));
        }
        fields.insert("ScalingAdjustment".into(), by);
        list.push(Value::Object(fields));
    }
    Ok((kind.unwrap_or_else(|| words[0].to_string()), Value::Array(list)))
}

/// A comparison in a vendor's words: >, >=, <, <=.
pub(super) fn comparison(comparison: Comparison, words: [&str; 4]) -> Value {
    let index = match comparison {
        Comparison::Greater => 0,
        Comparison::GreaterOrEqual => 1,
        Comparison::Less => 2,
        _ => 3,
    };
    words[index].into()
}

/// A statistic as the APIs spell it.
pub(super) fn statistic(statistic: Statistic) -> String {
    match statistic {
        Statistic::Average => "Average".into(),
        Statistic::Minimum => "Minimum".into(),
        Statistic::Maximum => "Maximum".into(),
        Statistic::Sum => "Sum".into(),
        Statistic::SampleCount => "SampleCount".into(),
        Statistic::Percentile(p) => format!("p{p}"),
    }
}

/// Removal policies in a vendor's words.
pub(super) fn removal(policies: &[RemovalPolicy], oldest_configuration: &str) -> Value {
    let word = |policy: &RemovalPolicy| match policy {
        RemovalPolicy::OldestInstance => "OldestInstance",
        RemovalPolicy::NewestInstance => "NewestInstance",
        RemovalPolicy::OldestConfiguration => oldest_configuration,
        RemovalPolicy::ClosestToNextInstanceHour => "ClosestToNextInstanceHour",
        RemovalPolicy::AllocationStrategy => "AllocationStrategy",
        RemovalPolicy::Default => "Default",
    };
    policies.iter().map(word).collect::<Vec<&str>>().into()
}

/// A lifecycle hook; the transitions in a vendor's words: in, out. Who completes it is no business of the API's.
pub(super) fn hook(
    hook: &LifecycleHook,
    kind: Kind,
    symbols: &mut Symbols,
    group: (&str, Value),
    transitions: [&str; 2],
) -> Call {
    let mut call = Call::new(kind, symbols.of(&format!("hook {}", hook.name)));
    call.set(group.0, group.1);
    call.set("LifecycleHookName", hook.name.as_str());
    let transition = match hook.transition {
        HookTransition::Launching => transitions[0],
        HookTransition::Terminating => transitions[1],
    };
    call.set("LifecycleTransition", transition);
    if let Some(timeout) = hook.timeout {
        call.set("HeartbeatTimeout", seconds(timeout));
    }
    if let Some(result) = hook.result {
        let word = match result {
            DefaultResult::Continue => "CONTINUE",
            DefaultResult::Abandon => "ABANDON",
            DefaultResult::Rollback => "ROLLBACK",
        };
        call.set("DefaultResult", word);
    }
    call
}

/// What is said about an alarm that is not exported.
pub(super) fn left_out(name: &str) -> String {
    format!(
        "the alarm `{name}` is not exported (export = false): the original says more than the scenario, so keep yours as it is"
    )
}
