//! The tables of a sweep: one row per run, and a tidy summary with one row per point and figure. Free of clocks, paths
//! and threads: equal plans give equal bytes.

use serde_json::{Map, Value, json};

use super::execute::{Records, Task, id_of};
use super::journal::Record;
use super::plan::Plan;
use crate::outcome::Summary;
use crate::outcome::metric::DEFINITIONS;

/// The results of a plan.
#[derive(Clone, Debug)]
pub struct Results<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What came of its runs.
    pub records: &'a Records,
    /// Replications of each point; the most that any point has when they differ.
    pub replications: u32,
}

/// The figure of one run.
fn figure(record: &Record, metric: usize) -> Option<f64> {
    record.metrics.get(metric).copied().flatten()
}

/// The place of a figure in a record.
pub fn metric_index(name: &str) -> Option<usize> {
    DEFINITIONS.iter().position(|metric| metric.name == name)
}

impl Results<'_> {
    /// A figure of a point over its replications, as far as there are any; nothing when one of them has none.
    pub fn samples(&self, point: usize, metric: &str) -> Option<Vec<f64>> {
        let index = metric_index(metric)?;
        let runs = (0..self.replications).filter_map(|replication| self.records.get(Task { point, replication }));
        let samples: Option<Vec<f64>> = runs.map(|record| figure(record, index)).collect();
        samples.filter(|samples| !samples.is_empty())
    }

    /// Mean and 95 % interval of a figure of a point.
    pub fn summary(&self, point: usize, metric: &str) -> Option<Summary> {
        self.samples(point, metric).map(|samples| Summary::of(&samples))
    }

    /// Runs that failed, in order.
    pub fn failures(&self) -> Vec<(Task, &str)> {
        self.records.iter().filter_map(|(task, record)| Some((task, record.error.as_deref()?))).collect()
    }

    /// `results.csv`: one row per run. A run that failed has an error and no figures.
    pub fn runs_csv(&self) -> Vec<u8> {
        let mut table = Table::new();
        let names = DEFINITIONS.iter().map(|metric| metric.name.to_string());
        let fixed = ["id", "point", "replication", "seed", "fidelity"].map(str::to_string);
        table.row(fixed.into_iter().chain(self.plan.columns.clone()).chain(names).chain(["error".to_string()]));
        for (task, record) in self.records.iter() {
            let point = &self.plan.points[task.point];
            let seed = self.plan.seed.wrapping_add(u64::from(task.replication));
            let fixed = [
                record.id.clone(),
                point.digest.clone(),
                task.replication.to_string(),
                seed.to_string(),
                self.plan.fidelity.clone(),
            ];
            let figures = (0..DEFINITIONS.len()).map(|metric| number(figure(record, metric)));
            let error = record.error.clone().unwrap_or_default();
            table.row(fixed.into_iter().chain(point.cells.clone()).chain(figures).chain([error]));
        }
        table.bytes()
    }

    /// `results.jsonl`: the same, one JSON object per line; what varies is below `parameters`.
    pub fn runs_jsonl(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        for (task, record) in self.records.iter() {
            let point = &self.plan.points[task.point];
            let metrics: Map<String, Value> = DEFINITIONS
                .iter()
                .enumerate()
                .map(|(index, metric)| (metric.name.to_string(), json!(figure(record, index))))
                .collect();
            let line = json!({
                "id": record.id,
                "point": point.digest,
                "replication": task.replication,
                "seed": self.plan.seed.wrapping_add(u64::from(task.replication)),
                "fidelity": self.plan.fidelity,
                "parameters": self.parameters(task.point),
                "metrics": if record.error.is_some() { Value::Null } else { Value::Object(metrics) },
                "error": record.error,
            });
            lines.extend_from_slice(line.to_string().as_bytes());
            lines.push(b'\n');
        }
        lines
    }

    /// `summary.csv`: one row per point and figure, with mean, 95 % interval and the number of replications. Without
    /// replications `low` and `high` are empty: one run has no interval.
    pub fn summary_csv(&self) -> Vec<u8> {
        let mut table = Table::new();
        let figures = ["metric", "unit", "mean", "low", "high", "replications"].map(str::to_string);
        table.row(["point".to_string()].into_iter().chain(self.plan.columns.clone()).chain(figures));
        for (index, point) in self.plan.points.iter().enumerate() {
            for metric in DEFINITIONS {
                let Some(samples) = self.samples(index, metric.name) else { continue };
                let summary = Summary::of(&samples);
                let interval = (samples.len() > 1).then_some((summary.low, summary.high));
                let figures = [
                    metric.name.to_string(),
                    metric.unit.to_string(),
                    number(Some(summary.mean)),
                    number(interval.map(|(low, _)| low)),
                    number(interval.map(|(_, high)| high)),
                    samples.len().to_string(),
                ];
                table.row([point.digest.clone()].into_iter().chain(point.cells.clone()).chain(figures));
            }
        }
        table.bytes()
    }

    /// `frontier.csv`: one row per point, with mean and 95 % interval of the figures that the sweep weighs.
    pub fn points_csv(&self, points: &[usize]) -> Vec<u8> {
        let mut table = Table::new();
        let minimize = &self.plan.sweep.minimize;
        let figures = minimize.iter().flat_map(|metric| ["", "_low", "_high"].map(|end| format!("{metric}{end}")));
        let fixed = ["point", "policy"].map(str::to_string);
        table.row(fixed.into_iter().chain(self.plan.columns.clone()).chain(figures));
        for &index in points {
            let point = &self.plan.points[index];
            let figures = minimize.iter().flat_map(|metric| {
                let summary = self.summary(index, metric);
                let interval = summary.filter(|_| self.replications > 1);
                [
                    number(summary.map(|summary| summary.mean)),
                    number(interval.map(|summary| summary.low)),
                    number(interval.map(|summary| summary.high)),
                ]
            });
            let fixed = [point.digest.clone(), point.policy.clone()];
            table.row(fixed.into_iter().chain(point.cells.clone()).chain(figures));
        }
        table.bytes()
    }

    /// What tells a point apart, by column.
    pub fn parameters(&self, point: usize) -> Map<String, Value> {
        let cells = self.plan.columns.iter().zip(&self.plan.points[point].cells);
        cells.filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| (column.clone(), cell_value(cell))).collect()
    }

    /// The ids of runs that are missing, in order.
    pub fn missing(&self) -> Vec<String> {
        super::execute::all_tasks(self.plan, self.replications)
            .into_iter()
            .filter(|&task| self.records.get(task).is_none())
            .map(|task| id_of(self.plan, task))
            .collect()
    }
}

/// A cell as JSON: a number where it is one.
fn cell_value(cell: &str) -> Value {
    cell.parse::<i64>()
        .map(Value::from)
        .or_else(|_| cell.parse::<f64>().map(Value::from))
        .unwrap_or_else(|_| Value::from(cell))
}

/// The shortest text that reads back as the same number; empty for none.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
}

struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new() -> Table {
        Table(csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new()))
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) {
        // Writing into memory does not fail, and all rows have the columns of the first.
        let _ = self.0.write_record(cells.map(String::into_bytes));
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}
