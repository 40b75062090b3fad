//! `windtunnel show SCENARIO`: the scenario with everything that is left to a default.

use std::path::PathBuf;

use serde_json::json;
use toml::{Table, Value};
use windtunnel_sim::scenario::document::{DiskFiles, Document};

use crate::error::CliError;
use crate::flags::{Format, ScenarioFlags};
use crate::vocabulary::assumptions;
use crate::{json, loading, terminal};

/// Print a scenario with every default filled in and marked
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel show configs/ess.toml
  windtunnel show configs/ess.toml --set ess.max=20
  windtunnel show --assumptions")]
pub(crate) struct Arguments {
    /// The scenario, a TOML file
    #[arg(required_unless_present = "assumptions")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    scenario_flags: ScenarioFlags,
    /// List the modelling choices that no vendor documents: key, default, and what it rests on
    #[arg(long)]
    assumptions: bool,
    /// What to print: TOML (for `table`) or JSON
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.assumptions {
        return show_assumptions(arguments.format);
    }
    let Some(path) = &arguments.scenario else { return Ok(()) };
    let loaded = loading::load(std::slice::from_ref(path), &DiskFiles, &arguments.scenario_flags)?;
    loading::show_notes(&loaded, false);
    let Some(loaded) = loaded.first() else { return Ok(()) };
    let resolved = loaded.resolved_toml();
    match arguments.format {
        Format::Table => terminal::print(&with_defaults_marked(&resolved, &loaded.document)),
        Format::Json => {
            let mut defaults = Vec::new();
            collect_defaults(&resolved, "", &loaded.document, &mut defaults);
            let document = json!({ "version": env!("CARGO_PKG_VERSION"), "scenario": resolved, "defaults": defaults });
            terminal::print_raw(&json::bytes(&document))
        }
    }
}

fn show_assumptions(format: Format) -> Result<(), CliError> {
    let all = assumptions();
    if format == Format::Json {
        let list: Vec<_> = all
            .iter()
            .map(
                |one| json!({ "key": one.key, "default": one.default, "question": one.question, "source": one.source }),
            )
            .collect();
        let document = json!({ "version": env!("CARGO_PKG_VERSION"), "assumptions": list });
        return terminal::print_raw(&json::bytes(&document));
    }
    let text: String = all
        .iter()
        .map(|one| format!("{} = {}\n    {}\n    Rests on: {}\n", one.key, one.default, one.question, one.source))
        .collect();
    terminal::print(&text)
}

/// The comment behind a value that nobody wrote.
const MARK: &str = "  # default";

/// TOML that reads back as the same scenario, each default marked.
pub(crate) fn with_defaults_marked(resolved: &Table, document: &Document) -> String {
    let mut writer = Writer { document, text: String::new() };
    writer.table(resolved, "");
    writer.text
}

struct Writer<'d> {
    document: &'d Document,
    text: String,
}

impl Writer<'_> {
    /// Keys with a value first: behind the first header they would belong to another table.
    fn table(&mut self, table: &Table, path: &str) {
        for (key, value) in table {
            let address = join(path, key);
            if self.is_inline(value, &address) {
                let mark = if self.document.is_given(&address) { "" } else { MARK };
                self.text.push_str(&format!("{} = {}{mark}\n", key_text(key), inline(value)));
            }
        }
        for (key, value) in table {
            let address = join(path, key);
            if self.is_inline(value, &address) {
                continue;
            }
            match value {
                Value::Table(inner) => {
                    self.header(&format!("[{address}]"), &address);
                    self.table(inner, &address);
                }
                Value::Array(elements) => self.array(elements, &address),
                _ => {}
            }
        }
    }

    fn array(&mut self, elements: &[Value], address: &str) {
        for (index, element) in elements.iter().enumerate() {
            let Value::Table(inner) = element else { continue };
            let one = join(address, &index.to_string());
            self.header(&format!("[[{address}]]"), &one);
            self.table_below_array(inner, &one, address);
        }
    }

    /// A table inside an array is headed by the path of the array, but addressed by its number.
    fn table_below_array(&mut self, table: &Table, address: &str, header: &str) {
        for (key, value) in table {
            let one = join(address, key);
            if self.is_inline(value, &one) || !matches!(value, Value::Table(_)) {
                let mark = if self.document.is_given(&one) { "" } else { MARK };
                self.text.push_str(&format!("{} = {}{mark}\n", key_text(key), inline(value)));
            }
        }
        for (key, value) in table {
            let one = join(address, key);
            if let (Value::Table(inner), false) = (value, self.is_inline(value, &one)) {
                let header = join(header, key);
                self.header(&format!("[{header}]"), &one);
                self.table_below_array(inner, &one, &header);
            }
        }
    }

    fn header(&mut self, header: &str, address: &str) {
        let mark = if self.document.is_given(address) { "" } else { MARK };
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.text.push_str(&format!("{gap}{header}{mark}\n"));
    }

    /// What fits on a line goes on a line, if it is wholly given or wholly default: one mark speaks for all of it.
    fn is_inline(&self, value: &Value, address: &str) -> bool {
        match value {
            Value::Table(table) => {
                let is_deep = address.contains('.');
                let mut defaults = Vec::new();
                collect_defaults(table, address, self.document, &mut defaults);
                let is_uniform = defaults.is_empty() || !self.document.is_given(address);
                is_deep && is_uniform && inline(value).len() <= 90
            }
            Value::Array(elements) => elements.is_empty() || !elements.iter().all(Value::is_table),
            _ => true,
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key_text(key) } else { format!("{path}.{}", key_text(key)) }
}

fn key_text(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_string() } else { Value::String(key.to_string()).to_string() }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Table(table) if table.is_empty() => "{}".into(),
        Value::Table(table) => {
            let entries: Vec<String> =
                table.iter().map(|(key, value)| format!("{} = {}", key_text(key), inline(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The addresses of all values that nobody wrote; of a table that nobody wrote only its own.
fn collect_defaults(table: &Table, path: &str, document: &Document, defaults: &mut Vec<String>) {
    for (key, value) in table {
        let address = join(path, key);
        match value {
            _ if !document.is_given(&address) => defaults.push(address),
            Value::Table(inner) => collect_defaults(inner, &address, document, defaults),
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Value::Table(inner) = element {
                        collect_defaults(inner, &join(&address, &index.to_string()), document, defaults);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back_and_marks_its_defaults() {
        let written = "[ess]\nmin = 3\n[[ess.rule]]\nname = \"a\"\nadjust = { change = 2 }\n";
        let document = Document::parse("x.toml", written).unwrap();
        let resolved: Table =
            "seed = 1\n[ess]\nmin = 3\nmax = 10\nremoval = [\"oldest\"]\n[[ess.rule]]\nname = \"a\"\n\
                               adjust = { change = 2 }\ncooldown = \"300s\"\n[slo]\nlatency = \"500ms\"\n\"a.b\" = 1\n"
                .parse()
                .unwrap();
        let shown = with_defaults_marked(&resolved, &document);
        assert_eq!(shown.parse::<Table>().unwrap(), resolved);
        for line in ["seed = 1  # default", "max = 10  # default", "cooldown = \"300s\"  # default", "[slo]  # default"]
        {
            assert!(shown.lines().any(|shown| shown == line), "{line} in\n{shown}");
        }
        for line in ["min = 3", "name = \"a\"", "adjust = { change = 2 }", "[[ess.rule]]"] {
            assert!(shown.lines().any(|shown| shown == line), "{line} in\n{shown}");
        }
    }
}
