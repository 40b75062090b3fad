//! The Horizontal Pod Autoscaler as kube-controller-manager v1.36 runs it: a pure state machine.
//!
//! A sync reads an [`Observation`] and yields a [`SyncOutcome`]. In the order in which a sync uses them:
//!
//! | room | upstream |
//! | --- | --- |
//! | [`api`], [`v1`], [`defaults`], [`validation`], [`quantity`], [`spec`], [`manifest`] | the API server |
//! | [`samples`] | `metrics/client.go` (MC) |
//! | `groups`, `requests`, `recommendation`, `tolerance` | `replica_calculator.go` (RC) |
//! | `ratio` | `metrics/utilization.go` (UT) |
//! | `stabilization`, `rate_limits`, `scale_events`, [`conditions`], `sync` | `horizontal.go` (H) |
//!
//! Doc comments name the upstream function behind a rule after the letters above. All values are int64 milli-units, all
//! ratios binary64 in upstream's order of operations: 155/75×15 is 31.000000000000004 there, and rounds up to 32.
//! Where 1.36 wraps on overflow, this saturates, as later versions do.

pub mod api;
pub mod conditions;
pub mod defaults;
mod explain;
mod flags;
mod groups;
mod instant;
pub mod manifest;
mod observation;
mod outcome;
pub mod quantity;
mod rate_limits;
mod ratio;
mod recommendation;
mod requests;
pub mod samples;
mod scale_events;
pub mod spec;
mod stabilization;
mod sync;
#[cfg(test)]
mod tests;
mod tolerance;
pub mod v1;
pub mod validation;
pub mod workload;

pub use conditions::{Condition, Conditions, Reason};
pub use explain::Explanation;
pub use flags::{ControllerFlags, FeatureGates};
pub use groups::Groups;
pub use instant::{Instant, Span};
pub use observation::{Fault, Observation, Phase, Pod, PodSamples, Reading, ReadyCondition, ReadyStatus, Sample};
pub use outcome::{Limit, MetricError, MetricOutcome, Path, Stabilization, SyncOutcome, Verdict};
pub use requests::{Container, PodTemplate, Requests, Resource};
pub use spec::DefaultedSpec;
pub use sync::Hpa;
pub use tolerance::Tolerance;
