//! Series of Prometheus as rows of a table: `metric,labels,timestamp,value`, in any order of columns. Every metric with its
//! labels is a series; names tell counters, as in the JSON.

use std::collections::BTreeMap;

use super::super::ImportOptions;
use super::super::cells::{Cells, column, header};
use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::series::{self, Series};
use super::super::stamp::Stamps;
use super::csv::delimiter;
use super::prometheus::{kind_of, point, values_of};

pub(super) struct PrometheusCsv;

/// Columns by the names that exporters give them.
const METRIC: [&str; 3] = ["metric", "__name__", "metric_name"];
const TIME: [&str; 3] = ["timestamp", "time", "ts"];
const VALUE: [&str; 1] = ["value"];

fn find(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted.iter().find_map(|name| column(names, name))
}

/// Where metric, time and value stand.
fn columns(sample: &Sample) -> Option<[usize; 3]> {
    let names = header(sample.first(), delimiter(sample.first()));
    Some([find(&names, &METRIC)?, find(&names, &TIME)?, find(&names, &VALUE)?])
}

impl Importer for PrometheusCsv {
    fn name(&self) -> &'static str {
        "prometheus-csv"
    }

    fn about(&self) -> &'static str {
        "CSV of Prometheus's series: columns metric, timestamp, value, and labels"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        columns(sample).is_some()
    }

    fn reader(&self, sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let columns = columns(sample)
            .ok_or_else(|| Damage::new("its header has not all of the columns metric, timestamp and value"))?;
        Ok(Reader::Lines(Box::new(Rows {
            delimiter: delimiter(sample.first()),
            columns,
            options: options.clone(),
            cells: Cells::default(),
            is_header: true,
            series: BTreeMap::new(),
            left_out: 0,
            notes: Vec::new(),
        })))
    }
}

struct Rows {
    delimiter: u8,
    columns: [usize; 3],
    options: ImportOptions,
    cells: Cells,
    is_header: bool,
    series: BTreeMap<String, Series>,
    left_out: u64,
    notes: Vec<String>,
}

impl LineReader for Rows {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, _to: &mut Collector) -> Result<(), Damage> {
        if std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        self.cells.split(line, self.delimiter);
        let [metric, time, value] = self.columns;
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        let metric_name = text(self.cells.needed(line, metric, "metric")?);
        let at = stamps.any(self.cells.needed(line, time, "time")?)?;
        let value_cell = self.cells.needed(line, value, "value")?;
        // What is neither time nor value tells series of one metric apart.
        let labels: Vec<String> = (0..self.cells.len())
            .filter(|column| !self.columns.contains(column))
            .filter_map(|column| self.cells.get(line, column).map(text))
            .filter(|label| !label.is_empty())
            .collect();
        let name = if labels.is_empty() { metric_name.clone() } else { format!("{metric_name} {}", labels.join(",")) };
        let kind = kind_of(&metric_name);
        let series = self.series.entry(name.clone()).or_insert_with(|| Series {
            name,
            values: Some(values_of(&kind)),
            kind,
            ..Series::default()
        });
        point(series, at, value_cell, &mut self.left_out)
    }

    fn finish(&mut self, to: &mut Collector) -> Result<(), Damage> {
        let found = std::mem::take(&mut self.series).into_values().collect();
        self.notes = series::take(found, &self.options, to)?;
        if self.left_out > 0 {
            self.notes.push(number::left_out_note(self.left_out));
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
