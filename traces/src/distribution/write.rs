//! Writing a distribution back in the form that is read.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Bin, Distribution, Empirical, Lognormal, Quantiles, Weighted};
use crate::time::SimDuration;

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Distribution::Constant(duration) = self {
            return duration.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        entry(&mut map, self)?;
        map.end()
    }
}

/// The one entry `family = parameters`.
fn entry<M: SerializeMap>(map: &mut M, distribution: &Distribution) -> Result<(), M::Error> {
    let family = distribution.family();
    match distribution {
        Distribution::Constant(duration) => map.serialize_entry(family, duration),
        Distribution::Mixture(parts) => map.serialize_entry(family, parts),
        Distribution::Quantiles(quantiles) => map.serialize_entry(family, quantiles),
        Distribution::Histogram(bins) => map.serialize_entry(family, bins),
        _ => map.serialize_entry(family, &Table(distribution)),
    }
}

/// The table behind a family's name.
struct Table<'a>(&'a Distribution);

impl Serialize for Table<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Distribution::Exponential { mean } => map.serialize_entry("mean", mean)?,
            Distribution::Gamma { mean, cv }
            | Distribution::Hyperexponential { mean, cv }
            | Distribution::Lognormal(Lognormal::Mean { mean, cv }) => {
                map.serialize_entry("mean", mean)?;
                map.serialize_entry("cv", cv)?;
            }
            Distribution::Lognormal(Lognormal::Median { median, p95 }) => {
                map.serialize_entry("median", median)?;
                map.serialize_entry("p95", p95)?;
            }
            Distribution::Pareto { mean, alpha, max } => {
                map.serialize_entry("mean", mean)?;
                map.serialize_entry("alpha", alpha)?;
                if let Some(max) = max {
                    map.serialize_entry("max", max)?;
                }
            }
            Distribution::Weibull { mean, shape } => {
                map.serialize_entry("mean", mean)?;
                map.serialize_entry("shape", shape)?;
            }
            Distribution::Uniform { min, max } => {
                map.serialize_entry("min", min)?;
                map.serialize_entry("max", max)?;
            }
            Distribution::Empirical(Empirical::File(file)) => map.serialize_entry("file", file)?,
            Distribution::Empirical(Empirical::Values(values)) => map.serialize_entry("values", values)?,
            // These have no table; `entry` writes them.
            Distribution::Constant(_)
            | Distribution::Mixture(_)
            | Distribution::Quantiles(_)
            | Distribution::Histogram(_) => {}
        }
        map.end()
    }
}

impl Serialize for Weighted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("weight", &self.weight)?;
        entry(&mut map, &self.of)?;
        map.end()
    }
}

impl Serialize for Bin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("to", &self.to)?;
        map.serialize_entry("count", &self.count)?;
        map.end()
    }
}

impl Serialize for Quantiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.named {
            let mut map = serializer.serialize_map(Some(self.points.len()))?;
            for (probability, value) in &self.points {
                map.serialize_entry(&name(*probability), value)?;
            }
            return map.end();
        }
        let mut seq = serializer.serialize_seq(Some(self.points.len()))?;
        for point in &self.points {
            seq.serialize_element::<(f64, SimDuration)>(point)?;
        }
        seq.end()
    }
}

/// The name of a quantile: `min`, `p50`, `p99.9`, `max`.
fn name(probability: f64) -> String {
    if probability <= 0.0 {
        "min".to_string()
    } else if probability >= 1.0 {
        "max".to_string()
    } else {
        // Percent to nine decimals, so that 0.999 reads 99.9 rather than 99.90000000000001.
        format!("p{}", libm::round(probability * 1e11) / 1e9)
    }
}
