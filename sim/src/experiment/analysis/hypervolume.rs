//! The hypervolume of a frontier: how much of the space before a reference point it beats. Larger is better.

/// The area that points (both figures smaller is better) dominate before the reference.
pub fn area(points: &[(f64, f64)], reference: (f64, f64)) -> f64 {
    let mut inside: Vec<(f64, f64)> =
        points.iter().copied().filter(|point| point.0 < reference.0 && point.1 < reference.1).collect();
    inside.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut area = 0.0;
    let mut floor = reference.1;
    for (x, y) in inside {
        if y < floor {
            area += (reference.0 - x) * (floor - y);
            floor = y;
        }
    }
    area
}

/// The volume that points of three figures dominate before the reference: areas between one third figure and the next.
pub fn volume(points: &[[f64; 3]], reference: [f64; 3]) -> f64 {
    let mut inside: Vec<[f64; 3]> =
        points.iter().copied().filter(|point| (0..3).all(|i| point[i] < reference[i])).collect();
    inside.sort_by(|a, b| a[2].total_cmp(&b[2]));
    let mut volume = 0.0;
    for (index, point) in inside.iter().enumerate() {
        let next = inside.get(index + 1).map_or(reference[2], |next| next[2]);
        let below: Vec<(f64, f64)> = inside[..=index].iter().map(|point| (point[0], point[1])).collect();
        volume += area(&below, (reference[0], reference[1])) * (next - point[2]);
    }
    volume
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector `hypervolume_2d` of the reference: 4.39.
    #[test]
    fn the_area_matches_the_reference() {
        let points = [(10.0, 0.2), (12.0, 0.05), (15.0, 0.01), (20.0, 0.001), (14.0, 0.06), (25.0, 0.002)];
        assert!((area(&points, (30.0, 0.25)) - 4.39).abs() < 1e-12);
        assert_eq!(area(&points, (5.0, 0.25)), 0.0, "nothing lies before this reference");
    }

    #[test]
    fn a_volume_is_area_times_depth() {
        assert!((volume(&[[1.0, 1.0, 1.0]], [2.0, 3.0, 4.0]) - 6.0).abs() < 1e-12);
        // Two boxes of volume 2 each (1 x 1 x 2 and 2 x 1 x 1 before (3, 3, 3)) that share 1 x 1 x 1.
        let two = [[2.0, 2.0, 1.0], [1.0, 2.0, 2.0]];
        assert!((volume(&two, [3.0, 3.0, 3.0]) - 3.0).abs() < 1e-12);
    }
}
