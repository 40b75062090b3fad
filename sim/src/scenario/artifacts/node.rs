//! A value of an artifact that knows where it was written: the common form of JSON, YAML and command lines.

use std::ops::Range;
use std::sync::Arc;

use crate::scenario::document::Location;

/// A file, or standard input, as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A source from its text. A byte order mark is dropped.
    pub fn new(name: impl Into<String>, text: &str) -> Source {
        Source { name: name.into(), text: text.trim_start_matches('\u{feff}').into() }
    }

    pub(super) fn place(&self, span: Range<usize>) -> Location {
        Location::new(&self.name, &self.text, span)
    }
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Range<usize>,
    /// The source, by its number.
    pub(super) source: usize,
    /// A YAML tag such as `Ref` or `GetAtt`, without its exclamation mark.
    pub(super) tag: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As it was written: 70, 70.0 and 1e3 stay what they are.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(value: Value, span: Range<usize>, source: usize) -> Node {
        Node { value, span, source, tag: None }
    }

    /// The field of a table; nothing for `null`.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Table(entries) = &self.value else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// The field at `a/b/c`.
    pub(super) fn at(&self, path: &str) -> Option<&Node> {
        path.split('/').try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// A text; numbers and booleans count as texts, as APIs that print strings for numbers mean them.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// A finite number, also one in quotes.
    pub(super) fn number(&self) -> Option<f64> {
        self.text()?.trim().parse::<f64>().ok().filter(|number| number.is_finite())
    }

    /// A whole number, also one in quotes or one written 3.0.
    pub(super) fn whole(&self) -> Option<i64> {
        let text = self.text()?.trim();
        text.parse::<i64>().ok().or_else(|| {
            let number = text.parse::<f64>().ok()?;
            (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
        })
    }

    /// A yes or no, also one in quotes.
    pub(super) fn truth(&self) -> Option<bool> {
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// The value as plain JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(elements) => elements.iter().map(Node::json).collect(),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|(key, node)| (key.clone(), node.json())).collect())
            }
        }
    }
}
