//! Sobol indices from Saltelli's design: first order by Saltelli et al. (2010), total by Jansen (1999).

/// How much of a figure's variance one axis explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Indices {
    /// The axis's index.
    pub axis: usize,
    /// Alone.
    pub first_order: f64,
    /// Together with all its interactions.
    pub total: f64,
}

/// The indices of all axes, the largest total first. `figures` are in the order of the design: A, B, then A with each
/// column of B, `points` each. Rows in which a figure is missing are left out. Nothing without variance.
pub fn indices(axes: usize, points: usize, figures: &[Option<f64>]) -> Option<Vec<Indices>> {
    if figures.len() != points * (axes + 2) {
        return None;
    }
    let whole: Vec<usize> =
        (0..points).filter(|&row| (0..axes + 2).all(|block| figures[block * points + row].is_some())).collect();
    let figure = |block: usize, row: usize| figures[block * points + row].unwrap_or(f64::NAN);
    let n = whole.len() as f64;
    let both: Vec<f64> = whole.iter().flat_map(|&row| [figure(0, row), figure(1, row)]).collect();
    let mean = both.iter().sum::<f64>() / both.len() as f64;
    let variance = both.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (both.len() as f64 - 1.0);
    if variance <= super::variance::rounding(mean) || variance.is_nan() {
        return None;
    }
    let mut indices: Vec<Indices> = (0..axes)
        .map(|axis| {
            let swapped = |row: usize| figure(2 + axis, row);
            let first = whole.iter().map(|&row| figure(1, row) * (swapped(row) - figure(0, row))).sum::<f64>() / n;
            let squares = whole.iter().map(|&row| figure(0, row) - swapped(row)).map(|d| d * d).sum::<f64>();
            Indices { axis, first_order: first / variance, total: squares / (2.0 * n) / variance }
        })
        .collect();
    indices.sort_by(|a, b| b.total.total_cmp(&a.total).then(a.axis.cmp(&b.axis)));
    Some(indices)
}

/// Axes from 0 to 1, for tests of designs.
#[cfg(test)]
pub(crate) fn unit_axes(count: usize) -> Vec<crate::experiment::axis::Axis> {
    let document = crate::scenario::Document::parse_apart("x.toml", "x = { from = 0.0, to = 1.0 }").unwrap();
    vec![crate::experiment::axis::read("x", &document.written("x").unwrap()).unwrap(); count]
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::experiment::design::{Design, Place};

    /// The Ishigami function (a = 7, b = 0.1), whose indices are known in closed form: S1 = 0.3139, S2 = 0.4424,
    /// S3 = 0, ST1 = 0.5576, ST2 = 0.4424, ST3 = 0.2437 (Ishigami and Homma 1990).
    #[test]
    fn the_ishigami_function_has_its_known_indices() {
        let points = 4096;
        let rows = Design::Saltelli.rows(&unit_axes(3), points, 1).unwrap();
        let figures: Vec<Option<f64>> = rows
            .iter()
            .map(|row| {
                let x = |axis: usize| match row[axis] {
                    Place::Share(share) => (2.0 * share - 1.0) * PI,
                    _ => f64::NAN,
                };
                Some(x(0).sin() + 7.0 * x(1).sin().powi(2) + 0.1 * x(2).powi(4) * x(0).sin())
            })
            .collect();
        let found = indices(3, points, &figures).unwrap();
        let of = |axis: usize| found.iter().find(|indices| indices.axis == axis).unwrap();
        for (axis, first, total) in [(0, 0.3139, 0.5576), (1, 0.4424, 0.4424), (2, 0.0, 0.2437)] {
            let indices = of(axis);
            assert!((indices.first_order - first).abs() < 0.02, "{indices:?}");
            assert!((indices.total - total).abs() < 0.02, "{indices:?}");
        }
        assert_eq!(found[0].axis, 0, "the largest total comes first");
        assert_eq!(indices(3, points, &vec![Some(1.0); points * 5]), None, "a constant has no variance to explain");
    }
}
