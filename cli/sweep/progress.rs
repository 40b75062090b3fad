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
            "{} runs/s, {} left, frontier of {} points",
            figures::short(rate),
            indicatif::HumanDuration(left),
            state.frontier.len()
        );
        let bar = state.bar.get_or_insert_with(|| new_bar(total));
        bar.set_position(done as u64);
        bar.set_message(message);
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}
