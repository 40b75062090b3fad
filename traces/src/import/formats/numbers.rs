//! One number per line and nothing else: requests per interval, one interval after the other.

use super::super::ImportOptions;
use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;

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
        Ok(Reader::Lines(Box::new(NumberLines { interval, told, at: 0 })))
    }
}

struct NumberLines {
    interval: u64,
    told: bool,
    at: i64,
}

impl LineReader for NumberLines {
    fn line(&mut self, line: &[u8], _stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let at = self.at;
        // A damaged line takes its interval all the same: it becomes a gap.
        self.at += self.interval as i64;
        to.interval_is(self.interval);
        let value = number::amount(line.trim_ascii()).map_err(|problem| Damage::found(problem, line))?;
        to.row(at, value, 0.0);
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        if self.told {
            return Vec::new();
        }
        vec!["the numbers have no times: each was taken for the count of one second; --interval says otherwise".into()]
    }
}
