//! The programme: which parts are run, in the order of the page.

use std::path::PathBuf;

use crate::bench::{Bench, Effort, Watch};
use crate::error::ValidationError;
use crate::row::{Report, Section};
use crate::{control, definitions, fluid, live, recorded, theory};

/// What to run.
#[derive(Clone, Debug)]
pub struct Programme {
    /// The folder of recordings, where there is one.
    pub data: Option<PathBuf>,
    /// The live system, where it is to be run.
    pub live: Option<live::Live>,
    /// How much of it.
    pub effort: Effort,
    /// The parts to run; all when empty.
    pub only: Vec<Section>,
    /// The first seed; replications take those that follow.
    pub first_seed: u64,
}

impl Default for Programme {
    fn default() -> Self {
        Programme { data: None, live: None, only: Vec::new(), effort: Effort::Full, first_seed: 1 }
    }
}

/// Runs the programme. A case that disagrees is a row that says so, not an error.
///
/// # Errors
/// When it was cancelled, or a run came to no end.
pub fn run(programme: &Programme, watch: &dyn Watch) -> Result<Report, ValidationError> {
    let bench = Bench { effort: programme.effort, first_seed: programme.first_seed, eight: 8, watch };
    let mut report = Report::default();
    for section in Section::ALL {
        if !programme.only.is_empty() && !programme.only.contains(&section) {
            continue;
        }
        match section {
            Section::Queueing => report.rows.extend(theory::rows(&bench)?),
            Section::Definitions => report.rows.extend(definitions::rows(&bench)?),
            Section::Control => report.rows.extend(control::rows(&bench)?),
            Section::Recorded => recorded::rows(&bench, programme.data.as_ref(), &mut report)?,
            Section::Live => live::rows(&bench, programme.live.as_ref(), &mut report)?,
            Section::Fluid => report.rows.extend(fluid::rows(&bench)?),
        }
    }
    Ok(report)
}
