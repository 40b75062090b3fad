//! Sweeps as people and schedulers meet them: nothing is lost when a sweep is killed, results do not depend on threads,
//! interruptions or shards, and what is wrong is said.

#[path = "support/bench.rs"]
mod bench;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use bench::{Bench, SCENARIO, assert_same, kill, results};

/// SplitMix64: moments that are the same in every run of the test.
fn scrambled(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The promise of the journal: killed at ten seeded moments, a sweep that is run again ends with the bytes of one that
/// was never interrupted, on one thread and on two.
#[test]
fn killed_at_ten_moments_a_sweep_ends_with_the_same_bytes() {
    let bench = Bench::new();
    bench.succeed(&["sweep", "sweep.toml", "--out", "whole", "--threads", "2", "--quiet"]);
    let whole = results(&bench.path("whole"));
    let started = std::time::Instant::now();
    bench.succeed(&["sweep", "sweep.toml", "--out", "timed", "--threads", "1", "--quiet"]);
    let length = started.elapsed();
    assert_same(&whole, &results(&bench.path("timed")), "one thread and two");
    for threads in ["1", "2"] {
        let out = format!("killed-{threads}");
        let arguments = ["sweep", "sweep.toml", "--out", &out, "--threads", threads, "--quiet"];
        let mut cut_short = 0;
        for moment in 0..10 {
            let child = bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Up to a fifth of the whole sweep, so that ten of them meet its start, its middle and its end.
            let part = scrambled(moment) % 1000;
            std::thread::sleep(Duration::from_nanos((length.as_nanos() as u64 / 5000).saturating_mul(part)));
            cut_short += usize::from(!bench.path(&out).join("results.csv").exists());
            kill(child);
        }
        assert!(cut_short > 0, "no kill came before the end: the sweep is too short for this test");
        bench.succeed(&arguments);
        assert_same(&whole, &results(&bench.path(&out)), &format!("{threads} threads, ten kills"));
        // And a finished sweep computes nothing.
        let again = bench.succeed(&["sweep", "sweep.toml", "--out", &out, "--threads", threads]);
        assert!(again.contains("40 runs are done already"), "{again}");
        assert_same(&whole, &results(&bench.path(&out)), "run again when it was done");
    }
}

/// Ctrl-C: exit code 130, and what was finished is kept.
#[test]
#[cfg(unix)]
fn interrupted_a_sweep_keeps_what_it_has() {
    let bench = Bench::new();
    // Long enough that no machine finishes it before the signal.
    let arguments = ["sweep", "sweep.toml", "--horizon", "48h", "--out", "out", "--threads", "1", "--no-plots"];
    let child = bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let journal = bench.path("out/.windtunnel-journal");
    // A header and a run: the handler is in place.
    for _ in 0..1200 {
        if fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() > 1) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{shown}");
    assert!(shown.contains("of 40 runs are kept"), "{shown}");
    assert!(!bench.path("out/results.csv").exists());
    let kept = fs::read_to_string(&journal).unwrap().lines().count() - 1;
    assert!((1..40).contains(&kept), "{kept} runs");
}

#[test]
fn points_are_the_design_without_what_constraints_exclude() {
    let bench = Bench::new();
    let said = bench.succeed(&["sweep", "sweep.toml", "--horizon", "10m", "--out", "out", "--no-plots"]);
    // 4 x 3 x 2 = 24, less low 60 against high 50 and 60 (2 x 2): 20... and 40 runs would be two each.
    assert!(said.contains("20 points, 40 runs, 4 points excluded by constraints"), "{said}");
    let csv = fs::read_to_string(bench.path("out/results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 41);
    let ids: std::collections::BTreeSet<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(ids.len(), 40, "every run has an id of its own");
}

/// Twelve points, of which those with the laxest objective beat the others at the same cost.
const GRADED: &str = "\
name = 'graded'
base = 'small.toml'
replications = 2
[axes]
'fixed.instances' = [2, 3, 4]
'slo.latency' = ['100ms', '200ms', '400ms', '1s']
";

#[test]
fn screened_by_fluid_the_best_third_is_confirmed_request_by_request() {
    let bench = Bench::new();
    bench.write("graded.toml", GRADED);
    bench.write("screened.toml", &format!("fidelity = 'screen'\n{GRADED}"));
    bench.succeed(&["sweep", "screened.toml", "--out", "screened", "--quiet"]);
    bench.succeed(&["sweep", "graded.toml", "--out", "whole", "--quiet"]);
    let rows = |folder: &str| {
        let csv = fs::read_to_string(bench.path(folder).join("results.csv")).unwrap();
        csv.lines().skip(1).map(str::to_string).collect::<std::collections::BTreeSet<String>>()
    };
    let (screened, whole) = (rows("screened"), rows("whole"));
    // Whole fronts until there are four points, each under two seeds.
    assert!(screened.len() >= 8 && screened.len() < whole.len(), "{} of {} runs", screened.len(), whole.len());
    assert!(screened.is_subset(&whole), "what is confirmed is what an ordinary sweep says");
    let compared = fs::read_to_string(bench.path("screened/screening.csv")).unwrap();
    assert_eq!(compared.lines().count(), 1 + 12 * 2, "a line per point and figure");
    // A second time nothing is run, and the files are the same.
    let before = results(&bench.path("screened"));
    let again = bench.succeed(&["sweep", "screened.toml", "--out", "screened"]);
    assert!(again.contains("24 runs are done already"), "{again}");
    assert_same(&before, &results(&bench.path("screened")), "run again when it was done");
}

#[test]
fn shards_of_any_number_merge_to_the_bytes_of_a_sweep() {
    let bench = Bench::new();
    let short = ["--horizon", "10m", "--replications", "1"];
    let whole: Vec<&str> = ["sweep", "sweep.toml", "--out", "whole", "--quiet"].into_iter().chain(short).collect();
    bench.succeed(&whole);
    let whole = results(&bench.path("whole"));
    let plan: Vec<&str> = ["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"].into_iter().chain(short).collect();
    bench.succeed(&plan);
    let first = fs::read(bench.path("plan.jsonl")).unwrap();
    bench.succeed(&plan);
    assert_eq!(first, fs::read(bench.path("plan.jsonl")).unwrap(), "a plan is the same every time");
    let work = |shard: &str, out: &str| {
        bench.succeed(&["sweep", "work", "--plan", "plan.jsonl", "--shard", shard, "--out", out, "--quiet"]);
    };
    // In order; in reverse with repetitions; and by workers that do not agree how many they are.
    for (out, shards) in
        [("a", vec!["0/2", "1/2"]), ("b", vec!["2/3", "0/3", "2/3", "1/3"]), ("c", vec!["0/2", "3/5", "0/1"])]
    {
        let missing = bench.refused(&["sweep", "merge", out], 1);
        assert!(missing.contains("plan.jsonl"), "{missing}");
        for (index, shard) in shards.iter().enumerate() {
            work(shard, out);
            if index == 0 {
                let missing = bench.refused(&["sweep", "merge", out, "-o", "early"], 75);
                assert!(missing.contains("runs are missing"), "{missing}");
                assert!(!bench.path("early").exists());
            }
        }
        let merged = format!("merged-{out}");
        bench.succeed(&["sweep", "merge", out, "-o", &merged, "--quiet"]);
        assert_same(&whole, &results(&bench.path(&merged)), out);
    }
}

#[test]
fn what_is_wrong_with_a_plan_or_a_shard_is_said() {
    let bench = Bench::new();
    bench.succeed(&["sweep", "plan", "sweep.toml", "--horizon", "10m", "-o", "plan.jsonl"]);
    let plan = fs::read_to_string(bench.path("plan.jsonl")).unwrap();
    let work = |plan: &str| {
        vec!["sweep", "work", "--plan", plan, "--shard", "0/2", "--out", "out", "--quiet"]
            .into_iter()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let refused = |arguments: Vec<String>, code: i32| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        bench.refused(&arguments, code)
    };
    let shard = refused(
        ["sweep", "work", "--plan", "plan.jsonl", "--shard", "2/2", "--out", "out"].map(str::to_string).to_vec(),
        2,
    );
    assert!(shard.contains("from 0 to 1"), "{shard}");
    let half: String = plan.lines().take(7).map(|line| format!("{line}\n")).collect();
    bench.write("half.jsonl", &half);
    assert!(refused(work("half.jsonl"), 1).contains("cut off or damaged"));
    let cut = &plan[..plan.len() - 9];
    bench.write("cut.jsonl", cut);
    assert!(refused(work("cut.jsonl"), 1).contains("cut off or damaged"));
    bench.write(
        "older.jsonl",
        &plan.replacen(concat!("\"version\":\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.1", 1),
    );
    assert!(refused(work("older.jsonl"), 1).contains("made by version 0.0.1"));
    bench.write("empty.jsonl", "");
    assert!(refused(work("empty.jsonl"), 1).contains("not that of a plan"));
    bench.write("small.toml", &SCENARIO.replace("max = 6", "max = 7"));
    assert!(refused(work("plan.jsonl"), 1).contains("has changed since the plan was made"));
    assert!(!bench.path("out").exists(), "nothing was begun");
}

#[test]
fn what_is_wrong_with_a_sweep_is_said() {
    let bench = Bench::new();
    let refused = |sweep: &str, arguments: &[&str]| {
        bench.write("wrong.toml", sweep);
        let all: Vec<&str> =
            ["sweep", "wrong.toml", "--out", "out"].into_iter().chain(arguments.iter().copied()).collect();
        let shown = bench.refused(&all, 1);
        assert!(!bench.path("out/results.csv").exists());
        shown
    };
    let axes = |axes: &str| format!("base = 'small.toml'\n[axes]\n{axes}\n");
    let unknown = refused(&axes("'ess.rule.out.cooldwn' = ['60s']"), &[]);
    assert!(unknown.contains("cooldown") && unknown.contains("wrong.toml:3"), "{unknown}");
    let no_rule = refused(&axes("'ess.rule.ot.cooldown' = ['60s']"), &[]);
    assert!(no_rule.contains("did you mean `out`?") && no_rule.contains("wrong.toml:3"), "{no_rule}");
    let unit = refused(&axes("'ess.rule.out.cooldown' = ['60s', 60]"), &[]);
    assert!(unit.contains("wrong.toml:3"), "{unit}");
    let empty = refused(&axes("'ess.max' = { from = 5, to = 4, step = 1 }"), &[]);
    assert!(empty.contains("an empty range"), "{empty}");
    let other = refused(&axes("'tencent.max' = [5]"), &[]);
    assert!(other.contains("concerns none of the scenarios"), "{other}");
    let ten = "{ from = 1, to = 10, step = 1 }";
    let keys = [
        "ess.max",
        "ess.alarm.high.threshold",
        "ess.alarm.low.threshold",
        "ess.alarm.high.times",
        "ess.alarm.low.times",
        "slo.percentile",
        "instance.workers",
        "instance.backlog",
        "seed",
    ];
    let many: String = keys[..8].iter().map(|key| format!("'{key}' = {ten}\n")).collect();
    for flags in [&[][..], &["--yes"]] {
        let huge = refused(&format!("{}'ess.min' = {ten}\n", axes(&many)), flags);
        assert!(huge.contains("1,000,000,000 points") && huge.contains("; about "), "{huge}");
        assert!(huge.contains("do not fit into memory"), "{huge}");
    }
    let large: String = keys[..6].iter().map(|key| format!("'{key}' = {ten}\n")).collect();
    let large = refused(&axes(&large), &[]);
    assert!(large.contains("1,000,000 points") && large.contains("--yes") && large.contains("about"), "{large}");
    let none = refused(&format!("constraint = ['ess.max < 1']\n{}", axes("'ess.max' = [5, 6]")), &[]);
    assert!(none.contains("exclude all 2 points"), "{none}");
}

#[test]
fn a_point_that_fails_is_recorded_and_the_others_go_on() {
    let bench = Bench::new();
    bench.write("failing.toml", "base = 'small.toml'\nhorizon = '10m'\n[axes]\n'ess.max' = [0, 5]\n");
    let shown = bench.refused(&["sweep", "failing.toml", "--out", "out", "--no-plots"], 1);
    assert!(shown.contains("1 of 2 runs failed"), "{shown}");
    assert_eq!(shown.matches("windtunnel run ").count(), 1, "{shown}");
    let command = shown.lines().find(|line| line.contains("windtunnel run ")).unwrap().trim().to_string();
    assert!(command.contains("--set ess.max=0") && command.contains("--seed 5"), "{command}");
    // The line repeats the failure.
    let words: Vec<&str> = command.split_whitespace().skip_while(|word| *word != "run").collect();
    bench.refused(&words, 1);
    let csv = fs::read_to_string(bench.path("out/results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn a_folder_is_for_one_sweep_and_one_worker_at_a_time() {
    let bench = Bench::new();
    let short = ["sweep", "sweep.toml", "--horizon", "10m", "--out", "out", "--quiet"];
    bench.succeed(&short);
    let before = results(&bench.path("out"));
    let other = bench.refused(&["sweep", "sweep.toml", "--horizon", "20m", "--out", "out"], 1);
    assert!(other.contains("results of another plan") && other.contains("--restart"), "{other}");
    assert_same(&before, &results(&bench.path("out")), "a refusal changes nothing");
    bench.succeed(&["sweep", "sweep.toml", "--horizon", "20m", "--out", "out", "--restart", "--quiet"]);
    // Somebody holds the lock.
    let lock = fs::OpenOptions::new().read(true).write(true).open(bench.path("out/.windtunnel-lock")).unwrap();
    lock.lock().unwrap();
    fs::write(bench.path("out/.windtunnel-lock"), "4711\n").unwrap();
    let held = bench.refused(&["sweep", "sweep.toml", "--horizon", "20m", "--out", "out"], 1);
    assert!(held.contains("another sweep works in `out` (process 4711)"), "{held}");
    drop(lock);
    bench.succeed(&["sweep", "sweep.toml", "--horizon", "20m", "--out", "out", "--quiet"]);
}

/// Three figures: the frontier is that of all three, and nothing about two of them is claimed.
#[test]
fn three_figures_have_a_frontier_and_a_volume() {
    let bench = Bench::new();
    let three = "minimize = ['cost_total', 'slo_violating_request_fraction', 'latency_p99_seconds']\n";
    bench.write("three.toml", &format!("{three}{GRADED}"));
    bench.succeed(&["sweep", "three.toml", "--out", "out", "--quiet", "--horizon", "20m"]);
    let document: serde_json::Value = serde_json::from_str(&bench.read("out/sweep.json")).unwrap();
    assert!(document["hypervolume"].as_f64().unwrap() > 0.0, "{document}");
    assert!(document["knee"].is_null(), "a knee is one of a line");
    let csv = bench.read("out/frontier.csv");
    let header = csv.lines().next().unwrap();
    assert!(header.ends_with("latency_p99_seconds,latency_p99_seconds_low,latency_p99_seconds_high"), "{header}");
    let effects = document["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 3, "one per figure");
    // What an objective counts as a violation changes no latency: the instances explain all of it.
    let latency = &effects[2]["axes"]["main"][0];
    assert_eq!(latency["axis"], "fixed.instances");
    assert!(latency["share_of_variance"].as_f64().unwrap() > 0.999, "{latency}");
    assert!(effects[2]["axes"]["interactions"][0]["share_of_variance"].as_f64().unwrap() < 0.001);
}

/// Runs that share their requests end as each would alone.
#[test]
fn a_point_of_a_sweep_is_the_run_that_its_command_repeats() {
    let bench = Bench::new();
    bench.succeed(&["sweep", "sweep.toml", "--out", "out", "--quiet", "--horizon", "30m", "--threads", "2"]);
    let csv = bench.read("out/results.csv");
    let column = |name: &str| csv.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    let names = ["requests_arrived", "latency_mean_seconds", "cost_total", "slo_violating_request_fraction"];
    for row in [1, 20, 40] {
        let cells: Vec<&str> = csv.lines().nth(row).unwrap().split(',').collect();
        let mut arguments = vec!["run".to_string(), "small.toml".into(), "--horizon".into(), "30m".into()];
        for key in ["ess.alarm.high.threshold", "ess.alarm.low.threshold", "ess.rule.out.cooldown"] {
            arguments.extend(["--set".to_string(), format!("{key}={}", cells[column(key)])]);
        }
        arguments.extend(["--seed".into(), cells[column("seed")].into(), "--format".into(), "json".into()]);
        arguments.extend(["--quiet".to_string(), "--no-plots".into()]);
        let output = bench.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for name in names {
            let alone = document["scenarios"][0]["metrics"][name]["mean"].as_f64().unwrap();
            assert_eq!(cells[column(name)].parse::<f64>().unwrap(), alone, "{name} of row {row}");
        }
    }
}
