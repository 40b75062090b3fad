//! The `[trace]` table from end to end: what it does to a rate, and what it says when it cannot.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};

use super::*;
use crate::error::TraceError;
use crate::files::TraceFiles;
use crate::random::Streams;
use crate::time::SimTime;
use crate::trace::{OpenTrace, Trace};

/// Files that exist only in a test.
#[derive(Default)]
struct Embedded(HashMap<&'static str, Vec<u8>>);

impl TraceFiles for Embedded {
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        let content = self.0.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(content)))
    }
    fn describe(&self, path: &str) -> String {
        path.to_string()
    }
}

fn files(text: &str) -> Embedded {
    Embedded(HashMap::from([("x.csv", text.as_bytes().to_vec())]))
}

fn minutes(count: u64) -> SimDuration {
    SimDuration::from_mins(count)
}

fn spec(json: &str) -> TraceSpec {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[track_caller]
fn open(json: &str, text: &str, horizon: SimDuration) -> OpenTrace {
    match spec(json).resolve(&files(text), horizon) {
        Ok(Trace::Open(trace)) => trace,
        other => panic!("{json}: {other:?}"),
    }
}

fn problem(json: &str, text: &str) -> String {
    let error = spec(json).resolve(&files(text), minutes(1)).err();
    error.map_or_else(|| panic!("{json} is accepted with {text:?}"), |error| error.to_string())
}

/// The rate at the beginning of each minute.
fn rates(trace: &OpenTrace) -> Vec<f64> {
    let per_minute = trace.rate_segments().flat_map(|piece| {
        let minute = 60_000_000_000;
        let first = piece.start.as_nanos().div_ceil(minute);
        (first..piece.end.as_nanos().div_ceil(minute)).map(move |at| piece.at(SimTime::from_nanos(at * minute)))
    });
    per_minute.collect()
}

fn times(trace: &OpenTrace, seed: u64) -> Vec<u64> {
    let mut arrivals = trace.arrivals(Streams::new(seed));
    let mut block = vec![0; 100_000];
    let filled = arrivals.fill(&mut block);
    assert!(filled < block.len());
    block.truncate(filled);
    block
}

const FILE: &str = r#"{"file":"x.csv"}"#;
const FOUR: &str = "seconds,requests\n0,60\n60,120\n120,240\n180,180\n";

#[test]
fn a_recording_is_a_rate() {
    let trace = open(FILE, FOUR, minutes(4));
    assert_eq!(rates(&trace), [1.0, 2.0, 4.0, 3.0]);
    assert_eq!(trace.length(), Some(minutes(4)));
    assert_eq!(trace.expected_requests(SimTime::ZERO, SimTime::NEVER), 600.0);
    assert_eq!(trace.expected_requests(SimTime::from_secs(30), SimTime::from_secs(90)), 90.0);
    assert!(trace.calendar().is_none());
    assert_eq!(rates(&open(FILE, FOUR, minutes(2))), [1.0, 2.0], "until the horizon");
    assert!(trace.describe().contains("steps of 60s") && trace.describe().contains("mean 2.5"), "{}", trace.describe());
}

#[test]
fn many_ways_to_write_the_same_recording() {
    let same = [
        "0,60\n60,120\n120,240\n180,180\n",
        "# a comment\nt_s,value\n0,60\n\n60,120\n# another\n120,240\n180,180\n",
        "\u{feff}timestamp,host,count\n0,a,60\n60,b,120\n120,c,240\n180,d,180\n",
        "requests,time\n60,1000\n120,1060\n240,1120\n180,1180\n",
        "t,rps\n0,1\n60,2\n120,4\n180,3\n",
        "t_s,requests_per_second_offered\n-60,1\n0,2\n60,4\n120,3\n",
        "\"seconds\",\"requests\"\r\n0,60\r\n60,120\r\n120,240\r\n180,180\r\n",
        "1e3,60\n1060.0,120\n1120,240\n1180,180",
    ];
    for text in same {
        assert_eq!(rates(&open(FILE, text, minutes(4))), [1.0, 2.0, 4.0, 3.0], "{text}");
    }
    let rate = open(r#"{"file":"x.csv","values":"rate"}"#, FOUR, minutes(4));
    assert_eq!(rates(&rate), [60.0, 120.0, 240.0, 180.0]);
    let tenths = open(FILE, "0.0,1\n0.1,2\n0.2,3\n0.3,1\n", SimDuration::from_millis(400));
    assert_eq!(tenths.rate_segments().map(|piece| piece.from).collect::<Vec<_>>(), [10.0, 20.0, 30.0, 10.0]);
    let single = open(r#"{"file":"x.csv","interval":"1m"}"#, "0,60\n", minutes(1));
    assert_eq!(rates(&single), [1.0]);
}

#[test]
fn compressed_and_plain_are_the_same_trace() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(FOUR.as_bytes()).unwrap();
    let packed = Embedded(HashMap::from([("x.csv", packed.finish().unwrap())]));
    let Ok(Trace::Open(unpacked)) = spec(FILE).resolve(&packed, minutes(4)) else { panic!("it is open") };
    let plain = open(FILE, FOUR, minutes(4));
    assert_eq!(times(&plain, 1), times(&unpacked, 1));
    assert_eq!(plain.content_digest(), unpacked.content_digest());
    let other = open(FILE, &FOUR.replace("240", "241"), minutes(4));
    assert_ne!(plain.content_digest(), other.content_digest());
    assert_ne!(
        plain.content_digest(),
        open(r#"{"file":"x.csv","rescale":{"factor":2}}"#, FOUR, minutes(4)).content_digest()
    );
}

#[test]
fn gaps_mean_what_they_are_told_to() {
    const GAP: &str = "0,60\n60,120\n240,300\n300,60\n";
    let with = |gaps: &str| open(&format!(r#"{{"file":"x.csv","gaps":"{gaps}"}}"#), GAP, minutes(6));
    assert_eq!(rates(&with("zero")), [1.0, 2.0, 0.0, 0.0, 5.0, 1.0]);
    let line = with("interpolate");
    let in_minute =
        |minute: u64| line.expected_requests(SimTime::from_secs(60 * minute), SimTime::from_secs(60 * minute + 60));
    assert_eq!([0, 1, 2, 3, 4, 5].map(in_minute), [60.0, 120.0, 180.0, 240.0, 300.0, 60.0]);
    let kept = with("keep");
    assert_eq!(rates(&kept), [1.0, 2.0, 2.0, 2.0, 5.0, 1.0]);
    assert_eq!((kept.gaps().count, kept.gaps().total), (1, minutes(2)));
    assert!(kept.describe().contains("1 gaps of 120s together"), "{}", kept.describe());
    // Rows at any distance, each holding until the next.
    let rough =
        open(r#"{"file":"x.csv","gaps":"keep"}"#, "t,rps\n0,4\n302,8\n603,12\n905,2\n", SimDuration::from_secs(1207));
    let pieces: Vec<_> =
        rough.rate_segments().map(|piece| (piece.end.as_nanos() / 1_000_000_000, piece.from)).collect();
    assert_eq!(pieces, [(302, 4.0), (603, 8.0), (905, 12.0), (1207, 2.0)]);
}

#[test]
fn window_then_rescale_then_repeat() {
    let with = |rest: &str, horizon| open(&format!(r#"{{"file":"x.csv",{rest}}}"#), FOUR, horizon);
    assert_eq!(rates(&with(r#""window":{"from":"1m","to":"3m"}"#, minutes(2))), [2.0, 4.0]);
    assert_eq!(rates(&with(r#""window":{"from":"2m"}"#, minutes(2))), [4.0, 3.0]);
    assert_eq!(rates(&with(r#""rescale":{"mean":"5rps"}"#, minutes(4))), [2.0, 4.0, 8.0, 6.0]);
    assert_eq!(rates(&with(r#""rescale":{"peak":"8rps"}"#, minutes(2))), [2.0, 4.0], "over the whole trace");
    let both = r#""window":{"to":"2m"},"rescale":{"mean":"3rps"},"repeat":2"#;
    let trace = with(both, minutes(4));
    assert_eq!(rates(&trace), [2.0, 4.0, 2.0, 4.0]);
    assert_eq!(trace.length(), Some(minutes(4)));
    let looped = with(r#""repeat":true"#, minutes(9));
    assert_eq!(rates(&looped), [1.0, 2.0, 4.0, 3.0, 1.0, 2.0, 4.0, 3.0, 1.0]);
    assert_eq!(looped.length(), None);
    // Over a shape, too; the mean of an endless one is that until the horizon.
    let ramp = r#"{"shape":"ramp","from":"0rps","to":"10rps","over":"10m","rescale":{"mean":"1rps"}}"#;
    assert_eq!(open(ramp, "", minutes(10)).expected_requests(SimTime::ZERO, SimTime::NEVER), 600.0);
    let cut =
        r#"{"shape":"ramp","from":"0rps","to":"10rps","over":"10m","window":{"from":"4m","to":"6m"},"repeat":true}"#;
    assert_eq!(rates(&open(cut, "", minutes(4))), [4.0, 5.0, 4.0, 5.0]);
}

#[test]
fn rescaling_keeps_the_requests_in_step() {
    // Twice the rate meets the same exponentials: request by request at half the time, on a level rate.
    let at = |rate: u32| open(&format!(r#"{{"shape":"constant","rate":"{rate}rps"}}"#), "", minutes(10));
    let (slow, fast) = (times(&at(10), 3), times(&at(20), 3));
    assert!(slow.iter().zip(&fast).all(|(slow, fast)| slow.abs_diff(2 * fast) <= 2));
}

#[test]
fn shapes_add_up() {
    let sum = r#"{"sum":[{"shape":"constant","rate":"2rps"},{"shape":"step","base":"0rps","peak":"3rps","at":"1m","lasts":"1m"}]}"#;
    let added = open(sum, "", minutes(3));
    assert_eq!(rates(&added), [2.0, 5.0, 2.0]);
    assert_eq!(added.describe(), "constant + step, endless, mean 3.0 and peak 5.0 requests per second");
    let named = sum.replacen('{', r#"{"shape":"sum","#, 1);
    assert_eq!(rates(&open(&named, "", minutes(3))), [2.0, 5.0, 2.0]);
}

#[test]
fn noise_belongs_to_the_trace() {
    let noisy = |seed: u64| {
        let json = format!(r#"{{"shape":"constant","rate":"100rps","noise":{{"cv":0.2,"every":"1m"}},"seed":{seed}}}"#);
        rates(&open(&json, "", minutes(20_000)))
    };
    let (first, n) = (noisy(1), 20_000.0f64);
    assert_eq!(first, noisy(1));
    assert_ne!(first, noisy(2));
    assert_eq!(first.len(), 20_000);
    let mean = first.iter().sum::<f64>() / n;
    let cv = (first.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / n).sqrt() / mean;
    assert!((mean - 100.0).abs() < 4.0 * 20.0 / n.sqrt(), "mean {mean}");
    // The standard error of a cv of 0.2 is near 0.2 / sqrt(2 n), a tenth more for the skew.
    assert!((cv - 0.2).abs() < 4.0 * 0.22 / (2.0 * n).sqrt(), "cv {cv}");
    // Parts of a sum have noises of their own.
    let part = r#"{"shape":"constant","rate":"1rps","noise":{"cv":0.5}}"#;
    let sum = open(&format!(r#"{{"sum":[{part},{part}]}}"#), "", minutes(5));
    let one = open(&format!(r#"{{"sum":[{part}]}}"#), "", minutes(5));
    assert!(rates(&sum).iter().zip(rates(&one)).any(|(sum, one)| (sum - 2.0 * one).abs() > 1e-3));
}

#[test]
fn recorded_requests_are_replayed_exactly() {
    const STAMPS: &str = "time,tokens\n1700158623.5,12\n1700158623.5,3\n1700158624.000000007,4\n1700158626.25,9\n";
    let stamps = r#"{"arrivals":"x.csv"}"#;
    let trace = open(stamps, STAMPS, SimDuration::from_secs(3));
    assert_eq!(times(&trace, 1), [0, 0, 500_000_007, 2_750_000_000]);
    assert_eq!(times(&trace, 1), times(&trace, 2));
    assert_eq!(trace.length(), Some(SimDuration::from_secs(3)));
    assert_eq!(trace.expected_requests(SimTime::ZERO, SimTime::from_secs(1)), 3.0);
    assert_eq!(trace.rate_segments().map(|piece| piece.from).collect::<Vec<_>>(), [3.0, 0.0, 1.0]);
    assert_eq!(trace.calendar().unwrap().start().to_string(), "2023-11-16T18:17:03.5+00:00[UTC]");
    let looped = open(r#"{"arrivals":"x.csv","repeat":2}"#, "5\n6.5\n", SimDuration::from_secs(4));
    assert_eq!(times(&looped, 1), [0, 1_500_000_000, 2_000_000_000, 3_500_000_000]);
    let cut = open(r#"{"arrivals":"x.csv","window":{"from":"1s"}}"#, "5\n6.5\n", SimDuration::from_secs(1));
    assert_eq!(times(&cut, 1), [500_000_000]);
}

#[test]
fn the_calendar_comes_from_the_table_or_the_recording() {
    let unix = "t_s,requests\n899164800,60\n899164860,60\n899164920,60\n";
    let calendar = |rest: &str| open(&format!(r#"{{"file":"x.csv"{rest}}}"#), unix, minutes(1)).calendar().unwrap();
    assert_eq!(calendar("").start().to_string(), "1998-06-30T00:00:00+00:00[UTC]");
    assert_eq!(calendar(r#","zone":"Europe/Paris""#).start().to_string(), "1998-06-30T02:00:00+02:00[Europe/Paris]");
    assert_eq!(calendar(r#","window":{"from":"1m"}"#).start().to_string(), "1998-06-30T00:01:00+00:00[UTC]");
    assert_eq!(calendar(r#","start":"2026-11-02T00:00:00""#).start().to_string(), "2026-11-02T00:00:00+00:00[UTC]");
    // Saturday from the calendar: the weekend's factor applies at once.
    let saturday =
        r#"{"shape":"diurnal","base":"1rps","peak":"9rps","peak_at":"0s","weekend":0.5,"start":"2026-11-07T00:00:00"}"#;
    assert_eq!(rates(&open(saturday, "", minutes(1))), [4.5]);
}

#[test]
fn clients_come_in_three_kinds() {
    let closed = |json: &str| match spec(json).resolve(&files(""), minutes(60)) {
        Ok(Trace::Closed(clients)) => clients,
        other => panic!("{other:?}"),
    };
    let batch = closed(r#"{"clients":{"batch":500,"pause":"1s","for":"600s"}}"#);
    assert_eq!(batch.lasts(), Some(minutes(10)));
    assert!(matches!(batch, ClientsSpec::Batch { batch: 500, .. }));
    let users = r#"{"users":40,"think":{"exponential":{"mean":"1s"}}}"#;
    let read = closed(&format!(r#"{{"clients":{users}}}"#));
    assert_eq!(serde_json::to_string(&read).unwrap(), users);
    let workers = r#"{"workers":[["0s",8],["5m",0],["10m",36]],"every":"1s"}"#;
    let read = closed(&format!(r#"{{"clients":{workers}}}"#));
    let ClientsSpec::Workers { workers: steps, .. } = &read else { panic!("{read:?}") };
    assert_eq!(steps.iter().map(|step| step.1).collect::<Vec<_>>(), [8, 0, 36]);
    let again = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<ClientsSpec>(&again).unwrap(), read);
    assert_eq!(read.to_string(), "a load generator of 0 to 36 workers in 3 steps, each a request per 1s");
    let constant = closed(r#"{"clients":{"workers":40}}"#);
    assert!(matches!(constant, ClientsSpec::Workers { workers, .. } if workers == [(SimDuration::ZERO, 40)]));
    for (json, part) in [
        (r#"{"workers":[["5m",1],["0s",2]]}"#, "sort them"),
        (r#"{"workers":0}"#, "at least 1"),
        (r#"{"workers":4,"every":"0s"}"#, "`every` is zero"),
        (r#"{"workers":4,"think":"1s"}"#, "`workers` and `every`"),
        (r#"{"every":"1s","users":4}"#, "`workers` and `every`"),
        (r#"{"workers":"many"}"#, "a number of workers, or steps"),
        (r#"{"batch":5,"users":4}"#, "either `batch` and `pause`"),
        (r#"{"users":4}"#, "`users` needs `think`"),
        (r#"{"batch":0,"pause":"1s"}"#, "at least 1"),
        (r#"{"batch":1,"rate":1}"#, "unknown field `rate`"),
    ] {
        let error = serde_json::from_str::<ClientsSpec>(json).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

#[test]
fn a_bad_line_is_named() {
    let bad = |text: &str, parts: &[&str]| says(&problem(FILE, text), parts);
    bad("seconds,requests\n0,1\n60,-5\n", &["x.csv, line 3, column 2", "`-5` is negative"]);
    bad("0,1\n60,NaN\n", &["line 2, column 2", "`NaN` is not a finite number", "gaps"]);
    bad("0,1\n60,inf\n", &["line 2, column 2", "not a finite number"]);
    bad("0,1\n60,many\n", &["line 2, column 2", "`many` is not a number of requests"]);
    bad("0,1\n60,\n", &["line 2, column 2", "missing"]);
    bad("0,1\n60\n", &["line 2", "1 of the 2 columns"]);
    bad("0,1\nnoon,1\n", &["line 2, column 1", "`noon` is not a number of seconds"]);
    bad("0,1\n60,1\n30,1\n", &["line 3", "before the time of line 2", "sort"]);
    bad("0,1\n60,1\n60,1\n", &["line 3", "also the time of line 2"]);
    bad("0,1\n60,1\n120,1\n130,1\n", &["line 4", "no multiple of the interval of 60s", "keep"]);
    bad("0,1\n60,1\n120,1\n300,1\n", &["line 4", "2 intervals of 60s are missing", "`gaps = \"zero\"`"]);
    bad("0,1,2\n60,1,2\n", &["line 1", "3 columns", "no header", "requests"]);
    bad("when,what\n0,1\n", &["line 1", "the header `when,what` does not name", "seconds"]);
    bad("1700158623456,1\n1700158624456,1\n", &["line 1, column 1", "milliseconds"]);
    bad("", &["x.csv", "no rows"]);
    bad("seconds,requests\n", &["x.csv", "no rows"]);
    bad("0,1\n", &["single row", "`interval = \"1m\"`"]);
    says(&problem(r#"{"arrivals":"x.csv"}"#, "1.0\n0.5\n"), &["x.csv, line 2", "0.5 s is before 1 s on line 1"]);
    says(&problem(r#"{"arrivals":"x.csv"}"#, ""), &["no rows"]);
    let latin = Embedded(HashMap::from([("x.csv", b"0,1\n60,\xe9t\xe9\n".to_vec())]));
    let error = spec(FILE).resolve(&latin, minutes(1)).unwrap_err().to_string();
    says(&error, &["line 2, column 2", "not UTF-8"]);
}

#[test]
fn a_bad_file_is_named() {
    let missing = spec(r#"{"file":"y.csv"}"#).resolve(&files(""), minutes(1)).unwrap_err().to_string();
    says(&missing, &["y.csv", "no such file"]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("x.csv")).unwrap();
    let disk = crate::files::DiskFiles { base: directory.path().to_path_buf() };
    let error = spec(FILE).resolve(&disk, minutes(1)).unwrap_err().to_string();
    says(&error, &["x.csv", "directory"]);
    let mut broken = vec![0x1f, 0x8b, 8, 0];
    broken.extend([0xff; 20]);
    let broken = Embedded(HashMap::from([("x.csv", broken)]));
    says(&spec(FILE).resolve(&broken, minutes(1)).unwrap_err().to_string(), &["x.csv", "gzip stream is damaged"]);
}

#[test]
fn keys_that_do_not_go_together_are_named() {
    let bad = |json: &str, parts: &[&str]| says(&problem(json, FOUR), parts);
    bad("{}", &["nothing arrives", "`file`", "`shape`"]);
    bad(r#"{"file":"x.csv","shape":"constant","rate":"1rps"}"#, &["`file`, `shape` exclude each other"]);
    bad(r#"{"file":"x.csv","rate":"1rps"}"#, &["`rate` cannot stand beside `file`"]);
    bad(r#"{"shape":"constant","rate":"1rps","gaps":"zero"}"#, &["`gaps` cannot stand beside `shape`"]);
    bad(r#"{"clients":{"batch":5,"pause":"1s"},"rescale":{"factor":2}}"#, &["`rescale` cannot stand beside `clients`"]);
    bad(r#"{"arrivals":"x.csv","rescale":{"factor":2}}"#, &["`rescale` cannot stand beside `arrivals`"]);
    bad(r#"{"shape":"step","base":"1rps"}"#, &["shape = \"step\" needs `peak`, `at`"]);
    bad(r#"{"shape":"constant","rate":"1rps","peak":"2rps"}"#, &["\"constant\" has no key `peak`", "takes `rate`"]);
    bad(r#"{"shape":"sum"}"#, &["needs `sum`"]);
    bad(r#"{"sum":[]}"#, &["no parts"]);
    bad(r#"{"sum":[{"shape":"constant","rate":"1rps"},{"shape":"ramp"}]}"#, &["sum, part 2", "`from`, `to`, `over`"]);
    bad(r#"{"sum":[{"rate":"1rps"}]}"#, &["part 1", "needs `shape`"]);
    bad(r#"{"shape":"diurnal","base":"1rps","peak":"2rps","weekend":-1}"#, &["weekend is -1"]);
    bad(r#"{"file":"x.csv","noise":{"cv":-1}}"#, &["noise.cv is -1"]);
    bad(r#"{"file":"x.csv","noise":{"cv":1,"every":"0s"}}"#, &["noise.every is zero"]);
    bad(r#"{"file":"x.csv","rescale":{"factor":-1}}"#, &["rescale.factor is -1"]);
    bad(r#"{"file":"x.csv","window":{"from":"2m","to":"2m"}}"#, &["window is empty", "120s"]);
    bad(r#"{"file":"x.csv","window":{"to":"1h"}}"#, &["window reaches to 1h", "240s long"]);
    bad(r#"{"file":"x.csv","interval":"0s"}"#, &["interval is zero"]);
    bad(r#"{"file":"x.csv","zone":"UTC"}"#, &["`zone` without `start`"]);
    bad(r#"{"file":"x.csv","start":"noon"}"#, &["start = \"noon\""]);
    bad(r#"{"file":"x.csv","rescale":{"factor":1e300}}"#, &["more than can be simulated"]);
    bad(r#"{"shape":"constant","rate":"1e300rps"}"#, &["more than can be simulated"]);
    says(&problem(r#"{"file":"x.csv","rescale":{"mean":"1rps"}}"#, "0,0\n60,0\n"), &["the trace is empty"]);
    let unknown = serde_json::from_str::<TraceSpec>(r#"{"fil":"x.csv"}"#).unwrap_err().to_string();
    says(&unknown, &["unknown field `fil`", "`file`"]);
    assert!(serde_json::from_str::<TraceSpec>(r#"{"file":"x.csv","repeat":0}"#).is_err());
    assert!(serde_json::from_str::<TraceSpec>(r#"{"file":"x.csv","repeat":-1}"#).is_err());
}

#[test]
fn a_run_longer_than_its_trace_is_refused() {
    let error = spec(FILE).resolve(&files(FOUR), minutes(5)).unwrap_err();
    says(&error.to_string(), &["240s long", "horizon is 300s", "`repeat = true`", "at most 240s"]);
    assert!(matches!(error, TraceError::TooShort { .. }));
    assert!(spec(r#"{"file":"x.csv","repeat":2}"#).resolve(&files(FOUR), minutes(9)).is_err());
    assert!(spec(r#"{"file":"x.csv","repeat":2}"#).resolve(&files(FOUR), minutes(8)).is_ok());
}

#[test]
fn what_is_written_reads_back() {
    let json = r#"{"file":"x.csv","gaps":"interpolate","window":{"from":"6h","to":"30h"},"rescale":{"mean":"600rps"},"repeat":true,"start":"2026-11-02T00:00:00","zone":"Asia/Shanghai","noise":{"cv":0.1,"every":"60s"}}"#;
    assert_eq!(serde_json::to_string(&spec(json)).unwrap(), json);
    let schema = serde_json::to_string(&schemars::schema_for!(TraceSpec)).unwrap();
    says(&schema, &["closed-loop", "peak_at", "lognormal", "additionalProperties"]);
}
