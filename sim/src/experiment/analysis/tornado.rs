//! The effect of one axis at a time: how far a figure moves when a single axis leaves the base.

/// The swing of a figure over one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Swing {
    /// The axis's index.
    pub axis: usize,
    /// The figure at the base.
    pub base: f64,
    /// The least figure over the axis's values, the base included.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// The swings of all axes, widest first. `rows` says for each row of the design which axis leaves the base (none for the
/// base itself) and the figure there.
pub fn swings(axes: usize, rows: &[(Option<usize>, Option<f64>)]) -> Option<Vec<Swing>> {
    let base = rows.iter().find(|(axis, _)| axis.is_none())?.1?;
    let mut swings: Vec<Swing> = (0..axes)
        .map(|axis| {
            let values = rows.iter().filter(|(of, _)| *of == Some(axis)).filter_map(|(_, value)| *value);
            let (low, high) = values.fold((base, base), |(low, high), value| (low.min(value), high.max(value)));
            Swing { axis, base, low, high }
        })
        .collect();
    swings.sort_by(|a, b| (b.high - b.low).total_cmp(&(a.high - a.low)).then(a.axis.cmp(&b.axis)));
    Some(swings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_swing_comes_first() {
        let rows =
            [(None, Some(10.0)), (Some(0), Some(9.0)), (Some(0), Some(11.0)), (Some(1), Some(20.0)), (Some(1), None)];
        let swings = swings(2, &rows).unwrap();
        assert_eq!(swings[0], Swing { axis: 1, base: 10.0, low: 10.0, high: 20.0 });
        assert_eq!(swings[1], Swing { axis: 0, base: 10.0, low: 9.0, high: 11.0 });
    }
}
