//! Plain CSV in any order of columns: a time and a number of requests or a rate, or one request per row. Also
//! windtunnel's own traces, whose comments say more about them.

use super::super::ImportOptions;
use super::super::ImportedValues;
use super::super::cells::Cells;
use super::super::collect::{Collector, Request};
use super::super::counter::{self, Counter};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::saturation::is_utilization;
use super::super::stamp::Stamps;
use crate::recording::header::TraceHeader;
use crate::recording::{Values, columns};

pub(super) struct Csv;

/// Names of time columns, beside those that a `[trace]` file may have.
const MORE_TIMES: [&str; 11] = [
    "date",
    "datetime",
    "date_time",
    "minute",
    "hour",
    "period",
    "@timestamp",
    "start",
    "start_time",
    "time_iso8601",
    "interval_start",
];

impl Importer for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "CSV with a time column and a number column in any order, or a request per row; windtunnel's own traces"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let plan = Plan::of(sample, &ImportOptions::default());
        // A header that names no number is CSV all the same: the error should say which columns there are.
        match plan {
            // A header that names a time and a number says enough, whatever is wrong below it.
            Ok(plan) => {
                let is_named = plan.has_header && plan.value.is_some();
                sample.lines.len() > usize::from(plan.has_header) && (is_named || plan.reads_a_time(sample))
            }
            Err(_) => {
                let delimiter = delimiter(sample.first());
                let mut cells = Cells::default();
                let mut width = |line: &[u8]| {
                    cells.split(line, delimiter);
                    cells.len()
                };
                let columns = width(sample.first());
                columns > 1 && sample.lines.len() > 1 && sample.lines.iter().all(|line| width(line) == columns)
            }
        }
    }

    fn reader(&self, sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let plan = Plan::of(sample, options)?;
        let own = sample.lines.first().is_some_and(|line| TraceHeader::begins(line));
        Ok(Reader::Lines(Box::new(CsvLines {
            plan,
            cells: Cells::default(),
            header: own.then(TraceHeader::default),
            is_before_data: true,
            last: i64::MIN,
            backwards: 0,
            counter: Counter::default(),
            likeness: Likeness::default(),
        })))
    }
}

/// What is where.
struct Plan {
    delimiter: u8,
    has_header: bool,
    time: usize,
    /// None when each row is a request.
    value: Option<usize>,
    /// What somebody who reads the notes may have meant instead: nothing was said about the numbers, nor does their name.
    is_guess: bool,
    values: Values,
    /// True when the number is a counter that only grows.
    is_counter: bool,
    /// The column of the processors' utilization.
    utilization: Option<usize>,
    duration: Option<(usize, f64)>,
    stamped_at_end: bool,
    notes: Vec<String>,
}

impl Plan {
    fn of(sample: &Sample, options: &ImportOptions) -> Result<Plan, Damage> {
        let first = sample.first();
        let delimiter = options.delimiter.unwrap_or_else(|| delimiter(first));
        let mut cells = Cells::default();
        cells.split(first, delimiter);
        let names = cells.texts(first);
        let mut stamps = Stamps::new(None, 1e9, options.time_format.clone());
        let has_header =
            !names.iter().any(|name| number::decimal(name.as_bytes()).is_some() || stamps.any(name.as_bytes()).is_ok());
        let lower: Vec<String> = names.iter().map(|name| name.trim_matches('"').to_ascii_lowercase()).collect();
        let listed = || {
            format!("the columns are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        };
        let time = match &options.time {
            Some(name) => asked(name, &lower, has_header)
                .ok_or_else(|| Damage::new(format!("there is no column `{name}`; {}", listed())))?,
            None if has_header => time_named(&lower).ok_or_else(|| {
                Damage::new(format!("no column is named as a time; name it with --time: {}", listed()))
            })?,
            None => 0,
        };
        let per_row = options.values == Some(ImportedValues::Request);
        let known = known_value(&lower, time).filter(|_| has_header);
        let counted = counter_named(&lower).filter(|_| has_header && known.is_none());
        let known = known.or(counted.map(|column| (column, Values::Count)));
        // A measurement is called by what is measured, or is the one column beside the time.
        let measured = || {
            let others = || (0..lower.len()).filter(|column| *column != time);
            others()
                .find(|column| is_utilization(&lower[*column]))
                .or_else(|| others().next().filter(|_| lower.len() == 2))
        };
        let known = match known {
            None if options.any_unit && has_header => measured().map(|column| (column, Values::Count)),
            known => known,
        };
        let value = match &options.value {
            _ if per_row => None,
            Some(name) => Some(asked(name, &lower, has_header).ok_or_else(|| {
                Damage::new(format!("there is no column `{name}`; {}", listed()))
            })?),
            None if has_header => Some(known.map(|known| known.0).ok_or_else(|| {
                Damage::new(format!(
                    "no column is named as a number of requests or a rate: name it with --value, or say --values request \
                     if each row is a request; {}",
                    listed()
                ))
            })?),
            None if names.len() == 2 => Some(1 - time.min(1)),
            None => {
                return Err(Damage::new(format!(
                    "the file has no header and {} columns: say which are --time and --value (counted from 1), or --values \
                     request if each row is a request",
                    names.len()
                )));
            }
        };
        let mut notes = Vec::new();
        let values = match (options.values, known) {
            (Some(ImportedValues::Rate), _) => Values::Rate,
            (Some(_), _) => Values::Count,
            (None, Some((column, Values::Rate))) if Some(column) == value => Values::Rate,
            (None, _) if counted.is_some() && counted == value => {
                notes.push(format!(
                    "`{}` was taken for a counter that only grows (--values count or rate otherwise)",
                    counted.map_or("", |column| names[column].as_str())
                ));
                Values::Count
            }
            (None, _) => {
                if value.is_some() {
                    notes.push(
                        "the values were taken for requests per interval (--values rate for requests per second)"
                            .into(),
                    );
                }
                Values::Count
            }
        };
        let duration = match &options.duration {
            Some(name) => {
                let column = asked(name, &lower, has_header)
                    .ok_or_else(|| Damage::new(format!("there is no column `{name}`; {}", listed())))?;
                Some((column, options.duration_scale(name)))
            }
            None => None,
        };
        let utilization = match &options.utilization {
            Some(name) => Some(
                asked(name, &lower, has_header)
                    .ok_or_else(|| Damage::new(format!("there is no column `{name}`; {}", listed())))?,
            ),
            None if has_header && value.is_some() && !options.any_unit => {
                lower.iter().position(|name| is_utilization(name)).filter(|column| Some(*column) != value)
            }
            None => None,
        };
        if let (Some(column), None) = (utilization, &options.utilization) {
            notes.push(format!("`{}` marks where the recorded system was saturated", names[column]));
        }
        let is_counter = match options.values {
            Some(values) => values == ImportedValues::Counter,
            None => counted.is_some() && counted == value,
        };
        let is_guess = options.values.is_none() && values == Values::Count && !is_counter && !options.any_unit;
        let stamped_at_end = options.stamped_at_end;
        Ok(Plan {
            delimiter,
            has_header,
            time,
            value,
            is_guess,
            values,
            is_counter,
            utilization,
            duration,
            stamped_at_end,
            notes,
        })
    }

    /// True when the first row of data begins as it should.
    fn reads_a_time(&self, sample: &Sample) -> bool {
        let mut stamps = Stamps::new(None, 1e9, None);
        let mut cells = Cells::default();
        let mut data = sample.lines.iter().filter(|line| !line.starts_with(b"#")).skip(usize::from(self.has_header));
        data.any(|line| {
            cells.split(line, self.delimiter);
            let value = self.value.and_then(|value| cells.get(line, value));
            cells.get(line, self.time).is_some_and(|time| stamps.any(time).is_ok())
                && value.is_some_and(|value| number::amount(value).is_ok())
        })
    }
}

/// The column that somebody asked for: by its name, or by its number from 1.
fn asked(name: &str, header: &[String], has_header: bool) -> Option<usize> {
    let lower = name.to_ascii_lowercase();
    let named = has_header.then(|| header.iter().position(|column| *column == lower)).flatten();
    let numbered = || name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    named.or_else(|| numbered().filter(|column| *column < header.len()))
}

fn time_named(header: &[String]) -> Option<usize> {
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    columns::time_column(&names).or_else(|| header.iter().position(|name| MORE_TIMES.contains(&name.as_str())))
}

/// The column that holds the number by its name, and what it is.
fn known_value(header: &[String], time: usize) -> Option<(usize, Values)> {
    let mut names: Vec<&str> = header.iter().map(String::as_str).collect();
    // Whatever the time is called here, the rule knows it as `time`.
    names.get_mut(time).map(|name| *name = "time")?;
    columns::named(&names).map(|columns| (columns.value, columns.values))
}

/// A column that Prometheus's naming makes a counter: `http_requests_total`, `http_request_duration_seconds_count`.
fn counter_named(header: &[String]) -> Option<usize> {
    header.iter().position(|name| {
        let name = name.split('{').next().unwrap_or_default();
        name.ends_with("_total") || name.ends_with("seconds_count")
    })
}

/// The separator of a line: what occurs most, the comma unless another does.
pub(super) fn delimiter(line: &[u8]) -> u8 {
    let count = |byte: u8| line.iter().filter(|other| **other == byte).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

struct CsvLines {
    plan: Plan,
    cells: Cells,
    /// The comments of a trace of windtunnel's own.
    header: Option<TraceHeader>,
    is_before_data: bool,
    last: i64,
    /// Rows that came after a later one.
    backwards: u64,
    counter: Counter,
    likeness: Likeness,
}

/// What the numbers look like, beside counts.
#[derive(Default)]
struct Likeness {
    rows: u64,
    /// Rows whose number is above the one before, and below it.
    risen: u64,
    fallen: u64,
    /// Rows whose number is no whole one.
    fractions: u64,
    last: f64,
}

impl Likeness {
    fn add(&mut self, number: f64) {
        if self.rows > 0 {
            self.risen += u64::from(number > self.last);
            self.fallen += u64::from(number < self.last);
        }
        self.fractions += u64::from(number != libm::floor(number));
        self.rows += 1;
        self.last = number;
    }

    /// What is to be asked of who took them for counts.
    fn question(&self) -> Option<&'static str> {
        const FEWEST: u64 = 20;
        if self.rows >= FEWEST && self.fallen == 0 && 2 * self.risen > self.rows {
            Some("the numbers only grow: if they are a running total, say --values counter")
        } else if self.rows >= FEWEST && 2 * self.fractions > self.rows {
            Some(
                "most numbers are no whole ones: if they are a rate, say --values rate; a utilization or a latency is no traffic",
            )
        } else {
            None
        }
    }
}

impl CsvLines {
    /// Takes over what the comments said, once the data begins.
    fn begin(&mut self, to: &mut Collector) {
        self.is_before_data = false;
        to.values_are(self.plan.values);
        if let Some(header) = &mut self.header {
            if let Some(resolution) = header.resolution {
                to.interval_is(resolution.as_nanos());
            }
            if let Some(values) = header.values {
                to.values_are(values);
            }
            to.header = Some(std::mem::take(header));
            self.plan.notes.clear();
            self.plan.is_guess = false;
        }
    }
}

impl LineReader for CsvLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        if line.starts_with(b"#") {
            if let (true, Some(header)) = (self.is_before_data, &mut self.header) {
                header.read(line);
            }
            return Ok(());
        }
        if self.is_before_data {
            self.begin(to);
            if self.plan.has_header {
                return Ok(());
            }
        }
        self.cells.split(line, self.plan.delimiter);
        let at = stamps.any(self.cells.needed(line, self.plan.time, "time")?)?;
        self.backwards += u64::from(at < self.last);
        self.last = at;
        if let Some(column) = self.plan.value {
            let number = self.cells.amount(line, column, "number")?;
            if let Some(measured) = self.plan.utilization.and_then(|column| self.cells.get(line, column)) {
                // A utilization that is missing, or no number, marks nothing.
                let measured = measured.strip_suffix(b"%").unwrap_or(measured);
                if let Ok(measured) = number::amount(measured) {
                    to.saturation.add(at, measured);
                }
            }
            if self.plan.is_counter {
                return self.counter.add(at, number, |at, increase| to.row(at, increase, 0.0));
            }
            self.likeness.add(number);
            to.row(at, number, 0.0);
            return Ok(());
        }
        let duration = match self.plan.duration {
            Some((column, scale)) => Some(self.cells.amount(line, column, "duration")? * scale),
            None => None,
        };
        to.request(Request { at, duration, refused: false }.stamped(self.plan.stamped_at_end));
        Ok(())
    }

    fn finish(&mut self, to: &mut Collector) -> Result<(), Damage> {
        if !self.plan.is_counter {
            return Ok(());
        }
        let reading = self.counter.finish(|at, increase| to.row(at, increase, 0.0));
        match reading.step {
            Some(step) => to.interval_is(step),
            None => {
                return Err(Damage::new("a counter needs two readings at least: it tells only what was between them"));
            }
        }
        self.plan.notes.extend(counter::notes(&reading));
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.plan.notes.clone();
        if self.plan.is_guess {
            notes.extend(self.likeness.question().map(str::to_string));
        }
        if self.backwards > 0 {
            notes.push(format!("{} rows came after later ones; they were sorted", self.backwards));
        }
        notes
    }
}
