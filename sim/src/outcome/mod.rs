//! What is remembered of a run: cost, SLO, elasticity, the timeline, and the activity log with its reasons.
//!
//! Everything here is plain data that a chart or a table can be drawn from; nothing reaches back into the simulation.

pub mod activity;
pub mod archive;
pub mod burn_rate;
pub mod cost;
pub mod demand;
pub mod elasticity;
pub mod latency;
pub mod ledger;
pub mod metric;
pub mod reaction;
pub mod recorder;
pub mod spool;
pub mod steps;
pub mod timeline;

use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use crate::run::Fidelity;

pub use activity::{ActivityEntry, AlarmEntry, AlarmLevel, InstanceActivity, InstanceLife};
pub use archive::Archive;
pub use latency::{LatencyHistogram, SparseHistogram};
pub use metric::{MetricValues, Summary};
pub use reaction::Reaction;
pub use spool::Spool;
pub use steps::StepSeries;
pub use timeline::TimelineRow;

/// Which controller drove the fleet.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Alibaba Cloud Elastic Scaling Service.
    Ess,
    /// AWS EC2 Auto Scaling.
    Aws,
    /// Tencent Cloud Auto Scaling.
    Tencent,
    /// Kubernetes Horizontal Pod Autoscaler.
    Hpa,
    /// A baseline of the literature.
    Baseline,
    /// A fixed number of instances.
    Fixed,
}

impl Provider {
    /// The name as people say it.
    pub const fn title(self) -> &'static str {
        match self {
            Provider::Ess => "Alibaba ESS",
            Provider::Aws => "AWS Auto Scaling",
            Provider::Tencent => "Tencent AS",
            Provider::Hpa => "Kubernetes HPA",
            Provider::Baseline => "Baseline",
            Provider::Fixed => "Fixed capacity",
        }
    }

    /// What the fleet is made of: "instances" or "pods".
    pub const fn unit(self) -> &'static str {
        match self {
            Provider::Hpa => "pods",
            _ => "instances",
        }
    }
}

/// The objective that requests and windows are judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// A request slower than this violates; seconds.
    pub latency_seconds: f64,
    /// A window violates when this percentile of its latencies (in percent, such as 99) is above `latency_seconds`.
    pub percentile: f64,
    /// A window violates when a smaller share of its requests was answered; between 0 and 1.
    pub available: f64,
    /// The length of a window.
    pub window: SimDuration,
}

impl Objective {
    /// Whether a window violates it, of whose requests so many have an outcome, were answered, and answered too slowly. A
    /// window without an outcome tells nothing.
    #[inline]
    pub(crate) fn is_violated(&self, served: f64, slow: f64, decided: f64) -> Option<bool> {
        let too_slow = || slow > (1.0 - self.percentile / 100.0) * served;
        let too_few = || served < self.available * decided;
        (decided > 0.0).then(|| too_slow() || too_few())
    }
}

/// A thing the reader of a result should know, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What is the matter, as one sentence.
    pub message: String,
    /// What to do about it, when there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A stretch of the trace in which the recorded system turned requests away or was saturated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CensoredStretch {
    /// Its start in seconds since the start of the run.
    pub from_seconds: f64,
    /// Its end.
    pub to_seconds: f64,
    /// How it is known.
    pub reason: String,
}

/// All that is remembered of one scenario under one seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The scenario's name, such as `ess-guide`. Any text: escape it where it is shown.
    pub name: String,
    /// Which controller drove the fleet.
    pub provider: Provider,
    /// How exactly it was simulated.
    pub fidelity: Fidelity,
    /// The seed of every random stream.
    pub seed: u64,
    /// Identifies the resolved scenario and the content of its trace: equal digests and seeds give equal results.
    pub digest: String,
    /// What arrived, in words, such as "demo day (synthetic)". Shown on every chart.
    pub traffic: String,
    /// How long was simulated.
    pub horizon: SimDuration,
    /// Seconds since 1970 at the start, where the trace has a calendar.
    pub calendar_start: Option<i64>,
    /// The IANA time zone to show times in, where the trace has one.
    pub time_zone: Option<String>,
    /// The currency of every amount of money.
    pub currency: String,
    /// What requests and windows are judged by.
    pub objective: Objective,
    /// The named figures, by the names that `windtunnel metrics` lists.
    pub metrics: MetricValues,
    /// The run in intervals.
    #[serde(default)]
    pub timeline: Spool<TimelineRow>,
    /// What the provider's activity log (or `kubectl describe hpa`) would have shown.
    pub activities: Spool<ActivityEntry>,
    /// Where the time of every scale-out went, in order of their decisions.
    pub reactions: Spool<Reaction>,
    /// Changes of alarm states.
    #[serde(default)]
    pub alarms: Spool<AlarmEntry>,
    /// The thresholds to draw on a chart of utilization.
    pub thresholds: Vec<AlarmLevel>,
    /// The life of every instance (or pod) that was launched.
    pub instances: Spool<InstanceLife>,
    /// Stretches in which the recorded system could not keep up: the trace shows less than what was asked for.
    #[serde(default)]
    pub censored: Vec<CensoredStretch>,
    /// Latencies of all requests that were served.
    #[serde(skip)]
    pub latency: LatencyHistogram,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

impl Outcome {
    /// The same without what is drawn and listed: the figures alone, as a replication beside the first is used.
    #[must_use]
    pub fn figures(self) -> Self {
        Outcome {
            timeline: Spool::default(),
            activities: Spool::default(),
            reactions: Spool::default(),
            alarms: Spool::default(),
            thresholds: Vec::new(),
            instances: Spool::default(),
            latency: LatencyHistogram::default(),
            ..self
        }
    }
}
