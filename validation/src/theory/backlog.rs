//! The backlog of a boot: the load doubles while new instances take three minutes to come. Arrivals at even distances and
//! constant services make it a fluid, which the simulation has to follow within a few requests. What happens to the
//! backlog depends on where the queue lives.

use std::io::Write;

use windtunnel_sim::outcome::Outcome;

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference::find;
use crate::row::{Row, Rule, Section};

const GROUP: &str = "backlog of a boot";
/// When the load doubles, in seconds.
const BEGIN: f64 = 600.0;
const HORIZON: f64 = 1400.0;

/// Where the queue lives.
struct Place {
    name: &'static str,
    key: &'static str,
    /// The scenario after `[trace]`.
    text: String,
    /// Requests in service when all is busy, after the boot.
    in_service: f64,
    /// Of these before it.
    in_service_before: f64,
}

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let record = find("fluid_boot_backlog", &[("T_boot", 180.0), ("n1", 10.0)])?;
    let arrivals = arrivals()?;
    let boot = record.number("T_boot")?;
    let mut rows = Vec::new();
    for place in places(bench) {
        bench.watch.begins(&format!("{GROUP}, {}", place.name));
        let trace = |text: &str| {
            format!("horizon = \"{HORIZON}s\"\ntimeline.interval = \"1s\"\n[trace]\n{text}\n{}", place.text)
        };
        let recorded = trace(&format!("arrivals = {:?}", arrivals.path().display().to_string()));
        let of = |outcome: &Outcome| figures(outcome, BEGIN + boot, &place);
        let measured = bench.measure(&bench.scenario(&recorded)?, 1, true, of)?;
        let smooth = trace(&format!("shape = \"step\"\nbase = \"400rps\"\npeak = \"800rps\"\nat = \"{BEGIN}s\""));
        let fluid = bench.fluid(&bench.scenario(&smooth)?, of)?;
        let expected = record.part(place.key)?;
        // Ten requests beyond those in service; a second of the timeline and the ten requests that the slowest drain (20 per
        // second and instance) takes half a second for; the service itself.
        let compared = [
            ("requests queued when the boot is over", record.number("peak_backlog")?, 10.0),
            ("seconds until it is gone", expected.number("drain_time")?, 1.5),
            ("the worst delay, s", expected.number("max_delay")?, 0.2),
        ];
        for (index, (what, reference, bound)) in compared.into_iter().enumerate() {
            rows.push(
                Row::compare(Section::Queueing, GROUP, place.name, what)
                    .reference(reference)
                    .fluid(fluid.map(|figures| figures[index]))
                    .value(Rule::Within { bound }, measured[0][index]),
            );
        }
    }
    Ok(rows)
}

fn places(bench: &Bench<'_>) -> Vec<Place> {
    let instances = |algorithm: &str| {
        format!(
            "[service]\ncpu = \"80ms\"\n[instance]\ncores = {}\n[fixed]\ninstances = 5\n[balancer]\nalgorithm = \"{algorithm}\"\n\
             [[boot]]\nstage = \"provision\"\ntime = \"180s\"\n\
             [[event]]\nat = \"{BEGIN}s\"\nkind = \"set-capacity\"\ndesired = 10\n",
            bench.cores(8)
        )
    };
    // One queue for all: a shared dependency of 80 places at 80 ms, twice as slow until the boot is over.
    let pooled = format!(
        "[service]\ncpu = \"1us\"\ndownstream = {{ limit = {}, wait = \"80ms\" }}\n[instance]\ncores = 8\n[fixed]\ninstances = 1\n\
         [[event]]\nat = \"0s\"\nkind = \"downstream-slowdown\"\nfactor = 2.0\nlasts = \"780s\"\n",
        10 * bench.cores(8)
    );
    vec![
        Place { name: "one queue", key: "pooled_queue", text: pooled, in_service: 80.0, in_service_before: 80.0 },
        Place {
            name: "a queue per instance, least-outstanding",
            key: "lb_least_outstanding",
            text: instances("least-outstanding"),
            in_service: 80.0,
            in_service_before: 40.0,
        },
        Place {
            name: "a queue per instance, round-robin",
            key: "lb_round_robin",
            text: instances("round-robin"),
            in_service: 80.0,
            in_service_before: 40.0,
        },
    ]
}

/// 400 requests a second at even distances, 800 from the change on.
fn arrivals() -> Result<tempfile::NamedTempFile, ValidationError> {
    let failed = |error| ValidationError::system("cannot write a temporary file", error);
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    let mut text = String::new();
    let calm = (BEGIN * 400.0) as u32;
    for index in 0..calm {
        text.push_str(&format!("{:.6}\n", f64::from(index) / 400.0));
    }
    for index in 0..((HORIZON - BEGIN) * 800.0) as u32 {
        text.push_str(&format!("{:.6}\n", BEGIN + f64::from(index) / 800.0));
    }
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    Ok(file)
}

/// Requests queued when the boot is over, seconds until none are, the longest delay.
fn figures(outcome: &Outcome, ready: f64, place: &Place) -> [f64; 3] {
    let at = outcome.timeline.iter().find(|row| (row.end_seconds - ready).abs() < 1e-6);
    let queued = at.map_or(f64::NAN, |row| row.in_flight as f64 - place.in_service_before);
    // No more are inside than all cores hold.
    let gone = outcome.timeline.iter().find(|row| row.end_seconds > ready && row.in_flight as f64 <= place.in_service);
    let gone = gone.map_or(f64::INFINITY, |row| row.end_seconds - ready);
    [queued, gone, figure(outcome, "latency_max_seconds")]
}
