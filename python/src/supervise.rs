//! Long work beside Python: on a thread of its own, without the GIL, given up on Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use windtunnel_sim::experiment::ExperimentProgress;
use windtunnel_sim::experiment::execute::SweepProgress;
use windtunnel_sim::run::Progress;

/// How often Python is asked whether somebody pressed Ctrl-C.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks work to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop(AtomicBool);

impl Stop {
    pub(crate) fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Progress for Stop {
    fn cancelled(&self) -> bool {
        self.is_requested()
    }
}

impl ExperimentProgress for Stop {
    fn cancelled(&self) -> bool {
        self.is_requested()
    }
}

impl SweepProgress for Stop {
    fn cancelled(&self) -> bool {
        self.is_requested()
    }
}

/// Does work on another thread while this one listens for Ctrl-C. The work has to end soon after `stop` was requested.
pub(crate) fn supervised<T: Send>(py: Python<'_>, stop: &Stop, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let waiting = thread::current();
    thread::scope(|scope| {
        let worker = scope.spawn(move || {
            let result = work();
            waiting.unpark();
            result
        });
        let mut interrupted = None;
        while !worker.is_finished() {
            py.detach(|| thread::park_timeout(LOOK_EVERY));
            if interrupted.is_none() {
                interrupted = py.check_signals().err();
                if interrupted.is_some() {
                    stop.request();
                }
            }
        }
        let result = py.detach(|| worker.join());
        match (interrupted, result) {
            (Some(error), _) => Err(error),
            (None, Ok(result)) => Ok(result),
            (None, Err(_)) => {
                Err(pyo3::exceptions::PyRuntimeError::new_err("the simulation panicked; please report it"))
            }
        }
    })
}

/// A pool of so many threads; zero counts the cores.
pub(crate) fn pool(py: Python<'_>, threads: usize) -> PyResult<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| crate::errors::input(py, format!("cannot start threads: {error}")))
}
