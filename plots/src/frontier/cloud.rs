//! Many points: of those that fall on the same spot one is drawn, and those that say something always.

use std::collections::BTreeSet;

/// More points than this are a cloud.
const CLOUD: usize = 2_000;
/// The side of a spot in pixels, less than a point is wide.
const SPOT: f64 = 4.0;

/// Which of the points are drawn: all of them, unless they are a cloud.
pub(super) fn seen(places: &[(f64, f64)], says_something: impl Fn(usize) -> bool) -> Vec<usize> {
    if places.len() <= CLOUD {
        return (0..places.len()).collect();
    }
    let mut taken = BTreeSet::new();
    let spot = |(x, y): (f64, f64)| ((x / SPOT).floor() as i64, (y / SPOT).floor() as i64);
    (0..places.len()).filter(|&index| taken.insert(spot(places[index])) || says_something(index)).collect()
}

/// Whether so many points are a cloud, whose intervals would cover everything.
pub(super) const fn is_cloud(count: usize) -> bool {
    count > CLOUD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_keeps_a_point_of_every_spot_and_all_that_matter() {
        let places: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i % 400) / 4.0, f64::from(i / 400) / 4.0)).collect();
        let kept = seen(&places, |index| index == 77_777);
        assert!(kept.contains(&77_777) && kept.len() <= 25 * 16 + 1, "{}", kept.len());
        let spot = |(x, y): (f64, f64)| ((x / SPOT) as i64, (y / SPOT) as i64);
        assert!(places.iter().all(|place| kept.iter().any(|&other| spot(places[other]) == spot(*place))));
        assert_eq!(seen(&places[..10], |_| false).len(), 10);
    }
}
