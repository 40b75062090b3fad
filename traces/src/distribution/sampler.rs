//! A distribution compiled for drawing. One loop per family, so that the choice of family is made once per block of
//! draws and not once per draw.

use std::sync::Arc;

use super::tables::{Choice, Curve};
use crate::random::{
    Generator, Purpose, Streams, exp, exponential, fill_exponential, fill_normal, fill_uniform, ln, map, normal,
    normal_quantile, uniform,
};

/// A distribution that can be drawn from. Durations are in nanoseconds, as real numbers.
#[derive(Clone, Debug)]
pub struct Sampler {
    family: Family,
    mean: f64,
    variance: f64,
}

/// What a draw is made of. The parameters are ready to use: nothing is derived while drawing.
#[derive(Clone, Debug)]
pub(super) enum Family {
    /// Always `value`.
    Constant { value: f64 },
    /// `mean` times a unit exponential.
    Exponential { mean: f64 },
    /// `exp(mu + sigma z)`.
    Lognormal { mu: f64, sigma: f64 },
    /// `scale` times a unit gamma of `shape`.
    Gamma { shape: f64, scale: f64 },
    /// `least` times `(1 - u inside)^(-1/alpha)`; `inside` is the share of the unbounded law below the bound.
    Pareto { least: f64, most: f64, inside: f64, power: f64 },
    /// `scale` times a unit exponential to the `power`.
    Weibull { scale: f64, power: f64 },
    /// `min + width u`.
    Uniform { min: f64, width: f64 },
    /// With probability `first` an exponential of the first mean, else of the second.
    Hyperexponential { first: f64, means: [f64; 2] },
    /// One of several.
    Mixture { choice: Arc<Choice>, parts: Arc<[Sampler]> },
    /// A piecewise-linear inverse distribution function.
    Curve { curve: Arc<Curve>, scale: f64 },
    /// One of the recorded values, each as likely.
    Empirical { values: Arc<[f64]>, scale: f64 },
}

impl Sampler {
    pub(super) fn new(family: Family, mean: f64, variance: f64) -> Self {
        Sampler { family, mean, variance }
    }

    /// Always `nanos` nanoseconds.
    pub fn constant(nanos: f64) -> Self {
        Sampler::new(Family::Constant { value: nanos }, nanos, 0.0)
    }

    /// The mean in nanoseconds.
    pub fn mean_nanos(&self) -> f64 {
        self.mean
    }

    /// The variance in square nanoseconds; infinite for a Pareto law without bound and alpha at most 2.
    pub fn variance_nanos2(&self) -> f64 {
        self.variance
    }

    /// Standard deviation over mean; zero for a constant zero.
    pub fn cv(&self) -> f64 {
        if self.mean == 0.0 { 0.0 } else { self.variance.sqrt() / self.mean }
    }

    /// True when every draw is zero, so that the caller can skip drawing.
    pub fn is_constant_zero(&self) -> bool {
        matches!(self.family, Family::Constant { value } if value == 0.0)
    }

    /// The value of every draw, when there is only one.
    pub fn as_constant(&self) -> Option<f64> {
        match self.family {
            Family::Constant { value } => Some(value),
            _ => None,
        }
    }

    /// One draw in nanoseconds, never negative.
    #[inline]
    pub fn sample(&self, generator: &mut Generator) -> f64 {
        match &self.family {
            Family::Constant { value } => *value,
            Family::Exponential { mean } => mean * exponential(generator),
            Family::Lognormal { mu, sigma } => lognormal(*mu, *sigma, normal(generator)),
            Family::Gamma { shape, scale } => scale * gamma(*shape, generator),
            Family::Pareto { least, most, inside, power } => pareto(*least, *most, *inside, *power, uniform(generator)),
            Family::Weibull { scale, power } => weibull(*scale, *power, uniform(generator)),
            Family::Uniform { min, width } => min + width * uniform(generator),
            Family::Hyperexponential { first, means } => hyperexponential(*first, *means, uniform(generator)),
            Family::Mixture { choice, parts } => parts[choice.of(uniform(generator))].sample(generator),
            Family::Curve { curve, scale } => scale * curve.at(uniform(generator)),
            Family::Empirical { values, scale } => scale * pick(values, uniform(generator)),
        }
    }

    /// Fills a block with draws: the same values as repeated [`Sampler::sample`], faster.
    pub fn fill(&self, generator: &mut Generator, out: &mut [f64]) {
        match &self.family {
            Family::Constant { value } => out.fill(*value),
            Family::Exponential { mean } => {
                fill_exponential(generator, out);
                map(out, |draw| mean * draw);
            }
            Family::Lognormal { mu, sigma } => {
                fill_normal(generator, out);
                map(out, |z| lognormal(*mu, *sigma, z));
            }
            Family::Gamma { shape, scale } => out.iter_mut().for_each(|draw| *draw = scale * gamma(*shape, generator)),
            Family::Pareto { least, most, inside, power } => {
                invert(generator, out, |u| pareto(*least, *most, *inside, *power, u));
            }
            Family::Weibull { scale, power } => invert(generator, out, |u| weibull(*scale, *power, u)),
            Family::Uniform { min, width } => invert(generator, out, |u| min + width * u),
            Family::Hyperexponential { first, means } => {
                invert(generator, out, |u| hyperexponential(*first, *means, u));
            }
            Family::Mixture { .. } => out.iter_mut().for_each(|draw| *draw = self.sample(generator)),
            Family::Curve { curve, scale } => invert(generator, out, |u| scale * curve.at(u)),
            Family::Empirical { values, scale } => invert(generator, out, |u| scale * pick(values, u)),
        }
    }

    /// About `count` values in nanoseconds that stand for the distribution, each with its probability. They have its
    /// mean. Families that are drawn by inversion are cut into slices of equal probability; a gamma distribution is
    /// represented by draws under a fixed seed.
    pub fn points(&self, count: usize) -> Vec<(f64, f64)> {
        let count = count.max(1);
        let mut points = match &self.family {
            Family::Constant { value } => return vec![(*value, 1.0)],
            Family::Mixture { choice, parts } => {
                let shares = choice.shares();
                let of_part = |(share, part): (f64, &Sampler)| {
                    let slices = libm::ceil(share * count as f64) as usize;
                    part.points(slices).into_iter().map(move |(value, weight)| (value, weight * share))
                };
                return shares.zip(parts.iter()).flat_map(of_part).collect();
            }
            Family::Gamma { shape, scale } => {
                let mut stream = Streams::new(0).stream(Purpose::Measurement);
                (0..count).map(|_| (scale * gamma(*shape, &mut stream), 1.0 / count as f64)).collect()
            }
            _ => self.slices(count),
        };
        let mean: f64 = points.iter().map(|(value, weight)| value * weight).sum();
        if mean > 0.0 {
            points.iter_mut().for_each(|(value, _)| *value *= self.mean / mean);
        }
        points
    }

    /// Slices of equal probability, each by the mean of a few points within it. The last is cut into finer ones, and the
    /// last of them again: percentiles lie there.
    fn slices(&self, count: usize) -> Vec<(f64, f64)> {
        const FINER: usize = 16;
        let mut points = Vec::with_capacity(count + 3 * FINER);
        let (mut from, mut slices) = (0.0, count);
        for cut in 0..4 {
            let width = (1.0 - from) / slices as f64;
            let whole = if cut < 3 { slices - 1 } else { slices };
            points.extend((0..whole).map(|slice| (self.slice(from + slice as f64 * width, width), width)));
            from += whole as f64 * width;
            slices = FINER;
        }
        points
    }

    /// The mean of a few draws of uniforms between `from` and `from + width`.
    fn slice(&self, from: f64, width: f64) -> f64 {
        const WITHIN: usize = 8;
        let step = width / WITHIN as f64;
        // Rounding must not reach one, where the tail has no end.
        let inverse = |point: usize| self.inverse((from + (point as f64 + 0.5) * step).min(1.0 - 1e-15));
        (0..WITHIN).map(inverse).sum::<f64>() / WITHIN as f64
    }

    /// The draw that a uniform gives, for families of one uniform per draw.
    fn inverse(&self, u: f64) -> f64 {
        match &self.family {
            Family::Exponential { mean } => -mean * ln(1.0 - u),
            Family::Lognormal { mu, sigma } => lognormal(*mu, *sigma, normal_quantile(u)),
            Family::Pareto { least, most, inside, power } => pareto(*least, *most, *inside, *power, u),
            Family::Weibull { scale, power } => weibull(*scale, *power, u),
            Family::Uniform { min, width } => min + width * u,
            Family::Hyperexponential { first, means } => hyperexponential(*first, *means, u),
            Family::Curve { curve, scale } => scale * curve.at(u),
            Family::Empirical { values, scale } => scale * pick(values, u),
            Family::Constant { .. } | Family::Mixture { .. } | Family::Gamma { .. } => self.mean,
        }
    }

    /// The same distribution with every draw times `factor` (not negative).
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Sampler {
        let family = match self.family.clone() {
            Family::Constant { value } => Family::Constant { value: value * factor },
            Family::Exponential { mean } => Family::Exponential { mean: mean * factor },
            // The logarithm of zero would spread through the draws.
            Family::Lognormal { .. } if factor == 0.0 => Family::Constant { value: 0.0 },
            Family::Lognormal { mu, sigma } => Family::Lognormal { mu: mu + libm::log(factor), sigma },
            Family::Gamma { shape, scale } => Family::Gamma { shape, scale: scale * factor },
            Family::Pareto { least, most, inside, power } => {
                Family::Pareto { least: least * factor, most: most * factor, inside, power }
            }
            Family::Weibull { scale, power } => Family::Weibull { scale: scale * factor, power },
            Family::Uniform { min, width } => Family::Uniform { min: min * factor, width: width * factor },
            Family::Hyperexponential { first, means } => {
                Family::Hyperexponential { first, means: means.map(|mean| mean * factor) }
            }
            Family::Mixture { choice, parts } => {
                Family::Mixture { choice, parts: parts.iter().map(|part| part.scaled(factor)).collect() }
            }
            Family::Curve { curve, scale } => Family::Curve { curve, scale: scale * factor },
            Family::Empirical { values, scale } => Family::Empirical { values, scale: scale * factor },
        };
        Sampler::new(family, self.mean * factor, self.variance * factor * factor)
    }
}

/// Draws by inversion: uniforms first, so that the second loop has no chain through the generator.
#[inline]
fn invert(generator: &mut Generator, out: &mut [f64], quantile: impl Fn(f64) -> f64) {
    fill_uniform(generator, out);
    map(out, quantile);
}

#[inline(always)]
fn lognormal(mu: f64, sigma: f64, z: f64) -> f64 {
    exp(mu + sigma * z)
}

#[inline(always)]
fn pareto(least: f64, most: f64, inside: f64, power: f64, u: f64) -> f64 {
    (least * exp(-power * ln(1.0 - u * inside))).min(most)
}

#[inline(always)]
fn weibull(scale: f64, power: f64, u: f64) -> f64 {
    scale * exp(power * ln(-ln(u)))
}

/// One uniform serves both the choice and the draw: given the choice, what remains of it is uniform again.
#[inline(always)]
fn hyperexponential(first: f64, means: [f64; 2], u: f64) -> f64 {
    if u < first { -ln(u / first) * means[0] } else { -ln((1.0 - u) / (1.0 - first)) * means[1] }
}

#[inline]
fn pick(values: &[f64], u: f64) -> f64 {
    values[((u * values.len() as f64) as usize).min(values.len() - 1)]
}

/// G. Marsaglia and W. W. Tsang (2000), with the usual power of a uniform for shapes below one.
fn gamma(shape: f64, generator: &mut Generator) -> f64 {
    let (raised, boost) = if shape < 1.0 { (shape + 1.0, exp(ln(uniform(generator)) / shape)) } else { (shape, 1.0) };
    let d = raised - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(generator);
        let t = 1.0 + c * x;
        if t <= 0.0 {
            continue;
        }
        let v = t * t * t;
        if ln(uniform(generator)) < 0.5 * x * x + d - d * v + d * ln(v) {
            return boost * d * v;
        }
    }
}
