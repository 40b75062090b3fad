//! What instances cost: billed time in whole units, with a minimum, from launch to release.

use windtunnel_traces::{SimDuration, SimTime};

use crate::scenario::schema::Price;

/// The time that is billed for an instance that existed for `existed`.
pub fn billed_time(existed: SimDuration, price: &Price) -> SimDuration {
    let least = existed.as_nanos().max(price.minimum.as_nanos());
    let unit = price.billed_per.as_nanos().max(1);
    SimDuration::from_nanos(least.div_ceil(unit) * unit)
}

/// The amount for a billed time.
pub fn amount(billed: SimDuration, price: &Price) -> f64 {
    billed.as_secs_f64() / 3600.0 * price.per_hour
}

/// Billed time and amount of an instance launched and released at the given instants; without a release, until `end`.
pub fn bill(launched: SimTime, released: Option<SimTime>, end: SimTime, price: &Price) -> (SimDuration, f64) {
    let billed = billed_time(released.unwrap_or(end).saturating_since(launched), price);
    (billed, amount(billed, price))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_billed_in_whole_units_with_a_minimum() {
        let price = Price { per_hour: 3600.0, ..Price::default() };
        let seconds = |existed| billed_time(SimDuration::from_millis(existed), &price).as_secs_f64();
        assert_eq!(seconds(10_000), 60.0, "the minimum");
        assert_eq!(seconds(60_001), 61.0, "a second begun is a second billed");
        let hourly = Price { billed_per: SimDuration::from_hours(1), ..price.clone() };
        assert_eq!(billed_time(SimDuration::from_secs(3_601), &hourly), SimDuration::from_hours(2));
        let (_, amount) = bill(SimTime::ZERO, None, SimTime::from_secs(100), &price);
        assert!((amount - 100.0).abs() < 1e-9);
    }
}
