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
fn cloud_ess_steps_count_instances_that_warm_up_once() {
    // CreateScalingRule, EstimatedInstanceWarmup: what warms up has answered the breach. Four at 60, warm at 360; the same breach
    // asks for four beyond the five that are warm until then, and for four beyond nine from then on.
    let rule = "step = [{ lower = 0, adjust = { change = 4 } }]\nwarmup = \"300s\"";
    let text = group("min = 1\nmax = 50\ndesired = 5\ndefault_cooldown = \"0s\"", &[("r", rule)]);
    let replay = run_ess(&ess(&text), &constant(70.0), OpenLoopFleet::default(), 420);
    assert_eq!(activities(&replay), [(60, Some(60), 5, 9), (360, Some(360), 9, 13)]);
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

#[test]
fn cloud_ess_a_rule_beside_a_pending_one_counts_from_the_stable_number() {
    // 146231: expected := stable ± N, within the bounds, whatever is pending. Stable 3, add 3 (of at most 6), then add 1: 4.
    // What leaves the expected number as it is is rejected (CreateScalingRule), also with the feature on.
    let text = |max: u32, second: &str| {
        format!(
            "min = 1\nmax = {max}\ndesired = 3\n\
             [[rule]]\nname = \"add3\"\nadjust = {{ change = 3 }}\n[[rule]]\nname = \"second\"\nadjust = {{ {second} }}\n\
             [[scheduled]]\nname = \"a\"\nat = \"100s\"\nrule = \"add3\"\n[[scheduled]]\nname = \"b\"\nat = \"150s\"\nrule = \"second\"\n"
        )
    };
    let run = |text: &str| run_ess(&ess(text), &constant(0.0), slow_fleet(), 200);
    // The check of 120 has begun to launch three.
    for (max, second, expected) in
        [(50, "change = 1", 4), (6, "change = 1", 4), (50, "exact = 5", 5), (50, "change = -1", 2)]
    {
        assert_eq!(run(&text(max, second)).desired.last().expect("one").1, expected, "{max} {second}");
    }
    let replay = run(&text(6, "change = 4"));
    assert_eq!(rejections(&replay), [(150, NO_CHANGE)], "6 is expected already");
}

#[test]
fn cloud_ess_bounds_that_do_not_hold_the_expected_number_are_refused() {
    // 146231, example: minimum and maximum that the expected number does not fit between are refused unless it is changed
    // too. That a scheduled task is refused as well is an assumption.
    let run = |keys: &str, head: &str| {
        let text =
            format!("{head}\nmin = 1\nmax = 10\ndesired = 5\n[[scheduled]]\nname = \"s\"\nat = \"100s\"\n{keys}\n");
        run_ess(&ess(&text), &constant(0.0), OpenLoopFleet::default(), 300)
    };
    for (keys, head, expected) in [
        ("min = 6", "", 5),
        ("max = 4", "", 5),
        ("min = 5", "", 5),
        ("min = 6\ndesired = 7", "", 7),
        ("min = 6", "assumptions.bounds_move_expected_number = true", 6),
        ("max = 4", "assumptions.bounds_move_expected_number = true", 4),
        // Without the feature there is no such number: the check of the minimum adds, that of the maximum removes.
        ("min = 6", "expected_capacity = false", 6),
        ("max = 4", "expected_capacity = false", 4),
    ] {
        let replay = run(keys, head);
        assert_eq!(replay.in_service.last().expect("one").1, expected, "{keys} {head}");
        let refused = expected == 5 && keys != "min = 5";
        assert_eq!(rejections(&replay).len(), usize::from(refused), "{keys} {head}");
    }
}

#[test]
fn cloud_ess_an_activity_has_at_most_a_thousand_instances() {
    // CreateScalingRule, AdjustmentValue: at most 1000 instances per activity. What becomes of more is an assumption.
    let text = |head: &str| {
        group(
            &format!("{head}\nmin = 1\nmax = 2000\ndesired = 500\nassumptions.beyond_activity_limit = \"@\""),
            &[("r", "adjust = { exact = 2000 }")],
        )
        .replace("[assumptions]\nalarm_delay = \"0s\"\n", "")
        .replace("min = 1\n", "assumptions.alarm_delay = \"0s\"\nmin = 1\n")
    };
    for (answer, began, refused) in [("clamp", vec![(60, 500, 1500)], 0), ("refuse", vec![], 1)] {
        let replay = run_ess(&ess(&text("").replace('@', answer)), &constant(90.0), slow_fleet(), 60);
        assert_eq!(activities(&replay).iter().map(|a| (a.0, a.2, a.3)).collect::<Vec<_>>(), began, "{answer}");
        assert_eq!(rejections(&replay).len(), refused, "{answer}");
    }
    // Checks take as many activities as they need.
    let text = "min = 1\nmax = 2000\ndesired = 500\n[[scheduled]]\nname = \"s\"\nat = \"30s\"\ndesired = 1800\n";
    let replay = run_ess(&ess(text), &constant(0.0), slow_fleet(), 400);
    assert_eq!(activities(&replay), [(60, Some(180), 500, 1500), (240, Some(360), 1500, 1800)]);
}

#[test]
fn cloud_ess_scheduled_tasks_execute_simple_rules() {
    // CreateScheduledTask, ScheduledAction: the ARI of a simple rule. A step rule needs the value of an alarm.
    let rule = |keys: &str| {
        format!(
            "min = 1\nmax = 10\n[[rule]]\nname = \"r\"\n{keys}\n[[scheduled]]\nname = \"s\"\nat = \"60s\"\nrule = \"r\"\n"
        )
    };
    let refused = |keys: &str| ess(&rule(keys)).validate().iter().any(|p| p.path == "ess.scheduled.s.rule");
    assert!(!refused("adjust = { change = 1 }"));
    for keys in [
        "step = [{ lower = 0, adjust = { change = 1 } }]",
        "target = { metric = \"CpuUtilization\", value = 50 }",
        "target = { metric = \"CpuUtilization\", value = 50 }\npredictive = {}",
    ] {
        assert!(refused(keys), "{keys}");
    }
    // Run all the same, it is rejected.
    let lenient = format!("lenient = true\n{}", rule("step = [{ lower = 0, adjust = { change = 1 } }]"));
    let replay = run_ess(&ess(&lenient), &constant(90.0), slow_fleet(), 300);
    assert_eq!((activities(&replay).len(), rejections(&replay).len()), (0, 1));
}

#[test]
fn cloud_ess_steps_begin_at_the_threshold() {
    // DOC-ESS: the first step begins at the alarm's threshold. One that does not leaves values without a step.
    let with = |step: &str| group("min = 1\nmax = 50\ndesired = 5", &[("r", &format!("step = [{step}]"))]);
    let warned = |step: &str| ess(&with(step)).validate().iter().any(|p| p.path == "ess.rule.r.step");
    assert!(!warned("{ lower = 0, adjust = { change = 1 } }") && warned("{ lower = 5, adjust = { change = 1 } }"));
    assert_eq!(first_capacity(&with("{ lower = 5, adjust = { change = 1 } }"), 52.0), 5, "between 50 and 55: no step");
    assert_eq!(first_capacity(&with("{ lower = 5, adjust = { change = 1 } }"), 56.0), 6);
}

#[test]
fn cloud_schedules_go_by_their_vendors_time_zones() {
    // CreateScheduledTask: cron in UTC. Tencent's CreateScheduledAction: UTC+8. AWS: UTC, or the IANA zone of TimeZone. A run
    // begins at 00:00 UTC, which is 08:00 in Beijing and 01:00 in Berlin.
    let moved = |desired: &[(windtunnel_traces::SimTime, u32)]| desired.get(1).map(|(at, _)| secs(*at));
    let cron = |hour: u32, more: &str| {
        format!(
            "min = 1\nmax = 10\ndesired = 2\n[[scheduled]]\nname = \"s\"\ncron = \"30 {hour} * * *\"\nmin = 1\nmax = 10\ndesired = 4\n{more}\n"
        )
    };
    let (quiet, day) = (constant(0.0), 86_400);
    let ess_at = |hour: u32| moved(&run_ess(&ess(&cron(hour, "")), &quiet, slow_fleet(), day).desired);
    let tencent_at = |hour: u32| moved(&run_tencent(&tencent(&cron(hour, "")), &quiet, slow_fleet(), day).desired);
    let aws_at = |hour: u32, zone: &str| moved(&run_aws(&aws(&cron(hour, zone)), &quiet, slow_fleet(), day).desired);
    let half_past = |hour: u64| Some(hour * 3600 + 1800);
    assert_eq!((ess_at(1), tencent_at(9), aws_at(1, "")), (half_past(1), half_past(1), half_past(1)));
    assert_eq!(tencent_at(1), half_past(17), "01:30 of the next day in Beijing");
    assert_eq!(aws_at(2, "zone = \"Europe/Berlin\""), half_past(1));
}

#[test]
fn cloud_ess_an_alarm_is_refused_beside_any_other_activity() {
    // 146231: an event-triggered activity runs beside nothing, a parallel one neither. The check of 60 launches one until 180;
    // the alarm fires from 120 on.
    let text = group("min = 1\nmax = 50\ndesired = 5", &[("out", "adjust = { change = 2 }")])
        .replace("[assumptions]", "[[scheduled]]\nname = \"s\"\nat = \"30s\"\ndesired = 6\n[assumptions]");
    let metrics = At(|from| Some(if from >= 60 { 90.0 } else { 10.0 }));
    let replay = run_ess(&ess(&text), &metrics, slow_fleet(), 180);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (180, None, 6, 8)]);
    assert_eq!(rejections(&replay), [(120, IN_PROGRESS)]);
}
