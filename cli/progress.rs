//! The progress bar: simulated time and requests per second, on standard error, once a run takes over a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use windtunnel_sim::experiment::{ExperimentProgress, RunId};
use windtunnel_sim::scenario::Scenario;
use windtunnel_traces::SimTime;

use crate::{figures, interrupt};

/// Shorter runs are over before anybody could read a bar.
const QUIET_START: Duration = Duration::from_secs(1);
/// Between two drawings.
const REDRAW: Duration = Duration::from_millis(100);

/// Progress of all runs together.
pub(crate) struct Bar {
    started: Instant,
    /// Simulated seconds of all runs together, when all is done.
    total: u64,
    replications: usize,
    runs: Vec<Run>,
    /// When the bar may be drawn next, in milliseconds after the start.
    next_draw: AtomicU64,
    bar: Mutex<Option<ProgressBar>>,
    is_quiet: bool,
}

#[derive(Default)]
struct Run {
    seconds: AtomicU64,
    requests: AtomicU64,
}

impl Bar {
    pub(crate) fn new(scenarios: &[&Scenario], replications: usize, is_quiet: bool) -> Bar {
        let seconds: u64 = scenarios.iter().map(|scenario| scenario.horizon.as_secs()).sum();
        Bar {
            started: Instant::now(),
            total: seconds * replications as u64,
            replications,
            runs: (0..scenarios.len() * replications).map(|_| Run::default()).collect(),
            next_draw: AtomicU64::new(QUIET_START.as_millis() as u64),
            bar: Mutex::new(None),
            is_quiet,
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar.lock().ok().and_then(|mut bar| bar.take()) {
            bar.finish_and_clear();
        }
    }

    fn draw(&self) {
        let sum = |of: fn(&Run) -> &AtomicU64| self.runs.iter().map(|run| of(run).load(Ordering::Relaxed)).sum::<u64>();
        let (seconds, requests) = (sum(|run| &run.seconds), sum(|run| &run.requests));
        let per_second = requests as f64 / self.started.elapsed().as_secs_f64();
        let Ok(mut bar) = self.bar.lock() else { return };
        let bar = bar.get_or_insert_with(|| new_bar(self.total));
        bar.set_position(seconds);
        let simulated = SimTime::from_secs(seconds);
        bar.set_message(format!("{simulated} simulated, {} requests/s", figures::short(per_second)));
    }
}

/// indicatif draws on standard error, and not at all where that is no terminal.
fn new_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:16} {percent:>3} %  {msg}, {eta} left");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl ExperimentProgress for Bar {
    fn advanced(&self, run: RunId, simulated: SimTime, requests: u64) {
        if self.is_quiet {
            return;
        }
        if let Some(run) = self.runs.get(run.scenario * self.replications + run.replication) {
            run.seconds.store(simulated.as_nanos() / 1_000_000_000, Ordering::Relaxed);
            run.requests.store(requests, Ordering::Relaxed);
        }
        let now = self.started.elapsed().as_millis() as u64;
        let due = self.next_draw.load(Ordering::Relaxed);
        let after = now + REDRAW.as_millis() as u64;
        // Of the threads that find the drawing due, the one that moves the time on draws.
        if now >= due && self.next_draw.compare_exchange(due, after, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.draw();
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}
