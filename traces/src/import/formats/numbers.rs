//! One number per line and nothing else: requests per interval, one interval after the other; or, when that is said, the
//! times of requests, or readings of a counter.

use super::super::collect::{Collector, Request};
use super::super::counter::{self, Counter};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;
use super::super::{ImportOptions, ImportedValues};
use crate::recording::Values;

pub(super) struct Numbers;

impl Importer for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }

    fn about(&self) -> &'static str {
        "one number per line, one interval after the other; --interval says how long one is, 1s unless told"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        !sample.lines.is_empty() && sample.lines.iter().all(|line| number::amount(line.trim_ascii()).is_ok())
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let told = options.interval.is_some();
        let interval = options.interval.map_or(1_000_000_000, crate::SimDuration::as_nanos);
        Ok(Reader::Lines(Box::new(NumberLines {
            interval,
            told,
            values: options.values,
            at: 0,
            rows: 0,
            last: 0.0,
            only_grows: true,
            counter: Counter::default(),
            notes: Vec::new(),
        })))
    }
}

struct NumberLines {
    interval: u64,
    told: bool,
    values: Option<ImportedValues>,
    at: i64,
    rows: u64,
    last: f64,
    /// True while every number is above the one before.
    only_grows: bool,
    counter: Counter,
    notes: Vec<String>,
}

impl LineReader for NumberLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        if self.values == Some(ImportedValues::Request) {
            to.request(Request { at: stamps.any(line.trim_ascii())?, ..Request::default() });
            return Ok(());
        }
        let at = self.at;
        // A damaged line takes its interval all the same: it becomes a gap.
        self.at += self.interval as i64;
        to.interval_is(self.interval);
        let value = number::amount(line.trim_ascii()).map_err(|problem| Damage::found(problem, line))?;
        self.only_grows &= self.rows == 0 || value > self.last;
        self.rows += 1;
        self.last = value;
        if self.values == Some(ImportedValues::Counter) {
            return self.counter.add(at, value, |at, increase| to.row(at, increase, 0.0));
        }
        to.values_are(if self.values == Some(ImportedValues::Rate) { Values::Rate } else { Values::Count });
        to.row(at, value, 0.0);
        Ok(())
    }

    fn finish(&mut self, to: &mut Collector) -> Result<(), Damage> {
        if self.values == Some(ImportedValues::Counter) {
            let reading = self.counter.finish(|at, increase| to.row(at, increase, 0.0));
            self.notes = counter::notes(&reading);
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        const FEWEST: u64 = 20;
        let mut notes = self.notes.clone();
        if self.values == Some(ImportedValues::Request) {
            return notes;
        }
        if !self.told {
            let what = if self.values.is_some() { "the number" } else { "the count" };
            notes.push(format!(
                "the numbers have no times: each was taken for {what} of one second; --interval says otherwise"
            ));
        }
        if self.values.is_none() && self.only_grows && self.rows >= FEWEST {
            notes.push(
                "the numbers only grow: if they are the times of requests, say --values request; if a running total, --values \
                 counter"
                    .into(),
            );
        }
        notes
    }
}
