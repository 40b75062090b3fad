//! Sweeps, one finished run after the other.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use windtunnel_plots::{ChartOptions, CostPoint, cost_against_violations};
use windtunnel_sim::experiment::analysis::Report;
use windtunnel_sim::experiment::execute::{ExecuteError, Records, Simulator, Task, all_tasks, execute, id_of};
use windtunnel_sim::experiment::journal::{Header, Journal, JournalError, Keep, Record};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::scenario::document::SharedFiles;

use crate::errors;
use crate::outcome::svg;
use crate::supervise::{Stop, pool};

/// How often Python is asked whether somebody pressed Ctrl-C.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A finished run, or why the sweep ended early.
type Message = Result<Record, String>;

/// A sweep under way: an iterator over finished runs, in the order in which they finish.
#[pyclass(frozen, module = "windtunnel._core")]
pub(crate) struct Sweep {
    plan: Arc<Plan>,
    stop: Arc<Stop>,
    /// What has been handed out.
    records: Mutex<Records>,
    by_id: std::collections::BTreeMap<String, Task>,
    messages: Mutex<Receiver<Message>>,
    total: usize,
}

/// Sends what is finished to whoever iterates, after the journal has it, where there is one.
struct Forward {
    sender: Sender<Message>,
    journal: Option<Journal>,
}

impl Keep for Forward {
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        if let Some(journal) = &mut self.journal {
            journal.append(records)?;
        }
        for record in records {
            // Nobody listens any more: the sweep has been asked to stop too.
            let _ = self.sender.send(Ok(record.clone()));
        }
        Ok(())
    }
}

/// One finished run: id, point, replication, seed, parameters, figures, error.
type Finished = (String, String, u32, u64, Vec<(String, String)>, Vec<(&'static str, Option<f64>)>, Option<String>);

#[pymethods]
impl Sweep {
    /// Begins a sweep. With `out` finished runs are kept there, and those that are there already are not repeated.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "the signature that Python calls; nobody else does")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        assignments: Vec<String>,
        seed: Option<u64>,
        replications: Option<u32>,
        fidelity: Option<String>,
        out: Option<PathBuf>,
        threads: usize,
    ) -> PyResult<Sweep> {
        let files = Arc::new(SharedFiles::default());
        let mut sweep = SweepFile::load(&path, &*files).map_err(|error| errors::scenario(py, &error))?;
        for assignment in &assignments {
            sweep.set(assignment).map_err(|error| errors::scenario(py, &error))?;
        }
        sweep.seed = seed.or(sweep.seed);
        if let Some(replications) = replications {
            (sweep.replications, sweep.until) = (replications.max(1), None);
        }
        if sweep.until.is_some() {
            return Err(errors::input(py, "`until` needs the command line; give replications"));
        }
        let fidelity = fidelity.or_else(|| sweep.fidelity.clone()).unwrap_or_else(|| "requests".into());
        if !["requests", "fluid"].contains(&fidelity.as_str()) {
            return Err(errors::input(py, format!("the fidelity is requests or fluid here, not `{fidelity}`")));
        }
        let pool = pool(py, threads)?;
        let plan = py.detach(|| pool.install(|| Plan::new(sweep, &fidelity, &*files)));
        let plan = plan.map_err(|error| errors::scenario(py, &error))?;
        let plan = Arc::new(plan);
        let (journal, found) = match &out {
            None => (None, Vec::new()),
            Some(folder) => {
                let opened = std::fs::create_dir_all(folder).map_err(|error| error.to_string()).and_then(|()| {
                    let header = Header::new(&plan.digest(), &plan.sweep.name);
                    Journal::open(folder, &header).map_err(|error| error.to_string())
                });
                let (journal, found) = opened.map_err(|error| errors::input(py, error))?;
                (Some(journal), found.records)
            }
        };
        let known = Records::from_journal(&plan, plan.sweep.replications, &found);
        let tasks = all_tasks(&plan, plan.sweep.replications);
        let total = tasks.len();
        let missing: Vec<Task> = tasks.iter().copied().filter(|&task| known.get(task).is_none()).collect();
        let by_id = tasks.iter().map(|&task| (id_of(&plan, task), task)).collect();
        let (sender, receiver) = channel();
        for (_, record) in known.iter() {
            let _ = sender.send(Ok(record.clone()));
        }
        let stop = Arc::new(Stop::default());
        let work = Work { plan: Arc::clone(&plan), files, stop: Arc::clone(&stop), known, missing };
        thread::spawn(move || pool.install(|| work.carry_out(Forward { sender, journal })));
        Ok(Sweep { plan, stop, records: Mutex::default(), by_id, messages: Mutex::new(receiver), total })
    }

    #[getter]
    fn name(&self) -> &str {
        &self.plan.sweep.name
    }

    #[getter]
    fn points(&self) -> usize {
        self.plan.points.len()
    }

    #[getter]
    fn total(&self) -> usize {
        self.total
    }

    #[getter]
    fn done(&self) -> usize {
        self.records.lock().map_or(0, |records| records.len())
    }

    /// The next finished run; nothing when there are no more.
    fn next_run(&self, py: Python<'_>) -> PyResult<Option<Finished>> {
        loop {
            let received = py.detach(|| match self.messages.lock() {
                Ok(messages) => messages.recv_timeout(LOOK_EVERY),
                Err(_) => Err(RecvTimeoutError::Disconnected),
            });
            match received {
                Ok(Ok(record)) => return Ok(self.take(record)),
                Ok(Err(message)) => return Err(errors::named(py, "SimulationError", &message)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = py.check_signals() {
                        self.stop.request();
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Asks the runs under way to stop.
    fn cancel(&self) {
        self.stop.request();
    }

    /// The tables of what has been handed out: runs, summary, frontier; as CSV.
    fn tables(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let records = self.records.lock().map(|records| records.clone()).unwrap_or_default();
        let results = self.results(&records);
        let frontier = Report::new(&results, None).frontier;
        (results.runs_csv(), results.summary_csv(), results.points_csv(&frontier))
    }

    /// Cost against violations.
    fn frontier_svg(&self, py: Python<'_>) -> PyResult<String> {
        let records = self.records.lock().map(|records| records.clone()).unwrap_or_default();
        let results = self.results(&records);
        let plan = &self.plan;
        let point = |index: usize| {
            let cells = plan.points[index].cells.iter().filter(|cell| !cell.is_empty());
            let name = cells.map(String::as_str).collect::<Vec<_>>().join(" · ");
            let cost = results.summary(index, "cost_total")?;
            let violations = results.summary(index, "slo_violating_request_fraction")?;
            Some(CostPoint::new(&name, &plan.points[index].policy, cost, violations, &plan.points[index].currency))
        };
        let points: Vec<CostPoint> = (0..plan.points.len()).filter_map(point).collect();
        let mut traffic: Vec<&str> = plan.points.iter().map(|point| point.traffic.as_str()).collect();
        traffic.retain(|traffic| !traffic.is_empty());
        traffic.dedup();
        let traffic = if traffic.len() == 1 { traffic[0] } else { "several" };
        let picture = py.detach(|| cost_against_violations(&points, traffic, &ChartOptions::default()));
        svg(py, picture)
    }
}

impl Sweep {
    fn results<'a>(&'a self, records: &'a Records) -> Results<'a> {
        Results { plan: &self.plan, records, replications: self.plan.sweep.replications }
    }

    fn take(&self, record: Record) -> Option<Finished> {
        let task = *self.by_id.get(&record.id)?;
        let point = &self.plan.points[task.point];
        let parameters = self.plan.columns.iter().cloned().zip(point.cells.iter().cloned());
        let parameters = parameters.filter(|(_, cell)| !cell.is_empty()).collect();
        let figure = |index: usize| record.metrics.get(index).copied().flatten();
        let figures = DEFINITIONS.iter().enumerate().map(|(index, metric)| (metric.name, figure(index))).collect();
        let seed = self.plan.seed.wrapping_add(u64::from(task.replication));
        let finished = (
            record.id.clone(),
            point.digest.clone(),
            task.replication,
            seed,
            parameters,
            figures,
            record.error.clone(),
        );
        if let Ok(mut records) = self.records.lock() {
            records.insert(task, record);
        }
        Some(finished)
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.stop.request();
    }
}

/// What the thread behind a sweep does.
struct Work {
    plan: Arc<Plan>,
    files: Arc<SharedFiles>,
    stop: Arc<Stop>,
    known: Records,
    missing: Vec<Task>,
}

impl Work {
    fn carry_out(mut self, mut keep: Forward) {
        let simulator = match Simulator::new(&self.plan, &self.files) {
            Ok(simulator) => simulator,
            Err(error) => {
                let _ = keep.sender.send(Err(error.to_string()));
                return;
            }
        };
        let done = execute(&self.plan, &self.missing, &simulator, &mut keep, &mut self.known, &*self.stop);
        if let Err(ExecuteError::Journal(error)) = done {
            let _ = keep.sender.send(Err(error.to_string()));
        }
    }
}
