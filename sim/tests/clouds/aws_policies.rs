//! EC2 Auto Scaling's worked examples (`tests/vectors/aws/policy_worked_examples.json`, each with its page in the EC2 Auto
//! Scaling user guide) and the documented rules around them.

use serde_json::Value;
use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, replay};
use windtunnel_sim::controllers::decision::{Command, Decisions, Metric, Notice};

use crate::support::*;

/// Evaluations on the minute, no lags: what remains is the arithmetic.
const PLAIN: &str = "[assumptions]\nalarm_phase = \"0s\"\nreconcile_lag = [\"0s\"]\n";

fn examples() -> Value {
    serde_json::from_str(include_str!("../vectors/aws/policy_worked_examples.json")).expect("valid JSON")
}

fn int(case: &Value, key: &str) -> i64 {
    case[key].as_i64().unwrap_or_else(|| panic!("{key} in {case}"))
}

/// A group with one alarm per policy; each alarm fires at 60 s.
fn group(min: u32, max: u32, desired: i64, policies: &[String], comparison: &str, threshold: f64) -> String {
    let mut text = format!("min = {min}\nmax = {max}\ndesired = {desired}\n");
    for (index, policy) in policies.iter().enumerate() {
        text += &format!(
            "[[policy]]\nname = \"p{index}\"\n{policy}\n[[alarm]]\nname = \"a{index}\"\nmetric = \"CPUUtilization\"\n\
             comparison = \"{comparison}\"\nthreshold = {threshold:?}\nperiod = \"60s\"\ntimes = 1\naction = \"p{index}\"\n"
        );
    }
    text + PLAIN
}

/// The desired capacity after the first evaluation.
fn decides(text: &str, metric: f64) -> u32 {
    let config = aws(text);
    let replay = run_aws(&config, &constant(metric), slow_fleet(), 60);
    replay.desired.last().expect("a capacity").1
}

fn adjusts(adjust: &str, current: i64, min: u32, max: u32) -> u32 {
    decides(&group(min, max, current, &[format!("adjust = {{ {adjust} }}")], ">", 50.0), 99.0)
}

#[test]
fn cloud_aws_percentages_round_the_change_not_the_total() {
    // "Scaling adjustment types": 12.7 to 12, 0.67 to 1, -0.58 to -1, -6.67 to -6.
    for ((base, percent), case) in
        [(127, 10), (1, 67), (1, -58), (29, -23)].iter().zip(examples()["rounding"]["cases"].as_array().expect("cases"))
    {
        let raw = *base as f64 * f64::from(*percent) / 100.0;
        assert!((raw - case[0].as_f64().expect("raw")).abs() < 1e-9, "the example is set up wrong");
        let expected = base + case[1].as_i64().expect("rounded");
        assert_eq!(i64::from(adjusts(&format!("percent = {percent}"), *base, 0, 2000)), expected, "{case}");
    }
}

#[test]
fn cloud_aws_adjustment_types() {
    for case in examples()["adjustment_types"].as_array().expect("cases") {
        let word = match case["type"].as_str() {
            Some("ChangeInCapacity") => "change",
            Some("ExactCapacity") => "exact",
            _ => "percent",
        };
        let magnitude = case["min_adjustment_magnitude"].as_i64().unwrap_or(0);
        let policy = format!("adjust = {{ {word} = {} }}\nmin_adjustment_magnitude = {magnitude}", int(case, "adj"));
        let text = group(0, 100, int(case, "current"), &[policy], ">", 50.0);
        assert_eq!(i64::from(decides(&text, 99.0)), int(case, "expect"), "{case}");
    }
}

#[test]
fn cloud_aws_limits_take_what_fits() {
    // "Dynamic scaling": 3 of max 3, 2 of min 2; with weights the desired capacity still ends at max 12.
    let limits = &examples()["limits"];
    for case in limits["cases"].as_array().expect("cases") {
        let (min, max) = (case["min"].as_u64().unwrap_or(0), case["max"].as_u64().unwrap_or(100));
        let adjust = format!("change = {}", int(case, "adj"));
        assert_eq!(i64::from(adjusts(&adjust, int(case, "current"), min as u32, max as u32)), int(case, "expect"));
    }
    let weighted = &limits["weighted"];
    assert_eq!(i64::from(adjusts("change = 5", 10, 0, 12)), int(weighted, "expect_desired"));
}

#[test]
fn cloud_aws_the_largest_capacity_wins() {
    // "Multiple dynamic scaling policies": +1 and +2 give +2; -3 and -25 % of 8 give -2; +3 and +200 % of 10 give 30.
    let both = |current: i64, one: &str, other: &str| {
        let policies = [format!("adjust = {{ {one} }}"), format!("adjust = {{ {other} }}")];
        decides(&group(0, 100, current, &policies, ">", 50.0), 99.0)
    };
    assert_eq!(both(4, "change = 1", "change = 2"), 6);
    assert_eq!(both(8, "change = -3", "percent = -25"), 6);
    assert_eq!(both(10, "change = 3", "percent = 200"), 30);
}

fn steps_of(list: &Value) -> String {
    let bound = |name: &str, value: &Value| value.as_f64().map(|v| format!("{name} = {v:?}, ")).unwrap_or_default();
    let step = |row: &Value| {
        format!("{{ {}{}adjust = {{ percent = {} }} }}", bound("lower", &row[0]), bound("upper", &row[1]), row[2])
    };
    let steps: Vec<String> = list.as_array().expect("steps").iter().map(step).collect();
    format!("step = [{}]", steps.join(", "))
}

#[test]
fn cloud_aws_step_scaling_example() {
    // "Step scaling policies": threshold 50, out 0/10/30 %, in 0/-10/-30 %.
    let example = &examples()["step_scaling"];
    for case in example["cases"].as_array().expect("cases") {
        let metric = case["metric"].as_f64().expect("metric");
        let (list, comparison) = if metric > 50.0 { ("out_steps", ">") } else { ("in_steps", "<") };
        let text = group(1, 100, int(case, "current"), &[steps_of(&example[list])], comparison, 50.0);
        assert_eq!(i64::from(decides(&text, metric)), int(case, "expect_desired"), "{case}");
    }
}

#[test]
fn cloud_aws_step_scaling_counts_from_the_warmed_capacity() {
    // The same page: one instance of the first +10 % still warms up. At 62 another +10 % of 10 adds none; at 70, +30 % of
    // 10 makes 13, so 2 are added.
    let example = &examples()["step_scaling"];
    let text = group(1, 100, 10, &[steps_of(&example["out_steps"])], ">", 50.0);
    for case in example["warmup_cases"].as_array().expect("cases") {
        let metric = case["metric"].as_f64().expect("metric");
        let metrics = At(move |from| Some(if from < 60 { 60.0 } else { metric }));
        let replay = run_aws(&aws(&text), &metrics, OpenLoopFleet::default(), 120);
        assert_eq!(replay.desired[1], (at(60), 11));
        assert_eq!(i64::from(replay.desired.last().expect("one").1), int(case, "expect_desired"), "{case}");
    }
}

#[test]
fn cloud_aws_step_scale_in_counts_terminating_instances() {
    // "step_scaling.terminating_case": while the instance terminates, the same breach removes no other.
    let policy = "step = [{ upper = 0, adjust = { change = -1 } }]\nwarmup = \"0s\"".to_string();
    let text = group(1, 100, 10, &[policy], "<", 50.0);
    let fleet = OpenLoopFleet { launch: seconds(60), removal: seconds(290) };
    let replay = run_aws(&aws(&text), &constant(40.0), fleet, 400);
    // Decided at 60; gone at 350; the next evaluation after that is at 360.
    assert_eq!(steps(&replay.desired), [(0, 10), (60, 9), (360, 8)]);
}

#[test]
fn cloud_aws_step_bounds_at_the_threshold_and_beyond() {
    // API reference, StepAdjustment: above the threshold [lower, upper), below it (lower, upper].
    let out = "step = [{ lower = 0, upper = 10, adjust = { change = 1 } }, { lower = 10, adjust = { change = 5 } }]";
    let inward =
        "step = [{ lower = -10, upper = 0, adjust = { change = -1 } }, { upper = -10, adjust = { change = -5 } }]";
    let table = [
        (out, ">=", 50.0, 11),
        (out, ">=", 59.9, 11),
        (out, ">=", 60.0, 15),
        (inward, "<=", 50.0, 9),
        (inward, "<=", 40.1, 9),
        (inward, "<=", 40.0, 5),
    ];
    for (policy, comparison, metric, expected) in table {
        assert_eq!(decides(&group(1, 100, 10, &[policy.to_string()], comparison, 50.0), metric), expected, "{metric}");
    }
    // mapbox/ecs-watchbot#187: scale-in steps given a lower bound of 0 do nothing, with AWS's message.
    let wrong = group(1, 100, 10, &["step = [{ lower = 0, adjust = { change = -1 } }]".to_string()], "<=", 1.0);
    let replay = run_aws(&aws(&wrong), &constant(0.0), OpenLoopFleet::default(), 60);
    assert_eq!(rejections(&replay)[0].1, "No step adjustment found for metric value [0] and breach threshold 1");
    assert!(aws(&wrong).validate().iter().any(|p| p.path == "aws.policy.p0.step"), "and `check` says so");
}

#[test]
fn cloud_aws_simple_waits_for_activity_and_cooldown_step_does_not() {
    // "Scaling cooldowns": simple scaling waits; step scaling continues to respond while an activity is in progress.
    let growing = At(|from| Some(60.0 + from as f64 / 10.0));
    let simple = group(1, 100, 5, &["adjust = { change = 1 }\ncooldown = \"100s\"".to_string()], ">", 50.0);
    let replay = run_aws(&aws(&simple), &growing, slow_fleet(), 600);
    // 60: to 6, done 180, locked to 280; 300: to 7, done 420, locked to 520; 540.
    assert_eq!(steps(&replay.desired), [(0, 5), (60, 6), (300, 7), (540, 8)]);
    let step = "step = [{ lower = 0, upper = 17, adjust = { change = 1 } }, { lower = 17, adjust = { change = 3 } }]";
    let replay = run_aws(&aws(&group(1, 100, 5, &[step.to_string()], ">", 50.0)), &growing, slow_fleet(), 180);
    // 60 (metric 60): to 6; 120 (66): still 5 + 1; 180 (72): 5 + 3, though the first launch is still in progress.
    assert_eq!(steps(&replay.desired), [(0, 5), (60, 6), (180, 8)]);
}

fn tracking(metric: &str, target: f64, desired: u32, more: &str) -> String {
    format!(
        "min = 1\nmax = 100\ndesired = {desired}\n[[policy]]\nname = \"tt\"\n\
         target = {{ metric = \"{metric}\", value = {target:?}{more} }}\nwarmup = \"300s\"\n{PLAIN}"
    )
}

#[test]
fn cloud_aws_target_tracking_examples() {
    // "Scaling based on Amazon SQS": 1500 messages on 10 instances, target 100: 15. "Target tracking": +1.5 adds 2,
    // -1.5 removes 1, -0.5 removes none. High after 3 minutes, low (0.9 of the target) after 15.
    let table = [(150.0, 15, 180), (115.0, 12, 180), (85.0, 9, 900), (95.0, 10, 0)];
    for (metric, expected, when) in table {
        let config = aws(&tracking("QPSPerInstance", 100.0, 10, ""));
        let replay = run_aws(&config, &constant(metric), OpenLoopFleet::default(), 1000);
        let first = replay.desired.get(1).map_or((0, 10), |(t, n)| (secs(*t), *n));
        assert_eq!(first, (when, expected), "metric {metric}");
    }
    let only_out = aws(&tracking("QPSPerInstance", 100.0, 10, ", disable_scale_in = true"));
    let replay = run_aws(&only_out, &constant(10.0), OpenLoopFleet::default(), 3600);
    assert_eq!(steps(&replay.desired), [(0, 10)], "DisableScaleIn creates no low alarm");
    assert_eq!(replay.alarms, ["TargetTracking-tt-AlarmHigh"]);
}

#[test]
fn cloud_aws_target_tracking_scales_in_only_when_all_policies_want_it() {
    // "Multiple target tracking policies": out if any, in if all.
    let text = format!(
        "min = 1\nmax = 100\ndesired = 10\n\
         [[policy]]\nname = \"cpu\"\ntarget = {{ metric = \"CPUUtilization\", value = 50 }}\nwarmup = \"0s\"\n\
         [[policy]]\nname = \"qps\"\ntarget = {{ metric = \"QPSPerInstance\", value = 50 }}\nwarmup = \"0s\"\n{PLAIN}"
    );
    let both = |cpu: f64, qps: f64| {
        let metrics = PerMetric(move |metric| Some(if metric == Metric::CpuUtilization { cpu } else { qps }));
        run_aws(&aws(&text), &metrics, OpenLoopFleet::default(), 901).desired.last().expect("one").1
    };
    assert_eq!(both(20.0, 48.0), 10, "one in its dead band keeps the capacity");
    assert_eq!(both(20.0, 30.0), 6, "both low: the larger of ceil(10 * 20 / 50) and ceil(10 * 30 / 50)");
    assert!(both(20.0, 80.0) > 10, "one high is enough to scale out");
}

#[test]
fn cloud_aws_missing_data_stops_target_tracking() {
    // "Target tracking": INSUFFICIENT_DATA means no scaling at all.
    let replay =
        run_aws(&aws(&tracking("CPUUtilization", 50.0, 10, "")), &At(|_| None), OpenLoopFleet::default(), 3600);
    assert_eq!((replay.alarm_changes.len(), steps(&replay.desired)), (0, vec![(0, 10)]));
}

#[test]
fn cloud_aws_scheduled_actions_move_bounds_and_desired() {
    // UpdateAutoScalingGroup: a minimum above the desired capacity pulls it up, a maximum below pulls it down; "Scheduled
    // scaling": cooldowns are ignored.
    let text = format!(
        "min = 1\nmax = 10\ndesired = 4\n\
         [[scheduled]]\nname = \"up\"\nat = \"100s\"\nmin = 6\n\
         [[scheduled]]\nname = \"down\"\nat = \"200s\"\nmin = 1\nmax = 3\n\
         [[scheduled]]\nname = \"set\"\ncron = \"5 0 * * *\"\ndesired = 2\n{PLAIN}"
    );
    let replay = run_aws(&aws(&text), &At(|_| None), slow_fleet(), 400);
    assert_eq!(steps(&replay.desired), [(0, 4), (100, 6), (200, 3), (300, 2)]);
    assert_eq!(steps(&replay.in_service), [(0, 4), (220, 6), (290, 3), (390, 2)]);
}

#[test]
fn cloud_aws_a_lost_instance_is_replaced_despite_the_cooldown() {
    // "Scaling cooldowns": replacing unhealthy instances does not wait for a cooldown. Polled each 30 s (assumption).
    let text = group(1, 10, 5, &["adjust = { change = 1 }\ncooldown = \"3000s\"".to_string()], ">", 50.0);
    let config = aws(&text);
    let incidents = [(at(200), lost(0))];
    let replay = windtunnel_sim::backtest::open_loop::replay_with_incidents(
        &mut *aws_controller(&config),
        &constant(99.0),
        5,
        slow_fleet(),
        at(400),
        &incidents,
    );
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (210, Some(330), 5, 6)]);
}

#[test]
fn cloud_aws_alarm_phases_are_drawn_per_alarm_and_kept() {
    let text =
        group(1, 10, 5, &["adjust = { change = 1 }".to_string(), "adjust = { change = 1 }".to_string()], ">", 50.0)
            .replace("alarm_phase = \"0s\"\n", "");
    let config = aws(&text);
    let run = || replay(&mut *aws_controller(&config), &constant(99.0), 5, slow_fleet(), at(3600));
    let (first, second) = (run(), run());
    assert_eq!(first, second, "the same seed draws the same phases");
    let phase = |alarm: &str| first.alarm_changes.iter().find(|c| c.alarm == alarm).expect("fired").at;
    assert_ne!(phase("a0"), phase("a1"));
    assert!(secs(phase("a0")) >= 60 && secs(phase("a0")) < 120);
}

#[test]
fn cloud_aws_predictive_scaling_and_dynamic_policies_take_the_larger() {
    // "Predictive scaling": dynamic 10, predictive 8 gives 10; it never scales in, and a scale-in stops at the forecast.
    // CPU is 80 from 09:00 to 10:00 each day, else 20, of whatever is in service; the target is 40.
    let text = format!(
        "min = 1\nmax = 20\ndesired = 4\n[[policy]]\nname = \"forecast\"\n\
         target = {{ metric = \"CPUUtilization\", value = 40 }}\npredictive = {{ mode = \"forecast-and-scale\" }}\n{PLAIN}"
    );
    let metrics = At(|from| Some(if from / 3600 % 24 == 9 { 80.0 } else { 20.0 }));
    let replay = run_aws(&aws(&text), &metrics, OpenLoopFleet::default(), 40 * 3600);
    // Hour 33 is 09:00 of the second day; the buffer of 300 s comes before it. Load 80 * 4 / 40 = 8; it then stays.
    assert_eq!(steps(&replay.desired), [(0, 4), (33 * 3600 - 300, 8)]);
}

#[test]
fn cloud_aws_zeros_scale_in_to_the_minimum_of_zero() {
    // "Target tracking": ALBRequestCountPerTarget emits zeros, not gaps: with a minimum of 0 the group goes to 0.
    let text = tracking("ALBRequestCountPerTarget", 100.0, 4, "").replace("min = 1", "min = 0").replace("300s", "0s");
    let replay = run_aws(&aws(&text), &constant(0.0), OpenLoopFleet::default(), 3600);
    assert_eq!(replay.desired.last().expect("one").1, 0);
}

#[test]
fn cloud_aws_target_tracking_counts_warming_instances_once() {
    // "Target tracking": instances that warm up count in the desired capacity, not in the capacity that is multiplied. At 180
    // 5 × 100 / 50 = 10; while five of them warm up, 60 asks for 5 × 60 / 50 = 6: neither fewer nor more than the 10.
    let metrics = At(|from| Some(if from < 180 { 100.0 } else { 60.0 }));
    let replay = run_aws(&aws(&tracking("CPUUtilization", 50.0, 5, "")), &metrics, OpenLoopFleet::default(), 470);
    assert_eq!(steps(&replay.desired), [(0, 5), (180, 10)]);
}

#[test]
fn cloud_aws_target_tracking_scale_in_never_adds() {
    // Desired 8 of which 10 are still there, since nothing may be terminated: 10 × 44 / 50 asks for 9 and is no scale-in.
    let text = tracking("CPUUtilization", 50.0, 10, "")
        .replace("min = 1\n", "min = 1\nsuspended = [\"Terminate\"]\n")
        .replace("300s", "0s");
    let metrics = At(|from| Some(if from < 900 { 40.0 } else { 44.0 }));
    let replay = run_aws(&aws(&text), &metrics, OpenLoopFleet::default(), 2400);
    assert_eq!(steps(&replay.desired), [(0, 10), (900, 8)]);
}

#[test]
fn cloud_aws_a_target_tracking_policy_without_data_keeps_the_others_from_scaling_in() {
    // "Multiple target tracking policies": in only if all want it; one in INSUFFICIENT_DATA does not.
    let text = format!(
        "min = 1\nmax = 100\ndesired = 10\n\
         [[policy]]\nname = \"cpu\"\ntarget = {{ metric = \"CPUUtilization\", value = 50 }}\nwarmup = \"0s\"\n\
         [[policy]]\nname = \"qps\"\ntarget = {{ metric = \"QPSPerInstance\", value = 50 }}\nwarmup = \"0s\"\n{PLAIN}"
    );
    let metrics = PerMetric(|metric| (metric == Metric::CpuUtilization).then_some(20.0));
    assert_eq!(run_aws(&aws(&text), &metrics, OpenLoopFleet::default(), 2000).desired.len(), 1);
}

#[test]
fn cloud_aws_a_scale_in_stops_at_the_forecast() {
    // "Predictive scaling": the larger of forecast and dynamic policies. In hour 33 the forecast is 80 × 4 / 40 = 8; the simple
    // policy that sets 2 gets no further down than that.
    let policy = "[[policy]]\nname = \"in\"\nadjust = { exact = 2 }\ncooldown = \"0s\"\n[[alarm]]\nname = \"low\"\n\
                  metric = \"QPSPerInstance\"\ncomparison = \"<\"\nthreshold = 10\nperiod = \"60s\"\ntimes = 1\naction = \"in\"\n";
    let text = format!(
        "min = 1\nmax = 20\ndesired = 4\n[[policy]]\nname = \"forecast\"\n\
         target = {{ metric = \"CPUUtilization\", value = 40 }}\npredictive = {{ mode = \"forecast-and-scale\" }}\n{policy}{PLAIN}"
    );
    struct Load;
    impl windtunnel_sim::controllers::decision::MetricSource for Load {
        fn statistic(
            &self,
            metric: Metric,
            _: windtunnel_sim::controllers::decision::Statistic,
            from: windtunnel_traces::SimTime,
            _: windtunnel_traces::SimTime,
        ) -> Option<f64> {
            let hour = secs(from) / 3600;
            Some(match metric {
                Metric::CpuUtilization if hour % 24 == 9 => 80.0,
                Metric::CpuUtilization => 20.0,
                // The alarm of the simple policy goes off in hour 33 alone.
                _ if hour == 33 => 5.0,
                _ => 50.0,
            })
        }
    }
    let replay = run_aws(&aws(&text), &Load, OpenLoopFleet::default(), 34 * 3600 - 60);
    assert_eq!(replay.desired.last().map(|d| d.1), Some(8), "{:?}", steps(&replay.desired));
}

#[test]
fn cloud_aws_a_failed_activity_starts_no_cooldown() {
    // "Scaling cooldowns": it begins when the last instance of an activity is in service, so not where none was launched.
    for succeeds in [false, true] {
        let policy = "adjust = { change = 2 }\ncooldown = \"300s\"".to_string();
        let text = group(1, 50, 5, &[policy], ">", 50.0) + "launch_backoff = \"600s\"\n";
        let mut controller = aws_controller(&aws(&text));
        let mut out = Decisions::default();
        (0..5).for_each(|instance| controller.notice(at(0), &in_service(instance, None), &mut out));
        controller.wake(at(60), &constant(90.0), &mut out);
        let Some(Command::Launch { activity, .. }) = out.commands.pop() else { panic!("the alarm of 60 launches two") };
        for instance in [5, 6] {
            let end = if succeeds { in_service(instance, Some(activity)) } else { Notice::LaunchFailed { activity } };
            controller.notice(at(90), &end, &mut out);
        }
        let mut now = at(90);
        while controller.next_wake() <= at(120) && now < at(120) {
            now = controller.next_wake().max(now);
            controller.wake(now, &constant(90.0), &mut out);
        }
        assert_eq!(now, at(120), "the alarm is evaluated");
        let reasons: Vec<&str> = out.activities.iter().filter_map(|entry| entry.rejected_because.as_deref()).collect();
        assert_eq!(reasons.iter().any(|why| why.contains("cooldown")), succeeds, "{reasons:?}");
    }
}
