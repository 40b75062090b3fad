//! `windtunnel metrics`: every name with its unit and definition.

use anstyle::Style;
use serde_json::{Value, json};
use windtunnel_sim::outcome::metric::DEFINITIONS;

use crate::error::CliError;
use crate::flags::Format;
use crate::text_table::{Cell, render_left};
use crate::vocabulary::policy_metrics;
use crate::{json, terminal};

/// List the metrics of results, or those that a policy may name
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  windtunnel metrics\n  windtunnel metrics --policy\n  windtunnel metrics --format json"
)]
pub(crate) struct Arguments {
    /// List the names that alarms and policies of each controller may use
    #[arg(long)]
    policy: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let (header, rows) = if arguments.policy { policy_rows() } else { result_rows() };
    match arguments.format {
        Format::Json => {
            let object = |row: &Vec<&str>| -> Value {
                Value::Object(header.iter().zip(row).map(|(key, value)| ((*key).to_string(), json!(value))).collect())
            };
            let metrics: Vec<Value> = rows.iter().map(object).collect();
            terminal::print_raw(&json::bytes(&json!({ "version": env!("CARGO_PKG_VERSION"), "metrics": metrics })))
        }
        Format::Table => {
            let title = header.iter().map(|title| Cell::new(title).styled(Style::new().bold())).collect();
            let cells = rows.iter().map(|row| row.iter().map(Cell::new).collect());
            terminal::print(&render_left(&std::iter::once(title).chain(cells).collect::<Vec<_>>()))
        }
    }
}

type Rows = (&'static [&'static str], Vec<Vec<&'static str>>);

fn result_rows() -> Rows {
    let rows = DEFINITIONS.iter().map(|metric| vec![metric.name, metric.unit, metric.definition]).collect();
    (&["name", "unit", "definition"], rows)
}

fn policy_rows() -> Rows {
    let row =
        |metric: crate::vocabulary::PolicyMetric| vec![metric.controller, metric.name, metric.unit, metric.definition];
    (&["controller", "name", "unit", "definition"], policy_metrics().into_iter().map(row).collect())
}
