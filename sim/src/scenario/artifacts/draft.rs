//! A scenario as it is being written: TOML with a comment behind every key that says where it came from.

use super::node::{Node, Source};
use crate::scenario::document::Location;

pub(super) struct Draft<'s> {
    sources: &'s [Source],
    pub(super) text: String,
    pub(super) places: Vec<(String, Location)>,
    /// The address of the table that keys are written into.
    table: String,
}

impl<'s> Draft<'s> {
    pub(super) fn new(sources: &'s [Source]) -> Draft<'s> {
        Draft { sources, text: String::new(), places: Vec::new(), table: String::new() }
    }

    /// A comment on lines of its own.
    pub(super) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.text.push_str("# ");
            self.text.push_str(&printable(line.trim_end()));
            self.text.push('\n');
        }
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A table: `[[ess.rule]]` for the address `ess.rule.out`, written at `from`.
    pub(super) fn table(&mut self, header: &str, address: &str, from: Option<&Node>) {
        self.text.push_str(header);
        if let Some(node) = from {
            self.text.push_str(&format!("    # {}", self.origin(node)));
            self.places.push((address.to_string(), self.place(node)));
        }
        self.text.push('\n');
        self.table = address.to_string();
    }

    /// A key with a TOML value, and the field that it came from.
    pub(super) fn key(&mut self, key: &str, value: &str, from: Option<(&str, &Node)>) {
        let behind = from.map(|(field, node)| format!("{} {field}", self.origin(node)));
        let behind = behind.unwrap_or_default().trim_end().to_string();
        self.noted(key, value, &behind);
        if let Some((_, node)) = from {
            let address = if self.table.is_empty() { key.to_string() } else { format!("{}.{key}", self.table) };
            self.places.push((address, self.place(node)));
        }
    }

    /// A key with a TOML value and a remark.
    pub(super) fn noted(&mut self, key: &str, value: &str, remark: &str) {
        self.text.push_str(&format!("{key} = {value}"));
        if !remark.is_empty() {
            self.text.push_str(&format!("    # {}", printable(remark)));
        }
        self.text.push('\n');
    }

    pub(super) fn place(&self, node: &Node) -> Location {
        match self.sources.get(node.source) {
            Some(source) => source.place(node.span.clone()),
            None => Source::new("", "").place(0..0),
        }
    }

    /// `policies.json:12`.
    pub(super) fn origin(&self, node: &Node) -> String {
        let place = self.place(node);
        let name = place.file.rsplit(['/', '\\']).next().unwrap_or(&place.file).to_string();
        printable(&format!("{name}:{}", place.line))
    }
}

/// A comment in TOML has no control characters but tabs.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\t' { ' ' } else { letter }).collect()
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.replace(['\n', '\r'], " ")).to_string()
}

/// Seconds as TOML.
pub(super) fn seconds(count: i64) -> String {
    format!("\"{count}s\"")
}

/// A number as TOML: 70 rather than 70.0 where nothing is lost.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:?}") }
}
