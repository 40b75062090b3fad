//! Confidence intervals of quantiles from order statistics, without assuming a distribution.

use statrs::distribution::{Binomial, DiscreteCDF};

/// The places, counted from 1 among the sorted samples, between which a quantile lies with at least 95 % confidence.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The lower end; nothing when even the smallest sample may be above the quantile.
    pub low: Option<u64>,
    /// The upper end; nothing when even the largest sample may be below it: there are too few samples.
    pub high: Option<u64>,
}

/// The places for the quantile at `probability` of `n` independent samples: the 2.5 % point of the binomial distribution,
/// and one above its 97.5 % point. Nothing for a probability outside 0 to 1.
pub fn places(probability: f64, n: u64) -> Option<Places> {
    let binomial = Binomial::new(probability, n).ok()?;
    let low = binomial.inverse_cdf(0.025);
    let high = binomial.inverse_cdf(0.975) + 1;
    Some(Places { low: Some(low).filter(|&low| low >= 1), high: Some(high).filter(|&high| high <= n) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector `quantile_ci_order_stats` of the reference.
    #[test]
    fn places_match_the_reference() {
        for (p, n, low, high) in [
            (0.95, 100, 90, Some(100)),
            (0.95, 1000, 936, Some(964)),
            (0.95, 10_000, 9457, Some(9543)),
            (0.95, 100_000, 94_864, Some(95_136)),
            (0.99, 100, 97, None),
            (0.99, 1000, 983, Some(997)),
            (0.99, 10_000, 9880, Some(9920)),
            (0.99, 100_000, 98_938, Some(99_062)),
            (0.999, 100, 99, None),
            (0.999, 1000, 997, None),
            (0.999, 10_000, 9983, Some(9997)),
            (0.999, 100_000, 99_880, Some(99_920)),
        ] {
            assert_eq!(places(p, n), Some(Places { low: Some(low), high }), "p {p}, n {n}");
        }
        assert_eq!(places(1.5, 10), None);
    }
}
