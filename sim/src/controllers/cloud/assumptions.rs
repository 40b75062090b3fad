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
        "ess.assumptions.alarm_delay_agent",
        "\"15s\"",
        "The same for metrics of the agent (CpuUtilizationAgent, MemoryUtilization, TcpConnection).",
        "DOC-CMS: the agent samples every 15 s; the lag of the evaluation is undocumented",
    ),
    a(
        "ess.assumptions.missing_data",
        "\"breaks-streak\"",
        "Does a period without data begin the count of breaching periods anew (\"breaks-streak\"), or is it left out (\"skipped\")?",
        "undocumented; the state INSUFFICIENT_DATA exists",
    ),
    a(
        "ess.assumptions.simultaneous_alarms",
        "\"first-created\"",
        "Of several alarms on one tick, which executes its rule, while the others are rejected: the one created first, or last (\"last-created\")?",
        "the activities exclude each other (DOC-ESS); an order is undocumented",
    ),
    a(
        "ess.assumptions.cms_repeat",
        "\"silence\"",
        "When does a CloudMonitor rule that stays in ALARM execute its scaling rule again: with each notification, after the silence time (\"silence\"), or at each period (\"period\")?",
        "SilenceTime is defined for notifications; whether it gates scaling rules is undocumented",
    ),
    a(
        "ess.assumptions.percent_rounding",
        "\"nearest\"",
        "How are ties of a percentage rounded? \"nearest\" rounds half away from zero, \"toward-zero-at-least-one\" cuts off.",
        "CreateScalingRule: rounded to the nearest integer; ties are undocumented",
    ),
    a(
        "ess.assumptions.percent_base",
        "\"total\"",
        "What is a percentage of: everything in the group, pending instances included (\"total\"), or instances in service (\"in-service\")?",
        "CreateScalingRule: \"Total Capacity\"; stopped instances are not counted",
    ),
    a(
        "ess.assumptions.step_at_threshold",
        "\"operator\"",
        "Into which step does a value fall that equals the threshold: on the side that the alarm's operator looks at (\"operator\"), \"above\" or \"below\"?",
        "undocumented; as AWS",
    ),
    a(
        "ess.assumptions.check_interval",
        "\"60s\"",
        "How often are desired, minimum and maximum capacity checked?",
        "undocumented (\"regularly\")",
    ),
    a(
        "ess.assumptions.checks_wait_for_alarms",
        "true",
        "Do the checks of capacity and health wait with their replacements while an alarm's activity runs?",
        "146231: alarm activities run beside nothing; the checks are of the parallel class",
    ),
    a(
        "ess.assumptions.target_tracking_scale_in_ratio",
        "0.8",
        "At which share of the target does a target tracking rule scale in?",
        "official DescribeAlarms sample: AlarmLow < 56 for target 70; Tencent documents 80 %",
    ),
    a(
        "ess.assumptions.warmup_from",
        "\"in-service\"",
        "From when on does an instance warm up: from its coming into service, or from the start of the activity (\"activity-start\")?",
        "documents say \"after the instance is created\" and \"joins\"",
    ),
    a(
        "ess.assumptions.warming_instances_report",
        "false",
        "Do instances that warm up for step and target tracking rules report to CloudMonitor? The longest warm-up of the group's rules counts.",
        "CreateScalingRule: they do not; it is unclear for which types of rules",
    ),
    a(
        "ess.assumptions.trigger_lock",
        "\"60s\"",
        "How long after executing a rule does an alarm task not execute one again?",
        "DOC-ESS, System monitoring alarm tasks, 2019-04: one minute by default",
    ),
    a(
        "ess.assumptions.simultaneous_tasks",
        "\"first-created\"",
        "Of several scheduled tasks of one minute, which is executed first: the one created first, or last (\"last-created\")?",
        "API: earliest first, the others try again; an older text: the newest-created runs",
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
        "ess.assumptions.billed_until",
        "\"release\"",
        "Until when is an instance paid for that is removed: its release, or the decision (\"decision\")?",
        "DOC-ECS: \"to release\"; the waits of a scale-in lie before it",
    ),
    a(
        "ess.assumptions.hooks_wait_together",
        "true",
        "Do several lifecycle hooks of one transition wait together, or one after the other?",
        "CreateLifecycleHook: the hooks pause the activity for an epoch; an order is not mentioned",
    ),
    a(
        "ess.assumptions.beyond_activity_limit",
        "\"clamp\"",
        "Does a change of more than the 1000 instances that one activity may have do what it may (\"clamp\"), or nothing (\"refuse\")?",
        "CreateScalingRule documents the limit, not what happens beyond it",
    ),
    a(
        "ess.assumptions.bounds_move_expected_number",
        "false",
        "Does a scheduled task whose minimum and maximum do not hold the expected number move that number (true), or is it refused (false)?",
        "146231: such a change is refused unless the expected number is changed too; that this holds for scheduled tasks is inferred",
    ),
    a(
        "aws.assumptions.evaluation_range_extra",
        "2",
        "By how many datapoints is the evaluation range longer than EvaluationPeriods?",
        "documented example 3 → 5; public alarm histories 1 → 3 and 8 → 10",
    ),
    a(
        "aws.assumptions.premature_within",
        "\"range\"",
        "Where must a breach have lain unanswered for M slots to raise the alarm although fewer than M datapoints breach: in the evaluation \"range\", or in its newest N slots (\"periods\")?",
        "the documents say both",
    ),
    a(
        "aws.assumptions.premature_state",
        "\"keep\"",
        "The state while all there is breaches and it is too early for that: the one before (\"keep\"), \"insufficient-data\" or \"ok\"?",
        "documented as \"not ALARM\" only",
    ),
    a(
        "aws.assumptions.premature_ignored",
        "\"keep\"",
        "The state in the same place where missing data is ignored: the one before (\"keep\"), or \"alarm\"?",
        "the table of the documents says \"retain\"; its prose makes no exception",
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
        "aws.assumptions.publication_delay_ec2",
        "{ uniform = { min = \"60s\", max = \"150s\" } }",
        "How long after a minute can EC2's metrics of it be read, with detailed monitoring? On top of sensors.delay.",
        "undocumented; users report 2 to 3 minutes beyond the alarm's periods",
    ),
    a(
        "aws.assumptions.publication_delay_ec2_basic",
        "{ uniform = { min = \"60s\", max = \"300s\" } }",
        "The same with basic monitoring (sensors.every = \"300s\").",
        "undocumented; users report 15 minutes and more to a scale-out",
    ),
    a(
        "aws.assumptions.publication_delay_alb",
        "{ uniform = { min = \"60s\", max = \"180s\" } }",
        "The same for metrics of the load balancer.",
        "a public alarm on 5xx counts went off 3 to 4 minutes after its minute began",
    ),
    a(
        "aws.assumptions.publication_delay_custom",
        "{ uniform = { min = \"0s\", max = \"15s\" } }",
        "The same for custom metrics.",
        "a public alarm used the minute that had ended 11 s before",
    ),
    a(
        "aws.assumptions.metric_aggregation_points",
        "\"evaluated\"",
        "Which datapoints does a step policy's MetricAggregationType aggregate: those the alarm evaluated (\"evaluated\"), or the newest alone (\"latest\")?",
        "documented as \"the most recent metric data points\"",
    ),
    a(
        "aws.assumptions.step_at_threshold",
        "\"operator\"",
        "Into which step does a value fall that equals the threshold: on the side that the alarm's operator looks at (\"operator\"), \"above\" or \"below\"?",
        "the documents give both: [lower, upper) above the threshold, (lower, upper] below",
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
        "aws.assumptions.target_tracking_at_threshold",
        "\"holds\"",
        "Does a value that equals the threshold breach the managed alarms: not (\"holds\": > and <), or does it (\"breaches\": >= and <=)?",
        "a public payload: GreaterThanThreshold and LessThanThreshold",
    ),
    a(
        "aws.assumptions.simple_scaling_base",
        "\"current\"",
        "What does a simple policy start from: the instances in service (\"current\"), or the desired capacity (\"desired\")?",
        "\"current capacity\"; the two are the same once the group is idle",
    ),
    a(
        "aws.assumptions.scale_in_waits_for",
        "\"warming\"",
        "What does a scale-in by step or target tracking wait for: instances that launch or warm up (\"warming\"), or only those that launch (\"launching\")?",
        "documented for instances that warm up; of which policy is not said",
    ),
    a(
        "aws.assumptions.default_warmup",
        "\"default-cooldown\"",
        "The warm-up where neither policy nor group sets one: the default cooldown, or \"none\"?",
        "API: EstimatedInstanceWarmup defaults to DefaultInstanceWarmup, else to the default cooldown; the guide: \"might be applied\"",
    ),
    a(
        "aws.assumptions.idle_invocations",
        "\"once\"",
        "How often is an invocation written down that does nothing: \"once\" for each reason while the alarm stays in its state, \"each\" time, or \"never\"?",
        "AWS logs no activity; the entry is ours",
    ),
    a(
        "aws.assumptions.cooldown_without_activity",
        "false",
        "Does a simple policy that changes nothing, at a bound, start its cooldown?",
        "undocumented; the cooldown begins when the last instance has launched or terminated",
    ),
    a(
        "aws.assumptions.reconcile_lag",
        "[\"5s\", \"6s\", \"6s\", \"8s\", \"10s\", \"21s\", \"22s\"]",
        "How long after a change of desired capacity does the group act on it? Drawn from the list, by the seed.",
        "seven public activity records",
    ),
    a(
        "aws.assumptions.launch_backoff",
        "\"30s\"",
        "How long does the group wait after an activity that could launch nothing? Twice as long after each further one.",
        "undocumented; groups are known to back off",
    ),
    a("aws.assumptions.launch_backoff_most", "\"600s\"", "The longest of these waits.", "undocumented"),
    a(
        "aws.assumptions.suspends_launches_after",
        "\"24h\"",
        "After how long without a launch that succeeded does AWS suspend launches (\"administrative suspension\")?",
        "guide, suspended processes: \"for over 24 hours\"",
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
        "tencent.assumptions.missing_data",
        "\"breaks-streak\"",
        "Does a period without data begin the count of breaching periods anew (\"breaks-streak\"), or is it left out (\"skipped\")?",
        "undocumented",
    ),
    a(
        "tencent.assumptions.cooldown_starts",
        "\"activity-end\"",
        "When does the cooldown begin: with the end of the activity, or with its start (\"activity-start\")?",
        "undocumented",
    ),
    a(
        "tencent.assumptions.cooldown_of_target_tracking",
        "false",
        "Does target tracking wait for the cooldown, and start the group's default one?",
        "CreateScalingPolicy: Cooldown is of simple policies",
    ),
    a(
        "tencent.assumptions.beyond_bounds",
        "\"clamp\"",
        "What becomes of a policy that asks for more than the maximum or less than the minimum: the part that fits (\"clamp\"), or nothing (\"refuse\")?",
        "documented as an error for manual calls only",
    ),
    a(
        "tencent.assumptions.warming_instances_report",
        "false",
        "Do instances that warm up for target tracking report? The longest warm-up of the group's policies counts.",
        "CreateScalingPolicy, EstimatedInstanceWarmup",
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
        "undocumented; \"nearest\" and \"toward-zero-at-least-one\" are the alternatives",
    ),
    a(
        "tencent.assumptions.target_tracking_value",
        "\"latest\"",
        "Which value does target tracking scale by: the newest datapoint, or the mean of the evaluated ones (\"average\")?",
        "undocumented",
    ),
];
