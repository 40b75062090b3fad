//! YAML with places and tags: CloudFormation's `!Ref` is a tag, which serde would drop.

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::super::node::{Node, Source, Value};
use super::super::{ArtifactError, DEEPEST};

/// Anchors may multiply a small text into a large one; more nodes than this are refused.
const MOST_NODES: usize = 1_000_000;

/// Reads all documents of a YAML stream.
pub(in super::super) fn parse(source: &Source, number: usize) -> Result<Vec<Node>, ArtifactError> {
    let mut builder = Builder { number, stack: Vec::new(), documents: Vec::new(), anchors: Vec::new(), nodes: 0 };
    for event in Parser::new_from_str(&source.text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0);
            ArtifactError::at(source, at..at, format!("not valid YAML: {}", error.kind()))
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        builder.take(event, range.clone()).map_err(|message| ArtifactError::at(source, range, message))?;
    }
    Ok(builder.documents)
}

/// A collection that is being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<String>,
}

struct Builder {
    number: usize,
    stack: Vec<Open>,
    documents: Vec<Node>,
    anchors: Vec<(usize, Node)>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: std::ops::Range<usize>) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MOST_NODES || self.stack.len() > DEEPEST {
            return Err(format!("more than {MOST_NODES} values, or nested more than {DEEPEST} deep"));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = if style == ScalarStyle::Plain { plain(&text) } else { Value::Text(text.into_owned()) };
                let mut node = Node::new(value, span, self.number);
                node.tag = tag.and_then(|tag| custom(&tag));
                self.finish(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mut node = Node::new(Value::List(Vec::new()), span, self.number);
                node.tag = tag.and_then(|tag| custom(&tag));
                self.stack.push(Open { node, anchor, key: None });
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                let mut node = Node::new(Value::Table(Vec::new()), span, self.number);
                node.tag = tag.and_then(|tag| custom(&tag));
                self.stack.push(Open { node, anchor, key: None });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(open) => {
                    let Open { mut node, anchor, .. } = open;
                    node.span.end = span.end.max(node.span.start);
                    self.finish(node, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let found = self.anchors.iter().rev().find(|(id, _)| *id == anchor).map(|(_, node)| node.clone());
                let node = found.ok_or("an alias to an anchor that is not there")?;
                self.nodes += count(&node);
                self.finish(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if anchor > 0 {
            self.anchors.push((anchor, node.clone()));
        }
        let Some(open) = self.stack.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(elements) => elements.push(node),
            Value::Table(entries) => match open.key.take() {
                None => {
                    let key = node.text().ok_or("a key that is no text")?;
                    if entries.iter().any(|(other, _)| other == key) {
                        return Err(format!("the key `{key}` is given twice"));
                    }
                    open.key = Some(key.to_string());
                }
                Some(key) => entries.push((key, node)),
            },
            _ => {}
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    1 + node.list().iter().map(count).sum::<usize>() + node.entries().iter().map(|(_, node)| count(node)).sum::<usize>()
}

/// The name of a tag that is not YAML's own.
fn custom(tag: &Tag) -> Option<String> {
    (!tag.is_yaml_core_schema()).then(|| tag.suffix().trim_start_matches('!').to_string())
}

/// A plain scalar by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.trim_start_matches('+').to_string()),
        _ => Value::Text(text.to_string()),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}
