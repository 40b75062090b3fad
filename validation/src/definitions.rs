//! Metrics as they were published, on published or independently computed examples.

use windtunnel_sim::experiment::analysis::hypervolume;
use windtunnel_sim::experiment::statistics::{mser, order_statistics, ranking, student};
use windtunnel_sim::outcome::burn_rate;
use windtunnel_sim::outcome::elasticity::Elasticity;
use windtunnel_traces::{SimDuration, SimTime};

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference::{Record, family, find, single};
use crate::row::{Row, Rule, Section};

/// Every definition.
///
/// # Errors
/// When a run came to no end.
pub fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = elasticity()?;
    rows.extend(burn_rates()?);
    rows.extend(apdex(bench)?);
    rows.extend(hypervolumes()?);
    rows.extend(quantile_intervals()?);
    rows.extend(statistics()?);
    Ok(rows)
}

fn exact(group: &str, case: impl Into<String>, what: impl Into<String>, reference: f64, value: f64) -> Row {
    Row::compare(Section::Definitions, group, case, what).reference(reference).value(Rule::EXACT, value)
}

/// BUNGEE's unit test (Herbst), and the same demand always met by one too many.
fn elasticity() -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for (name, case) in
        [("elasticity_bungee_vector", "BUNGEE's unit test"), ("elasticity_permanent_over", "always one too many")]
    {
        let record = single(name)?;
        let measured = follow(&record)?;
        for (what, key, value) in [
            ("accuracy Θ_U, instances", "theta_U_bungee", measured.under_provision_instances()),
            ("accuracy Θ_O, instances", "theta_O_bungee", measured.over_provision_instances()),
            ("accuracy θ_U, %", "theta_U_pct", measured.under_provision_accuracy()),
            ("accuracy θ_O, %", "theta_O_pct", measured.over_provision_accuracy()),
            ("timeshare τ_U, %", "tau_U_pct", measured.under_provision_timeshare()),
            ("timeshare τ_O, %", "tau_O_pct", measured.over_provision_timeshare()),
            ("instability υ, %, unit grid", "upsilon_pct_unit_grid", measured.instability()),
            ("jitter per unit of time", "jitter_per_time_unit", measured.jitter_per_second()),
        ] {
            rows.push(exact("elasticity", case, what, record.number(key)?, value));
        }
    }
    Ok(rows)
}

/// Feeds curves of demand and supply, second by second.
fn follow(record: &Record) -> Result<Elasticity, ValidationError> {
    let (demand, supply) = (record.pairs("demand"), record.pairs("supply"));
    let mut measured = Elasticity::default();
    for second in 0..=record.number("T")? as u64 {
        let now = SimTime::ZERO + SimDuration::from_secs(second);
        let change = |curve: &[(f64, f64)]| curve.iter().find(|(at, _)| *at == second as f64).map(|(_, value)| *value);
        if let Some(value) = change(&demand) {
            measured.set_demand(now, value);
        }
        if let Some(value) = change(&supply) {
            measured.set_supply(now, value);
        }
        measured.end_interval(now);
    }
    Ok(measured)
}

/// The Site Reliability Workbook's multi-window alerts.
fn burn_rates() -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("burn_rate")? {
        let hours = |key: &str| Ok::<_, ValidationError>(SimDuration::from_secs(record.number(key)? as u64 * 3600));
        let share = record.number("budget_fraction")?;
        let (slo, alert) = (hours("slo_window_h")?, hours("alert_window_h")?);
        let case = format!("{} % of {slo}'s budget in {alert}", 100.0 * share);
        rows.push(exact(
            "burn rate",
            case,
            "threshold",
            record.number("burn_rate")?,
            burn_rate::threshold(share, slo, alert),
        ));
    }
    Ok(rows)
}

/// Apdex of M/M/8, whose sojourns have a closed form.
fn apdex(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in single("apdex")?.parts("mm8") {
        let (load, limit) = (record.number("rho")?, record.number("T")?);
        if load > bench.either(0.9, 0.7) {
            continue;
        }
        let case = format!("M/M/8, load {load}, T = {limit}");
        bench.watch.begins(&format!("apdex, {case}"));
        let arrivals = find("arrivals_needed_mmc", &[("c", 8.0), ("rho", load)])?.number("arrivals_L_1pct")?;
        let seconds = (arrivals.min(1e6) / bench.replications() as f64 / (load * 80.0)).ceil();
        let text = format!(
            "horizon = \"{seconds}s\"\ntrace = {{ shape = \"constant\", rate = \"{}rps\" }}\n\
             service.cpu = {{ exponential = {{ mean = \"100ms\" }} }}\ninstance.cores = {}\nfixed.instances = 1\n\
             slo.latency = \"{}ms\"\n",
            load * 80.0,
            bench.cores(8),
            limit * 100.0
        );
        let of = |outcome: &windtunnel_sim::outcome::Outcome| figure(outcome, "apdex");
        let measured = bench.measure(&bench.scenario(&text)?, bench.replications(), false, of)?;
        rows.push(
            Row::compare(Section::Definitions, "Apdex", case, "index")
                .reference(record.number("apdex")?)
                .judge(Rule::STANDARD, &measured),
        );
    }
    Ok(rows)
}

fn hypervolumes() -> Result<Vec<Row>, ValidationError> {
    let record = single("hypervolume_2d")?;
    let reference = record.parts("ref");
    let [x, y] = reference.as_slice() else { return Ok(Vec::new()) };
    let area = hypervolume::area(&record.pairs("points"), (x.value()?, y.value()?));
    Ok(vec![exact("hypervolume", "six points, four on the front", "area", record.number("hv")?, area)])
}

/// The places of a quantile's interval among sorted samples; 0 stands for "there is none".
fn quantile_intervals() -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("quantile_ci_order_stats")? {
        let (p, n) = (record.number("p")?, record.number("n")?);
        let places = order_statistics::places(p, n as u64);
        let case = format!("P{} of {n} samples", 100.0 * p);
        let place = |place: Option<u64>| place.map_or(0.0, |place| place as f64);
        let (low, high) = places.map_or((f64::NAN, f64::NAN), |places| (place(places.low), place(places.high)));
        rows.push(exact("order-statistic interval", &*case, "lower place", record.number("lo_index_1based")?, low));
        let upper = record.number("hi_index_1based").unwrap_or(0.0);
        rows.push(exact("order-statistic interval", case, "upper place", upper, high));
    }
    Ok(rows)
}

/// What intervals, truncation and selection rest on.
fn statistics() -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    let quantiles = single("t_quantiles_975")?;
    for degrees in [4, 9, 19, 29, 49, 99] {
        let case = format!("{degrees} degrees of freedom");
        let reference = quantiles.number(&degrees.to_string())?;
        let value = student::quantile(0.975, degrees);
        let row = Row::compare(Section::Definitions, "Student's t", case, "97.5 % quantile");
        rows.push(row.reference(reference).value(Rule::Exact { relative: 1e-6 }, value));
    }
    let record = single("mser5")?;
    let series: Vec<f64> = (0..200)
        .map(|i| {
            let noise = if (i * 7919) % 13 < 6 { 0.5 } else { -0.5 };
            10.0 * libm::exp(-f64::from(i) / 10.0) + noise
        })
        .collect();
    let truncation = mser::mser5(&series);
    let value = |of: fn(mser::Truncation) -> f64| truncation.map_or(f64::NAN, of);
    let (case, group) = ("the vectors' series", "MSER-5");
    rows.push(exact(
        group,
        case,
        "observations cut",
        record.number("truncation_obs")?,
        value(|t| t.observations as f64),
    ));
    rows.push(exact(group, case, "statistic", record.number("statistic")?, value(|t| t.statistic)));
    for record in family("kn_constants")? {
        let (k, first) = (record.number("k")?, record.number("n0")?);
        let constants = ranking::constants(k as usize, first as usize, record.number("alpha")?);
        let case = format!("{k} variants, {first} first replications");
        rows.push(exact("Kim and Nelson", &*case, "η", record.number("eta")?, constants.eta));
        rows.push(exact("Kim and Nelson", case, "h²", record.number("h2")?, constants.h2));
    }
    Ok(rows)
}
