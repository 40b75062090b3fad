//! Hazards: what is plainly wrong with a policy, found without running it.
//!
//! Every finding has a code of the [`catalogue`], a place, the reason with the numbers of *this* scenario, and a fix. Each
//! family of hazards has a file; [`examine`] asks them all. What a short simulation can show, [`proof`] shows.

mod alarms;
mod aws;
mod boot;
mod capacity;
pub mod catalogue;
mod cooldown;
mod ess;
mod flapping;
mod hpa;
mod latency;
mod monitoring;
mod numbers;
mod overload;
pub mod proof;
mod tencent;
#[cfg(test)]
mod tests;
mod totals;
mod view;

use super::document::{Diagnostic, Document, Location, ScenarioFiles, Severity};
use super::schema::ScenarioFile;
use super::{Loaded, Scenario};
use catalogue::Hazard;
use numbers::Numbers;
use view::Group;

/// One hazard, found in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The code, such as `G03`; [`catalogue::find`] explains it.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The key it is about, as an address such as `ess.alarm.cpu-low.period`; empty for the scenario as a whole.
    pub path: String,
    /// What is the matter, with the numbers of this scenario.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// Where it was written.
    pub location: Option<Location>,
}

impl Finding {
    /// The finding as it is shown.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(format!("{}: {}", self.code, self.message)).with_severity(self.severity);
        if !self.path.is_empty() {
            diagnostic = diagnostic.with_path(&self.path);
        }
        if !self.fix.is_empty() {
            diagnostic = diagnostic.with_help(&self.fix);
        }
        match &self.location {
            Some(location) => diagnostic.with_location(location.clone()),
            None => diagnostic,
        }
    }
}

/// What was found in one scenario.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Findings: errors first, then warnings, then notes; within each in the order of the files.
    pub findings: Vec<Finding>,
    /// The scenario, when it can be run.
    pub loaded: Option<Loaded>,
}

/// Looks for everything that is wrong with a document.
pub fn examine(document: &Document, files: &dyn ScenarioFiles) -> Examination {
    let mut findings = Findings::new(document);
    let (loaded, diagnostics) = match Loaded::from_document(document.clone(), files) {
        Ok(loaded) => {
            let notes = loaded.notes.clone();
            (Some(loaded), notes)
        }
        Err(error) => (None, error.diagnostics),
    };
    match (&loaded, document.decode::<ScenarioFile>()) {
        (Some(loaded), _) => {
            of_file(&loaded.scenario.file, &mut findings);
            of_scenario(&loaded.scenario, document, &mut findings);
        }
        // It cannot be run; what the real API says to it can be told all the same.
        (None, Ok(file)) => of_file(&file, &mut findings),
        (None, Err(_)) => {}
    }
    let mut found = findings.found;
    let diagnostics = diagnostics.into_iter().filter(|diagnostic| !is_covered(diagnostic, &found)).map(uncoded);
    let uncoded: Vec<Finding> = diagnostics.collect();
    found.extend(uncoded);
    found.sort_by_key(|finding| std::cmp::Reverse(rank(finding.severity)));
    Examination { findings: found, loaded }
}

/// Checks that need nothing but what is written.
fn of_file(file: &ScenarioFile, findings: &mut Findings<'_>) {
    if let Some(config) = &file.ess {
        ess::check(config, findings);
    }
    if let Some(config) = &file.aws {
        aws::check(config, file, findings);
    }
    if let Some(config) = &file.tencent {
        tencent::check(config, findings);
    }
}

/// Checks that need the scenario's numbers: traffic, demand, boot, objective.
fn of_scenario(scenario: &Scenario, document: &Document, findings: &mut Findings<'_>) {
    let numbers = Numbers::of(scenario);
    if let Some(group) = Group::of(scenario) {
        alarms::check(&group, findings);
        cooldown::check(&group, &numbers, findings);
        latency::check(&group, &numbers, scenario, findings);
        flapping::check(&group, &numbers, findings);
        totals::check(&group, &numbers, findings);
        monitoring::check(&group, scenario, findings);
    }
    hpa::check(scenario, &numbers, findings);
    boot::check(scenario, &numbers, document, findings);
    capacity::check(scenario, &numbers, findings);
    overload::check(scenario, &numbers, findings);
}

/// A rule of the scenario's own checks that a coded finding explains better, at the same place.
fn is_covered(diagnostic: &Diagnostic, found: &[Finding]) -> bool {
    let Some(path) = &diagnostic.path else { return false };
    found.iter().any(|finding| {
        catalogue::find(finding.code).is_some_and(|hazard| hazard.covers_checks)
            && (finding.path == *path
                || finding.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.')))
    })
}

fn uncoded(diagnostic: Diagnostic) -> Finding {
    Finding {
        code: catalogue::CHECK,
        severity: diagnostic.severity,
        path: diagnostic.path.unwrap_or_default(),
        message: diagnostic.message,
        fix: diagnostic.help.unwrap_or_default(),
        location: diagnostic.location,
    }
}

/// Errors rank highest.
pub const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 2,
        Severity::Warning => 1,
        Severity::Note => 0,
    }
}

/// Collects findings, each at its place in the document.
struct Findings<'d> {
    document: &'d Document,
    found: Vec<Finding>,
}

impl<'d> Findings<'d> {
    fn new(document: &'d Document) -> Self {
        Findings { document, found: Vec::new() }
    }

    /// A finding with the severity of the catalogue.
    fn add(&mut self, code: &'static str, path: &str, message: impl Into<String>, fix: impl Into<String>) {
        let severity = catalogue::find(code).map_or(Severity::Warning, |hazard: &Hazard| hazard.severity);
        self.add_as(severity, code, path, message, fix);
    }

    /// A finding with a severity of its own.
    fn add_as(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let location = self.document.error_at(path, "").location;
        let (message, fix) = (message.into(), fix.into());
        self.found.push(Finding { code, severity, path: path.to_string(), message, fix, location });
    }
}

/// A number for a sentence: whole where it is large, with two digits where it is small.
fn round(value: f64) -> String {
    if value == libm::round(value) || value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
