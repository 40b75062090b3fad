//! Timelines as the browser needs them: columns of numbers, thinned out by extremes so that a week stays small.

use serde::Serialize;
use windtunnel_sim::outcome::{Outcome, TimelineRow};

use super::log::{Entry, entries};
use crate::series::{rows, violating_spans};

/// Points of all runs together.
const ALL_POINTS: usize = 12_000;
/// Fewer points than this are not kept of any run.
const LEAST_POINTS: usize = 1_000;
/// Lines of all decision logs together.
const ALL_ENTRIES: usize = 1_200;
/// Shaded stretches of a run; beyond, neighbours are joined.
const MOST_SPANS: usize = 500;

/// One run for the browser.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    name: String,
    provider: String,
    unit: &'static str,
    /// Seconds since 1970 at second zero.
    start: Option<i64>,
    zone: Option<String>,
    end: f64,
    /// The objective in seconds.
    objective: Option<f64>,
    thresholds: Vec<(String, f64)>,
    /// Seconds since the start, for all series.
    x: Packed,
    series: Vec<Series>,
    violating: Vec<(f64, f64)>,
    censored: Vec<(f64, f64)>,
    log: Vec<Entry>,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct Series {
    id: &'static str,
    values: Packed,
}

/// Numbers with commas between them: empty for the same as before, `-` for none.
#[derive(Debug, Serialize)]
struct Packed(String);

/// A series: its name for the browser, its value, whether zero stands for none.
type Value = (&'static str, fn(&TimelineRow) -> f64);

const SERIES: [Value; 14] = [
    ("offered", |row| row.arrived as f64 / seconds(row)),
    ("served", |row| row.served as f64 / seconds(row)),
    ("lost", |row| (row.timed_out + row.rejected + row.failed) as f64 / seconds(row)),
    ("desired", |row| row.desired),
    ("in_service", |row| row.in_service),
    ("booting", |row| row.booting),
    ("draining", |row| row.draining),
    ("billed", |row| row.billed),
    ("demand", |row| row.demand),
    ("cpu", |row| row.cpu_utilization * 100.0),
    ("cpu_max", |row| row.cpu_utilization_max * 100.0),
    ("p50", |row| or_none(row.latency_p50_seconds)),
    ("p95", |row| or_none(row.latency_p95_seconds)),
    ("p99", |row| or_none(row.latency_p99_seconds)),
];

fn seconds(row: &TimelineRow) -> f64 {
    row.end_seconds - row.start_seconds
}

/// Zero stands for "no request was served": there is no latency then.
fn or_none(latency: f64) -> f64 {
    if latency > 0.0 { latency } else { f64::NAN }
}

/// All runs of a report.
pub(super) fn timelines(runs: &[super::ReportRun]) -> Vec<Timeline> {
    let count = runs.len().max(1);
    let most = (ALL_POINTS / count).max(LEAST_POINTS);
    runs.iter().map(|run| timeline(&run.name, &run.outcome, most, ALL_ENTRIES / count)).collect()
}

fn timeline(name: &str, outcome: &Outcome, most: usize, most_entries: usize) -> Timeline {
    let columns = columns(outcome, most);
    let last = rows(outcome).last().map_or(0.0, |row| row.end_seconds);
    let (log, left_out) = entries(outcome, most_entries);
    let objective = outcome.objective.latency_seconds;
    Timeline {
        name: name.to_owned(),
        provider: outcome.provider.title().to_owned(),
        unit: outcome.provider.unit(),
        start: outcome.calendar_start,
        zone: outcome.time_zone.clone(),
        end: outcome.horizon.as_secs_f64().max(last),
        objective: (objective.is_finite() && objective > 0.0).then_some(objective),
        thresholds: outcome
            .thresholds
            .iter()
            .filter(|level| level.is_cpu_utilization && level.threshold.is_finite())
            .map(|level| (level.name.clone(), level.threshold))
            .collect(),
        x: Packed(columns.x.iter().map(|x| format!("{}", significant(*x, 9))).collect::<Vec<_>>().join(",")),
        series: SERIES
            .iter()
            .zip(&columns.values)
            .map(|((id, _), values)| Series { id, values: pack(values) })
            .collect(),
        violating: joined(violating_spans(outcome), MOST_SPANS),
        censored: joined(
            outcome.censored.iter().map(|span| (span.from_seconds, span.to_seconds)).collect(),
            MOST_SPANS,
        ),
        log,
        left_out,
    }
}

struct Columns {
    x: Vec<f64>,
    values: Vec<Vec<f64>>,
}

/// Every row as it is, or where there are too many the least and the greatest value of every few rows, in the order in
/// which they came. The last value stands at the end of the run too, so that steps reach it.
fn columns(outcome: &Outcome, most: usize) -> Columns {
    let count = rows(outcome).count();
    let every = (2 * count).div_ceil(most.max(2)).max(1);
    let mut columns = Columns { x: Vec::new(), values: vec![Vec::new(); SERIES.len()] };
    let mut group: Vec<TimelineRow> = Vec::new();
    let mut end = 0.0;
    for row in rows(outcome) {
        end = row.end_seconds;
        if count <= most {
            columns.x.push(row.start_seconds);
            for (values, (_, value)) in columns.values.iter_mut().zip(SERIES) {
                values.push(value(&row));
            }
            continue;
        }
        group.push(row);
        if group.len() == every {
            columns.add_extremes(&group);
            group.clear();
        }
    }
    columns.add_extremes(&group);
    if let Some(&last) = columns.x.last()
        && end > last
    {
        columns.x.push(end);
        for values in &mut columns.values {
            let held = values.last().copied().unwrap_or(f64::NAN);
            values.push(held);
        }
    }
    columns
}

impl Columns {
    fn add_extremes(&mut self, group: &[TimelineRow]) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
        self.x.extend([first.start_seconds, (first.start_seconds + last.end_seconds) / 2.0]);
        for (values, (_, value)) in self.values.iter_mut().zip(SERIES) {
            values.extend(extremes(group.iter().map(value)));
        }
    }
}

/// The least and the greatest of several values, in their order; none where none is a number.
fn extremes(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let mut least: Option<(usize, f64)> = None;
    let mut greatest: Option<(usize, f64)> = None;
    for (index, value) in values.enumerate().filter(|(_, value)| value.is_finite()) {
        if least.is_none_or(|(_, known)| value < known) {
            least = Some((index, value));
        }
        if greatest.is_none_or(|(_, known)| value > known) {
            greatest = Some((index, value));
        }
    }
    match (least, greatest) {
        (Some(least), Some(greatest)) if least.0 <= greatest.0 => [least.1, greatest.1],
        (Some(least), Some(greatest)) => [greatest.1, least.1],
        _ => [f64::NAN; 2],
    }
}

fn pack(values: &[f64]) -> Packed {
    let mut text = String::new();
    let mut before: Option<String> = None;
    for (index, value) in values.iter().enumerate() {
        let word = if value.is_finite() { significant(*value, 4).to_string() } else { "-".to_owned() };
        if index > 0 {
            text.push(',');
        }
        if before.as_ref() != Some(&word) {
            text.push_str(&word);
        }
        before = Some(word);
    }
    Packed(text)
}

/// A number rounded to so many digits: nobody sees more on a chart.
fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// Joins the closest neighbours until at most `most` are left.
fn joined(mut spans: Vec<(f64, f64)>, most: usize) -> Vec<(f64, f64)> {
    spans.retain(|span| span.0.is_finite() && span.1.is_finite());
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    if spans.len() <= most {
        return spans;
    }
    let mut gaps: Vec<f64> = spans.windows(2).map(|pair| pair[1].0 - pair[0].1).collect();
    gaps.sort_by(f64::total_cmp);
    let limit = gaps[spans.len() - most];
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.0 - last.1 <= limit => last.1 = last.1.max(span.1),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_come_in_the_order_in_which_they_were() {
        assert_eq!(extremes([3.0, 9.0, 1.0, 5.0].into_iter()), [9.0, 1.0]);
        assert_eq!(extremes([3.0, 1.0, 9.0].into_iter()), [1.0, 9.0]);
        assert_eq!(extremes([f64::NAN, 4.0].into_iter()), [4.0, 4.0]);
        assert!(extremes([f64::NAN].into_iter())[0].is_nan());
    }

    #[test]
    fn numbers_are_packed() {
        assert_eq!(pack(&[1.0, 1.0, 2.5, f64::NAN, f64::NAN, 0.123_456]).0, "1,,2.5,-,,0.1235");
        assert_eq!(pack(&[]).0, "");
    }

    #[test]
    fn close_stretches_are_joined_when_there_are_too_many() {
        let spans: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i * i), f64::from(i * i) + 0.5)).collect();
        let few = joined(spans.clone(), 4);
        assert!(few.len() <= 4, "{few:?}");
        assert_eq!((few[0].0, few[few.len() - 1].1), (0.0, 81.5));
        assert_eq!(joined(spans.clone(), 10), spans);
    }
}
