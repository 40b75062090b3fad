//! `windtunnel backtest` as a user meets it: output, exit codes, and what it says of bad input.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const RECORD: &str = r#"{"id":"a/1","controller":{"feature_gates":{"HPAConfigurableTolerance":false}},"containers":[{"n":"app","cpu":1000}],"hpa":{"maxReplicas":10,"behavior":{"scaleUp":{"tolerance":"0.9"}}},"steps":[{"t":0,"spec":1,"status":1,"pods":[{"n":"p","ph":"Running","rd":"True","rt":-900,"st":-1000}],"res":{"ts":-5,"win":15,"pods":{"p":[1600000000,null]}},"exp":{"scale":2,"desired":2,"raw":2,"able":"True/SucceededRescale","active":"True/ValidMetricFound","limited":"False/DesiredWithinRange"}},{"t":15.5,"spec":2,"res":{"err":"boom"}}]}"#;

const MANIFEST: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {spec: {containers: [{name: app, resources: {requests: {cpu: 1}}}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 20}}
";

/// A place for the inputs of one test.
struct Inputs(TempDir);

impl Inputs {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }
}

/// Exit code, standard output, standard error.
fn backtest(args: &[&str], file: &Path) -> (i32, String, String) {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("windtunnel"))
        .current_dir(file.parent().expect("a folder")) // where its charts go
        .arg("backtest")
        .arg(file)
        .args(args)
        .output()
        .expect("runs");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn json_is_one_line_for_each_scenario_and_nothing_else() {
    let inputs = Inputs::new();
    let file = inputs.file("two.jsonl", format!("{RECORD}\n{RECORD}\n"));
    let (code, out, talk) = backtest(&["--format", "json"], &file);
    assert_eq!(code, 0, "{talk}");
    assert_eq!(out.lines().count(), 2);
    let line: Value = serde_json::from_str(out.lines().next().unwrap_or("")).expect("JSON");
    let keys: Vec<&String> = line.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["id", "steps"]);
    let expected = serde_json::json!([
        {"t": 0, "scale": 2, "desired": 2, "raw": 2, "err": false, "able": "True/SucceededRescale",
         "active": "True/ValidMetricFound", "limited": "False/DesiredWithinRange", "zero": ""},
        {"t": 15.5, "scale": null, "desired": 2, "raw": null, "err": true, "able": "True/SucceededGetScale",
         "active": "False/FailedGetResourceMetric", "limited": "False/DesiredWithinRange", "zero": ""},
    ]);
    assert_eq!(line["steps"], expected);
    assert!(talk.contains("agreement: 2 of 2 scenarios, 2 of 2 steps"), "{talk}");
}

#[test]
fn the_table_says_why() {
    let inputs = Inputs::new();
    let (code, out, _) = backtest(&[], &inputs.file("one.jsonl", RECORD));
    assert_eq!(code, 0);
    assert!(out.contains("cpu 160 % of 80 %, ratio 2.000"), "{out}");
    assert!(out.contains("FailedGetResourceMetric (cpu: the metrics API failed)"), "{out}");
}

#[test]
fn a_difference_exits_3_and_is_explained() {
    let inputs = Inputs::new();
    let file = inputs.file("one.jsonl", RECORD.replace("\"raw\":2", "\"raw\":3"));
    let (code, out, talk) = backtest(&["--format", "json", "--explain"], &file);
    assert_eq!(code, 3);
    assert_eq!(out.lines().count(), 1);
    for expected in ["raw 2, expected 3", "1 ready, 0 unready", "usage 1600m of 1000m", "window:", "limits:"] {
        assert!(talk.contains(expected), "{expected}: {talk}");
    }
}

#[test]
fn a_manifest_takes_the_place_of_the_recorded_policy() {
    let inputs = Inputs::new();
    let record = RECORD.replace("\"exp\"", "\"was\"");
    let manifest = inputs.file("hpa.yaml", MANIFEST);
    let args = ["--hpa", &manifest.display().to_string(), "--format", "json"];
    let (code, out, talk) = backtest(&args, &inputs.file("one.jsonl", record));
    assert_eq!(code, 0, "{talk}");
    let line: Value = serde_json::from_str(&out).expect("JSON");
    // 160 % of 20 % asks for 8; without `behavior` one sync reaches 4.
    assert_eq!((&line["steps"][0]["raw"], &line["steps"][0]["scale"]), (&8.into(), &4.into()));
    assert!(talk.contains("document 2 of 2 is taken"), "{talk}");
}

#[test]
fn prometheus_takes_the_place_of_a_recording() {
    let inputs = Inputs::new();
    let manifest = inputs.file("hpa.yaml", MANIFEST).display().to_string();
    let range = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":
        {"__name__":"container_cpu_usage_seconds_total","pod":"web-1","container":"app"},
        "values":[[1700000000,"1"],[1700000015,"7"],[1700000030,"13"]]}]}}"#;
    let range = inputs.file("range.json", range).display().to_string();
    let run = |format: &str| {
        Command::new(assert_cmd::cargo::cargo_bin!("windtunnel"))
            .current_dir(inputs.0.path())
            .args(["backtest", "--prometheus", &range, "--hpa", &manifest, "--format", format])
            .output()
            .expect("runs")
    };
    let line: Value = serde_json::from_slice(&run("json").stdout).expect("JSON");
    assert_eq!(line["steps"][2]["raw"], 2, "{line}");
    assert!(line["assumptions"].as_array().is_some_and(|said| said.len() > 5));
    let table = run("table");
    assert!(String::from_utf8_lossy(&table.stdout).contains("assumption: open loop"));
}

#[test]
fn bad_input_is_named_and_exits_1() {
    let inputs = Inputs::new();
    let gzip = {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(RECORD.as_bytes()).expect("in memory");
        encoder.finish().expect("in memory")
    };
    let cases: [(Vec<u8>, &str); 7] = [
        (format!("{RECORD}\nnope\n").into_bytes(), "line 2: not JSON"),
        (gzip[..gzip.len() / 2].to_vec(), "the gzip stream is truncated"),
        (Vec::new(), "no scenarios"),
        (RECORD.replace("15.5", "-1").into_bytes(), "time runs backwards"),
        (RECORD.replace("\"id\":\"a/1\",", "").into_bytes(), "missing field `id`"),
        (RECORD.replace("\"maxReplicas\":10", "\"maxReplicas\":0").into_bytes(), "line 1: a/1: spec.maxReplicas: 0"),
        (RECORD.replace("Running", "Sleeping").into_bytes(), "steps[0].pods[0].ph"),
    ];
    for (content, expected) in cases {
        let (code, _, talk) = backtest(&["--format", "json"], &inputs.file("bad", content));
        assert_eq!(code, 1, "{expected}");
        assert!(talk.starts_with("error: ") && talk.contains(expected), "{expected}: {talk}");
    }
    let manifests = [
        ("kind: HorizontalPodAutoscaler", "kind: Deployment", "no HorizontalPodAutoscaler, only Deployment"),
        (
            "averageUtilization: 20",
            "averageUtilization: -20",
            "spec.metrics[0].resource.target.averageUtilization: -20",
        ),
        ("type: Resource", "type: Magic", "spec.metrics[0].type: unsupported value \"Magic\""),
        ("autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v2 or autoscaling/v1 was expected"),
    ];
    let record = inputs.file("one.jsonl", RECORD);
    for (from, to, expected) in manifests {
        let manifest = inputs.file("hpa.yaml", MANIFEST.replace(from, to)).display().to_string();
        let (code, out, talk) = backtest(&["--hpa", &manifest], &record);
        assert_eq!((code, out.as_str()), (1, ""), "{expected}");
        assert!(talk.contains(expected), "{expected}: {talk}");
    }
    let (code, ..) = backtest(&[], &inputs.0.path().join("absent.jsonl"));
    assert_eq!(code, 1);
}

#[test]
fn the_documented_example_runs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/backtest-hpa.md");
    let page = fs::read_to_string(page).expect("the page");
    let example = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let file = Inputs::new();
    let file = (file.file("example.jsonl", example.expect("an example")), file);
    let (code, out, talk) = backtest(&["--format", "json"], &file.0);
    assert_eq!(code, 0, "{talk}");
    assert!(out.contains("\"raw\":2"), "{out}");
}
