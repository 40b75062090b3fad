//! Results of load generators: k6 (CSV and JSON), Locust's `stats_history.csv`, hey's CSV, wrk and wrk2.

use serde_json::Value;

use super::super::ImportOptions;
use super::super::cells::{Cells, column, header};
use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{DocumentReader, Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::rows::increases;
use super::super::stamp::Stamps;

/// <https://grafana.com/docs/k6/latest/results-output/real-time/csv/>
pub(super) struct K6Csv;
/// <https://grafana.com/docs/k6/latest/results-output/real-time/json/>
pub(super) struct K6Json;
/// <https://docs.locust.io/en/stable/retrieving-stats.html>
pub(super) struct Locust;
/// <https://github.com/rakyll/hey>, `-o csv`
pub(super) struct Hey;
/// <https://github.com/giltene/wrk2>
pub(super) struct Wrk;

/// k6 writes a sample per request for each of its metrics, stamped at the end of the request. Durations, in milliseconds,
/// tell when it began; where they are not written, requests are counted at their end.
fn k6_metric(sample: &Sample) -> &'static str {
    if sample.mentions("http_req_duration") { "http_req_duration" } else { "http_reqs" }
}

fn k6_request(at: i64, value: f64, metric: &str, status: Option<u16>) -> Request {
    let duration = (metric == "http_req_duration").then_some(value / 1000.0);
    // Status 0: no answer at all.
    let refused = status.is_some_and(|status| status == 0 || super::is_refusal(status));
    Request { at, duration, refused }.stamped(true)
}

impl Importer for K6Csv {
    fn name(&self) -> &'static str {
        "k6-csv"
    }

    fn about(&self) -> &'static str {
        "k6 run --out csv=..."
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().starts_with(b"metric_name,timestamp,metric_value")
    }

    fn reader(&self, sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        let status = column(&header(sample.first(), b','), "status");
        Ok(Reader::Lines(Box::new(K6CsvLines { metric: k6_metric(sample), status, cells: Cells::default() })))
    }
}

struct K6CsvLines {
    metric: &'static str,
    status: Option<usize>,
    cells: Cells,
}

impl LineReader for K6CsvLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        // Other metrics, and the header.
        if !line.strip_prefix(self.metric.as_bytes()).is_some_and(|rest| rest.starts_with(b",")) {
            return Ok(());
        }
        self.cells.split(line, b',');
        let at = stamps.any(self.cells.needed(line, 1, "timestamp")?)?;
        let value = self.cells.amount(line, 2, "value")?;
        let status = self.status.and_then(|status| number::digits(self.cells.get(line, status)?));
        to.request(k6_request(at, value, self.metric, status.and_then(|status| u16::try_from(status).ok())));
        Ok(())
    }
}

impl Importer for K6Json {
    fn name(&self) -> &'static str {
        "k6-json"
    }

    fn about(&self) -> &'static str {
        "k6 run --out json=..."
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let has = |line: &[u8], word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
        sample.mostly(|line| {
            line.starts_with(b"{") && has(line, "\"metric\"") && (has(line, "\"Point\"") || has(line, "\"Metric\""))
        })
    }

    fn reader(&self, sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(K6JsonLines { metric: k6_metric(sample) })))
    }
}

struct K6JsonLines {
    metric: &'static str,
}

impl LineReader for K6JsonLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        // Most lines are of other metrics: they are not parsed.
        if memchr::memmem::find(line, self.metric.as_bytes()).is_none() && line.ends_with(b"}") {
            return Ok(());
        }
        let point: Value =
            serde_json::from_slice(line).map_err(|error| Damage::new(format!("this is not JSON: {error}")))?;
        let is = |key: &str, value: &str| point.get(key).is_some_and(|text| text == value);
        if !(is("type", "Point") && is("metric", self.metric)) {
            return Ok(());
        }
        let data = point.get("data").unwrap_or(&Value::Null);
        let time = data.get("time").and_then(Value::as_str).ok_or_else(|| Damage::new("a point has no time"))?;
        let value = data.get("value").and_then(Value::as_f64).ok_or_else(|| Damage::new("a point has no value"))?;
        let status = data.get("tags").and_then(|tags| tags.get("status")?.as_str()?.parse().ok());
        to.request(k6_request(stamps.any(time.as_bytes())?, value, self.metric, status));
        Ok(())
    }
}

impl Importer for Locust {
    fn name(&self) -> &'static str {
        "locust"
    }

    fn about(&self) -> &'static str {
        "Locust's stats_history.csv: the increases of the aggregated request count"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().starts_with(b"Timestamp,")
            && sample.mentions("User Count")
            && sample.mentions("Total Request Count")
    }

    fn reader(&self, sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        let names = header(sample.first(), b',');
        let at = |name: &str| column(&names, name).ok_or_else(|| Damage::new(format!("it has no column `{name}`")));
        Ok(Reader::Lines(Box::new(LocustLines {
            name: at("name")?,
            requests: at("total request count")?,
            failures: at("total failure count")?,
            cells: Cells::default(),
            counted: Vec::new(),
            failed: Vec::new(),
            is_header: true,
        })))
    }
}

/// Totals count up from the start; the difference of two lines is what came between them.
struct LocustLines {
    name: usize,
    requests: usize,
    failures: usize,
    cells: Cells,
    counted: Vec<(i64, f64)>,
    failed: Vec<(i64, f64)>,
    is_header: bool,
}

impl LineReader for LocustLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, _to: &mut Collector) -> Result<(), Damage> {
        if std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        self.cells.split(line, b',');
        if self.cells.needed(line, self.name, "name")? != b"Aggregated" {
            return Ok(());
        }
        let at = stamps.any(self.cells.needed(line, 0, "time")?)?;
        self.counted.push((at, self.cells.amount(line, self.requests, "count")?));
        self.failed.push((at, self.cells.amount(line, self.failures, "number of failures")?));
        Ok(())
    }

    fn finish(&mut self, to: &mut Collector) -> Result<(), Damage> {
        if self.counted.len() < 2 {
            return Err(Damage::new("it has fewer than two rows named `Aggregated`"));
        }
        let reading = increases(&mut self.counted, |at, count| to.row(at, count, 0.0));
        if let Some(step) = reading.step {
            to.interval_is(step);
        }
        // Failures are among the requests: they add none.
        increases(&mut self.failed, |at, count| to.row(at, 0.0, count));
        Ok(())
    }
}

impl Importer for Hey {
    fn name(&self) -> &'static str {
        "hey"
    }

    fn about(&self) -> &'static str {
        "hey -o csv: one request per row, at its offset from the start"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().starts_with(b"response-time,DNS+dialup,")
    }

    fn reader(&self, sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        let names = header(sample.first(), b',');
        let at = |name: &str| column(&names, name).ok_or_else(|| Damage::new(format!("it has no column `{name}`")));
        Ok(Reader::Lines(Box::new(HeyLines {
            offset: at("offset")?,
            status: at("status-code")?,
            cells: Cells::default(),
            is_header: true,
        })))
    }
}

struct HeyLines {
    offset: usize,
    status: usize,
    cells: Cells,
    is_header: bool,
}

impl LineReader for HeyLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        // The header occurs again where outputs were put together.
        if std::mem::take(&mut self.is_header) || line.starts_with(b"response-time,") {
            return Ok(());
        }
        self.cells.split(line, b',');
        let at = stamps.relative(self.cells.needed(line, self.offset, "offset")?)?;
        let duration = self.cells.amount(line, 0, "response time")?;
        let status =
            self.cells.get(line, self.status).and_then(number::digits).and_then(|status| u16::try_from(status).ok());
        to.request(Request { at, duration: Some(duration), refused: status.is_some_and(super::is_refusal) });
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        vec!["hey writes requests that were answered; those that failed are not in its file".into()]
    }
}

impl Importer for Wrk {
    fn name(&self) -> &'static str {
        "wrk"
    }

    fn about(&self) -> &'static str {
        "what wrk and wrk2 print: one number of requests over the whole test"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.mentions(" requests in ") && sample.mentions("Requests/sec:")
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Document(Box::new(WrkText)))
    }
}

struct WrkText;

impl DocumentReader for WrkText {
    fn document(&mut self, text: &[u8], _stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let text = String::from_utf8_lossy(text);
        let unknown = || Damage::new("it has no line such as `3000 requests in 30.00s, 1.2MB read`");
        let (before, after) = text.split_once(" requests in ").ok_or_else(unknown)?;
        let count: f64 =
            before.rsplit(char::is_whitespace).next().and_then(|count| count.parse().ok()).ok_or_else(unknown)?;
        let length = after.split(',').next().and_then(|length| length.trim().parse::<crate::SimDuration>().ok());
        let length = length.filter(|length| !length.is_zero()).ok_or_else(unknown)?;
        let number = |label: &str| {
            text.split_once(label).and_then(|(_, rest)| {
                rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next()?.parse::<f64>().ok()
            })
        };
        let failed = number("Non-2xx or 3xx responses:").unwrap_or(0.0) + number("timeout ").unwrap_or(0.0);
        to.interval_is(length.as_nanos());
        to.row(0, count, failed);
        Ok(vec!["wrk prints one number for the whole test: nothing is known about the rate within it".into()])
    }
}
