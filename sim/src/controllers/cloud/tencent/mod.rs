//! Tencent Cloud Auto Scaling.

mod assumptions;
mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use assumptions::TencentAssumptions;
pub use config::{
    MultiZonePolicy, RetryPolicy, ScalingMode, TencentAlarm, TencentConfig, TencentPolicy, TencentPolicyType,
    TencentScheduled, TencentTarget,
};
pub(crate) use validate::BALANCER;
