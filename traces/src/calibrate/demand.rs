//! CPU time per request: the utilization law. Busy cores = idle load + rate x CPU time per request; a straight line through
//! the measured intervals gives both.

use super::{CalibrationError, Estimate, impossible};
use crate::import::Recorded;

/// Utilization from which an interval is left out: at the limit, work waits and the law no longer holds.
const SATURATED: f64 = 0.95;

/// What the utilization is a share of.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Machines {
    /// Cores of an instance.
    pub cores: f64,
    /// Instances over which utilization was averaged.
    pub instances: f64,
}

/// One measured interval.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Observation {
    /// Its beginning, in nanoseconds.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Requests per second.
    pub rate: f64,
    /// Utilization from 0 to 1.
    pub utilization: f64,
}

/// The line.
#[derive(Clone, Debug, PartialEq)]
pub struct DemandFit {
    /// CPU time per request in seconds.
    pub seconds: Estimate,
    /// Cores that are busy without any request.
    pub idle_cores: Estimate,
    /// The share of the variance that the line explains.
    pub r_squared: f64,
    /// Intervals that it goes through.
    pub used: usize,
    /// Intervals left out because the service was saturated in them.
    pub saturated: usize,
    /// Requests per second and busy cores of every interval used.
    pub points: Vec<(f64, f64)>,
}

/// Requests and utilization, interval by interval of the utilization's recording. Intervals that the requests do not cover
/// are left out. Values above 1.5 are taken for percent.
pub fn observations(requests: &Recorded, utilization: &Recorded) -> Result<Vec<Observation>, CalibrationError> {
    if requests.is_absolute != utilization.is_absolute {
        return impossible(
            "one of the recordings has calendar times and the other counts from a beginning: they cannot be laid side by side",
        );
    }
    let step = utilization.resolution.as_nanos() as i64;
    let is_percent = utilization.counts().any(|(_, value)| value > 1.5);
    let share = if is_percent { 0.01 } else { 1.0 };
    let mut counts = requests.counts().peekable();
    let own_step = requests.resolution.as_nanos() as i64;
    let mut found = Vec::new();
    for (from, value) in utilization.counts() {
        let to = from + step;
        let (mut sum, mut covered) = (0.0, 0);
        while counts.next_if(|(at, _)| at + own_step <= from).is_some() {}
        // An interval that reaches over the end belongs to the next one too: it is looked at, not taken.
        while let Some((at, count)) = counts.peek().copied().filter(|(at, _)| *at < to) {
            let overlap = (at + own_step).min(to) - at.max(from);
            sum += count * overlap as f64 / own_step as f64;
            covered += overlap;
            if at + own_step > to {
                break;
            }
            counts.next();
        }
        if covered == step {
            found.push(Observation { from, to, rate: sum / (step as f64 / 1e9), utilization: value * share });
        }
    }
    if found.is_empty() {
        return impossible(format!(
            "no interval of the utilization is covered by requests: the requests are from {} to {}, the utilization from {} to {}",
            requests.written(requests.start()),
            requests.written(requests.end()),
            utilization.written(utilization.start()),
            utilization.written(utilization.end())
        ));
    }
    Ok(found)
}

/// Least squares through the intervals that are not saturated.
pub fn cpu_per_request(observations: &[Observation], machines: Machines) -> Result<DemandFit, CalibrationError> {
    let cores = machines.cores * machines.instances;
    let usable = observations.iter().filter(|seen| seen.utilization < SATURATED);
    let points: Vec<(f64, f64)> = usable.map(|seen| (seen.rate, seen.utilization * cores)).collect();
    let saturated = observations.len() - points.len();
    if points.len() < 3 {
        return impossible(format!(
            "{} intervals below {:.0} % of utilization are too few for a line; three are the least",
            points.len(),
            SATURATED * 100.0
        ));
    }
    let number = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| of(point.0 - mean_x, point.1 - mean_y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    if xx <= 0.0 {
        return impossible("the rate is the same in every interval: nothing tells what one request more costs");
    }
    let slope = xy / xx;
    let intercept = mean_y - slope * mean_x;
    let residual = (yy - slope * xy).max(0.0);
    let freedom = number - 2.0;
    let variance = residual / freedom;
    if slope <= 0.0 {
        return impossible(
            "utilization does not grow with the rate: is it the utilization of the same service, at the same time?",
        );
    }
    Ok(DemandFit {
        seconds: Estimate::with_error(slope, (variance / xx).sqrt(), freedom),
        idle_cores: Estimate::with_error(intercept, (variance * (1.0 / number + mean_x * mean_x / xx)).sqrt(), freedom),
        r_squared: if yy > 0.0 { 1.0 - residual / yy } else { 1.0 },
        used: points.len(),
        saturated,
        points,
    })
}
