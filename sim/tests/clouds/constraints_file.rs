//! `vectors/ess/constraints.json`, key by key: each is held by a test that reads its value from the file, or by another one
//! that is named, or is listed with the reason for which it says nothing about a simulation.

use serde_json::Value;
use windtunnel_sim::controllers::cloud::{Problem, Provider, Severity, metric_of};

use crate::support::*;

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

/// Where the file has a range: the text that a value (`@`) goes into, and the key that is spoken of.
const RANGES: &[(&str, &str, &str, &str)] = &[
    ("/aliyun_ess/CreateScalingGroup/DefaultCooldown", "ess", "default_cooldown = \"@s\"", "ess.default_cooldown"),
    (
        "/aliyun_ess/CreateScalingGroup/StopInstanceTimeout",
        "ess",
        "stop_instance_timeout = \"@s\"",
        "ess.stop_instance_timeout",
    ),
    (
        "/aliyun_ess/CreateScalingRule/AdjustmentValue/QuantityChangeInCapacity",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { QuantityChangeInCapacity = @ }",
        "ess.rule.r.adjust",
    ),
    (
        "/aliyun_ess/CreateScalingRule/AdjustmentValue/PercentChangeInCapacity",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { PercentChangeInCapacity = @ }",
        "ess.rule.r.adjust",
    ),
    (
        "/aliyun_ess/CreateScalingRule/AdjustmentValue/TotalCapacity",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { TotalCapacity = @ }",
        "ess.rule.r.adjust",
    ),
    (
        "/aliyun_ess/CreateScalingRule/Cooldown",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { change = 1 }\ncooldown = \"@s\"",
        "ess.rule.r.cooldown",
    ),
    (
        "/aliyun_ess/CreateScalingRule/EstimatedInstanceWarmup",
        "ess",
        "[[rule]]\nname = \"r\"\nwarmup = \"@s\"\ntarget = { metric = \"CpuUtilization\", value = 50 }",
        "ess.rule.r.warmup",
    ),
    (
        "/aliyun_ess/CreateLifecycleHook/HeartbeatTimeout",
        "ess",
        "[[hook]]\nname = \"h\"\ntransition = \"SCALE_OUT\"\ntimeout = \"@s\"",
        "ess.hook.h.timeout",
    ),
    (
        "/aliyun_ess/CreateScheduledTask/LaunchExpirationTime",
        "ess",
        "[[scheduled]]\nname = \"s\"\nat = \"1h\"\nmin = 2\nretry_for = \"@s\"",
        "ess.scheduled.s.retry_for",
    ),
    (
        "/aliyun_cms/PutResourceMetricRule/SilenceTime/terraform_range",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { change = 1 }\n[[alarm]]\nname = \"a\"\nkind = \"cms-rule\"\nmetric = \"CpuUtilization\"\n\
         threshold = 70\naction = \"r\"\nsilence_time = \"@s\"",
        "ess.alarm.a.silence_time",
    ),
    (
        "/tencent_as/CreateAutoScalingGroup/DefaultCooldown",
        "tencent",
        "default_cooldown = \"@s\"",
        "tencent.default_cooldown",
    ),
    (
        "/tencent_as/CreateAutoScalingGroup/LoadBalancerHealthCheckGracePeriod",
        "tencent",
        "health_check_grace = \"@s\"",
        "tencent.health_check_grace",
    ),
    (
        "/tencent_as/CreateScalingPolicy/Cooldown",
        "tencent",
        "[[policy]]\nname = \"p\"\nadjust = { change = 1 }\ncooldown = \"@s\"",
        "tencent.policy.p.cooldown",
    ),
    (
        "/tencent_as/CreateScalingPolicy/EstimatedInstanceWarmup",
        "tencent",
        "[[policy]]\nname = \"p\"\nwarmup = \"@s\"\ntarget = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }",
        "tencent.policy.p.warmup",
    ),
    (
        "/tencent_as/MetricAlarm/ContinuousTime",
        "tencent",
        "[[policy]]\nname = \"p\"\nadjust = { change = 1 }\n[policy.alarm]\nmetric = \"CPU_UTILIZATION\"\nthreshold = 70\n\
         ContinuousTime = @",
        "tencent.policy.p.alarm.times",
    ),
    (
        "/tencent_as/MetricAlarm/Threshold/CPU_UTILIZATION",
        "tencent",
        "[[policy]]\nname = \"p\"\nadjust = { change = 1 }\n[policy.alarm]\nmetric = \"CPU_UTILIZATION\"\nthreshold = @",
        "tencent.policy.p.alarm.threshold",
    ),
    (
        "/tencent_as/CreateLifecycleHook/HeartbeatTimeout",
        "tencent",
        "[[hook]]\nname = \"h\"\ntransition = \"INSTANCE_LAUNCHING\"\ntimeout = \"@s\"",
        "tencent.hook.h.timeout",
    ),
];

fn range(node: &Value) -> (i64, i64) {
    let of = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("no range: {node}"));
    match node.as_array() {
        Some(ends) => (of(&ends[0]), of(&ends[1])),
        None => (of(&node["min"]), of(&node["max"])),
    }
}

#[test]
fn cloud_constraints_file_ranges_hold_at_both_ends() {
    let file = file();
    for (pointer, provider, keys, path) in RANGES {
        let (least, most) = range(file.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in the file")));
        let text = |value: i64| format!("min = 1\nmax = 10\n{}", keys.replace('@', &value.to_string()));
        for value in [least, most] {
            assert!(takes(provider, &text(value), path), "{pointer} takes {value}");
        }
        for (value, nearest) in [(least - 1, least), (most + 1, most)] {
            let Ok(found) = problems(provider, &text(value)) else {
                assert!(value < 0, "{pointer}: only what is below zero is refused as a word");
                continue;
            };
            let words = format!("the nearest is {nearest}");
            let refused = |p: &&Problem| p.path == *path && p.severity == Severity::Error && p.message.contains(&words);
            assert!(found.iter().any(|p| refused(&p)), "{pointer} refuses {value}: {found:#?}");
        }
    }
}

/// Where the file lists words: each is taken, in the vendor's spelling.
const WORDS: &[(&str, &str, &str, &str)] = &[
    ("/aliyun_ess/CreateScalingGroup/HealthCheckType/enum", "ess", "HealthCheckType = \"@\"", "ess.health_check"),
    ("/aliyun_ess/CreateScalingGroup/ScalingPolicy/enum", "ess", "ScalingPolicy = \"@\"", "ess.scaling_policy"),
    (
        "/aliyun_ess/CreateScalingRule/AdjustmentType/enum",
        "ess",
        "[[rule]]\nname = \"r\"\nadjust = { @ = 1 }",
        "ess.rule.r.adjust",
    ),
    (
        "/aliyun_ess/CreateScalingRule/AlarmOptions.Period/enum",
        "ess",
        "[[rule]]\nname = \"r\"\ntarget = { metric = \"CpuUtilization\", value = 50, period = \"@s\" }",
        "ess.rule.r.target.period",
    ),
    ("/aliyun_ess/CreateAlarm/Period/enum", "alarm", "period = \"@s\"", "ess.alarm.a.period"),
    ("/aliyun_ess/CreateAlarm/Statistics/enum", "alarm", "Statistics = \"@\"", "ess.alarm.a.statistic"),
    (
        "/aliyun_ess/CreateAlarm/ComparisonOperator/enum",
        "alarm",
        "ComparisonOperator = \"@\"",
        "ess.alarm.a.comparison",
    ),
    (
        "/aliyun_ess/CreateAlarm/ExpressionsLogicOperator/enum",
        "alarm",
        "ExpressionsLogicOperator = \"@\"",
        "ess.alarm.a.logic",
    ),
    (
        "/aliyun_ess/CreateLifecycleHook/DefaultResult/enum",
        "ess",
        "[[hook]]\nname = \"h\"\ntransition = \"SCALE_IN\"\nDefaultResult = \"@\"",
        "ess.hook.h.result",
    ),
    (
        "/aliyun_ess/CreateLifecycleHook/LifecycleTransition/enum",
        "ess",
        "[[hook]]\nname = \"h\"\nLifecycleTransition = \"@\"",
        "ess.hook.h.transition",
    ),
    (
        "/aliyun_cms/PutResourceMetricRule/NoDataPolicy/enum",
        "alarm",
        "kind = \"cms-rule\"\nNoDataPolicy = \"@\"",
        "ess.alarm.a.no_data",
    ),
    (
        "/tencent_as/CreateAutoScalingGroup/TerminationPolicies/enum",
        "tencent",
        "TerminationPolicies = [\"@\"]",
        "tencent.removal",
    ),
    (
        "/tencent_as/CreateAutoScalingGroup/MultiZoneSubnetPolicy/enum",
        "tencent",
        "MultiZoneSubnetPolicy = \"@\"",
        "tencent.multi_zone",
    ),
    ("/tencent_as/CreateAutoScalingGroup/RetryPolicy/enum", "tencent", "RetryPolicy = \"@\"", "tencent.retry"),
    (
        "/tencent_as/CreateScalingPolicy/AdjustmentType/enum",
        "tencent",
        "[[policy]]\nname = \"p\"\nadjust = { @ = 1 }",
        "tencent.policy.p.adjust",
    ),
    (
        "/tencent_as/MetricAlarm/ComparisonOperator",
        "tencent-alarm",
        "ComparisonOperator = \"@\"",
        "tencent.alarm.a.comparison",
    ),
    ("/tencent_as/MetricAlarm/Period/enum", "tencent-alarm", "period = \"@s\"", "tencent.alarm.a.period"),
    ("/tencent_as/MetricAlarm/Statistic/enum", "tencent-alarm", "Statistic = \"@\"", "tencent.alarm.a.statistic"),
    (
        "/tencent_as/CreateLifecycleHook/DefaultResult/enum",
        "tencent",
        "[[hook]]\nname = \"h\"\ntransition = \"INSTANCE_TERMINATING\"\nDefaultResult = \"@\"",
        "tencent.hook.h.result",
    ),
    (
        "/tencent_as/CreateLifecycleHook/LifecycleTransition/enum",
        "tencent",
        "[[hook]]\nname = \"h\"\nLifecycleTransition = \"@\"",
        "tencent.hook.h.transition",
    ),
];

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

#[test]
fn cloud_constraints_file_words_are_taken() {
    let file = file();
    for (pointer, provider, keys, path) in WORDS {
        for word in words(file.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in the file"))) {
            let (provider, text) = with_keys(provider, &keys.replace('@', &word));
            assert!(takes(provider, &text, path), "{pointer} takes {word}");
        }
    }
    // What is taken with a word about what it comes to here.
    for word in words(&file["aliyun_ess"]["CreateScalingGroup"]["MultiAZPolicy"]["enum"]) {
        let found = problems("ess", &format!("{ESS_GROUP}MultiAZPolicy = \"{word}\"")).expect("taken");
        assert!(found.iter().all(|p| p.severity < Severity::Error), "{word}: {found:#?}");
    }
    // Comparisons of CloudMonitor: those with a threshold are taken, those with other days are not simulated.
    for word in words(&file["aliyun_cms"]["PutResourceMetricRule"]["ComparisonOperator"]) {
        let (provider, text) = with_keys("alarm", &format!("kind = \"cms-rule\"\nComparisonOperator = \"{word}\""));
        match problems(provider, &text) {
            Ok(_) => assert!(word.ends_with("Threshold") && takes(provider, &text, "ess.alarm.a.comparison"), "{word}"),
            Err(error) => {
                assert!(!word.ends_with("Threshold") && error.to_string().contains("not simulated"), "{error}");
            }
        }
    }
    // Names of metrics: each stands for something, or is said not to be simulated; none is a slip of the pen.
    let ess_names = words(&file["aliyun_ess"]["CreateAlarm"]["MetricName.system"]);
    let tencent_names = words(&file["tencent_as"]["MetricAlarm"]["MetricName"]);
    let lists =
        [(Provider::Ess, "alarm", "ess", ess_names), (Provider::Tencent, "tencent-alarm", "tencent", tencent_names)];
    for (known_to, template, provider, names) in lists {
        for name in names {
            let (_, text) = with_keys(template, "");
            let text = text.replace("CpuUtilization\"", &format!("{name}\"")).replace("CPU_UTILIZATION", &name);
            let found = problems(provider, &text).expect("a name");
            let said = found.iter().any(|p| p.path.ends_with(".metric") && p.message.contains("not simulated"));
            assert_ne!(metric_of(known_to, &name).is_some(), said, "{name}: {found:#?}");
        }
    }
    // Removal policies: several together, each once; the one of one's own is not simulated.
    let policies = words(&file["aliyun_ess"]["CreateScalingGroup"]["RemovalPolicy.N"]["enum"]);
    let (own, named): (Vec<_>, Vec<_>) = policies.into_iter().partition(|policy| policy == "CustomPolicy");
    assert_eq!(
        named.len() as u64,
        file["aliyun_ess"]["CreateScalingGroup"]["RemovalPolicy.N"]["n_max"].as_u64().unwrap()
    );
    assert!(takes("ess", &format!("{ESS_GROUP}RemovalPolicies = {named:?}"), "ess.removal"));
    assert!(!takes("ess", &format!("{ESS_GROUP}RemovalPolicies = {:?}", [&named[0], &named[0]]), "ess.removal"));
    let error = problems("ess", &format!("{ESS_GROUP}RemovalPolicies = {own:?}")).expect_err("a function").to_string();
    assert!(error.contains("function of one's own, which is not simulated"), "{error}");
}

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

#[test]
fn cloud_constraints_file_words_of_states() {
    // The words of the activity logs and of the alarms' states are the vendors' own.
    use windtunnel_sim::backtest::open_loop::OpenLoopFleet;
    let file = file();
    let ess_words = words(&file["aliyun_ess"]["ScalingActivity.StatusCode"]);
    let tencent_words = words(&file["tencent_as"]["Activity.StatusCode"]);
    let states = words(&file["aliyun_ess"]["CreateAlarm"]["State"]);
    let cooled = ESS_ALARM.replace("[[alarm]]", "[[alarm]]\nperiod = \"60s\"\ntimes = 1");
    let hot = At(|from| (from < 600).then_some(90.0));
    let replay = run_ess(&ess(&cooled), &hot, slow_fleet(), 900);
    let seen: Vec<&str> = replay.activities.iter().map(|activity| activity.status.word).collect();
    assert!(seen.contains(&"Successful") && seen.contains(&"Rejected"), "{seen:?}");
    assert!(seen.iter().all(|word| ess_words.iter().any(|known| known == word)), "{seen:?}");
    for change in &replay.alarm_changes {
        assert!(states.contains(&change.from.to_string()) && states.contains(&change.to.to_string()));
    }
    let text = TENCENT_ALARM.replace("[[alarm]]", "[[alarm]]\nperiod = \"60s\"\ntimes = 1");
    let replay = run_tencent(&tencent(&text), &hot, OpenLoopFleet { launch: seconds(90), removal: seconds(30) }, 900);
    let seen: Vec<&str> = replay.activities.iter().map(|activity| activity.status.word).collect();
    assert!(seen.contains(&"SUCCESSFUL") && seen.contains(&"CANCELLED"), "{seen:?}");
    assert!(seen.iter().all(|word| tencent_words.iter().any(|known| known == word)), "{seen:?}");
}
