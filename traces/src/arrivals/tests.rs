//! The process against theory: under its own cumulative rate it must be a unit Poisson process.

use proptest::prelude::*;

use super::*;
use crate::shape::{Diurnal, Shape};
use crate::time::SimTime;

const HOUR: u64 = 3_600_000_000_000;

fn all(mut arrivals: Arrivals) -> Vec<u64> {
    let mut times = Vec::new();
    // An odd size, so that blocks do not line up with the blocks of exponentials.
    let mut block = [0; 1001];
    loop {
        let filled = arrivals.fill(&mut block);
        times.extend_from_slice(&block[..filled]);
        if filled < block.len() {
            return times;
        }
    }
}

fn drawn(rate: impl Fn() -> RateSegments, seed: u64) -> Vec<u64> {
    all(Arrivals::poisson(rate(), Streams::new(seed)))
}

/// The expected number of requests before each time.
fn cumulative(rate: RateSegments, times: &[u64]) -> Vec<f64> {
    let (mut before, mut pieces) = (0.0, rate.peekable());
    let below = times.iter().map(|time| {
        let time = SimTime::from_nanos(*time);
        while pieces.peek().is_some_and(|piece| piece.end <= time) {
            before += pieces.next().map_or(0.0, |piece| piece.requests());
        }
        let part = pieces.peek().and_then(|piece| piece.within(piece.start, time));
        before + part.map_or(0.0, |piece| piece.requests())
    });
    below.collect()
}

fn diurnal() -> RateSegments {
    let day = Diurnal { base: 1.0, peak: 9.0, peak_at: 14 * HOUR, weekend: 1.0, since_monday: 0 };
    Shape::Diurnal(day).segments().until(SimTime::from_nanos(24 * HOUR))
}

fn ramp(from: f64, to: f64) -> RateSegments {
    Shape::ramp(from, to, 0, HOUR).segments().until(SimTime::from_nanos(HOUR))
}

fn constant(rate: f64, hours: u64) -> RateSegments {
    RateSegments::constant(rate).until(SimTime::from_nanos(hours * HOUR))
}

#[test]
fn rescaled_by_its_own_rate_it_is_a_unit_poisson_process() {
    type Case = (&'static str, fn() -> RateSegments);
    let shapes: [Case; 6] = [
        ("constant", || constant(50.0, 1)),
        ("rising", || ramp(0.0, 100.0)),
        ("falling", || ramp(100.0, 0.0)),
        ("nearly level", || ramp(50.0, 50.000_000_1)),
        ("diurnal", diurnal),
        ("steps", || Shape::step(10.0, 200.0, HOUR / 4, Some(HOUR / 7)).segments().until(SimTime::from_nanos(HOUR))),
    ];
    for (name, rate) in shapes {
        let times = drawn(rate, 3);
        let below = cumulative(rate(), &times);
        let mut gaps: Vec<f64> = std::iter::once(&0.0).chain(&below).zip(&below).map(|(a, b)| b - a).collect();
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let distance = gaps.iter().enumerate().fold(0.0f64, |distance, (index, gap)| {
            let p = 1.0 - (-gap).exp();
            distance.max((p - index as f64 / n).abs()).max(((index + 1) as f64 / n - p).abs())
        });
        // Kolmogorov-Smirnov at 2e-6.
        assert!(distance * n.sqrt() < 2.63, "{name}: distance {distance} of {n} gaps");
    }
}

#[test]
fn counts_are_as_expected_and_as_dispersed() {
    let minutes = 600;
    let times = drawn(|| constant(20.0, 10), 5);
    let expected = 20.0 * 36_000.0f64;
    assert!((times.len() as f64 - expected).abs() < 4.0 * expected.sqrt(), "{} of {expected}", times.len());
    let mut counts = vec![0.0; minutes];
    for time in &times {
        counts[(time / 60_000_000_000) as usize] += 1.0;
    }
    let mean = times.len() as f64 / minutes as f64;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / (minutes - 1) as f64;
    // The dispersion index of a Poisson process is 1, with a standard error of sqrt(2 / n).
    assert!((variance / mean - 1.0).abs() < 4.0 * (2.0 / minutes as f64).sqrt(), "dispersion {}", variance / mean);
    let (seen, requests) = (drawn(|| ramp(0.0, 100.0), 1).len() as f64, 180_000.0f64);
    assert!((seen - requests).abs() < 4.0 * requests.sqrt(), "{seen} of {requests}");
    let (seen, requests) = (drawn(diurnal, 1).len() as f64, 5.0 * 86_400.0f64);
    assert!((seen - requests).abs() < 4.0 * requests.sqrt(), "{seen} of {requests}");
}

#[test]
fn the_same_seed_gives_the_same_requests_whatever_the_block() {
    let whole = drawn(diurnal, 7);
    let mut arrivals = Arrivals::poisson(diurnal(), Streams::new(7));
    let mut singly = Vec::new();
    let mut one = [0];
    while arrivals.fill(&mut one) == 1 {
        singly.push(one[0]);
    }
    assert_eq!(whole, singly);
    assert_ne!(whole, drawn(diurnal, 8));
}

#[test]
fn a_cut_piece_changes_nothing() {
    // The same rate in one piece and in thousands: what a piece leaves over is carried on.
    let whole = drawn(|| constant(3.0, 2), 9);
    let cut = drawn(
        || {
            let piece = |second| Segment::level(SimTime::from_secs(second), SimTime::from_secs(second + 1), 3.0);
            RateSegments::new((0..7200).map(piece))
        },
        9,
    );
    assert_eq!(whole.len(), cut.len());
    // Rounding differs with the length of a piece, by a few nanoseconds at most.
    assert!(whole.iter().zip(&cut).all(|(a, b)| a.abs_diff(*b) < 100));
}

#[test]
fn nothing_arrives_at_a_rate_of_zero() {
    assert!(drawn(|| constant(0.0, 1), 1).is_empty());
    let hour_later = drawn(|| Shape::step(0.0, 10.0, HOUR, None).segments().until(SimTime::from_nanos(2 * HOUR)), 1);
    assert!(hour_later[0] >= HOUR && hour_later.len() > 30_000);
}

#[test]
fn recorded_times_pass_through() {
    let mut arrivals = Arrivals::recorded([1, 2, 2, 9].into_iter());
    let mut block = [0; 3];
    assert_eq!((arrivals.fill(&mut block), block), (3, [1, 2, 2]));
    assert_eq!((arrivals.fill(&mut block), block[0]), (1, 9));
    assert_eq!(arrivals.fill(&mut block), 0);
}

proptest! {
    #[test]
    fn requests_are_in_order_and_within_the_trace(
        corners in prop::collection::vec((0u64..5_000_000_000, 0.0f64..2000.0), 1..12),
        jump in 0.0f64..500.0,
        end in 1u64..6_000_000_000,
        seed in any::<u64>(),
    ) {
        let mut corners = corners;
        corners.sort_by_key(|corner| corner.0);
        let last = corners[corners.len() - 1];
        corners.push((last.0, jump));
        let rate = || Shape::Corners(corners.clone()).segments().until(SimTime::from_nanos(end));
        let times = drawn(rate, seed);
        prop_assert!(times.is_sorted());
        prop_assert!(times.last().is_none_or(|last| *last < end));
        let expected: f64 = rate().map(|piece| piece.requests()).sum();
        // Six standard errors and a little, for the thousands of cases that are tried over the years.
        prop_assert!((times.len() as f64 - expected).abs() < 6.0 * expected.sqrt() + 12.0);
    }
}
