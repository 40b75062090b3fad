//! M(t)/M/8 by Kolmogorov's equations: an empty start, an overload that comes and goes, an instance that comes late, and a
//! rate that swings. The number inside is read at given instants of many short runs.

use std::io::Write;

use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::scenario::Scenario;

use super::station::{Law, SERVICE, Station};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::{Record, family};
use crate::row::{Row, Rule, Section};

mod two_stations;

const GROUP: &str = "M(t)/M/8, transient";
/// What a run begins with to reach its steady state, in service times: ten relaxation times at a load of 0.7.
const SETTLE: f64 = 100.0;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let records = family("transient_mtmc")?;
    let mut rows = Vec::new();
    for record in &records {
        let name = record.text("name");
        if name.starts_with("empty start") {
            rows.extend(empty_start(bench, record)?);
        } else if name.starts_with("step overload") {
            rows.extend(overload(bench, record)?);
        } else if name.starts_with("step with scale-out") && !bench.is_short() {
            rows.extend(scale_out(bench, record)?);
        } else if name.starts_with("sinusoid") && !bench.is_short() {
            rows.extend(sinusoid(bench, record)?);
        }
    }
    Ok(rows)
}

/// The number inside at an instant, which is the end of a row.
fn inside(outcome: &Outcome, at: f64) -> f64 {
    let row = outcome.timeline.iter().find(|row| (row.end_seconds - at).abs() < 1e-6);
    row.map_or(f64::NAN, |row| row.in_flight as f64)
}

/// Compares the number inside at the instants of a record, which are counted from `begin`, all in service times.
fn at_instants(
    bench: &Bench<'_>,
    scenario: &Scenario,
    replications: u64,
    case: &str,
    begin: f64,
    wanted: &[Record],
) -> Result<Vec<Row>, ValidationError> {
    let mut instants = Vec::new();
    for record in wanted {
        let at = record.number("t")?;
        // Rows end at whole service times.
        if at.fract() == 0.0 {
            instants.push((at, record.number("EN")?, record.number("varN")?));
        }
    }
    let of = |outcome: &Outcome| -> Vec<f64> {
        instants.iter().map(|(at, ..)| inside(outcome, (begin + at) * SERVICE)).collect()
    };
    let measured = bench.measure(scenario, replications, true, of)?;
    let fluid = bench.fluid(scenario, of)?;
    let mut rows = Vec::new();
    for (index, (at, mean, variance)) in instants.iter().enumerate() {
        let samples: Vec<f64> = measured.iter().map(|numbers| numbers[index]).collect();
        let compared = format!("mean number inside at {at}");
        let fluid = fluid.as_ref().map(|numbers| numbers[index]);
        let comparison = Row::compare(Section::Queueing, GROUP, case, compared).reference(*mean).fluid(fluid);
        rows.push(comparison.judge(Rule::STANDARD, &samples));
        // One instant in each case: the variance. The squares' own mean is known, so no degree of freedom is lost.
        if index == instants.len() / 2 {
            let squares: Vec<f64> = samples.iter().map(|number| (number - mean) * (number - mean)).collect();
            let comparison = Row::compare(Section::Queueing, GROUP, case, format!("variance of it at {at}"));
            rows.push(comparison.reference(*variance).judge(Rule::STANDARD, &squares));
        }
    }
    Ok(rows)
}

fn empty_start(bench: &Bench<'_>, record: &Record) -> Result<Vec<Row>, ValidationError> {
    let case = "empty start, load 0.9";
    bench.watch.begins(&format!("{GROUP}, {case}"));
    let station = Station::new(8, 0.9, Law::Exponential);
    let until = bench.either(200.0, 20.0);
    let text = station.text(bench, &station.constant_rate(), (until + 1.0) * SERVICE, SERVICE);
    let wanted = upto(record, until)?;
    at_instants(bench, &bench.scenario(&text)?, bench.either(2000, 400), case, 0.0, &wanted)
}

fn upto(record: &Record, until: f64) -> Result<Vec<Record>, ValidationError> {
    let mut wanted = Vec::new();
    for row in record.parts("rows") {
        if row.number("t")? <= until {
            wanted.push(row);
        }
    }
    Ok(wanted)
}

/// From load 0.6 to 1.4 for thirty service times, and back.
fn step(lasts: Option<f64>) -> String {
    let lasts = lasts.map_or_else(String::new, |lasts| format!("lasts = \"{}s\"\n", lasts * SERVICE));
    format!("shape = \"step\"\nbase = \"48rps\"\npeak = \"112rps\"\nat = \"{}s\"\n{lasts}", SETTLE * SERVICE)
}

fn overload(bench: &Bench<'_>, record: &Record) -> Result<Vec<Row>, ValidationError> {
    let case = "load 0.6, then 1.4 for 30, then 0.6";
    bench.watch.begins(&format!("{GROUP}, {case}"));
    let station = Station::new(8, 0.6, Law::Exponential);
    let until = bench.either(120.0, 40.0);
    let text = station.text(bench, &step(Some(30.0)), (SETTLE + until + 1.0) * SERVICE, SERVICE);
    let wanted = upto(record, until)?;
    at_instants(bench, &bench.scenario(&text)?, bench.either(2000, 400), case, SETTLE, &wanted)
}

/// A second instance serves thirty service times after the load has risen. The vectors have one queue for all cores; here
/// each instance has its own, and requests join the shorter one: the same until the second instance serves, then the
/// chain of two stations, which `two_stations` integrates.
fn scale_out(bench: &Bench<'_>, record: &Record) -> Result<Vec<Row>, ValidationError> {
    let case = "load 0.6, then 1.4; 8 more cores after 30";
    bench.watch.begins(&format!("{GROUP}, {case}"));
    let station = Station::new(8, 0.6, Law::Exponential).behind(1, "least-outstanding");
    let mut text = station.text(bench, &step(None), (SETTLE + 61.0) * SERVICE, SERVICE);
    let at = SETTLE * SERVICE;
    text.push_str(&format!(
        "[[boot]]\nstage = \"start\"\ntime = \"{}s\"\n[[event]]\nat = \"{at}s\"\nkind = \"set-capacity\"\ndesired = 2\n",
        30.0 * SERVICE
    ));
    let scenario = bench.scenario(&text)?;
    let before = upto(record, 30.0)?;
    let mut rows = at_instants(bench, &scenario, 2000, case, SETTLE, &before)?;

    let instants = [32.0, 35.0, 40.0, 45.0, 50.0];
    let chain = two_stations::mean_numbers(8, 4.8, 11.2, 30.0, &instants);
    let at_boot = before.last().map_or(Ok(f64::NAN), |row| row.number("EN"))?;
    rows.push(
        Row::compare(Section::Queueing, GROUP, case, "mean number inside at 30, by the chain of two stations itself")
            .reference(at_boot)
            .note("the chain against the vectors, before it is used")
            .value(Rule::Exact { relative: 1e-4 }, chain.at_change),
    );
    let of = |outcome: &Outcome| -> Vec<f64> {
        instants.iter().map(|at| inside(outcome, (SETTLE + at) * SERVICE)).collect()
    };
    let measured = bench.measure(&scenario, 2000, true, of)?;
    let fluid = bench.fluid(&scenario, of)?;
    let pooled = record.parts("rows");
    for (index, at) in instants.iter().enumerate() {
        let samples: Vec<f64> = measured.iter().map(|numbers| numbers[index]).collect();
        let one_queue = pooled.iter().find(|row| row.number("t").is_ok_and(|t| t == *at));
        let one_queue = one_queue.map_or(Ok(f64::NAN), |row| row.number("EN"))?;
        let fluid = fluid.as_ref().map(|numbers| numbers[index]);
        rows.push(
            Row::compare(Section::Queueing, GROUP, case, format!("mean number inside at {at}"))
                .reference(chain.after[index])
                .fluid(fluid)
                .note(format!("two queues, the shorter is joined; with one queue {one_queue:.3}"))
                .judge(Rule::STANDARD, &samples),
        );
    }
    Ok(rows)
}

/// A rate of 8 (0.7 + 0.25 sin(2 pi t / period)), after a settled load of 0.7; the third cycle is compared.
fn sinusoid(bench: &Bench<'_>, record: &Record) -> Result<Vec<Row>, ValidationError> {
    let period = record.number("period")?;
    let case = format!("load 0.7 + 0.25 sin, period {period}");
    bench.watch.begins(&format!("{GROUP}, {case}"));
    let step = period / 200.0;
    let settle = (SETTLE / step).round() as usize;
    let mean = |from: f64| {
        let angle = |t: f64| 2.0 * std::f64::consts::PI * t / period;
        let swing = (libm::cos(angle(from)) - libm::cos(angle(from + step))) / angle(step);
        80.0 * (0.7 + 0.25 * swing)
    };
    let mut rates = vec![56.0; settle];
    rates.extend((0..610).map(|index| mean(f64::from(index) * step)));
    let file = rate_file(&rates, step * SERVICE)?;
    let station = Station::new(8, 0.7, Law::Exponential);
    let trace = format!("file = {:?}", file.path().display().to_string());
    let begin = settle as f64 * step;
    let row = if period < 100.0 { 0.5 } else { 1.0 };
    let text = station.text(bench, &trace, (begin + 3.0 * period + 1.0) * SERVICE, row * SERVICE);
    let wanted: Vec<Record> = record.parts("rows").into_iter().step_by(2).collect();
    let replications = if period > 500.0 { 500 } else { 2000 };
    at_instants(bench, &bench.scenario(&text)?, replications, &case, begin, &wanted)
}

/// A recording of a rate in requests per second, at even steps.
pub(crate) fn rate_file(rates: &[f64], step_seconds: f64) -> Result<tempfile::NamedTempFile, ValidationError> {
    let failed = |error| ValidationError::system("cannot write a temporary file", error);
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").map_err(failed)?;
    let mut text = String::from("seconds,rps\n");
    for (index, rate) in rates.iter().enumerate() {
        text.push_str(&format!("{:.6},{rate:.9}\n", index as f64 * step_seconds));
    }
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    Ok(file)
}
