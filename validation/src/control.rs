//! Controllers against control theory: oscillation by delay, the delay of an alarm, overshoot by cooldown, flapping.

mod alarm_delay;
mod delayed;
mod flapping;
mod overshoot;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::row::Row;

/// Every case of control theory.
///
/// # Errors
/// When a run came to no end.
pub fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = delayed::rows()?;
    rows.extend(alarm_delay::rows(bench)?);
    rows.extend(overshoot::rows(bench)?);
    rows.extend(flapping::rows(bench)?);
    Ok(rows)
}
