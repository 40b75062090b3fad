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
fn activities_and_launches_of_a_flapping_year_leave_nothing_behind() {
    // Two alarms that are never satisfied: capacity goes up and down all year, some 100,000 activities with their causes
    // and 50,000 launches with their boot stages. A kilobyte of each would be 150 MiB.
    let peak = peak_of(
        "horizon = \"8760h\"\ntrace = { shape = \"constant\", rate = \"0.01rps\" }\nservice.cpu = \"40ms\"\n\
         instance.cores = 1\ntimeline.interval = \"60s\"\n\
         [[instance.boot]]\nname = \"start\"\ntakes = \"60s\"\n\
         [ess]\nmin = 1\nmax = 4\ndesired = 1\ncooldown = \"0s\"\n\
         [[ess.rule]]\nname = \"out\"\nadjustment = \"+1\"\n[[ess.rule]]\nname = \"in\"\nadjustment = \"-1\"\n\
         [[ess.alarm]]\nname = \"up\"\nmetric = \"CpuUtilization\"\ncomparison = \">=\"\nthreshold = 0\nperiod = \"60s\"\n\
         times = 1\nrule = \"out\"\n\
         [[ess.alarm]]\nname = \"down\"\nmetric = \"CpuUtilization\"\ncomparison = \"<=\"\nthreshold = 100\n\
         period = \"60s\"\ntimes = 1\nrule = \"in\"\n",
    );
    assert!(peak > 1024, "the mark could not be read");
    assert!(peak < 48 * 1024, "{peak} KiB");
}
