//! Defaults of the vendors' keys, as functions for serde.

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

pub(crate) fn at_least() -> Comparison {
    Comparison::GreaterOrEqual
}
