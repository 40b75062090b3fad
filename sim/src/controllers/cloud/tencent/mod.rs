//! Tencent Cloud Auto Scaling.

mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use config::{
    MultiZonePolicy, RetryPolicy, ScalingMode, TencentAlarm, TencentAssumptions, TencentConfig, TencentPolicy,
    TencentPolicyType, TencentScheduled, TencentTarget,
};
