//! AWS EC2 Auto Scaling and CloudWatch.

mod build;
mod config;
mod group_rules;
mod rules;
mod validate;

pub use config::{
    AggregationPoints, AwsAlarm, AwsAssumptions, AwsComposite, AwsConfig, AwsHealthCheck, AwsMaintenance, AwsPolicy,
    AwsPolicyType, AwsPoolState, AwsPredictive, AwsProcess, AwsScheduled, AwsTarget, AwsWarmPool, LowSampleCount,
    LowSampleDatapoints, PredictiveMode, TrackedValue,
};
