//! Rows of a series: an instant and a value. Their usual distance is found out, then they go onto that grid.

use std::collections::BTreeMap;

use super::bins::{Bin, SparseBins};
use crate::recording::Values;

/// Rows that are looked at to find their distance; beyond that many they go straight onto the grid.
const LOOKED_AT: usize = 1 << 20;

/// Rows in any order.
#[derive(Debug)]
pub(super) struct Rows {
    waiting: Vec<(i64, f64, f32)>,
    /// The length of an interval in nanoseconds, once it is known.
    pub(super) step: Option<u64>,
    /// What the values are.
    pub(super) values: Values,
    grid: Option<SparseBins>,
    pub(super) count: u64,
    /// Rows that did not stand at the beginning of an interval.
    pub(super) off_grid: u64,
}

impl Rows {
    pub(super) fn new(step: Option<u64>) -> Self {
        Rows { waiting: Vec::new(), step, values: Values::Count, grid: None, count: 0, off_grid: 0 }
    }

    pub(super) fn add(&mut self, at: i64, value: f64, refused: f64) -> Result<(), String> {
        self.count += 1;
        if self.grid.is_some() {
            return self.place((at, value, refused as f32));
        }
        self.waiting.push((at, value, refused as f32));
        if self.waiting.len() >= LOOKED_AT { self.lay_out() } else { Ok(()) }
    }

    /// Finds the grid and puts onto it what waits.
    fn lay_out(&mut self) -> Result<(), String> {
        let mut times: Vec<i64> = self.waiting.iter().map(|row| row.0).collect();
        times.sort_unstable();
        times.dedup();
        let step = match self.step {
            Some(step) => step,
            None => usual_distance(&times)
                .ok_or("a single row has no interval; say how long it is with --interval, such as --interval 1m")?,
        };
        self.step = Some(step);
        let phase = usual_phase(&times, step);
        self.grid = Some(SparseBins::new(step, phase, false));
        for row in std::mem::take(&mut self.waiting) {
            self.place(row)?;
        }
        Ok(())
    }

    fn place(&mut self, (at, value, refused): (i64, f64, f32)) -> Result<(), String> {
        let Some(grid) = &mut self.grid else { return Ok(()) };
        let seconds = match self.values {
            Values::Count => 1.0,
            Values::Rate => grid.step as f64 / 1e9,
        };
        self.off_grid += u64::from((at - grid.phase).rem_euclid(grid.step as i64) != 0);
        let bin = Bin { count: value * seconds, rows: 1, refused: (f64::from(refused) * seconds) as f32 };
        grid.add(at, bin).map_err(|_| {
            "the series has more than four million intervals; give a longer --interval, or cut the file in parts"
                .to_string()
        })
    }

    /// The grid with all rows on it.
    pub(super) fn finished(mut self) -> Result<Option<(SparseBins, u64)>, String> {
        if self.count == 0 {
            return Ok(None);
        }
        if self.grid.is_none() {
            self.lay_out()?;
        }
        let off_grid = self.off_grid;
        Ok(self.grid.map(|grid| (grid, off_grid)))
    }
}

/// The most frequent distance of neighbours; of several the shortest.
pub(super) fn usual_distance(times: &[i64]) -> Option<u64> {
    most_frequent(times.windows(2).map(|pair| (pair[1] - pair[0]) as u64))
}

/// Where within an interval rows stand: most of them, else the first.
fn usual_phase(times: &[i64], step: u64) -> i64 {
    let phases = || times.iter().map(|time| time.rem_euclid(step as i64));
    let usual = most_frequent(phases().map(|phase| phase as u64)).unwrap_or(0) as i64;
    let is_usual = 2 * phases().filter(|phase| *phase == usual).count() > times.len();
    if is_usual { usual } else { phases().next().unwrap_or(0) }
}

fn most_frequent(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    let mut frequencies: BTreeMap<u64, u64> = BTreeMap::new();
    for number in numbers {
        // Of irregular rows any of the first distances is as good as those after it.
        if frequencies.len() < 4_096 || frequencies.contains_key(&number) {
            *frequencies.entry(number).or_default() += 1;
        }
    }
    frequencies.into_iter().rev().max_by_key(|(_, times)| *times).map(|(number, _)| number)
}

/// The increases of a counter as rows: from each sample to the next. A value below the one before is a restart from zero,
/// as Prometheus takes it. The increase over up to four steps is spread over them (some samples were missed); over more it
/// is left out as a gap.
pub(super) fn increases(samples: &mut Vec<(i64, f64)>, mut row: impl FnMut(i64, f64)) -> CounterReading {
    const BRIDGED: u64 = 4;
    samples.sort_by_key(|sample| sample.0);
    samples.dedup_by_key(|sample| sample.0);
    let times: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
    let mut reading = CounterReading { step: usual_distance(&times), ..CounterReading::default() };
    let Some(step) = reading.step else { return reading };
    for pair in samples.windows(2) {
        let ((from, before), (to, after)) = (pair[0], pair[1]);
        reading.resets += u64::from(after < before);
        let increase = if after < before { after } else { after - before };
        let steps = ((to - from) as u64 + step / 2) / step;
        if steps > BRIDGED {
            reading.in_gaps += increase;
            continue;
        }
        let steps = steps.max(1);
        for index in 0..steps {
            row(from + (index * step) as i64, increase / steps as f64);
        }
    }
    reading
}

/// What the samples of a counter told.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct CounterReading {
    /// The usual distance of samples.
    pub(super) step: Option<u64>,
    /// Restarts from zero.
    pub(super) resets: u64,
    /// Requests that arrived in gaps: how many is known, not when.
    pub(super) in_gaps: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn rows_go_onto_their_usual_grid_and_none_is_lost() {
        let mut rows = Rows::new(None);
        for (minute, count) in [(0, 5.0), (5, 6.0), (20, 7.0), (10, 8.0), (17, 9.0)] {
            rows.add(minute * 60 * S + 53 * S, count, 0.0).unwrap();
        }
        let (grid, off_grid) = rows.finished().unwrap().unwrap();
        assert_eq!((grid.step, off_grid), (300 * S as u64, 1));
        let seen: Vec<(i64, f64)> = grid.occupied().map(|(start, bin)| (start / S, bin.count)).collect();
        assert_eq!(seen, [(53, 5.0), (353, 6.0), (653, 8.0), (953, 9.0), (1253, 7.0)]);
    }

    #[test]
    fn rates_are_counted_over_their_interval() {
        let mut rows = Rows::new(None);
        rows.values = Values::Rate;
        rows.add(0, 2.0, 1.0).unwrap();
        rows.add(10 * S, 3.0, 0.0).unwrap();
        let (grid, _) = rows.finished().unwrap().unwrap();
        let seen: Vec<(f64, f32)> = grid.occupied().map(|(_, bin)| (bin.count, bin.refused)).collect();
        assert_eq!(seen, [(20.0, 10.0), (30.0, 0.0)]);
    }

    #[test]
    fn a_single_row_needs_its_interval() {
        let mut rows = Rows::new(None);
        rows.add(0, 1.0, 0.0).unwrap();
        assert!(rows.finished().unwrap_err().contains("--interval"));
        let mut rows = Rows::new(Some(S as u64));
        rows.add(0, 1.0, 0.0).unwrap();
        assert!(rows.finished().unwrap().is_some());
    }

    #[test]
    fn counters_restart_and_miss_samples() {
        // 15 s steps; a restart after 60, a missed sample at 75, a long gap before 600.
        let samples =
            [(0, 100.0), (15, 110.0), (30, 130.0), (45, 7.0), (60, 9.0), (90, 29.0), (600, 1029.0), (615, 1030.0)];
        let mut samples: Vec<(i64, f64)> = samples.iter().map(|(at, value)| (at * S, *value)).collect();
        let mut seen = Vec::new();
        let reading = increases(&mut samples, |at, count| seen.push((at / S, count)));
        assert_eq!(seen, [(0, 10.0), (15, 20.0), (30, 7.0), (45, 2.0), (60, 10.0), (75, 10.0), (600, 1.0)]);
        assert_eq!(reading, CounterReading { step: Some(15 * S as u64), resets: 1, in_gaps: 1000.0 });
    }
}
