//! A command line of `aliyun`, `tccli` or `aws` as the call it makes: the API's fields with their values.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::super::node::{Node, Value};
use super::super::super::object::REFERENCE;
use super::words::{Word, file_name};

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// `aliyun`, `tccli` or `aws`.
    pub(super) tool: String,
    /// Such as `ess` or `autoscaling`.
    pub(super) service: String,
    /// Such as `CreateScalingRule` or `put-scaling-policy`.
    pub(super) action: String,
    /// The whole command.
    pub(super) span: Range<usize>,
    /// Options as they were written, with their values.
    pub(super) options: Vec<CommandOption>,
    /// The same as a table of the API's fields.
    pub(super) node: Node,
    /// The variable that takes its result: `ARN=$(aws ...)`.
    pub(super) assigned_to: Option<String>,
}

/// An option with its values.
#[derive(Clone, Debug)]
pub(super) struct CommandOption {
    /// Without dashes.
    pub(super) name: String,
    pub(super) values: Vec<String>,
    /// The option and its values.
    pub(super) span: Range<usize>,
    /// True when a value begins with `-` and stands apart from its option.
    pub(super) has_loose_dash: bool,
}

/// Options of the tools themselves.
const OF_THE_TOOL: [&str; 15] = [
    "region",
    "profile",
    "output",
    "query",
    "endpoint",
    "endpoint-url",
    "RegionId",
    "force",
    "no-cli-pager",
    "version",
    "secretId",
    "secretKey",
    "cli-unfold-argument",
    "generate-cli-skeleton",
    "dry-run",
];

/// Options before the service that take no value.
const FLAGS: [&str; 6] =
    ["--debug", "--no-verify-ssl", "--no-paginate", "--no-cli-pager", "--no-sign-request", "--force"];

/// No API nests its parameters deeper: `--a.b.c` with more parts is none of them.
const DEEPEST_OPTION: usize = 16;

/// Files that the script itself wrote, by name.
type Files = BTreeMap<String, String>;

/// Reads a simple command; nothing for one of another tool.
pub(super) fn parse(words: &[Word], files: &Files, source: usize) -> Option<Command> {
    // `VAR=$(` is handed over as a word of its own before the command whose result the variable takes, see `words`.
    let first = words.iter().position(|word| ["aliyun", "tccli", "aws"].contains(&word.text.as_str()))?;
    let assigned_to = words[..first].iter().rev().find_map(|word| word.text.strip_suffix("=$(")).map(str::to_string);
    let words = &words[first..];
    let (tool, mut words) = words.split_first()?;
    while let [option, rest @ ..] = words
        && option.text.starts_with("--")
    {
        let is_alone = option.text.contains('=') || FLAGS.contains(&option.text.as_str());
        words = if is_alone { rest } else { rest.get(1..)? };
    }
    let [service, action, rest @ ..] = words else { return None };
    if service.text.starts_with('-') || action.text.starts_with('-') {
        return None;
    }
    let options = options(rest, &tool.text);
    let span = tool.span.start..words.last().map_or(tool.span.end, |word| word.span.end);
    let node = fields(&tool.text, &options, span.clone(), &Context { files, source });
    Some(Command {
        tool: tool.text.clone(),
        service: service.text.clone(),
        action: action.text.clone(),
        span,
        options,
        node,
        assigned_to,
    })
}

fn options(words: &[Word], tool: &str) -> Vec<CommandOption> {
    let mut options: Vec<CommandOption> = Vec::new();
    for word in words {
        let name = word
            .text
            .strip_prefix("--")
            .filter(|name| !word.quoted && name.starts_with(|c: char| c.is_ascii_alphabetic()));
        // `--key='value'` has quotes, but not at its beginning.
        let pair = word.text.strip_prefix("--").and_then(|rest| rest.split_once('='));
        let pair = pair.filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)));
        if let Some((name, value)) = pair {
            let (name, values) = (name.to_string(), vec![value.to_string()]);
            options.push(CommandOption { name, values, span: word.span.clone(), has_loose_dash: false });
        } else if let Some(name) = name {
            let name = name.to_string();
            options.push(CommandOption { name, values: Vec::new(), span: word.span.clone(), has_loose_dash: false });
        } else if let Some(option) = options.last_mut() {
            option.has_loose_dash |= word.text.starts_with('-') && tool == "aliyun";
            option.values.push(word.text.clone());
            option.span.end = word.span.end;
        }
    }
    options
}

/// The call's fields by the API's names.
fn fields(tool: &str, options: &[CommandOption], span: Range<usize>, from: &Context<'_>) -> Node {
    let mut table = Node::new(Value::Table(Vec::new()), span, from.source);
    let is_taken = |option: &&CommandOption| {
        !OF_THE_TOOL.contains(&option.name.as_str()) && option.name.split('.').count() <= DEEPEST_OPTION
    };
    for option in options.iter().filter(is_taken) {
        let (name, value) = if tool == "aws" { aws(option, from) } else { (option.name.clone(), plain(option, from)) };
        match (tool, &mut table.value) {
            ("aliyun", _) => insert(&mut table, &name, value),
            // The whole input of a call; options beside it come first.
            (_, Value::Table(entries)) if option.name == "cli-input-json" => {
                entries.extend(value.entries().iter().cloned());
            }
            ("tccli", _) if name.contains('.') => unfold(&mut table, &name, &value),
            (_, Value::Table(entries)) => entries.push((name, value)),
            _ => {}
        }
    }
    table
}

/// Where values come from: files that they name, and the script itself.
struct Context<'f> {
    files: &'f Files,
    source: usize,
}

/// `--MetricAlarm.Period 300`, `--Filters.0.Name x`: tables and lists, counted from 0.
fn unfold(table: &mut Node, name: &str, value: &Node) {
    let mut at = table;
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let next_is_index = parts.peek().is_some_and(|next| next.parse::<usize>().is_ok());
        let empty = if next_is_index { Value::List(Vec::new()) } else { Value::Table(Vec::new()) };
        let made = if is_last { value.clone() } else { Node::new(empty, value.span.clone(), value.source) };
        at = match (&mut at.value, part.parse::<usize>()) {
            (Value::List(elements), Ok(index)) => {
                // A gap, or a number beyond any API's limits, adds at the end.
                let place = index.min(elements.len());
                if place == elements.len() {
                    elements.push(made);
                }
                &mut elements[place]
            }
            (Value::Table(entries), _) => {
                let place = entries.iter().position(|(name, _)| name == part).unwrap_or(entries.len());
                if place == entries.len() {
                    entries.push((part.to_string(), made));
                }
                &mut entries[place].1
            }
            _ => return,
        };
    }
}

/// The value of an option of `aliyun` or `tccli`: JSON where it is JSON.
fn plain(option: &CommandOption, from: &Context<'_>) -> Node {
    let text = option.values.first().map_or("", String::as_str);
    value(text, option, from)
}

fn value(text: &str, option: &CommandOption, from: &Context<'_>) -> Node {
    let source = from.source;
    let placed = |value| Node::new(value, option.span.clone(), source);
    let file = text.strip_prefix("file://").and_then(|path| from.files.get(file_name(path)));
    let text = file.map_or(text, |content| content.trim());
    if text.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(text)
    {
        return from_json(&json, &option.span, source);
    }
    match variable(text) {
        Some(name) => placed(Value::Text(format!("{REFERENCE}{name}"))),
        None => placed(Value::Text(text.to_string())),
    }
}

/// `$NAME` or `${NAME}`, and nothing else.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn from_json(json: &serde_json::Value, span: &Range<usize>, source: usize) -> Node {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => {
            Value::Text(variable(text).map_or_else(|| text.clone(), |name| format!("{REFERENCE}{name}")))
        }
        Json::Array(elements) => Value::List(elements.iter().map(|element| from_json(element, span, source)).collect()),
        Json::Object(entries) => {
            Value::Table(entries.iter().map(|(key, value)| (key.clone(), from_json(value, span, source))).collect())
        }
    };
    Node::new(value, span.clone(), source)
}

/// `--AlarmAction.1 x` and `--StepAdjustment.1.ScalingAdjustment 2` are lists, `--Escalations.Critical.Times 3` a table.
fn insert(table: &mut Node, name: &str, value: Node) {
    let mut parts = name.split('.').peekable();
    let Some(first) = parts.next() else { return };
    let is_list = parts.peek().is_some_and(|next| next.parse::<usize>().is_ok());
    if !is_list {
        put(table, &mut std::iter::once(first.to_string()).chain(parts.map(str::to_string)), value);
        return;
    }
    let rest: Vec<String> = parts.skip(1).map(str::to_string).collect();
    let index = name.split('.').nth(1).and_then(|index| index.parse::<usize>().ok()).unwrap_or(1);
    let list = child(table, &plural(first), Value::List(Vec::new()), &value);
    let Value::List(elements) = &mut list.value else { return };
    // Numbers begin with 1; a gap, or a number beyond any API's limits, adds at the end.
    let place = index.saturating_sub(1).min(elements.len());
    if rest.is_empty() {
        elements.push(value);
        return;
    }
    if place >= elements.len() {
        elements.push(Node::new(Value::Table(Vec::new()), value.span.clone(), value.source));
    }
    let place = place.min(elements.len().saturating_sub(1));
    put(&mut elements[place], &mut rest.into_iter(), value);
}

fn put(table: &mut Node, path: &mut dyn Iterator<Item = String>, value: Node) {
    let Some(key) = path.next() else { return };
    let rest: Vec<String> = path.collect();
    if rest.is_empty() {
        if let Value::Table(entries) = &mut table.value {
            entries.push((key, value));
        }
        return;
    }
    let inner = child(table, &key, Value::Table(Vec::new()), &value);
    put(inner, &mut rest.into_iter(), value);
}

/// The field of that name, made where there is none.
fn child<'n>(table: &'n mut Node, key: &str, empty: Value, like: &Node) -> &'n mut Node {
    if !table.is_table() {
        table.value = Value::Table(Vec::new());
    }
    let made = Node::new(empty, like.span.clone(), like.source);
    let Value::Table(entries) = &mut table.value else { unreachable!("it has just been made a table") };
    let place = match entries.iter().position(|(name, _)| name == key) {
        Some(place) => place,
        None => {
            entries.push((key.to_string(), made));
            entries.len() - 1
        }
    };
    &mut entries[place].1
}

/// The 2014 API's parameters are singular where its answers are plural.
fn plural(name: &str) -> String {
    match name {
        "RemovalPolicy" => "RemovalPolicies".to_string(),
        "Process" => "Processes".to_string(),
        name if name.ends_with('s') => name.to_string(),
        name => format!("{name}s"),
    }
}

/// An option of `aws`: kebab-case, several values, shorthand.
fn aws(option: &CommandOption, from: &Context<'_>) -> (String, Node) {
    let placed = |value| Node::new(value, option.span.clone(), from.source);
    if option.values.is_empty() {
        let (name, truth) = match option.name.strip_prefix("no-") {
            Some(name) => (name, false),
            None => (option.name.as_str(), true),
        };
        return (pascal(name), placed(Value::Bool(truth)));
    }
    let name = pascal(&option.name);
    let is_list = [
        "AlarmActions",
        "OkActions",
        "InsufficientDataActions",
        "Dimensions",
        "StepAdjustments",
        "TerminationPolicies",
        "ScalingProcesses",
        "LifecycleHookSpecificationList",
    ];
    if !is_list.contains(&name.as_str()) {
        let text = option.values.join(" ");
        let is_structure = name.ends_with("Configuration") || name.ends_with("Policy");
        let shorthand = is_structure && text.contains('=') && !text.starts_with('{');
        let node = if shorthand { pairs(&text, option, from) } else { value(&text, option, from) };
        return (name, node);
    }
    let mut elements = Vec::new();
    for text in &option.values {
        let node = if text.contains('=') && !text.starts_with(['[', '{']) {
            pairs(text, option, from)
        } else {
            value(text, option, from)
        };
        match node.value {
            Value::List(inner) => elements.extend(inner),
            _ => elements.push(node),
        }
    }
    (name, placed(Value::List(elements)))
}

/// Shorthand: `Name=AutoScalingGroupName,Value=web`.
fn pairs(text: &str, option: &CommandOption, from: &Context<'_>) -> Node {
    let entries = text.split(',').filter_map(|pair| pair.split_once('='));
    let entries = entries.map(|(key, text)| (key.to_string(), value(text, option, from))).collect();
    Node::new(Value::Table(entries), option.span.clone(), from.source)
}

fn pascal(kebab: &str) -> String {
    super::super::terraform::pascal(&kebab.replace('-', "_"))
}
