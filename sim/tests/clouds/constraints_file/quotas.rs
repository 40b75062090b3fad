//! Types, quotas, keys that are required, and defaults.

use serde_json::Value;
use windtunnel_sim::controllers::cloud::Severity;

use super::{ESS_ALARM, ESS_GROUP, ESS_RULE, TENCENT_ALARM, TENCENT_POLICY, file, problems, takes, words};
use crate::support::*;

#[test]
fn cloud_constraints_file_types_quotas_and_required_keys() {
    let file = file();
    let ess_api = &file["aliyun_ess"];
    // Bounds: 0 up to the quota, in order, the desired capacity between them.
    let quota = ess_api["CreateScalingGroup"]["MaxSize"]["max_default_quota"].as_u64().expect("a number");
    assert_eq!(file["tencent_as"]["CreateAutoScalingGroup"]["MaxSize"][1].as_u64(), Some(quota));
    for provider in ["ess", "tencent"] {
        let at = |key: &str| format!("{provider}.{key}");
        assert!(takes(provider, &format!("min = 0\nmax = {quota}"), &at("max")));
        assert!(takes(provider, &format!("min = {quota}\nmax = {quota}"), &at("min")));
        assert!(!takes(provider, &format!("min = 0\nmax = {}", quota + 1), &at("max")));
        assert!(!takes(provider, "min = 3\nmax = 2", &at("min")), "le: MaxSize");
        for (desired, taken) in [(1, false), (2, true), (4, true), (5, false)] {
            assert_eq!(takes(provider, &format!("min = 2\nmax = 4\ndesired = {desired}"), &at("desired")), taken);
        }
        // Required: MinSize and MaxSize.
        for text in ["min = 1\n", "max = 1\n", ""] {
            assert!(problems(provider, text).is_err(), "{text}");
        }
    }
    // Giving DesiredCapacity turns the feature on; on Tencent Cloud it defaults to MinSize.
    assert!(
        ess("min = 1\nmax = 4\ndesired = 2").has_expected_capacity()
            && !ess("min = 1\nmax = 4").has_expected_capacity()
    );
    assert_eq!(tencent("min = 2\nmax = 4").initial_capacity(), 2);
    // Kinds of rules and policies, and what each needs.
    for (kind, keys) in [
        ("SimpleScalingRule", "adjust = { change = 1 }"),
        ("StepScalingRule", "step = [{ lower = 0, adjust = { change = 1 } }]"),
        ("TargetTrackingScalingRule", "target = { metric = \"CpuUtilization\", value = 50 }"),
        ("PredictiveScalingRule", "target = { metric = \"CpuUtilization\", value = 50 }"),
    ] {
        assert!(words(&ess_api["CreateScalingRule"]["ScalingRuleType"]["enum"]).contains(&kind.to_string()));
        let rule = |keys: &str| format!("{ESS_RULE}ScalingRuleType = \"{kind}\"\n{keys}\n");
        assert!(takes("ess", &rule(keys), "ess.rule.r"), "{kind}");
        let found = problems("ess", &rule("")).expect("reads");
        assert!(found.iter().any(|p| p.severity == Severity::Error), "{kind} alone lacks what it does");
        // Cooldown: only_for; MinAdjustmentMagnitude: only_for; TargetValue: gt 0, three decimals.
        let cooled = takes("ess", &rule(&format!("{keys}\ncooldown = \"60s\"")), "ess.rule.r.cooldown");
        let only_for = words(&ess_api["CreateScalingRule"]["Cooldown"]["only_for"]);
        assert_eq!(cooled, only_for.contains(&kind.to_string()), "{kind}");
    }
    for (adjust, taken) in [("percent = 10", true), ("change = 2", false), ("exact = 2", false)] {
        let text = format!("{ESS_RULE}adjust = {{ {adjust} }}\nmin_adjustment_magnitude = 2");
        assert_eq!(takes("ess", &text, "ess.rule.r.min_adjustment_magnitude"), taken, "{adjust}");
    }
    for (value, taken) in [("0.001", true), ("1.005", true), ("0", false), ("-1", false), ("1.0005", false)] {
        let text = format!("{ESS_RULE}target = {{ metric = \"CpuUtilization\", value = {value} }}");
        assert_eq!(takes("ess", &text, "ess.rule.r.target.value"), taken, "{value}");
    }
    for (kind, keys) in [
        ("SIMPLE", "adjust = { change = 1 }"),
        ("TARGET_TRACKING", "target = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }"),
    ] {
        assert!(
            words(&file["tencent_as"]["CreateScalingPolicy"]["ScalingPolicyType"]["enum"]).contains(&kind.to_string())
        );
        let policy = format!("{TENCENT_POLICY}ScalingPolicyType = \"{kind}\"\n{keys}\n");
        assert!(takes("tencent", &policy, "tencent.policy.p"), "{kind}");
    }
    // Lists: how many there may be.
    let most =
        |pointer: &str| file.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}")) as usize;
    let rules = |n: usize| -> (String, String) {
        let names: Vec<String> = (0..n).map(|i| format!("r{i}")).collect();
        let tables = names.iter().map(|name| format!("[[rule]]\nname = \"{name}\"\nadjust = {{ change = 1 }}\n"));
        (tables.collect(), format!("{names:?}"))
    };
    let alarm = |n: usize| {
        let (tables, names) = rules(n);
        format!(
            "{ESS_GROUP}{tables}[[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\nthreshold = 70\nAlarmActions = {names}\n"
        )
    };
    let actions = most("/aliyun_ess/CreateAlarm/AlarmActions/max_items");
    assert_eq!(most("/aliyun_ess/CreateAlarm/AlarmActions/min_items"), 1);
    for (count, taken) in [(0, false), (1, true), (actions, true), (actions + 1, false)] {
        assert_eq!(takes("ess", &alarm(count), "ess.alarm.a.action"), taken, "{count} actions");
    }
    for (provider, transition, pointer) in [
        ("ess", "SCALE_OUT", "/aliyun_ess/CreateLifecycleHook/max_per_group"),
        ("tencent", "INSTANCE_LAUNCHING", "/tencent_as/CreateLifecycleHook/max_per_group"),
    ] {
        let hooks = |n: usize| -> String {
            let hook = |i: usize| format!("[[hook]]\nname = \"h{i}\"\ntransition = \"{transition}\"\ntakes = \"1s\"\n");
            (0..n).map(hook).collect()
        };
        for (count, taken) in [(most(pointer), true), (most(pointer) + 1, false)] {
            let text = format!("min = 1\nmax = 10\n{}", hooks(count));
            assert_eq!(takes(provider, &text, &format!("{provider}.hook")), taken, "{count} hooks");
        }
    }
    assert_eq!(most("/tencent_as/CreateAutoScalingGroup/TerminationPolicies/max_items"), 1);
    let two = format!("{ESS_GROUP}TerminationPolicies = [\"OLDEST_INSTANCE\", \"NEWEST_INSTANCE\"]");
    assert!(!takes("tencent", &two, "tencent.removal"));
    assert_eq!(most("/tencent_as/CreateScalingPolicy/max_target_tracking_policies_per_group"), 1);
    let tracking = |n: usize| -> String {
        let policy = |i: usize| {
            format!("[[policy]]\nname = \"p{i}\"\ntarget = {{ metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }}\n")
        };
        ESS_GROUP.to_string() + &(0..n).map(policy).collect::<String>()
    };
    assert!(takes("tencent", &tracking(1), "tencent.policy") && !takes("tencent", &tracking(2), "tencent.policy"));
    // Counts of periods, whole thresholds, periods of CloudMonitor, times ahead.
    assert_eq!(most("/aliyun_ess/CreateAlarm/EvaluationCount/min"), 1);
    assert!(takes("ess", &format!("{ESS_ALARM}times = 1"), "ess.alarm.a.times"));
    assert!(!takes("ess", &format!("{ESS_ALARM}times = 0"), "ess.alarm.a.times"));
    assert_eq!(file["tencent_as"]["MetricAlarm"]["Threshold"]["type"], "int");
    let threshold = |value: &str| TENCENT_ALARM.replace("threshold = 70", &format!("threshold = {value}"));
    assert!(takes("tencent", &threshold("70"), "tencent.alarm.a.threshold"));
    assert!(!takes("tencent", &threshold("70.5"), "tencent.alarm.a.threshold"));
    for (metric, period, taken) in [
        ("CpuUtilization", "600s", true),
        ("CpuUtilization", "15s", false),
        ("CpuUtilization", "60.5s", false),
        ("CpuUtilizationAgent", "15s", true),
        ("CpuUtilizationAgent", "20s", false),
    ] {
        let text = format!("{ESS_ALARM}kind = \"cms-rule\"\nperiod = \"{period}\"")
            .replace("CpuUtilization\"", &format!("{metric}\""));
        assert_eq!(takes("ess", &text, "ess.alarm.a.period"), taken, "{metric} {period}");
    }
    let days = most("/aliyun_ess/CreateScheduledTask/LaunchTime_max_days");
    for (ahead, taken) in [(days, true), (days + 1, false)] {
        let text = format!("{ESS_GROUP}[[scheduled]]\nname = \"s\"\nmin = 2\nat = \"{ahead}d\"");
        assert_eq!(takes("ess", &text, "ess.scheduled.s.at"), taken, "{ahead} days");
    }
    // StopInstanceTimeout: only_when.
    let stopping = format!("{ESS_GROUP}stop_instance_timeout = \"60s\"\nscaling_policy = \"recycle\"");
    assert!(!takes("ess", &stopping, "ess.stop_instance_timeout"));
}

/// Defaults that the file names, beside the key and the value that a group without the key has.
#[test]
fn cloud_constraints_file_defaults() {
    let file = file();
    let shown = |provider: &str, text: &str| -> toml::Table {
        let written = match provider {
            "ess" => toml::to_string(&ess(text)),
            _ => toml::to_string(&tencent(text)),
        };
        written.expect("writes").parse().expect("reads")
    };
    let ess_rule = format!("{ESS_RULE}target = {{ metric = \"CpuUtilization\", value = 50 }}\n");
    let ess_task = format!("{ESS_GROUP}[[scheduled]]\nname = \"s\"\nat = \"1h\"\nmin = 2\n");
    let ess_hook = format!("{ESS_GROUP}[[hook]]\nname = \"h\"\ntransition = \"SCALE_OUT\"\n");
    let tencent_hook = format!("{ESS_GROUP}[[hook]]\nname = \"h\"\ntransition = \"INSTANCE_LAUNCHING\"\n");
    let tencent_policy = format!("{TENCENT_POLICY}adjust = {{ change = 1 }}\n");
    let ess_api = "/aliyun_ess/";
    for (pointer, provider, text, path) in [
        ("CreateScalingGroup/DefaultCooldown", "ess", ESS_GROUP, "default_cooldown"),
        ("CreateScalingGroup/MultiAZPolicy", "ess", ESS_GROUP, "multi_az"),
        ("CreateScalingGroup/HealthCheckType", "ess", ESS_GROUP, "health_check"),
        ("CreateScalingRule/EstimatedInstanceWarmup", "ess", &ess_rule, "rule.0.warmup"),
        ("CreateScalingRule/ScaleInEvaluationCount", "ess", &ess_rule, "rule.0.target.scale_in_times"),
        ("CreateScalingRule/ScaleOutEvaluationCount", "ess", &ess_rule, "rule.0.target.scale_out_times"),
        ("CreateScalingRule/AlarmOptions.Period", "ess", &ess_rule, "rule.0.target.period"),
        ("CreateScalingRule/DisableScaleIn", "ess", &ess_rule, "rule.0.target.disable_scale_in"),
        ("CreateAlarm/Period", "ess", ESS_ALARM, "alarm.0.period"),
        ("CreateAlarm/EvaluationCount", "ess", ESS_ALARM, "alarm.0.times"),
        ("CreateAlarm/Statistics", "ess", ESS_ALARM, "alarm.0.statistic"),
        ("CreateAlarm/ComparisonOperator", "ess", ESS_ALARM, "alarm.0.comparison"),
        ("CreateLifecycleHook/HeartbeatTimeout", "ess", &ess_hook, "hook.0.timeout"),
        ("CreateLifecycleHook/DefaultResult", "ess", &ess_hook, "hook.0.result"),
        ("CreateScheduledTask/LaunchExpirationTime", "ess", &ess_task, "scheduled.0.retry_for"),
        ("/aliyun_cms/PutResourceMetricRule/SilenceTime", "ess", ESS_ALARM, "alarm.0.silence_time"),
        ("/aliyun_cms/PutResourceMetricRule/NoDataPolicy", "ess", ESS_ALARM, "alarm.0.no_data"),
        ("/tencent_as/CreateAutoScalingGroup/DefaultCooldown", "tencent", ESS_GROUP, "default_cooldown"),
        ("/tencent_as/CreateAutoScalingGroup/MultiZoneSubnetPolicy", "tencent", ESS_GROUP, "multi_zone"),
        (
            "/tencent_as/CreateAutoScalingGroup/LoadBalancerHealthCheckGracePeriod",
            "tencent",
            ESS_GROUP,
            "health_check_grace",
        ),
        ("/tencent_as/CreateScalingPolicy/Cooldown", "tencent", &tencent_policy, "policy.0.cooldown"),
        ("/tencent_as/CreateScalingPolicy/EstimatedInstanceWarmup", "tencent", &tencent_policy, "policy.0.warmup"),
        ("/tencent_as/MetricAlarm/Statistic", "tencent", TENCENT_ALARM, "alarm.0.statistic"),
        ("/tencent_as/CreateLifecycleHook/HeartbeatTimeout", "tencent", &tencent_hook, "hook.0.timeout"),
        ("/tencent_as/CreateLifecycleHook/DefaultResult", "tencent", &tencent_hook, "hook.0.result"),
    ] {
        let pointer = if pointer.starts_with('/') { pointer.to_string() } else { format!("{ess_api}{pointer}") };
        let default = file.pointer(&format!("{pointer}/default")).unwrap_or_else(|| panic!("{pointer} has no default"));
        let table = toml::Value::Table(shown(provider, text));
        let value = path.split('.').fold(&table, |value, key| match key.parse::<usize>() {
            Ok(index) => &value[index],
            Err(_) => &value[key],
        });
        // Durations are written with their unit, words in kebab case.
        let ours = match value.as_str() {
            Some(text) => match text.parse::<windtunnel_traces::SimDuration>() {
                Ok(time) => time.as_secs().to_string(),
                Err(_) => text.replace('-', "").to_lowercase(),
            },
            None => value.to_string(),
        };
        let theirs = default.as_str().map_or(default.to_string(), |text| text.replace(['-', '_'], "").to_lowercase());
        assert_eq!(ours, theirs, "{pointer}");
    }
}
