//! Tencent Cloud Auto Scaling.

mod build;
mod config;
mod rules;
mod validate;

pub use config::{
    RetryPolicy, TencentAlarm, TencentAssumptions, TencentConfig, TencentPolicy, TencentPolicyType, TencentScheduled,
    TencentTarget,
};
