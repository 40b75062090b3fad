//! What `aws cloudwatch get-metric-data` and `get-metric-statistics` print, and the console's CSV.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>
//!
//! Points come newest first, or in no order. The period is not part of the answer: it is the usual distance of points.

use serde_json::Value;

use super::super::cells::Cells;
use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{DocumentReader, Importer, Reader, Sample};
use super::super::number;
use super::super::saturation::is_utilization;
use super::super::series::{self, Series};
use super::super::stamp::Stamps;
use super::super::{ImportOptions, ImportedValues};

pub(super) struct CloudWatch;
pub(super) struct CloudWatchCsv;

impl Importer for CloudWatch {
    fn name(&self) -> &'static str {
        "cloudwatch"
    }

    fn about(&self) -> &'static str {
        "JSON of aws cloudwatch get-metric-data and get-metric-statistics"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let statistics = sample.mentions("\"Datapoints\"") && sample.mentions("\"Timestamp\"");
        sample.opening() == Some(b'{') && (sample.mentions("\"MetricDataResults\"") || statistics)
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Document(Box::new(Json(options.clone()))))
    }
}

struct Json(ImportOptions);

impl DocumentReader for Json {
    fn document(&mut self, text: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let document = series::json(text)?;
        let mut notes = Vec::new();
        let found = if let Some(results) = document.get("MetricDataResults").and_then(Value::as_array) {
            let partial =
                results.iter().any(|result| result.get("StatusCode").is_some_and(|code| code == "PartialData"));
            if partial || document.get("NextToken").is_some_and(Value::is_string) {
                notes.push(
                    "the answer is a part of the data (NextToken): fetch the rest and import the files together".into(),
                );
            }
            results.iter().map(|result| metric_data(result, stamps)).collect::<Result<_, _>>()?
        } else {
            vec![statistics(&document, &self.0, stamps, &mut notes)?]
        };
        notes.extend(series::take(found, &self.0, to)?);
        Ok(notes)
    }
}

/// One of `MetricDataResults`: times and values side by side.
fn metric_data(result: &Value, stamps: &mut Stamps) -> Result<Series, Damage> {
    let list = |key: &str| result.get(key).and_then(Value::as_array);
    let (Some(times), Some(values)) = (list("Timestamps"), list("Values")) else {
        return Err(Damage::new("a result has no Timestamps or no Values"));
    };
    let text = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    if times.len() != values.len() {
        return Err(Damage::new(format!(
            "result `{}` has {} Timestamps and {} Values",
            text("Id"),
            times.len(),
            values.len()
        )));
    }
    let point = |(time, value): (&Value, &Value)| {
        let number = series::value(value).ok_or_else(|| Damage::new(format!("`{value}` is no number of requests")))?;
        Ok((series::instant(time, stamps)?, number))
    };
    let points = times.iter().zip(values).map(point).collect::<Result<_, Damage>>()?;
    // Ids are made up by whoever asks; the label is the metric's name unless they say otherwise.
    let kind = if is_utilization(&text("Label")) { text("Label") } else { text("Id") };
    Ok(Series { name: text("Id"), kind, points, ..Series::default() })
}

/// The answer of `get-metric-statistics`.
fn statistics(
    document: &Value,
    options: &ImportOptions,
    stamps: &mut Stamps,
    notes: &mut Vec<String>,
) -> Result<Series, Damage> {
    let points = document.get("Datapoints").and_then(Value::as_array);
    let points = points.filter(|points| !points.is_empty()).ok_or_else(|| Damage::new("it has no Datapoints"))?;
    let unit = points[0].get("Unit").and_then(Value::as_str).unwrap_or("None");
    if !options.any_unit && !matches!(unit, "None" | "Count" | "Count/Second") {
        return Err(Damage::new(format!("its unit is {unit}: this is no number of requests")));
    }
    let statistic = statistic(&points[0], options.statistic.as_deref(), &["Sum", "Average", "SampleCount", "Maximum"])?;
    notes.push(format!("the statistic {statistic} was taken; --statistic takes another"));
    let read = |point: &Value| {
        let at = series::instant(point.get("Timestamp").unwrap_or(&Value::Null), stamps)?;
        let value = point.get(&statistic).and_then(series::value);
        Ok((at, value.ok_or_else(|| Damage::new(format!("a datapoint has no {statistic}")))?))
    };
    let label = document.get("Label").and_then(Value::as_str).unwrap_or("Datapoints").to_string();
    Ok(Series {
        kind: label.clone(),
        name: label,
        points: points.iter().map(read).collect::<Result<_, Damage>>()?,
        values: (unit == "Count/Second").then_some(ImportedValues::Rate),
        step: None,
    })
}

/// The statistic to take of a point.
pub(super) fn statistic(point: &Value, asked: Option<&str>, usual: &[&str]) -> Result<String, Damage> {
    let has = |name: &&str| point.get(*name).is_some();
    let found = match asked {
        Some(name) => Some(name).filter(has),
        None => usual.iter().copied().find(has),
    };
    found.map(str::to_string).ok_or_else(|| match asked {
        Some(name) => Damage::new(format!("its points have no statistic `{name}`")),
        None => Damage::new(format!("its points have none of the statistics {}", usual.join(", "))),
    })
}

impl Importer for CloudWatchCsv {
    fn name(&self) -> &'static str {
        "cloudwatch-csv"
    }

    fn about(&self) -> &'static str {
        "CSV of the CloudWatch console: lines of names and settings, then times with a column per metric"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let first = sample.first().to_ascii_lowercase();
        ["full label", "\"full label\"", "id,", "label,", "\"label\","]
            .iter()
            .any(|start| first.starts_with(start.as_bytes()))
            && (sample.mentions("Period") || sample.mentions("Statistic") || sample.mentions("Label"))
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Document(Box::new(ConsoleCsv(options.clone()))))
    }
}

struct ConsoleCsv(ImportOptions);

impl DocumentReader for ConsoleCsv {
    /// Lines before the first one that begins with a time describe the columns, whatever they are called.
    fn document(&mut self, text: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let mut cells = Cells::default();
        let mut found: Vec<Series> = Vec::new();
        let mut is_data = false;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            cells.split(line, b',');
            found.resize_with(found.len().max(cells.len() - 1), Series::default);
            let first = cells.get(line, 0).unwrap_or_default();
            let at = stamps.any(first);
            is_data |= at.is_ok();
            let placed = |damage: Damage| Damage::new(format!("line {}: {damage}", index + 1));
            for (column, series) in found.iter_mut().enumerate() {
                let Some(cell) = cells.get(line, column + 1) else { continue };
                match &at {
                    // An empty cell: there was no data.
                    Ok(_) if cell.is_empty() => {}
                    Ok(at) => {
                        let value = number::amount(cell).map_err(|problem| placed(Damage::found(problem, cell)))?;
                        series.points.push((*at, value));
                    }
                    Err(damage) if is_data => return Err(placed(damage.clone())),
                    Err(_) => describe(series, first, cell),
                }
            }
        }
        if !is_data {
            return Err(Damage::new(
                "no line begins with a time that is known; --time-format says how they are written, such as '%m/%d/%Y %H:%M'",
            ));
        }
        series::take(found, &self.0, to)
    }
}

fn describe(series: &mut Series, key: &[u8], value: &[u8]) {
    let value = String::from_utf8_lossy(value).into_owned();
    match key.to_ascii_lowercase().as_slice() {
        b"label" | b"full label" if series.name.is_empty() => {
            series.kind.clone_from(&value);
            series.name = value;
        }
        b"period" => {
            let seconds: Option<u64> = value.parse().ok().filter(|seconds| *seconds > 0);
            series.step = seconds.map(|seconds| seconds.min(1 << 30) * 1_000_000_000);
        }
        _ => {}
    }
}
