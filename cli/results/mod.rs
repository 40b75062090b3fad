//! Results on disk: what `run`, `compare`, `sweep`, `tune`, `backtest` and `validate` leave for `plot` and `report`, and
//! reading it back.

mod details;
mod pictures;
mod read;
mod sweep;
mod tune;

pub(crate) use details::{Details, Reproduction, add_details, quoted};
pub(crate) use pictures::{StoredBacktests, StoredReplays};
pub(crate) use read::{Stored, StoredRun, open};
pub(crate) use sweep::{StoredAxis, StoredBound, StoredPoint, StoredSweep};
pub(crate) use tune::{StoredTune, StoredVariant};

use serde::Deserialize;

use crate::error::{CliError, Kind};

/// The version that writes and reads.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Deserialize)]
struct Versioned {
    version: Option<String>,
}

/// Reads a document that this version wrote; `what` names the file.
fn parse<'t, T: Deserialize<'t>>(text: &'t [u8], what: &str) -> Result<T, CliError> {
    let broken = |error: serde_json::Error| {
        CliError::new(Kind::Input, format!("`{what}` is damaged: {error}"))
            .hint("run windtunnel again; result files are not meant to be edited")
    };
    let written: Versioned = serde_json::from_slice(text).map_err(|error| {
        CliError::new(Kind::Input, format!("`{what}` is not a result of windtunnel: {error}"))
            .hint("name a folder that run, compare, sweep or tune wrote, or what they print with --format json")
    })?;
    match written.version.as_deref() {
        Some(VERSION) => serde_json::from_slice(text).map_err(broken),
        Some(other) => Err(CliError::new(
            Kind::Input,
            format!("`{what}` was written by windtunnel {other}; this is windtunnel {VERSION}, which reads its own results only"),
        )
        .hint(format!("run it again with windtunnel {VERSION}, or plot it with windtunnel {other}"))),
        None => Err(CliError::new(Kind::Input, format!("`{what}` does not say which windtunnel wrote it"))
            .hint("name a folder that run, compare, sweep or tune wrote, or what they print with --format json")),
    }
}
