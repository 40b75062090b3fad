//! Addresses such as `ess.alarm.cpu-low.period`: how a path names a value in the tree.

use super::tree::{Node, Value, identity};

/// Splits an address at its dots. A segment with a dot of its own is quoted; `list[2]` is the same as `list.2`.
pub(crate) fn segments(address: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = address;
    loop {
        let (segment, after) = next_segment(rest).ok_or_else(|| format!("`{address}` has an empty part"))?;
        parts.push(segment);
        rest = match after.strip_prefix(['.', '[']) {
            Some(next) => next,
            None if after.is_empty() => return Ok(parts),
            None => return Err(format!("`{address}` is not an address such as `instance.cores`")),
        };
    }
}

/// The first segment and what follows it, from its separator on.
fn next_segment(text: &str) -> Option<(String, &str)> {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            let (segment, after) = quoted.split_once(quote)?;
            return Some((segment.to_string(), after));
        }
    }
    let end = text.find(['.', '[', ']']).unwrap_or(text.len());
    let segment = text[..end].trim();
    let after = text[end..].strip_prefix(']').unwrap_or(&text[end..]);
    (!segment.is_empty()).then(|| (segment.to_string(), after))
}

/// One segment as it is written in an address: quoted where it has a dot of its own.
pub(super) fn written(segment: &str) -> String {
    if segment.contains(['.', '[', ']']) { format!("\"{segment}\"") } else { segment.to_string() }
}

/// Segments put together again.
pub(super) fn joined<'s>(segments: impl IntoIterator<Item = &'s str>) -> String {
    segments.into_iter().map(written).collect::<Vec<_>>().join(".")
}

/// The element of the array called `array` that a segment means: by its name, else by its number.
pub(super) fn element_index(array: &str, elements: &[Node], segment: &str) -> Option<usize> {
    let named = elements.iter().position(|element| identity(array, element) == Some(segment));
    named.or_else(|| segment.parse().ok().filter(|&index: &usize| index < elements.len()))
}

/// How far an address leads: the deepest node that exists, and how many segments lead to it.
pub(super) fn follow<'n>(root: &'n Node, segments: &[String]) -> (&'n Node, usize) {
    let mut node = root;
    let mut name = "";
    for (depth, segment) in segments.iter().enumerate() {
        let next = match &node.value {
            Value::Table(table) => table.get(segment),
            Value::Array(elements) => element_index(name, elements, segment).map(|index| &elements[index]),
            _ => None,
        };
        let Some(next) = next else { return (node, depth) };
        // An element of an array keeps the array's name: `boot.provision` is still a `boot`.
        if matches!(node.value, Value::Table(_)) {
            name = segment;
        }
        node = next;
    }
    (node, segments.len())
}

/// The node at an address, when it was written.
pub(super) fn find<'n>(root: &'n Node, address: &str) -> Option<&'n Node> {
    let segments = segments(address).ok()?;
    let (node, depth) = follow(root, &segments);
    (depth == segments.len()).then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_split_at_dots_outside_quotes() {
        assert_eq!(segments("ess.rule.a-b.cooldown").unwrap(), ["ess", "rule", "a-b", "cooldown"]);
        assert_eq!(segments("ess.rule.\"v1.2\".cooldown").unwrap(), ["ess", "rule", "v1.2", "cooldown"]);
        assert_eq!(segments("ess.rule[0].cooldown").unwrap(), ["ess", "rule", "0", "cooldown"]);
        for wrong in ["", ".", "a..b", "a.", "\"a", "\"a\"b"] {
            assert!(segments(wrong).is_err(), "{wrong}");
        }
    }
}
