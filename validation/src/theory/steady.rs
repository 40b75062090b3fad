//! One instance in its steady state: M/M/8, M/D/8, M/H2/8, M/G/1, M/G/8 in both disciplines.

use super::station::{Case, Expected, Figure, Law, Station, arrivals, run_all};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::{find, find_named};
use crate::row::Row;

/// Arrivals at most, where the vectors name no number for the station.
const MOST: f64 = 3e6;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut cases = markov(bench)?;
    cases.extend(deterministic(bench)?);
    cases.extend(hyperexponential(bench)?);
    cases.extend(single_server(bench)?);
    cases.extend(lognormal(bench)?);
    cases.extend(sharing(bench)?);
    cases.extend(off_core(bench)?);
    run_all(bench, cases)
}

fn loads(bench: &Bench<'_>, full: &'static [f64], short: &'static [f64]) -> Vec<f64> {
    bench.either(full, short).to_vec()
}

/// Erlang's M/M/8, with the degenerate load of 7/8, where two exponents of the sojourn coincide.
fn markov(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for load in loads(bench, &[0.5, 0.6, 0.7, 0.8, 0.875, 0.9, 0.95], &[0.5, 0.7, 0.8]) {
        let record = find("mmc_fcfs", &[("c", 8.0), ("rho", load)])?;
        let mut expected = vec![
            Expected::exactly(Figure::Busy, record.number("p_wait")?),
            Expected::exactly(Figure::Sojourn, record.number("W")?),
            Expected::exactly(Figure::Inside, record.number("L")?),
            Expected::exactly(Figure::Utilization, load),
        ];
        for (quantile, key) in
            [(0.5, "sojourn_p50"), (0.95, "sojourn_p95"), (0.99, "sojourn_p99"), (0.999, "sojourn_p999")]
        {
            expected.push(Expected::exactly(Figure::Quantile(quantile), record.number(key)?));
        }
        let station = Station::new(8, load, Law::Exponential);
        let arrivals = arrivals(bench, 8, load, 4e7)?;
        cases.push(Case { group: "M/M/8".into(), name: format!("load {load}"), station, arrivals, expected });
    }
    for load in loads(bench, &[0.7, 0.8, 0.9], &[0.7]) {
        let record = find("mmc_fcfs", &[("c", 8.0), ("rho", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Sojourn, record.number("W")?),
            Expected::exactly(Figure::Quantile(0.99), record.number("sojourn_p99")?),
        ];
        let station = Station::new(8, load, Law::Exponential).by_events();
        let arrivals = arrivals(bench, 8, load, MOST)?;
        let name = format!("load {load}");
        cases.push(Case { group: "M/M/8 by events".into(), name, station, arrivals, expected });
    }
    Ok(cases)
}

/// Franx (2001).
fn deterministic(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for load in loads(bench, &[0.5, 0.6, 0.7, 0.8, 0.9, 0.95], &[0.7, 0.8]) {
        let record = find("mdc_fcfs", &[("c", 8.0), ("rho", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Sojourn, record.number("W")?),
            Expected::exactly(Figure::Quantile(0.99), record.number("sojourn_p99")?),
        ];
        let station = Station::new(8, load, Law::Constant);
        let arrivals = arrivals(bench, 8, load, MOST)?;
        cases.push(Case { group: "M/D/8".into(), name: format!("load {load}"), station, arrivals, expected });
    }
    Ok(cases)
}

/// By the matrix-geometric method.
fn hyperexponential(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for (cv, squared) in [(2.0, 4.0), (4.0, 16.0)] {
        for load in loads(bench, &[0.5, 0.7, 0.8, 0.9], &[0.7]) {
            let record = find("mh2c_fcfs", &[("c", 8.0), ("rho", load), ("scv", squared)])?;
            let expected = vec![Expected::exactly(Figure::Sojourn, record.number("W")?)];
            let station = Station::new(8, load, Law::Hyperexponential(cv));
            let arrivals = arrivals(bench, 8, load, MOST)?.max(bench.either(1e6, 0.0));
            let name = format!("load {load}, cv {cv}");
            cases.push(Case { group: "M/H2/8".into(), name, station, arrivals, expected });
        }
    }
    Ok(cases)
}

/// Pollaczek and Khinchine.
fn single_server(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for (cv, service) in [(1.0, "lognormal cv=1"), (2.0, "lognormal cv=2"), (4.0, "lognormal cv=4")] {
        for load in loads(bench, &[0.5, 0.7, 0.8, 0.9], &[0.5]) {
            let record = find_named("mg1", ("service", service), &[("rho", load)])?;
            let expected = vec![
                Expected::exactly(Figure::Sojourn, record.number("W")?),
                Expected::exactly(Figure::Busy, record.number("p_wait")?),
            ];
            let station = Station::new(1, load, Law::Lognormal(cv));
            let arrivals = arrivals(bench, 1, load, MOST)?.max(bench.either(2e6, 0.0));
            let name = format!("load {load}, lognormal cv {cv}");
            cases.push(Case { group: "M/G/1".into(), name, station, arrivals, expected });
        }
    }
    Ok(cases)
}

/// No closed form: another simulator's values, with their standard errors.
fn lognormal(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    let full: &[(f64, &'static str)] = &[(1.0, "lognormal cv=1"), (2.0, "lognormal cv=2"), (4.0, "lognormal cv=4")];
    // The heaviest needs longer runs than the short form has.
    for &(cv, service) in bench.either(full, &full[..2]) {
        for load in loads(bench, &[0.5, 0.7, 0.9], &[0.7]) {
            let record = find_named("mgc_lognormal_sim", ("service", service), &[("rho", load)])?;
            let (wait, tail) = (record.part("Wq")?, record.part("sojourn_p99")?);
            let expected = vec![
                Expected::about(Figure::Sojourn, 1.0 + wait.number("mean")?, wait.number("se")?),
                Expected::about(Figure::Quantile(0.99), tail.number("mean")?, tail.number("se")?),
            ];
            let station = Station::new(8, load, Law::Lognormal(cv));
            // Waits vary in proportion to this more than those of exponential services.
            let spread = (1.0 + cv * cv) / 2.0;
            let arrivals = arrivals(bench, 8, load, MOST)?.max(bench.either(1e6, 0.0)) * spread;
            let name = format!("load {load}, lognormal cv {cv}");
            cases.push(Case { group: "M/G/8, against another simulator".into(), name, station, arrivals, expected });
        }
    }
    Ok(cases)
}

/// Kelly (1979): with shared cores the number inside has the law of M/M/8, whatever the service times are.
fn sharing(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for law in [Law::Constant, Law::Exponential, Law::Lognormal(2.0), Law::Lognormal(4.0)] {
        for load in loads(bench, &[0.5, 0.7, 0.8, 0.9], &[0.7]) {
            let record = find("mmc_fcfs", &[("c", 8.0), ("rho", load)])?;
            let expected = vec![
                Expected::exactly(Figure::Sojourn, record.number("W")?),
                Expected::exactly(Figure::Busy, record.number("p_wait")?),
            ];
            let station = Station::new(8, load, law).sharing();
            let arrivals = arrivals(bench, 8, load, MOST)?.max(bench.either(1e6, 0.0));
            let name = format!("load {load}, {}", law.name());
            cases.push(Case { group: "M/G/8 processor sharing".into(), name, station, arrivals, expected });
        }
    }
    Ok(cases)
}

/// A wait off the core only adds to the mean: product form.
fn off_core(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    for load in loads(bench, &[0.7, 0.9], &[0.7]) {
        let mean = find("mmc_fcfs", &[("c", 8.0), ("rho", load)])?.number("W")?;
        let laws = [
            ("in order", Station::new(8, load, Law::Exponential)),
            ("shared cores", Station::new(8, load, Law::Exponential).sharing()),
            ("shared cores, lognormal cv 2", Station::new(8, load, Law::Lognormal(2.0)).sharing()),
        ];
        for (what, station) in laws {
            let station = station.service("wait = { lognormal = { mean = \"40ms\", cv = 0.8 } }");
            let expected = vec![Expected::exactly(Figure::Sojourn, mean + 0.4)];
            let arrivals = arrivals(bench, 8, load, MOST)?;
            let group = "M/M/8 and a wait off the core of 0.4".into();
            cases.push(Case { group, name: format!("load {load}, {what}"), station, arrivals, expected });
        }
    }
    Ok(cases)
}
