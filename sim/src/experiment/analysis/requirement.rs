//! What would it take: the cheapest point that meets an objective for sure.

use super::super::statistics::student;

/// An upper bound on a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// The figure.
    pub metric: String,
    /// What it has to stay below, or above.
    pub bound: f64,
    /// True when smaller is better.
    pub is_upper: bool,
}

/// How sure it is that a point meets a requirement.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole 95 % interval of its mean does.
    Meets,
    /// By its mean it does, but the bound of the interval does not: more replications may tell. Or there is only one.
    Unsure,
    /// By its mean it does not.
    Misses,
}

impl Requirement {
    /// Whether replications of a point meet it: the 95 % interval of their mean must not include violation.
    pub fn verdict(&self, samples: &[f64]) -> Verdict {
        let sign = if self.is_upper { 1.0 } else { -1.0 };
        let signed: Vec<f64> = samples.iter().map(|sample| sign * sample).collect();
        let bound = sign * self.bound;
        let mean = signed.iter().sum::<f64>() / signed.len() as f64;
        if mean >= bound || mean.is_nan() {
            return Verdict::Misses;
        }
        match student::upper_bound(&signed, 0.975) {
            Some(upper) if upper < bound => Verdict::Meets,
            _ => Verdict::Unsure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_is_never_sure() {
        let requirement = Requirement { metric: "x".into(), bound: 0.01, is_upper: true };
        assert_eq!(requirement.verdict(&[0.001]), Verdict::Unsure);
        assert_eq!(requirement.verdict(&[0.02]), Verdict::Misses);
        assert_eq!(requirement.verdict(&[0.001, 0.0011, 0.0009]), Verdict::Meets);
        assert_eq!(requirement.verdict(&[0.001, 0.018, 0.002]), Verdict::Unsure);
        assert_eq!(requirement.verdict(&[f64::NAN, 0.001]), Verdict::Misses);
        let above = Requirement { metric: "apdex".into(), bound: 0.9, is_upper: false };
        assert_eq!(above.verdict(&[0.95, 0.96, 0.955]), Verdict::Meets);
        assert_eq!(above.verdict(&[0.85, 0.86]), Verdict::Misses);
    }
}
