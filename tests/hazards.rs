//! `windtunnel check` as a gate: what it prints for people and for machines, and how it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name)
}

fn check(arguments: &[&str]) -> Output {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
    command.current_dir(root).env("NO_COLOR", "1").arg("check").args(arguments).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_page_of_hazards_is_current() {
    let page = printed(&check(&["--codes"]));
    let written = std::fs::read_to_string(config("../docs/hazards.md")).unwrap();
    assert_eq!(page, written, "write it anew: windtunnel check --codes > docs/hazards.md");
}

#[test]
fn findings_are_lines_with_a_place_a_code_and_a_fix() {
    let output = check(&["configs/ess.toml"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("hazards_of_the_guide", printed(&output));
}

/// Exit codes: 0 without a denial, 3 with one, 1 for what cannot be run, 3 again where that is denied.
#[test]
fn denied_findings_end_with_three() {
    let code = |arguments: &[&str]| check(arguments).status.code();
    assert_eq!(code(&["configs/ess.toml", "--deny", "error"]), Some(0));
    assert_eq!(code(&["configs/ess.toml", "--deny", "warning"]), Some(3));
    assert_eq!(code(&["configs/hpa.toml", "--deny", "warning"]), Some(0));
    assert_eq!(code(&["configs/hpa.toml", "--deny", "note"]), Some(3));
    let refused = ["configs/ess.toml", "--set", "ess.alarm.cpu-low-alert.period=600s"];
    assert_eq!(code(&refused), Some(1));
    assert_eq!(code(&[&refused[..], &["--deny", "error"]].concat()), Some(3));
    assert_eq!(code(&["configs/no-such-file.toml", "--deny", "warning"]), Some(1));
    assert_eq!(code(&[]), Some(2));
}

#[test]
fn json_has_code_severity_place_reason_and_fix() {
    let output = check(&["configs/ess.toml", "configs/aws.toml", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checked = document["checked"].as_array().unwrap();
    assert_eq!(checked.len(), 2);
    let findings = checked[0]["findings"].as_array().unwrap();
    let total = findings.iter().find(|finding| finding["code"] == "S04").unwrap();
    assert_eq!(total["severity"], "warning");
    assert_eq!(total["path"], "ess.alarm.qps-high-alert.metric");
    assert_eq!(total["file"], "configs/ess.toml");
    let text = std::fs::read_to_string(config("ess.toml")).unwrap();
    let line = text.lines().nth(total["line"].as_u64().unwrap() as usize - 1).unwrap();
    assert!(line.contains("\"QPS\""), "{line}");
    assert!(!total["fix"].as_str().unwrap().is_empty());
}

/// The parts of SARIF 2.1.0 that code hosts read, by the standard's section 3: version, runs, driver, rules, results.
#[test]
fn sarif_names_rules_levels_and_regions() {
    let output = check(&["configs/ess.toml", "--format", "sarif"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().unwrap()));
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].is_string());
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(place["region"]["startColumn"].as_u64().unwrap() >= 1);
    }
}

/// 4 hours under a total of the fleet: the figure that is printed is the one that a run of the same scenario gives.
#[test]
fn a_proof_prints_what_a_run_gives() {
    let output = check(&["configs/ess.toml", "--prove", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["checked"][0]["findings"].as_array().unwrap();
    let proof = &findings.iter().find(|finding| finding["code"] == "S04").unwrap()["proof"];
    assert_eq!(proof["metric"], "mean_in_service");
    assert_eq!(proof["shows"], true);
    let output = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .arg("run")
        .arg(config("ess.toml"))
        .args(["--set", "trace={ shape = \"constant\", rate = \"440rps\" }", "--horizon", "4h", "--format", "json"])
        .output()
        .unwrap();
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(run["scenarios"][0]["metrics"]["mean_in_service"]["mean"], proof["with"]);
}
