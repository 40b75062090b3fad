//! `--hold-out`: the end of the trace that a search does not see.

use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::scenario::document::{ScenarioFiles, SharedFiles};
use windtunnel_sim::scenario::{Loaded, Scenario};
use windtunnel_traces::{SimDuration, SimTime};

use crate::error::{CliError, Kind};

/// Shortens what the search sees: from when, and how long, what it does not see is.
pub(super) fn hold_out(
    length: SimDuration,
    loaded: &Loaded,
    sweep: &mut SweepFile,
    files: &SharedFiles,
) -> Result<(SimDuration, SimDuration), CliError> {
    let horizon = loaded.scenario.horizon;
    if length == SimDuration::ZERO || length >= horizon {
        let message = format!("--hold-out {length} leaves nothing of {horizon} to search on");
        return Err(CliError::new(Kind::Usage, message).hint("hold out a part of the horizon, such as a day of a week"));
    }
    let document = &loaded.document;
    let refused = |message: String, hint: &str| Err(CliError::new(Kind::Input, message).hint(hint));
    if document.is_given("trace.clients") {
        return refused("--hold-out needs a trace: clients are the same every day".into(), "leave --hold-out away");
    }
    if document.is_given("trace.repeat") {
        let message = "--hold-out does not go with `trace.repeat`: what is held out would be what the search has seen";
        return refused(message.into(), "choose a horizon within the recording, and leave `repeat` away");
    }
    if let Some(axis) = sweep.axes.iter().flat_map(|axis| &axis.keys).find(|key| key.starts_with("trace")) {
        return refused(format!("--hold-out does not go with a trace that varies: `{axis}`"), "vary the policy only");
    }
    if ["mean", "peak"].iter().any(|key| document.is_given(&format!("trace.rescale.{key}"))) {
        // A mean or a peak is that of the whole: the parts keep the factor that it came to.
        let factor = factor(loaded, files)?;
        sweep.set(&format!("trace.rescale={{ factor = {factor:?} }}"))?;
    }
    let from = horizon.saturating_sub(length);
    sweep.set(&format!("horizon=\"{from}\""))?;
    Ok((from, length))
}

/// What the rescaling of a scenario's trace comes to.
fn factor(loaded: &Loaded, files: &dyn ScenarioFiles) -> Result<f64, CliError> {
    let mut plain = loaded.document.clone();
    plain.set("trace.rescale={ factor = 1.0 }")?;
    let plain = Loaded::from_document(plain, files)?;
    let requests = |scenario: &Scenario| {
        scenario.open_trace().map_or(0.0, |trace| trace.expected_requests(SimTime::ZERO, scenario.end()))
    };
    let factor = requests(&loaded.scenario) / requests(&plain.scenario);
    // An empty trace stays empty.
    Ok(if factor.is_finite() { factor } else { 1.0 })
}
