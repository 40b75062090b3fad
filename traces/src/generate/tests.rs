//! What is generated has the figures that were asked for, or those of its model.

use super::*;
use crate::import::{ImportOptions, Input, import};
use crate::info::TraceInfo;
use crate::quantity::Rate;

fn options(length: SimDuration, step: SimDuration) -> GenerateOptions {
    GenerateOptions { length, step, seed: 7, start: None, zone: None, without_trend: false }
}

fn rate(per_second: f64) -> Rate {
    Rate::per_second(per_second).unwrap()
}

fn seconds(seconds: u64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

fn counts(model: &Model, options: &GenerateOptions) -> Vec<f64> {
    model.generate(options).unwrap_or_else(|error| panic!("{error}")).counts().map(|(_, count)| count).collect()
}

#[test]
fn a_shape_is_written_interval_by_interval() {
    let spec: TraceSpec = serde_json::from_str(r#"{"shape":"step","base":"1rps","peak":"5rps","at":"90s"}"#).unwrap();
    let seen = counts(&Model::Shape(Box::new(spec)), &options(seconds(240), seconds(60)));
    assert_eq!(seen, [60.0, 180.0, 300.0, 300.0]);
}

#[test]
fn mmpp_has_the_mean_and_the_dispersion_of_theory() {
    // Two levels 5 and 15 with mean stays of 10 s: mean 10; with r = 0.2 the variance of the counts (of the rate's integral)
    // over windows of T is (15 - 5)^2 / 4 x 2 / r^2 x (r T - 1 + exp(-r T)).
    let model = Mmpp { rates: vec![rate(5.0), rate(15.0)], stays: vec![seconds(10); 2] };
    let seen = counts(&Model::Mmpp(model), &options(seconds(2_000_000), seconds(10)));
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    let variance = seen.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / seen.len() as f64;
    let wanted = 25.0 * 2.0 / 0.04 * (2.0 - 1.0 + (-2.0f64).exp());
    // 200,000 windows with a correlation time of 5 s: 1 % is over four standard errors of either.
    assert!((mean / 100.0 - 1.0).abs() < 0.01, "{mean}");
    assert!((variance / wanted - 1.0).abs() < 0.02, "{variance} for {wanted}");
}

#[test]
fn the_b_model_keeps_its_mean_and_scales_as_it_should() {
    let model = Model::BModel(BModel { mean: rate(10.0), bias: 0.7 });
    let seen = counts(&model, &options(seconds(1 << 14), seconds(1)));
    assert!((seen.iter().sum::<f64>() / 163_840.0 - 1.0).abs() < 1e-9);
    // The second moment of spans of 2^k intervals is (b^2 + (1-b)^2)^(levels below the whole), whatever the sides.
    let moment =
        |width: usize| seen.chunks(width).map(|span| (span.iter().sum::<f64>() / 163_840.0).powi(2)).sum::<f64>();
    for level in 0..14u32 {
        let wanted = 0.58f64.powi(level as i32);
        assert!((moment(1 << (14 - level)) / wanted - 1.0).abs() < 1e-9, "level {level}");
    }
    assert!(BModel { mean: rate(1.0), bias: 0.3 }.counts(seconds(1), 4, 1).is_err());
}

#[test]
fn a_flash_crowd_comes_and_goes() {
    let model = FlashCrowd {
        base: rate(10.0),
        peak: rate(1000.0),
        at: seconds(60),
        rise: seconds(40),
        hold: seconds(20),
        decay: seconds(50),
    };
    let seen = counts(&Model::FlashCrowd(model), &options(seconds(600), seconds(1)));
    assert_eq!((seen[0], seen[59], seen[110]), (10.0, 10.0, 1000.0));
    assert!((seen[80] / 100.0 - 1.0).abs() < 0.08, "half way up a logarithm: {}", seen[80]);
    assert!((seen[170] / (10.0 + 990.0 / std::f64::consts::E) - 1.0).abs() < 0.02, "{}", seen[170]);
}

#[test]
fn seasons_have_their_peak_weekend_trend_and_noise() {
    let plain = Seasonal {
        mean: rate(100.0),
        daily: 0.5,
        peak_at: SimDuration::from_hours(14),
        weekend: 0.4,
        trend: 0.1,
        noise: 0.0,
        noise_lasts: SimDuration::ZERO,
    };
    let options = GenerateOptions {
        start: Some("2026-11-02T00:00:00".into()),
        zone: Some("Asia/Shanghai".into()),
        ..options(SimDuration::from_hours(21 * 24), SimDuration::from_hours(1))
    };
    let seen = counts(&Model::Seasonal(plain), &options);
    let at = |day: usize, hour: usize| seen[day * 24 + hour] / 3600.0;
    assert!((at(0, 14) / 150.0 - 1.0).abs() < 0.02 && (at(0, 2) / 50.0 - 1.0).abs() < 0.02);
    assert!((at(5, 14) / at(4, 14) - 0.4 * 1.1f64.powf(1.0 / 7.0)).abs() < 1e-9, "Saturday");
    assert!((at(7, 14) / at(0, 14) - 1.1).abs() < 1e-9, "a week later");
    let noisy = Seasonal { daily: 0.0, weekend: 1.0, trend: 0.0, noise: 0.5, noise_lasts: seconds(3_600), ..plain };
    let minutes = GenerateOptions { step: seconds(60), length: SimDuration::from_hours(100 * 24), ..options };
    let seen: Vec<f64> = counts(&Model::Seasonal(noisy), &minutes).iter().map(|count| count / 6000.0).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    let covariance = |lag: usize| {
        seen.windows(lag + 1).map(|pair| (pair[0] - mean) * (pair[lag] - mean)).sum::<f64>() / (seen.len() - lag) as f64
    };
    // 144,000 minutes with a correlation time of an hour: some 1,200 independent ones.
    assert!((mean - 1.0).abs() < 4.0 * 0.5 / 1_200f64.sqrt(), "{mean}");
    let correlation = covariance(60) / covariance(0);
    // Of the logarithm it is 1/e; of the lognormal factor (exp(s^2 / e) - 1) / (exp(s^2) - 1), s^2 = ln 1.25.
    let wanted = (1.25f64.powf(1.0 / std::f64::consts::E) - 1.0) / 0.25;
    assert!((correlation - wanted).abs() < 0.12, "{correlation} for {wanted}");
}

/// Two days with a peak in the afternoon and bursts of a minute.
fn two_days() -> Recorded {
    let counts = (0..2_880u64).map(|minute| {
        let turn = (minute as f64 / 1_440.0 - 14.0 / 24.0) * 2.0 * std::f64::consts::PI;
        let burst = if minute * 7_919 % 37 == 0 { 3.0 } else { 1.0 };
        ((600.0 + 400.0 * turn.cos()) * burst).round()
    });
    let rows = counts.enumerate().map(|(minute, count)| format!("{},{count}\n", 1_762_128_000 + minute * 60));
    let text = "seconds,requests\n".to_string() + &rows.collect::<String>();
    let input = Input { name: "two-days.csv".into(), content: Box::new(std::io::Cursor::new(text)) };
    import(vec![input], &ImportOptions::default(), &mut |_| true).unwrap()
}

#[test]
fn two_days_become_a_month_that_is_like_them() {
    let recorded = two_days();
    let month = like(&recorded, &options(SimDuration::from_hours(30 * 24), seconds(1))).unwrap();
    assert_eq!((month.intervals(), month.resolution), (43_200, seconds(60)));
    assert!(month.counts().all(|(_, count)| count.fract() == 0.0), "counts stay whole");
    let (seen, wanted) = (TraceInfo::of(&month), TraceInfo::of(&recorded));
    assert!((seen.mean_rps / wanted.mean_rps - 1.0).abs() < 0.03, "{} for {}", seen.mean_rps, wanted.mean_rps);
    assert!(
        (seen.peak_to_mean / wanted.peak_to_mean - 1.0).abs() < 0.25,
        "{} for {}",
        seen.peak_to_mean,
        wanted.peak_to_mean
    );
    for scale in wanted.dispersion.iter().filter(|scale| scale.window_seconds <= 3_600.0) {
        let found = seen.dispersion.iter().find(|other| other.window_seconds == scale.window_seconds).unwrap();
        assert!((found.index / scale.index - 1.0).abs() < 0.2, "{found:?} for {scale:?}");
    }
    for (hour, wanted) in seen.profile.daily_profile.iter().zip(&wanted.profile.daily_profile) {
        assert!((hour.mean_rps / wanted.mean_rps - 1.0).abs() < 0.15, "{hour:?} for {wanted:?}");
    }
    let again = like(&recorded, &options(SimDuration::from_hours(30 * 24), seconds(1))).unwrap();
    assert_eq!(again.stretches, month.stretches, "the same seed, the same trace");
    let other = GenerateOptions { seed: 8, ..options(SimDuration::from_hours(30 * 24), seconds(1)) };
    assert_ne!(like(&recorded, &other).unwrap().stretches, month.stretches);
}

/// Hours of so many weeks, with a day, a weekend, noise and growth per week.
fn weeks(weeks: u64, growth: f64) -> Recorded {
    let model = Seasonal {
        mean: rate(10.0),
        daily: 0.5,
        peak_at: SimDuration::from_hours(14),
        weekend: 0.6,
        trend: growth,
        noise: 0.1,
        noise_lasts: seconds(3_600),
    };
    let options = GenerateOptions {
        start: Some("2026-11-02T00:00:00".into()),
        ..options(SimDuration::from_hours(weeks * 7 * 24), SimDuration::from_hours(1))
    };
    Model::Seasonal(model).generate(&options).unwrap()
}

/// The mean of a week, by its number.
fn mean_of_week(recorded: &Recorded, week: usize) -> f64 {
    recorded.counts().skip(week * 168).take(168).map(|(_, count)| count).sum::<f64>() / 168.0
}

/// Growth of 5 % per week is learnt from ten weeks and goes on after them. Hourly noise of 10 % leaves a week's mean within
/// some 1.3 %, and 20 weeks at a slope that is known to 0.3 % within 5 %.
#[test]
fn growth_goes_on_where_weeks_enough_show_it() {
    let recorded = weeks(10, 0.05);
    let options = options(SimDuration::from_hours(20 * 7 * 24), seconds(1));
    let trace = like(&recorded, &options).unwrap();
    assert!(
        trace.notes.iter().any(|note| note.contains("per week was learnt from 10 whole weeks")),
        "{:?}",
        trace.notes
    );
    for week in [0, 9, 19] {
        let wanted = mean_of_week(&recorded, 0) * 1.05f64.powi(week);
        let seen = mean_of_week(&trace, week as usize);
        assert!((seen / wanted - 1.0).abs() < 0.1, "week {week}: {seen} for {wanted}");
    }
    let without = like(&recorded, &GenerateOptions { without_trend: true, ..options.clone() }).unwrap();
    assert!((mean_of_week(&without, 19) / mean_of_week(&without, 0) - 1.0).abs() < 0.1);
    // Five weeks tell growth from chance too badly.
    let short = like(&weeks(5, 0.05), &options).unwrap();
    assert!(!short.notes.iter().any(|note| note.contains("per week")), "{:?}", short.notes);
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let model = Model::BModel(BModel { mean: rate(1.0), bias: 0.7 });
    assert!(
        model.generate(&options(seconds(1), seconds(60))).is_err_and(|error| error.to_string().contains("has none"))
    );
    assert!(
        model
            .generate(&options(seconds(1 << 33), seconds(1)))
            .is_err_and(|error| error.to_string().contains("too many"))
    );
    let model = Model::Mmpp(Mmpp { rates: vec![rate(1.0)], stays: vec![] });
    assert!(
        model.generate(&options(seconds(60), seconds(1))).is_err_and(|error| error.to_string().contains("two rates"))
    );
}
