//! Alibaba Cloud ESS and CloudMonitor.

mod assumptions;
mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use assumptions::{CooldownStartedBy, EssAssumptions};
pub use config::{
    EssAlarm, EssAlarmKind, EssConfig, EssExpression, EssHealthCheck, EssMultiAz, EssPredictive, EssPredictiveMode,
    EssProcess, EssRule, EssRuleType, EssScalingPolicy, EssScheduled, EssTarget, ExpressionsLogic, NoDataPolicy,
    PredictiveValueBehavior,
};
pub(crate) use validate::BALANCER;
