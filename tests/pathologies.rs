//! Every scenario of `configs/pathologies/` shows what it predicts, and no longer does with its cure. What is predicted, and
//! by which formula, stands in each scenario's comment; the bounds here are those of the formula or four standard errors of
//! what is drawn at random, and were set before the first run.

mod support;

use support::{figure, guide, run};
use windtunnel_sim::outcome::Outcome;

/// A pathology with some keys set, under seed 1.
#[track_caller]
fn pathology(name: &str, assignments: &[&str]) -> Outcome {
    run(&guide(&format!("pathologies/{name}"), assignments), 1)
}

/// Capacity added by scale-outs.
fn launched(outcome: &Outcome) -> u32 {
    outcome.reactions.iter().map(|reaction| reaction.to - reaction.from).sum()
}

/// When an alarm first went off, in seconds.
fn went_off(outcome: &Outcome) -> f64 {
    let alarm = outcome.alarms.iter().find(|change| change.to == "ALARM").expect("an alarm");
    alarm.at_millis as f64 / 1000.0
}

/// A figure of the timeline, as a mean over the rows that begin from `from` seconds on.
fn mean_since(outcome: &Outcome, from: f64, value: impl Fn(&windtunnel_sim::outcome::TimelineRow) -> f64) -> f64 {
    let rows: Vec<f64> =
        outcome.timeline.iter().filter(|row| row.start_seconds >= from).map(|row| value(&row)).collect();
    rows.iter().sum::<f64>() / rows.len() as f64
}

/// Launched = step * ceil((boot + period) / cooldown), where 2 are needed: the tables of `cooldown_boot_overshoot`.
#[test]
fn a_cooldown_shorter_than_the_boot_overshoots() {
    let (step, boot, period) = (2, 165_u32, 15);
    for cooldown in [60, 90, 120, 180, 300] {
        let outcome = pathology("cooldown-shorter-than-boot", &[&format!("ess.rule.out.cooldown={cooldown}s")]);
        assert_eq!(launched(&outcome), step * (boot + period).div_ceil(cooldown), "cooldown {cooldown} s");
    }
    // A longer boot, the same formula; the maximum is beyond what it buys.
    let slower = ["boot.start.time=345s", "ess.rule.out.cooldown=60s", "horizon=30m"];
    assert_eq!(launched(&pathology("cooldown-shorter-than-boot", &slower)), step * (345 + period).div_ceil(60));
}

/// A change at the end of each of 60 periods. No flapping below 50 * 1/2 = 25.
#[test]
fn thresholds_beyond_the_bound_flap_for_ever() {
    for (threshold, flaps) in [("30", 59.0), ("26", 0.0), ("20", 0.0)] {
        // Two instances are 28 % busy: whether it flaps depends on the threshold for scaling in being above that.
        let outcome = pathology("flapping", &[&format!("ess.alarm.idle.threshold={threshold}")]);
        assert_eq!(figure(&outcome, "flaps"), flaps, "threshold {threshold}");
    }
}

/// Moments of change all over a period, 5 s apart. The delay from the change to the alarm is (times - 1) * 60 s, plus what is
/// left of the period if that is at least u = 30 s, else that and a period more.
#[test]
fn an_alarm_of_three_periods_takes_150_to_210_seconds() {
    for (times, least, most, mean) in [(3, 150.0, 210.0, 180.0), (1, 30.0, 90.0, 60.0)] {
        let mut delays = Vec::new();
        for step in 0..12 {
            let into = 2.5 + 5.0 * f64::from(step);
            let sets = [format!("trace.at={}s", 300.0 + into), format!("aws.alarm.busy.times={times}")];
            let delay = went_off(&pathology("alarm-latency", &sets.each_ref().map(String::as_str))) - 300.0 - into;
            let left = 60.0 - into;
            let expected = f64::from(times - 1) * 60.0 + if left >= 30.0 { left } else { left + 60.0 };
            assert_eq!(delay, expected, "{into} s into the period");
            assert!((least..=most).contains(&delay));
            delays.push(delay);
        }
        assert_eq!(delays.iter().sum::<f64>() / 12.0, mean, "the delays of the midpoints of twelve equal parts");
    }
    let written = pathology("alarm-latency", &[]);
    assert_eq!(went_off(&written) - 315.0, 165.0, "as the scenario's comment says");
}

/// ceil((10 - 3) / 2) = 4 scale-outs to the maximum of 10; 150 per instance stay below 400.
#[test]
fn an_alarm_on_the_fleets_total_walks_to_the_maximum() {
    for (min, max) in [(3_u32, 10_u32), (3, 12), (2, 9)] {
        let sets = [format!("ess.min={min}"), format!("ess.max={max}")];
        let outcome = pathology("fleet-total-alarm", &sets.each_ref().map(String::as_str));
        let scale_outs = f64::from((max - min).div_ceil(2));
        assert_eq!((figure(&outcome, "peak_in_service"), figure(&outcome, "scale_outs")), (f64::from(max), scale_outs));
    }
    let cured = pathology("fleet-total-alarm", &["ess.alarm.qps-high.metric=QPSPerInstance"]);
    assert_eq!((figure(&cured, "peak_in_service"), figure(&cured, "scale_outs")), (3.0, 0.0));
}

/// The mean is (100 + 2 * 55) / 3 = 70 %. The hot core never idles once its queue has begun to grow. Requests come as a
/// Poisson process of constant services of 10 ms: the busy share of the two cold ones over 30 minutes has a standard error
/// of sqrt(0.55 * 0.01 s / 1800 s / 2) = 0.12 points; a whole point is more than four of the mean of all three, and allows
/// for the seconds until the queue has grown. Half of the requests go to the hot one; but for those of its first minute (1/30) they
/// are too slow.
#[test]
fn an_average_hides_the_instance_that_drowns() {
    let outcome = pathology("hot-instance-hidden", &[]);
    assert_eq!(figure(&outcome, "scale_outs"), 0.0);
    let utilization = figure(&outcome, "cpu_utilization_mean");
    assert!((utilization - 0.70).abs() < 0.01, "{utilization}");
    let hottest = mean_since(&outcome, 60.0, |row| row.cpu_utilization_max);
    assert!(hottest > 0.99, "{hottest}");
    let violating = figure(&outcome, "slo_violating_request_fraction");
    assert!((0.5 * 29.0 / 30.0..=0.5).contains(&violating), "{violating}");

    let cured = pathology("hot-instance-hidden", &["ess.alarm.busy.statistic=maximum"]);
    assert_eq!(figure(&cured, "scale_outs"), 1.0, "one in the other zone is enough");
    // 55 % each; the busiest of four over a minute of Poisson arrivals: four standard errors of sqrt(0.55 * 0.01 / 60).
    let hottest = mean_since(&cured, 900.0, |row| row.cpu_utilization_max);
    assert!(hottest < 0.55 + 4.0 * 0.0096, "{hottest}");
    assert_eq!(mean_since(&cured, 900.0, |row| row.violating as f64), 0.0);
}

/// The managed low alarm has 15 periods of 60 s, as public payloads of AWS have, an alarm of one's own 3.
#[test]
fn target_tracking_is_slow_to_scale_in() {
    let cure = ["aws.policy.track.target.disable_scale_in=true", "aws.alarm.idle.enabled=true"];
    // The load falls at 1200 s.
    for (times, decided) in [(&[][..], 1200.0 + 15.0 * 60.0), (&cure[..], 1200.0 + 3.0 * 60.0)] {
        let outcome = pathology("slow-scale-in", times);
        let first = outcome.activities.iter().find(|entry| entry.accepted && entry.to < entry.from);
        assert_eq!(first.map(|entry| entry.at_seconds), Some(decided), "{times:?}");
    }
}

/// (1/3) / (1/4) = 4/3. The two hot instances get a third of the requests each, dealt in turn, so that what differs is chance in the
/// arrivals alone: over 5 minutes the mean has a standard error of sqrt(0.72 * 0.03 s / 300 s / 4) = 0.42 points of 72, and the
/// hotter of two at most twice that.
#[test]
fn small_zones_are_hot() {
    let ratio = |outcome: &Outcome| {
        let busiest = mean_since(outcome, 300.0, |row| row.cpu_utilization_max);
        busiest / mean_since(outcome, 300.0, |row| row.cpu_utilization)
    };
    let bound = 4.0 * 2.0 * 0.42 / 72.0;
    let imbalanced = ratio(&pathology("zone-imbalance", &[]));
    assert!((imbalanced - 4.0 / 3.0).abs() < 4.0 / 3.0 * bound, "{imbalanced}");
    let cured = ratio(&pathology("zone-imbalance", &["balancer.cross_zone=true"]));
    assert!((1.0..1.0 + bound).contains(&cured), "{cured}");
}

/// 200 requests go to the cold instance in 2 s: the last ends 14 s after it came. Their number is Poisson but for what the others
/// lose meanwhile: a standard error of at most sqrt(200), 20 ms of delay each: 0.28 s, four of them 1.13 s.
#[test]
fn a_cold_instance_gets_the_whole_herd() {
    let worst = figure(&pathology("cold-instance-herd", &[]), "latency_max_seconds");
    assert!((worst - 14.0).abs() < 1.13, "{worst}");
    // 20 rps at 30 ms in turn: as M/D/1 at 60 % a mean wait of 0.6 / (2 * 0.4) * 30 ms = 22.5 ms, and arrivals in turn are
    // more regular than that. Nobody in 2 minutes waits a second.
    let cured = figure(&pathology("cold-instance-herd", &["balancer.algorithm=round-robin"]), "latency_max_seconds");
    assert!((10.01..11.0).contains(&cured), "{cured}");
}

/// 56 * 4 = 224 attempts a second of which the cores can do 80: nothing is answered in time. Over the last 200 s 11,200 requests make
/// 44,800 attempts, with a standard error of 4 * sqrt(11,200) = 423; four of them are 3.8 %.
#[test]
fn a_retry_storm_stays_when_the_burst_is_over() {
    let outcome = pathology("retry-storm", &[]);
    let attempts = mean_since(&outcome, 100.0, |row| row.attempts as f64 / 10.0);
    assert!((attempts - 224.0).abs() < 224.0 * 0.038, "{attempts}");
    assert_eq!(mean_since(&outcome, 100.0, |row| row.served as f64), 0.0, "nobody is answered in time");
    for cure in ["service.retry.attempts=1", "service.retry.budget=10%", "fixed.instances=3"] {
        let cured = pathology("retry-storm", &[cure]);
        let served = mean_since(&cured, 100.0, |row| row.served as f64);
        let arrived = mean_since(&cured, 100.0, |row| row.arrived as f64);
        // At 70 % of 8 cores one request in 500 takes longer than six times the mean (exp(-6) = 0.25 % of services alone).
        assert!(served > 0.97 * arrived, "{cure}: {served} of {arrived}");
    }
}

/// The makespan of a batch has the variance S^2 * ((N - c) / c^2 + the sum of 1/k^2 up to c): a relative standard error of the mean
/// over 538 batches of 0.5 %, four of them are 2 %.
#[test]
fn a_load_test_that_waits_for_its_batch_cannot_saturate() {
    let (batch, cores, service): (f64, f64, f64) = (80.0, 8.0, 0.2);
    let harmonic = |power: i32| (1..=8).map(|k| f64::from(k).powi(-power)).sum::<f64>();
    let makespan = service * ((batch - cores) / cores + harmonic(1));
    let deviation = service * ((batch - cores) / (cores * cores) + harmonic(2)).sqrt();
    let seconds = 1800.0;
    let batches = seconds / (makespan + 1.0);
    let bound = 4.0 * deviation / batches.sqrt() / (makespan + 1.0);
    assert!(bound < 0.02, "{bound}");

    let outcome = pathology("barrier-load-test", &[]);
    let rate = figure(&outcome, "requests_served") / seconds;
    let expected = batch / (makespan + 1.0);
    assert!((expected - 23.93).abs() < 0.005 && (rate / expected - 1.0).abs() < bound, "{rate}, not {expected}");
    let utilization = figure(&outcome, "cpu_utilization_mean");
    // The core time of a request has a relative standard error of 1 / sqrt(43,000) = 0.5 % more.
    assert!((utilization / 0.598 - 1.0).abs() < bound + 4.0 * 0.005, "{utilization}");

    let users = "trace.clients={ users = 80, think = { exponential = { mean = \"1s\" } } }";
    let cured = pathology("barrier-load-test", &[users]);
    let utilization = figure(&cured, "cpu_utilization_mean");
    assert!(utilization > 0.99, "{utilization}");
}
