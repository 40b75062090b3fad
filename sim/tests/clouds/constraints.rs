//! Every range of the APIs, at both of its ends and beyond: `vectors/ess/constraints.json` for ESS, CloudMonitor, Tencent AS
//! and their load balancers; the ELB guide for AWS.

use windtunnel_sim::controllers::cloud::{CloudConfig, Problem, Severity};
use windtunnel_sim::scenario::schema::{Algorithm, Balancer, HealthCheck};

use crate::support::*;

const RULE: &str = "[[rule]]\nname = \"r\"\nadjust = { change = 1 }\n";
const POLICY: &str = "[[policy]]\nname = \"p\"\nadjust = { change = 1 }\n";

fn worst_at(problems: &[Problem], path: &str) -> Option<Severity> {
    problems.iter().filter(|p| p.path == path).map(|p| p.severity).max()
}

fn problems(provider: &str, text: &str) -> Vec<Problem> {
    match provider {
        "ess" => ess(text).validate(),
        "aws" => aws(text).validate(),
        _ => tencent(text).validate(),
    }
}

/// A template with `@` in place of the value, what is taken, and what is refused.
type Row = (&'static str, String, &'static str, Vec<&'static str>, Vec<&'static str>);

fn rows() -> Vec<Row> {
    let ess = |keys: &str| format!("min = 1\nmax = 10\n{keys}");
    let ess_rule = |keys: &str| format!("min = 1\nmax = 10\n[[rule]]\nname = \"r\"\n{keys}");
    let ess_alarm = |keys: &str| {
        format!("min = 1\nmax = 10\n{RULE}[[alarm]]\nname = \"a\"\nthreshold = 70\naction = \"r\"\n{keys}")
    };
    let cpu_alarm = |keys: &str| ess_alarm(&format!("metric = \"CpuUtilization\"\n{keys}"));
    let tracking = |keys: &str| ess_rule(&format!("target = {{ metric = \"CpuUtilization\", {keys} }}"));
    let tencent = |keys: &str| format!("min = 1\nmax = 10\n{keys}");
    let tencent_alarm =
        |keys: &str| format!("min = 1\nmax = 10\n{POLICY}[[alarm]]\nname = \"a\"\naction = \"p\"\n{keys}");
    let aws = |keys: &str| format!("min = 1\nmax = 10\n{keys}");
    let aws_alarm = |keys: &str| {
        let comparison = if keys.contains("comparison") { "" } else { "comparison = \">\"\n" };
        aws(&format!(
            "{POLICY}[[alarm]]\nname = \"a\"\nmetric = \"CPUUtilization\"\nthreshold = 70\naction = \"p\"\n{comparison}{keys}"
        ))
    };
    let aws_predictive = |keys: &str| {
        aws(&format!(
            "[[policy]]\nname = \"p\"\ntarget = {{ metric = \"CPUUtilization\", value = 50 }}\npredictive = {{ {keys} }}"
        ))
    };
    let tencent_cpu = |keys: &str| tencent_alarm(&format!("metric = \"CPU_UTILIZATION\"\n{keys}"));
    vec![
        ("ess", "min = 0\nmax = @".into(), "ess.max", vec!["1", "2000"], vec!["2001"]),
        ("ess", ess("default_cooldown = \"@s\""), "ess.default_cooldown", vec!["0", "86400"], vec!["86401", "0.5"]),
        (
            "ess",
            ess("stop_instance_timeout = \"@s\""),
            "ess.stop_instance_timeout",
            vec!["30", "240"],
            vec!["29", "241"],
        ),
        ("ess", ess_rule("adjust = { change = @ }"), "ess.rule.r.adjust", vec!["-1000", "1000"], vec!["-1001", "1001"]),
        (
            "ess",
            ess_rule("adjust = { percent = @ }"),
            "ess.rule.r.adjust",
            vec!["-100", "10000"],
            vec!["-101", "10001"],
        ),
        ("ess", ess_rule("adjust = { exact = @ }"), "ess.rule.r.adjust", vec!["0", "2000"], vec!["2001"]),
        ("ess", ess(&format!("{RULE}cooldown = \"@s\"")), "ess.rule.r.cooldown", vec!["0", "86400"], vec!["86401"]),
        (
            "ess",
            ess_rule("min_adjustment_magnitude = 2\nadjust = { @ = 10 }"),
            "ess.rule.r.min_adjustment_magnitude",
            vec!["percent"],
            vec!["change", "exact"],
        ),
        (
            "ess",
            ess_rule("target = { metric = \"CpuUtilization\", value = 50 }\nwarmup = \"@s\""),
            "ess.rule.r.warmup",
            vec!["0", "86400"],
            vec!["86401"],
        ),
        (
            "ess",
            tracking("value = 50, period = \"@s\""),
            "ess.rule.r.target.period",
            vec!["15", "60", "120", "300", "900"],
            vec!["30", "90", "180", "600", "1800"],
        ),
        // 1.005 × 1000 is not whole in binary, and has three decimals all the same.
        (
            "ess",
            tracking("value = @"),
            "ess.rule.r.target.value",
            vec!["0.001", "1.005", "70.123", "4.35", "50"],
            vec!["70.1234", "0.0005"],
        ),
        (
            "ess",
            cpu_alarm("period = \"@s\""),
            "ess.alarm.a.period",
            vec!["15", "60", "120", "300", "900"],
            vec!["20", "30", "180", "240", "600", "3600"],
        ),
        (
            "ess",
            cpu_alarm("statistic = \"@\""),
            "ess.alarm.a.statistic",
            vec!["Average", "Minimum", "Maximum"],
            vec!["Sum", "SampleCount", "p99"],
        ),
        ("ess", cpu_alarm("comparison = \"@\""), "ess.alarm.a.comparison", vec![">", ">=", "<", "<="], vec!["=", "!="]),
        (
            "ess",
            cpu_alarm("kind = \"cms-rule\"\nperiod = \"@s\""),
            "ess.alarm.a.period",
            vec!["60", "300", "600"],
            vec!["15", "90", "75"],
        ),
        (
            "ess",
            ess_alarm("metric = \"CpuUtilizationAgent\"\nkind = \"cms-rule\"\nperiod = \"@s\""),
            "ess.alarm.a.period",
            vec!["15", "75", "600"],
            vec!["20", "50"],
        ),
        (
            "ess",
            cpu_alarm("kind = \"cms-rule\"\nsilence_time = \"@s\""),
            "ess.alarm.a.silence_time",
            vec!["300", "86400"],
            vec!["299", "86401"],
        ),
        (
            "ess",
            ess("[[hook]]\nname = \"h\"\ntransition = \"SCALE_OUT\"\ntakes = \"1s\"\ntimeout = \"@s\""),
            "ess.hook.h.timeout",
            vec!["30", "21600"],
            vec!["29", "21601"],
        ),
        (
            "ess",
            ess("[[scheduled]]\nname = \"s\"\nat = \"1h\"\nmin = 2\nretry_for = \"@s\""),
            "ess.scheduled.s.retry_for",
            vec!["0", "1800"],
            vec!["1801"],
        ),
        (
            "ess",
            ess("[[scheduled]]\nname = \"s\"\nmin = 2\nat = \"@h\""),
            "ess.scheduled.s.at",
            vec!["1", "2160"],
            vec!["2161"],
        ),
        // AWS: the ranges of the botocore models (PutMetricAlarm, PutScalingPolicy, CreateAutoScalingGroup, ...).
        (
            "aws",
            aws_alarm("period = \"@s\""),
            "aws.alarm.a.period",
            vec!["10", "20", "30", "60", "120", "3600", "86400"],
            vec!["5", "45", "60.5", "90", "3601"],
        ),
        ("aws", aws_alarm("period = \"60s\"\ntimes = @"), "aws.alarm.a.times", vec!["1", "1440"], vec!["1441"]),
        ("aws", aws_alarm("period = \"1h\"\ntimes = @"), "aws.alarm.a.times", vec!["1", "168"], vec!["169"]),
        ("aws", aws_alarm("comparison = \"@\""), "aws.alarm.a.comparison", vec![">", ">=", "<", "<="], vec!["=", "!="]),
        (
            "aws",
            aws("default_instance_warmup = \"@s\""),
            "aws.default_instance_warmup",
            vec!["0", "3600"],
            vec!["3601"],
        ),
        (
            "aws",
            aws("maintenance = { min_healthy = @, max_healthy = 120 }"),
            "aws.maintenance.min_healthy",
            vec!["20", "100"],
            vec!["101"],
        ),
        (
            "aws",
            aws("maintenance = { min_healthy = 100, max_healthy = @ }"),
            "aws.maintenance.max_healthy",
            vec!["101", "200"],
            vec!["99", "201"],
        ),
        (
            "aws",
            aws("[[hook]]\nname = \"h\"\ntransition = \"launching\"\ntakes = \"1s\"\ntimeout = \"@s\""),
            "aws.hook.h.timeout",
            vec!["30", "7200"],
            vec!["29", "7201"],
        ),
        ("aws", aws_predictive("buffer = \"@s\""), "aws.policy.p.predictive.buffer", vec!["0", "3599"], vec!["3600"]),
        (
            "aws",
            aws_predictive("max_capacity_buffer = @"),
            "aws.policy.p.predictive.max_capacity_buffer",
            vec!["0", "100"],
            vec!["-1", "101"],
        ),
        (
            "aws",
            aws("[[policy]]\nname = \"p\"\ntarget = { metric = \"CPUUtilization\", value = 50, period = \"@s\" }"),
            "aws.policy.p.target.period",
            vec!["10", "30", "60"],
            vec!["20", "120"],
        ),
        (
            "aws",
            aws(
                "[[policy]]\nname = \"p\"\nmetric_aggregation = \"@\"\nstep = [{ lower = 0, adjust = { change = 1 } }]",
            ),
            "aws.policy.p.metric_aggregation",
            vec!["Average", "Minimum", "Maximum"],
            vec!["Sum", "p99"],
        ),
        (
            "aws",
            aws("[[policy]]\nname = \"p\"\nmin_adjustment_magnitude = 2\nadjust = { @ = 10 }"),
            "aws.policy.p.min_adjustment_magnitude",
            vec!["PercentChangeInCapacity"],
            vec!["ChangeInCapacity", "ExactCapacity"],
        ),
        ("tencent", "min = 0\nmax = @".into(), "tencent.max", vec!["1", "2000"], vec!["2001"]),
        ("tencent", tencent("default_cooldown = \"@s\""), "tencent.default_cooldown", vec!["0", "3600"], vec!["3601"]),
        (
            "tencent",
            tencent("health_check_grace = \"@s\""),
            "tencent.health_check_grace",
            vec!["0", "7200"],
            vec!["7201"],
        ),
        (
            "tencent",
            tencent(&format!("{POLICY}cooldown = \"@s\"")),
            "tencent.policy.p.cooldown",
            vec!["0", "3600"],
            vec!["3601"],
        ),
        (
            "tencent",
            tencent(
                "[[policy]]\nname = \"p\"\ntarget = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 50 }\nwarmup = \"@s\"",
            ),
            "tencent.policy.p.warmup",
            vec!["0", "3600"],
            vec!["3601"],
        ),
        (
            "tencent",
            tencent("[[policy]]\nname = \"p\"\ntarget = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = @ }"),
            "tencent.policy.p.target.value",
            vec!["1", "99.5"],
            vec!["0.5", "100"],
        ),
        (
            "tencent",
            tencent_cpu("threshold = 70\nperiod = \"@s\""),
            "tencent.alarm.a.period",
            vec!["60", "300"],
            vec!["15", "120", "600", "900"],
        ),
        ("tencent", tencent_cpu("threshold = 70\ntimes = @"), "tencent.alarm.a.times", vec!["1", "10"], vec!["11"]),
        (
            "tencent",
            tencent_cpu("threshold = @"),
            "tencent.alarm.a.threshold",
            vec!["1", "100"],
            vec!["0", "101", "70.5"],
        ),
        (
            "tencent",
            tencent_cpu("threshold = 70\nstatistic = \"@\""),
            "tencent.alarm.a.statistic",
            vec!["AVERAGE", "MAXIMUM", "MINIMUM"],
            vec!["Sum"],
        ),
        (
            "tencent",
            tencent("[[hook]]\nname = \"h\"\ntransition = \"INSTANCE_LAUNCHING\"\ntakes = \"1s\"\ntimeout = \"@s\""),
            "tencent.hook.h.timeout",
            vec!["30", "7200"],
            vec!["29", "7201"],
        ),
    ]
}

#[test]
fn cloud_every_range_of_the_apis_holds_at_both_ends() {
    for (provider, template, path, taken, refused) in rows() {
        for value in taken {
            let found = problems(provider, &template.replace('@', value));
            assert!(worst_at(&found, path) < Some(Severity::Warning), "{path} takes {value}: {found:#?}");
        }
        for value in refused {
            let text = template.replace('@', value);
            let found = problems(provider, &text);
            assert_eq!(worst_at(&found, path), Some(Severity::Error), "{path} refuses {value}: {found:#?}");
            let lenient = problems(provider, &format!("lenient = true\n{text}"));
            assert_eq!(worst_at(&lenient, path), Some(Severity::Warning), "{path}, {value}, lenient: {lenient:#?}");
        }
    }
}

#[test]
fn cloud_load_balancers_take_what_their_apis_take() {
    // constraints.json, load_balancers; for AWS the ELB guide, where one check suffices for a newly registered target.
    let check_all = |provider: &str, lenient: bool, balancer: &Balancer| {
        let text = format!("min = 1\nmax = 2\nlenient = {lenient}\n");
        match provider {
            "ess" => ess(&text).check_balancer(balancer),
            "aws" => aws(&text).check_balancer(balancer),
            _ => tencent(&text).check_balancer(balancer),
        }
    };
    let check = |provider: &str, lenient: bool, health: &HealthCheck| {
        check_all(provider, lenient, &Balancer { health: Some(health.clone()), ..Balancer::default() })
    };
    // elbv2: deregistration 0 to 3600 s; slow start none or 30 to 900 s; with the fewest
    // outstanding requests there is none (ELB guide), which is said.
    let refused = |balancer: &Balancer| -> Vec<String> {
        check_all("aws", false, balancer).into_iter().map(|problem| problem.path).collect()
    };
    for (drain, slow_start, paths) in [
        (0, 0, &[][..]),
        (3600, 30, &[]),
        (300, 900, &[]),
        (3601, 0, &["balancer.drain"]),
        (0, 29, &["balancer.slow_start"]),
        (0, 901, &["balancer.slow_start"]),
    ] {
        let (drain, slow_start) = (seconds(drain), seconds(slow_start));
        let balancer = Balancer { drain, slow_start, ..Balancer::default() };
        assert_eq!(refused(&balancer), paths, "{drain} {slow_start}");
        assert_eq!(check_all("ess", false, &balancer), [], "other balancers have ranges of their own");
    }
    let outstanding =
        Balancer { slow_start: seconds(60), algorithm: Algorithm::LeastOutstanding, ..Balancer::default() };
    let warned = check_all("aws", false, &outstanding);
    assert_eq!((warned.len(), warned[0].severity), (1, Severity::Warning));
    for (provider, every, timeout, healthy, unhealthy) in [
        ("ess", (1, 50), (1, 300), (2, 10), (2, 10)),
        ("aws", (5, 300), (2, 120), (1, 10), (2, 10)),
        ("tencent", (2, 300), (2, 60), (2, 10), (2, 10)),
    ] {
        let health = |every: u64, timeout: u64, healthy: u32, unhealthy: u32| HealthCheck {
            every: seconds(every),
            timeout: seconds(timeout),
            healthy,
            unhealthy,
        };
        let least = health(every.0, timeout.0, healthy.0, unhealthy.0);
        let most = health(every.1, timeout.1, healthy.1, unhealthy.1);
        for taken in [&least, &most] {
            assert_eq!(check(provider, false, taken), [], "{provider}");
        }
        for (key, refused) in [
            ("every", HealthCheck { every: seconds(every.0 - 1), ..least.clone() }),
            ("every", HealthCheck { every: seconds(every.1 + 1), ..least.clone() }),
            ("timeout", HealthCheck { timeout: seconds(timeout.0 - 1), ..least.clone() }),
            ("timeout", HealthCheck { timeout: seconds(timeout.1 + 1), ..least.clone() }),
            ("healthy", HealthCheck { healthy: healthy.0 - 1, ..least.clone() }),
            ("healthy", HealthCheck { healthy: healthy.1 + 1, ..least.clone() }),
            ("unhealthy", HealthCheck { unhealthy: unhealthy.0 - 1, ..least.clone() }),
            ("unhealthy", HealthCheck { unhealthy: unhealthy.1 + 1, ..least.clone() }),
        ] {
            let path = format!("balancer.health.{key}");
            assert_eq!(worst_at(&check(provider, false, &refused), &path), Some(Severity::Error), "{provider} {path}");
            assert_eq!(worst_at(&check(provider, true, &refused), &path), Some(Severity::Warning), "{provider} {path}");
        }
    }
}

#[test]
fn cloud_metrics_that_are_not_simulated_are_refused_as_such() {
    // constraints.json, CreateAlarm MetricName.system and MetricAlarm.MetricName: what is not simulated is said to be so, not
    // taken for a slip of the pen.
    for name in ["IntranetTx", "SystemDiskReadBps", "GpuUtilizationAgent", "LoadAverage", "EciPodCpuUtilization"] {
        let text = format!(
            "min = 1\nmax = 2\n{RULE}[[alarm]]\nname = \"a\"\nmetric = \"{name}\"\nthreshold = 1\naction = \"r\"\n"
        );
        let found = ess(&text).validate();
        assert!(
            found.iter().any(|p| p.message.contains("not simulated") && p.severity == Severity::Error),
            "{found:#?}"
        );
    }
    for name in ["LAN_TRAFFIC_OUT", "WAN_TRAFFIC_IN", "ASG_AVG_LAN_TRAFFIC_IN"] {
        let text = format!(
            "min = 1\nmax = 2\n{POLICY}[[alarm]]\nname = \"a\"\nmetric = \"{name}\"\nthreshold = 1\naction = \"p\"\n"
        );
        let found = tencent(&text).validate();
        assert!(
            found.iter().any(|p| p.message.contains("not simulated") && p.severity == Severity::Error),
            "{found:#?}"
        );
    }
}

#[test]
fn cloud_keys_of_what_is_not_simulated_are_refused_by_name() {
    use windtunnel_sim::controllers::cloud::{AwsConfig, EssConfig};
    for (key, words) in [
        ("MaxInstanceLifetime = 86400", "not simulated"),
        ("OnDemandBaseCapacity = 2", "several instance types"),
        ("SpotInstancePools = 2", "several instance types"),
        ("removal = [\"CustomPolicy\"]", "a function of one's own, which is not simulated"),
    ] {
        let error = toml::from_str::<EssConfig>(&format!("min = 1\nmax = 2\n{key}")).expect_err(key).to_string();
        assert!(error.contains(words), "{error}");
    }
    for (key, words) in [
        ("MaxInstanceLifetime = 86400", "not simulated"),
        ("MixedInstancesPolicy = {}", "several instance types"),
        ("TerminationPolicies = [\"arn:aws:lambda:eu-west-1:1:function:f:p\"]", "a function of one's own"),
    ] {
        let error = toml::from_str::<AwsConfig>(&format!("min = 1\nmax = 2\n{key}")).expect_err(key).to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn cloud_refusals_name_the_nearest_that_is_taken() {
    // The same window where there is one that the API takes, else the nearest period; never more periods than it takes.
    let ess_alarm = |keys: &str| {
        format!(
            "min = 1\nmax = 10\n{RULE}[[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\nthreshold = 70\naction = \"r\"\n{keys}"
        )
    };
    let tencent_alarm = |keys: &str| {
        format!(
            "min = 1\nmax = 10\n{POLICY}[[alarm]]\nname = \"a\"\nmetric = \"CPU_UTILIZATION\"\nthreshold = 70\naction = \"p\"\n{keys}"
        )
    };
    let aws_alarm = |keys: &str| {
        format!(
            "min = 1\nmax = 10\n{POLICY}[[alarm]]\nname = \"a\"\nmetric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 70\naction = \"p\"\n{keys}"
        )
    };
    for (provider, text, path, words) in [
        (
            "ess",
            ess_alarm("period = \"600s\"\ntimes = 3"),
            "ess.alarm.a.period",
            "it takes 15, 60, 120, 300, 900 seconds; nearest with the same window: 300 s × 6",
        ),
        (
            "ess",
            ess_alarm("period = \"200s\"\ntimes = 3"),
            "ess.alarm.a.period",
            "nearest with the same window: 120 s × 5",
        ),
        ("ess", ess_alarm("period = \"10s\"\ntimes = 3"), "ess.alarm.a.period", "the nearest is 15 s × 2"),
        ("ess", ess_alarm("period = \"70s\"\ntimes = 1"), "ess.alarm.a.period", "the nearest is 60 s × 1"),
        (
            "ess",
            ess_alarm("kind = \"cms-rule\"\nperiod = \"90s\"\ntimes = 2"),
            "ess.alarm.a.period",
            "it takes multiples of 60 seconds; nearest with the same window: 60 s × 3",
        ),
        (
            "tencent",
            tencent_alarm("period = \"600s\"\ntimes = 3"),
            "tencent.alarm.a.period",
            "nearest with the same window: 300 s × 6",
        ),
        (
            "tencent",
            tencent_alarm("period = \"600s\"\ntimes = 6"),
            "tencent.alarm.a.period",
            "the nearest is 300 s × 10",
        ),
        ("tencent", tencent_alarm("period = \"30s\"\ntimes = 1"), "tencent.alarm.a.period", "the nearest is 60 s × 1"),
        ("tencent", tencent_alarm("times = 11"), "tencent.alarm.a.times", "it takes 1 to 10; the nearest is 10"),
        ("tencent", tencent_alarm("").replace("70", "70.6"), "tencent.alarm.a.threshold", "the nearest is 71"),
        (
            "aws",
            aws_alarm("period = \"90s\"\ntimes = 2"),
            "aws.alarm.a.period",
            "10, 20, 30 seconds or a multiple of 60; nearest with the same window: 60 s × 3",
        ),
        (
            "aws",
            aws_alarm("period = \"45s\"\ntimes = 4"),
            "aws.alarm.a.period",
            "nearest with the same window: 30 s × 6",
        ),
        ("aws", aws_alarm("period = \"3601s\"\ntimes = 1"), "aws.alarm.a.period", "the nearest is 3600 s × 1"),
        ("aws", aws_alarm("period = \"60s\"\ntimes = 2000"), "aws.alarm.a.times", "the nearest is 1440"),
        (
            "aws",
            "min = 1\nmax = 2\ndefault_instance_warmup = \"1.5s\"".into(),
            "aws.default_instance_warmup",
            "0 to 3600 whole seconds; the nearest is 2 s",
        ),
        (
            "aws",
            "min = 1\nmax = 2\ndefault_instance_warmup = \"2h\"".into(),
            "aws.default_instance_warmup",
            "the nearest is 3600 s",
        ),
        ("ess", "min = 1\nmax = 2001".into(), "ess.max", "it takes 0 to 2000; the nearest is 2000"),
    ] {
        let found = problems(provider, &text);
        let problem = found.iter().find(|p| p.path == path).unwrap_or_else(|| panic!("{path}: {found:#?}"));
        assert!(problem.message.contains(words), "{path}: {}", problem.message);
    }
}

#[test]
fn cloud_aws_scheduled_actions_have_start_times_of_their_own() {
    let action = |name: &str, at: &str| format!("[[scheduled]]\nname = \"{name}\"\nat = \"{at}\"\nmin = 1\n");
    let with = |at: &str| aws(&format!("min = 1\nmax = 3\n{}{}", action("a", "1h"), action("b", at))).validate();
    assert_eq!(worst_at(&with("60m"), "aws.scheduled.b.at"), Some(Severity::Error));
    assert_eq!(worst_at(&with("61m"), "aws.scheduled.b.at"), None);
}
