//! What was calibrated on recordings, and how. For the one run of each study that is calibrated on (the long run of v02: its
//! first nine hours) every candidate is simulated; the one with the least mean absolute error of pods over time stands in the study's
//! scenario. All other runs are predicted with it.

use std::fmt::Write;
use std::path::Path;

use windtunnel_sim::sensors::metrics_server::CpuRate;
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;

use super::{Recording, recordings};
use crate::bench::Bench;
use crate::error::ValidationError;

/// What is tried of a run: costs of a request in milliseconds (none: as documented) and metrics-server's periods in seconds.
struct Trial {
    run: &'static str,
    costs: Vec<Option<u64>>,
    renewals: &'static [u64],
    /// Whose rate metrics-server answers with.
    rates: &'static [CpuRate],
    /// The part that is calibrated on, in seconds; all of it when absent.
    upto: Option<u64>,
}

const KUBELET: &[CpuRate] = &[CpuRate::Kubelet];

fn trials() -> [Trial; 3] {
    let costs = |from: u64, to: u64, step| (from..=to).step_by(step).map(Some).collect();
    [
        Trial { run: "v01 k3s_02", costs: costs(82, 100, 2), renewals: &[60], rates: KUBELET, upto: None },
        Trial {
            run: "v02 long, HPA",
            costs: costs(90, 170, 5),
            renewals: &[15, 60],
            rates: KUBELET,
            upto: Some(32_400),
        },
        Trial {
            run: "v03 2_15s_r10_s1_seed0",
            costs: vec![None],
            renewals: &[15, 30, 60],
            rates: &[CpuRate::Kubelet, CpuRate::Readings],
            upto: None,
        },
    ]
}

/// The errors of all candidates, one a line.
///
/// # Errors
/// When a recording cannot be read, or a run came to no end.
pub fn calibrate(bench: &Bench<'_>, data: &Path) -> Result<String, ValidationError> {
    let trials = trials();
    let mut text = String::new();
    for mut recording in recordings(bench, data)? {
        let Some(trial) = trials.iter().find(|trial| trial.run == recording.name) else { continue };
        let _ = writeln!(text, "{}", recording.name);
        let windows = trial.rates.iter().flat_map(|rate| trial.renewals.iter().map(move |renewal| (*rate, *renewal)));
        for (rate, renewal) in windows {
            recording.scenario.file.sensors.metrics_server_rate = rate;
            for &cost in &trial.costs {
                let error = error(bench, &mut recording, cost, renewal, trial.upto)?;
                let cost = cost.map_or_else(|| "as documented".into(), |cost| format!("{cost} ms"));
                let _ = writeln!(text, "  cost {cost}, {rate:?} rate renewed every {renewal} s: error {error:.3} pods");
            }
        }
    }
    Ok(text)
}

fn error(
    bench: &Bench<'_>,
    recording: &mut Recording,
    cost: Option<u64>,
    renewal: u64,
    upto: Option<u64>,
) -> Result<f64, ValidationError> {
    if let Some(cost) = cost {
        for class in &mut recording.scenario.laws.classes {
            let law = Distribution::Constant(SimDuration::from_millis(cost)).sampler(Path::new(""));
            class.cpu = law.map_err(|error| ValidationError::Recording(error.to_string()))?;
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
