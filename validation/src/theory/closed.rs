//! Closed loops: users who think (the machine repairman), and a batch that waits for its last answer (the barrier).

use windtunnel_sim::outcome::Outcome;

use super::confirm::confirmed;
use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference::find;
use crate::row::{Row, Rule, Section};

/// Mean core time and pause, in seconds.
const SERVICE: f64 = 0.2;
const PAUSE: f64 = 1.0;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = users(bench)?;
    rows.extend(barrier(bench)?);
    Ok(rows)
}

fn text(bench: &Bench<'_>, clients: &str, cpu: &str, discipline: &str, seconds: f64) -> String {
    format!(
        "horizon = \"{seconds}s\"\ntrace.clients = {clients}\nservice.cpu = {cpu}\ninstance.cores = {}\n\
         instance.discipline = \"{discipline}\"\nfixed.instances = 1\ntimeline.interval = \"1s\"\n",
        bench.cores(8)
    )
}

/// The mean of an exponential core time.
fn exponential() -> String {
    format!("{{ exponential = {{ mean = \"{SERVICE}s\" }} }}")
}

fn throughput(outcome: &Outcome, seconds: f64) -> f64 {
    figure(outcome, "requests_served") / seconds
}

/// Throughput and mean response after the first tenth of a run. While a loop of many users fills, short requests leave first: with
/// shared cores and services of cv 2, two hundred users hold 80 core-seconds of work that an empty start has not got, which is 240
/// requests more than a steady state serves. The response is that of the number inside and the throughput (Little's law), so that
/// those still inside count too.
fn settled(outcome: &Outcome, seconds: f64) -> (f64, f64) {
    let (mut served, mut inside, mut rows) = (0.0, 0.0, 0.0);
    for row in outcome.timeline.iter().filter(|row| row.start_seconds >= 0.1 * seconds - 1e-6) {
        served += row.served as f64;
        inside += row.in_flight as f64;
        rows += 1.0;
    }
    (served / rows, inside / served)
}

fn users(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let seconds = bench.either(3000.0, 600.0);
    let mut rows = Vec::new();
    let full: &[u32] = &[8, 20, 40, 48, 60, 80, 200];
    for &users in bench.either(full, &[40, 60]) {
        let record = find("closed_loop_think", &[("N", f64::from(users)), ("c", 8.0), ("S", SERVICE), ("Z", PAUSE)])?;
        let lognormal = format!("{{ lognormal = {{ mean = \"{SERVICE}s\", cv = 2.0 }} }}");
        for (how, cpu, discipline) in [
            ("in order", exponential(), "fcfs"),
            ("shared cores", exponential(), "processor-sharing"),
            ("shared cores, lognormal cv 2", lognormal, "processor-sharing"),
        ] {
            let name = format!("{users} users, {how}");
            bench.watch.begins(&format!("machine repairman, {name}"));
            let clients = format!("{{ users = {users}, think = {{ exponential = {{ mean = \"{PAUSE}s\" }} }} }}");
            let scenario = bench.scenario(&text(bench, &clients, &cpu, discipline, seconds))?;
            let (rate, response) = (record.number("throughput")?, record.number("response")?);
            rows.extend(confirmed(bench, |seeds| {
                let measured = bench.measure_under(seeds, &scenario, true, |outcome| settled(outcome, seconds))?;
                let (rates, responses): (Vec<f64>, Vec<f64>) = measured.into_iter().unzip();
                let compare = |what: &str| Row::compare(Section::Queueing, "machine repairman", &name, what);
                Ok(vec![
                    compare("throughput, 1/s").reference(rate).judge(Rule::STANDARD, &rates),
                    compare("mean response, s").reference(response).judge(Rule::STANDARD, &responses),
                ])
            })?);
        }
    }
    Ok(rows)
}

fn barrier(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    let full: &[u32] = &[8, 20, 40, 80, 200, 400];
    for &batch in bench.either(full, &[40, 80]) {
        let record = find("closed_loop_barrier", &[("N", f64::from(batch)), ("c", 8.0), ("S", SERVICE), ("Z", PAUSE)])?;
        let clients = format!("{{ batch = {batch}, pause = \"{PAUSE}s\" }}");
        let compare = |name: String, what: &str| {
            Row::compare(Section::Queueing, "barrier loop", format!("{batch} at a time, {name}"), what)
        };
        bench.watch.begins(&format!("barrier loop, {batch} at a time"));

        // 1000 cycles or more; what the last one is short of weighs less than half of a cycle.
        let seconds = bench.either(1000.0, 300.0) * record.number("exp_cycle")?;
        let scenario = bench.scenario(&text(bench, &clients, &exponential(), "fcfs", seconds.ceil()))?;
        let of = |outcome: &Outcome| (throughput(outcome, seconds.ceil()), figure(outcome, "cpu_utilization_mean"));
        let measured = bench.measure(&scenario, bench.replications(), false, of)?;
        let (rates, busy): (Vec<f64>, Vec<f64>) = measured.into_iter().unzip();
        rows.push(
            compare("exponential".into(), "throughput, 1/s")
                .reference(record.number("exp_throughput")?)
                .judge(Rule::STANDARD, &rates),
        );
        rows.push(
            compare("exponential".into(), "utilization")
                .reference(record.number("exp_util")?)
                .judge(Rule::STANDARD, &busy),
        );

        // Whole cycles, so that the count is exact.
        for (discipline, key) in [("fcfs", "det_fcfs"), ("processor-sharing", "det_ps")] {
            let cycle = record.number(&format!("{key}_makespan"))? + PAUSE;
            let seconds = (100.0 * cycle * 1e6).round() / 1e6;
            let cpu = format!("\"{SERVICE}s\"");
            let scenario = bench.scenario(&text(bench, &clients, &cpu, discipline, seconds))?;
            let rate = bench.measure(&scenario, 1, false, |outcome| throughput(outcome, seconds))?;
            rows.push(
                compare(format!("deterministic, {discipline}"), "throughput, 1/s")
                    .reference(record.number(&format!("{key}_throughput"))?)
                    .value(Rule::EXACT, rate[0]),
            );
        }
    }
    Ok(rows)
}
