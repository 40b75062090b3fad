//! A sweep on many machines: whatever the number of workers, their order, their repetition and their end, what they leave
//! behind merges to the bytes of one machine; and what goes wrong on the way is said with the exit code that tells a
//! scheduler whether to try again.

#[path = "support/bench.rs"]
mod bench;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bench::{Bench, assert_same, kill, results};
use proptest::prelude::*;
use windtunnel_sim::experiment::execute::{Records, Runner, Task, Unwatched, all_tasks, execute, id_of};
use windtunnel_sim::experiment::journal::{Header, JOURNAL, Journal};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::experiment::shards::{Part, Shard, collect};
use windtunnel_sim::experiment::sweep_file::SweepFile;
use windtunnel_sim::outcome::metric::DEFINITIONS;
use windtunnel_sim::scenario::document::SharedFiles;

// ---- the arithmetic, with figures that cost nothing

/// Figures that tell runs apart, to the last bit; every seventh run fails.
struct Made;

impl Runner for Made {
    fn run(&self, task: Task, _: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<f64>>, String> {
        if (task.point * 3 + task.replication as usize) % 7 == 5 {
            return Err(format!("no luck at {}", task.point));
        }
        let figure = |metric: usize| (task.point * 31 + task.replication as usize * 7 + metric) as f64 / 3.0;
        Ok(Some((0..DEFINITIONS.len()).map(figure).collect()))
    }
}

fn plan(folder: &Path) -> Plan {
    let bench = "horizon = '1m'\ntrace = { shape = 'constant', rate = '5rps' }\nservice.cpu = '10ms'\n\
                 instance.cores = 1\nfixed.instances = 1\n";
    fs::write(folder.join("one.toml"), bench).unwrap();
    let path = folder.join("sweep.toml");
    fs::write(&path, "base = 'one.toml'\nreplications = 3\n[axes]\n'instance.cores' = [1, 2, 3, 4, 5, 6, 7]\n")
        .unwrap();
    let files = SharedFiles::default();
    Plan::new(SweepFile::load(&path, &files).unwrap(), "requests", &files).unwrap()
}

/// What one worker does, as `sweep work` does it: goes on where it was, and skips what others have done.
fn work(plan: &Plan, root: &Path, part: &Part) {
    let folder = part.folder(root);
    fs::create_dir_all(&folder).unwrap();
    let header = Header::new(&plan.digest(), &plan.sweep.name);
    let (mut journal, found) = Journal::open(&folder, &header).unwrap();
    let mut records = Records::from_journal(plan, plan.sweep.replications, &found.records);
    let others = collect(root, plan).unwrap().records;
    let is_done =
        |task: &Task| records.get(*task).is_some() || others.get(*task).is_some_and(|record| record.error.is_none());
    let missing: Vec<Task> = part.tasks(plan).unwrap().into_iter().filter(|task| !is_done(task)).collect();
    execute(plan, &missing, &Made, &mut journal, &mut records, &Unwatched).unwrap();
}

/// The tables of everything that lies in a folder.
fn tables(plan: &Plan, root: &Path) -> Vec<Vec<u8>> {
    let records = collect(root, plan).unwrap().records;
    let results = Results { plan, records: &records, replications: plan.sweep.replications };
    assert_eq!(results.missing(), Vec::<String>::new());
    vec![results.runs_csv(), results.runs_jsonl(), results.summary_csv()]
}

fn shard_of(of: usize) -> impl Strategy<Value = Part> {
    (0..of).prop_map(move |index| Part::Shard(Shard { index, of }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Any n, any order, any repetition, overlap with other divisions, runs by name, and journals cut off at any byte.
    #[test]
    fn whoever_did_what_in_whatever_order_the_merged_bytes_are_the_same(
        of in 1usize..9,
        order in any::<u64>(),
        extra in prop::collection::vec((1usize..12).prop_flat_map(shard_of), 0..6),
        named in prop::collection::vec(0usize..21, 0..8),
        cut in 0.0f64..1.0,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(folder.path());
        let whole = folder.path().join("whole");
        work(&plan, &whole, &Part::Shard(Shard { index: 0, of: 1 }));
        let root = folder.path().join("parts");
        let tasks = all_tasks(&plan, plan.sweep.replications);
        let mut parts: Vec<Part> = (0..of).map(|index| Part::Shard(Shard { index, of })).collect();
        parts.extend(extra);
        let ids = named.iter().map(|&run| id_of(&plan, tasks[run])).collect();
        parts.push(Part::Runs { name: "some".into(), ids });
        // Each twice, in an order drawn by the case.
        let mut parts = [parts.clone(), parts].concat();
        let mut state = order;
        for last in (1..parts.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            parts.swap(last, (state >> 33) as usize % (last + 1));
        }
        for (number, part) in parts.iter().enumerate() {
            work(&plan, &root, part);
            if number == 0 {
                // Killed while it wrote: an arbitrary piece of the journal is there.
                let path = part.folder(&root).join(JOURNAL);
                let content = fs::read(&path).unwrap();
                fs::write(&path, &content[..(content.len() as f64 * cut) as usize]).unwrap();
            }
        }
        prop_assert_eq!(tables(&plan, &whole), tables(&plan, &root));
    }
}

// ---- the command line

const SHORT: [&str; 4] = ["--horizon", "10m", "--replications", "1"];

fn planned(bench: &Bench) {
    bench.succeed(&[&["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"][..], &SHORT].concat());
}

fn work_on(part: [&'static str; 2], out: &'static str) -> Vec<&'static str> {
    [&["sweep", "work", "--plan", "plan.jsonl", "--out", out, "--quiet"][..], &part].concat()
}

/// The ids of a plan, in its order.
fn ids(bench: &Bench) -> Vec<String> {
    let plan = fs::read_to_string(bench.path("plan.jsonl")).unwrap();
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_string();
    plan.lines().skip(1).map(id).collect()
}

/// What a scheduler with uneven batches uses: runs by their ids, and the ids of those that are missing.
#[test]
fn runs_by_name_and_what_is_missing_add_up() {
    let bench = Bench::new();
    bench.succeed(&[&["sweep", "sweep.toml", "--out", "whole", "--quiet"][..], &SHORT].concat());
    planned(&bench);
    let ids = ids(&bench);
    bench.write("some.txt", &ids[..5].join("\n"));
    bench.succeed(&work_on(["--runs", "some.txt"], "out"));
    let missing = bench.run(&["sweep", "merge", "out", "--missing"]);
    assert_eq!(missing.status.code(), Some(0));
    let missing = String::from_utf8(missing.stdout).unwrap();
    assert_eq!(missing.lines().collect::<Vec<_>>(), ids[5..].iter().map(String::as_str).collect::<Vec<_>>());
    bench.write("rest.txt", &missing);
    let two = [&work_on(["--runs", "rest.txt"], "out")[..], &["--as", "b-1"]].concat();
    bench.succeed(&two);
    assert!(bench.path("out/shards/by-b-1").is_dir());
    bench.succeed(&["sweep", "merge", "out", "-o", "merged", "--quiet"]);
    assert_same(&results(&bench.path("whole")), &results(&bench.path("merged")), "by name");
    bench.write("wrong.txt", "0123456789abcdef\n");
    let wrong = bench.refused(&work_on(["--runs", "wrong.txt"], "out"), 1);
    assert!(wrong.contains("the plan has no run `0123456789abcdef`"), "{wrong}");
    bench.refused(&[&work_on(["--runs", "some.txt"], "out")[..], &["--as", "../up"]].concat(), 2);
    bench.refused(&["sweep", "work", "--plan", "plan.jsonl", "--out", "out"], 2);
}

/// Kubernetes, AWS Batch and Slurm say the index by an environment variable, and not through a shell.
#[test]
fn a_shard_may_be_named_by_an_environment_variable() {
    let bench = Bench::new();
    planned(&bench);
    let arguments = work_on(["--shard", "JOB_COMPLETION_INDEX/3"], "out");
    let with = |value: &str| {
        let mut command = bench.command(&arguments);
        let output = command.env("JOB_COMPLETION_INDEX", value).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(with("2").0, Some(0));
    assert!(bench.path("out/shards/2-of-3").is_dir());
    let (code, said) = with("3");
    assert_eq!(code, Some(2));
    assert!(said.contains("JOB_COMPLETION_INDEX is `3`") && said.contains("from 0 to 2"), "{said}");
    let mut unset = bench.command(&arguments);
    let unset = unset.env_remove("JOB_COMPLETION_INDEX").output().unwrap();
    assert_eq!(unset.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unset.stderr).contains("JOB_COMPLETION_INDEX is not set"));
}

#[test]
fn two_workers_on_one_shard_do_not_meet() {
    let bench = Bench::new();
    planned(&bench);
    let work = work_on(["--shard", "0/2"], "out");
    bench.succeed(&work);
    let journal = bench.path("out/shards/0-of-2").join(JOURNAL);
    let before = fs::read(&journal).unwrap();
    let path = bench.path("out/shards/0-of-2/.windtunnel-lock");
    let lock = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    lock.lock().unwrap();
    let held = bench.refused(&work, 75);
    assert!(held.contains("another worker has this shard"), "{held}");
    drop(lock);
    bench.succeed(&work);
    assert_eq!(before, fs::read(&journal).unwrap(), "there was nothing left to do");
}

#[test]
fn a_worker_killed_while_it_writes_loses_nothing_that_was_done() {
    let bench = Bench::new();
    bench.succeed(&["sweep", "sweep.toml", "--out", "whole", "--quiet"]);
    bench.succeed(&["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"]);
    let all = work_on(["--shard", "0/1"], "out");
    for moment in [150, 400, 700] {
        let mut command = bench.command(&all);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        kill(child);
    }
    bench.succeed(&all);
    bench.succeed(&["sweep", "merge", "out", "-o", "merged", "--quiet"]);
    assert_same(&results(&bench.path("whole")), &results(&bench.path("merged")), "killed three times");
}

#[test]
fn the_folder_of_another_plan_is_refused_and_left_alone() {
    let bench = Bench::new();
    planned(&bench);
    bench.succeed(&work_on(["--shard", "0/2"], "out"));
    let kept = fs::read(bench.path("out/plan.jsonl")).unwrap();
    bench.succeed(&["sweep", "plan", "sweep.toml", "--horizon", "5m", "-o", "plan.jsonl"]);
    let other = bench.refused(&work_on(["--shard", "0/2"], "out"), 1);
    assert!(other.contains("holds another plan"), "{other}");
    assert_eq!(kept, fs::read(bench.path("out/plan.jsonl")).unwrap());
}

#[cfg(not(feature = "object-store"))]
#[test]
fn an_object_store_needs_its_feature_and_says_so() {
    let bench = Bench::new();
    planned(&bench);
    let refused = bench.refused(&work_on(["--shard", "0/2"], "s3://bucket/shards"), 2);
    assert!(refused.contains("--features object-store"), "{refused}");
}

// ---- what starts workers elsewhere

fn emitted(bench: &Bench, arguments: &[&str]) -> String {
    let output = bench.run(&[&["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"][..], &SHORT, arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The committed manifests are what the tool prints.
#[test]
fn deploy_holds_what_emit_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.jsonl");
    for (scheduler, file) in [
        ("kubernetes", "deploy/kubernetes/job.yaml"),
        ("aws-batch", "deploy/aws-batch/job.json"),
        ("slurm", "deploy/slurm/job.sh"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .current_dir(root)
            .args(["sweep", "plan", "configs/sweeps/ess-thresholds.toml", "--emit", scheduler, "-o"])
            .arg(&plan)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        let committed = fs::read_to_string(root.join(file)).unwrap();
        assert!(
            printed == committed,
            "{file} is not what `windtunnel sweep plan configs/sweeps/ess-thresholds.toml -o plan.jsonl --emit \
             {scheduler}` prints:\n{printed}"
        );
    }
}

#[test]
fn a_manifest_says_what_was_asked_for() {
    let bench = Bench::new();
    let text = emitted(
        &bench,
        &["--emit", "kubernetes", "--shards", "48", "--image", "registry.example/wt:1", "--to", "s3://bucket/shards"],
    );
    for line in [
        "completions: 48",
        "completionMode: Indexed",
        "image: registry.example/wt:1",
        "- --shard=JOB_COMPLETION_INDEX/48",
        "- --out=s3://bucket/shards",
        "name: windtunnel-object-store",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "values: [1, 2]",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for place in ["{name}", "{sweep}", "{shards}", "{last}", "{image}", "{to}", "{env_from}"] {
        assert!(!text.contains(place), "{text}");
    }
    let batch: serde_json::Value = serde_json::from_str(&emitted(&bench, &["--emit", "aws-batch"])).unwrap();
    assert_eq!(batch["arrayProperties"]["size"], 16);
    let refused = |arguments: &[&str]| {
        bench.refused(&[&["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"][..], arguments].concat(), 2)
    };
    assert!(refused(&["--emit", "aws-batch", "--shards", "10001"]).contains("between 2 and 10000"));
    assert!(refused(&["--emit", "kubernetes", "--image", "a\nb"]).contains("would have to be quoted"));
    refused(&["--shards", "3"]);
}
