//! `--set path=value`.

use std::sync::Arc;

use super::address::{element_index, joined, segments};
use super::diagnostic::{Diagnostic, ScenarioError};
use super::exclusive::{CONTROLLERS, DISTRIBUTIONS, make_room};
use super::parse;
use super::source::{Origin, Source};
use super::suggest::did_you_mean;
use super::tree::{Entry, Node, Table, Value, identity, identity_key};

/// One assignment, taken apart.
struct Assignment {
    source: Arc<Source>,
    segments: Vec<String>,
    /// The address within the text, which is also the origin of every table it creates.
    address: Origin,
    value: Node,
}

/// Puts what `text` assigns into the tree.
pub(super) fn assign(root: &mut Node, text: &str) -> Result<(), ScenarioError> {
    put(root, Assignment::parse(text)?)
}

/// Puts a value that was written elsewhere into the tree.
pub(super) fn place(root: &mut Node, segments: &[String], value: &Node) -> Result<(), ScenarioError> {
    let address = value.origin.clone();
    let source = Arc::clone(&address.source);
    put(root, Assignment { source, segments: segments.to_vec(), address, value: value.clone() })
}

/// The address and the value of an assignment.
pub(super) fn taken_apart(text: &str) -> Result<(Vec<String>, Node), ScenarioError> {
    let Assignment { segments, value, .. } = Assignment::parse(text)?;
    Ok((segments, value))
}

fn put(root: &mut Node, assignment: Assignment) -> Result<(), ScenarioError> {
    refuse_second_controller(root, &assignment)?;
    let Assignment { source, segments, address, value } = assignment;
    Placing { source: &source, segments: &segments, address: &address }.place(root, "", 0, value)
}

impl Assignment {
    fn parse(text: &str) -> Result<Assignment, ScenarioError> {
        let source = Source::assignment(text);
        let whole = Origin::new(&source, 0..text.len());
        let wrong = |message: String| {
            Diagnostic::error(message)
                .with_help("write --set path=value, for example --set instance.cores=4")
                .with_location(whole.location())
        };
        let equals = unquoted_equals(text).ok_or_else(|| wrong(format!("`{text}` has no `=`")))?;
        let address = text[..equals].trim();
        let segments = segments(address).map_err(wrong)?;
        let start = text.find(address).unwrap_or(0);
        let address = Origin::new(&source, start..start + address.len());
        let value = parse_value(&source, equals + 1)?;
        Ok(Assignment { source, segments, address, value })
    }
}

fn unquoted_equals(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (None, '=') => return Some(index),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The value as TOML, or as the text that it is when it is not TOML: a shell already took one pair of quotes away.
fn parse_value(source: &Arc<Source>, after_equals: usize) -> Result<Node, ScenarioError> {
    let raw = &source.text[after_equals..];
    let trimmed = raw.trim();
    let start = after_equals + (raw.len() - raw.trim_start().len());
    match parse::value(source, start, trimmed) {
        Ok(node) => Ok(node),
        // Brackets and quotes are meant as TOML: taking them as a text would only move the message away from its cause.
        Err(error) if trimmed.starts_with(['{', '[', '"', '\'']) => Err(error),
        Err(_) => Ok(Node {
            value: Value::String(trimmed.to_string()),
            origin: Origin::new(source, start..start + trimmed.len()),
        }),
    }
}

/// Half a controller is not a scenario: `aws.min = 2` laid over ESS would run AWS without a policy.
fn refuse_second_controller(root: &Node, assignment: &Assignment) -> Result<(), ScenarioError> {
    let (Some(table), [first, _, ..]) = (root.as_table(), assignment.segments.as_slice()) else { return Ok(()) };
    let is_partial = CONTROLLERS.contains(&first.as_str()) && !matches!(first.as_str(), "fixed" | "baseline");
    let other = table.keys().find(|key| CONTROLLERS.contains(key));
    match other {
        Some(other) if is_partial && !table.contains(first) => {
            Err(Diagnostic::error(format!("this scenario is controlled by `{other}`, not by `{first}`"))
                .with_path(joined(assignment.segments.iter().map(String::as_str)))
                .with_help(format!("set a key of `{other}`, or start from a scenario with `[{first}]`"))
                .with_location(assignment.address.location())
                .into())
        }
        _ => Ok(()),
    }
}

/// Walks down an address, making tables where there are none.
struct Placing<'a> {
    source: &'a Arc<Source>,
    segments: &'a [String],
    address: &'a Origin,
}

impl Placing<'_> {
    fn place(&self, node: &mut Node, name: &str, depth: usize, value: Node) -> Result<(), ScenarioError> {
        let Some(segment) = self.segments.get(depth) else {
            *node = value;
            return Ok(());
        };
        if DISTRIBUTIONS.contains(&segment.as_str()) && !matches!(node.value, Value::Table(_) | Value::Array(_)) {
            // `cpu = "12ms"` is a distribution too: the short form of a constant one.
            node.value = Value::Table(Table::default());
        }
        match &mut node.value {
            Value::Table(table) => {
                let whole = (depth + 1 == self.segments.len()).then_some(&value);
                make_room(table, name, segment, whole);
                let next = self.entry(table, segment);
                self.place(next, segment, depth + 1, value)
            }
            Value::Array(elements) => match element_index(name, elements, segment) {
                Some(index) => self.place(&mut elements[index], name, depth + 1, value),
                None => Err(self.no_such_element(name, elements, depth)),
            },
            other => {
                let (prefix, kind) = (self.prefix(depth), other.kind());
                Err(self.error(format!("`{prefix}` is {kind}, so it has no key `{segment}`"), "set the whole value"))
            }
        }
    }

    fn entry<'t>(&self, table: &'t mut Table, key: &str) -> &'t mut Node {
        let index = table.position(key).unwrap_or_else(|| {
            let node = Node { value: Value::Table(Table::default()), origin: self.address.clone() };
            table.entries.push(Entry { key: key.to_string(), key_origin: self.address.clone(), node });
            table.entries.len() - 1
        });
        let entry = &mut table.entries[index];
        entry.key_origin = Origin::new(self.source, self.address.span.clone());
        &mut entry.node
    }

    fn no_such_element(&self, array: &str, elements: &[Node], depth: usize) -> ScenarioError {
        let (segment, prefix) = (&self.segments[depth], self.prefix(depth));
        let names: Vec<&str> = elements.iter().filter_map(|element| identity(array, element)).collect();
        let key = identity_key(array);
        let help = if names.is_empty() {
            format!("it has {} elements; address them by number, from 0", elements.len())
        } else {
            did_you_mean(segment, &format!("{key}s"), names.iter().copied())
        };
        self.error(format!("`{prefix}` has no element with the {key} `{segment}`"), help)
    }

    fn prefix(&self, depth: usize) -> String {
        joined(self.segments[..depth].iter().map(String::as_str))
    }

    fn error(&self, message: String, help: impl Into<String>) -> ScenarioError {
        Diagnostic::error(message)
            .with_path(self.prefix(self.segments.len()))
            .with_help(help)
            .with_location(self.address.location())
            .into()
    }
}
