//! Every format from its content to counts, and what is said when it cannot be read.

use std::io::{Cursor, Write};

use super::*;

fn input(name: &str, content: impl Into<Vec<u8>>) -> Input {
    Input { name: name.into(), content: Box::new(Cursor::new(content.into())) }
}

// Options are written where they are used.
#[allow(clippy::needless_pass_by_value)]
#[track_caller]
fn read_with(content: impl Into<Vec<u8>>, options: ImportOptions) -> Recorded {
    import(vec![input("x", content)], &options, &mut |_| true).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn read(content: impl Into<Vec<u8>>) -> Recorded {
    read_with(content, ImportOptions::default())
}

#[allow(clippy::needless_pass_by_value)]
#[track_caller]
fn problem_with(content: impl Into<Vec<u8>>, options: ImportOptions) -> String {
    match import(vec![input("x", content)], &options, &mut |_| true) {
        Ok(recorded) => panic!("it was read: {} requests as {}", recorded.total(), recorded.sources[0].format),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn problem(content: impl Into<Vec<u8>>) -> String {
    problem_with(content, ImportOptions::default())
}

/// Seconds and counts.
fn counts(recorded: &Recorded) -> Vec<(i64, f64)> {
    recorded.counts().map(|(at, count)| (at / 1_000_000_000, count)).collect()
}

fn format(recorded: &Recorded) -> &'static str {
    recorded.sources[0].format
}

fn seconds(seconds: u64) -> Option<SimDuration> {
    Some(SimDuration::from_secs(seconds))
}

fn common(second: u64, status: u16) -> String {
    format!("10.0.0.1 - - [22/Jan/2019:03:56:{second:02} +0330] \"GET / HTTP/1.1\" {status} 5 \"-\" \"curl\" 0.1\n")
}

/// 22 January 2019, 03:56 in Tehran.
const MINUTE: i64 = 1_548_116_760;

#[test]
fn combined_logs_are_counted_whatever_their_order() {
    let lines: String = [3, 1, 2, 3, 1, 3].iter().map(|second| common(*second, 200)).collect();
    let recorded = read_with(lines, ImportOptions { resolution: seconds(1), ..ImportOptions::default() });
    assert_eq!(format(&recorded), "combined");
    assert_eq!(counts(&recorded), [(MINUTE + 1, 2.0), (MINUTE + 2, 1.0), (MINUTE + 3, 3.0)]);
    assert_eq!(recorded.zone.as_deref(), Some("+03:30"));
    assert_eq!(recorded.written(recorded.start()), "2019-01-22T03:56:01+03:30");
}

#[test]
fn refusals_mark_a_stretch_as_saturated() {
    let lines: String = (0..40u64).map(|line| common(line / 10, if line / 10 % 3 == 1 { 503 } else { 200 })).collect();
    let recorded = read_with(lines, ImportOptions { resolution: seconds(1), ..ImportOptions::default() });
    let marks: Vec<(i64, i64)> = recorded
        .censored
        .iter()
        .map(|mark| (mark.from / 1_000_000_000 - MINUTE, mark.to / 1_000_000_000 - MINUTE))
        .collect();
    assert_eq!(marks, [(1, 2)]);
    assert!(recorded.censored[0].reason.contains("100.0 %"));
}

#[test]
fn damaged_lines_are_counted_and_too_many_are_refused() {
    let mut lines: String = (0..99).map(|line| common(line % 60, 200)).collect();
    lines.push_str("nonsense\n");
    let recorded = read(lines.clone());
    assert_eq!((recorded.total(), recorded.sources[0].count.lines, recorded.sources[0].count.damaged), (99.0, 100, 1));
    lines.insert_str(0, "first\n");
    let problem = problem(lines.clone());
    for part in ["2 of 101 lines", "--max-bad", "line 1:", "line 101:", "nonsense"] {
        assert!(problem.contains(part), "{part}: {problem}");
    }
    assert_eq!(read_with(lines, ImportOptions { max_bad: 0.05, ..ImportOptions::default() }).total(), 99.0);
}

#[test]
fn a_long_silence_is_a_gap_and_a_short_one_is_none() {
    // A request every second, an hour and a half of silence, and again; within the first part half an hour is silent.
    let at = |second: u64| format!("{}\n", 1_548_116_760 + second);
    let times = (0..600).chain(2_400..3_000).chain(8_400..9_000).map(at).collect::<String>();
    let options =
        ImportOptions { values: Some(ImportedValues::Request), format: Some("csv".into()), ..ImportOptions::default() };
    let recorded = read_with(times.clone(), options.clone());
    assert_eq!(recorded.total(), 1_800.0);
    assert_eq!(recorded.stretches.len(), 2, "{:?}", recorded.gaps());
    let zero = read_with(times.clone(), ImportOptions { gaps: Gaps::Zero, ..options.clone() });
    assert_eq!((zero.stretches.len(), zero.total()), (1, 1_800.0));
    let refused = problem_with(times, ImportOptions { gaps: Gaps::Error, ..options });
    assert!(refused.contains("1 gaps") && refused.contains("--gaps keep"), "{refused}");
}

#[test]
fn years_between_two_lines_are_no_problem() {
    let one: String = (0..500).map(|line| common(line % 50, 200)).collect();
    let recorded = read(one.clone() + &one.replace("2019", "2024"));
    assert_eq!((recorded.total(), recorded.stretches.len()), (1_000.0, 2));
    assert!(recorded.intervals() < 200);
}

#[test]
fn json_lines_have_named_fields() {
    let line =
        r#"{"http":{"ts":"2019-01-22T03:56:01+03:30","ms":250,"tags":["a",{"ts":1}]},"status":503,"note":"\"ts\""}"#;
    let options = ImportOptions {
        time: Some("http.ts".into()),
        duration: Some("http.ms".into()),
        duration_unit: Some(SimDuration::from_millis(1)),
        stamped_at_end: true,
        resolution: Some(SimDuration::from_millis(250)),
        format: Some("json-lines".into()),
        ..ImportOptions::default()
    };
    let recorded = read_with(format!("{line}\n{line}\n"), options.clone());
    assert_eq!(recorded.start(), (MINUTE * 1_000 + 750) * 1_000_000);
    assert_eq!((recorded.total(), recorded.durations.mean()), (2.0, 0.25));
    assert!(problem_with("{\"a\":1}\n", options).contains("http.ts"));
    assert_eq!(format(&read("{\"ts\":1548116761.5,\"path\":\"/\"}\n{\"ts\":1548116762}\n")), "json-lines");
    let rows = "{\"time\":0,\"n\":5}\n{\"time\":60,\"n\":6}\n";
    let rows = read_with(rows, ImportOptions { value: Some("n".into()), ..ImportOptions::default() });
    assert_eq!(counts(&rows), [(0, 5.0), (60, 6.0)]);
}

#[test]
fn plain_csv_in_any_order_of_columns() {
    let recorded =
        read("host;requests;timestamp\na;5;2014-04-10 00:04:00\na;7;2014-04-10 00:09:00\na;9;2014-04-10 00:19:00\n");
    assert_eq!(format(&recorded), "csv");
    assert_eq!(counts(&recorded), [(1_397_088_240, 5.0), (1_397_088_540, 7.0), (1_397_089_140, 9.0)]);
    assert_eq!(recorded.stretches.len(), 2, "a missing row is a gap");
    assert!(recorded.notes.iter().any(|note| note.contains("UTC")), "{:?}", recorded.notes);
    let totals = ImportOptions { values: Some(ImportedValues::Counter), ..ImportOptions::default() };
    let increases = counts(&read_with("t,requests\n0,5\n10,9\n20,12\n", totals));
    assert_eq!(increases.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4.0, 3.0], "{increases:?}");
    let rates = read("t,qps\n0,2\n10,3\n");
    assert_eq!(counts(&rates), [(0, 20.0), (10, 30.0)]);
    let named = ImportOptions { time: Some("1".into()), value: Some("3".into()), ..ImportOptions::default() };
    assert_eq!(counts(&read_with("0,x,4\n60,y,5\n", named)), [(0, 4.0), (60, 5.0)]);
    let zone = ImportOptions { zone: Some("America/New_York".into()), ..ImportOptions::default() };
    let summer = read_with("time,count\n2014-07-01 00:00:00,1\n2014-07-01 01:00:00,1\n", zone);
    assert_eq!(summer.start() / 1_000_000_000, 1_404_187_200, "04:00 UTC");
    for (content, part) in [
        ("when,hits_total,x\n1,2,3\n", "--time"),
        ("time,replicas\n0,1\n60,2\n", "`replicas`"),
        ("time,count\n0,1\n60,nan\n", "not a number"),
        ("time,count\n0,1\n60,-4\n", "negative"),
        ("time,count\n0,1\n60,99999999999999999999\n", "more than can be counted"),
        ("time,count\n0,1\n2525-01-01 00:00:00,4\n", "2199"),
        ("time,count\n0,1\n", "--interval"),
    ] {
        assert!(problem(content).contains(part), "{content}: {}", problem(content));
    }
}

#[test]
fn numbers_alone_are_counts_one_after_the_other() {
    let recorded = read_with("5\n6\n\n7\n", ImportOptions { interval: seconds(60), ..ImportOptions::default() });
    assert_eq!((format(&recorded), counts(&recorded)), ("numbers", vec![(0, 5.0), (60, 6.0), (120, 7.0)]));
}

#[test]
fn load_balancer_logs_count_at_the_arrival() {
    let alb = "https 2018-07-02T22:23:00.186641Z app/my-lb/50 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 \
               \"GET https://x:443/a \\\"b\\\" HTTP/1.1\" \"curl 7\" ECDHE TLSv1.2 arn:x \"Root=1\" \"d\" \"c\" 1 \
               2018-07-02T22:22:48.364000Z \"forward\" \"-\" \"-\"\n";
    let refused = alb.replace("0.048 0.037 200 200", "-1 -1 503 -").replace(":48.364000Z", ":49.364000Z");
    let options = ImportOptions { resolution: seconds(1), ..ImportOptions::default() };
    let recorded = read_with(format!("{alb}{refused}"), options.clone());
    assert_eq!((format(&recorded), counts(&recorded)), ("alb", vec![(1_530_570_168, 1.0), (1_530_570_169, 1.0)]));
    assert_eq!((recorded.durations.count(), recorded.durations.mean()), (1, 0.048));
    let clb = "2015-05-13T23:39:43.945958Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
               \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -\n";
    let recorded = read_with(clb, options);
    assert_eq!((format(&recorded), counts(&recorded)), ("clb", vec![(1_431_560_383, 1.0)]));
    assert_eq!(recorded.durations.mean(), 0.001048);
}

#[test]
fn cloudwatch_answers_in_all_their_shapes() {
    let data = r#"{"MetricDataResults":[{"Id":"m1","Label":"RequestCount","Timestamps":["2026-01-01T00:10:00+00:00",
        "2026-01-01T00:05:00+00:00","2026-01-01T00:00:00+00:00"],"Values":[3.0,2.0,1.0],"StatusCode":"Complete"}],"Messages":[]}"#;
    let recorded = read(data);
    assert_eq!((format(&recorded), recorded.resolution), ("cloudwatch", SimDuration::from_mins(5)));
    assert_eq!(counts(&recorded), [(1_767_225_600, 1.0), (1_767_225_900, 2.0), (1_767_226_200, 3.0)]);
    let two = data.replace("}],\"Mess", r#"},{"Id":"m2","Timestamps":["2026-01-01T00:00:00Z"],"Values":[9]}],"Mess"#);
    assert!(problem(two.clone()).contains("`m1`, `m2`"), "{}", problem(two));
    let all = ImportOptions { series: Some("all".into()), ..ImportOptions::default() };
    assert_eq!(read_with(two, all).total(), 15.0);
    let statistics = r#"{"Label":"RequestCount","Datapoints":[
        {"Timestamp":"2026-01-01T00:01:00Z","Sum":5.0,"Unit":"Count"},{"Timestamp":"2026-01-01T00:00:00Z","Sum":4.0,"Unit":"Count"}]}"#;
    assert_eq!(counts(&read(statistics)), [(1_767_225_600, 4.0), (1_767_225_660, 5.0)]);
    assert!(problem(statistics.replace("Count\"}", "Percent\"}")).contains("Percent"));
    assert!(problem(&statistics[..120]).contains("cut off"), "{}", problem(&statistics[..120]));
    let console = "Full label,RequestCount\nLabel,RequestCount\nPeriod,60\n2026/01/01 00:00:00,4\n2026/01/01 00:01:00,\n2026/01/01 00:02:00,6\n";
    let recorded = read(console);
    assert_eq!((format(&recorded), recorded.total(), recorded.stretches.len()), ("cloudwatch-csv", 10.0, 2));
}

#[test]
fn cloudmonitor_hides_its_points_in_a_string() {
    let answer = r#"{"Code":"200","Period":"60","Datapoints":"[{\"timestamp\":1767225600000,\"instanceId\":\"lb-1\",\"Average\":2.5},
        {\"timestamp\":1767225660000,\"instanceId\":\"lb-1\",\"Average\":3.5}]","Success":true}"#;
    let recorded = read(answer.replace('\n', ""));
    assert_eq!((format(&recorded), counts(&recorded)), ("cms", vec![(1_767_225_600, 150.0), (1_767_225_660, 210.0)]));
    assert!(recorded.notes.iter().any(|note| note.contains("Average")), "{:?}", recorded.notes);
}

#[test]
fn prometheus_counters_become_increases_and_gauges_stay_rates() {
    let answer = |name: &str, values: &str| {
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"__name__":"{name}","pod":"a"}},"values":{values}}}]}}}}"#
        )
    };
    let counter = read(answer("http_requests_total", r#"[[0,"100"],[15,"130"],[30,"10"],[45,"NaN"],[60,"30"]]"#));
    assert_eq!(format(&counter), "prometheus");
    assert_eq!(counts(&counter), [(0, 30.0), (15, 10.0), (30, 10.0), (45, 10.0)]);
    let notes = counter.notes.join("; ");
    assert!(notes.contains("restarted from zero 1 times") && notes.contains("one value is NaN"), "{notes}");
    let gauge = read(answer("", r#"[[0,"2"],[15,"4"]]"#));
    assert_eq!(counts(&gauge), [(0, 30.0), (15, 60.0)]);
    let bare = r#"{"data":{"pods":[[0,"1"],[15,"2"]],"hits":[[0,"1"],[15,"3"]]}}"#;
    assert!(problem(bare).contains("`pods`") && problem(bare).contains("--series"));
    let hits =
        ImportOptions { series: Some("hits".into()), values: Some(ImportedValues::Count), ..ImportOptions::default() };
    assert_eq!(read_with(bare, hits).total(), 4.0);
    assert!(problem(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#).contains("query_range"));
    let promtool = "http_requests_total{pod=\"a\"} =>\n1 @[1767225600]\n4 @[1767225660.000]\nhttp_requests_total{pod=\"b\"} =>\n7 @[1767225600]\n9 @[1767225660]\n";
    let recorded = read(promtool);
    assert_eq!((format(&recorded), counts(&recorded)), ("promtool", vec![(1_767_225_600, 5.0)]));
    let dump =
        "{__name__=\"x_total\", pod=\"a b\"} 1 1767225600000\n{__name__=\"x_total\", pod=\"a b\"} 4 1767225660000\n";
    assert_eq!(counts(&read(dump)), [(1_767_225_600, 3.0)]);
}

#[test]
fn load_generators_say_when_requests_were_sent() {
    let options = ImportOptions { resolution: seconds(1), ..ImportOptions::default() };
    let k6 = "metric_name,timestamp,metric_value,check,status\nhttp_reqs,1595325560,1.000000,,200\nhttp_req_duration,1595325560,\
              2500.0,,200\nhttp_reqs,1595325561,1,,503\nhttp_req_duration,1595325561,0,,503\nvus,1595325561,5,,\n";
    let recorded = read_with(k6, options.clone());
    assert_eq!((format(&recorded), recorded.total(), recorded.start() / 1_000_000_000), ("k6-csv", 2.0, 1_595_325_557));
    let point = |metric: &str| {
        format!(
            "{{\"type\":\"Point\",\"metric\":\"{metric}\",\"data\":{{\"time\":\"2017-05-09T14:34:45.5+02:00\",\"value\":500,\"tags\":{{\"status\":\"200\"}}}}}}\n"
        )
    };
    let k6 = format!(
        "{{\"type\":\"Metric\",\"metric\":\"http_req_duration\",\"data\":{{}}}}\n{}{}",
        point("http_req_duration"),
        point("vus")
    );
    let recorded = read_with(k6, options.clone());
    assert_eq!((format(&recorded), counts(&recorded)), ("k6-json", vec![(1_494_333_285, 1.0)]));
    let locust = "Timestamp,User Count,Type,Name,Requests/s,Total Request Count,Total Failure Count\n10,1,,Aggregated,0,0,0\n\
                  10,1,GET,/a,0,0,0\n11,1,,Aggregated,0,4,0\n12,1,,Aggregated,0,24,10\n";
    let recorded = read(locust);
    assert_eq!((format(&recorded), counts(&recorded)), ("locust", vec![(10, 4.0), (11, 20.0)]));
    assert_eq!(recorded.censored.len(), 1, "half of them failed");
    let hey = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n0.1,0,0,0,0,0,200,0.01\n0.3,0,0,0,0,0,200,1.5\n";
    let recorded = read_with(hey, options);
    assert_eq!((format(&recorded), counts(&recorded)), ("hey", vec![(0, 1.0), (1, 1.0)]));
    let wrk = "Running 30s test @ http://x\n  2 threads and 100 connections\n  60018 requests in 30.00s, 19.81MB read\n  Non-2xx or 3xx responses: 12\nRequests/sec:   2000.59\n";
    let recorded = read(wrk);
    assert_eq!(
        (format(&recorded), recorded.total(), recorded.resolution),
        ("wrk", 60_018.0, SimDuration::from_secs(30))
    );
}

#[test]
fn azures_traces() {
    let matrix = "HashOwner,HashApp,HashFunction,Trigger,1,2,3\na,b,c,http,1,0,2\na,b,d,queue,10,0,20\n";
    let recorded = read(matrix);
    assert_eq!(
        (format(&recorded), counts(&recorded)),
        ("azure-functions-2019", vec![(0, 11.0), (60, 0.0), (120, 22.0)])
    );
    let options = ImportOptions { resolution: seconds(1), ..ImportOptions::default() };
    let recorded = read_with("app,func,end_timestamp,duration\na,b,2.5,0.6\na,b,3.5,3.0\n", options.clone());
    assert_eq!((format(&recorded), counts(&recorded)), ("azure-functions-2021", vec![(0, 1.0), (1, 1.0)]));
    let llm = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n";
    assert_eq!(counts(&read_with(llm, options)), [(1_700_158_623, 1.0), (1_700_158_624, 1.0)]);
}

#[test]
fn limbo_files_and_models() {
    let recorded = read("0.5,306.0;\n1.5,369.0;\n2.5,0;\n");
    assert_eq!((format(&recorded), counts(&recorded)), ("limbo", vec![(0, 306.0), (1, 369.0), (2, 0.0)]));
    let hourly =
        ImportOptions { time_unit: seconds(3600), values: Some(ImportedValues::Count), ..ImportOptions::default() };
    assert_eq!(counts(&read_with("0.5,306.0;\n1.5,369.0;\n", hourly)), [(0, 306.0), (3600, 369.0)]);
    let model = r#"<?xml version="1.0" encoding="ASCII"?>
<dlim:Sequence xmi:version="2.0" xmlns:xmi="http://www.omg.org/XMI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:dlim="http://descartes.tools/dlim/0.1" name="root" terminateAfterTime="8.0">
  <sequenceFunctionContainers duration="4.0"><function xsi:type="dlim:Sin" min="10.0" max="30.0" period="4.0"/></sequenceFunctionContainers>
  <sequenceFunctionContainers duration="2.0"><function xsi:type="dlim:LinearTrend" functionOutputAtStart="0" functionOutputAtEnd="8">
    <combine operator="MULT"><function xsi:type="dlim:Constant" constant="2.0"/></combine></function></sequenceFunctionContainers>
  <combine><function xsi:type="dlim:Constant" constant="1.0"/></combine>
</dlim:Sequence>"#;
    let recorded = read(model);
    let half = 10.0 * std::f64::consts::FRAC_1_SQRT_2;
    let wanted = [21.0 + half, 21.0 + half, 21.0 - half, 21.0 - half, 5.0, 13.0, 21.0 + half, 21.0 + half];
    assert_eq!(format(&recorded), "dlim");
    for ((_, seen), wanted) in counts(&recorded).into_iter().zip(wanted) {
        assert!((seen - wanted).abs() < 1e-9, "{seen} for {wanted}");
    }
    assert_eq!(recorded.intervals(), wanted.len());
}

#[test]
fn what_cannot_be_read_is_named_for_what_it_looks_like() {
    for (content, part) in [
        (&b""[..], "empty"),
        (b" \n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"\x7fELF\0\0\0\x01\x02", "binary"),
        (b"PAR1\0\0", "Parquet"),
        (b"\xff\xfea\0b\0", "UTF-16"),
        (b"BZh91AY&SY", "bunzip2"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"{\"kind\": \"List\"}", "JSON, but of no shape"),
        (b"some words\nand others\n", "--log-format"),
        (b"Name:    web\nReference: HorizontalPodAutoscaler\n", "kubectl"),
    ] {
        let problem = problem(content);
        assert!(problem.starts_with("x: ") && problem.contains(part), "{part}: {problem}");
    }
    let forced = ImportOptions { format: Some("alb".into()), ..ImportOptions::default() };
    let problem = problem_with(common(1, 200).repeat(3), forced);
    assert!(problem.contains("looks like combined") && problem.contains("--input-format combined"), "{problem}");
    let unknown = ImportOptions { format: Some("klingon".into()), ..ImportOptions::default() };
    assert!(problem_with("1\n", unknown).contains("there are combined"));
}

#[test]
fn packed_files_are_unpacked_and_cut_ones_refused() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let lines: String = (0..60).map(|second| common(second, 200)).collect();
    encoder.write_all(lines.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(read(packed.clone()).total(), 60.0);
    assert!(problem(&packed[..packed.len() - 9]).contains("cut off"), "{}", problem(&packed[..packed.len() - 9]));
}

#[test]
fn lines_with_other_ends_and_marks_are_the_same() {
    let lines = format!("\u{feff}{}", common(1, 200).repeat(3).replace('\n', "\r\n"));
    assert_eq!(read(lines).total(), 3.0);
}

#[test]
fn several_files_are_one_recording() {
    let options = ImportOptions { resolution: seconds(1), ..ImportOptions::default() };
    let inputs = vec![input("b", common(2, 200)), input("a", common(1, 200))];
    let recorded = import(inputs, &options, &mut |_| true).unwrap();
    assert_eq!(counts(&recorded), [(MINUTE + 1, 1.0), (MINUTE + 2, 1.0)]);
    let mixed = vec![input("log", common(2, 200)), input("csv", "time,count\n0,1\n60,2\n")];
    assert!(import(mixed, &options, &mut |_| true).unwrap_err().to_string().contains("one after the other"));
    let twice = vec![input("log", common(2, 200))];
    assert!(import(twice, &options, &mut |_| false).is_ok(), "a short file needs no look at the progress");
}

#[test]
fn what_is_written_is_read_again() {
    let lines: String = (0..40u64).map(|line| common(line / 10, if line / 10 == 1 { 503 } else { 200 })).collect();
    let first = read_with(lines.clone(), ImportOptions { resolution: seconds(1), ..ImportOptions::default() });
    let mut text = Vec::new();
    first.write_csv(&mut text).unwrap();
    let again = read(text.clone());
    assert_eq!((&again.stretches, &again.censored, &again.zone), (&first.stretches, &first.censored, &first.zone));
    assert_eq!(again.resolution, first.resolution);
    let head: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().take(4).collect();
    assert_eq!(
        head,
        ["# windtunnel trace 1", "# source: x (combined): 40 requests", "# zone: +03:30", "# resolution: 1s"]
    );
    let stamps = read_with(lines, ImportOptions { stamps: true, ..ImportOptions::default() });
    let mut binary = Vec::new();
    assert_eq!(stamps.write_stamps(&mut binary).unwrap(), 40);
    let again = read_with(binary, ImportOptions { resolution: seconds(1), ..ImportOptions::default() });
    assert_eq!((format(&again), &again.stretches), ("stamps", &first.stretches));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_kept_through_writing_and_reading(counts in proptest::collection::vec(0u32..50, 2..40), start in 0u32..2_000_000_000) {
        let rows = counts.iter().enumerate().map(|(index, count)| format!("{},{count}\n", u64::from(start) + index as u64 * 60));
        let first = read("seconds,requests\n".to_string() + &rows.collect::<String>());
        let mut text = Vec::new();
        first.write_csv(&mut text).unwrap();
        proptest::prop_assert_eq!(read(text).stretches, first.stretches);
    }

    #[test]
    fn whatever_a_file_holds_it_is_read_or_refused(
        content in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        start in proptest::sample::select(vec!["", "{\"Datapoints\":", "time,count\n0,1\n", "http 2018-07-02T22:23:00Z ", "0.5,3;\n", "1\n"]),
        format in proptest::sample::select(formats().into_iter().map(|format| format.0).collect::<Vec<_>>()),
    ) {
        let content = [start.as_bytes(), &content].concat();
        let options = ImportOptions { max_bad: 1.0, ..ImportOptions::default() };
        let _ = import(vec![input("x", content.clone())], &options, &mut |_| true);
        let forced = ImportOptions { format: Some(format.to_string()), ..options };
        let _ = import(vec![input("x", content)], &forced, &mut |_| true);
    }
}
