//! From what was gathered to a recording: the resolution is chosen, silences are told from gaps, saturation is marked.

use super::bins::{Bin, LADDER, SparseBins};
use super::collect::Collector;
use super::recorded::{Recorded, SourceFile, Stretch};
use super::stamp::{Stamps, written_offset};
use super::{ImportError, ImportOptions};
use crate::recording::Censored;
use crate::time::SimDuration;

const HOUR: u64 = 3_600_000_000_000;
/// Intervals of a trace of which the resolution is chosen: so many seconds are five days.
const MOST_INTERVALS: u64 = 500_000;
/// Requests that an interval should hold on the mean, or chance would be taken for a change of the rate.
const REQUESTS_PER_INTERVAL: u64 = 10;
/// Intervals that a short recording should have all the same.
const FEWEST_INTERVALS: u64 = 12;
/// Refusals below this number mark no saturation.
const FEWEST_REFUSED: f32 = 5.0;
/// Intervals that are written out at most.
const MOST_WRITTEN: usize = 50_000_000;

pub(super) fn finish(
    collector: Collector,
    stamps: &Stamps,
    sources: Vec<SourceFile>,
    mut notes: Vec<String>,
    options: &ImportOptions,
) -> Result<Recorded, ImportError> {
    let refuse = |problem: String| ImportError::Refused(problem);
    let Collector { bins, rows, sorter, durations, saturation, requests, header, .. } = collector;
    if requests > 0 && rows.count > 0 {
        return Err(refuse(
            "some files hold requests one by one and others counts; import them one after the other".into(),
        ));
    }
    let header = header.unwrap_or_default();
    let zone = zone(stamps, header.zone, options, &mut notes);
    let mut at_limit = Vec::new();
    let (resolution, stretches, saturated) = if requests > 0 {
        of_requests(&bins, requests, options).map_err(refuse)?
    } else {
        let Some((grid, off_grid)) = rows.finished().map_err(refuse)? else {
            return Err(refuse("there is nothing to import: no file was named".into()));
        };
        if off_grid > 0 {
            notes.push(format!(
                "{off_grid} rows do not stand {} apart like the others; each was counted in the interval that it lies in",
                SimDuration::from_nanos(grid.step)
            ));
        }
        at_limit = saturation.marks(grid.step as i64);
        of_rows(&grid, options).map_err(refuse)?
    };
    let mut censored = header.censored;
    censored.extend(at_limit);
    censored.extend(saturated);
    censored.sort_by_key(|mark| (mark.from, mark.to));
    let mut recorded = Recorded {
        sources,
        is_absolute: stamps.absolute,
        zone: zone.filter(|_| stamps.absolute),
        resolution: SimDuration::from_nanos(resolution),
        stretches,
        censored,
        notes,
        durations,
        sorter,
    };
    recorded.settle(options.gaps).map_err(refuse)?;
    Ok(recorded)
}

/// The zone of the calendar: what was asked for, what the file says, what its stamps carry.
fn zone(stamps: &Stamps, written: Option<String>, options: &ImportOptions, notes: &mut Vec<String>) -> Option<String> {
    if stamps.naive && !stamps.has_zone() {
        notes.push("times without a zone were taken for UTC; --zone says otherwise".into());
    }
    let (repeated, skipped) = stamps.clock_changes();
    if repeated > 0 {
        notes.push(format!(
            "{repeated} times lie in an hour that occurs twice (clocks are set back); their order told which"
        ));
    }
    if skipped > 0 {
        notes.push(format!(
            "{skipped} times lie in an hour that does not occur (clocks are set forward); is the zone right?"
        ));
    }
    if stamps.offsets_vary && options.zone.is_none() {
        notes.push("the offsets from UTC vary; name the time zone with --zone to have days of its calendar".into());
        return Some("UTC".into());
    }
    let seen = stamps.offset.map(|offset| written_offset(offset).into_owned());
    options.zone.clone().or(written).or(seen).or_else(|| stamps.absolute.then(|| "UTC".into()))
}

type Parts = (u64, Vec<Stretch>, Vec<Censored>);

/// Requests: an interval without any is empty, unless the silence is too long to be one.
fn of_requests(bins: &SparseBins, requests: u64, options: &ImportOptions) -> Result<Parts, String> {
    let silence = options.silence.map_or_else(|| usual_silence(bins), SimDuration::as_nanos);
    let resolution = match options.resolution.map(SimDuration::as_nanos) {
        Some(asked) if asked.is_multiple_of(bins.step) => asked,
        Some(asked) => {
            return Err(format!(
                "the log has too many intervals of {}; ask for a coarser --resolution, or for none",
                SimDuration::from_nanos(asked)
            ));
        }
        None => chosen_resolution(bins, requests, silence),
    };
    let mut growing = Growing::new(resolution, bins.phase, options.refused_at);
    let mut last = None;
    for (start, bin) in bins.occupied() {
        let is_gap = last.is_some_and(|last| (start - last) as u64 > silence);
        last = Some(start);
        growing.add(start, bin, !is_gap)?;
    }
    Ok(growing.finished(resolution))
}

/// An hour, or twenty times the usual distance of requests where they are rarer.
fn usual_silence(bins: &SparseBins) -> u64 {
    // Distances by their power of two: the usual one is wanted to within a factor of two.
    let mut frequencies = [0u64; 64];
    let mut last: Option<i64> = None;
    for (start, _) in bins.occupied() {
        if let Some(last) = last.replace(start) {
            frequencies[((start - last) as u64).ilog2() as usize] += 1;
        }
    }
    let half = frequencies.iter().sum::<u64>().div_ceil(2);
    let mut upto = 0;
    let median = frequencies.iter().position(|count| {
        upto += count;
        upto >= half
    });
    let usual = median.map_or(0, |power| 1u64 << power.min(57));
    HOUR.max(20 * usual)
}

/// The finest resolution at which intervals are not too many and hold enough requests.
fn chosen_resolution(bins: &SparseBins, requests: u64, silence: u64) -> u64 {
    let (mut active, mut last) = (bins.step, None);
    for (start, _) in bins.occupied() {
        if let Some(last) = last.replace(start) {
            let distance = (start - last) as u64;
            active += if distance > silence { bins.step } else { distance };
        }
    }
    let rungs = || LADDER.into_iter().filter(|step| *step >= bins.step && step.is_multiple_of(bins.step));
    let is_short_enough = |step: &u64| active / step <= MOST_INTERVALS;
    let holds_enough = |step: &u64| requests / (active / step).max(1) >= REQUESTS_PER_INTERVAL;
    let finest = rungs().find(is_short_enough).unwrap_or(bins.step);
    let full = rungs().find(|step| is_short_enough(step) && holds_enough(step));
    let coarsest = rungs().rfind(|step| active / step >= FEWEST_INTERVALS).unwrap_or(bins.step);
    full.unwrap_or(coarsest).min(coarsest).max(finest)
}

/// Rows: an interval without one is a gap, unless a short silence was said to be none.
fn of_rows(grid: &SparseBins, options: &ImportOptions) -> Result<Parts, String> {
    let resolution = options.resolution.map_or(grid.step, SimDuration::as_nanos);
    if !resolution.is_multiple_of(grid.step) {
        return Err(format!(
            "the rows are {} apart: a --resolution of {} is no multiple of that",
            SimDuration::from_nanos(grid.step),
            SimDuration::from_nanos(resolution)
        ));
    }
    let needed = (resolution / grid.step) as f64;
    let silence = options.silence.map_or(0, SimDuration::as_nanos) as i64;
    let mut growing = Growing::new(resolution, grid.phase, options.refused_at);
    let mut whole: Option<(i64, Bin)> = None;
    let place = |growing: &mut Growing, (start, bin): (i64, Bin)| {
        let covered = f64::from(bin.rows) / needed;
        // Half of an interval tells what the whole was; less is too little.
        if covered < 0.5 {
            return Ok(());
        }
        // Of a measurement that is no count, several in one interval have a mean, and no sum.
        let scale = if options.any_unit { 1.0 / f64::from(bin.rows) } else { 1.0 / covered.min(1.0) };
        let scaled = Bin { count: bin.count * scale, rows: bin.rows, refused: (f64::from(bin.refused) * scale) as f32 };
        let hole = growing.end().map(|end| start - end);
        growing.add(start, scaled, hole.is_some_and(|hole| hole <= silence))
    };
    for (start, bin) in grid.occupied() {
        let begin = (start - grid.phase).div_euclid(resolution as i64) * resolution as i64 + grid.phase;
        match &mut whole {
            Some((at, sum)) if *at == begin => sum.add(bin),
            _ => {
                if let Some(done) = whole.replace((begin, bin)) {
                    place(&mut growing, done)?;
                }
            }
        }
    }
    if let Some(done) = whole {
        place(&mut growing, done)?;
    }
    if growing.stretches.is_empty() {
        return Err("no interval of this --resolution is covered by rows to the half; ask for a finer one".to_string());
    }
    Ok(growing.finished(resolution))
}

/// Stretches that grow interval by interval.
struct Growing {
    step: i64,
    phase: i64,
    refused_at: f64,
    stretches: Vec<Stretch>,
    /// Refusals in the latest interval.
    refused: f32,
    marks: Vec<Mark>,
    written: usize,
}

/// A saturated stretch while it grows.
struct Mark {
    from: i64,
    to: i64,
    refused: f64,
    count: f64,
}

impl Growing {
    fn new(step: u64, phase: i64, refused_at: f64) -> Self {
        Growing {
            step: step as i64,
            phase,
            refused_at,
            stretches: Vec::new(),
            refused: 0.0,
            marks: Vec::new(),
            written: 0,
        }
    }

    /// Where the latest interval ends.
    fn end(&self) -> Option<i64> {
        self.stretches.last().map(|stretch| stretch.start + stretch.counts.len() as i64 * self.step)
    }

    /// Adds to the interval of an instant; what lies between is empty when `joined`, else a gap.
    fn add(&mut self, at: i64, bin: Bin, joined: bool) -> Result<(), String> {
        let start = (at - self.phase).div_euclid(self.step) * self.step + self.phase;
        match self.end() {
            Some(end) if start < end => {}
            Some(end) if joined || start == end => {
                self.mark();
                let empty = ((start - end) / self.step) as usize;
                self.written += empty;
                if self.written > MOST_WRITTEN {
                    return Err(
                        "the trace would have over fifty million intervals; ask for a coarser --resolution, or let \
                                long silences be gaps with --silence"
                            .to_string(),
                    );
                }
                if let Some(stretch) = self.stretches.last_mut() {
                    stretch.counts.extend(std::iter::repeat_n(0.0, empty + 1));
                }
            }
            _ => {
                self.mark();
                self.stretches.push(Stretch { start, counts: vec![0.0] });
            }
        }
        self.written += 1;
        self.refused += bin.refused;
        if let Some(count) = self.stretches.last_mut().and_then(|stretch| stretch.counts.last_mut()) {
            *count += bin.count;
        }
        Ok(())
    }

    /// Marks the latest interval if the recorded system turned requests away in it.
    fn mark(&mut self) {
        let refused = std::mem::take(&mut self.refused);
        let Some((stretch, end)) = self.stretches.last().zip(self.end()) else { return };
        let count = stretch.counts.last().copied().unwrap_or(0.0);
        if refused < FEWEST_REFUSED || f64::from(refused) < self.refused_at * count {
            return;
        }
        let from = end - self.step;
        match self.marks.last_mut() {
            Some(mark) if mark.to == from => {
                mark.to = end;
                mark.refused += f64::from(refused);
                mark.count += count;
            }
            _ => self.marks.push(Mark { from, to: end, refused: f64::from(refused), count }),
        }
    }

    fn finished(mut self, resolution: u64) -> Parts {
        self.mark();
        let mark = |mark: &Mark| Censored {
            from: mark.from,
            to: mark.to,
            reason: format!("{:.1} % of the requests were turned away or failed", mark.refused / mark.count * 100.0),
        };
        let marks = self.marks.iter().map(mark).collect();
        (resolution, self.stretches, marks)
    }
}
