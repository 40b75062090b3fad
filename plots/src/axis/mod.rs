//! Axes: which values they span, where their ticks are, how they are labelled.

pub(crate) mod scale;
pub(crate) mod time;

pub(crate) use scale::Scale;
pub(crate) use time::TimeAxis;
