//! The journal of a sweep: one line per finished run, appended, each with a checksum of its own.
//!
//! What is promised: a run counts as finished only after its line is on the disk (`fdatasync`, one for all lines that are
//! waiting). A process that is killed leaves at most one unfinished line, which is recognised and cut off; a line that
//! does not fit its checksum is never used. The first line names the plan and the version: another's journal is refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::outcome::metric::DEFINITIONS;

/// The name of the journal in a sweep's folder.
pub const JOURNAL: &str = ".windtunnel-journal";
/// The name of the file that is locked while somebody works in the folder.
pub const LOCK: &str = ".windtunnel-lock";
/// The format of lines; another number is another format.
const FORMAT: u32 = 1;

/// What a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of lines.
    pub format: u32,
    /// The version that simulates.
    pub version: String,
    /// The digest of the plan.
    pub plan: String,
    /// What the plan is called, for messages.
    pub name: String,
    /// The names of the figures in every line.
    pub metrics: Vec<String>,
}

impl Header {
    /// The header of a plan in this version.
    pub fn new(plan: &str, name: &str) -> Header {
        Header {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            plan: plan.to_string(),
            name: name.to_string(),
            metrics: DEFINITIONS.iter().map(|metric| metric.name.to_string()).collect(),
        }
    }
}

/// What came of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The id of the run.
    pub id: String,
    /// Its figures in the order of the header; `None` for what is not a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Option<f64>>,
    /// Why it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Why a folder cannot be worked in.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody else works there.
    #[error("another sweep works in `{}`{}", folder.display(), holder.as_ref().map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process, where it said.
        holder: Option<String>,
    },
    /// The journal is that of another plan.
    #[error("`{}` holds the results of another plan: `{}` ({}), not `{}` ({})", folder.display(), found.name, found.plan, wanted.name, wanted.plan)]
    OtherPlan {
        /// The folder.
        folder: PathBuf,
        /// What the journal says.
        found: Box<Header>,
        /// What it should say.
        wanted: Box<Header>,
    },
    /// The journal was written by another version, whose figures may differ.
    #[error("`{}` was begun by version {found} of windtunnel, this is {wanted}", folder.display())]
    OtherVersion {
        /// The folder.
        folder: PathBuf,
        /// The version that began.
        found: String,
        /// This version.
        wanted: String,
    },
    /// The first line cannot be read: it is unknown whose lines follow.
    #[error("the journal in `{}` is damaged in its first line: it is unknown what it belongs to", folder.display())]
    NoHeader {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk refuses.
    #[error("cannot {doing} `{}`: {error}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        error: io::Error,
    },
}

/// What was found in a journal when it was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Every run that can be trusted, in the order of the file.
    pub records: Vec<Record>,
    /// Bytes of an unfinished last line, which have been cut off.
    pub torn_bytes: u64,
    /// Complete lines that do not fit their checksum; they are not used.
    pub damaged_lines: usize,
}

/// An open journal. The folder is locked until it is dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// The length of all that is known to be whole.
    length: u64,
    _lock: File,
}

impl Journal {
    /// Locks a folder, which has to exist, and opens or begins its journal.
    ///
    /// # Errors
    /// When somebody else works there, when the journal is another's, or when the disk refuses.
    pub fn open(folder: &Path, header: &Header) -> Result<(Journal, Found), JournalError> {
        let lock = lock(folder)?;
        let path = folder.join(JOURNAL);
        let io_error = |doing| {
            let path = path.clone();
            move |error| JournalError::Io { doing, path, error }
        };
        // Written to only once its header has been looked at.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error("open"))?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(io_error("read"))?;
        let (found, length) = read(&content, folder, header)?;
        let mut journal = Journal { file, path: path.clone(), length, _lock: lock };
        if length < content.len() as u64 {
            journal.file.set_len(length).map_err(io_error("repair"))?;
        }
        if length == 0 {
            journal.append_line(&line(header))?;
        }
        Ok((journal, found))
    }

    /// Appends runs and waits until they are on the disk. When that fails, nothing of them is in the journal.
    ///
    /// # Errors
    /// When the disk refuses, as when it is full.
    pub fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let mut lines = String::new();
        for record in records {
            lines.push_str(&line(record));
        }
        self.append_line(&lines)
    }

    fn append_line(&mut self, lines: &str) -> Result<(), JournalError> {
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(lines.as_bytes()))
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.length += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a line would be recognised anyway; without it the journal is simply shorter.
                let _ = self.file.set_len(self.length);
                Err(JournalError::Io { doing: "write", path: self.path.clone(), error })
            }
        }
    }
}

impl Keep for Journal {
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        Journal::append(self, records)
    }
}

/// Where finished runs are kept.
pub trait Keep: Send {
    /// Takes finished runs over. They are durable when this returns, or at the latest when [`Keep::finish`] has.
    ///
    /// # Errors
    /// When they cannot be kept; nothing of them is half-kept.
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError>;

    /// Makes everything durable that was taken over. Called once no more runs follow, however the work ended.
    ///
    /// # Errors
    /// As [`Keep::append`].
    fn finish(&mut self) -> Result<(), JournalError> {
        Ok(())
    }
}

/// A journal as text: its header, then a line per record, for a store that keeps whole files only.
pub fn written(header: &Header, records: &[Record]) -> String {
    let lines: Vec<String> = records.iter().map(line).collect();
    line(header) + &lines.concat()
}

/// Sixteen hex digits that name a content.
pub fn digest(text: &str) -> String {
    super::plan::short_digest(text)
}

/// What a journal's content holds; `name` is where it came from, for messages.
///
/// # Errors
/// When it is another's.
pub fn parse(content: &[u8], name: &Path, header: &Header) -> Result<Found, JournalError> {
    Ok(read(content, name, header)?.0)
}

/// What the journal of a folder holds, without locking or changing it: its worker may still be at work.
///
/// # Errors
/// When it is another's, or cannot be read.
pub fn read_only(folder: &Path, header: &Header) -> Result<Found, JournalError> {
    let path = folder.join(JOURNAL);
    let content = std::fs::read(&path).map_err(|error| JournalError::Io { doing: "read", path, error })?;
    parse(&content, folder, header)
}

/// Takes the folder's lock. It is the operating system's: it goes when the process goes.
fn lock(folder: &Path) -> Result<File, JournalError> {
    let path = folder.join(LOCK);
    let io_error = |error| JournalError::Io { doing: "lock", path: path.clone(), error };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io_error)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message that another process shows; the lock itself does not depend on it.
            let _ = file.set_len(0).and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = Some(holder.trim().to_string()).filter(|holder| !holder.is_empty());
            Err(JournalError::Locked { folder: folder.to_path_buf(), holder })
        }
        Err(TryLockError::Error(error)) => Err(io_error(error)),
    }
}

/// One line: the first eight hex digits of the SHA-256 of the rest, a space, JSON.
fn line(content: &impl Serialize) -> String {
    let json = serde_json::to_string(content).unwrap_or_default();
    format!("{} {json}\n", checksum(json.as_bytes()))
}

fn checksum(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// What a line holds, when it fits its checksum.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, json) = line.split_at_checked(8)?;
    let json = json.strip_prefix(b" ")?;
    (checksum(json).as_bytes() == sum).then_some(json)
}

/// The trusted records, and the length up to the end of the last complete line.
fn read(content: &[u8], folder: &Path, wanted: &Header) -> Result<(Found, u64), JournalError> {
    let length = content.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut found = Found { torn_bytes: (content.len() - length) as u64, ..Found::default() };
    let mut lines = content[..length].split_inclusive(|&byte| byte == b'\n').map(|line| &line[..line.len() - 1]);
    let Some(first) = lines.next() else { return Ok((found, 0)) };
    let header: Option<Header> = checked(first).and_then(|json| serde_json::from_slice(json).ok());
    check_header(header, folder, wanted)?;
    for line in lines {
        match checked(line).and_then(|json| serde_json::from_slice::<Record>(json).ok()) {
            Some(record) => found.records.push(record),
            None => found.damaged_lines += 1,
        }
    }
    Ok((found, length as u64))
}

fn check_header(found: Option<Header>, folder: &Path, wanted: &Header) -> Result<(), JournalError> {
    let folder = folder.to_path_buf();
    let Some(found) = found else { return Err(JournalError::NoHeader { folder }) };
    if (found.format, &found.version, &found.metrics) != (wanted.format, &wanted.version, &wanted.metrics) {
        let (found, wanted) = (found.version, wanted.version.clone());
        return Err(JournalError::OtherVersion { folder, found, wanted });
    }
    if found.plan != wanted.plan {
        return Err(JournalError::OtherPlan { folder, found: Box::new(found), wanted: Box::new(wanted.clone()) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, value: f64) -> Record {
        Record { id: id.into(), metrics: vec![Some(value), None], error: None }
    }

    fn open(folder: &Path) -> Result<(Journal, Found), JournalError> {
        Journal::open(folder, &Header::new("plan", "name"))
    }

    fn content(folder: &Path) -> Vec<u8> {
        std::fs::read(folder.join(JOURNAL)).unwrap()
    }

    #[test]
    fn what_was_appended_is_found_again_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let records = [record("a", 0.1 + 0.2), record("b", f64::MIN_POSITIVE), record("c", 1e300 / 3.0)];
        let (mut journal, found) = open(folder.path()).unwrap();
        assert_eq!(found, Found::default());
        journal.append(&records[..1]).unwrap();
        journal.append(&records[1..]).unwrap();
        drop(journal);
        assert_eq!(open(folder.path()).unwrap().1.records, records);
    }

    /// Whatever was written when the process was killed: every whole line counts, nothing else does, and it goes on.
    #[test]
    fn cut_at_any_byte_the_whole_lines_remain() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path()).unwrap();
        let records = [record("a", 1.5), record("b", 2.5), record("c", 3.5)];
        journal.append(&records).unwrap();
        drop(journal);
        let whole = content(folder.path());
        for length in 0..=whole.len() {
            std::fs::write(folder.path().join(JOURNAL), &whole[..length]).unwrap();
            let (mut journal, found) = open(folder.path()).unwrap();
            let ends = whole[..length].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(found.records, records[..ends.saturating_sub(1)], "cut at {length}");
            assert_eq!(found.damaged_lines, 0);
            journal.append(&[record("d", 4.5)]).unwrap();
            drop(journal);
            let (_, found) = open(folder.path()).unwrap();
            assert_eq!(found.records.last(), Some(&record("d", 4.5)), "cut at {length}");
            assert_eq!((found.torn_bytes, found.damaged_lines), (0, 0));
        }
    }

    #[test]
    fn a_changed_byte_costs_its_line_only() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path()).unwrap();
        journal.append(&[record("a", 1.5), record("b", 2.5)]).unwrap();
        drop(journal);
        let mut changed = content(folder.path());
        let at = changed.windows(3).position(|window| window == b"1.5").unwrap();
        changed[at] = b'7';
        std::fs::write(folder.path().join(JOURNAL), &changed).unwrap();
        let (_, found) = open(folder.path()).unwrap();
        assert_eq!((found.records, found.damaged_lines), (vec![record("b", 2.5)], 1));
    }

    #[test]
    fn the_journal_of_another_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()).unwrap());
        let before = content(folder.path());
        let other_plan = Journal::open(folder.path(), &Header::new("other", "name")).unwrap_err();
        assert!(matches!(other_plan, JournalError::OtherPlan { .. }), "{other_plan}");
        let newer = Header { version: "99.0.0".into(), ..Header::new("plan", "name") };
        let other_version = Journal::open(folder.path(), &newer).unwrap_err();
        assert!(matches!(other_version, JournalError::OtherVersion { .. }), "{other_version}");
        assert_eq!(content(folder.path()), before);
        std::fs::write(folder.path().join(JOURNAL), "not a journal\n").unwrap();
        assert!(matches!(open(folder.path()).unwrap_err(), JournalError::NoHeader { .. }));
    }

    #[test]
    fn a_folder_has_one_worker_at_a_time_and_says_who() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        match open(folder.path()).unwrap_err() {
            JournalError::Locked { holder, .. } => assert_eq!(holder, Some(std::process::id().to_string())),
            other => panic!("{other}"),
        }
        drop(first);
        open(folder.path()).unwrap();
    }

    /// A device that is always full stands for a full disk.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_and_no_half_line() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path()).unwrap();
        journal.append(&[record("a", 1.5)]).unwrap();
        let good = std::mem::replace(&mut journal.file, OpenOptions::new().write(true).open("/dev/full").unwrap());
        let error = journal.append(&[record("b", 2.5)]).unwrap_err();
        assert!(error.to_string().contains("cannot write"), "{error}");
        journal.file = good;
        journal.append(&[record("c", 3.5)]).unwrap();
        drop(journal);
        assert_eq!(open(folder.path()).unwrap().1.records, [record("a", 1.5), record("c", 3.5)]);
    }
}
