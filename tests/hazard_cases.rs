//! Every hazard of the catalogue on an input that has it and on the same input repaired: found there, not here. Where there
//! is a proof, it shows the hazard there and nothing here.
//!
//! S01 to S31 are what the guide's configuration gets wrong against the real APIs; the repaired inputs are what the
//! vendors' documents ask for.

use windtunnel_sim::scenario::Loaded;
use windtunnel_sim::scenario::artifacts::{ImportOptions, Source, import};
use windtunnel_sim::scenario::document::{DiskFiles, Document, Severity};
use windtunnel_sim::scenario::hazards::proof::{self, Answer, prove};
use windtunnel_sim::scenario::hazards::{Finding, catalogue, examine, rank};

/// A service that takes 100 ms of a core, on two cores each; it serves after 187.5 s.
const SERVICE: &str = "
horizon = '72h'
trace = { shape = 'step', base = '40rps', peak = '100rps', at = '1h', lasts = '2h' }
[service]
cpu = '100ms'
timeout = '5s'
[instance]
cores = 2
[[boot]]
stage = 'provision'
time = '30s'
[[boot]]
stage = 'application'
time = '150s'
[balancer]
drain = '60s'
health = { every = '5s', healthy = 2 }
";

const ESS: &str = "
[ess]
min = 3
max = 20
removal = ['oldest-instance']
default_cooldown = '300s'
[[ess.rule]]
name = 'out'
adjust = { change = 2 }
[[ess.rule]]
name = 'in'
adjust = { change = -1 }
[[ess.alarm]]
name = 'high'
metric = 'CpuUtilization'
comparison = '>'
threshold = 50
period = '60s'
times = 1
action = 'out'
[[ess.alarm]]
name = 'low'
metric = 'CpuUtilization'
comparison = '<'
threshold = 20
period = '60s'
times = 5
action = 'in'
";

/// The alarm that removes, whole.
const LOW: &str = "[[ess.alarm]]
name = 'low'
metric = 'CpuUtilization'
comparison = '<'
threshold = 20
period = '60s'
times = 5
action = 'in'
";

const AWS: &str = "
[aws]
min = 2
max = 20
default_instance_warmup = '180s'
[[aws.policy]]
name = 'in'
step = [{ upper = 0, adjust = { change = -1 } }]
[[aws.policy]]
name = 'track'
target = { metric = 'CPUUtilization', value = 50 }
[[aws.alarm]]
name = 'low'
metric = 'CPUUtilization'
comparison = '<'
threshold = 20
action = 'in'
";

/// Target tracking alone.
const TRACKING: &str = "
[aws]
min = 2
max = 20
default_instance_warmup = '180s'
[[aws.policy]]
name = 'track'
target = { metric = 'CPUUtilization', value = 50 }
";

const TENCENT: &str = "
[tencent]
lenient = true
min = 3
max = 20
[[tencent.policy]]
name = 'out'
adjust = { change = 2 }
[[tencent.alarm]]
name = 'high'
metric = 'CPU_UTILIZATION'
comparison = '>'
threshold = 50
period = '60s'
times = 1
action = 'out'
";

const HPA: &str = "
[nodes]
count = 20
[pods]
cpu = { request = '1000m', limit = '2000m' }
memory = { request = '2GiB', limit = '4GiB' }
start = '20s'
[hpa.spec]
minReplicas = 2
maxReplicas = 20
[[hpa.spec.metrics]]
type = 'Resource'
[hpa.spec.metrics.resource]
name = 'cpu'
target = { type = 'Utilization', averageUtilization = 60 }
";

/// Command lines in order, for ESS, CloudMonitor, Tencent and AWS.
const SCRIPT: &str = r#"aliyun ess CreateScalingGroup --ScalingGroupName web --MinSize 3 --MaxSize 10 \
  --VSwitchIds.1 vsw-1 --VSwitchIds.2 vsw-2 --RemovalPolicy.1 OldestInstance --DefaultCooldown 300 --HealthCheckType LOAD_BALANCER
aliyun ess CreateLifecycleHook --ScalingGroupId asg-1 --LifecycleTransition SCALE_OUT --HeartbeatTimeout 600
aliyun ess CreateScalingRule --ScalingGroupId asg-1 --ScalingRuleName out --AdjustmentType QuantityChangeInCapacity --AdjustmentValue 2 --Cooldown 300
aliyun ess CreateScalingRule --ScalingGroupId asg-1 --ScalingRuleName in --AdjustmentType QuantityChangeInCapacity --AdjustmentValue=-1 --Cooldown 300
aliyun ess CreateAlarm --ScalingGroupId asg-1 --Name high --MetricName CpuUtilization --Statistics Average --ComparisonOperator '>=' --Threshold 70 --Period 60 --EvaluationCount 3 --AlarmAction.1 ari:acs:ess:cn-hangzhou:1:scalingrule/out
aliyun ess EnableScalingGroup --ScalingGroupId asg-1
"#;

/// A rule of CloudMonitor as its API has it.
const CLOUDMONITOR: &str = r#"aliyun ess CreateScalingGroup --ScalingGroupName web --MinSize 3 --MaxSize 10 \
  --VSwitchIds.1 vsw-1 --RemovalPolicy.1 OldestInstance --DefaultCooldown 300 --HealthCheckType LOAD_BALANCER
aliyun ess CreateLifecycleHook --ScalingGroupId asg-1 --LifecycleTransition SCALE_OUT --HeartbeatTimeout 600
aliyun ess CreateScalingRule --ScalingGroupId asg-1 --ScalingRuleName out --AdjustmentType QuantityChangeInCapacity --AdjustmentValue 2 --Cooldown 300
aliyun ess EnableScalingGroup --ScalingGroupId asg-1
aliyun cms PutResourceMetricRule --RuleId r1 --RuleName high --ContactGroups ops --Namespace acs_ecs_dashboard --MetricName cpu_total \
  --Resources '[{"instanceId":"i-1"}]' --Interval 60 --SilenceTime 300 \
  --Escalations.Critical.Statistics Average --Escalations.Critical.ComparisonOperator GreaterThanThreshold \
  --Escalations.Critical.Threshold 70 --Escalations.Critical.Times 3
aliyun cms PutMetricRuleTargets --RuleId r1 --Targets.1.Id 1 --Targets.1.Arn acs:ess:cn-hangzhou:1:scalingGroupId/asg-1:scalingRuleId/out
"#;

const TCCLI: &str = r#"tccli as CreateAutoScalingGroup --AutoScalingGroupName web --MinSize 3 --MaxSize 10 --VpcId vpc-1
tccli as CreateScalingPolicy --AutoScalingGroupId asg-1 --ScalingPolicyName out --AdjustmentType CHANGE_IN_CAPACITY --AdjustmentValue 2 --Cooldown 300 \
  --MetricAlarm '{"ComparisonOperator":"GREATER_THAN","MetricName":"CPU_UTILIZATION","Threshold":70,"Period":60,"ContinuousTime":3,"Statistic":"AVERAGE"}'
tccli as DescribeAutoScalingActivities --Filters '[{"Name":"auto-scaling-group-id","Values":["asg-1"]}]'
"#;

const AWSCLI: &str = r#"aws autoscaling create-auto-scaling-group --auto-scaling-group-name web --min-size 3 --max-size 10
aws autoscaling put-scaling-policy --auto-scaling-group-name web --policy-name out --adjustment-type ChangeInCapacity --scaling-adjustment 2 --cooldown 300
aws cloudwatch put-metric-alarm --alarm-name high --namespace AWS/EC2 --metric-name CPUUtilization --statistic Average --period 300 \
  --threshold 70 --comparison-operator GreaterThanThreshold --evaluation-periods 3 --dimensions Name=AutoScalingGroupName,Value=web \
  --alarm-actions arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:11111111-2222-3333-4444-555555555555:autoScalingGroupName/web:policyName/out
"#;

/// A guide around the script, as Markdown.
const GUIDE: &str = r#"# Guide
Machines are `ecs.g6.2xlarge` (8 cores, 32GB). Tencent differs. Its object storage is COS.
```json
{"name": "high", "metric": "CpuUtilization", "threshold": 70, "comparison": ">", "period": 60, "times": 3, "action": "out"}
```
```python
request = PutCustomMetricRequest()
request.set_MetricLists(metrics)
```
"#;

const MANIFEST: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: '1', memory: 1Gi}, limits: {cpu: '2', memory: 2Gi}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
";

const CLOUDFORMATION: &str = r#"{"Resources": {
  "Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {"MinSize": "1", "MaxSize": "4"}},
  "Out": {"Type": "AWS::AutoScaling::ScalingPolicy", "Properties": {"AutoScalingGroupName": {"Ref": "Group"},
    "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}},
  "High": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
    "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1, "Threshold": 70,
    "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [{"Ref": "Out"}]}}}}
"#;

/// What `aws autoscaling describe-...` answers.
const ANSWERS: &str = r#"{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DefaultCooldown": 300}],
  "ScalingPolicies": [{"AutoScalingGroupName": "web", "PolicyName": "out", "PolicyType": "SimpleScaling",
    "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}]}
"#;

/// What is read.
#[derive(Copy, Clone)]
enum Input {
    Scenario,
    Script,
    Artifact,
}

/// A hazard, an input that has it and the same repaired.
struct Case {
    code: &'static str,
    input: Input,
    faulty: String,
    repaired: String,
}

/// A text with parts replaced; what is to be replaced must be there.
fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_string(), |text, (from, to)| {
        assert!(text.contains(from), "no `{from}` to replace in:\n{text}");
        text.replacen(from, to, 1)
    })
}

/// A fault in something that is otherwise in order.
fn case(code: &'static str, input: Input, repaired: &str, fault: &[(&str, &str)]) -> Case {
    Case { code, input, faulty: changed(repaired, fault), repaired: repaired.to_string() }
}

fn scenario(policy: &str, changes: &[(&str, &str)]) -> String {
    changed(&format!("{SERVICE}{policy}"), changes)
}

/// A fault in a scenario of this policy.
fn fault(code: &'static str, policy: &str, fault: &[(&str, &str)]) -> Case {
    case(code, Input::Scenario, &scenario(policy, &[]), fault)
}

fn any_policy() -> Vec<Case> {
    let in_rule = "[[ess.rule]]\nname = 'in'\nadjust = { change = -1 }\n";
    let balanced = scenario(
        ESS,
        &[
            ("[balancer]", "[fleet]\nzones = 2\n[balancer]"),
            ("min = 3", "min = 3\nmulti_az = 'balance'"),
            ("threshold = 50", "threshold = 45"),
        ],
    );
    let retries = scenario(
        ESS,
        &[("peak = '100rps'", "peak = '150rps'"), ("timeout = '5s'", "timeout = '5s'\nretry = { attempts = 1 }")],
    );
    let poll = "stage = 'application'\ntime = '150s'\npoll = { every = '10s', attempts = 20 }";
    let patient = scenario(ESS, &[("stage = 'application'\ntime = '150s'", poll)]);
    let memory = scenario(
        HPA,
        &[("name = 'cpu'", "name = 'memory'"), ("timeout = '5s'", "timeout = '5s'\nmemory = { base = '300MiB' }")],
    );
    vec![
        fault("C00", ESS, &[("min = 3", "min = 30")]),
        fault("G01", ESS, &[("period = '60s'\ntimes = 1", "period = '60s'\ntimes = 5")]),
        fault("G02", ESS, &[("threshold = 20", "threshold = 45")]),
        fault("G03", ESS, &[("max = 20", "max = 4")]),
        fault("G04", ESS, &[("drain = '60s'", "drain = '0s'")]),
        case("G05", Input::Scenario, &patient, &[("attempts = 20", "attempts = 10")]),
        case("G06", Input::Scenario, &balanced, &[("threshold = 45", "threshold = 95")]),
        case("G07", Input::Scenario, &retries, &[("attempts = 1", "attempts = 3")]),
        fault("G08", ESS, &[("max = 20", "max = 3")]),
        case("G09", Input::Scenario, &memory, &[("base = '300MiB'", "base = '1800MiB'")]),
        fault("G10", ESS, &[("action = 'out'", "action = 'out'\nenabled = false")]),
        fault("G11", ESS, &[(LOW, "")]),
        fault("G12", ESS, &[(LOW, ""), (in_rule, "")]),
        fault("G13", ESS, &[("comparison = '>'", "comparison = '<'")]),
        fault("G14", ESS, &[("threshold = 50", "threshold = 100")]),
        fault("G14", ESS, &[("threshold = 50", "threshold = 0.5")]),
        case(
            "G15",
            Input::Scenario,
            &scenario(ESS, &[("[balancer]", "[slo]\nlatency = '500ms'\n[balancer]")]),
            &[("latency = '500ms'", "latency = '90ms'")],
        ),
    ]
}

fn alibaba_and_tencent() -> Vec<Case> {
    let cms = scenario(
        ESS,
        &[(
            "name = 'high'\nmetric = 'CpuUtilization'",
            "name = 'high'\nkind = 'cms-rule'\nsilence_time = '300s'\nmetric = 'cpu_total'",
        )],
    );
    let tied = scenario(ESS, &[("max = 20", "max = 12"), ("threshold = 50", "threshold = 50\nstatistic = 'average'")]);
    let short_lock = ("adjust = { change = -1 }", "adjust = { change = -1 }\ncooldown = '0s'");
    vec![
        fault("S01", ESS, &[("period = '60s'\ntimes = 5", "period = '600s'\ntimes = 3")]),
        fault("S02", ESS, &[("'CpuUtilization'", "'CPUUtilization'")]),
        fault("S03", ESS, &[("'CpuUtilization'", "'CustomMetric.QPS'")]),
        fault("S04", ESS, &[("'CpuUtilization'", "'QPS'"), ("threshold = 50", "threshold = 30")]),
        Case { code: "S08", input: Input::Scenario, faulty: cms.clone(), repaired: scenario(ESS, &[]) },
        case("S09", Input::Scenario, &cms, &[("silence_time = '300s'\n", "")]),
        case("S11", Input::Scenario, &cms, &[("cpu_total", "CPUUtilization")]),
        fault("S14", ESS, &[("removal = ['oldest-instance']\n", "")]),
        fault("S15", ESS, &[("max = 20", "max = 20\ndesired = 5")]),
        fault("S16", ESS, &[("default_cooldown = '300s'\n", "")]),
        Case {
            code: "S20",
            input: Input::Scenario,
            faulty: scenario(ESS, &[("adjust = { change = -1 }", "adjust = { change = -1 }\ncooldown = '900s'")]),
            repaired: scenario(ESS, &[short_lock]),
        },
        fault("S24", ESS, &[("health = { every = '5s', healthy = 2 }\n", "")]),
        fault("S26", ESS, &[("default_cooldown = '300s'", "default_cooldown = '60s'")]),
        case("S27", Input::Scenario, &tied, &[("'CpuUtilization'", "'QPS'"), ("threshold = 50", "threshold = 40")]),
        fault("S28", TENCENT, &[("period = '60s'", "period = '600s'")]),
    ]
}

fn aws_and_hpa() -> Vec<Case> {
    let two = "target = { metric = 'CPUUtilization', value = 50 }\n[[aws.policy]]\nname = 'memory'\n\
               target = { metric = 'mem_used_percent', value = 62, disable_scale_in = true }";
    let both = scenario(
        TRACKING,
        &[
            ("target = { metric = 'CPUUtilization', value = 50 }", two),
            ("timeout = '5s'", "timeout = '5s'\nmemory = { base = '5GiB', per_request = '200MiB' }"),
            ("cores = 2", "cores = 2\nmemory = '8GiB'"),
        ],
    );
    let up = "[hpa.spec.behavior.scaleUp]\npolicies = [{ type = 'Percent', value = 100, periodSeconds = 15 }]\n[[hpa.spec.metrics]]";
    let down = "[hpa.spec.behavior.scaleDown]\nstabilizationWindowSeconds = 300\n[[hpa.spec.metrics]]";
    let with_up = scenario(HPA, &[("[[hpa.spec.metrics]]", up)]);
    let with_down = scenario(HPA, &[("[[hpa.spec.metrics]]", down)]);
    let disabled = ("stabilizationWindowSeconds = 300", "selectPolicy = 'Disabled'");
    vec![
        case(
            "A01",
            Input::Scenario,
            &scenario(
                &AWS.replace(
                    "[[aws.policy]]\nname = 'track'\ntarget = { metric = 'CPUUtilization', value = 50 }\n",
                    "",
                )
                .replace("upper = 0, adjust = { change = -1 }", "lower = 0, adjust = { change = 2 }")
                .replace("comparison = '<'\nthreshold = 20", "comparison = '>'\nthreshold = 60"),
                &[],
            ),
            &[("lower = 0", "upper = 0")],
        ),
        case(
            "A02",
            Input::Scenario,
            &format!("{}[sensors]\nevery = '60s'\n", scenario(TRACKING, &[])),
            &[("every = '60s'", "every = '300s'")],
        ),
        // Without a value no step is found: a simple policy acts all the same.
        case(
            "A03",
            Input::Scenario,
            &scenario(AWS, &[("step = [{ upper = 0, adjust = { change = -1 } }]", "adjust = { change = -1 }")]),
            &[("threshold = 20\n", "threshold = 20\nmissing = 'breaching'\n")],
        ),
        fault("A04", AWS, &[("default_instance_warmup = '180s'\n", "")]),
        case("A05", Input::Scenario, &both, &[(", disable_scale_in = true", "")]),
        fault("H01", HPA, &[("request = '1000m', ", "")]),
        fault("H03", HPA, &[("averageUtilization = 60", "averageUtilization = 185")]),
        case(
            "H05",
            Input::Scenario,
            &with_up,
            &[("type = 'Percent', value = 100, periodSeconds = 15", "type = 'Pods', value = 1, periodSeconds = 60")],
        ),
        case(
            "H06",
            Input::Scenario,
            &with_down,
            &[("stabilizationWindowSeconds = 300", "stabilizationWindowSeconds = 0")],
        ),
        case("G12", Input::Scenario, &with_down, &[disabled]),
        fault("G04", HPA, &[("start = '20s'", "start = '20s'\ntermination_grace = '0s'")]),
        fault("H08", HPA, &[("count = 20", "count = 3")]),
        case("H09", Input::Artifact, MANIFEST, &[("spec:\n  template", "spec:\n  replicas: 2\n  template")]),
    ]
}

fn as_written() -> Vec<Case> {
    let script = |code, fault: &[(&str, &str)]| case(code, Input::Script, SCRIPT, fault);
    let cms = |code, fault: &[(&str, &str)]| case(code, Input::Script, CLOUDMONITOR, fault);
    let guide = format!("{GUIDE}```bash\n{SCRIPT}```\n");
    let guide = |code, fault: &[(&str, &str)]| case(code, Input::Script, &guide, fault);
    let in_guide = |shell: &str| format!("# Guide\n```bash\n{shell}```\n");
    vec![
        script("S01", &[("--Period 60", "--Period 600")]),
        guide("S01", &[("\"period\": 60", "\"period\": 600")]),
        guide("S02", &[("\"CpuUtilization\"", "\"CPUUtilization\"")]),
        guide("S03", &[("\"CpuUtilization\"", "\"CustomMetric.QPS\"")]),
        guide("S04", &[("\"CpuUtilization\"", "\"QPS\"")]),
        cms("S05", &[("--Interval 60", "--Interval 60 --EvaluationCount 3")]),
        cms("S06", &[("--RuleId r1 ", "")]),
        cms("S07", &[("--Interval 60", "--Interval 60 --AlarmActions '[\"acs:ess:cn-hangzhou:1:scalingrule/out\"]'")]),
        // One instance or all of them: CloudMonitor looks at each by itself. An event-triggered task looks at the group.
        Case {
            code: "S08",
            input: Input::Script,
            faulty: changed(CLOUDMONITOR, &[("\"i-1\"", "\"*\"")]),
            repaired: SCRIPT.to_string(),
        },
        cms("S09", &[("--SilenceTime 300 ", "")]),
        cms("S10", &[("--Interval 60", "--Period 300")]),
        cms("S11", &[("cpu_total", "CPUUtilization")]),
        script("S12", &[("--VSwitchIds.1 vsw-1 --VSwitchIds.2 vsw-2", "--VSwitchIds '[\"vsw-1\",\"vsw-2\"]'")]),
        script("S13", &[("--MinSize", "--LoadBalancerIds '[\"lb-1\"]' --MinSize")]),
        script("S14", &[("--RemovalPolicy.1 OldestInstance ", "")]),
        script("S15", &[("--MaxSize 10", "--MaxSize 10 --DesiredCapacity 5")]),
        script("S16", &[("--DefaultCooldown 300 ", "")]),
        script("S17", &[("aliyun ess EnableScalingGroup --ScalingGroupId asg-1\n", "")]),
        script("S18", &[("--AdjustmentValue=-1", "--AdjustmentValue -1")]),
        guide("S19", &[("\"action\": \"out\"", "\"action\": \"out-by-qps\"")]),
        guide("S21", &[("ecs.g6.2xlarge", "ecs.c6.2xlarge")]),
        guide("S22", &[("set_MetricLists(metrics)", "set_MetricName('QPS')")]),
        case(
            "S23",
            Input::Script,
            &in_guide(SCRIPT),
            &[("```bash\n", "```bash\npip install aliyun-python-sdk-core aliyun-python-sdk-ess\n")],
        ),
        script(
            "S24",
            &[(
                "aliyun ess CreateLifecycleHook --ScalingGroupId asg-1 --LifecycleTransition SCALE_OUT --HeartbeatTimeout 600\n",
                "",
            )],
        ),
        // A hook that waits for the end of the boot would keep the failed script out of service.
        case(
            "S25",
            Input::Script,
            &changed(
                SCRIPT,
                &[(
                    "aliyun ess CreateLifecycleHook --ScalingGroupId asg-1 --LifecycleTransition SCALE_OUT --HeartbeatTimeout 600\n",
                    "",
                )],
            ),
            &[(" --HealthCheckType LOAD_BALANCER", "")],
        ),
        case(
            "S26",
            Input::Script,
            &in_guide(&format!("systemctl start app\nsleep 30\n{SCRIPT}")),
            &[("sleep 30", "sleep 400")],
        ),
        guide(
            "S27",
            &[(
                "```python",
                "```json\n{\"name\": \"calm\", \"metric\": \"QPS\", \"threshold\": 30, \"comparison\": \"<\", \"period\": 60, \"times\": 3, \"action\": \"in\"}\n```\n```python",
            )],
        ),
        guide("S28", &[("Tencent differs.", "Tencent: same as on Alibaba.")]),
        case("S28", Input::Script, TCCLI, &[("\"Period\":60", "\"Period\":600")]),
        case(
            "S29",
            Input::Script,
            TCCLI,
            &[(
                "--Filters '[{\"Name\":\"auto-scaling-group-id\",\"Values\":[\"asg-1\"]}]'",
                "--AutoScalingGroupId asg-1",
            )],
        ),
        guide("S30", &[("Its object storage is COS.", "Files are in Tencent Cloud OSS.")]),
        case("S31", Input::Script, AWSCLI, &[(" --dimensions Name=AutoScalingGroupName,Value=web", "")]),
        case(
            "S31",
            Input::Script,
            AWSCLI,
            &[(
                "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:11111111-2222-3333-4444-555555555555:autoScalingGroupName/web:policyName/out",
                "arn:aws:autoscaling:out",
            )],
        ),
        case(
            "I01",
            Input::Artifact,
            ANSWERS,
            &[("\"AutoScalingGroups\"", "\"Activities\": [{\"ActivityId\": \"1\"}], \"AutoScalingGroups\"")],
        ),
        case(
            "I02",
            Input::Artifact,
            CLOUDFORMATION,
            &[("\"MetricName\": \"CPUUtilization\"", "\"MetricName\": \"StatusCheckFailed_System\"")],
        ),
        case("I03", Input::Artifact, CLOUDFORMATION, &[("[{\"Ref\": \"Out\"}]", "[\"arn:aws:sns:eu-west-1:1:mail\"]")]),
        case(
            "I04",
            Input::Artifact,
            CLOUDFORMATION,
            &[
                ("\"Threshold\": 70", "\"Threshold\": {\"Ref\": \"Limit\"}"),
                ("{\"Resources\"", "{\"Parameters\": {\"Limit\": {\"Type\": \"Number\"}}, \"Resources\""),
            ],
        ),
    ]
}

fn cases() -> Vec<Case> {
    [any_policy(), alibaba_and_tencent(), aws_and_hpa(), as_written()].into_iter().flatten().collect()
}

/// What is found, and the scenarios that can be run.
fn found(input: Input, text: &str) -> (Vec<Finding>, Vec<Loaded>) {
    let (mut findings, documents) = match input {
        Input::Scenario => (Vec::new(), vec![Document::parse("x.toml", text).unwrap()]),
        Input::Script | Input::Artifact => {
            let options = ImportOptions { shell: matches!(input, Input::Script), ..ImportOptions::default() };
            let import =
                import(&[Source::new("x.txt", text)], &options).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let documents = import.scenarios.iter().map(|one| Document::parse("x.toml", &one.text).unwrap()).collect();
            (import.findings, documents)
        }
    };
    let mut loaded = Vec::new();
    for document in &documents {
        let examination = examine(document, &DiskFiles);
        // What an imported scenario is assumed to do is not what the artifact says.
        if matches!(input, Input::Scenario) {
            findings.extend(examination.findings);
        }
        loaded.extend(examination.loaded);
    }
    (findings, loaded)
}

/// The bounds of S27 and H03 are told as notes also where all is well.
fn told(code: &str, findings: &[Finding]) -> Option<Finding> {
    let least = if code == "S27" || code == "H03" { Severity::Warning } else { Severity::Note };
    findings.iter().find(|finding| finding.code == code && rank(finding.severity) >= rank(least)).cloned()
}

#[test]
fn every_code_is_found_where_it_is_and_not_where_it_was_repaired() {
    let mut wrong = Vec::new();
    for case in cases() {
        if told(case.code, &found(case.input, &case.faulty).0).is_none() {
            wrong.push(format!("{} is not found in\n{}", case.code, case.faulty));
        }
        if let Some(finding) = told(case.code, &found(case.input, &case.repaired).0) {
            wrong.push(format!("{} is found where it was repaired: {finding:?}", case.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_code_of_the_catalogue_has_a_case() {
    let cases = cases();
    let missing: Vec<&str> = catalogue::HAZARDS
        .iter()
        .map(|hazard| hazard.code)
        .filter(|code| !cases.iter().any(|case| case.code == *code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every code has a proof, or a reason why nothing is simulated; never both.
#[test]
fn what_is_not_proved_says_why() {
    for hazard in catalogue::HAZARDS {
        assert_ne!(proof::exists(hazard.code), !proof::why_not(hazard.code).is_empty(), "{}", hazard.code);
    }
}

/// The same finding on both: with the fault the cure takes away more than a twentieth of the figure, without it the cure
/// has nothing to take away, or does not apply.
#[test]
fn proofs_show_the_fault_and_nothing_once_it_is_repaired() {
    let mut wrong = Vec::new();
    let mut proved = Vec::new();
    for case in cases().into_iter().filter(|case| proof::exists(case.code)) {
        let (findings, faulty) = found(case.input, &case.faulty);
        let Some(finding) = told(case.code, &findings) else { continue };
        let answer = |scenarios: &[Loaded]| -> Option<Answer> {
            scenarios.first().map(|loaded| prove(&finding, loaded, &DiskFiles).unwrap())
        };
        match answer(&faulty) {
            Some(Answer::Simulated(proof)) if proof.shows() => {
                println!(
                    "{}: {} {} -> {} ({}; {})",
                    case.code, proof.metric, proof.with, proof.cured, proof.setting, proof.cure
                );
                proved.push(case.code);
            }
            // Descriptions in prose come without a policy that could be run.
            Some(Answer::NotSimulated(_)) | None if matches!(case.input, Input::Script) => {}
            other => wrong.push(format!("{} is not shown: {other:?}", case.code)),
        }
        let (_, repaired) = found(case.input, &case.repaired);
        if let Some(Answer::Simulated(proof)) = answer(&repaired)
            && proof.shows()
        {
            wrong.push(format!("{} is shown where it was repaired: {proof:?}", case.code));
        }
    }
    let missing: Vec<&str> = catalogue::HAZARDS
        .iter()
        .map(|hazard| hazard.code)
        .filter(|code| proof::exists(code) && !proved.contains(code))
        .collect();
    assert!(wrong.is_empty() && missing.is_empty(), "{}\nno proof of {missing:?}", wrong.join("\n\n"));
}
