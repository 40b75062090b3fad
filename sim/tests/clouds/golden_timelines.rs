//! Timelines worked out by hand from the documented rules, to the second.

use windtunnel_sim::controllers::decision::ActivityOutcome;

use crate::support::*;

const ESS_GUIDE: &str = r#"
min = 3
max = 10
desired = 5
[[rule]]
name = "scale-out-cpu-high"
adjust = { change = 2 }
cooldown = "300s"
[[rule]]
name = "scale-in-cpu-low"
adjust = { change = -1 }
cooldown = "600s"
[[alarm]]
name = "cpu-high-alert"
metric = "CpuUtilization"
comparison = ">"
threshold = 70
period = "300s"
times = 3
action = "scale-out-cpu-high"
"#;

const COOLDOWN: &str = "You cannot launch a new scaling activity during the cooldown period.";
const NO_CHANGE: &str = "To execute the specified scaling rule, the total capacity will not change.";

/// CPU stays hot from t = 0. The third 300 s window ends at 900 and is evaluated 60 s later; the activity takes 120 s and
/// only then the cooldown of 300 s begins: 960 fires, 1080 done, locked to 1380; 1260 refused; 1560 fires, 1680 done,
/// locked to 1980; 1860 refused; 2160 fires, clamped to +1, 2280 done; 2460 changes nothing any more.
#[test]
fn cloud_ess_scale_out_300_s_times_3() {
    let replay = run_ess(&ess(ESS_GUIDE), &constant(90.0), slow_fleet(), 2500);
    assert_eq!(activities(&replay), [(960, Some(1080), 5, 7), (1560, Some(1680), 7, 9), (2160, Some(2280), 9, 10)]);
    assert_eq!(steps(&replay.in_service), [(0, 5), (1080, 7), (1680, 9), (2280, 10)]);
    assert_eq!(rejections(&replay), [(1260, COOLDOWN), (1860, COOLDOWN), (2460, NO_CHANGE)]);
    assert!(replay.activities.iter().all(|a| a.first_breach == Some(at(0)) && a.alarm_since == Some(at(960))));
}

const CPU_LOW: &str = r#"
[[alarm]]
name = "cpu-low-alert"
metric = "CpuUtilization"
comparison = "<"
threshold = 30
action = "scale-in-cpu-low"
"#;

/// The guide's literal 600 s x 3, which the API refuses: first evaluation that can fire at 1800 + 60; done 90 s later;
/// locked for 600 s to 2550; 2460 refused, 3060 fires, and so on each 1200 s until 3 are left: 1860 + 6 * 1200 + 90.
#[test]
fn cloud_ess_scale_in_literal_600_s_times_3() {
    let text = format!("lenient = true\n{ESS_GUIDE}{CPU_LOW}period = \"600s\"\ntimes = 3\n")
        .replace("desired = 5", "desired = 10");
    let replay = run_ess(&ess(&text), &constant(10.0), slow_fleet(), 12_000);
    let began: Vec<u64> = activities(&replay).iter().map(|a| a.0).collect();
    assert_eq!(began, [1860, 3060, 4260, 5460, 6660, 7860, 9060]);
    assert_eq!(activities(&replay).last(), Some(&(9060, Some(9150), 4, 3)));
}

/// The valid rewrite 300 s x 6 scales in faster: each 900 s, done at 1860 + 6 * 900 + 90 = 7350.
#[test]
fn cloud_ess_scale_in_rewritten_300_s_times_6() {
    let text = format!("{ESS_GUIDE}{CPU_LOW}period = \"300s\"\ntimes = 6\n").replace("desired = 5", "desired = 10");
    let replay = run_ess(&ess(&text), &constant(10.0), slow_fleet(), 12_000);
    assert_eq!(activities(&replay).last(), Some(&(7260, Some(7350), 4, 3)));
    assert_eq!(activities(&replay).len(), 7);
}

/// Assumption A3: edge-triggered stops after the first +2; with a count that starts anew after each firing, three more
/// windows of 300 s must pass, so it fires at most each 900 s.
#[test]
fn cloud_ess_alarm_repetition_is_a_switch() {
    let with = |repeat: &str| ess(&format!("{ESS_GUIDE}\n[assumptions]\nalarm_repeat = \"{repeat}\"\n"));
    let edge = run_ess(&with("edge"), &constant(90.0), slow_fleet(), 4000);
    assert_eq!(activities(&edge), [(960, Some(1080), 5, 7)]);
    let reset = run_ess(&with("reset"), &constant(90.0), slow_fleet(), 4000);
    let began: Vec<u64> = activities(&reset).iter().map(|a| a.0).collect();
    assert_eq!(began, [960, 1860, 2760]);
}

const AWS_GUIDE: &str = r#"
min = 3
max = 10
desired = 5
[[policy]]
name = "scale-out-cpu"
adjust = { change = 2 }
cooldown = "300s"
[[alarm]]
name = "cpu-high-alert"
metric = "CPUUtilization"
comparison = "GreaterThanThreshold"
threshold = 70
period = "300s"
times = 3
action = "scale-out-cpu"
[assumptions]
alarm_phase = "20s"
reconcile_lag = ["6s"]
"#;

/// An AWS simple-scaling group. CPU is cool to 600 s and hot from then on. The alarm is evaluated at second 20 of each
/// minute, over windows that end with that minute, so 1520 is the first evaluation whose three newest windows ([600,
/// 900), [900, 1200), [1200, 1500)) are hot. The policy moves the desired capacity at once; the group acts 6 s later
/// (1526); the instances are in service after 120 s (1646), and only then the cooldown of 300 s begins: until 1946. The
/// alarm invokes the policy each minute: 1940 is refused, 2000 is not. Again 6 s, 120 s and 300 s: 2006, 2126, locked to
/// 2426; 2420 is refused; 2480 takes 9 to 10 by the clamp.
#[test]
fn cloud_aws_simple_scaling_group() {
    let metrics = At(|from| Some(if from >= 600 { 90.0 } else { 40.0 }));
    let replay = run_aws(&aws(AWS_GUIDE), &metrics, slow_fleet(), 2700);
    assert_eq!(activities(&replay), [(1526, Some(1646), 5, 7), (2006, Some(2126), 7, 9), (2486, Some(2606), 9, 10)]);
    assert_eq!(steps(&replay.desired), [(0, 5), (1520, 7), (2000, 9), (2480, 10)]);
    assert_eq!(replay.activities[0].decided, at(1520));
    assert!(replay.activities[0].cause.starts_with("At 00:25:20 a monitor alarm cpu-high-alert in state ALARM"));
    assert!(replay.activities[0].cause.contains("changing the desired capacity from 5 to 7."));
}

const TENCENT_GUIDE: &str = r#"
min = 3
max = 10
desired = 5
[[policy]]
name = "scale-out-cpu"
adjust = { change = 2 }
cooldown = "300s"
alarm = { metric = "CPU_UTILIZATION", comparison = "GREATER_THAN", threshold = 70, period = "300s", times = 3 }
"#;

/// A Tencent group. Three windows of 300 s end at 900, evaluated at 960: desired 5 to 7, matched at once, done after 56 s
/// (the sample activity of DescribeAutoScalingActivities) at 1016, cooldown to 1316. The alarm of 1260 is CANCELLED, that
/// of 1560 scales to 9, done 1616; 1860 is CANCELLED (to 1916); 2160 clamps to 10, done 2216; from then on a policy
/// changes nothing and no activity is recorded.
#[test]
fn cloud_tencent_group() {
    let fleet = windtunnel_sim::backtest::open_loop::OpenLoopFleet { launch: seconds(56), removal: seconds(30) };
    let replay = run_tencent(&tencent(TENCENT_GUIDE), &constant(90.0), fleet, 4000);
    assert_eq!(activities(&replay), [(960, Some(1016), 5, 7), (1560, Some(1616), 7, 9), (2160, Some(2216), 9, 10)]);
    let cancelled: Vec<u64> = rejections(&replay).iter().map(|r| r.0).collect();
    assert_eq!(cancelled, [1260, 1860]);
    let words: Vec<&str> = replay.activities.iter().map(|a| a.status.word).collect();
    assert_eq!(words, ["SUCCESSFUL", "CANCELLED", "SUCCESSFUL", "CANCELLED", "SUCCESSFUL"]);
    assert!(replay.activities.iter().all(|a| a.status.outcome != ActivityOutcome::InProgress));
}
