//! What an import yields: counts per interval, in stretches between gaps.

use crate::recording::{Censored, Gaps};
use crate::time::SimDuration;

use super::damage::LineCount;
use super::durations::Durations;
use super::saturation::Saturation;
use super::sorter::Sorter;

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    /// Its name.
    pub file: String,
    /// The format it was read as.
    pub format: &'static str,
    /// Its lines, when it has such.
    pub count: LineCount,
    /// Requests in it.
    pub requests: u64,
    /// Rows of a series in it.
    pub rows: u64,
}

/// Intervals without a gap between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// When the first begins, in nanoseconds since 1970 or since the beginning.
    pub start: i64,
    /// Requests in each interval.
    pub counts: Vec<f64>,
}

/// A time of which nothing is known.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its beginning, in nanoseconds.
    pub from: i64,
    /// Its end.
    pub to: i64,
}

/// Recorded traffic.
#[derive(Debug)]
pub struct Recorded {
    /// Where it comes from.
    pub sources: Vec<SourceFile>,
    /// True when times are calendar times, false when they count from some beginning.
    pub is_absolute: bool,
    /// The time zone of the calendar, when it is known: a name, or an offset such as `-04:00`.
    pub zone: Option<String>,
    /// How long an interval is.
    pub resolution: SimDuration,
    /// The counts, in order.
    pub stretches: Vec<Stretch>,
    /// Where the recorded system could not keep up.
    pub censored: Vec<Censored>,
    /// What whoever imported this should know.
    pub notes: Vec<String>,
    /// How long requests took, where the recording says so.
    pub durations: Durations,
    /// The times of all requests, when they were asked for.
    pub(super) sorter: Option<Sorter>,
}

impl Recorded {
    /// A recording of one stretch from one source; it has a calendar when it has a zone.
    pub(crate) fn of_parts(
        source: SourceFile,
        resolution: SimDuration,
        zone: Option<String>,
        stretch: Stretch,
    ) -> Self {
        Recorded {
            sources: vec![source],
            is_absolute: zone.is_some(),
            zone,
            resolution,
            stretches: vec![stretch],
            censored: Vec::new(),
            notes: Vec::new(),
            durations: Durations::default(),
            sorter: None,
        }
    }

    /// The length of an interval in nanoseconds.
    fn step(&self) -> i64 {
        self.resolution.as_nanos() as i64
    }

    /// When the first interval begins, in nanoseconds.
    pub fn start(&self) -> i64 {
        self.stretches.first().map_or(0, |stretch| stretch.start)
    }

    /// When the last interval ends, in nanoseconds.
    pub fn end(&self) -> i64 {
        self.stretches.last().map_or(0, |stretch| self.end_of(stretch))
    }

    /// When a stretch ends, in nanoseconds.
    pub fn end_of(&self, stretch: &Stretch) -> i64 {
        stretch.start + stretch.counts.len() as i64 * self.step()
    }

    /// All requests together.
    pub fn total(&self) -> f64 {
        self.counts().map(|(_, count)| count).sum()
    }

    /// How many intervals there are, without those in gaps.
    pub fn intervals(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.counts.len()).sum()
    }

    /// Every interval's beginning and count.
    pub fn counts(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        let step = self.step();
        self.stretches.iter().flat_map(move |stretch| {
            stretch.counts.iter().enumerate().map(move |(index, count)| (stretch.start + index as i64 * step, *count))
        })
    }

    /// Where nothing is known.
    pub fn gaps(&self) -> Vec<Gap> {
        let between = |pair: &[Stretch]| Gap { from: self.end_of(&pair[0]), to: pair[1].start };
        self.stretches.windows(2).map(between).collect()
    }

    /// Marks where another recording, of the processors' utilization, was at its limit: `limit` is a share from 0 to 1,
    /// beyond 1.5 a value counts as a percentage. The answer is how many stretches were marked.
    ///
    /// # Errors
    /// When the two recordings have no time in common.
    pub fn mark_saturated(&mut self, utilization: &Recorded, limit: f64) -> Result<usize, String> {
        let (start, end) = (self.start(), self.end());
        if self.is_absolute != utilization.is_absolute {
            return Err(
                "the traffic has calendar times and the utilization counts from a beginning, or the other way \
                        round: they cannot be laid side by side"
                    .to_string(),
            );
        }
        if utilization.start() >= end || utilization.end() <= start {
            return Err(format!(
                "the utilization is from {} to {}, the traffic from {} to {}: they have no time in common",
                utilization.written(utilization.start()),
                utilization.written(utilization.end()),
                self.written(start),
                self.written(end)
            ));
        }
        let mut saturation = Saturation::new(limit);
        utilization.counts().for_each(|(at, value)| saturation.add(at, value));
        let marks = saturation.marks(utilization.step()).into_iter().filter(|mark| mark.from < end && mark.to > start);
        let marks: Vec<Censored> =
            marks.map(|mark| Censored { from: mark.from.max(start), to: mark.to.min(end), ..mark }).collect();
        let number = marks.len();
        self.censored.extend(marks);
        self.censored.sort_by_key(|mark| (mark.from, mark.to));
        Ok(number)
    }

    /// Gives the gaps a meaning.
    pub(super) fn settle(&mut self, gaps: Gaps) -> Result<(), String> {
        /// Intervals that a gap can be filled with.
        const MOST: i64 = 20_000_000;
        let holes = self.gaps();
        if holes.is_empty() || gaps == Gaps::Keep {
            return Ok(());
        }
        let step = self.step();
        if gaps == Gaps::Error {
            let longest = holes.iter().map(|gap| gap.to - gap.from).max().unwrap_or(0);
            return Err(format!(
                "the recording has {} gaps, the longest of {}; keep them with --gaps keep, or give them a meaning with zero \
                 or interpolate",
                holes.len(),
                SimDuration::from_nanos(longest as u64)
            ));
        }
        if holes.iter().map(|gap| (gap.to - gap.from) / step).sum::<i64>() > MOST {
            return Err("the gaps are too long to be filled; keep them, or ask for a coarser --resolution".to_string());
        }
        let mut rest = std::mem::take(&mut self.stretches).into_iter();
        let Some(mut whole) = rest.next() else { return Ok(()) };
        for stretch in rest {
            let missing = (stretch.start - self.end_of(&whole)) / step;
            let from = whole.counts.last().copied().unwrap_or(0.0);
            let to = stretch.counts.first().copied().unwrap_or(0.0);
            for index in 1..=missing {
                let along = index as f64 / (missing + 1) as f64;
                whole.counts.push(if gaps == Gaps::Zero { 0.0 } else { from + (to - from) * along });
            }
            whole.counts.extend(stretch.counts);
        }
        self.stretches = vec![whole];
        Ok(())
    }
}
