//! A folder with a small sweep in it, and the command line to work on it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

/// Short runs, a few dozen of them: enough that a killed sweep has something to lose.
pub(crate) const SCENARIO: &str = "\
name = 'small'
horizon = '1h'
seed = 5
trace = { shape = 'diurnal', base = '20rps', peak = '60rps', peak_at = '30m' }
[service]
cpu = { lognormal = { mean = '30ms', cv = 1.0 } }
[instance]
cores = 2
price = { per_hour = 2.0, currency = 'CNY' }
[[boot]]
stage = 'provision'
time = { lognormal = { median = '45s', p95 = '90s' } }
[slo]
latency = '200ms'
[ess]
min = 1
max = 6
desired = 2
[[ess.rule]]
name = 'out'
adjust = { change = 1 }
cooldown = '120s'
[[ess.rule]]
name = 'in'
adjust = { change = -1 }
cooldown = '300s'
[[ess.alarm]]
name = 'high'
metric = 'CpuUtilization'
statistic = 'average'
comparison = '>'
threshold = 70
period = '60s'
times = 1
action = 'out'
[[ess.alarm]]
name = 'low'
metric = 'CpuUtilization'
statistic = 'average'
comparison = '<'
threshold = 30
period = '60s'
times = 5
action = 'in'
";

pub(crate) const SWEEP: &str = "\
name = 'thresholds'
base = 'small.toml'
replications = 2
constraint = ['ess.alarm.low.threshold < ess.alarm.high.threshold']
[axes]
'ess.alarm.high.threshold' = { from = 50, to = 80, step = 10 }
'ess.alarm.low.threshold' = [20, 40, 60]
'ess.rule.out.cooldown' = ['60s', '300s']
";

pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::with(&[("small.toml", SCENARIO), ("sweep.toml", SWEEP)])
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {shown}");
        shown
    }

    /// The exit code and the message.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {shown}");
        assert!(!shown.contains("panicked at"), "{shown}");
        shown
    }
}

/// Every result file of a folder, by name; not the journal and the lock, which are windtunnel's own.
pub(crate) fn results(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| !name.starts_with('.'))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.iter().any(|(name, _)| name == "results.csv"), "{}", folder.display());
    files
}

#[track_caller]
pub(crate) fn assert_same(a: &[(String, Vec<u8>)], b: &[(String, Vec<u8>)], what: &str) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(a), names(b), "{what}");
    for ((name, a), (_, b)) in a.iter().zip(b) {
        assert!(a == b, "{what}: {name} differs");
    }
}

pub(crate) fn kill(mut child: Child) {
    // SIGKILL on Unix: nothing in the process can react.
    let _ = child.kill();
    child.wait().unwrap();
}
