//! Variables and locals of `.tf.json`, put in where they are named: `${var.max}`, `${local.prefix}-web`.
//! <https://developer.hashicorp.com/terraform/language/syntax/json>

use super::super::super::node::{Node, Value};

/// Locals that name locals, and so on.
const DEEPEST: u32 = 16;
/// Longer texts than any name come from locals within locals.
const LONGEST_TEXT: usize = 1 << 16;

/// Where variables and locals stand, and the values that were given.
#[derive(Copy, Clone)]
pub(super) struct Variables<'t> {
    pub(super) document: &'t Node,
    pub(super) given: &'t [(String, String)],
}

impl Variables<'_> {
    /// The value with variables and locals replaced; what is not known stays as it is.
    pub(super) fn resolved(self, node: &Node) -> Node {
        self.within(node, 0)
    }

    fn within(self, node: &Node, depth: u32) -> Node {
        let value = match &node.value {
            Value::List(elements) => Value::List(elements.iter().map(|element| self.within(element, depth)).collect()),
            Value::Table(entries) => {
                Value::Table(entries.iter().map(|(key, node)| (key.clone(), self.within(node, depth))).collect())
            }
            Value::Text(text) if depth < DEEPEST && text.contains("${") => self.interpolated(text, depth),
            plain => plain.clone(),
        };
        Node::new(value, node.span.clone(), node.source)
    }

    fn interpolated(self, text: &str, depth: u32) -> Value {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = whole.filter(|name| !name.contains("${")) {
            return self.named(name.trim(), depth).unwrap_or_else(|| Value::Text(text.to_string()));
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let is_escaped = before.ends_with('$');
            match after.split_once('}').filter(|_| !is_escaped) {
                Some((name, tail)) => {
                    let value = self.named(name.trim(), depth).map(|value| Node::new(value, 0..0, 0));
                    match value.as_ref().and_then(Node::text) {
                        Some(known) => out.push_str(known),
                        None => out.push_str(&format!("${{{name}}}")),
                    }
                    rest = tail;
                }
                None => {
                    out.push_str("${");
                    rest = after;
                }
            }
            if out.len() > LONGEST_TEXT {
                return Value::Text(text.to_string());
            }
        }
        Value::Text(out + rest)
    }

    /// The value of `var.NAME` or `local.NAME`.
    fn named(self, name: &str, depth: u32) -> Option<Value> {
        if let Some(name) = name.strip_prefix("var.") {
            if let Some((_, value)) = self.given.iter().find(|(given, _)| given == name) {
                return Some(Value::Text(value.clone()));
            }
            let variables = blocks(self.document.get("variable")?);
            let declared = variables.iter().find_map(|block| block.get(name))?;
            let declared = declared.list().first().unwrap_or(declared);
            return declared.get("default").map(|default| default.value.clone());
        }
        let name = name.strip_prefix("local.")?;
        let locals = blocks(self.document.get("locals")?);
        let local = locals.iter().find_map(|block| block.get(name))?;
        Some(self.within(local, depth + 1).value)
    }
}

/// A block that may be written once, or as a list of blocks.
pub(super) fn blocks(node: &Node) -> Vec<&Node> {
    if node.is_list() { node.list().iter().collect() } else { vec![node] }
}
