//! A whole recorded scenario: every step decided, and compared where the recording says what happened.

use super::compare::{self, Difference};
use super::observations::{Record, Step};
use super::replay::{Decision, Replay};
use crate::controllers::hpa::api::HpaSpec;
use crate::controllers::hpa::validation::{FieldErrors, Origin};
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, PodTemplate, SyncOutcome};

/// A policy in a recording that the API server would refuse.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {id}{place}: {errors}")]
pub struct PolicyError {
    line: usize,
    id: String,
    place: String,
    errors: FieldErrors,
}

/// One step after its sync.
#[derive(Debug)]
pub struct Decided<'a> {
    /// Index of the step.
    pub index: usize,
    /// The step.
    pub step: &'a Step,
    /// What was decided.
    pub decision: Decision,
    /// The decision with every intermediate number.
    pub outcome: &'a SyncOutcome,
    /// The policy that decided.
    pub policy: &'a DefaultedSpec,
    /// What differs from the recording: field, expected, decided. Empty also when nothing is expected.
    pub differences: Vec<(&'static str, String, String)>,
}

/// How a scenario compares with its recording.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Steps with an expectation.
    pub compared: usize,
    /// Those that agree.
    pub agreeing: usize,
    /// The first that does not.
    pub first: Option<Difference>,
}

/// Decides every step of a record, in order. A `policy` takes the place of those in the recording.
///
/// # Errors
/// When a recorded policy is invalid.
pub fn run(
    line: usize,
    record: &Record,
    policy: Option<&DefaultedSpec>,
    mut each: impl FnMut(&Decided<'_>),
) -> Result<Comparison, PolicyError> {
    let flags = record.controller.flags();
    let refused = |place: String, errors| PolicyError { line, id: record.id.clone(), place, errors };
    let first = match policy {
        Some(policy) => policy.clone(),
        None => recorded(&record.hpa, &flags).map_err(|errors| refused(String::new(), errors))?,
    };
    let mut replay = Replay::new(first, flags, default_template(record));
    let mut comparison = Comparison::default();
    for (index, step) in record.steps.iter().enumerate() {
        let edit = match (&step.hpa, policy) {
            (Some(spec), None) => {
                Some(recorded(spec, &flags).map_err(|errors| refused(format!(": steps[{index}].hpa"), errors))?)
            }
            _ => None,
        };
        let decision = Decision::of(step.t, replay.step(step, edit));
        let differences = comparison.add(&record.id, index, step, &decision);
        each(&Decided {
            index,
            step,
            decision,
            outcome: replay.hpa().outcome(),
            policy: replay.hpa().spec(),
            differences,
        });
    }
    Ok(comparison)
}

fn recorded(spec: &HpaSpec, flags: &ControllerFlags) -> Result<DefaultedSpec, FieldErrors> {
    DefaultedSpec::new(spec.clone(), flags.gates, Origin::Recording)
}

fn default_template(record: &Record) -> PodTemplate {
    PodTemplate {
        containers: record.containers.iter().map(super::observations::ContainerRecord::container).collect(),
        pod_level: None,
    }
}

impl Comparison {
    fn add(&mut self, id: &str, index: usize, step: &Step, decision: &Decision) -> Vec<(&'static str, String, String)> {
        let Some(expected) = &step.exp else {
            return Vec::new();
        };
        let fields = compare::differences(decision, expected);
        self.compared += 1;
        if fields.is_empty() {
            self.agreeing += 1;
        } else if self.first.is_none() {
            self.first = Some(Difference { id: id.to_owned(), step: index, fields: fields.clone() });
        }
        fields
    }
}
