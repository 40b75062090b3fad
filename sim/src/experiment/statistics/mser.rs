//! MSER-5 (White 1997): where the warm-up of a long run ends.

/// Observations per batch.
const BATCH: usize = 5;

/// Where a series settles.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Truncation {
    /// Batches of five to leave out.
    pub batches: usize,
    /// Observations to leave out.
    pub observations: usize,
    /// The squared standard error that is the smallest there.
    pub statistic: f64,
    /// False when the minimum is at the end of what was searched: the run is too short to tell.
    pub is_settled: bool,
}

/// The truncation that makes the standard error of what remains smallest, among the first half of the batches. Nothing
/// for fewer than two batches.
pub fn mser5(series: &[f64]) -> Option<Truncation> {
    let means: Vec<f64> = series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let last = means.len() / 2;
    if last == 0 {
        return None;
    }
    let statistic = |cut: usize| {
        let rest = &means[cut..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n * n)
    };
    let (batches, statistic) = (0..=last).map(|cut| (cut, statistic(cut))).min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(Truncation { batches, observations: batches * BATCH, statistic, is_settled: batches < last })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector `mser5` of the reference: 7 batches, 35 observations.
    #[test]
    fn the_reference_series_settles_where_it_should() {
        let wobble = |i: u64| if (i * 7919) % 13 < 6 { 0.5 } else { -0.5 };
        let series: Vec<f64> =
            (0..200u32).map(|i| 10.0 * (-f64::from(i) / 10.0).exp() + wobble(u64::from(i))).collect();
        let truncation = mser5(&series).unwrap();
        assert_eq!((truncation.batches, truncation.observations), (7, 35));
        assert!((truncation.statistic - 0.000_681_230_686_419_322).abs() < 1e-12, "{}", truncation.statistic);
        assert!(truncation.is_settled);
    }

    #[test]
    fn a_series_that_still_falls_is_not_settled() {
        let series: Vec<f64> = (0..100).map(|i| -f64::from(i)).collect();
        assert!(!mser5(&series).unwrap().is_settled);
        assert_eq!(mser5(&[1.0; 9]), None);
    }
}
