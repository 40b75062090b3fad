//! Target tracking: the capacity that would bring a per-instance metric back to its target.

/// Guards a quotient that is whole in exact arithmetic against the last bit.
const EPSILON: f64 = 1e-9;

/// `ceil(capacity * metric / target)`: rounds up when adding, and when removing never removes too much.
pub(crate) fn ceiling(capacity: u32, metric: f64, target: f64) -> i64 {
    libm::ceil(f64::from(capacity) * metric / target - EPSILON) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_reproduces_every_documented_number() {
        // AWS: "Scaling based on Amazon SQS" (1500 messages on 10 instances, target 100: 15); "Target tracking scaling
        // policies": +1.5 adds 2, -1.5 removes 1, -0.5 removes none.
        assert_eq!(ceiling(10, 150.0, 100.0), 15);
        assert_eq!(ceiling(10, 115.0, 100.0) - 10, 2);
        assert_eq!(ceiling(10, 85.0, 100.0) - 10, -1);
        assert_eq!(ceiling(10, 95.0, 100.0) - 10, 0);
        assert_eq!(ceiling(3, 70.0, 70.0), 3);
    }
}
