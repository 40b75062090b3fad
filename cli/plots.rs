//! Calls to the plots crate: the only place that knows it.

use windtunnel_sim::outcome::Outcome;

use crate::error::CliError;
use crate::flags::OutputFlags;
use crate::output::Folder;

/// Adds the timeline of one scenario as SVG and PNG.
pub(crate) fn add_timeline(
    outcome: &Outcome,
    slug: &str,
    flags: &OutputFlags,
    folder: &mut Folder,
) -> Result<(), CliError> {
    if flags.no_plots {
        return Ok(());
    }
    // PLACEHOLDER until windtunnel_plots is merged: let picture = windtunnel_plots::timeline(outcome, &options(flags))
    let _ = outcome;
    add(&format!("{slug}-timeline"), folder)
}

/// Adds the charts that compare scenarios.
pub(crate) fn add_comparison(outcomes: &[&Outcome], flags: &OutputFlags, folder: &mut Folder) -> Result<(), CliError> {
    if flags.no_plots {
        return Ok(());
    }
    // PLACEHOLDER until windtunnel_plots is merged: comparison(outcomes, ..), cost_against_violations(outcomes, ..)
    let _ = outcomes;
    add("comparison", folder)?;
    add("cost-against-violations", folder)
}

/// PLACEHOLDER: takes a `windtunnel_plots::Picture` once there is one.
fn add(name: &str, folder: &mut Folder) -> Result<(), CliError> {
    folder.add(format!("{name}.svg"), b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n".to_vec());
    folder.add(format!("{name}.png"), Vec::new());
    Ok(())
}
