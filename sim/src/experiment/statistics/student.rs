//! Student's t: quantiles and one-sided bounds of means of independent replications.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The quantile of Student's t distribution at a probability.
pub fn quantile(probability: f64, degrees_of_freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).map_or(f64::NAN, |t| t.inverse_cdf(probability))
}

/// The mean, and the half width of its two-sided interval at a confidence; no half width for fewer than two samples.
pub fn mean_and_half_width(samples: &[f64], confidence: f64) -> (f64, Option<f64>) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    if samples.len() < 2 {
        return (mean, None);
    }
    let half_width = quantile((1.0 + confidence) / 2.0, samples.len() - 1) * standard_error(samples, mean);
    (mean, Some(half_width))
}

/// A bound that the true mean stays below with this confidence; nothing for fewer than two samples.
pub fn upper_bound(samples: &[f64], confidence: f64) -> Option<f64> {
    if samples.len() < 2 {
        return None;
    }
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    Some(mean + quantile(confidence, samples.len() - 1) * standard_error(samples, mean))
}

fn standard_error(samples: &[f64], mean: f64) -> f64 {
    let n = samples.len() as f64;
    let variance = samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    libm::sqrt(variance / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_the_reference() {
        // t_quantiles_975 of the reference vectors.
        for (degrees, t) in [
            (4, 2.776_445_105_197_793_4),
            (9, 2.262_157_162_798_205),
            (19, 2.093_024_054_408_308_3),
            (29, 2.045_229_642_132_703),
            (49, 2.009_575_237_129_239_2),
            (99, 1.984_216_951_586_417_4),
        ] {
            assert!((quantile(0.975, degrees) - t).abs() < 1e-8, "{degrees} degrees of freedom");
        }
    }

    #[test]
    fn bounds_follow_by_hand() {
        // Mean 2, variance 1, standard error 1/sqrt(3); t(0.95, 2) = 2.919986, t(0.975, 2) = 4.302653.
        let samples = [1.0, 2.0, 3.0];
        let bound = upper_bound(&samples, 0.95).unwrap();
        assert!((bound - (2.0 + 2.919_986 / 3f64.sqrt())).abs() < 1e-5, "{bound}");
        let (mean, half_width) = mean_and_half_width(&samples, 0.95);
        assert!((mean - 2.0).abs() < 1e-12 && (half_width.unwrap() - 4.302_653 / 3f64.sqrt()).abs() < 1e-5);
        assert_eq!(upper_bound(&[1.0], 0.95), None, "one run proves nothing");
        assert_eq!(mean_and_half_width(&[1.0], 0.95), (1.0, None));
    }
}
