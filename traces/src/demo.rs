//! One day of traffic for the first run: realistic in shape, and synthetic. The file is compiled in; a test holds it to
//! its generator.

use std::fmt::Write;

use crate::random::{Purpose, Streams, normal};

/// A day of requests per minute, as CSV. Synthetic: see [`generate`].
pub const DEMO_DAY: &str = include_str!("../data/demo-day.csv");

/// The seed that [`DEMO_DAY`] was generated with.
pub const DEMO_SEED: u64 = 20;

const MINUTES: u32 = 24 * 60;

/// The usual day: requests per second at an hour, with smooth ways between. A trough in the night, a morning rise, a dip
/// at lunch, the main peak in the evening. The last is the first of the next day, so that days join when repeated.
const USUAL: [(f64, f64); 13] = [
    (0.0, 200.0),
    (2.0, 115.0),
    (4.0, 90.0),
    (6.0, 125.0),
    (8.0, 290.0),
    (10.0, 420.0),
    (11.5, 440.0),
    (13.0, 360.0),
    (15.0, 415.0),
    (18.0, 470.0),
    (20.5, 700.0),
    (22.5, 400.0),
    (24.0, 200.0),
];

/// The flash crowd: a link is shared. Minute of the day, and the extra share in each minute from there on.
const FLASH_AT: usize = 10 * 60 + 47;
const FLASH: [f64; 11] = [0.25, 0.60, 0.62, 0.60, 0.58, 0.60, 0.57, 0.48, 0.30, 0.15, 0.06];

/// The noise: how much of a minute's deviation carries over to the next, and its standard deviation.
const MEMORY: f64 = 0.8;
const NOISE: f64 = 0.03;

/// Generates a synthetic day of traffic, a row per minute `seconds,requests`: the usual day, one flash crowd of about
/// eight minutes late in the morning, and autocorrelated noise of 3 % from the stream for series of `seed`.
pub fn generate(seed: u64) -> String {
    let mut generator = Streams::new(seed).stream(Purpose::Series);
    let fresh = NOISE * (1.0 - MEMORY * MEMORY).sqrt();
    let mut deviation = NOISE * normal(&mut generator);
    let mut text = format!(
        "# SYNTHETIC traffic: one day of requests per minute, made up for demonstration. Not a recording.\n\
         # Generator: windtunnel_traces::demo::generate, seed {seed}. Any use, no attribution needed.\n\
         seconds,requests\n"
    );
    for minute in 0..MINUTES {
        let flash = (minute as usize).checked_sub(FLASH_AT).and_then(|index| FLASH.get(index)).unwrap_or(&0.0);
        let rate = usual(f64::from(minute) / 60.0) * (1.0 + flash) * libm::exp(deviation);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{},{}", minute * 60, libm::round(rate * 60.0));
        deviation = MEMORY * deviation + fresh * normal(&mut generator);
    }
    text
}

/// The usual rate at an hour: half a cosine wave between each two points.
fn usual(hour: f64) -> f64 {
    let next = USUAL.iter().position(|(at, _)| hour < *at).unwrap_or(USUAL.len() - 1);
    let ((from, low), (to, high)) = (USUAL[next - 1], USUAL[next]);
    let along = (hour - from) / (to - from);
    low + (high - low) * (1.0 - libm::cos(std::f64::consts::PI * along)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_the_generator_writes() {
        let generated = generate(DEMO_SEED);
        if std::env::var_os("WINDTUNNEL_BLESS").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/demo-day.csv");
            std::fs::write(path, &generated).unwrap();
            return;
        }
        assert!(
            generated == DEMO_DAY,
            "traces/data/demo-day.csv differs from demo::generate({DEMO_SEED}); to write it anew: \
             WINDTUNNEL_BLESS=1 cargo test -p windtunnel-traces demo"
        );
    }

    #[test]
    fn the_day_is_as_described() {
        let rates: Vec<f64> = DEMO_DAY
            .lines()
            .filter_map(|line| line.split_once(',')?.1.parse::<f64>().ok())
            .map(|requests| requests / 60.0)
            .collect();
        assert_eq!(rates.len(), 1440);
        let mean = rates.iter().sum::<f64>() / 1440.0;
        assert!((340.0..360.0).contains(&mean), "mean {mean}");
        let extreme = |range: std::ops::Range<usize>| {
            range.fold((f64::MAX, 0.0f64), |(low, high), minute| (low.min(rates[minute]), high.max(rates[minute])))
        };
        let (night, evening) = (extreme(180..300).0, extreme(19 * 60..22 * 60).1);
        assert!((80.0..95.0).contains(&night), "night {night}");
        assert!((700.0..770.0).contains(&evening), "evening {evening}");
        let (before, flash) = (rates[FLASH_AT - 2], rates[FLASH_AT + 4]);
        assert!((1.4..1.8).contains(&(flash / before)), "flash crowd {before} to {flash}");
    }
}
