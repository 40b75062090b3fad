//! HPA manifests in scenarios, as users have them: what is refused and how, what is taken from the workload beside the
//! policy, and what a run says when the HPA refuses to act.

mod support;

use std::process::{Command, Output};

const SCENARIO: &str = r#"
name = "web"
horizon = "5m"
[trace]
shape = "constant"
rate = "40rps"
[service]
cpu = "20ms"
[instance]
cores = 8
[nodes]
count = 2
[pods]
workers = 8
[hpa]
manifest = "hpa.yaml"
"#;

const HPA: &str = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 9
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
";

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: server
        resources: {requests: {cpu: 250m}, limits: {cpu: 1, memory: 1Gi}}
";

fn windtunnel(arguments: &[&str], manifest: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("web.toml", SCENARIO);
    write("hpa.yaml", manifest);
    Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn refused(manifest: &str, part: &str) {
    for arguments in [&["run", "web.toml", "--out", "out"][..], &["show", "web.toml"]] {
        let output = windtunnel(arguments, manifest);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{part}: {message}");
        assert!(output.stdout.is_empty(), "{part}");
        assert!(message.contains("hpa.yaml"), "{part}: the file or the key that names it is shown: {message}");
        // Long messages are broken into lines.
        let words: Vec<&str> = message.split_whitespace().filter(|word| *word != "|").collect();
        assert!(words.join(" ").contains(part), "{part}: {message}");
    }
}

#[test]
fn what_is_not_a_usable_hpa_is_refused() {
    refused(DEPLOYMENT, "no HorizontalPodAutoscaler, only Deployment");
    refused("", "the file is empty");
    refused("a: [", "not YAML");
    refused(&HPA.replace("averageUtilization: 70", "averageUtilization: -5"), "averageUtilization: -5");
    refused(&HPA.replace("type: Resource", "type: Cpu"), "unsupported value \"Cpu\"");
    refused(&HPA.replace("name: cpu", "name: gpu"), "no metric `gpu`");
    refused(&HPA.replace("/v2", "/v2beta2"), "v2beta2");
    refused(&HPA.replace("maxReplicas: 9", "maxReplicas: 0"), "maxReplicas");
}

#[test]
fn v1_and_several_documents_are_taken_and_said_so() {
    let v1 = HPA.replace("/v2", "/v1").split("  metrics:").next().unwrap().to_owned()
        + "  targetCPUUtilizationPercentage: 60\n";
    let output = windtunnel(&["show", "web.toml"], &v1);
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("converted to autoscaling/v2") && shown.contains("60"), "{shown}");
    let output = windtunnel(&["show", "web.toml"], &format!("{DEPLOYMENT}---{HPA}"));
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for part in ["document 2 of 2", "Deployment `web`", "replicas 3", "cpu request", "memory limit"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn without_requests_the_hpa_refuses_to_act_and_the_run_says_so() {
    let output = windtunnel(&["run", "web.toml", "--out", "out"], HPA);
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("FailedGetResourceMetric"), "{shown}");
    assert!(shown.contains("pods.cpu.request"), "{shown}");
}

/// The log of a run in JSON: once the refusal, and nothing else.
#[test]
fn the_refusal_is_in_the_activity_log_once() {
    let text = SCENARIO.replace("manifest = \"hpa.yaml\"", "").replace("[hpa]", "[hpa.spec]\nmaxReplicas = 9");
    let document = windtunnel_sim::scenario::Document::parse("web.toml", &text).unwrap();
    let files = windtunnel_sim::scenario::document::DiskFiles;
    let loaded = windtunnel_sim::scenario::Loaded::from_document(document, &files).unwrap();
    assert!(loaded.notes.iter().any(|note| note.to_string().contains("FailedGetResourceMetric")));
    let outcome = windtunnel_sim::run::simulate(&loaded.scenario, 1, &windtunnel_sim::run::Unwatched).unwrap();
    let log: Vec<String> = outcome.activities.iter().map(|entry| entry.status).collect();
    assert_eq!(log, ["FailedGetResourceMetric"]);
    let entry = outcome.activities.get(0).expect("an entry");
    assert_eq!((entry.from, entry.to), (1, 1));
    assert!(entry.explanation.contains("resources.requests"), "{}", entry.explanation);
}

/// A metric of a named container is a metric of the pods' one container; a rescale says what kubectl says.
#[test]
fn a_container_metric_scales_and_the_log_has_upstreams_words() {
    let spec = r#"
[hpa.spec]
maxReplicas = 9
[[hpa.spec.metrics]]
type = "ContainerResource"
[hpa.spec.metrics.containerResource]
name = "cpu"
container = "server"
target = { type = "Utilization", averageUtilization = 70 }
"#;
    let text = SCENARIO
        .replace("[hpa]\nmanifest = \"hpa.yaml\"\n", spec)
        .replace("workers = 8", "workers = 8\ncpu = { request = \"250m\" }");
    let document = windtunnel_sim::scenario::Document::parse("web.toml", &text).unwrap();
    let files = windtunnel_sim::scenario::document::DiskFiles;
    let loaded = windtunnel_sim::scenario::Loaded::from_document(document, &files).unwrap();
    let outcome = windtunnel_sim::run::simulate(&loaded.scenario, 1, &windtunnel_sim::run::Unwatched).unwrap();
    let first = outcome.activities.get(0).expect("0.8 cores of 0.25 requested");
    assert_eq!(first.status, "SuccessfulRescale");
    assert!(
        first.cause.contains("reason: cpu resource utilization (percentage of request) above target"),
        "{}",
        first.cause
    );
}

/// Pods billed by what they request: three pods of one core and two GiB for an hour, whatever the nodes cost.
#[test]
fn pods_can_be_billed_by_their_requests() {
    let text = r#"
        horizon = "1h"
        trace = { shape = "constant", rate = "1rps" }
        service.cpu = "10ms"
        [instance]
        cores = 8
        price = { per_hour = 100.0, currency = "CNY", minimum = "0s" }
        [nodes]
        count = 5
        [pods]
        replicas = 3
        cpu = { request = "1000m" }
        memory = { request = "2Gi" }
        price = { per_core_hour = 0.5, per_gib_hour = 0.1 }
        [hpa.spec]
        minReplicas = 3
        maxReplicas = 3
    "#;
    let outcome = support::run(&support::scenario(text), 1);
    let cost = support::figure(&outcome, "cost_total");
    assert!((cost - 3.0 * (0.5 + 2.0 * 0.1)).abs() < 1e-9, "{cost}");
    let last = outcome.timeline.last().map_or(0.0, |row| row.cost);
    assert!((last - cost).abs() < 1e-6, "the timeline ends at the total: {last}");
    assert!((support::figure(&outcome, "instance_hours") - 3.0).abs() < 1e-9);
}
