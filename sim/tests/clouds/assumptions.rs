//! Every assumption is a switch: what the default does, and what the other answer does. The keys are explained in
//! `docs/assumptions.md`; the numbers of the questions (A6, ...) are those of the tables of open questions they came from.

use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, Replay, replay_with_incidents};
use windtunnel_sim::controllers::cloud::choices::{PrematureIgnored, PrematureState, PrematureWithin};
use windtunnel_sim::controllers::cloud::missing_data::{Premature, TreatMissing, cloudwatch_state_with};
use windtunnel_sim::controllers::decision::{AlarmState, MetricSource};

use crate::support::*;

const AWS: &str = "assumptions.alarm_phase = \"0s\"\nassumptions.reconcile_lag = [\"0s\"]\n";

/// An AWS group of 10 (1 to 100) with alarms at 60 s periods; `rules` are `(policy keys, comparison, threshold)`.
fn aws_group(head: &str, rules: &[(&str, &str, f64)]) -> String {
    let mut text = format!("{head}{AWS}");
    for (index, (policy, comparison, threshold)) in rules.iter().enumerate() {
        text += &format!(
            "[[policy]]\nname = \"p{index}\"\n{policy}\n[[alarm]]\nname = \"a{index}\"\nmetric = \"CPUUtilization\"\n\
             comparison = \"{comparison}\"\nthreshold = {threshold:?}\nperiod = \"60s\"\ntimes = 1\naction = \"p{index}\"\n"
        );
    }
    text
}

const TEN: &str = "min = 1\nmax = 100\ndesired = 10\n";

fn aws_desired(text: &str, metrics: &dyn MetricSource, until: u64) -> u32 {
    run_aws(&aws(text), metrics, OpenLoopFleet::default(), until).desired.last().expect("one").1
}

/// The same text with another answer to a question.
fn with(key: &str, answer: &str, text: &str) -> String {
    format!("assumptions.{key} = {answer}\n{text}")
}

#[test]
fn cloud_aws_premature_breaches_are_answered_as_told() {
    // Questions 2, 3 and 4 of CloudWatch: X breaches, - is missing; 3 of 3 in a range of 5, oldest first.
    let (x, none) = (Some(true), None);
    let old = [x, none, none, none, none];
    let new = [none, none, none, none, x];
    let state = |range: &[Option<bool>], treat, premature| cloudwatch_state_with(range, 3, 3, treat, premature);
    let default = Premature::default();
    assert_eq!(state(&old, TreatMissing::Missing, default), Some(AlarmState::Alarm));
    let periods = Premature { within: PrematureWithin::Periods, ..default };
    assert_eq!(state(&old, TreatMissing::Missing, periods), None, "it lies before the three periods");
    assert_eq!(state(&new, TreatMissing::Missing, default), None);
    for (otherwise, expected) in
        [(PrematureState::InsufficientData, AlarmState::InsufficientData), (PrematureState::Ok, AlarmState::Ok)]
    {
        assert_eq!(state(&new, TreatMissing::Missing, Premature { otherwise, ..default }), Some(expected));
    }
    assert_eq!(state(&old, TreatMissing::Ignore, default), None);
    let alarms = Premature { ignored: PrematureIgnored::Alarm, ..default };
    assert_eq!(state(&old, TreatMissing::Ignore, alarms), Some(AlarmState::Alarm));
    assert_eq!(state(&new, TreatMissing::Ignore, alarms), None);
    // And the keys reach the alarm: one breach at the end of a recording, then nothing.
    let text = aws_group(TEN, &[("adjust = { change = 1 }", ">", 50.0)]).replace("times = 1", "times = 3");
    let metrics = At(|from| (from == 0).then_some(90.0));
    let fires = |text: &str| steps(&run_aws(&aws(text), &metrics, OpenLoopFleet::default(), 240).desired);
    assert_eq!(fires(&text), [(0, 10), (180, 11)]);
    assert_eq!(fires(&text.replace("times = 3", "times = 3\nmissing = \"ignore\"")), [(0, 10)]);
    let ignoring =
        with("premature_ignored", "\"alarm\"", &text.replace("times = 3", "times = 3\nmissing = \"ignore\""));
    assert_eq!(fires(&ignoring), [(0, 10), (180, 11)]);
    let states = |text: &str| {
        let replay = run_aws(&aws(text), &metrics, OpenLoopFleet::default(), 60);
        replay.alarm_changes.last().map(|change| change.to)
    };
    assert_eq!(states(&with("premature_state", "\"ok\"", &text)), Some(AlarmState::Ok));
    assert_eq!(states(&text), None);
    assert_eq!(fires(&with("premature_within", "\"periods\"", &text)), [(0, 10), (180, 11)], "still within at 180");
}

#[test]
fn cloud_step_rules_at_the_threshold_itself() {
    // Question 10: the documents give both sides; the default goes by the alarm's operator.
    let both = "step = [{ upper = 0, adjust = { change = -1 } }, { lower = 0, adjust = { change = 1 } }]";
    for (comparison, answer, expected) in
        [(">=", "operator", 11), ("<=", "operator", 9), (">=", "below", 9), ("<=", "above", 11)]
    {
        let text = with("step_at_threshold", &format!("\"{answer}\""), &aws_group(TEN, &[(both, comparison, 50.0)]));
        assert_eq!(aws_desired(&text, &constant(50.0), 60), expected, "{comparison} {answer}");
        let text =
            ess_group(TEN, &[("r", both)]).replace("comparison = \">\"", &format!("comparison = \"{comparison}\""));
        let text = with("step_at_threshold", &format!("\"{answer}\""), &text);
        assert_eq!(ess_capacity(&text, &constant(50.0), 60), expected, "ESS: {comparison} {answer}");
    }
}

#[test]
fn cloud_aws_target_tracking_at_its_threshold() {
    // Question 9: GreaterThanThreshold and LessThanThreshold in a public payload.
    let text = format!("{TEN}{AWS}[[policy]]\nname = \"tt\"\ntarget = {{ metric = \"CPUUtilization\", value = 50 }}\n");
    let changes = |text: &str, metric: f64| {
        let replay = run_aws(&aws(text), &constant(metric), OpenLoopFleet::default(), 900);
        replay.alarm_changes.iter().filter(|change| change.to == AlarmState::Alarm).count()
    };
    let inclusive = with("target_tracking_at_threshold", "\"breaches\"", &text);
    assert_eq!((changes(&text, 50.0), changes(&inclusive, 50.0)), (0, 1), "the high alarm, at the target");
    assert_eq!((changes(&text, 45.0), changes(&inclusive, 45.0)), (0, 1), "the low alarm, at nine tenths of it");
}

#[test]
fn cloud_aws_simple_scaling_starts_from_the_current_capacity() {
    // Question 11: the two differ only where the group cannot make up for what it lost.
    let text = aws_group(
        "min = 1\nmax = 50\ndesired = 5\nsuspended = [\"Launch\"]\n",
        &[("adjust = { change = 2 }", ">", 50.0)],
    );
    let desired = |text: &str| {
        let config = aws(text);
        let mut controller = aws_controller(&config);
        let incidents = [(at(10), lost(0))];
        let fleet = OpenLoopFleet::default();
        let replay = replay_with_incidents(&mut *controller, &constant(90.0), 5, fleet, at(60), &incidents);
        replay.desired.last().expect("one").1
    };
    assert_eq!(desired(&text), 6);
    assert_eq!(desired(&with("simple_scaling_base", "\"desired\"", &text)), 7);
}

#[test]
fn cloud_aws_scale_in_waits_for_instances_that_warm_up() {
    // Question 12: any instance that warms up blocks; the alternative lets only launches block.
    let out = "step = [{ lower = 0, adjust = { change = 1 } }]";
    let inward = "step = [{ upper = 0, adjust = { change = -1 } }]";
    let text = aws_group(TEN, &[(out, ">", 50.0), (inward, "<", 20.0)]);
    // Hot for the first minute only; the one instance is in service at once and warms up for 300 s, until 360.
    let metrics = At(|from| Some(if from < 60 { 90.0 } else { 10.0 }));
    let decisions = |text: &str| steps(&run_aws(&aws(text), &metrics, OpenLoopFleet::default(), 360).desired);
    assert_eq!(decisions(&text), [(0, 10), (60, 11), (360, 10)]);
    let sooner = with("scale_in_waits_for", "\"launching\"", &text);
    assert_eq!(decisions(&sooner)[..3], [(0, 10), (60, 11), (120, 10)]);
}

#[test]
fn cloud_aws_the_default_warm_up_is_the_default_cooldown() {
    // Question 16; API: EstimatedInstanceWarmup falls back to DefaultInstanceWarmup and then to the default cooldown.
    let text = aws_group(TEN, &[("step = [{ lower = 0, adjust = { change = 1 } }]", ">", 50.0)]);
    assert_eq!(aws_desired(&text, &constant(90.0), 300), 11, "the first one warms up until 360");
    assert_eq!(aws_desired(&text, &constant(90.0), 360), 12);
    assert_eq!(aws_desired(&with("default_warmup", "\"none\"", &text), &constant(90.0), 300), 15);
    let own = format!("default_instance_warmup = \"120s\"\n{text}");
    assert_eq!(aws_desired(&own, &constant(90.0), 180), 12, "the group's own comes first");
}

#[test]
fn cloud_aws_invocations_at_a_bound_do_nothing() {
    // Question 17: re-invoked each minute while at the maximum. Question 18: no activity, so no cooldown.
    let capped = "min = 1\nmax = 10\ndesired = 10\n";
    let text = aws_group(capped, &[("adjust = { change = 1 }\ncooldown = \"300s\"", ">", 50.0)]);
    let refused = |text: &str| run_aws(&aws(text), &constant(90.0), OpenLoopFleet::default(), 300).activities.len();
    assert_eq!(refused(&text), 1);
    assert_eq!(refused(&with("idle_invocations", "\"each\"", &text)), 5);
    assert_eq!(refused(&with("idle_invocations", "\"never\"", &text)), 0);
    let raised = format!("{text}[[scheduled]]\nname = \"more\"\nat = \"100s\"\nmax = 20\n");
    let decided = |text: &str| {
        let replay = run_aws(&aws(text), &constant(90.0), OpenLoopFleet::default(), 400);
        replay.desired.iter().find(|(_, desired)| *desired == 11).map(|(at, _)| secs(*at))
    };
    assert_eq!(decided(&raised), Some(120));
    // Refused at 60 with a cooldown of 300 s all the same, which each further refusal at the bound would begin anew.
    assert_eq!(decided(&with("cooldown_without_activity", "true", &raised)), Some(360));
}

/// An ESS group with alarms that fire each minute from 60 s on.
fn ess_group(head: &str, rules: &[(&str, &str)]) -> String {
    let mut text = format!("{head}assumptions.alarm_delay = \"0s\"\n");
    for (name, rule) in rules {
        text += &format!(
            "[[rule]]\nname = \"{name}\"\n{rule}\n[[alarm]]\nname = \"alarm-{name}\"\nmetric = \"CpuUtilization\"\n\
             comparison = \">\"\nthreshold = 50\nperiod = \"60s\"\ntimes = 1\naction = \"{name}\"\n"
        );
    }
    text
}

fn ess_capacity(text: &str, metrics: &dyn MetricSource, until: u64) -> u32 {
    run_ess(&ess(text), metrics, OpenLoopFleet::default(), until).in_service.last().expect("one").1
}

fn began(replay: &Replay) -> Vec<(u64, u32, u32)> {
    activities(replay).iter().map(|&(start, _, from, to)| (start, from, to)).collect()
}

#[test]
fn cloud_ess_metrics_of_the_agent_are_evaluated_sooner() {
    // A4: 60 s for basic metrics, 15 s for those of the agent.
    for (metric, keys, fires) in [
        ("CpuUtilization", "", 120),
        ("CpuUtilizationAgent", "", 75),
        ("MemoryUtilization", "", 75),
        ("CpuUtilizationAgent", "assumptions.alarm_delay_agent = \"40s\"\n", 100),
    ] {
        let text = ess_group("min = 1\nmax = 50\ndesired = 5\n", &[("r", "adjust = { change = 1 }")])
            .replace("assumptions.alarm_delay = \"0s\"\n", keys)
            .replace("\"CpuUtilization\"", &format!("\"{metric}\""));
        let replay = run_ess(&ess(&text), &constant(90.0), slow_fleet(), 130);
        assert_eq!(activities(&replay)[0].0, fires, "{metric} {keys}");
    }
}

#[test]
fn cloud_a_period_without_data_breaks_a_streak_or_is_left_out() {
    // A6, for ESS and Tencent: the second of the minutes is missing.
    let metrics = At(|from| (from != 60).then_some(90.0));
    let text = ess_group("min = 1\nmax = 50\ndesired = 5\n", &[("r", "adjust = { change = 1 }")])
        .replace("times = 1", "times = 3");
    let first = |text: &str| began(&run_ess(&ess(text), &metrics, slow_fleet(), 300)).first().copied();
    assert_eq!(first(&text), Some((300, 5, 6)));
    assert_eq!(first(&with("missing_data", "\"skipped\"", &text)), Some((240, 5, 6)));
    let text =
        tencent_group("min = 1\nmax = 50\ndesired = 5\n", "adjust = { change = 1 }").replace("times = 1", "times = 3");
    let first = |text: &str| began(&run_tencent(&tencent(text), &metrics, slow_fleet(), 300)).first().copied();
    assert_eq!(first(&text), Some((300, 5, 6)));
    assert_eq!(first(&with("missing_data", "\"skipped\"", &text)), Some((240, 5, 6)));
}

#[test]
fn cloud_ess_who_comes_first_is_a_switch() {
    // A13: alarms on one tick. A19: scheduled tasks of one minute; without the expected number the second tries again.
    let rules = [("one", "adjust = { change = 1 }"), ("two", "adjust = { change = 2 }")];
    let text = ess_group("min = 1\nmax = 50\ndesired = 5\n", &rules);
    let first = |text: &str| began(&run_ess(&ess(text), &constant(90.0), slow_fleet(), 60));
    assert_eq!(first(&text), [(60, 5, 6)]);
    assert_eq!(first(&with("simultaneous_alarms", "\"last-created\"", &text)), [(60, 5, 7)]);
    let tasks = "min = 1\nmax = 50\ndesired = 5\nexpected_capacity = false\n[[rule]]\nname = \"one\"\nadjust = { change = 1 }\n\
                 [[rule]]\nname = \"two\"\nadjust = { change = 2 }\n[[scheduled]]\nname = \"a\"\nat = \"90s\"\nrule = \"one\"\n\
                 [[scheduled]]\nname = \"b\"\nat = \"90s\"\nrule = \"two\"\n";
    let order = |text: &str| began(&run_ess(&ess(text), &constant(10.0), slow_fleet(), 600));
    assert_eq!(order(tasks), [(90, 5, 6), (210, 6, 8)]);
    assert_eq!(order(&with("simultaneous_tasks", "\"last-created\"", tasks)), [(90, 5, 7), (210, 7, 8)]);
}

#[test]
fn cloud_ess_a_cms_rule_may_execute_at_each_period() {
    // A12: SilenceTime is defined for notifications.
    let text = ess_group("min = 1\nmax = 50\ndesired = 5\n", &[("r", "adjust = { change = 2 }\ncooldown = \"0s\"")])
        .replace("times = 1\n", "times = 2\nkind = \"cms-rule\"\n");
    let metrics = Each(|instance| if instance == 3 { 90.0 } else { 5.0 });
    let starts = |text: &str| {
        let replay = run_ess(&ess(text), &metrics, OpenLoopFleet::default(), 250);
        activities(&replay).iter().map(|a| a.0).collect::<Vec<_>>()
    };
    assert_eq!(starts(&text), [120]);
    assert_eq!(starts(&with("cms_repeat", "\"period\"", &text)), [120, 180, 240]);
}

#[test]
fn cloud_ess_what_a_percentage_is_of() {
    // A8: pending instances are part of the Total Capacity. Five are under way when a fifth is asked for.
    let text = "min = 1\nmax = 50\ndesired = 10\n[[rule]]\nname = \"five\"\nadjust = { change = 5 }\n\
                [[rule]]\nname = \"fifth\"\nadjust = { percent = 20 }\n[[scheduled]]\nname = \"a\"\nat = \"30s\"\nrule = \"five\"\n\
                [[scheduled]]\nname = \"b\"\nat = \"90s\"\nrule = \"fifth\"\n";
    let desired = |text: &str| run_ess(&ess(text), &constant(10.0), slow_fleet(), 95).desired.last().expect("one").1;
    // Stable are 10: 10 + 20 % of 15, or of 10.
    assert_eq!(desired(text), 13);
    assert_eq!(desired(&with("percent_base", "\"in-service\"", text)), 12);
}

#[test]
fn cloud_ess_checks_wait_for_an_alarms_activity() {
    // A14: an alarm's activity (60 to 180) runs beside nothing; an instance lost at 70 is made up for afterwards.
    let text = ess_group("min = 1\nmax = 50\ndesired = 5\n", &[("r", "adjust = { change = 1 }\ncooldown = \"3000s\"")]);
    let replaced = |text: &str| {
        let mut controller = ess_controller(&ess(text));
        let incidents = [(at(70), lost(0))];
        let replay = replay_with_incidents(&mut *controller, &constant(90.0), 5, slow_fleet(), at(300), &incidents);
        began(&replay)
    };
    assert_eq!(replaced(&text), [(60, 5, 6), (180, 5, 6)]);
    assert_eq!(replaced(&with("checks_wait_for_alarms", "false", &text)), [(60, 5, 6), (120, 5, 6)]);
}

#[test]
fn cloud_ess_from_when_on_instances_warm_up() {
    // A15: 66 % on ten with a target of 50 %: ceil(13.2) = 14. The four launch from 180 to 300 and warm up for 300 s: only
    // then do they count, ceil(14 * 66 / 50) = 19.
    let text = "min = 1\nmax = 50\ndesired = 10\nassumptions.alarm_delay = \"0s\"\n[[rule]]\nname = \"tt\"\n\
                target = { metric = \"CpuUtilization\", value = 50 }\n";
    let starts = |text: &str| began(&run_ess(&ess(text), &constant(66.0), slow_fleet(), 610));
    assert_eq!(starts(text), [(180, 10, 14), (600, 14, 19)]);
    assert_eq!(starts(&with("warmup_from", "\"activity-start\"", text)), [(180, 10, 14), (480, 14, 19)]);
}

/// A Tencent group of which the one policy's alarm fires each minute from 60 s on.
fn tencent_group(head: &str, policy: &str) -> String {
    format!(
        "{head}assumptions.alarm_delay = \"0s\"\n[[policy]]\nname = \"p\"\n{policy}\n\
         alarm = {{ metric = \"CPU_UTILIZATION\", comparison = \"GREATER_THAN\", threshold = 50, period = \"60s\", times = 1 }}\n"
    )
}

#[test]
fn cloud_tencent_when_the_cooldown_begins_and_for_whom() {
    // A16: 100 s from the end of the activity (60 to 180) reach to 280; from its start only to 160.
    let text = tencent_group("min = 1\nmax = 50\ndesired = 5\n", "adjust = { change = 1 }\ncooldown = \"100s\"");
    let starts = |text: &str| began(&run_tencent(&tencent(text), &constant(90.0), slow_fleet(), 300));
    assert_eq!(starts(&text), [(60, 5, 6), (300, 6, 7)]);
    assert_eq!(starts(&with("cooldown_starts", "\"activity-start\"", &text)), [(60, 5, 6), (180, 6, 7), (300, 7, 8)]);
    // Target tracking: none, or the group's.
    let text = "min = 1\nmax = 50\ndesired = 10\ndefault_cooldown = \"600s\"\nassumptions.alarm_delay = \"0s\"\n[[policy]]\n\
                name = \"tt\"\nwarmup = \"0s\"\ntarget = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }\n";
    let starts = |text: &str| began(&run_tencent(&tencent(text), &constant(66.0), OpenLoopFleet::default(), 240));
    assert_eq!(starts(text), [(180, 10, 14), (240, 14, 19)]);
    assert_eq!(starts(&with("cooldown_of_target_tracking", "true", text)), [(180, 10, 14)]);
}

#[test]
fn cloud_tencent_beyond_the_bounds() {
    // A17: clamped; only manual calls are documented to fail.
    let text = tencent_group("min = 1\nmax = 6\ndesired = 5\n", "adjust = { change = 3 }");
    let capacity = |text: &str| {
        run_tencent(&tencent(text), &constant(90.0), OpenLoopFleet::default(), 60).desired.last().expect("one").1
    };
    assert_eq!(capacity(&text), 6);
    assert_eq!(capacity(&with("beyond_bounds", "\"refuse\"", &text)), 5);
}
