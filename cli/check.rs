//! `windtunnel check SCENARIO...`: what is wrong with a policy, and what its author should know, before it is run.

mod lines;
mod machine;

use std::path::PathBuf;

use clap::ValueEnum;
use windtunnel_sim::scenario::Loaded;
use windtunnel_sim::scenario::artifacts::ImportOptions;
use windtunnel_sim::scenario::document::{DiskFiles, Document, Severity};
use windtunnel_sim::scenario::hazards::proof::{self, Answer, prove};
use windtunnel_sim::scenario::hazards::{self, Finding, catalogue};

use crate::error::{CliError, Kind};
use crate::flags::ScenarioFlags;
use crate::{artifacts, loading, terminal};

/// Check policies without running them: hazards with codes, each with its place, its reason and a fix
///
/// What the real API would refuse is an error; what it would take but hardly be meant is a warning: thresholds that flap,
/// a cooldown shorter than the boot, totals that cannot clear, a maximum below the trace's peak. docs/hazards.md lists all
/// codes. Exit code 1: a scenario cannot be run; 3: something that --deny names was found.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel check my.toml
  windtunnel check configs/ess.toml --set ess.alarm.cpu-low-alert.threshold=60 --prove
  windtunnel check --shell guide.md
  windtunnel check policies.json alarms.json
  windtunnel check policies/*.toml --deny warning --format sarif > hazards.sarif")]
pub(crate) struct Arguments {
    /// Scenarios (TOML), or artifacts as `windtunnel import` takes them; those are imported together
    #[arg(value_name = "FILE", required_unless_present = "codes")]
    files: Vec<PathBuf>,
    /// Read command lines, in a script or in the fenced blocks of a Markdown guide; nothing is executed
    #[arg(long)]
    shell: bool,
    /// A CloudFormation parameter's or Terraform variable's value, instead of its default
    #[arg(long, value_name = "NAME=VALUE", value_parser = crate::import::assignment)]
    parameter: Vec<(String, String)>,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Exit with 3 when something of this severity, or worse, is found
    #[arg(long, value_name = "SEVERITY")]
    deny: Option<Deny>,
    /// Run the short simulation that shows a hazard, with it and with its cure, and print the figure
    #[arg(long)]
    prove: bool,
    /// Print all codes as the Markdown table of docs/hazards.md
    #[arg(long)]
    codes: bool,
}

/// What is printed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Table,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
}

/// What is not tolerated.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Error,
    Warning,
    Note,
}

impl Deny {
    const fn severity(self) -> Severity {
        match self {
            Deny::Error => Severity::Error,
            Deny::Warning => Severity::Warning,
            Deny::Note => Severity::Note,
        }
    }
}

/// What was found in one input.
struct Checked {
    /// What to call it.
    name: String,
    can_be_run: bool,
    findings: Vec<Shown>,
}

/// A finding, and what a simulation shows of it, when that was asked for.
struct Shown {
    finding: Finding,
    proof: Option<Answer>,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.codes {
        return terminal::print_raw(catalogue::markdown().as_bytes());
    }
    let (scenarios, artifacts): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.files.iter().cloned().partition(|file| is_scenario(file));
    let documents = loading::documents(&scenarios, &DiskFiles, &arguments.scenario_flags)?;
    let mut checked: Vec<Checked> =
        documents.iter().map(|document| check(document, arguments)).collect::<Result<_, CliError>>()?;
    if !artifacts.is_empty() {
        checked.extend(check_artifacts(&artifacts, arguments)?);
    }
    match arguments.format {
        Format::Table => terminal::print(&lines::of(&checked))?,
        Format::Json => terminal::print_raw(&crate::json::bytes(&machine::json(&checked)))?,
        Format::Sarif => terminal::print_raw(&crate::json::bytes(&machine::sarif(&checked)))?,
    }
    verdict(&checked, arguments.deny)
}

fn check(document: &Document, arguments: &Arguments) -> Result<Checked, CliError> {
    let examination = hazards::examine(document, &DiskFiles);
    let loaded = examination.loaded;
    let mut findings = Vec::with_capacity(examination.findings.len());
    for finding in examination.findings {
        let proof = if arguments.prove { Some(answer(&finding, loaded.as_slice())?) } else { None };
        findings.push(Shown { finding, proof });
    }
    let name = document.get_str("name").unwrap_or(document.name()).to_string();
    Ok(Checked { name, can_be_run: loaded.is_some(), findings })
}

/// A proof on the first scenario that has one, or why there is none.
fn answer(finding: &Finding, scenarios: &[Loaded]) -> Result<Answer, CliError> {
    let reason = proof::why_not(finding.code);
    let reason = if reason.is_empty() { "there is no scenario that can be run" } else { reason };
    let mut answer = Answer::NotSimulated(reason.to_string());
    for loaded in scenarios {
        answer = prove(finding, loaded, &DiskFiles)
            .map_err(|error| CliError::new(Kind::Input, format!("{}: {error}", finding.code)))?;
        if matches!(answer, Answer::Simulated(_)) {
            break;
        }
    }
    Ok(answer)
}

/// Scenarios are told by their name; everything else is an artifact.
fn is_scenario(file: &std::path::Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    !["json", "yaml", "yml", "md", "sh", "bash", "template"].contains(&ending.as_str()) && file.as_os_str() != "-"
}

/// Artifacts as they are written, then each group as the scenario that it becomes.
fn check_artifacts(files: &[PathBuf], arguments: &Arguments) -> Result<Vec<Checked>, CliError> {
    let options =
        ImportOptions { shell: arguments.shell, parameters: arguments.parameter.clone(), ..ImportOptions::default() };
    let import = artifacts::import(files, &options)?;
    let mut documents = Vec::with_capacity(import.scenarios.len());
    for scenario in &import.scenarios {
        let mut document = Document::parse(&format!("{}.toml", scenario.name), &scenario.text)?;
        for assignment in &arguments.scenario_flags.set {
            document.set(assignment)?;
        }
        documents.push(document);
    }
    let loaded: Vec<Loaded> = match arguments.prove {
        true => {
            documents.iter().filter_map(|document| Loaded::from_document(document.clone(), &DiskFiles).ok()).collect()
        }
        false => Vec::new(),
    };
    let mut written = Vec::with_capacity(import.findings.len());
    for finding in import.findings {
        let proof = if arguments.prove { Some(answer(&finding, &loaded)?) } else { None };
        written.push(Shown { finding, proof });
    }
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut all = vec![Checked { name: names.join(", "), can_be_run: !import.scenarios.is_empty(), findings: written }];
    for (scenario, document) in import.scenarios.iter().zip(&documents) {
        let mut checked = check(document, arguments)?;
        let said: Vec<(&str, Option<usize>)> = all[0]
            .findings
            .iter()
            .map(|shown| (shown.finding.code, shown.finding.location.as_ref().map(|place| place.line)))
            .collect();
        for shown in &mut checked.findings {
            // The key's line in the artifact; what was assumed has none.
            let place = scenario.place_of(&shown.finding.path).cloned();
            shown.finding.location = place;
        }
        // What the artifact was told for as it is written is not told a second time.
        let codes: Vec<&str> = said.iter().map(|(code, _)| *code).collect();
        let again = |shown: &Shown| {
            ["S02", "S08", "S09", "S11", "S14", "S15", "S16", "G10"].contains(&shown.finding.code)
                && codes.contains(&shown.finding.code)
        };
        checked.findings.retain(|shown| !again(shown));
        all.push(checked);
    }
    Ok(all)
}

/// The exit code: what is denied comes before what cannot be run.
fn verdict(checked: &[Checked], deny: Option<Deny>) -> Result<(), CliError> {
    let all = || checked.iter().flat_map(|checked| &checked.findings);
    if let Some(deny) = deny {
        let least = hazards::rank(deny.severity());
        let denied = all().filter(|shown| hazards::rank(shown.finding.severity) >= least).count();
        if denied > 0 {
            let word = if denied == 1 { "finding is" } else { "findings are" };
            let message = format!("{denied} {word} denied: --deny {}", deny.severity().as_str());
            return Err(CliError::new(Kind::NotHeld, message));
        }
    }
    match checked.iter().filter(|checked| !checked.can_be_run).map(|checked| checked.name.as_str()).collect::<Vec<_>>()
    {
        names if names.is_empty() => Ok(()),
        names => Err(CliError::new(Kind::Input, format!("cannot be run: {}", names.join(", ")))
            .hint("mend the errors above; --deny makes findings the exit code")),
    }
}
