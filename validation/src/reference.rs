//! The reference vectors: values computed elsewhere, compiled into the program. `_formulas` and `_meta` in the file say how.

use std::sync::OnceLock;

use serde_json::Value;

use crate::error::ValidationError;

const TEXT: &str = include_str!("../vectors/queueing_reference.json");

/// One record of the vectors.
#[derive(Copy, Clone, Debug)]
pub struct Record(&'static Value);

fn vectors() -> &'static Value {
    static VECTORS: OnceLock<Value> = OnceLock::new();
    VECTORS.get_or_init(|| serde_json::from_str(TEXT).unwrap_or(Value::Null))
}

/// All records of a family, such as `mmc_fcfs`.
///
/// # Errors
/// When there is no such family.
pub fn family(name: &str) -> Result<Vec<Record>, ValidationError> {
    let records = vectors().get(name).and_then(Value::as_array);
    let records = records.ok_or_else(|| ValidationError::Reference(format!("family `{name}`")))?;
    Ok(records.iter().map(Record).collect())
}

/// A family that is one record, such as `elasticity_bungee_vector`.
///
/// # Errors
/// When there is none.
pub fn single(name: &str) -> Result<Record, ValidationError> {
    vectors().get(name).map(Record).ok_or_else(|| ValidationError::Reference(format!("record `{name}`")))
}

/// The first record of a family that has these numbers.
///
/// # Errors
/// When there is none.
pub fn find(name: &str, numbers: &[(&str, f64)]) -> Result<Record, ValidationError> {
    let fits = |record: &Record| {
        numbers.iter().all(|(key, wanted)| {
            record.0.get(key).and_then(Value::as_f64).is_some_and(|found| (found - wanted).abs() < 1e-9)
        })
    };
    let missing = || ValidationError::Reference(format!("`{name}` with {numbers:?}"));
    family(name)?.into_iter().find(fits).ok_or_else(missing)
}

/// The first record of a family with this text and these numbers.
///
/// # Errors
/// When there is none.
pub fn find_named(name: &str, (key, text): (&str, &str), numbers: &[(&str, f64)]) -> Result<Record, ValidationError> {
    let fits = |record: &Record| {
        record.0.get(key).and_then(Value::as_str) == Some(text)
            && numbers.iter().all(|(key, wanted)| record.number(key).is_ok_and(|found| (found - wanted).abs() < 1e-9))
    };
    let missing = || ValidationError::Reference(format!("`{name}` with {key} {text} and {numbers:?}"));
    family(name)?.into_iter().find(fits).ok_or_else(missing)
}

impl Record {
    /// A number of the record.
    ///
    /// # Errors
    /// When it has none of that name.
    pub fn number(&self, key: &str) -> Result<f64, ValidationError> {
        let number = self.0.get(key).and_then(Value::as_f64);
        number.ok_or_else(|| ValidationError::Reference(format!("number `{key}` in {}", self.0)))
    }

    /// A text of the record; empty where it has none.
    pub fn text(&self, key: &str) -> &'static str {
        self.0.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// A record within the record.
    ///
    /// # Errors
    /// When it has none of that name.
    pub fn part(&self, key: &str) -> Result<Record, ValidationError> {
        self.0.get(key).map(Record).ok_or_else(|| ValidationError::Reference(format!("`{key}` in {}", self.0)))
    }

    /// Records within the record; none where there are none.
    pub fn parts(&self, key: &str) -> Vec<Record> {
        self.0.get(key).and_then(Value::as_array).map_or_else(Vec::new, |parts| parts.iter().map(Record).collect())
    }

    /// Pairs of numbers, such as the steps of a curve.
    pub fn pairs(&self, key: &str) -> Vec<(f64, f64)> {
        let pair = |record: &Record| Some((record.0.get(0)?.as_f64()?, record.0.get(1)?.as_f64()?));
        self.parts(key).iter().filter_map(pair).collect()
    }
}

impl Record {
    /// The record as a number by itself.
    ///
    /// # Errors
    /// When it is none.
    pub fn value(&self) -> Result<f64, ValidationError> {
        self.0.as_f64().ok_or_else(|| ValidationError::Reference(format!("number in {}", self.0)))
    }
}
