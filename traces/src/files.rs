//! Where trace files come from: the disk, or whatever the caller embeds. Compressed files are recognised by content.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// Opens a file again from its start.
pub type Reopen = Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>;

/// Files that a `[trace]` table may name.
pub trait TraceFiles {
    /// Opens a file as it is written in the scenario.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>>;

    /// The file as messages should call it.
    fn describe(&self, path: &str) -> String;

    /// A way to open the file again after `self` is gone: long recordings are streamed anew for every replication.
    /// Unless overridden, the (possibly compressed) content is kept in memory.
    fn reopener(&self, path: &str) -> io::Result<Reopen> {
        let mut content = Vec::new();
        self.open(path)?.read_to_end(&mut content)?;
        let content: Arc<[u8]> = content.into();
        Ok(Arc::new(move || Ok(Box::new(Cursor::new(Arc::clone(&content))) as Box<dyn Read + Send>)))
    }
}

/// Files on disk, relative to a directory.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    /// The directory of the scenario.
    pub base: PathBuf,
}

impl TraceFiles for DiskFiles {
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        open_on_disk(&self.base.join(path))
    }

    fn describe(&self, path: &str) -> String {
        self.base.join(path).display().to_string()
    }

    fn reopener(&self, path: &str) -> io::Result<Reopen> {
        let path = self.base.join(path);
        open_on_disk(&path)?;
        Ok(Arc::new(move || open_on_disk(&path)))
    }
}

fn open_on_disk(path: &std::path::Path) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    // Opening a directory succeeds on some systems and only reading fails, with a message nobody understands.
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file in it"));
    }
    Ok(Box::new(file))
}

/// What to tell about a file that cannot be read.
pub(crate) fn problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "reading it is not permitted".to_string(),
        // Packed content says itself what is wrong with it.
        io::ErrorKind::InvalidData | io::ErrorKind::Unsupported => error.to_string(),
        _ => format!("it cannot be read: {error}"),
    }
}
