//! Every format of recorded traffic, damaged in every way: it is read, or refused with the file's name and what to do.
//! Nothing brings the program down, and what is refused leaves nothing behind.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

/// The beginning of the recordings: 2023-11-14 22:13:20 UTC.
const BEGIN: i64 = 1_700_000_000;
const ROWS: i64 = 200;

fn lines(one: impl Fn(i64) -> String) -> String {
    (0..ROWS).map(|row| one(row) + "\n").collect()
}

/// A small recording of every format.
fn recordings() -> Vec<(&'static str, String)> {
    let minute = |row: i64| BEGIN / 60 * 60 + 60 * row;
    let clock = |row: i64| format!("22:{:02}:{:02}", 13 + (20 + row) / 60, (20 + row) % 60);
    let iso = |row: i64| format!("2023-11-14T{}Z", clock(row));
    let count = |row: i64| row % 9 + 10;
    let matrix = json!({ "status": "success", "data": { "resultType": "matrix", "result": [{
        "metric": { "__name__": "http_requests_total" },
        "values": (0..ROWS).map(|row| json!([BEGIN + 15 * row, (3 * row).to_string()])).collect::<Vec<_>>(),
    }] } });
    let metric_data = json!({ "MetricDataResults": [{ "Id": "m", "Label": "RequestCount",
        "Timestamps": (0..ROWS).map(minute).collect::<Vec<_>>(),
        "Values": (0..ROWS).map(count).collect::<Vec<_>>() }] });
    let statistics = json!({ "Label": "RequestCount", "Datapoints": (0..ROWS)
        .map(|row| json!({ "Timestamp": minute(row), "Sum": count(row), "Unit": "Count" })).collect::<Vec<_>>() });
    let points: Vec<_> = (0..ROWS).map(|row| json!({ "timestamp": minute(row) * 1000, "Sum": count(row) })).collect();
    let metric_list = json!({ "Code": "200", "Period": "60", "Datapoints": serde_json::to_string(&points).unwrap() });
    let locust = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,\
                  Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,\
                  Total Min Response Time,Total Max Response Time,Total Average Content Size\n";
    let elb = "1.2.3.4:1 10.0.0.1:80 0.001 0.020 0.000 200 200 34 366 \"GET http://x:80/ HTTP/1.1\" \"agent\" - -";
    vec![
        (
            "combined",
            lines(|row| {
                format!("1.2.3.4 - - [14/Nov/2023:{} +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"x\"", clock(row))
            }),
        ),
        ("json-lines", lines(|row| json!({ "time": iso(row), "latency_ms": 12.5 }).to_string())),
        (
            "alb",
            lines(|row| {
                format!(
                    "http 2023-11-14T{}.123456Z app/lb/1 {elb} arn:x \"Root=1\" \"-\" \"-\" 1 2023-11-14T{}.100000Z \"forward\" \"-\" \"-\"",
                    clock(row),
                    clock(row)
                )
            }),
        ),
        ("clb", lines(|row| format!("2023-11-14T{}.123456Z lb {elb}", clock(row)))),
        ("cloudwatch-data", metric_data.to_string()),
        ("cloudwatch-statistics", statistics.to_string()),
        ("cms", metric_list.to_string()),
        ("prometheus", matrix.to_string()),
        (
            "k6-csv",
            "metric_name,timestamp,metric_value,check,error\n".to_string()
                + &lines(|row| format!("http_reqs,{},1.0,,", BEGIN + row)),
        ),
        (
            "k6-json",
            lines(|row| {
                json!({ "type": "Point", "metric": "http_reqs", "data": { "time": iso(row), "value": 1, "tags": {} } })
                    .to_string()
            }),
        ),
        (
            "locust",
            locust.to_string()
                + &lines(|row| {
                    format!("{},1,,Aggregated,1.0,0.0,1,1,1,1,1,1,1,1,1,1,1,{},0,1,1,1,1,1", BEGIN + row, 2 * row)
                }),
        ),
        (
            "hey",
            "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n".to_string()
                + &lines(|row| format!("0.0100,0.001,0.001,0.0001,0.0100,0.0001,200,{:.4}", row as f64 * 0.05)),
        ),
        (
            "azure-functions-2019",
            format!(
                "HashOwner,HashApp,HashFunction,Trigger,{}\na,b,c,http{}\n",
                (1..=1440).map(|minute| minute.to_string()).collect::<Vec<_>>().join(","),
                ",2".repeat(1440)
            ),
        ),
        (
            "azure-functions-2021",
            "app,func,end_timestamp,duration\n".to_string() + &lines(|row| format!("a,b,{}.5,0.1", row + 1)),
        ),
        (
            "azure-llm",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_string()
                + &lines(|row| format!("2023-11-14 {}.1234567,10,20", clock(row))),
        ),
        ("limbo", lines(|row| format!("{}.5,{}.0;", row, count(row)))),
        (
            "prometheus-csv",
            "metric,labels,timestamp,value\n".to_string()
                + &lines(|row| format!("up_requests_total,job=a,{},{}", minute(row), 3 * row)),
        ),
        ("numbers", lines(|row| count(row).to_string())),
        ("csv", "time,count\n".to_string() + &lines(|row| format!("{},{}", minute(row), count(row)))),
        (
            "csv-of-iso-times",
            "Timestamp,RequestCount\n".to_string() + &lines(|row| format!("{},{}", iso(row), count(row))),
        ),
    ]
}

/// What becomes of a damaged recording.
#[derive(Copy, Clone, PartialEq)]
enum Expected {
    Read,
    Refused(&'static str),
    /// It depends on the format which of both: a line in a log may be lost, half of a document is none.
    Either,
}
use Expected::{Either, Read, Refused};

fn damages(text: &str) -> Vec<(&'static str, Vec<u8>, Expected)> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let cut = packed[..packed.len() * 2 / 3].to_vec();
    let half = text.len() / 2;
    let long = match text.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{}\n{rest}", "x".repeat(10 << 20)),
        None => text.to_string(),
    };
    let backwards = match text.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{}\n", rest.lines().rev().collect::<Vec<_>>().join("\n")),
        None => text.to_string(),
    };
    let noise: Vec<u8> = (0..5000u32).map(|index| ((index * 37 + 11) % 256) as u8).collect();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    vec![
        ("whole", text.as_bytes().to_vec(), Read),
        ("with CRLF", text.replace('\n', "\r\n").into_bytes(), Read),
        ("with a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat(), Read),
        ("packed", packed, Read),
        ("packed and cut off", cut, Refused("cut off")),
        ("empty", Vec::new(), Refused("it is empty")),
        ("blank", b"\n \n\n".to_vec(), Refused("it is empty")),
        ("binary", noise, Refused("a binary file")),
        ("UTF-16", utf16, Refused("UTF-16")),
        ("a web page", b"<!doctype html>\n<html>log in</html>\n".to_vec(), Refused("a web page")),
        ("cut off", text.as_bytes()[..text.len() * 2 / 3].to_vec(), Either),
        ("with zeros", [&text.as_bytes()[..half], b"\0\0\0", &text.as_bytes()[half..]].concat(), Either),
        ("with a line of 10 MB", long.into_bytes(), Either),
        ("backwards", backwards.into_bytes(), Either),
        ("centuries ahead", text.replace("2023", "9023").replace("17000", "917000").into_bytes(), Either),
        ("centuries ago", text.replace("2023", "0023").into_bytes(), Either),
        ("without numbers", text.replace("10", "NaN").into_bytes(), Either),
        (
            "with numbers past 64 bits",
            text.replace(",1", ",340282366920938463463374607431768211456").into_bytes(),
            Either,
        ),
    ]
}

fn import(folder: &Path, name: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(["trace", "import", name, "-o", "out.csv", "--force"])
        .output()
        .unwrap()
}

#[test]
fn every_format_meets_every_damage() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("out.csv");
    let mut wrong = Vec::new();
    for (format, text) in recordings() {
        for (damage, content, expected) in damages(&text) {
            let name = format!("{format} {damage}.rec").replace(' ', "-");
            std::fs::write(folder.path().join(&name), content).unwrap();
            let output = import(folder.path(), &name);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let is_right = match output.status.code() {
                Some(0) => written.exists() && !matches!(expected, Refused(_)),
                Some(1) => {
                    let words = if let Refused(words) = expected { words } else { "" };
                    expected != Read && !written.exists() && said.contains(&name) && said.contains(words)
                }
                _ => false,
            };
            if !is_right {
                wrong.push(format!("{name}: {:?}: {}", output.status.code(), said.lines().next().unwrap_or_default()));
            }
            let _ = std::fs::remove_file(&written);
            std::fs::remove_file(folder.path().join(&name)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers that no count can hold are refused by name, in tables and in documents.
#[test]
fn numbers_beyond_counting_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, words) in [
        ("table.csv", "time,count\n0,1\n60,340282366920938463463374607431768211456\n".to_string(), "more than can be counted"),
        (
            "answer.json",
            json!({ "MetricDataResults": [{ "Label": "RequestCount", "Timestamps": [BEGIN, BEGIN + 60], "Values": [1.0, 3.4e38] }] })
                .to_string(),
            "more than can be counted",
        ),
        ("no-number.csv", "time,count\n0,NaN\n60,NaN\n".to_string(), "line 2"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let output = import(folder.path(), name);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(name) && said.contains(words), "{name}: {said}");
    }
}

/// What AWS, ESS and Tencent list about activities, damaged.
#[test]
fn damaged_activities_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let activities: Vec<_> = (0..9)
        .map(|index| {
            json!({ "Description": "Launching a new EC2 instance", "StatusCode": "Successful",
                "StartTime": "2026-01-01T00:00:00Z", "EndTime": format!("2026-01-01T00:02:{:02}Z", 5 * index) })
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "Activities": activities })).unwrap();
    let calibrate = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .current_dir(folder.path())
            .args(["calibrate", "--activities", name, "--out", "fit"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_written = folder.path().join("fit").exists();
        let _ = std::fs::remove_dir_all(folder.path().join("fit"));
        (output.status.code(), said, is_written)
    };
    for (name, content) in
        [("plain.json", text.clone()), ("marked.json", format!("\u{feff}{}", text.replace('\n', "\r\n")))]
    {
        let (code, said, _) = calibrate(name, content.as_bytes());
        assert_eq!(code, Some(0), "{name}: {said}");
    }
    for (name, content, words) in [
        ("empty.json", String::new(), "it is empty"),
        ("page.json", "<html></html>".into(), "a web page"),
        ("log.json", "1.2.3.4 - -\n".into(), "not a JSON object"),
        ("cut.json", text[..text.len() / 2].to_string(), "not JSON"),
        ("far.json", text.replace("2026", "9999"), "times that are none"),
        ("other.json", "{\"a\": 1}".into(), "holds no activities"),
    ] {
        let (code, said, is_written) = calibrate(name, content.as_bytes());
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains(name) && said.contains(words) && !is_written, "{name}: {said}");
    }
}
