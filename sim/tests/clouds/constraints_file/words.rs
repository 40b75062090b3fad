//! Words: each is taken in the vendor's spelling, and what is logged is spelled so.

use windtunnel_sim::controllers::cloud::{Provider, Severity, metric_of};

use super::{ESS_ALARM, ESS_GROUP, TENCENT_ALARM, file, problems, takes, with_keys, words};
use crate::support::*;

/// Where the file lists words: each is taken, in the vendor's spelling.
pub(super) const WORDS: &[(&str, &str, &str, &str)] = &[
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
