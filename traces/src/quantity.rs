//! Quantities with units, as a scenario writes them: cores, bytes, rates and ratios. A number of one cannot be used as
//! another.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// CPU cores, in thousandths: `8`, `0.5` or `"250m"`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cores(u32);

/// Memory or traffic in bytes: `"800MiB"`, `"2Gi"`, `"32GB"`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

/// Requests per second: `"300rps"`, `"300/s"`, `"18000/min"`.
#[derive(Copy, Clone, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A share between parts of one: `0.7` or `"70%"`.
#[derive(Copy, Clone, Debug, Default, PartialEq, PartialOrd)]
pub struct Ratio(f64);

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct QuantityError {
    text: String,
    expected: &'static str,
}

impl Cores {
    const EXPECTED: &'static str = "a number of cores, such as 8, 0.5 or \"250m\"";

    /// Cores from thousandths.
    pub const fn from_millis(millis: u32) -> Self {
        Cores(millis)
    }

    /// Thousandths of a core.
    pub const fn as_millis(self) -> u32 {
        self.0
    }

    /// Cores as a real number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// The whole number of cores, when it is whole.
    pub const fn whole(self) -> Option<u32> {
        if self.0.is_multiple_of(1000) { Some(self.0 / 1000) } else { None }
    }

    fn from_number(number: f64) -> Option<Self> {
        let millis = libm::round(number * 1000.0);
        (millis >= 0.0 && millis <= f64::from(u32::MAX)).then_some(Cores(millis as u32))
    }
}

impl FromStr for Cores {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let error = || QuantityError { text: text.to_string(), expected: Cores::EXPECTED };
        let (number, scale) = match text.trim().strip_suffix('m') {
            Some(millis) => (millis, 1e-3),
            None => (text.trim(), 1.0),
        };
        let number: f64 = number.parse().map_err(|_| error())?;
        Cores::from_number(number * scale).ok_or_else(error)
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole() {
            Some(cores) => write!(f, "{cores}"),
            None => write!(f, "{}m", self.0),
        }
    }
}

impl Bytes {
    const EXPECTED: &'static str = "an amount of memory, such as \"800MiB\" or \"2Gi\"";

    /// An amount in bytes.
    pub const fn new(bytes: u64) -> Self {
        Bytes(bytes)
    }

    /// An amount in MiB.
    pub const fn from_mib(mib: u64) -> Self {
        Bytes(mib << 20)
    }

    /// Bytes.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

const BYTE_UNITS: [(&str, u64); 15] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
    ("", 1),
];

impl FromStr for Bytes {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let error = || QuantityError { text: text.to_string(), expected: Bytes::EXPECTED };
        let trimmed = text.trim();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(digits);
        let scale = BYTE_UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(error)?.1;
        let bytes = number.parse::<f64>().map_err(|_| error())? * scale as f64;
        if bytes < 1.8e19 { Ok(Bytes(bytes as u64)) } else { Err(error()) }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, shift) in [("GiB", 30u32), ("MiB", 20), ("KiB", 10)] {
            if self.0 != 0 && self.0.is_multiple_of(1 << shift) {
                return write!(f, "{}{unit}", self.0 >> shift);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl Rate {
    const EXPECTED: &'static str = "a rate, such as \"300rps\", \"300/s\" or \"18000/min\"";

    /// A rate in requests per second; refuses negative, infinite and not-a-number.
    pub fn per_second(rate: f64) -> Option<Self> {
        (rate.is_finite() && rate >= 0.0).then_some(Rate(rate))
    }

    /// Requests per second.
    pub const fn as_per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let error = || QuantityError { text: text.to_string(), expected: Rate::EXPECTED };
        let trimmed = text.trim();
        let units = [("rps", 1.0), ("rpm", 1.0 / 60.0), ("/s", 1.0), ("/min", 1.0 / 60.0), ("/h", 1.0 / 3600.0)];
        let (number, scale) =
            units.iter().find_map(|(unit, scale)| Some((trimmed.strip_suffix(unit)?, scale))).ok_or_else(error)?;
        let number: f64 = number.trim().parse().map_err(|_| error())?;
        Rate::per_second(number * scale).ok_or_else(error)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}rps", self.0)
    }
}

impl Ratio {
    const EXPECTED: &'static str = "a share, such as 0.7 or \"70%\"";

    /// A share; refuses negative, infinite and not-a-number. May exceed one where that has a meaning.
    pub fn new(share: f64) -> Option<Self> {
        (share.is_finite() && share >= 0.0).then_some(Ratio(share))
    }

    /// The share as a number, 1 for the whole.
    pub const fn as_f64(self) -> f64 {
        self.0
    }
}

impl FromStr for Ratio {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let error = || QuantityError { text: text.to_string(), expected: Ratio::EXPECTED };
        let (number, scale) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent, 100.0),
            None => (text.trim(), 1.0),
        };
        let number: f64 = number.trim().parse().map_err(|_| error())?;
        Ratio::new(number / scale).ok_or_else(error)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Serde and schema for a quantity that is a text with a unit, or (where `number` is given) a bare number.
macro_rules! quantity_serde {
    ($type:ident, $schema:literal, text only) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        quantity_serde!(@deserialize $type, $schema, |_number: f64| None, { "type": "string" });
    };
    ($type:ident, $schema:literal, number $write:expr, $read:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_f64($write(*self))
            }
        }
        quantity_serde!(@deserialize $type, $schema, $read, { "type": ["string", "number"] });
    };
    (@deserialize $type:ident, $schema:literal, $read:expr, $json:tt) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Quantity;
                impl Visitor<'_> for Quantity {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($type::EXPECTED)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_f64<E: de::Error>(self, number: f64) -> Result<$type, E> {
                        let read: fn(f64) -> Option<$type> = $read;
                        read(number).ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        let read: fn(f64) -> Option<$type> = $read;
                        read(number as f64).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$type, E> {
                        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
                    }
                }
                deserializer.deserialize_any(Quantity)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = schemars::json_schema!($json);
                schema.insert("description".into(), $type::EXPECTED.into());
                schema
            }
        }
    };
}

quantity_serde!(Bytes, "Bytes", text only);
quantity_serde!(Rate, "Rate", text only);
quantity_serde!(Cores, "Cores", number |cores: Cores| cores.as_f64(), Cores::from_number);
quantity_serde!(Ratio, "Ratio", number |ratio: Ratio| ratio.0, Ratio::new);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_units() {
        assert_eq!("250m".parse(), Ok(Cores(250)));
        assert_eq!("8".parse(), Ok(Cores(8000)));
        assert_eq!("2Gi".parse(), Ok(Bytes(2 << 30)));
        assert_eq!("800MiB".parse(), Ok(Bytes(800 << 20)));
        assert_eq!("32GB".parse(), Ok(Bytes(32_000_000_000)));
        assert_eq!("300rps".parse(), Ok(Rate(300.0)));
        assert_eq!("600/min".parse(), Ok(Rate(10.0)));
        assert_eq!("70%".parse(), Ok(Ratio(0.7)));
    }

    #[test]
    fn wrong_units_are_refused() {
        assert!("5s".parse::<Cores>().is_err());
        assert!("5q".parse::<Bytes>().is_err());
        assert!("300".parse::<Rate>().is_err());
        assert!("-3rps".parse::<Rate>().is_err());
        assert!("nanrps".parse::<Rate>().is_err());
        assert!("-1%".parse::<Ratio>().is_err());
    }

    #[test]
    fn numbers_are_taken_where_they_are_clear() {
        assert_eq!(serde_json::from_str::<Cores>("0.5").ok(), Some(Cores(500)));
        assert_eq!(serde_json::from_str::<Ratio>("0.5").ok(), Some(Ratio(0.5)));
        assert!(serde_json::from_str::<Rate>("300").is_err(), "a rate needs its unit");
        assert!(serde_json::from_str::<Cores>("-1").is_err());
    }
}
