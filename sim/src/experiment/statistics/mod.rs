//! Output analysis: how sure a figure is, how many replications it takes, which of several variants is best.

pub mod mser;
pub mod order_statistics;
pub mod ranking;
pub mod sequential;
pub mod student;
