//! The scenario as it was written: a tree of values that know their origin, read from TOML files laid over each other
//! and from `--set` assignments. What the keys mean is not known here.
//!
//! ```
//! use windtunnel_sim::scenario::document::Document;
//! let mut document = Document::parse("demo.toml", "[instance]\ncores = 8\n")?;
//! document.set("instance.cores=4")?;
//! assert!(document.is_given("instance.cores"));
//! assert!(!document.is_given("instance.memory"));
//! # Ok::<(), windtunnel_sim::scenario::document::ScenarioError>(())
//! ```

mod address;
mod assign;
mod decode;
mod diagnostic;
mod exclusive;
mod files;
mod load;
mod merge;
mod parse;
mod source;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod written;

use std::path::PathBuf;

use serde::de::DeserializeOwned;

pub use diagnostic::{Diagnostic, Location, ScenarioError, Severity};
pub use files::{DiskFiles, EmbeddedFiles, ScenarioFiles, SharedFiles, SharedTraces};
pub use suggest::nearest;
pub use written::Written;

use decode::NodeDeserializer;
use source::Source;
use tree::{Node, Value};

/// The tables that choose a controller, as they are named in a scenario.
pub const CONTROLLERS: [&str; 6] = exclusive::CONTROLLERS;

/// The keys of `[trace]` that say where traffic comes from.
pub const TRACE_SOURCES: [&str; 5] = exclusive::TRACE_SOURCES;

/// A scenario as it was written, with the origin of every value.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    root: Node,
}

impl Document {
    /// Parses one text. `name` is what messages call it, and what relative paths in it are relative to. A `base` is
    /// refused: there are no files to look for it in; use [`Document::load`].
    pub fn parse(name: &str, text: &str) -> Result<Document, ScenarioError> {
        let root = parse::document(&Source::file(name, text))?;
        let document = Document { name: name.to_string(), root };
        if document.is_given("base") {
            return Err(document.error_at("base", "a scenario with a `base` has to be read from a file").into());
        }
        Ok(document)
    }

    /// Assigns one value: `text` is `path=value`, the value as TOML, or a text where it is not TOML. Makes tables as
    /// needed. Elements of arrays are addressed by their name (a boot stage by its `stage`) or by number. What the key
    /// excludes is taken away: one trace source replaces another.
    pub fn set(&mut self, text: &str) -> Result<(), ScenarioError> {
        let mut root = self.root.clone();
        assign::assign(&mut root, text)?;
        self.root = root;
        Ok(())
    }

    /// The number at `path`, when there is one.
    pub fn get_f64(&self, path: &str) -> Option<f64> {
        match address::find(&self.root, path)?.value {
            Value::Integer(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    /// Reads the document into a type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        let deserializer = NodeDeserializer { node: &self.root, key: "" };
        T::deserialize(deserializer).map_err(|error| error.into_diagnostic(&self.root).into())
    }

    /// An error about the value at `path`, or about the nearest table around it where nothing is written there.
    pub fn error_at(&self, path: &str, message: impl Into<String>) -> Diagnostic {
        let segments = address::segments(path).unwrap_or_default();
        let (node, _) = address::follow(&self.root, &segments);
        Diagnostic::error(message).with_path(path).with_location(node.origin.location())
    }

    /// True when the value at `path` was written, in a file or by `--set`; false when it is left to its default.
    pub fn is_given(&self, path: &str) -> bool {
        address::find(&self.root, path).is_some()
    }

    /// The text at `path`, when there is one.
    pub fn get_str(&self, path: &str) -> Option<&str> {
        address::find(&self.root, path)?.as_str()
    }

    /// What a relative file name at `path` is relative to: the folder of the file that wrote it, or the working
    /// directory (an empty path) for `--set`.
    pub fn base_dir_of(&self, path: &str) -> PathBuf {
        let segments = address::segments(path).unwrap_or_default();
        let (node, _) = address::follow(&self.root, &segments);
        node.origin.source.directory.clone()
    }

    /// The file that was loaded, as it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys of the table at `path` in the order in which they were written; "" is the document itself.
    pub fn keys(&self, path: &str) -> Vec<&str> {
        let node = if path.is_empty() { Some(&self.root) } else { address::find(&self.root, path) };
        node.and_then(Node::as_table).map(|table| table.keys().collect()).unwrap_or_default()
    }

    /// The document as plain TOML, without origins.
    pub fn to_toml(&self) -> toml::Table {
        match plain(&self.root) {
            toml::Value::Table(table) => table,
            _ => toml::Table::new(),
        }
    }
}

fn plain(node: &Node) -> toml::Value {
    match &node.value {
        Value::String(text) => text.clone().into(),
        // TOML writes 64 bits with a sign; a larger seed can only be written as a text.
        Value::Integer(number) => i64::try_from(*number).map_or_else(|_| number.to_string().into(), Into::into),
        Value::Float(number) => (*number).into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::Datetime(datetime) => (*datetime).into(),
        Value::Array(elements) => toml::Value::Array(elements.iter().map(plain).collect()),
        Value::Table(table) => {
            toml::Value::Table(table.entries.iter().map(|entry| (entry.key.clone(), plain(&entry.node))).collect())
        }
    }
}
