//! Round trips: what is exported and imported again is the same policy, for every provider and format.

use proptest::prelude::*;

use super::write::{Target, export};
use super::*;
use crate::scenario::document::{DiskFiles, Document};
use crate::scenario::schema::ScenarioFile;
use crate::scenario::{Loaded, Policy, Scenario};

const SERVICE: &str = "
trace = { shape = 'constant', rate = '10rps' }
service.cpu = '10ms'
instance.cores = 8
";

fn loaded(text: &str) -> Scenario {
    Loaded::from_document(Document::parse("x.toml", text).unwrap(), &DiskFiles)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .scenario
}

/// The policy's table, as it is understood. Who completes a lifecycle hook is the simulation's business, not the API's.
fn policy_of(file: &ScenarioFile) -> toml::Value {
    let table = toml::Table::try_from(file).unwrap();
    let mut policy = ["ess", "aws", "tencent"].iter().find_map(|name| table.get(*name)).cloned().unwrap();
    let hooks = policy.get_mut("hook").and_then(toml::Value::as_array_mut).into_iter().flatten();
    for hook in hooks.filter_map(toml::Value::as_table_mut) {
        hook.remove("takes");
        hook.remove("until_booted");
    }
    policy
}

/// Exported, imported, understood again.
fn again(scenario: &Scenario, target: Target) -> toml::Value {
    let text = export(scenario, target).unwrap();
    let shell = matches!(target, Target::AwsCli | Target::AliyunCli | Target::Tccli);
    let source = Source::new("exported", &text);
    let import = import(&[source], &ImportOptions { shell, ..ImportOptions::default() })
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(import.scenarios.len(), 1, "{text}");
    let document = Document::parse("again.toml", &import.scenarios[0].text).unwrap();
    let file: ScenarioFile = document.decode().unwrap();
    policy_of(&file)
}

/// Names as people and tools write them, quotes and spaces among them.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9 ._'-]{0,12}[a-z0-9]"
}

fn names(count: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::hash_set(name(), count).prop_map(|names| {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        names
    })
}

fn adjust() -> impl Strategy<Value = String> {
    prop_oneof![
        (-20i32..=20).prop_filter("not nothing", |by| *by != 0).prop_map(|by| format!("{{ change = {by} }}")),
        (-99i32..=200).prop_filter("not nothing", |by| *by != 0).prop_map(|by| format!("{{ percent = {by}.0 }}")),
        (0u32..=30).prop_map(|exact| format!("{{ exact = {exact} }}")),
    ]
}

fn comparison() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![">", ">=", "<", "<="])
}

/// Thresholds with and without a fraction.
fn threshold() -> impl Strategy<Value = f64> {
    prop_oneof![(1u32..100).prop_map(f64::from), (10u32..9999).prop_map(|cents| f64::from(cents) / 100.0)]
}

/// A group with two rules, two alarms and a schedule in the words of one table.
#[derive(Clone, Debug)]
struct Words {
    table: &'static str,
    rules: &'static str,
    cpu: &'static str,
    periods: Vec<u64>,
}

/// Keys of a group beside its bounds, each there or not: `lines` of its own table, and whole `tables`.
fn optional(lines: &'static [&'static str], tables: &'static [&'static str]) -> impl Strategy<Value = [String; 2]> {
    let some = |all: &'static [&'static str]| proptest::sample::subsequence(all, 0..=all.len());
    (some(lines), some(tables)).prop_map(|(lines, tables)| [lines.join("\n") + "\n", tables.join("\n") + "\n"])
}

const AWS_LINES: &[&str] = &[
    "health_check = 'elb'",
    "health_check_grace = '120s'",
    "protect_new = true",
    "maintenance = { min_healthy = 90, max_healthy = 120 }",
    "warm_pool = { min = 2, max_prepared = 40, state = 'hibernated', reuse_on_scale_in = true }",
    "suspended = ['az-rebalance', 'scheduled-actions']",
];
const AWS_TABLES: &[&str] = &[
    "[[aws.hook]]\nname = 'in it'\ntransition = 'launching'\ntimeout = '300s'\nresult = 'continue'\nuntil_booted = true",
    "[[aws.hook]]\nname = 'out'\ntransition = 'terminating'\ntakes = '20s'",
    "[[aws.alarm]]\nname = 'percentile'\nmetric = 'TargetResponseTime'\nstatistic = 'p99'\ncomparison = '>'\nthreshold = 0.5\n\
     low_samples = 'ignore'\nok_action = 'RULE'\ninsufficient_data_action = 'RULE'\naction = 'RULE'\n\
     [[aws.composite]]\nname = 'both of them'\nrule = 'ALARM(percentile) AND NOT OK(\"percentile\")'\n\
     [[aws.composite]]\nname = 'above'\nrule = 'AT_LEAST(1, ALARM, (percentile, \"both of them\"))'",
];
const ESS_LINES: &[&str] = &[
    "health_check = 'load-balancer'",
    "scaling_policy = 'recycle'",
    "multi_az = 'balance'",
    "az_balance = true",
    "suspended = ['scale-in', 'health-check']",
];
const ESS_TABLES: &[&str] = &[
    "[[ess.hook]]\nname = 'in it'\ntransition = 'launching'\ntimeout = '300s'\nresult = 'rollback'\nuntil_booted = true",
    "[[ess.hook]]\nname = 'out'\ntransition = 'terminating'\ntakes = '20s'\nresult = 'rollback'",
    "[[ess.alarm]]\nname = 'several'\nmetric = 'CpuUtilization'\nthreshold = 80.5\naction = 'RULE'\nlogic = 'or'\n\
     effective = 'TZ=+00 * * 1-2 * * ?'\n\
     expression = [{ metric = 'MemoryUtilization', comparison = '<', threshold = 30.0, statistic = 'maximum' }]",
    "[[ess.rule]]\nname = 'forecast'\ntarget = { metric = 'CpuUtilization', value = 45.0 }\n\
     predictive = { mode = 'predict-only', buffer = '600s', initial_max = 40, value_behavior = 'override-max-with-buffer', value_buffer = 20.0 }",
];
const TENCENT_LINES: &[&str] = &[
    "replace_monitor_unhealthy = true",
    "replace_load_balancer_unhealthy = true",
    "priority_scale_in_unhealthy = true",
    "scaling_mode = 'wake-up-stopped'",
    "health_check_grace = '90s'",
    "multi_zone = 'equality'",
    "concurrent_scale_out = true",
    "retry = 'none'",
];
const TENCENT_TABLES: &[&str] = &[
    "[[tencent.hook]]\nname = 'in-it'\ntransition = 'launching'\ntimeout = '60s'\nresult = 'abandon'\nuntil_booted = true",
    "[[tencent.hook]]\nname = 'out'\ntransition = 'terminating'\ntakes = '20s'",
];

fn policy(words: Words) -> impl Strategy<Value = String> {
    let Words { table, rules, cpu, periods } = words;
    let further = match table {
        "aws" => optional(AWS_LINES, AWS_TABLES),
        "ess" => optional(ESS_LINES, ESS_TABLES),
        _ => optional(TENCENT_LINES, TENCENT_TABLES),
    };
    let bounds = (1u32..5, 0u32..10, 0u64..3600, proptest::option::of(0u32..10));
    let alarms = (comparison(), threshold(), proptest::sample::select(periods), 1u32..=10, any::<bool>());
    (bounds, names(3), adjust(), adjust(), proptest::option::of(0u64..3600), alarms, 1u32..99, any::<bool>(), further).prop_map(
        move |((min, span, cooldown, desired), names, first, second, rule_cooldown, alarm, target, never_in, [lines, tables])| {
            let max = min + span;
            let quote = |text: &str| toml::Value::String(text.to_string()).to_string();
            let mut text = format!("{SERVICE}[{table}]\nmin = {min}\nmax = {max}\ndefault_cooldown = '{cooldown}s'\n");
            if let Some(desired) = desired {
                text.push_str(&format!("desired = {}\n", min + desired.min(span)));
            }
            text.push_str(&lines);
            for (name, adjust) in [(&names[0], first), (&names[1], second)] {
                text.push_str(&format!("[[{table}.{rules}]]\nname = {}\nadjust = {adjust}\n", quote(name)));
                if let Some(cooldown) = rule_cooldown {
                    text.push_str(&format!("cooldown = '{cooldown}s'\n"));
                }
            }
            text.push_str(&format!(
                "[[{table}.{rules}]]\nname = {}\ntarget = {{ metric = '{cpu}', value = {target}, disable_scale_in = {never_in} }}\n",
                quote(&names[2])
            ));
            let (comparison, threshold, period, times, maximum) = alarm;
            let statistic = if maximum { "maximum" } else { "average" };
            for name in &names[..2] {
                // Tencent has whole thresholds, and alarms that are called like their policy.
                let threshold = if table == "tencent" { threshold.round().max(1.0) } else { threshold };
                let alarm = if table == "tencent" { name.clone() } else { format!("{name} alarm") };
                text.push_str(&format!(
                    "[[{table}.alarm]]\nname = {}\nmetric = '{cpu}'\nstatistic = '{statistic}'\ncomparison = '{comparison}'\nthreshold = {threshold:?}\n\
                     period = '{period}s'\ntimes = {times}\naction = {}\n",
                    quote(&alarm), quote(name)
                ));
            }
            text.push_str(&format!("[[{table}.scheduled]]\nname = 'morning'\ncron = '30 7 * * 1'\nmin = {min}\nmax = {max}\ndesired = {max}\n"));
            text.push_str(&tables.replace("'RULE'", &quote(&names[0])));
            text
        },
    )
}

fn ess() -> Words {
    Words { table: "ess", rules: "rule", cpu: "CpuUtilization", periods: vec![15, 60, 120, 300, 900] }
}

fn aws() -> Words {
    Words { table: "aws", rules: "policy", cpu: "CPUUtilization", periods: vec![10, 60, 300, 3600] }
}

fn tencent() -> Words {
    Words { table: "tencent", rules: "policy", cpu: "CPU_UTILIZATION", periods: vec![60, 300] }
}

fn same(text: &str, target: Target) -> Result<(), TestCaseError> {
    let scenario = loaded(text);
    prop_assert_eq!(again(&scenario, target), policy_of(&scenario.file), "{}", export(&scenario, target).unwrap());
    Ok(())
}

/// A HorizontalPodAutoscaler's spec in our words: metrics of all kinds that are simulated, behaviours with and without
/// every key.
fn hpa_spec() -> impl Strategy<Value = String> {
    let target = prop_oneof![
        (1u32..200).prop_map(|percent| format!("{{ type = 'Utilization', averageUtilization = {percent} }}")),
        (1u32..9000).prop_map(|milli| format!("{{ type = 'AverageValue', averageValue = '{milli}m' }}")),
    ];
    let resource = (proptest::sample::select(vec!["cpu", "memory"]), target.clone()).prop_map(|(name, target)| {
        format!("{{ type = 'Resource', resource = {{ name = '{name}', target = {target} }} }}")
    });
    let pods = (1u32..5000).prop_map(|value| {
        format!("{{ type = 'Pods', pods = {{ metric = {{ name = 'http_requests_per_second' }}, target = {{ type = 'AverageValue', averageValue = '{value}' }} }} }}")
    });
    let metric = prop_oneof![resource, pods];
    let policy = (any::<bool>(), 1u32..500, 1u32..=1800).prop_map(|(is_pods, value, period)| {
        let kind = if is_pods { "Pods" } else { "Percent" };
        format!("{{ type = '{kind}', value = {value}, periodSeconds = {period} }}")
    });
    let rules = (
        proptest::option::of(0u32..=3600),
        proptest::option::of(proptest::sample::select(vec!["Max", "Min", "Disabled"])),
        proptest::collection::vec(policy, 1..3),
    )
        .prop_map(|(window, select, policies)| {
            let mut parts = vec![format!("policies = [{}]", policies.join(", "))];
            parts.extend(window.map(|seconds| format!("stabilizationWindowSeconds = {seconds}")));
            parts.extend(select.map(|word| format!("selectPolicy = '{word}'")));
            format!("{{ {} }}", parts.join(", "))
        });
    let behavior = (proptest::option::of(rules.clone()), proptest::option::of(rules));
    (proptest::option::of(1u32..5), 5u32..50, proptest::collection::vec(metric, 1..4), behavior).prop_map(
        |(min, max, metrics, (up, down))| {
            let mut text = format!("{SERVICE}[pods]\ncpu = {{ request = '500m' }}\nmemory = {{ request = '1Gi' }}\n[nodes]\ncount = 9\n[hpa.spec]\nmaxReplicas = {max}\n");
            if let Some(min) = min {
                text.push_str(&format!("minReplicas = {min}\n"));
            }
            text.push_str(&format!("metrics = [{}]\n", metrics.join(", ")));
            for (key, rules) in [("scaleUp", up), ("scaleDown", down)] {
                if let Some(rules) = rules {
                    text.push_str(&format!("behavior.{key} = {rules}\n"));
                }
            }
            text
        },
    )
}

/// The HPA's spec as it is understood, without the workload that it names: a scenario does without one.
fn spec_of(scenario: &Scenario) -> serde_json::Value {
    let Policy::Hpa { spec, .. } = &scenario.policy else { panic!("no HPA") };
    let mut spec = serde_json::to_value(&spec.stored).unwrap();
    spec.as_object_mut().unwrap().remove("scaleTargetRef");
    spec
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ess_comes_back_from_command_lines(text in policy(ess())) {
        same(&text, Target::AliyunCli)?;
    }

    #[test]
    fn ess_comes_back_from_terraform(text in policy(ess())) {
        same(&text, Target::Terraform)?;
    }

    #[test]
    fn aws_comes_back_from_command_lines(text in policy(aws())) {
        same(&text, Target::AwsCli)?;
    }

    #[test]
    fn aws_comes_back_from_cloudformation(text in policy(aws())) {
        same(&text, Target::CloudFormation)?;
    }

    #[test]
    fn aws_comes_back_from_terraform(text in policy(aws())) {
        same(&text, Target::Terraform)?;
    }

    #[test]
    fn tencent_comes_back_from_command_lines(text in policy(tencent())) {
        same(&text, Target::Tccli)?;
    }

    #[test]
    fn tencent_comes_back_from_terraform(text in policy(tencent())) {
        same(&text, Target::Terraform)?;
    }

    #[test]
    fn an_hpa_comes_back_from_its_manifest(text in hpa_spec()) {
        let scenario = loaded(&text);
        let manifest = export(&scenario, Target::Hpa).unwrap();
        let read = import(&[Source::new("hpa.yaml", &manifest)], &ImportOptions::default())
            .unwrap_or_else(|error| panic!("{error}\n{manifest}"));
        prop_assert_eq!(read.scenarios.len(), 1, "{}", &manifest);
        let again = loaded(&read.scenarios[0].text);
        prop_assert_eq!(spec_of(&again), spec_of(&scenario), "{}", &manifest);
    }

    /// Whatever is in a file, reading it ends with a result.
    #[test]
    fn no_text_brings_an_importer_down(text in "\\PC{0,200}", shell in any::<bool>()) {
        let _ = import(&[Source::new("x", &text)], &ImportOptions { shell, ..ImportOptions::default() });
    }

    /// The same for texts that are nearly right.
    #[test]
    fn no_damaged_artifact_brings_an_importer_down(at in 0usize..400, cut in 0usize..30, shell in any::<bool>()) {
        const WHOLE: &str = "{\"AutoScalingGroups\":[{\"AutoScalingGroupName\":\"g\",\"MinSize\":\"1\",\"MaxSize\":2}],\
            \"ScalingPolicies\":[{\"AutoScalingGroupName\":\"g\",\"PolicyName\":\"p\",\"ScalingAdjustment\":1,\"Cooldown\":null}],\
            \"MetricAlarms\":[{\"AlarmName\":\"a\",\"MetricName\":\"CPUUtilization\",\"Threshold\":-0.0,\"Period\":60,\
            \"ComparisonOperator\":\"GreaterThanThreshold\",\"AlarmActions\":[\"p\"]}]}";
        let from = at.min(WHOLE.len());
        let to = (from + cut).min(WHOLE.len());
        let text = format!("{}{}", &WHOLE[..from], &WHOLE[to..]);
        let _ = import(&[Source::new("x", &text)], &ImportOptions { shell, ..ImportOptions::default() });
    }
}

/// Nobody knows what was meant by a number that its field cannot hold: it is refused where it stands, not replaced.
#[test]
fn numbers_that_a_field_cannot_hold_are_refused() {
    let group = |min: &str| {
        format!("{{\"AutoScalingGroups\":[{{\n\"AutoScalingGroupName\":\"g\",\n\"MinSize\":{min},\"MaxSize\":2}}]}}")
    };
    let read = |text: &str| import(&[Source::new("groups.json", text)], &ImportOptions::default());
    for min in ["99999999999999999999999", "-1", "1.5", "\"1.5\"", "4294967296", "\"NaN\"", "\"-inf\"", "1e400"] {
        let error = read(&group(min)).expect_err(min).to_string();
        assert!(error.contains("MinSize is") && error.contains("a whole number from 0"), "{min}: {error}");
        assert!(error.contains("groups.json:3:11"), "{min}: {error}");
    }
    for min in ["1", "1.0", "\"1\"", "0"] {
        assert!(read(&group(min)).is_ok(), "{min}");
    }
    let alarm = |threshold: &str, period: &str| {
        format!(
            "{{\"MetricAlarms\":[{{\"AlarmName\":\"a\",\"MetricName\":\"CPUUtilization\",\"Threshold\":{threshold},\"Period\":{period},\
             \"ComparisonOperator\":\"GreaterThanThreshold\",\"AlarmActions\":[]}}]}}"
        )
    };
    assert!(read(&alarm("-3.5", "60")).is_ok());
    assert!(
        read(&alarm("1e400", "60")).expect_err("infinite").to_string().contains("Threshold is 1e400: a finite number")
    );
    assert!(read(&alarm("70", "99999999999999999999")).expect_err("too long").to_string().contains("Period is 99999"));
}

/// A policy that is there and cannot be taken over is told for what is the matter with it.
#[test]
fn an_hpa_that_kubernetes_would_refuse_says_why() {
    let hpa = |min: &str, max: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: web }}\nspec:\n  \
             scaleTargetRef: {{ kind: Deployment, name: web, apiVersion: apps/v1 }}\n  minReplicas: {min}\n  maxReplicas: {max}\n"
        )
    };
    for (min, max) in [("2", "99999999999999999999"), ("-1", "10"), ("2", "1.5"), ("5", "2"), ("two", "10")] {
        let read = import(&[Source::new("hpa.yaml", &hpa(min, max))], &ImportOptions::default());
        let error = read.expect_err("it is refused").to_string();
        assert!(error.contains("the HPA `web` is not taken over: "), "{min} {max}: {error}");
        assert!(error.contains("Replicas"), "{min} {max}: it names the field: {error}");
    }
}

/// Steps and missing data go through AWS's formats as well.
#[test]
fn steps_come_back() {
    let text = format!(
        "{SERVICE}[aws]\nmin = 1\nmax = 9\ndefault_instance_warmup = '90s'\nremoval = ['oldest-instance', 'default']\n\
         [[aws.policy]]\nname = 'out'\nwarmup = '30s'\nmetric_aggregation = 'maximum'\n\
         step = [{{ lower = 0.0, upper = 10.5, adjust = {{ change = 1 }} }}, {{ lower = 10.5, adjust = {{ change = 3 }} }}]\n\
         [[aws.alarm]]\nname = 'high'\nmetric = 'CPUUtilization'\ncomparison = '>'\nthreshold = 60.0\nperiod = '60s'\ntimes = 5\n\
         datapoints_to_alarm = 3\nmissing = 'breaching'\nstatistic = 'p90'\naction = 'out'\nenabled = false\n"
    );
    let scenario = loaded(&text);
    for target in [Target::AwsCli, Target::CloudFormation, Target::Terraform] {
        assert_eq!(again(&scenario, target), policy_of(&scenario.file), "{}", export(&scenario, target).unwrap());
    }
}

/// What the API refuses is not written, nor another vendor's format.
#[test]
fn nothing_is_written_that_would_be_refused() {
    let ess = |rest: &str| {
        loaded(&format!(
            "{SERVICE}[ess]\nlenient = true\nmin = 1\nmax = 2\n[[ess.rule]]\nname = 'r'\nadjust = {{ change = 1 }}\n{rest}"
        ))
    };
    let odd =
        ess("[[ess.alarm]]\nname = 'a'\nmetric = 'CpuUtilization'\nthreshold = 1.0\nperiod = '600s'\naction = 'r'\n");
    let error = export(&odd, Target::AliyunCli).unwrap_err().to_string();
    assert!(error.contains("600s is not accepted by the API"), "{error}");
    assert!(export(&ess(""), Target::AwsCli).unwrap_err().to_string().contains("[ess] cannot be written as aws-cli"));
}
