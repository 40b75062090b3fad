//! The scenario's `[trace]` table as it is written. `resolve` makes a [`Trace`](crate::Trace) of it.

mod keys;
mod repeat;
mod resolve;

pub use repeat::Repeat;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clients::ClientsSpec;
use crate::noise::Noise;
use crate::quantity::Rate;
use crate::recording::{Gaps, Values};
use crate::shape::ShapeKind;
use crate::time::SimDuration;

/// Adds the keys of a shape to a struct: they stand beside `shape`, in the `[trace]` table as in the parts of a `sum`.
/// (Serde's `flatten` would lose the places of errors.)
macro_rules! with_shape_keys {
    ($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($fields)*
            /// A shape: constant, step, ramp, spike or diurnal; its keys stand beside it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub shape: Option<ShapeKind>,
            /// constant: the rate.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rate: Option<Rate>,
            /// step, spike: the rate before and after; diurnal: the rate at night.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub base: Option<Rate>,
            /// step, spike, diurnal: the highest rate.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub peak: Option<Rate>,
            /// step, spike, ramp: when the change begins. A ramp begins at 0 unless told.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at: Option<SimDuration>,
            /// step: how long the peak lasts; for ever when absent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub lasts: Option<SimDuration>,
            /// ramp: the rate before.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub from: Option<Rate>,
            /// ramp: the rate after.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub to: Option<Rate>,
            /// ramp: how long the change takes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub over: Option<SimDuration>,
            /// spike: how long the rise to the peak takes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rise: Option<SimDuration>,
            /// spike: how long the peak holds.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub hold: Option<SimDuration>,
            /// spike: how long the fall back to the base takes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub fall: Option<SimDuration>,
            /// diurnal: the time of day of the peak; 14h unless told.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub peak_at: Option<SimDuration>,
            /// diurnal: a factor on the rate of days 6 and 7, counted from the calendar's Monday when there is a `start`,
            /// else from day 0 of the trace.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub weekend: Option<f64>,
            /// Multiplicative noise, lognormal of mean 1. It belongs to the trace: drawn from the trace's `seed`, not the
            /// run's, so that all replications see the same rate. In the `[trace]` table it is laid over the finished
            /// rate (after window, rescale and repeat), in a part of a `sum` over that part.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub noise: Option<Noise>,
        }
    };
}

with_shape_keys! {
/// What arrives: exactly one of a recording (`file`, or `arrivals` for exact request times), a shape (`shape`, `sum`) or
/// closed-loop clients (`clients`). What is done to a rate is done in this order: `gaps`, `window`, `rescale`, `repeat`,
/// `noise`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trace")]
pub struct TraceSpec {
    /// A recorded rate series: CSV `seconds,requests`, gzip or plain, with any time origin; the count column holds
    /// requests per interval. Relative to the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Recorded request times, replayed exactly: one time in seconds per line, in order; the first arrives at 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<String>,
    /// Closed-loop clients: `{ batch = 500, pause = "1s", for = "600s" }`, `{ users = 40, think = "1s" }`, or a load
    /// generator's workers, each limited to a request per `every`: `{ workers = [["0s", 8], ["5m", 1]], every = "1s" }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientsSpec>,
    /// Shapes that are added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Vec<PartSpec>>,
    /// What the numbers of `file` are; unless told, what the header says (`rps`, `qps`, `rate` are rates), else counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
    /// What missing intervals of `file` mean; refused unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Gaps>,
    /// The interval of `file`; the usual distance of its rows unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<SimDuration>,
    /// The part of the trace to use, which then begins at 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// A factor on the rate, given directly or by the mean or the peak that it should have. Taken over the whole trace
    /// after `window`; for an endless shape over the horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescale: Option<Rescale>,
    /// Replay the trace in a loop: `true`, or how many times in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// The seed of the trace's own noise; 1 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The calendar time at which the trace begins (before `window` moves on), such as "2026-11-02T00:00:00"; a
    /// recording in Unix seconds has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The time zone of the calendar, such as "Asia/Shanghai"; UTC unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}
}

with_shape_keys! {
/// One shape of a sum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TracePart")]
pub struct PartSpec {
}
}

/// A part of a trace.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where it begins; the start unless told.
    #[serde(default)]
    pub from: SimDuration,
    /// Where it ends; the end of the trace unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SimDuration>,
}

/// How a rate is rescaled.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rescale {
    /// To this mean.
    Mean(Rate),
    /// To this highest rate.
    Peak(Rate),
    /// By this factor.
    Factor(f64),
}

#[cfg(test)]
mod tests;
