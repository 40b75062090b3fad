//! `windtunnel compare [SCENARIO...]`: several controllers on the same traffic, side by side.

use std::path::PathBuf;

use windtunnel_sim::scenario::Loaded;
use windtunnel_sim::scenario::document::{DiskFiles, ScenarioFiles};

use crate::currency::{self, Exchange};
use crate::error::CliError;
use crate::experiment::{self, Results};
use crate::flags::{ExperimentFlags, Format, OutputFlags, ScenarioFlags};
use crate::results::{Reproduction, add_details};
use crate::{demo, diagnostics, enforce, json, loading, plots, reaction, report, run, terminal};

/// Compare several scenarios on the same traffic; without scenarios, the built-in demo
///
/// All scenarios run under the same seeds, so they meet the same requests; differences are taken in pairs against the
/// first scenario.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel compare
  windtunnel compare configs/ess.toml configs/hpa.toml --replications 10
  windtunnel compare --set trace.file=traffic.csv --set trace.rescale.mean=600rps
  windtunnel compare --format json")]
pub(crate) struct Arguments {
    /// The scenarios, TOML files; none for the built-in demo
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    #[command(flatten)]
    experiment: ExperimentFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let loaded = load(arguments)?;
    let folder = run::prepare_folder(&arguments.output)?;
    loading::show_notes(&loaded, arguments.experiment.quiet);
    let results = experiment::run(&loaded, &arguments.experiment)?;
    loading::show_warnings(&loaded, &results);
    let exchange = Exchange::between(&loaded, &results.firsts());
    warn_incomparable(&results, exchange.as_ref());
    let document = json::comparison(&results, &loaded, exchange.as_ref());
    // First what there is to read, as `run` does.
    let printed = match arguments.output.format {
        Format::Json => terminal::print_json(&document),
        Format::Table => {
            let table = report::table(&results, exchange.as_ref());
            let differences = report::differences(&results, exchange.as_ref());
            terminal::print(&format!("{table}{differences}{}", reaction::table(&results)))
        }
    };
    if let Some(mut folder) = folder {
        run::add_scenarios(&results, &loaded, &arguments.output, &mut folder)?;
        let reproduction = Reproduction {
            verb: "compare",
            scenarios: &arguments.scenarios,
            flags: &arguments.scenario_flags,
            experiment: &arguments.experiment,
        };
        let files: &dyn ScenarioFiles = if arguments.scenarios.is_empty() { &demo::Files } else { &DiskFiles };
        add_details(&results, &loaded, files, exchange.as_ref(), &reproduction, &mut folder);
        plots::add_comparison(&results, exchange.as_ref(), &arguments.output, &mut folder)?;
        json::add(&mut folder, "summary.json".into(), &document)?;
        run::write(folder, &arguments.output, arguments.experiment.quiet)?;
    }
    printed?;
    enforce::check(&arguments.experiment.enforce, &results)
}

fn load(arguments: &Arguments) -> Result<Vec<Loaded>, CliError> {
    if arguments.scenarios.is_empty() {
        let paths: Vec<PathBuf> = demo::SCENARIOS.iter().map(PathBuf::from).collect();
        loading::load(&paths, &demo::Files, &arguments.scenario_flags)
    } else {
        loading::load(&arguments.scenarios, &DiskFiles, &arguments.scenario_flags)
    }
}

fn warn_incomparable(results: &Results, exchange: Option<&Exchange>) {
    let firsts = results.firsts();
    let Some((first, others)) = firsts.split_first() else { return };
    if exchange.is_none() {
        diagnostics::warn("costs are in different currencies and are not compared", Some(currency::HINT));
    }
    if let Some(other) = others.iter().find(|other| other.traffic != first.traffic || other.horizon != first.horizon) {
        let message = format!("`{}` and `{}` do not have the same traffic", first.name, other.name);
        diagnostics::warn(&message, Some("give both the same [trace], horizon and seed to compare them"));
    }
    if let Some(other) = others.iter().find(|other| other.objective != first.objective) {
        let message = format!("`{}` and `{}` have different objectives", first.name, other.name);
        diagnostics::warn(&message, Some("violations are compared only under the same [slo]"));
    }
}
