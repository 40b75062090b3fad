//! The recording as a sync would have seen it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Recording;
use super::pods::PodSeries;
use super::response::Series;
use crate::backtest::observations::{CustomList, ExternalList, ObjectValue, ResourceList, Step};
use crate::controllers::hpa::api::{MetricIdentifier, MetricSpec};
use crate::controllers::hpa::spec::Source;
use crate::controllers::hpa::{Container, Requests};

impl PodSeries {
    /// The containers seen, without requests.
    pub(super) fn unrequested(&self) -> Vec<Container> {
        let mut names: Vec<&String> = self.cpu.keys().chain(self.memory.keys()).collect();
        names.sort();
        names.dedup();
        let container = |name: &String| Container { name: name.clone(), requests: Requests::default() };
        names.into_iter().map(container).collect()
    }
}

impl Recording {
    pub(super) fn step(&self, t: f64) -> Step {
        let pods: Vec<_> = self.pods.iter().filter_map(|(name, pod)| pod.at(name, t, self.axis, self.known)).collect();
        let existing = self.existing.as_ref().and_then(|points| points.held(t));
        let existing = existing.map_or(pods.len() as i32, |replicas| replicas as i32);
        let asked_for = self.asked_for.as_ref().and_then(|points| points.held(t));
        let mut step = Step {
            t,
            spec: asked_for.map_or(existing, |replicas| replicas as i32),
            status: Some(existing),
            hpa: None,
            pods: Some(pods),
            pods_rm: Vec::new(),
            pods_upd: Vec::new(),
            res: Some(self.resources(t)),
            custom: BTreeMap::new(),
            object: BTreeMap::new(),
            external: BTreeMap::new(),
            exp: None,
        };
        self.other_metrics(t, &mut step);
        step
    }

    fn resources(&self, t: f64) -> ResourceList {
        let usage = self.pods.iter().filter_map(|(name, pod)| {
            let usage = pod.usage(t, self.axis, self.known)?;
            Some((name.clone(), Some(usage)))
        });
        ResourceList { err: None, ts: t, win: 0.0, pods: Some(usage.collect()) }
    }

    /// Metrics that the policy names, from series of the same name.
    fn other_metrics(&self, t: f64, step: &mut Step) {
        let specs = self.policy.stored.metrics.iter().flatten();
        for (metric, spec) in self.policy.metrics.iter().zip(specs) {
            let name = metric.name.clone();
            match metric.source {
                Source::Resource(..) | Source::ContainerResource(..) => {}
                Source::Pods(_) => {
                    step.custom.insert(name, self.of_pods(&metric.name, t));
                }
                Source::Object(_) => {
                    let v = self.live(spec, &metric.name, t).map(|(_, value)| value).next();
                    step.object.insert(name, ObjectValue { err: None, v });
                }
                Source::External(_) => {
                    let v = self.live(spec, &metric.name, t).map(|(_, value)| value).collect();
                    step.external.insert(name, ExternalList { err: None, v: Some(v) });
                }
            }
        }
    }

    fn of_pods(&self, name: &str, t: f64) -> CustomList {
        let series = self.others.iter().filter(|series| series.name == name);
        let pods = series.filter_map(|series| {
            let (_, value) = series.points.live(t, self.axis.step)?;
            Some((series.labels.get("pod")?.clone(), milli(value)))
        });
        CustomList { err: None, ts: t, win: None, pods: Some(pods.collect()) }
    }

    /// The series of a metric that are alive and that its selector matches.
    fn live<'a>(&'a self, spec: &'a MetricSpec, name: &'a str, t: f64) -> impl Iterator<Item = (&'a Series, i64)> {
        let external = spec.external.as_ref().map(|source| &source.metric);
        let identifier = external.or(spec.object.as_ref().map(|source| &source.metric));
        self.others
            .iter()
            .filter(move |series| series.name == name && identifier.is_none_or(|id| matches(id, series)))
            .filter_map(move |series| {
                let (_, value) = series.points.live(t, self.axis.step)?;
                Some((series, milli(value)))
            })
    }
}

/// Whether a series has the labels of `selector.matchLabels`.
fn matches(identifier: &MetricIdentifier, series: &Series) -> bool {
    let selector = identifier.selector.as_ref();
    let labels = selector.and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
    labels.into_iter().flatten().all(|(name, wanted)| series.labels.get(name).map(String::as_str) == wanted.as_str())
}

/// Thousandths, rounded up as a Quantity would be.
fn milli(value: f64) -> i64 {
    (value * 1e3).ceil() as i64
}
