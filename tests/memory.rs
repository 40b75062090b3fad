//! Memory does not grow with the length of a run.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The high-water mark in KiB of the program while it simulates a fixed instance, this many hours of so many requests per
/// second, with a row of the timeline each minute.
fn peak(hours: u32, rate: f64) -> u64 {
    peak_of(&format!(
        "horizon = \"{hours}h\"\ntrace = {{ shape = \"constant\", rate = \"{rate}rps\" }}\n\
         service.cpu = {{ lognormal = {{ mean = \"40ms\", cv = 1.0 }} }}\nservice.timeout = \"10s\"\n\
         instance.cores = 8\nfixed.instances = 1\ntimeline.interval = \"60s\"\n"
    ))
}

/// The same of any scenario.
fn peak_of(text: &str) -> u64 {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let scenario = folder.path().join("scenario.toml");
    std::fs::write(&scenario, text).expect("a scenario is written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .args(["run", "--format", "json", "--quiet"])
        .arg(&scenario)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // The mark only rises, so the last look before the end misses little.
    while child.try_wait().expect("the program can be waited for").is_none() {
        peak = peak.max(high_water(Path::new(&status)).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().is_ok_and(|status| status.success()), "the run failed");
    peak
}

fn high_water(status: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn millions_of_requests_leave_nothing_behind() {
    // 7.2 million requests: eight bytes of each would be 55 MiB. What is seen may miss the last moments of the run, so
    // the test errs to the lenient side, never to the strict one.
    let peak = peak(20, 100.0);
    assert!(peak > 1024, "the mark could not be read");
    assert!(peak < 32 * 1024, "{peak} KiB");
}

#[test]
fn rows_of_a_year_leave_nothing_behind() {
    // Half a million rows of some 200 bytes would be 105 MiB.
    let peak = peak(365 * 24, 0.01);
    assert!(peak > 1024, "the mark could not be read");
    assert!(peak < 32 * 1024, "{peak} KiB");
}

#[test]
fn activities_and_launches_of_a_flapping_group_leave_nothing_behind() {
    // Two alarms that are never satisfied: in a quarter of a year 130,000 activities with their causes and 65,000 launches
    // with their stages. A kilobyte of each would be 190 MiB.
    let peak = peak_of(
        "horizon = '2190h'\n\
         trace = { shape = 'constant', rate = '0.01rps' }\n\
         service.cpu = '40ms'\n\
         instance.cores = 1\n\
         timeline.interval = '60s'\n\
         [[boot]]\n\
         stage = 'start'\n\
         time = '60s'\n\
         [ess]\n\
         min = 1\n\
         max = 4\n\
         desired = 1\n\
         default_cooldown = '0s'\n\
         [[ess.rule]]\n\
         name = 'out'\n\
         adjust = { change = 1 }\n\
         [[ess.rule]]\n\
         name = 'in'\n\
         adjust = { change = -1 }\n\
         [[ess.alarm]]\n\
         name = 'up'\n\
         metric = 'CpuUtilization'\n\
         comparison = '>='\n\
         threshold = 0\n\
         period = '60s'\n\
         times = 1\n\
         action = 'out'\n\
         [[ess.alarm]]\n\
         name = 'down'\n\
         metric = 'CpuUtilization'\n\
         comparison = '<='\n\
         threshold = 100\n\
         period = '60s'\n\
         times = 1\n\
         action = 'in'\n",
    );
    assert!(peak > 1024, "the mark could not be read");
    assert!(peak < 64 * 1024, "{peak} KiB");
}
