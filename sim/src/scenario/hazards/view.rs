//! One view of the three clouds' policies: rules, alarms and who invokes whom.

use windtunnel_traces::SimDuration;

use crate::controllers::cloud::aws::AwsPolicyType;
use crate::controllers::cloud::ess::{EssConfig, EssRuleType};
use crate::controllers::cloud::tencent::TencentPolicyType;
use crate::controllers::cloud::words::{Adjust, Comparison, Step};
use crate::controllers::cloud::{AwsConfig, Provider, TencentConfig, metric_of};
use crate::controllers::decision::Metric;
use crate::scenario::{Policy, Scenario};

/// A scaling group.
pub(super) struct Group {
    pub(super) provider: Provider,
    /// The table that it is written in.
    pub(super) table: &'static str,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) rules: Vec<Rule>,
    pub(super) alarms: Vec<Alarm>,
    /// From the end of an alarm's period until it is evaluated.
    pub(super) alarm_delay: SimDuration,
    /// A cooldown refuses alarms in both directions, whatever rule began it.
    pub(super) cooldown_locks_group: bool,
    /// What to do about samples that are too far apart for an alarm.
    pub(super) finer_samples: &'static str,
}

/// Where the distance of samples is a number.
const SAMPLE_MORE_OFTEN: &str = "sample more often (sensors.every), or use a longer period";

/// A scaling rule (ESS) or policy (AWS, Tencent).
pub(super) struct Rule {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) does: Does,
    /// Which cooldown holds after it; nothing when it knows none.
    pub(super) cooldown: Option<SimDuration>,
    pub(super) is_enabled: bool,
}

/// What a rule does.
pub(super) enum Does {
    Adjust(Adjust),
    Steps(Vec<Step>),
    Track(Track),
    Predict,
}

/// A target and the two alarms that the vendor manages for it.
pub(super) struct Track {
    pub(super) metric: Option<Metric>,
    pub(super) metric_name: String,
    pub(super) value: f64,
    pub(super) period: SimDuration,
    pub(super) out_times: u32,
    pub(super) scales_in: bool,
}

/// An alarm with its actions.
pub(super) struct Alarm {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) metric: Option<Metric>,
    pub(super) metric_name: String,
    pub(super) comparison: Comparison,
    pub(super) threshold: f64,
    pub(super) period: SimDuration,
    pub(super) times: u32,
    pub(super) actions: Vec<String>,
    pub(super) is_enabled: bool,
}

impl Rule {
    /// True when the rule adds instances.
    pub(super) fn adds(&self) -> bool {
        self.signs().0
    }

    /// True when it removes some.
    pub(super) fn removes(&self) -> bool {
        self.signs().1
    }

    fn signs(&self) -> (bool, bool) {
        match &self.does {
            Does::Adjust(adjust) => (sign(*adjust) >= 0.0, sign(*adjust) <= 0.0),
            Does::Steps(steps) => {
                (steps.iter().any(|step| sign(step.adjust) > 0.0), steps.iter().any(|step| sign(step.adjust) < 0.0))
            }
            Does::Track(track) => (true, track.scales_in),
            Does::Predict => (true, false),
        }
    }

    /// The capacity after it, from `n` instances, not limited by the group's bounds; the first step for a step rule.
    pub(super) fn applied_to(&self, n: u32, adds: bool) -> Option<f64> {
        let n = f64::from(n);
        let adjust = match &self.does {
            Does::Adjust(adjust) => *adjust,
            Does::Steps(steps) => steps
                .iter()
                .map(|step| step.adjust)
                .find(|adjust| if adds { sign(*adjust) > 0.0 } else { sign(*adjust) < 0.0 })?,
            Does::Track(_) | Does::Predict => return None,
        };
        Some(match adjust {
            Adjust::Change(by) => n + f64::from(by),
            Adjust::Percent(percent) => {
                let by = libm::round(n * percent / 100.0);
                n + if by == 0.0 { percent.signum() } else { by }
            }
            Adjust::Exact(exact) => f64::from(exact),
        })
    }
}

/// The sign of an adjustment; zero for one that can go either way.
fn sign(adjust: Adjust) -> f64 {
    match adjust {
        Adjust::Change(by) => f64::from(by),
        Adjust::Percent(percent) => percent,
        Adjust::Exact(_) => 0.0,
    }
}

impl Alarm {
    /// The time from the load's rise until the alarm is raised at the earliest, without the delay of its evaluation.
    pub(super) fn window(&self) -> SimDuration {
        self.period * u64::from(self.times)
    }
}

impl Group {
    /// The rule of that name.
    pub(super) fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// Alarms that act, each with a rule that it invokes.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Alarm, &Rule)> {
        let enabled = self.alarms.iter().filter(|alarm| alarm.is_enabled);
        let named = enabled.flat_map(|alarm| alarm.actions.iter().map(move |name| (alarm, name)));
        named.filter_map(|(alarm, name)| Some((alarm, self.rule(name)?))).filter(|(_, rule)| rule.is_enabled)
    }

    /// Rules that track a target.
    pub(super) fn tracking(&self) -> impl Iterator<Item = (&Rule, &Track)> {
        self.rules.iter().filter(|rule| rule.is_enabled).filter_map(|rule| match &rule.does {
            Does::Track(track) => Some((rule, track)),
            _ => None,
        })
    }

    /// The group of a scenario, when a cloud scales it.
    pub(super) fn of(scenario: &Scenario) -> Option<Group> {
        match &scenario.policy {
            Policy::Ess(config) => Some(ess(config)),
            Policy::Aws(config) => Some(aws(config)),
            Policy::Tencent(config) => Some(tencent(config)),
            Policy::Hpa { .. } | Policy::Baseline(_) | Policy::Fixed(_) => None,
        }
    }
}

fn ess(config: &EssConfig) -> Group {
    let rules = config.rule.iter().map(|rule| {
        let simple = rule.resolved_type() == EssRuleType::Simple;
        Rule {
            path: format!("ess.rule.{}", rule.name),
            name: rule.name.clone(),
            does: match (rule.resolved_type(), &rule.target) {
                (EssRuleType::Simple, _) => Does::Adjust(rule.adjust.unwrap_or(Adjust::Change(0))),
                (EssRuleType::TargetTracking, Some(target)) => Does::Track(Track {
                    metric: metric_of(Provider::Ess, &target.metric),
                    metric_name: target.metric.clone(),
                    value: target.value,
                    period: target.period,
                    out_times: target.scale_out_times,
                    scales_in: !target.disable_scale_in,
                }),
                _ => Does::Steps(rule.step.clone()),
            },
            cooldown: simple.then(|| rule.cooldown.unwrap_or(config.default_cooldown)),
            is_enabled: true,
        }
    });
    let alarms = config.alarm.iter().map(|alarm| Alarm {
        path: format!("ess.alarm.{}", alarm.name),
        name: alarm.name.clone(),
        metric: metric_of(Provider::Ess, &alarm.metric),
        metric_name: alarm.metric.clone(),
        comparison: alarm.comparison,
        threshold: alarm.threshold,
        period: alarm.period,
        times: alarm.times,
        actions: alarm.action.iter().map(str::to_string).collect(),
        is_enabled: alarm.enabled,
    });
    Group {
        cooldown_locks_group: true,
        finer_samples: SAMPLE_MORE_OFTEN,
        provider: Provider::Ess,
        table: "ess",
        min: config.min,
        max: config.max,
        rules: rules.collect(),
        alarms: alarms.collect(),
        alarm_delay: config.assumptions.alarm_delay.unwrap_or(SimDuration::from_secs(60)),
    }
}

fn aws(config: &AwsConfig) -> Group {
    let rules = config.policy.iter().map(|policy| {
        let simple = policy.resolved_type() == AwsPolicyType::Simple;
        Rule {
            path: format!("aws.policy.{}", policy.name),
            name: policy.name.clone(),
            does: match (policy.resolved_type(), &policy.target) {
                (AwsPolicyType::Simple, _) => Does::Adjust(policy.adjust.unwrap_or(Adjust::Change(0))),
                (AwsPolicyType::TargetTracking, Some(target)) => Does::Track(Track {
                    metric: metric_of(Provider::Aws, &target.metric),
                    metric_name: target.metric.clone(),
                    value: target.value,
                    period: target.period,
                    out_times: target.scale_out_times,
                    scales_in: !target.disable_scale_in,
                }),
                (AwsPolicyType::Predictive, _) => Does::Predict,
                _ => Does::Steps(policy.step.clone()),
            },
            cooldown: simple.then(|| policy.cooldown.unwrap_or(config.default_cooldown)),
            is_enabled: policy.enabled,
        }
    });
    let alarms = config.alarm.iter().map(|alarm| Alarm {
        path: format!("aws.alarm.{}", alarm.name),
        name: alarm.name.clone(),
        metric: metric_of(Provider::Aws, &alarm.metric),
        metric_name: alarm.metric.clone(),
        comparison: alarm.comparison,
        threshold: alarm.threshold,
        period: alarm.period,
        times: alarm.datapoints_to_alarm.unwrap_or(alarm.times),
        actions: alarm.action.iter().map(str::to_string).collect(),
        is_enabled: alarm.enabled,
    });
    Group {
        cooldown_locks_group: false,
        finer_samples: "turn on detailed monitoring (sensors.every = \"60s\"), or use periods of 300 s",
        provider: Provider::Aws,
        table: "aws",
        min: config.min,
        max: config.max,
        rules: rules.collect(),
        alarms: alarms.collect(),
        // An alarm is evaluated each minute at a second of its own: half a minute in the mean.
        alarm_delay: config.assumptions.evaluation_lag + SimDuration::from_secs(30),
    }
}

fn tencent(config: &TencentConfig) -> Group {
    let rules = config.policy.iter().map(|policy| {
        let simple = policy.resolved_type() == TencentPolicyType::Simple;
        Rule {
            path: format!("tencent.policy.{}", policy.name),
            name: policy.name.clone(),
            does: match &policy.target {
                Some(target) if !simple => Does::Track(Track {
                    metric: metric_of(Provider::Tencent, &target.metric),
                    metric_name: target.metric.clone(),
                    value: target.value,
                    period: SimDuration::from_secs(60),
                    out_times: target.scale_out_times,
                    scales_in: !target.disable_scale_in,
                }),
                _ => Does::Adjust(policy.adjust.unwrap_or(Adjust::Change(0))),
            },
            cooldown: simple.then_some(policy.cooldown),
            is_enabled: true,
        }
    });
    let inner = config.policy.iter().filter(|policy| policy.alarm.is_some()).count();
    let alarms = config.all_alarms().into_iter().enumerate().map(|(index, alarm)| Alarm {
        path: if index < inner {
            let name = alarm.action.iter().next().unwrap_or_default();
            format!("tencent.policy.{name}.alarm")
        } else {
            format!("tencent.alarm.{}", alarm.name)
        },
        metric: metric_of(Provider::Tencent, &alarm.metric),
        metric_name: alarm.metric.clone(),
        comparison: alarm.comparison,
        threshold: alarm.threshold,
        period: alarm.period,
        times: alarm.times,
        actions: alarm.action.iter().map(str::to_string).collect(),
        is_enabled: alarm.enabled,
        name: alarm.name,
    });
    Group {
        cooldown_locks_group: true,
        finer_samples: SAMPLE_MORE_OFTEN,
        provider: Provider::Tencent,
        table: "tencent",
        min: config.min,
        max: config.max,
        rules: rules.collect(),
        alarms: alarms.collect(),
        alarm_delay: config.assumptions.alarm_delay.unwrap_or(SimDuration::from_secs(60)),
    }
}
