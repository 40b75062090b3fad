//! Checking a distribution and compiling it: parameters from the moments that were written, and the moments of what
//! will be drawn.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::sampler::Family;
use super::tables::{Choice, Curve, Piece};
use super::{Bin, Distribution, DistributionError, Empirical, Lognormal, Quantiles, Sampler, Weighted};
use crate::random::normal_quantile;
use crate::time::SimDuration;

type Compiled = Result<Sampler, DistributionError>;

impl Distribution {
    /// Checks the parameters and compiles the distribution; a file of recorded durations is relative to `base_dir`.
    pub fn sampler(&self, base_dir: &Path) -> Result<Sampler, DistributionError> {
        match self {
            Distribution::Constant(duration) => Ok(Sampler::constant(nanos(*duration))),
            Distribution::Exponential { mean } => {
                let mean = positive("exponential", "mean", *mean)?;
                Ok(Sampler::new(Family::Exponential { mean }, mean, mean * mean))
            }
            Distribution::Lognormal(lognormal) => compile_lognormal(lognormal),
            Distribution::Gamma { mean, cv } => compile_gamma(*mean, *cv),
            Distribution::Pareto { mean, alpha, max } => compile_pareto(*mean, *alpha, *max),
            Distribution::Weibull { mean, shape } => compile_weibull(*mean, *shape),
            Distribution::Uniform { min, max } => compile_uniform(*min, *max),
            Distribution::Hyperexponential { mean, cv } => compile_hyperexponential(*mean, *cv),
            Distribution::Mixture(parts) => compile_mixture(parts, base_dir),
            Distribution::Quantiles(quantiles) => compile_quantiles(quantiles),
            Distribution::Empirical(Empirical::Values(values)) => {
                compile_values(values.iter().map(|value| nanos(*value)).collect())
            }
            Distribution::Empirical(Empirical::File(file)) => compile_values(read_values(base_dir, file)?),
            Distribution::Histogram(bins) => compile_histogram(bins),
        }
    }
}

fn nanos(duration: SimDuration) -> f64 {
    duration.as_nanos() as f64
}

fn refuse<T>(family: &'static str, problem: impl Into<String>) -> Result<T, DistributionError> {
    Err(DistributionError::Parameter { family, problem: problem.into() })
}

fn positive(family: &'static str, key: &str, duration: SimDuration) -> Result<f64, DistributionError> {
    if duration.is_zero() {
        return refuse(family, format!("{key} is zero; it must be longer (for no time at all write \"0s\" alone)"));
    }
    Ok(nanos(duration))
}

/// A coefficient of variation that is a number and not negative.
fn spread(family: &'static str, cv: f64) -> Result<f64, DistributionError> {
    if cv.is_finite() && cv >= 0.0 {
        return Ok(cv);
    }
    refuse(family, format!("cv is {cv}; a coefficient of variation is a number of at least 0"))
}

fn compile_lognormal(lognormal: &Lognormal) -> Compiled {
    let (mu, sigma) = match lognormal {
        Lognormal::Mean { mean, cv } => {
            let (mean, cv) = (positive("lognormal", "mean", *mean)?, spread("lognormal", *cv)?);
            let variance = libm::log1p(cv * cv);
            (libm::log(mean) - variance / 2.0, variance.sqrt())
        }
        Lognormal::Median { median, p95 } => {
            let low = positive("lognormal", "median", *median)?;
            if p95 <= median {
                return refuse("lognormal", format!("p95 ({p95}) must be above median ({median})"));
            }
            (libm::log(low), libm::log(nanos(*p95) / low) / normal_quantile(0.95))
        }
    };
    let mean = match lognormal {
        Lognormal::Mean { mean, .. } => nanos(*mean),
        Lognormal::Median { .. } => libm::exp(mu + sigma * sigma / 2.0),
    };
    if sigma == 0.0 {
        return Ok(Sampler::constant(mean));
    }
    Ok(Sampler::new(Family::Lognormal { mu, sigma }, mean, mean * mean * libm::expm1(sigma * sigma)))
}

fn compile_gamma(mean: SimDuration, cv: f64) -> Compiled {
    let (mean, cv) = (positive("gamma", "mean", mean)?, spread("gamma", cv)?);
    // Below this the draws cannot be told from the mean; the shape would overflow.
    if cv < 1e-8 {
        return Ok(Sampler::constant(mean));
    }
    let square = cv * cv;
    Ok(Sampler::new(Family::Gamma { shape: 1.0 / square, scale: mean * square }, mean, mean * mean * square))
}

fn compile_pareto(mean: SimDuration, alpha: f64, max: Option<SimDuration>) -> Compiled {
    let mean = positive("pareto", "mean", mean)?;
    if !(alpha.is_finite() && alpha > 0.0) {
        return refuse("pareto", format!("alpha is {alpha}; a tail index is a number above 0"));
    }
    let Some(max) = max else {
        if alpha <= 1.0 {
            return refuse(
                "pareto",
                format!("alpha is {alpha}: without `max` the mean is infinite; give alpha above 1, or `max`"),
            );
        }
        let least = mean * (alpha - 1.0) / alpha;
        let variance = if alpha > 2.0 { mean * mean / (alpha * (alpha - 2.0)) } else { f64::INFINITY };
        let family = Family::Pareto { least, most: f64::INFINITY, inside: 1.0, power: 1.0 / alpha };
        return Ok(Sampler::new(family, mean, variance));
    };
    let most = nanos(max);
    if most <= mean {
        return refuse("pareto", format!("max ({max}) must be above mean"));
    }
    let least = bounded_pareto_least(mean, alpha, most);
    let (inside, second) = (bounded_pareto_inside(least, alpha, most), bounded_pareto_moment(2.0, least, alpha, most));
    let family = Family::Pareto { least, most, inside, power: 1.0 / alpha };
    Ok(Sampler::new(family, mean, (second - mean * mean).max(0.0)))
}

/// The share of the unbounded law that lies below the bound.
fn bounded_pareto_inside(least: f64, alpha: f64, most: f64) -> f64 {
    -libm::expm1(-alpha * libm::log(most / least))
}

/// The `order`-th moment of a Pareto law bounded to `least..most`.
fn bounded_pareto_moment(order: f64, least: f64, alpha: f64, most: f64) -> f64 {
    let (range, excess) = (libm::log(most / least), alpha - order);
    // (1 - e^(-excess range)) / excess, whose limit at excess 0 is the range.
    let integral = if excess.abs() < 1e-12 { range } else { -libm::expm1(-excess * range) / excess };
    libm::pow(least, order) * alpha * integral / bounded_pareto_inside(least, alpha, most)
}

/// The lower end that gives a bounded law this mean: the mean grows with it, so bisection finds it. A fixed number of
/// steps, so that the answer is the same everywhere.
fn bounded_pareto_least(mean: f64, alpha: f64, most: f64) -> f64 {
    // The mean is at least the lower end; the ratio of the two is bounded by the logarithm searched here.
    let (mut low, mut high) = (libm::log(mean) - 700.0, libm::log(mean));
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if bounded_pareto_moment(1.0, libm::exp(middle), alpha, most) < mean {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::exp((low + high) / 2.0)
}

fn compile_weibull(mean: SimDuration, shape: f64) -> Compiled {
    let mean = positive("weibull", "mean", mean)?;
    if !(shape.is_finite() && (0.05..=1000.0).contains(&shape)) {
        return refuse("weibull", format!("shape is {shape}; it must lie between 0.05 and 1000"));
    }
    let power = 1.0 / shape;
    let scale = mean / libm::tgamma(1.0 + power);
    let variance = scale * scale * libm::tgamma(1.0 + 2.0 * power) - mean * mean;
    Ok(Sampler::new(Family::Weibull { scale, power }, mean, variance))
}

fn compile_uniform(min: SimDuration, max: SimDuration) -> Compiled {
    if max < min {
        return refuse("uniform", format!("max ({max}) is below min ({min})"));
    }
    let (min, width) = (nanos(min), nanos(max) - nanos(min));
    if width == 0.0 {
        return Ok(Sampler::constant(min));
    }
    Ok(Sampler::new(Family::Uniform { min, width }, min + width / 2.0, width * width / 12.0))
}

fn compile_hyperexponential(mean: SimDuration, cv: f64) -> Compiled {
    let mean = positive("hyperexponential", "mean", mean)?;
    if !(cv.is_finite() && cv > 1.0) {
        return refuse(
            "hyperexponential",
            format!("cv is {cv}; it must be above 1 (for 1 use exponential, below 1 gamma)"),
        );
    }
    let square = cv * cv;
    let first = (1.0 + ((square - 1.0) / (square + 1.0)).sqrt()) / 2.0;
    let means = [mean / (2.0 * first), mean / (2.0 * (1.0 - first))];
    Ok(Sampler::new(Family::Hyperexponential { first, means }, mean, mean * mean * square))
}

fn compile_mixture(parts: &[Weighted], base_dir: &Path) -> Compiled {
    if parts.is_empty() {
        return refuse("mixture", "it has no parts");
    }
    let weights: Vec<f64> = parts.iter().map(|part| part.weight).collect();
    if let Some(bad) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        return refuse("mixture", format!("a weight is {bad}; weights are numbers of at least 0"));
    }
    let total: f64 = weights.iter().sum();
    if !(total.is_finite() && total > 0.0) {
        return refuse("mixture", "the weights sum to 0");
    }
    let samplers = parts.iter().map(|part| part.of.sampler(base_dir)).collect::<Result<Vec<_>, _>>()?;
    let weighted = || weights.iter().map(|weight| weight / total).zip(&samplers);
    let mean: f64 = weighted().map(|(share, part)| share * part.mean_nanos()).sum();
    let variance = weighted().map(|(share, part)| {
        let offset = part.mean_nanos() - mean;
        // A part that is never drawn adds nothing, even when its own variance is infinite.
        if share == 0.0 { 0.0 } else { share * (part.variance_nanos2() + offset * offset) }
    });
    let variance = variance.sum();
    let family = Family::Mixture { choice: Arc::new(Choice::new(&weights)), parts: samplers.into() };
    Ok(Sampler::new(family, mean, variance))
}

fn compile_quantiles(quantiles: &Quantiles) -> Compiled {
    let points = &quantiles.points;
    let ends = (points.first().map(|point| point.0), points.last().map(|point| point.0));
    if ends != (Some(0.0), Some(1.0)) {
        return refuse("quantiles", "both ends are needed: `min` (or 0) and `max` (or 1)");
    }
    for pair in points.windows(2) {
        let ((p, low), (q, high)) = (pair[0], pair[1]);
        if q <= p || q.is_nan() {
            return refuse("quantiles", format!("probability {q} after {p}; they must ascend"));
        }
        if high < low {
            return refuse("quantiles", format!("{high} at {q} is below {low} at {p}; values must not descend"));
        }
    }
    let piece = |pair: &[(f64, SimDuration)]| Piece {
        below: pair[0].0,
        share: pair[1].0 - pair[0].0,
        from: nanos(pair[0].1),
        to: nanos(pair[1].1),
    };
    Ok(curve(points.windows(2).map(piece).collect()))
}

fn compile_histogram(bins: &[Bin]) -> Compiled {
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    if total == 0 {
        return refuse("histogram", "it counts nothing; at least one bin needs a count above 0");
    }
    if let Some(bin) = bins.iter().find(|bin| bin.to < bin.from) {
        return refuse("histogram", format!("a bin runs from {} to {}", bin.from, bin.to));
    }
    if let Some(pair) = bins.windows(2).find(|pair| pair[1].from < pair[0].to) {
        return refuse(
            "histogram",
            format!("the bin from {} overlaps the one before, to {}", pair[1].from, pair[0].to),
        );
    }
    let mut below = 0;
    let mut pieces = Vec::with_capacity(bins.len());
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        let share = bin.count as f64 / total as f64;
        pieces.push(Piece { below: below as f64 / total as f64, share, from: nanos(bin.from), to: nanos(bin.to) });
        below += bin.count;
    }
    Ok(curve(pieces))
}

fn curve(pieces: Vec<Piece>) -> Sampler {
    let curve = Curve::new(pieces);
    let (mean, variance) = curve.moments();
    if variance == 0.0 {
        return Sampler::constant(mean);
    }
    Sampler::new(Family::Curve { curve: Arc::new(curve), scale: 1.0 }, mean, variance)
}

fn compile_values(values: Vec<f64>) -> Compiled {
    if values.is_empty() {
        return refuse("empirical", "there are no values");
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
    if variance == 0.0 {
        return Ok(Sampler::constant(mean));
    }
    Ok(Sampler::new(Family::Empirical { values: values.into(), scale: 1.0 }, mean, variance))
}

fn read_values(base_dir: &Path, file: &Path) -> Result<Vec<f64>, DistributionError> {
    let name = file.display().to_string();
    let text = fs::read_to_string(base_dir.join(file))
        .map_err(|error| DistributionError::File { file: name.clone(), problem: error.to_string() })?;
    let mut values = Vec::new();
    let mut header_seen = false;
    for (index, line) in text.lines().enumerate() {
        let cell = line.split(',').next().unwrap_or("").trim();
        if cell.is_empty() || cell.starts_with('#') {
            continue;
        }
        match duration_nanos(cell) {
            Some(value) => values.push(value),
            // One line without a number is a header, if it comes first.
            None if values.is_empty()
                && !header_seen
                && !cell.starts_with(|c: char| c.is_ascii_digit() || c == '-') =>
            {
                header_seen = true;
            }
            None => {
                let problem = format!("`{cell}` is not a duration; write seconds, or a unit as in \"12ms\"");
                return Err(DistributionError::Line { file: name, line: index + 1, problem });
            }
        }
    }
    Ok(values)
}

/// A duration in seconds or with a unit.
fn duration_nanos(cell: &str) -> Option<f64> {
    match cell.parse::<f64>() {
        Ok(seconds) => (seconds.is_finite() && (0.0..1e9).contains(&seconds)).then_some(seconds * 1e9),
        Err(_) => cell.parse().ok().map(nanos),
    }
}
