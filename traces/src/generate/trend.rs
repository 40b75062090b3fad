//! The growth of a recording from week to week: the slope of a straight line through the logarithms of its weekly means, by
//! ordinary least squares, with its confidence interval (Draper and Smith, "Applied Regression Analysis", chapter 1). Whole
//! weeks are compared, so that neither the day nor the week looks like growth.

use crate::calibrate::students_t;
use crate::import::Recorded;

const SECOND: i64 = 1_000_000_000;
const WEEK: i64 = 7 * 86_400 * SECOND;
/// Fewer weeks tell growth from chance too badly to go on from it.
const FEWEST_WEEKS: usize = 6;
/// A week with less than this recorded is not compared with others.
const COVERED: f64 = 0.95;

/// Exponential growth.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Trend {
    /// Of the logarithm, per week.
    slope: f64,
    /// The 95 % confidence interval of the slope.
    low: f64,
    high: f64,
    weeks: usize,
    /// The instant at which the trend is 1, after the beginning.
    middle: i64,
}

impl Trend {
    /// The growth, when there are weeks enough and it differs from none with 95 % confidence.
    pub(super) fn of(recorded: &Recorded) -> Option<Trend> {
        let means = weekly_means(recorded);
        if means.len() < FEWEST_WEEKS {
            return None;
        }
        let number = means.len() as f64;
        let points: Vec<(f64, f64)> = means.iter().map(|(week, mean)| (*week, libm::log(*mean))).collect();
        let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let (x, y) = (x / number, y / number);
        let spread: f64 = points.iter().map(|point| (point.0 - x) * (point.0 - x)).sum();
        let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
        let beside = |point: &(f64, f64)| point.1 - y - slope * (point.0 - x);
        let freedom = number - 2.0;
        let error =
            libm::sqrt(points.iter().map(|point| beside(point) * beside(point)).sum::<f64>() / freedom / spread);
        let reach = error * students_t(freedom);
        let trend = Trend {
            slope,
            low: slope - reach,
            high: slope + reach,
            weeks: means.len(),
            middle: (x * WEEK as f64) as i64,
        };
        // Growth that rounding alone makes is none.
        (slope.abs() > 1e-6 && (trend.low > 0.0 || trend.high < 0.0)).then_some(trend)
    }

    /// By how much the traffic has grown, so long after the beginning.
    pub(super) fn factor(&self, elapsed: i64) -> f64 {
        libm::exp(self.slope * ((elapsed - self.middle) as f64 / WEEK as f64))
    }

    /// What is said about it.
    pub(super) fn note(&self) -> String {
        let percent = |slope: f64| 100.0 * libm::expm1(slope);
        format!(
            "growth of {:.2} % per week was learnt from {} whole weeks (95 % confidence: {:.2} to {:.2}), and goes on; --no-trend \
             leaves it out",
            percent(self.slope),
            self.weeks,
            percent(self.low),
            percent(self.high)
        )
    }
}

/// The mean count of an interval in every whole week, by the middle of the week.
fn weekly_means(recorded: &Recorded) -> Vec<(f64, f64)> {
    let per_week = WEEK as f64 / recorded.resolution.as_nanos() as f64;
    let mut weeks: Vec<(f64, f64)> = Vec::new();
    for (at, count) in recorded.counts() {
        let week = ((at - recorded.start()) / WEEK) as usize;
        if weeks.len() <= week {
            weeks.resize(week + 1, (0.0, 0.0));
        }
        weeks[week].0 += count;
        weeks[week].1 += 1.0;
    }
    let means = weeks.iter().enumerate().filter(|(_, (_, intervals))| *intervals >= COVERED * per_week);
    let means = means.map(|(week, (sum, intervals))| (week as f64 + 0.5, sum / intervals));
    means.filter(|(_, mean)| *mean > 0.0).collect()
}
