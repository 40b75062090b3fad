//! JSON with places: serde_json reads, and hands out each value as the stretch of text it was read from.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::node::{Node, Source, Value};
use super::super::{ArtifactError, DEEPEST};

/// Reads a JSON document.
pub(in super::super) fn parse(source: &Source, number: usize) -> Result<Node, ArtifactError> {
    parse_text(source, number, &source.text, 0)
}

/// Reads JSON that stands `offset` bytes into the source.
pub(in super::super) fn parse_text(
    source: &Source,
    number: usize,
    text: &str,
    offset: usize,
) -> Result<Node, ArtifactError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        let at = offset + offset_of(text, error.line(), error.column());
        ArtifactError::at(source, at..at, format!("not valid JSON: {}", plain(&error)))
    })?;
    node(raw.get(), (text, offset), number, 0).map_err(|message| ArtifactError::at(source, offset..offset, message))
}

/// The message without its place, which is shown beside it.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_string()
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// Where `part` stands in the source, given the text that it was cut from.
fn span(part: &str, (text, offset): (&str, usize)) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize) + offset;
    start..start + part.len()
}

fn node(part: &str, whole: (&str, usize), number: usize, depth: usize) -> Result<Node, String> {
    if depth > DEEPEST {
        return Err(format!("nested more than {DEEPEST} deep"));
    }
    let failed = |error: serde_json::Error| plain(&error);
    let value = match part.as_bytes().first() {
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(part).map_err(failed)?;
            let entries = pairs.into_iter().map(|(key, raw)| Ok((key, node(raw.get(), whole, number, depth + 1)?)));
            Value::Table(entries.collect::<Result<_, String>>()?)
        }
        Some(b'[') => {
            let Elements(elements) = serde_json::from_str(part).map_err(failed)?;
            let nodes = elements.into_iter().map(|raw| node(raw.get(), whole, number, depth + 1));
            Value::List(nodes.collect::<Result<_, String>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(part).map_err(failed)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(part.to_string()),
    };
    Ok(Node::new(value, span(part, whole), number))
}

/// The members of an object in their order.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The elements of an array.
struct Elements<'t>(Vec<&'t RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(All)
    }
}
