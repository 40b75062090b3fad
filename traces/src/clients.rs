//! Closed-loop clients: the next request waits for the answer to the last.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::distribution::Distribution;
use crate::time::SimDuration;

/// Closed-loop clients of one of three kinds.
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
    /// Workers of a load generator with a rate limit for each, such as `hey -c 40 -q 1`: all send at every tick, whoever
    /// still waits for an answer sends when it comes. While answers take less than `every`, the load is exactly the
    /// number of workers per `every`; a service that is slower slows it down.
    Workers {
        /// How many from each instant on; each change begins a new run of the generator.
        workers: Vec<(SimDuration, u32)>,
        /// From one tick of a worker to the next.
        every: SimDuration,
        /// No request begins at or after this; the horizon when absent.
        for_: Option<SimDuration>,
    },
}

impl ClientsSpec {
    /// How long they keep on, when it is limited.
    pub fn lasts(&self) -> Option<SimDuration> {
        match self {
            ClientsSpec::Batch { for_, .. } | ClientsSpec::Users { for_, .. } | ClientsSpec::Workers { for_, .. } => {
                *for_
            }
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
            ClientsSpec::Workers { workers, every, .. } => {
                let count =
                    |pick: fn(u32, u32) -> u32| workers.iter().map(|(_, count)| *count).reduce(pick).unwrap_or(0);
                let (least, most) = (count(u32::min), count(u32::max));
                let steps = workers.len();
                write!(
                    f,
                    "a load generator of {least} to {most} workers in {steps} steps, each a request per {every}"
                )?;
            }
        }
        self.lasts().map_or(Ok(()), |length| write!(f, ", for {length}"))
    }
}

impl<'de> Deserialize<'de> for ClientsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            deny_unknown_fields,
            expecting = "clients such as { batch = 500, pause = \"1s\", for = \"600s\" }, { users = 40, think = \"1s\" } or { workers = 40, every = \"1s\" }"
        )]
        struct Written {
            batch: Option<u32>,
            pause: Option<SimDuration>,
            users: Option<u32>,
            think: Option<Distribution>,
            workers: Option<Workers>,
            every: Option<SimDuration>,
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
        if written.workers.is_some() || written.every.is_some() {
            let others = written.batch.is_some() || written.pause.is_some() || written.users.is_some();
            return match (written.workers, written.every.unwrap_or(SimDuration::from_secs(1))) {
                (Some(workers), every) if !others && written.think.is_none() => {
                    let workers = workers.steps();
                    check_workers(&workers, every).map_err(D::Error::custom)?;
                    Ok(ClientsSpec::Workers { workers, every, for_ })
                }
                _ => Err(D::Error::custom(KINDS)),
            };
        }
        match (written.batch, written.pause, written.users, written.think) {
            (Some(batch), pause, None, None) => {
                Ok(ClientsSpec::Batch { batch, pause: pause.unwrap_or(SimDuration::from_secs(1)), for_ })
            }
            (None, None, Some(users), Some(think)) => Ok(ClientsSpec::Users { users, think, for_ }),
            (None, None, Some(_), None) => Err(D::Error::custom("clients: `users` needs `think`")),
            _ => Err(D::Error::custom(KINDS)),
        }
    }
}

/// What goes together.
const KINDS: &str =
    "clients take either `batch` and `pause`, or `users` and `think`, or `workers` and `every`; `for` with each";

/// The number of workers: one for the whole run, or a step at each instant.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a number of workers, or steps such as [[\"0s\", 8], [\"5m\", 1]]")]
enum Workers {
    Constant(u32),
    Steps(Vec<(SimDuration, u32)>),
}

impl Workers {
    fn steps(self) -> Vec<(SimDuration, u32)> {
        match self {
            Workers::Constant(count) => vec![(SimDuration::ZERO, count)],
            Workers::Steps(steps) => steps,
        }
    }
}

fn check_workers(steps: &[(SimDuration, u32)], every: SimDuration) -> Result<(), String> {
    if steps.iter().all(|(_, count)| *count == 0) {
        return Err("clients: there are none; `workers` must be at least 1 in some step".into());
    }
    if every.is_zero() {
        return Err("clients: `every` is zero; a worker needs time between its requests, such as \"1s\"".into());
    }
    match steps.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        Some(pair) => Err(format!("clients: the step at {} comes after that at {}; sort them", pair[1].0, pair[0].0)),
        None => Ok(()),
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
            ClientsSpec::Workers { workers, every, .. } => {
                map.serialize_entry("workers", workers)?;
                map.serialize_entry("every", every)?;
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
            "description": "Closed-loop clients: `batch` and `pause`, or `users` and `think`, or `workers` and `every`; `for` limits them.",
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
                },
                {
                    "type": "object",
                    "properties": {
                        "workers": {
                            "anyOf": [
                                { "type": "integer", "minimum": 1 },
                                {
                                    "type": "array",
                                    "items": {
                                        "type": "array",
                                        "prefixItems": [duration, { "type": "integer", "minimum": 0 }],
                                        "minItems": 2,
                                        "maxItems": 2
                                    }
                                }
                            ]
                        },
                        "every": duration,
                        "for": duration
                    },
                    "required": ["workers"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
