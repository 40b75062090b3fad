//! Where a value was written: a file, or a `--set` on the command line.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Location;

/// The name that stands for the command line where a file name would stand.
pub(crate) const COMMAND_LINE: &str = "--set";

/// A text that values come from.
#[derive(Debug)]
pub(super) struct Source {
    /// What messages call it: the path as it was given, or [`COMMAND_LINE`].
    pub(super) name: String,
    /// What relative paths in it are relative to. Empty for the command line: the working directory.
    pub(super) directory: PathBuf,
    /// The whole text: of the file, or of the one assignment.
    pub(super) text: Arc<str>,
}

impl Source {
    pub(super) fn file(name: &str, text: &str) -> Arc<Source> {
        let directory = Path::new(name).parent().map(Path::to_path_buf).unwrap_or_default();
        Arc::new(Source { name: name.to_string(), directory, text: text.into() })
    }

    pub(super) fn assignment(text: &str) -> Arc<Source> {
        Arc::new(Source { name: COMMAND_LINE.to_string(), directory: PathBuf::new(), text: text.into() })
    }

    pub(super) fn is_command_line(&self) -> bool {
        self.name == COMMAND_LINE
    }
}

/// The stretch of a source that a key or a value was read from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) source: Arc<Source>,
    pub(super) span: Range<usize>,
}

impl Origin {
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Origin {
        Origin { source: Arc::clone(source), span }
    }

    pub(super) fn location(&self) -> Location {
        Location::new(&self.source.name, &self.source.text, self.span.clone())
    }
}
