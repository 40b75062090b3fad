//! From TOML text to the tree.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, ScenarioError};
use super::source::{Origin, Source};
use super::tree::{Entry, Node, Table, Value, identity, identity_key};

/// Parses a whole document.
pub(super) fn document(source: &Arc<Source>) -> Result<Node, ScenarioError> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    // What comes after a mistake may follow from it: the first in the file is told.
    if let Some(first) = errors.iter().min_by_key(|error| error.span().map(|span| span.start)) {
        return Err(syntax_error(source, 0, first));
    }
    let origin = Origin::new(source, 0..0);
    let mut clashes = Vec::new();
    let reader = Reader { source, offset: 0 };
    let root = Node { value: Value::Table(reader.table(table.into_inner())?), origin };
    check_names("", &root, &mut clashes);
    if clashes.is_empty() { Ok(root) } else { Err(clashes.into()) }
}

/// Parses one value that stands `offset` bytes into the source.
pub(super) fn value(source: &Arc<Source>, offset: usize, text: &str) -> Result<Node, ScenarioError> {
    let value = DeValue::parse(text).map_err(|error| syntax_error(source, offset, &error))?;
    let node = Reader { source, offset }.node(value)?;
    let mut clashes = Vec::new();
    check_names("", &node, &mut clashes);
    if clashes.is_empty() { Ok(node) } else { Err(clashes.into()) }
}

fn syntax_error(source: &Arc<Source>, offset: usize, error: &toml::de::Error) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let origin = Origin::new(source, span.start + offset..span.end + offset);
    let diagnostic = Diagnostic::error(format!("not valid TOML: {}", error.message()));
    let help = match error.message() {
        message if message.starts_with("string values must be quoted") => {
            Some("write texts, and quantities with a unit, in quotes: \"300s\"")
        }
        "duplicate key" => Some("this key or table is already given above; remove one of the two"),
        _ => None,
    };
    let diagnostic = match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    diagnostic.with_location(origin.location()).into()
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    offset: usize,
}

impl Reader<'_> {
    fn origin(&self, span: std::ops::Range<usize>) -> Origin {
        Origin::new(self.source, span.start + self.offset..span.end + self.offset)
    }

    fn node(&self, value: Spanned<DeValue<'_>>) -> Result<Node, ScenarioError> {
        let origin = self.origin(value.span());
        let value = match value.into_inner() {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => return Err(out_of_range(&origin)),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(number) => Value::Float(number),
                Err(_) => return Err(out_of_range(&origin)),
            },
            DeValue::Boolean(boolean) => Value::Boolean(boolean),
            DeValue::Datetime(datetime) => Value::Datetime(datetime),
            DeValue::Array(array) => {
                Value::Array(array.into_iter().map(|element| self.node(element)).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Value::Table(self.table(table)?),
        };
        Ok(Node { value, origin })
    }

    fn table(&self, table: DeTable<'_>) -> Result<Table, ScenarioError> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_origin = self.origin(key.span());
            entries.push(Entry { key: key.into_inner().into_owned(), key_origin, node: self.node(value)? });
        }
        // The parser sorts keys by name; people expect the order of the file.
        entries.sort_by_key(|entry| entry.key_origin.span.start);
        Ok(Table { entries })
    }
}

fn out_of_range(origin: &Origin) -> ScenarioError {
    Diagnostic::error("this number is too large").with_location(origin.location()).into()
}

/// Finds tables of one array with the same name: an address or an overlay could not tell them apart.
fn check_names(key: &str, node: &Node, clashes: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Table(table) => {
            for entry in &table.entries {
                check_names(&entry.key, &entry.node, clashes);
            }
        }
        Value::Array(elements) => {
            for (i, element) in elements.iter().enumerate() {
                check_names(key, element, clashes);
                let Some(name) = identity(key, element) else { continue };
                if elements[..i].iter().any(|earlier| identity(key, earlier) == Some(name)) {
                    clashes.push(same_name(key, name, element));
                }
            }
        }
        _ => {}
    }
}

fn same_name(array: &str, name: &str, element: &Node) -> Diagnostic {
    let key = identity_key(array);
    let origin = element.as_table().and_then(|table| table.get(key)).map_or(&element.origin, |node| &node.origin);
    Diagnostic::error(format!("a second `{array}` with the {key} `{name}`"))
        .with_help(format!("every `{array}` needs a {key} of its own: it is addressed by it"))
        .with_location(origin.location())
}
