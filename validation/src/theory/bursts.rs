//! Arrivals that come in bursts: a Markov-modulated Poisson process of two levels into eight cores.

use std::io::Write;

use windtunnel_traces::random::{exponential, uniform};
use windtunnel_traces::{Purpose, Streams};

use super::station::{Law, SERVICE, Station};
use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::{Record, family};
use crate::row::{Row, Rule, Section};

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    let records = family("mmpp2_m_c")?;
    let last = bench.either(records.len(), 1);
    for record in &records[..last] {
        rows.extend(case(bench, record)?);
    }
    Ok(rows)
}

/// Levels in arrivals per service time, and the rates of leaving them.
struct Modulated {
    rates: [f64; 2],
    leaves: [f64; 2],
}

impl Modulated {
    /// Arrival times in service times, starting in the long run's mix of levels.
    fn times(&self, seed: u64, upto: f64) -> Vec<f64> {
        let mut random = Streams::new(seed).stream(Purpose::Series);
        let mut level = usize::from(uniform(&mut random) >= self.leaves[1] / (self.leaves[0] + self.leaves[1]));
        let (mut now, mut times) = (0.0, Vec::new());
        while now < upto {
            // The next event is an arrival or a change of level, in proportion to their rates.
            let all = self.rates[level] + self.leaves[level];
            now += exponential(&mut random) / all;
            if uniform(&mut random) * all < self.rates[level] {
                times.push(now);
            } else {
                level = 1 - level;
            }
        }
        times
    }
}

fn case(bench: &Bench<'_>, record: &Record) -> Result<Vec<Row>, ValidationError> {
    let modulated = Modulated {
        rates: [record.number("lambda1")?, record.number("lambda2")?],
        leaves: [record.number("r1")?, record.number("r2")?],
    };
    let name = format!("levels {:?}, left at {:?}", modulated.rates, modulated.leaves);
    bench.watch.begins(&format!("MMPP(2)/M/8, {name}"));
    let rate = record.number("mean_rate")?;
    let replications = bench.replications();
    let upto = (bench.either(4e6, 4e5) / replications as f64 / rate).ceil();
    let mut measured = Vec::new();
    for replication in 0..replications {
        let seed = bench.first_seed + replication;
        let mut file = tempfile::NamedTempFile::new().map_err(temporary)?;
        let mut text = String::new();
        // The first recorded request arrives at 0; the rest follow by their distances.
        for time in modulated.times(seed, upto + 100.0) {
            text.push_str(&format!("{:.9}\n", time * SERVICE));
        }
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(temporary)?;
        let station = Station::new(8, rate / 8.0, Law::Exponential);
        let trace = format!("arrivals = {:?}", file.path().display().to_string());
        let scenario = bench.scenario(&station.text(bench, &trace, (upto * SERVICE).floor(), SERVICE))?;
        let outcome = bench.run(&scenario, seed, windtunnel_sim::run::Fidelity::Requests, true)?;
        let rows = outcome.timeline.len() as f64;
        let busy = outcome.timeline.iter().filter(|row| row.in_flight >= 8).count() as f64 / rows;
        let inside = outcome.timeline.iter().map(|row| row.in_flight as f64).sum::<f64>() / rows;
        measured.push([inside, busy]);
    }
    let compared = [("mean number inside", "L", 0), ("P(all cores busy)", "p_time_ge_c", 1)];
    let row = |(what, key, index): (&str, &str, usize)| {
        let samples: Vec<f64> = measured.iter().map(|figures: &[f64; 2]| figures[index]).collect();
        let comparison = Row::compare(Section::Queueing, "MMPP(2)/M/8", &name, what);
        Ok(comparison.reference(record.number(key)?).judge(Rule::STANDARD, &samples))
    };
    compared.into_iter().map(row).collect()
}

fn temporary(error: std::io::Error) -> ValidationError {
    ValidationError::system("cannot write a temporary file", error)
}
