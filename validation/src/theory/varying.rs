//! M(t)/G/infinity: a rate that swings, service by waiting alone. The mean number inside swings with an amplitude and a lag
//! that are exact.

use windtunnel_sim::outcome::Outcome;

use super::transient::rate_file;
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::{Record, find_named};
use crate::row::{Row, Rule, Section};

const GROUP: &str = "M(t)/G/∞";

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let full: &[(&str, f64, f64)] = &[
        ("exp", 10.0, 600.0),
        ("exp", 120.0, 600.0),
        ("det", 120.0, 600.0),
        ("h2", 120.0, 600.0),
        ("exp", 120.0, 3600.0),
    ];
    let mut rows = Vec::new();
    for &(law, mean, period) in bench.either(full, &full[..1]) {
        let record = find_named("mt_g_inf_sinusoid", ("service", law), &[("ES", mean), ("period", period)])?;
        rows.extend(case(bench, &record, law, mean, period)?);
    }
    Ok(rows)
}

fn case(bench: &Bench<'_>, record: &Record, law: &str, mean: f64, period: f64) -> Result<Vec<Row>, ValidationError> {
    let name = format!("{law}, mean {mean} s, period {period} s");
    bench.watch.begins(&format!("{GROUP}, {name}"));
    // Until nothing of the empty start is left: ten means, of the slow branch (532 s of 120) where there are two.
    let slowest = if law == "h2" { 4.44 * mean } else { mean };
    let warm = (10.0 * slowest / period).ceil() * period;
    let seconds = warm + 2.0 * period;
    let angle = |t: f64| 2.0 * std::f64::consts::PI * t / period;
    // The mean over each second.
    let rate = |from: f64| 100.0 + 80.0 * (libm::cos(angle(from)) - libm::cos(angle(from + 1.0))) / angle(1.0);
    let rates: Vec<f64> = (0..seconds as u32 + 1).map(|second| rate(f64::from(second))).collect();
    let file = rate_file(&rates, 1.0)?;
    let wait = match law {
        "det" => format!("\"{mean}s\""),
        "h2" => format!("{{ hyperexponential = {{ mean = \"{mean}s\", cv = 2.0 }} }}"),
        _ => format!("{{ exponential = {{ mean = \"{mean}s\" }} }}"),
    };
    let interval = period / 120.0;
    let text = format!(
        "horizon = \"{seconds}s\"\n[trace]\nfile = {:?}\n[service]\ncpu = \"1us\"\nwait = {wait}\n[instance]\ncores = {}\n\
         [fixed]\ninstances = 1\n[timeline]\ninterval = \"{interval}s\"\n",
        file.path().display().to_string(),
        bench.cores(8)
    );
    let scenario = bench.scenario(&text)?;
    let of = |outcome: &Outcome| {
        // Two whole periods: the fundamental by its Fourier coefficients.
        let (mut sine, mut cosine, mut rows) = (0.0, 0.0, 0.0);
        for row in outcome.timeline.iter().filter(|row| row.end_seconds > warm + 1e-6) {
            let number = row.in_flight as f64;
            sine += number * libm::sin(angle(row.end_seconds));
            cosine += number * libm::cos(angle(row.end_seconds));
            rows += 1.0;
        }
        let (sine, cosine) = (2.0 * sine / rows, 2.0 * cosine / rows);
        let lag = libm::atan2(-cosine, sine) * period / (2.0 * std::f64::consts::PI);
        (libm::sqrt(sine * sine + cosine * cosine), lag)
    };
    let measured = bench.measure(&scenario, 16, true, of)?;
    let fluid = bench.fluid(&scenario, of)?;
    let (amplitudes, lags): (Vec<f64>, Vec<f64>) = measured.into_iter().unzip();
    let compare = |what: &str| Row::compare(Section::Queueing, GROUP, &name, what);
    Ok(vec![
        compare("amplitude of the number inside")
            .reference(record.number("mean_amp")?)
            .fluid(fluid.map(|figures| figures.0))
            .judge(Rule::STANDARD, &amplitudes),
        compare("lag behind the rate, s")
            .reference(record.number("lag")?)
            .fluid(fluid.map(|figures| figures.1))
            .judge(Rule::STANDARD, &lags),
    ])
}
