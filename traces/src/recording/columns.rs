//! Which columns of a recording hold the time and the number, told by the header.

use super::Values;

/// The columns to read, counted from 0.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) time: usize,
    pub(crate) value: usize,
    /// What the header says the numbers are.
    pub(crate) values: Values,
}

/// What a file without header has: the time, then the count.
pub(crate) const PLAIN: Columns = Columns { time: 0, value: 1, values: Values::Count };

const TIMES: [&str; 12] = [
    "seconds",
    "second",
    "time",
    "timestamp",
    "t",
    "t_s",
    "ts",
    "time_s",
    "timestamp_s",
    "unix",
    "epoch",
    "t_s_nominal",
];
const COUNTS: [&str; 10] =
    ["requests", "request", "count", "value", "n", "invocations", "calls", "hits", "arrivals", "requestcount"];
/// Words that say it at the end of a name as well: `total_requests`, `num_calls`.
const LAST_WORDS: [&str; 5] = ["requests", "invocations", "calls", "hits", "arrivals"];
const RATES: [&str; 4] = ["rps", "qps", "rate", "req/s"];

/// The words for messages.
pub(crate) const EXPECTED: &str =
    "a time column (seconds, time, timestamp, t, t_s) and a number column (requests, count, value, n, rps, qps, rate)";

/// Finds the time and the number by their names.
pub(crate) fn named(header: &[&str]) -> Option<Columns> {
    let time = time_column(header)?;
    let candidates = || header.iter().enumerate().filter(|(index, _)| *index != time);
    let (value, values) = candidates()
        .find_map(|(index, name)| Some((index, exact(name)?)))
        .or_else(|| candidates().find_map(|(index, name)| Some((index, prefixed(name)?))))
        .or_else(|| {
            let last =
                |name: &str| LAST_WORDS.contains(&plain(name).rsplit(['_', ' ', '-']).next().unwrap_or_default());
            candidates().find(|(_, name)| last(name)).map(|(index, _)| (index, Values::Count))
        })?;
    Some(Columns { time, value, values })
}

/// The column that is the time by its name.
pub(crate) fn time_column(header: &[&str]) -> Option<usize> {
    header.iter().position(|name| TIMES.contains(&plain(name).as_str()))
}

fn plain(name: &str) -> String {
    name.trim().trim_matches('"').to_ascii_lowercase()
}

fn exact(name: &str) -> Option<Values> {
    kind(&plain(name))
}

fn kind(word: &str) -> Option<Values> {
    if RATES.contains(&word) {
        Some(Values::Rate)
    } else if COUNTS.contains(&word) {
        Some(Values::Count)
    } else {
        None
    }
}

/// A name that begins with a known word: `requests_in_5min`, `requests_per_second`, `qps_gateway`.
fn prefixed(name: &str) -> Option<Values> {
    let name = plain(name);
    if ["per_second", "per second", "/s"].iter().any(|words| name.contains(words)) && name.starts_with("requests") {
        return Some(Values::Rate);
    }
    kind(name.split(['_', ' ', '-', '(']).next()?)
}
