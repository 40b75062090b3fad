//! Series of a monitoring system: named, with points in any order. Which of them is the traffic, and what its values are.

use std::collections::BTreeMap;

use super::collect::Collector;
use super::counter;
use super::damage::Damage;
use super::rows::{CounterReading, increases};
use super::saturation::is_utilization;
use super::{ImportOptions, ImportedValues};
use crate::recording::Values;
use crate::time::SimDuration;

/// A series as a document has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// By what it is asked for.
    pub(super) name: String,
    /// Series of one kind are parts of one whole: they are added up unless one is asked for.
    pub(super) kind: String,
    /// Instants in nanoseconds, and values.
    pub(super) points: Vec<(i64, f64)>,
    /// What the values are, by what the document says.
    pub(super) values: Option<ImportedValues>,
    /// How long an interval is, when the document says so.
    pub(super) step: Option<u64>,
}

/// Gives the wanted series to the collector. The answer is what is to be told about it.
pub(super) fn take(all: Vec<Series>, options: &ImportOptions, to: &mut Collector) -> Result<Vec<String>, Damage> {
    let mut notes = Vec::new();
    let all = if options.any_unit { all } else { without_utilization(all, options, to, &mut notes) };
    let series = chosen(all, options, &mut notes)?;
    let told = options.values.or(series[0].values);
    let mut readings = (0, 0.0);
    for mut series in series {
        if let Some(step) = series.step {
            to.interval_is(step);
        }
        if told == Some(ImportedValues::Counter) {
            let reading = increases(&mut series.points, |at, count| to.row(at, count, 0.0));
            if let Some(step) = reading.step {
                to.interval_is(step);
            }
            readings = (readings.0 + reading.resets, readings.1 + reading.in_gaps);
            continue;
        }
        for (at, value) in series.points {
            to.row(at, value, 0.0);
        }
    }
    to.values_are(if told == Some(ImportedValues::Rate) { Values::Rate } else { Values::Count });
    notes.extend(counter::notes(&CounterReading { step: None, resets: readings.0, in_gaps: readings.1 }));
    if options.values.is_none() {
        notes.push(match told {
            Some(ImportedValues::Rate) => {
                "the values were taken for requests per second (--values count for counts)".into()
            }
            Some(ImportedValues::Counter) => {
                "the values were taken for a counter that only grows (--values rate or count otherwise)".into()
            }
            _ => "the values were taken for requests per interval (--values rate for requests per second)".to_string(),
        });
    }
    Ok(notes)
}

/// Takes the utilization of processors out of several series: it marks where the traffic beside it is censored. The mean of
/// several instances counts. One that is asked for as the traffic stays.
fn without_utilization(
    all: Vec<Series>,
    options: &ImportOptions,
    to: &mut Collector,
    notes: &mut Vec<String>,
) -> Vec<Series> {
    let asked = |series: &Series| {
        options.series.as_deref().is_some_and(|name| [&series.name, &series.kind].iter().any(|known| *known == name))
    };
    let (measured, traffic): (Vec<Series>, Vec<Series>) =
        all.into_iter().partition(|series| is_utilization(&series.kind) && !asked(series));
    if traffic.iter().all(|series| series.points.is_empty()) {
        return measured.into_iter().chain(traffic).collect();
    }
    let mut means: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (at, value) in measured.iter().flat_map(|series| &series.points) {
        let mean = means.entry(*at).or_default();
        *mean = (mean.0 + value, mean.1 + 1.0);
    }
    if let Some(first) = measured.first() {
        notes.push(format!("`{}` marks where the recorded system was saturated", first.kind));
    }
    means.into_iter().for_each(|(at, (sum, number))| to.saturation.add(at, sum / number));
    traffic
}

/// The series that was asked for, or all when they are of one kind.
fn chosen(all: Vec<Series>, options: &ImportOptions, notes: &mut Vec<String>) -> Result<Vec<Series>, Damage> {
    let all: Vec<Series> = all.into_iter().filter(|series| !series.points.is_empty()).collect();
    let Some(first) = all.first() else { return Err(Damage::new("it has no values in it")) };
    let listed = || {
        let mut names: Vec<String> = all.iter().take(12).map(|series| format!("`{}`", series.name)).collect();
        if all.len() > 12 {
            names.push(format!("and {} more", all.len() - 12));
        }
        names.join(", ")
    };
    let is_one_kind = all.iter().all(|series| series.kind == first.kind);
    match options.series.as_deref() {
        Some("all") => Ok(all),
        Some(name) => {
            let wanted: Vec<Series> =
                all.iter().filter(|series| series.name == name || series.kind == name).cloned().collect();
            if wanted.is_empty() {
                return Err(Damage::new(format!("there is no series `{name}`; there are {}", listed())));
            }
            Ok(wanted)
        }
        None if is_one_kind => {
            if all.len() > 1 {
                notes.push(format!(
                    "{} series of `{}` were added up; --series takes one of them",
                    all.len(),
                    first.kind
                ));
            }
            Ok(all)
        }
        None => Err(Damage::new(format!(
            "there are several series: say which with --series, or --series all to add them up: {}",
            listed()
        ))),
    }
}

/// Seconds of a period as a document writes it, in nanoseconds.
pub(super) fn period(seconds: &serde_json::Value) -> Option<u64> {
    let seconds = seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok())?;
    (seconds > 0).then(|| SimDuration::from_secs(seconds.min(1 << 30)).as_nanos())
}

/// A value: a number, or a number in a string; `NaN` and infinities are no values.
pub(super) fn value(value: &serde_json::Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A document.
pub(super) fn json(text: &[u8]) -> Result<serde_json::Value, Damage> {
    serde_json::from_slice(text).map_err(|error| {
        let what = if error.is_eof() { "the JSON ends early: the file is cut off" } else { "this is not JSON" };
        Damage::new(format!("line {}, column {}: {what}: {error}", error.line(), error.column()))
    })
}

/// An instant that a document writes as text or as a number.
pub(super) fn instant(value: &serde_json::Value, stamps: &mut super::stamp::Stamps) -> Result<i64, Damage> {
    match value {
        serde_json::Value::String(text) => stamps.any(text.as_bytes()),
        serde_json::Value::Number(number) => stamps.any(number.to_string().as_bytes()),
        _ => Err(Damage::new(format!("`{value}` is no time"))),
    }
}
