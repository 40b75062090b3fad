//! Closed-loop clients: the next request waits for the answer to the last.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::distribution::Distribution;
use crate::time::SimDuration;

/// Closed-loop clients of one of two kinds.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientsSpec {
    /// A batch of requests at once, a wait for all answers, a pause, and again: a stress test as it is often written.
    Batch {
        /// Requests per batch.
        batch: u32,
        /// From the last answer to the next batch.
        pause: SimDuration,
        /// No batch begins at or after this; the horizon when absent.
        for_: Option<SimDuration>,
    },
    /// Users who do not wait for each other: a request, its answer, a think time, and again.
    Users {
        /// How many.
        users: u32,
        /// From an answer to the same user's next request.
        think: Distribution,
        /// No request begins at or after this; the horizon when absent.
        for_: Option<SimDuration>,
    },
}

impl ClientsSpec {
    /// How long they keep on, when it is limited.
    pub fn lasts(&self) -> Option<SimDuration> {
        match self {
            ClientsSpec::Batch { for_, .. } | ClientsSpec::Users { for_, .. } => *for_,
        }
    }
}

impl fmt::Display for ClientsSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientsSpec::Batch { batch, pause, .. } => {
                write!(f, "batches of {batch} requests, {pause} after the last answer")?;
            }
            ClientsSpec::Users { users, .. } => write!(f, "{users} users who think between requests")?,
        }
        self.lasts().map_or(Ok(()), |length| write!(f, ", for {length}"))
    }
}

impl<'de> Deserialize<'de> for ClientsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            deny_unknown_fields,
            expecting = "clients such as { batch = 500, pause = \"1s\", for = \"600s\" } or { users = 40, think = \"1s\" }"
        )]
        struct Written {
            batch: Option<u32>,
            pause: Option<SimDuration>,
            users: Option<u32>,
            think: Option<Distribution>,
            #[serde(rename = "for")]
            for_: Option<SimDuration>,
        }
        let written = Written::deserialize(deserializer)?;
        let for_ = written.for_;
        let count = written.batch.or(written.users);
        if count == Some(0) {
            return Err(D::Error::custom("clients: there are none; `batch` or `users` must be at least 1"));
        }
        if for_.is_some_and(SimDuration::is_zero) {
            return Err(D::Error::custom("clients: `for` is zero; leave it out to keep on until the horizon"));
        }
        match (written.batch, written.pause, written.users, written.think) {
            (Some(batch), pause, None, None) => {
                Ok(ClientsSpec::Batch { batch, pause: pause.unwrap_or(SimDuration::from_secs(1)), for_ })
            }
            (None, None, Some(users), Some(think)) => Ok(ClientsSpec::Users { users, think, for_ }),
            (None, None, Some(_), None) => Err(D::Error::custom("clients: `users` needs `think`")),
            _ => Err(D::Error::custom(
                "clients take either `batch` and `pause`, or `users` and `think`; `for` with both",
            )),
        }
    }
}

impl Serialize for ClientsSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            ClientsSpec::Batch { batch, pause, .. } => {
                map.serialize_entry("batch", batch)?;
                map.serialize_entry("pause", pause)?;
            }
            ClientsSpec::Users { users, think, .. } => {
                map.serialize_entry("users", users)?;
                map.serialize_entry("think", think)?;
            }
        }
        if let Some(length) = self.lasts() {
            map.serialize_entry("for", &length)?;
        }
        map.end()
    }
}

impl JsonSchema for ClientsSpec {
    fn schema_name() -> Cow<'static, str> {
        "Clients".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<SimDuration>();
        let think = generator.subschema_for::<Distribution>();
        json_schema!({
            "description": "Closed-loop clients: `batch` and `pause`, or `users` and `think`; `for` limits them.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": { "batch": { "type": "integer", "minimum": 1 }, "pause": duration, "for": duration },
                    "required": ["batch"],
                    "additionalProperties": false
                },
                {
                    "type": "object",
                    "properties": { "users": { "type": "integer", "minimum": 1 }, "think": think, "for": duration },
                    "required": ["users", "think"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
