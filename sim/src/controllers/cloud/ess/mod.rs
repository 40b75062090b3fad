//! Alibaba Cloud ESS and CloudMonitor.

mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use config::{
    CooldownStartedBy, EssAlarm, EssAlarmKind, EssAssumptions, EssConfig, EssExpression, EssHealthCheck, EssMultiAz,
    EssPredictive, EssPredictiveMode, EssProcess, EssRule, EssRuleType, EssScalingPolicy, EssScheduled, EssTarget,
    ExpressionsLogic, NoDataPolicy, PredictiveValueBehavior,
};
