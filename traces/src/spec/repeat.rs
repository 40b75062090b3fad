//! How often a trace is replayed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How often a trace is replayed: for ever, or a number of times.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// In a loop until the horizon: `true`.
    Forever,
    /// So many times in all; once for `false`.
    Times(u64),
}

impl Serialize for Repeat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Repeat::Forever => serializer.serialize_bool(true),
            Repeat::Times(times) => serializer.serialize_u64(*times),
        }
    }
}

impl<'de> Deserialize<'de> for Repeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Repeat;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, or how many times in all (at least 1)")
            }
            fn visit_bool<E: de::Error>(self, forever: bool) -> Result<Repeat, E> {
                Ok(if forever { Repeat::Forever } else { Repeat::Times(1) })
            }
            fn visit_u64<E: de::Error>(self, times: u64) -> Result<Repeat, E> {
                if times == 0 {
                    return Err(E::invalid_value(de::Unexpected::Unsigned(0), &self));
                }
                Ok(Repeat::Times(times))
            }
            fn visit_i64<E: de::Error>(self, times: i64) -> Result<Repeat, E> {
                match u64::try_from(times) {
                    Ok(times) => self.visit_u64(times),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(times), &self)),
                }
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Repeat {
    fn schema_name() -> Cow<'static, str> {
        "Repeat".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Replay the trace in a loop: true, or how many times in all.",
            "anyOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 1 }]
        })
    }
}
