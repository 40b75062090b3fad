//! A tiny autoscaler: windtunnel's own controller, woken when it wants to be, fed with what is measured, and obeyed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use windtunnel_sim::controllers::cloud::Calendar;
use windtunnel_sim::controllers::decision::{Command, Decisions, InstanceId, Metric, MetricSource, Notice, Statistic};
use windtunnel_sim::scenario::Scenario;
use windtunnel_traces::{SimDuration, SimTime, Streams};

use super::generator::Generator;
use crate::bench::Bench;
use crate::error::ValidationError;

/// Worker processes. They end with their owner.
pub(super) struct Fleet {
    program: PathBuf,
    ports: Vec<u16>,
    places: u32,
    processes: Vec<Child>,
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Fleet {
    pub(super) fn new(program: &Path, ports: &[u16], places: u32) -> Fleet {
        Fleet { program: program.to_path_buf(), ports: ports.to_vec(), places, processes: Vec::new() }
    }

    /// Starts the next worker, which listens after its boot. Its number; nothing when all are there.
    pub(super) fn launch(&mut self, boot: Duration) -> Result<Option<u32>, ValidationError> {
        let number = self.processes.len();
        let Some(port) = self.ports.get(number) else { return Ok(None) };
        let process = Process::new(&self.program)
            .arg("live-worker")
            .args(["--port", &port.to_string(), "--places", &self.places.to_string()])
            .args(["--boot-millis", &boot.as_millis().to_string(), "--number", &number.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| ValidationError::system("cannot start a worker", error))?;
        self.processes.push(process);
        Ok(Some(number as u32))
    }
}

/// What is measured: arrivals, and how many instances the group counts, as it went.
struct Measurements<'a> {
    generator: &'a Generator,
    /// Seconds, and the instances from then on.
    instances: Vec<(f64, f64)>,
}

impl MetricSource for Measurements<'_> {
    fn statistic(&self, metric: Metric, statistic: Statistic, from: SimTime, to: SimTime) -> Option<f64> {
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        if statistic != Statistic::Average || to <= from {
            return None;
        }
        let rate = self.generator.arrived(from, to) / (to - from);
        match metric {
            Metric::RequestRate => Some(rate),
            Metric::RequestRatePerInstance => Some(rate / self.mean_instances(from, to)),
            _ => None,
        }
    }
}

impl Measurements<'_> {
    fn mean_instances(&self, from: f64, to: f64) -> f64 {
        let mut sum = 0.0;
        for (index, (since, count)) in self.instances.iter().enumerate() {
            let until = self.instances.get(index + 1).map_or(f64::INFINITY, |next| next.0);
            sum += count * (until.min(to) - since.max(from)).max(0.0);
        }
        sum / (to - from)
    }
}

/// Lets the scenario's controller decide until the horizon.
pub(super) fn run(
    scenario: &Scenario,
    bench: &Bench<'_>,
    generator: &Generator,
    fleet: &mut Fleet,
    boot: Duration,
    begin: Instant,
) -> Result<(), ValidationError> {
    let config =
        scenario.policy.cloud().ok_or_else(|| ValidationError::Reference("controller of the live run".into()))?;
    let controller = config.controller(Streams::new(bench.first_seed), &Calendar::default());
    let mut controller =
        controller.map_err(|error| ValidationError::Reference(format!("valid controller: {error}")))?;
    let mut measurements = Measurements { generator, instances: vec![(0.0, 1.0)] };
    let mut out = Decisions::default();
    controller.notice(SimTime::ZERO, &Notice::InService { instance: InstanceId(0), activity: None }, &mut out);
    let end = begin + Duration::from_nanos((SimTime::ZERO + scenario.horizon).as_nanos());
    while Instant::now() < end && !bench.watch.cancelled() {
        let elapsed = Instant::now().saturating_duration_since(begin);
        let now = SimTime::ZERO + SimDuration::from_nanos(elapsed.as_nanos() as u64);
        while controller.next_wake() <= now {
            let wake = controller.next_wake();
            controller.wake(wake, &measurements, &mut out);
            obey(&mut out, &mut *controller, fleet, &mut measurements, boot, wake)?;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Executes what was decided. A worker's process is created at once, so that the provider regards it as in service at once.
fn obey(
    out: &mut Decisions,
    controller: &mut dyn windtunnel_sim::controllers::decision::Controller,
    fleet: &mut Fleet,
    measurements: &mut Measurements<'_>,
    boot: Duration,
    now: SimTime,
) -> Result<(), ValidationError> {
    while !out.commands.is_empty() {
        for command in std::mem::take(&mut out.commands) {
            // The policy has no rule that removes.
            let Command::Launch { activity, count, .. } = command else { continue };
            for _ in 0..count {
                let notice = match fleet.launch(boot)? {
                    Some(number) => {
                        let count = measurements.instances.last().map_or(1.0, |last| last.1) + 1.0;
                        // The application serves, and counts, when it has booted.
                        measurements.instances.push((now.as_secs_f64() + boot.as_secs_f64(), count));
                        Notice::InService { instance: InstanceId(number), activity: Some(activity) }
                    }
                    None => Notice::LaunchFailed { activity },
                };
                controller.notice(now, &notice, out);
            }
        }
    }
    Ok(())
}
