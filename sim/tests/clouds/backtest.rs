//! The backtest of alarms: formats, conventions, and what it says.

use windtunnel_sim::backtest::alarms::{BacktestOptions, BacktestReport, CloudPolicy, backtest, backtest_recorded};
use windtunnel_sim::backtest::metrics_file::parse;
use windtunnel_sim::controllers::cloud::Provider;
use windtunnel_sim::controllers::decision::{Metric, MetricSource, Statistic};

use crate::support::*;

const CPU: &[Metric] = &[Metric::CpuUtilization];

const ESS: &str = "min = 3\nmax = 10\ndesired = 5\n[[rule]]\nname = \"out\"\nadjust = { change = 2 }\ncooldown = \"300s\"\n\
                   [[alarm]]\nname = \"high\"\nmetric = \"CpuUtilization\"\ncomparison = \">\"\nthreshold = 70\nperiod = \"300s\"\n\
                   times = 3\naction = \"out\"\n";

fn run(policy: &CloudPolicy, csv: &str, until: u64) -> BacktestReport {
    let provider = match policy {
        CloudPolicy::Ess(_) => Provider::Ess,
        CloudPolicy::Aws(_) => Provider::Aws,
        CloudPolicy::Tencent(_) => Provider::Tencent,
    };
    let recorded = parse(csv, provider, CPU).expect("readable");
    let options = BacktestOptions { until: Some(at(until)), ..BacktestOptions::default() };
    backtest_recorded(policy, &recorded, &options).expect("valid")
}

fn states(report: &BacktestReport) -> Vec<(f64, &str)> {
    report.alarms[0].state.iter().map(|s| (s.seconds, s.state.as_str())).collect()
}

#[test]
fn cloud_backtest_of_ess_without_delays() {
    // Windows [0, 300), [300, 600), [600, 900) breach; the third is complete at 900 and evaluated there. The fleet obeys at
    // once, so the cooldown runs from 900 to 1200, and the evaluation of 1200 is open again.
    let csv = "seconds,CpuUtilization\n0,71.3\n300,74\n600,78.9\n900,80\n1200,20\n";
    let report = run(&CloudPolicy::Ess(ess(ESS)), csv, 1500);
    assert_eq!(states(&report), [(0.0, "INSUFFICIENT_DATA"), (300.0, "OK"), (900.0, "ALARM"), (1500.0, "OK")]);
    assert_eq!(report.alarms[0].state[2].reason, "71.3, 74.0, 78.9 > 70");
    let decided: Vec<_> = report.decisions.iter().map(|d| (d.seconds, d.decision, d.from, d.to)).collect();
    assert_eq!(decided, [(900.0, "accepted", 5, 7), (1200.0, "accepted", 7, 9)]);
}

#[test]
fn cloud_backtest_evaluates_up_to_and_including_until() {
    let csv = "seconds,CpuUtilization\n0,90\n300,90\n600,90\n";
    assert_eq!(run(&CloudPolicy::Ess(ess(ESS)), csv, 899).decisions.len(), 0);
    assert_eq!(run(&CloudPolicy::Ess(ess(ESS)), csv, 900).decisions.len(), 1);
}

#[test]
fn cloud_backtest_honours_a_delay_that_the_scenario_states() {
    let text = format!("{ESS}[assumptions]\nalarm_delay = \"60s\"\n");
    let csv = "seconds,CpuUtilization\n0,90\n300,90\n600,90\n900,90\n";
    let report = run(&CloudPolicy::Ess(ess(&text)), csv, 1000);
    assert_eq!(report.decisions[0].seconds, 960.0);
}

#[test]
fn cloud_backtest_of_aws_slides_each_minute_and_an_absent_row_is_missing_data() {
    // 3 of 3 minutes; minute 3 is absent, so at 240 the three newest real points of the range are minutes 1, 2 and 4.
    let text = "min = 3\nmax = 10\ndesired = 5\n[[policy]]\nname = \"out\"\nadjust = { change = 2 }\n\
                [[alarm]]\nname = \"high\"\nmetric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 70\nperiod = \"60s\"\n\
                times = 3\naction = \"out\"\n";
    let csv = "seconds,CPUUtilization\n0,80\n60,80\n180,80\n240,10\n";
    let report = run(&CloudPolicy::Aws(aws(text)), csv, 600);
    // At 180 the oldest breach is three slots old and nothing answered it: the premature rule. From 480 on the range of five
    // minutes holds the 10 alone, then nothing.
    assert_eq!(
        states(&report),
        [(0.0, "INSUFFICIENT_DATA"), (180.0, "ALARM"), (300.0, "OK"), (600.0, "INSUFFICIENT_DATA")]
    );
}

#[test]
fn cloud_metrics_of_cloudwatch_and_cloudmonitor_are_read() {
    let value = |text: &str, provider, statistic, from: u64, to: u64| {
        let recorded = parse(text, provider, CPU).unwrap_or_else(|e| panic!("{e}"));
        recorded.statistic(Metric::CpuUtilization, statistic, at(from), at(to))
    };
    let data = r#"{"MetricDataResults":[{"Id":"m1","Label":"CPUUtilization","StatusCode":"Complete",
        "Timestamps":["2026-01-01T00:10:00+00:00","2026-01-01T00:05:00Z","2026-01-01T00:00:00Z"],"Values":[78.9,74.0,71.3]}]}"#;
    assert_eq!(value(data, Provider::Aws, Statistic::Average, 0, 300), Some(71.3));
    assert_eq!(value(data, Provider::Aws, Statistic::Maximum, 0, 900), Some(78.9));
    let statistics = r#"{"Label":"CPUUtilization","Datapoints":[
        {"Timestamp":"2026-01-01T00:05:00Z","Average":50.0,"Maximum":90.0,"SampleCount":5,"Unit":"Percent"},
        {"Timestamp":"2026-01-01T00:00:00Z","Average":40.0,"Maximum":60.0,"SampleCount":5,"Unit":"Percent"}]}"#;
    assert_eq!(value(statistics, Provider::Aws, Statistic::Average, 300, 600), Some(50.0));
    assert_eq!(value(statistics, Provider::Aws, Statistic::Maximum, 0, 600), Some(90.0));
    let cms = r#"{"Code":"200","Period":"300","Datapoints":"[{\"timestamp\":1735725900000,\"instanceId\":\"i-a\",\"Minimum\":61.0,\"Average\":72.5,\"Maximum\":90.1},
        {\"timestamp\":1735725900000,\"instanceId\":\"i-b\",\"Minimum\":10.0,\"Average\":27.5,\"Maximum\":30.0}]"}"#.replace('\n', "");
    assert_eq!(value(&cms, Provider::Ess, Statistic::Average, 0, 300), Some(50.0), "the mean over the instances");
    assert_eq!(value(&cms, Provider::Ess, Statistic::Maximum, 0, 300), Some(90.1), "the hottest instance");
    let recorded = parse(&cms, Provider::Ess, CPU).expect("readable");
    assert_eq!(recorded.per_instance(Metric::CpuUtilization, Statistic::Average, at(0), at(300)).len(), 2);
}

#[test]
fn cloud_bad_recordings_say_what_is_wrong() {
    let table = [
        ("", "empty"),
        ("0,1\n60,2\n", "names the columns"),
        ("seconds,Banana\n0,1\n", "none of the columns"),
        ("seconds,CpuUtilization\n0,abc\n", "line 2: `abc` is not a number"),
        ("seconds,CpuUtilization\n0,NaN\n", "line 2: `NaN` is not a number"),
        ("seconds,CpuUtilization\n60,1\n0,1\n", "line 3: time 0 does not follow"),
        ("seconds,CpuUtilization\n-5,1\n", "line 2: `-5` is not a time"),
        ("seconds,CpuUtilization\n0,1,2\n", "line 2: 3 cells where the header has 2"),
        ("seconds,MemoryUtilization\n0,1\n", "the alarms watch CpuUtilization"),
        ("[1, 2]", "JSON list"),
        ("{\"a\": 1}", "neither `MetricDataResults`"),
        ("{\"a\": ", "line 1"),
        ("seconds,CpuUtilization\n0,1\n1e15,1\n", "line 3: time 1000000000000000 is more than ten years"),
        (
            "{\"Label\":\"CPUUtilization\",\"Datapoints\":[{\"Timestamp\":\"yesterday\",\"Average\":1}]}",
            "is not a time",
        ),
    ];
    for (text, words) in table {
        let error = parse(text, Provider::Ess, CPU).expect_err(text).to_string();
        assert!(error.contains(words), "{text:?}: {error}");
    }
    let missing =
        backtest(&CloudPolicy::Ess(ess(ESS)), std::path::Path::new("nowhere.csv"), &BacktestOptions::default());
    assert!(missing.expect_err("no such file").to_string().contains("nowhere.csv"));
}

#[test]
fn cloud_backtest_prints_and_serialises() {
    let csv = "seconds,CpuUtilization\n0,71.3\n300,74\n600,78.9\n";
    let report = run(&CloudPolicy::Ess(ess(ESS)), csv, 900);
    let text = report.to_string();
    assert!(text.contains("alarm high (CpuUtilization > 70)") && text.contains("5 → 7  out"), "{text}");
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["alarms"][0]["state"][2]["state"], "ALARM");
    assert_eq!(json["decisions"][0]["to"], 7);
}

#[test]
fn cloud_backtest_of_nothing_recorded_is_all_missing_data() {
    for text in ["seconds,CpuUtilization\n", "{\"Label\":\"CPUUtilization\",\"Datapoints\":[]}"] {
        let report = run(&CloudPolicy::Ess(ess(ESS)), text, 3600);
        assert_eq!(states(&report), [(0.0, "INSUFFICIENT_DATA")]);
        assert!(report.decisions.is_empty());
    }
}

#[test]
fn cloud_backtest_takes_the_policy_out_of_a_scenario() {
    use windtunnel_sim::scenario::document::Document;
    let policy = |text: &str| Document::parse("s.toml", text).and_then(|d| CloudPolicy::from_document(&d));
    let tables = ESS.replace("[[rule]]", "[[ess.rule]]").replace("[[alarm]]", "[[ess.alarm]]");
    let text = format!("name = \"x\"\n[ess]\n{tables}");
    assert!(matches!(policy(&text), Ok(CloudPolicy::Ess(_))), "no trace, no service: a backtest needs none");
    let error = policy(&text.replace("300s\"\ntimes", "600s\"\ntimes")).expect_err("600 s is no period");
    assert!(error.diagnostics[0].message.contains("300 s × 6"), "{error:?}");
    assert!(policy("name = \"x\"\n").is_err() && policy("[ess]\nmin = 1\nmax = 2\n[aws]\nmin = 1\nmax = 2\n").is_err());
}

#[test]
fn cloud_backtest_schedules_go_by_the_recordings_own_clock() {
    // 2026-01-01T00:00:00Z is a Thursday; the action of 00:10 UTC comes 600 s into the recording.
    let text = "min = 1\nmax = 9\ndesired = 2\n[[scheduled]]\nname = \"s\"\ncron = \"10 0 * * THU\"\ndesired = 5\n";
    let json = r#"{"Label":"CPUUtilization","Datapoints":[{"Timestamp":"2026-01-01T00:00:00Z","Average":1.0}]}"#;
    let report = run(&CloudPolicy::Aws(aws(text)), json, 1200);
    assert_eq!(report.desired.iter().map(|d| (d.seconds, d.desired)).collect::<Vec<_>>(), [(0.0, 2), (600.0, 5)]);
}

#[test]
fn cloud_backtest_evaluates_no_alarm_by_a_statistic_that_was_not_recorded() {
    let answer = |words: &str, policy: &str, recording: &str| {
        let path = std::env::temp_dir().join(format!("windtunnel-{}-{words}.json", std::process::id()));
        std::fs::write(&path, recording).expect("written");
        let options = BacktestOptions { until: Some(at(1200)), ..BacktestOptions::default() };
        let result = backtest(&CloudPolicy::Ess(ess(policy)), &path, &options);
        std::fs::remove_file(&path).expect("removed");
        result
    };
    let maximum = r#"{"Label":"CPUUtilization","Datapoints":[{"Timestamp":"2026-01-01T00:00:00Z","Maximum":90.0}]}"#;
    let error = answer("average", ESS, maximum).expect_err("the alarm goes by the average").to_string();
    assert!(error.contains("`high` goes by the average"), "{error}");
    let by_maximum = ESS.replace("times = 3", "times = 3\nstatistic = \"maximum\"");
    assert!(answer("maximum", &by_maximum, maximum).is_ok());
    // A sum over a number of samples is an average; a word is no number.
    let sum = maximum.replace("\"Maximum\":90.0", "\"Sum\":180.0,\"SampleCount\":2");
    let report = answer("sum", &ESS.replace("times = 3", "times = 1"), &sum).expect("an average");
    assert!(report.alarms[0].state.iter().any(|s| s.state == "ALARM" && s.reason.contains("90.0")), "{report}");
    let quoted = maximum.replace("\"Maximum\":90.0", "\"Average\":\"many\"");
    assert!(answer("quoted", ESS, &quoted).expect_err("a text").to_string().contains("not a number"));
}

#[test]
fn cloud_backtest_reads_percentiles_of_the_response_time() {
    let text = "min = 1\nmax = 9\ndesired = 2\n[[policy]]\nname = \"out\"\nadjust = { change = 1 }\n[[alarm]]\nname = \"slow\"\n\
                metric = \"TargetResponseTime\"\nstatistic = \"p99\"\ncomparison = \">\"\nthreshold = 0.5\nperiod = \"60s\"\ntimes = 1\n\
                action = \"out\"\n";
    let watched = [Metric::LatencyP99];
    let statistics = r#"{"Label":"TargetResponseTime","Datapoints":[{"Timestamp":"2026-01-01T00:00:00Z","Average":0.1,
        "ExtendedStatistics":{"p50":0.05,"p99":0.9}}]}"#;
    for recording in [
        "seconds,TargetResponseTime\n0,0.9\n",
        "seconds,TargetResponseTime p99,TargetResponseTime\n0,0.9,0.1\n",
        statistics,
    ] {
        let recorded = parse(recording, Provider::Aws, &watched).expect(recording);
        let options = BacktestOptions { until: Some(at(60)), ..BacktestOptions::default() };
        let report = backtest_recorded(&CloudPolicy::Aws(aws(text)), &recorded, &options).expect("valid");
        assert_eq!(states(&report), [(0.0, "INSUFFICIENT_DATA"), (60.0, "ALARM")], "{recording}");
    }
}

#[test]
fn cloud_backtest_reads_every_form_of_time_and_number() {
    // The same three periods of 300 s: as seconds, Unix time in seconds and milliseconds, calendar time; numbers as texts.
    let value = |text: &str, provider| {
        let recorded = parse(text, provider, CPU).unwrap_or_else(|e| panic!("{e}\n{text}"));
        [0, 300, 600]
            .map(|from| recorded.statistic(Metric::CpuUtilization, Statistic::Average, at(from), at(from + 300)))
    };
    let expected = [Some(71.5), Some(74.0), Some(78.25)];
    let csv = |stamps: [&str; 3]| {
        let rows = stamps.iter().zip([71.5, 74.0, 78.25]).map(|(stamp, value)| format!("{stamp},{value}\n"));
        format!("time,CpuUtilization\n{}", rows.collect::<String>())
    };
    for stamps in [
        ["0", "300", "600"],
        ["1767225600", "1767225900", "1767226200"],
        ["1767225600000", "1767225900000", "1767226200000"],
        ["2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z", "2026-01-01T08:10:00+08:00"],
    ] {
        assert_eq!(value(&csv(stamps), Provider::Ess), expected, "{stamps:?}");
    }
    let point = |stamp: &str, average: &str| format!("{{\"Timestamp\":{stamp},\"Average\":{average}}}");
    for stamps in [
        ["1767225600", "1767225900", "1767226200"],
        ["1767225600.0", "\"1767225900\"", "1767226200.0"],
        ["\"2026-01-01T00:00:00+00:00\"", "\"2026-01-01T00:05:00Z\"", "\"2026-01-01T00:10:00Z\""],
    ] {
        let points = [point(stamps[2], "78.25"), point(stamps[0], "\"71.5\""), point(stamps[1], "74")].join(",");
        let text = format!("{{\"Label\":\"CPUUtilization\",\"Datapoints\":[{points}]}}");
        assert_eq!(value(&text, Provider::Aws), expected, "{stamps:?}");
    }
}

#[test]
fn cloud_backtest_reads_pages_and_refuses_half_an_answer() {
    // DescribeMetricList and get-metric-data come in pages: one after another, or in a list; what they share is the same.
    let page = |stamps: &[(u64, f64)], token: &str| {
        let points: Vec<_> = stamps
            .iter()
            .map(|(second, value)| {
                serde_json::json!({"timestamp": 1_767_225_600_000_u64 + second * 1000, "instanceId": "i-a", "Average": value})
            })
            .collect();
        serde_json::json!({"Code": "200", "Period": "300", "NextToken": token, "Datapoints": serde_json::Value::from(points).to_string()})
            .to_string()
    };
    let first = page(&[(0, 90.0), (300, 80.0)], "more");
    let second = page(&[(300, 80.0), (600, 70.0)], "");
    let read = |text: &str| parse(text, Provider::Ess, CPU).map_err(|error| error.to_string());
    for text in [format!("{first}\n{second}\n"), format!("[{first},{second}]")] {
        let recorded = read(&text).expect("two pages");
        let values = [0, 300, 600]
            .map(|from| recorded.statistic(Metric::CpuUtilization, Statistic::Average, at(from), at(from + 300)));
        assert_eq!(values, [Some(90.0), Some(80.0), Some(70.0)]);
    }
    for (text, words) in [
        (first.clone(), "the answer goes on (`NextToken`)"),
        (format!("{first}{}", page(&[(300, 81.0)], "")), "have the same time and differ"),
        (
            second.replace("\"200\"", "\"403\"").replace("\"NextToken\":\"\"", "\"Message\":\"Forbidden.RAM\""),
            "an error, 403: Forbidden.RAM",
        ),
        (format!("{first} {{"), "line 1"),
        ("[1, 2]".to_string(), "JSON list"),
        ("[]".to_string(), "JSON list"),
    ] {
        let error = read(&text).expect_err(words);
        assert!(error.contains(words), "{error}");
    }
    let data = |status: &str| {
        format!(
            "{{\"MetricDataResults\":[{{\"Id\":\"m1\",\"Label\":\"CPUUtilization\",\"StatusCode\":\"{status}\",\
             \"Timestamps\":[\"2026-01-01T00:00:00Z\"],\"Values\":[50.0]}}]}}"
        )
    };
    assert!(parse(&data("Complete"), Provider::Aws, CPU).is_ok());
    for status in ["InternalError", "Forbidden"] {
        let error = parse(&data(status), Provider::Aws, CPU).expect_err(status).to_string();
        assert!(error.contains(status), "{error}");
    }
}
