//! Ranges: both ends are taken, what lies beyond is refused with the nearest end.

use serde_json::Value;
use windtunnel_sim::controllers::cloud::{Problem, Severity};

use super::{file, problems, takes};

/// Where the file has a range: the text that a value (`@`) goes into, and the key that is spoken of.
pub(super) const RANGES: &[(&str, &str, &str, &str)] = &[
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
