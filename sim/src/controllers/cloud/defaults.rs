//! Defaults of the vendors' keys, as functions for serde.

use serde::{Serialize, Serializer};
use windtunnel_traces::SimDuration;

use super::words::Comparison;

pub(crate) fn one_minute() -> SimDuration {
    SimDuration::from_mins(1)
}

pub(crate) fn five_minutes() -> SimDuration {
    SimDuration::from_mins(5)
}

pub(crate) fn ten_minutes() -> SimDuration {
    SimDuration::from_mins(10)
}

pub(crate) fn one_day() -> SimDuration {
    SimDuration::from_hours(24)
}

pub(crate) fn one() -> u32 {
    1
}

pub(crate) fn three() -> u32 {
    3
}

pub(crate) fn fifteen() -> u32 {
    15
}

pub(crate) fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn is_yes(value: &bool) -> bool {
    *value
}

pub(crate) fn at_least() -> Comparison {
    Comparison::GreaterOrEqual
}

/// Lags observed between a change of desired capacity and the group's acting on it (seven public activity records).
pub(crate) fn observed_lags() -> Vec<SimDuration> {
    [5, 6, 6, 8, 10, 21, 22].map(SimDuration::from_secs).to_vec()
}

pub(crate) fn fifteen_seconds() -> SimDuration {
    SimDuration::from_secs(15)
}

pub(crate) fn three_minutes() -> SimDuration {
    SimDuration::from_mins(3)
}

// An assumption that a backtest reads otherwise is written with the default of a simulation.

pub(crate) fn or_one_minute<S: Serializer>(value: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
    value.unwrap_or_else(one_minute).serialize(serializer)
}

pub(crate) fn or_fifteen_seconds<S: Serializer>(value: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
    value.unwrap_or_else(fifteen_seconds).serialize(serializer)
}

pub(crate) fn or_three_minutes<S: Serializer>(value: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
    value.unwrap_or_else(three_minutes).serialize(serializer)
}

pub(crate) fn or_observed_lags<S: Serializer>(
    value: &Option<Vec<SimDuration>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.clone().unwrap_or_else(observed_lags).serialize(serializer)
}
