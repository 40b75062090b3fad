//! Recorded HPA experiments against the simulator: `cargo run --example recorded_hpa -- --data DIR [--out DIR]`.
//!
//! DIR holds the recordings (`norm_k3s_04_replicas.csv`, ...). Each run is simulated under ten seeds, since the phases of
//! load, metrics-server and controller are not known; for each the mean of the replicas, their error over time and their
//! peak are printed, and with `--out` a chart is drawn. `--calibrate` prints the error of the one run that was calibrated
//! on, for each cost of a request that was tried.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use windtunnel_plots::{ChartOptions, ReplicaChart, recorded_against_simulated};
use windtunnel_sim::outcome::{Outcome, StepSeries};
use windtunnel_sim::run::{Unwatched, simulate};
use windtunnel_sim::scenario::document::DiskFiles;
use windtunnel_sim::scenario::{Document, Loaded, Scenario};
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;

const RUNS: [&str; 6] = ["k3s-01", "k3s-02", "k3s-04", "kubespray-01", "kubespray-02", "kubespray-04"];
/// The run that parameters were calibrated on.
const CALIBRATED_ON: &str = "k3s-02";
const SEEDS: u64 = 10;

type Failure = Box<dyn std::error::Error>;

struct Arguments {
    data: PathBuf,
    out: Option<PathBuf>,
    calibrate: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, Failure> {
    let (mut data, mut out, mut calibrate) = (None, None, false);
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        match flag.as_str() {
            "--calibrate" => calibrate = true,
            "--data" => data = given.next(),
            "--out" => out = given.next(),
            other => return Err(format!("unknown flag {other}; it takes --data DIR, --out DIR and --calibrate").into()),
        }
    }
    let data = data.ok_or("--data DIR is needed: the folder of the recordings")?;
    Ok(Arguments { data: data.into(), out: out.map(PathBuf::from), calibrate })
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.calibrate {
        return calibrate(&arguments.data);
    }
    println!(
        "{:<13} {:>8} {:>9} {:>6} {:>17} {:>5} {:>11} {:>13} {:>13}",
        "run", "recorded", "simulated", "error", "(seeds)", "MAE", "(seeds)", "recorded peak", "simulated peak"
    );
    for name in RUNS {
        let scenario = scenario(name)?;
        let recorded = recording(&arguments.data, name)?;
        let outcomes = simulations(&scenario, SEEDS)?;
        let comparison = Comparison::new(&recorded, &outcomes, scenario.horizon.as_secs_f64());
        println!("{}", comparison.row(name));
        if let Some(out) = &arguments.out {
            std::fs::create_dir_all(out)?;
            draw(out, name, &recorded, &outcomes, &comparison)?;
        }
    }
    println!("calibrated on {CALIBRATED_ON}; {SEEDS} seeds each");
    Ok(())
}

/// Tries costs of a request on one run.
fn calibrate(data: &Path) -> Result<(), Failure> {
    let recorded = recording(data, CALIBRATED_ON)?;
    let mut scenario = scenario(CALIBRATED_ON)?;
    let horizon = scenario.horizon.as_secs_f64();
    for millis in (82..=100).step_by(2) {
        let law = Distribution::Constant(SimDuration::from_millis(millis));
        for class in &mut scenario.laws.classes {
            class.cpu = law.sampler(Path::new(""))?;
        }
        let outcomes = simulations(&scenario, 4)?;
        let comparison = Comparison::new(&recorded, &outcomes, horizon);
        println!("{millis} ms  {}", comparison.row(CALIBRATED_ON));
    }
    Ok(())
}

fn scenario(name: &str) -> Result<Scenario, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/recorded");
    let document = Document::load(&folder.join(format!("korvoj-{name}.toml")), &DiskFiles)?;
    Ok(Loaded::from_document(document, &DiskFiles)?.scenario)
}

fn simulations(scenario: &Scenario, seeds: u64) -> Result<Vec<Outcome>, Failure> {
    (1..=seeds).map(|seed| Ok(simulate(scenario, seed, &Unwatched)?)).collect()
}

/// The recorded pods: `t_s,replicas,...`.
fn recording(data: &Path, name: &str) -> Result<StepSeries, Failure> {
    let path = data.join(format!("norm_{}_replicas.csv", name.replace('-', "_")));
    let mut reader = csv::Reader::from_path(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut steps = Vec::new();
    for record in reader.records() {
        let record = record?;
        let number = |column: usize| -> Result<f64, Failure> { Ok(record.get(column).unwrap_or("").parse()?) };
        steps.push((number(0)?, number(1)?));
    }
    Ok(StepSeries::new(steps))
}

/// A recording against the simulations of it.
struct Comparison {
    recorded_mean: f64,
    means: Vec<f64>,
    errors: Vec<f64>,
    recorded_peak: (f64, f64),
    peaks: Vec<(f64, f64)>,
}

impl Comparison {
    fn new(recorded: &StepSeries, outcomes: &[Outcome], horizon: f64) -> Comparison {
        let simulated: Vec<StepSeries> = outcomes.iter().map(StepSeries::existing).collect();
        Comparison {
            recorded_mean: recorded.mean(0.0, horizon),
            means: simulated.iter().map(|series| series.mean(0.0, horizon)).collect(),
            errors: simulated.iter().map(|series| series.mean_absolute_error(recorded, 0.0, horizon)).collect(),
            recorded_peak: recorded.peak(0.0, horizon),
            peaks: simulated.iter().map(|series| series.peak(0.0, horizon)).collect(),
        }
    }

    fn row(&self, name: &str) -> String {
        let (mean, error) = (average(&self.means), average(&self.errors));
        let relative = |value: f64| 100.0 * (value / self.recorded_mean - 1.0);
        let (least, most) = range(&self.means);
        let (best, worst) = range(&self.errors);
        let highest = range(&self.peaks.iter().map(|peak| peak.1).collect::<Vec<_>>());
        let when = range(&self.peaks.iter().map(|peak| peak.0).collect::<Vec<_>>());
        format!(
            "{name:<13} {:>8.2} {mean:>9.2} {:>+5.1}% ({:>+5.1}% .. {:>+5.1}%) {error:>5.2} ({best:.2} .. {worst:.2}) {:>4} at {:>4.0} s  {}..{} at {:.0}..{:.0} s",
            self.recorded_mean,
            relative(mean),
            relative(least),
            relative(most),
            self.recorded_peak.1,
            self.recorded_peak.0,
            highest.0,
            highest.1,
            when.0,
            when.1,
        )
    }

    /// The simulation whose error is in the middle.
    fn typical(&self) -> usize {
        let mut order: Vec<usize> = (0..self.errors.len()).collect();
        order.sort_by(|&a, &b| self.errors[a].total_cmp(&self.errors[b]));
        order[order.len() / 2]
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn draw(
    out: &Path,
    name: &str,
    recorded: &StepSeries,
    outcomes: &[Outcome],
    comparison: &Comparison,
) -> Result<(), Failure> {
    let typical = comparison.typical();
    let others: Vec<StepSeries> = outcomes.iter().map(StepSeries::existing).collect();
    let chart = ReplicaChart { outcome: &outcomes[typical], recorded, simulated: &others[typical], others: &others };
    let picture = recorded_against_simulated(&chart, &ChartOptions::default())?;
    std::fs::write(out.join(format!("{name}.svg")), picture.svg())?;
    std::fs::write(out.join(format!("{name}.png")), picture.png(1.0)?)?;
    Ok(())
}
