//! Values lifted out of one document to be put into others: what a sweep file lists is placed into its scenarios, and an
//! error about it still points at the sweep file.

use super::address::{find, joined, segments};
use super::assign;
use super::diagnostic::{Diagnostic, ScenarioError};
use super::source::Source;
use super::tree::{Entry, Node, Table, Value};
use super::{Document, parse, plain};

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Written {
    node: Node,
}

impl Written {
    /// The address and the value of `path=value`, as after `--set`.
    ///
    /// # Errors
    /// When it is no assignment.
    pub fn assignment(text: &str) -> Result<(String, Written), ScenarioError> {
        let (segments, node) = assign::taken_apart(text)?;
        Ok((joined(segments.iter().map(String::as_str)), Written { node }))
    }

    /// The value as plain TOML.
    pub fn to_toml(&self) -> toml::Value {
        plain(&self.node)
    }

    /// The value as a person would type it after `--set path=`: a text without its quotes.
    pub fn typed(&self) -> String {
        match self.to_toml() {
            toml::Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Another value that was derived from this one, such as a step of a range: it keeps the origin.
    #[must_use]
    pub fn derived(&self, value: toml::Value) -> Written {
        Written { node: Node { value: tree_of(value, &self.node), origin: self.node.origin.clone() } }
    }

    /// The elements, when it is a list.
    pub fn elements(&self) -> Option<Vec<Written>> {
        match &self.node.value {
            Value::Array(elements) => Some(elements.iter().map(|node| Written { node: node.clone() }).collect()),
            _ => None,
        }
    }

    /// The keys with their values in the order of the file, when it is a table.
    pub fn entries(&self) -> Option<Vec<(String, Written)>> {
        let table = self.node.as_table()?;
        let written = |entry: &Entry| (entry.key.clone(), Written { node: entry.node.clone() });
        Some(table.entries.iter().map(written).collect())
    }

    /// The text, when it is one.
    pub fn as_str(&self) -> Option<&str> {
        self.node.as_str()
    }

    /// The folder that relative file names in it are relative to.
    pub fn directory(&self) -> &std::path::Path {
        &self.node.origin.source.directory
    }

    /// Something that is wrong with it.
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).with_location(self.node.origin.location())
    }
}

fn tree_of(value: toml::Value, like: &Node) -> Value {
    let node = |value: toml::Value| Node { value: tree_of(value, like), origin: like.origin.clone() };
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::Integer(i128::from(number)),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(boolean) => Value::Boolean(boolean),
        toml::Value::Datetime(datetime) => Value::Datetime(datetime),
        toml::Value::Array(elements) => Value::Array(elements.into_iter().map(node).collect()),
        toml::Value::Table(table) => {
            let entry = |(key, value)| Entry { key, key_origin: like.origin.clone(), node: node(value) };
            Value::Table(Table { entries: table.into_iter().map(entry).collect() })
        }
    }
}

impl Document {
    /// Parses a text that is no scenario itself, such as a sweep: `base` is a key like any other.
    pub fn parse_apart(name: &str, text: &str) -> Result<Document, ScenarioError> {
        Ok(Document { name: name.to_string(), root: parse::document(&Source::file(name, text))? })
    }

    /// The value at `path`, when it was written; "" is the document itself.
    pub fn written(&self, path: &str) -> Option<Written> {
        let node = if path.is_empty() { &self.root } else { find(&self.root, path)? };
        Some(Written { node: node.clone() })
    }

    /// Puts a value at `path`, as [`Document::set`] does with a text.
    pub fn place(&mut self, path: &str, value: &Written) -> Result<(), ScenarioError> {
        let located = |message: String| ScenarioError::from(value.error(message).with_path(path));
        let segments = segments(path).map_err(located)?;
        let mut root = self.root.clone();
        assign::place(&mut root, &segments, &value.node)?;
        self.root = root;
        Ok(())
    }
}
