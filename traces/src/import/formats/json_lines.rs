//! One JSON object per line: a request, or a count of requests where a field for it is named.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;
use super::super::{ImportOptions, ImportedValues};
use crate::recording::Values;

pub(super) struct JsonLines;

/// Fields that hold the time, by what is common.
const TIMES: [&str; 14] = [
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "time_iso8601",
    "time_local",
    "msec",
    "date",
    "datetime",
    "start_time",
    "startTime",
    "request_time_utc",
    "eventTime",
    "t",
];
/// Fields that hold the duration.
const DURATIONS: [&str; 9] = [
    "request_time",
    "duration",
    "duration_ms",
    "latency",
    "latency_ms",
    "response_time",
    "elapsed_ms",
    "took_ms",
    "upstream_response_time",
];
/// Fields that hold the status.
const STATUSES: [&str; 4] = ["status", "status_code", "statusCode", "code"];

impl Importer for JsonLines {
    fn name(&self) -> &'static str {
        "json-lines"
    }

    fn about(&self) -> &'static str {
        "one JSON object per line; --time, --duration and --value name its fields, such as `http.time`"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.mostly(|line| object(line).is_some())
            && object(sample.first()).is_some_and(|object| found(&object, &TIMES).is_some())
    }

    fn reader(&self, sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let first = sample.lines.iter().find_map(|line| object(line));
        let first = first.ok_or_else(|| Damage::new("no line is a JSON object"))?;
        let fields = || first.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let time = match &options.time {
            Some(name) => path(name, &first),
            None => vec![
                found(&first, &TIMES)
                    .ok_or_else(|| {
                        Damage::new(format!("no field is named as a time; name it with --time: {}", fields()))
                    })?
                    .to_string(),
            ],
        };
        let per_line = matches!(options.values, None | Some(ImportedValues::Request)) && options.value.is_none();
        let value = (!per_line).then(|| options.value.as_deref().unwrap_or("count"));
        let duration = options.duration.as_deref().or_else(|| found(&first, &DURATIONS));
        let status = found(&first, &STATUSES).map(|name| vec![name.to_string()]);
        let reader = JsonLineReader {
            wanted: [Some(time), value.map(|name| path(name, &first)), duration.map(|name| path(name, &first)), status],
            values: if options.values == Some(ImportedValues::Rate) { Values::Rate } else { Values::Count },
            duration_scale: duration.map_or(1.0, |name| options.duration_scale(name)),
            stamped_at_end: options.stamped_at_end,
            duration_note: duration.filter(|_| options.duration.is_none()).map(str::to_string),
        };
        Ok(Reader::Lines(Box::new(reader)))
    }
}

fn object(line: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(line).ok()
}

fn found<'n>(object: &serde_json::Map<String, serde_json::Value>, names: &[&'n str]) -> Option<&'n str> {
    names.iter().find(|name| object.contains_key(**name)).copied()
}

/// A name as the way to its field: a field of that very name, or fields within fields.
fn path(name: &str, object: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
    if object.contains_key(name) { vec![name.to_string()] } else { name.split('.').map(str::to_string).collect() }
}

const TIME: usize = 0;
const VALUE: usize = 1;
const DURATION: usize = 2;
const STATUS: usize = 3;

struct JsonLineReader {
    wanted: [Option<Vec<String>>; 4],
    values: Values,
    duration_scale: f64,
    stamped_at_end: bool,
    duration_note: Option<String>,
}

impl LineReader for JsonLineReader {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let mut found: [Option<&RawValue>; 4] = [None; 4];
        let mut json = serde_json::Deserializer::from_slice(line);
        Fields { wanted: &self.wanted, depth: 0, within: [true; 4], found: &mut found }
            .deserialize(&mut json)
            .and_then(|()| json.end())
            .map_err(|error| Damage::new(format!("this is not JSON: {error}")))?;
        let name = |index: usize| self.wanted[index].as_deref().unwrap_or_default().join(".");
        let time = found[TIME].ok_or_else(|| Damage::new(format!("it has no field `{}`", name(TIME))))?;
        let at = stamps.any(plain(time).as_bytes())?;
        if self.wanted[VALUE].is_some() {
            let value = found[VALUE].ok_or_else(|| Damage::new(format!("it has no field `{}`", name(VALUE))))?;
            let value = plain(value);
            to.values_are(self.values);
            to.row(
                at,
                number::amount(value.as_bytes()).map_err(|problem| Damage::found(problem, value.as_bytes()))?,
                0.0,
            );
            return Ok(());
        }
        let duration = found[DURATION].and_then(|text| number::decimal(plain(text).as_bytes()));
        let status = found[STATUS].and_then(|text| plain(text).parse().ok());
        to.request(
            Request {
                at,
                duration: duration.map(|duration| duration.as_f64() * self.duration_scale),
                refused: status.is_some_and(super::is_refusal),
            }
            .stamped(self.stamped_at_end),
        );
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let unit = match self.duration_scale {
            1.0 => "seconds".to_string(),
            scale => format!("units of {scale} s"),
        };
        self.duration_note.iter().map(|name| format!("durations were read from `{name}`, in {unit}")).collect()
    }
}

/// A value without the quotes of a string.
fn plain(value: &RawValue) -> Cow<'_, str> {
    let text = value.get();
    if text.starts_with('"') {
        serde_json::from_str(text).map_or(Cow::Borrowed(""), Cow::Owned)
    } else {
        Cow::Borrowed(text)
    }
}

/// Picks the wanted fields out of an object and passes over everything else.
struct Fields<'w, 'f, 'de> {
    wanted: &'w [Option<Vec<String>>; 4],
    depth: usize,
    /// The wanted whose way leads into this object.
    within: [bool; 4],
    found: &'f mut [Option<&'de RawValue>; 4],
}

impl<'de> DeserializeSeed<'de> for Fields<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let leads = |index: usize| -> Option<bool> {
                let way = self.wanted[index].as_ref().filter(|_| self.within[index])?;
                (way.get(self.depth).map(String::as_str) == Some(&*key.0)).then(|| way.len() == self.depth + 1)
            };
            let ways: [Option<bool>; 4] = std::array::from_fn(leads);
            if ways.contains(&Some(true)) {
                let value: &RawValue = map.next_value()?;
                for (index, way) in ways.iter().enumerate() {
                    if *way == Some(true) {
                        self.found[index] = Some(value);
                    }
                }
            } else if ways.contains(&Some(false)) {
                let within = ways.map(|way| way == Some(false));
                map.next_value_seed(Fields { wanted: self.wanted, depth: self.depth + 1, within, found: self.found })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A key, borrowed from the line where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);
