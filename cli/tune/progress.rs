//! How far a search is, now and then, on standard error.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use windtunnel_sim::experiment::analysis::Requirement;
use windtunnel_sim::experiment::execute::{SweepProgress, Task};
use windtunnel_sim::experiment::journal::Record;
use windtunnel_sim::experiment::results::metric_index;
use windtunnel_sim::experiment::tune::Request;

use crate::{figures, interrupt, terminal};

/// Between two lines of progress.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Says now and then how far the search is. How many runs it will take is not known beforehand.
pub(super) struct Watch {
    started: Instant,
    requirement: Requirement,
    cost: Option<usize>,
    figure: Option<usize>,
    state: Mutex<State>,
    is_quiet: bool,
}

struct State {
    said: Instant,
    runs: usize,
    /// The least cost of a first run that holds the objective: a hint, not a result.
    cheapest: Option<f64>,
}

impl Watch {
    pub(super) fn new(request: &Request, is_quiet: bool) -> Watch {
        Watch {
            started: Instant::now(),
            requirement: request.requirement.clone(),
            cost: metric_index(&request.minimize),
            figure: metric_index(&request.requirement.metric),
            state: Mutex::new(State { said: Instant::now(), runs: 0, cheapest: None }),
            is_quiet,
        }
    }

    /// The cost of a variant's first run, where it holds the objective.
    fn cost_of(&self, task: Task, record: &Record) -> Option<f64> {
        let figure = |metric: Option<usize>| record.metrics.get(metric?).copied().flatten();
        let (cost, value) = (figure(self.cost)?, figure(self.figure)?);
        let bound = self.requirement.bound;
        let holds = if self.requirement.is_upper { value < bound } else { value > bound };
        (holds && task.replication == 0).then_some(cost)
    }
}

impl SweepProgress for Watch {
    fn finished(&self, records: &[(Task, Record)], _: usize, _: usize) {
        let Ok(mut state) = self.state.lock() else { return };
        state.runs += records.len();
        for cost in records.iter().filter_map(|(task, record)| self.cost_of(*task, record)) {
            state.cheapest = Some(state.cheapest.map_or(cost, |cheapest| cheapest.min(cost)));
        }
        if self.is_quiet || state.said.elapsed() < SAY_EVERY {
            return;
        }
        state.said = Instant::now();
        let rate = state.runs as f64 / self.started.elapsed().as_secs_f64();
        let found = match state.cheapest {
            Some(cost) => format!("the cheapest first run that holds the objective: {}", figures::digits(cost)),
            None => "no first run holds the objective yet".to_string(),
        };
        terminal::say(&format!("{} runs, {} per second; {found}", state.runs, figures::digits(rate)));
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}
