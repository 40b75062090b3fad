//! How many replications: run on until the interval is narrow enough.

use std::str::FromStr;

use super::student::mean_and_half_width;
use crate::outcome::metric::DEFINITIONS;
use crate::scenario::document::nearest;

/// Replications before the first look; looking earlier would stop at intervals that are narrow by chance.
pub const FIRST_LOOK: u32 = 10;
/// Replications between two looks.
pub const STEP: u32 = 5;
/// Replications at most, unless told.
const CAP: u32 = 200;
/// Narrow enough for a share of requests or windows, unless told, however small the share: 0.01 percentage points.
const ABSOLUTE_SHARE: f64 = 1e-4;

/// `half-width=2%`: run until the half width of the 95 % interval is at most that share of the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The half width as a share of the mean.
    pub relative: f64,
    /// Or in the unit of the figure, whichever is wider. Only for figures that are shares, unless given.
    pub absolute: Option<f64>,
    /// The figures that have to be that sure.
    pub metrics: Vec<&'static str>,
    /// Stop here at the latest.
    pub cap: u32,
}

impl FromStr for Until {
    type Err = String;

    /// `half-width=2%[,of=cost_total][,absolute=0.001][,cap=50]`; `of` may be repeated.
    fn from_str(text: &str) -> Result<Until, String> {
        let mut until = Until { relative: f64::NAN, absolute: None, metrics: Vec::new(), cap: CAP };
        for part in text.split(',') {
            let (key, value) = part.split_once('=').ok_or("write half-width=2%")?;
            let value = value.trim();
            match key.trim() {
                "half-width" => {
                    until.relative = share(value).ok_or_else(|| format!("`{value}` is no share, such as 2%"))?;
                }
                "absolute" => {
                    until.absolute = Some(share(value).ok_or_else(|| format!("`{value}` is no width above zero"))?);
                }
                "cap" => {
                    let cap: Option<u32> = value.parse().ok().filter(|&cap| cap >= FIRST_LOOK);
                    until.cap = cap.ok_or_else(|| format!("a cap is a number from {FIRST_LOOK} on"))?;
                }
                "of" => until.metrics.push(metric(value)?),
                other => return Err(format!("there is no `{other}` here: half-width, of, absolute, cap")),
            }
        }
        if until.relative.is_nan() {
            return Err("how narrow? write half-width=2%".into());
        }
        if until.metrics.is_empty() {
            until.metrics = vec!["cost_total", "slo_violating_request_fraction"];
        }
        Ok(until)
    }
}

fn share(text: &str) -> Option<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    Some(number).filter(|number| number.is_finite() && *number > 0.0)
}

fn metric(name: &str) -> Result<&'static str, String> {
    let names = || DEFINITIONS.iter().map(|metric| metric.name);
    names().find(|known| *known == name).ok_or_else(|| {
        let near = nearest(name, names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("there is no metric `{name}`{near}")
    })
}

impl Until {
    /// How many replications there should be in all, after looking at these samples of every figure that is asked for;
    /// as many as there are when they suffice.
    pub fn wanted(&self, samples_of: impl Fn(&str) -> Option<Vec<f64>>, replications: u32) -> u32 {
        if replications < FIRST_LOOK {
            return FIRST_LOOK.min(self.cap);
        }
        let is_sure = self.metrics.iter().all(|metric| match samples_of(metric) {
            // What has no figure, as after a failure, does not get one by repeating.
            None => true,
            Some(samples) => self.is_narrow(metric, &samples),
        });
        if is_sure { replications } else { (replications + STEP).min(self.cap) }
    }

    fn is_narrow(&self, metric: &str, samples: &[f64]) -> bool {
        let (mean, half_width) = mean_and_half_width(samples, 0.95);
        let is_share = DEFINITIONS.iter().any(|known| known.name == metric && known.unit == "1");
        let absolute = self.absolute.unwrap_or(if is_share { ABSOLUTE_SHARE } else { 0.0 });
        half_width.is_some_and(|half_width| half_width <= (self.relative * mean.abs()).max(absolute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let until: Until = "half-width=2%".parse().unwrap();
        assert_eq!((until.relative, until.absolute, until.cap), (0.02, None, 200));
        assert_eq!(until.metrics, ["cost_total", "slo_violating_request_fraction"]);
        let until: Until = "half-width=0.05,of=apdex,absolute=0.01,cap=20".parse().unwrap();
        assert_eq!((until.relative, until.absolute, until.cap), (0.05, Some(0.01), 20));
        assert_eq!(until.metrics, ["apdex"]);
        for (wrong, message) in [
            ("2%", "write half-width=2%"),
            ("half-width=-2%", "no share"),
            ("cap=20", "how narrow?"),
            ("half-width=2%,of=cost_totl", "did you mean `cost_total`?"),
            ("half-width=2%,cap=3", "from 10 on"),
            ("half-width=2%,width=3", "no `width` here"),
        ] {
            let error = wrong.parse::<Until>().unwrap_err();
            assert!(error.contains(message), "{wrong}: {error}");
        }
    }

    #[test]
    fn it_goes_on_until_the_interval_is_narrow_or_the_cap_is_met() {
        let until: Until = "half-width=10%,of=cost_total,cap=18".parse().unwrap();
        let wide = |_: &str| Some((0..10).map(|i| f64::from(i % 2) * 10.0).collect::<Vec<_>>());
        let narrow = |_: &str| Some((0..10).map(|i| 100.0 + f64::from(i % 2)).collect::<Vec<_>>());
        assert_eq!(until.wanted(wide, 0), 10, "never fewer than the first look");
        assert_eq!(until.wanted(wide, 10), 15);
        assert_eq!(until.wanted(wide, 15), 18);
        assert_eq!(until.wanted(wide, 18), 18);
        assert_eq!(until.wanted(narrow, 10), 10);
        let violations: Until = "half-width=2%,of=slo_violating_request_fraction".parse().unwrap();
        let tiny = |_: &str| Some((0..10).map(|i| 1e-6 * f64::from(i % 3)).collect::<Vec<_>>());
        assert_eq!(violations.wanted(tiny, 10), 10, "a millionth more or less is sure enough");
    }
}
