//! Selecting the best of several variants: the procedure of Kim and Nelson (2001) for means under common random numbers.

/// The constants of the procedure for `k` variants, `first` replications each to begin with, and an error probability.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Constants {
    /// Eta.
    pub eta: f64,
    /// h squared.
    pub h2: f64,
}

/// The constants: eta = ((2 alpha / (k - 1))^(-2 / (n0 - 1)) - 1) / 2, h^2 = 2 eta (n0 - 1).
pub fn constants(k: usize, first: usize, alpha: f64) -> Constants {
    let degrees = first as f64 - 1.0;
    let eta = 0.5 * (libm::pow(2.0 * alpha / (k as f64 - 1.0), -2.0 / degrees) - 1.0);
    Constants { eta, h2: 2.0 * eta * degrees }
}

/// Which of the variants that are left of `k` may still be the one with the smallest mean, after all of them have had
/// equally many replications. `samples[i]` are the figures of variant i, replication by replication under common seeds;
/// `first` of them fix the variances; differences below `indifference` do not matter. With probability `1 - alpha` the best (or one that is worse
/// by less than that) is never dropped, whatever the number of looks.
pub fn survivors(k: usize, samples: &[&[f64]], first: usize, alpha: f64, indifference: f64) -> Vec<usize> {
    let replications = samples.iter().map(|of_one| of_one.len()).min().unwrap_or(0);
    let first = first.min(replications);
    if samples.len() < 2 || first < 2 {
        return (0..samples.len()).collect();
    }
    let h2 = constants(k, first, alpha).h2;
    let r = replications as f64;
    let mean = |i: usize| samples[i][..replications].iter().sum::<f64>() / r;
    let is_beaten = |i: usize, by: usize| {
        let variance = difference_variance(&samples[i][..first], &samples[by][..first]);
        let d = indifference;
        let slack = (d / (2.0 * r) * (h2 * variance / (d * d) - r)).max(0.0);
        mean(i) > mean(by) + slack
    };
    (0..samples.len()).filter(|&i| !(0..samples.len()).any(|by| by != i && is_beaten(i, by))).collect()
}

fn difference_variance(a: &[f64], b: &[f64]) -> f64 {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    differences.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector `kn_constants` of the reference.
    #[test]
    fn constants_match_the_reference() {
        for (k, first, eta, h2) in [
            (5, 10, 0.634_967_265_153_673_1, 11.429_410_772_766_115),
            (5, 20, 0.237_238_315_535_193_7, 9.015_055_990_337_36),
            (20, 10, 1.104_573_788_224_275_4, 19.882_328_188_054_938),
            (20, 20, 0.368_637_960_131_968_26, 14.008_242_485_014_794),
            (100, 10, 1.815_616_919_948_619_8, 32.681_104_559_075_16),
            (100, 20, 0.533_475_117_588_410_3, 20.272_054_468_359_592),
        ] {
            let found = constants(k, first, 0.05);
            assert!((found.eta - eta).abs() < 1e-12 * eta, "k {k}, n0 {first}: {found:?}");
            assert!((found.h2 - h2).abs() < 1e-12 * h2, "k {k}, n0 {first}: {found:?}");
        }
    }

    #[test]
    fn what_is_clearly_worse_is_dropped_and_what_is_close_stays() {
        let noise = [0.1, -0.2, 0.05, 0.15, -0.1, 0.0, -0.05, 0.1, 0.02, -0.07];
        let around = |mean: f64, swing: f64| noise.iter().map(|x| mean + swing * x).collect::<Vec<f64>>();
        let (best, close, worse) = (around(1.0, 1.0), around(1.01, -1.0), around(3.0, 1.0));
        assert_eq!(survivors(3, &[&best, &close, &worse], 10, 0.05, 0.05), [0, 1]);
        assert_eq!(survivors(1, &[&best], 10, 0.05, 0.05), [0]);
    }

    /// The slippage case: all others are worse by exactly the indifference. The best has to be selected in at least 95 %
    /// of cases; 1,000 seeded trials get 1.4 points (two standard errors) for chance.
    #[test]
    fn the_best_is_selected_as_often_as_promised() {
        use windtunnel_traces::random::uniform;
        use windtunnel_traces::{Purpose, Streams};

        let (k, first, delta, trials) = (5, 10, 0.5, 1000);
        let mut stream = Streams::new(11).stream(Purpose::Design);
        // The sum of twelve uniforms less six: as good as normal here, of variance one.
        let mut normal = move || (0..12).map(|_| uniform(&mut stream)).sum::<f64>() - 6.0;
        let mut right = 0;
        for _ in 0..trials {
            let mut samples = vec![Vec::new(); k];
            let mut left: Vec<usize> = (0..k).collect();
            while left.len() > 1 {
                let more = if samples[0].is_empty() { first } else { 1 };
                for (variant, samples) in samples.iter_mut().enumerate() {
                    let mean = if variant == 0 { 0.0 } else { delta };
                    samples.extend((0..more).map(|_| mean + normal()));
                }
                let of_left: Vec<&[f64]> = left.iter().map(|&variant| samples[variant].as_slice()).collect();
                left = survivors(k, &of_left, first, 0.05, delta).into_iter().map(|index| left[index]).collect();
            }
            right += u32::from(left == [0]);
        }
        assert!(f64::from(right) >= (0.95 - 0.014) * f64::from(trials), "{right} of {trials}");
    }
}
