//! `windtunnel backtest --scenario --metrics --until` as a user meets it: every format of recording, table and JSON, exit
//! codes, and what it says of bad input.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const ESS: &str = r#"
[ess]
min = 3
max = 10
desired = 5
[[ess.rule]]
name = "out"
adjust = { change = 2 }
cooldown = "300s"
[[ess.alarm]]
name = "high"
metric = "CpuUtilization"
comparison = ">"
threshold = 70
period = "300s"
times = 3
action = "out"
"#;

const AWS: &str = r#"
[aws]
min = 3
max = 10
desired = 5
[[aws.policy]]
name = "out"
adjust = { change = 2 }
cooldown = "300s"
[[aws.alarm]]
name = "high"
metric = "CPUUtilization"
comparison = ">"
threshold = 70
period = "300s"
times = 3
action = "out"
[[aws.composite]]
name = "page"
rule = "ALARM(high)"
"#;

/// A place for the inputs of one test.
struct Inputs(TempDir);

impl Inputs {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// Exit code, standard output, standard error of a backtest.
    fn backtest(&self, scenario: &str, metrics: &str, more: &[&str]) -> (i32, String, String) {
        let scenario = self.file("scenario.toml", scenario);
        let metrics = self.file("metrics", metrics);
        let output = Command::new(assert_cmd::cargo::cargo_bin!("windtunnel"))
            .current_dir(self.0.path()) // where its charts go
            .arg("backtest")
            .arg("--scenario")
            .arg(scenario)
            .arg("--metrics")
            .arg(metrics)
            .args(more)
            .output()
            .expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }
}

/// The averages of four periods of five minutes: the third breach in a row is complete at 900 s.
const AVERAGES: [f64; 4] = [71.3, 74.0, 78.9, 20.0];

fn csv() -> String {
    let rows = AVERAGES.iter().enumerate().map(|(n, value)| format!("{},{value}\n", n * 300));
    std::iter::once("seconds,CPUUtilization\n".to_string()).chain(rows).collect()
}

fn stamp(period: usize) -> String {
    format!("2026-01-01T00:{:02}:00Z", period * 5)
}

/// `aws cloudwatch get-metric-data`: newest first.
fn metric_data() -> String {
    let (stamps, values): (Vec<_>, Vec<_>) = (0..4).rev().map(|n| (stamp(n), AVERAGES[n])).unzip();
    json!({ "MetricDataResults": [{ "Id": "m1", "Label": "CPUUtilization", "StatusCode": "Complete",
            "Timestamps": stamps, "Values": values }] })
    .to_string()
}

/// `aws cloudwatch get-metric-statistics`: in no order.
fn metric_statistics() -> String {
    let point =
        |n: usize| json!({ "Timestamp": stamp(n), "Average": AVERAGES[n], "SampleCount": 5, "Unit": "Percent" });
    json!({ "Label": "CPUUtilization", "Datapoints": [point(2), point(0), point(3), point(1)] }).to_string()
}

/// CloudMonitor's DescribeMetricList: a JSON string in JSON, one point per instance.
fn metric_list() -> String {
    let point = |n: usize, instance: &str, off: f64| {
        json!({ "timestamp": 1_767_225_600_000_u64 + n as u64 * 300_000, "userId": "1", "instanceId": instance,
                "Minimum": 0.0, "Average": AVERAGES[n] + off, "Maximum": 100.0 })
    };
    let points: Vec<Value> = (0..4).flat_map(|n| [point(n, "i-a", 5.0), point(n, "i-b", -5.0)]).collect();
    json!({ "Code": "200", "Success": true, "Period": "300", "Datapoints": Value::from(points).to_string() })
        .to_string()
}

#[test]
fn every_format_gives_the_same_states_and_decisions() {
    let inputs = Inputs::new();
    // ESS looks once per period. CloudWatch looks each minute over windows that slide, and sees a value from its stamp on:
    // at 660 the windows that end there, at 360 and at 60 have one value each.
    for (what, scenario, metrics, when) in [
        ("CSV, ESS", ESS, csv(), 900.0),
        ("CSV, AWS", AWS, csv(), 660.0),
        ("get-metric-data", AWS, metric_data(), 660.0),
        ("get-metric-statistics", AWS, metric_statistics(), 660.0),
        ("DescribeMetricList", ESS, metric_list(), 900.0),
    ] {
        let (code, out, err) = inputs.backtest(scenario, &metrics, &["--until", "1200", "--format", "json"]);
        assert_eq!(code, 0, "{what}: {err}");
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{what}: {error}\n{out}"));
        assert_eq!(out.lines().count(), 1, "{what}: one document and nothing else");
        let alarm = &report["alarms"][0];
        assert_eq!((&alarm["name"], &alarm["threshold"]), (&json!("high"), &json!(70.0)), "{what}");
        let into_alarm: Vec<&Value> =
            alarm["state"].as_array().expect("states").iter().filter(|s| s["state"] == "ALARM").collect();
        assert_eq!(into_alarm.len(), 1, "{what}: {alarm}");
        assert_eq!(into_alarm[0]["seconds"], when, "{what}");
        assert_eq!(into_alarm[0]["reason"], "71.3, 74.0, 78.9 > 70", "{what}");
        let first = &report["decisions"][0];
        let decided = ["seconds", "decision", "policy", "alarm", "from", "to"].map(|key| first[key].clone());
        assert_eq!(
            decided,
            [json!(when), json!("accepted"), json!("out"), json!("high"), json!(5), json!(7)],
            "{what}"
        );
        assert_eq!(
            report["desired"],
            json!([{"seconds": 0.0, "desired": 5}, {"seconds": when, "desired": 7}]),
            "{what}"
        );
        assert_eq!(report["until"], 1200.0, "{what}");
        if scenario == AWS {
            let page = &report["composites"][0];
            assert_eq!(page["name"], "page", "{what}");
            assert!(
                page["state"]
                    .as_array()
                    .is_some_and(|s| s.iter().any(|s| s["seconds"] == when && s["state"] == "ALARM"))
            );
        }
    }
}

#[test]
fn the_table_says_when_what_and_why() {
    let inputs = Inputs::new();
    let (code, out, err) = inputs.backtest(ESS, &csv(), &["--until", "1200"]);
    assert_eq!(code, 0, "{err}");
    let expected = [
        "alarm high (CpuUtilization > 70)",
        "          0 s  INSUFFICIENT_DATA  no evaluation yet",
        "        300 s  OK                 71.3 > 70",
        "        900 s  ALARM              71.3, 74.0, 78.9 > 70",
        "       1200 s  OK                 74.0, 78.9, 20.0 > 70",
        "decisions until 1200 s",
        "        900 s  Successful    5 → 7  out  The event-triggered task \"high\" (71.3, 74.0, 78.9 > 70) executed \
         scaling rule \"out\", changing the Total Capacity from \"5\" to \"7\".",
    ];
    assert_eq!(out.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn until_is_the_last_evaluation() {
    let inputs = Inputs::new();
    let decisions = |until: &str| {
        let (code, out, err) = inputs.backtest(ESS, &csv(), &["--until", until, "--format", "json"]);
        assert_eq!(code, 0, "{err}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        report["decisions"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((decisions("899"), decisions("900")), (0, 1));
}

#[test]
fn keys_can_be_set_and_faults_say_where() {
    let inputs = Inputs::new();
    let more = ["--until", "1200", "--set", "ess.alarm.high.threshold=75"];
    let (code, out, _) = inputs.backtest(ESS, &csv(), &more);
    assert_eq!(code, 0);
    assert!(out.contains("no decision until 1200 s"), "{out}");
    // The guide's period, as the API answers it; lenient, it runs with a warning on standard error.
    let six_hundred = ESS.replace("period = \"300s\"", "period = \"600s\"");
    let (code, out, err) = inputs.backtest(&six_hundred, &csv(), &["--until", "1200"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("scenario.toml:15") && err.contains("15, 60, 120, 300, 900"), "{err}");
    let lenient = six_hundred.replace("[ess]", "[ess]\nlenient = true");
    let (code, out, err) = inputs.backtest(&lenient, &csv(), &["--until", "1200", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("nearest with the same window: 300 s × 6"), "{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert!(
        report["warnings"][0]["message"].as_str().is_some_and(|m| m.contains("300 s × 6")),
        "carried in the result"
    );
    for (scenario, metrics, said) in [
        (ESS, "seconds,CpuUtilization\n0,abc\n", "line 2: `abc` is not a number"),
        (ESS, "{\"a\": 1}", "neither `MetricDataResults`"),
        ("[fixed]\ninstances = 1\n", "seconds,CpuUtilization\n0,1\n", "no [ess], [aws] or [tencent] table"),
    ] {
        let (code, out, err) = inputs.backtest(scenario, metrics, &[]);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(said), "{err}");
    }
    let (code, _, err) = inputs.backtest(ESS, &csv(), &["--until", "soon"]);
    assert_eq!(code, 2, "{err}");
}

/// The golden timelines of `sim/tests/clouds/golden_timelines.rs`, from the metrics alone: with the delays of the cloud and
/// of the fleet the command line says the same, to the second.
#[test]
fn golden_timelines_come_out_of_the_metrics_alone() {
    let inputs = Inputs::new();
    let aws = "[aws]\nmin = 3\nmax = 10\ndesired = 5\nassumptions = { alarm_phase = \"20s\", reconcile_lag = [\"6s\"] }\n\
               [[aws.policy]]\nname = \"out\"\nadjust = { change = 2 }\ncooldown = \"300s\"\n[[aws.alarm]]\nname = \"high\"\n\
               metric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 70\nperiod = \"300s\"\ntimes = 3\naction = \"out\"\n";
    let tencent = "[tencent]\nmin = 3\nmax = 10\ndesired = 5\nassumptions.alarm_delay = \"60s\"\n[[tencent.policy]]\nname = \"out\"\n\
                   adjust = { change = 2 }\ncooldown = \"300s\"\n[tencent.policy.alarm]\nmetric = \"CPU_UTILIZATION\"\n\
                   comparison = \">\"\nthreshold = 70\nperiod = \"300s\"\ntimes = 3\n";
    let ess = ESS.replace("[ess]", "[ess]\nassumptions.alarm_delay = \"60s\"");
    // Hot throughout, but for AWS, where the first ten minutes are cool: a window with one of them (40 and four times 75) is
    // still at 68, so that the first three hot windows are those that begin at 600.
    let csv = |step: u64, hot_from: u64| -> String {
        let row = |n: u64| format!("{},{}\n", n * step, if n * step >= hot_from { 75 } else { 40 });
        std::iter::once("seconds,CpuUtilization\n".to_string()).chain((0..3000 / step).map(row)).collect()
    };
    let expect = |scenario: &str, metrics: &str, more: &[&str]| -> Vec<(u64, String, u64, u64, Option<u64>)> {
        let more = [&["--format", "json"], more].concat();
        let (code, out, err) = inputs.backtest(scenario, metrics, &more);
        assert_eq!(code, 0, "{err}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        let seconds = |value: &Value| value.as_f64().map(|s| s as u64);
        let decision = |d: &Value| {
            let at = seconds(&d["started"]).or(seconds(&d["seconds"])).expect("a time");
            let word = d["status"].as_str().expect("a word").to_string();
            (at, word, d["from"].as_u64().expect("from"), d["to"].as_u64().expect("to"), seconds(&d["ended"]))
        };
        report["decisions"].as_array().expect("decisions").iter().map(decision).collect()
    };
    let done = |at: u64, from: u64, to: u64, end: u64| (at, "Successful".to_string(), from, to, Some(end));
    let refused = |at: u64, from: u64, to: u64| (at, "Rejected".to_string(), from, to, None);
    let of_ess = expect(&ess, &csv(300, 0), &["--until", "2500", "--launch", "120", "--removal", "90s"]);
    assert_eq!(
        of_ess,
        [
            done(960, 5, 7, 1080),
            refused(1260, 7, 9),
            done(1560, 7, 9, 1680),
            refused(1860, 9, 10),
            done(2160, 9, 10, 2280),
            refused(2460, 10, 10),
        ]
    );
    let moved =
        |decisions: Vec<(u64, String, u64, u64, Option<u64>)>, word: &str| -> Vec<(u64, u64, u64, Option<u64>)> {
            decisions.into_iter().filter(|d| d.1 == word).map(|d| (d.0, d.2, d.3, d.4)).collect()
        };
    let of_aws = expect(aws, &csv(60, 600), &["--until", "2700", "--launch", "120"]);
    assert_eq!(
        moved(of_aws, "Successful"),
        [(1526, 5, 7, Some(1646)), (2006, 7, 9, Some(2126)), (2486, 9, 10, Some(2606))]
    );
    let of_tencent = expect(tencent, &csv(300, 0), &["--until", "2900", "--launch", "56"]);
    assert_eq!(
        moved(of_tencent.clone(), "SUCCESSFUL"),
        [(960, 5, 7, Some(1016)), (1560, 7, 9, Some(1616)), (2160, 9, 10, Some(2216))]
    );
    assert_eq!(moved(of_tencent, "CANCELLED").iter().map(|d| d.0).collect::<Vec<_>>(), [1260, 1860]);
}
