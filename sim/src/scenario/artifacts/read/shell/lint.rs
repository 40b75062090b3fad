//! What is wrong with command lines as they are written: parameters that do not exist, lists in the wrong form, calls that
//! are missing. Sources: the metadata that the `aliyun` tool validates against, its own parser, tccli's API description.

use super::super::super::finding;
use super::super::super::node::{Node, Source};
use super::super::Found;
use super::command::{Command, CommandOption};
use crate::scenario::document::Severity::{self, Error, Note, Warning};
use crate::scenario::hazards::Finding;

/// Parameters that PutResourceMetricRule has not, though alarms elsewhere have.
const NOT_IN_CMS: [&str; 6] =
    ["Dimensions", "Statistics", "Threshold", "ComparisonOperator", "EvaluationCount", "AlarmActions"];

/// Arguments of DescribeAutoScalingActivities.
const TENCENT_ACTIVITIES: [&str; 6] = ["ActivityIds", "Filters", "Limit", "Offset", "StartTime", "EndTime"];

struct Lint<'s> {
    source: &'s Source,
    findings: Vec<Finding>,
}

pub(super) fn check(commands: &[Command], source: &Source, found: &mut Found) {
    let mut lint = Lint { source, findings: Vec::new() };
    for command in commands {
        match (command.tool.as_str(), command.action.as_str()) {
            ("aliyun", "PutResourceMetricRule") => lint.cms_rule(command),
            ("aliyun", "CreateScalingGroup") => lint.ess_group(command, commands),
            ("aliyun", "CreateAlarm") => lint.ess_alarm(command),
            ("tccli", "DescribeAutoScalingActivities") => lint.tencent_activities(command),
            ("tccli", "CreateScalingPolicy") => lint.tencent_policy(command),
            ("aws", "put-metric-alarm") => lint.aws_alarm(command),
            _ => {}
        }
        lint.loose_dashes(command);
    }
    lint.packages();
    found.findings.extend(lint.findings);
}

fn option<'c>(command: &'c Command, name: &str) -> Option<&'c CommandOption> {
    command.options.iter().find(|option| option.name == name)
}

impl Lint<'_> {
    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: &std::ops::Range<usize>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.findings.push(finding(severity, code, self.source.place(span.clone()), message, fix));
    }

    fn cms_rule(&mut self, command: &Command) {
        let wrong: Vec<&str> = command
            .options
            .iter()
            .map(|option| option.name.as_str())
            .filter(|name| NOT_IN_CMS.contains(name))
            .collect();
        if let Some(first) = command.options.iter().find(|option| NOT_IN_CMS.contains(&option.name.as_str())) {
            self.add(
                Error,
                "S05",
                &first.span,
                format!("PutResourceMetricRule has no parameters {}: the tool refuses the call", wrong.join(", ")),
                "Resources, and Escalations.Critical.Statistics, .ComparisonOperator, .Threshold, .Times",
            );
        }
        let missing: Vec<&str> =
            ["RuleId", "ContactGroups"].into_iter().filter(|name| option(command, name).is_none()).collect();
        if !missing.is_empty() {
            self.add(
                Error,
                "S06",
                &command.span,
                format!("PutResourceMetricRule requires {}", missing.join(" and ")),
                "add them",
            );
        }
        if let Some(actions) = option(command, "AlarmActions") {
            self.add(
                Error,
                "S07",
                &actions.span,
                "this is neither ESS's ARI (ari:acs:ess:<region>:<uid>:scalingrule/asr-…, with the rule's id) nor CloudMonitor's target \
                 (acs:ess:<region>:<uid>:scalingGroupId/<asg>:scalingRuleId/<asr>, given by PutMetricRuleTargets)",
                "aliyun ess CreateAlarm … --AlarmAction.1 <the rule's ARI>",
            );
        }
        let scope = option(command, "Dimensions").or(option(command, "Resources"));
        if let Some(scope) =
            scope.filter(|scope| scope.values.iter().any(|value| value.contains("\"*\"") || value.contains("_ALL")))
        {
            self.add(
                Warning,
                "S08",
                &scope.span,
                "every ECS instance of the account is watched by itself, not the mean of the group: one hot instance executes the rule",
                "aliyun ess CreateAlarm aggregates over the group; all resources would be [{\"resource\":\"_ALL\"}]",
            );
        }
        if option(command, "SilenceTime").is_none() {
            self.add(
                Warning,
                "S09",
                &command.span,
                "no SilenceTime: the default is 86400 s, so while the alarm lasts it notifies, and scales, once a day",
                "--SilenceTime 300 or more, or ess CreateAlarm",
            );
        }
        let period =
            option(command, "Period").and_then(|option| Some((option, option.values.first()?.parse::<u64>().ok()?)));
        if let Some((option, seconds)) = period.filter(|(_, seconds)| *seconds > 0 && seconds.is_multiple_of(60)) {
            self.add(
                Note,
                "S10",
                &option.span,
                format!("Period {seconds} is right here: CloudMonitor takes multiples of 60 s"),
                "",
            );
        }
        let metric =
            option(command, "MetricName").filter(|option| option.values.iter().any(|name| name == "CPUUtilization"));
        if let Some(metric) = metric {
            self.add(
                Note,
                "S11",
                &metric.span,
                "CPUUtilization of acs_ecs_dashboard is marked as not recommended",
                "cpu_total, from the agent each 15 s",
            );
        }
    }

    fn ess_group(&mut self, command: &Command, commands: &[Command]) {
        if let Some(list) =
            option(command, "VSwitchIds").filter(|option| option.values.iter().any(|value| value.starts_with('[')))
        {
            self.add(
                Error,
                "S12",
                &list.span,
                "VSwitchIds is a repeated parameter: a JSON text is sent as one key that the API does not know, as if none were given",
                "--VSwitchIds.1 vsw-… --VSwitchIds.2 vsw-…",
            );
        }
        if let Some(list) =
            option(command, "LoadBalancerIds").filter(|option| option.values.iter().any(|value| value.starts_with('[')))
        {
            self.add(Note, "S13", &list.span, "LoadBalancerIds is right here: a text that holds a JSON array", "");
        }
        if !command
            .options
            .iter()
            .any(|option| option.name.starts_with("RemovalPolicy") || option.name.starts_with("RemovalPolicies"))
        {
            self.add(
                Warning,
                "S14",
                &command.span,
                "no RemovalPolicy: instances of the oldest scaling configuration leave first, then the oldest",
                "--RemovalPolicy.1 OldestInstance when the oldest is to leave first",
            );
        }
        if let Some(desired) = option(command, "DesiredCapacity") {
            self.add(
                Warning,
                "S15",
                &desired.span,
                "DesiredCapacity turns on the expected number of instances: an alarm's activity then excludes every other, and manual \
                 rules only move that number",
                "leave it out unless that is meant",
            );
        }
        if option(command, "DefaultCooldown").is_none() {
            self.add(
                Warning,
                "S16",
                &command.span,
                "no DefaultCooldown: 300 s hold for every rule without a cooldown",
                "--DefaultCooldown <seconds>",
            );
        }
        if !commands.iter().any(|other| other.tool == "aliyun" && other.action == "EnableScalingGroup") {
            self.add(
                Warning,
                "S17",
                &command.span,
                "no EnableScalingGroup: a new group is Inactive and scales nothing",
                "aliyun ess EnableScalingGroup --ScalingGroupId asg-…",
            );
        }
        if !commands.iter().any(|other| other.tool == "aliyun" && other.action == "CreateLifecycleHook") {
            self.add(
                Warning,
                "S24",
                &command.span,
                "no lifecycle hook: instances are attached to the load balancer when they run, before the application is up",
                "aliyun ess CreateLifecycleHook --LifecycleTransition SCALE_OUT with a HeartbeatTimeout as long as the boot, and \
                 CompleteLifecycleAction at its end",
            );
        }
        let health = option(command, "HealthCheckType").and_then(|option| option.values.first());
        if health.is_none_or(|kind| kind == "ECS") {
            self.add(
                Warning,
                "S25",
                &command.span,
                "health check type ECS sees only whether the machine runs: an instance whose start script failed stays in service",
                "an ALB and --HealthCheckType LOAD_BALANCER (a CLB cannot drive replacement)",
            );
        }
    }

    fn ess_alarm(&mut self, command: &Command) {
        let period =
            option(command, "Period").and_then(|option| Some((option, option.values.first()?.parse::<u64>().ok()?)));
        if let Some((option, seconds)) = period.filter(|(_, seconds)| ![15, 60, 120, 300, 900].contains(seconds)) {
            self.add(
                Error,
                "S01",
                &option.span,
                format!("ESS has no period of {seconds} s: it takes 15, 60, 120, 300 or 900"),
                "the same window: 300 s × 6 for 600 s × 3",
            );
        }
    }

    fn tencent_activities(&mut self, command: &Command) {
        for option in command.options.iter().filter(|option| option.name == "AutoScalingGroupId" || !is_known(option)) {
            self.add(
                Error,
                "S29",
                &option.span,
                format!(
                    "Unknown options: --{}: DescribeAutoScalingActivities takes Filters or ActivityIds",
                    option.name
                ),
                "--Filters '[{\"Name\":\"auto-scaling-group-id\",\"Values\":[\"asg-…\"]}]'",
            );
        }
    }

    fn tencent_policy(&mut self, command: &Command) {
        let alarm = command.node.get("MetricAlarm");
        let period = alarm.and_then(|alarm| alarm.get("Period")).and_then(Node::whole);
        if let (Some(alarm), Some(seconds)) = (alarm, period.filter(|seconds| ![60, 300].contains(seconds))) {
            self.add(
                Error,
                "S28",
                &alarm.span,
                format!("Tencent AS has no period of {seconds} s: it takes 60 or 300"),
                "300 s × 6 for 600 s × 3",
            );
        }
    }

    fn aws_alarm(&mut self, command: &Command) {
        let watches_group = command
            .node
            .get("Dimensions")
            .map(Node::list)
            .unwrap_or_default()
            .iter()
            .any(|dimension| dimension.get("Name").and_then(Node::text) == Some("AutoScalingGroupName"));
        let is_ec2 = command.node.get("Namespace").and_then(Node::text).is_none_or(|namespace| namespace == "AWS/EC2");
        if is_ec2 && !watches_group {
            self.add(
                Note,
                "S31",
                &command.span,
                "no dimension AutoScalingGroupName: the alarm does not watch the group",
                "--dimensions Name=AutoScalingGroupName,Value=<group>",
            );
        }
        let Some(actions) = option(command, "alarm-actions") else { return };
        let is_whole = |arn: &String| {
            arn.starts_with('$') || (arn.contains(":scalingPolicy:") && arn.contains(":autoScalingGroupName/"))
        };
        if !actions.values.iter().all(is_whole) {
            self.add(
                Note,
                "S31",
                &actions.span,
                "this is no ARN of a policy: arn:aws:autoscaling:<region>:<account>:scalingPolicy:<uuid>:autoScalingGroupName/<group>:policyName/<policy>",
                "take it from the answer of put-scaling-policy: --query PolicyARN --output text",
            );
        }
    }

    fn loose_dashes(&mut self, command: &Command) {
        for option in command.options.iter().filter(|option| option.has_loose_dash) {
            let value = option.values.iter().find(|value| value.starts_with('-')).map_or("", String::as_str);
            self.add(
                Error,
                "S18",
                &option.span,
                format!("the tool takes {value} for a flag: {} stays empty, and the call is refused ('-{value}' is not a valid parameter or flag)", option.name),
                format!("--{}={value}", option.name),
            );
        }
    }

    /// The SDKs do not bring the tool.
    fn packages(&mut self) {
        let text = &self.source.text;
        let Some(at) = text.find("pip install aliyun-python-sdk") else { return };
        let line = at..text[at..].find('\n').map_or(text.len(), |end| at + end);
        if text.contains("aliyun ess") || text.contains("aliyun cms") {
            self.add(
                Note,
                "S23",
                &line,
                "these packages do not install the `aliyun` tool, and CloudMonitor's SDK (aliyun-python-sdk-cms) is not among them",
                "install the aliyun CLI",
            );
        }
    }
}

fn is_known(option: &CommandOption) -> bool {
    TENCENT_ACTIVITIES.contains(&option.name.as_str())
        || ["region", "profile", "output", "filter"].contains(&option.name.as_str())
}
