//! Intrinsic functions, as far as the template alone answers them: references, parameters, mappings, conditions.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::cell::Cell;

use super::super::super::node::{Node, Value};
use super::super::super::object::REFERENCE;

/// Functions that are looked at in one template; conditions may name each other again and again.
const MOST_STEPS: u32 = 100_000;
/// Conditions that name conditions, and so on.
const DEEPEST_CONDITION: u32 = 32;
/// Longer texts than any name or ARN come from substitutions within substitutions.
const LONGEST_TEXT: usize = 1 << 16;

/// A template with the values of its parameters.
pub(super) struct Template<'t> {
    root: &'t Node,
    /// Values that were given, before the defaults.
    given: &'t [(String, String)],
    steps: Cell<u32>,
}

impl<'t> Template<'t> {
    pub(super) fn new(root: &'t Node, given: &'t [(String, String)]) -> Self {
        Template { root, given, steps: Cell::new(0) }
    }

    /// The value with its functions resolved. A reference to a resource becomes `ref:` and the logical id; so does one to a
    /// parameter whose value is not known.
    pub(super) fn resolved(&self, node: &Node) -> Node {
        if let Some(tag) = &node.tag {
            let bare = Node { tag: None, ..node.clone() };
            return self.call(tag, &bare).unwrap_or(bare);
        }
        if let [(key, argument)] = node.entries() {
            let name = key.strip_prefix("Fn::").or((key == "Ref").then_some("Ref"));
            if let Some(value) = name.and_then(|name| self.call(name, argument)) {
                return Node { span: node.span.clone(), ..value };
            }
        }
        let value = match &node.value {
            Value::List(elements) => {
                let elements = elements.iter().map(|element| self.resolved(element));
                Value::List(elements.filter(|element| element.value != Value::Null).collect())
            }
            Value::Table(entries) => {
                Value::Table(entries.iter().map(|(key, node)| (key.clone(), self.resolved(node))).collect())
            }
            plain => plain.clone(),
        };
        Node::new(value, node.span.clone(), node.source)
    }

    /// True or false as the parameters have it; nothing when that is not known.
    pub(super) fn condition(&self, name: &str) -> Option<bool> {
        self.named(name, 0)
    }

    fn named(&self, name: &str, depth: u32) -> Option<bool> {
        let condition = self.root.get("Conditions")?.get(name)?;
        (depth < DEEPEST_CONDITION).then(|| self.holds(condition, depth + 1))?
    }

    fn holds(&self, condition: &Node, depth: u32) -> Option<bool> {
        self.step()?;
        let (name, argument) = match (&condition.tag, condition.entries()) {
            (Some(tag), _) => (tag.as_str(), condition),
            (None, [(key, argument)]) => (key.strip_prefix("Fn::").unwrap_or(key), argument),
            _ => return None,
        };
        let all = || argument.list().iter().map(|part| self.holds(part, depth)).collect::<Option<Vec<bool>>>();
        match name {
            "Condition" => self.named(argument.text()?, depth),
            "Equals" => {
                let [left, right] = argument.list() else { return None };
                Some(self.known(left)? == self.known(right)?)
            }
            "Not" => all()?.first().map(|holds| !holds),
            "And" => Some(all()?.into_iter().all(|holds| holds)),
            "Or" => Some(all()?.into_iter().any(|holds| holds)),
            _ => None,
        }
    }

    fn step(&self) -> Option<()> {
        self.steps.set(self.steps.get().saturating_add(1));
        (self.steps.get() < MOST_STEPS).then_some(())
    }

    /// A function with its argument; nothing for one that the template alone does not answer.
    fn call(&self, name: &str, argument: &Node) -> Option<Node> {
        self.step()?;
        let text = |text: String| Node::new(Value::Text(text), argument.span.clone(), argument.source);
        match name {
            "Ref" => Some(self.reference(argument.text()?, argument)),
            "GetAtt" => {
                let id = match argument.list().first() {
                    Some(first) => first.text()?.to_string(),
                    None => argument.text()?.split('.').next()?.to_string(),
                };
                Some(text(format!("{REFERENCE}{id}")))
            }
            "Sub" => self.substitution(argument),
            "If" => {
                let [name, then, otherwise] = argument.list() else { return None };
                match self.condition(name.text()?) {
                    Some(true) => Some(self.resolved(then)),
                    Some(false) => Some(self.resolved(otherwise)),
                    None => Some(text(format!("{REFERENCE}If {}", name.text()?))),
                }
            }
            "FindInMap" => {
                let [map, first, second] = argument.list().get(..3)? else { return None };
                let path = [self.known(map)?, self.known(first)?, self.known(second)?];
                let found = path.iter().try_fold(self.root.get("Mappings")?, |node, key| node.get(key))?;
                Some(Node { span: argument.span.clone(), ..found.clone() })
            }
            "Join" => {
                let [between, parts] = argument.list() else { return None };
                let parts = self.resolved(parts);
                let parts = parts.list().iter().map(|part| part.text().map(embedded));
                let joined = parts.collect::<Option<Vec<_>>>()?.join(between.text()?);
                (joined.len() <= LONGEST_TEXT).then(|| text(joined))
            }
            "Select" => {
                let [index, from] = argument.list() else { return None };
                let index = usize::try_from(self.resolved(index).whole()?).ok()?;
                self.resolved(from).list().get(index).cloned()
            }
            "Split" => {
                let [at, whole] = argument.list() else { return None };
                let whole = self.known(whole)?;
                let parts = whole.split(at.text().filter(|at| !at.is_empty())?);
                let parts = parts.map(|part| text(part.to_string())).collect();
                Some(Node::new(Value::List(parts), argument.span.clone(), argument.source))
            }
            _ => None,
        }
    }

    /// What a `Ref` refers to: a parameter's value, a pseudo parameter, or a resource.
    fn reference(&self, id: &str, at: &Node) -> Node {
        let value = match (self.parameter(id), id) {
            (Some(value), _) => value,
            (None, "AWS::NoValue") => Value::Null,
            (None, _) if id.starts_with("AWS::") => Value::Text(format!("${{{id}}}")),
            (None, _) => Value::Text(format!("{REFERENCE}{id}")),
        };
        Node::new(value, at.span.clone(), at.source)
    }

    /// A parameter's value: the one that was given, or its default.
    fn parameter(&self, id: &str) -> Option<Value> {
        if let Some((_, value)) = self.given.iter().find(|(name, _)| name == id) {
            return Some(Value::Text(value.clone()));
        }
        let parameter = self.root.get("Parameters")?.get(id)?;
        // The default of such a parameter is the name under which the value is kept elsewhere.
        let kind = parameter.get("Type").and_then(Node::text).unwrap_or_default();
        let default = parameter.get("Default").filter(|_| !kind.starts_with("AWS::SSM::Parameter"))?;
        Some(match (default.text(), kind) {
            (Some(list), "CommaDelimitedList") => {
                let parts = list.split(',').map(|part| Value::Text(part.trim().to_string()));
                let placed = |value| Node::new(value, default.span.clone(), default.source);
                Value::List(parts.map(placed).collect())
            }
            _ => default.value.clone(),
        })
    }

    /// The text of a value, when all of it is known.
    fn known(&self, node: &Node) -> Option<String> {
        let node = self.resolved(node);
        let text = node.text()?;
        (!text.starts_with(REFERENCE) && !text.contains("${")).then(|| text.to_string())
    }

    /// `Sub`: a text with `${Name}` in it, or such a text and a table of further names.
    fn substitution(&self, argument: &Node) -> Option<Node> {
        let text = |text: String| Node::new(Value::Text(text), argument.span.clone(), argument.source);
        let pattern = argument.list().first().unwrap_or(argument).text()?;
        let own = argument.list().get(1).map(|names| self.resolved(names));
        let value = |id: &str| match own.as_ref().and_then(|own| own.get(id)) {
            Some(value) => value.clone(),
            None => self.reference(id.split('.').next().unwrap_or(id), argument),
        };
        let whole = pattern.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(id) = whole.filter(|id| !id.contains("${") && !id.starts_with('!')) {
            return Some(value(id));
        }
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((id, tail)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            match (id.strip_prefix('!'), value(id).text()) {
                (Some(literal), _) => out.push_str(&format!("${{{literal}}}")),
                (None, Some(known)) if !known.starts_with(REFERENCE) => out.push_str(known),
                (None, _) => out.push_str(&format!("${{{id}}}")),
            }
            if out.len() > LONGEST_TEXT {
                return None;
            }
            rest = tail;
        }
        Some(text(out + rest))
    }
}

/// A text within a longer one: a reference as `Sub` would write it.
fn embedded(text: &str) -> String {
    text.strip_prefix(REFERENCE).map_or_else(|| text.to_string(), |id| format!("${{{id}}}"))
}
