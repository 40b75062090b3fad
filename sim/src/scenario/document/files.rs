//! Where scenario texts are read from: the disk, or the scenarios compiled into the program.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use windtunnel_traces::{SimDuration, Trace};

use crate::plant::drawn::SharedRequests;

/// Reads the texts that make up a scenario.
pub trait ScenarioFiles: Sync {
    /// The whole text of a file. [`io::ErrorKind::InvalidData`] when it is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The text of a file that is compiled into the program; nothing for files on disk.
    fn embedded(&self, path: &Path) -> Option<&'static str> {
        let _ = path;
        None
    }

    /// Traces that were opened before, where several scenarios share them.
    fn shared_traces(&self) -> Option<&SharedTraces> {
        None
    }

    /// Names of files beside `path`, to suggest one when `path` does not exist.
    fn siblings(&self, path: &Path) -> Vec<String> {
        let _ = path;
        Vec::new()
    }
}

/// Files on disk whose traces are opened once, and requests that are drawn once: what the variants of a sweep have in
/// common.
#[derive(Debug, Default)]
pub struct SharedFiles {
    traces: SharedTraces,
    requests: SharedRequests,
}

impl SharedFiles {
    /// The requests that runs share.
    pub fn requests(&self) -> &SharedRequests {
        &self.requests
    }
}

impl ScenarioFiles for SharedFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        DiskFiles.read(path)
    }

    fn shared_traces(&self) -> Option<&SharedTraces> {
        Some(&self.traces)
    }

    fn siblings(&self, path: &Path) -> Vec<String> {
        DiskFiles.siblings(path)
    }
}

/// Traces by what was asked for: the table, the folder, the horizon.
#[derive(Debug, Default)]
pub struct SharedTraces {
    opened: Mutex<BTreeMap<String, (Trace, SimDuration)>>,
}

impl SharedTraces {
    /// The trace of a key, opened now if it was not before. A failure is not remembered.
    pub(crate) fn get_or_open(
        &self,
        key: &str,
        open: impl FnOnce() -> Option<(Trace, SimDuration)>,
    ) -> Option<(Trace, SimDuration)> {
        // Opening under the lock: two threads never read one file at once. A poisoned lock holds whole entries.
        let mut opened = self.opened.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = opened.get(key) {
            return Some(known.clone());
        }
        let trace = open()?;
        opened.insert(key.to_string(), trace.clone());
        Some(trace)
    }
}

/// Files on disk.
#[derive(Copy, Clone, Debug, Default)]
pub struct DiskFiles;

impl ScenarioFiles for DiskFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(std::fs::read(path)?).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
            io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8"))
        })
    }

    fn siblings(&self, path: &Path) -> Vec<String> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok()).collect();
        // The order of a directory is not the same on every machine; a message should be.
        names.sort();
        names
    }
}

/// Files compiled into the program, by name.
#[derive(Copy, Clone, Debug)]
pub struct EmbeddedFiles {
    files: &'static [(&'static str, &'static str)],
}

impl EmbeddedFiles {
    /// From pairs of a name such as `configs/ess.toml` and the text.
    pub const fn new(files: &'static [(&'static str, &'static str)]) -> Self {
        EmbeddedFiles { files }
    }
}

impl ScenarioFiles for EmbeddedFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.embedded(path).map(str::to_string).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn embedded(&self, path: &Path) -> Option<&'static str> {
        let wanted = normalized(path);
        self.files.iter().find(|(name, _)| Path::new(name) == wanted).map(|(_, text)| *text)
    }

    fn siblings(&self, path: &Path) -> Vec<String> {
        let folder = normalized(path).parent().map(Path::to_path_buf);
        let beside =
            self.files.iter().map(|(name, _)| Path::new(name)).filter(|name| name.parent() == folder.as_deref());
        beside.filter_map(|name| Some(name.file_name()?.to_str()?.to_string())).collect()
    }
}

/// The path without `.` and, where that is possible by looking at the text alone, without `..`.
pub(super) fn normalized(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.components().next_back(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}
