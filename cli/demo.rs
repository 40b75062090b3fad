//! The scenarios that are compiled into the program: `windtunnel compare` without arguments.

use std::io;
use std::path::Path;

use windtunnel_sim::scenario::document::{DiskFiles, EmbeddedFiles, ScenarioFiles};

/// The scenarios of the demo, in the order in which they are compared.
pub(crate) const SCENARIOS: [&str; 4] =
    ["configs/ess.toml", "configs/aws.toml", "configs/tencent.toml", "configs/hpa.toml"];

/// The compiled-in texts, and the disk for what `--set` names, such as a trace.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Files;

impl ScenarioFiles for Files {
    fn read(&self, path: &Path) -> io::Result<String> {
        EMBEDDED.read(path).or_else(|_| DiskFiles.read(path))
    }

    fn embedded(&self, path: &Path) -> Option<&'static str> {
        EMBEDDED.embedded(path)
    }

    fn siblings(&self, path: &Path) -> Vec<String> {
        DiskFiles.siblings(path)
    }
}

/// Their texts, and that of the service they share.
const EMBEDDED: EmbeddedFiles = EmbeddedFiles::new(&[
    ("configs/service.toml", include_str!("../configs/service.toml")),
    ("configs/ess.toml", include_str!("../configs/ess.toml")),
    ("configs/aws.toml", include_str!("../configs/aws.toml")),
    ("configs/tencent.toml", include_str!("../configs/tencent.toml")),
    ("configs/hpa.toml", include_str!("../configs/hpa.toml")),
    ("traces/data/demo-day.csv", windtunnel_traces::demo::DEMO_DAY),
]);
