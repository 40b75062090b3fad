//! Every choice that no vendor documents: one named key each, under `[ess.assumptions]`, `[aws.assumptions]` and
//! `[tencent.assumptions]`.

/// One undocumented choice.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The key, from the root of the scenario.
    pub key: &'static str,
    /// The default, as it is written in TOML.
    pub default: &'static str,
    /// What is not documented.
    pub question: &'static str,
    /// What the default rests on.
    pub source: &'static str,
}

const fn a(key: &'static str, default: &'static str, question: &'static str, source: &'static str) -> Assumption {
    Assumption { key, default, question, source }
}

/// The table: `show --assumptions` prints it, `docs/assumptions.md` is generated from it.
pub const ASSUMPTIONS: &[Assumption] = &[
    a(
        "ess.assumptions.cooldown_started_by",
        "\"alarm\"",
        "Which activities start the cooldown: those of event-triggered tasks (\"alarm\"), or any (\"any\")?",
        "help.aliyun.com 25912 of 2026-01 says event-triggered tasks; the API text and documents up to 2021 say any activity",
    ),
    a(
        "ess.assumptions.cooldown_after_step_and_target_tracking",
        "false",
        "Does an activity of a step or target tracking rule start the group's default cooldown?",
        "Cooldown is documented for simple rules only (ModifyScalingGroup.DefaultCooldown)",
    ),
    a(
        "ess.assumptions.alarm_repeat",
        "\"level\"",
        "Does an alarm that stays in ALARM execute its rule at every period (\"level\"), once (\"edge\"), or only after counting its periods anew (\"reset\")?",
        "DOC-ESS FAQ 2020-11: executed again after the running activity; target tracking: alerts are continuously reported",
    ),
    a(
        "ess.assumptions.alarm_delay",
        "\"60s\"",
        "How long after the end of a period is the period evaluated?",
        "undocumented; basic metrics come once a minute (DOC-CMS), agent metrics every 15 s",
    ),
    a(
        "ess.assumptions.percent_rounding",
        "\"nearest\"",
        "How are ties of a percentage rounded? \"nearest\" rounds half away from zero, \"toward-zero\" cuts off.",
        "CreateScalingRule: rounded to the nearest integer; ties are undocumented",
    ),
    a(
        "ess.assumptions.check_interval",
        "\"60s\"",
        "How often are desired, minimum and maximum capacity checked?",
        "undocumented (\"regularly\")",
    ),
    a(
        "ess.assumptions.target_tracking_scale_in_ratio",
        "0.8",
        "At which share of the target does a target tracking rule scale in?",
        "official DescribeAlarms sample: AlarmLow < 56 for target 70; Tencent documents 80 %",
    ),
    a(
        "ess.assumptions.trigger_lock",
        "\"60s\"",
        "How long after executing a rule does an alarm task not execute one again?",
        "DOC-ESS, System monitoring alarm tasks, 2019-04: one minute by default",
    ),
    a(
        "ess.assumptions.load_balancer_health_grace",
        "\"300s\"",
        "For how long after it came into service is an instance not judged by the load balancer's health checks?",
        "undocumented; without any, an instance that boots longer than the checks take would be replaced for ever",
    ),
    a(
        "ess.assumptions.predictive_keeps_min",
        "true",
        "Does a forecast below the group's own minimum leave that minimum in force?",
        "undocumented; predictive rules change minimum and maximum by hourly tasks",
    ),
    a(
        "ess.assumptions.hooks_wait_together",
        "true",
        "Do several lifecycle hooks of one transition wait together, or one after the other?",
        "CreateLifecycleHook: the hooks pause the activity for an epoch; an order is not mentioned",
    ),
    a(
        "aws.assumptions.evaluation_range_extra",
        "2",
        "By how many datapoints is the evaluation range longer than EvaluationPeriods?",
        "documented example 3 → 5; public alarm histories 1 → 3 and 8 → 10",
    ),
    a(
        "aws.assumptions.alarm_phase",
        "none",
        "At which second of the minute is an alarm evaluated? Without a value, drawn per alarm from the seed.",
        "public alarm histories show a fixed sub-minute offset per alarm",
    ),
    a(
        "aws.assumptions.evaluation_lag",
        "\"0s\"",
        "How far behind the present does an alarm's newest window end?",
        "public alarm histories: none for EC2 and custom metrics",
    ),
    a(
        "aws.assumptions.evaluation_lag_alb",
        "\"180s\"",
        "The same for metrics of the load balancer (RequestCount, RequestCountPerTarget, TargetResponseTime, HealthyHostCount).",
        "one public alarm history of 2020 (AWS/ApplicationELB RequestCount)",
    ),
    a(
        "aws.assumptions.metric_aggregation_points",
        "\"evaluated\"",
        "Which datapoints does a step policy's MetricAggregationType aggregate: those the alarm evaluated (\"evaluated\"), or the newest alone (\"latest\")?",
        "documented as \"the most recent metric data points\"",
    ),
    a(
        "aws.assumptions.target_tracking_value",
        "\"latest\"",
        "Which value does target tracking scale by: the newest datapoint (\"latest\"), or the mean of the evaluated ones (\"average\")?",
        "undocumented; ceil(capacity × metric / target) reproduces every documented number",
    ),
    a(
        "aws.assumptions.target_tracking_scale_in_ratio",
        "0.9",
        "At which share of the target does the low alarm of target tracking lie?",
        "two public reports: 70 → 63; one of 0.7 exists; documents say \"usually more than 10 % lower\"",
    ),
    a(
        "aws.assumptions.reconcile_lag",
        "[\"5s\", \"6s\", \"6s\", \"8s\", \"10s\", \"21s\", \"22s\"]",
        "How long after a change of desired capacity does the group act on it? Drawn from the list, by the seed.",
        "seven public activity records",
    ),
    a(
        "aws.assumptions.health_check_interval",
        "\"30s\"",
        "How often does the group look for lost instances?",
        "undocumented",
    ),
    a(
        "aws.assumptions.rebalance_interval",
        "\"60s\"",
        "How often does the group look whether its zones are balanced?",
        "undocumented",
    ),
    a(
        "aws.assumptions.low_sample_datapoints",
        "\"any\"",
        "Which of the evaluated percentiles keeps the alarm's state when it rests on too few samples and the alarm ignores such: any of them (\"any\"), or the newest alone (\"newest\")?",
        "documented for the alarm as a whole, not for N datapoints",
    ),
    a(
        "aws.assumptions.hooks_wait_together",
        "true",
        "Do several lifecycle hooks of one transition wait together, or one after the other?",
        "undocumented; each has its own heartbeat timeout",
    ),
    a(
        "tencent.assumptions.alarm_delay",
        "\"60s\"",
        "How long after the end of a period is the period evaluated?",
        "undocumented; one sample per instance and minute",
    ),
    a(
        "tencent.assumptions.concurrent_scale_out_by_alarm",
        "false",
        "With ConcurrentScaleOutForDesiredCapacity, may an alarm's scale-out run beside another too?",
        "the API speaks of matching the desired capacity; 377/8607 cancels alarms while an activity runs",
    ),
    a(
        "tencent.assumptions.alarm_repeat",
        "\"level\"",
        "Does an alarm that stays in ALARM invoke its policy at every period (\"level\"), once (\"edge\"), or only after counting anew (\"reset\")?",
        "tencentcloud.com 377/8607: a cancelled activity is not retried, but the next alarm fires while the condition holds",
    ),
    a(
        "tencent.assumptions.cooldown_blocks_scheduled",
        "true",
        "Does the cooldown cancel scheduled actions as well as alarms?",
        "tencentcloud.com 377/8607 of 2025-04 names both",
    ),
    a(
        "tencent.assumptions.check_interval",
        "\"60s\"",
        "How often is the desired capacity matched, when nothing else starts it?",
        "undocumented",
    ),
    a(
        "tencent.assumptions.percent_rounding",
        "\"nearest-at-least-one\"",
        "How is a percentage rounded?",
        "undocumented; \"nearest\", \"toward-zero-at-least-one\" are the alternatives",
    ),
    a(
        "tencent.assumptions.target_tracking_value",
        "\"latest\"",
        "Which value does target tracking scale by: the newest datapoint, or the mean of the evaluated ones (\"average\")?",
        "undocumented",
    ),
];
