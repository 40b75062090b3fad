//! `vectors/ess/constraints.json`, key by key: each is held by a test that reads its value from the file, or by another one
//! that is named, or is listed with the reason for which it says nothing about a simulation.

mod quotas;
mod ranges;
mod words;

use serde_json::Value;
use windtunnel_sim::controllers::cloud::{Problem, Severity};

use self::ranges::RANGES;
use self::words::WORDS;

fn file() -> Value {
    serde_json::from_str(include_str!("../vectors/ess/constraints.json")).expect("JSON")
}

const ESS_GROUP: &str = "min = 1\nmax = 10\n";
const ESS_RULE: &str = "min = 1\nmax = 10\n[[rule]]\nname = \"r\"\n";
const ESS_ALARM: &str = "min = 1\nmax = 10\n[[rule]]\nname = \"r\"\nadjust = { change = 1 }\n[[alarm]]\nname = \"a\"\n\
                         metric = \"CpuUtilization\"\nthreshold = 70\naction = \"r\"\n";
const TENCENT_POLICY: &str = "min = 1\nmax = 10\n[[policy]]\nname = \"p\"\n";
const TENCENT_ALARM: &str = "min = 1\nmax = 10\n[[policy]]\nname = \"p\"\nadjust = { change = 1 }\n[[alarm]]\nname = \"a\"\n\
                             metric = \"CPU_UTILIZATION\"\nthreshold = 70\naction = \"p\"\n";

fn problems(provider: &str, text: &str) -> Result<Vec<Problem>, toml::de::Error> {
    use windtunnel_sim::controllers::cloud::{EssConfig, TencentConfig};
    match provider {
        "ess" => toml::from_str::<EssConfig>(text).map(|config| config.validate()),
        _ => toml::from_str::<TencentConfig>(text).map(|config| config.validate()),
    }
}

/// Whether the provider takes a text: neither an error nor a warning at the path.
fn takes(provider: &str, text: &str, path: &str) -> bool {
    match problems(provider, text) {
        Ok(found) => !found.iter().any(|p| p.path == path && p.severity > Severity::Note),
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn words(node: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    node.as_array().unwrap_or_else(|| panic!("no list: {node}")).iter().map(word).collect()
}

fn with_keys(provider: &str, keys: &str) -> (&'static str, String) {
    match provider {
        "alarm" => ("ess", format!("{ESS_ALARM}{keys}\n")),
        "tencent-alarm" => ("tencent", format!("{TENCENT_ALARM}{keys}\n")),
        "tencent" => ("tencent", format!("min = 1\nmax = 10\n{keys}\n")),
        _ => ("ess", format!("{ESS_GROUP}{keys}\n")),
    }
}

/// What says nothing about a simulation, and why.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("/aliyun_ess/CreateScalingGroup/api_versions", "a remark"),
    ("/aliyun_ess/CreateScalingGroup/required/RegionId", "a simulation has no region"),
    (
        "/aliyun_ess/CreateScalingGroup/VSwitchIds",
        "networks are not simulated; `fleet.zones` says how many zones there are",
    ),
    ("/aliyun_ess/CreateScalingGroup/LoadBalancerIds", "[balancer] stands for them"),
    ("/aliyun_ess/CreateScalingGroup/RemovalPolicy.N/custom_only_first", "CustomPolicy is not simulated"),
    ("/aliyun_ess/CreateScalingGroup/MaxInstanceLifetime", "not simulated, and refused by name"),
    ("/aliyun_ess/CreateScalingRule/required/ScalingGroupId", "a rule stands in its group's table"),
    ("/aliyun_ess/CreateAlarm/required", "an alarm stands in its group's table"),
    ("/aliyun_ess/CreateAlarm/MetricType", "the metric's name says whether it is of the system"),
    ("/aliyun_ess/CreateAlarm/GroupId", "application groups of CloudMonitor are not simulated"),
    ("/aliyun_ess/CreateAlarm/AlarmActions/pattern", "rules are referred to by name"),
    ("/aliyun_ess/CreateScheduledTask/RecurrenceType", "a cron expression says all four"),
    ("/aliyun_ess/CreateScheduledTask/RecurrenceEndTime_max_days", "a recurrence goes on to the end of the run"),
    ("/aliyun_cms/PutResourceMetricRule/required", "whom CloudMonitor notifies, and of what, is not simulated"),
    ("/aliyun_cms/PutResourceMetricRule/required_note", "a remark"),
    (
        "/aliyun_cms/PutResourceMetricRule/at_least_one_of",
        "an alarm has one threshold; levels only differ in who is told",
    ),
    ("/aliyun_cms/PutResourceMetricRule/SilenceTime/doc2021_min", "an older least time, which newer documents lower"),
    ("/aliyun_cms/PutResourceMetricRule/Period/default", "the period is a key of its own"),
    ("/aliyun_cms/PutResourceMetricRule/not_parameters", "what the command line refuses is a matter of the command"),
    ("/aliyun_cms/PutMetricRuleTargets.ess_arn", "rules are referred to by name"),
    ("/aliyun_cms/PutCustomMetric.MetricList.N", "the plant publishes its metrics itself"),
    ("/tencent_as/CreateAutoScalingGroup/required/AutoScalingGroupName", "the scenario has a name"),
    ("/tencent_as/CreateAutoScalingGroup/required/LaunchConfigurationId", "[instance] stands for it"),
    ("/tencent_as/CreateAutoScalingGroup/required/VpcId", "networks are not simulated"),
    ("/tencent_as/CreateAutoScalingGroup/HealthCheckType", "the two keys replace_... say whose verdict counts"),
    (
        "/tencent_as/MetricAlarm/required",
        "metric and threshold are required; the others have defaults that `show` prints",
    ),
];

/// What other tests hold.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/aliyun_ess/CreateScalingGroup/required", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingGroup/MinSize", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingGroup/MaxSize", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingGroup/DesiredCapacity", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingGroup/DefaultCooldown", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingGroup/RemovalPolicy.N", "cloud_constraints_file_words_are_taken"),
    ("/aliyun_ess/CreateScalingGroup/RemovalPolicy.N/default", "cloud_termination_policies"),
    ("/aliyun_ess/CreateScalingGroup/MultiAZPolicy", "cloud_constraints_file_words_are_taken"),
    ("/aliyun_ess/CreateScalingGroup/HealthCheckType", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingGroup/ScalingPolicy/default", "cloud_ess_recycled_instances_are_started_first"),
    (
        "/aliyun_ess/CreateScalingGroup/StopInstanceTimeout/only_when",
        "cloud_constraints_file_types_quotas_and_required_keys",
    ),
    ("/aliyun_ess/CreateScalingRule/ScalingRuleType", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingRule/AdjustmentType", "cloud_constraints_file_types_quotas_and_required_keys"),
    (
        "/aliyun_ess/CreateScalingRule/AdjustmentValue/max_instances_per_activity",
        "cloud_ess_an_activity_has_at_most_a_thousand_instances",
    ),
    ("/aliyun_ess/CreateScalingRule/Cooldown", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingRule/MinAdjustmentMagnitude", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingRule/EstimatedInstanceWarmup", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingRule/ScaleInEvaluationCount", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingRule/ScaleOutEvaluationCount", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingRule/AlarmOptions.Period", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScalingRule/TargetValue", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScalingRule/DisableScaleIn", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateAlarm/Period", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateAlarm/EvaluationCount", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateAlarm/Statistics", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateAlarm/ComparisonOperator", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateAlarm/MetricName.system", "cloud_constraints_file_words_are_taken"),
    ("/aliyun_ess/CreateAlarm/AlarmActions", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateAlarm/ExpressionsLogicOperator", "cloud_ess_multi_metric_tasks_join_their_expressions"),
    ("/aliyun_ess/CreateAlarm/State", "cloud_constraints_file_words_of_states"),
    ("/aliyun_ess/CreateLifecycleHook", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateLifecycleHook/max_per_group", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScheduledTask/LaunchExpirationTime", "cloud_constraints_file_defaults"),
    ("/aliyun_ess/CreateScheduledTask/LaunchTime_max_days", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_ess/CreateScheduledTask/cron_tz", "cloud_schedules_go_by_their_vendors_time_zones"),
    ("/aliyun_ess/ScalingActivity.StatusCode", "cloud_constraints_file_words_of_states"),
    (
        "/aliyun_cms/PutResourceMetricRule/Escalations.X",
        "cloud_ess_a_cms_rule_looks_at_each_instance_and_is_silent_afterwards",
    ),
    ("/aliyun_cms/PutResourceMetricRule/ComparisonOperator", "cloud_constraints_file_words_are_taken"),
    ("/aliyun_cms/PutResourceMetricRule/Period", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/aliyun_cms/PutResourceMetricRule/SilenceTime", "cloud_constraints_file_defaults"),
    ("/aliyun_cms/PutResourceMetricRule/NoDataPolicy", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateAutoScalingGroup", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/tencent_as/CreateAutoScalingGroup/DefaultCooldown/default", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateAutoScalingGroup/TerminationPolicies/default", "cloud_termination_policies"),
    ("/tencent_as/CreateAutoScalingGroup/MultiZoneSubnetPolicy/default", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateAutoScalingGroup/RetryPolicy/default", "cloud_tencent_retry_policies"),
    (
        "/tencent_as/CreateAutoScalingGroup/LoadBalancerHealthCheckGracePeriod/default",
        "cloud_constraints_file_defaults",
    ),
    ("/tencent_as/CreateScalingPolicy", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/tencent_as/CreateScalingPolicy/Cooldown/default", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateScalingPolicy/EstimatedInstanceWarmup/default", "cloud_constraints_file_defaults"),
    ("/tencent_as/MetricAlarm/MetricName", "cloud_constraints_file_words_are_taken"),
    ("/tencent_as/MetricAlarm/Threshold", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/tencent_as/MetricAlarm/Statistic/default", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateLifecycleHook", "cloud_constraints_file_defaults"),
    ("/tencent_as/CreateLifecycleHook/max_per_group", "cloud_constraints_file_types_quotas_and_required_keys"),
    ("/tencent_as/Activity.StatusCode", "cloud_constraints_file_words_of_states"),
    ("/load_balancers", "cloud_load_balancers_take_what_their_apis_take"),
];

/// Keys that describe a constraint and are none.
const DESCRIPTIONS: &[&str] =
    &["type", "unit", "note", "effect", "cli_form", "format", "describe_also", "default_terraform"];

fn leaves(at: &str, node: &Value, found: &mut Vec<String>) {
    match node {
        Value::Object(entries) if entries.keys().all(|key| DESCRIPTIONS.contains(&key.as_str())) => {
            found.push(at.to_string());
        }
        Value::Object(entries) => {
            for (key, value) in entries.iter().filter(|(key, _)| !DESCRIPTIONS.contains(&key.as_str())) {
                leaves(&format!("{at}/{key}"), value, found);
            }
        }
        Value::Array(items) if at.ends_with("/required") => {
            found.extend(words(&Value::Array(items.clone())).iter().map(|word| format!("{at}/{word}")));
        }
        _ => found.push(at.to_string()),
    }
}

#[test]
fn cloud_constraints_file_is_covered_key_by_key() {
    let file = file();
    let mut all = Vec::new();
    leaves("", &file, &mut all);
    assert!(all.len() > 150, "{}", all.len());
    let held: Vec<&str> = RANGES.iter().chain(WORDS).map(|row| row.0).collect();
    let named: Vec<&str> = ELSEWHERE.iter().chain(NOT_APPLICABLE).map(|row| row.0).collect();
    let within = |leaf: &str, prefix: &str| leaf == prefix || leaf.starts_with(&format!("{prefix}/"));
    let missing: Vec<&String> =
        all.iter().filter(|leaf| !held.iter().chain(&named).any(|prefix| within(leaf, prefix))).collect();
    assert!(missing.is_empty(), "nothing holds {missing:#?}");
    let stale: Vec<&&str> =
        held.iter().chain(&named).filter(|prefix| !all.iter().any(|leaf| within(leaf, prefix))).collect();
    assert!(stale.is_empty(), "not in the file: {stale:#?}");
    let tests = crate::documents::all_tests();
    let unknown: Vec<_> = ELSEWHERE.iter().filter(|(_, test)| !tests.contains(test)).collect();
    assert!(unknown.is_empty(), "no such tests: {unknown:#?}");
}
