//! `plot` and `report` on results of every kind: charts of what is there, clear words about what is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// Runs windtunnel in a folder.
fn windtunnel(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("windtunnel")
        .expect("the program is built")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs")
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = windtunnel(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &said
}

/// What it says when it fails; a panic is no failure but a fault.
fn fail(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = windtunnel(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn config(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("configs").join(name).display().to_string()
}

const NASTY: &str = "<script>alert(1)</script>";

/// Two short runs under two seeds, one of them with a name that is markup.
fn results() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let own = format!("base = {:?}\nname = {NASTY:?}\n[ess]\nmax = 4\ndesired = 4\n", config("ess.toml"));
    fs::write(folder.path().join("own.toml"), own).expect("a scenario");
    let scenarios = [config("ess.toml"), "own.toml".to_string()];
    let mut arguments = vec!["compare", &scenarios[0], &scenarios[1], "--horizon", "1h", "--replications", "2"];
    arguments.extend(["--out", "out", "--no-plots", "--quiet"]);
    succeed(folder.path(), &arguments);
    folder
}

#[test]
fn results_are_drawn_again_and_reported() {
    let folder = results();
    let here = folder.path();

    // Every chart that there is.
    succeed(here, &["plot", "out"]);
    let drawn: Vec<String> = fs::read_dir(here.join("windtunnel-charts"))
        .expect("charts")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    for name in [
        "comparison.svg",
        "frontier.png",
        "latency.svg",
        "ess-guide-timeline.svg",
        "ess-guide-capacity-gap.png",
        "ess-guide-instances.svg",
    ] {
        assert!(drawn.iter().any(|file| file == name), "{name} is missing in {drawn:?}");
    }
    for file in drawn.iter().filter(|file| file.ends_with(".svg")) {
        let svg = fs::read_to_string(here.join("windtunnel-charts").join(file)).expect("an SVG");
        assert!(!svg.contains("<script"), "{file}");
    }

    // One chart into one file, from the folder of one scenario too; nothing is overwritten in silence.
    let one = ["plot", "out/ess-guide", "--chart", "timeline", "-o", "one.svg", "--theme", "dark", "--width", "800"];
    succeed(here, &one);
    let svg = fs::read_to_string(here.join("one.svg")).expect("an SVG");
    assert!(svg.contains("width=\"800\"") && svg.contains("#12171D"), "as wide and as dark as it was asked for");
    assert!(fail(here, &one, 1).contains("there already"));
    assert!(fail(here, &["plot", "out", "--chart", "timeline", "-o", "two.svg"], 2).contains("--scenario"));
    assert!(
        fail(here, &["plot", "out", "--chart", "timeline", "-o", "two.pdf", "--scenario", "ess-guide"], 2)
            .contains(".svg")
    );
    assert!(fail(here, &["plot", "out", "--chart", "heat-map"], 1).contains("no chart `heat-map`"));
    assert!(fail(here, &["plot", "out", "--chart", "timeline", "--scenario", "nobody"], 2).contains("ess-guide"));
    assert!(fail(here, &["plot", "out", "--chart", "tornada"], 2).contains("tornado"));

    // The page and the summary.
    succeed(here, &["report", "out", "-o", "report.html"]);
    let page = fs::read_to_string(here.join("report.html")).expect("a page");
    assert!(!page.contains(NASTY) && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "names are text");
    for part in
        ["over 2 seeds", "G", "ess.assumptions.", "# default", "windtunnel compare", "--replications 2", "digest"]
    {
        assert!(page.contains(part), "the report lacks {part}");
    }
    assert!(!page.contains(" src=\"http") && page.len() < 2_000_000, "{} bytes, nothing from the network", page.len());
    assert!(fail(here, &["report", "out", "-o", "report.html"], 1).contains("there already"));
    let summary = succeed(here, &["report", "out", "--format", "md"]);
    assert!(summary.starts_with("## Which of 2 policies") && !summary.contains("<script"), "{summary}");

    // The same results give the same bytes.
    succeed(here, &["report", "out", "-o", "again.html"]);
    assert_eq!(fs::read(here.join("again.html")).expect("a page"), page.into_bytes());

    // Where nothing may be written.
    fs::write(here.join("file"), "").expect("a file");
    assert!(fail(here, &["report", "out", "-o", "file/report.html"], 1).contains("file"));
    assert!(fail(here, &["plot", "out", "--out", "file/charts"], 1).contains("file"));
    let said = fail(here, &["plot", "out", "--font", "file", "--chart", "latency", "-o", "x.svg"], 1);
    assert!(said.contains("not a font"), "{said}");

    // A summary that was printed has no timeline, but its figures.
    let document = here.join("out/summary.json");
    fs::copy(&document, here.join("printed.json")).expect("a copy");
    succeed(here, &["plot", "printed.json", "--chart", "frontier", "-o", "printed.svg"]);
    assert!(fail(here, &["plot", "printed.json", "--chart", "timeline"], 1).contains("no timeline"));
    succeed(here, &["report", "printed.json", "-o", "printed.html"]);

    // Results of another version are refused, and both are named.
    for file in ["out/ess-guide/details.json", "printed.json"] {
        let text = fs::read_to_string(here.join(file)).expect("a document");
        let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&own));
        fs::write(here.join(file), text.replacen(&own, "\"version\": \"0.0.9\"", 1)).expect("written");
    }
    for path in ["out", "printed.json"] {
        let said = fail(here, &["report", path, "-o", "old.html"], 1);
        assert!(said.contains("0.0.9") && said.contains(env!("CARGO_PKG_VERSION")), "{said}");
    }
}

#[test]
fn what_is_no_result_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    fs::create_dir(here.join("empty")).expect("a folder");
    for (name, text) in [("no.json", "no"), ("other.json", "{\"a\": 1}"), ("list.json", "[]")] {
        fs::write(here.join(name), text).expect("a file");
    }
    let versioned = format!("{{\"version\": \"{}\"}}", env!("CARGO_PKG_VERSION"));
    fs::write(here.join("bare.json"), &versioned).expect("a file");
    let empty = format!("{{\"version\": \"{}\", \"scenarios\": []}}", env!("CARGO_PKG_VERSION"));
    fs::write(here.join("nothing.json"), empty).expect("a file");
    for path in ["nowhere", "empty", "no.json", "other.json", "list.json", "bare.json", "nothing.json"] {
        for verb in [vec!["plot", path], vec!["report", path, "-o", "report.html"]] {
            let said = fail(here, &verb, 1);
            assert!(said.contains(path) || said.contains("nothing to draw"), "{verb:?}: {said}");
        }
    }
    assert!(!here.join("report.html").exists(), "nothing is left behind");
}

#[test]
fn a_sweep_has_its_own_charts() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let sweep = format!(
        "name = \"small\"\nbase = {:?}\nhorizon = \"1h\"\nobjective = \"slo_violating_request_fraction < 1%\"\n\
         [axes]\n\"ess.alarm.cpu-high-alert.threshold\" = [60, 70]\n\"ess.rule.scale-out-cpu-high.cooldown\" = [\"60s\", \"300s\"]\n",
        config("ess.toml")
    );
    fs::write(here.join("small.toml"), sweep).expect("a sweep");
    succeed(here, &["sweep", "small.toml", "--fidelity", "fluid", "--quiet", "--out", "out"]);
    for name in ["frontier.svg", "heat-map.svg", "main-effects.png", "tornado.svg", "points.json"] {
        assert!(here.join("out").join(name).is_file(), "{name} is drawn by the sweep itself");
    }
    let text = fs::read_to_string(here.join("out/points.json")).expect("points");
    assert_eq!(text.matches("\"is_today\": true").count(), 1, "the guide's own settings are one of the points");
    let map = ["plot", "out", "--chart", "heat-map", "--axes", "threshold,cooldown", "-o", "map.svg"];
    succeed(here, &map);
    assert!(
        fs::read_to_string(here.join("map.svg"))
            .expect("an SVG")
            .contains("across: ess.alarm.cpu-high-alert.threshold")
    );
    assert!(
        fail(here, &["plot", "out", "--chart", "heat-map", "--axes", "threshold,period", "-o", "x.svg"], 2)
            .contains("cooldown")
    );
    assert!(fail(here, &["plot", "out", "--chart", "timeline"], 1).contains("main-effects"));
    succeed(here, &["report", "out", "-o", "report.html"]);
    let page = fs::read_to_string(here.join("report.html")).expect("a page");
    assert!(
        page.contains("which settings hold slo_violating_request_fraction &lt; 0.01")
            && page.contains("One seed per point")
    );
}

/// Names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backtest_of_alarms_draws_its_chart() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let rows: String = (0..48).map(|row| format!("{},{}\n", row * 300, if row % 12 < 6 { 90 } else { 20 })).collect();
    fs::write(here.join("cpu.csv"), format!("seconds,CPUUtilization,QPS\n{}", rows.replace('\n', ",100\n")))
        .expect("values");
    let arguments = ["backtest", "--scenario", &config("ess.toml"), "--metrics", "cpu.csv"];
    let printed = succeed(here, &arguments);
    assert!(printed.contains("wrote 3 files to windtunnel-backtest"), "{printed}");
    let drawn = here.join("windtunnel-backtest");
    for name in ["backtest.json", "backtest.png", "backtest.svg"] {
        assert!(files(&drawn).iter().any(|file| file == name), "{name} is missing");
    }
    let svg = fs::read_to_string(drawn.join("backtest.svg")).expect("an SVG");
    for text in
        [">CPU utilization<", ">&gt; 70 %<", ">Alarm states<", ">cpu-high-alert<", ">Scaling activities<", ">desired<"]
    {
        assert!(svg.replace('\n', "").contains(text), "{text} is missing");
    }

    // Drawn again; nothing is written where nobody wants it.
    succeed(here, &["plot", "windtunnel-backtest", "--chart", "backtest", "-o", "dark.svg", "--theme", "dark"]);
    assert!(
        fail(here, &["plot", "windtunnel-backtest", "--chart", "timeline"], 1).contains("these they have: backtest")
    );
    assert!(fail(here, &["report", "windtunnel-backtest"], 1).contains("windtunnel plot"));
    let elsewhere = tempfile::tempdir().expect("a folder");
    for more in [&["--no-plots"][..], &["--format", "json"]] {
        let metrics = here.join("cpu.csv").display().to_string();
        let mut without = vec!["backtest", "--scenario", arguments[2], "--metrics", &metrics];
        without.extend(more);
        succeed(elsewhere.path(), &without);
        assert!(files(elsewhere.path()).is_empty(), "{more:?}");
    }

    // A folder that somebody else filled: what was asked for fails, what nobody asked for is a warning.
    fs::create_dir(here.join("mine")).expect("a folder");
    fs::write(here.join("mine/notes.txt"), "mine").expect("a file");
    let mut into: Vec<&str> = arguments.to_vec();
    into.extend(["--out", "mine"]);
    assert!(fail(here, &into, 1).contains("did not write"));
    fs::write(elsewhere.path().join("windtunnel-backtest"), "mine").expect("a file");
    let metrics = here.join("cpu.csv").display().to_string();
    let said = succeed(elsewhere.path(), &["backtest", "--scenario", arguments[2], "--metrics", &metrics]);
    assert!(said.contains("the charts are not written"), "{said}");

    // Another version.
    let text = fs::read_to_string(drawn.join("backtest.json")).expect("a document");
    let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(drawn.join("backtest.json"), text.replacen(&own, "\"version\": \"0.0.9\"", 1)).expect("written");
    let said = fail(here, &["plot", "windtunnel-backtest"], 1);
    assert!(said.contains("0.0.9") && said.contains(env!("CARGO_PKG_VERSION")), "{said}");
}

#[test]
fn a_backtest_of_many_hpas_draws_a_dozen() {
    let folder = tempfile::tempdir().expect("a folder");
    let recordings = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/hpa/public.jsonl.gz");
    let said = succeed(folder.path(), &["backtest", &recordings.display().to_string(), "--out", "out"]);
    assert!(said.contains("12 of 307 scenarios are drawn"), "{said}");
    let svgs: Vec<String> =
        files(&folder.path().join("out")).into_iter().filter(|name| name.ends_with(".svg")).collect();
    assert_eq!(svgs.len(), 12, "{svgs:?}");
    let svg = fs::read_to_string(folder.path().join("out").join(&svgs[0])).expect("an SVG").replace('\n', "");
    assert!(
        svg.contains(">% of requests<") && svg.contains(">proposed by the metrics<"),
        "the metric and the replicas"
    );
}

#[test]
fn a_trace_has_its_picture_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let generate = ["trace", "generate", "constant", "rate=3rps", "--days", "1", "-o"];
    let with = |more: &[&'static str]| [&generate[..], more].concat();
    succeed(here, &with(&["t.csv"]));
    succeed(here, &["trace", "import", "t.csv", "-o", "again.csv", "--no-plots"]);
    assert_eq!(files(here), ["again.csv", "t.csv", "t.csv.svg"]);
    assert!(fs::read_to_string(here.join("t.csv.svg")).expect("an SVG").contains("requests per second"));
    succeed(here, &["plot", "t.csv", "--chart", "traffic", "-o", "t.png", "--width", "400"]);
    // Nothing is overwritten in silence, the picture neither.
    fs::remove_file(here.join("t.csv")).expect("removed");
    assert!(fail(here, &with(&["t.csv"]), 1).contains("t.csv.svg"));
    assert!(!here.join("t.csv").exists(), "nothing is half done");
    succeed(here, &with(&["t.csv", "--force"]));
}

/// How fast it opens is measured by `tests/browser/report.py`; how large it may be is not a question of the machine.
#[test]
fn the_report_of_a_week_under_four_systems_is_below_two_megabytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = ["ess.toml", "aws.toml", "tencent.toml", "hpa.toml"].map(config);
    let mut arguments = vec!["compare"];
    arguments.extend(scenarios.iter().map(String::as_str));
    arguments.extend(["--horizon", "7d", "--set", "trace.repeat=true", "--fidelity", "fluid", "--out", "week"]);
    arguments.extend(["--no-plots", "--quiet"]);
    succeed(folder.path(), &arguments);
    succeed(folder.path(), &["report", "week", "-o", "week.html"]);
    let bytes = fs::metadata(folder.path().join("week.html")).expect("a page").len();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}
