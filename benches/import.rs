//! Reading a combined log: lines per second on one core. The goal is 1.5 million. Beside it, the bare loop that only looks
//! for the ends of lines: what the memory allows.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use windtunnel_traces::import::{ImportOptions, Input, import};

const LINES: u64 = 500_000;

/// A generated log: some 240 bytes a line, 300 requests per second.
fn log() -> Vec<u8> {
    let mut text = String::new();
    for line in 0..LINES {
        let second = line / 300;
        let (hour, minute) = (second / 3_600 % 24, second / 60 % 60);
        let _ = writeln!(
            text,
            "10.{}.{}.{} - - [22/Jan/2026:{hour:02}:{minute:02}:{:02} +0100] \"GET /images/product/{}/view?size=200x200&n={line} \
             HTTP/1.1\" {} {} \"https://www.example.com/shop/category/{}\" \"Mozilla/5.0 (Linux; Android 14) \
             AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36\"",
            line % 256,
            line / 256 % 256,
            line / 7 % 256,
            second % 60,
            line * 7_919 % 99_991,
            if line % 97 == 0 { 404 } else { 200 },
            line * 31 % 60_000,
            line % 40,
        );
    }
    text.into_bytes()
}

fn bench(criterion: &mut Criterion) {
    let log: &'static [u8] = log().leak();
    let mut group = criterion.benchmark_group("import");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    group.bench_function("combined log, lines", |bencher| {
        bencher.iter(|| {
            let input = Input { name: "log".into(), content: Box::new(Cursor::new(log)) };
            import(vec![input], &ImportOptions::default(), &mut |_| true).map(|recorded| recorded.total())
        });
    });
    group.bench_function("bare: ends of lines", |bencher| {
        bencher.iter(|| black_box(log).iter().filter(|byte| **byte == b'\n').count());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
