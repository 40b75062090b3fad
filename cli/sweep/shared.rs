//! Where workers share a plan and leave what they have done: a folder, or an object store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use windtunnel_sim::experiment::journal::{Found, Header, Journal, JournalError, Keep};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::shards::{self, Collected, PLAN, Part, ShardError};

use crate::error::{CliError, Kind};
use crate::output;

/// A place that workers share.
pub(super) trait Shared {
    /// What to call it in messages.
    fn name(&self) -> String;
    /// The plan that was copied here; nothing where there is none yet.
    fn plan(&self) -> Result<Option<String>, CliError>;
    /// Copies the plan here.
    fn put_plan(&self, text: &str) -> Result<(), CliError>;
    /// Begins to work on a part, or goes on: where its runs are kept, and those that are there already.
    fn begin(&self, part: &Part, header: &Header) -> Result<(Box<dyn Keep>, Found), CliError>;
    /// What all workers have left so far.
    fn collect(&self, plan: &Plan) -> Result<Collected, CliError>;
}

/// Opens a place by its name: a URL is an object store, anything else a folder.
pub(super) fn open(name: &str) -> Result<Box<dyn Shared>, CliError> {
    if name.contains("://") { open_store(name) } else { Ok(Box::new(Folder { root: PathBuf::from(name) })) }
}

#[cfg(feature = "object-store")]
fn open_store(url: &str) -> Result<Box<dyn Shared>, CliError> {
    Ok(Box::new(super::store::Store::open(url)?))
}

#[cfg(not(feature = "object-store"))]
fn open_store(url: &str) -> Result<Box<dyn Shared>, CliError> {
    let message = format!("`{url}` is an object store, and this windtunnel was built without them");
    Err(CliError::new(Kind::Usage, message)
        .hint("build it with `cargo build --release --features object-store`, or name a folder that all workers share"))
}

/// Makes sure that the plan lies where `merge` finds it; the place of another plan is refused.
pub(super) fn keep_plan(shared: &dyn Shared, text: &str) -> Result<(), CliError> {
    match shared.plan()? {
        Some(kept) if kept == text => Ok(()),
        Some(_) => {
            let message = format!("`{}` holds another plan", shared.name());
            Err(CliError::new(Kind::Input, message).hint("name another place with --out"))
        }
        None => shared.put_plan(text),
    }
}

/// A folder that all workers can write to.
struct Folder {
    root: PathBuf,
}

impl Shared for Folder {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    fn plan(&self) -> Result<Option<String>, CliError> {
        let path = self.root.join(PLAN);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    fn put_plan(&self, text: &str) -> Result<(), CliError> {
        output::write_file(&self.root.join(PLAN), text.as_bytes())
            .map_err(|error| CliError { kind: Kind::TryAgain, ..error })
    }

    fn begin(&self, part: &Part, header: &Header) -> Result<(Box<dyn Keep>, Found), CliError> {
        let folder = part.folder(&self.root);
        fs::create_dir_all(&folder)
            .map_err(|error| CliError::new(Kind::TryAgain, format!("cannot create `{}`: {error}", folder.display())))?;
        let (journal, found) = Journal::open(&folder, header).map_err(|error| journal_error(&error))?;
        Ok((Box::new(journal), found))
    }

    fn collect(&self, plan: &Plan) -> Result<Collected, CliError> {
        shards::collect(&self.root, plan).map_err(|error| collect_error(&error))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    let kind = if error.kind() == io::ErrorKind::InvalidData { Kind::Input } else { Kind::TryAgain };
    CliError::new(kind, format!("cannot read `{}`: {error}", path.display()))
}

/// What was left behind by workers is at fault, or cannot be read just now.
pub(super) fn collect_error(error: &ShardError) -> CliError {
    match error {
        ShardError::Journal(error) => journal_error(error),
        other => CliError::new(Kind::Input, other.to_string()).hint("name another place with --out"),
    }
}

fn journal_error(error: &JournalError) -> CliError {
    match error {
        JournalError::Locked { .. } => {
            CliError::new(Kind::TryAgain, error.to_string()).hint("another worker has this shard")
        }
        JournalError::Io { .. } => CliError::new(Kind::TryAgain, error.to_string()),
        _ => CliError::new(Kind::Input, error.to_string()).hint("name another place with --out"),
    }
}
