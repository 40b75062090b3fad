//! The output folder: all files are made first, then written beside their place and renamed into it. A manifest lists
//! what windtunnel wrote; a rerun replaces that and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{CliError, Kind};

const MANIFEST: &str = ".windtunnel-manifest.json";
/// In the name of files that are not finished.
const UNFINISHED: &str = ".windtunnel-unfinished";

/// What windtunnel wrote to a folder, with `/` between the parts of a path.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    files: BTreeSet<String>,
}

/// The files that are to be in a folder.
pub(crate) struct Folder {
    root: PathBuf,
    files: Vec<(String, Content)>,
}

/// Writes a file's content.
type WriteInto = dyn FnOnce(&mut dyn Write) -> io::Result<()>;

/// What is to be in a file: bytes, or who writes them, for a file that need not fit in memory.
enum Content {
    Bytes(Vec<u8>),
    Streamed(Box<WriteInto>),
}

impl Content {
    fn write(self, file: &mut dyn Write) -> io::Result<()> {
        match self {
            Content::Bytes(bytes) => file.write_all(&bytes),
            Content::Streamed(write) => write(file),
        }
    }
}

impl Folder {
    /// A folder to fill. Nothing is touched yet, but a folder that may not be written to is refused now: better before
    /// a long run than after it.
    pub(crate) fn prepare(root: &Path, is_forced: bool) -> Result<Folder, CliError> {
        let folder = Folder { root: root.to_path_buf(), files: Vec::new() };
        folder.owned(is_forced)?;
        Ok(folder)
    }

    /// Makes the folder windtunnel's now, before anything is written to it: what takes long may be interrupted, and a
    /// folder that cannot be written to is found at once.
    pub(crate) fn claim(&self, is_forced: bool) -> Result<(), CliError> {
        let manifest = self.owned(is_forced)?;
        fs::create_dir_all(&self.root).map_err(|error| CliError::file("create", &self.root, &error))?;
        self.write_manifest(&manifest)
    }

    /// Takes away unfinished files that a killed process left. Only for a folder that nobody else works in.
    pub(crate) fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        for entry in entries.flatten().filter(|entry| is_unfinished(&entry.file_name().to_string_lossy())) {
            let _ = fs::remove_file(entry.path());
        }
    }

    /// Adds a file.
    pub(crate) fn add(&mut self, name: impl Into<String>, content: Vec<u8>) {
        self.files.push((name.into(), Content::Bytes(content)));
    }

    /// Adds a file that `write` fills when its turn comes.
    pub(crate) fn add_streamed(
        &mut self,
        name: impl Into<String>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + 'static,
    ) {
        self.files.push((name.into(), Content::Streamed(Box::new(write))));
    }

    /// Where the folder is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The files that windtunnel wrote here before. Refuses a folder that is somebody else's.
    fn owned(&self, is_forced: bool) -> Result<Manifest, CliError> {
        let metadata = match fs::metadata(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
            Err(error) => return Err(CliError::file("look into", &self.root, &error)),
            Ok(metadata) => metadata,
        };
        if !metadata.is_dir() {
            return Err(
                self.refused(format!("`{}` is a file, not a folder", self.root.display()), "name another with --out")
            );
        }
        match fs::read(self.root.join(MANIFEST)) {
            Ok(text) => serde_json::from_slice(&text)
                .or_else(|_| if is_forced { Ok(Manifest::default()) } else { Err(self.unreadable_manifest()) }),
            Err(_) if is_forced || is_empty(&self.root) => Ok(Manifest::default()),
            Err(_) => Err(self.refused(
                format!("`{}` has files that windtunnel did not write", self.root.display()),
                "name another folder with --out, or replace what is in the way with --force",
            )),
        }
    }

    fn unreadable_manifest(&self) -> CliError {
        let manifest = self.root.join(MANIFEST);
        let message = format!("`{}` is damaged: it is unknown what windtunnel wrote here", manifest.display());
        self.refused(message, "name another folder with --out, or replace what is in the way with --force")
    }

    fn refused(&self, message: String, hint: &str) -> CliError {
        CliError::new(Kind::Input, message).hint(hint)
    }

    /// Writes all files and takes away those of an earlier run that are not among them.
    pub(crate) fn write(mut self, is_forced: bool) -> Result<(), CliError> {
        let earlier = self.owned(is_forced)?;
        let names: BTreeSet<String> = self.files.iter().map(|(name, _)| name.clone()).collect();
        if !is_forced {
            self.refuse_foreign(&names, &earlier)?;
        }
        let mut staged = Staged::default();
        for (name, content) in std::mem::take(&mut self.files) {
            staged.stage(&self.root.join(name), content)?;
        }
        // Between the first rename and the last, old and new files stand side by side: both are windtunnel's.
        let all = Manifest { files: names.union(&earlier.files).cloned().collect() };
        self.write_manifest(&all)?;
        staged.commit()?;
        for stale in earlier.files.difference(&names).filter(|name| is_inside(name)) {
            self.remove(stale);
        }
        self.write_manifest(&Manifest { files: names })
    }

    fn refuse_foreign(&self, names: &BTreeSet<String>, earlier: &Manifest) -> Result<(), CliError> {
        let foreign = names.iter().find(|name| !earlier.files.contains(*name) && self.root.join(name).exists());
        match foreign {
            None => Ok(()),
            Some(name) => Err(self.refused(
                format!("`{}` is in the way: windtunnel did not write it", self.root.join(name).display()),
                "move it, name another folder with --out, or replace it with --force",
            )),
        }
    }

    fn write_manifest(&self, manifest: &Manifest) -> Result<(), CliError> {
        let text = serde_json::to_vec_pretty(manifest).unwrap_or_default();
        let mut staged = Staged::default();
        staged.stage(&self.root.join(MANIFEST), Content::Bytes(text))?;
        staged.commit()
    }

    /// A file that was there before and is not now is not missed.
    fn remove(&self, name: &str) {
        let path = self.root.join(name);
        let _ = fs::remove_file(&path);
        if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
            // Succeeds only when it is empty.
            let _ = fs::remove_dir(parent);
        }
    }
}

/// True for a folder without files, but for those that a killed process did not finish.
fn is_empty(folder: &Path) -> bool {
    let is_file = |name: &std::ffi::OsStr| !is_unfinished(&name.to_string_lossy());
    fs::read_dir(folder).is_ok_and(|entries| !entries.flatten().any(|entry| is_file(&entry.file_name())))
}

fn is_unfinished(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(UNFINISHED)
}

/// True for a name that leads nowhere outside its folder: a manifest may have been written by anybody.
fn is_inside(name: &str) -> bool {
    Path::new(name).components().all(|component| matches!(component, Component::Normal(_)))
}

/// Files written beside their places. What is not committed is taken away.
#[derive(Default)]
struct Staged {
    /// The unfinished file and its place.
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    fn stage(&mut self, place: &Path, content: Content) -> Result<(), CliError> {
        let folder = place.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(|error| CliError::file("create", folder, &error))?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = folder.join(format!(".{name}.{}{UNFINISHED}", std::process::id()));
        self.files.push((unfinished.clone(), place.to_path_buf()));
        let file = fs::File::create(&unfinished).map_err(|error| CliError::file("write", place, &error))?;
        let mut file = io::BufWriter::new(file);
        content.write(&mut file).and_then(|()| file.flush()).map_err(|error| CliError::file("write", place, &error))
    }

    fn commit(mut self) -> Result<(), CliError> {
        for (unfinished, place) in std::mem::take(&mut self.files) {
            fs::rename(&unfinished, &place).map_err(|error| CliError::file("write", &place, &error))?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (unfinished, _) in &self.files {
            let _ = fs::remove_file(unfinished);
        }
    }
}

/// Writes one file beside its place and renames it into it.
pub(crate) fn write_file(place: &Path, content: &[u8]) -> Result<(), CliError> {
    let mut staged = Staged::default();
    staged.stage(place, Content::Bytes(content.to_vec()))?;
    staged.commit()
}

/// A name that is safe as a file name everywhere: lower case, with `-` for everything that is no letter or digit.
pub(crate) fn slug(name: &str) -> String {
    /// Longer file names are refused by some systems.
    const LONGEST: usize = 60;
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.chars().count() >= LONGEST {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "scenario".into() } else { slug.into() }
}

/// Slugs of several names, told apart by a number where two are the same.
pub(crate) fn slugs(names: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        let slug = slug(name);
        let mut candidate = slug.clone();
        let mut number = 2;
        while unique.contains(&candidate) {
            candidate = format!("{slug}-{number}");
            number += 1;
        }
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, names: &[&str], is_forced: bool) -> Result<(), CliError> {
        let mut folder = Folder::prepare(root, is_forced)?;
        for name in names {
            folder.add(*name, name.as_bytes().to_vec());
        }
        folder.write(is_forced)
    }

    fn listing(root: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != MANIFEST)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_rerun_replaces_what_windtunnel_wrote_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        write(&root, &["a/x.csv", "b.svg"], false).unwrap();
        fs::write(root.join("notes.txt"), "mine").unwrap();
        write(&root, &["b.svg", "c.svg"], false).unwrap();
        assert_eq!(listing(&root), ["b.svg", "c.svg", "notes.txt"], "the stale file and its empty folder are gone");
    }

    #[test]
    fn what_windtunnel_did_not_write_is_replaced_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("a.csv"), "mine").unwrap();
        assert_eq!(write(root, &["a.csv"], false).unwrap_err().exit_code(), 1);
        assert_eq!(fs::read_to_string(root.join("a.csv")).unwrap(), "mine");
        write(root, &["a.csv"], true).unwrap();
        fs::write(root.join("b.csv"), "mine").unwrap();
        assert!(write(root, &["a.csv", "b.csv"], false).is_err(), "a new file must not replace one that is in the way");
        assert_eq!(fs::read_to_string(root.join("b.csv")).unwrap(), "mine");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        // The second file wants a folder where the first is to be a file.
        assert!(write(&root, &["a.csv", "b\0"], false).is_err());
        assert_eq!(listing(&root), Vec::<String>::new());
    }

    #[test]
    fn a_manifest_cannot_reach_outside_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        fs::create_dir(&root).unwrap();
        fs::write(folder.path().join("precious"), "").unwrap();
        fs::write(root.join(MANIFEST), r#"{"files": ["../precious"]}"#).unwrap();
        write(&root, &["a.csv"], false).unwrap();
        assert!(folder.path().join("precious").exists());
    }

    #[test]
    fn file_names_are_slugs() {
        assert_eq!(slug("ESS, guide (v2)"), "ess-guide-v2");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("弹性 伸缩"), "弹性-伸缩");
        assert_eq!(slug("!!!"), "scenario");
        assert_eq!(slugs(&["a!".into(), "a?".into()]), ["a", "a-2"]);
    }
}
