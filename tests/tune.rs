//! `windtunnel tune` as people meet it: a recommendation that holds, or the limit that binds and exit code 3.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

/// A step that two small instances cannot take and four can.
const SCENARIO: &str = "\
name = 'small'
horizon = '40m'
trace = { shape = 'step', base = '10rps', peak = '30rps', at = '10m', lasts = '20m' }
service.cpu = { lognormal = { mean = '50ms', cv = 0.5 } }
service.timeout = '5s'
instance = { cores = 1, price = { per_hour = 1.0, currency = 'CNY' } }
slo.latency = '1s'
[[boot]]
stage = 'provision'
time = '60s'
[ess]
min = 1
max = 6
[[ess.rule]]
name = 'out'
adjust = { change = 1 }
cooldown = '60s'
[[ess.alarm]]
name = 'high'
metric = 'CpuUtilization'
statistic = 'average'
comparison = '>'
threshold = 70
period = '60s'
times = 1
action = 'out'
";

fn tune(folder: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(["tune", "small.toml", "--quiet"])
        .args(arguments)
        .output()
        .unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), SCENARIO).unwrap();
    folder
}

#[test]
fn a_recommendation_holds_the_objective_and_runs_again_as_a_scenario() {
    let folder = folder();
    let arguments = [
        "--objective",
        "slo_violating_request_fraction < 1%",
        "--vary",
        "ess.min=[1, 2, 3, 4]",
        "--variants",
        "16",
        "--replications",
        "4",
        "--out",
        "out",
        "--format",
        "json",
    ];
    let output = tune(folder.path(), &arguments);
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Today one instance meets 30 requests of 50 ms per second: it is overrun before help boots.
    assert_eq!(document["today"]["verdict"], "does not hold");
    let best = &document["recommended"];
    assert_eq!(best["verdict"], "holds");
    assert!(best["figure"]["high"].as_f64().unwrap() < 0.01 * 1.5, "{best}");
    assert!(best["settings"][0].as_str().unwrap().starts_with("ess.min="), "{best}");
    // Whatever is cheaper among the finalists does not hold.
    for other in document["runners_up"].as_array().unwrap() {
        let is_cheaper = other["cost"]["mean"].as_f64() < best["cost"]["mean"].as_f64();
        assert!(!is_cheaper || other["verdict"] != "holds", "{other}");
    }
    let recommended = folder.path().join("out/recommended.toml");
    let run = Command::new(env!("CARGO_BIN_EXE_windtunnel")).arg("show").arg(&recommended).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let again = tune(folder.path(), &arguments);
    assert_eq!(again.stdout, output.stdout, "the same command says the same");
}

#[test]
fn an_objective_that_nothing_holds_names_the_limit_that_binds() {
    let folder = folder();
    let arguments = [
        "--objective",
        "slo_violating_request_fraction < 1%",
        "--vary",
        "ess.alarm.high.threshold=[50, 60, 70]",
        "--set",
        "ess.max=1",
        "--variants",
        "8",
        "--replications",
        "3",
        "--out",
        "out",
    ];
    let output = tune(folder.path(), &arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No recommendation"), "{said}");
    assert!(said.contains("twice the maximum size: "), "{said}");
    assert!(!folder.path().join("out/recommended.toml").exists());
}

/// The last ten minutes, after the step, are quiet: what was tuned on the rest holds there, and costs a third.
#[test]
fn what_was_held_out_is_tried_at_the_end() {
    let folder = folder();
    let arguments = [
        "--objective",
        "slo_violating_request_fraction < 1%",
        "--vary",
        "ess.min=[3, 4]",
        "--variants",
        "4",
        "--replications",
        "3",
        "--hold-out",
        "10m",
        "--out",
        "out",
        "--format",
        "json",
    ];
    let output = tune(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let worlds = document["robustness"].as_array().unwrap();
    let held_out = worlds.iter().find(|world| world["world"] == "the days held out").unwrap();
    assert_eq!(held_out["verdict"], "holds", "{held_out}");
    let cost = |value: &Value| value["mean"].as_f64().unwrap();
    let (there, here) = (cost(&held_out["cost"]), cost(&document["recommended"]["cost"]));
    assert!(there < 0.6 * here, "ten minutes cost {there}, thirty {here}");
}

#[test]
fn what_cannot_be_tuned_says_why() {
    let folder = folder();
    let refused = |arguments: &[&str], code: i32, message: &str| {
        let output = tune(folder.path(), arguments);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert!(shown.contains(message), "{shown}");
    };
    let objective = ["--objective", "cost_total < 5"];
    let with = |more: &[&'static str]| objective.iter().chain(more).copied().collect::<Vec<&str>>();
    refused(&[], 2, "--objective");
    refused(&with(&["--vary", "ess.minn=[1, 2]"]), 1, "did you mean `min`");
    refused(&with(&["--vary", "ess.min=[]"]), 1, "has no values");
    refused(&with(&["--vary", "ess.min=[1, 2]", "--hold-out", "40m"]), 2, "leaves nothing");
    refused(&with(&["--minimize", "cost_totl"]), 2, "no metric `cost_totl`");
    refused(&with(&["--set", "fixed.instances=2"]), 1, "nothing to tune");
}
