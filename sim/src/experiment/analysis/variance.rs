//! Main effects and interactions of a grid: how much of a figure's variance the axes explain, alone and in pairs.

use std::collections::BTreeMap;

/// What a grid says about one figure. Shares are of the variance over the grid's points; where constraints exclude points
/// the grid is not balanced and shares overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// The mean over all points.
    pub mean: f64,
    /// Per axis, in their order.
    pub main: Vec<MainEffect>,
    /// Per pair of axes, the largest share first.
    pub interactions: Vec<Interaction>,
}

/// One axis alone.
#[derive(Clone, Debug, PartialEq)]
pub struct MainEffect {
    /// The axis's index.
    pub axis: usize,
    /// The mean at each level; not a number for a level without points.
    pub means: Vec<f64>,
    /// The share of the variance between levels.
    pub share: f64,
}

/// What two axes do together beyond what each does alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// The two axes' indices.
    pub axes: (usize, usize),
    /// The share of the variance.
    pub share: f64,
}

/// The effects on a figure: each point with its levels on all axes.
pub fn effects(points: &[(Vec<usize>, f64)]) -> Option<Effects> {
    let axes = points.first()?.0.len();
    let n = points.len() as f64;
    let mean = points.iter().map(|(_, value)| value).sum::<f64>() / n;
    let total: f64 = points.iter().map(|(_, value)| (value - mean) * (value - mean)).sum();
    // Equal figures differ by the rounding of their means, and nothing explains that.
    let share = |squares: f64| if total > n * rounding(mean) { squares / total } else { 0.0 };
    let main: Vec<MainEffect> = (0..axes)
        .map(|axis| {
            let cells = cells(points, |levels| levels[axis]);
            let squares = cells.values().map(|(sum, n)| n * (sum / n - mean) * (sum / n - mean)).sum();
            let levels = cells.keys().max().map_or(0, |last| last + 1);
            let mean_of = |level| cells.get(&level).map_or(f64::NAN, |(sum, n)| sum / n);
            MainEffect { axis, means: (0..levels).map(mean_of).collect(), share: share(squares) }
        })
        .collect();
    let mut interactions = Vec::new();
    for a in 0..axes {
        for b in a + 1..axes {
            let cells = cells(points, |levels| (levels[a], levels[b]));
            let squares = cells.iter().map(|(&(at_a, at_b), (sum, n))| {
                let beyond = sum / n - main[a].means[at_a] - main[b].means[at_b] + mean;
                n * beyond * beyond
            });
            interactions.push(Interaction { axes: (a, b), share: share(squares.sum()) });
        }
    }
    interactions.sort_by(|x, y| y.share.total_cmp(&x.share).then(x.axes.cmp(&y.axes)));
    Some(Effects { mean, main, interactions })
}

/// The variance that rounding alone may give to figures of this size.
pub(super) fn rounding(mean: f64) -> f64 {
    let error = 1e-12 * mean;
    error * error
}

/// Sum and number of figures by cell.
fn cells<K: Ord>(points: &[(Vec<usize>, f64)], key: impl Fn(&[usize]) -> K) -> BTreeMap<K, (f64, f64)> {
    let mut cells = BTreeMap::new();
    for (levels, value) in points {
        let cell = cells.entry(key(levels)).or_insert((0.0, 0.0));
        cell.0 += value;
        cell.1 += 1.0;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(figure: impl Fn(f64, f64) -> f64) -> Vec<(Vec<usize>, f64)> {
        (0..3)
            .flat_map(|a| (0..4).map(move |b| (a, b)))
            .map(|(a, b)| (vec![a, b], figure(a as f64, b as f64)))
            .collect()
    }

    #[test]
    fn a_sum_has_no_interaction_and_shares_that_add_up() {
        let effects = effects(&grid(|a, b| 10.0 * a + b)).unwrap();
        // Variances of 10a and b over their levels: 66.67 and 1.25.
        assert!((effects.main[0].share - 66.666_666_7 / 67.916_666_7).abs() < 1e-6, "{effects:?}");
        assert!((effects.main[0].share + effects.main[1].share - 1.0).abs() < 1e-12);
        assert!(effects.interactions[0].share < 1e-12);
        assert_eq!(effects.main[0].means, [1.5, 11.5, 21.5]);
    }

    #[test]
    fn equal_figures_are_moved_by_nothing_whatever_their_rounding() {
        let effects = effects(&grid(|a, b| 0.16 + 1e-16 * (a * 3.0 + b))).unwrap();
        assert!(effects.main.iter().all(|main| main.share == 0.0), "{effects:?}");
        assert_eq!(effects.interactions[0].share, 0.0);
    }

    #[test]
    fn a_product_of_deviations_is_all_interaction() {
        let effects = effects(&grid(|a, b| (a - 1.0) * (b - 1.5))).unwrap();
        assert!((effects.interactions[0].share - 1.0).abs() < 1e-12, "{effects:?}");
        assert!(effects.main.iter().all(|main| main.share < 1e-12));
    }
}
