//! What Alibaba Cloud's CloudMonitor answers to `DescribeMetricList`: `Datapoints` is a JSON string that holds an array of
//! points with `timestamp` in milliseconds (the begin of the period) and one value per statistic.
//! <https://www.alibabacloud.com/help/en/cms/developer-reference/api-cms-2019-01-01-describemetriclist>

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{DocumentReader, Importer, Reader, Sample};
use super::super::series::{self, Series};
use super::super::stamp::Stamps;
use super::super::{ImportOptions, ImportedValues};
use super::cloudwatch::statistic;

pub(super) struct Cms;

impl Importer for Cms {
    fn name(&self) -> &'static str {
        "cms"
    }

    fn about(&self) -> &'static str {
        "JSON of CloudMonitor's DescribeMetricList (aliyun cms)"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.opening() == Some(b'{') && sample.mentions("\"Datapoints\"") && sample.mentions("timestamp")
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Document(Box::new(Document(options.clone()))))
    }
}

struct Document(ImportOptions);

impl DocumentReader for Document {
    fn document(&mut self, text: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let document = series::json(text)?;
        let points = match document.get("Datapoints") {
            Some(Value::String(text)) => series::json(text.as_bytes())?,
            Some(list) => list.clone(),
            None => return Err(Damage::new("it has no Datapoints")),
        };
        let points = points.as_array().filter(|points| !points.is_empty());
        let points = points.ok_or_else(|| Damage::new("its Datapoints are empty"))?;
        let mut notes = Vec::new();
        if document.get("NextToken").and_then(Value::as_str).is_some_and(|token| !token.is_empty()) {
            notes.push(
                "the answer is a part of the data (NextToken): fetch the rest and import the files together".into(),
            );
        }
        let usual = ["Sum", "Value", "Average", "SumPs", "Count", "Maximum"];
        let statistic = statistic(&points[0], self.0.statistic.as_deref(), &usual)?;
        notes.push(format!("the statistic {statistic} was taken; --statistic takes another"));
        // A sum is a count over the period; every other statistic of requests is a rate.
        let values =
            if matches!(statistic.as_str(), "Sum" | "Count") { ImportedValues::Count } else { ImportedValues::Rate };
        let mut found: BTreeMap<String, Series> = BTreeMap::new();
        for point in points {
            let at = series::instant(point.get("timestamp").unwrap_or(&Value::Null), stamps)?;
            let value = point.get(&statistic).and_then(series::value);
            let value = value.ok_or_else(|| Damage::new(format!("a datapoint has no {statistic}")))?;
            let name = point.get("instanceId").and_then(Value::as_str).unwrap_or("Datapoints").to_string();
            let entry = found.entry(name.clone()).or_insert_with(|| Series {
                name,
                kind: statistic.clone(),
                values: Some(values),
                step: document.get("Period").and_then(series::period),
                ..Series::default()
            });
            entry.points.push((at, value));
        }
        notes.extend(series::take(found.into_values().collect(), &self.0, to)?);
        Ok(notes)
    }
}
