//! The likeness of a recording: its day (and week), its growth, and its bursts. What the recording has beyond its mean day is taken over
//! in blocks of about an hour from the same time of day (a moving-block bootstrap: Kuensch, "The Jackknife and the Bootstrap
//! for General Stationary Observations", Annals of Statistics 1989), so that bursts keep their form and their length.

use super::GenerateOptions;
use super::trend::Trend;
use crate::error::TraceError;
use crate::import::Recorded;
use crate::info::{Clock, Place};
use crate::random::{Generator, Purpose, Streams, below};
use crate::time::SimDuration;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
/// The parts of a day whose means make the profile; an interval longer than that is a part of its own.
const SLOT: i64 = 900 * SECOND;
/// How long the blocks are.
const BLOCK: i64 = 3_600 * SECOND;
/// How far the time of day of a block may be from where it comes from.
const NEARBY: i64 = 3_600 * SECOND;
/// Blocks that are remembered at most.
const MOST_BLOCKS: usize = 1 << 20;

/// Generates traffic that is like a recording, from the recording's beginning on (unless `start` says otherwise). `step` is
/// the recording's own.
pub fn like(recorded: &Recorded, options: &GenerateOptions) -> Result<Recorded, TraceError> {
    let options = GenerateOptions { step: recorded.resolution, ..options.clone() };
    let intervals = options.intervals()?;
    let mut likeness = Likeness::learn(recorded, !options.without_trend)?;
    let start = options.calendar()?.map(|calendar| calendar.start().timestamp().as_nanosecond() as i64);
    let mut random = Streams::new(options.seed).stream(Purpose::Series);
    let counts = likeness.counts(start.unwrap_or(recorded.start()), intervals, &mut random);
    let file = recorded
        .sources
        .first()
        .map_or("a recording", |source| source.file.rsplit('/').next().unwrap_or("a recording"));
    let what = format!("like {file}, seed {}", options.seed);
    let mut trace = options.trace(what, counts)?;
    if start.is_none() {
        trace.stretches[0].start = recorded.start();
        trace.is_absolute = recorded.is_absolute;
        trace.zone.clone_from(&recorded.zone);
    }
    trace.notes = likeness.notes;
    Ok(trace)
}

/// What was learnt.
struct Likeness {
    step: i64,
    clock: Clock,
    /// Requests of an interval, by kind of day and part of the day.
    profile: Vec<Vec<f64>>,
    /// The kind of each weekday.
    kinds: [usize; 7],
    slot: i64,
    /// Growth beside the profile, and where it is counted from.
    trend: Option<Trend>,
    origin: i64,
    /// What the profile does not explain, as factors.
    residuals: Vec<Vec<f64>>,
    /// Where blocks begin (stretch, interval), by hour of the day.
    blocks: Vec<Vec<(u32, u32)>>,
    block: usize,
    is_whole: bool,
    notes: Vec<String>,
}

impl Likeness {
    fn learn(recorded: &Recorded, with_trend: bool) -> Result<Likeness, TraceError> {
        if recorded.total() <= 0.0 || recorded.intervals() < 10 {
            return Err(TraceError::spec(
                "a recording of fewer than ten intervals, or without requests, teaches nothing",
            ));
        }
        let step = recorded.resolution.as_nanos() as i64;
        let mut notes = Vec::new();
        let span = recorded.intervals() as i64 * step;
        let slot = if span < DAY {
            notes.push(
                "the recording is shorter than a day: no daily shape was learnt, only level and bursts".to_string(),
            );
            DAY
        } else {
            SLOT.max(step).min(DAY)
        };
        let kinds = kinds_of_days(recorded, &mut notes);
        let trend = Trend::of(recorded).filter(|_| with_trend);
        notes.extend(trend.map(|trend| trend.note()));
        let mut likeness = Likeness {
            step,
            clock: Clock::of(recorded),
            profile: Vec::new(),
            kinds,
            slot,
            trend,
            origin: recorded.start(),
            residuals: Vec::new(),
            blocks: vec![Vec::new(); 24],
            block: (BLOCK / step).max(1) as usize,
            is_whole: recorded.counts().all(|(_, count)| count == libm::floor(count)),
            notes,
        };
        likeness.learn_profile(recorded);
        likeness.learn_residuals(recorded);
        Ok(likeness)
    }

    fn learn_profile(&mut self, recorded: &Recorded) {
        let slots = (DAY / self.slot).max(1) as usize;
        let kinds = self.kinds.iter().max().map_or(1, |most| most + 1);
        let mut sums = vec![vec![(0.0, 0u64); slots]; kinds];
        for (at, count) in recorded.counts() {
            let place = self.clock.place(at);
            let grown = self.grown(at);
            let (sum, number) = &mut sums[self.kinds[place.weekday]][self.slot_of(place, slots)];
            *sum += count / grown;
            *number += 1;
        }
        let overall = recorded.total() / recorded.intervals() as f64;
        // A part of the day that no day of the kind reaches takes the mean of the parts that are reached.
        let mean = |(sum, number): &(f64, u64)| if *number > 0 { sum / *number as f64 } else { overall };
        self.profile = sums.iter().map(|day| day.iter().map(mean).collect()).collect();
    }

    fn slot_of(&self, place: Place, slots: usize) -> usize {
        ((place.of_day / self.slot) as usize).min(slots - 1)
    }

    /// The expected requests of the interval at an instant: straight between the middles of the parts of the day.
    fn expected(&mut self, at: i64) -> f64 {
        let place = self.clock.place(at);
        let day = &self.profile[self.kinds[place.weekday]];
        let along = place.of_day as f64 / self.slot as f64 - 0.5;
        let before = libm::floor(along);
        let wrapped = |index: f64| day[(index as i64).rem_euclid(day.len() as i64) as usize];
        let (low, high) = (wrapped(before), wrapped(before + 1.0));
        (low + (high - low) * (along - before)) * self.grown(at)
    }

    /// By how much the traffic has grown at an instant.
    fn grown(&self, at: i64) -> f64 {
        self.trend.map_or(1.0, |trend| trend.factor(at - self.origin))
    }

    /// What the profile leaves over, and where its blocks are.
    fn learn_residuals(&mut self, recorded: &Recorded) {
        let every = recorded.intervals().div_ceil(MOST_BLOCKS).max(1);
        for (number, stretch) in recorded.stretches.iter().enumerate() {
            let step = self.step;
            let start = |index: usize| stretch.start + index as i64 * step;
            let mut residuals = Vec::with_capacity(stretch.counts.len());
            for (index, count) in stretch.counts.iter().enumerate() {
                let expected = self.expected(start(index));
                residuals.push(if expected > 0.0 { count / expected } else { 1.0 });
            }
            let starts = (0..(stretch.counts.len() + 1).saturating_sub(self.block)).step_by(every);
            for index in starts {
                let at = stretch.start + index as i64 * self.step;
                let hour = (self.clock.place(at).of_day / BLOCK) as usize;
                self.blocks[hour].push((number as u32, index as u32));
            }
            self.residuals.push(residuals);
        }
        if self.blocks.iter().all(Vec::is_empty) {
            // No stretch is as long as a block: shorter blocks.
            self.block = recorded.stretches.iter().map(|stretch| stretch.counts.len()).max().unwrap_or(1);
            for (number, stretch) in recorded.stretches.iter().enumerate() {
                if stretch.counts.len() >= self.block {
                    self.blocks[(self.clock.place(stretch.start).of_day / BLOCK) as usize].push((number as u32, 0));
                }
            }
        }
    }

    fn counts(&mut self, start: i64, intervals: usize, random: &mut Generator) -> Vec<f64> {
        let mut counts = Vec::with_capacity(intervals);
        self.origin = start;
        while counts.len() < intervals {
            let at = start + counts.len() as i64 * self.step;
            let (stretch, first) = self.block_near(at, random);
            for offset in 0..self.block.min(intervals - counts.len()) {
                let residual = self.residuals[stretch][first + offset];
                let count = self.expected(at + offset as i64 * self.step) * residual;
                counts.push(if self.is_whole { libm::round(count) } else { count });
            }
        }
        counts
    }

    /// A block from about the same time of day; from any time where there is none.
    fn block_near(&mut self, at: i64, random: &mut Generator) -> (usize, usize) {
        let hour = self.clock.place(at).of_day / BLOCK;
        let nearby = NEARBY / BLOCK;
        let hours: Vec<usize> = (hour - nearby..=hour + nearby).map(|hour| hour.rem_euclid(24) as usize).collect();
        let near: usize = hours.iter().map(|hour| self.blocks[*hour].len()).sum();
        let hours = if near > 0 { hours } else { (0..24).collect() };
        let all: usize = hours.iter().map(|hour| self.blocks[*hour].len()).sum();
        let mut drawn = below(random, all as u32) as usize;
        for hour in hours {
            match self.blocks[hour].get(drawn) {
                Some((stretch, index)) => return (*stretch as usize, *index as usize),
                None => drawn -= self.blocks[hour].len(),
            }
        }
        (0, 0)
    }
}

/// Which weekdays have a profile of their own: all seven when each was recorded twice, working days and weekend when both
/// were recorded, else none.
fn kinds_of_days(recorded: &Recorded, notes: &mut Vec<String>) -> [usize; 7] {
    let mut seconds = [0.0; 7];
    let mut clock = Clock::of(recorded);
    for (at, _) in recorded.counts() {
        seconds[clock.place(at).weekday] += recorded.resolution.as_secs_f64();
    }
    let days = |weekdays: &[usize]| {
        weekdays.iter().map(|day| seconds[*day]).sum::<f64>() / SimDuration::from_hours(24).as_secs_f64()
    };
    if !recorded.is_absolute {
        return [0; 7];
    }
    if (0..7).all(|day| days(&[day]) >= 1.8) {
        return [0, 1, 2, 3, 4, 5, 6];
    }
    if days(&[5, 6]) >= 0.9 && days(&[0, 1, 2, 3, 4]) >= 0.9 {
        return [0, 0, 0, 0, 0, 1, 1];
    }
    notes.push("the recording has not both working days and a weekend: every day of the week is alike".to_string());
    [0; 7]
}
