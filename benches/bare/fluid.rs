//! The bare loop that a day of fluid cannot be faster than.

/// Epochs of 15 s in a day.
const EPOCHS: usize = 5_760;

/// Rates of a day, in requests per second.
pub(crate) fn rates() -> Vec<f64> {
    (0..EPOCHS).map(|epoch| 400.0 + 200.0 * (epoch as f64 / 900.0).sin()).collect()
}

/// Violating shares by utilization.
pub(crate) const TAIL: [f64; 64] = tail();

const fn tail() -> [f64; 64] {
    let mut tail = [1e-7; 64];
    let mut at = 1;
    while at < 64 {
        tail[at] = tail[at - 1] * 1.28;
        at += 1;
    }
    tail
}

/// One group of instances, one table of latencies, no control at all. Per epoch: the utilization, the backlog, the
/// violating share at that utilization, and the sums.
pub(crate) fn bare_day(rates: &[f64], tail: &[f64; 64]) -> (f64, f64, f64) {
    let (instances, capacity, seconds) = (5.0, 8.0 / 0.055, 15.0);
    let (mut backlog, mut busy, mut violating) = (0.0f64, 0.0, 0.0);
    for rate in rates {
        let offered = rate / instances * seconds + backlog;
        let served = offered.min(capacity * seconds);
        backlog = offered - served;
        let utilization = served / (capacity * seconds);
        busy += utilization;
        violating += tail[(utilization * 63.0) as usize] * served + backlog;
    }
    (busy, violating, backlog)
}
