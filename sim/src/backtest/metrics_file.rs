//! Reads recorded metric values: CSV `seconds,<metric>,...`, CloudWatch's `get-metric-data` and `get-metric-statistics`,
//! CloudMonitor's `DescribeMetricList`. The format is recognised by its content.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use windtunnel_traces::{SimDuration, SimTime};

use super::reader::decompressed;
use super::recorded_metrics::{Held, RecordedMetrics, Sample};
use crate::controllers::cloud::Provider;
use crate::controllers::cloud::metric_of;
use crate::controllers::decision::{InstanceId, Metric};

/// A Unix time rather than seconds since the start: later than September 2001.
const UNIX_SECONDS: f64 = 1e9;
/// A Unix time in milliseconds rather than in seconds: seconds would be later than the year 5000.
const UNIX_MILLISECONDS: f64 = 1e11;
/// No recording is longer than ten years.
const LONGEST: f64 = 10.0 * 366.0 * 86_400.0;

/// Remembers the calendar time of t = 0.
fn note_origin(recorded: &mut RecordedMetrics, seconds: f64) {
    if let Ok(origin) = jiff::Timestamp::from_millisecond((seconds * 1000.0) as i64) {
        recorded.set_origin(origin);
    }
}

/// Why recorded metrics cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MetricsFileError {
    /// The file cannot be read at all.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// A line of a CSV is at fault.
    #[error("line {line}: {message}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The file as a whole is at fault.
    #[error("{0}")]
    Content(String),
}

type Result<T> = std::result::Result<T, MetricsFileError>;

fn content<T>(message: impl Into<String>) -> Result<T> {
    Err(MetricsFileError::Content(message.into()))
}

/// Reads a file. `wanted` are the metrics that the alarms watch: for a column of another name, and for a recording that
/// does not say which metric it holds.
pub fn read(path: &Path, provider: Provider, wanted: &[Metric]) -> Result<RecordedMetrics> {
    let (mut source, is_packed) = decompressed(std::fs::File::open(path)?)?;
    let mut bytes = Vec::new();
    if let Err(error) = source.read_to_end(&mut bytes) {
        return match is_packed {
            true => content(format!("its gzip stream is cut off or damaged ({error}); copy it again")),
            false => Err(error.into()),
        };
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return content(
            "the file is not UTF-8 text: a CSV `seconds,<metric>,...` or the JSON of a monitoring service was expected",
        );
    };
    parse(&text, provider, wanted)
}

/// The same for a text.
pub fn parse(text: &str, provider: Provider, wanted: &[Metric]) -> Result<RecordedMetrics> {
    let text = text.trim_start_matches('\u{feff}');
    let recorded = match text.trim_start().chars().next() {
        None => return content("the file is empty"),
        Some('{' | '[') => parse_json(text, provider, wanted)?,
        Some(_) => parse_csv(text, provider)?,
    };
    let recorded = with_percentiles(recorded, wanted);
    let missing: Vec<String> =
        wanted.iter().filter(|m| !recorded.metrics().contains(m)).map(|m| format!("{m:?}")).collect();
    if missing.is_empty() {
        return Ok(recorded);
    }
    let there: Vec<String> = recorded.metrics().iter().map(|m| format!("{m:?}")).collect();
    content(format!("the alarms watch {}, but the file holds only {}", missing.join(", "), there.join(", ")))
}

/// Percentiles of the response time are metrics of their own.
const LATENCY_PERCENTILES: [(&str, Metric); 3] =
    [("p50", Metric::LatencyP50), ("p95", Metric::LatencyP95), ("p99", Metric::LatencyP99)];

/// A recording of the response time that does not say of which percentile is that of the one that the alarms watch, unless
/// they watch the mean as well.
fn with_percentiles(mut recorded: RecordedMetrics, wanted: &[Metric]) -> RecordedMetrics {
    if wanted.contains(&Metric::LatencyMean) {
        return recorded;
    }
    let absent = |metric: &Metric| wanted.contains(metric) && !recorded.metrics().contains(metric);
    if let Some(watched) = LATENCY_PERCENTILES.map(|(_, metric)| metric).into_iter().find(absent) {
        recorded.make_percentile(Metric::LatencyMean, watched);
    }
    recorded
}

/// The metric that a name stands for, whichever provider's spelling it is in; `TargetResponseTime p99` is a percentile.
fn metric_named(provider: Provider, name: &str) -> Option<Metric> {
    let providers = [provider, Provider::Aws, Provider::Ess, Provider::Tencent];
    let named = |name: &str| providers.into_iter().find_map(|provider| metric_of(provider, name));
    let name = name.trim();
    let percentile = |(suffix, metric): (&str, Metric)| {
        let base = name.strip_suffix(suffix)?.trim_end_matches([' ', '.', '_', '-']);
        (named(base)? == Metric::LatencyMean).then_some(metric)
    };
    named(name).or_else(|| LATENCY_PERCENTILES.into_iter().find_map(percentile))
}

fn parse_csv(text: &str, provider: Provider) -> Result<RecordedMetrics> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let broken = |e: &csv::Error| MetricsFileError::Line {
        line: e.position().map_or(1, csv::Position::line),
        message: e.to_string(),
    };
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    if header.len() < 2 || header.iter().all(|cell| cell.parse::<f64>().is_ok()) {
        return content("the first line names the columns: `seconds,<metric>,...`");
    }
    let columns: Vec<Option<Metric>> = header.iter().skip(1).map(|name| metric_named(provider, name)).collect();
    if columns.iter().all(Option::is_none) {
        let names: Vec<&str> = header.iter().skip(1).collect();
        return content(format!("none of the columns ({}) is a known metric", names.join(", ")));
    }
    let mut recorded = RecordedMetrics::default();
    columns.iter().flatten().for_each(|metric| recorded.declare(*metric));
    let mut origin: Option<f64> = None;
    let mut last: Option<f64> = None;
    let mut millis: Option<bool> = None;
    for row in reader.records() {
        let row = row.map_err(|e| broken(&e))?;
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = |message: String| MetricsFileError::Line { line, message };
        if row.len() != header.len() {
            return Err(wrong(format!("{} cells where the header has {}", row.len(), header.len())));
        }
        // The first stamp says in which unit all are.
        let millis = *millis.get_or_insert_with(|| is_in_millis(&row[0]));
        let stamp = stamp_in(&row[0], millis).filter(|s| *s >= 0.0);
        let stamp = stamp.ok_or_else(|| {
            wrong(format!("`{}` is not a time: seconds, Unix time or 2026-01-01T00:00:00Z were expected", &row[0]))
        })?;
        if last.is_some_and(|last| stamp <= last) {
            return Err(wrong(format!("time {stamp} does not follow the one before it; stamps must increase")));
        }
        last = Some(stamp);
        let origin = *origin.get_or_insert(if stamp >= UNIX_SECONDS { stamp } else { 0.0 });
        if stamp - origin > LONGEST {
            return Err(wrong(format!("time {stamp} is more than ten years after the start")));
        }
        let at = SimTime::ZERO + SimDuration::from_secs_f64(stamp - origin);
        for (cell, metric) in row.iter().skip(1).zip(&columns) {
            let (Some(metric), false) = (metric, cell.is_empty()) else { continue };
            let value = number(cell).ok_or_else(|| wrong(format!("`{cell}` is not a number")))?;
            if value.abs() > LARGEST {
                return Err(wrong(format!("`{cell}` is larger than any metric; is it damaged?")));
            }
            recorded.insert(*metric, at, Sample::of(value));
        }
    }
    if let Some(origin) = origin.filter(|origin| *origin > 0.0) {
        note_origin(&mut recorded, origin);
    }
    Ok(recorded)
}

/// Beyond this a real number no longer tells one from the next.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// A finite number.
fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|n| n.is_finite())
}

/// A value at a time, before the origin is known.
struct Point {
    metric: Metric,
    instance: Option<String>,
    seconds: f64,
    sample: Sample,
    /// Which statistics it holds by name; one value stands for any.
    held: Option<Held>,
}

/// The answers of a monitoring service: one, or its pages one after another or in a list.
fn parse_json(text: &str, provider: Provider, wanted: &[Metric]) -> Result<RecordedMetrics> {
    let mut pages = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match document {
            Ok(Value::Array(list)) => pages.extend(list),
            Ok(document) => pages.push(document),
            Err(e) => return Err(MetricsFileError::Line { line: e.line() as u64, message: e.to_string() }),
        }
    }
    if pages.is_empty() || !pages.iter().all(Value::is_object) {
        return content(
            "a JSON list of anything but an API's answers is none of the known formats; give the whole answer",
        );
    }
    let last = pages.last().and_then(|page| page.get("NextToken")).and_then(Value::as_str);
    if last.is_some_and(|token| !token.is_empty()) {
        return content(
            "the answer goes on (`NextToken`): append the pages that follow, one after another, to the file",
        );
    }
    let (mut declared, mut points, mut period) = (Vec::new(), Vec::new(), None);
    for page in &pages {
        points.extend(page_points(page, provider, wanted, &mut declared)?);
        period = period.or(stated_period(page)?);
    }
    collect(points, &declared, period)
}

/// How long a value stands for, where the answer says so; as a number, or as CloudMonitor writes it, as a text.
fn stated_period(document: &Value) -> Result<Option<f64>> {
    let period = document.get("Period").and_then(|p| p.as_f64().or_else(|| number(p.as_str()?)));
    match period.filter(|p| !(*p > 0.0 && *p <= 86_400.0)) {
        Some(period) => content(format!("a period of {period} seconds is not one")),
        None => Ok(period),
    }
}

/// The datapoints of one answer, and the metrics that it is about.
fn page_points(
    document: &Value,
    provider: Provider,
    wanted: &[Metric],
    declared: &mut Vec<Metric>,
) -> Result<Vec<Point>> {
    // CloudMonitor says in the answer that it has failed.
    let code = document.get("Code").map(|code| code.as_str().map_or(code.to_string(), str::to_string));
    if let Some(code) = code.filter(|code| code != "200") {
        let message = document.get("Message").and_then(Value::as_str).unwrap_or("without a message");
        return content(format!("the answer is an error, {code}: {message}"));
    }
    let points = if let Some(results) = document.get("MetricDataResults") {
        metric_data(results, provider, wanted, declared)?
    } else if let Some(Value::Array(points)) = document.get("Datapoints") {
        let metric = named_or_only(document.get("Label"), provider, wanted)?;
        declared.push(metric);
        if points.first().is_some_and(|point| point.get("timestamp").is_some()) {
            metric_list(points, metric)?
        } else {
            metric_statistics(points, metric, wanted)?
        }
    } else if let Some(Value::String(points)) = document.get("Datapoints") {
        let metric = named_or_only(document.get("MetricName"), provider, wanted)?;
        declared.push(metric);
        let Ok(points) = serde_json::from_str::<Vec<Value>>(points) else {
            return content("`Datapoints` is not a JSON list of datapoints");
        };
        metric_list(&points, metric)?
    } else {
        return content(
            "neither `MetricDataResults` (get-metric-data) nor `Datapoints` (get-metric-statistics, DescribeMetricList) \
             is in the file",
        );
    };
    Ok(points)
}

/// The metric that the document names, or the only one that is watched.
fn named_or_only(name: Option<&Value>, provider: Provider, wanted: &[Metric]) -> Result<Metric> {
    let named = name.and_then(Value::as_str).and_then(|name| metric_named(provider, name));
    match (named, wanted) {
        (Some(metric), _) => Ok(metric),
        (None, [only]) => Ok(*only),
        (None, _) => content("the file does not say which metric it holds, and the alarms watch several"),
    }
}

/// CloudWatch `get-metric-data`: one list of stamps and one of values per query.
fn metric_data(
    results: &Value,
    provider: Provider,
    wanted: &[Metric],
    declared: &mut Vec<Metric>,
) -> Result<Vec<Point>> {
    let Some(results) = results.as_array() else { return content("`MetricDataResults` is not a list") };
    let mut points = Vec::new();
    for result in results {
        // The label is the metric's name, unless the query gives another; then its id may be.
        let id = result.get("Id").filter(|id| id.as_str().is_some_and(|id| metric_named(provider, id).is_some()));
        let label = result.get("Label").and_then(Value::as_str);
        let word = label.into_iter().flat_map(str::split_whitespace).find(|w| metric_named(provider, w).is_some());
        let name = word.map(Value::from);
        let metric = named_or_only(name.as_ref().or(id), provider, wanted)?;
        declared.push(metric);
        let status = result.get("StatusCode").and_then(Value::as_str).unwrap_or("Complete");
        if !matches!(status, "Complete" | "PartialData") {
            return content(format!("CloudWatch could not answer for {metric:?}: StatusCode {status}"));
        }
        let list = |key: &str| result.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let (stamps, values) = (list("Timestamps"), list("Values"));
        if stamps.len() != values.len() {
            return content(format!("{} timestamps and {} values do not pair up", stamps.len(), values.len()));
        }
        for (stamp, value) in stamps.iter().zip(&values) {
            let Some(value) = numeral(value) else { return content(format!("{value} is not a number")) };
            points.push(Point {
                metric,
                instance: None,
                seconds: seconds(stamp)?,
                sample: Sample::of(value),
                held: None,
            });
        }
    }
    Ok(points)
}

/// CloudWatch `get-metric-statistics`: unordered datapoints, each with the statistics that were asked for.
fn metric_statistics(list: &[Value], metric: Metric, wanted: &[Metric]) -> Result<Vec<Point>> {
    let percentile = LATENCY_PERCENTILES.iter().find(|(_, p)| wanted.contains(p)).map(|(name, _)| *name);
    let point = |entry: &Value| {
        let Some(stamp) = entry.get("Timestamp") else { return content("a datapoint has no `Timestamp`") };
        let (sample, held) = sample(entry, percentile)?;
        Ok(Point { metric, instance: None, seconds: seconds(stamp)?, sample, held: Some(held) })
    };
    list.iter().map(point).collect()
}

/// CloudMonitor `DescribeMetricList`: the datapoints, each of one instance.
fn metric_list(list: &[Value], metric: Metric) -> Result<Vec<Point>> {
    let point = |entry: &Value| {
        let Some(stamp) = entry.get("timestamp") else { return content("a datapoint has no `timestamp`") };
        let (sample, held) = sample(entry, None)?;
        let instance = entry.get("instanceId").and_then(Value::as_str).map(str::to_string);
        Ok(Point { metric, instance, seconds: seconds(stamp)?, sample, held: Some(held) })
    };
    list.iter().map(point).collect()
}

/// A statistic of a datapoint, if it is there.
fn statistic(entry: &Value, key: &str) -> Result<Option<f64>> {
    match entry.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match numeral(value) {
            Some(number) => Ok(Some(number)),
            None => content(format!("`{key}` is {value}, which is not a number")),
        },
    }
}

/// The percentile of a datapoint: the one that is looked for, or the only one.
fn percentile(entry: &Value, looked_for: Option<&str>) -> Result<Option<f64>> {
    let Some(Value::Object(all)) = entry.get("ExtendedStatistics") else { return Ok(None) };
    let name = looked_for.filter(|name| all.contains_key(*name)).or_else(|| all.keys().next().map(String::as_str));
    let Some(name) = name else { return Ok(None) };
    if all.len() > 1 && looked_for != Some(name) {
        return content("a datapoint has several extended statistics; ask for the one that the alarm goes by");
    }
    statistic(&Value::Object(all.clone()), name)
}

/// The statistics of a datapoint, and which of them it really holds: what is absent is filled in from what is there, and
/// no alarm is evaluated by it.
fn sample(entry: &Value, looked_for: Option<&str>) -> Result<(Sample, Held)> {
    let get = |key: &str| statistic(entry, key);
    let (minimum, maximum, sum) = (get("Minimum")?, get("Maximum")?, get("Sum")?);
    let samples = get("SampleCount")?.filter(|n| *n > 0.0);
    let percentile = percentile(entry, looked_for)?;
    let count = samples.unwrap_or(1.0);
    let mean = get("Average")?.or(get("Value")?).or(samples.and(sum).map(|s| s / count));
    let Some(average) = mean.or(sum).or(maximum).or(minimum).or(percentile).or(samples) else {
        return content(format!("{entry} has no statistic"));
    };
    let held = Held {
        average: mean.is_some(),
        minimum: minimum.is_some(),
        maximum: maximum.is_some(),
        sum: sum.is_some() || (mean.is_some() && samples.is_some()),
        count: samples.is_some(),
        percentile: percentile.is_some(),
    };
    let sample = Sample {
        average,
        minimum: minimum.unwrap_or(average),
        maximum: maximum.unwrap_or(average),
        sum: sum.unwrap_or(average * count),
        count,
        percentile,
    };
    Ok((sample, held))
}

/// A finite number, also where it stands in quotation marks, as SDKs write some.
fn numeral(value: &Value) -> Option<f64> {
    value.as_f64().filter(|n| n.is_finite()).or_else(|| number(value.as_str()?))
}

/// A stamp as the CLI prints it (ISO 8601), as CloudWatch sends it (Unix seconds) or CloudMonitor (Unix milliseconds).
fn seconds(stamp: &Value) -> Result<f64> {
    let text = stamp.as_str().map_or_else(|| stamp.to_string(), str::to_string);
    match stamp_in(&text, is_in_millis(&text)).filter(|seconds| *seconds >= 0.0) {
        Some(seconds) => Ok(seconds),
        None => content(format!("{stamp} is not a time")),
    }
}

fn is_in_millis(text: &str) -> bool {
    number(text).is_some_and(|n| n >= UNIX_MILLISECONDS)
}

/// A time in seconds: a number of them since the start or since 1970, of milliseconds since 1970, or a calendar time.
fn stamp_in(text: &str, millis: bool) -> Option<f64> {
    let of_number = |n: f64| if millis { n / 1000.0 } else { n };
    let of_calendar =
        |timestamp: jiff::Timestamp| timestamp.as_second() as f64 + f64::from(timestamp.subsec_nanosecond()) / 1e9;
    number(text).map(of_number).or_else(|| text.trim().parse().ok().map(of_calendar))
}

/// Lays the points on the run's clock, whose zero is the earliest stamp.
fn collect(points: Vec<Point>, declared: &[Metric], period: Option<f64>) -> Result<RecordedMetrics> {
    let mut recorded = RecordedMetrics::default();
    declared.iter().for_each(|metric| recorded.declare(*metric));
    let Some(origin) = points.iter().map(|p| p.seconds).min_by(f64::total_cmp) else { return Ok(recorded) };
    note_origin(&mut recorded, origin);
    let mut instances: BTreeMap<String, InstanceId> = BTreeMap::new();
    for point in points {
        if point.seconds - origin > LONGEST {
            return content("the datapoints span more than ten years");
        }
        let at = SimTime::ZERO + SimDuration::from_secs_f64(point.seconds - origin);
        if let Some(held) = point.held {
            recorded.note_held(point.metric, held);
        }
        let before = match point.instance {
            None => recorded.insert(point.metric, at, point.sample),
            Some(name) => {
                let next = InstanceId(instances.len() as u32);
                let instance = *instances.entry(name).or_insert(next);
                recorded.insert_instance(point.metric, instance, at, point.sample)
            }
        };
        // Pages may overlap: the same datapoint once more says nothing new.
        if before.is_some_and(|before| before != point.sample) {
            return content(format!(
                "two datapoints of {:?} have the same time and differ; give one series for each metric",
                point.metric
            ));
        }
    }
    recorded.aggregate_instances();
    if let Some(period) = period {
        recorded.set_period(SimDuration::from_secs_f64(period));
    }
    Ok(recorded)
}
