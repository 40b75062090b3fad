//! Every family against its definition: moments and quantiles of the draws, blocks against single draws, the written
//! form there and back, and the messages for what cannot be.

use std::path::Path;

use statrs::distribution::{ContinuousCDF, Exp, Gamma, LogNormal, Pareto, Uniform, Weibull};

use super::*;
use crate::random::{Generator, Purpose, Streams};

fn generator() -> Generator {
    Streams::new(11).stream(Purpose::ServiceCpu)
}

fn read(json: &str) -> Distribution {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn sampler(json: &str) -> Sampler {
    read(json).sampler(Path::new(".")).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// One of each family. Fourth moments are finite, so that the variance of the draws can be tested.
const ALL: [&str; 17] = [
    r#""12ms""#,
    r#"{"constant":"12ms"}"#,
    r#"{"exponential":{"mean":"5ms"}}"#,
    r#"{"lognormal":{"mean":"12ms","cv":0.8}}"#,
    r#"{"lognormal":{"median":"45s","p95":"90s"}}"#,
    r#"{"gamma":{"mean":"12ms","cv":0.5}}"#,
    r#"{"gamma":{"mean":"12ms","cv":1.6}}"#,
    r#"{"pareto":{"mean":"12ms","alpha":6.5}}"#,
    r#"{"pareto":{"mean":"12ms","alpha":1.5,"max":"1s"}}"#,
    r#"{"pareto":{"mean":"12ms","alpha":1.0,"max":"1s"}}"#,
    r#"{"weibull":{"mean":"12ms","shape":0.7}}"#,
    r#"{"uniform":{"min":"1ms","max":"3ms"}}"#,
    r#"{"hyperexponential":{"mean":"12ms","cv":2.0}}"#,
    r#"{"mixture":[{"weight":0.9,"exponential":{"mean":"5ms"}},{"weight":0.1,"constant":"50ms"}]}"#,
    r#"{"quantiles":{"min":"1ms","p50":"40ms","p99.9":"300ms","max":"1s"}}"#,
    r#"{"empirical":{"values":["1ms","2ms","30ms"]}}"#,
    r#"{"histogram":[{"from":"0s","to":"10ms","count":5},{"from":"20ms","to":"21ms","count":2}]}"#,
];

#[test]
fn draws_have_the_moments_that_were_asked_for() {
    const N: usize = 400_000;
    for json in ALL {
        let sampler = sampler(json);
        let mut draws = vec![0.0; N];
        sampler.fill(&mut generator(), &mut draws);
        let (mean, variance) = (sampler.mean_nanos(), sampler.variance_nanos2());
        let n = N as f64;
        let seen_mean = draws.iter().sum::<f64>() / n;
        let squares = draws.iter().map(|draw| (draw - mean) * (draw - mean));
        let seen_variance = squares.clone().sum::<f64>() / n;
        // Four standard errors: sqrt(variance / n) for the mean, sqrt((m4 - variance^2) / n) for the variance, the
        // fourth moment taken from the draws.
        let fourth = squares.map(|square| square * square).sum::<f64>() / n;
        let mean_error = 4.0 * (variance / n).sqrt() + 1e-12 * mean;
        let variance_error = 4.0 * ((fourth - seen_variance * seen_variance).max(0.0) / n).sqrt() + 1e-12 * variance;
        assert!((seen_mean - mean).abs() <= mean_error, "{json}: mean {seen_mean}, not {mean}");
        assert!((seen_variance - variance).abs() <= variance_error, "{json}: variance {seen_variance}, not {variance}");
        assert!(draws.iter().all(|draw| draw.is_finite() && *draw >= 0.0), "{json}");
    }
}

#[test]
fn what_was_asked_for_is_what_the_sampler_says() {
    let close = |seen: f64, wanted: f64| (seen / wanted - 1.0).abs() < 1e-9;
    for (json, mean, cv) in [
        (ALL[2], 5e6, 1.0),
        (ALL[3], 12e6, 0.8),
        (ALL[6], 12e6, 1.6),
        (ALL[12], 12e6, 2.0),
        (ALL[11], 2e6, 1.0 / 12f64.sqrt()),
        // 0.9 * 5 + 0.1 * 50 = 9.5; 0.9 * 2 * 25 + 0.1 * 2500 - 9.5^2 = 204.75
        (ALL[13], 9.5e6, 204.75f64.sqrt() / 9.5),
    ] {
        let sampler = sampler(json);
        assert!(
            close(sampler.mean_nanos(), mean) && close(sampler.cv(), cv),
            "{json}: {} {}",
            sampler.mean_nanos(),
            sampler.cv()
        );
    }
    // A bounded Pareto law keeps the mean it was given.
    let bounded = sampler(ALL[8]);
    assert_eq!(bounded.mean_nanos(), 12e6);
}

#[test]
fn blocks_are_the_same_as_single_draws() {
    for json in ALL {
        let sampler = sampler(json);
        let mut block = [0.0; 1000];
        sampler.fill(&mut generator(), &mut block);
        let mut single = generator();
        assert!(block.iter().all(|draw| *draw == sampler.sample(&mut single)), "{json}");
    }
}

#[test]
fn scaling_scales_every_draw() {
    for json in ALL {
        let sampler = sampler(json);
        let scaled = sampler.scaled(2.5);
        let (mut a, mut b) = (generator(), generator());
        for _ in 0..100 {
            let (draw, larger) = (sampler.sample(&mut a), scaled.sample(&mut b));
            assert!((larger / draw - 2.5).abs() < 1e-12, "{json}: {draw} and {larger}");
        }
        assert!((scaled.cv() - sampler.cv()).abs() < 1e-12 && scaled.mean_nanos() == 2.5 * sampler.mean_nanos());
        assert_eq!(sampler.scaled(0.0).sample(&mut a), 0.0, "{json}");
    }
}

/// The largest distance between the distribution of draws and a reference, against the Kolmogorov-Smirnov bound that is
/// passed with probability 1 - 2e-6.
#[track_caller]
fn follows(json: &str, cdf: impl Fn(f64) -> f64) {
    const N: usize = 100_000;
    let mut draws = vec![0.0; N];
    sampler(json).fill(&mut generator(), &mut draws);
    draws.sort_by(f64::total_cmp);
    let n = N as f64;
    let distance = draws.iter().enumerate().fold(0.0f64, |distance, (index, draw)| {
        let p = cdf(*draw / 1e9);
        distance.max((p - index as f64 / n).abs()).max(((index + 1) as f64 / n - p).abs())
    });
    assert!(distance * n.sqrt() < 2.63, "{json}: distance {distance}");
}

#[test]
fn draws_follow_statrs() {
    let exponential = Exp::new(200.0).unwrap();
    follows(ALL[2], |x| exponential.cdf(x));
    let variance = (1.0f64 + 0.64).ln();
    let lognormal = LogNormal::new(0.012f64.ln() - variance / 2.0, variance.sqrt()).unwrap();
    follows(ALL[3], |x| lognormal.cdf(x));
    for (json, cv) in [(ALL[5], 0.5f64), (ALL[6], 1.6)] {
        let shape = 1.0 / (cv * cv);
        let gamma = Gamma::new(shape, shape / 0.012).unwrap();
        follows(json, |x| gamma.cdf(x));
    }
    let pareto = Pareto::new(0.012 * 5.5 / 6.5, 6.5).unwrap();
    follows(ALL[7], |x| pareto.cdf(x));
    let weibull = Weibull::new(0.7, 0.012 / libm::tgamma(1.0 + 1.0 / 0.7)).unwrap();
    follows(ALL[10], |x| weibull.cdf(x));
    let uniform = Uniform::new(0.001, 0.003).unwrap();
    follows(ALL[11], |x| uniform.cdf(x));
}

#[test]
fn quantiles_are_met() {
    let share = |json: &str, seconds: f64| {
        let (sampler, mut generator) = (sampler(json), generator());
        (0..100_000).filter(|_| sampler.sample(&mut generator) <= seconds * 1e9).count() as f64 / 1e5
    };
    // Four standard errors of a share: 4 sqrt(p (1 - p) / 100000).
    let near = |seen: f64, p: f64| (seen - p).abs() < 4.0 * (p * (1.0 - p) / 1e5).sqrt();
    assert!(near(share(ALL[4], 45.0), 0.5));
    assert!(near(share(ALL[4], 90.0), 0.95));
    assert!(near(share(ALL[14], 0.04), 0.5));
    assert!(near(share(ALL[14], 0.3), 0.999));
    assert!(near(share(ALL[16], 0.015), 5.0 / 7.0));
    assert_eq!(share(ALL[14], 1.0), 1.0);
    assert_eq!(share(ALL[8], 1.0), 1.0, "bounded");
}

#[test]
fn what_is_written_reads_back() {
    for json in ALL.iter().skip(2).chain(&[ALL[0], r#"{"quantiles":[[0.0,"1ms"],[0.25,"2ms"],[1.0,"5ms"]]}"#]) {
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), *json);
    }
    assert_eq!(read(ALL[0]), read(ALL[1]), "a constant has two spellings");
    assert_eq!(read(r#"{"quantiles":{"max":"1s","p999":"300ms","min":"0s"}}"#).family(), "quantiles");
}

#[test]
fn recorded_values_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("good.csv", "seconds,host\n# a note\n1.5,a\n500ms,b\n\n1,c\n");
    write("bad.csv", "1.5\nsoon\n");
    write("empty.csv", "seconds\n");
    let of = |name: &str| Distribution::Empirical(Empirical::File(name.into())).sampler(directory.path());
    assert_eq!(of("good.csv").unwrap().mean_nanos(), 1e9);
    let problem = |name: &str| of(name).unwrap_err().to_string();
    assert!(problem("bad.csv").contains("bad.csv, line 2: `soon` is not a duration"), "{}", problem("bad.csv"));
    assert!(problem("empty.csv").contains("no values"));
    assert!(problem("missing.csv").contains("missing.csv"));
}

#[track_caller]
fn refused(json: &str, parts: &[&str]) {
    let message = match serde_json::from_str::<Distribution>(json) {
        Err(error) => error.to_string(),
        Ok(distribution) => match distribution.sampler(Path::new(".")) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{json} is accepted"),
        },
    };
    assert!(parts.iter().all(|part| message.contains(part)), "{json}: {message}");
}

#[test]
fn what_cannot_be_written_says_what_can() {
    refused("12", &["a duration such as", "lognormal"]);
    refused(r#""12""#, &["has no unit"]);
    refused("{}", &["empty table", "exponential"]);
    refused(r#"{"normal":{"mean":"1s"}}"#, &["`normal` is not a distribution", "lognormal"]);
    refused(
        r#"{"gamma":{"mean":"1s","cv":1},"uniform":{"min":"1s","max":"2s"}}"#,
        &["`gamma` and `uniform`", "exactly one"],
    );
    refused(r#"{"gamma":{"mean":"1s","sd":1}}"#, &["`gamma` has no key `sd`", "`mean`, `cv`"]);
    refused(r#"{"gamma":{"mean":"1s"}}"#, &["`gamma` needs `cv`"]);
    refused(r#"{"lognormal":{"mean":"1s","p95":"2s"}}"#, &["either `mean` and `cv`, or `median` and `p95`"]);
    refused(r#"{"lognormal":{"mean":"1s"}}"#, &["`lognormal` needs `cv`"]);
    refused(r#"{"empirical":{}}"#, &["either `file` or `values`"]);
    refused(r#"{"mixture":[{"exponential":{"mean":"1s"}}]}"#, &["needs `weight`"]);
    refused(r#"{"mixture":[{"weight":1}]}"#, &["needs a distribution"]);
    refused(r#"{"quantiles":{"median":"1s"}}"#, &["no key `median`", "`p50`"]);
}

#[test]
fn impossible_parameters_are_refused() {
    refused(r#"{"exponential":{"mean":"0s"}}"#, &["exponential", "mean is zero"]);
    refused(r#"{"lognormal":{"mean":"1s","cv":-1}}"#, &["lognormal", "cv is -1"]);
    refused(r#"{"lognormal":{"median":"2s","p95":"2s"}}"#, &["p95 (2s) must be above median (2s)"]);
    refused(r#"{"gamma":{"mean":"0s","cv":1}}"#, &["gamma", "mean is zero"]);
    refused(r#"{"pareto":{"mean":"1s","alpha":1}}"#, &["pareto", "infinite", "`max`"]);
    refused(r#"{"pareto":{"mean":"1s","alpha":0,"max":"2s"}}"#, &["alpha is 0"]);
    refused(r#"{"pareto":{"mean":"1s","alpha":2,"max":"1s"}}"#, &["max (1s) must be above mean"]);
    refused(r#"{"weibull":{"mean":"1s","shape":0}}"#, &["shape is 0"]);
    refused(r#"{"uniform":{"min":"2s","max":"1s"}}"#, &["max (1s) is below min (2s)"]);
    refused(r#"{"hyperexponential":{"mean":"1s","cv":1}}"#, &["cv is 1", "above 1"]);
    refused(r#"{"mixture":[]}"#, &["no parts"]);
    refused(r#"{"mixture":[{"weight":0,"constant":"1s"}]}"#, &["sum to 0"]);
    refused(r#"{"mixture":[{"weight":-1,"constant":"1s"}]}"#, &["a weight is -1"]);
    refused(r#"{"mixture":[{"weight":1,"gamma":{"mean":"1s","cv":-2}}]}"#, &["gamma", "cv is -2"]);
    refused(r#"{"quantiles":{"p50":"1s","max":"2s"}}"#, &["both ends"]);
    refused(r#"{"quantiles":[[0,"2s"],[1,"1s"]]}"#, &["must not descend"]);
    refused(r#"{"empirical":{"values":[]}}"#, &["no values"]);
    refused(r#"{"histogram":[{"from":"0s","to":"1s","count":0}]}"#, &["counts nothing"]);
    refused(r#"{"histogram":[{"from":"0s","to":"2s","count":1},{"from":"1s","to":"3s","count":1}]}"#, &["overlaps"]);
    for cv in [f64::NAN, f64::INFINITY] {
        let gamma = Distribution::Gamma { mean: SimDuration::from_secs(1), cv };
        assert!(gamma.sampler(Path::new(".")).is_err_and(|error| error.to_string().contains("cv is")));
    }
}

#[test]
fn without_spread_every_draw_is_the_mean() {
    for json in [
        r#"{"lognormal":{"mean":"1s","cv":0}}"#,
        r#"{"gamma":{"mean":"1s","cv":0}}"#,
        r#"{"uniform":{"min":"1s","max":"1s"}}"#,
    ] {
        assert_eq!(sampler(json).as_constant(), Some(1e9), "{json}");
    }
    assert!(sampler(r#""0s""#).is_constant_zero());
    assert!(!sampler(r#""1ns""#).is_constant_zero());
}

#[test]
fn draws_are_the_same_on_every_machine() {
    // Golden values: a change here changes every published result.
    let mut draws = [0.0; 100];
    let mut hash = 0u64;
    for json in ALL {
        sampler(json).fill(&mut generator(), &mut draws);
        hash = draws.iter().fold(hash, |hash, draw| hash.rotate_left(7) ^ draw.to_bits());
    }
    assert_eq!(hash, GOLDEN, "the draws have changed: {hash:#x}");
}
const GOLDEN: u64 = 0x3b8c_8663_5166_ce35;

#[test]
fn points_have_the_moments_of_the_law() {
    for json in ALL {
        let sampler = sampler(json);
        let points = sampler.points(20_000);
        let share: f64 = points.iter().map(|(_, weight)| weight).sum();
        let mean: f64 = points.iter().map(|(value, weight)| value * weight).sum();
        let square: f64 = points.iter().map(|(value, weight)| value * value * weight).sum();
        assert!((share - 1.0).abs() < 1e-9, "{json}");
        assert!((mean / sampler.mean_nanos() - 1.0).abs() < 1e-9, "{json}");
        // Slices lose a little of the variance within them; a gamma law is represented by 20,000 draws.
        let lost = (square - mean * mean) / sampler.variance_nanos2() - 1.0;
        assert!(sampler.cv() == 0.0 || lost.abs() < 0.05, "{json}: {lost}");
    }
}
