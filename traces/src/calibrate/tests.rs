//! Recordings that were made by a known service give that service back.

use super::*;
use crate::import::{Durations, ImportOptions, Input, Recorded, import};
use crate::random::{Purpose, Streams, normal};

fn recorded(text: String) -> Recorded {
    let input = Input { name: "x.csv".into(), content: Box::new(std::io::Cursor::new(text)) };
    import(vec![input], &ImportOptions::default(), &mut |_| true).unwrap()
}

fn series(values: impl Iterator<Item = (u64, f64)>) -> Recorded {
    recorded(values.fold("seconds,value\n".to_string(), |text, (at, value)| text + &format!("{at},{value}\n")))
}

/// Ten hours in minutes: a rate that swings, on two instances of four cores; 0.3 cores busy without requests, 12 ms each.
fn wave(minute: u64) -> f64 {
    200.0 + 150.0 * (minute as f64 / 40.0).sin()
}

#[test]
fn a_line_gives_back_the_cpu_time_it_was_made_from() {
    let requests = series((0..3_600).map(|step| (step * 10, (wave(step / 6) * 10.0).round())));
    let mut noise = Streams::new(3).stream(Purpose::Noise);
    let percent = |minute: u64| (0.3 + 0.012 * wave(minute)) / 8.0 * 100.0;
    let cpu = series((0..600).map(|minute| (minute * 60, percent(minute) + 0.5 * normal(&mut noise))));
    let seen = observations(&requests, &cpu).unwrap();
    assert_eq!(seen.len(), 600);
    let fit = cpu_per_request(&seen, Machines { cores: 4.0, instances: 2.0 }).unwrap();
    // 600 points with an error of 0.04 cores and a spread of 106 per second: the standard error is 1.5e-5 s.
    assert!((fit.seconds.value - 0.012).abs() < 6e-5, "{fit:?}");
    assert!(fit.seconds.low < 0.012 && 0.012 < fit.seconds.high && fit.seconds.high - fit.seconds.low < 1e-4);
    assert!(fit.idle_cores.low < 0.3 && 0.3 < fit.idle_cores.high, "{:?}", fit.idle_cores);
    assert!(fit.r_squared > 0.99 && fit.saturated == 0);
}

#[test]
fn saturated_intervals_are_left_out_and_a_flat_rate_is_refused() {
    let requests =
        series((0..60).map(|minute| (minute * 60, if minute < 50 { 60.0 * minute as f64 } else { 60.0 * 200.0 })));
    let cpu = series((0..60).map(|minute| (minute * 60, if minute < 50 { 0.01 * minute as f64 } else { 1.0 })));
    let seen = observations(&requests, &cpu).unwrap();
    let fit = cpu_per_request(&seen, Machines { cores: 1.0, instances: 1.0 }).unwrap();
    assert_eq!((fit.used, fit.saturated), (50, 10));
    assert!((fit.seconds.value - 0.01).abs() < 1e-9);
    let flat = series((0..60).map(|minute| (minute * 60, 60.0)));
    let seen = observations(&flat, &cpu).unwrap();
    let error = cpu_per_request(&seen, Machines { cores: 1.0, instances: 1.0 }).unwrap_err().to_string();
    assert!(error.contains("the same in every interval"), "{error}");
    let later = series((0..60).map(|minute| (1_000_000 + minute * 60, 60.0)));
    assert!(observations(&later, &cpu).unwrap_err().to_string().contains("no interval"));
}

#[test]
fn latencies_at_low_load_give_wait_and_scatter() {
    // 10 ms of CPU and 40 ms of wait, each lognormal with a variation of 0.5.
    let mut random = Streams::new(5).stream(Purpose::ServiceWait);
    let sigma = 0.25f64.ln_1p().sqrt();
    let mut draw = |mean: f64| mean * (sigma * normal(&mut random) - sigma * sigma / 2.0).exp();
    let mut durations = Durations::default();
    for _ in 0..100_000 {
        durations.add(draw(0.010) + draw(0.040));
    }
    let fit = latency_at_low_load(&durations, 0.010).unwrap();
    // The standard error of the mean is 0.02062 / sqrt(100,000) = 6.5e-5 s.
    assert!((fit.wait - 0.040).abs() < 3e-4, "{fit:?}");
    assert!((fit.variation - 0.5).abs() < 0.02, "{}", fit.variation);
    assert!(fit.latency.low < fit.latency.value && fit.distance < 0.05, "{}", fit.distance);
    assert!(latency_at_low_load(&Durations::default(), 0.01).is_err());
}

#[test]
fn activities_of_three_vendors_give_boot_times() {
    let launch = |code: &str, end: &str| {
        format!(
            r#"{{"Description":"Launching a new EC2 instance: i-1","StatusCode":"{code}","StartTime":"2026-01-01T00:00:00.000Z","EndTime":"{end}"}}"#
        )
    };
    let ends =
        ["2026-01-01T00:00:50Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:12Z"].map(|end| launch("Successful", end));
    let other = r#"{"Description":"Terminating EC2 instance: i-1","StatusCode":"Successful","StartTime":"2026-01-01T00:00:00Z","EndTime":"2026-01-01T02:00:00Z"}"#;
    let aws = format!(r#"{{"Activities":[{},{},{other}]}}"#, ends.join(","), launch("Failed", "2026-01-01T00:00:09Z"));
    let fit = boot_times(aws.as_bytes()).unwrap();
    assert_eq!((fit.seconds.clone(), fit.fails), (vec![50.0, 60.0, 72.0], 0.25));
    assert!((fit.median.value - 60.0).abs() < 1e-9, "50, 60 and 72 are a geometric row");
    let sigma = 1.2f64.ln();
    assert!((fit.p95 / (60.0 * (1.6448536 * sigma).exp()) - 1.0).abs() < 1e-6);
    let ess = aws
        .replace("Activities\":[", "ScalingActivities\":{\"ScalingActivity\":[")
        .replace("]}", "]}}")
        .replace("Launching a new EC2", "Add \\\"1\\\" ECS");
    assert_eq!(boot_times(ess.as_bytes()).unwrap().seconds, fit.seconds);
    let tencent = format!(
        "{{\"Response\":{}}}",
        aws.replace("Activities\"", "ActivitySet\"")
            .replace("\"Description\":\"Launching a new EC2 instance: i-1\"", "\"ActivityType\":\"SCALE_OUT\"")
            .replace("Successful", "SUCCESSFUL")
    );
    assert_eq!(boot_times(tencent.as_bytes()).unwrap().seconds, fit.seconds);
    assert!(boot_times(b"{}").unwrap_err().to_string().contains("no activities"));
    assert!(boot_times(b"{\"Activities\":[]}").unwrap_err().to_string().contains("too few"));
}
