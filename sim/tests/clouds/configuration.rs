//! What is refused, with which words and where; what is taken in the vendors' spelling; what is written back.

use windtunnel_sim::controllers::cloud::{ASSUMPTIONS, Problem, Severity};

use crate::support::*;

const ESS: &str = "min = 3\nmax = 10\ndesired = 5\n[[rule]]\nname = \"out\"\nadjust = { change = 2 }\n";

fn found(problems: &[Problem], path: &str) -> (Severity, String) {
    let problem = problems.iter().find(|p| p.path == path);
    let problem = problem.unwrap_or_else(|| panic!("nothing at {path} in {problems:#?}"));
    (problem.severity, problem.message.clone())
}

fn ess_alarm(keys: &str) -> String {
    let defaults = [
        ("name", "\"a\""),
        ("metric", "\"CpuUtilization\""),
        ("threshold", "30"),
        ("period", "\"300s\""),
        ("action", "\"out\""),
    ];
    let rest: String = defaults
        .iter()
        .filter(|(key, _)| !keys.lines().any(|line| line.starts_with(&format!("{key} "))))
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    format!("{ESS}[[alarm]]\n{rest}{keys}\n")
}

#[test]
fn cloud_the_guides_period_of_600_s_is_refused_with_what_the_api_takes() {
    // vectors/ess/constraints.json, CreateAlarm.Period.
    let text = ess_alarm("period = \"600s\"\ntimes = 3");
    let (severity, message) = found(&ess(&text).validate(), "ess.alarm.a.period");
    assert_eq!(severity, Severity::Error);
    assert!(message.contains("15, 60, 120, 300, 900"), "{message}");
    assert!(message.contains("nearest with the same window: 300 s × 6"), "{message}");
    assert!(ess(&text).controller(windtunnel_traces::Streams::new(1), &Default::default()).is_err());
    let lenient = format!("lenient = true\n{text}");
    assert_eq!(found(&ess(&lenient).validate(), "ess.alarm.a.period").0, Severity::Warning);
    assert!(ess(&lenient).controller(windtunnel_traces::Streams::new(1), &Default::default()).is_ok());
}

#[test]
fn cloud_ess_refusals() {
    let table = [
        (ess_alarm("action = \"outt\""), "ess.alarm.a.action", "did you mean `out`?"),
        (ess_alarm("metric = \"CpuUtilisation\""), "ess.alarm.a.metric", "did you mean `CpuUtilization`?"),
        (ess_alarm("statistic = \"sum\""), "ess.alarm.a.statistic", "average, minimum, maximum"),
        (ess_alarm("comparison = \"!=\""), "ess.alarm.a.comparison", ">, >=, <, <="),
        (ess_alarm("times = 0"), "ess.alarm.a.times", "at least one"),
        (ess_alarm("period = \"0s\""), "ess.alarm.a.period", "too short"),
        (ess_alarm("threshold = nan"), "ess.alarm.a.threshold", "not a number"),
        (ESS.replace("min = 3", "min = 11"), "ess.min", "greater than max = 10"),
        (ESS.replace("desired = 5", "desired = 11"), "ess.desired", "not between min = 3 and max = 10"),
        (ESS.replace("max = 10", "max = 3000"), "ess.max", "0 to 2000"),
        (ESS.replace("change = 2", "change = 1001"), "ess.rule.out.adjust", "-1000 to 1000"),
        (ESS.replace("change = 2", "percent = -101"), "ess.rule.out.adjust", "-100 to 10000"),
        (format!("{ESS}cooldown = \"2d\""), "ess.rule.out.cooldown", "0 to 86400"),
        (format!("{ESS}[[rule]]\nname = \"out\"\nadjust = {{ change = 1 }}"), "ess.rule.out", "used twice"),
        (format!("{ESS}[[rule]]\nname = \"x\""), "ess.rule.x", "needs `adjust`"),
        (
            format!("{ESS}[[rule]]\nname = \"s\"\nstep = [{{ lower = 0, upper = 5, adjust = {{ change = 1 }} }}]"),
            "ess.rule.s.step",
            "one step must have no upper bound",
        ),
        (
            format!("{ESS}[[rule]]\nname = \"t\"\ntarget = {{ metric = \"CpuUtilization\", value = 0 }}"),
            "ess.rule.t.target.value",
            "above zero",
        ),
        (format!("{ESS}[[scheduled]]\nname = \"s\"\ncron = \"61 * * * *\"\nmin = 4"), "ess.scheduled.s.cron", "minute"),
        (format!("{ESS}[[scheduled]]\nname = \"s\"\nmin = 4"), "ess.scheduled.s", "exactly one of `at` and `cron`"),
    ];
    for (text, path, words) in table {
        let (severity, message) = found(&ess(&text).validate(), path);
        assert_eq!(severity, Severity::Error, "{path}: {message}");
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[test]
fn cloud_ess_notes_and_warnings_do_not_refuse() {
    let table = [
        (ESS.to_string(), "ess.rule.out", Severity::Note),
        (ESS.to_string(), "ess.desired", Severity::Note),
        (ess_alarm("metric = \"CPUUtilization\""), "ess.alarm.a.metric", Severity::Note),
        (ess_alarm("metric = \"QPS\"\ncomparison = \">\""), "ess.alarm.a.metric", Severity::Warning),
    ];
    for (text, path, severity) in table {
        assert_eq!(found(&ess(&text).validate(), path).0, severity, "{path}");
        assert!(ess(&text).validate().iter().all(|p| p.severity < Severity::Error), "{path}");
    }
}

fn aws_alarm(keys: &str) -> String {
    format!(
        "min = 1\nmax = 10\n[[policy]]\nname = \"out\"\nadjust = {{ change = 1 }}\n[[alarm]]\nname = \"a\"\n\
         metric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 70\naction = \"out\"\n{keys}\n"
    )
}

#[test]
fn cloud_aws_refusals() {
    // aws.md 1.1 (the ranges of PutMetricAlarm).
    let table = [
        (aws_alarm("period = \"45s\""), "aws.alarm.a.period", "multiple of 60"),
        (aws_alarm("period = \"300s\"\ntimes = 289"), "aws.alarm.a.times", "at most one day"),
        (aws_alarm("period = \"1h\"\ntimes = 169"), "aws.alarm.a.times", "seven days"),
        (aws_alarm("times = 3\ndatapoints_to_alarm = 4"), "aws.alarm.a.datapoints_to_alarm", "between 1 and times = 3"),
        (aws_alarm("").replace("action = \"out\"", "action = \"in\""), "aws.alarm.a.action", "there is no policy `in`"),
        (format!("default_instance_warmup = \"2h\"\n{}", aws_alarm("")), "aws.default_instance_warmup", "0 to 3600"),
        (format!("removal = [\"default\", \"oldest-instance\"]\n{}", aws_alarm("")), "aws.removal", "last"),
    ];
    for (text, path, words) in table {
        let (severity, message) = found(&aws(&text).validate(), path);
        assert_eq!(severity, Severity::Error, "{path}: {message}");
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[test]
fn cloud_tencent_refusals() {
    // vectors/ess/constraints.json, tencent_as.
    let with = |keys: &str| {
        format!(
            "min = 3\nmax = 10\n[[policy]]\nname = \"out\"\nadjust = {{ change = 2 }}\n[[alarm]]\nname = \"a\"\n\
             action = \"out\"\n{keys}\n"
        )
    };
    let cpu = "metric = \"CPU_UTILIZATION\"\n";
    let table = [
        (with("metric = \"QPS\"\nthreshold = 400"), "tencent.alarm.a.metric", "has no metric `QPS`"),
        (with(&format!("{cpu}threshold = 70\nperiod = \"600s\"")), "tencent.alarm.a.period", "300 s × 6"),
        (with(&format!("{cpu}threshold = 70\ntimes = 11")), "tencent.alarm.a.times", "1 to 10"),
        (with(&format!("{cpu}threshold = 70.5")), "tencent.alarm.a.threshold", "whole numbers"),
        (with(&format!("{cpu}threshold = 101")), "tencent.alarm.a.threshold", "1 to 100"),
    ];
    for (text, path, words) in table {
        let (severity, message) = found(&tencent(&text).validate(), path);
        assert_eq!(severity, Severity::Error, "{path}: {message}");
        assert!(message.contains(words), "{path}: {message}");
        let lenient = tencent(&format!("lenient = true\n{text}"));
        assert_eq!(found(&lenient.validate(), path).0, Severity::Warning, "{path}");
    }
}

#[test]
fn cloud_group_keys_refuse_what_the_apis_refuse() {
    // vectors/ess/constraints.json (CreateLifecycleHook, CreateScalingRule, CreateScheduledTask, CreateAlarm, Tencent
    // CreateAutoScalingGroup and CreateLifecycleHook) and the ranges of the botocore models. Lenient groups run them.
    let hook = |keys: &str| format!("[[hook]]\nname = \"h\"\ntransition = \"launching\"\n{keys}\n");
    let hooks = |count: usize| -> String {
        (0..count).map(|n| hook("takes = \"1s\"").replace("\"h\"", &format!("\"h{n}\""))).collect()
    };
    let plain = |keys: &str| format!("min = 2\nmax = 10\n{keys}\n");
    let table: Vec<(&str, String, &str, &str)> = vec![
        ("ess", plain(&hook("timeout = \"29s\"")), "ess.hook.h.timeout", "30 to 21600"),
        ("ess", plain(&hooks(7)), "ess.hook", "at most 6"),
        (
            "ess",
            ESS.replace("name = \"out\"", "name = \"out\"\nmin_adjustment_magnitude = 2"),
            "ess.rule.out.min_adjustment_magnitude",
            "percentages only",
        ),
        (
            "ess",
            plain("[[rule]]\nname = \"t\"\ntarget = { metric = \"CpuUtilization\", value = 50.0001 }"),
            "ess.rule.t.target.value",
            "three decimals",
        ),
        ("ess", plain("[[scheduled]]\nname = \"s\"\nat = \"91d\"\nmin = 3"), "ess.scheduled.s.at", "90 days"),
        (
            "ess",
            plain("[[scheduled]]\nname = \"s\"\nat = \"1d\"\nmin = 3\nretry_for = \"31m\""),
            "ess.scheduled.s.retry_for",
            "0 to 1800",
        ),
        (
            "ess",
            plain(
                "[[rule]]\nname = \"p\"\ntarget = { metric = \"CpuUtilization\", value = 50 }\npredictive = { buffer = \"61m\" }",
            ),
            "ess.rule.p.predictive.buffer",
            "0 to 3600",
        ),
        ("aws", plain(&hook("timeout = \"7201s\"")), "aws.hook.h.timeout", "30 to 7200"),
        ("aws", plain(&hook("result = \"ROLLBACK\"")), "aws.hook.h.result", "continue, abandon"),
        ("aws", plain(&hooks(51)), "aws.hook", "at most 50"),
        (
            "aws",
            plain("warm_pool = { max_prepared = 1 }"),
            "aws.warm_pool.max_prepared",
            "at least the group's min = 2",
        ),
        (
            "aws",
            plain("maintenance = { min_healthy = 101, max_healthy = 150 }"),
            "aws.maintenance.min_healthy",
            "0 to 100",
        ),
        ("aws", plain("maintenance = { min_healthy = 50, max_healthy = 200 }"), "aws.maintenance", "at most 100"),
        (
            "aws",
            plain("maintenance = { min_healthy = 100, max_healthy = 100 }"),
            "aws.maintenance",
            "nothing to replace with",
        ),
        (
            "aws",
            plain("[[policy]]\nname = \"p\"\nadjust = { change = 1 }\nmin_adjustment_magnitude = 2"),
            "aws.policy.p.min_adjustment_magnitude",
            "percentages only",
        ),
        ("tencent", plain(&hook("timeout = \"29s\"")), "tencent.hook.h.timeout", "30 to 7200"),
        ("tencent", plain(&hooks(11)), "tencent.hook", "at most 10"),
        ("tencent", plain("health_check_grace = \"7201s\""), "tencent.health_check_grace", "0 to 7200"),
        (
            "tencent",
            plain("[[policy]]\nname = \"t\"\ntarget = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 100 }"),
            "tencent.policy.t.target.value",
            "1 to below 100",
        ),
    ];
    let many_steps: Vec<String> = (0..21)
        .map(|n| {
            let upper = if n == 20 { String::new() } else { format!("upper = {}, ", n + 1) };
            format!("{{ lower = {n}, {upper}adjust = {{ change = 1 }} }}")
        })
        .collect();
    let many_policies: String =
        (0..51).map(|n| format!("[[policy]]\nname = \"p{n}\"\nadjust = {{ change = 1 }}\n")).collect();
    let tracking = |name: &str, metric: &str| {
        format!("[[policy]]\nname = \"{name}\"\ntarget = {{ metric = \"{metric}\", value = 50 }}\n")
    };
    let ess_tracking = "[[rule]]\nname = \"t\"\ntarget = { metric = \"CpuUtilization\", value = 50 }\n";
    let two = tracking("a", "ASG_AVG_CPU_UTILIZATION") + &tracking("b", "ASG_AVG_CPU_UTILIZATION");
    let more = vec![
        ("ess", plain("default_cooldown = \"86401s\""), "ess.default_cooldown", "0 to 86400"),
        ("ess", plain("removal = [\"oldest-instance\", \"oldest-instance\"]"), "ess.removal", "given twice"),
        ("ess", plain(&format!("{ess_tracking}warmup = \"86401s\"")), "ess.rule.t.warmup", "0 to 86400"),
        ("ess", plain(&format!("{ess_tracking}cooldown = \"60s\"")), "ess.rule.t.cooldown", "only simple rules"),
        (
            "aws",
            plain(&format!("[[policy]]\nname = \"p\"\nstep = [{}]", many_steps.join(", "))),
            "aws.policy.p.step",
            "at most 20",
        ),
        ("aws", plain(&many_policies), "aws.policy", "at most 50"),
        (
            "aws",
            plain(&tracking("t", "CPUUtilization").replace("value = 50", "value = 50, period = \"120s\"")),
            "aws.policy.t.target.period",
            "10, 30, 60",
        ),
        (
            "aws",
            plain(&format!("{}cooldown = \"60s\"", tracking("t", "CPUUtilization"))),
            "aws.policy.t.cooldown",
            "only simple policies",
        ),
        ("tencent", plain("default_cooldown = \"3601s\""), "tencent.default_cooldown", "0 to 3600"),
        (
            "tencent",
            plain("[[policy]]\nname = \"p\"\nadjust = { change = 1 }\ncooldown = \"3601s\""),
            "tencent.policy.p.cooldown",
            "0 to 3600",
        ),
        ("tencent", plain("removal = [\"oldest-instance\", \"newest-instance\"]"), "tencent.removal", "at most 1"),
        ("tencent", plain(&two), "tencent.policy", "at most one target tracking policy"),
    ];
    for (provider, text, path, words) in table.into_iter().chain(more) {
        let validate = |text: &str| match provider {
            "ess" => ess(text).validate(),
            "aws" => aws(text).validate(),
            _ => tencent(text).validate(),
        };
        let (severity, message) = found(&validate(&text), path);
        assert_eq!(severity, Severity::Error, "{path}: {message}");
        assert!(message.contains(words), "{path}: {message}");
        let (severity, _) = found(&validate(&format!("lenient = true\n{text}")), path);
        assert_eq!(severity, Severity::Warning, "{path}");
    }
    // What makes no sense anywhere is an error even then.
    for (text, path, words) in [
        (plain(&hook("takes = \"5s\"\nuntil_booted = true")), "ess.hook.h", "one of `takes` and `until_booted`"),
        (
            plain(&hook("until_booted = true").replace("launching", "terminating")),
            "ess.hook.h.until_booted",
            "does not boot",
        ),
    ] {
        let (severity, message) = found(&ess(&format!("lenient = true\n{text}")).validate(), path);
        assert_eq!(severity, Severity::Error, "{path}: {message}");
        assert!(message.contains(words), "{path}: {message}");
    }
    // AWS has no greatest size and no greatest change.
    let large = aws("min = 1\nmax = 5000\n[[policy]]\nname = \"p\"\nadjust = { change = 1500 }");
    assert!(large.validate().iter().all(|problem| problem.severity == Severity::Note), "{:?}", large.validate());
}

#[test]
fn cloud_hooks_have_their_vendors_defaults() {
    // HeartbeatTimeout and DefaultResult: AWS 3600 s and ABANDON, ESS 600 s and CONTINUE, Tencent 300 s and CONTINUE.
    let hook = "min = 1\nmax = 2\n[[hook]]\nLifecycleHookName = \"h\"\n";
    let with = |transition: &str| format!("{hook}LifecycleTransition = \"{transition}\"\n");
    let shown = |table: toml::Table| {
        let hook = table["hook"][0].clone();
        (hook["timeout"].as_str().map(str::to_string), hook["result"].as_str().map(str::to_string))
    };
    let table = |value: Result<toml::Table, toml::ser::Error>| value.expect("writable");
    let aws = shown(table(toml::Table::try_from(aws(&with("autoscaling:EC2_INSTANCE_LAUNCHING")))));
    let ess = shown(table(toml::Table::try_from(ess(&with("SCALE_OUT")))));
    let tencent = shown(table(toml::Table::try_from(tencent(&with("INSTANCE_TERMINATING")))));
    let expected = |timeout: &str, result: &str| (Some(timeout.to_string()), Some(result.to_string()));
    assert_eq!(
        [aws, ess, tencent],
        [expected("1h", "abandon"), expected("600s", "continue"), expected("300s", "continue")]
    );
}

#[test]
fn cloud_vendors_spelling_is_taken() {
    let text = "MinSize = 3\nMaxSize = 10\nDesiredCapacity = 5\nDefaultCooldown = \"300s\"\n\
                [[rule]]\nScalingRuleName = \"out\"\nadjust = { QuantityChangeInCapacity = 2 }\nCooldown = \"300s\"\n\
                [[alarm]]\nName = \"a\"\nMetricName = \"CpuUtilization\"\nStatistics = \"Average\"\n\
                ComparisonOperator = \">\"\nThreshold = 70\nPeriod = \"300s\"\nEvaluationCount = 3\nAlarmActions = [\"out\"]\n";
    let ours = "min = 3\nmax = 10\ndesired = 5\n[[rule]]\nname = \"out\"\nadjust = { change = 2 }\ncooldown = \"5m\"\n\
                [[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\ncomparison = \">\"\nthreshold = 70\naction = [\"out\"]\n";
    assert_eq!(ess(text), ess(ours));
    let text = "MinSize = 3\nMaxSize = 10\n[[policy]]\nPolicyName = \"p\"\nadjust = { ChangeInCapacity = 2 }\n\
                [[alarm]]\nAlarmName = \"a\"\nMetricName = \"CPUUtilization\"\nStatistic = \"Average\"\n\
                ComparisonOperator = \"GreaterThanThreshold\"\nThreshold = 70\nPeriod = \"300s\"\nEvaluationPeriods = 3\n\
                TreatMissingData = \"notBreaching\"\nAlarmActions = [\"p\"]\n";
    assert!(aws(text).validate().iter().all(|p| p.severity < Severity::Error));
}

#[test]
fn cloud_unknown_keys_are_refused() {
    assert!(
        toml::from_str::<windtunnel_sim::controllers::cloud::EssConfig>("min = 1\nmax = 2\ncooldwn = \"1s\"").is_err()
    );
    let rule = "min = 1\nmax = 2\n[[rule]]\nname = \"r\"\nadjust = { change = 1, percent = 2 }";
    assert!(toml::from_str::<windtunnel_sim::controllers::cloud::EssConfig>(rule).is_err(), "exactly one adjustment");
}

#[test]
fn cloud_what_is_written_reads_back_with_every_default() {
    let config = ess(&ess_alarm(""));
    let written = toml::to_string(&config).expect("writes");
    let read = ess(&written);
    assert_eq!(toml::to_string(&read).expect("writes"), written);
    assert!(written.contains("default_cooldown = \"300s\"") && written.contains("alarm_delay = \"60s\""), "{written}");
    for text in [toml::to_string(&aws(&aws_alarm(""))), toml::to_string(&tencent("min = 1\nmax = 2"))] {
        let text = text.expect("writes");
        assert!(text.contains("[assumptions]"), "{text}");
    }
}

#[test]
fn cloud_every_assumption_is_a_key_with_the_default_of_the_table() {
    let mut keys = Vec::new();
    for (provider, text) in [
        ("ess", toml::to_string(&ess("min = 1\nmax = 2"))),
        ("aws", toml::to_string(&aws("min = 1\nmax = 2"))),
        ("tencent", toml::to_string(&tencent("min = 1\nmax = 2"))),
    ] {
        let table: toml::Table = text.expect("writes").parse().expect("reads");
        let assumptions = table["assumptions"].as_table().expect("a table").clone();
        keys.extend(assumptions.into_iter().map(|(key, value)| (format!("{provider}.assumptions.{key}"), value)));
    }
    // Drawn unless given, so it has no value to write.
    keys.push(("aws.assumptions.alarm_phase".to_string(), "none".into()));
    for (key, value) in &keys {
        let entry = ASSUMPTIONS.iter().find(|a| a.key == key).unwrap_or_else(|| panic!("{key} is not in the table"));
        let same = |text: &str| toml::from_str::<toml::Table>(&format!("v = {text}")).ok().map(|t| t["v"].clone());
        match same(entry.default) {
            Some(default) => assert_eq!(default.to_string(), value.to_string(), "{key}"),
            None => assert_eq!(value.as_str(), Some(entry.default), "{key}"),
        }
    }
    assert_eq!(keys.len(), ASSUMPTIONS.len(), "the table names a key that does not exist");
}

#[test]
fn cloud_the_guides_configurations_are_clean() {
    let qps = "[[rule]]\nname = \"scale-out-qps-high\"\nadjust = { change = 2 }\ncooldown = \"300s\"\n[[alarm]]\nname = \"qps-high-alert\"\n\
               metric = \"QPSPerInstance\"\ncomparison = \">\"\nthreshold = 400\nperiod = \"300s\"\ntimes = 2\naction = \"scale-out-qps-high\"\n";
    let problems = ess(&format!("{}{qps}", ess_alarm("comparison = \">\""))).validate();
    assert!(problems.iter().all(|p| p.severity == Severity::Note), "{problems:#?}");
}
