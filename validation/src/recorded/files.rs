//! The files of recordings: where they are, and tables in them, gzip or plain.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use windtunnel_sim::outcome::StepSeries;

use crate::error::ValidationError;

fn unreadable(path: &Path, problem: impl std::fmt::Display) -> ValidationError {
    ValidationError::Recording(format!("`{}`: {problem}", path.display()))
}

/// The folder and the folders in it, in order of their names.
pub(super) fn folders(data: &Path) -> Result<Vec<PathBuf>, ValidationError> {
    let mut folders = vec![data.to_path_buf()];
    let entries = std::fs::read_dir(data).map_err(|error| unreadable(data, error))?;
    folders.extend(entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()));
    folders.sort();
    Ok(folders)
}

/// Names of a folder's files that begin and end like this, in order; without what they begin and end with.
pub(super) fn named(folder: &Path, begin: &str, end: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix(begin)?.strip_suffix(end)?.to_string())).collect();
    found.sort();
    found
}

/// A CSV table: rows as maps from the head's names to cells.
pub(super) fn table(path: &Path) -> Result<Vec<BTreeMap<String, String>>, ValidationError> {
    let mut bytes = std::fs::read(path).map_err(|error| unreadable(path, error))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).map_err(|error| unreadable(path, error))?;
        bytes = plain;
    }
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    reader.deserialize().map(|row| row.map_err(|error| unreadable(path, error))).collect()
}

/// A number of a row.
pub(super) fn number(path: &Path, row: &BTreeMap<String, String>, column: &str) -> Result<f64, ValidationError> {
    let cell = row.get(column).ok_or_else(|| unreadable(path, format!("there is no column `{column}`")))?;
    cell.trim().parse().map_err(|_| unreadable(path, format!("`{cell}` in column `{column}` is no number")))
}

/// Two columns of a table as steps over time.
pub(super) fn steps(path: &Path, value: &str) -> Result<StepSeries, ValidationError> {
    let mut steps = Vec::new();
    for row in table(path)? {
        steps.push((number(path, &row, "t_s")?, number(path, &row, value)?));
    }
    Ok(StepSeries::new(steps))
}
