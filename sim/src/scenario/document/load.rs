//! Reading a document from files: the scenario, and the bases it is laid over.

use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, ScenarioError};
use super::files::normalized;
use super::source::{Origin, Source};
use super::suggest::nearest;
use super::tree::{Node, Value};
use super::{Document, ScenarioFiles, merge, parse};

/// Deeper chains are a mistake, or links in the file system that go in circles.
const DEEPEST_BASE: usize = 32;

impl Document {
    /// Reads a scenario from a file, laid over its `base` where it has one (relative to the file that names it, and
    /// so on). Tables merge deeply, arrays of tables by name, other values are replaced.
    pub fn load(path: &Path, files: &dyn ScenarioFiles) -> Result<Document, ScenarioError> {
        let root = load(path, files, &mut Vec::new(), None)?;
        Ok(Document { name: path.display().to_string(), root })
    }
}

/// `chain` holds the files that lead here, `named_at` where the last of them names this one.
fn load(
    path: &Path,
    files: &dyn ScenarioFiles,
    chain: &mut Vec<PathBuf>,
    named_at: Option<&Origin>,
) -> Result<Node, ScenarioError> {
    let text = files.read(path).map_err(|error| located(cannot_read(path, files, &error), named_at))?;
    let source = Source::file(&path.display().to_string(), &text);
    let mut root = parse::document(&source)?;
    chain.push(normalized(path));
    let Some((base, origin)) = take_base(&mut root)? else { return Ok(root) };
    let base = normalized(&source.directory.join(base));
    if chain.contains(&base) || chain.len() > DEEPEST_BASE {
        return Err(located(goes_in_circles(chain, &base), Some(&origin)));
    }
    let mut merged = load(&base, files, chain, Some(&origin))?;
    merge::merge(&mut merged, root, "");
    Ok(merged)
}

fn take_base(root: &mut Node) -> Result<Option<(PathBuf, Origin)>, ScenarioError> {
    let Value::Table(table) = &mut root.value else { return Ok(None) };
    let Some(node) = table.remove("base") else { return Ok(None) };
    match node.as_str() {
        Some(file) if !file.is_empty() => Ok(Some((PathBuf::from(file), node.origin))),
        _ => {
            let error = Diagnostic::error("`base` has to name a file").with_path("base");
            Err(located(error.with_help("for example base = \"service.toml\""), Some(&node.origin)))
        }
    }
}

fn located(diagnostic: Diagnostic, origin: Option<&Origin>) -> ScenarioError {
    match origin {
        Some(origin) => diagnostic.with_location(origin.location()).into(),
        None => diagnostic.into(),
    }
}

fn goes_in_circles(chain: &[PathBuf], base: &Path) -> Diagnostic {
    let mut names: Vec<String> = chain.iter().map(|path| path.display().to_string()).collect();
    names.push(base.display().to_string());
    Diagnostic::error("this `base` leads back to the file itself")
        .with_path("base")
        .with_help(format!("the chain is {}", names.join(" -> ")))
}

/// Says what is wrong with a file that cannot be read, and what to do.
fn cannot_read(path: &Path, files: &dyn ScenarioFiles, error: &io::Error) -> Diagnostic {
    let name = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            let diagnostic = Diagnostic::error(format!("there is no file `{name}`"));
            match similar_file(path, files) {
                Some(similar) => diagnostic.with_help(format!("did you mean `{}`?", similar.display())),
                None => diagnostic.with_help("`windtunnel init` writes a scenario to start from"),
            }
        }
        io::ErrorKind::IsADirectory => {
            let diagnostic = Diagnostic::error(format!("`{name}` is a directory, not a scenario"));
            let inside = files.siblings(&path.join("x"));
            match inside.iter().find(|file| file.ends_with(".toml")) {
                Some(file) => {
                    diagnostic.with_help(format!("name a file in it, such as `{}`", path.join(file).display()))
                }
                None => diagnostic.with_help("name a TOML file"),
            }
        }
        io::ErrorKind::InvalidData => Diagnostic::error(format!("`{name}` is not a text: {error}"))
            .with_help("a scenario is TOML, encoded as UTF-8"),
        io::ErrorKind::PermissionDenied => {
            Diagnostic::error(format!("`{name}` may not be read")).with_help("check the permissions of the file")
        }
        _ => Diagnostic::error(format!("cannot read `{name}`: {error}")),
    }
}

/// A file of the same kind with a similar name.
fn similar_file(path: &Path, files: &dyn ScenarioFiles) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let mut siblings = files.siblings(path);
    siblings.retain(|name| Path::new(name).extension() == path.extension());
    let similar = nearest(wanted, siblings.iter().map(String::as_str))?;
    Some(path.with_file_name(similar))
}
