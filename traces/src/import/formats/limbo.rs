//! Arrival-rate files of LIMBO and the HTTP Load Generator: `time,rate;` per line, where the time is the middle of its
//! interval (0.5, 1.5, ...). <https://github.com/joakimkistowski/HTTP-Load-Generator>

use super::super::ImportOptions;
use super::super::ImportedValues;
use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::rows::usual_distance;
use super::super::stamp::Stamps;
use crate::recording::Values;

pub(super) struct Limbo;

impl Importer for Limbo {
    fn name(&self) -> &'static str {
        "limbo"
    }

    fn about(&self) -> &'static str {
        "LIMBO arrival rates, `0.5,306.0;` per line; --time-unit says what one unit of time is, 1s unless told"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.lines.iter().all(|line| pair(line).is_ok() && line.ends_with(b";")) && !sample.lines.is_empty()
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let values = if options.values == Some(ImportedValues::Count) { Values::Count } else { Values::Rate };
        Ok(Reader::Lines(Box::new(Rates { values, told: options.values.is_some(), rows: Vec::new() })))
    }
}

fn pair(line: &[u8]) -> Result<(&[u8], f64), Damage> {
    let line = line.trim_ascii().strip_suffix(b";").unwrap_or(line);
    let comma = memchr::memchr(b',', line).ok_or_else(|| Damage::found("this is not `time,rate;`", line))?;
    let (time, rate) = (line[..comma].trim_ascii(), line[comma + 1..].trim_ascii());
    number::decimal(time).ok_or_else(|| Damage::found("this is no time", time))?;
    Ok((time, number::amount(rate).map_err(|problem| Damage::found(problem, rate))?))
}

struct Rates {
    values: Values,
    told: bool,
    rows: Vec<(i64, f64)>,
}

impl LineReader for Rates {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, _to: &mut Collector) -> Result<(), Damage> {
        let (time, rate) = pair(line)?;
        self.rows.push((stamps.relative(time)?, rate));
        Ok(())
    }

    fn finish(&mut self, to: &mut Collector) -> Result<(), Damage> {
        self.rows.sort_by_key(|row| row.0);
        let times: Vec<i64> = self.rows.iter().map(|row| row.0).collect();
        let step = usual_distance(&times).filter(|step| *step > 0);
        let step = step.ok_or_else(|| Damage::new("fewer than two rows have no step between them"))?;
        to.interval_is(step);
        to.values_are(self.values);
        for (middle, rate) in self.rows.drain(..) {
            to.row(middle - (step / 2) as i64, rate, 0.0);
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        if self.told {
            return Vec::new();
        }
        vec!["the values were taken for requests per second (--values count for requests per interval)".into()]
    }
}
