//! What alarms do beside going into ALARM: actions on other states, percentiles of few samples, rules over states, several
//! metrics, effective times, missing instances; and predictive rules of ESS.

use windtunnel_sim::controllers::cloud::{Calendar, Severity};
use windtunnel_sim::controllers::decision::{
    ActivityOutcome, AlarmState, Command, Decisions, InstanceId, Metric, MetricSource, Notice, Statistic,
};
use windtunnel_traces::{SimTime, Streams};

use crate::support::*;

const QUIET: &str = "[assumptions]\nalarm_phase = \"0s\"\nreconcile_lag = [\"0s\"]\n";

fn aws_group(alarm: &str) -> String {
    format!(
        "min = 1\nmax = 20\ndesired = 5\n[[policy]]\nname = \"out\"\nadjust = {{ change = 1 }}\ncooldown = \"0s\"\n\
         [[policy]]\nname = \"in\"\nadjust = {{ change = -1 }}\ncooldown = \"0s\"\n\
         [[alarm]]\nname = \"a\"\nmetric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 70\nperiod = \"60s\"\n{alarm}\n{QUIET}"
    )
}

#[test]
fn cloud_aws_actions_on_ok_and_insufficient_data() {
    // PutMetricAlarm: OKActions and InsufficientDataActions. Scaling actions are invoked each minute for as long as the
    // alarm stays in the state that invokes them (Alarm actions).
    let data = At(|from| match from {
        0..180 => Some(90.0),
        180..360 => Some(10.0),
        _ => None,
    });
    for (keys, expected) in [
        ("action = \"out\"", vec![(60, 6), (120, 7), (180, 8)]),
        ("ok_action = \"in\"", vec![(240, 4), (300, 3), (360, 2), (420, 1)]),
    ] {
        let replay = run_aws(&aws(&aws_group(keys)), &data, Default::default(), 420);
        let moves: Vec<(u64, u32)> = steps(&replay.desired)[1..].to_vec();
        assert_eq!(moves, expected, "{keys}");
    }
    // ActionsEnabled = false: none of them.
    let disabled = aws_group("ok_action = \"in\"\nenabled = false");
    assert_eq!(run_aws(&aws(&disabled), &data, Default::default(), 500).desired.len(), 1);
    // With three slots of evaluation range the last real points of minute 5 are out of sight after minute 8.
    let replay = run_aws(&aws(&aws_group("insufficient_data_action = \"out\"")), &data, Default::default(), 700);
    assert_eq!(replay.state_at("a", at(700)), AlarmState::InsufficientData);
    let first = steps(&replay.desired)[1];
    assert_eq!(first, (540, 6), "{:?}", replay.alarm_changes);
    let causes: Vec<&str> = replay.activities.iter().filter(|a| a.id.is_some()).map(|a| a.cause.as_str()).collect();
    assert!(causes[0].contains("a monitor alarm a in state INSUFFICIENT_DATA"), "{causes:?}");
}

/// A percentile with the number of samples behind it.
struct Sampled(f64, f64);

impl MetricSource for Sampled {
    fn statistic(&self, _: Metric, statistic: Statistic, from: SimTime, _: SimTime) -> Option<f64> {
        // The first minutes have plenty of samples and are calm.
        let calm = from < at(180);
        match statistic {
            Statistic::SampleCount => Some(if calm { 10_000.0 } else { self.1 }),
            _ => Some(if calm { 10.0 } else { self.0 }),
        }
    }
}

#[test]
fn cloud_aws_percentiles_of_few_samples_leave_the_state() {
    // EvaluateLowSampleCountPercentile: low is fewer than 10 / (1 − p) samples for p ≥ 0.5, 10 / p below; `ignore` keeps the
    // state.
    for (statistic, low_samples, samples, expected) in [
        ("p90", "evaluate", 5.0, AlarmState::Alarm),
        ("p90", "ignore", 99.0, AlarmState::Ok),
        ("p90", "ignore", 101.0, AlarmState::Alarm),
        ("p50", "ignore", 19.0, AlarmState::Ok),
        ("p50", "ignore", 20.0, AlarmState::Alarm),
        ("p10", "ignore", 99.0, AlarmState::Ok),
        ("p10", "ignore", 100.0, AlarmState::Alarm),
        ("average", "ignore", 1.0, AlarmState::Alarm),
    ] {
        let text = aws_group(&format!("statistic = \"{statistic}\"\nlow_samples = \"{low_samples}\""));
        let replay = run_aws(&aws(&text), &Sampled(90.0, samples), Default::default(), 600);
        assert_eq!(replay.state_at("a", at(600)), expected, "{statistic} {low_samples} {samples}");
    }
}

#[test]
fn cloud_aws_composite_alarms_report() {
    // PutCompositeAlarm, AlarmRule: states over time, also of a composite that looks at another; nothing is invoked.
    let other = "[[alarm]]\nname = \"low\"\nmetric = \"CPUUtilization\"\ncomparison = \"<\"\nthreshold = 30\nperiod = \"60s\"\n";
    let composites = "[[composite]]\nname = \"above\"\nrule = \"NOT OK(either)\"\n\
                      [[composite]]\nname = \"either\"\nrule = \"ALARM(a) OR ALARM(\\\"low\\\")\"\n";
    let text = aws_group("").replace(QUIET, &format!("{other}{composites}{QUIET}"));
    let data = At(|from| {
        Some(if from < 120 {
            50.0
        } else if from < 240 {
            90.0
        } else {
            20.0
        })
    });
    let replay = run_aws(&aws(&text), &data, Default::default(), 600);
    let changes = |name: &str| -> Vec<(u64, AlarmState)> {
        replay.alarm_changes.iter().filter(|c| c.alarm == name).map(|c| (secs(c.at), c.to)).collect()
    };
    assert_eq!(changes("either"), [(60, AlarmState::Ok), (180, AlarmState::Alarm)], "a, then low: in ALARM throughout");
    assert_eq!(changes("above"), [(60, AlarmState::Ok), (180, AlarmState::Alarm)]);
    assert_eq!(replay.desired.len(), 1, "nothing was invoked");
    assert_eq!(aws_controller(&aws(&text)).composite_alarms(), ["either", "above"]);
    for (rule, said) in [
        ("ALARM(b)", "there is no alarm `b`; did you mean `a`?"),
        ("ALARM(a", "comes the end; expected )"),
        ("ALARM(above)", "go round in a circle"),
    ] {
        let wrong = text.replace("ALARM(a) OR ALARM(\\\"low\\\")", rule);
        let found = aws(&wrong).validate();
        let errors: Vec<_> = found.iter().filter(|p| p.severity == Severity::Error).map(|p| &p.message).collect();
        assert!(errors.iter().any(|message| message.contains(said)), "{rule}: {errors:?}");
    }
}

const ESS: &str = "min = 1\nmax = 20\ndesired = 5\n[[rule]]\nname = \"out\"\nadjust = { change = 1 }\ncooldown = \"0s\"\n\
                   [[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\ncomparison = \">\"\nthreshold = 70\nperiod = \"60s\"\n\
                   times = 2\naction = \"out\"\n";
const NO_DELAY: &str = "[assumptions]\nalarm_delay = \"0s\"\n";

#[test]
fn cloud_ess_multi_metric_tasks_join_their_expressions() {
    // CreateAlarm, Expressions and ExpressionsLogicOperator: && (default) or ||.
    let metrics = |cpu: Option<f64>, memory: Option<f64>| {
        PerMetric(move |metric| if metric == Metric::CpuUtilization { cpu } else { memory })
    };
    let (hot, cool) = (Some(90.0), Some(10.0));
    for (logic, cpu, memory, expected) in [
        ("&&", hot, hot, AlarmState::Alarm),
        ("&&", hot, cool, AlarmState::Ok),
        ("&&", cool, hot, AlarmState::Ok),
        ("&&", hot, None, AlarmState::InsufficientData),
        // What is missing cannot decide.
        ("&&", cool, None, AlarmState::Ok),
        ("||", hot, cool, AlarmState::Alarm),
        ("||", cool, hot, AlarmState::Alarm),
        ("||", cool, cool, AlarmState::Ok),
        ("||", None, hot, AlarmState::Alarm),
        ("||", None, cool, AlarmState::InsufficientData),
    ] {
        let text = format!(
            "{ESS}logic = \"{logic}\"\nexpression = [{{ metric = \"MemoryUtilization\", comparison = \">\", threshold = 75 }}]\n{NO_DELAY}"
        );
        let replay = run_ess(&ess(&text), &metrics(cpu, memory), Default::default(), 120);
        assert_eq!(replay.state_at("a", at(120)), expected, "{cpu:?} {logic} {memory:?}");
        if (logic, cpu, memory) == ("&&", hot, hot) {
            assert!(
                replay.activities[0].cause.contains("90.0, 90.0 > 70 && 90.0 > 75"),
                "{}",
                replay.activities[0].cause
            );
        }
    }
}

#[test]
fn cloud_ess_a_task_executes_its_rules_in_its_effective_time() {
    // CreateAlarm, Effective: `* * 17-18 * * ?` is 17:00 to 18:59 in UTC+8, `TZ=+00 * * 1-2 * * ?` 01:00 to 02:59 in UTC.
    // t = 0 is Monday, 5 January 2026, 00:00 UTC. The alarm stays in ALARM; the first and last hour in which it acts:
    for (effective, first, last) in [
        ("* * * * * ?", 120, 86_400),
        ("* * 17-18 * * ?", 9 * 3600, 11 * 3600 - 60),
        ("TZ=+00 * * 1-2 * * ?", 3600, 3 * 3600 - 60),
        ("TZ=+08:00 * * 8 5 1 ?", 120, 3600 - 60),
        ("TZ=+00 * * * 6 1 ?", 86_400, 86_400),
    ] {
        let text = format!("{ESS}effective = \"{effective}\"\n{NO_DELAY}").replace("max = 20", "max = 1900");
        let replay = run_ess(&ess(&text), &constant(90.0), Default::default(), 86_400);
        let acted: Vec<u64> = replay.activities.iter().filter(|a| a.id.is_some()).map(|a| secs(a.at)).collect();
        assert_eq!((acted.first(), acted.last()), (Some(&first), Some(&last)), "{effective}");
        assert_eq!(replay.state_at("a", at(120)), AlarmState::Alarm, "the state is evaluated all the same");
    }
    for wrong in ["* * * * ?", "TZ=x * * * * * ?", "* * 25 * * ?"] {
        let found = ess(&format!("{ESS}effective = \"{wrong}\"\n")).validate();
        assert!(found.iter().any(|p| p.path == "ess.alarm.a.effective" && p.severity == Severity::Error), "{wrong}");
    }
}

/// One instance, hot for two minutes, silent for two, hot again.
struct Silent;

impl MetricSource for Silent {
    fn statistic(&self, _: Metric, _: Statistic, _: SimTime, _: SimTime) -> Option<f64> {
        None
    }

    fn per_instance(&self, _: Metric, _: Statistic, from: SimTime, _: SimTime) -> Vec<(InstanceId, f64)> {
        let silent = (120..240).contains(&secs(from));
        if silent { Vec::new() } else { vec![(InstanceId(0), 90.0)] }
    }
}

#[test]
fn cloud_ess_no_data_policy_of_a_cms_rule() {
    // PutResourceMetricRule, NoDataPolicy: KEEP_LAST_STATE (default), INSUFFICIENT_DATA, OK. Three periods must breach.
    for (policy, alarm_at, in_between) in [
        ("KEEP_LAST_STATE", 300, AlarmState::Ok),
        ("INSUFFICIENT_DATA", 420, AlarmState::InsufficientData),
        ("OK", 420, AlarmState::Ok),
    ] {
        let text =
            format!("{ESS}kind = \"cms-rule\"\nno_data = \"{policy}\"\n{NO_DELAY}").replace("times = 2", "times = 3");
        let replay = run_ess(&ess(&text), &Silent, Default::default(), 600);
        let alarm = replay.alarm_changes.iter().find(|c| c.to == AlarmState::Alarm).map(|c| secs(c.at));
        assert_eq!((alarm, replay.state_at("a", at(200))), (Some(alarm_at), in_between), "{policy}");
    }
}

/// A load per hour, spread over the five instances that there are.
struct Hourly;

impl MetricSource for Hourly {
    fn statistic(&self, _: Metric, _: Statistic, from: SimTime, _: SimTime) -> Option<f64> {
        let hour = secs(from) / 3600;
        Some(if hour % 24 == 9 { 100.0 } else { 20.0 })
    }
}

#[test]
fn cloud_ess_predictive_rules_move_minimum_and_maximum() {
    // CreateScalingRule, PredictiveScalingRule: 24 hours of history, hourly tasks that set minimum and maximum;
    // PredictiveValueBehavior. Five instances at 100 % against a target of 50 % are ten.
    for (keys, max, at_nine) in [
        ("", 20, (10, 20)),
        ("mode = \"PredictOnly\"", 20, (1, 20)),
        ("", 8, (8, 8)),
        ("value_behavior = \"PredictiveValueOverrideMax\"", 8, (10, 10)),
        ("value_behavior = \"override-max-with-buffer\", value_buffer = 20.0", 8, (10, 12)),
        ("initial_max = 6", 20, (6, 6)),
    ] {
        let text = format!(
            "min = 1\nmax = {max}\ndesired = 5\nexpected_capacity = false\n[[rule]]\nname = \"p\"\n\
             target = {{ metric = \"CpuUtilization\", value = 50 }}\npredictive = {{ {keys} }}\n"
        );
        let config = ess(&text);
        let mut controller = config.controller(Streams::new(1), &Calendar::default()).expect("valid");
        let mut out = Decisions::default();
        (0..5).for_each(|instance| controller.notice(at(0), &in_service(instance, None), &mut out));
        let mut seen = (0, 0);
        while controller.next_wake() <= at(34 * 3600 - 1) {
            let now = controller.next_wake();
            controller.wake(now, &Hourly, &mut out);
            if now < at(24 * 3600) {
                assert_eq!((controller.min(), controller.max()), (1, max), "a day of history first");
            }
            if now <= at(33 * 3600) {
                seen = (controller.min(), controller.max());
            }
        }
        assert_eq!(seen, at_nine, "{keys} max = {max}");
    }
}

#[test]
fn cloud_ess_gives_up_after_seven_days_without_a_success() {
    // DescribeScalingGroups, SystemSuspended: after failing for seven consecutive days ESS stops. This cloud has no stock.
    let text = format!("{ESS}{NO_DELAY}").replace("desired = 5\n", "desired = 5\nexpected_capacity = false\n");
    let mut controller = ess_controller(&ess(&text));
    let mut out = Decisions::default();
    (0..5).for_each(|instance| controller.notice(at(0), &in_service(instance, None), &mut out));
    let mut tries = Vec::new();
    while controller.next_wake() < at(8 * 86_400) {
        let now = controller.next_wake();
        controller.wake(now, &constant(90.0), &mut out);
        for command in std::mem::take(&mut out.commands) {
            if let Command::Launch { activity, .. } = command {
                tries.push(secs(now));
                controller.notice(now, &Notice::LaunchFailed { activity }, &mut out);
            }
        }
    }
    let last = tries.last().copied().unwrap_or_default();
    assert_eq!((tries[0], last), (120, 120 + 7 * 86_400), "seven days after the first failure");
    let refused = out.activities.iter().rev().find(|a| a.status.outcome == ActivityOutcome::Rejected);
    let because = refused.and_then(|a| a.rejected_because.as_deref());
    assert_eq!(because, Some("The current status of the specified scaling group does not support this action."));
}

#[test]
fn cloud_tencent_two_scale_outs_may_match_the_desired_capacity() {
    // ConcurrentScaleOutForDesiredCapacity: at most two scale-outs that match the desired capacity in parallel; nothing
    // else is ever concurrent. Launches take 120 s; three schedules ask for more, one for less.
    let scheduled = |at: u64, desired: u32| {
        format!("[[scheduled]]\nname = \"s{at}\"\nat = \"{at}s\"\nmin = 1\nmax = 50\ndesired = {desired}\n")
    };
    let schedules = scheduled(100, 6) + &scheduled(130, 8) + &scheduled(150, 9);
    for (keys, expected) in [
        ("", vec![(100, Some(220), 5, 6), (240, Some(360), 6, 9)]),
        ("concurrent_scale_out = true", vec![(100, Some(220), 5, 6), (130, Some(250), 6, 8), (240, Some(360), 8, 9)]),
    ] {
        let text = format!("min = 1\nmax = 50\ndesired = 5\n{keys}\n{schedules}");
        let replay = run_tencent(&tencent(&text), &constant(50.0), slow_fleet(), 500);
        assert_eq!(activities(&replay), expected, "{keys}");
    }
    // A scale-in waits for a scale-out all the same.
    let text = format!(
        "min = 1\nmax = 50\ndesired = 5\nconcurrent_scale_out = true\n{}{}",
        scheduled(100, 6),
        scheduled(130, 4)
    );
    let replay = run_tencent(&tencent(&text), &constant(50.0), slow_fleet(), 500);
    assert_eq!(activities(&replay), [(100, Some(220), 5, 6), (240, Some(330), 6, 4)]);
}

#[test]
fn cloud_aws_basic_monitoring_starves_target_tracking() {
    // EC2, basic monitoring: a datapoint every five minutes. "No data for as many as four of every five periods" of a 60 s
    // alarm. With an evaluation range of five minutes there is at most one real point for the high alarm's three, so it
    // rises by the premature rule: one breaching point that is at least three slots old, everything newer missing. The
    // low alarm looks at 17 minutes, with three or four points below: all breaching, and one at least 15 slots old.
    let basic = |value: f64| At(move |from| (from % 300 == 0).then_some(value));
    let text = format!(
        "min = 1\nmax = 40\ndesired = 10\ndefault_instance_warmup = \"0s\"\n[[policy]]\nname = \"tt\"\n\
         target = {{ metric = \"ASGAverageCPUUtilization\", value = 50 }}\n{QUIET}"
    );
    // The point of minute 0 is three slots old at 180.
    let replay = run_aws(&aws(&text), &basic(75.0), Default::default(), 180);
    assert_eq!(steps(&replay.desired), [(0, 10), (180, 15)]);
    // The point of minute 0 is fifteen slots old at 900.
    let replay = run_aws(&aws(&text), &basic(20.0), Default::default(), 900);
    assert_eq!(steps(&replay.desired), [(0, 10), (900, 4)]);
    let mut found = aws(&text).validate();
    found.retain(|p| p.severity == Severity::Error);
    assert!(found.is_empty());
}

#[test]
fn cloud_aws_alarms_are_evaluated_every_ten_seconds_minute_or_hour() {
    // *Evaluating an alarm*: periods below a minute each 10 s, others each minute over windows that slide with it; with a look
    // back of more than a day each hour, up to the full hour. The metric is hot in every window that begins at 35 s or later
    // (3000 s for the last): the first evaluation of such a window tells the grid.
    for (period, times, hot_from, goes_off) in
        [("10s", 1, 35, 50), ("60s", 1, 35, 120), ("300s", 1, 35, 360), ("1h", 25, 3000, 7200)]
    {
        let text = format!(
            "min = 1\nmax = 10\ndesired = 2\nassumptions.alarm_phase = \"0s\"\n[[alarm]]\nname = \"a\"\nmetric = \"CPUUtilization\"\n\
             comparison = \">\"\nthreshold = 50\nperiod = \"{period}\"\ntimes = {times}\ndatapoints_to_alarm = 1\n\
             missing = \"not-breaching\"\naction = []\n"
        );
        let metrics = At(|from| Some(if from >= hot_from { 90.0 } else { 10.0 }));
        let replay = run_aws(&aws(&text), &metrics, slow_fleet(), 8000);
        let first = &replay.alarm_changes[0];
        assert_eq!(first.from, AlarmState::InsufficientData, "PutMetricAlarm: created so, then evaluated");
        let alarm = replay.alarm_changes.iter().find(|change| change.to == AlarmState::Alarm).expect("it goes off");
        assert_eq!(secs(alarm.at), goes_off, "{period} x {times}");
    }
}
