//! Recorded traffic from the file to the run: what is imported is replayed, what cannot be read leaves nothing behind.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;

fn windtunnel(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn succeed(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = windtunnel(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{arguments:?}: {err}");
    (out, err)
}

/// Ten minutes at one request per second, a second line of every tenth; the last half minute answers 503.
fn access_log() -> String {
    let mut log = String::new();
    for second in 0..600u64 {
        for _ in 0..if second % 10 == 0 { 2 } else { 1 } {
            let status = if second >= 570 { 503 } else { 200 };
            let (minute, second) = (second / 60, second % 60);
            let _ = writeln!(
                log,
                "10.0.0.1 - - [02/Nov/2026:10:{minute:02}:{second:02} +0800] \"GET / HTTP/1.1\" {status} 5"
            );
        }
    }
    log
}

const SCENARIO: &str = "horizon = \"10m\"\n[trace]\nfile = \"t.csv\"\n[service]\ncpu = \"10ms\"\n[instance]\ncores = 2\n[fixed]\ninstances = 1\n";

#[test]
fn an_access_log_is_imported_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("access.log"), access_log()).unwrap();
    std::fs::write(folder.join("s.toml"), SCENARIO).unwrap();
    let (_, said) = succeed(folder, &["trace", "import", "access.log", "--resolution", "30s", "-o", "t.csv"]);
    assert!(said.contains("660 requests") && said.contains("1 stretches marked as saturated"), "{said}");
    let trace = std::fs::read_to_string(folder.join("t.csv")).unwrap();
    assert!(
        trace.contains("# zone: +08:00") && trace.contains("\n1793584800,33,2026-11-02T10:00:00+08:00\n"),
        "{trace}"
    );
    assert!(trace.contains("# censored: 1793585370 to 1793585400"), "{trace}");
    let (run, _) = succeed(folder, &["run", "s.toml", "--format", "json", "--quiet", "--no-plots"]);
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    let arrived = run["scenarios"][0]["metrics"]["requests_arrived"]["mean"].as_f64().unwrap();
    // Poisson of mean 660: five standard deviations.
    assert!((arrived - 660.0).abs() < 129.0, "{arrived}");
    // The same as exact times: every request arrives, whatever the seed.
    succeed(folder, &["trace", "import", "access.log", "--stamps", "-o", "t.stamps"]);
    let exact = SCENARIO.replace("file = \"t.csv\"", "arrivals = \"t.stamps\"").replace("\"10m\"", "\"599s\"");
    std::fs::write(folder.join("exact.toml"), exact).unwrap();
    let (run, _) =
        succeed(folder, &["run", "exact.toml", "--format", "json", "--quiet", "--no-plots", "--out", "exact"]);
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["scenarios"][0]["metrics"]["requests_arrived"]["mean"].as_f64(), Some(659.0));
    // A file of the one kind in the place of the other says where it belongs.
    let wrong = windtunnel(folder, &["run", "s.toml", "--set", "trace.file=t.stamps", "--quiet"]);
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("`arrivals`"),
        "{}",
        String::from_utf8_lossy(&wrong.stderr)
    );
}

#[test]
fn what_cannot_be_read_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let damaged = access_log() + &"torn\n".repeat(50);
    for (name, content, part) in [
        ("empty.log", Vec::new(), "empty"),
        ("binary.log", vec![0u8, 159, 146, 150, 0, 1], "binary"),
        ("words.log", b"once upon a time\nthere was\n".to_vec(), "no known format"),
        ("torn.log", damaged.into_bytes(), "50 of 710 lines"),
        ("cut.log.gz", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b], "cut off"),
        ("nan.csv", b"time,count\n0,1\n60,NaN\n".to_vec(), "line 3"),
        (
            "huge.csv",
            b"time,count\n0,1\n60,340282366920938463463374607431768211456\n".to_vec(),
            "more than can be counted",
        ),
        ("future.csv", b"time,count\n0,1\n4000-01-01 00:00:00,2\n".to_vec(), "2199"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
        let output = windtunnel(folder, &["trace", "import", name, "-o", "out.csv"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(name) && said.contains(part), "{name}: {said}");
        assert!(output.stdout.is_empty() && !folder.join("out.csv").exists(), "{name}");
    }
    let missing = windtunnel(folder, &["trace", "import", "no-*.log"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no file is called like this"));
    std::fs::write(folder.join("out.csv"), "mine").unwrap();
    let existing = windtunnel(folder, &["trace", "import", "nan.csv", "-o", "out.csv"]);
    assert!(String::from_utf8_lossy(&existing.stderr).contains("--force"));
    assert_eq!(std::fs::read_to_string(folder.join("out.csv")).unwrap(), "mine");
}

#[test]
fn info_plot_and_generate_take_what_import_writes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let seasonal =
        ["trace", "generate", "seasonal", "mean=20rps", "daily=0.5", "noise=0.3", "noise_lasts=10m", "--days", "2"];
    let seasonal =
        [&seasonal[..], &["--start", "2026-11-02T00:00:00", "--zone", "Asia/Shanghai", "-o", "two.csv"]].concat();
    succeed(folder, &seasonal);
    let (info, _) = succeed(folder, &["trace", "info", "two.csv", "--format", "json"]);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["start"], "2026-11-02T00:00:00+08:00");
    assert_eq!((info["intervals"].as_u64(), info["span_seconds"].as_f64()), (Some(2_880), Some(172_800.0)));
    assert_eq!(info["weekly_profile"].as_array().map(Vec::len), Some(2));
    let (_, said) = succeed(folder, &["trace", "generate", "--like", "two.csv", "--days", "14", "-o", "month.csv"]);
    assert!(said.contains("peak to mean") && said.contains("dispersion over"), "{said}");
    let again = ["trace", "generate", "--like", "two.csv", "--days", "14", "-o", "again.csv", "--quiet"];
    succeed(folder, &again);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("month.csv"), read("again.csv"), "the same seed gives the same bytes");
    let (table, _) = succeed(folder, &["trace", "info", "month.csv", "--against", "two.csv"]);
    assert!(table.contains("original"), "{table}");
    succeed(folder, &["trace", "plot", "month.csv", "-o", "month.svg"]);
    assert!(String::from_utf8(read("month.svg")).unwrap().contains("Burstiness"));
    assert!(table.contains("mean on Monday") && table.contains("mean at 12:00"), "{table}");
    succeed(
        folder,
        &["trace", "generate", "mmpp", "rates=5rps,50rps", "stays=5m,1m", "--length", "1h", "--out", "mmpp.csv"],
    );
    let wrong = windtunnel(folder, &["trace", "generate", "seasonal", "mean=20rps", "speed=3", "--days", "1"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("speed") && wrong.status.code() == Some(1), "{said}");
}

/// A counter that restarts: 2 requests per second but for the restart, of which only what it counted since is known.
#[test]
fn a_counter_in_a_table_is_its_increases() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut table = String::from("time,hits\n");
    for row in 0..100u64 {
        let reading = if row < 50 { 1_000 + 20 * row } else { 20 * (row - 50) + 7 };
        let _ = writeln!(table, "{},{reading}", 1_700_000_000 + 10 * row);
    }
    std::fs::write(folder.join("counter.csv"), table).unwrap();
    let arguments = ["trace", "import", "counter.csv", "--values", "counter", "-o", "out.csv"];
    let (_, said) = succeed(folder, &arguments);
    assert!(said.contains("restarted from zero 1 times"), "{said}");
    let (info, _) = succeed(folder, &["trace", "info", "out.csv", "--format", "json"]);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    // 49 increases of 20, one of 7 (the restart), 49 of 20.
    assert_eq!((info["requests"].as_f64(), info["intervals"].as_u64()), (Some(1_967.0), Some(99)));
    std::fs::write(folder.join("one.csv"), "time,hits\n0,5\n").unwrap();
    let one = windtunnel(folder, &["trace", "import", "one.csv", "--values", "counter"]);
    assert!(String::from_utf8_lossy(&one.stderr).contains("two readings at least"));
}

/// Utilization at its limit marks what is recorded, from a column beside the traffic, from a series of the same answer, or
/// from a recording of its own; the marks go on into `info`, pictures, and the trace that a run replays.
#[test]
fn a_saturated_system_marks_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let busy = |minute: u64| if (20..30).contains(&minute) { 99.0 } else { 40.0 };
    let at = |minute: u64| 1_700_000_040 + 60 * minute;
    let (mut table, mut traffic, mut cpu) = (
        String::from("time,requests,cpu_utilization\n"),
        String::from("time,requests\n"),
        String::from("time,value\n"),
    );
    for minute in 0..60 {
        let _ = writeln!(table, "{},600,{}", at(minute), busy(minute));
        let _ = writeln!(traffic, "{},600", at(minute));
        let _ = writeln!(cpu, "{},{}", at(minute), busy(minute) / 100.0);
    }
    let series = |label: &str, value: &dyn Fn(u64) -> f64| {
        let stamps: Vec<u64> = (0..60).map(at).collect();
        serde_json::json!({ "Id": "m", "Label": label, "Timestamps": stamps, "Values": (0..60).map(value).collect::<Vec<_>>() })
    };
    let answer = serde_json::json!({ "MetricDataResults": [series("RequestCount", &|_| 600.0), series("CPUUtilization", &busy)] });
    std::fs::write(folder.join("table.csv"), table).unwrap();
    std::fs::write(folder.join("traffic.csv"), traffic).unwrap();
    std::fs::write(folder.join("cpu.csv"), cpu).unwrap();
    std::fs::write(folder.join("answer.json"), answer.to_string()).unwrap();
    for (name, arguments) in [
        ("a column", vec!["table.csv"]),
        ("a series", vec!["answer.json"]),
        ("a recording", vec!["traffic.csv", "--utilization", "cpu.csv"]),
    ] {
        let import = [&["trace", "import"], &arguments[..], &["-o", "out.csv", "--force"]].concat();
        succeed(folder, &import);
        let text = std::fs::read_to_string(folder.join("out.csv")).unwrap();
        let mark = format!("# censored: {} to {}: utilization at its limit, up to 99 %", at(20), at(30));
        assert!(text.contains(&mark), "{name}: {text}");
        let (info, _) = succeed(folder, &["trace", "info", "out.csv"]);
        assert!(info.contains("demand was higher than what was recorded"), "{name}: {info}");
        succeed(folder, &["trace", "plot", "out.csv", "-o", "out.svg"]);
        assert!(std::fs::read_to_string(folder.join("out.svg")).unwrap().contains("saturated"), "{name}");
        std::fs::remove_file(folder.join("out.csv")).unwrap();
        std::fs::remove_file(folder.join("out.svg")).unwrap();
    }
    succeed(folder, &["trace", "import", "table.csv", "-o", "out.csv", "--force"]);
    let scenario = "horizon = '1h'\n[trace]\nfile = 'out.csv'\n[service]\ncpu = '10ms'\n[instance]\ncores = 4\n[fixed]\ninstances = 1\n";
    std::fs::write(folder.join("s.toml"), scenario).unwrap();
    succeed(folder, &["run", "s.toml", "--out", "run", "--quiet"]);
    let timeline = std::fs::read_dir(folder.join("run"))
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                std::fs::read_dir(path).unwrap().map(|inner| inner.unwrap().path()).collect()
            } else {
                vec![path]
            }
        })
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("timeline.svg")))
        .expect("a picture of the run");
    assert!(std::fs::read_to_string(timeline).unwrap().contains("recorded while saturated"));
    let apart = windtunnel(folder, &["trace", "info", "out.csv", "--utilization", "one.csv"]);
    assert_eq!(apart.status.code(), Some(1));
}

#[test]
fn a_calibration_is_a_scenario_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // 20 ms of CPU per request on one core, 50 ms in all; one to ten requests per second by turns of ten seconds.
    let mut log = String::from("time,latency_ms\n");
    let mut cpu = String::from("seconds,value\n");
    for turn in 0..60u64 {
        let rate = turn % 10 + 1;
        for second in 0..10 {
            (0..rate).for_each(|_| {
                let _ = writeln!(log, "{},{}", turn * 10 + second, 40 + (second * 7 + rate) % 21);
            });
        }
        let _ = writeln!(cpu, "{},{}", turn * 10, 2.0 * rate as f64 + 1.0);
    }
    std::fs::write(folder.join("log.csv"), &log).unwrap();
    std::fs::write(folder.join("cpu.csv"), cpu).unwrap();
    let jsonl: String = log
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .map(|(time, ms)| format!("{{\"time\":{time},\"latency_ms\":{ms}}}\n"))
        .collect();
    std::fs::write(folder.join("log.jsonl"), jsonl).unwrap();
    let (toml, _) =
        succeed(folder, &["calibrate", "--requests", "log.jsonl", "--cpu", "cpu.csv", "--cores", "1", "--out", "fit"]);
    assert!(toml.contains("cpu = { lognormal = { mean = \"20ms\""), "{toml}");
    assert!(toml.contains("wait = {") && toml.contains("95 % confidence"), "{toml}");
    assert!(folder.join("fit/cpu-per-request.svg").exists() && folder.join("fit/latency-at-low-load.png").exists());
    let scenario = "base = \"fit/service.toml\"\nhorizon = \"60s\"\n[trace]\nshape = \"constant\"\nrate = \"5rps\"\n[fixed]\ninstances = 1\n";
    std::fs::write(folder.join("s.toml"), scenario).unwrap();
    succeed(folder, &["check", "s.toml"]);
}
