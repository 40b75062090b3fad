//! What was calibrated on recordings, and how: `cargo run --example calibrate_recordings -- DIR`.
//!
//! For the one run of each study that is calibrated on (the long run of v02: its first nine hours), every candidate is simulated and
//! its mean absolute error of pods over time printed; the least one stands in the study's scenario. All other runs are predicted
//! with it (`windtunnel validate --data DIR`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;
use windtunnel_validation::bench::{Bench, Effort, Unwatched};
use windtunnel_validation::recorded::{Recording, recordings};

type Failure = Box<dyn std::error::Error>;

/// What is tried of a run: costs of a request in milliseconds (none: as documented) and metrics-server's periods in seconds.
struct Trial {
    run: &'static str,
    costs: Vec<u64>,
    renewals: &'static [u64],
    /// The part that is calibrated on, in seconds; all of it when absent.
    upto: Option<u64>,
}

fn main() -> ExitCode {
    let Some(data) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("error: name the folder of the recordings");
        return ExitCode::FAILURE;
    };
    match run(&data) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(data: &Path) -> Result<(), Failure> {
    let bench = Bench { effort: Effort::Full, first_seed: 1, eight: 8, watch: &Unwatched };
    let trials = [
        Trial { run: "v01 k3s_02", costs: (82..=100).step_by(2).collect(), renewals: &[60], upto: None },
        Trial { run: "v02 long, HPA", costs: (120..=170).step_by(5).collect(), renewals: &[15, 60], upto: Some(32_400) },
        Trial { run: "v03 2_15s_r10_s1_seed0", costs: Vec::new(), renewals: &[15, 30, 60], upto: None },
    ];
    for mut recording in recordings(&bench, data)? {
        let Some(trial) = trials.iter().find(|trial| trial.run == recording.name) else { continue };
        println!("{}", recording.name);
        for &renewal in trial.renewals {
            for cost in if trial.costs.is_empty() { vec![None] } else { trial.costs.iter().map(|&c| Some(c)).collect() } {
                let error = error(&bench, &mut recording, cost, renewal, trial.upto)?;
                let cost = cost.map_or_else(|| "as documented".into(), |cost| format!("{cost} ms"));
                println!("  cost {cost}, renewed every {renewal} s: error {error:.3} pods");
            }
        }
    }
    Ok(())
}

fn error(
    bench: &Bench<'_>,
    recording: &mut Recording,
    cost: Option<u64>,
    renewal: u64,
    upto: Option<u64>,
) -> Result<f64, Failure> {
    if let Some(cost) = cost {
        for class in &mut recording.scenario.laws.classes {
            class.cpu = Distribution::Constant(SimDuration::from_millis(cost)).sampler(Path::new(""))?;
        }
    }
    recording.scenario.file.sensors.metrics_server = SimDuration::from_secs(renewal);
    if let Some(upto) = upto {
        recording.scenario.horizon = SimDuration::from_secs(upto);
        recording.seconds = upto as f64;
    }
    let errors = recording.errors(&recording.simulate(bench)?);
    Ok(errors.iter().sum::<f64>() / errors.len() as f64)
}
