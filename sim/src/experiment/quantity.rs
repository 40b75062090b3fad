//! Written quantities as plain numbers, for comparing them with each other.

use windtunnel_traces::{Bytes, SimDuration};

/// A duration in seconds.
pub(super) fn seconds(value: &toml::Value) -> Option<f64> {
    value.as_str()?.parse::<SimDuration>().ok().map(SimDuration::as_secs_f64)
}

/// Any quantity as a number: durations in seconds, percentages as shares, memory in bytes, `"300rps"` as 300.
pub(super) fn number(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(number) => Some(*number as f64),
        toml::Value::Float(number) => Some(*number),
        toml::Value::String(text) => number_of_text(text.trim()),
        _ => None,
    }
}

fn number_of_text(text: &str) -> Option<f64> {
    if let Some(percent) = text.strip_suffix('%') {
        return percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0);
    }
    let plain = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let duration = || text.parse::<SimDuration>().ok().map(SimDuration::as_secs_f64);
    let rate = || text.parse::<windtunnel_traces::Rate>().ok().map(windtunnel_traces::Rate::as_per_second);
    let bytes = || text.parse::<Bytes>().ok().map(|bytes| bytes.as_u64() as f64);
    plain.or_else(duration).or_else(rate).or_else(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_one_kind_can_be_compared() {
        let number = |text: &str| number(&toml::Value::String(text.into()));
        assert_eq!(number("5m"), Some(300.0));
        assert_eq!(number("70%"), Some(0.7));
        assert_eq!(number("300rps"), Some(300.0));
        assert_eq!(number("2Ki"), Some(2048.0));
        assert_eq!(number("average"), None);
    }
}
