//! The reaction budget against timelines worked out by hand: what each part is, to the second where nothing is drawn.

mod support;

use support::{run, scenario};
use windtunnel_sim::outcome::reaction::{Began, Phase, Reaction};
use windtunnel_traces::SimDuration;

/// A step at 600 s to more than one instance should carry, and a boot of 30 s + 60 s + 20 s.
fn ess(peak: &str, cooldown: &str) -> String {
    format!(
        r#"
horizon = "40m"
trace = {{ shape = "step", base = "1rps", peak = "{peak}", at = "600s", lasts = "1h" }}
service = {{ cpu = "10ms", timeout = "1s" }}
instance = {{ cores = 1, discipline = "fcfs" }}
balancer = {{ attach = "20s" }}
fleet = {{ created_after = "start" }}
boot = [{{ stage = "provision", time = "30s" }}, {{ stage = "start", time = "60s" }}]
[ess]
min = 1
max = 3
[[ess.rule]]
name = "out"
adjust = {{ change = 1 }}
cooldown = "{cooldown}"
[[ess.alarm]]
name = "high"
metric = "CpuUtilization"
statistic = "average"
comparison = ">"
threshold = 70
period = "60s"
times = 3
action = "out"
"#
    )
}

fn whole_seconds(reaction: &Reaction) -> Vec<(Phase, &str, u64)> {
    let part = |part: &windtunnel_sim::outcome::reaction::Part| part.lasts.as_secs();
    reaction.parts.iter().map(|it| (it.phase, it.stage.as_str(), part(it))).collect()
}

/// The periods 600-660, 660-720 and 720-780 breach: 180 s. The alarm looks at a period 60 s after it ended
/// (`ess.assumptions.alarm_delay`), at 840 s. Nothing is in the way; the boot takes 30 s and 60 s, attaching 20 s, until
/// 950 s. Requests come 90 times a second, every second one of them here: one within the second.
#[test]
fn an_alarm_of_three_periods_takes_its_time() {
    let outcome = run(&scenario(&ess("90rps", "300s")), 1);
    let reaction = &outcome.reactions.get(0).expect("a scale-out");
    assert_eq!(reaction.began, Began::Breach);
    assert_eq!((reaction.start.as_secs_f64(), reaction.decided.as_secs_f64()), (600.0, 840.0));
    assert_eq!(
        whole_seconds(reaction),
        [
            (Phase::Evaluation, "alarm periods", 180),
            (Phase::MetricDelay, "metric delay", 60),
            (Phase::Wait, "lock, cooldown or maximum", 0),
            (Phase::Provisioning, "launch", 0),
            (Phase::Boot, "provision", 30),
            (Phase::Boot, "start", 60),
            (Phase::Attach, "attach", 20),
            (Phase::HealthCheck, "health check", 0),
            (Phase::FirstRequest, "first request", 0),
        ]
    );
    assert_eq!(reaction.total.map(SimDuration::as_secs), Some(350));
    assert_eq!((reaction.policy.as_deref(), reaction.alarm.as_deref()), (Some("out"), Some("high")));
}

/// At 250 requests a second two instances are too few: the alarm goes on. The activity ends at 950 s and its cooldown of
/// 300 s at 1250 s; the task looks every 60 s, at 1260 s again. It was refused at 900 s (an activity in progress) and at
/// 960, 1020, 1080, 1140, 1200 s (cooldown). What is counted from is the first request on the second instance, within the
/// second after 950 s: so the wait is 309 s and a part of a second: for the
/// activity until 960 s, then for the cooldown.
#[test]
fn more_of_the_same_breach_waits_for_the_cooldown() {
    let outcome = run(&scenario(&ess("250rps", "300s")), 1);
    assert_eq!(outcome.reactions.len(), 2, "two are added, then the maximum is reached");
    let reaction = &outcome.reactions.get(1).expect("a scale-out");
    assert_eq!((reaction.began, reaction.refusals), (Began::EarlierCapacity, 6));
    assert_eq!(Some(reaction.start), outcome.reactions.get(0).and_then(|first| first.first_request));
    assert_eq!(reaction.decided.as_secs_f64(), 1260.0);
    let parts = whole_seconds(reaction);
    assert_eq!(parts[..2].iter().map(|part| part.2).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(parts[2..4], [(Phase::Wait, "activity in progress", 9), (Phase::Wait, "cooldown", 300)]);
    assert_eq!(parts[5..8].iter().map(|part| part.2).collect::<Vec<_>>(), [30, 60, 20]);
    let of = |name: &str| outcome.metrics.get(name).expect("two reactions");
    // Of two the lower one is the median.
    assert_eq!((of("reaction_median_seconds") as u64, of("reaction_worst_seconds") as u64), (350, 419));
    assert_eq!((of("reaction_evaluation_seconds"), of("reaction_boot_seconds")), (180.0, 90.0));
}

/// Basic monitoring: a sample every 300 s, at the full five minutes; the alarm looks every minute, at windows of 300 s that
/// end there. The samples of 600-900 s, 900-1200 s and 1200-1500 s breach. The first evaluation from 1500 s on sees all
/// three: what it looked at is 900 s long whatever its windows are, and the rest is delay.
#[test]
fn windows_that_lie_across_samples_do_not_lengthen_them() {
    let text = r#"
horizon = "40m"
trace = { shape = "step", base = "1rps", peak = "90rps", at = "600s", lasts = "1h" }
service = { cpu = "10ms", timeout = "1s" }
instance = { cores = 1, discipline = "fcfs" }
sensors = { every = "300s", delay = "60s" }
[aws]
min = 1
max = 2
assumptions = { alarm_phase = "20s", reconcile_lag = ["5s"], publication_delay_ec2_basic = "0s" }
[[aws.policy]]
name = "out"
adjust = { change = 1 }
[[aws.alarm]]
name = "high"
metric = "CPUUtilization"
statistic = "average"
comparison = ">"
threshold = 70
period = "300s"
times = 3
action = "out"
"#;
    let outcome = run(&scenario(text), 1);
    let reaction = &outcome.reactions.get(0).expect("a scale-out");
    assert_eq!(reaction.start.as_secs_f64(), 600.0);
    // Published at 1560 s; the alarm looks at 20 s past the minute.
    assert_eq!(reaction.decided.as_secs_f64(), 1580.0);
    assert_eq!(whole_seconds(reaction)[..4].iter().map(|part| part.2).collect::<Vec<_>>(), [900, 80, 0, 5]);
}

/// The activity log has the evaluation behind every entry: the three periods before 780 s at 840 s, one more each minute.
#[test]
fn activities_are_joined_to_the_evaluations_that_caused_them() {
    let outcome = run(&scenario(&ess("250rps", "300s")), 1);
    let entries: Vec<_> = outcome.activities.iter().filter(|entry| entry.alarm.is_some()).collect();
    assert!(entries.len() > 7, "two scale-outs, six refusals between them, and refusals at the maximum");
    for entry in &entries {
        let window = (entry.alarm_from_seconds.unwrap(), entry.alarm_to_seconds.unwrap());
        assert_eq!(window, (entry.at_seconds - 240.0, entry.at_seconds - 60.0), "{entry:?}");
        assert_eq!((entry.alarm_comparison.as_deref(), entry.alarm_threshold), (Some(">"), Some(70.0)));
        assert!(entry.alarm_values.len() == 3 && entry.alarm_values.iter().all(|value| *value > 70.0));
    }
    let refused = |message: &str| entries.iter().filter(|entry| entry.explanation == message).count();
    // The messages of DescribeScalingActivities, word for word.
    assert_eq!(refused("You cannot launch a new scaling activity during the cooldown period."), 5);
    assert!(refused("To execute the specified scaling rule, the total capacity will not change.") > 0);
    let statuses = |accepted: bool| {
        let statuses = entries.iter().filter(move |entry| entry.accepted == accepted);
        statuses.map(|entry| entry.status.as_str()).collect::<Vec<_>>()
    };
    assert!(statuses(true).iter().all(|status| *status == "Successful"));
    assert!(statuses(false).iter().all(|status| *status == "Rejected"));
}

/// A launch that fails and is replaced is lost time before the launch that served.
#[test]
fn a_failed_boot_counts_as_provisioning() {
    let text = ess("90rps", "300s").replace("time = \"30s\"", "time = \"30s\", fails = 0.5");
    let scenario = scenario(&text);
    let failures = |seed: u64| {
        let outcome = run(&scenario, seed);
        let failed = outcome.instances.iter().filter(|life| life.ended_by.as_deref() == Some("boot-failed")).count();
        let reaction = outcome.reactions.get(0).expect("a scale-out");
        assert_eq!(reaction.phase(Phase::Provisioning).as_secs(), 30 * failed as u64, "seed {seed}");
        assert_eq!(reaction.phase(Phase::Boot).as_secs(), 90);
        failed
    };
    // Half of all boots fail: under ten seeds some do, but for one case in a thousand.
    assert!((1..=10).map(failures).sum::<usize>() > 0);
}

#[test]
fn without_a_breach_there_is_no_figure() {
    let outcome = run(&scenario(&ess("2rps", "300s")), 1);
    assert!(outcome.reactions.is_empty());
    assert_eq!(outcome.metrics.get("reaction_median_seconds"), None);
    let json = serde_json::to_value(&outcome.metrics).expect("figures are JSON");
    assert!(json["reaction_median_seconds"].is_null() && json["scale_outs"] == 0.0);
}

/// A step on one pod that fills its node. The usage of a pod is a point every 10 s; a scrape every 15 s takes the last one,
/// and metrics are the difference to the one taken before: 10 s or 20 s. So from the start of the window to the scrape it
/// is from 10 s to 30 s, and to the sync no more than its period of 15 s. The cluster autoscaler looks every 10 s, the node
/// boots for 40 s, the image takes 20 s to pull, the start 7 s; the probe looks every 10 s since the pod was scheduled: 30 s
/// after that, so 3 s after the start.
#[test]
fn an_hpa_reacts_in_its_own_stages() {
    let text = r#"
horizon = "20m"
trace = { shape = "step", base = "5rps", peak = "90rps", at = "600s", lasts = "1h" }
service = { cpu = "10ms", timeout = "1s" }
instance = { cores = 1, memory = "4GiB" }
boot = [{ stage = "node", time = "40s" }]
cluster_autoscaler = { min = 1, max = 4 }
[pods]
cpu = { request = "1", limit = "1" }
memory = { request = "1GiB", limit = "1GiB" }
image_pull = "20s"
start = "7s"
endpoint_delay = "2s"
[hpa.controller]
sync_latency = "0s"
[hpa.spec]
minReplicas = 1
maxReplicas = 4
[[hpa.spec.metrics]]
type = "Resource"
resource = { name = "cpu", target = { type = "Utilization", averageUtilization = 50 } }
"#;
    for seed in 1..=5 {
        let outcome = run(&scenario(text), seed);
        let reaction = &outcome.reactions.get(0).expect("a scale-out");
        assert_eq!(reaction.began, Began::Breach);
        let stages: Vec<&str> = reaction.parts.iter().map(|part| part.stage.as_str()).collect();
        let named = [
            "metric window and scrape",
            "next sync",
            "stabilization or limit",
            "cluster autoscaler",
            "node boot",
            "image pull",
            "start",
            "readiness",
            "endpoints",
            "first request",
        ];
        assert_eq!(stages, named);
        let seconds: Vec<f64> = reaction.parts.iter().map(|part| part.lasts.as_secs_f64()).collect();
        assert!((10.0..30.0).contains(&seconds[0]), "seed {seed}: {} s", seconds[0]);
        assert!((0.0..=15.0).contains(&seconds[1]), "seed {seed}: {} s", seconds[1]);
        assert_eq!(seconds[2], 0.0, "seed {seed}: there is no window for scaling up");
        assert!((0.0..=10.0).contains(&seconds[3]), "seed {seed}: {} s", seconds[3]);
        assert_eq!(seconds[4..9], [40.0, 20.0, 7.0, 3.0, 2.0], "seed {seed}");
        assert!(seconds[9] < 1.0, "seed {seed}: a request comes within the second");
        let rescale =
            outcome.activities.iter().find(|entry| entry.status == "SuccessfulRescale").expect("it scaled out");
        // Step by step, as `backtest --explain` shows it.
        for step in ["sync at ", "tolerance: ", "metric 0: ", "recommendation: ", "window: ", "limits: ", "conditions:"]
        {
            assert!(rescale.explanation.contains(step), "{step} is missing in {}", rescale.explanation);
        }
        assert!(rescale.explanation.contains("decision: scale from 1 to "));
    }
}
