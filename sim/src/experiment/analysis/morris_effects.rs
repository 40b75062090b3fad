//! Elementary effects (Morris 1991; mu* by Campolongo et al. 2007): which axes matter, and which act together or bend.

use super::super::design::{MORRIS_STEP, Place, Row};

/// The elementary effects of one axis, per full length of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The axis's index.
    pub axis: usize,
    /// Their mean: the direction.
    pub mu: f64,
    /// The mean of their sizes: the importance.
    pub mu_star: f64,
    /// Their standard deviation: curvature or interaction. Not a number for one trajectory.
    pub sigma: f64,
    /// How many there are.
    pub count: usize,
}

/// The effects of all axes, most important first, from trajectories of `axes + 1` rows each.
pub fn effects(axes: usize, rows: &[(Row, Option<f64>)]) -> Vec<Effect> {
    let mut of_axis: Vec<Vec<f64>> = vec![Vec::new(); axes];
    for trajectory in rows.chunks(axes + 1) {
        for pair in trajectory.windows(2) {
            let (Some(before), Some(after)) = (pair[0].1, pair[1].1) else { continue };
            let Some(axis) = (0..axes).find(|&axis| pair[0].0[axis] != pair[1].0[axis]) else { continue };
            let (Place::Share(from), Place::Share(to)) = (pair[0].0[axis], pair[1].0[axis]) else { continue };
            let step = if to > from { MORRIS_STEP } else { -MORRIS_STEP };
            of_axis[axis].push((after - before) / step);
        }
    }
    let mut effects: Vec<Effect> = of_axis
        .into_iter()
        .enumerate()
        .map(|(axis, effects)| {
            let n = effects.len() as f64;
            let mu = effects.iter().sum::<f64>() / n;
            let mu_star = effects.iter().map(|effect| effect.abs()).sum::<f64>() / n;
            let variance = effects.iter().map(|effect| (effect - mu) * (effect - mu)).sum::<f64>() / (n - 1.0);
            Effect { axis, mu, mu_star, sigma: libm::sqrt(variance), count: effects.len() }
        })
        .collect();
    effects.sort_by(|a, b| b.mu_star.total_cmp(&a.mu_star).then(a.axis.cmp(&b.axis)));
    effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::design::Design;

    /// A straight plane has the same effect everywhere: mu is the slope, sigma nothing. A product shows as sigma.
    #[test]
    fn a_plane_has_its_slopes_and_a_product_a_spread() {
        let rows = Design::Morris.rows(&crate::experiment::analysis::sensitivity::unit_axes(3), 20, 1).unwrap();
        let share = |place: Place| match place {
            Place::Share(share) => share,
            _ => 0.0,
        };
        let plane = |row: &Row| 3.0 * share(row[0]) - 2.0 * share(row[1]);
        let of = |figure: &dyn Fn(&Row) -> f64| {
            let rows: Vec<(Row, Option<f64>)> = rows.iter().map(|row| (row.clone(), Some(figure(row)))).collect();
            effects(3, &rows)
        };
        let found = of(&plane);
        assert_eq!(found.iter().map(|effect| effect.axis).collect::<Vec<_>>(), [0, 1, 2]);
        assert!((found[0].mu - 3.0).abs() < 1e-9 && found[0].sigma < 1e-9);
        assert!((found[1].mu + 2.0).abs() < 1e-9 && (found[1].mu_star - 2.0).abs() < 1e-9);
        assert_eq!(found[0].count, 20);
        let product = of(&|row| share(row[0]) * share(row[1]));
        assert!(product[0].sigma > 0.1, "{product:?}");
    }
}
