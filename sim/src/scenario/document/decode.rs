//! From the tree to the scenario's types, by serde. An error is located at the innermost key or value it happened in.

use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::address::{joined, written};
use super::diagnostic::Diagnostic;
use super::source::Origin;
use super::suggest::did_you_mean;
use super::tree::{Entry, Node, Value, identity};

/// Why a node is not what a type wants.
#[derive(Debug)]
pub(super) struct DecodeError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    origin: Option<Origin>,
    /// Keys from the innermost outwards.
    path: Vec<String>,
}

#[derive(Debug)]
enum Problem {
    Plain { message: String, help: Option<String> },
    MissingKey(&'static str),
}

impl DecodeError {
    fn new(message: String, help: Option<String>) -> Self {
        DecodeError(Box::new(Inner { problem: Problem::Plain { message, help }, origin: None, path: Vec::new() }))
    }

    /// The same error, seen from outside the key `key`. The innermost origin is the most precise one: it stays.
    fn within(mut self, key: &str, origin: &Origin) -> Self {
        self.0.origin.get_or_insert_with(|| origin.clone());
        self.0.path.push(key.to_string());
        self
    }

    pub(super) fn into_diagnostic(self, root: &Node) -> Diagnostic {
        let Inner { problem, origin, path } = *self.0;
        let path = joined(path.iter().rev().map(String::as_str));
        let location = origin.as_ref().unwrap_or(&root.origin).location();
        let (diagnostic, path) = match problem {
            Problem::Plain { message, help } => (Diagnostic { help, ..Diagnostic::error(message) }, path),
            Problem::MissingKey(key) if path.is_empty() => {
                (Diagnostic::error(format!("`{key}` is missing")), written(key))
            }
            Problem::MissingKey(key) => {
                (Diagnostic::error(format!("`{key}` is missing in `{path}`")), format!("{path}.{}", written(key)))
            }
        };
        let diagnostic = diagnostic.with_location(location);
        if path.is_empty() { diagnostic } else { diagnostic.with_path(path) }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.problem {
            Problem::Plain { message, .. } => f.write_str(message),
            Problem::MissingKey(key) => write!(f, "`{key}` is missing"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError::new(message.to_string(), None)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::new(format!("expected {}, found {}", in_words(expected), found(unexpected)), None)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        DecodeError::new(format!("expected {}, found {length} elements", in_words(expected)), None)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let help = did_you_mean(field, "keys", expected.iter().copied());
        DecodeError::new(format!("unknown key `{field}`"), Some(help))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let help = did_you_mean(variant, "choices", expected.iter().copied());
        DecodeError::new(format!("`{variant}` is not one of the choices"), Some(help))
    }

    fn missing_field(field: &'static str) -> Self {
        DecodeError(Box::new(Inner { problem: Problem::MissingKey(field), origin: None, path: Vec::new() }))
    }

    fn duplicate_field(field: &'static str) -> Self {
        DecodeError::new(format!("`{field}` is given twice, perhaps once under an older name"), None)
    }
}

/// Rust's names of types, in words.
fn in_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        _ if text.starts_with("struct ") => "a table".into(),
        _ if text.starts_with("a nonzero ") => "a whole number above zero".into(),
        _ if text.starts_with("enum ") || text.starts_with("variant ") => "one of the choices".into(),
        _ => text,
    }
}

fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => format!("the text \"{text}\""),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Bool(boolean) => boolean.to_string(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// Reads one node, found under `key`.
pub(super) struct NodeDeserializer<'n> {
    pub(super) node: &'n Node,
    /// The key it stands under: tells which key names the elements of an array.
    pub(super) key: &'n str,
}

impl<'de, 'n: 'de> Deserializer<'de> for NodeDeserializer<'n> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visit_integer(*number, visitor),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            // Dates are texts to the scenario: `2026-11-02T00:00:00` may be written with or without quotes.
            Value::Datetime(datetime) => visitor.visit_string(datetime.to_string()),
            Value::Array(elements) => visitor.visit_seq(Elements { array: self.key, elements, next: 0 }),
            Value::Table(table) => visitor.visit_map(Entries { entries: &table.entries, next: 0 }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Table(table) => match table.entries.as_slice() {
                [entry] => visitor.visit_enum(Variant { entry }),
                [] => Err(DecodeError::new(format!("expected one of {}", listed(variants)), None)),
                [_, second, ..] => Err(DecodeError::new(
                    format!("expected exactly one of {}, found {}", listed(variants), table.entries.len()),
                    Some("remove all but one".into()),
                )
                .within(&second.key, &second.key_origin)),
            },
            other => {
                Err(DecodeError::new(format!("expected one of {}, found {}", listed(variants), other.kind()), None))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

fn listed(variants: &[&str]) -> String {
    super::suggest::listed(variants.iter().copied())
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, DecodeError> {
    if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else {
        Err(DecodeError::new("this number is too large".into(), None))
    }
}

struct Elements<'n> {
    array: &'n str,
    elements: &'n [Node],
    next: usize,
}

impl<'de, 'n: 'de> SeqAccess<'de> for Elements<'n> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some(node) = self.elements.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let read = seed.deserialize(NodeDeserializer { node, key: self.array });
        read.map(Some).map_err(|error| match identity(self.array, node) {
            Some(name) => error.within(name, &node.origin),
            None => error.within(&index.to_string(), &node.origin),
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len() - self.next)
    }
}

struct Entries<'n> {
    entries: &'n [Entry],
    next: usize,
}

impl<'de, 'n: 'de> MapAccess<'de> for Entries<'n> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some(entry) = self.entries.get(self.next) else { return Ok(None) };
        let key = de::value::BorrowedStrDeserializer::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|error: DecodeError| error.within(&entry.key, &entry.key_origin))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        let entry = &self.entries[self.next];
        self.next += 1;
        let read = seed.deserialize(NodeDeserializer { node: &entry.node, key: &entry.key });
        read.map_err(|error| error.within(&entry.key, &entry.node.origin))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len() - self.next)
    }
}

/// A choice that carries a value: `{ lognormal = { ... } }`.
struct Variant<'n> {
    entry: &'n Entry,
}

impl<'de, 'n: 'de> EnumAccess<'de> for Variant<'n> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let entry = self.entry;
        let key = de::value::BorrowedStrDeserializer::new(&entry.key);
        let variant =
            seed.deserialize(key).map_err(|error: DecodeError| error.within(&entry.key, &entry.key_origin))?;
        Ok((variant, self))
    }
}

impl<'n> Variant<'n> {
    fn content(&self) -> NodeDeserializer<'n> {
        NodeDeserializer { node: &self.entry.node, key: &self.entry.key }
    }

    fn locate<T>(&self, read: Result<T, DecodeError>) -> Result<T, DecodeError> {
        read.map_err(|error| error.within(&self.entry.key, &self.entry.node.origin))
    }
}

impl<'de, 'n: 'de> VariantAccess<'de> for Variant<'n> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        let message = format!("`{}` takes no value of its own; write it as a text", self.entry.key);
        self.locate(Err(DecodeError::new(message, None)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        self.locate(seed.deserialize(self.content()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.locate(self.content().deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.locate(self.content().deserialize_any(visitor))
    }
}
