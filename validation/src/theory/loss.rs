//! Requests that are refused or leave: M/M/8/K, deterministic and exponential patience.

use super::station::{Case, Expected, Figure, Law, Station, run_all};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::find;
use crate::row::Row;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut cases = full_backlog(bench)?;
    cases.extend(patience(bench)?);
    run_all(bench, cases)
}

/// Losses keep a station stable at any load; a million arrivals put a share of 2 % to within 1.4 % of itself.
fn arrivals(bench: &Bench<'_>) -> f64 {
    bench.either(2e6, 2e5)
}

/// Under overload cores are idle so seldom that a run may not see it once: arrivals that leave them idle for a hundred service times
/// in each run.
fn idle(bench: &Bench<'_>, load: f64, utilization: f64) -> f64 {
    bench.replications() as f64 * 100.0 * load / (1.0 - utilization)
}

/// M/M/8/K: eight workers on eight cores and a backlog of K - 8.
fn full_backlog(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let full: &[(u32, f64)] =
        &[(8, 0.8), (16, 0.8), (16, 0.9), (16, 1.0), (16, 1.2), (40, 0.9), (40, 1.0), (40, 1.2), (108, 1.1)];
    let mut cases = Vec::new();
    for &(room, load) in bench.either(full, &[(16, 0.9), (40, 1.2)]) {
        let record = find("mmck", &[("c", 8.0), ("K", f64::from(room)), ("rho_offered", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Lost, record.number("p_block")?),
            Expected::exactly(Figure::Sojourn, record.number("W_accepted")?),
            Expected::exactly(Figure::Utilization, record.number("utilisation")?),
        ];
        let station = Station::new(8, load, Law::Exponential).instance(&format!("workers = 8\nbacklog = {}", room - 8));
        let name = format!("load {load}, room for {room}");
        let arrivals = arrivals(bench).max(idle(bench, load, record.number("utilisation")?));
        cases.push(Case { group: "M/M/8/K".into(), name, station, arrivals, expected });
    }
    Ok(cases)
}

/// M/M/8+D and Palm's M/M/8+M ("Erlang-A").
fn patience(bench: &Bench<'_>) -> Result<Vec<Case>, ValidationError> {
    let mut cases = Vec::new();
    let full: &[(f64, f64)] = &[(0.5, 0.9), (2.0, 0.8), (2.0, 0.9), (2.0, 1.0), (2.0, 1.2), (5.0, 1.0), (5.0, 1.2)];
    for &(limit, load) in bench.either(full, &[(2.0, 0.9), (2.0, 1.2)]) {
        let record = find("mmc_plus_D", &[("c", 8.0), ("timeout", limit), ("rho_offered", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Lost, record.number("p_abandon")?),
            Expected::exactly(Figure::Utilization, record.number("utilisation")?),
            Expected::exactly(Figure::Sojourn, 1.0 + record.number("mean_queue_time_served")?),
        ];
        let station = Station::new(8, load, Law::Exponential).service(&format!("patience = \"{}ms\"", limit * 100.0));
        let name = format!("load {load}, patience {limit}");
        cases.push(Case { group: "M/M/8+D".into(), name, station, arrivals: arrivals(bench), expected });
    }
    let full: &[(f64, f64)] = &[(0.1, 0.9), (0.1, 1.2), (0.5, 0.9), (0.5, 1.0), (0.5, 1.2), (2.0, 1.0)];
    for &(theta, load) in bench.either(full, &[(0.5, 1.0)]) {
        let record = find("erlang_a", &[("c", 8.0), ("theta", theta), ("rho_offered", load)])?;
        let expected = vec![
            Expected::exactly(Figure::Lost, record.number("p_abandon")?),
            Expected::exactly(Figure::Utilization, record.number("utilisation")?),
        ];
        let patience = format!("patience = {{ exponential = {{ mean = \"{}ms\" }} }}", 100.0 / theta);
        let station = Station::new(8, load, Law::Exponential).service(&patience);
        let name = format!("load {load}, mean patience {}", 1.0 / theta);
        cases.push(Case { group: "M/M/8+M".into(), name, station, arrivals: arrivals(bench), expected });
    }
    Ok(cases)
}
