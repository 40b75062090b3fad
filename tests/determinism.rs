//! One seed, one result: whatever the number of threads, and from version to version unless a change says so. The
//! snapshots hold the figures of the guide's scenarios over two hours; a change of any of them has to be looked at.

use std::process::Command;

use serde_json::Value;

/// The JSON of a run of a scenario in `configs`.
fn run(name: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", &format!("configs/{name}.toml"), "--seed", "7", "--horizon", "2h", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn threads_change_nothing() {
    let one = run("ess", &["--threads", "1"]);
    assert_eq!(one, run("ess", &["--threads", "2"]));
    assert_eq!(one, run("ess", &["--threads", "1"]), "nor does repetition");
    let several = |threads: &str| run("hpa", &["--replications", "3", "--threads", threads]);
    assert_eq!(several("1"), several("2"));
}

/// Every figure, one per line. Not the digest, which changes with every key that a scenario gains.
fn figures(document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).unwrap();
    let metrics = document["scenarios"][0]["metrics"].as_object().unwrap();
    let lines = metrics.iter().map(|(name, summary)| format!("{name} = {}", summary["mean"]));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guides_scenarios_give_the_figures_they_gave() {
    for name in ["ess", "aws", "tencent", "hpa"] {
        insta::assert_snapshot!(name, figures(&run(name, &[])));
    }
}
