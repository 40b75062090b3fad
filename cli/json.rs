//! The JSON form of results: free of clocks, paths, hosts and threads, so that equal input gives equal bytes.

use std::io::{self, BufWriter, Seek, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};
use windtunnel_sim::experiment::{paired, summarize};
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::outcome::{ActivityEntry, Objective, Outcome, Provider, Spool, Summary, Warning};
use windtunnel_sim::run::Fidelity;
use windtunnel_sim::scenario::{Loaded, Severity};

use crate::currency::Exchange;
use crate::error::{CliError, Kind};
use crate::experiment::Results;
use crate::output::Folder;
use crate::reaction;

/// What is printed: it borrows the results, so that a long list of activities is not held twice.
#[derive(Serialize)]
pub(crate) struct Document<'r> {
    version: &'static str,
    scenarios: Vec<ScenarioDocument<'r>>,
    /// The differences between the first scenario and each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparisons: Option<Vec<Value>>,
}

/// One scenario under all its seeds.
#[derive(Serialize)]
pub(crate) struct ScenarioDocument<'r> {
    name: &'r str,
    provider: Provider,
    fidelity: Fidelity,
    seed: u64,
    replications: usize,
    digest: &'r str,
    traffic: &'r str,
    horizon_seconds: f64,
    currency: &'r str,
    objective: &'r Objective,
    metrics: Map<String, Value>,
    warnings: Vec<Warning>,
    activities: &'r Spool<ActivityEntry>,
    reaction: reaction::Document<'r>,
}

/// The document of `run`.
pub(crate) fn document<'r>(results: &'r Results, loaded: &[Loaded]) -> Document<'r> {
    let scenarios = results.iter().zip(loaded);
    let scenarios = scenarios.filter_map(|((name, replications), loaded)| scenario(name, replications, loaded));
    Document { version: env!("CARGO_PKG_VERSION"), scenarios: scenarios.collect(), comparisons: None }
}

/// The document of `compare`: the same with the differences between the first scenario and each other.
pub(crate) fn comparison<'r>(results: &'r Results, loaded: &[Loaded], exchange: Option<&Exchange>) -> Document<'r> {
    let mut document = document(results, loaded);
    let mut all = results.iter();
    let Some((first_name, first)) = all.next() else { return document };
    let comparisons = all.map(|(name, other)| {
        json!({
            "scenario": name,
            "against": first_name,
            "currency": exchange.map(|exchange| exchange.to.as_str()),
            "metrics": differences(first, other, exchange),
        })
    });
    document.comparisons = Some(comparisons.collect());
    document
}

/// One scenario; nothing for no replications.
pub(crate) fn scenario<'r>(
    name: &'r str,
    replications: &'r [Outcome],
    loaded: &Loaded,
) -> Option<ScenarioDocument<'r>> {
    let first = replications.first()?;
    Some(ScenarioDocument {
        name,
        provider: first.provider,
        fidelity: first.fidelity,
        seed: first.seed,
        replications: replications.len(),
        digest: &first.digest,
        traffic: &first.traffic,
        horizon_seconds: first.horizon.as_secs_f64(),
        currency: &first.currency,
        objective: &first.objective,
        metrics: summaries(|metric| summarize(replications, metric)),
        warnings: warnings(replications, loaded),
        activities: &first.activities,
        reaction: reaction::document(first),
    })
}

fn summaries(of: impl Fn(&str) -> Option<Summary>) -> Map<String, Value> {
    DEFINITIONS.iter().map(|metric| (metric.name.to_string(), json!(of(metric.name)))).collect()
}

/// `other` minus `first`, in pairs. Amounts of money are null where the currencies differ and no rate is given.
fn differences(first: &[Outcome], other: &[Outcome], exchange: Option<&Exchange>) -> Map<String, Value> {
    let difference =
        |metric: &str, unit: &str| paired(first, other, |outcome| comparable(outcome, metric, unit, exchange));
    DEFINITIONS.iter().map(|metric| (metric.name.to_string(), json!(difference(metric.name, metric.unit)))).collect()
}

/// A figure of one outcome, in the currency that costs are compared in.
pub(crate) fn comparable(outcome: &Outcome, metric: &str, unit: &str, exchange: Option<&Exchange>) -> Option<f64> {
    let value = outcome.metrics.get(metric)?;
    if unit == "currency" { Some(value * exchange?.rate(&outcome.currency)?) } else { Some(value) }
}

/// Warnings of the scenario and of all replications, each once.
pub(crate) fn warnings(replications: &[Outcome], loaded: &Loaded) -> Vec<Warning> {
    let written = loaded.notes.iter().filter(|note| note.severity == Severity::Warning);
    let written = written.map(|note| Warning { message: note.message.clone(), hint: note.help.clone() });
    let mut unique: Vec<Warning> = Vec::new();
    for warning in written.chain(replications.iter().flat_map(|outcome| outcome.warnings.clone())) {
        if !unique.contains(&warning) {
            unique.push(warning);
        }
    }
    unique
}

/// Writes a document as it is printed and stored: indented, with a line end.
pub(crate) fn write(document: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, document)?;
    to.write_all(b"\n")
}

/// Adds a document to a folder; one that is long waits for its turn in a temporary file.
pub(crate) fn add(folder: &mut Folder, name: String, document: &impl Serialize) -> Result<(), CliError> {
    let mut aside = BufWriter::new(tempfile::spooled_tempfile(1 << 20));
    let written = write(document, &mut aside).and_then(|()| aside.into_inner().map_err(io::IntoInnerError::into_error));
    let mut aside = written.map_err(|error| {
        CliError::new(Kind::Input, format!("cannot write to the folder for temporary files: {error}"))
    })?;
    folder.add_streamed(name, move |file| {
        aside.rewind()?;
        io::copy(&mut aside, file).map(drop)
    });
    Ok(())
}

/// A short document in memory, as `write` writes it.
pub(crate) fn bytes(document: &impl Serialize) -> Vec<u8> {
    // Fails only for maps whose keys are no text: there are none.
    let mut text = serde_json::to_vec_pretty(document).unwrap_or_default();
    text.push(b'\n');
    text
}
