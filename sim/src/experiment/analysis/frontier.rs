//! The Pareto frontier with confidence, and its knee.
//!
//! A point is off the frontier only when another beats it for sure: by the means it is nowhere worse, and in at least one
//! figure the 95 % interval of the paired difference lies wholly below zero. With one replication there is no interval
//! and the figures themselves decide; whoever shows the frontier then has to say so.

use rayon::prelude::*;

use crate::outcome::Summary;

/// The figures of a point: one list of replications per figure; smaller is better.
pub type Figures = Vec<Vec<f64>>;

/// True when `a` beats `b` for sure.
pub fn dominates(a: &Figures, b: &Figures) -> bool {
    let mut is_better = false;
    for (a, b) in a.iter().zip(b) {
        let common = a.len().min(b.len());
        if common == 0 {
            return false;
        }
        let differences: Vec<f64> = a[..common].iter().zip(&b[..common]).map(|(a, b)| a - b).collect();
        let difference = Summary::of(&differences);
        if difference.mean > 0.0 || difference.mean.is_nan() {
            return false;
        }
        is_better |= difference.high < 0.0;
    }
    is_better
}

/// The points that none beats for sure, in their order. Points without figures are not on it.
pub fn frontier(points: &[Option<Figures>]) -> Vec<usize> {
    let mut contenders: Vec<usize> = (0..points.len()).filter(|&point| points[point].is_some()).collect();
    let beats = |by: usize, point: usize| match (&points[by], &points[point]) {
        (Some(by), Some(point)) => dominates(by, point),
        _ => false,
    };
    // Those that are beaten are mostly beaten by many: a first look at a few good ones spares most comparisons.
    let mut good = contenders.clone();
    good.sort_by(|&a, &b| first_mean(points, a).total_cmp(&first_mean(points, b)).then(a.cmp(&b)));
    let all = contenders.clone();
    contenders =
        contenders.into_par_iter().filter(|&point| !good.iter().any(|&by| by != point && beats(by, point))).collect();
    debug_assert!(!contenders.is_empty() || all.is_empty());
    contenders
}

fn first_mean(points: &[Option<Figures>], point: usize) -> f64 {
    let first = points[point].as_ref().and_then(|figures| figures.first());
    first.map_or(f64::INFINITY, |samples| samples.iter().sum::<f64>() / samples.len().max(1) as f64)
}

/// Of points (both figures smaller is better) the one that is farthest from the line between the two ends, both figures
/// scaled to their span: where more money begins to buy little. Nothing for fewer than three points, or when none lies
/// below the line.
pub fn knee(front: &[(f64, f64)]) -> Option<usize> {
    if front.len() < 3 {
        return None;
    }
    let ends = |of: fn(&(f64, f64)) -> f64| {
        let least = front.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = front.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (least, most - least)
    };
    let ((x0, width), (y0, height)) = (ends(|point| point.0), ends(|point| point.1));
    if width <= 0.0 || height <= 0.0 {
        return None;
    }
    // The line goes from (0, 1) to (1, 0).
    let below = |&(x, y): &(f64, f64)| 1.0 - (x - x0) / width - (y - y0) / height;
    let (index, distance) =
        front.iter().map(below).enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (distance > 1e-12).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_run(figures: &[(f64, f64)]) -> Vec<Option<Figures>> {
        figures.iter().map(|&(cost, violations)| Some(vec![vec![cost], vec![violations]])).collect()
    }

    /// The front of the vector `hypervolume_2d` of the reference.
    #[test]
    fn without_replications_the_figures_decide() {
        let points = one_run(&[(10.0, 0.20), (12.0, 0.05), (15.0, 0.01), (20.0, 0.001), (14.0, 0.06), (25.0, 0.002)]);
        assert_eq!(frontier(&points), [0, 1, 2, 3]);
    }

    #[test]
    fn a_point_is_beaten_only_when_the_paired_interval_says_so() {
        let cost = vec![10.0, 20.0, 30.0, 40.0];
        let base: Figures = vec![cost.clone(), vec![0.1; 4]];
        // Every seed is cheaper by one: the pairs are sure although the costs themselves vary widely.
        let cheaper: Figures = vec![cost.iter().map(|cost| cost - 1.0).collect(), vec![0.1; 4]];
        assert!(dominates(&cheaper, &base) && !dominates(&base, &cheaper));
        // Cheaper on average only: the interval of the difference includes zero.
        let perhaps: Figures = vec![vec![9.0, 23.0, 24.0, 40.0], vec![0.1; 4]];
        assert!(!dominates(&perhaps, &base));
        assert_eq!(frontier(&[Some(base.clone()), Some(cheaper.clone()), Some(perhaps), None]), [1, 2]);
        // Cheaper for sure but worse in the other figure.
        let traded: Figures = vec![cheaper[0].clone(), vec![0.2; 4]];
        assert!(!dominates(&traded, &base));
        assert!(!dominates(&base, &base.clone()), "equals do not beat each other");
    }

    #[test]
    fn the_knee_is_where_the_curve_bends() {
        assert_eq!(knee(&[(10.0, 0.20), (12.0, 0.05), (15.0, 0.01), (20.0, 0.001)]), Some(1));
        assert_eq!(knee(&[(0.0, 1.0), (1.0, 0.0)]), None);
        assert_eq!(knee(&[(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)]), None, "a straight line has no knee");
    }

    proptest::proptest! {
        /// Something is always on the frontier, and whatever is off it is beaten by something.
        #[test]
        fn what_is_off_the_frontier_is_beaten(
            figures in proptest::collection::vec(
                (proptest::collection::vec(0.0f64..10.0, 3), proptest::collection::vec(0.0f64..1.0, 3)), 1..20)
        ) {
            let points: Vec<Option<Figures>> = figures.into_iter().map(|(a, b)| Some(vec![a, b])).collect();
            let front = frontier(&points);
            proptest::prop_assert!(!front.is_empty());
            for (index, point) in points.iter().enumerate() {
                let is_beaten = points.iter().any(|by| dominates(by.as_ref().unwrap(), point.as_ref().unwrap()));
                proptest::prop_assert_eq!(is_beaten, !front.contains(&index));
            }
        }
    }
}
