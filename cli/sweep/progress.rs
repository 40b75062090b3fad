//! Progress of a sweep on standard error: runs, rate, time left and the frontier so far.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use windtunnel_sim::experiment::execute::{Records, SweepProgress, Task};
use windtunnel_sim::experiment::journal::Record;
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::metric_index;

use crate::{figures, interrupt};

/// Shorter sweeps are over before anybody could read a bar.
const QUIET_START: Duration = Duration::from_secs(1);
/// Between two drawings.
const REDRAW: Duration = Duration::from_millis(200);

/// Progress of all runs together.
pub(super) struct SweepBar {
    started: Instant,
    /// Runs that were done before this process began.
    before: usize,
    minimize: Vec<usize>,
    state: Mutex<State>,
    is_quiet: bool,
}

struct State {
    bar: Option<ProgressBar>,
    drawn: Instant,
    /// Figures of points that no other beats, by the first run of each: a hint, not a result.
    frontier: Vec<Vec<f64>>,
}

impl SweepBar {
    pub(super) fn new(plan: &Plan, records: &Records, is_quiet: bool) -> SweepBar {
        let state = State { bar: None, drawn: Instant::now(), frontier: Vec::new() };
        let bar = SweepBar {
            started: Instant::now(),
            before: records.len(),
            minimize: plan.sweep.minimize.iter().filter_map(|name| metric_index(name)).collect(),
            state: Mutex::new(state),
            is_quiet,
        };
        if let Ok(mut state) = bar.state.lock() {
            for (task, record) in records.iter() {
                bar.offer(&mut state, task, record);
            }
        }
        bar
    }

    /// Runs that were done before this process began.
    pub(super) fn before(&self) -> usize {
        self.before
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.state.lock().ok().and_then(|mut state| state.bar.take()) {
            bar.finish_and_clear();
        }
    }

    fn offer(&self, state: &mut State, task: Task, record: &Record) {
        let figures: Option<Vec<f64>> =
            self.minimize.iter().map(|&metric| record.metrics.get(metric).copied().flatten()).collect();
        let Some(figures) = figures.filter(|_| task.replication == 0) else { return };
        let beats = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b);
        if !state.frontier.iter().any(|other| beats(other, &figures)) {
            state.frontier.retain(|other| !beats(&figures, other));
            state.frontier.push(figures);
        }
    }
}

/// Points of the frontier that a line has room for.
const SHOWN: usize = 4;

/// The frontier so far in a line: some of its points from end to end, each with its figures.
fn frontier(points: &[Vec<f64>]) -> String {
    let mut points: Vec<&Vec<f64>> = points.iter().collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let shown = points.len().min(SHOWN);
    let place = |index: usize| if shown > 1 { index * (points.len() - 1) / (shown - 1) } else { 0 };
    let figures = |point: &Vec<f64>| point.iter().map(|figure| figures::digits(*figure)).collect::<Vec<_>>().join("/");
    let some: Vec<String> = (0..shown).map(|index| figures(points[place(index)])).collect();
    format!("frontier of {}: {}", points.len(), some.join("  "))
}

/// indicatif draws on standard error, and not at all where that is no terminal.
fn new_bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:16} {pos}/{len} runs  {msg}");
    ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl SweepProgress for SweepBar {
    fn finished(&self, records: &[(Task, Record)], done: usize, total: usize) {
        let Ok(mut state) = self.state.lock() else { return };
        if self.is_quiet {
            return;
        }
        for (task, record) in records {
            self.offer(&mut state, *task, record);
        }
        let elapsed = self.started.elapsed();
        if elapsed < QUIET_START || (state.drawn.elapsed() < REDRAW && done < total) {
            return;
        }
        state.drawn = Instant::now();
        let rate = (done - self.before) as f64 / elapsed.as_secs_f64();
        let left = Duration::from_secs_f64(((total - done) as f64 / rate).min(1e9));
        let message = format!(
            "{} runs/s, {} left, {}",
            figures::short(rate),
            indicatif::HumanDuration(left),
            frontier(&state.frontier)
        );
        let bar = state.bar.get_or_insert_with(|| new_bar(total));
        bar.set_position(done as u64);
        bar.set_message(message);
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_frontier_is_shown_from_end_to_end() {
        let points: Vec<Vec<f64>> = (0..9).rev().map(|i| vec![10.0 + f64::from(i), 0.5 / f64::from(i + 1)]).collect();
        assert_eq!(super::frontier(&points), "frontier of 9: 10/0.500  12/0.167  15/0.08333  18/0.05556");
        assert_eq!(super::frontier(&points[..1]), "frontier of 1: 18/0.05556");
        assert_eq!(super::frontier(&[]), "frontier of 0: ");
    }
}
