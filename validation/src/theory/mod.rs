//! The plant against queueing theory. Exact values come from the reference vectors, never from here.

mod backlog;
mod balancing;
mod bursts;
mod closed;
mod confirm;
mod loss;
mod noise;
mod scalability;
mod station;
mod steady;
mod transient;
mod varying;

pub(crate) use transient::rate_file;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::row::Row;

/// Every case of queueing theory.
///
/// # Errors
/// When a run came to no end.
pub fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = stations(bench)?;
    rows.extend(transient::rows(bench)?);
    rows.extend(varying::rows(bench)?);
    rows.extend(closed::rows(bench)?);
    rows.extend(backlog::rows(bench)?);
    rows.extend(noise::rows(bench)?);
    rows.extend(scalability::rows(bench)?);
    Ok(rows)
}

/// The stations in their steady state: one instance, or several behind a balancer.
///
/// # Errors
/// When a run came to no end.
pub fn stations(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = steady::rows(bench)?;
    rows.extend(loss::rows(bench)?);
    rows.extend(balancing::rows(bench)?);
    rows.extend(bursts::rows(bench)?);
    Ok(rows)
}
