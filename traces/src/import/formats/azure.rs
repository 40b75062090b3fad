//! Azure's public traces: Functions 2019 and 2021, LLM inference 2023 and 2024.
//! <https://github.com/Azure/AzurePublicDataset>

use super::super::ImportOptions;
use super::super::cells::Cells;
use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;

/// One line per function, one column per minute of the day.
pub(super) struct Functions2019;
/// One line per invocation: when it ended, and how long it took.
pub(super) struct Functions2021;
/// One line per request: when it arrived, and its tokens.
pub(super) struct Llm;

const MINUTE: i64 = 60_000_000_000;
/// Minutes of a day: the columns of a file.
const MINUTES: i64 = 1_440;

impl Importer for Functions2019 {
    fn name(&self) -> &'static str {
        "azure-functions-2019"
    }

    fn about(&self) -> &'static str {
        "Azure Functions 2019: invocations per function (rows) and minute (columns); functions are added up"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().starts_with(b"HashOwner,HashApp,HashFunction,Trigger,1,")
    }

    fn reader(&self, sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        let day = day_of(sample.file);
        Ok(Reader::Lines(Box::new(Matrix { cells: Cells::default(), is_header: true, day })))
    }
}

/// The day of a file by its name, counted from 0: `invocations_per_function_md.anon.d03.csv` is the third.
fn day_of(file: &str) -> Option<i64> {
    let day = |part: &str| {
        part.strip_prefix('d')?.parse::<i64>().ok().filter(|day| (1..=99).contains(day) && part.len() == 3)
    };
    file.rsplit('/').next()?.split('.').find_map(day).map(|day| day - 1)
}

struct Matrix {
    cells: Cells,
    is_header: bool,
    day: Option<i64>,
}

impl LineReader for Matrix {
    fn line(&mut self, line: &[u8], _stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        const NAMES: usize = 4;
        if std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        self.cells.split(line, b',');
        if self.cells.len() <= NAMES {
            return Err(Damage::new("it has no counts"));
        }
        // All or nothing: half a line would be half a function's day.
        for column in NAMES..self.cells.len() {
            self.cells.amount(line, column, "count")?;
        }
        to.interval_is(MINUTE as u64);
        for column in NAMES..self.cells.len() {
            let minute = self.day.unwrap_or(0) * MINUTES + (column - NAMES) as i64;
            to.row(minute * MINUTE, self.cells.amount(line, column, "count")?, 0.0);
        }
        Ok(())
    }
}

impl Importer for Functions2021 {
    fn name(&self) -> &'static str {
        "azure-functions-2021"
    }

    fn about(&self) -> &'static str {
        "Azure Functions 2021: app,func,end_timestamp,duration; a request arrived its duration before its end"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().starts_with(b"app,func,end_timestamp,duration")
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(Invocations { cells: Cells::default(), is_header: true })))
    }
}

struct Invocations {
    cells: Cells,
    is_header: bool,
}

impl LineReader for Invocations {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        if std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        self.cells.split(line, b',');
        let end = stamps.relative(self.cells.needed(line, 2, "end")?)?;
        let duration = self.cells.amount(line, 3, "duration")?;
        to.request(Request { at: end, duration: Some(duration), refused: false }.stamped(true));
        Ok(())
    }
}

impl Importer for Llm {
    fn name(&self) -> &'static str {
        "azure-llm"
    }

    fn about(&self) -> &'static str {
        "Azure LLM inference traces: TIMESTAMP,ContextTokens,GeneratedTokens; a request per row"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.first().to_ascii_lowercase().starts_with(b"timestamp,contexttokens,generatedtokens")
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(Tokens { cells: Cells::default(), is_header: true })))
    }
}

struct Tokens {
    cells: Cells,
    is_header: bool,
}

impl LineReader for Tokens {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        if std::mem::take(&mut self.is_header) {
            return Ok(());
        }
        self.cells.split(line, b',');
        let at = stamps.iso(self.cells.needed(line, 0, "time")?)?;
        for column in [1, 2] {
            let tokens = self.cells.needed(line, column, "number of tokens")?;
            number::amount(tokens).map_err(|problem| Damage::found(problem, tokens))?;
        }
        to.request(Request { at, ..Request::default() });
        Ok(())
    }
}
