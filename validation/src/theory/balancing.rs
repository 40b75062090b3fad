//! Instances behind each balancer.

use super::station::{Case, Expected, Figure, Law, Station, arrivals, run_all};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::find;
use crate::row::{Row, Rule, Section, Verdict};

const MOST: f64 = 3e6;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut cases = random(bench)?;
    cases.extend(round_robin(bench)?);
    cases.extend(shortest_queue(bench)?);
    let mut rows = run_all(bench, cases)?;
    rows.extend(power_of_two(bench)?);
    Ok(rows)
}

/// Poisson arrivals split at random remain Poisson.
fn random(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    let full: &[f64] = &[0.7, 0.9];
    for &load in bench.either(full, &[0.7]) {
        let record = find("mmc_fcfs", &[("c", 8.0), ("rho", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Sojourn, record.number("W")?),
            Expected::exactly(Figure::Quantile(0.99), record.number("sojourn_p99")?),
        ];
        let station = Station::new(8, load, Law::Exponential).behind(4, "random");
        let arrivals = arrivals(bench, 8, load, MOST)?;
        let name = format!("4 instances, load {load}");
        cases.push(Case { group: "random split: M/M/8".into(), name, station, arrivals, expected });
    }
    Ok(cases)
}

/// Dealt in turn to k instances, each sees Erlang-k arrivals.
fn round_robin(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    let full: &[(u32, f64)] =
        &[(2, 0.7), (2, 0.9), (4, 0.5), (4, 0.7), (4, 0.8), (4, 0.9), (8, 0.8), (8, 0.9), (16, 0.9)];
    for &(instances, load) in bench.either(full, &[(2, 0.7), (4, 0.8)]) {
        let keys = [("k", f64::from(instances)), ("c", 8.0), ("rho", load)];
        let expected =
            vec![Expected::exactly(Figure::Sojourn, find("lb_round_robin_erlangk_m_c", &keys)?.number("W")?)];
        let station = Station::new(8, load, Law::Exponential).behind(instances, "round-robin");
        let arrivals = arrivals(bench, 8, load, MOST)?;
        let name = format!("{instances} instances, load {load}");
        cases.push(Case { group: "round-robin: E_k/M/8".into(), name, station, arrivals, expected });
    }
    Ok(cases)
}

/// By the exact Markov chain, in both kernels.
fn shortest_queue(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    let full: &[(u32, f64)] = &[(2, 0.7), (2, 0.9), (2, 0.95), (4, 0.7), (4, 0.8), (4, 0.9)];
    for &(instances, load) in bench.either(full, &[(2, 0.7), (4, 0.8)]) {
        let mean = find("lb_jsq", &[("n", f64::from(instances)), ("c", 8.0), ("rho", load)])?.number("W")?;
        let station = Station::new(8, load, Law::Exponential).behind(instances, "least-outstanding");
        for (group, station) in [
            ("least-outstanding: joining the shortest queue", station.clone()),
            ("least-outstanding by events", station.by_events()),
        ] {
            let expected = vec![Expected::exactly(Figure::Sojourn, mean)];
            let arrivals = arrivals(bench, 8, load, MOST)?;
            let name = format!("{instances} instances, load {load}");
            cases.push(Case { group: group.into(), name, station, arrivals, expected });
        }
    }
    Ok(cases)
}

/// Two choices: the vectors are the limit of an infinite fleet, which finite ones approach from above, by a distance in
/// proportion to 1/n. So a fourfold fleet is closer, and the largest of three is within a quarter of the first's distance.
fn power_of_two(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    let full: &[(u32, f64, [u32; 3])] = &[(1, 0.9, [8, 32, 128]), (8, 0.9, [4, 16, 64])];
    for &(cores, load, fleets) in bench.either(full, &full[..1]) {
        let family = if cores == 1 { "lb_power_of_d_meanfield_c1" } else { "lb_power_of_d_meanfield_c8" };
        let limit = find(family, &[("d", 2.0), ("rho", load)])?.number("mean_sojourn")?;
        let mut distances = Vec::new();
        for fleet in fleets {
            let station = Station::new(cores, load, Law::Exponential).behind(fleet, "power-of-two");
            let group = format!("power-of-two: mean field, {cores} core{}", if cores == 1 { "" } else { "s" });
            let case = Case {
                group,
                name: format!("{fleet} instances, load {load}"),
                station,
                arrivals: bench.either(4e6, 4e5) * if fleet >= 64 { 1.5 } else { 1.0 },
                expected: vec![Expected::exactly(Figure::Sojourn, limit)],
            };
            let mut measured = case.rows_under(bench, bench.seeds())?;
            let mut row = measured.remove(0);
            // A finite fleet is not the limit: its distance is shown, the convergence is judged.
            row.verdict = Verdict::Shown;
            row.rule = Rule::Shown;
            distances.push(row.simulated.map_or(f64::NAN, |summary| summary.mean - limit));
            rows.push(row);
        }
        let falls = distances.windows(2).all(|pair| pair[1] < pair[0]);
        let name = format!("{fleets:?} instances, load {load}");
        let ratio = if falls { distances[2] / distances[0] } else { f64::NAN };
        let group = format!("power-of-two: mean field, {cores} core{}", if cores == 1 { "" } else { "s" });
        rows.push(
            Row::compare(Section::Queueing, group, name, "distance to the limit: last over first, falling all the way")
                .note("in proportion to 1/n it would be 1/16; a quarter is the bound")
                .value(Rule::AtMost { bound: 0.25 }, ratio),
        );
    }
    Ok(rows)
}
