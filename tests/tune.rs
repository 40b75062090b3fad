//! `windtunnel tune` as people meet it: a recommendation that holds, or the limit that binds and exit code 3.

#[path = "support/bench.rs"]
mod bench;

use std::process::{Command, Output};

use bench::Bench;
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

fn small() -> Bench {
    Bench::with(&[("small.toml", SCENARIO)])
}

fn tune(bench: &Bench, arguments: &[&str]) -> Output {
    let all: Vec<&str> = ["tune", "small.toml", "--quiet"].into_iter().chain(arguments.iter().copied()).collect();
    bench.run(&all)
}

#[track_caller]
fn document(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_recommendation_holds_the_objective_and_runs_again_as_a_scenario() {
    let bench = small();
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
    let output = tune(&bench, &arguments);
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Today one instance meets 30 requests of 50 ms per second: it is overrun before help boots.
    assert_eq!(document["today"]["verdict"], "does not hold");
    let best = &document["recommended"];
    assert_eq!(best["verdict"], "holds");
    assert!(best["figure"]["high"].as_f64().unwrap() < 0.01 * 1.5, "{best}");
    assert!(best["settings"][0].as_str().unwrap().starts_with("ess.min="), "{best}");
    // Today's figures beside the recommendation's, in pairs.
    let violating = &document["beside_today"]["slo_violating_request_fraction"];
    let mean = |part: &str| violating[part]["mean"].as_f64().unwrap();
    assert!((mean("recommended") - mean("today") - mean("difference")).abs() < 1e-12, "{violating}");
    assert!(mean("difference") < 0.0, "{violating}");
    assert!(document["selection"]["candidates"].as_u64().unwrap() >= 1, "{}", document["selection"]);
    // Whatever is cheaper among the finalists does not hold.
    for other in document["runners_up"].as_array().unwrap() {
        let is_cheaper = other["cost"]["mean"].as_f64() < best["cost"]["mean"].as_f64();
        assert!(!is_cheaper || other["verdict"] != "holds", "{other}");
    }
    let recommended = bench.path("out/recommended.toml");
    let run = Command::new(env!("CARGO_BIN_EXE_windtunnel")).arg("show").arg(&recommended).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let again = tune(&bench, &arguments);
    assert_eq!(again.stdout, output.stdout, "the same command says the same");
}

#[test]
fn an_objective_that_nothing_holds_names_the_limit_that_binds() {
    let bench = small();
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
    let output = tune(&bench, &arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No recommendation"), "{said}");
    assert!(said.contains("twice the maximum size: "), "{said}");
    assert!(!bench.path("out/recommended.toml").exists());
}

/// The last ten minutes, after the step, are quiet: what was tuned on the rest holds there, and costs a third.
#[test]
fn what_was_held_out_is_tried_at_the_end() {
    let bench = small();
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
    let output = tune(&bench, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let worlds = document["robustness"].as_array().unwrap();
    let held_out = worlds.iter().find(|world| world["world"] == "the days held out").unwrap();
    assert_eq!(held_out["verdict"], "holds", "{held_out}");
    let cost = |value: &Value| value["mean"].as_f64().unwrap();
    let (there, here) = (cost(&held_out["cost"]), cost(&document["recommended"]["cost"]));
    assert!(there < 0.6 * here, "ten minutes cost {there}, thirty {here}");
}

/// A mean is that of the whole trace: what is searched and what is held out keep the factor that it came to, whichever
/// part of a window they are.
#[test]
fn what_was_held_out_of_a_rescaled_window_keeps_its_rate() {
    let bench = small();
    // Ten minutes at 20 rps, ten at 40, ten at 20, then what no run sees. Rescaled by the mean of the window it is half.
    let rate = |minute: u64| if (10..20).contains(&minute) { 2400 } else { 1200 };
    let rows: String = (0..40).map(|minute| format!("{},{}\n", minute * 60, rate(minute))).collect();
    bench.write("trace.csv", &format!("seconds,requests\n{rows}"));
    let search = |name: &str, trace: &str| {
        let arguments = [
            "--set",
            trace,
            "--set",
            "horizon=\"25m\"",
            "--objective",
            "slo_violating_request_fraction < 5%",
            "--minimize",
            "requests_arrived",
            "--vary",
            "ess.min=[3, 4]",
            "--variants",
            "2",
            "--replications",
            "20",
            "--hold-out",
            "10m",
            "--out",
            name,
            "--format",
            "json",
        ];
        let document = document(&tune(&bench, &arguments));
        let worlds = document["robustness"].as_array().unwrap().clone();
        let of = |name: &str| worlds.iter().find(|world| world["world"] == name).unwrap()["cost"]["mean"].as_f64();
        let seen = document["today"]["cost"]["mean"].as_f64().unwrap();
        (seen, of("the days held out").unwrap(), of("20 % more traffic").unwrap())
    };
    // From the fifth minute on: 5 at 20 rps and 10 at 40 are searched on; 10 at 20 rps are held out (mean 28 rps).
    let file = "file = \"trace.csv\", window = { from = \"5m\", to = \"30m\" }";
    let (seen, held_out, more) = search("mean", &format!("trace={{ {file}, rescale = {{ mean = \"14rps\" }} }}"));
    // Expected: 15,000 and 6,000 and 18,000 requests; their means over 20 and 5 seeds are within 5 standard errors.
    let near = |value: f64, expected: f64, seeds: f64| (value - expected).abs() < 5.0 * (expected / seeds).sqrt();
    assert!(near(seen, 15_000.0, 20.0), "searched on {seen} requests");
    assert!(near(held_out, 6_000.0, 5.0), "held out {held_out} requests");
    assert!(near(more, 18_000.0, 5.0), "{more} requests with a fifth more");
    let repeated = format!("trace={{ {file}, repeat = true }}");
    let arguments = ["--set", repeated.as_str(), "--objective", "cost_total < 5", "--hold-out", "10m"];
    let refused = bench.refused(&[&["tune", "small.toml"][..], &arguments].concat(), 1);
    assert!(refused.contains("what the search has seen"), "{refused}");
}

#[test]
fn a_recommendation_goes_out_as_the_vendors_artifact() {
    let bench = small();
    let search = |export: &[&str]| {
        let arguments = [
            "--objective",
            "slo_violating_request_fraction < 1%",
            "--vary",
            "ess.min=[3, 4]",
            "--variants",
            "2",
            "--replications",
            "2",
            "--out",
            "out",
            "--format",
            "json",
        ];
        tune(&bench, &[&arguments[..], export].concat())
    };
    let found = document(&search(&["--export", "group.sh"]));
    let min = found["recommended"]["settings"][0].as_str().unwrap().strip_prefix("ess.min=").unwrap().to_string();
    let script = bench.read("group.sh");
    assert!(
        script.contains("aliyun ess ModifyScalingGroup") && script.contains(&format!("--MinSize {min}")),
        "{script}"
    );
    assert_eq!(search(&["--export", "group.tf.json"]).status.code(), Some(0));
    let terraform: Value = serde_json::from_str(&bench.read("group.tf.json")).unwrap();
    assert!(terraform["resource"]["alicloud_ess_scaling_group"].is_object(), "{terraform}");
    assert_eq!(search(&["--export", "again.toml"]).status.code(), Some(0));
    assert_eq!(bench.read("again.toml"), bench.read("out/recommended.toml"));
    let refused = |export: &[&str], code: i32, message: &str| {
        let output = search(export);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert!(shown.contains(message), "{shown}");
    };
    refused(&["--export", "group.sh"], 1, "already exists");
    refused(&["--export", "group.xyz"], 2, "--to FORMAT");
    refused(&["--export", "group.yaml"], 1, "formats of [ess]");
    refused(&["--to", "terraform"], 2, "--export");
}

/// Screening looks at every variant by fluid; what is recommended has been simulated request by request.
#[test]
fn what_was_screened_is_confirmed_request_by_request() {
    let bench = small();
    let search = |fidelity: &str| {
        let arguments = [
            "--objective",
            "slo_violating_request_fraction < 1%",
            "--vary",
            "ess.min=[1, 2, 3, 4]",
            "--variants",
            "16",
            "--replications",
            "4",
            "--fidelity",
            fidelity,
            "--out",
            fidelity,
            "--format",
            "json",
        ];
        document(&tune(&bench, &arguments))
    };
    let (screened, whole) = (search("screen"), search("requests"));
    assert_eq!(screened["today"], whole["today"], "today is confirmed in the same way");
    assert_eq!(screened["recommended"], whole["recommended"], "four variants: both find the same");
    let errors = screened["screening"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "of the cost and of the objective's figure");
    assert!(errors[0]["largest"].as_f64().unwrap() >= errors[0]["bias"].as_f64().unwrap().abs(), "{errors:?}");
    assert!(whole["screening"].as_array().unwrap().is_empty());
}

#[test]
fn what_cannot_be_tuned_says_why() {
    let bench = small();
    let refused = |arguments: &[&str], code: i32, message: &str| {
        let output = tune(&bench, arguments);
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
