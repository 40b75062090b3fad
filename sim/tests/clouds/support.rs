//! What the tests share: configurations from TOML, metrics from a function of time, short forms of a replay.

use windtunnel_sim::backtest::open_loop::{OpenLoopFleet, Replay, replay};
use windtunnel_sim::controllers::cloud::{AwsConfig, Calendar, EssConfig, TencentConfig};
use windtunnel_sim::controllers::decision::{
    ActivityId, ActivityOutcome, Controller, InstanceId, Metric, MetricSource, Notice, Statistic,
};
use windtunnel_traces::{SimDuration, SimTime, Streams};

/// A metric that is the same function of a window's start for every name and statistic.
pub(crate) struct At<F>(pub(crate) F);

impl<F: Fn(u64) -> Option<f64>> MetricSource for At<F> {
    fn statistic(&self, _: Metric, _: Statistic, from: SimTime, _: SimTime) -> Option<f64> {
        self.0(from.as_secs_f64() as u64)
    }
}

/// A metric that never changes.
pub(crate) fn constant(value: f64) -> At<impl Fn(u64) -> Option<f64>> {
    At(move |_| Some(value))
}

/// A fleet that creates in 120 s (60 s create, 60 s load balancer) and removes in 90 s (60 s load balancer, 30 s stop).
pub(crate) fn slow_fleet() -> OpenLoopFleet {
    OpenLoopFleet { launch: seconds(120), removal: seconds(90) }
}

pub(crate) fn seconds(n: u64) -> SimDuration {
    SimDuration::from_secs(n)
}

pub(crate) fn at(n: u64) -> SimTime {
    SimTime::from_secs(n)
}

pub(crate) fn ess(text: &str) -> EssConfig {
    toml::from_str(text).expect("an [ess] table")
}

pub(crate) fn aws(text: &str) -> AwsConfig {
    toml::from_str(text).expect("an [aws] table")
}

pub(crate) fn tencent(text: &str) -> TencentConfig {
    toml::from_str(text).expect("a [tencent] table")
}

pub(crate) fn ess_controller(config: &EssConfig) -> Box<dyn Controller> {
    config.controller(Streams::new(7), &Calendar::default()).expect("a valid configuration")
}

pub(crate) fn aws_controller(config: &AwsConfig) -> Box<dyn Controller> {
    config.controller(Streams::new(7), &Calendar::default()).expect("a valid configuration")
}

pub(crate) fn tencent_controller(config: &TencentConfig) -> Box<dyn Controller> {
    config.controller(Streams::new(7), &Calendar::default()).expect("a valid configuration")
}

pub(crate) fn run_ess(config: &EssConfig, metrics: &dyn MetricSource, fleet: OpenLoopFleet, until: u64) -> Replay {
    replay(&mut *ess_controller(config), metrics, config.initial_capacity(), fleet, at(until))
}

pub(crate) fn run_aws(config: &AwsConfig, metrics: &dyn MetricSource, fleet: OpenLoopFleet, until: u64) -> Replay {
    replay(&mut *aws_controller(config), metrics, config.initial_capacity(), fleet, at(until))
}

pub(crate) fn run_tencent(
    config: &TencentConfig,
    metrics: &dyn MetricSource,
    fleet: OpenLoopFleet,
    until: u64,
) -> Replay {
    replay(&mut *tencent_controller(config), metrics, config.initial_capacity(), fleet, at(until))
}

/// `(start, end, from, to)` of every activity that began, in seconds.
pub(crate) fn activities(replay: &Replay) -> Vec<(u64, Option<u64>, u32, u32)> {
    let began = replay.activities.iter().filter(|a| a.id.is_some());
    began.map(|a| (secs(a.at), a.end.map(secs), a.from, a.to)).collect()
}

/// `(when, why)` of every refusal.
pub(crate) fn rejections(replay: &Replay) -> Vec<(u64, &str)> {
    let refused = replay.activities.iter().filter(|a| a.status.outcome == ActivityOutcome::Rejected);
    refused.map(|a| (secs(a.at), a.rejected_because.as_deref().unwrap_or_default())).collect()
}

/// A step function in seconds.
pub(crate) fn steps(series: &[(SimTime, u32)]) -> Vec<(u64, u32)> {
    series.iter().map(|(t, n)| (secs(*t), *n)).collect()
}

pub(crate) fn secs(t: SimTime) -> u64 {
    t.as_nanos() / 1_000_000_000
}

/// A metric that differs by metric and never changes.
pub(crate) struct PerMetric<F>(pub(crate) F);

impl<F: Fn(Metric) -> Option<f64>> MetricSource for PerMetric<F> {
    fn statistic(&self, metric: Metric, _: Statistic, _: SimTime, _: SimTime) -> Option<f64> {
        self.0(metric)
    }
}

/// A metric that differs by instance (there are five) and never changes.
pub(crate) struct Each<F>(pub(crate) F);

impl<F: Fn(u32) -> f64> MetricSource for Each<F> {
    fn statistic(&self, _: Metric, _: Statistic, _: SimTime, _: SimTime) -> Option<f64> {
        Some((0..5).map(&self.0).sum::<f64>() / 5.0)
    }

    fn per_instance(&self, _: Metric, _: Statistic, _: SimTime, _: SimTime) -> Vec<(InstanceId, f64)> {
        (0..5).map(|i| (InstanceId(i), self.0(i))).collect()
    }
}

pub(crate) fn lost(instance: u32) -> Notice {
    Notice::Lost { instance: InstanceId(instance) }
}

pub(crate) fn in_service(instance: u32, activity: Option<ActivityId>) -> Notice {
    Notice::InService { instance: InstanceId(instance), activity }
}
