//! Recordings too long to be held: read again for every replay, with the same result, and honest about files that change.

use std::fmt::Write as _;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};

use super::*;
use crate::files::Reopen;

const ROWS: u64 = 500_001;

/// A file that can change between two readings.
fn changing(text: String) -> (Reopen, Arc<Mutex<String>>) {
    let content = Arc::new(Mutex::new(text));
    let shared = Arc::clone(&content);
    let open = move || -> io::Result<Box<dyn Read + Send>> {
        let text = shared.lock().map_err(|_| io::ErrorKind::Other)?.clone();
        if text.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(Box::new(Cursor::new(text))) }
    };
    (Arc::new(open), content)
}

fn lines(rows: u64, line: impl Fn(u64) -> String) -> String {
    (0..rows).fold(String::new(), |mut text, row| {
        let _ = writeln!(text, "{}", line(row));
        text
    })
}

#[test]
fn a_long_series_is_streamed_and_notices_a_changed_file() {
    let (reopen, content) = changing(lines(ROWS, |row| format!("{row},{}", row % 7)));
    let series = Series::read(reopen, "long.csv", SeriesOptions::default()).unwrap();
    assert_eq!(series.length, ROWS * 1_000_000_000);
    for _ in 0..2 {
        let rates = series.segments().enumerate();
        assert!(rates.map(|(row, piece)| (piece.from, row as u64 % 7)).all(|(rate, row)| rate == row as f64));
        assert_eq!(series.segments().count() as u64, ROWS);
    }
    assert!(series.fault().is_none());
    *content.lock().unwrap() = "0,1\n1,1\n2,oops\n".to_string();
    assert_eq!(series.segments().count(), 1);
    assert!(series.fault().is_some_and(|fault| fault.to_string().contains("long.csv, line 3")));
}

#[test]
fn long_stamps_are_streamed_and_notice_a_missing_file() {
    let (reopen, content) = changing(lines(ROWS, |row| format!("{}.5", 7 + row / 3)));
    let stamps = Stamps::read(reopen, "long.csv").unwrap();
    assert_eq!((stamps.count, stamps.origin), (ROWS, 7_500_000_000));
    let mut row = 0;
    assert!(stamps.times().all(|time| {
        row += 1;
        time == (row - 1) / 3 * 1_000_000_000
    }));
    assert_eq!(row, ROWS);
    content.lock().unwrap().clear();
    assert_eq!(stamps.times().count(), 0);
    assert!(stamps.fault().is_some_and(|fault| fault.to_string().contains("no such file")));
}

proptest::proptest! {
    #[test]
    fn whatever_a_file_holds_it_is_read_or_refused(
        text in "([0-9]{1,3}|[-.,#\"\n\r ]|1e9|-4611686018|4611686018|nan|t_s|requests|\u{feff}|é){0,40}",
        gaps in proptest::sample::select(vec![Gaps::Error, Gaps::Zero, Gaps::Interpolate, Gaps::Keep]),
        interval in proptest::option::of(1u64..),
    ) {
        let options = SeriesOptions { gaps, values: None, interval: interval.map(SimDuration::from_nanos) };
        if let Ok(series) = Series::read(changing(text.clone()).0, "x.csv", options) {
            let mut upto = crate::SimTime::ZERO;
            for piece in series.segments() {
                proptest::prop_assert_eq!(piece.start, upto);
                proptest::prop_assert!(piece.end > piece.start && piece.from >= 0.0 && piece.to >= 0.0);
                upto = piece.end;
            }
        }
        if let Ok(stamps) = Stamps::read(changing(text).0, "x.csv") {
            proptest::prop_assert_eq!(stamps.times().count() as u64, stamps.count);
        }
    }
}
