//! `windtunnel import FILE...`: native artifacts to scenarios.

use std::path::PathBuf;

use windtunnel_sim::scenario::artifacts::{Import, ImportOptions, Imported};
use windtunnel_sim::scenario::hazards::Finding;

use crate::error::{CliError, Kind};
use crate::output::{slugs, write_file};
use crate::{artifacts, diagnostics, terminal};

/// Turn native policies into scenarios: HPA manifests, AWS, ESS and Tencent JSON, CloudFormation, Terraform, scripts
///
/// Formats are told by content. Artifacts of one group may come in several files; every group becomes a scenario with
/// comments that say which line came from where, what was assumed and what was ignored.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  aws autoscaling describe-policies > policies.json; aws cloudwatch describe-alarms > alarms.json
  windtunnel import policies.json alarms.json groups.json
  windtunnel import hpa.yaml deployment.yaml --trace traffic.csv -o scenarios
  windtunnel import --shell guide.md")]
pub(crate) struct Arguments {
    /// What the vendors' tools print or take; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write one scenario per group into this folder [default: print them]
    #[arg(long, short, visible_alias = "out", value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace files that are already there
    #[arg(long)]
    force: bool,
    /// Read command lines, in a script or in the fenced blocks of a Markdown guide; nothing is executed
    #[arg(long)]
    shell: bool,
    /// Lay the policy over this scenario instead of assuming traffic, service and instance
    #[arg(long, value_name = "SCENARIO")]
    base: Option<String>,
    /// Replay this recording instead of assumed traffic
    #[arg(long, value_name = "FILE")]
    trace: Option<String>,
    /// A CloudFormation parameter's or Terraform variable's value, instead of its default
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    parameter: Vec<(String, String)>,
}

/// `NAME=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("NAME=VALUE was expected")?;
    Ok((name.to_string(), value.to_string()))
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let options = ImportOptions {
        shell: arguments.shell,
        base: arguments.base.clone(),
        trace: arguments.trace.clone(),
        parameters: arguments.parameter.clone(),
    };
    let Import { scenarios, findings } = artifacts::import(&arguments.files, &options)?;
    diagnostics::show_all(&findings.iter().map(Finding::diagnostic).collect::<Vec<_>>());
    if scenarios.is_empty() {
        return Err(CliError::new(Kind::Input, format!("there is no policy in {}", named(&arguments.files)))
            .hint("command lines of aliyun, tccli and aws are read with --shell, everything else without it"));
    }
    let Some(folder) = &arguments.output else {
        let texts: Vec<&str> = scenarios.iter().map(|scenario| scenario.text.as_str()).collect();
        return terminal::print_raw(texts.join("\n# ----\n\n").as_bytes());
    };
    let places = places(&scenarios, folder);
    // All are looked at before one is written.
    if let Some((place, _)) = places.iter().find(|(place, _)| place.exists() && !arguments.force) {
        return Err(CliError::new(Kind::Input, format!("`{}` already exists; nothing was written", place.display()))
            .hint("name another folder, or replace it with --force"));
    }
    for (place, scenario) in &places {
        write_file(place, scenario.text.as_bytes())?;
        terminal::say(&format!("wrote {0}; try\n  windtunnel check {0}\n  windtunnel run {0}", place.display()));
    }
    Ok(())
}

fn named(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn places<'s>(scenarios: &'s [Imported], folder: &std::path::Path) -> Vec<(PathBuf, &'s Imported)> {
    let names: Vec<String> = scenarios.iter().map(|scenario| scenario.name.clone()).collect();
    slugs(&names).into_iter().map(|slug| folder.join(format!("{slug}.toml"))).zip(scenarios).collect()
}
