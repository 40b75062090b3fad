//! What a recording is like: how long, how much, how bursty, its day and its week, and what about it is suspect.

mod artefacts;
mod dispersion;
mod profile;

use serde::Serialize;

pub(crate) use profile::{Clock, Place};

pub use artefacts::Artefact;
pub use dispersion::Dispersion;
pub use profile::{HourOfDay, Profile, Weekday};

use crate::import::{DurationFigures, Gap, Recorded};

/// The figures of a recording. Rates are requests per second over the intervals that are known; times are calendar times
/// where the recording has such, else seconds from its beginning.
#[derive(Clone, Debug, Serialize)]
pub struct TraceInfo {
    /// The files, their formats and what was in them.
    pub sources: Vec<SourceInfo>,
    /// The time zone of the calendar.
    pub zone: Option<String>,
    /// When the first interval begins.
    pub start: String,
    /// When the last interval ends.
    pub end: String,
    /// From the one to the other.
    pub span_seconds: f64,
    /// How long an interval is.
    pub resolution_seconds: f64,
    /// Intervals that are known.
    pub intervals: usize,
    /// All requests.
    pub requests: f64,
    /// Mean rate.
    pub mean_rps: f64,
    /// Highest rate of an interval.
    pub peak_rps: f64,
    /// When that was.
    pub peak_at: String,
    /// Highest rate over mean rate.
    pub peak_to_mean: f64,
    /// Burstiness: the index of dispersion of counts at several scales.
    pub dispersion: Vec<Dispersion>,
    /// The mean rate by hour of the day and by day of the week.
    #[serde(flatten)]
    pub profile: Profile,
    /// Where nothing is known.
    pub gaps: Gaps,
    /// Where the recorded system could not keep up: what was recorded is less than what was asked for.
    pub censored: Vec<Span>,
    /// What looks like a fault of the recording rather than traffic.
    pub artefacts: Vec<Artefact>,
    /// How long requests took.
    pub durations: Option<DurationFigures>,
    /// What whoever uses it should know.
    pub notes: Vec<String>,
}

/// A file of a recording.
#[derive(Clone, Debug, Serialize)]
pub struct SourceInfo {
    /// Its name.
    pub file: String,
    /// The format it was read as.
    pub format: String,
    /// Lines with something in them; 0 where there are none.
    pub lines: u64,
    /// Lines that could not be read.
    pub damaged_lines: u64,
    /// Requests, where it has them one by one.
    pub requests: u64,
    /// Rows, where it has counts or rates.
    pub rows: u64,
}

/// The gaps of a recording.
#[derive(Clone, Debug, Serialize)]
pub struct Gaps {
    /// How many.
    pub count: usize,
    /// How long together.
    pub total_seconds: f64,
    /// How long the longest is.
    pub longest_seconds: f64,
    /// The longest of them, at most ten.
    pub longest: Vec<Span>,
}

/// A part of the recording.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
    /// Its beginning.
    pub from: String,
    /// Its end.
    pub to: String,
    /// How long it is.
    pub seconds: f64,
    /// What about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Resolutions from which on the mean of an interval hides bursts within it: a minute.
const HIDES_BURSTS: f64 = 60.0;

impl TraceInfo {
    /// The figures of a recording.
    pub fn of(recorded: &Recorded) -> TraceInfo {
        let step = recorded.resolution.as_secs_f64();
        let (requests, intervals) = (recorded.total(), recorded.intervals());
        let (peak_at, peak) =
            recorded.counts().fold((recorded.start(), 0.0), |most, here| if here.1 > most.1 { here } else { most });
        let mean = requests / (intervals as f64 * step);
        let mut notes = recorded.notes.clone();
        if step >= HIDES_BURSTS {
            notes.push(format!(
                "an interval of {} is one number: bursts within it are not in the recording, and the peak is a mean",
                recorded.resolution
            ));
        }
        TraceInfo {
            sources: recorded.sources.iter().map(SourceInfo::of).collect(),
            zone: recorded.zone.clone(),
            start: recorded.written(recorded.start()),
            end: recorded.written(recorded.end()),
            span_seconds: (recorded.end() - recorded.start()) as f64 / 1e9,
            resolution_seconds: step,
            intervals,
            requests,
            mean_rps: mean,
            peak_rps: peak / step,
            peak_at: recorded.written(peak_at),
            peak_to_mean: if mean > 0.0 { peak / step / mean } else { 0.0 },
            dispersion: dispersion::at_scales(recorded),
            profile: Profile::of(recorded),
            gaps: Gaps::of(recorded),
            censored: recorded
                .censored
                .iter()
                .map(|mark| Span {
                    reason: mark.reason.clone(),
                    ..span(recorded, Gap { from: mark.from, to: mark.to })
                })
                .collect(),
            artefacts: artefacts::suspected(recorded),
            durations: recorded.durations.figures(),
            notes,
        }
    }
}

impl SourceInfo {
    fn of(source: &crate::import::SourceFile) -> SourceInfo {
        SourceInfo {
            file: source.file.clone(),
            format: source.format.to_string(),
            lines: source.count.lines,
            damaged_lines: source.count.damaged,
            requests: source.requests,
            rows: source.rows,
        }
    }
}

impl Gaps {
    fn of(recorded: &Recorded) -> Gaps {
        let mut gaps = recorded.gaps();
        let total: i64 = gaps.iter().map(|gap| gap.to - gap.from).sum();
        gaps.sort_by_key(|gap| (gap.from - gap.to, gap.from));
        Gaps {
            count: gaps.len(),
            total_seconds: total as f64 / 1e9,
            longest_seconds: gaps.first().map_or(0.0, |gap| (gap.to - gap.from) as f64 / 1e9),
            longest: gaps.iter().take(10).map(|gap| span(recorded, *gap)).collect(),
        }
    }
}

fn span(recorded: &Recorded, gap: Gap) -> Span {
    Span {
        from: recorded.written(gap.from),
        to: recorded.written(gap.to),
        seconds: (gap.to - gap.from) as f64 / 1e9,
        reason: String::new(),
    }
}

#[cfg(test)]
mod tests;
