//! The documented rules of ESS, one test each. Sources: "25912" is help.aliyun.com/document_detail/25912 (cooldown, 2026-01),
//! "146231" the expected number of instances, "DOC-ESS" github.com/AlibabaCloudDocs/ess, "CreateScalingRule" and
//! "CreateAlarm" the API of 2022-02-22.

use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, replay_with_incidents};
use windtunnel_sim::controllers::decision::{Command, Decisions, Notice};

use crate::support::*;

const IN_PROGRESS: &str = "You cannot delete a scaling group or launch a new scaling activity while there is scaling \
                           activity in progress for the specified scaling group.";
const COOLDOWN: &str = "You cannot launch a new scaling activity during the cooldown period.";
const NO_CHANGE: &str = "To execute the specified scaling rule, the total capacity will not change.";

/// An alarm that fires each minute from 60 s on: no delay, one period of 60 s.
fn group(head: &str, rules: &[(&str, &str)]) -> String {
    let mut text = format!("{head}\n");
    for (name, rule) in rules {
        text += &format!(
            "[[rule]]\nname = \"{name}\"\n{rule}\n[[alarm]]\nname = \"alarm-{name}\"\nmetric = \"CpuUtilization\"\n\
             comparison = \">\"\nthreshold = 50\nperiod = \"60s\"\ntimes = 1\naction = \"{name}\"\n"
        );
    }
    text + "[assumptions]\nalarm_delay = \"0s\"\n"
}

fn first_capacity(text: &str, metric: f64) -> u32 {
    run_ess(&ess(text), &constant(metric), OpenLoopFleet::default(), 60).in_service.last().expect("one").1
}

#[test]
fn cloud_ess_adjustments_round_and_clamp() {
    // CreateScalingRule: percent of the total capacity, rounded to the nearest; MinAdjustmentMagnitude is the least change.
    // "Clamping": 2 of max 3 and +3 adds 1; 3 of min 2 and -5 removes 1; what changes nothing is rejected.
    let table = [
        (1, 10, 5, "adjust = { change = 2 }", 7),
        (1, 10, 5, "adjust = { exact = 8 }", 8),
        (1, 20, 9, "adjust = { percent = 25 }", 11),
        (1, 20, 10, "adjust = { percent = 25 }", 13),
        (1, 20, 10, "adjust = { percent = -33 }", 7),
        (1, 20, 5, "adjust = { percent = 5 }\nmin_adjustment_magnitude = 2", 7),
        (1, 20, 5, "adjust = { percent = 5 }", 5),
        (1, 3, 2, "adjust = { change = 3 }", 3),
        (2, 9, 3, "adjust = { change = -5 }", 2),
    ];
    for (min, max, desired, rule, expected) in table {
        let text = group(&format!("min = {min}\nmax = {max}\ndesired = {desired}"), &[("r", rule)]);
        assert_eq!(first_capacity(&text, 90.0), expected, "{rule}");
    }
    let text = group("min = 1\nmax = 20\ndesired = 5", &[("r", "adjust = { percent = 5 }")]);
    let replay = run_ess(&ess(&text), &constant(90.0), slow_fleet(), 60);
    assert_eq!(rejections(&replay), [(60, NO_CHANGE)]);
}

#[test]
fn cloud_ess_cooldown_is_counted_from_the_end_of_the_activity() {
    // 25912, example: group 600 s, rule add 3 with 900 s: 900 s from the third instance's joining. Fired at 60, joined at
    // 180, locked to 1080. Without a cooldown of its own the rule has the group's: locked to 780.
    for (rule, until) in [("cooldown = \"900s\"", 1080), ("", 780)] {
        let rule = format!("adjust = {{ change = 3 }}\n{rule}");
        let text = group("min = 1\nmax = 50\ndesired = 5\ndefault_cooldown = \"600s\"", &[("r", &rule)]);
        let replay = run_ess(&ess(&text), &constant(90.0), slow_fleet(), until);
        let began: Vec<u64> = activities(&replay).iter().map(|a| a.0).collect();
        assert_eq!(began, [60, until], "open again at its very end");
        assert_eq!(rejections(&replay).iter().filter(|r| r.1 == IN_PROGRESS).count(), 1, "at 120");
        assert!(rejections(&replay).contains(&(180, COOLDOWN)));
    }
}

#[test]
fn cloud_ess_cooldown_refuses_other_rules_and_the_other_direction() {
    // 25912: it blocks every request of an event-triggered task for the whole group; requests are rejected, not queued.
    let mut text = group(
        "min = 1\nmax = 50\ndesired = 5",
        &[
            ("out", "adjust = { change = 1 }\ncooldown = \"600s\""),
            ("in", "adjust = { change = -1 }\ncooldown = \"0s\""),
        ],
    );
    text = text.replacen(
        "comparison = \">\"\nthreshold = 50\nperiod = \"60s\"\ntimes = 1\naction = \"in\"",
        "comparison = \"<\"\nthreshold = 50\nperiod = \"60s\"\ntimes = 1\naction = \"in\"",
        1,
    );
    let metrics = At(|from| Some(if from < 60 { 90.0 } else { 10.0 }));
    let replay = run_ess(&ess(&text), &metrics, OpenLoopFleet::default(), 660);
    assert_eq!(activities(&replay), [(60, Some(60), 5, 6), (660, Some(660), 6, 5)]);
    assert_eq!(rejections(&replay).len(), 9, "each minute from 120 to 600");
}

#[test]
fn cloud_ess_schedules_and_health_checks_bypass_the_cooldown() {
    // 25912: group 600 s, done 18:00, alarms refused to 18:10; a manual or scheduled add 1 at 18:05 is accepted.
    let mut text = group("min = 1\nmax = 50\ndesired = 5", &[("out", "adjust = { change = 1 }\ncooldown = \"600s\"")]);
    text =
        text.replace("[assumptions]", "[[scheduled]]\nname = \"more\"\nat = \"300s\"\nrule = \"out\"\n[assumptions]");
    let incidents = [(at(400), lost(0))];
    let config = ess(&text);
    let replay = replay_with_incidents(
        &mut *ess_controller(&config),
        &constant(90.0),
        5,
        OpenLoopFleet::default(),
        at(500),
        &incidents,
    );
    // The expected number moves at 300 and the next check (a minute later) adds the instance; the lost one is replaced by
    // the check at 420.
    assert_eq!(activities(&replay), [(60, Some(60), 5, 6), (360, Some(360), 6, 7), (420, Some(420), 6, 7)]);
}

#[test]
fn cloud_ess_without_expected_capacity_one_activity_at_a_time() {
    // DOC-ESS Considerations: everything else is rejected, also a scheduled task (which is tried again for 600 s).
    let mut text = group(
        "min = 1\nmax = 50\ndesired = 5\nexpected_capacity = false",
        &[("out", "adjust = { change = 1 }\ncooldown = \"3000s\"")],
    );
    text =
        text.replace("[assumptions]", "[[scheduled]]\nname = \"more\"\nat = \"100s\"\nrule = \"out\"\n[assumptions]");
    let replay = run_ess(&ess(&text), &constant(90.0), slow_fleet(), 400);
    // The alarm's activity runs from 60 to 180. The task of 100 is refused, again at 160, and accepted at 220.
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (220, Some(340), 6, 7)]);
}

#[test]
fn cloud_ess_expected_number_is_stable_plus_n_not_desired_plus_n() {
    // 146231, example: expected 3, stable 3, add 3 and then add 1 in quick succession end at 4, not 7.
    let text = "min = 1\nmax = 50\ndesired = 3\n\
                [[rule]]\nname = \"add3\"\nadjust = { change = 3 }\n[[rule]]\nname = \"add1\"\nadjust = { change = 1 }\n\
                [[scheduled]]\nname = \"a\"\nat = \"100s\"\nrule = \"add3\"\n[[scheduled]]\nname = \"b\"\nat = \"101s\"\nrule = \"add1\"\n";
    let replay = run_ess(&ess(text), &constant(0.0), slow_fleet(), 400);
    assert_eq!(steps(&replay.desired), [(0, 3), (100, 6), (101, 4)]);
    assert_eq!(steps(&replay.in_service), [(0, 3), (240, 4)], "the check of 120 does the work");
}

#[test]
fn cloud_ess_expected_number_is_restored_the_minimum_without_it() {
    // DOC-ESS: with the feature the group restores the expected number; without it only what is below the minimum.
    let run = |head: &str| {
        let incidents = [(at(100), lost(0)), (at(100), lost(1))];
        let config = ess(&format!("{head}\nmin = 4\nmax = 10\ndesired = 5"));
        replay_with_incidents(&mut *ess_controller(&config), &constant(0.0), 5, slow_fleet(), at(500), &incidents)
    };
    assert_eq!(steps(&run("").in_service), [(0, 5), (100, 3), (240, 5)]);
    assert_eq!(steps(&run("expected_capacity = false").in_service), [(0, 5), (100, 3), (240, 4)]);
}

#[test]
fn cloud_ess_a_partly_failed_activity_is_a_warning_and_starts_the_cooldown() {
    // DOC-ESS: instances that fail are released one by one and not tried again; one success is enough for the cooldown
    // (developer.aliyun.com/ask/221457); none, and it does not start (25912).
    for (failures, word, locked) in [(1, "Warning", true), (2, "Failed", false), (0, "Successful", true)] {
        let text =
            group("min = 1\nmax = 50\ndesired = 5\nexpected_capacity = false", &[("out", "adjust = { change = 2 }")]);
        let mut controller = ess_controller(&ess(&text));
        let mut out = Decisions::default();
        for instance in 0..5 {
            controller.notice(at(0), &in_service(instance, None), &mut out);
        }
        controller.wake(at(60), &constant(90.0), &mut out);
        let Some(Command::Launch { activity, count: 2, .. }) = out.commands.first().cloned() else { panic!("{out:?}") };
        for index in 0..2 {
            let failed = Notice::LaunchFailed { activity };
            let notice = if index < failures { failed } else { in_service(10 + index, Some(activity)) };
            controller.notice(at(100), &notice, &mut out);
        }
        assert_eq!(out.activities.last().expect("ended").status.word, word);
        out = Decisions::default();
        controller.wake(at(120), &constant(90.0), &mut out);
        assert_eq!(out.commands.is_empty(), locked, "{word}");
    }
}

#[test]
fn cloud_ess_target_tracking_three_up_fifteen_down() {
    // "Target tracking scaling rules" (2026-02): 3 minutes above scale out, rounded up; 15 below scale in, rounded down;
    // less than one instance removes none. Scale-in threshold 0.8 of the target (assumption A10).
    let text = |more: &str| {
        format!(
            "min = 1\nmax = 50\ndesired = 10\n[[rule]]\nname = \"tt\"\ntarget = {{ metric = \"CpuUtilization\", value = 50{more} }}\n\
             [assumptions]\nalarm_delay = \"0s\"\n"
        )
    };
    let table = [(66.0, 14, 180), (51.0, 11, 180), (45.0, 10, 0), (36.0, 8, 900), (39.9, 8, 900)];
    for (metric, expected, when) in table {
        let replay = run_ess(&ess(&text("")), &constant(metric), OpenLoopFleet::default(), 930);
        let first = replay.in_service.get(1).map_or((0, 10), |(t, n)| (secs(*t), *n));
        assert_eq!(first, (when, expected), "metric {metric}");
    }
    let replay = run_ess(&ess(&text(", disable_scale_in = true")), &constant(5.0), OpenLoopFleet::default(), 3600);
    assert_eq!((replay.alarms.len(), steps(&replay.in_service)), (1, vec![(0, 10)]));
}

#[test]
fn cloud_ess_step_rules_go_by_the_distance_from_the_threshold() {
    // CreateScalingRule, StepAdjustments: intervals on metric minus threshold; the task's threshold is 50.
    let rule = "step = [{ lower = 0, upper = 20, adjust = { change = 1 } }, { lower = 20, adjust = { change = 4 } }]";
    for (metric, expected) in [(55.0, 6), (70.0, 9), (95.0, 9)] {
        assert_eq!(first_capacity(&group("min = 1\nmax = 50\ndesired = 5", &[("r", rule)]), metric), expected);
    }
}

#[test]
fn cloud_ess_simultaneous_alarms_the_first_wins() {
    // Assumption A13: in order of creation; the second is recorded as rejected, for alarm activities exclude each other.
    let text = group(
        "min = 1\nmax = 50\ndesired = 5",
        &[("one", "adjust = { change = 1 }"), ("two", "adjust = { change = 2 }")],
    );
    let replay = run_ess(&ess(&text), &constant(90.0), slow_fleet(), 60);
    assert_eq!(activities(&replay), [(60, None, 5, 6)]);
    assert_eq!(rejections(&replay), [(60, IN_PROGRESS)]);
}

#[test]
fn cloud_ess_a_gap_breaks_the_streak() {
    // Assumption A6: INSUFFICIENT_DATA breaks the streak and acts on nothing.
    let text =
        group("min = 1\nmax = 50\ndesired = 5", &[("r", "adjust = { change = 1 }")]).replace("times = 1", "times = 3");
    let metrics = At(|from| (from != 60).then_some(90.0));
    let replay = run_ess(&ess(&text), &metrics, slow_fleet(), 300);
    assert_eq!(activities(&replay), [(300, None, 5, 6)], "not at 180: [60, 120) is missing");
}

#[test]
fn cloud_ess_an_alarm_task_locks_itself_for_a_minute() {
    // DOC-ESS, System monitoring alarm tasks: one minute between triggers. With a period of 15 s: 15, then 75.
    let text = group("min = 1\nmax = 50\ndesired = 5", &[("r", "adjust = { change = 1 }\ncooldown = \"0s\"")])
        .replace("period = \"60s\"", "period = \"15s\"");
    let replay = run_ess(&ess(&text), &constant(90.0), OpenLoopFleet::default(), 100);
    assert_eq!(activities(&replay), [(15, Some(15), 5, 6), (75, Some(75), 6, 7)]);
}

#[test]
fn cloud_ess_a_cms_rule_looks_at_each_instance_and_is_silent_afterwards() {
    // PutResourceMetricRule: evaluated per resource; SilenceTime 86400 s between notifications (assumption A12).
    let text = |silence: &str| {
        group("min = 1\nmax = 50\ndesired = 5", &[("r", "adjust = { change = 2 }\ncooldown = \"0s\"")])
            .replace("times = 1\n", &format!("times = 2\nkind = \"cms-rule\"\n{silence}"))
    };
    // The mean of the five is 22, far below the threshold; instance 3 alone is hot.
    let metrics = Each(|instance| if instance == 3 { 90.0 } else { 5.0 });
    let replay = run_ess(&ess(&text("")), &metrics, OpenLoopFleet::default(), 86_000);
    assert_eq!(activities(&replay), [(120, Some(120), 5, 7)], "once a day");
    let replay = run_ess(&ess(&text("silence_time = \"600s\"\n")), &metrics, OpenLoopFleet::default(), 1400);
    assert_eq!(activities(&replay).iter().map(|a| a.0).collect::<Vec<_>>(), [120, 720, 1320]);
}

#[test]
fn cloud_ess_what_starts_a_cooldown_is_a_switch() {
    // Assumption A1: by the text of 2026 only activities of event-triggered tasks; by the older one any.
    for (by, expected) in [("alarm", vec![60, 120]), ("any", vec![60])] {
        let text = format!(
            "min = 1\nmax = 50\ndesired = 5\nexpected_capacity = false\n\
             [[rule]]\nname = \"out\"\nadjust = {{ change = 1 }}\ncooldown = \"300s\"\n\
             [[scheduled]]\nname = \"s\"\nat = \"60s\"\nrule = \"out\"\n\
             [[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\nthreshold = 50\nperiod = \"120s\"\ntimes = 1\naction = \"out\"\n\
             [assumptions]\nalarm_delay = \"0s\"\ncooldown_started_by = \"{by}\"\n"
        );
        let replay = run_ess(&ess(&text), &constant(90.0), OpenLoopFleet::default(), 200);
        assert_eq!(activities(&replay).iter().map(|a| a.0).collect::<Vec<_>>(), expected, "{by}");
    }
}
