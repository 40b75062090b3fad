//! A counter that only grows, as rows of a table have it: the increase from each row to the next is the traffic.

use super::damage::Damage;
use super::rows::{CounterReading, increases};

/// Rows that are held at a time; they are put in order before they are taken.
const HELD: usize = 1 << 20;

/// Readings of one counter.
#[derive(Debug, Default)]
pub(super) struct Counter {
    held: Vec<(i64, f64)>,
    /// The last reading that was taken.
    taken: Option<i64>,
    reading: CounterReading,
}

impl Counter {
    /// Adds a reading; `row` is given the increases that are known by now.
    pub(super) fn add(&mut self, at: i64, value: f64, row: impl FnMut(i64, f64)) -> Result<(), Damage> {
        if self.taken.is_some_and(|taken| at < taken) {
            return Err(Damage::new("it is over a million rows late for a counter; sort the file by time"));
        }
        self.held.push((at, value));
        if self.held.len() >= HELD {
            self.take(row);
        }
        Ok(())
    }

    /// Takes what is held; the last reading stays, for the next increase begins at it.
    fn take(&mut self, row: impl FnMut(i64, f64)) {
        let reading = increases(&mut self.held, row);
        self.reading.step = self.reading.step.or(reading.step);
        self.reading.resets += reading.resets;
        self.reading.in_gaps += reading.in_gaps;
        let last = self.held.last().copied();
        self.held.clear();
        self.held.extend(last);
        self.taken = last.map(|last| last.0);
    }

    /// Takes the rest, and tells what the counter told.
    pub(super) fn finish(&mut self, row: impl FnMut(i64, f64)) -> CounterReading {
        self.take(row);
        self.held.clear();
        self.reading
    }
}

/// What is to be told about a counter.
pub(super) fn notes(reading: &CounterReading) -> Vec<String> {
    let mut notes = Vec::new();
    if reading.resets > 0 {
        notes.push(format!("the counter restarted from zero {} times", reading.resets));
    }
    if reading.in_gaps > 0.0 {
        notes.push(format!(
            "{} requests arrived in gaps of the counter: how many is known, not when; they are left out",
            reading.in_gaps
        ));
    }
    notes
}
