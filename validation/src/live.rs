//! A small real system on loopback against its simulation: worker processes behind HAProxy, its health checks, a boot delay, a load
//! generator with recorded arrivals, and windtunnel's own controller deciding in real time.
//!
//! Everything is bound to 127.0.0.1, lasts as long as it says, and is taken down when it ends: workers also end by themselves when
//! whoever started them is gone.

mod autoscaler;
mod generator;
mod proxy;
pub mod worker;

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use windtunnel_sim::outcome::Outcome;

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::row::{Report, Row, Rule, Section};

/// The program whose subcommand `live-worker` is a worker, and how long to run.
#[derive(Clone, Debug)]
pub struct Live {
    /// This very program.
    pub program: PathBuf,
    /// Thirty seconds instead of two minutes.
    pub is_smoke: bool,
}

/// Core time of a request, in milliseconds: a worker holds one of its places for so long.
const SERVICE_MILLIS: u64 = 80;
/// Places per worker: 50 requests per second.
const PLACES: u32 = 4;
/// Workers at most.
const MOST: u32 = 3;
/// From the start of a worker's process until it listens, in milliseconds.
const BOOT_MILLIS: u64 = 3000;
/// Between two health checks; two in a row decide.
const CHECK_MILLIS: u64 = 500;
/// Latency quantiles and the mean number inside may be off by this share, and by this many seconds: what sockets, threads and
/// the proxy take, on a machine that does other things too.
const SHARE: f64 = 0.15;
const OVERHEAD: f64 = 0.03;
/// The first request on a new worker: a health check's interval, whose phase nobody knows, and half of another for the machine.
const FIRST: f64 = 0.75;

/// Requests per second before, during and after the step, and when the step begins and ends, in seconds.
struct Load {
    calm: f64,
    busy: f64,
    from: f64,
    to: f64,
    end: f64,
}

impl Load {
    /// Arrivals at even distances: what differs is then the system and not the draw.
    fn arrivals(&self) -> Vec<f64> {
        let (mut now, mut times) = (0.0, Vec::new());
        while now < self.end {
            times.push(now);
            now += 1.0 / if (self.from..self.to).contains(&now) { self.busy } else { self.calm };
        }
        times
    }
}

/// What was measured, and simulated, alike.
struct Measured {
    p50: f64,
    p95: f64,
    p99: f64,
    inside: f64,
    first: f64,
    failed: f64,
}

/// Runs the live comparison; says so where HAProxy is absent.
///
/// # Errors
/// When a process could not be started, or a run came to no end.
pub fn rows(bench: &Bench<'_>, live: Option<&Live>, report: &mut Report) -> Result<(), ValidationError> {
    let skipped = |why: &str| {
        let row =
            Row::compare(Section::Live, "HAProxy, ESS's controller", "", "latencies, first request on a new instance");
        row.not_run(Rule::WithinShare { share: SHARE }, why)
    };
    let Some(live) = live else {
        report.rows.push(skipped("--live runs it"));
        return Ok(());
    };
    let Some(haproxy) = proxy::find() else {
        report.rows.push(skipped("HAProxy is not installed; Debian's package is `haproxy`"));
        return Ok(());
    };
    let load = if live.is_smoke {
        Load { calm: 30.0, busy: 75.0, from: 6.0, to: 20.0, end: 26.0 }
    } else {
        Load { calm: 30.0, busy: 85.0, from: 20.0, to: 70.0, end: 110.0 }
    };
    let arrivals = load.arrivals();
    let mut file = tempfile::NamedTempFile::new().map_err(temporary)?;
    // One more at the end of the simulation, so that the recording is as long.
    let text: String = arrivals.iter().chain([&load.end]).map(|at| format!("{at:.6}\n")).collect();
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(temporary)?;
    let scenario = bench.scenario(&scenario_text(&file.path().display().to_string(), load.end))?;

    bench.watch.begins(&format!("a live system on loopback, {} s", load.end));
    let (real, late) = run(bench, live, &haproxy, &scenario, &arrivals)?;
    let simulated = bench.measure(&scenario, 20, true, |outcome| simulated(outcome, load.end))?;
    let name = format!("{} to {} requests/s, {} s", load.calm, load.busy, load.end);
    let mut row = |what: &str, rule: Rule, real: f64, of: fn(&Measured) -> f64| {
        let samples: Vec<f64> = simulated.iter().map(of).collect();
        let row = Row::compare(Section::Live, "HAProxy, ESS's controller", &name, what);
        report.rows.push(row.reference(real).judge(rule, &samples));
    };
    let around = |real: f64, overhead: f64| Rule::Within { bound: SHARE * real + overhead };
    row("latency P50, s", around(real.p50, OVERHEAD), real.p50, |measured| measured.p50);
    row("latency P95, s", around(real.p95, OVERHEAD), real.p95, |measured| measured.p95);
    row("latency P99, s", around(real.p99, OVERHEAD), real.p99, |measured| measured.p99);
    row("mean number inside", around(real.inside, 1.0), real.inside, |measured| measured.inside);
    row("first answer of a new instance, s after the start", Rule::Within { bound: FIRST }, real.first, |measured| {
        measured.first
    });
    row("requests that failed", Rule::Within { bound: 0.0 }, real.failed, |measured| measured.failed);
    report.rows.push(
        Row::compare(Section::Live, "HAProxy, ESS's controller", &name, "the load generator's own lateness, P99, s")
            .note("of a busy machine; what is above some milliseconds is not the system's")
            .value(Rule::Shown, late),
    );
    Ok(())
}

fn temporary(error: std::io::Error) -> ValidationError {
    ValidationError::system("cannot write a temporary file", error)
}

/// The scenario that both run: the simulation all of it, the live system its policy.
fn scenario_text(arrivals: &str, seconds: f64) -> String {
    format!(
        "horizon = \"{seconds}s\"\ntimeline.interval = \"100ms\"\n[trace]\narrivals = {arrivals:?}\n\
         [service]\ncpu = \"{SERVICE_MILLIS}ms\"\n[instance]\ncores = {PLACES}\n[sensors]\nevery = \"1s\"\n\
         [[boot]]\nstage = \"provision\"\ntime = \"0s\"\n[[boot]]\nstage = \"start\"\ntime = \"{BOOT_MILLIS}ms\"\n\
         [balancer]\nalgorithm = \"least-outstanding\"\n\
         health = {{ every = \"{CHECK_MILLIS}ms\", timeout = \"{CHECK_MILLIS}ms\", healthy = 2, unhealthy = 2 }}\n\
         [ess]\nmin = 1\nmax = {MOST}\nlenient = true\n[ess.assumptions]\nalarm_delay = \"0s\"\n\
         [[ess.rule]]\nname = \"out\"\nadjust = {{ change = 1 }}\ncooldown = \"20s\"\n\
         [[ess.alarm]]\nname = \"busy\"\nmetric = \"QPSPerInstance\"\nstatistic = \"average\"\ncomparison = \">\"\nthreshold = 40\n\
         period = \"15s\"\ntimes = 1\naction = \"out\"\n"
    )
}

fn simulated(outcome: &Outcome, seconds: f64) -> Measured {
    // In traffic from then on: the first answer follows a service later.
    let first = outcome.instances.iter().skip(1).filter_map(|life| life.in_service_seconds).fold(f64::NAN, f64::min);
    let rows = outcome.timeline.iter().filter(|row| row.end_seconds <= seconds);
    let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), row| (sum + row.in_flight as f64, count + 1.0));
    Measured {
        p50: outcome.latency.quantile(0.5),
        p95: outcome.latency.quantile(0.95),
        p99: outcome.latency.quantile(0.99),
        inside: sum / count,
        first: first + SERVICE_MILLIS as f64 / 1e3,
        failed: figure(outcome, "requests_failed") + figure(outcome, "requests_rejected"),
    }
}

/// The real thing. Also the load generator's lateness.
fn run(
    bench: &Bench<'_>,
    live: &Live,
    haproxy: &std::path::Path,
    scenario: &windtunnel_sim::scenario::Scenario,
    arrivals: &[f64],
) -> Result<(Measured, f64), ValidationError> {
    let ports = free_ports(MOST as usize + 1)?;
    let (entrance, ports) = (ports[0], &ports[1..]);
    let mut fleet = autoscaler::Fleet::new(&live.program, ports, PLACES);
    fleet.launch(Duration::ZERO)?;
    let _proxy = proxy::start(haproxy, entrance, ports, CHECK_MILLIS)?;
    // Until the checks have told the worker that listens from those that are not there yet.
    std::thread::sleep(Duration::from_millis(4 * CHECK_MILLIS + 500));
    let begin = Instant::now() + Duration::from_millis(200);
    let generator = generator::Generator::new(arrivals.to_vec(), begin, entrance, SERVICE_MILLIS);
    let requests = std::thread::scope(|scope| {
        let senders = generator.start(scope)?;
        let boot = Duration::from_millis(BOOT_MILLIS);
        let decided = autoscaler::run(scenario, bench, &generator, &mut fleet, boot, begin);
        if bench.watch.cancelled() || decided.is_err() {
            generator.stop();
        }
        let requests = senders.finish();
        decided.map(|()| requests)
    })?;
    Ok(measured(&requests, scenario.horizon.as_secs_f64()))
}

fn measured(requests: &[generator::Request], seconds: f64) -> (Measured, f64) {
    let mut latencies: Vec<f64> = requests
        .iter()
        .filter(|request| request.worker.is_some() && request.answered <= seconds)
        .map(generator::Request::latency)
        .collect();
    latencies.sort_by(f64::total_cmp);
    let quantile = |sorted: &[f64], q: f64| {
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
    };
    let mut late: Vec<f64> = requests.iter().map(|request| request.sent - request.due).collect();
    late.sort_by(f64::total_cmp);
    let inside: f64 = requests.iter().map(|request| request.answered.min(seconds) - request.due).sum();
    let first = requests.iter().filter(|request| request.worker.is_some_and(|worker| worker > 0));
    let measured = Measured {
        p50: quantile(&latencies, 0.5),
        p95: quantile(&latencies, 0.95),
        p99: quantile(&latencies, 0.99),
        inside: inside / seconds,
        first: first.map(|request| request.answered).fold(f64::NAN, f64::min),
        failed: requests.iter().filter(|request| request.worker.is_none()).count() as f64,
    };
    (measured, quantile(&late, 0.99))
}

/// Ports of loopback that nobody listens on. They are free again when this returns; a collision within the next second would end
/// the comparison with an error, not with a wrong row.
fn free_ports(count: usize) -> Result<Vec<u16>, ValidationError> {
    let bound = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<Vec<_>, _>>();
    let ports = bound.and_then(|all| all.iter().map(|one| Ok(one.local_addr()?.port())).collect());
    ports.map_err(|error| ValidationError::system("cannot bind to loopback", error))
}
