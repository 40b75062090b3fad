//! From paths and `--set` to scenarios that can be run.

use std::path::{Path, PathBuf};

use windtunnel_sim::scenario::document::{CONTROLLERS, Document, ScenarioFiles};
use windtunnel_sim::scenario::{Diagnostic, Loaded, Severity};

use crate::error::CliError;
use crate::experiment::Results;
use crate::flags::ScenarioFlags;
use crate::{diagnostics, json};

/// Tables that only the HPA has.
const HPA_TABLES: [&str; 3] = ["pods", "nodes", "cluster_autoscaler"];

/// Loads scenarios and applies the flags to each of them.
pub(crate) fn load(
    paths: &[PathBuf],
    files: &dyn ScenarioFiles,
    flags: &ScenarioFlags,
) -> Result<Vec<Loaded>, CliError> {
    let documents = documents(paths, files, flags)?;
    documents.into_iter().map(|document| Ok(Loaded::from_document(document, files)?)).collect()
}

/// Reads scenarios and applies the flags, without asking what they mean.
pub(crate) fn documents(
    paths: &[PathBuf],
    files: &dyn ScenarioFiles,
    flags: &ScenarioFlags,
) -> Result<Vec<Document>, CliError> {
    let mut documents = Vec::with_capacity(paths.len());
    for path in paths {
        documents.push(Document::load(Path::new(path), files)?);
    }
    for assignment in assignments(flags) {
        assign(&mut documents, &assignment)?;
    }
    Ok(documents)
}

/// The assignments of all flags. The special flags come last: they are the more deliberate ones.
fn assignments(flags: &ScenarioFlags) -> Vec<String> {
    let seed = flags.seed.map(|seed| format!("seed={seed}"));
    let horizon = flags.horizon.map(|horizon| format!("horizon=\"{horizon}\""));
    flags.set.iter().cloned().chain(seed).chain(horizon).collect()
}

/// Applies one assignment to the documents that it is meant for; to all of them (and so to an error) when to none.
fn assign(documents: &mut [Document], assignment: &str) -> Result<(), CliError> {
    let table = assignment.split(['.', '=']).next().unwrap_or_default().trim();
    let is_meant = |document: &Document| match table {
        "fixed" | "baseline" => true,
        _ if HPA_TABLES.contains(&table) => document.is_given("hpa"),
        _ if CONTROLLERS.contains(&table) => document.is_given(table),
        _ => true,
    };
    let is_for_none = !documents.iter().any(is_meant);
    for document in documents.iter_mut().filter(|document| is_for_none || is_meant(document)) {
        document.set(assignment)?;
    }
    Ok(())
}

/// Shows what is to be known before the run.
pub(crate) fn show_notes(loaded: &[Loaded], is_quiet: bool) {
    let notes = loaded.iter().flat_map(|loaded| &loaded.notes);
    // Scenarios that share a base share its notes.
    let mut shown: Vec<Diagnostic> = Vec::new();
    for note in notes.filter(|note| !is_quiet || note.severity != Severity::Note) {
        if !shown.contains(note) {
            shown.push(note.clone());
        }
    }
    diagnostics::show_all(&shown);
}

/// Shows what the runs warn of.
pub(crate) fn show_warnings(loaded: &[Loaded], results: &Results) {
    for ((name, replications), loaded) in results.iter().zip(loaded) {
        let notes: Vec<&str> = loaded.notes.iter().map(|note| note.message.as_str()).collect();
        for warning in json::warnings(replications, loaded) {
            if !notes.contains(&warning.message.as_str()) {
                diagnostics::warn(&format!("{name}: {}", warning.message), warning.hint.as_deref());
            }
        }
    }
}
