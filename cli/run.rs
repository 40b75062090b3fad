//! `windtunnel run SCENARIO`: one scenario, its summary, files and plots.

use std::path::PathBuf;

use windtunnel_sim::scenario::document::DiskFiles;

use crate::currency::Exchange;
use crate::error::CliError;
use crate::experiment::{self, Results};
use crate::flags::{ExperimentFlags, Format, OutputFlags, ScenarioFlags};
use crate::output::{Folder, slugs};
use crate::results::{Reproduction, add_details};
use crate::{enforce, export, interrupt, json, loading, plots, reaction, report, terminal};

/// Run one scenario: a summary here, files and plots in a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel run configs/ess.toml
  windtunnel run configs/ess.toml --set ess.rule.scale-out-cpu-high.cooldown=60s --replications 10
  windtunnel run configs/ess.toml --set trace.file=traffic.csv --out results
  windtunnel run configs/ess.toml --format json --enforce 'slo_violating_request_fraction < 0.1%'")]
pub(crate) struct Arguments {
    /// The scenario, a TOML file
    scenario: PathBuf,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    #[command(flatten)]
    experiment: ExperimentFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let paths = std::slice::from_ref(&arguments.scenario);
    let loaded = loading::load(paths, &DiskFiles, &arguments.scenario_flags)?;
    let folder = prepare_folder(&arguments.output)?;
    loading::show_notes(&loaded, arguments.experiment.quiet);
    let results = experiment::run(&loaded, &arguments.experiment)?;
    loading::show_warnings(&loaded, &results);
    // First what there is to read: the pictures take longer than a short run. They are drawn even if nobody reads.
    let printed = match arguments.output.format {
        Format::Json => terminal::print_json(&json::document(&results, &loaded)),
        Format::Table => terminal::print(&format!("{}{}", report::table(&results, None), reaction::table(&results))),
    };
    if let Some(mut folder) = folder {
        add_scenarios(&results, &loaded, &arguments.output, &mut folder)?;
        let exchange = Exchange::between(&loaded, &results.firsts());
        let reproduction = Reproduction {
            verb: "run",
            scenarios: paths,
            flags: &arguments.scenario_flags,
            experiment: &arguments.experiment,
        };
        add_details(&results, &loaded, &DiskFiles, exchange.as_ref(), &reproduction, &mut folder);
        write(folder, &arguments.output, arguments.experiment.quiet)?;
    }
    printed?;
    enforce::check(&arguments.experiment.enforce, &results)
}

/// The folder to write to, when there is one, looked at before the run.
pub(crate) fn prepare_folder(flags: &OutputFlags) -> Result<Option<Folder>, CliError> {
    flags.folder().map(|folder| Folder::prepare(&folder, flags.force)).transpose()
}

/// Adds the tables, the summary and the timeline of every scenario.
pub(crate) fn add_scenarios(
    results: &Results,
    loaded: &[windtunnel_sim::scenario::Loaded],
    flags: &OutputFlags,
    folder: &mut Folder,
) -> Result<(), CliError> {
    let slugs = slugs(&results.names);
    for (((name, replications), loaded), slug) in results.iter().zip(loaded).zip(&slugs) {
        let (Some(first), Some(summary)) = (replications.first(), json::scenario(name, replications, loaded)) else {
            continue;
        };
        export::tables(first, slug, folder)?;
        json::add(folder, format!("{slug}/summary.json"), &summary)?;
        plots::add_timeline(first, slug, flags, folder)?;
    }
    Ok(())
}

/// Writes the folder and says where.
pub(crate) fn write(folder: Folder, flags: &OutputFlags, is_quiet: bool) -> Result<(), CliError> {
    interrupt::check()?;
    let said = format!("wrote {} files to {}", folder.len(), folder.root().display());
    folder.write(flags.force)?;
    if !is_quiet {
        terminal::say(&said);
    }
    Ok(())
}
