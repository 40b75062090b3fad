//! How long instances boot: from the activities that a scaling service lists. AWS `describe-scaling-activities`, ESS
//! `DescribeScalingActivities` in both of its shapes, Tencent `DescribeAutoScalingActivities`.

use std::io::{Cursor, Read};

use serde_json::Value;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{CalibrationError, Estimate, impossible, students_t};
use crate::import::Stamps;
use crate::packed::unpacked;

/// Activities that add instances.
#[derive(Clone, Debug, PartialEq)]
pub struct BootFit {
    /// Median in seconds.
    pub median: Estimate,
    /// 95th percentile in seconds, of the lognormal distribution that was fitted.
    pub p95: f64,
    /// The share of activities that failed.
    pub fails: f64,
    /// Durations in seconds, in order.
    pub seconds: Vec<f64>,
    /// Quantiles of the fitted distribution and as measured, in seconds.
    pub quantiles: Vec<(f64, f64)>,
}

/// Fits the durations of successful launches.
pub fn boot_times(text: &[u8]) -> Result<BootFit, CalibrationError> {
    let text = unpacked_text(text)?;
    let document: Value =
        serde_json::from_slice(&text).map_err(|error| CalibrationError(format!("this is not JSON: {error}")))?;
    let activities = activities(&document).ok_or_else(|| {
        CalibrationError(
            "it holds no activities: neither Activities (AWS), ScalingActivities (ESS) nor ActivitySet (Tencent)"
                .into(),
        )
    })?;
    let mut seconds = Vec::new();
    let mut failed = 0u64;
    let mut unreadable: Option<String> = None;
    for activity in activities.iter().filter(|activity| is_launch(activity)) {
        let text = |key: &str| activity.get(key).and_then(Value::as_str).unwrap_or_default();
        match text("StatusCode").to_ascii_lowercase().as_str() {
            "successful" | "warning" => match length(text("StartTime"), text("EndTime")) {
                Some(length) => seconds.push(length),
                None => {
                    unreadable.get_or_insert_with(|| format!("`{}` to `{}`", text("StartTime"), text("EndTime")));
                }
            },
            "failed" | "cancelled" => failed += 1,
            // Still going on: how long it takes is not known yet.
            _ => {}
        }
    }
    if seconds.len() < 3 {
        return impossible(format!(
            "{} launches that succeeded are too few for a distribution; three are the least{}",
            seconds.len(),
            unreadable
                .map_or(String::new(), |times| format!(" (others have times that are none, or backwards: {times})"))
        ));
    }
    seconds.sort_by(f64::total_cmp);
    Ok(fitted(seconds, failed))
}

/// What a service answered, as text: unpacked, without a byte order mark.
fn unpacked_text(content: &[u8]) -> Result<Vec<u8>, CalibrationError> {
    let wrong = |error: std::io::Error| CalibrationError(error.to_string());
    let mut text = Vec::new();
    let mut source = unpacked(Box::new(Cursor::new(content.to_vec()))).map_err(wrong)?;
    source.read_to_end(&mut text).map_err(wrong)?;
    if let Some(plain) = text.strip_prefix(b"\xef\xbb\xbf") {
        text = plain.to_vec();
    }
    let help = "save what describe-scaling-activities (AWS), DescribeScalingActivities (ESS) or \
                DescribeAutoScalingActivities (Tencent) prints";
    match text.trim_ascii_start().first() {
        None => impossible(format!("it is empty; {help}")),
        Some(b'{') => Ok(text),
        Some(b'<') => impossible(format!("it is a web page or XML, not JSON; {help}")),
        Some(_) => impossible(format!("it is not a JSON object; {help}")),
    }
}

/// The lists of the vendors.
fn activities(document: &Value) -> Option<&Vec<Value>> {
    let inner = document.get("Response").unwrap_or(document);
    let list = ["Activities", "ScalingActivities", "ActivitySet"].iter().find_map(|key| inner.get(*key))?;
    // The 2014 API of ESS wraps its lists.
    list.as_array().or_else(|| list.get("ScalingActivity")?.as_array())
}

/// True for an activity that adds instances.
fn is_launch(activity: &Value) -> bool {
    let text = |key: &str| activity.get(key).and_then(Value::as_str).unwrap_or_default();
    let description = text("Description");
    text("ActivityType").starts_with("SCALE_OUT")
        || description.starts_with("Launching")
        || description.starts_with("Add")
}

/// Seconds between two instants; none when they are not both there, or the wrong way round.
fn length(start: &str, end: &str) -> Option<f64> {
    let mut stamps = Stamps::new(None, 1e9, None);
    let (start, end) = (stamps.any(start.as_bytes()).ok()?, stamps.any(end.as_bytes()).ok()?);
    (end > start).then(|| (end - start) as f64 / 1e9)
}

fn fitted(seconds: Vec<f64>, failed: u64) -> BootFit {
    let number = seconds.len() as f64;
    let logs: Vec<f64> = seconds.iter().map(|length| length.ln()).collect();
    let mean = logs.iter().sum::<f64>() / number;
    let sigma = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / (number - 1.0)).sqrt();
    let reach = students_t(number - 1.0) * sigma / number.sqrt();
    let quantile = |share: f64| Normal::standard().inverse_cdf(share);
    let place = |index: usize| (index as f64 + 0.5) / number;
    BootFit {
        median: Estimate { value: mean.exp(), low: (mean - reach).exp(), high: (mean + reach).exp() },
        p95: (mean + sigma * quantile(0.95)).exp(),
        fails: failed as f64 / (failed as f64 + number),
        quantiles: seconds
            .iter()
            .enumerate()
            .map(|(index, seen)| ((mean + sigma * quantile(place(index))).exp(), *seen))
            .collect(),
        seconds,
    }
}
