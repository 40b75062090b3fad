//! Laying one document over another.

use super::exclusive::{is_distribution, make_room};
use super::tree::{Entry, Node, Table, Value, identity};

/// Lays `overlay` over `base`: tables merge deeply, arrays of tables by name, everything else is replaced.
pub(super) fn merge(base: &mut Node, overlay: Node, name: &str) {
    match (&mut base.value, overlay.value) {
        (Value::Table(under), Value::Table(over)) if !is_distribution(&over) => {
            merge_tables(under, over, name);
            base.origin = overlay.origin;
        }
        (Value::Array(under), Value::Array(over)) if is_named(under, name) && is_named(&over, name) => {
            merge_arrays(under, over, name);
            base.origin = overlay.origin;
        }
        (_, value) => *base = Node { value, origin: overlay.origin },
    }
}

fn merge_tables(base: &mut Table, overlay: Table, name: &str) {
    for entry in &overlay.entries {
        make_room(base, name, &entry.key, Some(&entry.node));
    }
    for Entry { key, key_origin, node } in overlay.entries {
        match base.position(&key) {
            Some(index) => {
                let under = &mut base.entries[index];
                under.key_origin = key_origin;
                merge(&mut under.node, node, &key);
            }
            None => base.entries.push(Entry { key, key_origin, node }),
        }
    }
}

fn merge_arrays(base: &mut Vec<Node>, overlay: Vec<Node>, name: &str) {
    for element in overlay {
        let same = base.iter_mut().find(|under| identity(name, under) == identity(name, &element));
        match same {
            Some(under) => merge(under, element, name),
            None => base.push(element),
        }
    }
}

/// An array whose elements are all tables with a name. An empty one is not: it replaces, so that `boot = []` clears.
fn is_named(elements: &[Node], name: &str) -> bool {
    !elements.is_empty() && elements.iter().all(|element| identity(name, element).is_some())
}
