//! What Tencent AS refuses of a policy that was written for another cloud.

use super::Findings;
use crate::controllers::cloud::tencent::{TencentAlarm, TencentConfig};
use crate::controllers::cloud::{Provider, metric_names};

pub(super) fn check(config: &TencentConfig, findings: &mut Findings<'_>) {
    let inner = config
        .policy
        .iter()
        .filter_map(|policy| Some((format!("tencent.policy.{}.alarm", policy.name), policy.alarm.as_ref()?)));
    let outer = config.alarm.iter().map(|alarm| (format!("tencent.alarm.{}", alarm.name), alarm));
    for (path, alarm) in inner.chain(outer) {
        check_alarm(alarm, &path, findings);
    }
}

fn check_alarm(alarm: &TencentAlarm, path: &str, findings: &mut Findings<'_>) {
    let seconds = alarm.period.as_secs();
    if ![60, 300].contains(&seconds) {
        let window = seconds.saturating_mul(u64::from(alarm.times));
        let fix = match [300, 60]
            .into_iter()
            .find(|period| window > 0 && window.is_multiple_of(*period) && window / period <= 10)
        {
            Some(period) => {
                format!("the same window of {window} s: period = \"{period}s\", times = {}", window / period)
            }
            None => "use 60 or 300 s".to_string(),
        };
        findings.add(
            "S28",
            &format!("{path}.period"),
            format!("Tencent AS has no period of {seconds} s: it takes 60 or 300 s"),
            fix,
        );
    }
    if !(1..=10).contains(&alarm.times) {
        findings.add(
            "S28",
            &format!("{path}.times"),
            format!("ContinuousTime is 1 to 10, not {}", alarm.times),
            "use a longer period and fewer of them",
        );
    }
    let names: Vec<&str> = metric_names(Provider::Tencent).iter().map(|metric| metric.name).collect();
    if !names.iter().any(|name| name.eq_ignore_ascii_case(&alarm.metric)) && alarm.metric != "ASG_AVG_CPU_UTILIZATION" {
        findings.add(
            "S28",
            &format!("{path}.metric"),
            format!("Tencent AS has no metric `{}` for alarms, nor custom ones", alarm.metric),
            format!("there are {}", names.join(", ")),
        );
    }
    if alarm.threshold.fract() != 0.0 {
        findings.add(
            "S28",
            &format!("{path}.threshold"),
            format!("Threshold is a whole number at Tencent, not {}", alarm.threshold),
            format!("use {} or {}", libm::floor(alarm.threshold), libm::ceil(alarm.threshold)),
        );
    }
}
