//! A station in its steady state: what it is, what is measured of it, and for how long.
//!
//! Times are in units of the mean service time, 100 ms. A run begins with an empty station and keeps its warm-up: with
//! the lengths below it is off by less than a tenth of a standard error (the deficit of `transient_mtmc`'s empty start
//! over the length of a run).

use std::ops::Range;

use windtunnel_sim::outcome::Outcome;

use super::confirm::confirmed;
use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference;
use crate::row::{Row, Rule, Section};

/// The mean service time in seconds.
pub(crate) const SERVICE: f64 = 0.1;

/// What a mean service time of 100 ms is drawn from.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum Law {
    Constant,
    Exponential,
    /// By its coefficient of variation.
    Lognormal(f64),
    /// By its coefficient of variation.
    Hyperexponential(f64),
}

impl Law {
    pub(crate) fn text(self) -> String {
        match self {
            Law::Constant => "\"100ms\"".into(),
            Law::Exponential => "{ exponential = { mean = \"100ms\" } }".into(),
            Law::Lognormal(cv) => format!("{{ lognormal = {{ mean = \"100ms\", cv = {cv:?} }} }}"),
            Law::Hyperexponential(cv) => format!("{{ hyperexponential = {{ mean = \"100ms\", cv = {cv:?} }} }}"),
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Law::Constant => "deterministic".into(),
            Law::Exponential => "exponential".into(),
            Law::Lognormal(cv) => format!("lognormal cv {cv}"),
            Law::Hyperexponential(cv) => format!("hyperexponential cv {cv}"),
        }
    }
}

/// Instances behind a balancer, at an offered load per core.
#[derive(Clone, Debug)]
pub(crate) struct Station {
    pub(crate) cores: u32,
    pub(crate) instances: u32,
    pub(crate) load: f64,
    pub(crate) law: Law,
    /// Lines for `[service]`, `[instance]` and `[balancer]`.
    pub(crate) service: String,
    pub(crate) instance: String,
    pub(crate) balancer: String,
}

impl Station {
    pub(crate) fn new(cores: u32, load: f64, law: Law) -> Station {
        Station {
            cores,
            instances: 1,
            load,
            law,
            service: String::new(),
            instance: String::new(),
            balancer: String::new(),
        }
    }

    pub(crate) fn sharing(mut self) -> Station {
        self.instance.push_str("discipline = \"processor-sharing\"\n");
        self
    }

    pub(crate) fn service(mut self, line: &str) -> Station {
        self.service.push_str(line);
        self.service.push('\n');
        self
    }

    pub(crate) fn instance(mut self, line: &str) -> Station {
        self.instance.push_str(line);
        self.instance.push('\n');
        self
    }

    /// Requests that may be retried are simulated by events; where nothing fails, nothing is retried.
    pub(crate) fn by_events(self) -> Station {
        self.service("retry = { attempts = 2 }")
    }

    pub(crate) fn behind(mut self, instances: u32, algorithm: &str) -> Station {
        self.instances = instances;
        self.balancer = format!("algorithm = \"{algorithm}\"\n");
        self
    }

    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.load * f64::from(self.cores * self.instances) / SERVICE
    }

    /// The scenario, with as many cores as the bench gives it.
    pub(crate) fn text(&self, bench: &Bench<'_>, trace: &str, seconds: f64, row_seconds: f64) -> String {
        format!(
            "horizon = \"{seconds}s\"\n[trace]\n{trace}\n[service]\ncpu = {}\n{}[instance]\ncores = {}\n{}[balancer]\n{}\
             [fixed]\ninstances = {}\n[timeline]\ninterval = \"{row_seconds}s\"\n",
            self.law.text(),
            self.service,
            bench.cores(self.cores),
            self.instance,
            self.balancer,
            self.instances,
        )
    }

    pub(crate) fn constant_rate(&self) -> String {
        format!("shape = \"constant\"\nrate = \"{}rps\"", self.rate())
    }
}

/// What is measured of a run.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum Figure {
    /// Mean sojourn of those served, in service times.
    Sojourn,
    /// A quantile of it.
    Quantile(f64),
    /// Share of time with at least as many inside as there are cores: for Poisson arrivals the share that waits.
    Busy,
    /// Mean number inside.
    Inside,
    /// Busy share of the cores.
    Utilization,
    /// Share of arrivals that was refused or left.
    Lost,
}

impl Figure {
    fn name(self) -> String {
        match self {
            Figure::Sojourn => "mean sojourn".into(),
            Figure::Quantile(q) => format!("sojourn P{}", (q * 1e5).round() / 1e3),
            Figure::Busy => "P(all cores busy)".into(),
            Figure::Inside => "mean number inside".into(),
            Figure::Utilization => "utilization".into(),
            Figure::Lost => "share lost".into(),
        }
    }

    fn rule(self) -> Rule {
        if let Figure::Quantile(_) = self { Rule::QUANTILE } else { Rule::STANDARD }
    }

    fn needs_rows(self) -> bool {
        matches!(self, Figure::Busy | Figure::Inside | Figure::Utilization)
    }

    fn of(self, outcome: &Outcome, cores: u32) -> f64 {
        let rows = outcome.timeline.len() as f64;
        match self {
            Figure::Sojourn => outcome.latency.mean_seconds() / SERVICE,
            Figure::Quantile(q) => outcome.latency.quantile(q) / SERVICE,
            Figure::Busy => {
                outcome.timeline.iter().filter(|row| row.in_flight >= u64::from(cores)).count() as f64 / rows
            }
            Figure::Inside => outcome.timeline.iter().map(|row| row.in_flight as f64).sum::<f64>() / rows,
            Figure::Utilization => {
                let settled = outcome.timeline.iter().filter(|row| row.start_seconds >= EMPTY * SERVICE);
                let (sum, rows) = settled.fold((0.0, 0.0), |(sum, rows), row| (sum + row.cpu_utilization, rows + 1.0));
                sum / rows
            }
            Figure::Lost => {
                let lost = figure(outcome, "requests_timed_out") + figure(outcome, "requests_rejected");
                lost / figure(outcome, "requests_arrived")
            }
        }
    }
}

/// A figure and what it should be.
pub(crate) struct Expected {
    figure: Figure,
    value: f64,
    /// The standard error of the value, where it was simulated by others.
    error: f64,
}

impl Expected {
    pub(crate) fn exactly(figure: Figure, value: f64) -> Expected {
        Expected { figure, value, error: 0.0 }
    }

    pub(crate) fn about(figure: Figure, value: f64, error: f64) -> Expected {
        Expected { figure, value, error }
    }

    fn rule(&self) -> Rule {
        match self.figure.rule() {
            Rule::Standard { resolution, .. } => Rule::Standard { resolution, reference_error: self.error },
            other => other,
        }
    }
}

/// A station and what its figures should be.
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) station: Station,
    /// Arrivals over all replications.
    pub(crate) arrivals: f64,
    pub(crate) expected: Vec<Expected>,
}

/// The part of a run, in service times, that utilization leaves out: cores that are nearly always busy have hardly any variance,
/// so that the second in which the station fills would be seen.
const EMPTY: f64 = 100.0;
/// Observations beyond a quantile in each run, so that what its estimate is off by is little against its standard error.
const BEYOND: f64 = 100.0;
/// Rows of a timeline at most.
const ROWS: f64 = 20_000.0;

impl Case {
    /// Runs it; what fails is measured again.
    pub(crate) fn rows(&self, bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
        confirmed(bench, |seeds| self.rows_under(bench, seeds))
    }

    /// Runs it under these seeds.
    pub(crate) fn rows_under(&self, bench: &Bench<'_>, seeds: Range<u64>) -> Result<Vec<Row>, ValidationError> {
        bench.watch.begins(&format!("{}, {}", self.group, self.name));
        let arrivals = self.arrivals / bench.replications() as f64;
        let seconds = (arrivals.max(self.tail()) / self.station.rate()).max(2.0 * EMPTY * SERVICE).ceil();
        let row_seconds = (seconds / ROWS / SERVICE).ceil().max(1.0) * SERVICE;
        let text = |seconds: f64, row_seconds: f64| {
            self.station.text(bench, &self.station.constant_rate(), seconds, (row_seconds * 1e3).round() / 1e3)
        };
        let scenario = bench.scenario(&text(seconds, row_seconds))?;
        let of_all = |outcome: &Outcome| -> Vec<f64> {
            self.expected.iter().map(|expected| expected.figure.of(outcome, self.station.cores)).collect()
        };
        let timeline = self.expected.iter().any(|expected| expected.figure.needs_rows());
        let measured = bench.measure_under(seeds, &scenario, timeline, of_all)?;
        // Two hours of fluid: expected numbers settle, and the empty start weighs nothing.
        let fluid = bench.fluid(&bench.scenario(&text(7200.0, 10.0))?, of_all)?;
        let row = |(index, expected): (usize, &Expected)| {
            let samples: Vec<f64> = measured.iter().map(|figures| figures[index]).collect();
            let fluid = fluid.as_ref().map(|figures| figures[index]);
            // The number inside is whole in a timeline: fluid has no share of time with all cores busy.
            let fluid = fluid.filter(|_| expected.figure != Figure::Busy);
            Row::compare(Section::Queueing, &self.group, &self.name, expected.figure.name())
                .reference(expected.value)
                .fluid(fluid)
                .judge(expected.rule(), &samples)
        };
        Ok(self.expected.iter().enumerate().map(row).collect())
    }
}

impl Case {
    /// Arrivals of a run that its quantiles need: the estimate of a quantile is off by half an observation of those beyond it.
    fn tail(&self) -> f64 {
        let beyond = |expected: &Expected| match expected.figure {
            Figure::Quantile(q) => BEYOND / (1.0 - q),
            _ => 0.0,
        };
        self.expected.iter().map(beyond).fold(0.0, f64::max)
    }
}

/// Runs cases one after the other.
pub(crate) fn run_all(bench: &Bench<'_>, cases: Vec<Case>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for case in cases {
        rows.extend(case.rows(bench)?);
    }
    Ok(rows)
}

/// Arrivals that bring the mean number inside an M/M/c to within 1 % with 95 % confidence (`arrivals_needed_mmc`), at most
/// `most`; in the short form at most 200,000.
pub(crate) fn arrivals(bench: &Bench<'_>, cores: u32, load: f64, most: f64) -> Result<f64, ValidationError> {
    let record = reference::find("arrivals_needed_mmc", &[("c", f64::from(cores)), ("rho", load)])?;
    Ok(record.number("arrivals_L_1pct")?.min(bench.either(most, 200_000.0)))
}
