//! Answers of Prometheus to a range query, as JSON and as promtool prints them.
//! <https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries>
//!
//! A metric whose name ends in `_total` or `_count` is a counter: requests are its increases. Everything else is taken for
//! a rate, as `rate(...)` yields. `NaN` is no value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{DocumentReader, Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::series::{self, Series};
use super::super::stamp::Stamps;
use super::super::{ImportOptions, ImportedValues};

pub(super) struct Prometheus;
pub(super) struct Promtool;

impl Importer for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn about(&self) -> &'static str {
        "JSON of a Prometheus range query; also bare lists of [time, \"value\"] by name"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.opening() == Some(b'{')
            && (sample.mentions("\"resultType\"") || (sample.mentions("\"data\"") && sample.mentions("[[")))
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Document(Box::new(Document(options.clone()))))
    }
}

struct Document(ImportOptions);

impl DocumentReader for Document {
    fn document(&mut self, text: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let document = series::json(text)?;
        if document.get("status").is_some_and(|status| status == "error") {
            let error = document.get("error").and_then(Value::as_str).unwrap_or("it does not say which");
            return Err(Damage::new(format!("Prometheus answered with an error: {error}")));
        }
        let data = document.get("data").unwrap_or(&document);
        if let Some(kind) = data.get("resultType").and_then(Value::as_str).filter(|kind| *kind != "matrix") {
            return Err(Damage::new(format!(
                "its result is a {kind}, one value per series; ask /api/v1/query_range instead of /api/v1/query"
            )));
        }
        let mut left_out = 0;
        let mut found = Vec::new();
        if let Some(results) = data.get("result").and_then(Value::as_array) {
            for result in results {
                let labels = result.get("metric").unwrap_or(&Value::Null);
                let points = result.get("values").ok_or_else(|| Damage::new("a result has no values"))?;
                let (name, kind) = names(labels);
                found.push(series_of(name, kind, points, stamps, &mut left_out)?);
            }
        } else if let Some(lists) = data.as_object() {
            for (name, points) in lists.iter().filter(|(_, points)| is_pairs(points)) {
                found.push(series_of(name.clone(), name.clone(), points, stamps, &mut left_out)?);
            }
        }
        let mut notes = series::take(found, &self.0, to)?;
        if left_out > 0 {
            notes.push(number::left_out_note(left_out));
        }
        Ok(notes)
    }
}

fn is_pairs(points: &Value) -> bool {
    points.as_array().and_then(|points| points.first()?.as_array()).is_some_and(|pair| pair.len() == 2)
}

/// The name of a series with its labels, and the metric's own.
fn names(labels: &Value) -> (String, String) {
    let metric = labels.get("__name__").and_then(Value::as_str).unwrap_or_default();
    let others = labels.as_object().into_iter().flatten().filter(|(name, _)| *name != "__name__");
    let others: Vec<String> = others.map(|(name, value)| format!("{name}={value}")).collect();
    (format!("{metric}{{{}}}", others.join(",")), metric.to_string())
}

fn series_of(
    name: String,
    kind: String,
    points: &Value,
    stamps: &mut Stamps,
    left_out: &mut u64,
) -> Result<Series, Damage> {
    let mut series = Series { values: Some(values_of(&kind)), name, kind, ..Series::default() };
    for pair in points.as_array().into_iter().flatten() {
        let [time, value] = pair.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(Damage::new(format!("`{pair}` is not a pair of a time and a value")));
        };
        let at = series::instant(time, stamps)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        point(&mut series, at, text.as_bytes(), left_out)?;
    }
    Ok(series)
}

pub(super) fn point(series: &mut Series, at: i64, value: &[u8], left_out: &mut u64) -> Result<(), Damage> {
    match std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok()) {
        Some(number) if !number.is_finite() => *left_out += 1,
        _ => series.points.push((at, number::amount(value).map_err(|problem| Damage::found(problem, value))?)),
    }
    Ok(())
}

pub(super) fn values_of(metric: &str) -> ImportedValues {
    if metric.ends_with("_total") || metric.ends_with("_count") {
        ImportedValues::Counter
    } else {
        ImportedValues::Rate
    }
}

impl Importer for Promtool {
    fn name(&self) -> &'static str {
        "promtool"
    }

    fn about(&self) -> &'static str {
        "what promtool query range and promtool tsdb dump print"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let first = sample.first();
        first.ends_with(b"=>") || (first.starts_with(b"{") && dumped(first).is_some() && !first.ends_with(b"}"))
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(Text { options: options.clone(), ..Text::default() })))
    }
}

#[derive(Default)]
struct Text {
    options: ImportOptions,
    series: BTreeMap<String, Series>,
    current: String,
    left_out: u64,
    notes: Vec<String>,
}

impl Text {
    fn add(&mut self, name: &str, at: i64, value: &[u8]) -> Result<(), Damage> {
        let kind = kind_of(name);
        let series = self.series.entry(name.to_string()).or_insert_with(|| Series {
            name: name.to_string(),
            values: Some(values_of(&kind)),
            kind,
            ..Series::default()
        });
        point(series, at, value, &mut self.left_out)
    }
}

impl LineReader for Text {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, _to: &mut Collector) -> Result<(), Damage> {
        let line = line.trim_ascii();
        if let Some(name) = line.strip_suffix(b"=>") {
            self.current = String::from_utf8_lossy(name.trim_ascii()).into_owned();
            return Ok(());
        }
        if let Some((name, value, time)) = dumped(line) {
            let name = String::from_utf8_lossy(name).into_owned();
            return self.add(&name, stamps.number(time)?, value);
        }
        let at =
            memchr::memmem::find(line, b" @[").ok_or_else(|| Damage::found("this is no value of promtool's", line))?;
        let time = line[at + 3..].strip_suffix(b"]").ok_or_else(|| Damage::found("the time is cut off", line))?;
        let name = self.current.clone();
        self.add(&name, stamps.number(time)?, line[..at].trim_ascii())
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

/// `{__name__="x", job="y"} 17 1600000000000`: name, value, time in milliseconds.
fn dumped(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let close = memchr::memrchr(b'}', line).filter(|_| line.starts_with(b"{"))?;
    let mut rest = line[close + 1..].split(|byte| *byte == b' ').filter(|part| !part.is_empty());
    let (value, time) = (rest.next()?, rest.next()?);
    rest.next().is_none().then_some((&line[..=close], value, time))
}

/// The metric's own name: before the labels, or among them.
pub(super) fn kind_of(name: &str) -> String {
    match name.split_once("__name__=\"") {
        Some((_, rest)) => rest.split('"').next().unwrap_or_default().to_string(),
        None => name.split('{').next().unwrap_or_default().trim().to_string(),
    }
}
