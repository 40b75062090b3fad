//! Alarm + rule + cooldown: Alibaba ESS with CloudMonitor, AWS Auto Scaling with CloudWatch, Tencent AS. One machine
//! ([`machine`](self)), three dialects. The shared parts are beside this file; each dialect's folder holds its keys
//! (`config.rs`), what its API refuses (`validate.rs`) and its rules (`rules.rs`), in the vendor's own words.

pub(crate) mod activity;
mod adjustment;
mod alarm;
pub mod assumptions;
pub mod aws;
mod balancer_limits;
mod checks;
pub mod choices;
mod cloud_config;
pub(crate) mod composite;
mod cooldown;
mod defaults;
pub mod ess;
mod evaluations;
pub(crate) mod group;
pub mod lifecycle;
mod machine;
mod managed;
mod metric_names;
pub mod missing_data;
mod predictive;
mod problem;
pub(crate) mod schedule;
mod step;
mod target_tracking;
pub mod tencent;
mod unsimulated;
pub mod words;

pub use assumptions::{ASSUMPTIONS, Assumption};
pub use aws::AwsConfig;
pub use cloud_config::CloudConfig;
pub use ess::EssConfig;
pub(crate) use metric_names::resolve_percentile;
pub use metric_names::{MetricName, Provider, metric_names, metric_of};
pub use problem::{Invalid, Problem, Severity};
pub use schedule::{Calendar, Cron, CronError};
pub use tencent::TencentConfig;
pub use words::RemovalPolicy;
