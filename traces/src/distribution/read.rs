//! Reading a distribution. Written by hand so that every message names the family and what it takes, and so that the
//! span of a bad key stays the key's own (no buffering as with `untagged`).

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::Error as _};

use super::{Bin, Distribution, Empirical, FAMILIES, Lognormal, Quantiles, Weighted};
use crate::time::SimDuration;

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Distribution;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a duration such as \"12ms\", or a table with one of {}", family_names())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Distribution, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distribution, A::Error> {
        let allowed = FamilyName { also: None };
        let Some(family) = map.next_key_seed(allowed)? else {
            return Err(A::Error::custom(format!("an empty table; name the distribution: one of {}", family_names())));
        };
        let distribution = map.next_value_seed(Parameters { family })?;
        match map.next_key::<String>()? {
            None => Ok(distribution),
            Some(second) => Err(A::Error::custom(format!(
                "`{family}` and `{second}` in one table; a distribution names exactly one family"
            ))),
        }
    }
}

fn family_names() -> String {
    FAMILIES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The key that names the family; an unknown one is refused where it stands.
#[derive(Copy, Clone)]
struct FamilyName {
    /// A further key that may stand there (a mixture's `weight`).
    also: Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for FamilyName {
    type Value = &'static str;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = FAMILIES.iter().map(|(family, _)| *family).chain(self.also).find(|family| *family == name);
        known
            .ok_or_else(|| D::Error::custom(format!("`{name}` is not a distribution; it is one of {}", family_names())))
    }
}

/// What stands behind the name of a family.
struct Parameters {
    family: &'static str,
}

impl<'de> DeserializeSeed<'de> for Parameters {
    type Value = Distribution;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Distribution, D::Error> {
        let family = self.family;
        match family {
            "constant" => SimDuration::deserialize(from).map(Distribution::Constant),
            "mixture" => Vec::<Weighted>::deserialize(from).map(Distribution::Mixture),
            "quantiles" => from.deserialize_any(QuantilesWritten).map(Distribution::Quantiles),
            "histogram" => Vec::<Bin>::deserialize(from).map(Distribution::Histogram),
            _ => {
                let keys = FAMILIES.iter().find(|(name, _)| *name == family).map_or(&[][..], |(_, keys)| keys);
                let table = from.deserialize_any(TableOf { family, keys })?;
                table.into_distribution().map_err(D::Error::custom)
            }
        }
    }
}

/// A family's table with everything optional; which keys must be there is decided afterwards, for a better message.
#[derive(Default)]
struct Table {
    family: &'static str,
    durations: Vec<(&'static str, SimDuration)>,
    numbers: Vec<(&'static str, f64)>,
    file: Option<String>,
    values: Option<Vec<SimDuration>>,
}

struct TableOf {
    family: &'static str,
    keys: &'static [&'static str],
}

impl<'de> Visitor<'de> for TableOf {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the table of `{}` with {}", self.family, listed(self.keys))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table, A::Error> {
        let mut table = Table { family: self.family, ..Table::default() };
        while let Some(key) = map.next_key_seed(KeyOf { family: self.family, keys: self.keys })? {
            match key {
                "cv" | "alpha" | "shape" => table.numbers.push((key, map.next_value()?)),
                "file" => table.file = Some(map.next_value()?),
                "values" => table.values = Some(map.next_value()?),
                _ => table.durations.push((key, map.next_value()?)),
            }
        }
        Ok(table)
    }
}

/// A key of a family's table.
struct KeyOf {
    family: &'static str,
    keys: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for KeyOf {
    type Value = &'static str;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        let name = String::deserialize(deserializer)?;
        self.keys.iter().find(|key| **key == name).copied().ok_or_else(|| {
            D::Error::custom(format!("`{}` has no key `{name}`; it takes {}", self.family, listed(self.keys)))
        })
    }
}

/// `mean`, `cv` and `max`
fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

impl Table {
    fn optional(&self, key: &str) -> Option<SimDuration> {
        self.durations.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn duration(&self, key: &str) -> Result<SimDuration, String> {
        self.optional(key).ok_or_else(|| self.missing(key))
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        self.numbers.iter().find(|(name, _)| *name == key).map(|(_, value)| *value).ok_or_else(|| self.missing(key))
    }

    fn missing(&self, key: &str) -> String {
        format!("`{}` needs `{key}`", self.family)
    }

    fn into_distribution(self) -> Result<Distribution, String> {
        Ok(match self.family {
            "exponential" => Distribution::Exponential { mean: self.duration("mean")? },
            "lognormal" => Distribution::Lognormal(self.lognormal()?),
            "gamma" => Distribution::Gamma { mean: self.duration("mean")?, cv: self.number("cv")? },
            "pareto" => Distribution::Pareto {
                mean: self.duration("mean")?,
                alpha: self.number("alpha")?,
                max: self.optional("max"),
            },
            "weibull" => Distribution::Weibull { mean: self.duration("mean")?, shape: self.number("shape")? },
            "uniform" => Distribution::Uniform { min: self.duration("min")?, max: self.duration("max")? },
            "hyperexponential" => {
                Distribution::Hyperexponential { mean: self.duration("mean")?, cv: self.number("cv")? }
            }
            _ => Distribution::Empirical(self.empirical()?),
        })
    }

    fn lognormal(&self) -> Result<Lognormal, String> {
        let has = |key: &str| self.optional(key).is_some() || self.numbers.iter().any(|(name, _)| *name == key);
        match (has("mean") || has("cv"), has("median") || has("p95")) {
            (true, false) => Ok(Lognormal::Mean { mean: self.duration("mean")?, cv: self.number("cv")? }),
            (false, true) => Ok(Lognormal::Median { median: self.duration("median")?, p95: self.duration("p95")? }),
            _ => Err("`lognormal` takes either `mean` and `cv`, or `median` and `p95`".to_string()),
        }
    }

    fn empirical(self) -> Result<Empirical, String> {
        match (self.file, self.values) {
            (Some(file), None) => Ok(Empirical::File(file.into())),
            (None, Some(values)) => Ok(Empirical::Values(values)),
            _ => Err("`empirical` takes either `file` or `values`".to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Weighted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Part;
        impl<'de> Visitor<'de> for Part {
            type Value = Weighted;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a mixture, such as { weight = 0.9, exponential = { mean = \"5ms\" } }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weighted, A::Error> {
                let (mut weight, mut of) = (None, None);
                while let Some(key) = map.next_key_seed(FamilyName { also: Some("weight") })? {
                    if key == "weight" {
                        weight = Some(map.next_value::<f64>()?);
                    } else if of.is_some() {
                        return Err(A::Error::custom("a part of a mixture names exactly one distribution"));
                    } else {
                        of = Some(map.next_value_seed(Parameters { family: key })?);
                    }
                }
                let weight = weight.ok_or_else(|| A::Error::custom("a part of a mixture needs `weight`"))?;
                let of = of.ok_or_else(|| A::Error::custom("a part of a mixture needs a distribution"))?;
                Ok(Weighted { weight, of })
            }
        }
        deserializer.deserialize_any(Part)
    }
}

struct QuantilesWritten;

impl<'de> Visitor<'de> for QuantilesWritten {
    type Value = Quantiles;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("quantiles such as { min = \"1ms\", p50 = \"40ms\", max = \"1s\" } or [[0, \"1ms\"], [1, \"1s\"]]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Quantiles, A::Error> {
        let mut points = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let probability = probability(&name).ok_or_else(|| {
                A::Error::custom(format!(
                    "`quantiles` has no key `{name}`; it takes `min`, `p50`, `p99`, `p99.9`, `max`"
                ))
            })?;
            points.push((probability, map.next_value()?));
        }
        points.sort_by(|a: &(f64, SimDuration), b| a.0.total_cmp(&b.0));
        Ok(Quantiles { points, named: true })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Quantiles, A::Error> {
        let mut points = Vec::new();
        while let Some(point) = seq.next_element::<(f64, SimDuration)>()? {
            points.push(point);
        }
        Ok(Quantiles { points, named: false })
    }
}

/// `min`, `max`, `p50`, `p99.9`, and the usual `p999`.
fn probability(name: &str) -> Option<f64> {
    match name {
        "min" => return Some(0.0),
        "max" => return Some(1.0),
        _ => {}
    }
    let digits = name.strip_prefix('p')?;
    if digits.len() > 2 && digits.bytes().all(|b| b == b'9') {
        return format!("0.{digits}").parse().ok();
    }
    let percent: f64 = digits.parse().ok()?;
    (digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && percent <= 100.0).then_some(percent / 100.0)
}

impl<'de> Deserialize<'de> for Bin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "a bin such as { from = \"0ms\", to = \"10ms\", count = 5 }")]
        struct Written {
            from: SimDuration,
            to: SimDuration,
            count: u64,
        }
        let Written { from, to, count } = Written::deserialize(deserializer)?;
        Ok(Bin { from, to, count })
    }
}
