//! A sweep whose workers share an object store: a folder under the store's rules, and a small S3 on loopback that this
//! test serves itself, which also refuses.

#[path = "support/bench.rs"]
mod bench;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex};

use bench::{Bench, assert_same, results};

const SHORT: [&str; 4] = ["--horizon", "10m", "--replications", "1"];

fn prepared() -> Bench {
    let bench = Bench::new();
    bench.succeed(&[&["sweep", "sweep.toml", "--out", "whole", "--quiet"][..], &SHORT].concat());
    bench.succeed(&[&["sweep", "plan", "sweep.toml", "-o", "plan.jsonl"][..], &SHORT].concat());
    bench
}

#[test]
fn shards_in_a_store_merge_to_the_bytes_of_a_sweep() {
    let bench = prepared();
    let url = format!("file://{}", bench.path("store").display());
    let work = |shard: &str| {
        bench.succeed(&["sweep", "work", "--plan", "plan.jsonl", "--shard", shard, "--out", &url, "--quiet"])
    };
    work("1/2");
    let early = bench.refused(&["sweep", "merge", &url, "-o", "early"], 75);
    assert!(early.contains("runs are missing"), "{early}");
    for shard in ["0/2", "1/2", "2/3"] {
        work(shard);
    }
    bench.succeed(&["sweep", "merge", &url, "-o", "merged", "--quiet"]);
    assert_same(&results(&bench.path("whole")), &results(&bench.path("merged")), "a store");
}

/// Objects by their paths; with `refuses`, everything is answered with 403.
#[derive(Default)]
struct Bucket {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    refuses: bool,
}

/// Serves as much of S3 as the client uses: GET, PUT, and lists.
fn serve(bucket: Arc<Bucket>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bucket = Arc::clone(&bucket);
            std::thread::spawn(move || while answer(&stream, &bucket).is_some() {});
        }
    });
    format!("http://{address}")
}

fn answer(stream: &TcpStream, bucket: &Bucket) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_string(), words.next()?.to_string());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut objects = bucket.objects.lock().unwrap();
    let (status, content) = match method.as_str() {
        _ if bucket.refuses => ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>".to_vec()),
        "PUT" => {
            objects.insert(path.to_string(), body);
            ("200 OK", Vec::new())
        }
        "GET" if query.contains("list-type=2") => ("200 OK", listing(&objects, query)),
        "GET" => match objects.get(path) {
            Some(content) => ("200 OK", content.clone()),
            None => ("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        },
        _ => ("405 Method Not Allowed", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"1\"\r\nLast-Modified: Sun, 01 Nov 2026 00:00:00 GMT\r\n\r\n",
        content.len()
    );
    let mut stream = stream;
    stream.write_all(&[head.into_bytes(), content].concat()).ok()
}

fn listing(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Vec<u8> {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or("").replace("%2F", "/");
    let mut text = String::from("<ListBucketResult><IsTruncated>false</IsTruncated>");
    for (path, content) in objects {
        let key = path.strip_prefix("/bucket/").unwrap_or(path);
        if key.starts_with(&prefix) {
            text.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>1</ETag>\
                 <Size>{}</Size></Contents>",
                content.len()
            ));
        }
    }
    text.push_str("</ListBucketResult>");
    text.into_bytes()
}

fn with_s3(bench: &Bench, endpoint: &str, arguments: &[&str]) -> Output {
    let mut command = bench.command(arguments);
    for (name, value) in [
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_REGION", "us-east-1"),
    ] {
        command.env(name, value);
    }
    command.output().unwrap()
}

const WORK: [&str; 9] =
    ["sweep", "work", "--plan", "plan.jsonl", "--out", "s3://bucket/some/where", "--quiet", "--shard", "0/1"];

#[test]
fn an_s3_keeps_a_sweep_and_a_second_worker_finds_it_done() {
    let bench = prepared();
    let bucket = Arc::new(Bucket::default());
    let endpoint = serve(Arc::clone(&bucket));
    let output = with_s3(&bench, &endpoint, &WORK);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let before: Vec<String> = bucket.objects.lock().unwrap().keys().cloned().collect();
    assert!(before.contains(&"/bucket/some/where/plan.jsonl".to_string()), "{before:?}");
    assert!(before.iter().any(|key| key.starts_with("/bucket/some/where/shards/0-of-1/")), "{before:?}");
    assert_eq!(with_s3(&bench, &endpoint, &WORK).status.code(), Some(0));
    assert_eq!(before, bucket.objects.lock().unwrap().keys().cloned().collect::<Vec<_>>(), "nothing was done twice");
    let merged = ["sweep", "merge", "s3://bucket/some/where", "-o", "merged", "--quiet"];
    let output = with_s3(&bench, &endpoint, &merged);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(&results(&bench.path("whole")), &results(&bench.path("merged")), "S3");
}

#[test]
fn a_store_that_refuses_is_the_inputs_fault_and_one_that_is_away_is_tried_again() {
    let bench = prepared();
    let endpoint = serve(Arc::new(Bucket { refuses: true, ..Bucket::default() }));
    let output = with_s3(&bench, &endpoint, &WORK);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("s3://bucket/some/where") && said.contains("the store refuses"), "{said}");
    // Nobody listens on a port that was just given back.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = with_s3(&bench, &format!("http://{free}"), &WORK);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("AWS_ENDPOINT"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
