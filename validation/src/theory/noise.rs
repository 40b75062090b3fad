//! How noisy a measured CPU utilization is: Var = rho (1 + cv²) E[S] / (c w) for a window w, exact for long windows.

use windtunnel_sim::outcome::Outcome;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::family;
use crate::row::{Row, Rule, Section};

/// Windows have to last this many relaxation times of M/M/8, for the formula is that of long windows.
const RELAXATIONS: f64 = 200.0;

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("cpu_metric_noise")? {
        let (load, mean, squared, window) =
            (record.number("rho")?, record.number("ES")?, record.number("scv")?, record.number("window")?);
        let relaxation = mean / (libm::sqrt(8.0) - libm::sqrt(8.0 * load)).powi(2);
        let too_many = load * 8.0 / mean * window > 9000.0;
        if window < RELAXATIONS * relaxation || too_many || bench.is_short() && !rows.is_empty() {
            continue;
        }
        let name = format!("load {load}, mean {mean} s, cv² {squared}, {window} s");
        bench.watch.begins(&format!("measured CPU, {name}"));
        let cpu = if squared == 1.0 {
            format!("{{ exponential = {{ mean = \"{mean}s\" }} }}")
        } else {
            format!("{{ hyperexponential = {{ mean = \"{mean}s\", cv = {:?} }} }}", libm::sqrt(squared))
        };
        let rate = load * 8.0 / mean;
        let text = format!(
            "horizon = \"{}s\"\n[trace]\nshape = \"constant\"\nrate = \"{rate}rps\"\n[service]\ncpu = {cpu}\n[instance]\n\
             cores = {}\n[fixed]\ninstances = 1\n[timeline]\ninterval = \"{window}s\"\n",
            101.0 * window,
            bench.cores(8)
        );
        let deviation = record.number("sd_of_avg_cpu_pct")?;
        // The mean is known to be the load: squares about it lose no degree of freedom. The first window is the start.
        let of = |outcome: &Outcome| {
            let squares = outcome.timeline.iter().skip(1).map(|row| {
                let off = 100.0 * (row.cpu_utilization - load);
                off * off
            });
            let squares: Vec<f64> = squares.collect();
            squares.iter().sum::<f64>() / squares.len() as f64
        };
        let measured = bench.measure(&bench.scenario(&text)?, 16, true, of)?;
        rows.push(
            Row::compare(Section::Queueing, "variance of measured CPU", name, "variance, points²")
                .reference(deviation * deviation)
                .judge(Rule::STANDARD, &measured),
        );
    }
    Ok(rows)
}
