//! What the fuzz targets have in common: content goes through one importer, and must be read or refused.

use std::io::Cursor;

use windtunnel_sim::backtest::{Records, metrics_file};
use windtunnel_sim::controllers::cloud::Provider;
use windtunnel_sim::scenario::{Document, artifacts};
use windtunnel_traces::calibrate::boot_times;
use windtunnel_traces::import::{ImportOptions, Input, import};

/// Reads content as a format; what cannot be read must be refused without a panic, and what is read must be counted.
pub fn traffic(format: &str, content: &[u8]) {
    let options = ImportOptions {
        format: Some(format.to_string()),
        log_format: Some(r#"$remote_addr [$time_local] "$request" $status $request_time $upstream_response_time"#.to_string()),
        max_bad: 1.0,
        ..ImportOptions::default()
    };
    read(content, &options);
}

/// Reads content as whatever it seems to be.
pub fn detected(content: &[u8]) {
    read(content, &ImportOptions { max_bad: 1.0, ..ImportOptions::default() });
}

fn read(content: &[u8], options: &ImportOptions) {
    let input = Input { name: "fuzz".to_string(), content: Box::new(Cursor::new(content.to_vec())) };
    if let Ok(recorded) = import(vec![input], options, &mut |_| true) {
        assert!(recorded.counts().all(|(_, count)| count >= 0.0 && count.is_finite()));
        assert!(recorded.end() > recorded.start());
    }
}

/// Reads content as policies of whatever vendor it is from. What is read must be a scenario that parses.
pub fn policy(content: &[u8]) {
    policies(content, false);
}

/// Reads content as a script or a guide with command lines.
pub fn script(content: &[u8]) {
    policies(content, true);
}

fn policies(content: &[u8], shell: bool) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    let options = artifacts::ImportOptions { shell, ..artifacts::ImportOptions::default() };
    if let Ok(import) = artifacts::import(&[artifacts::Source::new("fuzz", text)], &options) {
        for scenario in import.scenarios {
            let parsed = Document::parse("fuzz.toml", &scenario.text);
            assert!(parsed.is_ok(), "{parsed:?}\n{}", scenario.text);
        }
    }
}

/// Reads content as scaling activities.
pub fn activities(content: &[u8]) {
    if let Ok(fit) = boot_times(content) {
        assert!(fit.median.value > 0.0 && fit.p95.is_finite());
    }
}

/// Reads content as recorded values of alarms.
pub fn metrics(content: &[u8]) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    let _ = metrics_file::parse(text, Provider::Aws, &[]);
}

/// Reads content as recorded HPA experiments.
pub fn records(content: &[u8]) {
    if let Ok(records) = Records::new(content) {
        for record in records {
            let _ = record;
        }
    }
}
