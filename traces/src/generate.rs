//! Traffic that nobody recorded: shapes, random models, and likenesses of a recording. Written out as a trace of expected
//! requests per interval; a run draws the requests from it.

mod b_model;
mod flash_crowd;
mod like;
mod mmpp;
mod seasonal;
mod trend;

pub use b_model::BModel;
pub use flash_crowd::FlashCrowd;
pub use like::like;
pub use mmpp::Mmpp;
pub use seasonal::Seasonal;

use crate::calendar::Calendar;
use crate::error::TraceError;
use crate::files::DiskFiles;
use crate::import::{Recorded, SourceFile, Stretch};
use crate::spec::TraceSpec;
use crate::time::{SimDuration, SimTime};
use crate::trace::Trace;

/// What is generated.
#[derive(Clone, Debug)]
pub enum Model {
    /// A shape, or a sum of shapes, as the `[trace]` table has them.
    Shape(Box<TraceSpec>),
    /// A Markov-modulated Poisson process.
    Mmpp(Mmpp),
    /// Self-similar traffic.
    BModel(BModel),
    /// A flash crowd.
    FlashCrowd(FlashCrowd),
    /// Days and weeks with a trend and noise.
    Seasonal(Seasonal),
}

/// How long, how fine, from when.
#[derive(Clone, Debug)]
pub struct GenerateOptions {
    /// How long the trace is.
    pub length: SimDuration,
    /// How long an interval is.
    pub step: SimDuration,
    /// The seed of what is random.
    pub seed: u64,
    /// The calendar time of the beginning, such as `2026-11-02T00:00:00`.
    pub start: Option<String>,
    /// The time zone.
    pub zone: Option<String>,
    /// True to leave out the growth of a recording that is taken after.
    pub without_trend: bool,
}

/// Intervals of the longest trace.
const MOST: u64 = 50_000_000;

impl GenerateOptions {
    /// The number of intervals.
    fn intervals(&self) -> Result<usize, TraceError> {
        if self.step.is_zero() || self.length < self.step {
            let problem = format!("a length of {} in intervals of {} has none", self.length, self.step);
            return Err(TraceError::spec(problem));
        }
        let intervals = self.length.as_nanos() / self.step.as_nanos();
        if intervals > MOST {
            let problem =
                format!("{intervals} intervals of {} are too many; make them longer, or the trace shorter", self.step);
            return Err(TraceError::spec(problem));
        }
        Ok(intervals as usize)
    }

    fn calendar(&self) -> Result<Option<Calendar>, TraceError> {
        self.start.as_deref().map(|start| Calendar::parse(start, self.zone.as_deref())).transpose()
    }

    /// The counts as a trace. `what` says what they are.
    fn trace(&self, what: String, counts: Vec<f64>) -> Result<Recorded, TraceError> {
        if let Some(count) = counts.iter().find(|count| !(count.is_finite() && **count >= 0.0)) {
            return Err(TraceError::spec(format!("{what}: an interval would have {count} requests")));
        }
        let calendar = self.calendar()?;
        let start = calendar.as_ref().map_or(0, |calendar| calendar.start().timestamp().as_nanosecond() as i64);
        Ok(Recorded::generated(
            what,
            self.step,
            calendar.map(|_| self.zone.clone().unwrap_or("UTC".into())),
            Stretch { start, counts },
        ))
    }
}

impl Model {
    /// Generates a trace.
    pub fn generate(&self, options: &GenerateOptions) -> Result<Recorded, TraceError> {
        let intervals = options.intervals()?;
        let (what, counts) = match self {
            Model::Shape(spec) => ("shape".to_string(), shape(spec, options, intervals)?),
            Model::Mmpp(model) => ("mmpp".to_string(), model.counts(options.step, intervals, options.seed)?),
            Model::BModel(model) => ("b-model".to_string(), model.counts(options.step, intervals, options.seed)?),
            Model::FlashCrowd(model) => ("flash crowd".to_string(), model.counts(options.step, intervals)?),
            Model::Seasonal(model) => {
                let since_monday = options.calendar()?.map_or(0, |calendar| calendar.since_monday());
                ("seasonal".to_string(), model.counts(options.step, intervals, since_monday, options.seed)?)
            }
        };
        options.trace(what, counts)
    }
}

/// The expected requests of a shape per interval.
fn shape(spec: &TraceSpec, options: &GenerateOptions, intervals: usize) -> Result<Vec<f64>, TraceError> {
    let spec = TraceSpec {
        start: options.start.clone(),
        zone: options.zone.clone().filter(|_| options.start.is_some()),
        seed: Some(spec.seed.unwrap_or(options.seed)),
        ..spec.clone()
    };
    let Trace::Open(trace) = spec.resolve(&DiskFiles { base: ".".into() }, options.length)? else {
        return Err(TraceError::spec("closed-loop clients have no rate that could be written down"));
    };
    let step = options.step.as_nanos();
    let mut counts = vec![0.0; intervals];
    for piece in trace.rate_segments() {
        let first = piece.start.as_nanos() / step;
        for index in first..piece.end.as_nanos().div_ceil(step).min(intervals as u64) {
            let (from, to) = (SimTime::from_nanos(index * step), SimTime::from_nanos((index + 1) * step));
            counts[index as usize] += piece.within(from, to).map_or(0.0, |part| part.requests());
        }
    }
    Ok(counts)
}

impl Recorded {
    /// A trace that was generated.
    fn generated(what: String, resolution: SimDuration, zone: Option<String>, stretch: Stretch) -> Recorded {
        let source =
            SourceFile { file: what, format: "generated", rows: stretch.counts.len() as u64, ..SourceFile::default() };
        Recorded::of_parts(source, resolution, zone, stretch)
    }
}

/// Refuses what is no share or no rate.
fn check(name: &str, value: f64, range: std::ops::RangeInclusive<f64>) -> Result<(), TraceError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(TraceError::spec(format!("{name} is {value}; it must be between {low} and {high}")))
}

#[cfg(test)]
mod tests;
