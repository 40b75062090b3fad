//! Prometheus' JSON: whatever a person saved from the range-query API.
//!
//! One response, several one after the other, an array of them, or an object from a name to a response.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::PrometheusError;

/// One series of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// `__name__`, or the name that the response was saved under.
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) points: Points,
}

/// Values over time, in seconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Points(pub(super) Vec<(f64, f64)>);

impl Points {
    /// Points up to and including a time.
    pub(super) fn until(&self, t: f64) -> &[(f64, f64)] {
        &self.0[..self.0.partition_point(|point| point.0 <= t)]
    }

    /// The value at a time; none when the last point is a whole step old: Prometheus would have shown another.
    pub(super) fn live(&self, t: f64, step: f64) -> Option<(f64, f64)> {
        let last = self.until(t).last().copied()?;
        (t - last.0 < step).then_some(last)
    }

    /// The value at a time, held from the last point, or else the first one.
    pub(super) fn held(&self, t: f64) -> Option<f64> {
        self.until(t).last().or(self.0.first()).map(|point| point.1)
    }
}

/// Reads all series of a file.
pub(super) fn read(text: &str) -> Result<Vec<Series>, PrometheusError> {
    let mut series = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    loop {
        let seed = Node { name: "", series: &mut series };
        seed.deserialize(&mut deserializer).map_err(|error| PrometheusError::NotJson(error.to_string()))?;
        if deserializer.end().is_ok() {
            break;
        }
    }
    check(&series)?;
    Ok(series)
}

fn check(series: &[Series]) -> Result<(), PrometheusError> {
    for one in series {
        if one.name.is_empty() {
            return Err(PrometheusError::NoName);
        }
        for pair in one.points.0.windows(2) {
            if pair[1].0 <= pair[0].0 {
                return Err(PrometheusError::TimeRunsBackwards {
                    name: one.name.clone(),
                    t: pair[1].0,
                    previous: pair[0].0,
                });
            }
        }
    }
    Ok(())
}

/// Any part of the JSON that holds series.
struct Node<'a> {
    name: &'a str,
    series: &'a mut Vec<Series>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Prometheus range-query response")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let seed = Node { name: self.name, series: self.series };
            if list.next_element_seed(seed)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut labels: Option<BTreeMap<String, String>> = None;
        let mut points: Option<Points> = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "status" => {
                    if map.next_value::<String>()? == "error" {
                        return Err(A::Error::custom("the response has status `error`: the query failed"));
                    }
                }
                "resultType" => {
                    let kind: String = map.next_value()?;
                    if kind != "matrix" {
                        return Err(A::Error::custom(format!(
                            "resultType `{kind}`: a range query's `matrix` was expected"
                        )));
                    }
                }
                "metric" => labels = Some(map.next_value()?),
                "values" => points = Some(map.next_value()?),
                "data" | "result" => map.next_value_seed(Node { name: self.name, series: self.series })?,
                "error" | "errorType" | "warnings" | "infos" | "stats" | "isPartial" | "histograms" => {
                    map.next_value::<IgnoredAny>()?;
                }
                name => map.next_value_seed(Node { name, series: self.series })?,
            }
        }
        if let Some(points) = points {
            let mut labels = labels.unwrap_or_default();
            let name = labels.remove("__name__").unwrap_or_else(|| self.name.to_owned());
            self.series.push(Series { name, labels, points });
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points: Vec<(f64, Value)> = Deserialize::deserialize(deserializer)?;
        // NaN is how Prometheus writes that there is no value.
        let points = points.into_iter().map(|(t, value)| (t, value.0));
        Ok(Self(points.filter(|(_, value)| value.is_finite()).collect()))
    }
}

/// A value in a string, as Prometheus writes it.
struct Value(f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value in a string, such as \"0.25\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                text.parse().map(Value).map_err(|_| E::custom(format!("`{text}` is not a value")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
