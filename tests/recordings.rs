//! Small recordings of every format, as the tools write them: what is imported is what a count by other means gives.

use std::path::Path;
use std::process::{Command, Output};

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/traffic")
}

fn import(arguments: &[&str], out: &Path) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(fixtures())
        .env("NO_COLOR", "1")
        .args(["trace", "import", "--no-plots", "--force", "-o"])
        .arg(out)
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

/// The numbers in the trace that was written, added up.
fn total(trace: &Path) -> f64 {
    let text = std::fs::read_to_string(trace).unwrap();
    let rows = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit() || first == '-'));
    rows.map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap()).sum()
}

/// The file (and flags), the format that it is recognised as, and its requests: lines and rows counted by hand, sums of
/// values by a few lines of Python over the raw file.
const RECORDINGS: &[(&[&str], &str, f64)] = &[
    // Field counts of the three generations of ALB's logs.
    (&["alb25.log"], "alb", 40.0),
    (&["alb29.log"], "alb", 40.0),
    (&["alb34.log"], "alb", 40.0),
    (&["clb12.log"], "clb", 30.0),
    (&["clbtcp.log"], "clb", 30.0),
    (&["nginx.log"], "combined", 40.0),
    (&["apache_vhost.log"], "combined", 30.0),
    (&["nginxjson.log"], "json-lines", 40.0),
    (&["caddy.log"], "json-lines", 40.0),
    (&["msec.log", "--log-format", "$msec|$request|$status|$request_time"], "log-format", 40.0),
    (&["gmd.json"], "cloudwatch", 65_204.0),
    (&["gmd_epoch.json"], "cloudwatch", 65_204.0),
    (&["gmd_gap.json"], "cloudwatch", 50_262.0),
    (&["gms.json"], "cloudwatch", 53_933.0),
    (&["console.csv"], "cloudwatch-csv", 39_043.0),
    (&["console2.csv"], "cloudwatch-csv", 39_043.0),
    (&["cms.json"], "cms", 22_500.0),
    (&["cms2.json"], "cms", 10_800.0),
    (&["prom_counter.json"], "prometheus", 700.0),
    (&["prom_rate.json"], "prometheus", 6_120.0),
    (&["promtool.txt"], "promtool", 9_450.0),
    // A counter: 29 increases of 20.
    (&["promtool2.txt"], "promtool", 580.0),
    (&["prom.csv"], "csv", 580.0),
    (&["promtool.csv"], "prometheus-csv", 580.0),
    (&["k6.csv"], "k6-csv", 40.0),
    (&["k6.json"], "k6-json", 40.0),
    // Totals rise by 7 from row to row, of which there are 30.
    (&["locust.csv"], "locust", 203.0),
    (&["hey.csv"], "hey", 60.0),
    (&["wrk2.txt"], "wrk", 60_018.0),
    (&["invocations_per_function_md.anon.d01.csv"], "azure-functions-2019", 3_723.0),
    (&["azure2021.csv"], "azure-functions-2021", 40.0),
    (&["llm24.csv"], "azure-llm", 40.0),
    (&["limbo2.txt"], "limbo", 3_276.25),
    (&["limbots.txt", "--values", "request"], "numbers", 40.0),
];

#[test]
fn every_format_is_recognised_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let mut wrong = Vec::new();
    for (arguments, format, requests) in RECORDINGS {
        let (output, said) = import(arguments, &out);
        let is_right = output.status.success()
            && said.contains(&format!("1 file ({format}): "))
            && (total(&out) - requests).abs() < 1e-6 * requests;
        if !is_right {
            let seen = if output.status.success() { total(&out) } else { f64::NAN };
            wrong.push(format!("{arguments:?}: {seen} for {requests}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of Azure's trace follow one another by the day in their names; they are not added up on one day.
#[test]
fn days_in_several_files_follow_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let (output, said) = import(&["invocations_per_function_md.anon.*.csv"], &out);
    assert!(output.status.success() && said.contains("to 172800s"), "{said}");
    assert!((total(&out) - 7_446.0).abs() < 1e-6);
}

/// Numbers that look like something else than counts are asked about.
#[test]
fn numbers_that_hardly_are_counts_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let table = |one: &dyn Fn(u32) -> f64| {
        (0..50).fold("time,value\n".to_string(), |text, row| text + &format!("{},{}\n", 60 * row, one(row)))
    };
    for (text, question) in [
        (table(&|row| f64::from(100 + 7 * row)), Some("--values counter")),
        (table(&|row| 0.25 + f64::from(row * 13 % 29)), Some("no whole ones")),
        (table(&|row| f64::from(100 + row * 13 % 29)), None),
    ] {
        let file = folder.path().join("table.csv");
        std::fs::write(&file, text).unwrap();
        let (output, said) = import(&[file.to_str().unwrap()], &folder.path().join("out.csv"));
        assert!(output.status.success(), "{said}");
        match question {
            Some(words) => assert!(said.contains(words), "{said}"),
            None => assert!(!said.contains("the numbers only grow") && !said.contains("no whole ones"), "{said}"),
        }
    }
}

/// What holds no traffic is named for what it is.
#[test]
fn what_holds_no_traffic_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (content, words) in [
        ("{\"Code\": \"Forbidden\", \"Message\": \"no right\"}", "a call that failed"),
        ("\nSummary:\n  Total:\t10.0 secs\n  Slowest:\t0.2 secs\n  Requests/sec:\t50.0\n", "hey -o csv"),
        ("Label,RequestCount\nPeriod,300\nTimestamp,\n03/03/2026 09:00,5\n", "--time-format"),
        ("Name:                web\nNamespace:           default\n", "kubectl"),
    ] {
        let file = folder.path().join("file.txt");
        std::fs::write(&file, content).unwrap();
        let (output, said) = import(&[file.to_str().unwrap()], &folder.path().join("out.csv"));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && said.contains("file.txt"), "{said}");
        assert!(!folder.path().join("out.csv").exists());
    }
}
