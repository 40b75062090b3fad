//! What the fuzz targets of importers have in common: content goes through one format, and must be read or refused.

use std::io::Cursor;

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
