//! `windtunnel export SCENARIO --to FORMAT`: a tuned policy as an artifact that the vendor's tool accepts.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use windtunnel_sim::scenario::artifacts::ImportOptions;
use windtunnel_sim::scenario::artifacts::write::{ExportError, Target, export};
use windtunnel_sim::scenario::document::{DiskFiles, Document};
use windtunnel_sim::scenario::{Loaded, Policy, Scenario};

use crate::error::{CliError, Kind};
use crate::flags::ScenarioFlags;
use crate::output::write_file;
use crate::{artifacts, loading, terminal};

/// Write a scenario's policy as the vendor's tools take it: HPA YAML, command lines, CloudFormation, Terraform
///
/// What the real API would refuse is not written. Ids that only the account knows are variables of the script, parameters
/// of the template.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel export configs/ess.toml --to aliyun-cli
  windtunnel export tuned.toml --to cloudformation -o group.json
  windtunnel export tuned.toml --to hpa --diff hpa.yaml")]
pub(crate) struct Arguments {
    /// The scenario, a TOML file
    scenario: PathBuf,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    /// The format
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// Write to this file [default: print it]
    #[arg(long, short, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file when it is already there
    #[arg(long)]
    force: bool,
    /// Print what differs from these artifacts, key by key (may be repeated)
    ///
    /// The artifact is then written where --output says so, and not printed.
    #[arg(long, value_name = "ORIGINAL")]
    diff: Vec<PathBuf>,
}

/// The formats.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A Kubernetes manifest
    Hpa,
    /// Command lines of aws
    AwsCli,
    /// A CloudFormation template in JSON
    Cloudformation,
    /// Command lines of aliyun
    AliyunCli,
    /// Command lines of tccli
    Tccli,
    /// Terraform's JSON configuration, .tf.json
    Terraform,
}

impl Format {
    const fn target(self) -> Target {
        match self {
            Format::Hpa => Target::Hpa,
            Format::AwsCli => Target::AwsCli,
            Format::Cloudformation => Target::CloudFormation,
            Format::AliyunCli => Target::AliyunCli,
            Format::Tccli => Target::Tccli,
            Format::Terraform => Target::Terraform,
        }
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let loaded = loading::load(std::slice::from_ref(&arguments.scenario), &DiskFiles, &arguments.scenario_flags)?;
    let Some(loaded) = loaded.into_iter().next() else { return Ok(()) };
    let text = artifact(&loaded.scenario, arguments.to).map_err(|error| refused(&error))?;
    let originals = &arguments.diff;
    let difference = if originals.is_empty() { None } else { Some(difference(&loaded, originals)?) };
    match (&arguments.output, &difference) {
        (Some(place), _) => write(place, &text, arguments.force)?,
        (None, None) => return terminal::print_raw(text.as_bytes()),
        (None, Some(_)) => {}
    }
    difference.map_or(Ok(()), |difference| terminal::print(&difference))
}

fn write(place: &Path, text: &str, force: bool) -> Result<(), CliError> {
    if place.exists() && !force {
        return Err(CliError::new(Kind::Input, format!("`{}` already exists; nothing was written", place.display()))
            .hint("name another file, or replace it with --force"));
    }
    write_file(place, text.as_bytes())?;
    terminal::say(&format!("wrote {}", place.display()));
    Ok(())
}

/// A scenario's policy in a format.
pub(crate) fn artifact(scenario: &Scenario, format: Format) -> Result<String, ExportError> {
    export(scenario, format.target())
}

/// Why it cannot be written, and what to do.
pub(crate) fn refused(error: &ExportError) -> CliError {
    let hint = match error {
        ExportError::Vendor { table, .. } => match *table {
            "ess" => "formats of [ess]: aliyun-cli, terraform",
            "aws" => "formats of [aws]: aws-cli, cloudformation, terraform",
            "tencent" => "formats of [tencent]: tccli, terraform",
            "hpa" => "the format of [hpa]: hpa",
            _ => "[fixed] and [baseline] have no vendor",
        },
        ExportError::Refused(_) => "mend the scenario: `windtunnel check` says where",
    };
    CliError::new(Kind::Input, error.to_string()).hint(hint)
}

/// The policy's keys that differ from the imported original: its lines with `-`, the scenario's with `+`.
fn difference(loaded: &Loaded, originals: &[PathBuf]) -> Result<String, CliError> {
    let shell = originals.iter().any(|file| file.extension().is_some_and(|ending| ending == "sh" || ending == "md"));
    let import = artifacts::import(originals, &ImportOptions { shell, ..ImportOptions::default() })?;
    let table = match &loaded.scenario.policy {
        Policy::Ess(_) => "ess",
        Policy::Aws(_) => "aws",
        Policy::Tencent(_) => "tencent",
        Policy::Hpa { .. } => "hpa",
        Policy::Baseline(_) => "baseline",
        Policy::Fixed(_) => "fixed",
    };
    let name = &loaded.scenario.name;
    let of_table = |text: &str| {
        text.lines().any(|line| line.starts_with(&format!("[{table}]")) || line.starts_with(&format!("[{table}.")))
    };
    let candidates: Vec<_> = import.scenarios.iter().filter(|scenario| of_table(&scenario.text)).collect();
    let original = candidates.iter().find(|scenario| &scenario.name == name).or(candidates.first());
    let Some(original) = original else {
        return Err(CliError::new(Kind::Input, format!("the original has no policy of [{table}]")));
    };
    let document = Document::parse(&format!("{}.toml", original.name), &original.text)?;
    let original = Loaded::from_document(document, &DiskFiles)?;
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (loaded, keys) in [(&original, &mut before), (loaded, &mut after)] {
        let mut root = toml::Value::Table(loaded.resolved_toml());
        name_by_action(&mut root);
        flatten(&root, table, keys);
    }
    // What is scaled is no part of how.
    for keys in [&mut before, &mut after] {
        keys.retain(|(key, _)| !key.starts_with("hpa.spec.scaleTargetRef"));
    }
    let mut text = String::new();
    for (key, value) in &before {
        match after.iter().find(|(other, _)| other == key) {
            Some((_, same)) if same == value => {}
            Some((_, changed)) => text.push_str(&format!("- {key} = {value}\n+ {key} = {changed}\n")),
            None => text.push_str(&format!("- {key} = {value}\n")),
        }
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.iter().any(|(other, _)| other == key)) {
        text.push_str(&format!("+ {key} = {value}\n"));
    }
    Ok(if text.is_empty() { "no difference in the policy's keys\n".to_string() } else { text })
}

/// Tencent's alarms are parts of their policies and have no names of their own: they are compared under their policy's.
fn name_by_action(root: &mut toml::Value) {
    let alarms = root.get_mut("tencent").and_then(|policy| policy.get_mut("alarm")).and_then(toml::Value::as_array_mut);
    for alarm in alarms.into_iter().flatten().filter_map(toml::Value::as_table_mut) {
        let action = match alarm.get("action") {
            Some(toml::Value::Array(actions)) => actions.first().cloned(),
            one => one.cloned(),
        };
        if let Some(action) = action.filter(toml::Value::is_str) {
            alarm.insert("name".to_string(), action);
        }
    }
}

/// Every value of the policy's table with its address; elements of arrays by name.
fn flatten(root: &toml::Value, table: &str, into: &mut Vec<(String, String)>) {
    fn walk(value: &toml::Value, address: &str, into: &mut Vec<(String, String)>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    walk(value, &format!("{address}.{key}"), into);
                }
            }
            toml::Value::Array(elements) if elements.first().is_some_and(toml::Value::is_table) => {
                for (index, element) in elements.iter().enumerate() {
                    let name = element
                        .get("name")
                        .and_then(toml::Value::as_str)
                        .map_or_else(|| index.to_string(), str::to_string);
                    walk(element, &format!("{address}.{name}"), into);
                }
            }
            plain => into.push((address.to_string(), plain.to_string())),
        }
    }
    if let Some(value) = root.get(table) {
        walk(value, table, into);
    }
}
