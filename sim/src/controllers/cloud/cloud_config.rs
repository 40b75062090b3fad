//! What the three providers' tables have in common for those who run them.

use windtunnel_traces::{SimDuration, Streams};

use super::balancer_limits::check_balancer;
use super::lifecycle::LifecycleHook;
use super::problem::{Invalid, Problem, Severity};
use super::schedule::Calendar;
use super::{AwsConfig, EssConfig, TencentConfig, aws, ess, tencent};
use crate::controllers::decision::Controller;
use crate::fleet::rules::GroupRules;
use crate::scenario::schema::Balancer;
use crate::sensors::publication::PublicationDelays;

/// A provider's table: a scaling group with everything that belongs to it.
pub trait CloudConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    fn validate(&self) -> Vec<Problem>;

    /// What the provider's load balancers refuse about `[balancer]`.
    fn check_balancer(&self, balancer: &Balancer) -> Vec<Problem>;

    /// Whether what the real API refuses is run all the same.
    fn is_lenient(&self) -> bool;

    /// Instances at t = 0.
    fn initial_capacity(&self) -> u32;

    /// What the group lays down for its fleet.
    fn group_rules(&self) -> GroupRules;

    /// Its lifecycle hooks.
    fn hooks(&self) -> &[LifecycleHook];

    /// How late its monitoring publishes samples that are taken so often; nothing where that is not its own affair.
    fn publication_delays(&self, every: SimDuration) -> Option<PublicationDelays>;

    /// The same group as a backtest evaluates it: what the scenario leaves open about delays is nothing.
    fn without_delays(&self) -> Box<dyn CloudConfig>;

    /// The group at work. What a dialect draws comes from `streams`.
    ///
    /// # Errors
    /// What makes the configuration impossible to run.
    fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid>;
}

macro_rules! cloud_config {
    ($config:ty, $limits:expr) => {
        impl CloudConfig for $config {
            fn validate(&self) -> Vec<Problem> {
                <$config>::validate(self)
            }
            fn check_balancer(&self, balancer: &Balancer) -> Vec<Problem> {
                check_balancer(self.lenient, &$limits, balancer)
            }
            fn is_lenient(&self) -> bool {
                self.lenient
            }
            fn initial_capacity(&self) -> u32 {
                <$config>::initial_capacity(self)
            }
            fn group_rules(&self) -> GroupRules {
                <$config>::group_rules(self)
            }
            fn hooks(&self) -> &[LifecycleHook] {
                &self.hook
            }
            fn publication_delays(&self, every: SimDuration) -> Option<PublicationDelays> {
                <$config>::publication_delays(self, every)
            }
            fn without_delays(&self) -> Box<dyn CloudConfig> {
                Box::new(<$config>::without_delays(self.clone()))
            }
            fn controller(&self, streams: Streams, calendar: &Calendar) -> Result<Box<dyn Controller>, Invalid> {
                <$config>::controller(self, streams, calendar)
            }
        }
    };
}

cloud_config!(AwsConfig, aws::BALANCER);
cloud_config!(EssConfig, ess::BALANCER);
cloud_config!(TencentConfig, tencent::BALANCER);

/// The errors among the problems, as a refusal.
pub(crate) fn refuse_errors(problems: Vec<Problem>) -> Result<(), Invalid> {
    let errors: Vec<Problem> = problems.into_iter().filter(|p| p.severity == Severity::Error).collect();
    if errors.is_empty() { Ok(()) } else { Err(Invalid(errors)) }
}
