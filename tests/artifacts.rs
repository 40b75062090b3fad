//! `import` and `export` as people meet them: files in, scenarios out, and what damaged or foreign files are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/artifacts").join(name)
}

fn windtunnel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
    command.current_dir(folder).env("NO_COLOR", "1").args(arguments).output().unwrap()
}

fn fixtures(arguments: &[&str]) -> Output {
    windtunnel(&fixture(""), arguments)
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn samples() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(fixture("ess"))
        .unwrap()
        .map(|entry| format!("ess/{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    names.sort();
    names
}

/// Both wire shapes of ESS, recordings among them, Tencent beside it: two groups, which run as they are.
#[test]
fn the_samples_become_two_scenarios_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("scenarios");
    let files = samples();
    let mut arguments = vec!["import"];
    arguments.extend(files.iter().map(String::as_str));
    arguments.extend(["-o", out.to_str().unwrap()]);
    let output = fixtures(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("measurements: `windtunnel trace import`"), "{}", said(&output));
    for name in ["hifate-bazi-scaling-group.toml", "asg-ex.toml"] {
        let run = windtunnel(&out, &["run", name, "--horizon", "5m", "--format", "json"]);
        assert_eq!(run.status.code(), Some(0), "{name}: {}", said(&run));
    }
    // Nothing is replaced silently.
    let before = fs::read_to_string(out.join("asg-ex.toml")).unwrap();
    fs::write(out.join("asg-ex.toml"), "mine").unwrap();
    let again = fixtures(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(out.join("asg-ex.toml")).unwrap(), "mine");
    arguments.push("--force");
    assert_eq!(fixtures(&arguments).status.code(), Some(0));
    assert_eq!(fs::read_to_string(out.join("asg-ex.toml")).unwrap(), before);
}

/// Artifacts of one group in several files, in any order; every line says where it came from.
#[test]
fn imports_look_as_they_should() {
    let cases: [(&str, &[&str]); 10] = [
        ("import_of_aws", &["import", "aws/alarms.json", "aws/policies.json", "aws/groups.json"]),
        ("import_of_cloudformation", &["import", "aws/template.yaml"]),
        ("import_of_a_plan", &["import", "aws/plan.json"]),
        ("import_of_an_hpa", &["import", "hpa/deployment.yaml", "hpa/hpa.yaml"]),
        ("import_of_the_guide", &["import", "--shell", "guide.zh.md"]),
        ("import_of_functions", &["import", "aws/functions.yaml"]),
        ("import_of_tf_json", &["import", "terraform/main.tf.json"]),
        ("import_of_modules", &["import", "terraform/modules.json"]),
        ("import_of_a_script", &["import", "--shell", "shell/guide.sh"]),
        ("import_of_an_hpa_of_v1", &["import", "hpa/v1.yaml"]),
    ];
    for (name, arguments) in cases {
        let output = fixtures(arguments);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        insta::assert_snapshot!(name, printed(&output));
    }
}

/// Conditions, mappings, joined texts and parameters are worked out; metric math is kept where it is a metric of its own; what
/// nobody tells is warned about, and told with --parameter.
#[test]
fn functions_of_a_template_are_resolved() {
    let output = fixtures(&["import", "aws/functions.yaml"]);
    let (text, warnings) = (printed(&output), said(&output));
    for line in [
        "min = 3 ",
        "max = 12 ",
        "desired = 4 ",
        "metric = \"RequestCountPerTarget\"",
        "threshold = 65 ",
        "enabled = false",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("DevOnly") && warnings.contains("`IsDev` does not hold"), "{text}{warnings}");
    assert!(warnings.contains("`Unres` names none of the rules"), "{warnings}");
    let dev = printed(&fixtures(&["import", "aws/functions.yaml", "--parameter", "Env=dev", "--parameter", "Max=5"]));
    for line in ["name = \"dev-web\"", "min = 1 ", "max = 5 ", "name = \"DevOnly\""] {
        assert!(dev.contains(line), "{line}: {dev}");
    }
    assert!(!dev.contains("name = \"In\""), "{dev}");
}

/// Variables and locals of .tf.json, references through modules of a plan.
#[test]
fn terraform_is_followed_through_variables_and_modules() {
    let output = fixtures(&["import", "terraform/main.tf.json"]);
    let (text, warnings) = (printed(&output), said(&output));
    for line in
        ["name = \"shop-web\"", "max = 9 ", "threshold = 62.5 ", "name = \"shop-high\"", "action = \"scale-out\""]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(warnings.contains("I04: MinSize refers to `var.nodef`"), "{warnings}");
    let given = printed(&fixtures(&["import", "terraform/main.tf.json", "--parameter", "nodef=2"]));
    assert!(given.contains("min = 2 "), "{given}");
    let modules = printed(&fixtures(&["import", "terraform/modules.json"]));
    assert!(modules.contains("action = \"out\"") && !modules.contains("enabled = false"), "{modules}");
}

/// Variables, here-documents, commands within commands, options before the service, unfolded arguments.
#[test]
fn a_script_is_read_as_a_shell_would_run_it() {
    let output = fixtures(&["import", "--shell", "shell/guide.sh"]);
    let (text, warnings) = (printed(&output), said(&output));
    for line in [
        "name = \"asg-bp1abc\"",
        "name = \"web-asg\"",
        "target = { metric = \"CPUUtilization\", value = 55 }",
        "action = \"in-slowly\"",
        "action = \"out\"",
        "adjust = { change = -1 }",
        "times = 6 ",
        "comparison = \"<\"",
    ] {
        assert!(text.contains(line), "{line}: {text}{warnings}");
    }
    assert_eq!(text.matches("[[tencent.alarm]]").count(), 2, "{text}");
    assert!(!warnings.contains("not taken over"), "{warnings}");
}

/// What facts about the guide's command lines and prose say, by code; its own numbers give the bound of S27.
#[test]
fn the_guide_is_told_what_is_wrong_with_it() {
    let output = fixtures(&["check", "--shell", "guide.zh.md", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings: Vec<&Value> = document["checked"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|input| input["findings"].as_array().unwrap())
        .collect();
    let text = fs::read_to_string(fixture("guide.zh.md")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // Each code with its severity and what stands on the line it points at.
    let expected = [
        ("S01", "error", "\"period\": 600"),
        ("S02", "error", "CPUUtilization"),
        ("S03", "error", "CustomMetric.QPS"),
        ("S04", "warning", "CustomMetric.QPS"),
        ("S05", "error", "--Dimensions"),
        ("S06", "error", "PutResourceMetricRule"),
        ("S07", "error", "--AlarmActions"),
        ("S08", "warning", "--Dimensions"),
        ("S09", "warning", "PutResourceMetricRule"),
        ("S10", "note", "--Period 300"),
        ("S11", "note", "CPUUtilization"),
        ("S12", "error", "--VSwitchIds"),
        ("S13", "note", "--LoadBalancerIds"),
        ("S14", "warning", "CreateScalingGroup"),
        ("S15", "warning", "--DesiredCapacity 5"),
        ("S16", "warning", "CreateScalingGroup"),
        ("S17", "warning", "CreateScalingGroup"),
        ("S18", "error", "--AdjustmentValue -1"),
        ("S19", "warning", "scale-out-qps-high"),
        ("S20", "note", "CreateScalingRule"),
        ("S21", "error", "ecs.c6.2xlarge"),
        ("S22", "error", "set_MetricName"),
        ("S23", "note", "pip install"),
        ("S24", "warning", "CreateScalingGroup"),
        ("S25", "warning", "CreateScalingGroup"),
        ("S26", "warning", "--Cooldown 300"),
        ("S27", "warning", ""),
        ("S28", "error", "配置同阿里云"),
        ("S29", "error", "DescribeAutoScalingActivities"),
        ("S30", "note", "腾讯云OSS"),
        ("S31", "note", "put-metric-alarm"),
    ];
    for (code, severity, words) in expected {
        let is_there = findings.iter().any(|finding| {
            let line = finding["line"].as_u64().map_or("", |line| lines[line as usize - 1]);
            finding["code"] == code && finding["severity"] == severity && line.contains(words)
        });
        assert!(
            is_there,
            "{code} {severity} `{words}`: {:#?}",
            findings.iter().filter(|finding| finding["code"] == code).collect::<Vec<_>>()
        );
    }
    let bound = findings.iter().find(|finding| finding["code"] == "S27" && finding["severity"] == "note").unwrap();
    let message = bound["message"].as_str().unwrap();
    assert!(message.contains("leaves 42 or more") && message.contains("leads to 40 at most"), "{message}");
}

/// Every artifact, when checked, points into the artifact.
#[test]
fn artifacts_are_checked_at_their_own_lines() {
    let output = fixtures(&["check", "aws/groups.json", "aws/policies.json", "aws/alarms.json", "--deny", "warning"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(printed(&output).contains("aws/alarms.json:"), "{}", printed(&output));
}

#[test]
fn exports_look_as_they_should() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    for (scenario, target) in [
        ("ess.toml", "aliyun-cli"),
        ("ess.toml", "terraform"),
        ("aws.toml", "aws-cli"),
        ("aws.toml", "cloudformation"),
        ("tencent.toml", "tccli"),
        ("hpa.toml", "hpa"),
    ] {
        let output = windtunnel(&configs, &["export", scenario, "--to", target]);
        assert_eq!(output.status.code(), Some(0), "{scenario} {target}: {}", said(&output));
        insta::assert_snapshot!(format!("export_{}_{target}", scenario.trim_end_matches(".toml")), printed(&output));
    }
    let foreign = windtunnel(&configs, &["export", "ess.toml", "--to", "hpa"]);
    assert_eq!(foreign.status.code(), Some(1));
    assert!(said(&foreign).contains("formats of [ess]"), "{}", said(&foreign));
}

/// The HPA's round trip, and the difference that tuning makes.
#[test]
fn a_difference_is_printed_key_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let hpa = configs.join("hpa.toml");
    let out = file.join("hpa.yaml");
    assert_eq!(
        windtunnel(file, &["export", hpa.to_str().unwrap(), "--to", "hpa", "-o", "hpa.yaml"]).status.code(),
        Some(0)
    );
    let again = windtunnel(file, &["export", hpa.to_str().unwrap(), "--to", "hpa", "-o", "hpa.yaml"]);
    assert_eq!(again.status.code(), Some(1), "an export replaces nothing silently");
    let diff = |set: &str| {
        let output = windtunnel(
            file,
            &["export", hpa.to_str().unwrap(), "--to", "hpa", "--diff", out.to_str().unwrap(), "--set", set],
        );
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        printed(&output)
    };
    let same = diff("seed=1");
    assert!(!same.lines().any(|line| line.starts_with('-')), "{same}");
    let changed = "- hpa.spec.maxReplicas = 20\n+ hpa.spec.maxReplicas = 30";
    assert!(diff("hpa.spec.maxReplicas=30").contains(changed));
    // With a file to write to, the artifact is written as well.
    let set = ["--set", "hpa.spec.maxReplicas=30"];
    let both = ["export", hpa.to_str().unwrap(), "--to", "hpa", "--diff", "hpa.yaml", "-o", "tuned.yaml"];
    let both = windtunnel(file, &[&both[..], &set].concat());
    assert!(both.status.code() == Some(0) && printed(&both).contains(changed), "{}", said(&both));
    assert!(std::fs::read_to_string(file.join("tuned.yaml")).unwrap().contains("maxReplicas: 30"));
}

/// Damaged and foreign files: exit code 1, the file and what to do, and nothing written.
#[test]
fn what_is_no_policy_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(10 << 20));
    let deep = "[".repeat(5000);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.json", b"".to_vec(), "the file is empty"),
        ("binary.json", vec![0, 159, 146, 150, 255, 254], "not UTF-8"),
        ("packed.json.gz", vec![0x1f, 0x8b, 8, 0, 1, 2, 3], "gzip"),
        ("cut.json", b"{\"ScalingPolicies\": [{\"PolicyName\":".to_vec(), "not valid JSON"),
        ("nul.yaml", b"a: b\0".to_vec(), "binary"),
        ("other.json", b"{\"hello\": 1}".to_vec(), "no policy is recognised"),
        (
            "log.txt",
            b"1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1\n".to_vec(),
            "looks like an access log",
        ),
        ("table.csv", b"seconds,requests\n0,1\n".to_vec(), "looks like a table of values"),
        ("script.sh", b"#!/bin/sh\naliyun ess CreateAlarm\n".to_vec(), "--shell"),
        ("main.tf", b"resource \"aws_autoscaling_policy\" \"a\" {\n}\n".to_vec(), "terraform show -json"),
        ("bad.yaml", b"a: [1, 2\nb: {".to_vec(), "not valid YAML"),
        ("deployment.yaml", b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n".to_vec(), "no policy"),
        ("long.json", long.into_bytes(), "no policy is recognised"),
        ("deep.json", deep.into_bytes(), "not valid JSON"),
        (
            "failed.json",
            b"{\"Response\": {\"Error\": {\"Code\": \"X\", \"Message\": \"denied\"}}}".to_vec(),
            "the call failed: denied",
        ),
    ];
    for (name, content, words) in cases {
        fs::write(folder.path().join(name), content).unwrap();
        let output = windtunnel(folder.path(), &["import", name, "-o", "out"]);
        let message = said(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert!(message.contains(words) && message.contains(name), "{name}: {message}");
        assert!(!message.contains("panicked"), "{name}: {message}");
        assert!(!folder.path().join("out").exists(), "{name} left something behind");
    }
}

/// A byte order mark and Windows' line ends change nothing; numbers beyond 64 bits and NaN are told, not taken.
#[test]
fn odd_encodings_and_numbers_are_met() {
    let folder = tempfile::tempdir().unwrap();
    let policies = fs::read_to_string(fixture("aws/policies.json")).unwrap();
    let plain = fixtures(&["import", "aws/policies.json"]);
    fs::write(folder.path().join("policies.json"), format!("\u{feff}{}", policies.replace('\n', "\r\n"))).unwrap();
    let odd = windtunnel(folder.path(), &["import", "policies.json"]);
    assert_eq!(printed(&plain), printed(&odd));
    for (threshold, period, problem) in [
        ("\"NaN\"", "60", "Threshold is NaN: a finite number was expected"),
        ("70", "99999999999999999999", "Period is 99999999999999999999: a whole number from 0 to 4294967295"),
    ] {
        let alarm = format!(
            "{{\"MetricAlarms\": [{{\"AlarmName\": \"a\", \"MetricName\": \"CPUUtilization\",\n\"Threshold\": {threshold}, \"Period\": {period},
            \"ComparisonOperator\": \"GreaterThanThreshold\"}}]}}"
        );
        fs::write(folder.path().join("huge.json"), alarm).unwrap();
        let output = windtunnel(folder.path(), &["import", "huge.json", "-o", "out.toml"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(problem) && said(&output).contains("huge.json:2:"), "{}", said(&output));
        assert!(!folder.path().join("out.toml").exists(), "nothing is written");
    }
}

/// Alarms that say more than the simulation knows: metric math, actions that are no policies, a namespace and dimensions of
/// one's own.
const SAYS_MORE: &str = r#"{
  "AutoScalingGroups": [{"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DefaultCooldown": 300}],
  "ScalingPolicies": [{"AutoScalingGroupName": "web", "PolicyName": "out", "PolicyType": "SimpleScaling",
    "PolicyARN": "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:autoScalingGroupName/web:policyName/out",
    "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}],
  "MetricAlarms": [
    {"AlarmName": "math", "ActionsEnabled": true, "EvaluationPeriods": 2, "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold",
     "AlarmActions": ["arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:autoScalingGroupName/web:policyName/out"],
     "Metrics": [
       {"Id": "e1", "Expression": "m1/(m1+m2)*100", "ReturnData": true},
       {"Id": "m1", "ReturnData": false, "MetricStat": {"Stat": "Average", "Period": 60,
         "Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Dimensions": []}}},
       {"Id": "m2", "ReturnData": false, "MetricStat": {"Stat": "Sum", "Period": 60,
         "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": []}}}]},
    {"AlarmName": "mail-only", "EvaluationPeriods": 1, "Threshold": 90.0, "ComparisonOperator": "GreaterThanThreshold",
     "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60,
     "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}], "AlarmActions": ["arn:aws:sns:eu-west-1:1:mail"]},
    {"AlarmName": "both", "EvaluationPeriods": 1, "Threshold": 50.0, "ComparisonOperator": "GreaterThanThreshold",
     "Namespace": "Shop/Web", "MetricName": "QPSPerInstance", "Statistic": "Average", "Period": 60,
     "Dimensions": [{"Name": "Service", "Value": "checkout"}],
     "OKActions": ["arn:aws:sns:eu-west-1:1:calm"],
     "AlarmActions": ["arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:autoScalingGroupName/web:policyName/out",
       "arn:aws:sns:eu-west-1:1:mail"]}]
}"#;

/// `put-metric-alarm` replaces an alarm as a whole: what would be written without its mathematics, or without its actions,
/// is not written, and the rest is written as it was.
#[test]
fn an_export_replaces_no_alarm_by_less_than_it_was() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("answers.json"), SAYS_MORE).unwrap();
    let import = windtunnel(folder.path(), &["import", "answers.json"]);
    assert_eq!(import.status.code(), Some(0), "{}", said(&import));
    let scenario = printed(&import);
    assert_eq!(scenario.matches("export = false").count(), 2, "{scenario}");
    fs::write(folder.path().join("web.toml"), &scenario).unwrap();
    for format in ["aws-cli", "cloudformation", "terraform"] {
        let export = windtunnel(folder.path(), &["export", "web.toml", "--to", format]);
        assert_eq!(export.status.code(), Some(0), "{}", said(&export));
        let text = printed(&export);
        for name in ["math", "mail-only"] {
            assert!(text.contains(&format!("the alarm `{name}` is not exported")), "{format}: {text}");
        }
        assert_eq!(text.matches("arn:aws:sns:eu-west-1:1:mail").count(), 1, "{format}: {text}");
        assert_eq!(text.matches("arn:aws:sns:eu-west-1:1:calm").count(), 1, "{format}: {text}");
        for kept in ["Shop/Web", "Service", "checkout", "QPSPerInstance"] {
            assert!(text.contains(kept), "{format}: no {kept} in {text}");
        }
        assert!(!text.contains("--alarm-name math") && !text.contains("RequestCount"), "{format}: {text}");
    }
    let diff = windtunnel(folder.path(), &["export", "web.toml", "--to", "aws-cli", "--diff", "answers.json"]);
    assert_eq!(printed(&diff), "no difference in the policy's keys\n");
}

/// CloudMonitor's rule keeps its id and what it watches; one that is disabled, or whose target names no rule, is left alone.
#[test]
fn rules_of_cloudmonitor_are_exported_as_they_were_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"aliyun ess CreateScalingGroup --ScalingGroupName web --MinSize 1 --MaxSize 4
aliyun ess CreateScalingRule --ScalingGroupId asg-1 --ScalingRuleName out --AdjustmentType QuantityChangeInCapacity --AdjustmentValue 1
aliyun cms PutResourceMetricRule --RuleId rule-77 --RuleName high --ContactGroups ops --Namespace acs_ecs_dashboard --MetricName cpu_total --Resources '[{"instanceId":"i-1"}]' --Period 60 --SilenceTime 300 --Escalations.Critical.Statistics Average --Escalations.Critical.ComparisonOperator GreaterThanThreshold --Escalations.Critical.Threshold 70 --Escalations.Critical.Times 3
aliyun cms PutMetricRuleTargets --RuleId rule-77 --Targets.1.Id 1 --Targets.1.Arn acs:ess:cn-hangzhou:1:scalingGroupId/asg-1:scalingRuleId/out
"#;
    fs::write(folder.path().join("script.sh"), script).unwrap();
    let import = windtunnel(folder.path(), &["import", "--shell", "script.sh"]);
    let scenario = printed(&import);
    assert!(scenario.contains("rule_id = \"rule-77\""), "{scenario}");
    fs::write(folder.path().join("web.toml"), &scenario).unwrap();
    let text = printed(&windtunnel(folder.path(), &["export", "web.toml", "--to", "aliyun-cli"]));
    assert!(text.matches("rule-77").count() == 2 && text.contains("i-1") && !text.contains("_ALL"), "{text}");
    let off = windtunnel(
        folder.path(),
        &["export", "web.toml", "--to", "aliyun-cli", "--set", "ess.alarm.high.enabled=false"],
    );
    let text = printed(&off);
    assert!(!text.contains("PutResourceMetricRule --") && text.contains("the rule `high` is disabled"), "{text}");
}

/// Found by fuzzing: control characters of a name stood in a comment, where TOML has none.
#[test]
fn control_characters_in_names_leave_the_scenario_readable() {
    let folder = tempfile::tempdir().unwrap();
    let answers = r#"{"ScalingPolicies": [
      {"AutoScalingGroupName": "web", "PolicyName": "o\u0001ut", "AdjustmentType": "ChangeIn\u0007\u007fCapacity", "ScalingAdjustment": 1},
      {"AutoScalingGroupName": "web", "PolicyName": "o\u0002ther", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}]}"#;
    fs::write(folder.path().join("answers.json"), answers).unwrap();
    let output = windtunnel(folder.path(), &["import", "answers.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    fs::write(folder.path().join("web.toml"), printed(&output)).unwrap();
    let show = windtunnel(folder.path(), &["show", "web.toml"]);
    assert_eq!(show.status.code(), Some(0), "{}", said(&show));
}
