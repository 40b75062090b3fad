//! States and plans as `terraform show -json` prints them. In a plan, ARNs are not known yet: the configuration says what
//! they refer to, through the modules' variables and outputs.
//! <https://developer.hashicorp.com/terraform/internals/json-format>

use super::super::super::node::{Node, Value};
use super::super::super::object::REFERENCE;
use super::Found;

/// A module: its configuration, and how the rest of the document calls what is in it.
struct Scope<'t> {
    config: Option<&'t Node>,
    /// `module.web.` before the addresses of its resources.
    prefix: String,
    /// The module that calls this one, and the call.
    caller: Option<(&'t Scope<'t>, Option<&'t Node>)>,
}

/// References that lead to references, and so on.
const DEEPEST: u32 = 16;

impl Scope<'_> {
    /// The symbols of the resources that a reference leads to.
    fn symbols(&self, reference: &str, depth: u32) -> Vec<String> {
        let parts: Vec<&str> = reference.split('.').collect();
        let through = |list: Option<&Node>, scope: &Scope<'_>| {
            let list = list.filter(|_| depth < DEEPEST).map(Node::list).unwrap_or_default();
            let named = list.iter().filter_map(Node::text);
            named.flat_map(|inner| scope.symbols(inner, depth + 1)).collect::<Vec<_>>()
        };
        match parts.as_slice() {
            ["var", name, ..] => match self.caller {
                Some((caller, call)) => {
                    through(call.and_then(|call| call.at(&format!("expressions/{name}/references"))), caller)
                }
                None => Vec::new(),
            },
            ["module", name, output, ..] => {
                let name = name.split('[').next().unwrap_or(name);
                let config = self.config.and_then(|config| config.at(&format!("module_calls/{name}/module")));
                let output = output.split('[').next().unwrap_or(output);
                let inner = Scope { config, prefix: format!("{}module.{name}.", self.prefix), caller: None };
                through(config.and_then(|config| config.at(&format!("outputs/{output}/expression/references"))), &inner)
            }
            ["local" | "each" | "count" | "path" | "data" | "module", ..] => Vec::new(),
            [kind, name, ..] => vec![format!("{}{kind}.{}", self.prefix, name.split('[').next().unwrap_or(name))],
            _ => Vec::new(),
        }
    }
}

/// Takes the resources of the root module and of all modules in it.
pub(super) fn take(root: &Node, document: &Node, found: &mut Found) {
    let scope = Scope { config: document.at("configuration/root_module"), prefix: String::new(), caller: None };
    module(root, &scope, found);
}

fn module(node: &Node, scope: &Scope<'_>, found: &mut Found) {
    for resource in node.get("resources").map(Node::list).unwrap_or_default() {
        let of = |key: &str| resource.get(key).and_then(Node::text).unwrap_or_default();
        let Some(values) = resource.get("values") else { continue };
        let mut values = values.clone();
        let address = without_indices(of("address"));
        let local = address.strip_prefix(scope.prefix.as_str()).unwrap_or(&address);
        planned(&mut values, local, scope);
        super::add(of("type"), &address, &values, found);
    }
    for child in node.get("child_modules").map(Node::list).unwrap_or_default() {
        let address = without_indices(child.get("address").and_then(Node::text).unwrap_or_default());
        let name = address.rsplit("module.").next().unwrap_or_default();
        let call = scope.config.and_then(|config| config.at(&format!("module_calls/{name}")));
        let config = call.and_then(|call| call.get("module"));
        module(child, &Scope { config, prefix: format!("{address}."), caller: Some((scope, call)) }, found);
    }
}

/// Puts in what is not known until the plan is carried out, as references.
fn planned(values: &mut Node, local: &str, scope: &Scope<'_>) {
    const LISTS: [&str; 3] = ["alarm_actions", "ok_actions", "insufficient_data_actions"];
    const SINGLE: [&str; 2] = ["scaling_group_id", "autoscaling_group_name"];
    let resources = scope.config.and_then(|config| config.get("resources")).map(Node::list).unwrap_or_default();
    let configured = resources.iter().find(|resource| resource.get("address").and_then(Node::text) == Some(local));
    for key in LISTS.iter().chain(&SINGLE) {
        if values.get(key).is_some_and(|node| !node.is_list() || !node.list().is_empty()) {
            continue;
        }
        let Some(list) = configured.and_then(|resource| resource.at(&format!("expressions/{key}/references"))) else {
            continue;
        };
        let mut seen: Vec<String> = Vec::new();
        for symbol in list.list().iter().filter_map(Node::text).flat_map(|reference| scope.symbols(reference, 0)) {
            if !seen.contains(&symbol) {
                seen.push(symbol);
            }
        }
        let refer =
            |symbol: &String| Node::new(Value::Text(format!("{REFERENCE}{symbol}")), list.span.clone(), list.source);
        let value = match seen.first() {
            _ if LISTS.contains(key) => {
                Node::new(Value::List(seen.iter().map(refer).collect()), list.span.clone(), list.source)
            }
            Some(first) => refer(first),
            None => continue,
        };
        if let Value::Table(entries) = &mut values.value {
            entries.retain(|(name, _)| name != key);
            entries.push(((*key).to_string(), value));
        }
    }
}

/// An index as in `x[0]` or `x["a"]` tells instances apart; references do without it.
fn without_indices(address: &str) -> String {
    let mut out = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        rest = after.split_once(']').map_or("", |(_, tail)| tail);
    }
    out + rest
}
