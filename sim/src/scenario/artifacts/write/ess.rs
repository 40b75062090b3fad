//! ESS: ModifyScalingGroup, CreateScalingRule, CreateAlarm, CreateScheduledTask; CloudMonitor's rules with their targets.

use serde_json::{Value, json};

use super::super::object::Kind;
use super::ExportError;
use super::call::{
    Call, Symbols, adjustment, comparison, hook, left_out, number, reference, refuse, removal, seconds, statistic,
    steps,
};
use crate::controllers::cloud::EssConfig;
use crate::controllers::cloud::Provider;
use crate::controllers::cloud::ess::{
    EssAlarm, EssAlarmKind, EssHealthCheck, EssMultiAz, EssPredictiveMode, EssProcess, EssRule, EssRuleType,
    EssScalingPolicy, ExpressionsLogic, NoDataPolicy, PredictiveValueBehavior,
};
use crate::controllers::cloud::metric_names;
use crate::controllers::cloud::words::Comparison;
use crate::controllers::decision::Statistic;

const ADJUSTMENTS: [&str; 3] = ["QuantityChangeInCapacity", "PercentChangeInCapacity", "TotalCapacity"];
const COMPARISONS: [&str; 4] = [">", ">=", "<", "<="];
const CMS_COMPARISONS: [&str; 4] =
    ["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"];

/// Metrics that the group's applications report themselves.
const CUSTOM: [&str; 4] = ["QPS", "QPSPerInstance", "ResponseTime", "InFlight"];

/// What a rule of CloudMonitor watches when it is to watch everything.
const ALL_RESOURCES: &str = "[{\"resource\":\"_ALL\"}]";

/// The group's id, which only the service knows.
pub(super) const GROUP: &str = "scaling_group_id";

pub(super) fn calls(config: &EssConfig, name: &str) -> Result<Vec<Call>, ExportError> {
    let strict = EssConfig { lenient: false, ..config.clone() };
    refuse(strict.validate())?;
    let mut symbols = Symbols::default();
    symbols.of(GROUP);
    let mut group = Call::new(Kind::EssGroup, GROUP);
    group.set("ScalingGroupId", reference(GROUP));
    group.set("ScalingGroupName", name);
    group.set("MinSize", config.min);
    group.set("MaxSize", config.max);
    if let Some(desired) = config.desired {
        group.set("DesiredCapacity", desired);
    }
    group.set("DefaultCooldown", seconds(config.default_cooldown));
    group.set("RemovalPolicies", removal(&config.removal, "OldestScalingConfiguration"));
    upkeep(config, &mut group);
    let mut calls = vec![group];
    for one in &config.hook {
        let group = ("ScalingGroupId", reference(GROUP));
        calls.push(hook(one, Kind::EssHook, &mut symbols, group, ["SCALE_OUT", "SCALE_IN"]));
    }
    if !config.suspended.is_empty() {
        let mut call = Call::new(Kind::EssSuspension, symbols.of("suspended processes of the group"));
        call.set("ScalingGroupId", reference(GROUP));
        call.set("Processes", config.suspended.iter().map(|one| process(*one).into()).collect::<Vec<Value>>());
        calls.push(call);
    }
    for rule in &config.rule {
        calls.push(self::rule(rule, symbols.of(&rule.name))?);
    }
    for alarm in &config.alarm {
        if !alarm.export {
            calls[0].remarks.push(left_out(&alarm.name));
            continue;
        }
        if !alarm.enabled && alarm.kind == EssAlarmKind::CmsRule {
            let remark = format!("the rule `{}` is disabled, which the call cannot say: not exported", alarm.name);
            calls[0].remarks.push(remark);
            continue;
        }
        match alarm.kind {
            EssAlarmKind::EventTriggeredTask => calls.push(self::alarm(alarm, &mut symbols)),
            EssAlarmKind::CmsRule => calls.extend(cms_rule(alarm, &mut symbols)),
        }
    }
    for task in &config.scheduled {
        let mut call = Call::new(Kind::EssSchedule, symbols.of(&format!("schedule {}", task.name)));
        let Some(cron) = &task.cron else {
            calls[0]
                .remarks
                .push(format!("the schedule `{}` happens once in the run and has no date: not exported", task.name));
            continue;
        };
        call.set("ScheduledTaskName", task.name.as_str());
        match &task.rule {
            Some(rule) => call.set("ScheduledAction", reference(&symbols.of(rule))),
            None => {
                call.set("ScalingGroupId", reference(GROUP));
                for (key, value) in [("MinValue", task.min), ("MaxValue", task.max), ("DesiredCapacity", task.desired)]
                {
                    if let Some(value) = value {
                        call.set(key, value);
                    }
                }
            }
        }
        call.set("RecurrenceType", "Cron");
        call.set("RecurrenceValue", cron.as_str());
        call.set("LaunchExpirationTime", seconds(task.retry_for));
        calls.push(call);
    }
    Ok(calls)
}

/// Fields of the group beside its bounds; what is at its default is left as it is in the account.
fn upkeep(config: &EssConfig, group: &mut Call) {
    match config.health_check {
        EssHealthCheck::Ecs => {}
        EssHealthCheck::None => group.set("HealthCheckType", "NONE"),
        EssHealthCheck::LoadBalancer => group.set("HealthCheckType", "LOAD_BALANCER"),
    }
    match config.scaling_policy {
        EssScalingPolicy::Release => {}
        EssScalingPolicy::Recycle => group.set("ScalingPolicy", "recycle"),
        EssScalingPolicy::ForceRelease => group.set("ScalingPolicy", "forcerelease"),
        EssScalingPolicy::ForceRecycle => group.set("ScalingPolicy", "forcerecycle"),
    }
    match config.multi_az {
        EssMultiAz::Priority => {}
        EssMultiAz::Balance => group.set("MultiAZPolicy", "BALANCE"),
        EssMultiAz::CostOptimized => group.set("MultiAZPolicy", "COST_OPTIMIZED"),
        EssMultiAz::Composable => group.set("MultiAZPolicy", "COMPOSABLE"),
    }
    if config.az_balance {
        group.set("AzBalance", true);
    }
}

const fn process(process: EssProcess) -> &'static str {
    match process {
        EssProcess::ScaleIn => "ScaleIn",
        EssProcess::ScaleOut => "ScaleOut",
        EssProcess::HealthCheck => "HealthCheck",
        EssProcess::AlarmNotification => "AlarmNotification",
        EssProcess::ScheduledAction => "ScheduledAction",
    }
}

fn rule(rule: &EssRule, symbol: String) -> Result<Call, ExportError> {
    let path = format!("ess.rule.{}", rule.name);
    let mut call = Call::new(Kind::EssRule, symbol);
    call.set("ScalingGroupId", reference(GROUP));
    call.set("ScalingRuleName", rule.name.as_str());
    match (rule.resolved_type(), &rule.target) {
        (EssRuleType::TargetTracking, Some(target)) => {
            call.set("ScalingRuleType", "TargetTrackingScalingRule");
            call.set("MetricName", vendor_name(&target.metric));
            call.set("TargetValue", number(target.value));
            call.set("DisableScaleIn", target.disable_scale_in);
            call.set("ScaleOutEvaluationCount", target.scale_out_times);
            call.set("ScaleInEvaluationCount", target.scale_in_times);
            if target.period.as_secs() != 60 {
                call.set("AlarmOptions", json!({ "Period": target.period.as_secs() }));
            }
            call.set("EstimatedInstanceWarmup", seconds(rule.warmup));
        }
        (EssRuleType::Predictive, Some(target)) => {
            call.set("ScalingRuleType", "PredictiveScalingRule");
            call.set("MetricName", vendor_name(&target.metric));
            call.set("TargetValue", number(target.value));
            predictive(rule, &mut call);
        }
        (EssRuleType::Step, _) => {
            call.set("ScalingRuleType", "StepScalingRule");
            let (kind, list) = steps(&rule.step, ADJUSTMENTS, &path)?;
            call.set("AdjustmentType", kind);
            call.set("StepAdjustments", list);
            call.set("EstimatedInstanceWarmup", seconds(rule.warmup));
        }
        _ => {
            call.set("ScalingRuleType", "SimpleScalingRule");
            if let Some(adjust) = rule.adjust {
                let (kind, value) = adjustment(adjust, ADJUSTMENTS, &path)?;
                call.set("AdjustmentType", kind);
                call.set("AdjustmentValue", value);
            }
            if let Some(cooldown) = rule.cooldown {
                call.set("Cooldown", seconds(cooldown));
            }
        }
    }
    if rule.min_adjustment_magnitude > 0 {
        call.set("MinAdjustmentMagnitude", rule.min_adjustment_magnitude);
    }
    Ok(call)
}

fn predictive(rule: &EssRule, call: &mut Call) {
    let settings = rule.predictive.clone().unwrap_or_default();
    let mode = match settings.mode {
        EssPredictiveMode::PredictAndScale => "PredictAndScale",
        EssPredictiveMode::PredictOnly => "PredictOnly",
    };
    call.set("PredictiveScalingMode", mode);
    // The API counts this one in minutes.
    call.set("PredictiveTaskBufferTime", settings.buffer.as_secs() / 60);
    if let Some(most) = settings.initial_max {
        call.set("InitialMaxSize", most);
    }
    let behavior = match settings.value_behavior {
        PredictiveValueBehavior::MaxOverrides => "MaxOverridePredictiveValue",
        PredictiveValueBehavior::OverrideMax => "PredictiveValueOverrideMax",
        PredictiveValueBehavior::OverrideMaxWithBuffer => "PredictiveValueOverrideMaxWithBuffer",
    };
    call.set("PredictiveValueBehavior", behavior);
    if settings.value_buffer > 0.0 {
        call.set("PredictiveValueBuffer", number(settings.value_buffer));
    }
}

fn vendor_name(name: &str) -> &str {
    let known = metric_names(Provider::Ess).iter().find(|metric| metric.name == name || metric.aliases.contains(&name));
    known.map_or(name, |metric| metric.name)
}

fn actions(alarm: &EssAlarm, symbols: &mut Symbols) -> Value {
    alarm.action.iter().map(|name| reference(&symbols.of(name))).collect()
}

fn alarm(alarm: &EssAlarm, symbols: &mut Symbols) -> Call {
    let mut call = Call::new(Kind::EssAlarm, symbols.of(&format!("alarm {}", alarm.name)));
    call.set("ScalingGroupId", reference(GROUP));
    call.set("Name", alarm.name.as_str());
    let metric = vendor_name(&alarm.metric);
    if CUSTOM.contains(&metric) {
        call.set("MetricType", "custom");
        call.set("GroupId", reference("monitor_group_id"));
    } else {
        call.set("MetricType", "system");
    }
    call.set("Period", seconds(alarm.period));
    let condition = |metric: &str, word: Statistic, sign: Comparison, threshold: f64| {
        [
            ("MetricName", metric.into()),
            ("Statistics", statistic(word).into()),
            ("ComparisonOperator", comparison(sign, COMPARISONS)),
            ("Threshold", number(threshold)),
        ]
    };
    let first = condition(metric, alarm.statistic.0, alarm.comparison, alarm.threshold);
    if alarm.expression.is_empty() {
        first.into_iter().for_each(|(key, value): (&str, Value)| call.set(key, value));
    } else {
        // A task on several metrics has all of them in its expressions.
        let others = alarm
            .expression
            .iter()
            .map(|other| condition(vendor_name(&other.metric), other.statistic.0, other.comparison, other.threshold));
        let object = |fields: [(&str, Value); 4]| {
            let period = ("Period".to_string(), seconds(alarm.period));
            let fields = fields.into_iter().map(|(key, value)| (key.to_string(), value));
            Value::Object(fields.chain(std::iter::once(period)).collect())
        };
        call.set("Expressions", std::iter::once(first).chain(others).map(object).collect::<Vec<Value>>());
        let joint = match alarm.logic {
            ExpressionsLogic::And => "&&",
            ExpressionsLogic::Or => "||",
        };
        call.set("ExpressionsLogicOperator", joint);
    }
    call.set("EvaluationCount", alarm.times);
    if let Some(window) = &alarm.effective {
        call.set("Effective", window.as_str());
    }
    call.set("AlarmActions", actions(alarm, symbols));
    if !alarm.enabled {
        call.set("Enable", false);
    }
    call
}

/// CloudMonitor's rule, and its targets in a call of their own.
fn cms_rule(alarm: &EssAlarm, symbols: &mut Symbols) -> Vec<Call> {
    let symbol = symbols.of(&format!("alarm {}", alarm.name));
    let mut call = Call::new(Kind::CmsRule, symbol.clone());
    let rule_id = alarm.rule_id.as_deref().unwrap_or(&alarm.name);
    call.set("RuleId", rule_id);
    call.set("RuleName", alarm.name.as_str());
    call.set("Namespace", "acs_ecs_dashboard");
    call.set("MetricName", alarm.metric.as_str());
    call.set("Resources", alarm.resources.as_deref().unwrap_or(ALL_RESOURCES));
    call.set("ContactGroups", reference("contact_groups"));
    call.set("Period", seconds(alarm.period));
    call.set("SilenceTime", seconds(alarm.silence_time));
    match alarm.no_data {
        NoDataPolicy::KeepLastState => {}
        NoDataPolicy::InsufficientData => call.set("NoDataPolicy", "INSUFFICIENT_DATA"),
        NoDataPolicy::Ok => call.set("NoDataPolicy", "OK"),
    }
    call.set(
        "Escalations",
        json!({ "Critical": {
            "Statistics": statistic(alarm.statistic.0),
            "ComparisonOperator": comparison(alarm.comparison, CMS_COMPARISONS),
            "Threshold": number(alarm.threshold),
            "Times": alarm.times,
        } }),
    );
    let mut targets = Call::new(Kind::CmsTargets, symbols.of(&format!("targets {}", alarm.name)));
    targets.set("RuleId", rule_id);
    let list: Vec<Value> = alarm
        .action
        .iter()
        .enumerate()
        .map(|(index, name)| json!({ "Id": index.to_string(), "Arn": reference(&symbols.of(name)) }))
        .collect();
    targets.set("Targets", list);
    vec![call, targets]
}
