//! What in a recording looks like the recording's own doing rather than traffic. Suspicions, each by a rule that is stated;
//! none of them changes anything.

use serde::Serialize;

use crate::import::Recorded;

/// Something suspect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Artefact {
    /// What it is, in a word: `sudden-silence`, `frozen-value`, `same-minutes`, `common-divisor`, `square-burst`.
    pub kind: &'static str,
    /// How often it occurs.
    pub times: u64,
    /// When it occurs first.
    pub first: String,
    /// What was seen, and what it may mean.
    pub detail: String,
}

/// Requests that neighbours must have for an empty interval to be no accident: under Poisson traffic of this mean it has
/// a probability of 2e-9.
const BUSY: f64 = 20.0;
/// Equal counts in a row for a value to be frozen.
const FROZEN: usize = 10;
/// A burst is square when its first interval is at least this many times the one before it, and so at its end.
const JUMP: f64 = 2.0;
/// Longest square burst, in intervals.
const LONGEST_BURST: usize = 1_800;

/// Everything that is suspect.
pub(super) fn suspected(recorded: &Recorded) -> Vec<Artefact> {
    // A log whose times were changed has silences and jumps of that one cause.
    if let Some(changed) = same_minutes(recorded) {
        return vec![changed];
    }
    let rules = [sudden_silences, frozen_values, common_divisor, square_bursts];
    rules.iter().filter_map(|rule| rule(recorded)).collect()
}

fn at(recorded: &Recorded, stretch: usize, index: usize) -> String {
    let start = recorded.stretches[stretch].start;
    recorded.written(start + index as i64 * recorded.resolution.as_nanos() as i64)
}

/// The first place, counted on.
#[derive(Default)]
struct Sightings {
    times: u64,
    intervals: u64,
    first: Option<(usize, usize)>,
}

impl Sightings {
    fn add(&mut self, stretch: usize, index: usize, intervals: usize) {
        self.times += 1;
        self.intervals += intervals as u64;
        self.first.get_or_insert((stretch, index));
    }

    fn artefact(&self, recorded: &Recorded, kind: &'static str, detail: String) -> Option<Artefact> {
        let (stretch, index) = self.first?;
        Some(Artefact { kind, times: self.times, first: at(recorded, stretch, index), detail })
    }
}

/// Empty intervals between busy ones.
fn sudden_silences(recorded: &Recorded) -> Option<Artefact> {
    let mut seen = Sightings::default();
    for (number, stretch) in recorded.stretches.iter().enumerate() {
        let mut index = 0;
        while index < stretch.counts.len() {
            let length = stretch.counts[index..].iter().take_while(|count| **count == 0.0).count();
            if length > 0 {
                let before = index.checked_sub(1).map(|before| stretch.counts[before]);
                let after = stretch.counts.get(index + length);
                if before.is_some_and(|count| count >= BUSY) && after.is_some_and(|count| *count >= BUSY) {
                    seen.add(number, index, length);
                }
            }
            index += length.max(1);
        }
    }
    let detail = format!(
        "{} intervals are empty although {BUSY} or more requests came in the one before and the one after: data is missing, \
         or everything stood still",
        seen.intervals
    );
    seen.artefact(recorded, "sudden-silence", detail)
}

/// The same count many times in a row.
fn frozen_values(recorded: &Recorded) -> Option<Artefact> {
    let mut seen = Sightings::default();
    for (number, stretch) in recorded.stretches.iter().enumerate() {
        let mut index = 0;
        while index < stretch.counts.len() {
            let value = stretch.counts[index];
            let length = stretch.counts[index..].iter().take_while(|count| **count == value).count();
            if length >= FROZEN && value >= BUSY {
                seen.add(number, index, length);
            }
            index += length;
        }
    }
    let detail = format!(
        "{} intervals repeat the count before them, in runs of {FROZEN} or more: a monitor that shows its last value, or a \
         generated load",
        seen.intervals
    );
    seen.artefact(recorded, "frozen-value", detail)
}

/// Requests in a few minutes of the hour only: a log whose times were changed.
fn same_minutes(recorded: &Recorded) -> Option<Artefact> {
    let minute = 60_000_000_000i64;
    let hours = (recorded.end() - recorded.start()) / (60 * minute);
    if recorded.resolution.as_nanos() as i64 > minute || hours < 3 {
        return None;
    }
    let mut minutes = [0.0; 60];
    for (start, count) in recorded.counts() {
        minutes[start.div_euclid(minute).rem_euclid(60) as usize] += count;
    }
    let busy = minutes.iter().filter(|count| **count > 0.0).count();
    (busy <= 6).then(|| Artefact {
        kind: "same-minutes",
        times: busy as u64,
        first: recorded.written(recorded.start()),
        detail: format!(
            "requests come in {busy} of the 60 minutes of every hour only: the times were changed, the rate is not real"
        ),
    })
}

/// Counts that are all multiples of one number: a sample that was scaled up.
fn common_divisor(recorded: &Recorded) -> Option<Artefact> {
    let mut divisor = 0u64;
    let mut counted = 0;
    for (_, count) in recorded.counts().filter(|(_, count)| *count > 0.0) {
        if count != libm::floor(count) {
            return None;
        }
        counted += 1;
        divisor = greatest_common_divisor(divisor, count as u64);
        if divisor == 1 {
            return None;
        }
    }
    // Equal counts have a common divisor without meaning anything by it.
    let varies = recorded.counts().any(|(_, count)| count > 0.0 && count as u64 != divisor);
    (counted >= 20 && varies).then(|| Artefact {
        kind: "common-divisor",
        times: counted,
        first: recorded.written(recorded.start()),
        detail: format!(
            "all counts are multiples of {divisor}: one of {divisor} requests was recorded, or the counts were rounded"
        ),
    })
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Loads that are switched on and off: a jump up within one interval, a level, a jump down within one interval.
fn square_bursts(recorded: &Recorded) -> Option<Artefact> {
    let mut seen = Sightings::default();
    for (number, stretch) in recorded.stretches.iter().enumerate() {
        let counts = &stretch.counts;
        let mut index = 1;
        while index < counts.len() {
            match square_burst(counts, index) {
                Some(length) => {
                    seen.add(number, index, length);
                    index += length;
                }
                None => index += 1,
            }
        }
    }
    if seen.times < 3 {
        return None;
    }
    let detail =
        "the load is switched on and off: it doubles from one interval to the next, keeps its level, and falls back \
                  from one interval to the next; jobs or the recording's own doing rather than users"
            .to_string();
    seen.artefact(recorded, "square-burst", detail)
}

/// How long the square burst is that begins at an index, if one does.
fn square_burst(counts: &[f64], index: usize) -> Option<usize> {
    let (before, level) = (counts[index - 1], counts[index]);
    if before < BUSY || level < JUMP * before {
        return None;
    }
    let keeps = |count: &&f64| (0.7 * level..=1.4 * level).contains(*count);
    let length = counts[index..].iter().take(LONGEST_BURST).take_while(keeps).count();
    let after = *counts.get(index + length)?;
    (length >= 5 && JUMP * after <= counts[index + length - 1]).then_some(length)
}
