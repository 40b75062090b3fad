//! `details.json`: what charts and reports of a scenario need beyond its tables.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use windtunnel_sim::outcome::{MetricValues, Outcome, SparseHistogram, Spool};
use windtunnel_sim::scenario::document::ScenarioFiles;
use windtunnel_sim::scenario::hazards::examine;
use windtunnel_sim::scenario::{Loaded, Severity};

use crate::currency::Exchange;
use crate::experiment::Results;
use crate::flags::{ExperimentFlags, Fidelity, ScenarioFlags};
use crate::output::{Folder, slugs};
use crate::vocabulary::assumptions;
use crate::{json, show};

use super::VERSION;

/// Everything that is known of a scenario's runs, but for the tables beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) version: String,
    /// Its place among the scenarios that ran together.
    pub(crate) order: usize,
    /// What it was called there.
    pub(crate) name: String,
    /// The command that runs it again.
    pub(crate) command: String,
    /// What one unit of its currency is worth in the one that costs are compared in; absent where they are not.
    pub(crate) exchange: Option<ExchangeRate>,
    /// The seeds, and the figures under each.
    pub(crate) seeds: Vec<u64>,
    pub(crate) samples: Vec<MetricValues>,
    /// The resolved scenario as TOML, its defaults marked.
    pub(crate) scenario: String,
    pub(crate) hazards: Vec<Hazard>,
    pub(crate) assumptions: Vec<Assumed>,
    /// The run under the first seed, without its timeline, alarm states and latencies.
    pub(crate) outcome: Outcome,
    pub(crate) latency: SparseHistogram,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExchangeRate {
    pub(crate) to: String,
    pub(crate) rate: f64,
}

/// What `windtunnel check` says about the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hazard {
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) fix: String,
}

/// A modelling choice, as this scenario makes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Assumed {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) is_default: bool,
    pub(crate) question: String,
    pub(crate) source: String,
}

/// How a result can be had again.
pub(crate) struct Reproduction<'a> {
    pub(crate) verb: &'a str,
    pub(crate) scenarios: &'a [PathBuf],
    pub(crate) flags: &'a ScenarioFlags,
    pub(crate) experiment: &'a ExperimentFlags,
}

impl Reproduction<'_> {
    fn command(&self) -> String {
        let mut words = vec!["windtunnel".to_string(), self.verb.to_string()];
        words.extend(self.scenarios.iter().map(|path| path.display().to_string()));
        for assignment in &self.flags.set {
            words.extend(["--set".to_string(), assignment.clone()]);
        }
        let seed = self.flags.seed.map(|seed| ["--seed".to_string(), seed.to_string()]);
        let horizon = self.flags.horizon.map(|horizon| ["--horizon".to_string(), horizon.to_string()]);
        words.extend(seed.into_iter().chain(horizon).flatten());
        if self.experiment.replications > 1 {
            words.extend(["--replications".to_string(), self.experiment.replications.to_string()]);
        }
        if self.experiment.fidelity == Fidelity::Fluid {
            words.extend(["--fidelity", "fluid"].map(String::from));
        }
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Adds `details.json` of every scenario.
pub(crate) fn add_details(
    results: &Results,
    loaded: &[Loaded],
    files: &dyn ScenarioFiles,
    exchange: Option<&Exchange>,
    reproduction: &Reproduction<'_>,
    folder: &mut Folder,
) {
    let slugs = slugs(&results.names);
    for (order, (((name, replications), loaded), slug)) in results.iter().zip(loaded).zip(&slugs).enumerate() {
        let Some(first) = replications.first() else { continue };
        let rate = exchange
            .and_then(|exchange| Some(ExchangeRate { to: exchange.to.clone(), rate: exchange.rate(&first.currency)? }));
        let details = Details {
            version: VERSION.to_string(),
            order,
            name: name.to_string(),
            command: reproduction.command(),
            exchange: rate,
            seeds: replications.iter().map(|outcome| outcome.seed).collect(),
            samples: replications.iter().map(|outcome| outcome.metrics.clone()).collect(),
            scenario: show::with_defaults_marked(&loaded.resolved_toml(), &loaded.document),
            hazards: hazards(loaded, files),
            assumptions: assumed(loaded),
            latency: first.latency.sparse(),
            outcome: Outcome {
                timeline: Spool::default(),
                alarms: Spool::default(),
                warnings: json::warnings(replications, loaded),
                ..first.clone()
            },
        };
        folder.add(format!("{slug}/details.json"), json::bytes(&details));
    }
}

fn hazards(loaded: &Loaded, files: &dyn ScenarioFiles) -> Vec<Hazard> {
    let findings = examine(&loaded.document, files).findings;
    let hazard = |finding: windtunnel_sim::scenario::hazards::Finding| Hazard {
        code: finding.code.to_string(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
        .to_string(),
        path: finding.path,
        message: finding.message,
        fix: finding.fix,
    };
    findings.into_iter().map(hazard).collect()
}

/// The choices that concern the scenario's controller, with the values that it has.
fn assumed(loaded: &Loaded) -> Vec<Assumed> {
    let resolved = loaded.resolved_toml();
    let concerned = assumptions().iter().filter(|one| {
        let table = one.key.split('.').next().unwrap_or_default();
        let is_controller = windtunnel_sim::scenario::document::CONTROLLERS.contains(&table);
        !is_controller || resolved.contains_key(table)
    });
    let value_of = |key: &str| {
        let mut parts = key.split('.');
        let first = resolved.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part)).map(ToString::to_string)
    };
    concerned
        .map(|one| {
            let value = value_of(one.key).unwrap_or_else(|| one.default.to_string());
            let is_default = !loaded.document.is_given(one.key);
            let (key, question, source) = (one.key.to_string(), one.question.to_string(), one.source.to_string());
            Assumed { key, value, is_default, question, source }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(super::quoted("ess.max=20"), "ess.max=20");
        assert_eq!(super::quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(super::quoted(""), "''");
    }
}
