//! AWS EC2 Auto Scaling and CloudWatch.

mod build;
mod config;
mod predictive;
mod rules;
mod validate;

pub use config::{
    AggregationPoints, AwsAlarm, AwsAssumptions, AwsConfig, AwsPolicy, AwsPolicyType, AwsPredictive, AwsScheduled,
    AwsTarget, PredictiveMode, TrackedValue,
};
