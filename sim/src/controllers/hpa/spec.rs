//! A policy ready to decide with: completed, checked, and its quantities turned into numbers.

use super::api::{HpaSpec, MetricSpec, MetricTarget, ScalingRules};
use super::conditions::Reason;
use super::defaults;
use super::flags::FeatureGates;
use super::quantity::Quantity;
use super::requests::Resource;
use super::validation::{self, FieldErrors, Origin};

/// A spec after the API server's defaulting and validation: what the controller reads.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultedSpec {
    /// The completed spec as the API server would store it.
    pub stored: HpaSpec,
    /// `minReplicas`
    pub min: i32,
    /// `maxReplicas`
    pub max: i32,
    /// The metrics in their order.
    pub metrics: Vec<Metric>,
    /// `behavior`, when there is one.
    pub behavior: Option<Behavior>,
}

impl DefaultedSpec {
    /// The containers that ContainerResource metrics name.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        self.metrics.iter().filter_map(|metric| match &metric.source {
            Source::ContainerResource(_, container, _) => Some(container.as_str()),
            _ => None,
        })
    }

    /// Completes and checks a spec as the API server does.
    ///
    /// # Errors
    /// Every rule the spec breaks, by field.
    pub fn new(mut spec: HpaSpec, gates: FeatureGates, origin: Origin) -> Result<Self, FieldErrors> {
        defaults::apply(&mut spec, gates);
        validation::validate(&spec, gates, origin)?;
        let metrics = spec.metrics.iter().flatten().map(Metric::of).collect();
        let behavior = spec.behavior.as_ref().map(|behavior| Behavior {
            up: Rules::of(behavior.scale_up.as_ref()),
            down: Rules::of(behavior.scale_down.as_ref()),
        });
        Ok(Self { min: spec.min_replicas.unwrap_or(1), max: spec.max_replicas, metrics, behavior, stored: spec })
    }

    /// H hasObjectOrExternalMetrics
    #[must_use]
    pub fn has_object_or_external_metric(&self) -> bool {
        self.metrics.iter().any(|metric| matches!(metric.source, Source::Object(_) | Source::External(_)))
    }
}

/// One metric of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// The name of the resource or metric.
    pub name: String,
    /// What is measured, and what it should be.
    pub source: Source,
}

/// The five metric types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// All containers of each pod.
    Resource(Resource, Goal),
    /// The named container of each pod.
    ContainerResource(Resource, String, Goal),
    /// A custom metric of each pod, and its target average.
    Pods(i64),
    /// A custom metric of one object.
    Object(SeriesGoal),
    /// A metric from outside.
    External(SeriesGoal),
}

/// What a resource's usage should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Percent of the requests.
    Utilization(i32),
    /// Milli-units per pod.
    Average(i64),
}

/// What an Object or External metric should be, in milli-units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesGoal {
    /// The metric as it is.
    Value(i64),
    /// The metric per pod.
    PerPod(i64),
    /// The target's type names a field that is not set; passes validation, fails at each sync.
    Unset,
}

impl Metric {
    fn of(spec: &MetricSpec) -> Self {
        let (name, source) = if let Some(source) = &spec.resource {
            let source_of = Source::Resource(resource_of(&source.name), Goal::of(&source.target));
            (&source.name, source_of)
        } else if let Some(source) = &spec.container_resource {
            let resource = resource_of(&source.name);
            let goal = Goal::of(&source.target);
            (&source.name, Source::ContainerResource(resource, source.container.clone(), goal))
        } else if let Some(source) = &spec.pods {
            let target = milli(source.target.average_value.as_ref());
            (&source.metric.name, Source::Pods(target))
        } else if let Some(source) = &spec.object {
            (&source.metric.name, Source::Object(SeriesGoal::of_object(&source.target)))
        } else if let Some(source) = &spec.external {
            (&source.metric.name, Source::External(SeriesGoal::of_external(&source.target)))
        } else {
            // Validation lets no metric without a source through.
            (&spec.kind, Source::External(SeriesGoal::Unset))
        };
        Self { name: name.clone(), source }
    }

    /// The reason of ScalingActive=False when this metric fails first (H computeReplicasForMetric).
    #[must_use]
    pub const fn failure_reason(&self) -> Reason {
        match self.source {
            Source::Resource(..) => Reason::FailedGetResourceMetric,
            Source::ContainerResource(..) => Reason::FailedGetContainerResourceMetric,
            Source::Pods(_) => Reason::FailedGetPodsMetric,
            Source::Object(_) => Reason::FailedGetObjectMetric,
            Source::External(_) => Reason::FailedGetExternalMetric,
        }
    }
}

fn resource_of(name: &str) -> Resource {
    match name {
        "cpu" => Resource::Cpu,
        "memory" => Resource::Memory,
        _ => Resource::Other,
    }
}

fn milli(quantity: Option<&Quantity>) -> i64 {
    quantity.map_or(0, Quantity::milli)
}

impl Goal {
    /// H computeStatusForResourceMetricGeneric: averageValue first.
    fn of(target: &MetricTarget) -> Self {
        match (&target.average_value, target.average_utilization) {
            (Some(value), _) => Self::Average(value.milli()),
            (None, percent) => Self::Utilization(percent.unwrap_or(0)),
        }
    }
}

impl SeriesGoal {
    /// H computeStatusForObjectMetric goes by the target's type.
    fn of_object(target: &MetricTarget) -> Self {
        match (target.kind.as_str(), &target.value, &target.average_value) {
            ("Value", Some(value), _) => Self::Value(value.milli()),
            ("AverageValue", _, Some(value)) => Self::PerPod(value.milli()),
            _ => Self::Unset,
        }
    }

    /// H computeStatusForExternalMetric goes by the field, averageValue first.
    fn of_external(target: &MetricTarget) -> Self {
        match (&target.average_value, &target.value) {
            (Some(value), _) => Self::PerPod(value.milli()),
            (None, Some(value)) => Self::Value(value.milli()),
            (None, None) => Self::Unset,
        }
    }
}

/// `behavior`: rules for each direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Behavior {
    /// `scaleUp`
    pub up: Rules,
    /// `scaleDown`
    pub down: Rules,
}

/// The rules of one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// `stabilizationWindowSeconds`; unset for scaleDown means the controller's flag.
    pub window_seconds: Option<i32>,
    /// Which policy counts.
    pub select: Select,
    /// The rate limits.
    pub policies: Vec<Policy>,
    /// `tolerance`; unset means the controller's flag.
    pub tolerance: Option<f64>,
}

/// Which of several policies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The one that allows the largest change.
    Max,
    /// The one that allows the smallest change.
    Min,
    /// None: no scaling in this direction.
    Disabled,
}

/// One rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Pods or percent.
    pub kind: PolicyKind,
    /// How many.
    pub value: i32,
    /// In how many seconds.
    pub period_seconds: i32,
}

/// The unit of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum PolicyKind {
    Pods,
    Percent,
}

impl Rules {
    fn of(rules: Option<&ScalingRules>) -> Self {
        let rules = rules.cloned().unwrap_or_default();
        let policies = rules.policies.iter().flatten().map(|policy| Policy {
            kind: if policy.kind == "Pods" { PolicyKind::Pods } else { PolicyKind::Percent },
            value: policy.value,
            period_seconds: policy.period_seconds,
        });
        Self {
            window_seconds: rules.stabilization_window_seconds,
            select: match rules.select_policy.as_deref() {
                Some("Disabled") => Select::Disabled,
                Some("Min") => Select::Min,
                _ => Select::Max,
            },
            policies: policies.collect(),
            tolerance: rules.tolerance.as_ref().map(Quantity::approximate),
        }
    }
}
