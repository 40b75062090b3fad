//! AWS EC2 Auto Scaling and CloudWatch.

mod assumptions;
mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use assumptions::AwsAssumptions;
pub use config::{
    AwsAlarm, AwsComposite, AwsConfig, AwsHealthCheck, AwsMaintenance, AwsPolicy, AwsPolicyType, AwsPoolState,
    AwsPredictive, AwsProcess, AwsScheduled, AwsTarget, AwsWarmPool, FurtherActions, LowSampleCount, PredictiveMode,
};
pub(crate) use validate::BALANCER;
