//! Steps of a recording through the controller.

use std::collections::HashMap;

use serde::Serialize;

use super::observations::{
    ContainerRecord, CustomList, DetailedUsage, PodRecord, PodUsage, ResourceList, Step, Usage, requests,
};
use crate::controllers::hpa::samples::{ContainerUsage, container_usage, pod_usage};
use crate::controllers::hpa::spec::{Metric, Source};
use crate::controllers::hpa::{
    Condition, ControllerFlags, DefaultedSpec, Hpa, Instant, MetricError, Observation, Pod, PodSamples, PodTemplate,
    Reading, ReadyCondition, Resource, Sample, Span, SyncOutcome,
};

/// Window of a custom metric that reports none (MC metricServerDefaultMetricWindow).
const DEFAULT_CUSTOM_WINDOW: Span = Span::from_whole_seconds(60);

/// A recording under way: the controller, and the pods as the steps so far left them.
#[derive(Debug, Clone)]
pub struct Replay {
    hpa: Hpa,
    pods: PodList,
    readings: Vec<Reading>,
}

impl Replay {
    /// A freshly started controller, and no pods yet. `template` has the containers of pods that list none.
    #[must_use]
    pub fn new(policy: DefaultedSpec, flags: ControllerFlags, template: PodTemplate) -> Self {
        Self { hpa: Hpa::new(policy, flags), pods: PodList::new(template), readings: Vec::new() }
    }

    /// The controller.
    #[must_use]
    pub fn hpa(&self) -> &Hpa {
        &self.hpa
    }

    /// Applies a step's changes and runs its sync. `edit` is the policy from now on, if it changed.
    pub fn step(&mut self, step: &Step, edit: Option<DefaultedSpec>) -> &SyncOutcome {
        self.pods.apply(step);
        if let Some(policy) = edit {
            self.hpa.edit(policy);
        }
        self.readings.clear();
        for metric in &self.hpa.spec().metrics {
            let reading = self.pods.reading(metric, step);
            self.readings.push(reading.unwrap_or_else(Reading::Failed));
        }
        let observation = Observation {
            spec_replicas: step.spec,
            status_replicas: step.status.unwrap_or(step.spec),
            pods: &self.pods.pods,
            templates: &self.pods.templates,
            readings: &self.readings,
            fault: None,
        };
        self.hpa.sync(step.instant(), &observation)
    }
}

/// What one sync decided, in the words of the recording's format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Seconds on the recording's axis.
    #[serde(serialize_with = "plain_seconds")]
    pub t: f64,
    /// The count written, if any was.
    pub scale: Option<i32>,
    /// `status.desiredReplicas`
    pub desired: i32,
    /// What the metrics proposed.
    pub raw: Option<i32>,
    /// Whether the reconcile returned an error.
    pub err: bool,
    /// AbleToScale
    pub able: String,
    /// ScalingActive
    pub active: String,
    /// ScalingLimited
    pub limited: String,
    /// ScaledToZero
    pub zero: String,
}

impl Decision {
    /// The decision of a sync at `t` seconds.
    #[must_use]
    pub fn of(t: f64, outcome: &SyncOutcome) -> Self {
        let text = |condition: Option<Condition>| condition.map_or_else(String::new, |condition| condition.to_string());
        let conditions = outcome.conditions;
        Self {
            t,
            scale: outcome.scale,
            desired: outcome.desired,
            raw: outcome.raw,
            err: outcome.err,
            able: text(conditions.able_to_scale),
            active: text(conditions.scaling_active),
            limited: text(conditions.scaling_limited),
            zero: text(conditions.scaled_to_zero),
        }
    }
}

/// Whole seconds without a decimal point, as recordings write them.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn plain_seconds<S: serde::Serializer>(t: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if t.fract() == 0.0 && t.abs() < 9e15 { serializer.serialize_i64(*t as i64) } else { serializer.serialize_f64(*t) }
}

/// The pods of a recording by name, and the shapes they share.
#[derive(Debug, Clone)]
struct PodList {
    names: Vec<String>,
    index: HashMap<String, usize>,
    pods: Vec<Pod>,
    /// The first is the default.
    templates: Vec<PodTemplate>,
}

impl PodList {
    fn new(template: PodTemplate) -> Self {
        Self { names: Vec::new(), index: HashMap::new(), pods: Vec::new(), templates: vec![template] }
    }

    fn apply(&mut self, step: &Step) {
        if let Some(pods) = &step.pods {
            self.names.clear();
            self.index.clear();
            self.pods.clear();
            for pod in pods {
                self.put(pod);
            }
        }
        for name in &step.pods_rm {
            self.remove(name);
        }
        for pod in &step.pods_upd {
            self.put(pod);
        }
    }

    fn put(&mut self, record: &PodRecord) {
        let pod = Pod {
            phase: record.ph.into(),
            ready: record.rd.map(|status| ReadyCondition {
                status: status.into(),
                // A condition without a time: Go's zero time, long ago.
                since: record.rt.map_or(Instant::from_nanos(i64::MIN), Instant::from_seconds),
            }),
            started: record.st.map(Instant::from_seconds),
            deleting: record.del,
            template: self.template(record),
            count: 1,
        };
        if let Some(&index) = self.index.get(&record.n) {
            self.pods[index] = pod;
        } else {
            self.index.insert(record.n.clone(), self.pods.len());
            self.names.push(record.n.clone());
            self.pods.push(pod);
        }
    }

    /// The last pod takes the place of the one that goes; their order decides nothing.
    fn remove(&mut self, name: &str) {
        let Some(index) = self.index.remove(name) else {
            return;
        };
        self.pods.swap_remove(index);
        self.names.swap_remove(index);
        if let Some(moved) = self.names.get(index) {
            self.index.insert(moved.clone(), index);
        }
    }

    /// The shape of a pod, shared with earlier pods of the same shape.
    fn template(&mut self, record: &PodRecord) -> u32 {
        if record.c.is_none() && record.plr.is_none() {
            return 0;
        }
        let containers = match &record.c {
            Some(own) => own.iter().map(ContainerRecord::container).collect(),
            None => self.templates[0].containers.clone(),
        };
        let template = PodTemplate { containers, pod_level: record.plr.map(|level| requests(level.cpu, level.mem)) };
        let known = self.templates.iter().position(|other| *other == template);
        let index = known.unwrap_or_else(|| {
            self.templates.push(template);
            self.templates.len() - 1
        });
        index as u32
    }

    /// What the step's APIs answer for a metric.
    fn reading(&self, metric: &Metric, step: &Step) -> Result<Reading, MetricError> {
        match &metric.source {
            Source::Resource(resource, _) => self.resource(step.res.as_ref(), *resource, None),
            Source::ContainerResource(resource, container, _) => {
                self.resource(step.res.as_ref(), *resource, Some(container))
            }
            Source::Pods(_) => self.custom(step.custom.get(&metric.name)),
            Source::Object(_) => {
                let object = step.object.get(&metric.name).ok_or(MetricError::ApiFailed)?;
                let value = object.v.filter(|_| object.err.is_none());
                Ok(Reading::Series(vec![value.ok_or(MetricError::ApiFailed)?]))
            }
            Source::External(_) => {
                let list = step.external.get(&metric.name).ok_or(MetricError::Empty)?;
                if list.err.is_some() {
                    return Err(MetricError::ApiFailed);
                }
                Ok(Reading::Series(list.v.clone().unwrap_or_default()))
            }
        }
    }

    /// MC GetResourceMetric
    fn resource(
        &self,
        list: Option<&ResourceList>,
        resource: Resource,
        container: Option<&str>,
    ) -> Result<Reading, MetricError> {
        let list = list.ok_or(MetricError::Empty)?;
        if list.err.is_some() {
            return Err(MetricError::ApiFailed);
        }
        let pods = list.pods.as_ref().filter(|pods| !pods.is_empty());
        let mut samples = self.no_samples();
        for (name, usage) in pods.ok_or(MetricError::Empty)? {
            let usage = usage.as_ref().unwrap_or(&PodUsage::Single((None, None)));
            let at = usage.at().unwrap_or(list.ts);
            let window = usage.window().unwrap_or(list.win);
            if let Some(value) = self.usage(usage, resource, container)? {
                let sample = Sample { value, at: Instant::from_seconds(at), window: Span::from_seconds(window) };
                self.place(&mut samples, name, sample);
            }
        }
        Ok(Reading::Pods(samples))
    }

    fn usage(&self, usage: &PodUsage, resource: Resource, container: Option<&str>) -> Result<Option<i64>, MetricError> {
        match usage.containers() {
            Containers::Only(usage) => {
                let default = self.templates[0].containers.first();
                let name = default.map_or("", |container| container.name.as_str());
                of_containers(usage.map(|usage| measured(name, usage)), resource, container)
            }
            Containers::Each(detailed) => {
                let each = detailed.c.iter().flatten();
                let each = each.map(|(name, usage)| measured(name, usage.unwrap_or_default()));
                of_containers(each, resource, container)
            }
        }
    }

    /// MC GetRawMetric
    fn custom(&self, list: Option<&CustomList>) -> Result<Reading, MetricError> {
        let list = list.ok_or(MetricError::Empty)?;
        if list.err.is_some() {
            return Err(MetricError::ApiFailed);
        }
        let pods = list.pods.as_ref().filter(|pods| !pods.is_empty());
        let mut samples = self.no_samples();
        for (name, &value) in pods.ok_or(MetricError::Empty)? {
            let sample = Sample {
                value,
                at: Instant::from_seconds(list.ts),
                window: list.win.map_or(DEFAULT_CUSTOM_WINDOW, Span::from_seconds),
            };
            self.place(&mut samples, name, sample);
        }
        Ok(Reading::Pods(samples))
    }

    fn no_samples(&self) -> PodSamples {
        PodSamples { of_pods: vec![None; self.pods.len()], strays: Vec::new() }
    }

    fn place(&self, samples: &mut PodSamples, name: &str, sample: Sample) {
        match self.index.get(name).and_then(|&index| samples.of_pods.get_mut(index)) {
            Some(place) => *place = Some(sample),
            None => samples.strays.push(sample.value),
        }
    }
}

fn measured(name: &str, (cpu, memory): Usage) -> ContainerUsage<'_> {
    ContainerUsage { name, cpu, memory }
}

fn of_containers<'a>(
    containers: impl IntoIterator<Item = ContainerUsage<'a>>,
    resource: Resource,
    container: Option<&str>,
) -> Result<Option<i64>, MetricError> {
    match container {
        Some(name) => container_usage(containers, resource, name),
        None => Ok(pod_usage(containers, resource)),
    }
}

/// Whose usage a sample has.
enum Containers<'a> {
    /// The only container's.
    Only(Option<Usage>),
    /// Each container's.
    Each(&'a DetailedUsage),
}

impl PodUsage {
    fn containers(&self) -> Containers<'_> {
        match self {
            Self::Single(usage) => Containers::Only(Some(*usage)),
            Self::Detailed(detailed) if detailed.c.is_some() => Containers::Each(detailed),
            Self::Detailed(detailed) => Containers::Only(detailed.v),
        }
    }

    fn at(&self) -> Option<f64> {
        match self {
            Self::Single(_) => None,
            Self::Detailed(detailed) => detailed.ts,
        }
    }

    fn window(&self) -> Option<f64> {
        match self {
            Self::Single(_) => None,
            Self::Detailed(detailed) => detailed.win,
        }
    }
}
