//! The command line as scripts and people meet it: exit codes, what goes to which stream, the output folder, JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// Short, so that the tests take little time whatever simulates.
const HORIZON: &str = "10m";

fn windtunnel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
    command.env("NO_COLOR", "1");
    command
}

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name)
}

/// `run` of the ESS scenario, short.
fn run_ess(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = windtunnel();
    command.current_dir(folder).arg("run").arg(config("ess.toml")).args(["--horizon", HORIZON]).args(arguments);
    command.output().unwrap()
}

fn compare_demo(folder: &Path, arguments: &[&str]) -> Output {
    windtunnel().current_dir(folder).args(["compare", "--horizon", HORIZON]).args(arguments).output().unwrap()
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

#[track_caller]
fn check_code(output: &Output, code: i32) -> String {
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{shown}");
    shown
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() {
                files_in(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")).collect()
            } else {
                vec![name]
            }
        })
        .collect();
    names.sort();
    names
}

#[test]
fn without_arguments_it_explains_itself() {
    let output = windtunnel().output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for start in ["windtunnel compare", "windtunnel init", "windtunnel run", "windtunnel help"] {
        assert!(text.contains(start), "{text}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["frobnicate"][..],
        &["run"],
        &["run", "x.toml", "--frobnicate"],
        &["run", "x.toml", "--threads", "0"],
        &["run", "x.toml", "--replications", "0"],
        &["run", "x.toml", "--horizon", "5"],
        &["run", "x.toml", "--format", "yaml"],
        &["run", "x.toml", "--enforce", "cost_totl < 3"],
        &["show"],
    ] {
        let output = windtunnel().current_dir(folder.path()).args(arguments).output().unwrap();
        let shown = check_code(&output, 2);
        assert!(output.stdout.is_empty() && !shown.is_empty(), "{arguments:?}");
    }
    assert_eq!(files_in(folder.path()), [] as [&str; 0]);
}

#[test]
fn input_at_fault_exits_with_1_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("service.toml"), "").unwrap();
    let run = |name: &str| windtunnel().current_dir(folder.path()).args(["run", name]).output().unwrap();
    let shown = check_code(&run("servce.toml"), 1);
    assert!(
        shown.contains("there is no file `servce.toml`") && shown.contains("did you mean `service.toml`?"),
        "{shown}"
    );
    assert!(check_code(&run("."), 1).contains("is a directory"));
    assert_eq!(files_in(folder.path()), ["service.toml"]);
}

#[test]
fn run_prints_a_table_and_writes_files() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_ess(folder.path(), &["--seed", "7"]);
    let shown = check_code(&output, 0);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("violating requests") && table.contains("no confidence interval"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours where nobody can see them");
    assert!(shown.contains("files to windtunnel-out"), "{shown}");
    let files = files_in(&folder.path().join("windtunnel-out"));
    for end in ["/timeline.csv", "/activities.csv", "/alarms.csv", "/instances.csv", "/summary.json", "-timeline.svg"] {
        assert!(files.iter().any(|file| file.ends_with(end)), "{end} in {files:?}");
    }
    assert!(files.contains(&".windtunnel-manifest.json".to_string()));
    assert!(files.iter().all(|file| !file.contains("unfinished")), "{files:?}");
}

#[test]
fn quiet_says_nothing_and_no_plots_draws_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_ess(folder.path(), &["--quiet", "--no-plots", "--out", "results"]);
    // Warnings about the scenario are no chatter: they stay.
    let said = check_code(&output, 0);
    assert!(!said.contains("wrote") && !said.contains("note:"), "{said}");
    let files = files_in(&folder.path().join("results"));
    assert!(files.iter().all(|file| !file.ends_with(".svg") && !file.ends_with(".png")), "{files:?}");
}

#[test]
fn json_is_one_document_and_writes_nothing_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let output = run_ess(folder.path(), &["--format", "json", "--seed", "9"]);
    let document = json_of(&output);
    assert_eq!(files_in(folder.path()), [] as [&str; 0]);
    let scenario = &document["scenarios"][0];
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&scenario["seed"], &scenario["replications"]), (&9.into(), &1.into()));
    assert_eq!(scenario["horizon_seconds"], 600.0);
    for key in ["name", "provider", "digest", "traffic", "currency", "objective", "warnings", "activities"] {
        assert!(!scenario[key].is_null(), "{key}");
    }
    let metric = &scenario["metrics"]["slo_violating_request_fraction"];
    assert!(metric["mean"].is_number());
    assert_eq!((&metric["low"], &metric["high"]), (&metric["mean"], &metric["mean"]), "one run has no interval");
    let output = run_ess(folder.path(), &["--format", "json", "--out", "results"]);
    json_of(&output);
    assert!(folder.path().join("results/.windtunnel-manifest.json").exists());
}

#[test]
fn json_does_not_depend_on_threads_and_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let one = run_ess(folder.path(), &["--format", "json", "--replications", "3", "--threads", "1"]);
    let two = run_ess(folder.path(), &["--format", "json", "--replications", "3", "--threads", "2"]);
    assert_eq!(one.stdout, two.stdout);
    let document = json_of(&one);
    assert_eq!(document["scenarios"][0]["replications"], 3);
    let text = String::from_utf8(one.stdout).unwrap();
    let machine = [folder.path().to_str().unwrap(), env!("CARGO_MANIFEST_DIR")];
    assert!(machine.iter().all(|path| !text.contains(path)), "no paths");
}

#[test]
fn compare_without_scenarios_is_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare_demo(folder.path(), &["--format", "json", "--replications", "2"]);
    let document = json_of(&output);
    let providers: Vec<&str> =
        document["scenarios"].as_array().unwrap().iter().map(|one| one["provider"].as_str().unwrap()).collect();
    assert_eq!(providers, ["ess", "aws", "tencent", "hpa"]);
    let comparisons = document["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 3);
    let difference = &comparisons[0]["metrics"]["mean_in_service"];
    let mean = |index: usize| document["scenarios"][index]["metrics"]["mean_in_service"]["mean"].as_f64().unwrap();
    assert!((difference["mean"].as_f64().unwrap() - (mean(1) - mean(0))).abs() < 1e-9);
}

#[test]
fn compare_writes_its_charts_and_a_table_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare_demo(folder.path(), &[]);
    check_code(&output, 0);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("Alibaba ESS") && table.contains("against "), "{table}");
    let files = files_in(&folder.path().join("windtunnel-out"));
    for file in ["comparison.svg", "comparison.png", "cost-against-violations.svg", "summary.json"] {
        assert!(files.contains(&file.to_string()), "{file} in {files:?}");
    }
}

#[test]
fn costs_in_different_currencies_need_a_rate() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = |name: &str| config(name).to_str().unwrap().to_string();
    let compare = |extra: &[&str]| {
        let output = windtunnel()
            .current_dir(folder.path())
            .args(["compare", &scenario("ess.toml"), &scenario("aws.toml"), "--format", "json"])
            .args(["--horizon", HORIZON])
            .args(extra)
            .output()
            .unwrap();
        (json_of(&output), String::from_utf8(output.stderr).unwrap())
    };
    let (document, _) = compare(&[]);
    let currencies: Vec<&Value> =
        document["scenarios"].as_array().unwrap().iter().map(|one| &one["currency"]).collect();
    let has_exchange = !document["comparisons"][0]["currency"].is_null();
    if currencies[0] == currencies[1] || has_exchange {
        return; // The scenarios can be compared as they are.
    }
    let (document, shown) = compare(&[]);
    assert!(document["comparisons"][0]["metrics"]["cost_total"].is_null());
    assert!(shown.contains("exchange"), "{shown}");
    let (document, _) = compare(&["--set", "exchange.to=CNY", "--set", "exchange.USD=7.1"]);
    assert_eq!(document["comparisons"][0]["currency"], "CNY");
    assert!(document["comparisons"][0]["metrics"]["cost_total"]["mean"].is_number());
}

#[test]
fn a_rerun_replaces_its_own_files_and_refuses_to_replace_others() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    check_code(&run_ess(folder.path(), &["--out", "results"]), 0);
    check_code(&run_ess(folder.path(), &["--out", "results", "--no-plots"]), 0);
    assert!(files_in(&out).iter().all(|file| !file.ends_with(".svg")), "the charts of the first run are gone");
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/notes.txt"), "precious").unwrap();
    let shown = check_code(&run_ess(folder.path(), &["--out", "mine"]), 1);
    assert!(shown.contains("windtunnel did not write") && shown.contains("--force"), "{shown}");
    assert_eq!(files_in(&folder.path().join("mine")), ["notes.txt"]);
    check_code(&run_ess(folder.path(), &["--out", "mine", "--force"]), 0);
    assert_eq!(fs::read_to_string(folder.path().join("mine/notes.txt")).unwrap(), "precious");
    let shown = check_code(&run_ess(folder.path(), &["--out", "mine/notes.txt"]), 1);
    assert!(shown.contains("is a file"), "{shown}");
}

#[test]
fn enforce_decides_the_exit_code_after_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let held = run_ess(folder.path(), &["--format", "json", "--enforce", "slo_violating_request_fraction <= 100%"]);
    check_code(&held, 0);
    let missed = run_ess(folder.path(), &["--format", "json", "--enforce", "mean_in_service > 1000000"]);
    let shown = check_code(&missed, 3);
    assert!(shown.contains("does not hold mean_in_service > 1000000"), "{shown}");
    serde_json::from_slice::<Value>(&missed.stdout).unwrap();
}

#[test]
fn show_marks_defaults_and_reads_back() {
    let output = windtunnel().arg("show").arg(config("ess.toml")).args(["--seed", "5"]).output().unwrap();
    check_code(&output, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(table["seed"].as_integer(), Some(5));
    assert!(text.contains("# default") || table.len() < 8, "{text}");
    assert!(!text.lines().any(|line| line.starts_with("seed") && line.contains("# default")), "{text}");
}

#[test]
fn lists_are_machine_readable() {
    let json = |arguments: &[&str]| json_of(&windtunnel().args(arguments).output().unwrap());
    let metrics = json(&["metrics", "--format", "json"]);
    let names: Vec<&str> =
        metrics["metrics"].as_array().unwrap().iter().map(|metric| metric["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"cost_total") && names.contains(&"slo_violating_request_fraction"));
    assert!(!json(&["metrics", "--policy", "--format", "json"])["metrics"].as_array().unwrap().is_empty());
    assert!(json(&["schema"]).is_object());
    assert!(json(&["show", "--assumptions", "--format", "json"])["assumptions"].is_array());
}

#[test]
fn every_shell_has_completions_and_there_is_a_manual() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = windtunnel().args(["completions", shell]).output().unwrap();
        check_code(&output, 0);
        assert!(String::from_utf8(output.stdout).unwrap().contains("compare"), "{shell}");
    }
    let output = windtunnel().arg("man").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(".TH"));
}

#[test]
fn init_writes_a_scenario_that_runs_and_does_not_overwrite() {
    let folder = tempfile::tempdir().unwrap();
    let windtunnel = |arguments: &[&str]| windtunnel().current_dir(folder.path()).args(arguments).output().unwrap();
    check_code(&windtunnel(&["init", "my.toml"]), 0);
    let run = windtunnel(&["run", "my.toml", "--horizon", HORIZON, "--format", "json"]);
    json_of(&run);
    fs::write(folder.path().join("my.toml"), "mine").unwrap();
    assert!(check_code(&windtunnel(&["init", "my.toml"]), 1).contains("already exists"));
    assert_eq!(fs::read_to_string(folder.path().join("my.toml")).unwrap(), "mine");
    check_code(&windtunnel(&["init", "my.toml", "--force"]), 0);
    check_code(&windtunnel(&["init"]), 0);
    assert_eq!(files_in(folder.path()), ["my.toml", "scenario.toml"]);
}

#[test]
fn a_closed_pipe_is_a_quiet_success() {
    use std::process::{Command, Stdio};
    for verb in [&["metrics"][..], &["--help"], &["man"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .args(verb)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{verb:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{verb:?}");
    }
}

#[test]
fn help_has_examples() {
    for verb in ["run", "compare", "show", "metrics", "schema", "completions", "man", "init"] {
        let output = windtunnel().args([verb, "--help"]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("Example"), "{verb}");
    }
}

#[test]
fn validation_without_data_says_so_and_prints_one_document() {
    let output = windtunnel()
        .args(["validate", "--quick", "--only", "recorded", "--only", "live", "--format", "json", "--quiet"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert!(rows.len() >= 4 && rows.iter().all(|row| row["verdict"] == "not-run"), "{rows:?}");
}
