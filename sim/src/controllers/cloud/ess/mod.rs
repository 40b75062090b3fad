//! Alibaba Cloud ESS and CloudMonitor.

mod build;
mod config;
mod rules;
mod validate;

pub use config::{
    CooldownStartedBy, EssAlarm, EssAlarmKind, EssAssumptions, EssConfig, EssRule, EssRuleType, EssScheduled, EssTarget,
};
