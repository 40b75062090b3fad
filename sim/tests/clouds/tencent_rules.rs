//! The documented rules of Tencent AS, one test each. Sources: tencentcloud.com/document/product/377 (8607: cooldown and
//! conflicts), API 2018-04-19.

use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, replay_with_incidents};
use windtunnel_sim::controllers::decision::{Command, Decisions, Notice};

use crate::support::*;

fn group(head: &str, policy: &str) -> String {
    format!(
        "{head}\n[[policy]]\nname = \"p\"\n{policy}\n\
         alarm = {{ metric = \"CPU_UTILIZATION\", comparison = \"GREATER_THAN\", threshold = 50, period = \"60s\", times = 1 }}\n\
         [assumptions]\nalarm_delay = \"0s\"\n"
    )
}

#[test]
fn cloud_tencent_policies_move_desired_and_clamp() {
    // CreateScalingPolicy's adjustment types; clamp and rounding are assumptions A17 and A18.
    let table = [
        (1, 10, 5, "adjust = { change = 2 }", 7),
        (1, 10, 5, "adjust = { exact = 8 }", 8),
        (1, 20, 10, "adjust = { percent = 25 }", 13),
        (1, 20, 5, "adjust = { percent = 5 }", 6),
        (1, 20, 5, "adjust = { percent = -5 }", 4),
        (1, 3, 2, "adjust = { change = 3 }", 3),
        (2, 9, 3, "adjust = { change = -5 }", 2),
    ];
    for (min, max, desired, policy, expected) in table {
        let text = group(&format!("min = {min}\nmax = {max}\ndesired = {desired}"), policy);
        let replay = run_tencent(&tencent(&text), &constant(90.0), OpenLoopFleet::default(), 60);
        assert_eq!(replay.desired.last().expect("one").1, expected, "{policy}");
        assert_eq!(replay.in_service.last().expect("one").1, expected, "{policy}");
    }
}

#[test]
fn cloud_tencent_conflicts_are_cancelled_and_the_next_alarm_fires() {
    // 8607: an alarm is CANCELLED while another activity runs or the group cools down; the next alarm fires.
    let text = group("min = 1\nmax = 50\ndesired = 5", "adjust = { change = 1 }\ncooldown = \"100s\"");
    let replay = run_tencent(&tencent(&text), &constant(90.0), slow_fleet(), 300);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (300, None, 6, 7)], "180 + 100 = 280");
    let (running, cooling) = (
        "Another scaling activity of the auto scaling group is in progress.",
        "The auto scaling group is in its cooldown period.",
    );
    assert_eq!(rejections(&replay), [(120, running), (180, cooling), (240, cooling)]);
}

#[test]
fn cloud_tencent_scheduled_actions_are_tried_until_the_instances_match() {
    // 8607: a scheduled trigger is cancelled too, but the group keeps trying.
    let text = group("min = 1\nmax = 50\ndesired = 5", "adjust = { change = 1 }\ncooldown = \"100s\"").replace(
        "[assumptions]",
        "[[scheduled]]\nname = \"s\"\nat = \"100s\"\nmin = 1\nmax = 50\ndesired = 9\n[assumptions]",
    );
    let metrics = At(|from| Some(if from == 0 { 90.0 } else { 10.0 }));
    let replay = run_tencent(&tencent(&text), &metrics, slow_fleet(), 500);
    assert_eq!(rejections(&replay).len(), 1, "at 100, while the alarm's activity runs");
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (240, Some(360), 6, 9)]);
}

#[test]
fn cloud_tencent_target_tracking_has_no_cooldown_and_documented_thresholds() {
    // API: 3 minutes above the target, 15 below 80 % of it.
    let text = "min = 1\nmax = 50\ndesired = 10\n[[policy]]\nname = \"tt\"\nwarmup = \"0s\"\n\
                target = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }\n[assumptions]\nalarm_delay = \"0s\"\n";
    for (metric, expected, when) in [(66.0, 14, 180), (45.0, 10, 0), (36.0, 8, 900)] {
        let replay = run_tencent(&tencent(text), &constant(metric), OpenLoopFleet::default(), 930);
        let first = replay.desired.get(1).map_or((0, 10), |(t, n)| (secs(*t), *n));
        assert_eq!(first, (when, expected), "metric {metric}");
    }
}

#[test]
fn cloud_tencent_lost_instances_are_matched_despite_the_cooldown() {
    let text = group("min = 1\nmax = 50\ndesired = 5", "adjust = { change = 1 }\ncooldown = \"3000s\"");
    let config = tencent(&text);
    let incidents = [(at(200), lost(0))];
    let replay =
        replay_with_incidents(&mut *tencent_controller(&config), &constant(90.0), 5, slow_fleet(), at(500), &incidents);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (240, Some(360), 5, 6)]);
}

#[test]
fn cloud_tencent_retry_policies() {
    // RetryPolicy: IMMEDIATE_RETRY at most 5 times; INCREMENTAL_INTERVALS 10 quickly, then after 10, 30, 60 minutes and
    // daily; NO_RETRY never. The cloud here fails every launch.
    for (policy, quick, slow) in
        [("immediate", 5, vec![]), ("none", 0, vec![]), ("incremental-intervals", 10, vec![600, 1800, 3600, 86_400])]
    {
        let text = group(
            &format!("min = 1\nmax = 50\ndesired = 5\nretry = \"{policy}\""),
            "adjust = { change = 1 }\ncooldown = \"0s\"",
        );
        let mut controller = tencent_controller(&tencent(&text));
        let mut out = Decisions::default();
        for instance in 0..5 {
            controller.notice(at(0), &in_service(instance, None), &mut out);
        }
        controller.wake(at(60), &constant(90.0), &mut out);
        let cool = constant(10.0);
        let (mut now, mut gaps) = (at(60), Vec::new());
        while let Some(Command::Launch { activity, .. }) = out.commands.pop() {
            controller.notice(now, &Notice::LaunchFailed { activity }, &mut out);
            let failed_at = now;
            while out.commands.is_empty() && controller.next_wake() < at(200_000) {
                now = controller.next_wake().max(now);
                controller.wake(now, &cool, &mut out);
            }
            if !out.commands.is_empty() {
                gaps.push(secs(now) - secs(failed_at));
            }
            if gaps.len() == 14 {
                break;
            }
        }
        let expected: Vec<u64> = std::iter::repeat_n(0, quick).chain(slow).collect();
        assert_eq!(gaps, expected, "{policy}");
    }
}

#[test]
fn cloud_tencent_a_partly_successful_activity_counts_as_a_failure() {
    // CreateAutoScalingGroup, RetryPolicy: tried again at once, or with NO_RETRY not at all.
    for (policy, tries_again) in [("immediate", true), ("none", false)] {
        let text = group(&format!("min = 1\nmax = 50\ndesired = 1\nretry = \"{policy}\""), "adjust = { change = 2 }");
        let mut controller = tencent_controller(&tencent(&text));
        let mut out = Decisions::default();
        controller.notice(at(0), &in_service(0, None), &mut out);
        controller.wake(at(60), &constant(90.0), &mut out);
        let Some(Command::Launch { activity, count: 2, .. }) = out.commands.pop() else { panic!("two are launched") };
        controller.notice(at(90), &in_service(1, Some(activity)), &mut out);
        controller.notice(at(90), &Notice::LaunchFailed { activity }, &mut out);
        assert_eq!(out.activities.last().map(|a| a.status.word), Some("PARTIALLY_SUCCESSFUL"));
        let cool = constant(10.0);
        while out.commands.is_empty() && controller.next_wake() < at(3600) {
            let now = controller.next_wake().max(at(90));
            controller.wake(now, &cool, &mut out);
        }
        assert_eq!(!out.commands.is_empty(), tries_again, "{policy}");
    }
}

#[test]
fn cloud_tencent_a_failed_activity_starts_no_cooldown() {
    // 8607: the cooldown begins when an activity has succeeded. After a launch in vain the alarm of 120 is answered.
    for (succeeds, answered) in [(false, true), (true, false)] {
        let head = "min = 1\nmax = 50\ndesired = 5\nretry = \"none\"";
        let text = group(head, "adjust = { change = 1 }\ncooldown = \"300s\"");
        let mut controller = tencent_controller(&tencent(&text));
        let mut out = Decisions::default();
        (0..5).for_each(|instance| controller.notice(at(0), &in_service(instance, None), &mut out));
        controller.wake(at(60), &constant(90.0), &mut out);
        let Some(Command::Launch { activity, .. }) = out.commands.pop() else { panic!("the alarm of 60 launches one") };
        let end = if succeeds { in_service(5, Some(activity)) } else { Notice::LaunchFailed { activity } };
        controller.notice(at(90), &end, &mut out);
        let mut now = at(90);
        while controller.next_wake() <= at(120) && now < at(120) {
            now = controller.next_wake().max(now);
            controller.wake(now, &constant(90.0), &mut out);
        }
        assert_eq!(matches!(out.commands.pop(), Some(Command::Launch { .. })), answered, "succeeds: {succeeds}");
    }
}
